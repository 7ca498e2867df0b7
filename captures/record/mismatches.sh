#!/bin/bash
# Peers that cannot agree, and peers that agree on something short of what they could have.
#
#   no-common-cipher.pcap    one client shares a suite with the server, the next does not
#   group-mismatch.pcap      TLS 1.2 and 1.3: the client has P-521, the server X25519
#   krsa-only.pcap           the client has RSA key transport only, the server ECDHE only
#   sigalg-mismatch.pcap     the client's signature algorithms: ECDSA only (1.2, 1.3), those of TLS 1.1,
#                            SHA-1 only, and none that fit a certificate signed with SHA-1
#   weak-dh.pcap             Diffie-Hellman with 1024 bits: one client leaves, one does not mind
#   no-ems.pcap              TLS 1.2 without extended master secret, because the server has none
#   fallback-scsv.pcap       a client that says it is trying again with less
#   renegotiation-tls12.pcap the client starts a second handshake inside TLS
#   unrecognized-name.pcap   the server does not know the name: a warning, and a fatal alert
#
# Needs: swaks exim4-daemon-light gnutls-bin and what lib.sh, mta.sh, jsse.sh, s_server.sh and
# certs.sh name.
# Usage: record/mismatches.sh [OUTDIR]
export REC_LIMIT=240
. "$(dirname "$0")/lib.sh"
. "$REC_DIR/mta.sh"
. "$REC_DIR/jsse.sh"
. "$REC_DIR/s_server.sh"
. "$REC_DIR/certs.sh"
rec_begin "$@"
need exim4 swaks gnutls-cli

make_certs
make_p12 mail issuing
CERT_DIGEST=sha1 make_cert sha1 "/C=DE/O=Example Corp/CN=mail.example.com" issuing \
    "subjectAltName=DNS:mail.example.com" "basicConstraints=CA:FALSE"
make_link 192.0.2.10/24 192.0.2.25/24
ip netns exec "$CLIENT" sysctl -qw net.ipv4.tcp_early_retrans=0

client() { handshake -servername mail.example.com "$@"; }
# postfix NAME SETTING...
postfix() {
    local name=$1
    shift
    make_postfix "$name" mail.example.com "$@"
    start_postfix "$name" "$SERVER"
}

postfix strict "smtpd_tls_ciphers = high" "smtpd_tls_protocols = TLSv1.2" \
    "tls_high_cipherlist = ECDHE-RSA-AES256-GCM-SHA384"
no_common_cipher() {
    client -tls1_2
    client -tls1_2 -cipher ECDHE-RSA-CHACHA20-POLY1305:ECDHE-RSA-AES128-GCM-SHA256
}
record no-common-cipher.pcap no_common_cipher
krsa() { client -tls1_2 -cipher kRSA; }
record krsa-only.pcap krsa
stop "$STARTED"

postfix x25519 "tls_eecdh_auto_curves = X25519" "smtpd_tls_ciphers = high" \
    "tls_high_cipherlist = ECDHE+AESGCM"
groups() {
    client -tls1_2 -groups P-521
    client -tls1_3 -groups P-521
    client -tls1_2
}
record group-mismatch.pcap groups
stop "$STARTED"

# Below TLS 1.2 the signature is one of MD5 and SHA-1, which OpenSSL 3 does not make unless told to;
# Postfix tells it.
postfix plain
sigalgs() {
    client -tls1_2 -sigalgs ECDSA+SHA256
    client -tls1_3 -sigalgs ECDSA+SHA256
    stop "$STARTED"
    tls_program -cert "$WORK/mail.crt" -cert_chain "$WORK/issuing.crt" -key "$WORK/mail.key" \
        -min_protocol TLSv1
    client -tls1_1 -cipher "DEFAULT@SECLEVEL=0"
    client -tls1_2 -sigalgs RSA+SHA1 -cipher "DEFAULT@SECLEVEL=0"
    stop_tls_program
    present sha1 issuing
    start_presenter
    client -tls1_2 -sigalgs RSA+SHA256:RSA-PSS+SHA256 -verify_return_error -CAfile "$WORK/root.crt"
    gnutls --priority "NORMAL:-VERS-TLS1.3:-SIGN-RSA-SHA1" --x509cafile="$WORK/root.crt" \
        --verify-hostname=mail.example.com
    stop "$PRESENTER"
}
record sigalg-mismatch.pcap sigalgs

postfix fallback
fallback() {
    client -tls1_3
    client -tls1_2 -fallback_scsv
}
record fallback-scsv.pcap fallback
stop "$STARTED"

java_server() {
    mail_server "$SERVER" 25 listen=192.0.2.25:25 name=mail.example.com keys="$WORK/mail.p12" \
        protocols=TLSv1.2 clear="SIZE 36700160,STARTTLS,8BITMIME" \
        secured="SIZE 36700160,8BITMIME" "$@"
}
JAVA_OPTS=-Djdk.tls.useExtendedMasterSecret=false java_server
no_ems() { send --tls --tls-protocol tlsv1_2; }
record no-ems.pcap no_ems
stop "$STARTED"

suites=TLS_DHE_RSA_WITH_AES_256_CBC_SHA,TLS_DHE_RSA_WITH_AES_128_CBC_SHA
JAVA_OPTS=-Djdk.tls.ephemeralDHKeySize=1024 java_server suites=$suites
weak_dh() {
    client -tls1_2
    client -tls1_2 -cipher "DEFAULT@SECLEVEL=0"
}
record weak-dh.pcap weak_dh
stop "$STARTED"

# The letter R at the start of a line makes s_client start a handshake, unless it is quiet.
renegotiate() {
    lines "ehlo hub.example.net" R "mail from:<alice@example.net>" quit |
        in_ns "$CLIENT" openssl s_client -connect 192.0.2.25:25 -starttls smtp -crlf -tls1_2 \
            -name hub.example.net >"$WORK/s_client.log" 2>&1 || true
}
java_server
record renegotiation-tls12.pcap renegotiate
stop "$STARTED"

named() {
    tls_program -cert "$WORK/mail.crt" -cert_chain "$WORK/issuing.crt" -key "$WORK/mail.key" \
        -cert2 "$WORK/mail.crt" -key2 "$WORK/mail.key" -servername mail.example.com "$@"
    say "250 mail.example.com"
    LINES_INSIDE=("NOOP") handshake -tls1_2 -servername mx.example.org -no_ign_eof
    stop_tls_program
}
unrecognized() {
    named
    named -servername_fatal
}
record unrecognized-name.pcap unrecognized

for file in no-common-cipher group-mismatch krsa-only sigalg-mismatch weak-dh no-ems fallback-scsv \
    renegotiation-tls12 unrecognized-name; do
    assert_whole "$OUT/$file.pcap"
done
expect 1 "$OUT/no-common-cipher.pcap" 'tls.alert_message.desc == 40'
expect 2 "$OUT/group-mismatch.pcap" 'tls.alert_message.desc == 40'
expect 1 "$OUT/krsa-only.pcap" 'tls.alert_message.desc == 40'
expect 3 "$OUT/sigalg-mismatch.pcap" 'tls.alert_message.desc == 40'
expect 1 "$OUT/sigalg-mismatch.pcap" 'tls.alert_message.desc == 80'
expect 2 "$OUT/sigalg-mismatch.pcap" 'tls.alert_message.desc == 42'
expect 2 "$OUT/weak-dh.pcap" 'tls.handshake.p_len == 128'
expect 1 "$OUT/weak-dh.pcap" 'tls.alert_message.desc == 40 && tcp.dstport == 25'
expect 1 "$OUT/no-ems.pcap" 'tls.handshake.extension.type == 23'
expect 1 "$OUT/fallback-scsv.pcap" 'tls.alert_message.desc == 86'
expect 2 "$OUT/renegotiation-tls12.pcap" 'tls.change_cipher_spec && tcp.dstport == 25'
expect 1 "$OUT/unrecognized-name.pcap" 'tls.alert_message.desc == 112 && tls.alert_message.level == 1'
expect 1 "$OUT/unrecognized-name.pcap" 'tls.alert_message.desc == 112 && tls.alert_message.level == 2'
