#!/bin/bash
# One sender, three connections to a server (port 25) with which it shares no TLS parameters.
#
#   fallback-dance.pcap  TLS 1.2 only: alert 70; TLS 1.0 without RC4: alert 40; then mail in clear
#
# Needs: what lib.sh and jsse.sh name.
# Usage: record/fallback.sh [OUTDIR]
. "$(dirname "$0")/lib.sh"
. "$REC_DIR/jsse.sh"
rec_begin "$@"

make_link 192.0.2.10/24 192.0.2.25/24
make_server_cert old /CN=mx.example.net self mx.example.net
make_p12 old
mail_server "$SERVER" 25 listen=192.0.2.25:25 name=mx.example.net keys="$WORK/old.p12" \
    protocols=TLSv1 suites=SSL_RSA_WITH_RC4_128_SHA \
    clear="SIZE 20971520,PIPELINING,STARTTLS,8BITMIME" secured="SIZE 20971520,PIPELINING,8BITMIME"

sender() { mail_client "$CLIENT" to=192.0.2.25:25 helo=out.example.org "$@"; }

start_capture "$SERVER" eth0 "$OUT/fallback-dance.pcap" tcp port 25
sender protocols=TLSv1.2 steps=ehlo,STARTTLS
sender protocols=TLSv1 steps=ehlo,STARTTLS \
    suites=TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,TLS_RSA_WITH_AES_256_CBC_SHA,TLS_RSA_WITH_AES_128_CBC_SHA
sender steps=ehlo,mail,quit
stop_capture

assert_whole "$OUT/fallback-dance.pcap"
expect 1 "$OUT/fallback-dance.pcap" 'tls.alert_message.desc == 70 && tcp.stream == 0'
expect 1 "$OUT/fallback-dance.pcap" 'tls.alert_message.desc == 40 && tcp.stream == 1'
expect 1 "$OUT/fallback-dance.pcap" 'smtp.command_line contains "MAIL FROM" && tcp.stream == 2'
