//! Other people's captures and the recorded answers of tshark. They are not part of the project.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::facts::Streams;
use super::rows;

/// A capture with its answers.
pub struct Capture {
    pub name: String,
    pub path: PathBuf,
    answers: PathBuf,
}

/// All captures, by name; `None` where there is no such folder.
pub fn captures(folder: &Path) -> Option<Vec<Capture>> {
    let answers = folder.join("oracle/expected");
    let captures = super::captures(folder);
    let with_answers = captures.into_iter().map(|(name, path)| Capture {
        name,
        path,
        answers: answers.clone(),
    });
    answers.is_dir().then(|| with_answers.collect())
}

impl Capture {
    /// The mail ports to give: most of the captures have none of the usual ones, so the server's
    /// port of every connection is given, the lower of its two.
    pub fn ports(&self) -> Vec<u16> {
        let text = self.answer("streams");
        let ends = |row: rows::Row<'_>| {
            let port = |name| row.value(name).rsplit(':').next()?.parse::<u16>().ok();
            [port("first_src"), port("first_dst")]
        };
        let lower = |ends: [Option<u16>; 2]| ends.into_iter().flatten().min();
        let ports: BTreeSet<_> = rows::read(&text).map(ends).filter_map(lower).collect();
        ports.into_iter().filter(|&port| port != 0).collect()
    }

    /// What tshark said.
    pub fn expected(&self) -> Streams {
        let mut streams = Streams::new();
        for row in rows::read(&self.answer("streams")) {
            let stream: u32 = row.number("stream").expect("a stream");
            streams.entry(stream).or_default();
        }
        self.each_row(&mut |row| row.add_to(&mut streams));
        for row in rows::read(&self.answer("certs")) {
            let stream = row.number("stream").expect("a stream");
            let (frame, sha256) = (row.value("frame"), row.value("sha256"));
            let facts = streams.entry(stream).or_default();
            facts.certificates.push(format!("{frame}:{sha256}"));
        }
        streams
    }

    /// What tshark said of each frame. Of its two passes, with and without putting segments in
    /// order, the one that decoded more of a stream was chosen when the answers were recorded.
    pub fn each_row(&self, take: &mut dyn FnMut(&rows::Row<'_>)) {
        let streams = self.answer("streams");
        let is_default = |row: &rows::Row<'_>| row.value("tls_pass") == "default";
        let default_pass: BTreeSet<u32> = rows::read(&streams)
            .filter(is_default)
            .filter_map(|row| row.number("stream"))
            .collect();
        for (pass, is_default) in [("tls", false), ("", true)] {
            for row in rows::read(&self.answer(pass)) {
                let stream = row.number::<u32>("tcp.stream");
                if stream.is_some_and(|it| default_pass.contains(&it) == is_default) {
                    take(&row);
                }
            }
        }
    }

    /// Text of an answer file; empty where there is none (no certificates, say).
    fn answer(&self, kind: &str) -> String {
        let name = match kind {
            "" => format!("{}.tsv", self.name),
            kind => format!("{}.{kind}.tsv", self.name),
        };
        let bytes = fs::read(self.answers.join(name)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}
