//! What applying and undoing tell while they go on. No secret is in any of it but [`GrantEvent::Key`], which is for the
//! screen alone and has no way into a file.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use super::{
    Inspected, Plan,
    apply::Drift,
    undo::{UndoFile, UndoPlan},
};

/// A secret on its way to the screen. It has no readable `Debug` and is wiped when dropped.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes a secret in.
    pub fn new(secret: SecretString) -> Self {
        Self(secret)
    }

    /// The text itself: to draw it, copy it or write it to a file of mode 0600.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for Secret {}

/// How far a change is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeState {
    /// Its call is under way.
    Making,
    /// It was made.
    Made,
    /// It was found to be there already: made by an earlier run, or by somebody else.
    Found,
    /// It failed, and nothing after it was tried.
    Failed(String),
}

/// One step of inspecting, applying or undoing, in the order in which it happened.
#[derive(Clone, Debug, PartialEq)]
pub enum GrantEvent {
    /// User and bucket were looked at.
    Inspected(Box<Inspected>),
    /// A plan was made of it.
    Planned(Box<Plan>),
    /// The undo file, which is written before the first change.
    UndoFile {
        /// Where, as a person would type it.
        path: String,
    },
    /// A change, by its place in the plan.
    Change {
        /// Its place.
        index: usize,
        /// How far it is.
        state: ChangeState,
    },
    /// What the plan would change has changed: nothing (more) was done.
    Refused(Vec<Drift>),
    /// A key of an interrupted run that was never handed out was deleted.
    Discarded {
        /// The last four characters of its id.
        last4: String,
    },
    /// The new key.
    Key {
        /// Its id.
        id: String,
        /// Its secret.
        secret: Secret,
    },
    /// AWS does not agree with itself yet.
    Waiting {
        /// Seconds since the last change.
        elapsed: u64,
        /// Seconds after which waiting ends.
        deadline: u64,
        /// Answers in a row that were as they should be.
        in_a_row: u32,
        /// The last refusal.
        last_error: Option<String>,
    },
    /// What the new key was seen to do, or why that could not be seen.
    Verified {
        /// Whether listing and reading worked.
        works: bool,
        /// In words.
        say: String,
    },
    /// An undo file was read, before anything is said of what it would take back.
    UndoRead(Box<UndoFile>),
    /// One thing was taken back.
    Undone {
        /// In words.
        say: String,
    },
    /// What is left to take back, and what stays.
    UndoPlanned(UndoPlan),
    /// All that was asked for is done. Always the last, unless the run failed.
    Finished,
}
