# Real mail servers for the recording scripts, run out of a scratch folder with configurations of
# their own; source it after lib.sh.
#
# Needs: swaks, exim4-daemon-light where a script names it, and Postfix. The packages of Postfix
# and Exim exclude each other, so when Postfix is not installed its package is fetched with apt-get
# and unpacked into the scratch folder; that takes libdb5.3 libicu72 libnsl2 libsasl2-2 libssl3 and
# a reachable Debian archive.
# shellcheck shell=bash

# make_certs: a chain of three, so that a server's flight fills several segments. $WORK/mail.pem
# holds what a server sends (leaf and intermediate), mail.key its key, root.crt the anchor.
make_certs() {
    make_ca root "/C=DE/O=Example Trust/CN=Example Root CA"
    make_ca issuing "/C=DE/O=Example Trust/CN=Example Issuing CA" root
    make_server_cert mail "/C=DE/L=Example City/O=Example Corp/CN=mail.example.com" issuing \
        mail.example.com smtp.example.com
    cat "$WORK/mail.crt" "$WORK/issuing.crt" >"$WORK/mail.pem"
    chmod 711 "$WORK"       # mail servers drop root and must still reach their own folders
    chmod 644 "$WORK/mail.key"
}

# --- Postfix -----------------------------------------------------------------------------------

postfix_tree() {
    POSTFIX_TREE=
    [ ! -x /usr/lib/postfix/sbin/master ] || return 0
    POSTFIX_TREE=$WORK/postfix-tree
    [ ! -d "$POSTFIX_TREE" ] || return 0
    (cd "$WORK" && apt-get -qq download postfix 2>/dev/null && dpkg -x postfix_*.deb "$POSTFIX_TREE") ||
        rec_die "could not fetch the postfix package"
}

# make_postfix NAME HOST SETTING...: an instance in $WORK/NAME that takes mail on 25, 587 and 465,
# throws local mail away and sends the rest as the settings (main.cf lines) say. Its daemons run
# as system users that every Debian has, since Postfix's own exist only once it is installed. The
# short timeouts end those that a recording leaves in the middle of a session.
make_postfix() {
    local dir=$WORK/$1 host=$2 sub
    shift 2
    postfix_tree
    mkdir -p "$dir/conf"
    for sub in active bounce corrupt defer deferred flush hold incoming private saved trace; do
        install -d -m 700 -o news "$dir/queue/$sub"
    done
    install -d -m 710 -o news -g uucp "$dir/queue/public"
    install -d -m 730 -o news -g uucp "$dir/queue/maildrop"
    install -d -o news "$dir/data"
    install -d "$dir/queue/pid"
    cat >"$dir/conf/main.cf" <<-MAIN
		compatibility_level = 3.6
		command_directory = $POSTFIX_TREE/usr/sbin
		daemon_directory = $POSTFIX_TREE/usr/lib/postfix/sbin
		shlib_directory = $POSTFIX_TREE/usr/lib/postfix
		import_environment = MAIL_CONFIG TZ LANG=C LD_LIBRARY_PATH=$POSTFIX_TREE/usr/lib/postfix
		queue_directory = $dir/queue
		data_directory = $dir/data
		maillog_file = $dir/log
		maillog_file_prefixes = $WORK
		mail_owner = news
		setgid_group = uucp
		myhostname = $host
		mydestination = ${host#*.}
		mynetworks = 127.0.0.0/8
		inet_protocols = all
		local_recipient_maps =
		local_transport = discard:
		alias_maps =
		smtpd_peername_lookup = no
		smtpd_timeout = 20s
		smtpd_starttls_timeout = 20s
		smtpd_tls_chain_files = $WORK/mail.key, $WORK/mail.pem
		smtpd_tls_security_level = may
		$(printf '%s\n' "$@")
	MAIN
    cat >"$dir/conf/master.cf" <<-MASTER
		smtp      inet n - n - - smtpd
		587       inet n - n - - smtpd
		465       inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
		smtp      unix - - n - - smtp
		discard   unix - - n - - discard
		cleanup   unix n - n - 0 cleanup
		qmgr      unix n - n 300 1 qmgr
		rewrite   unix - - n - - trivial-rewrite
		bounce    unix - - n - 0 bounce
		defer     unix - - n - 0 bounce
		trace     unix - - n - 0 bounce
		error     unix - - n - - error
		retry     unix - - n - - error
		verify    unix - - n - 1 verify
		flush     unix n - n 1000? 0 flush
		proxymap  unix - - n - - proxymap
		tlsmgr    unix - - n 1000? 1 tlsmgr
		anvil     unix - - n - 1 anvil
		scache    unix - - n - 1 scache
		postlog   unix-dgram n - n - 1 postlogd
	MASTER
}

# start_postfix NAME NS: returns once it listens; STARTED is the process id of its master.
start_postfix() {
    LD_LIBRARY_PATH=$POSTFIX_TREE/usr/lib/postfix MAIL_CONFIG=$WORK/$1/conf \
        start_in "$2" "$POSTFIX_TREE/usr/lib/postfix/sbin/master" -d -c "$WORK/$1/conf"
    wait_for 10 listening "$2" 25
    wait_for 10 listening "$2" 587
}

# postfix_mail: gives the client's Postfix a message, over its own loopback, which it sends on.
postfix_mail() { send --server 127.0.0.1; }

# --- Exim --------------------------------------------------------------------------------------

# make_exim NAME HOST SETTING...: $WORK/NAME.conf, a server that offers STARTTLS and AUTH, accepts
# any mail and throws it away, and a client that hands everything to 192.0.2.25. EXIM_PORTS are
# the ports it listens on, EXIM_AUTH more text for the section of authenticators.
make_exim() {
    local name=$1 host=$2
    shift 2
    install -d -o Debian-exim "$WORK/$name" "$WORK/$name/log"
    cat >"$WORK/$name.conf" <<-CONF
		primary_hostname = $host
		spool_directory = $WORK/$name
		log_file_path = $WORK/$name/log/%slog
		daemon_smtp_ports = ${EXIM_PORTS:-25 : 587}
		keep_environment =
		host_lookup =
		rfc1413_query_timeout = 0s
		tls_advertise_hosts = *
		tls_certificate = $WORK/mail.pem
		tls_privatekey = $WORK/mail.key
		acl_smtp_rcpt = accept
		acl_smtp_data = discard
		qualify_domain = example.net
		$(printf '%s\n' "$@")
		begin acl
		discard:
		  discard
		begin routers
		all:
		  driver = manualroute
		  route_list = * 192.0.2.25
		  transport = smtp
		begin transports
		smtp:
		  driver = smtp
		  hosts_try_fastopen =
		begin authenticators
		login:
		  driver = plaintext
		  public_name = LOGIN
		  server_prompts = Username:: : Password::
		  server_condition = true
		  server_set_id = \$auth1
		plain:
		  driver = plaintext
		  public_name = PLAIN
		  server_prompts = :
		  server_condition = true
		  server_set_id = \$auth2
		${EXIM_AUTH:-}
	CONF
}

# start_exim NAME NS
start_exim() {
    start_in "$2" exim4 -C "$WORK/$1.conf" -bdf
    wait_for 10 listening "$2" 25
    wait_for 10 listening "$2" 587
}

# exim_mail NAME: the client delivers one message at once.
exim_mail() {
    message | in_ns "$CLIENT" exim4 -C "$WORK/$1.conf" -odi -f alice@example.net bob@example.com \
        2>"$WORK/exim.log" || rec_die "$(cat "$WORK/exim.log")"
}

# --- mail --------------------------------------------------------------------------------------

# send OPTION...: the client delivers a message to the server with swaks.
send() {
    message | in_ns "$CLIENT" swaks --server 192.0.2.25 --ehlo hub.example.net \
        --from alice@example.net --to bob@example.com --data - --hide-all "$@"
}

message() {
    printf '%s\n' "Date: Mon, 05 Jan 2026 09:00:00 +0000" "From: alice@example.net" \
        "To: bob@example.com" "Message-ID: <1@hub.example.net>" "Subject: Quarterly figures" "" \
        "A line of text."
}
