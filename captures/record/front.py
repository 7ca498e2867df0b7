"""Speaks SMTP up to STARTTLS, then hands the connection to a TLS program on the same host's loopback.

For TLS stacks whose server program speaks no SMTP (openssl s_server). Their bytes pass unchanged.

Usage: front.py LISTEN_ADDRESS:PORT TLS_PORT HOST
"""

import socket
import sys
import threading


def copy(source, sink):
    try:
        while received := source.recv(65536):
            sink.sendall(received)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        for end in (source, sink):
            end.close()


def converse(client, tls_port, host):
    lines = client.makefile("rb", buffering=0)
    client.sendall(f"220 {host} ESMTP\r\n".encode())
    while line := lines.readline():
        verb = line.strip().upper().split(b" ")[0]
        if verb == b"EHLO":
            client.sendall(f"250-{host}\r\n250-STARTTLS\r\n250 8BITMIME\r\n".encode())
        elif verb == b"STARTTLS":
            tls = socket.create_connection(("127.0.0.1", tls_port))
            client.sendall(b"220 2.0.0 Ready to start TLS\r\n")
            other = threading.Thread(target=copy, args=(client, tls))
            other.start()
            copy(tls, client)
            other.join()
            break
        else:
            client.sendall(b"221 2.0.0 Bye\r\n" if verb == b"QUIT" else b"250 2.0.0 Ok\r\n")
            if verb == b"QUIT":
                break
    client.close()


address, port = sys.argv[1].rsplit(":", 1)
with socket.create_server((address, int(port))) as server:
    while True:
        accepted, _ = server.accept()
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=converse, args=(accepted, int(sys.argv[2]), sys.argv[3]),
                         daemon=True).start()
