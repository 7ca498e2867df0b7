#!/bin/bash
# A hello in the format of SSL 2.0, as clients sent it to be understood by servers of any age. The
# version inside decides, not the format: here the two agree on TLS 1.2.
#
#   sslv2-hello.pcap  port 25
#
# Needs: what lib.sh and jsse.sh name.
# Usage: record/sslv2.sh [OUTDIR]
. "$(dirname "$0")/lib.sh"
. "$REC_DIR/jsse.sh"
rec_begin "$@"

make_link 192.0.2.10/24 192.0.2.25/24
# No signature_algorithms fits into such a hello; RFC 5246 then assumes SHA-1, also in certificates.
CERT_DIGEST=sha1 make_server_cert mx /CN=mx.example.net self mx.example.net
make_p12 mx
mail_server "$SERVER" 25 listen=192.0.2.25:25 name=mx.example.net keys="$WORK/mx.p12" \
    protocols=SSLv2Hello,TLSv1,TLSv1.1,TLSv1.2 \
    clear="SIZE 20971520,PIPELINING,STARTTLS,8BITMIME" secured="SIZE 20971520,PIPELINING,8BITMIME"

suites=TLS_RSA_WITH_AES_256_CBC_SHA,TLS_RSA_WITH_AES_128_CBC_SHA,SSL_RSA_WITH_3DES_EDE_CBC_SHA
suites+=,TLS_EMPTY_RENEGOTIATION_INFO_SCSV

start_capture "$SERVER" eth0 "$OUT/sslv2-hello.pcap" tcp port 25
mail_client "$CLIENT" to=192.0.2.25:25 helo=out.example.org steps=ehlo,STARTTLS,ehlo,mail,quit \
    protocols=SSLv2Hello,TLSv1,TLSv1.1,TLSv1.2 suites=$suites
stop_capture

assert_whole "$OUT/sslv2-hello.pcap"
expect 1 "$OUT/sslv2-hello.pcap" 'tls.record.version == 0x0002 && tls.handshake.version == 0x0303'
expect 1 "$OUT/sslv2-hello.pcap" 'tls.handshake.type == 2 && tls.handshake.version == 0x0303'
