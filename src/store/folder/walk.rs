//! Listing a directory tree in key order, a page at a time.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

use super::{Inner, lock, modified, plain_path, reason, shown};
use crate::{
    report::{Problem, ProblemKind},
    rule::Next,
    store::{ObjectMeta, Page, Trouble},
};

/// Objects in a page.
const PAGE: usize = 1000;
/// Directories deeper than this are not entered.
const MAX_DEPTH: usize = 128;
/// A path goes through at most so many links to directories.
const MAX_LINKS: u8 = 2;
/// So many unfinished listings wait for their next page; older ones start over.
const MAX_PARKED: usize = 8;

/// Listings that wait for their next page to be asked for.
#[derive(Debug, Default)]
pub(super) struct Parked(Vec<Walk>);

#[derive(Debug)]
struct Walk {
    prefix: String,
    delimiter: bool,
    /// The key that the last page ended with.
    token: Option<String>,
    levels: Vec<Level>,
}

/// A directory whose entries are being listed.
#[derive(Debug)]
struct Level {
    path: PathBuf,
    links: u8,
    entries: std::vec::IntoIter<Entry>,
}

#[derive(Debug)]
struct Entry {
    /// The whole key; for a directory with the slash at its end, which is also what sorts it rightly.
    key: String,
    path: PathBuf,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    File,
    Directory,
    LinkedDirectory,
    Other,
    Dangling,
}

/// One page of the keys under a prefix.
pub(super) fn page(
    inner: &Inner,
    prefix: &str,
    delimiter: bool,
    token: Option<String>,
) -> Result<Page, Problem> {
    let parked = {
        let mut parked = lock(&inner.walks);
        let at = token.as_ref().and_then(|_| {
            parked
                .0
                .iter()
                .position(|w| w.prefix == prefix && w.delimiter == delimiter && w.token == token)
        });
        at.map(|at| parked.0.remove(at))
    };
    let mut walk = match parked {
        Some(walk) => walk,
        None => Walk {
            prefix: prefix.to_owned(),
            delimiter,
            token,
            levels: Vec::new(),
        }
        .begin(inner)?,
    };
    let mut page = Page::default();
    let mut last = String::new();
    while page.objects.len() + page.folders.len() + page.troubles.len() < PAGE {
        let Some(entry) = walk.next_entry() else {
            return Ok(page);
        };
        if walk.passed(&entry) {
            continue;
        }
        last.clone_from(&entry.key);
        walk.take(inner, entry, &mut page);
    }
    page.next = Some(last.clone());
    walk.token = Some(last);
    let mut parked = lock(&inner.walks);
    if parked.0.len() >= MAX_PARKED {
        parked.0.remove(0);
    }
    parked.0.push(walk);
    Ok(page)
}

impl Walk {
    /// Opens the directory that holds everything with the prefix.
    fn begin(mut self, inner: &Inner) -> Result<Self, Problem> {
        let folder = self.prefix.rsplit_once('/').map_or("", |(folder, _)| folder);
        let base = if folder.is_empty() {
            Some(inner.root.clone())
        } else {
            plain_path(&inner.root, folder)
        };
        // A folder that is not there, or is a file, holds no keys: as in S3.
        let Some(base) = base.filter(|base| base.is_dir()) else {
            return Ok(self);
        };
        let key = if folder.is_empty() {
            String::new()
        } else {
            format!("{folder}/")
        };
        let level = read_directory(inner, &base, &key, 0).map_err(|e| {
            Problem::new(
                ProblemKind::Io,
                format!(
                    "listing {} failed",
                    if key.is_empty() {
                        "the folder".into()
                    } else {
                        shown(&key)
                    }
                ),
                reason(&e),
                Next::say("Check the folder's permissions."),
            )
        })?;
        self.levels.push(level);
        Ok(self)
    }

    fn next_entry(&mut self) -> Option<Entry> {
        loop {
            match self.levels.last_mut()?.entries.next() {
                Some(entry) => return Some(entry),
                None => {
                    self.levels.pop();
                }
            }
        }
    }

    /// Whether an entry is outside the prefix, or was on an earlier page.
    fn passed(&self, entry: &Entry) -> bool {
        let under = entry.key.starts_with(&self.prefix);
        let above = self.prefix.starts_with(&entry.key) && entry.is_directory();
        if !under && !above {
            return true;
        }
        self.token.as_ref().is_some_and(|token| {
            let holds_the_rest = entry.is_directory() && !self.delimiter && token.starts_with(&entry.key);
            entry.key <= *token && !holds_the_rest
        })
    }

    fn take(&mut self, inner: &Inner, entry: Entry, page: &mut Page) {
        let trouble = |why: String, hides_data| Trouble {
            key: entry.key.clone(),
            why,
            hides_data,
        };
        match entry.kind {
            Kind::File => match fs::metadata(&entry.path) {
                Ok(meta) if meta.is_file() => page.objects.push(ObjectMeta {
                    owner: None,
                    key: entry.key,
                    size: meta.len(),
                    modified: modified(&meta),
                    storage_class: None,
                    archived: false,
                    etag: None,
                }),
                // Gone or replaced since the directory was read: as if it had never been.
                _ => {}
            },
            Kind::Other => page
                .troubles
                .push(trouble("it is neither a file nor a folder".into(), false)),
            Kind::Dangling => page
                .troubles
                .push(trouble("it is a link to nothing".into(), false)),
            Kind::Directory | Kind::LinkedDirectory if self.delimiter => {
                if holds_a_file(&entry.path, 8) {
                    page.folders.push(entry.key);
                }
            }
            Kind::Directory | Kind::LinkedDirectory => {
                let links =
                    self.levels.last().map_or(0, |l| l.links) + u8::from(entry.kind == Kind::LinkedDirectory);
                if links > MAX_LINKS {
                    page.troubles
                        .push(trouble("links to folders are followed only twice".into(), true));
                } else if self.levels.len() >= MAX_DEPTH {
                    page.troubles.push(trouble("it is nested too deep".into(), true));
                } else if entry.kind == Kind::LinkedDirectory && self.is_circle(&entry.path) {
                    page.troubles
                        .push(trouble("it is a link to a folder that holds it".into(), false));
                } else {
                    match read_directory(inner, &entry.path, &entry.key, links) {
                        Ok(level) => self.levels.push(level),
                        Err(e) => page.troubles.push(trouble(reason(&e), true)),
                    }
                }
            }
        }
    }

    fn is_circle(&self, link: &Path) -> bool {
        let Ok(target) = link.canonicalize() else {
            return true;
        };
        self.levels.iter().any(|level| {
            level
                .path
                .canonicalize()
                .is_ok_and(|path| path.starts_with(&target))
        })
    }
}

impl Entry {
    fn is_directory(&self) -> bool {
        matches!(self.kind, Kind::Directory | Kind::LinkedDirectory)
    }
}

fn read_directory(inner: &Inner, path: &Path, key: &str, links: u8) -> std::io::Result<Level> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let kind = kind_of(&entry);
        let name = entry.file_name();
        let spelled = spell(&name);
        let slash = if matches!(kind, Kind::Directory | Kind::LinkedDirectory) {
            "/"
        } else {
            ""
        };
        let full = format!("{key}{spelled}{slash}");
        let path = entry.path();
        if kind == Kind::File && plain_path(&inner.root, &full).as_deref() != Some(&path) {
            inner.remember_alias(&full, &path);
        }
        entries.push(Entry {
            key: full,
            path,
            kind,
        });
    }
    entries.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    Ok(Level {
        path: path.to_owned(),
        links,
        entries: entries.into_iter(),
    })
}

fn kind_of(entry: &fs::DirEntry) -> Kind {
    let Ok(kind) = entry.file_type() else {
        return Kind::Other;
    };
    if kind.is_file() {
        Kind::File
    } else if kind.is_dir() {
        Kind::Directory
    } else if kind.is_symlink() {
        match fs::metadata(entry.path()) {
            Ok(meta) if meta.is_file() => Kind::File,
            Ok(meta) if meta.is_dir() => Kind::LinkedDirectory,
            Ok(_) => Kind::Other,
            Err(_) => Kind::Dangling,
        }
    } else {
        Kind::Other
    }
}

/// A name as text, the bytes that are not UTF-8 spelled `\xNN`.
fn spell(name: &OsStr) -> String {
    if let Some(text) = name.to_str() {
        return text.to_owned();
    }
    name.as_encoded_bytes()
        .utf8_chunks()
        .fold(String::new(), |mut text, chunk| {
            text.push_str(chunk.valid());
            for byte in chunk.invalid() {
                text.push_str(&format!("\\x{byte:02x}"));
            }
            text
        })
}

/// Whether any file lies below: S3 knows no empty folders, so none may be listed here. Looks at a bounded part only.
fn holds_a_file(path: &Path, depth: usize) -> bool {
    let Ok(entries) = fs::read_dir(path) else {
        // It can't be looked into, so it can't be said to be empty.
        return true;
    };
    let mut folders = Vec::new();
    for entry in entries.take(10_000).flatten() {
        match kind_of(&entry) {
            Kind::File => return true,
            Kind::Directory if depth > 0 => folders.push(entry.path()),
            Kind::LinkedDirectory => return true,
            _ => {}
        }
    }
    folders
        .iter()
        .take(100)
        .any(|folder| holds_a_file(folder, depth - 1))
}
