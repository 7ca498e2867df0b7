//! What the two sides say to each other.

use super::{ACK, CLIENT, FIN, SERVER, Trace};

/// Data of a full segment, with time stamps.
const SEGMENT: usize = 1_448;

impl Trace {
    /// The client says this, a moment after what it heard.
    pub fn client(&mut self, line: &str) -> &mut Self {
        self.client_tls(format!("{line}\r\n").as_bytes())
    }

    /// The server answers this, a round trip later.
    pub fn server(&mut self, line: &str) -> &mut Self {
        self.server_tls(format!("{line}\r\n").as_bytes())
    }

    /// The client sends these bytes, a moment after what it got.
    pub fn client_tls(&mut self, bytes: &[u8]) -> &mut Self {
        self.wait(1.0).stream(CLIENT, bytes)
    }

    /// The server sends these bytes, a round trip later.
    pub fn server_tls(&mut self, bytes: &[u8]) -> &mut Self {
        self.wait(2.0 * self.delay).stream(SERVER, bytes)
    }

    fn stream(&mut self, from: usize, bytes: &[u8]) -> &mut Self {
        for segment in bytes.chunks(SEGMENT) {
            self.data(from, segment);
        }
        self
    }

    /// This side ends the connection, and the other as well.
    pub fn close(&mut self, from: usize) -> &mut Self {
        self.wait(1.0).bare(from, FIN | ACK);
        self.wait(2.0 * self.delay).bare(1 - from, FIN | ACK);
        self.bare(from, ACK);
        self
    }

    /// Connection and banner, and a server that offers STARTTLS.
    pub fn greeted(&mut self) -> &mut Self {
        self.connect().server("220 mail.example.com ESMTP");
        self.client("EHLO hub.example.net");
        self.wait(2.0 * self.delay).bare(SERVER, ACK);
        self.stream(SERVER, b"250-mail.example.com\r\n250 STARTTLS\r\n")
    }

    /// Connection, dialogue and `220` for STARTTLS.
    pub fn granted(&mut self) -> &mut Self {
        self.greeted().client("STARTTLS").server("220 ready");
        self.wait(1.0)
    }
}
