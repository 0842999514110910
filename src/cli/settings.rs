//! `bucket-ready.toml`: which one is read.

use std::{
    env, io,
    path::{Path, PathBuf},
};

use super::{args::GlobalArgs, failure::Failure, small};
use crate::report::config::Config;

const NAME: &str = "bucket-ready.toml";
/// A configuration is a page of text; anything larger is another file.
const MAX_BYTES: u64 = 1 << 20;

/// Reads the configuration: the file of `--config`, else the one in the working folder, else the user's own. With
/// `named_only`, only the first: the practice account uses nothing of the user's surroundings.
///
/// # Errors
/// Exit 4: a named file that can't be read, or a file that is not understood.
pub fn load(global: &GlobalArgs, named_only: bool) -> Result<Config, Failure> {
    if let Some(path) = &global.config {
        return match read(path) {
            Ok(text) => parse(path, &text),
            Err(error) => Err(
                Failure::cannot(format!("{} can't be read: {error}", path.display()))
                    .hint("--config takes the path of a bucket-ready.toml"),
            ),
        };
    }
    if named_only {
        return Ok(Config::default());
    }
    let places = [
        Some(PathBuf::from(NAME)),
        user_folder().map(|folder| folder.join("bucket-ready").join(NAME)),
    ];
    for path in places.into_iter().flatten() {
        match read(&path) {
            Ok(text) => return parse(&path, &text),
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) => {}
            Err(error) => {
                return Err(Failure::cannot(format!(
                    "{} can't be read: {error}",
                    path.display()
                )));
            }
        }
    }
    Ok(Config::default())
}

fn parse(path: &Path, text: &str) -> Result<Config, Failure> {
    Config::parse(text).map_err(|error| Failure::config(&path.to_string_lossy(), error))
}

fn read(path: &Path) -> io::Result<String> {
    small::read(path, MAX_BYTES)
}

/// Where the user's programs keep their configuration.
fn user_folder() -> Option<PathBuf> {
    set("XDG_CONFIG_HOME")
        .filter(|path| path.is_absolute())
        .or_else(|| if cfg!(windows) { set("APPDATA") } else { None })
        .or_else(|| env::home_dir().map(|home| home.join(".config")))
}

/// Where this program keeps what must outlive it and is no configuration: `XDG_STATE_HOME/bucket-ready`, by default
/// `~/.local/state/bucket-ready`. `None` for a user without a home.
pub fn state_folder() -> Option<PathBuf> {
    set("XDG_STATE_HOME")
        .filter(|path| path.is_absolute())
        .or_else(|| if cfg!(windows) { set("LOCALAPPDATA") } else { None })
        .or_else(|| env::home_dir().map(|home| home.join(".local/state")))
        .map(|folder| folder.join("bucket-ready"))
}

fn set(name: &str) -> Option<PathBuf> {
    env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}
