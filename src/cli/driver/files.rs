//! Files that the wizard reads and writes. Nothing is ever overwritten.

use std::{
    fs::OpenOptions,
    io::{self, Write},
    path::Path,
};

use super::{Driver, broken, end_of};
use crate::{
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
            let written = tokio::task::spawn_blocking(move || write_new(Path::new("."), &name, &contents));
            let event = match written.await {
                Ok(Ok(path)) => Event::Saved { path },
                Ok(Err(error)) => Event::NotSaved {
                    problem: Box::new(Problem::new(
                        ProblemKind::Io,
                        "the report was not written",
                        error.to_string(),
                        Next::say("look at the working folder's permissions and free space"),
                    )),
                },
                Err(error) => Event::NotSaved {
                    problem: Box::new(broken(error)),
                },
            };
            let _ = sender.send(Message::Event(event)).await;
        });
    }
}

/// Writes a file under a name that is free: `name.json`, else `name-2.json` and so on. Never over one that is there.
fn write_new(folder: &Path, name: &str, contents: &str) -> io::Result<String> {
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, "json"));
    for number in 1..1000 {
        let name = match number {
            1 => format!("{stem}.{extension}"),
            n => format!("{stem}-{n}.{extension}"),
        };
        let path = folder.join(&name);
        match OpenOptions::new().write(true).create_new(true).open(&path) {
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
        assert_eq!(write_new(folder.path(), "r.json", "one").unwrap(), "r.json");
        assert_eq!(write_new(folder.path(), "r.json", "two").unwrap(), "r-2.json");
        assert_eq!(
            std::fs::read_to_string(folder.path().join("r.json")).unwrap(),
            "one"
        );
        assert_eq!(
            std::fs::read_to_string(folder.path().join("r-2.json")).unwrap(),
            "two"
        );
    }
}
