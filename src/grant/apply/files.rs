//! The files that an apply keeps beside its journal: made before the first change, never written over another's.

use std::path::Path;

use super::{Run, Stepped};
use crate::{
    access::plan::{
        apply::{Entry, Observed, undo_file},
        undo::UndoFile,
    },
    grant::{
        account::NewKey,
        keyfile::{self, Found},
        stopped::{file_problem, here, refusal},
    },
};

impl Run<'_> {
    /// Makes the files, or finds those of an earlier run as it left them.
    pub(super) fn prepare(&mut self, observed: &Observed) -> Stepped<()> {
        let disk = &*self.engine.disk;
        if self.is_first {
            // Both places are looked at before either is made.
            for path in [Some(&self.opened.undo_file), self.opened.key_file.as_ref()]
                .into_iter()
                .flatten()
            {
                let there = disk
                    .read(path)
                    .map_err(|error| file_problem("reading", path, &error))?;
                if there.is_some() {
                    let taken = std::io::ErrorKind::AlreadyExists.into();
                    return Err(file_problem("making", path, &taken));
                }
            }
        }
        self.write_opened()?;
        self.write_undo_file()?;
        if self.key_is_open() {
            self.prepare_key_file(observed)?;
        }
        Ok(())
    }

    fn write_opened(&mut self) -> Stepped<()> {
        if self.journal.opened().as_ref() == Some(&self.opened) {
            return Ok(());
        }
        let text = |path: &Path| {
            path.to_str().map(str::to_owned).ok_or_else(|| {
                refusal(
                    "nothing was changed",
                    format!("the name of the file {} is not UTF-8", here(path)),
                    "Name another file: the journal must be able to name it.",
                )
            })
        };
        let entry = Entry::Opened {
            plan: Box::new(self.plan.clone()),
            undo_file: text(&self.opened.undo_file)?,
            key_file: self.opened.key_file.as_deref().map(text).transpose()?,
        };
        self.journal.write(entry)
    }

    pub(super) fn write_undo_file(&self) -> Stepped<()> {
        let (disk, path) = (&*self.engine.disk, &self.opened.undo_file);
        let text = undo_file(self.plan, &self.journal.entries).write();
        let failed = |error| file_problem("writing the undo file", path, &error);
        match disk.read(path).map_err(failed)? {
            // Empty first, then whole at once: a kill leaves no half of it.
            None => {
                disk.create(path, "", false).map_err(failed)?;
                disk.replace(path, &text).map_err(failed)
            }
            Some(there) if there == text => Ok(()),
            Some(there) if there.is_empty() => disk.replace(path, &text).map_err(failed),
            Some(there) => match UndoFile::read(&there) {
                Ok(ours) if ours.plan == self.plan.fingerprint() => disk.replace(path, &text).map_err(failed),
                _ => Err(file_problem(
                    "writing the undo file",
                    path,
                    &std::io::ErrorKind::AlreadyExists.into(),
                )),
            },
        }
    }

    /// Makes the key file, or sees that the one that is there is as an earlier run left it.
    fn prepare_key_file(&self, observed: &Observed) -> Stepped<()> {
        let Some(path) = &self.opened.key_file else {
            return Ok(());
        };
        let disk = &*self.engine.disk;
        let failed = |error| file_problem("making the key file", path, &error);
        let ids = observed.user.as_ref().map_or(&[][..], |u| &u.keys);
        match keyfile::look(disk, path).map_err(failed)? {
            Found::Absent => disk.create(path, "", true).map_err(failed),
            Found::Empty => Ok(()),
            Found::Key(key) if ids.contains(&key.id) => Ok(()),
            Found::Key(_) | Found::Other => Err(refusal(
                "nothing more was changed",
                format!(
                    "the file {} holds something else than the key of this apply",
                    here(path)
                ),
                "Move it away, then run the same command again: a key that was never handed out is made anew.",
            )),
        }
    }

    pub(super) fn key_in_file(&self) -> Stepped<Option<NewKey>> {
        let Some(path) = &self.opened.key_file else {
            return Ok(None);
        };
        match keyfile::look(&*self.engine.disk, path) {
            Ok(Found::Key(key)) => Ok(Some(key)),
            Ok(_) => Ok(None),
            Err(error) => Err(file_problem("reading the key file", path, &error)),
        }
    }
}
