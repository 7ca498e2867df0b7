#!/bin/bash
# Sessions that go on where an earlier one left off.
#
#   resumption-tls12.pcap  TLS 1.2: by session id (two connections), then by ticket (two)
#   resumption-tls13.pcap  TLS 1.3: a ticket is issued, then used; then the same with early data
#
# Postfix issues tickets unless told not to, and keeps session ids when it has a cache for them.
# It takes no early data, so the last two connections are with openssl s_server.
#
# Needs: what lib.sh, mta.sh and s_server.sh name.
# Usage: record/resumption.sh [OUTDIR]
. "$(dirname "$0")/lib.sh"
. "$REC_DIR/mta.sh"
. "$REC_DIR/s_server.sh"
rec_begin "$@"

make_certs
make_link 192.0.2.10/24 192.0.2.25/24

# twice NAME OPTION...: a session that is kept, and one that resumes it.
twice() {
    local kept=$WORK/$1
    shift
    handshake -sess_out "$kept" "$@"
    handshake -sess_in "$kept" "$@"
}

start_capture "$CLIENT" eth0 "$OUT/resumption-tls12.pcap" tcp
make_postfix by-id mail.example.com "tls_session_ticket_cipher =" \
    "smtpd_tls_session_cache_database = btree:$WORK/by-id/data/cache"
start_postfix by-id "$SERVER"
twice id.session -tls1_2
stop "$STARTED"
make_postfix by-ticket mail.example.com \
    "smtpd_tls_session_cache_database = btree:$WORK/by-ticket/data/cache"
start_postfix by-ticket "$SERVER"
twice ticket.session -tls1_2
stop_capture

start_capture "$CLIENT" eth0 "$OUT/resumption-tls13.pcap" tcp
twice psk.session -tls1_3
stop "$STARTED"
# -ign_eof comes with -quiet; the session must be kept before the program ends.
tls_program -cert "$WORK/mail.crt" -cert_chain "$WORK/issuing.crt" -key "$WORK/mail.key" \
    -tls1_3 -early_data -max_early_data 4096
printf 'EHLO hub.example.net\r\n' >"$WORK/early"
export LINES_INSIDE=("NOOP")
say "250 mail.example.com"
handshake -tls1_3 -sess_out "$WORK/early.session" -no_ign_eof
say "250 mail.example.com"
handshake -tls1_3 -sess_in "$WORK/early.session" -early_data "$WORK/early" -no_ign_eof
stop_capture

for file in tls12 tls13; do assert_whole "$OUT/resumption-$file.pcap"; done
# Of four handshakes two show certificates, and two answer with a ticket.
expect 2 "$OUT/resumption-tls12.pcap" 'tls.handshake.type == 11'
expect 1 "$OUT/resumption-tls12.pcap" 'tcp.stream < 2 && tls.handshake.type == 11'
expect 0 "$OUT/resumption-tls12.pcap" 'tcp.stream < 2 && tls.handshake.type == 4'
expect 2 "$OUT/resumption-tls13.pcap" 'tls.handshake.extensions.psk.identity.selected'
expect 1 "$OUT/resumption-tls13.pcap" 'tls.handshake.type == 1 && tls.handshake.extension.type == 42'
