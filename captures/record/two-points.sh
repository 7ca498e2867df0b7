#!/bin/bash
# The same connections at two capture points: at the client (inside) and at the server (outside),
# with a device between them.
#
#   nat-inside, nat-outside                    an address translator; it also lowers the MSS and
#                                              sends one connection to another server than it asked for
#   nat-stripped-inside, nat-stripped-outside  behind the translator a device takes the STARTTLS line
#                                              out: one delivery in clear, one that insists on TLS
#   nat-reset-inside, nat-reset-outside        the translator answers the ClientHello of one of two
#                                              clients by a reset in the server's name
#   firewall-isn-inside, firewall-isn-outside  a firewall with ESMTP inspection that draws initial
#                                              sequence numbers of its own; no addresses change
#   copies-near, copies-far                    a plain router; the same ports are used twice, and
#                                              only the second connection is in both files
#
# The translator is the kernel's (iptables MASQUERADE and DNAT); what changes text or sequence
# numbers is cable.py.
#
# Needs: exim4-daemon-light iptables swaks and what lib.sh and mta.sh name.
# Usage: record/two-points.sh [OUTDIR]
export REC_LIMIT=170
. "$(dirname "$0")/lib.sh"
. "$REC_DIR/mta.sh"
rec_begin "$@"
need exim4 iptables swaks

# record_both NAME
record_both() {
    start_capture "$CLIENT" eth0 "$OUT/$1-inside.pcap" tcp
    inside=$CAPTURE inside_log=$CAPTURE_LOG
    start_capture "$SERVER" eth0 "$OUT/$1-outside.pcap" tcp
}

stop_both() {
    stop_capture "$inside" "$inside_log"
    stop_capture
}

# deliver FROM TO [OPTION...]: always from the same port, so the translator has to choose another.
deliver() {
    send --server "$2" --local-interface "$1" --local-port 40025 --tls --tls-protocol tlsv1_2 "${@:3}"
}

# hide NS: the client's network appears as the address of that router's interface `far`.
hide() { ip netns exec "$1" iptables -t nat -A POSTROUTING -o far -j MASQUERADE; }

make_certs
make_postfix server mail.example.com

make_chain 1
router=${HOPS[0]}
add_addr "$CLIENT" eth0 192.0.2.11/24
start_postfix server "$SERVER"

start_capture "$CLIENT" eth0 "$OUT/copies-near.pcap" tcp
near=$CAPTURE near_log=$CAPTURE_LOG
deliver 192.0.2.10 203.0.113.25
sleep 1.2       # a SYN for the same ports is taken as a new connection once the clock has moved
start_capture "$SERVER" eth0 "$OUT/copies-far.pcap" tcp
deliver 192.0.2.10 203.0.113.25
stop_capture "$near" "$near_log"
stop_capture

hide "$router"
ip netns exec "$router" iptables -t nat -A PREROUTING -p tcp -d 198.51.100.25 --dport 25 \
    -j DNAT --to-destination 203.0.113.25
ip netns exec "$router" iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN \
    -j TCPMSS --set-mss 1360
record_both nat
deliver 192.0.2.10 203.0.113.25
deliver 192.0.2.11 203.0.113.25
deliver 192.0.2.11 198.51.100.25
stop_both
ip netns exec "$router" iptables -t mangle -F

# Bytes 0x16 0x03 at the start of the payload: the first record of a handshake.
ip netns exec "$router" iptables -A FORWARD -s 192.0.2.10 -p tcp --dport 25 \
    -m u32 --u32 '0>>22&0x3C@12>>26&0x3C@0>>16=0x1603' -j REJECT --reject-with tcp-reset
record_both nat-reset
if deliver 192.0.2.10 203.0.113.25; then rec_die "nat-reset: the mail went out"; fi
deliver 192.0.2.11 203.0.113.25
stop_both
stop "$STARTED"

# The same stage with a cable in place of the last link.
make_ns CLIENT
make_ns ROUTER
make_ns SERVER
join_ns "$CLIENT" eth0 "$ROUTER" near
make_tap "$ROUTER" far
make_tap "$SERVER" eth0
add_addr "$CLIENT" eth0 192.0.2.10/24
add_addr "$ROUTER" near 192.0.2.1/24
add_addr "$ROUTER" far 203.0.113.1/24
add_addr "$SERVER" eth0 203.0.113.25/24
route "$CLIENT" default 192.0.2.1
ip netns exec "$ROUTER" sysctl -qw net.ipv4.ip_forward=1
hide "$ROUTER"
CABLE_NEAR=$ROUTER:far run_cable "down cut 250-STARTTLS\r\n"
start_postfix server "$SERVER"
server=$STARTED
make_postfix client hub.example.net "relayhost = [203.0.113.25]" "smtp_tls_security_level = may"
start_postfix client "$CLIENT"
record_both nat-stripped
postfix_mail
wait_for 10 grep -q "status=sent" "$WORK/client/log"
send --server 203.0.113.25 --tls || [ $? = 29 ]
stop_both
stop "$STARTED"
stop "$server"
stop "$CABLE"

make_cable_link 192.0.2.10/24 192.0.2.25/24
own_numbers=("up isn 1193046471" "down isn 2596069104")
run_cable "${own_numbers[@]}"
start_postfix server "$SERVER"
make_exim firm hub.example.net
record_both firewall-isn
send --tls --tls-protocol tlsv1_2
stop "$CABLE"
run_cable "${own_numbers[@]}" "down stars (?<=^220 )[^\r]+" "down replace STARTTLS XXXXXXXA"
exim_mail firm
stop_both

for file in nat nat-stripped nat-reset firewall-isn; do
    for side in inside outside; do assert_whole "$OUT/$file-$side.pcap"; done
done
expect 3 "$OUT/nat-inside.pcap" 'tls.handshake.type == 2'
expect 3 "$OUT/nat-outside.pcap" 'tls.handshake.type == 2 && ip.dst == 203.0.113.1'
expect 0 "$OUT/nat-stripped-inside.pcap" 'smtp contains "STARTTLS"'
expect 2 "$OUT/nat-stripped-outside.pcap" 'smtp contains "250-STARTTLS"'
expect 1 "$OUT/nat-reset-inside.pcap" 'tcp.flags.reset == 1 && tcp.srcport == 25 && tcp.stream == 0'
expect 1 "$OUT/nat-reset-outside.pcap" 'tls.handshake.type == 1'
