#!/bin/bash
# Story 2, the queue that drained and filled: a mail filter (port 25) that knows nothing newer than
# TLS 1.0 with RC4, and a fleet of senders of which half no longer accept RC4. All senders that
# offer RC4 offer the same, so the capture cannot tell why some leave.
#
#   story2-rc4-leaves.pcap    three attempts: RC4 negotiated, then the sender leaves (FIN, RST, FIN)
#   story2-rc4-accepted.pcap  a sender that accepts RC4 and delivers
#   story2-rc4-queue.pcap     both kinds taking turns from four addresses
#   story2-rc4-refused.pcap   a sender that does not offer RC4: alert 40 from the filter
#   story2-silence.pcap       AES negotiated, then the filter never answers; the sender waits 12 s
#
# Needs: what lib.sh and jsse.sh name.
# Usage: record/story2.sh [OUTDIR]
. "$(dirname "$0")/lib.sh"
. "$REC_DIR/jsse.sh"
. "$REC_DIR/filter.sh"
rec_begin "$@"

filter=203.0.113.25
make_link 198.51.100.11/24 $filter/24
add_addr "$CLIENT" eth0 198.51.100.{12,21,22,31}/24
ip -n "$CLIENT" route add 203.0.113.0/24 dev eth0
ip -n "$SERVER" route add 198.51.100.0/24 dev eth0

start_filter $filter suites=SSL_RSA_WITH_RC4_128_SHA
start_capture "$SERVER" eth0 "$OUT/story2-rc4-leaves.pcap" tcp port 25
sender 198.51.100.11 $filter ehlo,STARTTLS,leave
sleep 2
sender 198.51.100.12 $filter ehlo,STARTTLS,reset
sleep 2
sender 198.51.100.11 $filter ehlo,STARTTLS,leave
stop_capture

start_capture "$SERVER" eth0 "$OUT/story2-rc4-accepted.pcap" tcp port 25
sender 198.51.100.21 $filter $deliver
stop_capture

start_capture "$SERVER" eth0 "$OUT/story2-rc4-queue.pcap" tcp port 25
for turn in 1 2; do
    sender 198.51.100.1$turn $filter ehlo,STARTTLS,leave
    sleep 1
    sender 198.51.100.2$turn $filter $deliver
    sleep 1
done
stop_capture

start_capture "$SERVER" eth0 "$OUT/story2-rc4-refused.pcap" tcp port 25
sender 198.51.100.31 $filter $deliver suites="$without_rc4"
stop_capture
stop "$STARTED"

start_filter $filter suites=TLS_RSA_WITH_AES_128_CBC_SHA mute=yes
start_capture "$SERVER" eth0 "$OUT/story2-silence.pcap" tcp port 25
sender 198.51.100.21 $filter ehlo,STARTTLS,silence:12,leave
stop_capture

rc4='tls.handshake.type == 2 && tls.handshake.ciphersuite == 0x0005 && tls.handshake.version == 0x0301'
for file in leaves accepted queue refused; do assert_whole "$OUT/story2-rc4-$file.pcap"; done
assert_whole "$OUT/story2-silence.pcap"
expect 3 "$OUT/story2-rc4-leaves.pcap" "$rc4"
expect 1 "$OUT/story2-rc4-leaves.pcap" 'tcp.flags.reset == 1'
expect 1 "$OUT/story2-rc4-accepted.pcap" "$rc4"
expect 4 "$OUT/story2-rc4-queue.pcap" "$rc4"
expect 0 "$OUT/story2-rc4-refused.pcap" 'tls.handshake.type == 2'
expect 1 "$OUT/story2-rc4-refused.pcap" 'tls.alert_message.desc == 40'
expect 1 "$OUT/story2-silence.pcap" 'tls.handshake.type == 2 && tls.handshake.ciphersuite == 0x002f'
expect 1 "$OUT/story2-silence.pcap" 'tcp.flags.fin == 1 && tcp.dstport == 25 && tcp.time_delta > 10'
