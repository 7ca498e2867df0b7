#!/bin/bash
# What stands where the handshake should: text, an alert with text, or nothing.
#
#   response-injection.pcap           a server sends a line behind its 220, in its segment; smtplib,
#                                     Postfix and Exim as clients; Exim then delivers in clear
#   text-instead-of-hello.pcap        the client says EHLO after the 220: Postfix and Exim
#   text-instead-of-server-hello.pcap the ClientHello is answered by text: by a Postfix that had
#                                     refused STARTTLS, and by a server that had granted it
#   alert-and-454.pcap                fatal alert 40 and a 454 in clear, in one segment
#   leave-after-220.pcap              clients that leave: after the 220, and with QUIT after EHLO
#   server-leaves-after-220.pcap      servers that close: with the 220, and after the hello
#
# Needs: exim4-daemon-light swaks and what lib.sh and mta.sh name.
# Usage: record/responses.sh [OUTDIR]
. "$(dirname "$0")/lib.sh"
. "$REC_DIR/mta.sh"
. "$REC_DIR/talk.sh"
rec_begin "$@"
need exim4 swaks

record() { start_capture "$CLIENT" eth0 "$OUT/$1.pcap" tcp; }

s_client() {
    { sleep 0.5; echo QUIT; } |
        in_ns "$CLIENT" openssl s_client -connect 192.0.2.25:25 -starttls smtp -tls1_2 -quiet \
            -name hub.example.net -crlf >/dev/null 2>&1 || true
}

make_certs
make_link 192.0.2.10/24 192.0.2.25/24
make_postfix server mail.example.com
make_postfix without mail.example.com "smtpd_tls_security_level = none"
make_exim exim-server mail.example.com

script server <<PYTHON
import sys

context = server_context("$WORK")
context.maximum_version = ssl.TLSVersion.TLSv1_2


def greeted(grant):
    def handler(peer):
        peer.send("220 mail.example.com ESMTP")
        peer.dialogue("PIPELINING", "STARTTLS", grant=grant)
    return handler


def injecting(peer):
    peer.send("220 2.0.0 Ready to start TLS", "250 mail.example.com")
    peer.handshake(context, server=True)


def texting(peer):
    peer.send("220 2.0.0 Ready to start TLS")
    peer.receive()
    peer.send("554 5.7.3 Unable to initialize security subsystem")
    peer.leave()


def alerting(peer):
    peer.send("220 2.0.0 Ready to start TLS")
    peer.receive()
    text = b"454 4.3.0 TLS not available due to a temporary reason\r\n"
    peer.raw(bytes.fromhex("15030300020228") + text)
    peer.leave()


def closing_at_once(peer):
    peer.socket.send(b"220 2.0.0 Ready to start TLS\r\n", socket.MSG_MORE)  # the FIN goes along
    peer.socket.close()


def closing_after_the_hello(peer):
    peer.send("220 2.0.0 Ready to start TLS")
    peer.receive()
    peer.socket.close()


serve(*(greeted(globals()[name]) for name in sys.argv[1:]))
PYTHON

host "$SERVER" 25 server injecting injecting injecting injecting
scripted=$STARTED
make_postfix client hub.example.net "relayhost = [192.0.2.25]" "smtp_tls_security_level = encrypt" \
    "smtp_tls_mandatory_protocols = TLSv1.2"
start_postfix client "$CLIENT"
postfix=$STARTED
make_exim exim-client hub.example.net
script deliver <<'PYTHON'
import smtplib

smtp = smtplib.SMTP(SERVER, local_hostname="hub.example.net")
smtp.starttls(context=client_context())
smtp.sendmail("alice@example.net", "bob@example.com", "Subject: figures\n\nA line of text.\n")
smtp.quit()
PYTHON
record response-injection
play "$CLIENT" deliver
postfix_mail
wait_for 10 grep -q "status=" "$WORK/client/log"
exim_mail exim-client
stop_capture
expect 3 "$OUT/response-injection.pcap" 'tls.handshake.type == 2'
expect 1 "$OUT/response-injection.pcap" 'smtp.req.command == "MAIL"'
stop "$postfix"
stop "$scripted"

script early <<'PYTHON'
peer = dial()
peer.reply()
peer.ask("EHLO hub.example.net")
peer.ask("STARTTLS")
peer.send("EHLO hub.example.net")
try:
    peer.receive()
except ConnectionResetError:
    pass
peer.leave()
PYTHON
record text-instead-of-hello
start_postfix server "$SERVER"
running=$STARTED
play "$CLIENT" early
stop "$running"
start_exim exim-server "$SERVER"
running=$STARTED
play "$CLIENT" early
stop_capture
stop "$running"

record text-instead-of-server-hello
start_postfix without "$SERVER"
running=$STARTED
s_client
stop "$running"
host "$SERVER" 25 server texting
s_client
stop_capture
stop "$STARTED"

host "$SERVER" 25 server alerting
record alert-and-454
send --tls || true
stop_capture
expect 1 "$OUT/alert-and-454.pcap" 'tls.alert_message.desc == 40'
stop "$STARTED"

host "$SERVER" 25 server closing_at_once closing_after_the_hello
record server-leaves-after-220
s_client
send --tls || true
stop_capture
expect 1 "$OUT/server-leaves-after-220.pcap" 'tcp.flags.fin == 1 && tcp.len > 0'
stop "$STARTED"

script leaving <<'PYTHON'
peer = dial()
peer.reply()
peer.ask("EHLO hub.example.net")
peer.ask("STARTTLS")
peer.leave()

peer = dial()
peer.reply()
peer.ask("EHLO hub.example.net")
peer.quit()
PYTHON
start_postfix server "$SERVER"
record leave-after-220
play "$CLIENT" leaving
stop_capture
