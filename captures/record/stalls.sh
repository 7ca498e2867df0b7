#!/bin/bash
# Connections that stand still. The server's program is stopped and continued by signals, as one
# that waits for a virus scanner, a revocation list or a disk would be.
#
#   zero-window.pcap    the server stops reading in the middle of a message inside TLS, for four
#                       seconds: window 0, the client probes, then all goes on
#   silent-server.pcap  the server's kernel acknowledges the ClientHello, its program never answers;
#                       the client leaves after seven seconds
#
# A link of MTU 1300 in the middle of a path of 1500, of which the client's side knows nothing:
#   pmtu-blackhole-sender.pcap    the router's ICMP errors are filtered: seen by the server, the first
#                                 segment of its flight is repeated again and again
#   pmtu-blackhole-receiver.pcap  the same connection seen by the client: that segment never comes
#   pmtu-icmp.pcap                the ICMP error arrives: seen by the server, which sends smaller ones
#
# Needs: iptables swaks and what lib.sh and mta.sh name.
# Usage: record/stalls.sh [OUTDIR]
. "$(dirname "$0")/lib.sh"
. "$REC_DIR/mta.sh"
rec_begin "$@"
need iptables swaks

# Delivers a message of that many LINES over TLS 1.2, gives up when nothing comes for SECONDS, and
# halts where a halt is named, before the ClientHello or before the text, until a file appears.
cat >"$WORK/client.py" <<'PYTHON'
import pathlib
import smtplib
import ssl
import sys
import time

work, lines, seconds, *halts = sys.argv[1:]
work = pathlib.Path(work)


def halt(name):
    if name not in halts:
        return
    (work / f"{name}.reached").touch()
    while not (work / f"{name}.go").exists():
        time.sleep(0.05)


context = ssl.create_default_context(cafile=work / "root.crt")
context.check_hostname = False
context.maximum_version = ssl.TLSVersion.TLSv1_2
smtp = smtplib.SMTP("203.0.113.25", local_hostname="hub.example.net", timeout=float(seconds))
try:
    smtp.ehlo()
    smtp.docmd("STARTTLS")
    halt("hello")
    smtp.sock = context.wrap_socket(smtp.sock)
    smtp.file = None
    smtp.ehlo()
    smtp.mail("alice@example.net")
    smtp.rcpt("bob@example.com")
    smtp.docmd("DATA")
    halt("text")
    smtp.send(b"Subject: Quarterly figures\r\n\r\n" + b"A line of text.\r\n" * int(lines) + b".\r\n")
    smtp.getreply()
    smtp.quit()
except TimeoutError:
    smtp.close()
PYTHON

deliver() { in_ns "$CLIENT" python3 "$WORK/client.py" "$WORK" "$@"; }

# stopped_at HALT LINES SECONDS: a delivery during which the server's program is stopped there, for
# four seconds or, before the ClientHello, for good.
stopped_at() {
    local client smtpd
    deliver "$2" "$3" "$1" &
    client=$!
    REC_PIDS+=("$client")
    wait_for 10 test -e "$WORK/$1.reached"
    smtpd=$(pgrep -P "$STARTED" -x smtpd)
    kill -STOP "$smtpd"
    touch "$WORK/$1.go"
    sleep 4
    [ "$1" != text ] || kill -CONT "$smtpd"
    wait "$client"
    stop_capture
    kill -CONT "$smtpd"
}

make_certs
make_chain 2
make_postfix server mail.example.com
start_postfix server "$SERVER"

start_capture "$CLIENT" eth0 "$OUT/silent-server.pcap" tcp
stopped_at hello 1 7
stop "$STARTED"

ip netns exec "$SERVER" sysctl -qw net.ipv4.tcp_rmem="4096 16384 16384"
start_postfix server "$SERVER"
start_capture "$CLIENT" eth0 "$OUT/zero-window.pcap" tcp
stopped_at text 2000 20

ip -n "${HOPS[0]}" link set far mtu 1300
ip -n "${HOPS[1]}" link set near mtu 1300
filter() { ip netns exec "${HOPS[1]}" iptables "$@"; }

filter -A OUTPUT -p icmp --icmp-type fragmentation-needed -j DROP
start_capture "$SERVER" eth0 "$OUT/pmtu-blackhole-sender.pcap" tcp or icmp
sender=$CAPTURE sender_log=$CAPTURE_LOG
start_capture "$CLIENT" eth0 "$OUT/pmtu-blackhole-receiver.pcap" tcp or icmp
deliver 1 8
stop_capture
stop_capture "$sender" "$sender_log"

filter -F
start_capture "$SERVER" eth0 "$OUT/pmtu-icmp.pcap" tcp or icmp
deliver 1 8
stop_capture

expect 0 "$OUT/silent-server.pcap" 'tls.handshake.type == 2'
expect 0 "$OUT/pmtu-blackhole-sender.pcap" icmp
expect 1 "$OUT/pmtu-icmp.pcap" 'icmp.type == 3 && icmp.code == 4'
