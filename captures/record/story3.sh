#!/bin/bash
# Story 3, the wrong certificate: a submission server (port 587) that presents its self-signed
# default although a proper certificate is installed. TLS 1.2, so the certificates are readable.
#
#   story3-selfsigned-alert46.pcap  self-signed CN=EX2016SRV2; the client refuses it: alert 46
#   story3-proper.pcap              *.exchangeserverpro.net with its intermediate; accepted, AUTH in TLS
#   story3-alert42.pcap             the proper one, but OpenSSL's client expects another name: alert 42
#   story3-two-backends.pcap        one address, both certificates in turn: accepted, 46, accepted, 46
#
# Needs: what lib.sh and jsse.sh name.
# Usage: record/story3.sh [OUTDIR]
. "$(dirname "$0")/lib.sh"
. "$REC_DIR/jsse.sh"
rec_begin "$@"
need keytool

host=EX2016SRV2.exchangeserverpro.net
make_link 198.51.100.10/24 198.51.100.25/24

make_server_cert default /CN=EX2016SRV2 self EX2016SRV2 $host
make_ca root "/C=US/O=Example Trust/CN=Example Trust Root CA"
make_ca issuing "/C=US/O=Example Trust/CN=Example Trust Issuing CA" root
make_server_cert proper "/C=AU/ST=Queensland/L=Brisbane/O=Exchange Server Pro/CN=*.exchangeserverpro.net" \
    issuing "*.exchangeserverpro.net" exchangeserverpro.net
make_p12 default
make_p12 proper issuing
keytool -importcert -noprompt -alias root -file "$WORK/root.crt" -keystore "$WORK/trust.p12" \
    -storetype PKCS12 -storepass changeit 2>/dev/null

server() {
    mail_server "$SERVER" 587 listen=198.51.100.25:587 name=$host protocols=TLSv1.2 \
        clear="SIZE 36700160,PIPELINING,DSN,ENHANCEDSTATUSCODES,STARTTLS,8BITMIME,BINARYMIME,CHUNKING" \
        secured="SIZE 36700160,PIPELINING,DSN,ENHANCEDSTATUSCODES,AUTH GSSAPI NTLM LOGIN,8BITMIME" "$@"
}

client() {
    mail_client "$CLIENT" to=198.51.100.25:587 helo=workstation.exchangeserverpro.net \
        sni=mail.exchangeserverpro.net trust="$WORK/trust.p12" protocols=TLSv1.2 \
        steps=ehlo,STARTTLS,ehlo,auth,mail,quit
}

server keys="$WORK/default.p12"
start_capture "$SERVER" eth0 "$OUT/story3-selfsigned-alert46.pcap" tcp port 587
client
stop_capture
stop "$STARTED"

server keys="$WORK/proper.p12"
start_capture "$SERVER" eth0 "$OUT/story3-proper.pcap" tcp port 587
client
stop_capture

start_capture "$SERVER" eth0 "$OUT/story3-alert42.pcap" tcp port 587
in_ns "$CLIENT" openssl s_client -connect 198.51.100.25:587 -starttls smtp -tls1_2 \
    -name workstation.exchangeserverpro.net -servername mail.exchangeserverpro.net \
    -CAfile "$WORK/root.crt" -verify_return_error -verify_hostname smtp.example.net \
    </dev/null >"$WORK/s_client.log" 2>&1 || true
stop_capture
stop "$STARTED"

server keys="$WORK/proper.p12,$WORK/default.p12"
start_capture "$SERVER" eth0 "$OUT/story3-two-backends.pcap" tcp port 587
for _ in 1 2 3 4; do client; done
stop_capture

for file in selfsigned-alert46 proper alert42 two-backends; do assert_whole "$OUT/story3-$file.pcap"; done
expect 1 "$OUT/story3-selfsigned-alert46.pcap" 'tls.alert_message.desc == 46 && tcp.dstport == 587'
expect 1 "$OUT/story3-proper.pcap" 'tls.handshake.type == 11'
expect 0 "$OUT/story3-proper.pcap" 'tls.alert_message.desc'
expect 1 "$OUT/story3-alert42.pcap" 'tls.alert_message.desc == 42 && tcp.dstport == 587'
expect 2 "$OUT/story3-two-backends.pcap" 'tls.alert_message.desc == 46 && tcp.dstport == 587'
