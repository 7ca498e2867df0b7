"""STARTTLS with an SSL 3.0 hello that has no extensions and offers RC4.

The stack is the OpenSSL 1.0.2e inside nassl 5.2.0.

Usage: old_openssl_client.py ADDRESS PORT EHLO_NAME
"""

import socket
import sys

from nassl.legacy_ssl_client import LegacySslClient
from nassl.ssl_client import OpenSslVerifyEnum, OpenSslVersionEnum


def converse(connection, command=None):
    """Sends one command and reads the whole reply."""
    if command:
        connection.sendall(command.encode() + b"\r\n")
    reply = b""
    while not reply.endswith(b"\r\n") or reply.splitlines()[-1][3:4] == b"-":
        received = connection.recv(4096)
        if not received:
            raise ConnectionError("closed by the server")
        reply += received
    return reply


address, port, name = sys.argv[1:]
connection = socket.create_connection((address, int(port)))
converse(connection)
converse(connection, f"EHLO {name}")
converse(connection, "STARTTLS")
tls = LegacySslClient(
    underlying_socket=connection,
    ssl_version=OpenSslVersionEnum.SSLV3,
    ssl_verify=OpenSslVerifyEnum.NONE,
)
# What Windows' Schannel of the time offered.
tls.set_cipher_list("AES128-SHA:AES256-SHA:RC4-SHA:DES-CBC3-SHA:RC4-MD5")
try:
    tls.do_handshake()
except Exception as failure:  # the expected end; nassl has a class for every way to fail
    print(f"client: {failure!r}", file=sys.stderr)
finally:
    connection.close()
