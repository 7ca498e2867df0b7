#!/bin/bash
# Hellos and records that are legal and rare.
#
#   one-byte-records.pcap  handshake messages in records of one byte: first the client's, then the
#                          server's (tlslite-ng)
#   ech-grease.pcap        BoringSSL dressed as Chrome: GREASE, ECH GREASE, X25519MLKEM768; curl speaks SMTP
#                          with it, then Chrome's HTTP to port 465, where the server hangs up
#
# Needs: python3-venv, network access for pip (tlslite-ng, curl_cffi), and what lib.sh, mta.sh and
# s_server.sh name.
# Usage: record/unusual-clients.sh [OUTDIR]
. "$(dirname "$0")/lib.sh"
. "$REC_DIR/mta.sh"
. "$REC_DIR/s_server.sh"
rec_begin "$@"

python3 -m venv "$WORK/venv"
"$WORK/venv/bin/pip" -q --disable-pip-version-check install tlslite-ng==0.8.2 curl_cffi==0.16.3
make_certs
make_link 192.0.2.10/24 192.0.2.25/24
make_postfix server mail.example.com
start_postfix server "$SERVER"

cat >"$WORK/small.py" <<'PYTHON'
"""small.py send ADDRESS | small.py serve ADDRESS CERTIFICATES KEY: TLS 1.2, one byte a record."""
import socket
import sys

from tlslite.api import HandshakeSettings, TLSConnection, X509CertChain, parsePEMKey

settings = HandshakeSettings()
settings.maxVersion = (3, 3)
settings.eccCurves = ["x25519"]
settings.keyShares = []
settings.cipherNames = ["aes128gcm"]
settings.rsaSigHashes = ["sha256"]
settings.rsaSchemes = ["pkcs1"]
settings.ecdsaSigHashes = []
settings.more_sig_schemes = []
settings.dhGroups = []
role, address, *files = sys.argv[1:]
if role == "send":
    peer = socket.create_connection((address, 25))
    lines = peer.makefile("rb", buffering=0)
    lines.readline()
    peer.sendall(b"EHLO hub.example.net\r\n")
    while lines.readline()[3:4] == b"-":
        pass
    peer.sendall(b"STARTTLS\r\n")
    lines.readline()
    tls = TLSConnection(peer)
    tls.recordSize = 1
    tls.handshakeClientCert(settings=settings, serverName="mail.example.com")
    tls.recordSize = 16384
    for line in (b"EHLO hub.example.net\r\n", b"QUIT\r\n"):
        tls.send(line)
        tls.recv(4096)
    tls.close()
else:
    with socket.create_server((address, 25)) as server:
        peer, _ = server.accept()
    lines = peer.makefile("rb", buffering=0)
    peer.sendall(b"220 mail.example.com ESMTP\r\n")
    lines.readline()
    peer.sendall(b"250-mail.example.com\r\n250 STARTTLS\r\n")
    lines.readline()
    peer.sendall(b"220 2.0.0 Ready to start TLS\r\n")
    chain = X509CertChain()
    chain.parsePemList(open(files[0]).read())
    tls = TLSConnection(peer)
    tls.recordSize = 1
    tls.handshakeServer(certChain=chain, privateKey=parsePEMKey(open(files[1]).read(), private=True),
                        settings=settings)
    tls.recordSize = 16384
    while line := tls.recv(4096):
        if line.upper().startswith(b"QUIT"):
            tls.send(b"221 2.0.0 Bye\r\n")
            break
        tls.send(b"250 mail.example.com\r\n")
    tls.close()
peer.close()
PYTHON
start_capture "$CLIENT" eth0 "$OUT/one-byte-records.pcap" tcp
in_ns "$CLIENT" "$WORK/venv/bin/python" "$WORK/small.py" send 192.0.2.25
stop "$STARTED"
start_in "$SERVER" "$WORK/venv/bin/python" "$WORK/small.py" serve 192.0.2.25 "$WORK/mail.crt" \
    "$WORK/mail.key"
wait_for 5 listening "$SERVER" 25 "$STARTED"
handshake -tls1_2 -servername mail.example.com
stop_capture

cat >"$WORK/chrome.py" <<'PYTHON'
import sys

from curl_cffi import Curl, CurlError, CurlOpt

address = ["mail.example.com:25:192.0.2.25", "mail.example.com:465:192.0.2.25"]
for url in ("smtp://mail.example.com/hub.example.net", "https://mail.example.com:465/"):
    curl = Curl()
    curl.impersonate("chrome136")
    curl.setopt(CurlOpt.URL, url.encode())
    curl.setopt(CurlOpt.RESOLVE, address)
    curl.setopt(CurlOpt.CAINFO, sys.argv[1].encode())
    curl.setopt(CurlOpt.USE_SSL, 3)  # insist on STARTTLS
    curl.setopt(CurlOpt.TIMEOUT, 5)
    if url.startswith("smtp"):
        curl.setopt(CurlOpt.CUSTOMREQUEST, b"NOOP")
    try:
        curl.perform()
    except CurlError as failure:
        print(f"client: {failure}", file=sys.stderr)
    curl.close()
PYTHON
make_postfix again mail.example.com
start_postfix again "$SERVER"
record ech-grease.pcap in_ns "$CLIENT" "$WORK/venv/bin/python" "$WORK/chrome.py" "$WORK/root.crt"
for file in one-byte-records ech-grease; do assert_whole "$OUT/$file.pcap"; done
expect 2 "$OUT/ech-grease.pcap" 'tls.handshake.extension.type == 65037 && tls.handshake.type == 1'
