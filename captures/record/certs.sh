# Certificates out of the ordinary for the recording scripts, and an Exim that presents any of
# them; source it after lib.sh and mta.sh.
# shellcheck shell=bash

# make_dated_cert NAME SUBJECT SIGNER START END [EXTENSION...]: as make_cert, but valid between two
# moments written as YYYYMMDDHHMMSSZ. Only `openssl ca` can do that in OpenSSL 3.0.
make_dated_cert() {
    local name=$1 subject=$2 signer=$3 start=$4 end=$5
    shift 5
    : >"$WORK/ca.index"
    printf '%s\n' "$@" >"$WORK/$name.ext"
    cat >"$WORK/ca.cnf" <<-CONF
		[ca]
		default_ca = one
		[one]
		database = $WORK/ca.index
		new_certs_dir = $WORK
		policy = any
		rand_serial = yes
		[any]
		countryName = optional
		localityName = optional
		organizationName = optional
		commonName = supplied
	CONF
    # shellcheck disable=SC2086
    {
        openssl req -new -config "$(rec_openssl_conf)" -newkey ${CERT_KEY:-rsa:2048} -nodes \
            -subj "$subject" -keyout "$WORK/$name.key" -out "$WORK/$name.csr"
        openssl ca -batch -notext -config "$WORK/ca.cnf" -md sha256 -preserveDN \
            -cert "$WORK/$signer.crt" -keyfile "$WORK/$signer.key" -in "$WORK/$name.csr" \
            -startdate "$start" -enddate "$end" -extfile "$WORK/$name.ext" -out "$WORK/$name.crt"
    } 2>"$WORK/openssl.log" || rec_die "$(cat "$WORK/openssl.log")"
}

# present NAME [CHAIN_CERT...]: what the Exim of start_presenter shows from now on.
present() {
    local cert
    cp "$WORK/$1.key" "$WORK/shown.mail.example.com.key"
    for cert; do cat "$WORK/$cert.crt"; done >"$WORK/shown.mail.example.com.pem"
    chmod 644 "$WORK/shown.mail.example.com".*
}

# start_presenter [SETTING...]: a name with a variable in it makes Exim read the files for each
# connection instead of once. Exim takes half a second to close after an alert; tail loss probes are
# off so that no client repeats its FIN in that time.
start_presenter() {
    ip netns exec "$CLIENT" sysctl -qw net.ipv4.tcp_early_retrans=0
    make_exim presenter mail.example.com "$@"
    sed -i "s,^tls_certificate = .*,tls_certificate = $WORK/shown.\$primary_hostname.pem,
            s,^tls_privatekey = .*,tls_privatekey = $WORK/shown.\$primary_hostname.key," \
        "$WORK/presenter.conf"
    start_exim presenter "$SERVER"
    PRESENTER=$STARTED
}

# gnutls OPTION...: gnutls-cli through STARTTLS, and QUIT if it gets that far.
gnutls() {
    { sleep 0.5; echo QUIT; sleep 0.3; } |
        in_ns "$CLIENT" gnutls-cli --starttls-proto=smtp --crlf --port 25 "$@" 192.0.2.25 \
            >"$WORK/gnutls.log" 2>&1 || true
}
