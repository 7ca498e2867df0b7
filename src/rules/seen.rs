//! What a capture allows to conclude.

use crate::model::{Confidence, Session, Visibility};

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

/// The connection never left its host.
pub(super) fn is_local(session: &Session) -> bool {
    session.server.ip.to_canonical().is_loopback()
}
