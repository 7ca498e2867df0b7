#!/bin/bash
# Story 5, the wildcard that matched too much: a gateway delivers to a cloud service (port 25) that
# tells its customers apart by the client certificate.
#
#   story5-client-cert.pcap        TLS 1.2: CN=mx01.varunagroup.de and its names are readable
#   story5-client-cert-tls13.pcap  TLS 1.3: the same certificate, encrypted
#
# Needs: what lib.sh and jsse.sh name.
# Usage: record/story5.sh [OUTDIR]
. "$(dirname "$0")/lib.sh"
. "$REC_DIR/jsse.sh"
rec_begin "$@"

cloud=mail.protection.example
make_link 203.0.113.10/24 203.0.113.25/24

make_ca root "/C=US/O=Example Trust/CN=Example Trust Root CA"
make_ca issuing "/C=US/O=Example Trust/CN=Example Trust Issuing CA" root
make_server_cert cloud /CN=$cloud issuing $cloud "*.$cloud"
make_server_cert gateway "/C=DE/O=Varuna Group/CN=mx01.varunagroup.de" issuing \
    mx01.varunagroup.de mx02.varunagroup.de smtpo365.varunagroup.de
make_p12 cloud issuing
make_p12 gateway issuing

deliver() {
    local version=$1 file=$2
    local base="SIZE 157286400,PIPELINING,DSN,ENHANCEDSTATUSCODES"
    local more="8BITMIME,BINARYMIME,CHUNKING,SMTPUTF8"
    mail_server "$SERVER" 25 listen=203.0.113.25:25 name=$cloud keys="$WORK/cloud.p12" \
        client-cert=yes protocols="$version" clear="$base,STARTTLS,$more" secured="$base,$more"
    start_capture "$SERVER" eth0 "$OUT/$file" tcp port 25
    mail_client "$CLIENT" to=203.0.113.25:25 helo=mx01.varunagroup.de sni=varuna.$cloud \
        keys="$WORK/gateway.p12" protocols="$version" steps=ehlo,STARTTLS,ehlo,mail,quit
    stop_capture
    stop "$STARTED"
    assert_whole "$OUT/$file"
}

deliver TLSv1.2 story5-client-cert.pcap
deliver TLSv1.3 story5-client-cert-tls13.pcap

expect 1 "$OUT/story5-client-cert.pcap" 'tls.handshake.type == 13'
expect 1 "$OUT/story5-client-cert.pcap" 'tls.handshake.type == 11 && tcp.dstport == 25'
expect 0 "$OUT/story5-client-cert-tls13.pcap" 'tls.handshake.type == 11'
