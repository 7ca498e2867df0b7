#!/bin/bash
# A server that changes while it is being watched, seen at the server.
#
#   floor-raised.pcap          a Postfix that takes TLS 1.0 is restarted with TLS 1.2 as its lowest
#                              version, between three deliveries each of an old client and of one
#                              of today, in turn
#   certificate-replaced.pcap  the certificate gives way to a self-signed one of the same name; of
#                              two clients, one looks at it
#   starttls-switched-on.pcap  a server without STARTTLS gets it; one client came before, another
#                              comes after
#
# Needs: swaks and what lib.sh and mta.sh name.
# Usage: record/courses.sh [OUTDIR]
export REC_LIMIT=170
. "$(dirname "$0")/lib.sh"
. "$REC_DIR/mta.sh"
rec_begin "$@"
need swaks

make_certs
make_link 192.0.2.10/24 192.0.2.25/24
add_addr "$CLIENT" eth0 192.0.2.20/24

record() { start_capture "$SERVER" eth0 "$OUT/$1.pcap" tcp; }

# from ADDRESS [OPTION...]: a delivery; whether it succeeds is not the script's business.
from() { send --local-interface "$1" "${@:2}" || true; }

# turns COUNT COMMAND...: so often, a moment apart.
turns() {
    local i
    for ((i = 0; i < $1; i++)); do
        "${@:2}"
        sleep 0.5
    done
}

serve() { start_postfix "$1" "$SERVER"; }

weak="smtpd_tls_ciphers = medium"$'\n'"tls_medium_cipherlist = ALL:!aNULL:@SECLEVEL=0"
make_postfix any mail.example.com "$weak" "smtpd_tls_protocols = >=TLSv1"
make_postfix modern mail.example.com "smtpd_tls_protocols = >=TLSv1.2"
old_and_new() {
    from 192.0.2.20 --ehlo printer.example.net --tls --tls-protocol tlsv1 \
        --tls-cipher "DEFAULT@SECLEVEL=0"
    from 192.0.2.10 --tls --tls-protocol tlsv1_2
}
record floor-raised
serve any
turns 3 old_and_new
stop "$STARTED"
serve modern
turns 3 old_and_new
stop "$STARTED"
stop_capture

make_postfix server mail.example.com
make_server_cert own /CN=mail.example.com self mail.example.com
chmod 644 "$WORK/own.key"
make_postfix other mail.example.com "smtpd_tls_chain_files = $WORK/own.key, $WORK/own.crt"
two_minds() {
    from 192.0.2.20 --ehlo gateway.example.net --tls --tls-protocol tlsv1_2 --tls-verify \
        --tls-ca-path "$WORK/root.crt"
    from 192.0.2.10 --tls --tls-protocol tlsv1_2
}
record certificate-replaced
serve server
turns 3 two_minds
stop "$STARTED"
serve other
turns 3 two_minds
stop "$STARTED"
stop_capture

make_postfix without mail.example.com "smtpd_tls_security_level = none"
record starttls-switched-on
serve without
turns 2 from 192.0.2.20 --tls
stop "$STARTED"
serve server
turns 2 from 192.0.2.10 --tls --tls-protocol tlsv1_2
stop "$STARTED"
stop_capture

for file in floor-raised certificate-replaced starttls-switched-on; do
    assert_whole "$OUT/$file.pcap"
done
expect 3 "$OUT/floor-raised.pcap" 'tls.alert_message.desc == 70'
expect 9 "$OUT/floor-raised.pcap" 'tls.handshake.type == 2'
expect 3 "$OUT/certificate-replaced.pcap" 'tls.alert_message.desc == 48'
expect 2 "$OUT/starttls-switched-on.pcap" 'tls.handshake.type == 2'
