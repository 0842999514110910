//! A local directory as a bucket: what lies in it are objects, their keys are paths with `/` between the parts.
//!
//! Keys come in byte order, as S3 lists them. Links to files are followed; links to directories too, but never in a
//! circle and never through more than two of them. What is no file and no directory (a pipe, a socket, a device) is
//! never opened, so nothing here can hang on one. Names that are not UTF-8 get a key in which the odd bytes are
//! spelled `\xNN`.
//!
//! - `walk`: the listing

mod walk;

use std::{
    collections::HashMap,
    fs,
    io::{self, Read, Seek, SeekFrom, Write},
    ops::Range,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::{Meter, ObjectMeta, Page, Put, Store};
use crate::{
    report::{Problem, ProblemKind, Usage},
    rule::Next,
};

/// A local directory seen as a bucket.
#[derive(Clone, Debug)]
pub struct Folder {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    root: PathBuf,
    meter: Meter,
    walks: Mutex<walk::Parked>,
    /// Paths of keys that do not spell their path, because a name is not UTF-8.
    aliases: Mutex<HashMap<String, PathBuf>>,
}

/// So many names that are not UTF-8 are remembered; any further ones are listed but cannot be read.
const MAX_ALIASES: usize = 10_000;

impl Folder {
    /// Opens a directory. A path that is not there, or is no directory, is a problem of kind `Io`: there is nothing
    /// to check.
    pub fn open(path: &Path) -> Result<Self, Problem> {
        let shown = shown(&path.to_string_lossy());
        let refuse = |cause: String, say: &str| {
            Problem::new(
                ProblemKind::Io,
                format!("the folder {shown} cannot be read"),
                cause,
                Next::say(say),
            )
        };
        let root = path.canonicalize().map_err(|e| {
            refuse(
                reason(&e),
                "Check the path; the folder must hold events/, metrics/ and signals/.",
            )
        })?;
        if !root.is_dir() {
            return Err(refuse(
                "it is not a folder".into(),
                "Give the folder that holds events/, metrics/ and signals/.",
            ));
        }
        fs::read_dir(&root).map_err(|e| refuse(reason(&e), "Check its permissions."))?;
        Ok(Self {
            inner: Arc::new(Inner {
                root,
                meter: Meter::default(),
                walks: Mutex::default(),
                aliases: Mutex::default(),
            }),
        })
    }

    /// Runs blocking work on the runtime's threads for it.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let inner = Arc::clone(&self.inner);
        tokio::task::spawn_blocking(move || work(&inner))
            .await
            .unwrap_or_else(|e| {
                Err(Problem::new(
                    ProblemKind::Other,
                    "reading the folder was interrupted",
                    e.to_string(),
                    Next::say("Run it again."),
                ))
            })
    }
}

impl Store for Folder {
    fn list<'a>(
        &'a self,
        prefix: &'a str,
        delimiter: bool,
        token: Option<String>,
    ) -> BoxFuture<'a, Result<Page, Problem>> {
        let prefix = prefix.to_owned();
        Box::pin(self.blocking(move |inner| {
            inner.meter.request();
            walk::page(inner, &prefix, delimiter, token)
        }))
    }

    fn get_range<'a>(
        &'a self,
        object: &'a ObjectMeta,
        range: Range<u64>,
    ) -> BoxFuture<'a, Result<Bytes, Problem>> {
        let object = object.clone();
        Box::pin(self.blocking(move |inner| inner.read(&object, range)))
    }

    fn is_local(&self) -> bool {
        true
    }

    fn get_range_now(&self, object: &ObjectMeta, range: Range<u64>) -> Option<Result<Bytes, Problem>> {
        Some(self.inner.read(object, range))
    }

    fn get_tail<'a>(&'a self, object: &'a ObjectMeta, length: u64) -> BoxFuture<'a, Result<Bytes, Problem>> {
        self.get_range(object, object.size.saturating_sub(length)..object.size)
    }

    fn put_if_absent<'a>(&'a self, key: &'a str, body: Bytes) -> BoxFuture<'a, Result<Put, Problem>> {
        let key = key.to_owned();
        Box::pin(self.blocking(move |inner| {
            inner.meter.request();
            inner.put(&key, &body)
        }))
    }

    fn usage(&self) -> Usage {
        self.inner.meter.usage()
    }
}

impl Inner {
    /// The path of a key; `None` when the key cannot be one of ours.
    fn path_of(&self, key: &str) -> Option<PathBuf> {
        if let Some(path) = lock(&self.aliases).get(key) {
            return Some(path.clone());
        }
        plain_path(&self.root, key)
    }

    fn remember_alias(&self, key: &str, path: &Path) {
        let mut aliases = lock(&self.aliases);
        if aliases.len() < MAX_ALIASES {
            aliases.insert(key.to_owned(), path.to_owned());
        }
    }

    fn read(&self, object: &ObjectMeta, range: Range<u64>) -> Result<Bytes, Problem> {
        self.meter.request();
        let shown_key = shown(&object.key);
        let fail = |kind, cause: String| {
            Problem::new(
                kind,
                format!("reading {shown_key} failed"),
                cause,
                Next::say("Check that the file is still there and readable, then run again."),
            )
        };
        let io = |e: io::Error| match e.kind() {
            io::ErrorKind::NotFound => fail(ProblemKind::NotFound, "it is not there any more".into()),
            _ => fail(ProblemKind::Io, reason(&e)),
        };
        let path = self
            .path_of(&object.key)
            .ok_or_else(|| fail(ProblemKind::NotFound, "its name cannot be a file here".into()))?;
        // Never open what is not a plain file: opening a pipe would wait for a writer.
        let before = fs::metadata(&path).map_err(io)?;
        if !before.is_file() {
            return Err(fail(ProblemKind::Changed, "it is no longer a plain file".into()));
        }
        if before.len() != object.size || modified(&before) != object.modified {
            return Err(fail(
                ProblemKind::Changed,
                "it changed since it was listed".into(),
            ));
        }
        let length = usize::try_from(range.end.saturating_sub(range.start))
            .map_err(|_| fail(ProblemKind::Other, "the range is too large".into()))?;
        if length == 0 {
            return Ok(Bytes::new());
        }
        if range.end > object.size {
            return Err(fail(
                ProblemKind::CutShort,
                "it ends before the range does".into(),
            ));
        }
        let mut file = fs::File::open(&path).map_err(io)?;
        file.seek(SeekFrom::Start(range.start)).map_err(io)?;
        let mut body = vec![0; length];
        file.read_exact(&mut body).map_err(|e| match e.kind() {
            io::ErrorKind::UnexpectedEof => {
                fail(ProblemKind::Changed, "it became shorter while it was read".into())
            }
            _ => io(e),
        })?;
        self.meter.received(length as u64);
        Ok(body.into())
    }

    fn put(&self, key: &str, body: &[u8]) -> Result<Put, Problem> {
        let fail = |cause: String| {
            Problem::new(
                ProblemKind::Io,
                format!("writing {} failed", shown(key)),
                cause,
                Next::say("Check the folder's permissions and free space."),
            )
        };
        let path =
            plain_path(&self.root, key).ok_or_else(|| fail("its name cannot be a file here".into()))?;
        let parent = path.parent().unwrap_or(&self.root);
        fs::create_dir_all(parent).map_err(|e| fail(reason(&e)))?;
        // The name starts with a dot, so that Spark passes over what a crash may leave.
        let temporary = parent.join(format!(".bucket-ready-{:016x}.tmp", fastrand::u64(..)));
        let written = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&temporary)
            .and_then(|mut file| {
                file.write_all(body)?;
                file.sync_all()
            })
            // A link appears whole or not at all, and never over something: what a rename cannot promise.
            .and_then(|()| fs::hard_link(&temporary, &path));
        let removed = fs::remove_file(&temporary);
        match written {
            Ok(()) => {
                removed.map_err(|e| fail(format!("it was written, but {}", reason(&e))))?;
                Ok(Put::Written)
            }
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(Put::AlreadyThere),
            Err(e) => Err(fail(reason(&e))),
        }
    }
}

/// The path that a key spells under a root; `None` for keys with parts that are no names (`..`, an empty part).
fn plain_path(root: &Path, key: &str) -> Option<PathBuf> {
    let mut path = root.to_owned();
    for part in key.split('/') {
        let is_name = !part.is_empty()
            && part != "."
            && part != ".."
            && !part.contains(['\0', std::path::MAIN_SEPARATOR]);
        if !is_name {
            return None;
        }
        path.push(part);
    }
    Some(path)
}

fn modified(meta: &fs::Metadata) -> Option<Timestamp> {
    // S3 tells whole seconds in listings; so do we, or the same data would be judged differently.
    let at = Timestamp::try_from(meta.modified().ok()?).ok()?;
    Timestamp::from_second(at.as_second()).ok()
}

/// A key or path as it may stand in a sentence: control and invisible characters spelled out.
fn shown(text: &str) -> String {
    text.escape_debug().to_string()
}

/// An I/O error in plain words.
fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "it is not there".into(),
        io::ErrorKind::PermissionDenied => "permission was denied".into(),
        _ => error.to_string(),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // What the mutex guards is only ever replaced whole, so a panic elsewhere leaves it sound.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;
