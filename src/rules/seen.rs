//! What a capture allows to conclude.

use crate::model::{Confidence, Session, Starts, Visibility};

/// Both directions, nothing cut and nothing missing: what does not show did not happen. An
/// acknowledgment that was captured before its data changes nothing about that.
pub(super) fn whole(session: &Session) -> bool {
    session.capture.visibility == Visibility::Both
        && !session.capture.snaplen_cut
        && session.tcp.client.missing_bytes + session.tcp.server.missing_bytes == 0
}

/// High, where what does not show did not happen.
pub(super) fn sure_if_whole(session: &Session) -> Confidence {
    match whole(session) {
        true => Confidence::High,
        false => Confidence::Medium,
    }
}

/// The connection never left its host: over loopback, or to an address of its own.
pub(super) fn is_local(session: &Session) -> bool {
    session.server.ip.to_canonical().is_loopback() || session.client.ip == session.server.ip
}

/// What went in clear here may have been encrypted on its way: the port is for TLS from the first
/// byte, the capture begins too late to show STARTTLS, or TLS was granted and never seen. A device
/// that decrypts hands on what it found (K11).
pub(super) fn may_be_decrypted(session: &Session) -> bool {
    let reply = session.smtp.as_ref().and_then(|smtp| smtp.reply.as_ref());
    let granted = reply.is_some_and(|reply| reply.code == 220);
    session.evidence.implicit_tls
        || session.capture.starts == Starts::Midstream
        || granted && session.tls.is_none()
}
