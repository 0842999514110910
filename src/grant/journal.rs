//! The journal of an apply on disk: where it lies, which files go with it, and which apply in a folder was interrupted.
//!
//! It lies in the working folder under a name made of the bucket's and the plan's fingerprint, so that the same apply
//! finds it again without being told. It holds the plan, and no secret.

use std::path::{Path, PathBuf};

use super::{
    disk::{Disk, Log},
    stopped::{file_problem, here},
};
use crate::{
    access::{
        Plan, Target,
        plan::apply::{Entry, JournalError, begun, journal_line, open_changes, read_journal},
    },
    report::{Problem, ProblemKind},
    rule::Next,
};

/// A plan's journal in a folder.
pub fn path_of(folder: &Path, bucket: &str, fingerprint: &str) -> PathBuf {
    let short = fingerprint.get(..16).unwrap_or(fingerprint);
    folder.join(format!("{}{short}{ENDING}", beginning(bucket)))
}

const ENDING: &str = ".journal";

/// A bucket's name is made of letters, digits, dots and hyphens; a plan from a file may say anything.
fn beginning(bucket: &str) -> String {
    let safe: String = bucket
        .chars()
        .map(|c| match c.is_ascii_alphanumeric() || ".-".contains(c) {
            true => c,
            false => '_',
        })
        .take(63)
        .collect();
    format!("bucket-ready-apply-{safe}-")
}

/// Which files go with an apply, as its journal names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The undo file.
    pub undo_file: PathBuf,
    /// The key file.
    pub key_file: Option<PathBuf>,
}

/// A journal, open and ours alone.
pub(super) struct Journal {
    path: PathBuf,
    log: Box<dyn Log>,
    /// What stands in it.
    pub entries: Vec<Entry>,
}

impl Journal {
    /// Opens a plan's journal; an empty one is begun.
    pub fn open(disk: &dyn Disk, path: PathBuf, plan: &Plan) -> Result<Self, Box<Problem>> {
        let log = disk.open_log(&path).map_err(|error| cannot_open(&path, &error))?;
        let entries = read_journal(log.text(), plan).map_err(|error| unreadable(&path, &error))?;
        let mut journal = Self { path, log, entries };
        if journal.entries.is_empty() {
            journal.write(begun(plan))?;
        }
        Ok(journal)
    }

    /// Writes an entry; it is on the disk when this returns.
    pub fn write(&mut self, entry: Entry) -> Result<(), Box<Problem>> {
        self.log
            .append(&journal_line(&entry))
            .map_err(|error| file_problem("writing the journal", &self.path, &error))?;
        self.entries.push(entry);
        Ok(())
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Which files go with it; `None` where nothing was changed yet.
    pub fn opened(&self) -> Option<Opened> {
        opened(&self.entries)
    }
}

fn opened(entries: &[Entry]) -> Option<Opened> {
    entries.iter().rev().find_map(|entry| match entry {
        Entry::Opened {
            undo_file, key_file, ..
        } => Some(Opened {
            undo_file: undo_file.into(),
            key_file: key_file.as_ref().map(PathBuf::from),
        }),
        _ => None,
    })
}

fn cannot_open(path: &Path, error: &std::io::Error) -> Box<Problem> {
    if error.kind() == std::io::ErrorKind::WouldBlock {
        return Box::new(Problem::new(
            ProblemKind::Io,
            "nothing was changed",
            format!("another bucket-ready works with the journal {}", here(path)),
            Next::say("Wait until it is finished."),
        ));
    }
    file_problem("opening the journal", path, error)
}

fn unreadable(path: &Path, error: &JournalError) -> Box<Problem> {
    Box::new(Problem::new(
        ProblemKind::Io,
        format!("the journal {} can't be gone on with", here(path)),
        error.to_string(),
        Next::say("Take back what was done with its undo file, move the journal away, and plan again."),
    ))
}

/// An apply that did not come to its end.
#[derive(Clone, Debug, PartialEq)]
pub struct Unfinished {
    /// What it applies.
    pub plan: Plan,
    /// Its files.
    pub opened: Opened,
    /// Its journal.
    pub journal: PathBuf,
}

/// The apply for this target and user that was interrupted in a folder, if there is one. Journals that can't be read are
/// passed over: the apply that needs one says what is wrong with it.
pub fn unfinished(disk: &dyn Disk, folder: &Path, target: &Target, user: &str) -> Option<Unfinished> {
    let mut names = disk.names(folder).ok()?;
    names.sort_unstable();
    let start = beginning(&target.bucket);
    names
        .iter()
        .filter(|name| name.starts_with(&start) && name.ends_with(ENDING))
        .find_map(|name| {
            let path = folder.join(name);
            let text = disk.read(&path).ok()??;
            let plan = text.lines().find_map(plan_of)?;
            if plan.target.bucket != target.bucket || plan.target.prefix != target.prefix || plan.user != user
            {
                return None;
            }
            let entries = read_journal(&text, &plan).ok()?;
            let begun = entries.iter().any(|e| matches!(e, Entry::Intent { .. }));
            (begun && !open_changes(&plan, &entries).is_empty()).then_some(())?;
            Some(Unfinished {
                opened: opened(&entries)?,
                plan,
                journal: path,
            })
        })
}

fn plan_of(line: &str) -> Option<Plan> {
    match serde_json::from_str(line).ok()? {
        Entry::Opened { plan, .. } => Some(*plan),
        _ => None,
    }
}

/// Puts a plan's journal away once all that it tells of was taken back: the plan can then be applied afresh.
pub(super) fn retire(disk: &dyn Disk, path: &Path) -> Result<(), Box<Problem>> {
    disk.remove(path)
        .map_err(|error| file_problem("removing the journal", path, &error))
}

/// Whether a journal is there, and in nobody else's hands.
pub(super) fn is_free(disk: &dyn Disk, path: &Path) -> Result<bool, Box<Problem>> {
    let there = disk
        .read(path)
        .map_err(|error| file_problem("reading the journal", path, &error))?
        .is_some();
    if there {
        disk.open_log(path).map_err(|error| cannot_open(path, &error))?;
    }
    Ok(there)
}
