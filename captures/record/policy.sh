#!/bin/bash
# STARTTLS refused, or missed.
#
#   starttls-454-exim.pcap  an Exim that cannot read its key
#   starttls-bad.pcap       STARTTLS with a parameter, before EHLO, and where it is not offered:
#                           Postfix and Exim each; Postfix grants the second
#   required-tls.pcap       a Postfix that insists on TLS, a client that does not use it
#
# Needs: exim4-daemon-light swaks and what lib.sh and mta.sh name.
# Usage: record/policy.sh [OUTDIR]
. "$(dirname "$0")/lib.sh"
. "$REC_DIR/mta.sh"
. "$REC_DIR/talk.sh"
rec_begin "$@"
need exim4 swaks

record() { start_capture "$CLIENT" eth0 "$OUT/$1.pcap" tcp; }

make_certs
make_link 192.0.2.10/24 192.0.2.25/24

make_exim keyless mail.example.com
sed -i "s|^tls_privatekey = .*|tls_privatekey = $WORK/no-such.key|" "$WORK/keyless.conf"
start_exim keyless "$SERVER"
record starttls-454-exim
send --tls || true
stop_capture
expect 1 "$OUT/starttls-454-exim.pcap" 'smtp.response.code == 454'
stop "$STARTED"

script bad <<'PYTHON'
import sys

peer = dial()
peer.reply()
if "early" not in sys.argv:
    peer.ask("EHLO hub.example.net")
answer = peer.ask("STARTTLS foo" if "foo" in sys.argv else "STARTTLS")
if answer.startswith("220"):
    peer.handshake(client_context())
peer.quit()
PYTHON
make_postfix postfix mail.example.com
make_postfix postfix-without mail.example.com "smtpd_tls_security_level = none"
make_exim exim mail.example.com
make_exim exim-without mail.example.com
sed -i "s/^tls_advertise_hosts = .*/tls_advertise_hosts =/" "$WORK/exim-without.conf"
record starttls-bad
for server in postfix exim; do
    start_$server $server "$SERVER"
    play "$CLIENT" bad foo
    play "$CLIENT" bad early
    stop "$STARTED"
    start_$server $server-without "$SERVER"
    play "$CLIENT" bad
    stop "$STARTED"
done
stop_capture

make_postfix strict mail.example.com "smtpd_tls_security_level = encrypt"
start_postfix strict "$SERVER"
record required-tls
send || true
stop_capture
expect 1 "$OUT/required-tls.pcap" 'smtp.response.code == 530'
