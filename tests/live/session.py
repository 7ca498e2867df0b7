"""A mail client and a mail server that really talk: EHLO, STARTTLS, EHLO, QUIT.

session.py HOST PORT CERTIFICATE-AND-KEY TLS-VERSION
"""

import smtplib
import socket
import ssl
import sys
import threading

host, port, pem, version = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]


def serve(listener):
    connection, _ = listener.accept()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    context.maximum_version = ssl.TLSVersion[version]
    connection.sendall(b"220 mx.example.net ESMTP\r\n")
    lines = connection.makefile("rb")
    while line := lines.readline():
        verb = line.split()[0].upper()
        if verb == b"EHLO":
            connection.sendall(b"250-mx.example.net\r\n250 STARTTLS\r\n")
        elif verb == b"STARTTLS":
            connection.sendall(b"220 go ahead\r\n")
            connection = context.wrap_socket(connection, server_side=True)
            lines = connection.makefile("rb")
        elif verb == b"QUIT":
            connection.sendall(b"221 bye\r\n")
            break
    connection.close()


with socket.create_server((host, port)) as listener:
    server = threading.Thread(target=serve, args=(listener,))
    server.start()
    trusting = ssl.create_default_context()
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    with smtplib.SMTP(host, port, local_hostname="client.example.org", timeout=5) as client:
        client.starttls(context=trusting)
        client.ehlo()
    server.join(5)
