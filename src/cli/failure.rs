//! Errors of the command line: what failed, an exit code, and hints on what to do.

use std::fmt;

use crate::{
    demo::DemoError,
    report::{Problem, config::ConfigError, escape},
};

/// Wrong usage.
pub const USAGE: u8 = 2;
/// The tool could not do it.
pub const CANNOT: u8 = 4;

/// Why a command ends without its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The exit code.
    pub code: u8,
    /// What failed, and why.
    pub what: String,
    /// What to do about it, each on a line of its own.
    pub hints: Vec<String>,
}

impl Failure {
    /// The command was called wrongly: exit 2.
    pub fn usage(what: impl Into<String>) -> Self {
        Self {
            code: USAGE,
            what: what.into(),
            hints: Vec::new(),
        }
    }

    /// The tool could not do it, and there is no report: exit 4.
    pub fn cannot(what: impl Into<String>) -> Self {
        Self {
            code: CANNOT,
            what: what.into(),
            hints: Vec::new(),
        }
    }

    /// With a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// With a hint where there is one.
    #[must_use]
    pub fn maybe_hint(mut self, hint: Option<String>) -> Self {
        self.hints.extend(hint);
        self
    }

    /// A configuration file that can't be used.
    pub fn config(path: &str, error: ConfigError) -> Self {
        Self::cannot(format!("{}, line {}: {}", escape(path), error.line, error.what)).maybe_hint(error.hint)
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        let mut failure = Self::cannot(format!("{}: {}", problem.what, problem.cause));
        if !problem.next.say.is_empty() {
            failure = failure.hint(problem.next.say);
        }
        failure.maybe_hint(problem.next.command)
    }
}

impl From<DemoError> for Failure {
    fn from(error: DemoError) -> Self {
        match &error {
            DemoError::UnknownScenario { name, nearest } => {
                Self::cannot(format!("there is no practice scenario named {name:?}")).hint(match nearest {
                    Some(near) => format!("did you mean demo:{near}?"),
                    None => "`bucket-ready demo --list` names the scenarios".to_owned(),
                })
            }
            DemoError::Start(_) => Self::cannot(error.to_string())
                .hint("try again; the practice account needs a free port on 127.0.0.1"),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", escape(&self.what))?;
        if !self.hints.is_empty() {
            f.write_str("\n")?;
        }
        self.hints
            .iter()
            .try_for_each(|hint| write!(f, "\nhint: {}", escape(hint)))
    }
}

impl std::error::Error for Failure {}
