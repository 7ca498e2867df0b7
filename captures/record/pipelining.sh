#!/bin/bash
# Clients that do not wait for the answers, and odd ways to say STARTTLS.
#
#   pipelined-ehlo.pcap  EHLO and STARTTLS in one segment: Postfix and Exim grant it, with both
#                        replies in one segment, a scripted server answers in two, and an Exim with
#                        PIPECONNECT off gives up
#   injection.pcap       a command behind STARTTLS in its segment (CVE-2011-0411): Postfix, Exim,
#                        and the Exim without PIPECONNECT, which gives up
#   odd-starttls.pcap    in odd letters with a space behind it, ended by LF alone, in three
#                        segments, all granted
#
# Needs: exim4-daemon-light and what lib.sh and mta.sh name.
# Usage: record/pipelining.sh [OUTDIR]
. "$(dirname "$0")/lib.sh"
. "$REC_DIR/mta.sh"
. "$REC_DIR/talk.sh"
rec_begin "$@"
need exim4

# against SERVER NAME [ARGUMENT...]: the client against a server that runs only as long.
against() {
    local server=$1
    shift
    case $server in
        postfix) start_postfix postfix "$SERVER" ;;
        exim | strict) start_exim "$server" "$SERVER" ;;
        scripted) host "$SERVER" 25 server ;;
    esac
    local running=$STARTED
    play "$CLIENT" "$@"
    stop "$running"
}

make_certs
make_link 192.0.2.10/24 192.0.2.25/24
make_postfix postfix mail.example.com
make_exim exim mail.example.com
make_exim strict mail.example.com "pipelining_connect_advertise_hosts ="

script server <<PYTHON
context = server_context("$WORK")


def separately(peer):
    peer.send("220 mail.example.com ESMTP")
    peer.dialogue("PIPELINING", "STARTTLS", context=context)


serve(separately)
PYTHON
script pipelined <<'PYTHON'
peer = dial()
peer.reply()
peer.send("EHLO hub.example.net", "STARTTLS")
if peer.reply().startswith("250"):
    peer.reply()
    peer.handshake(client_context())
    peer.ask("EHLO hub.example.net")
    peer.mail()
    peer.quit()
else:
    peer.leave()
PYTHON
start_capture "$CLIENT" eth0 "$OUT/pipelined-ehlo.pcap" tcp
for server in postfix exim scripted strict; do against $server pipelined; done
stop_capture
expect 1 "$OUT/pipelined-ehlo.pcap" 'smtp.response.code == 554'

script injection <<'PYTHON'
import sys

peer = dial()
peer.reply()
peer.ask("EHLO hub.example.net")
peer.send("STARTTLS", sys.argv[1])
if peer.reply().startswith("220"):
    peer.handshake(client_context())
    answer = peer.ask("EHLO hub.example.net")
    assert "PIPELINING" in answer, answer  # else the injected command was answered
    peer.mail()
    peer.quit()
else:
    peer.leave()
PYTHON
start_capture "$CLIENT" eth0 "$OUT/injection.pcap" tcp
against postfix injection "RSET"
against exim injection "RSET"
against exim injection "MAIL FROM:<mallory@example.net>"
against strict injection "RSET"
stop_capture
expect 3 "$OUT/injection.pcap" 'tls.handshake.type == 2'
expect 1 "$OUT/injection.pcap" 'smtp.response.code == 554'

script odd <<'PYTHON'
for pieces in ([b"sTaRtTlS \r\n"], [b"STARTTLS\n"], [b"STA", b"RTTLS\r", b"\n"]):
    peer = dial()
    peer.reply()
    peer.ask("EHLO hub.example.net")
    peer.slowly(*pieces)
    peer.reply()
    peer.handshake(client_context())
    peer.ask("EHLO hub.example.net")
    peer.quit()
PYTHON
start_capture "$CLIENT" eth0 "$OUT/odd-starttls.pcap" tcp
against postfix odd
stop_capture
