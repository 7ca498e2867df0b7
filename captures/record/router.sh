#!/bin/bash
# Story 2's capture point, an edge router: every packet is there twice, once as it arrives and once
# as it leaves, with a TTL one lower and other MAC addresses. Senders and filter are the story's.
#
# Four recordings of the same two connections, one that leaves after the handshake and one that
# delivers:
#   router-two-interfaces.pcapng  one dumpcap on both interfaces
#   router-any.pcapng             the device "any", Linux cooked capture v2
#   router-merged.pcap            a recording of each interface, merged by mergecap
#   router-clean.pcap             the interface towards the senders alone: nothing is there twice
#
#   router-ipv6.pcapng   both interfaces, IPv6
#   router-loss.pcapng   both interfaces; the router loses one segment of each direction, so each is
#                        there once, and then again, twice, when its sender repeats it
#   router-no-id.pcapng  both interfaces; the router loses the filter's first SYN+ACK, whose IP id is
#                        0 as that of the one that follows; then a refused connection to port 587
#
# Needs: iptables wireshark-common (dumpcap, mergecap) and what lib.sh and jsse.sh name.
# Usage: record/router.sh [OUTDIR]
. "$(dirname "$0")/lib.sh"
. "$REC_DIR/jsse.sh"
. "$REC_DIR/filter.sh"
rec_begin "$@"
need iptables dumpcap mergecap

filter=203.0.113.25
make_chain 1
add_addr "$CLIENT" eth0 192.0.2.{11,21}/24 2001:db8:1::{11,21}/64
router=${HOPS[0]}

# lose SENDER TYPE: the router drops the first segment of that sender that opens with a TLS record
# of that type.
lose() {
    ip netns exec "$router" iptables -A FORWARD -p tcp -s "$1" \
        -m u32 --u32 "0>>22&0x3C@12>>26&0x3C@0>>24=$2" \
        -m statistic --mode nth --every 1000000 --packet 0 -j DROP
}

start_filter $filter suites=SSL_RSA_WITH_RC4_128_SHA

start_capture "$router" near "$OUT/router-clean.pcap" tcp port 25
near=$CAPTURE near_log=$CAPTURE_LOG
start_capture "$router" far "$WORK/far.pcap" tcp port 25
start_dumpcap "$router" "$OUT/router-any.pcapng" -i any -y LINUX_SLL2 -f "tcp port 25"
any=$DUMPCAP
start_dumpcap "$router" "$OUT/router-two-interfaces.pcapng" \
    -i near -f "tcp port 25" -i far -f "tcp port 25"
sender 192.0.2.11 $filter ehlo,STARTTLS,leave
sender 192.0.2.21 $filter $deliver
stop_dumpcap
stop_dumpcap "$any" "$OUT/router-any.pcapng"
stop_capture
stop_capture "$near" "$near_log"
mergecap -F pcap -w "$OUT/router-merged.pcap" "$OUT/router-clean.pcap" "$WORK/far.pcap"

start_dumpcap "$router" "$OUT/router-loss.pcapng" -i near -f "tcp port 25" -i far -f "tcp port 25"
lose 192.0.2.21 0x16
lose $filter 0x17
sender 192.0.2.21 $filter $deliver
stop_dumpcap
ip netns exec "$router" iptables -F

start_dumpcap "$router" "$OUT/router-no-id.pcapng" -i near -f tcp -i far -f tcp
ip netns exec "$router" iptables -A FORWARD -p tcp --tcp-flags SYN,ACK SYN,ACK \
    -m statistic --mode nth --every 1000000 --packet 0 -j DROP
sender 192.0.2.11 $filter ehlo,STARTTLS,leave
if sender 192.0.2.21 $filter $deliver to=$filter:587 2>/dev/null; then rec_die "somebody listens on 587"; fi
stop_dumpcap
ip netns exec "$router" iptables -F
stop "$STARTED"

filter=2001:db8:2::25
start_filter $filter suites=SSL_RSA_WITH_RC4_128_SHA
start_dumpcap "$router" "$OUT/router-ipv6.pcapng" -i near -f "tcp port 25" -i far -f "tcp port 25"
sender 2001:db8:1::11 $filter ehlo,STARTTLS,leave
sender 2001:db8:1::21 $filter $deliver
stop_dumpcap

frames() { tshark -n -r "$1" 2>/dev/null | wc -l; }
once=$(frames "$OUT/router-clean.pcap")
for file in two-interfaces.pcapng any.pcapng merged.pcap; do
    [ "$(frames "$OUT/router-$file")" = $((2 * once)) ] || rec_die "$file does not hold all twice"
done
assert_whole "$OUT/router-clean.pcap"
