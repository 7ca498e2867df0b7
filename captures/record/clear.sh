#!/bin/bash
# Clear text of all kinds.
#
#   auth-in-clear-kinds.pcap  587: AUTH CRAM-MD5, XOAUTH2 and PLAIN in two lines, with credentials
#                             made up for this recording
#   bdat.pcap                 a message in clear with BDAT; its lines look like commands and replies
#   data-tricks.pcap          the same with DATA, and a whole ClientHello in the message
#   decrypted.pcap            what an appliance that decrypts hands on: after the 220 of STARTTLS
#                             both sides go on in clear; both ends are scripted
#   xexps.pcap                Exchange: a hop that offers neither X-ANONYMOUSTLS nor X-EXPS, and
#                             X-EXPS GSSAPI in clear; both ends are scripted
#
# Needs: exim4-daemon-light swaks and what lib.sh and mta.sh name.
# Usage: record/clear.sh [OUTDIR]
. "$(dirname "$0")/lib.sh"
. "$REC_DIR/mta.sh"
. "$REC_DIR/talk.sh"
rec_begin "$@"
need exim4 swaks

record() { start_capture "$CLIENT" eth0 "$OUT/$1.pcap" tcp; }

make_certs
make_link 192.0.2.10/24 192.0.2.25/24
EXIM_AUTH=$(
    cat <<-'CONF'
	cram:
	  driver = cram_md5
	  public_name = CRAM-MD5
	  server_secret = not-a-real-password
	  server_set_id = $auth1
	xoauth2:
	  driver = plaintext
	  public_name = XOAUTH2
	  server_condition = true
	  server_set_id = $auth1
	CONF
) make_exim server mail.example.com
make_exim client hub.example.net
sed -i 's/^  hosts_try_fastopen =/&\n  hosts_avoid_tls = */' "$WORK/client.conf"

start_exim server "$SERVER"
running=$STARTED
script login <<'PYTHON'
import smtplib

secrets = {"XOAUTH2": "user=fake-user\1auth=Bearer not-a-real-password\1\1",
           "PLAIN": "\0fake-user\0not-a-real-password"}
for mechanism in ("CRAM-MD5", "XOAUTH2", "PLAIN"):
    smtp = smtplib.SMTP(SERVER, 587, local_hostname="hub.example.net")
    smtp.ehlo()
    smtp.user, smtp.password = "fake-user", "not-a-real-password"
    if mechanism == "CRAM-MD5":
        smtp.auth(mechanism, smtp.auth_cram_md5)
    else:
        smtp.auth(mechanism, lambda challenge=None: secrets[mechanism],
                  initial_response_ok=mechanism == "XOAUTH2")
    smtp.sendmail("alice@example.net", "bob@example.com", "Subject: figures\n\nA line of text.\n")
    smtp.quit()
PYTHON
record auth-in-clear-kinds
play "$CLIENT" login
stop_capture

tricks() {
    message
    printf '%s\n' "STARTTLS" "220 hi" "220 2.0.0 Ready to start TLS" "AUTH PLAIN AAAA" "QUIT" \
        "EHLO other.example.net" "250-STARTTLS" "221 bye"
}
record bdat
tricks | in_ns "$CLIENT" exim4 -C "$WORK/client.conf" -odi -f alice@example.net bob@example.com \
        2>"$WORK/exim.log"
stop_capture
expect 1 "$OUT/bdat.pcap" 'frame contains "BDAT "'

script message <<'PYTHON'
import sys

hello = Talk(socket.socket()).hello(client_context())
body = sys.stdin.buffer.read().replace(b"\n", b"\r\n") + hello + b"\r\n"
peer = dial()
peer.reply()
peer.ask("EHLO hub.example.net")
for command in ("MAIL FROM:<alice@example.net>", "RCPT TO:<bob@example.com>", "DATA"):
    peer.ask(command)
peer.raw(body)
peer.slowly(b"", hello, b"\r\nSTARTTLS\r\n")
peer.raw(b".\r\n")
peer.reply()
peer.quit()
PYTHON
stop "$running"
make_postfix postfix mail.example.com
start_postfix postfix "$SERVER"
running=$STARTED
record data-tricks
tricks | play "$CLIENT" message
stop_capture
stop "$running"

script appliance <<'PYTHON'
def seen(peer):
    peer.send("220 mail.example.com ESMTP")
    basic = "PIPELINING", "SIZE 52428800", "8BITMIME"
    peer.dialogue(*basic, "STARTTLS", "AUTH GSSAPI NTLM", until="STARTTLS")
    peer.send("220 2.0.0 Ready to start TLS")
    peer.dialogue(*basic, "AUTH LOGIN PLAIN", until="AUTH")
    peer.send("235 2.7.0 Authentication successful")
    peer.dialogue()


serve(seen)
PYTHON
script decrypted <<'PYTHON'
import base64

peer = dial()
peer.reply()
peer.ask("EHLO hub.example.net")
peer.ask("STARTTLS")
peer.ask("EHLO hub.example.net")
peer.ask("AUTH PLAIN " + base64.b64encode(b"\0fake-user\0not-a-real-password").decode())
peer.mail()
peer.quit()
PYTHON
host "$SERVER" 25 appliance
record decrypted
play "$CLIENT" decrypted
stop_capture

script exchange <<'PYTHON'
TOKEN = "bm90LWEtcmVhbC10b2tlbg=="


def offering(*keywords):
    def handler(peer):
        peer.name = "exch01.example.net"
        when = "Mon, 5 Jan 2026 09:00:00 +0000"
        peer.send(f"220 {peer.name} Microsoft ESMTP MAIL Service ready at {when}")
        basic = "SIZE 37748736", "PIPELINING", "DSN", "ENHANCEDSTATUSCODES"
        more = "8BITMIME", "BINARYMIME", "CHUNKING", "XRDST"
        peer.dialogue(*basic, *keywords, *more, until="X-EXPS")
        if "X-EXPS GSSAPI NTLM" in keywords:
            peer.send("334 GSSAPI supported")
            peer.line()
            peer.send("334 " + TOKEN)
            peer.line()
            peer.send("235 2.7.0 Authentication successful")
            peer.dialogue()
    return handler


exchange = "STARTTLS", "X-ANONYMOUSTLS", "AUTH NTLM", "X-EXPS GSSAPI NTLM"
serve(offering("STARTTLS"), offering(*exchange))
PYTHON
script hop <<'PYTHON'
TOKEN = "bm90LWEtcmVhbC10b2tlbg=="
peer = dial()
peer.reply()
peer.ask("EHLO exch02.example.net")
peer.quit()

peer = dial()
peer.reply()
peer.ask("EHLO exch02.example.net")
for line in ("X-EXPS GSSAPI", TOKEN, TOKEN):
    peer.ask(line)
peer.mail()
peer.quit()
PYTHON
host "$SERVER" 25 exchange
record xexps
play "$CLIENT" hop
stop_capture
