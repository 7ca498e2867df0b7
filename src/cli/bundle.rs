//! `--bundle DIR`: what a ticket takes, in one folder. It gets its name when all of it is written and
//! looked through for what should have been replaced.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::outputs::{Format, OutputSpec};
use super::{Common, note};
use crate::capture::open;
use crate::decode::{Decoded, Decoder};
use crate::error::Error;
use crate::limits::Limits;
use crate::redact::Pseudonyms;
use crate::redact::survivors::{Originals, Survivor};

/// Bytes of a bundle: what ticket systems take (Jira and others: 25 MB).
const LARGEST: u64 = 25_000_000;

/// The files; of one that is too large the ones further up are left out first.
const FILES: [(&str, Format); 5] = [
    ("sessions.ndjson", Format::Ndjson),
    ("report.md", Format::Markdown),
    ("evidence.pcapng", Format::Evidence),
    ("report.txt", Format::Text),
    ("report.html", Format::Html),
];

const MANIFEST: &str = "MANIFEST.sha256";

/// A bundle that is being written.
pub struct Bundle {
    folder: PathBuf,
    /// Goes away with everything in it unless it gets its name.
    partial: TempDir,
    /// What must not be there.
    originals: Option<Rc<RefCell<Originals>>>,
    quiet: bool,
}

impl Bundle {
    /// Makes a folder beside the one that is wanted.
    pub fn open(
        common: &Common,
        pseudonyms: Option<&mut Pseudonyms>,
    ) -> Result<Option<Self>, Error> {
        let Some(folder) = &common.bundle else {
            return Ok(None);
        };
        if fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some())
            || folder.is_file()
        {
            let path = folder.clone();
            return Err(Error::Overwrites { path });
        }
        let parent = match folder.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let mut name = folder.file_name().unwrap_or_default().to_owned();
        name.push(".");
        let mut builder = tempfile::Builder::new();
        builder.prefix(&name).suffix(".partial");
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777));
        let partial = builder
            .tempdir_in(parent)
            .map_err(|source| written(folder, source))?;
        Ok(Some(Self {
            folder: folder.clone(),
            partial,
            originals: pseudonyms.map(Pseudonyms::note_originals),
            quiet: common.quiet,
        }))
    }

    /// The reports to be written.
    pub fn specs(&self) -> impl Iterator<Item = OutputSpec> {
        FILES
            .map(|(name, format)| OutputSpec::new(format, self.partial.path().join(name)))
            .into_iter()
    }

    /// Everything is written: it is looked through, listed, and gets its name.
    pub fn finish(self) -> Result<(), Error> {
        let left_out = self
            .shrink()
            .map_err(|source| written(&self.folder, source))?;
        self.look_through()?;
        self.list(&left_out)
            .map_err(|source| written(&self.folder, source))?;
        let path = self.partial.keep();
        fs::rename(&path, &self.folder).map_err(|source| written(&self.folder, source))
    }

    /// Leaves files out until the rest is small enough; gives them with their sizes.
    fn shrink(&self) -> io::Result<Vec<(&'static str, u64)>> {
        let mut sizes = Vec::new();
        for (name, _) in FILES {
            sizes.push((name, fs::metadata(self.partial.path().join(name))?.len()));
        }
        let left_out = too_many(&sizes, LARGEST);
        for (name, size) in left_out {
            fs::remove_file(self.partial.path().join(name))?;
            if !self.quiet {
                note(&format!(
                    "{name} is not in the bundle: with its {size} bytes that would exceed {LARGEST}"
                ));
            }
        }
        Ok(left_out.to_vec())
    }

    fn look_through(&self) -> Result<(), Error> {
        let Some(originals) = &self.originals else {
            return Ok(());
        };
        let originals = originals.borrow();
        let mut program = Program::default();
        for (name, format) in FILES {
            let path = self.partial.path().join(name);
            if !path.exists() {
                continue;
            }
            let bytes = fs::read(&path).map_err(|source| written(&path, source))?;
            let mut found = match format {
                Format::Evidence => {
                    let mut found = originals.in_binary(&bytes);
                    found.extend(in_streams(&path, &originals)?);
                    found
                }
                _ => originals.in_text(&bytes),
            };
            found.retain(|survivor| !program.holds(&survivor.word));
            if let Some(first) = found.first() {
                return Err(Error::Survived {
                    folder: self.folder.clone(),
                    file: name,
                    count: found.len(),
                    way: first.way,
                });
            }
        }
        let (_, not_looked_for) = originals.count();
        if not_looked_for > 0 && !self.quiet {
            note(&format!(
                "{not_looked_for} replaced words were not looked for in the bundle: they are too many"
            ));
        }
        Ok(())
    }

    /// Lists the files as `sha256sum -c` reads it, to which lines with `#` are comments.
    fn list(&self, left_out: &[(&str, u64)]) -> io::Result<()> {
        let mut lines = Vec::new();
        for (name, _) in FILES {
            match fs::read(self.partial.path().join(name)) {
                Ok(bytes) => {
                    let digest = Sha256::digest(&bytes);
                    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
                    lines.push(format!("{digest}  {name}\n"));
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        for (name, size) in left_out {
            lines.push(format!(
                "# left out, {LARGEST} bytes in all: {name}, {size} bytes\n"
            ));
        }
        fs::write(self.partial.path().join(MANIFEST), lines.concat())
    }
}

/// The first files, without which the others are no larger than this.
fn too_many<'a>(sizes: &'a [(&'static str, u64)], largest: u64) -> &'a [(&'static str, u64)] {
    let all = |files: &[(&str, u64)]| files.iter().map(|(_, size)| size).sum::<u64>();
    let count = (0..sizes.len()).find(|&count| all(&sizes[count..]) <= largest);
    &sizes[..count.unwrap_or(sizes.len())]
}

/// Originals in what the packets of a capture say, put together, and among their addresses.
fn in_streams(path: &Path, originals: &Originals) -> Result<Vec<Survivor>, Error> {
    let limits = Limits::default();
    let mut source = open::open(path, &limits, 0)?;
    let mut decoder = Decoder::new(&limits);
    let mut streams: HashMap<_, Vec<u8>> = HashMap::new();
    let mut found = Vec::new();
    while let Some(frame) = source.next()? {
        let Decoded::Tcp(segment) = decoder.decode(&frame) else {
            continue;
        };
        let from = (segment.source, segment.source_port);
        let to = (segment.destination, segment.destination_port);
        streams
            .entry((from, to))
            .or_default()
            .extend(segment.payload);
        for address in [segment.source, segment.destination] {
            let word = address.to_string();
            if originals.has(&word) {
                let way = "an address";
                found.push(Survivor { word, way });
            }
        }
    }
    let mut streams: Vec<_> = streams.into_iter().collect();
    streams.sort();
    for (_, bytes) in streams {
        found.extend(originals.in_binary(&bytes));
    }
    Ok(found)
}

/// The text of this program: a word that stands in it says nothing of an input.
#[derive(Default)]
struct Program(Option<String>);

impl Program {
    /// Whether the word, in lower case, stands in the program.
    fn holds(&mut self, word: &str) -> bool {
        let read = || {
            let program = std::env::current_exe()
                .and_then(fs::read)
                .unwrap_or_default();
            String::from_utf8_lossy(&program).to_ascii_lowercase()
        };
        self.0.get_or_insert_with(read).contains(word)
    }
}

fn written(path: &Path, source: io::Error) -> Error {
    Error::Write {
        path: path.display().to_string(),
        source,
        kept: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_files_are_left_out() {
        let sizes = [("a", 30), ("b", 20), ("c", 10)];
        assert_eq!(too_many(&sizes, 60), []);
        assert_eq!(too_many(&sizes, 59), [("a", 30)]);
        assert_eq!(too_many(&sizes, 29), [("a", 30), ("b", 20)]);
        assert_eq!(too_many(&sizes, 9), sizes);
    }
}
