#!/bin/bash
# Story 1, the probe that spoke SSL 3.0: a submission server (port 587) that has everything below
# TLS 1.2 switched off, and the same kind of server with nothing switched off.
#
#   story1-failing.pcap        best offer SSL 3.0; the server closes without an alert, as Schannel does
#   story1-failing-noext.pcap  the same, by a client whose hello has no extensions (OpenSSL 1.0.2e)
#   story1-failing-alert.pcap  the same, but the server says why: alert 70
#   story1-failing-null.pcap   the same on a loopback interface as Windows captures it (DLT_NULL)
#   story1-both.pcapng         Ethernet and loopback in one file, as the story's engineer captured
#   story1-working.pcap        same client at TLS 1.0; TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA, secp384r1
#   story1-healthcheck.pcap    port 25: EHLO, QUIT, no STARTTLS
#
# Needs: wireshark-common (mergecap) python3-pip, network access for pip (nassl 5.2.0), and what
# lib.sh and jsse.sh name.
# Usage: record/story1.sh [OUTDIR]
. "$(dirname "$0")/lib.sh"
. "$REC_DIR/jsse.sh"
rec_begin "$@"
need mergecap

suites=TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA
suites+=,TLS_RSA_WITH_AES_256_CBC_SHA,TLS_RSA_WITH_AES_128_CBC_SHA,SSL_RSA_WITH_3DES_EDE_CBC_SHA
suites+=,TLS_EMPTY_RENEGOTIATION_INFO_SCSV
base="SIZE 36700160,PIPELINING,DSN,ENHANCEDSTATUSCODES"
clear="$base,STARTTLS,AUTH GSSAPI NTLM,8BITMIME,BINARYMIME,CHUNKING"
secured="$base,AUTH GSSAPI NTLM LOGIN,8BITMIME,BINARYMIME,CHUNKING"
frontend="SIZE 37748736,PIPELINING,DSN,ENHANCEDSTATUSCODES,STARTTLS,X-ANONYMOUSTLS,AUTH NTLM"
frontend+=",X-EXPS GSSAPI NTLM,8BITMIME,BINARYMIME,CHUNKING,XRDST"

make_link 192.0.2.10/24 192.0.2.25/24
make_server_cert exch-3 /CN=Exch-3 self Exch-3 Exch-3.tailspintoys.org
make_server_cert to-exch-2 /CN=TO-Exch-2 self TO-Exch-2 TO-Exch-2.tailspintoys.org
make_p12 exch-3
make_p12 to-exch-2

# server ADDRESS:PORT HOST OPTION...
server() {
    local at=$1 host=$2
    shift 2
    mail_server "$SERVER" "${at##*:}" listen="$at" name="$host.tailspintoys.org" \
        keys="$WORK/$host.p12" clear="$clear" secured="$secured" "$@"
}

probe() { mail_client "$1" helo=SmtpClientSubmissionProbe on-failure=reset suites="$suites" "${@:2}"; }

ssl3() { probe "$1" to="$2" protocols=SSLv3 alerts=no steps=ehlo,STARTTLS "${@:3}"; }

server 192.0.2.25:587 exch-3 protocols=TLSv1.2 alerts=no
silent=$STARTED
start_capture "$SERVER" eth0 "$OUT/story1-failing.pcap" tcp port 587
ssl3 "$CLIENT" 192.0.2.25:587
stop_capture

# On the loopback interface, where the same server is reached as 127.0.0.1. Linux gives `lo` an
# Ethernet header, Windows' capture driver the four bytes of DLT_NULL.
server 127.0.0.1:587 exch-3 protocols=TLSv1.2 alerts=no
local_server=$STARTED
ip netns exec "$SERVER" ethtool -K lo tso off gso off gro off >/dev/null 2>&1
start_capture "$SERVER" lo "$WORK/lo.pcap" tcp port 587
ssl3 "$SERVER" 127.0.0.1:587
stop_capture
python3 "$REC_DIR/to_null.py" "$WORK/lo.pcap" "$OUT/story1-failing-null.pcap"
stop "$local_server"

# Both interfaces at once, one connection over each.
server 127.0.0.1:587 exch-3 protocols=TLSv1.2 alerts=no
local_server=$STARTED
start_capture "$SERVER" lo "$WORK/both-lo.pcap" tcp port 587
lo_capture=$CAPTURE lo_log=$CAPTURE_LOG
start_capture "$SERVER" eth0 "$WORK/both-eth.pcap" tcp port 587
ssl3 "$SERVER" 127.0.0.1:587
ssl3 "$CLIENT" 192.0.2.25:587
stop_capture
stop_capture "$lo_capture" "$lo_log"
python3 "$REC_DIR/to_null.py" "$WORK/both-lo.pcap" "$WORK/both-null.pcap"
mergecap -F pcapng -I none -w "$WORK/both.pcapng" "$WORK/both-null.pcap" "$WORK/both-eth.pcap"
python3 "$REC_DIR/unname.py" "$WORK/both.pcapng" "$OUT/story1-both.pcapng"
stop "$local_server"

pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-deps \
    --target "$WORK/python" nassl==5.2.0
start_capture "$SERVER" eth0 "$OUT/story1-failing-noext.pcap" tcp port 587
PYTHONPATH="$WORK/python" in_ns "$CLIENT" python3 "$REC_DIR/old_openssl_client.py" \
    192.0.2.25 587 SmtpClientSubmissionProbe
stop_capture
stop "$silent"

server 192.0.2.25:587 exch-3 protocols=TLSv1.2
start_capture "$SERVER" eth0 "$OUT/story1-failing-alert.pcap" tcp port 587
ssl3 "$CLIENT" 192.0.2.25:587 on-failure=close
stop_capture
stop "$STARTED"

JAVA_OPTS=-Djdk.tls.namedGroups=secp384r1 \
    server 192.0.2.25:587 to-exch-2 protocols=SSLv3,TLSv1,TLSv1.1,TLSv1.2
start_capture "$SERVER" eth0 "$OUT/story1-working.pcap" tcp port 587
probe "$CLIENT" to=192.0.2.25:587 protocols=SSLv3,TLSv1 steps=ehlo,STARTTLS,ehlo,auth,quit
stop_capture
stop "$STARTED"

clear=$frontend server 192.0.2.25:25 exch-3
start_capture "$SERVER" eth0 "$OUT/story1-healthcheck.pcap" tcp port 25
mail_client "$CLIENT" to=192.0.2.25:25 steps=ehlo,quit
stop_capture

for file in failing failing-noext failing-alert failing-null working healthcheck; do
    assert_whole "$OUT/story1-$file.pcap"
done
for file in failing failing-noext failing-null; do
    expect 1 "$OUT/story1-$file.pcap" 'tls.handshake.type == 1 && tls.handshake.version == 0x0300'
    expect 0 "$OUT/story1-$file.pcap" 'tls.handshake.type == 2 || tls.alert_message'
done
expect 0 "$OUT/story1-failing-noext.pcap" 'tls.handshake.extension.type'
expect 1 "$OUT/story1-failing-alert.pcap" 'tls.alert_message.desc == 70'
expect 1 "$OUT/story1-working.pcap" 'tls.handshake.ciphersuite == 0xc014 && tls.handshake.type == 2'
expect 1 "$OUT/story1-working.pcap" 'tls.handshake.server_named_curve == 0x0018'
expect 0 "$OUT/story1-healthcheck.pcap" 'smtp.command_line contains "STARTTLS"'
