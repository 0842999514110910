//! What was sent by which key and what came back: JSON Lines on disk, since the API can't be read back.
//!
//! A line with the intent is written and synced before anything is sent, a line with the answer after. An intent without
//! an answer is a timestamp that may have been taken. Lines are only ever appended; a line that was torn by a crash is
//! passed over. Whoever sends holds the file's lock meanwhile, so of two programs with the same key the second sees what
//! the first was told. The key itself never stands here, only its [`fingerprint`].
//!
//! - [`history`]: what stands in the ledgers, to be shown

pub mod history;

use std::{
    collections::HashMap,
    fs,
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

/// A ledger is a few hundred bytes a day; anything larger is another file.
const MAX_BYTES: u64 = 64 << 20;
/// How the name of a ledger begins and ends; the key's fingerprint stands between.
const BEGINS: &str = "statsig-";
const ENDS: &str = ".jsonl";

/// Names a key without telling it: 16 hex digits of a hash that is made for this purpose alone.
pub fn fingerprint(secret: &SecretString) -> String {
    let mut hash = Sha256::new();
    hash.update(b"bucket-ready: ledger of mark_data_ready, by key\0");
    hash.update(secret.expose_secret().as_bytes());
    let digest = hash.finalize();
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// A line of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "snake_case")]
pub enum Line {
    /// About to be sent.
    Intent(Intent),
    /// What came of it.
    Answer {
        /// The intent's.
        id: String,
        /// When, RFC 3339 in UTC.
        at: Timestamp,
        /// What came of it.
        outcome: Outcome,
        /// The HTTP status, where there was one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        status: Option<u16>,
        /// The server's words or what went wrong, escaped and cut.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        said: String,
    },
}

/// A timestamp about to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// Random: two tries of the same timestamp are two.
    pub id: String,
    /// When, RFC 3339 in UTC, by the clock of the guards.
    pub at: Timestamp,
    /// Where to.
    pub url: String,
    /// The request's `type`.
    pub kind: String,
    /// The request's `timestamp`: seconds since the epoch.
    pub timestamp: i64,
    /// The bucket or folder whose data it told ready. Lines of earlier versions have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
}

/// What came of an intent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The server said that it took it (2xx).
    Taken,
    /// The server refused it (3xx, 4xx).
    Refused,
    /// It never left: there was no connection.
    NotSent,
    /// It may have been taken: the answer was lost, or was a server's failure (5xx).
    Open,
}

/// What the ledger says of one key, one address and one `type`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marked {
    /// The latest timestamp that was taken, in seconds since the epoch.
    pub taken: Option<i64>,
    /// When that was answered.
    pub taken_at: Option<Timestamp>,
    /// The latest timestamp that may have been taken, where it is later than `taken`.
    pub open: Option<i64>,
    /// Lines that could not be read and were passed over.
    pub damaged: usize,
}

/// Why the ledger can't be used. Nothing is sent then.
#[derive(Debug, Error)]
pub enum LedgerError {
    /// The file system said no.
    #[error("the ledger {path} can't be {doing}: {error}")]
    Io {
        /// The file.
        path: String,
        /// What was to be done with it.
        doing: &'static str,
        /// Why not.
        error: io::Error,
    },
    /// Far too large to be one.
    #[error("the ledger {path} has {size} bytes, which no ledger has")]
    TooLarge {
        /// The file.
        path: String,
        /// Its bytes.
        size: u64,
    },
}

/// The ledger of one key.
#[derive(Clone, Debug)]
pub struct Ledger {
    place: Place,
    target: Option<String>,
}

#[derive(Clone, Debug)]
enum Place {
    File(PathBuf),
    Memory(Arc<Mutex<Vec<Line>>>),
}

impl Ledger {
    /// The ledger of a key in a folder (made when something is written).
    pub fn in_folder(folder: &Path, fingerprint: &str) -> Self {
        Self {
            place: Place::File(folder.join(format!("{BEGINS}{fingerprint}{ENDS}"))),
            target: None,
        }
    }

    /// A ledger that nothing of stays: for the practice account, which is new each time.
    pub fn in_memory() -> Self {
        Self {
            place: Place::Memory(Arc::default()),
            target: None,
        }
    }

    /// The same ledger, for data of a bucket or folder: new lines name it.
    #[must_use]
    pub fn about(self, target: String) -> Self {
        Self {
            target: Some(target),
            ..self
        }
    }

    /// The bucket or folder that new lines name.
    pub fn target(&self) -> Option<&str> {
        self.target.as_deref()
    }

    /// Where it is, for people.
    pub fn shown(&self) -> String {
        match &self.place {
            Place::File(path) => path.display().to_string(),
            Place::Memory(_) => "in memory".into(),
        }
    }

    /// What was marked so far.
    ///
    /// # Errors
    /// A file that is there and can't be read.
    pub fn marked(&self, url: &str, kind: &str) -> Result<Marked, LedgerError> {
        let (lines, damaged) = self.lines()?;
        Ok(marked(&lines, damaged, url, kind))
    }

    /// All lines, and how many could not be read.
    fn lines(&self) -> Result<(Vec<Line>, usize), LedgerError> {
        match &self.place {
            Place::Memory(lines) => Ok((locked(lines).clone(), 0)),
            Place::File(path) => match fs::File::open(path) {
                Ok(mut file) => read(path, &mut file),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok((Vec::new(), 0)),
                Err(error) => Err(failed(path, "read", error)),
            },
        }
    }

    /// Takes the ledger for writing; waits while another program has it. Blocks: call it off the runtime's own threads.
    ///
    /// # Errors
    /// The folder or the file can't be made, locked or read.
    pub fn open(&self) -> Result<OpenLedger, LedgerError> {
        let path = match &self.place {
            Place::Memory(lines) => return Ok(OpenLedger::Memory(Arc::clone(lines))),
            Place::File(path) => path,
        };
        if let Some(folder) = path.parent() {
            make_folder(folder).map_err(|error| failed(folder, "made", error))?;
        }
        let mut options = fs::OpenOptions::new();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        let file = options
            .open(path)
            .map_err(|error| failed(path, "opened", error))?;
        file.lock().map_err(|error| failed(path, "locked", error))?;
        Ok(OpenLedger::File {
            path: path.clone(),
            file,
        })
    }
}

/// A ledger that is held: nobody else writes to it until it is dropped.
#[derive(Debug)]
pub enum OpenLedger {
    /// On disk; the lock goes with the handle.
    File {
        /// The file.
        path: PathBuf,
        /// Open for reading and appending.
        file: fs::File,
    },
    /// In memory.
    Memory(Arc<Mutex<Vec<Line>>>),
}

impl OpenLedger {
    /// What was marked so far.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn marked(&mut self, url: &str, kind: &str) -> Result<Marked, LedgerError> {
        let (lines, damaged) = match self {
            Self::Memory(lines) => (locked(lines).clone(), 0),
            Self::File { path, file } => {
                file.seek(SeekFrom::Start(0))
                    .map_err(|error| failed(path, "read", error))?;
                read(path, file)?
            }
        };
        Ok(marked(&lines, damaged, url, kind))
    }

    /// Appends a line and waits until it is on disk.
    ///
    /// # Errors
    /// A full disk and the like.
    pub fn append(&mut self, line: &Line) -> Result<(), LedgerError> {
        match self {
            Self::Memory(lines) => {
                locked(lines).push(line.clone());
                Ok(())
            }
            Self::File { path, file } => append(file, line).map_err(|error| failed(path, "written", error)),
        }
    }
}

/// One write for the whole line. What a crash left without its end is closed first, so that it spoils no other line.
fn append(file: &mut fs::File, line: &Line) -> io::Result<()> {
    let mut text = String::new();
    let length = file.seek(SeekFrom::End(0))?;
    if length > 0 {
        file.seek(SeekFrom::Start(length - 1))?;
        let mut last = [0u8; 1];
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            text.push('\n');
        }
    }
    text.push_str(&serde_json::to_string(line)?);
    text.push('\n');
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(folder)
}

fn read(path: &Path, file: &mut fs::File) -> Result<(Vec<Line>, usize), LedgerError> {
    let size = file
        .metadata()
        .map_err(|error| failed(path, "read", error))?
        .len();
    if size > MAX_BYTES {
        return Err(LedgerError::TooLarge {
            path: path.display().to_string(),
            size,
        });
    }
    let mut bytes = Vec::new();
    file.take(MAX_BYTES)
        .read_to_end(&mut bytes)
        .map_err(|error| failed(path, "read", error))?;
    let mut damaged = 0;
    let lines = bytes
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .filter_map(|line| match serde_json::from_slice(line) {
            Ok(line) => Some(line),
            Err(_) => {
                damaged += 1;
                None
            }
        })
        .collect();
    Ok((lines, damaged))
}

/// What came of an intent, when, and with which HTTP status.
type Came = (Outcome, Timestamp, Option<u16>);

/// The intents, in the order of their lines, each with what came of it, where that was written.
fn intents(lines: &[Line]) -> impl Iterator<Item = (&Intent, Option<Came>)> {
    let answers: HashMap<&str, Came> = lines
        .iter()
        .filter_map(|line| match line {
            Line::Answer {
                id,
                at,
                outcome,
                status,
                ..
            } => Some((id.as_str(), (*outcome, *at, *status))),
            Line::Intent(_) => None,
        })
        .collect();
    lines.iter().filter_map(move |line| match line {
        Line::Intent(intent) => Some((intent, answers.get(intent.id.as_str()).copied())),
        Line::Answer { .. } => None,
    })
}

fn marked(lines: &[Line], damaged: usize, url: &str, kind: &str) -> Marked {
    let mut found = Marked {
        damaged,
        ..Marked::default()
    };
    let here = |intent: &Intent| intent.url == url && intent.kind == kind;
    for (intent, came) in intents(lines).filter(|(intent, _)| here(intent)) {
        match came {
            Some((Outcome::Taken, at, _)) if Some(intent.timestamp) > found.taken => {
                found.taken = Some(intent.timestamp);
                found.taken_at = Some(at);
            }
            Some((Outcome::Open, ..)) | None => found.open = found.open.max(Some(intent.timestamp)),
            Some(_) => {}
        }
    }
    found.open = found.open.filter(|open| Some(*open) > found.taken);
    found
}

fn failed(path: &Path, doing: &'static str, error: io::Error) -> LedgerError {
    LedgerError::Io {
        path: path.display().to_string(),
        doing,
        error,
    }
}

fn locked(lines: &Mutex<Vec<Line>>) -> MutexGuard<'_, Vec<Line>> {
    // Lines are only ever pushed, so a panic elsewhere leaves them sound.
    lines.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;
