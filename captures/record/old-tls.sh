#!/bin/bash
# What nobody should negotiate any more.
#
#   tls11-only.pcap      TLS 1.1: a client that has nothing better, and a server that has nothing
#                        better; then the two with peers of today, which refuse
#   3des.pcap            TLS 1.2 with 3DES, GnuTLS at both ends
#   null.pcap            TLS 1.2 without encryption: the mail and the password can be read
#   export.pcap          TLS 1.0 with a 40-bit DES suite and a 512-bit key, OpenSSL 1.0.2
#   compression.pcap     TLS 1.2 with compression, OpenSSL 1.0.2
#   sslv2-real.pcap      SSL 2.0 from the first to the last message, OpenSSL 1.0.2
#
# Needs: exim4-daemon-light gnutls-bin swaks binutils python3-pip, network access for pip (nassl
# 5.2.0), and what lib.sh, mta.sh, s_server.sh and certs.sh name.
# Usage: record/old-tls.sh [OUTDIR]
export REC_LIMIT=240
. "$(dirname "$0")/lib.sh"
. "$REC_DIR/mta.sh"
. "$REC_DIR/s_server.sh"
. "$REC_DIR/certs.sh"
rec_begin "$@"
need exim4 gnutls-cli nm

pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-deps \
    --target "$WORK/python" nassl==5.2.0
export PYTHONPATH="$WORK/python"

make_certs
make_link 192.0.2.10/24 192.0.2.25/24
ip netns exec "$CLIENT" sysctl -qw net.ipv4.tcp_early_retrans=0

postfix() {
    local name=$1
    shift
    make_postfix "$name" mail.example.com "$@"
    start_postfix "$name" "$SERVER"
}

weak="smtpd_tls_ciphers = medium"$'\n'"tls_medium_cipherlist = ALL:!aNULL:@SECLEVEL=0"
start_capture "$CLIENT" eth0 "$OUT/tls11-only.pcap" tcp
postfix any "$weak" "smtpd_tls_protocols = >=TLSv1"
handshake -tls1_1 -cipher "DEFAULT@SECLEVEL=0"
stop "$STARTED"
postfix old "$weak" "smtpd_tls_protocols = TLSv1.1"
handshake -cipher "DEFAULT@SECLEVEL=0" -min_protocol TLSv1
handshake -tls1_2
stop "$STARTED"
postfix modern "smtpd_tls_protocols = >=TLSv1.2"
handshake -tls1_1 -cipher "DEFAULT@SECLEVEL=0"
stop "$STARTED"
stop_capture

make_exim triple mail.example.com "tls_require_ciphers = NORMAL:-VERS-TLS1.3:-CIPHER-ALL:+3DES-CBC"
start_exim triple "$SERVER"
record 3des.pcap gnutls --no-ca-verification --priority "NORMAL:+3DES-CBC"
stop "$STARTED"

null=("smtpd_tls_ciphers = null" "tls_null_cipherlist = eNULL:!aNULL:@SECLEVEL=0"
    "smtpd_tls_protocols = TLSv1.2")
postfix null "${null[@]}"
LINES_INSIDE=("EHLO hub.example.net" "MAIL FROM:<alice@example.net>" "RCPT TO:<bob@example.com>" "QUIT")
record null.pcap handshake -tls1_2 -cipher "eNULL@SECLEVEL=0"
stop "$STARTED"

# old FILE METHOD CIPHERS [CLIENT_METHOD]
old() {
    start_in "$SERVER" python3 "$REC_DIR/old_openssl.py" serve 192.0.2.25:25 "$2" "$3" \
        "$WORK/mail.pem" "$WORK/mail.key"
    wait_for 10 listening "$SERVER" 25 "$STARTED"
    record "$1" in_ns "$CLIENT" python3 "$REC_DIR/old_openssl.py" send 192.0.2.25:25 "${4:-$2}" "$3"
    stop "$STARTED"
}
old export.pcap TLSv1 EXP-DES-CBC-SHA
old compression.pcap SSLv23 AES256-SHA256 TLSv1_2
old sslv2-real.pcap SSLv2 DES-CBC3-MD5:RC4-MD5

for file in tls11-only 3des null export compression sslv2-real; do assert_whole "$OUT/$file.pcap"; done
chosen() { expect 1 "$OUT/$1.pcap" "tls.handshake.type == 2 && tls.handshake.ciphersuite == $2"; }
chosen null 0xc010
chosen export 0x0008
expect 1 "$OUT/compression.pcap" 'tls.handshake.type == 2 && tls.handshake.comp_method == 1'
expect 3 "$OUT/tls11-only.pcap" 'tls.handshake.type == 2 && tls.handshake.version == 0x0302'
expect 2 "$OUT/tls11-only.pcap" 'tls.alert_message.desc == 70'
expect 2 "$OUT/sslv2-real.pcap" 'tls.handshake.version == 0x0002'
