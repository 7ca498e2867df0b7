"""Mail peers that say exactly what a recording wants, for what no real program can be made to say.

A Talk is one connection: lines in clear, TLS from the moment it is started, and full control over
what shares a segment. The scripts of this folder import it in the few lines that they write for
one peer each.
"""

import socket
import ssl
import time

SERVER = "192.0.2.25"


def client_context():
    """A client of TLS 1.2, so that the certificates can be seen; it accepts any."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


def server_context(work):
    """A server with the chain of mta.sh's make_certs in that folder, and no session tickets."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{work}/mail.pem", f"{work}/mail.key")
    context.options |= ssl.OP_NO_TICKET
    context.num_tickets = 0
    return context


def dial(port=25, timeout=20):
    """A client's connection to the server of the scripts."""
    return Talk(socket.create_connection((SERVER, port), timeout=timeout))


def serve(*handlers, port=25):
    """Takes one connection for each handler, one after the other."""
    with socket.create_server((SERVER, port)) as listener:
        for handler in handlers:
            connection, _ = listener.accept()
            connection.settimeout(20)
            try:
                handler(Talk(connection))
            except (OSError, EOFError) as failure:
                print(f"{handler.__name__}: {failure}")
            connection.close()


class Talk:
    """One end of a connection."""

    def __init__(self, connection):
        self.socket = connection
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.pending = self.tls = None  # during the handshake, after it
        self.name = "mail.example.com"  # a server's own
        self.unread = b""

    def raw(self, data):
        """These bytes as they are, in a segment of their own if they fit one."""
        self.socket.sendall(data)

    def send(self, *lines):
        """Lines, all in one segment; inside TLS once it is up."""
        data = b"".join(line.encode("latin-1") + b"\r\n" for line in lines)
        if self.tls:
            self.tls.write(data)
            data = self.outgoing.read()
        self.raw(data)

    def slowly(self, *pieces):
        """Each piece in a segment of its own."""
        for piece in pieces:
            self.raw(piece)
            time.sleep(0.2)

    def receive(self):
        """Whatever comes next; empty at the end."""
        data = self.socket.recv(65536)
        if not self.tls:
            return data
        self.incoming.write(data)
        while data:
            try:
                return self.tls.read(65536)
            except ssl.SSLWantReadError:
                data = self.socket.recv(65536)
                self.incoming.write(data)
            except ssl.SSLZeroReturnError:
                break
        return b""

    def line(self):
        """The next line, without its end."""
        while b"\n" not in self.unread:
            data = self.receive()
            if not data:
                raise EOFError(f"the peer has left after {self.unread!r}")
            self.unread += data
        line, self.unread = self.unread.split(b"\n", 1)
        return line.rstrip(b"\r").decode("latin-1")

    def reply(self):
        """All lines of the next reply, as one text."""
        lines = [self.line()]
        while lines[-1][3:4] == "-":
            lines.append(self.line())
        return "\n".join(lines)

    def ask(self, command):
        self.send(command)
        return self.reply()

    def hello(self, context):
        """The bytes of a ClientHello, not sent yet; handshake() then goes on from there."""
        self.pending = context.wrap_bio(self.incoming, self.outgoing, False, "mail.example.com")
        try:
            self.pending.do_handshake()
        except ssl.SSLWantReadError:
            pass
        return self.outgoing.read()

    def handshake(self, context, server=False):
        """TLS from here on. What was read too far of the clear text is thrown away."""
        name = None if server else "mail.example.com"
        tls = self.pending or context.wrap_bio(self.incoming, self.outgoing, server, name)
        self.unread = b""
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                if self.outgoing.pending:
                    self.raw(self.outgoing.read())
                data = self.socket.recv(65536)
                if not data:
                    raise EOFError("the peer has left during the handshake") from None
                self.incoming.write(data)
        if self.outgoing.pending:
            self.raw(self.outgoing.read())
        self.tls = tls

    def mail(self):
        """The client's side of one message."""
        for command in ("MAIL FROM:<alice@example.net>", "RCPT TO:<bob@example.com>", "DATA"):
            self.ask(command)
        self.send("From: alice@example.net", "To: bob@example.com", "Subject: Quarterly figures",
                  "", "A line of text.", ".")
        return self.reply()

    def quit(self):
        """QUIT and an orderly end: the peer's last bytes are read, else our side would reset."""
        self.ask("QUIT")
        self.leave()

    def leave(self):
        """A goodbye inside TLS if there is one, FIN, and whatever still comes, be it a reset."""
        if self.tls:
            try:
                self.tls.unwrap()
            except ssl.SSLError:
                pass
        try:
            self.raw(self.outgoing.read())
            self.socket.shutdown(socket.SHUT_WR)
            while self.socket.recv(65536):
                pass
        except OSError:
            pass
        self.socket.close()

    def dialogue(self, *keywords, grant=None, until=None, context=None):
        """The server's side, with those keywords in the answer to EHLO. `grant` is called with
        this Talk in place of saying 220 and the handshake. Ends the connection after QUIT, or
        returns before the verb `until`, which is then the caller's to answer."""
        while True:
            line = self.line()
            verb = line.split(" ")[0].upper()
            if verb == until:
                return
            if verb in ("EHLO", "LHLO"):
                lines = [self.name, *keywords]
                if self.tls and "STARTTLS" in lines:
                    lines.remove("STARTTLS")
                self.send(*(f"250-{text}" for text in lines[:-1]), f"250 {lines[-1]}")
            elif verb == "STARTTLS" and grant:
                grant(self)
                if self.socket.fileno() < 0:
                    return
            elif verb == "STARTTLS":
                self.send("220 2.0.0 Ready to start TLS")
                self.handshake(context, server=True)
            elif verb == "DATA":
                self.send("354 End data with <CR><LF>.<CR><LF>")
                while self.line() != ".":
                    pass
                self.send("250 2.0.0 Ok: queued")
            elif verb == "QUIT":
                self.send("221 2.0.0 Bye")
                self.leave()
                return
            else:
                self.send("250 2.1.0 Ok")
