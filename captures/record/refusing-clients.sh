#!/bin/bash
# Clients that do not like the server's certificate, one session for each reason.
#
#   openssl-refusing.pcap       openssl s_client, TLS 1.2: expired, not yet valid, revoked, wrong
#                               purpose, wrong name, unknown issuer
#   jsse-refusing.pcap          JSSE, TLS 1.2: expired, not yet valid, wrong name, unknown issuer
#   gnutls-refusing.pcap        gnutls-cli, TLS 1.2: expired, wrong name, unknown issuer
#   tls13-encrypted-alert.pcap  TLS 1.3, unknown issuer: JSSE and gnutls-cli
#
# The server is an Exim (GnuTLS).
#
# Needs: exim4-daemon-light gnutls-bin and what lib.sh, mta.sh and jsse.sh name.
# Usage: record/refusing-clients.sh [OUTDIR]
export REC_LIMIT=240
. "$(dirname "$0")/lib.sh"
. "$REC_DIR/mta.sh"
. "$REC_DIR/jsse.sh"
. "$REC_DIR/s_server.sh"
. "$REC_DIR/certs.sh"
rec_begin "$@"
need exim4 gnutls-cli keytool

make_certs
make_ca stranger "/C=DE/O=Example Stranger/CN=Stranger Root CA"
names="subjectAltName=DNS:mail.example.com"
subject="/C=DE/O=Example Corp/CN=mail.example.com"
make_dated_cert expired "$subject" issuing 20240101000000Z 20250101000000Z "$names"
make_dated_cert future "$subject" issuing 20480101000000Z 20490101000000Z "$names"
make_cert purpose "$subject" issuing "$names" "extendedKeyUsage=clientAuth" "basicConstraints=CA:FALSE"
make_cert revoked "$subject" issuing "$names" "basicConstraints=CA:FALSE"
: >"$WORK/ca.index"
crl() { openssl ca -config "$WORK/ca.cnf" -md sha256 -cert "$WORK/$1.crt" -keyfile "$WORK/$1.key" "${@:2}" 2>"$WORK/openssl.log"; }
crl issuing -revoke "$WORK/revoked.crt"
crl issuing -gencrl -crldays 30 -out "$WORK/issuing.crl"
keytool -importcert -noprompt -alias root -file "$WORK/root.crt" -keystore "$WORK/trust.p12" \
    -storetype PKCS12 -storepass changeit 2>/dev/null
keytool -importcert -noprompt -alias root -file "$WORK/stranger.crt" \
    -keystore "$WORK/stranger.p12" -storetype PKCS12 -storepass changeit 2>/dev/null

make_link 192.0.2.10/24 192.0.2.25/24
present mail issuing
start_presenter

openssl_client() {
    handshake -tls1_2 -servername mail.example.com -verify_return_error "$@"
}
java_client() {
    mail_client "$CLIENT" to=192.0.2.25:25 helo=hub.example.net protocols="$JAVA_VERSION" \
        steps=ehlo,STARTTLS,ehlo,quit "$@"
}
gnutls_client() {
    gnutls --priority "$GNUTLS_VERSION" --sni-hostname=mail.example.com \
        --verify-hostname=mail.example.com "$@"
}
trusting() { gnutls_client --x509cafile="$WORK/root.crt" "$@"; }

start_capture "$CLIENT" eth0 "$OUT/openssl-refusing.pcap" tcp
present expired issuing
openssl_client -CAfile "$WORK/root.crt"
present future issuing
openssl_client -CAfile "$WORK/root.crt"
present revoked issuing
openssl_client -CAfile "$WORK/root.crt" -CRL "$WORK/issuing.crl" -crl_check
present purpose issuing
openssl_client -CAfile "$WORK/root.crt" -purpose sslserver
present mail issuing
openssl_client -CAfile "$WORK/root.crt" -verify_hostname mx.example.org
openssl_client -CAfile "$WORK/stranger.crt"
stop_capture

JAVA_VERSION=TLSv1.2
start_capture "$CLIENT" eth0 "$OUT/jsse-refusing.pcap" tcp
present expired issuing
java_client trust="$WORK/trust.p12"
present future issuing
java_client trust="$WORK/trust.p12"
present mail issuing
java_client trust="$WORK/trust.p12" identify=yes sni=mx.example.org
java_client trust="$WORK/stranger.p12"
stop_capture

GNUTLS_VERSION="NORMAL:-VERS-TLS1.3"
start_capture "$CLIENT" eth0 "$OUT/gnutls-refusing.pcap" tcp
present expired issuing
trusting
present mail issuing
trusting --verify-hostname=mx.example.org
gnutls_client --x509cafile="$WORK/stranger.crt"
stop_capture

JAVA_VERSION=TLSv1.3 GNUTLS_VERSION=NORMAL
start_capture "$CLIENT" eth0 "$OUT/tls13-encrypted-alert.pcap" tcp
java_client trust="$WORK/stranger.p12"
gnutls_client --x509cafile="$WORK/stranger.crt"
stop_capture

for file in openssl-refusing jsse-refusing gnutls-refusing; do
    for code in 42 43 44 45 46 48; do
        tshark -n -r "$OUT/$file.pcap" -Y "tls.alert_message.desc == $code" 2>/dev/null | wc -l
    done | paste -sd ' ' >"$WORK/$file.alerts"
done
# How often 42, 43, 44, 45, 46 and 48.
grep -qx "2 1 1 1 0 1" "$WORK/openssl-refusing.alerts" || rec_die "openssl: $(cat "$WORK"/*.alerts)"
grep -qx "1 0 0 1 2 0" "$WORK/jsse-refusing.alerts" || rec_die "jsse: $(cat "$WORK"/*.alerts)"
grep -qx "3 0 0 0 0 0" "$WORK/gnutls-refusing.alerts" || rec_die "gnutls: $(cat "$WORK"/*.alerts)"
# The alert of JSSE is padded by sixteen zeros.
expect 0 "$OUT/tls13-encrypted-alert.pcap" 'tls.alert_message'
expect 1 "$OUT/tls13-encrypted-alert.pcap" 'tcp.stream == 0 && tcp.dstport == 25 && tls.record.length == 35'
expect 1 "$OUT/tls13-encrypted-alert.pcap" 'tcp.stream == 1 && tcp.dstport == 25 && tls.record.length == 19'
