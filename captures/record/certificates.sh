#!/bin/bash
# Certificates with something about them. TLS 1.2, so they are readable.
#
#   cert-expired.pcap               delivered by a client that does not look, refused by one that does
#   cert-not-yet-valid.pcap         the same
#   cert-sha1.pcap                  the same, signed with SHA-1
#   cert-rsa1024.pcap               the same, RSA with 1024 bits
#   cert-missing-intermediate.pcap  the same, the server sends the leaf alone
#   cert-same-name.pcap             two certificates of one name and issuer in turn
#   cert-ecdsa.pcap                 an ECDSA certificate; one client insists on RSA
#   cert-cn-only.pcap               no subjectAltName: fine for s_client, not for Python
#   cert-must-staple.pcap           demands a stapled OCSP response, and none comes
#   ocsp-staple.pcap                the same certificate with one
#   cert-wrong-order.pcap           leaf, root, intermediate, and a stranger
#   cert-odd-names.pcap             all kinds of names and string types; validity from 1969 to 2100
#   cert-huge.pcap                  a leaf with 2600 names: a certificate message of 80 kB
#
# The server is an Exim (GnuTLS), for the last three a Postfix (OpenSSL), which sends what it is
# given as it is.
#
# Needs: exim4-daemon-light swaks gnutls-bin python3-venv, network access for pip (cryptography),
# and what lib.sh, mta.sh, s_server.sh and certs.sh name.
# Usage: record/certificates.sh [OUTDIR]
export REC_LIMIT=240
. "$(dirname "$0")/lib.sh"
. "$REC_DIR/mta.sh"
. "$REC_DIR/s_server.sh"
. "$REC_DIR/certs.sh"
rec_begin "$@"
need exim4 swaks gnutls-cli

python3 -m venv "$WORK/venv"
"$WORK/venv/bin/pip" -q --disable-pip-version-check install "cryptography>=45"

make_certs
names="subjectAltName=DNS:mail.example.com"
subject="/C=DE/O=Example Corp/CN=mail.example.com"
leaf=(issuing "$names" "basicConstraints=CA:FALSE" "extendedKeyUsage=serverAuth")
make_dated_cert expired "$subject" issuing 20240101000000Z 20250101000000Z "${leaf[@]:1}"
make_dated_cert future "$subject" issuing 20480101000000Z 20490101000000Z "${leaf[@]:1}"
CERT_DIGEST=sha1 make_cert sha1 "$subject" "${leaf[@]}"
CERT_KEY=rsa:1024 make_cert rsa1024 "$subject" "${leaf[@]}"
CERT_KEY="ec -pkeyopt ec_paramgen_curve:prime256v1" make_cert ecdsa "$subject" "${leaf[@]}"
make_cert first "$subject" "${leaf[@]}"
make_cert second "$subject" "${leaf[@]}"
make_cert cn-only "$subject" issuing "basicConstraints=CA:FALSE" "extendedKeyUsage=serverAuth"
make_cert must-staple "$subject" "${leaf[@]}" "tlsfeature=status_request"
make_ca stranger "/C=DE/O=Example Stranger/CN=Stranger Root CA"

make_link 192.0.2.10/24 192.0.2.25/24
present mail issuing
start_presenter

# does_not_look: swaks delivers whatever the certificate. looks: s_client does not.
does_not_look() { send --tls --tls-protocol tlsv1_2; }
looks() {
    handshake -tls1_2 -servername mail.example.com -verify_return_error -CAfile "$WORK/root.crt" "$@"
}
both() {
    does_not_look
    looks
}

present expired issuing
record cert-expired.pcap both
present future issuing
record cert-not-yet-valid.pcap both
present sha1 issuing
record cert-sha1.pcap both
present rsa1024 issuing
record cert-rsa1024.pcap both
present mail
record cert-missing-intermediate.pcap both

in_turn() {
    local name
    for name; do
        present "$name" issuing
        does_not_look
    done
}
record cert-same-name.pcap in_turn first second first

ecdsa() {
    does_not_look
    looks -cipher aRSA
}
present ecdsa issuing
record cert-ecdsa.pcap ecdsa

cat >"$WORK/client.py" <<'PYTHON'
import smtplib
import ssl
import sys

context = ssl.create_default_context(cafile=sys.argv[1])
context.maximum_version = ssl.TLSVersion.TLSv1_2
context.hostname_checks_common_name = False  # as urllib3 does, and RFC 9525 wants
smtp = smtplib.SMTP("192.0.2.25", local_hostname="hub.example.net")
smtp._host = "mail.example.com"  # the name to expect, without a resolver
try:
    smtp.starttls(context=context)
except ssl.SSLCertVerificationError as refused:
    sys.exit(f"client: {refused}")
PYTHON
cn_only() {
    looks -verify_hostname mail.example.com
    if in_ns "$CLIENT" python3 "$WORK/client.py" "$WORK/root.crt"; then rec_die "accepted"; fi
}
present cn-only issuing
record cert-cn-only.pcap cn_only

must_staple() {
    looks -status
    gnutls --priority NORMAL:-VERS-TLS1.3 --sni-hostname=mail.example.com \
        --verify-hostname=mail.example.com --x509cafile="$WORK/root.crt"
}
present must-staple issuing
record cert-must-staple.pcap must_staple
stop "$PRESENTER"

: >"$WORK/ca.index"
openssl ca -config "$WORK/ca.cnf" -valid "$WORK/must-staple.crt" -md sha256 \
    -cert "$WORK/issuing.crt" -keyfile "$WORK/issuing.key" 2>"$WORK/openssl.log"
openssl ocsp -index "$WORK/ca.index" -CA "$WORK/issuing.crt" -issuer "$WORK/issuing.crt" \
    -cert "$WORK/must-staple.crt" -rsigner "$WORK/issuing.crt" -rkey "$WORK/issuing.key" \
    -no_nonce -noverify -ndays 7 -respout "$WORK/staple.der" >"$WORK/openssl.log" 2>&1
chmod 644 "$WORK/staple.der"
start_presenter "tls_ocsp_file = $WORK/staple.der"
record ocsp-staple.pcap must_staple
stop "$PRESENTER"

# by_postfix FILE KEY CHAIN_CERT...
by_postfix() {
    local file=$1 key=$2 cert
    shift 2
    for cert; do cat "$WORK/$cert.crt"; done >"$WORK/$key.pem"
    chmod 644 "$WORK/$key.key"
    make_postfix "$key" mail.example.com "smtpd_tls_chain_files = $WORK/$key.key, $WORK/$key.pem"
    start_postfix "$key" "$SERVER"
    record "$file" does_not_look
    stop "$STARTED"
}
by_postfix cert-wrong-order.pcap first first root issuing stranger

"$WORK/venv/bin/python" "$REC_DIR/odd_certs.py" "$WORK"
by_postfix cert-odd-names.pcap odd odd issuing
by_postfix cert-huge.pcap huge huge issuing
for file in "$OUT"/{cert-*,ocsp-staple}.pcap; do assert_whole "$file"; done
alert() { expect 1 "$OUT/$1.pcap" "tcp.stream == 1 && tls.alert_message.desc == $2"; }
alert cert-expired 45
alert cert-not-yet-valid 42
alert cert-sha1 42
alert cert-rsa1024 42
alert cert-missing-intermediate 48
alert cert-ecdsa 40
alert cert-cn-only 42
alert cert-must-staple 42
expect 2 "$OUT/ocsp-staple.pcap" 'tls.handshake.type == 22'
expect 3 "$OUT/cert-same-name.pcap" 'tls.handshake.type == 11'
