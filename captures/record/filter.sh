# Story 2's mail filter, which knows nothing newer than TLS 1.0, and the fleet of senders that
# deliver to it; source it after jsse.sh. The senders offer TLS 1.2 and a list that ends with RC4.
# shellcheck shell=bash

with_rc4=TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA
with_rc4+=,TLS_RSA_WITH_AES_256_CBC_SHA,TLS_RSA_WITH_AES_128_CBC_SHA
without_rc4=$with_rc4,TLS_EMPTY_RENEGOTIATION_INFO_SCSV
with_rc4+=,SSL_RSA_WITH_RC4_128_SHA,SSL_RSA_WITH_RC4_128_MD5,TLS_EMPTY_RENEGOTIATION_INFO_SCSV

deliver=ehlo,STARTTLS,ehlo,mail,quit

# start_filter ADDRESS [OPTION=VALUE...]: in SERVER, on port 25.
start_filter() {
    local address=$1
    shift
    if [ ! -f "$WORK/filter.p12" ]; then
        make_server_cert filter /CN=filter.tailspintoys.org self filter.tailspintoys.org
        make_p12 filter
    fi
    mail_server "$SERVER" 25 listen="$address:25" name=filter.tailspintoys.org \
        service="Microsoft ESMTP MAIL Service, Version: 6.0.3790.4675" keys="$WORK/filter.p12" \
        clear="SIZE 20971520,PIPELINING,DSN,ENHANCEDSTATUSCODES,STARTTLS,8BITMIME" \
        secured="SIZE 20971520,PIPELINING,DSN,ENHANCEDSTATUSCODES,8BITMIME" protocols=TLSv1 "$@"
}

# sender FROM TO STEPS [OPTION=VALUE...]: one of the fleet, in CLIENT.
sender() {
    mail_client "$CLIENT" to="$2:25" from="$1" helo="out${1##*[.:]}.protection.example" \
        protocols=TLSv1,TLSv1.1,TLSv1.2 suites="$with_rc4" steps="$3" "${@:4}"
}
