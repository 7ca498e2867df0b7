#!/bin/bash
# Handshakes that fail, or end elsewhere than they began, the way real stacks do it.
#
#   untrusted-tls12.pcap     OpenSSL knows no issuer of the certificate: alert 48 in clear
#   untrusted-tls13.pcap     the same in TLS 1.3: the certificate is encrypted, the alert is not
#   text-after-tls.pcap      a client half-closes without close_notify, and Exim writes its 421 in
#                            clear into the stream where TLS was
#   no-common-version.pcap   a client of TLS 1.3 only, a server of TLS 1.2 only: alert 70
#   hello-retry.pcap         the server wants another group: HelloRetryRequest, then all is well
#   downgrade-to-clear.pcap  Postfix fails to agree on a version, tries again later, and delivers
#                            in clear on the connection after that
#   tls10-rc4-exim.pcap      GnuTLS at both ends: TLS 1.0 with RC4
#
# Needs: exim4-daemon-light swaks gnutls-bin and what lib.sh and mta.sh name.
# Usage: record/failures.sh [OUTDIR]
. "$(dirname "$0")/lib.sh"
. "$REC_DIR/mta.sh"
rec_begin "$@"
need exim4 swaks gnutls-cli

# handshake [OPTION...]: s_client up to the handshake, whatever becomes of it, and QUIT.
handshake() {
    { sleep 0.3; echo QUIT; } |
        in_ns "$CLIENT" openssl s_client -connect 192.0.2.25:25 -starttls smtp -crlf -quiet \
            -name hub.example.net "$@" >/dev/null 2>&1 || true
}

record() {
    start_capture "$CLIENT" eth0 "$OUT/$1" tcp
    shift
    "$@"
    stop_capture
}

make_certs
make_link 192.0.2.10/24 192.0.2.25/24

make_postfix server mail.example.com
start_postfix server "$SERVER"
record untrusted-tls12.pcap handshake -tls1_2 -verify_return_error
record untrusted-tls13.pcap handshake -tls1_3 -verify_return_error
stop "$STARTED"

make_postfix choosy mail.example.com "tls_eecdh_auto_curves = secp384r1"
start_postfix choosy "$SERVER"
record hello-retry.pcap handshake -tls1_3 -groups X25519:secp384r1
stop "$STARTED"

make_postfix old mail.example.com "smtpd_tls_protocols = <=TLSv1.2"
start_postfix old "$SERVER"
record no-common-version.pcap handshake -tls1_3

# Postfix gives up TLS once a message has waited for minimal_backoff_time; two seconds stand for
# the five minutes that people have.
make_postfix client hub.example.net "relayhost = [192.0.2.25]" "smtp_tls_security_level = may" \
    "smtp_tls_protocols = >=TLSv1.3" "minimal_backoff_time = 2s" "maximal_backoff_time = 2s" \
    "queue_run_delay = 1s"
postfix=$STARTED
start_postfix client "$CLIENT"
deliver() {
    postfix_mail
    wait_for 10 grep -q "status=sent" "$WORK/client/log"
}
record downgrade-to-clear.pcap deliver
stop "$STARTED"
stop "$postfix"

make_exim exim mail.example.com \
    "tls_require_ciphers = NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.0:+ARCFOUR-128"
start_exim exim "$SERVER"

cat >"$WORK/client.py" <<'PYTHON'
import smtplib
import socket
import ssl
import sys
import time

context = ssl.create_default_context(cafile=sys.argv[1])
context.check_hostname = False
context.maximum_version = ssl.TLSVersion.TLSv1_2
smtp = smtplib.SMTP("192.0.2.25", local_hostname="hub.example.net")
smtp.starttls(context=context)
smtp.ehlo()
smtp.sock.shutdown(socket.SHUT_WR)
time.sleep(1)
PYTHON
record text-after-tls.pcap in_ns "$CLIENT" python3 "$WORK/client.py" "$WORK/root.crt"

gnutls() {
    { sleep 0.5; echo QUIT; sleep 0.5; } |
        in_ns "$CLIENT" gnutls-cli --starttls-proto=smtp --no-ca-verification --port 25 192.0.2.25 \
            --priority "NORMAL:-VERS-ALL:+VERS-TLS1.0:-CIPHER-ALL:+ARCFOUR-128:+AES-128-CBC" \
            >"$WORK/gnutls.log" 2>&1 || true
}
record tls10-rc4-exim.pcap gnutls
