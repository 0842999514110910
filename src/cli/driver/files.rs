//! Files that the wizard reads and writes. Nothing is ever overwritten.

use std::{
    fs::OpenOptions,
    io::{self, Write},
    path::Path,
};

use super::{Driver, broken, end_of};
use crate::{
    access::plan::Secret,
    cli::{command::read_report, failure::Failure},
    report::{Problem, ProblemKind},
    rule::Next,
    tui::Message,
    wizard::{Event, RunId},
};

impl Driver {
    pub(super) fn open(&mut self, run: RunId, path: String) {
        let sender = self.sender.clone();
        tokio::spawn(async move {
            let read = tokio::task::spawn_blocking(move || {
                if path == "-" {
                    return Err(Failure::cannot("the wizard itself reads standard input").hint("name a file"));
                }
                let report = Box::new(read_report(Path::new(&path))?);
                Ok(Event::Opened { run, report })
            });
            let event = end_of(run, read.await);
            let _ = sender.send(Message::Event(event)).await;
        });
    }

    pub(super) fn save(&mut self, name: String, contents: String) {
        let sender = self.sender.clone();
        tokio::spawn(async move {
            let written = tokio::task::spawn_blocking(move || {
                write_new(Path::new("."), &name, &contents, For::Anybody)
            });
            let event = told(written.await, |path| Event::Saved { path });
            let _ = sender.send(Message::Event(event)).await;
        });
    }

    /// Writes a file that only its owner may read.
    pub(super) fn save_secret(&mut self, name: String, contents: Secret) {
        let sender = self.sender.clone();
        tokio::spawn(async move {
            let written = tokio::task::spawn_blocking(move || {
                write_new(Path::new("."), &name, contents.expose(), For::TheOwner)
            });
            let event = told(written.await, |path| Event::SecretSaved { path });
            let _ = sender.send(Message::Event(event)).await;
        });
    }
}

/// How a write is told.
fn told(
    written: Result<io::Result<String>, tokio::task::JoinError>,
    saved: impl FnOnce(String) -> Event,
) -> Event {
    let problem = match written {
        Ok(Ok(path)) => return saved(path),
        Ok(Err(error)) => Problem::new(
            ProblemKind::Io,
            "the file was not written",
            error.to_string(),
            Next::say("look at the working folder's permissions and free space"),
        ),
        Err(error) => broken(error),
    };
    Event::NotSaved {
        problem: Box::new(problem),
    }
}

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum For {
    /// Whoever the user's own settings let.
    Anybody,
    /// Its owner alone: mode 0600 from the moment on that it is there.
    TheOwner,
}

/// Writes a file under a name that is free: `name.json`, else `name-2.json` and so on. Never over one that is there.
fn write_new(folder: &Path, name: &str, contents: &str, reader: For) -> io::Result<String> {
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, "json"));
    for number in 1..1000 {
        let name = match number {
            1 => format!("{stem}.{extension}"),
            n => format!("{stem}-{n}.{extension}"),
        };
        let path = folder.join(&name);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        if reader == For::TheOwner {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        #[cfg(not(unix))]
        let _ = reader; // Elsewhere the folder's own rights decide.
        match options.open(&path) {
            Ok(mut file) => {
                file.write_all(contents.as_bytes())?;
                file.sync_all()?;
                return Ok(name);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::new(
        io::ErrorKind::AlreadyExists,
        format!("{stem}.{extension} and all names after it are taken"),
    ))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn an_export_never_replaces_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let write = |contents| write_new(folder.path(), "r.json", contents, For::Anybody).unwrap();
        assert_eq!(write("one"), "r.json");
        assert_eq!(write("two"), "r-2.json");
        assert_eq!(
            std::fs::read_to_string(folder.path().join("r.json")).unwrap(),
            "one"
        );
        assert_eq!(
            std::fs::read_to_string(folder.path().join("r-2.json")).unwrap(),
            "two"
        );
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_read_a_file_with_a_secret() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let name = write_new(folder.path(), "key.json", "{}", For::TheOwner).unwrap();
        let mode = std::fs::metadata(folder.path().join(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
