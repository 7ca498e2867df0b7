#!/bin/bash
# Servers that ask for the client's certificate, and clients that have none, or not a fitting one.
#
#   client-cert-none.pcap            TLS 1.2, no certificate: not needed (Postfix), needed (Exim, and
#                                    s_server), and needed by a Postfix, which tells after the handshake
#   required-client-cert-tls13.pcap  TLS 1.3, no certificate, needed: Postfix, s_server, JSSE
#   cert-client-no-clientauth.pcap   TLS 1.2, a certificate for servers only: s_server refuses it,
#                                    Postfix does not mind
#
# Needs: exim4-daemon-light and what lib.sh, mta.sh, jsse.sh and s_server.sh name.
# Usage: record/client-certs.sh [OUTDIR]
export REC_LIMIT=240
. "$(dirname "$0")/lib.sh"
. "$REC_DIR/mta.sh"
. "$REC_DIR/jsse.sh"
. "$REC_DIR/s_server.sh"
rec_begin "$@"
need exim4

make_certs
make_p12 mail issuing
make_cert hub "/C=DE/O=Example Net/CN=hub.example.net" issuing "basicConstraints=CA:FALSE" \
    "subjectAltName=DNS:hub.example.net" "extendedKeyUsage=serverAuth"
make_link 192.0.2.10/24 192.0.2.25/24
ip netns exec "$CLIENT" sysctl -qw net.ipv4.tcp_early_retrans=0

client() { handshake -servername mail.example.com "$@"; }
with_postfix() {
    make_postfix "$1" mail.example.com "smtpd_tls_CAfile = $WORK/root.crt" "$2"
    start_postfix "$1" "$SERVER"
    client "${@:3}"
    stop "$STARTED"
}
with_s_server() {
    tls_program -cert "$WORK/mail.crt" -cert_chain "$WORK/issuing.crt" -key "$WORK/mail.key" \
        -CAfile "$WORK/root.crt" -Verify 3 -verify_return_error
    client "$@"
    stop_tls_program
}

start_capture "$CLIENT" eth0 "$OUT/client-cert-none.pcap" tcp
with_postfix asking "smtpd_tls_ask_ccert = yes" -tls1_2
make_exim demanding mail.example.com "tls_verify_hosts = *" \
    "tls_verify_certificates = $WORK/root.crt"
start_exim demanding "$SERVER"
client -tls1_2
stop "$STARTED"
with_s_server -tls1_2
demands="smtpd_tls_req_ccert = yes"$'\n'"smtpd_tls_security_level = encrypt"
with_postfix requiring "$demands" -tls1_2
stop_capture

start_capture "$CLIENT" eth0 "$OUT/required-client-cert-tls13.pcap" tcp
with_postfix requiring13 "$demands" -tls1_3
with_s_server -tls1_3
mail_server "$SERVER" 25 listen=192.0.2.25:25 name=mail.example.com keys="$WORK/mail.p12" \
    client-cert=yes protocols=TLSv1.3 clear="SIZE 36700160,STARTTLS,8BITMIME" secured="8BITMIME"
client -tls1_3
stop "$STARTED"
stop_capture

own=(-cert "$WORK/hub.crt" -key "$WORK/hub.key" -cert_chain "$WORK/issuing.crt" -tls1_2)
start_capture "$CLIENT" eth0 "$OUT/cert-client-no-clientauth.pcap" tcp
with_s_server "${own[@]}"
with_postfix indifferent "smtpd_tls_ask_ccert = yes" "${own[@]}"
stop_capture

for file in client-cert-none required-client-cert-tls13 cert-client-no-clientauth; do
    assert_whole "$OUT/$file.pcap"
done
empty='tcp.dstport == 25 && tls.handshake.certificates_length == 0'
expect 4 "$OUT/client-cert-none.pcap" "$empty"
expect 1 "$OUT/client-cert-none.pcap" 'tcp.stream == 1 && tls.alert_message.desc == 50'
expect 1 "$OUT/client-cert-none.pcap" 'tcp.stream == 2 && tls.alert_message.desc == 40'
expect 2 "$OUT/client-cert-none.pcap" 'tls.alert_message.desc'
expect 0 "$OUT/required-client-cert-tls13.pcap" 'tls.alert_message'
expect 1 "$OUT/cert-client-no-clientauth.pcap" 'tls.alert_message.desc == 43'
