//! Cuts the wanted sessions out of a capture: the second and the third pass.

use std::io::{self, Write};

use super::fragments::{self, Fragments, Whole};
use super::rewrite::{Rewritten, rewrite};
use super::{Notes, Sessions};
use crate::capture::filter::Filter;
use crate::capture::write::{Packet, Writer};
use crate::capture::{Frame, Interface, Source};
use crate::decode::{Decoded, Decoder};
use crate::engine::Engine;
use crate::engine::ports::Ports;
use crate::error::Error;
use crate::limits::Limits;
use crate::model::Session;
use crate::redact::Pseudonyms;
use crate::time::Timestamp;

/// How all captures of a run are cut; as in the first pass.
#[derive(Debug)]
pub struct Cutter {
    /// The mail ports.
    pub ports: Ports,
    /// The capture filter.
    pub filter: Option<String>,
    /// Encrypted data is kept.
    pub with_payload: bool,
    /// The bounds.
    pub limits: Limits,
    /// What redacts it, where that is asked for.
    pub pseudonyms: Option<Pseudonyms>,
}

/// A capture that can be read again and again.
pub struct Original<'a> {
    /// Its name in comments.
    pub name: &'a str,
    /// Frames that the first pass has read of it: it may have grown since.
    pub frames: u64,
    /// Opens it.
    pub open: &'a dyn Fn() -> Result<Box<dyn Source>, Error>,
}

/// What the second pass finds out.
struct Surveyed {
    /// What may be shown of the sessions that are wanted.
    sessions: Sessions,
    fragments: Fragments,
    interfaces: Vec<Interface>,
    /// Until when the capture went on.
    until: Timestamp,
}

impl Cutter {
    /// Writes what is wanted of a capture, as a section of its own.
    ///
    /// # Errors
    ///
    /// Those of opening and reading the capture; [`Error::Write`].
    pub fn cut<W: Write>(
        &self,
        original: &Original<'_>,
        notes: &Notes,
        writer: &mut Writer<W>,
    ) -> Result<(), Error> {
        let Surveyed {
            sessions,
            fragments,
            interfaces,
            until,
        } = self.survey(original, notes)?;
        let comments = notes.of_section(original.name, sessions.is_cut());
        writer.section(&comments).map_err(written)?;
        let mut pseudonyms = self.pseudonyms.as_ref().map(Pseudonyms::another);
        for interface in &interfaces {
            let redacted = pseudonyms.as_mut().map(|it| it.interface(interface));
            let interface = redacted.as_ref().unwrap_or(interface);
            writer.interface(interface).map_err(written)?;
        }
        let mut decoder = Decoder::new(&self.limits);
        let mut last = None;
        self.pass(original, |frame, accepted| {
            if !accepted {
                return Ok(());
            }
            let number = frame.id.number;
            let rewritten = match &mut pseudonyms {
                Some(pseudonyms) => redacted(frame, &mut decoder, &sessions, pseudonyms),
                None => as_captured(frame, &mut decoder, &sessions, &fragments),
            };
            let Some((rewritten, wire_len)) = rewritten else {
                return Ok(());
            };
            let (bytes, left_out) = rewritten.cut();
            let packet = Packet {
                interface: frame.interface,
                time: frame.time,
                bytes,
                left_out,
                wire_len,
                comments: &notes.of_frame(number, original.name),
            };
            last = last.max(Some(frame.time));
            writer.packet(&packet).map_err(written)
        })?;
        // That nothing came for so long is evidence, too.
        match interfaces.is_empty() {
            false if Some(until) > last => writer.listened_until(0, until).map_err(written),
            _ => Ok(()),
        }
    }

    fn survey(&self, original: &Original<'_>, notes: &Notes) -> Result<Surveyed, Error> {
        let mut engine = Engine::new(original.name, self.ports.clone(), self.limits.clone());
        engine.show(notes.first_frames(), self.with_payload);
        let mut sessions = Sessions::default();
        let room = self.limits.shown_bytes_total;
        let mut pseudonyms = self.pseudonyms.as_ref().map(Pseudonyms::another);
        let mut add = |mut session: Session| {
            if let Some(pseudonyms) = &mut pseudonyms {
                pseudonyms.bytes(&mut session);
            }
            sessions.add(session, room);
        };
        let mut decoder = Decoder::new(&self.limits);
        let mut fragments = Fragments::default();
        let interfaces = self.pass(original, |frame, accepted| {
            if !accepted {
                engine.pass_over();
                return Ok(());
            }
            engine.push(frame, &mut add);
            let whole = match decoder.decode(frame) {
                Decoded::Tcp(segment) => Whole::of(&segment, frame.bytes),
                _ => None,
            };
            if let Some(whole) = whole {
                fragments.add(whole, &decoder.take_parts());
            }
            Ok(())
        })?;
        let until = engine.now();
        engine.finish(&mut add);
        Ok(Surveyed {
            sessions,
            fragments,
            interfaces,
            until,
        })
    }

    /// Goes over the frames of the first pass, each with whether the filter accepts it. Gives the
    /// interfaces.
    fn pass(
        &self,
        original: &Original<'_>,
        mut take: impl FnMut(&Frame<'_>, bool) -> Result<(), Error>,
    ) -> Result<Vec<Interface>, Error> {
        let mut filter = self.filter.as_deref().map(Filter::new).transpose()?;
        let mut source = (original.open)()?;
        for _ in 0..original.frames {
            let frame = match source.next() {
                Ok(Some(frame)) => frame,
                Ok(None) => break,
                // As in the first pass, which has said so.
                Err(error) if error.is_partial() => break,
                Err(error) => return Err(error),
            };
            let accepted = match &mut filter {
                Some(filter) => filter.matches(&frame)?,
                None => true,
            };
            take(&frame, accepted)?;
        }
        Ok(source.interfaces().to_vec())
    }
}

/// A frame as it was captured but for what must not be shown, and its length on the wire.
fn as_captured(
    frame: &Frame<'_>,
    decoder: &mut Decoder,
    sessions: &Sessions,
    fragments: &Fragments,
) -> Option<(Rewritten, u32)> {
    let number = frame.id.number;
    let rewritten = match fragments.of(number) {
        Some((whole, part)) => {
            let header = whole.header();
            let owner = sessions.owner_of(header.frame.number, header)?;
            fragments::rewrite(frame.bytes, whole, part, owner)?
        }
        None => {
            let decoded = decoder.decode(frame);
            let (owner, segment) = sessions.owner(number, &decoded)?;
            let shown = owner.shown(number, segment);
            rewrite(frame.bytes, &decoded, &shown)?
        }
    };
    Some((rewritten, frame.wire_len))
}

/// A packet made anew, and its length on the wire; fragments become whole where the last one came.
fn redacted(
    frame: &Frame<'_>,
    decoder: &mut Decoder,
    sessions: &Sessions,
    pseudonyms: &mut Pseudonyms,
) -> Option<(Rewritten, u32)> {
    let number = frame.id.number;
    let decoded = decoder.decode(frame);
    let (owner, segment) = sessions.owner(number, &decoded)?;
    let shown = owner.shown(number, segment);
    let packet = pseudonyms.packet(&decoded, &shown, frame.link_type)?;
    let headers = packet.bytes.len() - packet.payload;
    Some((Rewritten::new(packet.bytes, headers), packet.wire_len))
}

fn written(source: io::Error) -> Error {
    Error::Write {
        path: "evidence".to_owned(),
        source,
        kept: None,
    }
}
