#!/bin/bash
# Delivery to a mailbox: LMTP with STARTTLS, Postfix to Dovecot.
#
#   lmtp.pcap  24: LHLO, STARTTLS, TLS 1.2, one message for two recipients
#
# Needs: what lib.sh and mta.sh name; Dovecot's packages are fetched with apt-get and unpacked when
# they are not installed, which takes the libraries that dovecot-core names, and the overlay file
# system, since Dovecot looks for its parts below /usr.
# Usage: record/lmtp.sh [OUTDIR]
. "$(dirname "$0")/lib.sh"
. "$REC_DIR/mta.sh"
rec_begin "$@"

tree=
if [ ! -x /usr/lib/dovecot/lmtp ]; then
    tree=$WORK/dovecot-tree
    (cd "$WORK" && apt-get -qq download dovecot-core dovecot-lmtpd 2>/dev/null &&
        for package in dovecot-*.deb; do dpkg -x "$package" "$tree"; done) ||
        rec_die "could not fetch the dovecot packages"
fi

make_certs
make_link 192.0.2.10/24 192.0.2.25/24
install -d -o mail "$WORK/mail"
cat >"$WORK/dovecot.conf" <<CONF
base_dir = $WORK/dovecot
state_dir = $WORK/dovecot
instance_name = recording
stats_writer_socket_path =
default_internal_user = mail
default_internal_group = mail
default_login_user = nobody
log_path = $WORK/dovecot.log
protocols = lmtp
hostname = mail.example.com
ssl = yes
ssl_cert = <$WORK/mail.pem
ssl_key = <$WORK/mail.key
ssl_min_protocol = TLSv1.2
first_valid_uid = 1
mail_location = maildir:$WORK/mail/%u
passdb {
  driver = static
  args = nopassword=y
}
userdb {
  driver = static
  args = uid=mail gid=mail home=$WORK/mail/%u allow_all_users=yes
}
service lmtp {
  chroot =
  inet_listener lmtp {
    address = 192.0.2.25
    port = 24
  }
}
CONF
start_dovecot() {
    local overlay=true
    [ -z "$tree" ] || overlay="mount -t overlay overlay -o lowerdir=$tree/usr:/usr /usr"
    start_in "$SERVER" unshare -m sh -c "$overlay && exec dovecot -F -c '$WORK/dovecot.conf'"
    wait_for 10 listening "$SERVER" 24
}

make_postfix client hub.example.net "default_transport = lmtp:inet:[192.0.2.25]:24" \
    "lmtp_tls_security_level = encrypt" "lmtp_tls_mandatory_protocols = TLSv1.2"
echo "lmtp unix - - n - - lmtp" >>"$WORK/client/conf/master.cf"
start_dovecot
start_postfix client "$CLIENT"
start_capture "$CLIENT" eth0 "$OUT/lmtp.pcap" tcp
send --server 127.0.0.1 --to bob@example.com,carol@example.com
wait_for 10 grep -q "status=sent" "$WORK/client/log"
sleep 0.5
stop_capture
expect 1 "$OUT/lmtp.pcap" 'frame contains "LHLO "'
