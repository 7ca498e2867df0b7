//! Evidence files: the sessions that a report cites, cut out of their captures, with comments that
//! name the findings and without what must not be shown.
//!
//! Three passes. In the first, the ordinary one, a [`Selection`] notes which sessions are wanted
//! and what there is to say of their frames. In the second the engine says what may be shown of
//! their bytes ([`Kept`](crate::model::Kept)). In the third each frame of theirs is rewritten and written.

mod cutter;
mod fragments;
mod notes;
pub mod rewrite;
mod sessions;

pub use self::cutter::{Cutter, Original};
pub use self::notes::{Notes, Selection};
pub use self::sessions::{Owner, Sessions};
