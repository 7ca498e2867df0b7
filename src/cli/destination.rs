//! A report file: written beside its name, and renamed when it is complete. So nobody takes half a
//! report for a whole one, and a report that was there before stays until the new one is done.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

/// What the name of a report ends in while it is being written.
const UNFINISHED: &str = ".partial";

/// Where one report goes.
#[derive(Debug)]
pub enum Destination {
    /// Devices and pipes, and files that somebody follows while they grow.
    InPlace,
    /// A file that takes its name when it is complete.
    Renamed { file: NamedTempFile, path: PathBuf },
}

impl Destination {
    /// Opens the file to write to. `followed`: somebody reads it while it grows.
    pub fn open(path: &Path, followed: bool) -> io::Result<(Self, File)> {
        let existing = match fs::metadata(path) {
            Ok(metadata) => Some(metadata),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        if existing.as_ref().is_some_and(|it| !it.is_file()) {
            let file = OpenOptions::new().write(true).open(path)?;
            return Ok((Self::InPlace, file));
        }
        if followed {
            return Ok((Self::InPlace, File::create(path)?));
        }
        if existing.is_some() {
            // A file that may not be written is not replaced either.
            OpenOptions::new().write(true).open(path)?;
        }
        // A link stays, and what it leads to is replaced.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let mut name = OsString::from(path.file_name().unwrap_or_default());
        name.push(".");
        let mut builder = Builder::new();
        builder.prefix(&name).suffix(UNFINISHED);
        if let Some(permissions) = existing.map(|it| it.permissions()).or_else(for_everybody) {
            builder.permissions(permissions);
        }
        let file = builder.tempfile_in(folder)?;
        let writer = file.as_file().try_clone()?;
        Ok((Self::Renamed { file, path }, writer))
    }

    /// The report is complete: it gets its name, once the disk has it.
    pub fn complete(self) -> Result<(), (io::Error, Option<PathBuf>)> {
        let Self::Renamed { file, path } = self else {
            return Ok(());
        };
        if let Err(error) = file.as_file().sync_all() {
            return Err((error, keep(file)));
        }
        let renamed = file.persist(path);
        renamed
            .map_err(|failed| (failed.error, keep(failed.file)))
            .map(drop)
    }

    /// The report stays incomplete; gives the name under which what was written is kept.
    pub fn give_up(self) -> Option<PathBuf> {
        match self {
            Self::InPlace => None,
            Self::Renamed { file, .. } => keep(file),
        }
    }
}

/// Keeps what was written, if that is anything.
fn keep(file: NamedTempFile) -> Option<PathBuf> {
    let written = file.as_file().metadata().is_ok_and(|it| it.len() > 0);
    let kept = written.then(|| file.keep().ok())?;
    kept.map(|(_, path)| path)
}

/// What a new file may be used for, before the process's umask is applied.
fn for_everybody() -> Option<fs::Permissions> {
    #[cfg(unix)]
    return Some(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    #[cfg(not(unix))]
    None
}
