//! A secret from a file, the environment or a prompt: never from an argument, which every process of the machine can see.

use std::{
    env,
    io::{self, IsTerminal, Write},
    path::Path,
};

use ratatui::crossterm::{
    event::{self, Event, KeyCode, KeyEventKind, KeyModifiers},
    terminal,
};
use secrecy::{SecretString, zeroize::Zeroize};

use super::{failure::Failure, small};
use crate::report::escape;

/// A secret is a line; a file larger than this is another file.
const MAX_BYTES: u64 = 64 << 10;
/// Nobody types more.
const MAX_TYPED: usize = 4096;

/// The secret in a file, as it stands there.
///
/// # Errors
/// Exit 4: the file can't be read. Its content is never quoted.
pub fn from_file(path: &Path) -> Result<SecretString, Failure> {
    let shown = escape(&path.to_string_lossy()).into_owned();
    small::read(path, MAX_BYTES)
        .map(SecretString::from)
        .map_err(|error| {
            Failure::cannot(format!("the key file {shown} can't be read: {error}"))
                .hint("--statsig-key-file takes a file that holds the server secret and nothing else")
        })
}

/// The secret in an environment variable; `None` where it is not set, or empty.
///
/// # Errors
/// Exit 4: it is set to what is no text.
pub fn from_environment(name: &str) -> Result<Option<SecretString>, Failure> {
    match env::var(name) {
        Ok(text) if text.is_empty() => Ok(None),
        Ok(text) => Ok(Some(SecretString::from(text))),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => {
            Err(Failure::cannot(format!("{name} is set to what is no text")))
        }
    }
}

/// Whether someone can be asked.
pub fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks for a secret on the terminal, without showing what is typed. `None` when it is cancelled by Esc or Ctrl-C.
///
/// # Errors
/// Exit 4: the terminal can't be used.
pub fn ask(question: &str) -> Result<Option<SecretString>, Failure> {
    let failed = |error: io::Error| Failure::cannot(format!("the terminal can't be used: {error}"));
    let mut out = io::stderr();
    // The echo goes off before the question is seen: whoever answers at once must not be shown either.
    let raw = Raw::enter().map_err(failed)?;
    write!(out, "{question}: ")
        .and_then(|()| out.flush())
        .map_err(failed)?;
    let typed = typed();
    drop(raw);
    writeln!(out).map_err(failed)?;
    typed.map_err(failed)
}

fn typed() -> io::Result<Option<SecretString>> {
    let mut text = Typed(String::with_capacity(MAX_TYPED));
    loop {
        let key = match event::read()? {
            Event::Paste(pasted) => {
                text.push(&pasted);
                continue;
            }
            Event::Key(key) if key.kind != KeyEventKind::Release => key,
            _ => continue,
        };
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Enter => return Ok(Some(SecretString::from(text.0.as_str()))),
            KeyCode::Char('j' | 'm') if control => return Ok(Some(SecretString::from(text.0.as_str()))),
            KeyCode::Esc => return Ok(None),
            KeyCode::Char('c' | 'd') if control => return Ok(None),
            KeyCode::Char('u') if control => text.0.zeroize(),
            KeyCode::Backspace => {
                text.0.pop();
            }
            KeyCode::Char(c) if !control => text.push(c.encode_utf8(&mut [0; 4])),
            _ => {}
        }
    }
}

/// Text that was typed. Its room is made once, so that no copy of it is left behind, and is wiped at the end.
struct Typed(String);

impl Typed {
    fn push(&mut self, more: &str) {
        if self.0.len() + more.len() <= MAX_TYPED {
            self.0.push_str(more);
        }
    }
}

impl Drop for Typed {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// The terminal without echo, given back on drop.
struct Raw;

impl Raw {
    fn enter() -> io::Result<Self> {
        terminal::enable_raw_mode()?;
        Ok(Self)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        let _ = terminal::disable_raw_mode();
    }
}
