"""SMTP with STARTTLS over the OpenSSL 1.0.2e inside nassl 5.2.0, at either end: SSL 2.0, suites for
export, compression.

nassl itself has a client only and hides the functions of OpenSSL. They are found by the symbol
table of its library.

Usage: old_openssl.py serve ADDRESS:PORT METHOD CIPHERS CERTIFICATE KEY   (one connection)
       old_openssl.py send  ADDRESS:PORT METHOD CIPHERS
METHOD is SSLv2, SSLv23 (a hello in the format of SSL 2.0 if the ciphers have one of it), TLSv1 …
"""

import ctypes
import importlib.util
import socket
import subprocess
import sys
from pathlib import Path

LIBRARY = next(Path(importlib.util.find_spec("nassl").origin).parent.glob("_nassl_legacy*.so"))
SSL_CTRL_SET_TMP_RSA, FILETYPE_PEM = 2, 1
POINTER = ctypes.c_long
loaded = ctypes.CDLL(str(LIBRARY))
symbols = {}
listed = subprocess.run(["nm", "--defined-only", LIBRARY], capture_output=True, text=True, check=True)
for line in listed.stdout.splitlines():
    address, _, name = line.split(" ")
    symbols[name] = int(address, 16)
KNOWN = "PyInit__nassl_legacy"
base = ctypes.cast(getattr(loaded, KNOWN), ctypes.c_void_p).value - symbols[KNOWN]


def openssl(name, *arguments, result=ctypes.c_int):
    """Calls a function; pointers travel as numbers, buffers and strings as what they are."""
    kinds = (ctypes.c_long if isinstance(argument, int) else ctypes.c_char_p
             for argument in arguments)
    return ctypes.CFUNCTYPE(result, *kinds)(base + symbols[name])(*arguments)


def context(role, method, ciphers):
    openssl("SSL_library_init")
    openssl("SSL_load_error_strings")
    made = openssl("SSL_CTX_new", openssl(f"{method}_{role}_method", result=POINTER), result=POINTER)
    assert openssl("SSL_CTX_set_cipher_list", made, ciphers.encode()) == 1
    return made


def key_for_export():
    rsa, exponent = openssl("RSA_new", result=POINTER), openssl("BN_new", result=POINTER)
    openssl("BN_set_word", exponent, 65537)
    assert openssl("RSA_generate_key_ex", rsa, 512, exponent, None) == 1
    return rsa


class Tls:
    def __init__(self, context, peer, step):
        self.ssl = openssl("SSL_new", context, result=POINTER)
        openssl("SSL_set_fd", self.ssl, peer.fileno())
        self.works = openssl(step, self.ssl) == 1
        if not self.works:
            print("old_openssl: no handshake", file=sys.stderr)

    def recv(self):
        buffer = ctypes.create_string_buffer(4096)
        count = openssl("SSL_read", self.ssl, buffer, len(buffer))
        return buffer.raw[:max(count, 0)]

    def send(self, line):
        data = line.encode() + b"\r\n"
        openssl("SSL_write", self.ssl, data, len(data))

    def close(self):
        openssl("SSL_shutdown", self.ssl)


def serve(address, method, ciphers, certificate, key):
    made = context("server", method, ciphers)
    if method == "SSLv2":  # which has room for one certificate only
        assert openssl("SSL_CTX_use_certificate_file", made, certificate.encode(), FILETYPE_PEM) == 1
    else:
        assert openssl("SSL_CTX_use_certificate_chain_file", made, certificate.encode()) == 1
        openssl("SSL_CTX_ctrl", made, SSL_CTRL_SET_TMP_RSA, 0, key_for_export())
    assert openssl("SSL_CTX_use_PrivateKey_file", made, key.encode(), FILETYPE_PEM) == 1
    with socket.create_server(address) as server:
        peer, _ = server.accept()
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    lines = peer.makefile("rb", buffering=0)
    peer.sendall(b"220 mail.example.com ESMTP\r\n")
    while (line := lines.readline()) and not line.startswith(b"STARTTLS"):
        peer.sendall(b"250-mail.example.com\r\n250-STARTTLS\r\n250 8BITMIME\r\n")
    peer.sendall(b"220 2.0.0 Ready to start TLS\r\n")
    tls = Tls(made, peer, "SSL_accept")
    while tls.works and (line := tls.recv()):
        if line.upper().startswith(b"QUIT"):
            tls.send("221 2.0.0 Bye")
            tls.close()
            break
        tls.send("250 2.0.0 Ok")
    peer.close()


def send(address, method, ciphers):
    peer = socket.create_connection(address)
    lines = peer.makefile("rb", buffering=0)
    lines.readline()
    peer.sendall(b"EHLO hub.example.net\r\n")
    while lines.readline()[3:4] == b"-":
        pass
    peer.sendall(b"STARTTLS\r\n")
    lines.readline()
    tls = Tls(context("client", method, ciphers), peer, "SSL_connect")
    if tls.works:
        for line in ("EHLO hub.example.net", "MAIL FROM:<alice@example.net>", "QUIT"):
            tls.send(line)
            tls.recv()
        tls.close()
    peer.close()


role, where, *rest = sys.argv[1:]
host, port = where.rsplit(":", 1)
{"serve": serve, "send": send}[role]((host, int(port)), *rest)
