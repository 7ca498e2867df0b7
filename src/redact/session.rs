//! Every text of a session. No pattern here ends in `..`: a new field does not compile before
//! somebody has said whether it identifies.

use super::{Pseudonyms, some};
use crate::flow::community::community_id;
use crate::model::path::{IcmpNote, Path};
use crate::model::tcp::{Tcp, Vantage};
use crate::model::{CaptureInfo, Evidence, Session};

impl Pseudonyms {
    /// Redacts a session that no rule has judged yet.
    pub fn session(&mut self, session: &mut Session) {
        let Session {
            capture,
            community_id: id,
            client,
            server,
            started: _,
            ended_at: _,
            smtp,
            tls,
            tcp,
            ended: _,
            outcome: _,
            // Rules have the word after redaction, not before.
            verdict: _,
            findings: _,
            evidence,
        } = session;
        self.capture(capture);
        self.endpoint(client);
        self.endpoint(server);
        *id = community_id((client.ip, client.port), (server.ip, server.port));
        if let Some(smtp) = smtp {
            self.smtp(smtp);
        }
        if let Some(tls) = tls {
            self.tls(tls);
        }
        self.tcp(tcp);
        self.evidence(evidence);
    }

    fn capture(&mut self, capture: &mut CaptureInfo) {
        let CaptureInfo {
            input,
            tcp_stream: _,
            first_frame: _,
            last_frame: _,
            visibility: _,
            starts: _,
            snaplen_cut: _,
            // Hop limits and interface numbers, in words of our own.
            point: _,
        } = capture;
        *input = self.path(input);
    }

    fn tcp(&mut self, tcp: &mut Tcp) {
        let Tcp {
            handshake: _,
            rtt: _,
            client: _,
            server: _,
            capture_copies: _,
            vantages,
            possible_copies: _,
            lost_between: _,
        } = tcp;
        for vantage in vantages {
            let Vantage {
                from: _,
                ttl: _,
                interface: _,
                vlans: _,
                source_mac,
                tunnel_depth: _,
                packets: _,
                copies: _,
            } = vantage;
            some(source_mac, |text| self.mac(text));
        }
    }

    fn evidence(&mut self, evidence: &mut Evidence) {
        let Evidence {
            times: _,
            retransmissions: _,
            client_retransmissions: _,
            handshake_retransmissions: _,
            undelivered: _,
            openings: _,
            resets: _,
            client_hello_at: _,
            hello_answered: _,
            message_seen: _,
            implicit_tls: _,
            taken_over: _,
            established_at: _,
            data_records: _,
            client_answered: _,
            // Cannot hold text.
            messages: _,
            path,
            left_out: _,
            // Of another pass, and redacted there: `Pseudonyms::bytes`.
            kept: _,
        } = evidence;
        let Path {
            syns: _,
            stuck: _,
            holes: _,
            stalls: _,
            hello: _,
            icmp,
            unseen: _,
            last: _,
            observed_until: _,
        } = path;
        for note in icmp {
            let IcmpNote {
                seen: _,
                sender,
                kind: _,
                code: _,
                mtu: _,
                to: _,
                ignored: _,
            } = note;
            self.ip(sender);
        }
    }
}
