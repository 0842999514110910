//! Where results and messages go: stdout for the result, stderr for everything else, `--out` for a file.

use std::{
    fs,
    io::{self, IsTerminal, Read, Write},
    path::{Path, PathBuf},
    sync::Mutex,
};

use super::{args::ColorChoice, failure::Failure};
use crate::report::{escape, render::Style};

/// The process's output, and how it may be used.
#[derive(Debug)]
pub struct Console {
    choice: ColorChoice,
    plain: bool,
    /// Whether a progress line stands on stderr and must be cleared before anything else is written.
    line: Mutex<bool>,
}

/// What came of writing a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// All of it.
    Whole,
    /// Whoever read it has gone, as `head` does. That is no error.
    ReaderGone,
}

impl Console {
    /// The process's output.
    pub fn new(choice: ColorChoice, plain: bool) -> Self {
        Self {
            choice,
            plain,
            line: Mutex::new(false),
        }
    }

    /// How text on stdout is set.
    pub fn stdout_style(&self) -> Style {
        let terminal = io::stdout().is_terminal();
        Style {
            color: self.colors(terminal),
            width: width(terminal),
        }
    }

    /// How text in a file is set: without colour unless it is asked for.
    pub fn file_style(&self) -> Style {
        Style {
            color: self.choice == ColorChoice::Always,
            ..Style::default()
        }
    }

    fn colors(&self, terminal: bool) -> bool {
        match self.choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => {
                let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
                let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
                terminal && !set("NO_COLOR") && !(dumb && io::stdout().is_terminal())
            }
        }
    }

    /// Whether a screen printed as ANSI sequences has colours: asked for by its form, unless NO_COLOR or `--color never`
    /// says otherwise.
    pub fn ansi_colours(&self) -> bool {
        self.choice == ColorChoice::Always || self.colors(true)
    }

    /// Whether a line that repaints itself may be shown on stderr.
    pub fn can_repaint(&self) -> bool {
        !self.plain && io::stderr().is_terminal()
    }

    /// Writes a result to stdout.
    ///
    /// # Errors
    /// Anything but a reader that has gone, such as a full disk behind a redirection.
    pub fn result(&self, text: &str) -> Result<Written, Failure> {
        self.clear();
        let mut out = io::stdout().lock();
        gone_is_fine(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
            .map_err(|error| Failure::cannot(format!("the result could not be written to stdout: {error}")))
    }

    /// Tells an error on stderr.
    pub fn tell(&self, failure: &Failure) {
        self.error(&failure.to_string());
    }

    /// Tells what is wrong with the arguments on stderr. They are quoted as they came, from a script perhaps, but for a
    /// name and password in a URL.
    pub fn tell_mistake(&self, text: &str) {
        let text = without_userinfo(text.trim_end());
        let lines: Vec<_> = text.lines().map(escape).collect();
        self.error(&lines.join("\n"));
    }

    fn error(&self, text: &str) {
        match text.strip_prefix("error:") {
            Some(rest) if self.colors(io::stderr().is_terminal()) => {
                self.stderr(&format!("\u{1b}[31;1merror:\u{1b}[0m{rest}"));
            }
            _ => self.stderr(text),
        }
    }

    /// Tells a fact on stderr.
    pub fn note(&self, text: &str) {
        self.stderr(&escape(text));
    }

    /// Repaints the progress line on stderr, if one may be shown.
    pub fn progress(&self, text: &str) {
        if !self.can_repaint() {
            return;
        }
        let columns = width(true);
        let shown: String = escape(text).chars().take(columns.saturating_sub(1)).collect();
        let _ = write!(io::stderr().lock(), "\r\u{1b}[K{shown}");
        self.set_line(true);
    }

    /// Takes the progress line away.
    pub fn clear(&self) {
        if self.set_line(false) {
            let _ = write!(io::stderr().lock(), "\r\u{1b}[K");
        }
    }

    fn stderr(&self, text: &str) {
        self.clear();
        // If stderr is gone, there is nobody to tell.
        let _ = writeln!(io::stderr().lock(), "{text}");
    }

    /// Says whether a progress line stands, and whether one stood.
    fn set_line(&self, stands: bool) -> bool {
        match self.line.lock() {
            Ok(mut line) => std::mem::replace(&mut line, stands),
            Err(_) => false,
        }
    }
}

/// Columns of the terminal, at most 120 so that lines stay readable; 100 off a terminal.
fn width(terminal: bool) -> usize {
    if !terminal {
        return Style::default().width;
    }
    match ratatui::crossterm::terminal::size() {
        Ok((columns, _)) if columns > 0 => usize::from(columns).clamp(40, 120),
        _ => 80,
    }
}

fn gone_is_fine(written: io::Result<()>) -> io::Result<Written> {
    match written {
        Ok(()) => Ok(Written::Whole),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Written::ReaderGone),
        Err(error) => Err(error),
    }
}

/// A file that `--out` names. It is written beside its place and moved there when it is whole, so that nobody ever reads
/// half a report. It replaces an earlier report of bucket-ready's, but no other file.
#[derive(Debug)]
pub struct OutFile {
    path: PathBuf,
    /// `None` where the path is no ordinary file, such as `/dev/null` or a pipe: it is then written as it is.
    beside: Option<PathBuf>,
    file: fs::File,
}

impl OutFile {
    /// Makes ready to write; nothing is at the place before [`OutFile::finish`]. Done before the work begins, so that
    /// a mistake is told at once.
    ///
    /// # Errors
    /// A place that can't be written, or holds something that is no report.
    pub fn create(path: &Path) -> Result<Self, Failure> {
        let shown = escape(&path.to_string_lossy()).into_owned();
        let failed = |error: io::Error| Failure::cannot(format!("{shown} can't be written: {error}"));
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => {
                return Err(Failure::cannot(format!("{shown} is a folder"))
                    .hint(format!("name a file in it: --out {shown}/report.json")));
            }
            Ok(found) if !found.is_file() => {
                let file = fs::OpenOptions::new().write(true).open(path).map_err(failed)?;
                return Ok(Self {
                    path: path.to_owned(),
                    beside: None,
                    file,
                });
            }
            Ok(_) if !is_ours(path).map_err(failed)? => {
                return Err(Failure::cannot(format!(
                    "{shown} is there already and is not a report of bucket-ready's: it was left as it is"
                ))
                .hint("name another file, or remove this one first"));
            }
            _ => {}
        }
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let Some(name) = name else {
            return Err(Failure::cannot(format!("{shown} is not the name of a file")));
        };
        let beside = path.with_file_name(format!(".{name}.{}.part", std::process::id()));
        let file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&beside)
            .map_err(failed)?;
        Ok(Self {
            path: path.to_owned(),
            beside: Some(beside),
            file,
        })
    }

    /// Writes a piece.
    ///
    /// # Errors
    /// A full disk and the like.
    pub fn write(&mut self, text: &str) -> Result<(), Failure> {
        self.file
            .write_all(text.as_bytes())
            .map_err(|error| Failure::cannot(format!("{} can't be written: {error}", self.shown())))
    }

    /// Moves the whole file to its place.
    ///
    /// # Errors
    /// A full disk and the like.
    pub fn finish(mut self) -> Result<(), Failure> {
        let moved = match self.beside.take() {
            Some(beside) => self
                .file
                .sync_all()
                .and_then(|()| fs::rename(&beside, &self.path))
                .inspect_err(|_| {
                    let _ = fs::remove_file(&beside);
                }),
            None => self.file.flush(),
        };
        moved.map_err(|error| Failure::cannot(format!("{} can't be written: {error}", self.shown())))
    }

    /// The path, fit to be shown.
    pub fn shown(&self) -> String {
        escape(&self.path.to_string_lossy()).into_owned()
    }
}

impl Drop for OutFile {
    fn drop(&mut self) {
        // Not finished: nothing of it stays.
        if let Some(beside) = &self.beside {
            let _ = fs::remove_file(beside);
        }
    }
}

/// Whether a file is empty, or begins like something that this command writes.
fn is_ours(path: &Path) -> io::Result<bool> {
    let mut head = Vec::new();
    fs::File::open(path)?.take(4096).read_to_end(&mut head)?;
    let head = String::from_utf8_lossy(&head);
    // A coloured text begins by making its first line bold.
    let text = head.trim_start().trim_start_matches("\u{1b}[1m");
    let by_us = text.contains("\"name\": \"bucket-ready\"") || text.contains("\"name\":\"bucket-ready\"");
    let json = text.starts_with('{') && by_us && text.contains("\"schema_version\"");
    let jsonl = text.starts_with("{\"event\":\"started\"") && by_us;
    let version = text.strip_prefix("bucket-ready ").or_else(|| {
        let (_, after) = text.lines().nth(1)?.split_once(" · bucket-ready ")?;
        Some(after)
    });
    let words = version.is_some_and(|version| version.starts_with(|c: char| c.is_ascii_digit()));
    Ok(text.is_empty() || json || jsonl || words)
}

/// A text with `…` for what stands before the `@` of each URL in it.
fn without_userinfo(text: &str) -> String {
    let mut pieces = text.split("://");
    let mut told = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        told.push_str("://");
        // Wherever a password ends: it may hold a slash.
        let (url, _) = piece.split_at(piece.find(char::is_whitespace).unwrap_or(piece.len()));
        match url.rfind('@') {
            Some(at) => {
                told.push('…');
                told.push_str(piece.split_at(at).1);
            }
            None => told.push_str(piece),
        }
    }
    told
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::report::{
        Report, Tool,
        render::{json, short, text},
    };

    #[test]
    fn an_earlier_report_is_replaced_and_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        let report = Report {
            schema_version: "1".into(),
            tool: Tool::this(),
            target: crate::report::Target::Folder {
                path: "data".into(),
                prefix: String::new(),
            },
            ..Report::default()
        };
        let ours = [
            json::json(&report),
            text::text(&report, Style::default()),
            short::short(&report),
            String::new(),
        ];
        for text in ours {
            fs::write(&path, text).unwrap();
            let mut out = OutFile::create(&path).unwrap();
            out.write("new").unwrap();
            out.finish().unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        }
        for text in [
            "precious",
            "name = \"bucket-ready\"",
            "{\"name\": \"bucket-ready\"}",
            "\u{0}PAR1",
        ] {
            fs::write(&path, text).unwrap();
            assert_eq!(OutFile::create(&path).unwrap_err().code, 4);
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_run_that_ends_early_leaves_the_earlier_report_and_no_leftovers() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.json");
        fs::write(&path, "").unwrap();
        let mut out = OutFile::create(&path).unwrap();
        out.write("half").unwrap();
        drop(out);
        assert_eq!(fs::read_to_string(&path).unwrap(), "");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
