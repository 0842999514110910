//! The practice account's overlay: its endpoint and keys, edits to try, and its clock. Only on a `demo:` target.

use super::{event::Effect, state::Wizard};
use crate::report::Problem;

/// A change to the practice account. Each goes over its own HTTP API, as an outsider's would.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PracticeEdit {
    /// Tell what there is: endpoint, keys, which edits make sense.
    Look,
    /// Add a Deny to the bucket policy.
    AddDeny,
    /// Leave `signals/` out of the lists' prefix condition.
    DropPrefix,
    /// Put a wrong account into the bucket policy's principal.
    WrongPrincipal,
    /// Delete the reader's user, keys and policies.
    DeleteUser,
    /// Deactivate the reader's key.
    DeactivateKey,
    /// Attach AdministratorAccess to the reader.
    TooOpen,
    /// Encrypt the metrics with a KMS key that the reader may not use.
    Encrypt,
    /// Put everything back as it was when the account opened.
    Restore,
    /// Move the account's clock on by an hour.
    Hour,
    /// Move the account's clock on by a day.
    Day,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub enum PracticeEvent {
    /// What there is.
    Facts(Box<PracticeFacts>),
    /// An edit was made.
    Did {
        /// Which.
        edit: PracticeEdit,
        /// In words; for the clock: what was ingested meanwhile, and what was lost.
        say: Vec<String>,
    },
    /// An edit could not be made.
    Failed {
        /// Which.
        edit: PracticeEdit,
        /// Why.
        problem: Box<Problem>,
    },
}

/// What an outsider needs to use the account with other tools. The secrets are made up and practise nothing but this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PracticeFacts {
    /// `http://127.0.0.1:41234`
    pub endpoint: String,
    /// The region to sign for.
    pub region: String,
    /// Who is who: a name, a key id, a secret; that of a key which was made since the account opened is left empty.
    pub keys: Vec<(String, String, String)>,
    /// A line to paste into a shell: the AWS CLI as the operator.
    pub command: String,
}

/// What the wizard knows of the practice account.
#[derive(Clone, Debug, Default)]
pub struct Practice {
    /// What there is, once told.
    pub facts: Option<Box<PracticeFacts>>,
}

impl Wizard {
    /// Takes in what came of an edit.
    pub(super) fn practised(&mut self, event: PracticeEvent) -> Vec<Effect> {
        if let PracticeEvent::Facts(facts) = event {
            self.practice.facts = Some(facts);
        }
        Vec::new()
    }

    /// Opens the overlay.
    pub(super) fn act_on_practice(&mut self) -> Vec<Effect> {
        Vec::new()
    }
}
