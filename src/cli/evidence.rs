//! `-o evidence.pcapng`: what the report cites, cut out of the captures once it is known.
//!
//! It is an output like the others, only that its end reads the captures twice more: to learn what
//! may be shown of the sessions, and to write their frames.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::{Common, refuse_pipes};
use crate::capture::filter::Filter;
use crate::capture::write::{Packet, Writer};
use crate::capture::{Frame, Interface, open};
use crate::decode::Decoder;
use crate::engine::Engine;
use crate::engine::ports::Ports;
use crate::error::Error;
use crate::limits::Limits;
use crate::model::{Input, Report, Session};
use crate::redact::{Key, Pseudonyms};
use crate::report::Output;
use crate::report::evidence::rewrite::{Rewritten, rewrite};
use crate::report::evidence::{Notes, Selection, Sessions};
use crate::time::Timestamp;

/// Which sessions an evidence file holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Which {
    /// Those that failed or that a finding rests on
    #[default]
    Cited,
    /// All mail sessions
    All,
}

/// One evidence file.
pub struct Evidence<W: Write> {
    out: Option<W>,
    selection: Selection,
    captures: Vec<PathBuf>,
    ports: Ports,
    filter: Option<String>,
    with_payload: bool,
    limits: Limits,
    /// Of the pseudonyms, where the file is to be redacted.
    key: Option<Key>,
}

/// What the second pass finds out.
struct Surveyed {
    /// What may be shown of the sessions that are wanted.
    sessions: Sessions,
    interfaces: Vec<Interface>,
    /// Until when the capture went on.
    until: Timestamp,
}

/// Refuses what cannot be read again.
pub fn check_captures(common: &Common, captures: &[PathBuf]) -> Result<(), Error> {
    if !common.wants_evidence() {
        return Ok(());
    }
    captures.iter().try_for_each(|path| refuse_pipes(path))
}

impl<W: Write> Evidence<W> {
    /// An evidence file of these captures.
    pub fn new(out: W, common: &Common, captures: &[PathBuf], key: Option<&Key>) -> Self {
        Self {
            out: Some(out),
            selection: Selection::new(common.evidence == Which::All),
            captures: captures.to_vec(),
            ports: common.ports(),
            filter: common.filter.clone(),
            with_payload: common.payload,
            limits: Limits::default(),
            key: key.cloned(),
        }
    }

    fn write(&self, out: W, inputs: &[Input]) -> Result<(), Error> {
        let mut writer = Writer::new(out);
        for (path, input) in self.captures.iter().zip(inputs) {
            if let Some(notes) = self.selection.of(&input.path) {
                self.section(&mut writer, path, input, notes)?;
            }
        }
        writer.finish().map_err(written)
    }

    /// One input.
    fn section(
        &self,
        writer: &mut Writer<W>,
        path: &Path,
        input: &Input,
        notes: &Notes,
    ) -> Result<(), Error> {
        let Surveyed {
            sessions,
            interfaces,
            until,
        } = self.survey(path, input, notes)?;
        let mut pseudonyms = self.key.clone().map(Pseudonyms::new);
        let name = Path::new(&input.path).file_name();
        let name = name.unwrap_or_default().to_string_lossy();
        writer.section(&notes.of_section(&name)).map_err(written)?;
        for interface in &interfaces {
            let redacted = pseudonyms.as_mut().map(|it| it.interface(interface));
            let interface = redacted.as_ref().unwrap_or(interface);
            writer.interface(interface).map_err(written)?;
        }
        let mut decoder = Decoder::new(&self.limits);
        let mut last = None;
        self.pass(path, input, |frame, accepted| {
            if !accepted {
                return Ok(());
            }
            let decoded = decoder.decode(frame);
            let number = frame.id.number;
            let Some((owner, segment)) = sessions.owner(number, &decoded) else {
                return Ok(());
            };
            let shown = owner.shown(number, segment);
            let rewritten = match &mut pseudonyms {
                Some(pseudonyms) => {
                    let packet = pseudonyms.packet(&decoded, &shown, frame.link_type);
                    packet.map(|it| (Rewritten::new(it.bytes, it.payload), it.wire_len))
                }
                None => {
                    let rewritten = rewrite(frame.bytes, &decoded, &shown);
                    rewritten.map(|it| (it, frame.wire_len))
                }
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
                comments: &notes.of_frame(number, &name),
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

    /// What the third pass has to know.
    fn survey(&self, path: &Path, input: &Input, notes: &Notes) -> Result<Surveyed, Error> {
        let mut engine = Engine::new(&input.path, self.ports.clone(), self.limits.clone());
        engine.show(notes.first_frames(), self.with_payload);
        let mut sessions = Sessions::default();
        let room = self.limits.shown_bytes_total;
        let mut pseudonyms = self.key.clone().map(Pseudonyms::new);
        let mut add = |mut session: Session| {
            if let Some(pseudonyms) = &mut pseudonyms {
                pseudonyms.bytes(&mut session);
            }
            sessions.add(session, room);
        };
        let interfaces = self.pass(path, input, |frame, accepted| {
            match accepted {
                true => engine.push(frame, &mut add),
                false => engine.pass_over(),
            }
            Ok(())
        })?;
        let until = engine.now();
        engine.finish(&mut add);
        Ok(Surveyed {
            sessions,
            interfaces,
            until,
        })
    }

    /// Goes over the frames that the report rests on, each with whether the filter accepts it.
    /// Gives the interfaces.
    fn pass(
        &self,
        path: &Path,
        input: &Input,
        mut take: impl FnMut(&Frame<'_>, bool) -> Result<(), Error>,
    ) -> Result<Vec<Interface>, Error> {
        let mut filter = self.filter.as_deref().map(Filter::new).transpose()?;
        let mut source = open::open(path, &self.limits, 0)?;
        for _ in 0..input.frames {
            let frame = match source.next() {
                Ok(Some(frame)) => frame,
                Ok(None) => break,
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

impl<W: Write> Output for Evidence<W> {
    fn session(&mut self, session: &Session) -> io::Result<()> {
        self.selection.session(session)
    }

    fn finish(&mut self, report: &Report) -> io::Result<()> {
        self.selection.finish(report)?;
        match self.out.take() {
            Some(out) => self.write(out, &report.inputs).map_err(io::Error::other),
            None => Ok(()),
        }
    }
}

fn written(source: io::Error) -> Error {
    Error::Write {
        path: "evidence".to_owned(),
        source,
    }
}
