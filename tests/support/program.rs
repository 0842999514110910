//! The program as its users run it, and what it said.

// Each of the tests that share this uses a part of it.
#![allow(dead_code)]

use std::{
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::Value;

/// The program in a folder of its own, without anything of the user's surroundings.
pub fn program(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bucket-ready"));
    command
        .current_dir(home)
        .env_clear()
        .env("HOME", home)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .stdin(Stdio::null());
    command
}

/// What it said, and how it ended.
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

pub fn ran(output: Output) -> Ran {
    Ran {
        code: output.status.code().expect("ended by itself"),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Ran {
    /// All that was said, for messages.
    pub fn all(&self) -> String {
        format!("exit {}\n{}\n--\n{}", self.code, self.out, self.err)
    }

    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}", self.all());
        self
    }

    /// However its lines are broken.
    pub fn says(self, what: &str) -> Self {
        let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            flat(&self.all()).contains(&flat(what)),
            "{what:?} is not said:\n{}",
            self.all()
        );
        self
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}\n{}", self.all()))
    }
}
