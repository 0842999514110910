//! Changes to try on the practice account: the mistakes that people make, each made over the account's own HTTP API with
//! an operator's key, by the same SDK that an outsider would use.
//!
//! Every edit says what it did and what to try next. Other people's statements in a policy stay byte for byte.
//!
//! - [`Editor`] makes them; `policies` and `users` are the edits
//! - `wire`: clients, the calls that no cloud has, and problems made of errors

mod policies;
mod users;
mod wire;

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use super::account::{AccessKey, PracticeAccount};
use crate::{
    report::{Problem, ProblemKind},
    rule::Next,
    wizard::practice::{PracticeEdit, PracticeFacts},
};

/// Makes edits on one practice account, as it was when the editor was made.
#[derive(Clone)]
pub struct Editor {
    iam: aws_sdk_iam::Client,
    s3: aws_sdk_s3::Client,
    endpoint: String,
    bucket: &'static str,
    account: &'static str,
    reader_name: &'static str,
    reader_arn: String,
    operator_arn: String,
    /// The key that Statsig holds.
    reader: Option<AccessKey>,
    handed: Arc<Mutex<Option<AccessKey>>>,
    facts: PracticeFacts,
}

impl fmt::Debug for Editor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Editor")
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

type Said = Result<Vec<String>, Problem>;

/// What edits say, line by line.
fn say<const N: usize>(lines: [&str; N]) -> Vec<String> {
    lines.map(str::to_owned).into()
}

/// An edit that has nothing to work on.
fn nothing_to_edit(what: impl Into<String>, next: &str) -> Problem {
    Problem::new(
        ProblemKind::NotFound,
        "the edit was not made",
        what,
        Next::say(next),
    )
}

impl Editor {
    /// An editor of an account as it is now. Make another after users or keys have changed.
    pub fn of(account: &PracticeAccount) -> Self {
        let operator = account.operator_key();
        let of_reader = account.foreign_operator_key().unwrap_or_else(|| operator.clone());
        let endpoint = account.endpoint_url();
        Self {
            iam: wire::iam(&endpoint, &of_reader),
            s3: wire::s3(&endpoint, account.region(), &operator),
            bucket: account.bucket(),
            account: account.account_id(),
            reader_name: account.reader_name(),
            reader_arn: account.reader_arn(),
            operator_arn: account.operator_arn(),
            reader: account.reader(),
            handed: account.handed(),
            facts: facts(account),
            endpoint,
        }
    }

    /// What an outsider needs to use the account with other tools.
    pub fn facts(&self) -> PracticeFacts {
        self.facts.clone()
    }

    /// Makes an edit. Line by line, what was done and what to try next.
    ///
    /// # Errors
    /// There is nothing to edit, or a call was refused.
    pub async fn make(&self, edit: PracticeEdit) -> Result<Vec<String>, Problem> {
        match edit {
            PracticeEdit::Look => Ok(say([
                "This is an account in this process, with an operator who may do everything.",
                "Nothing that you do here leaves this machine.",
            ])),
            PracticeEdit::AddDeny => self.add_deny().await,
            PracticeEdit::DropPrefix => self.drop_prefix().await,
            PracticeEdit::WrongPrincipal => self.wrong_principal().await,
            PracticeEdit::DeleteUser => self.delete_user().await,
            PracticeEdit::DeactivateKey => self.deactivate_key().await,
            PracticeEdit::TooOpen => self.too_open().await,
            PracticeEdit::Encrypt => self.encrypt().await,
            PracticeEdit::Restore => self.restore().await,
            PracticeEdit::Hour => self.pass(3600).await,
            PracticeEdit::Day => self.pass(86_400).await,
        }
    }

    async fn encrypt(&self) -> Said {
        wire::practice(&self.endpoint, self.account, "encrypt").await?;
        Ok(say([
            "The bucket's default encryption is a KMS key of the account now, and the objects under metrics/ are encrypted \
             with it. No policy gives the reader kms:Decrypt on it.",
            "Try: R runs the checks again. Metrics are refused though S3's policies allow them; step 3 Access names the \
             key, and a new plan in step 2 Grant adds kms:Decrypt.",
        ]))
    }

    async fn restore(&self) -> Said {
        wire::practice(&self.endpoint, self.account, "restore").await?;
        *self.handed.lock().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(say([
            "Users, keys, policies and settings are as they were when the account opened; a reader and a key that were \
             granted here since are gone. Objects and the clock stayed.",
            "Try: R runs the checks again.",
        ]))
    }

    async fn pass(&self, seconds: u32) -> Said {
        wire::practice(&self.endpoint, self.account, &format!("clock?seconds={seconds}")).await
    }
}

fn facts(account: &PracticeAccount) -> PracticeFacts {
    use secrecy::ExposeSecret;
    let shown = |who: &str, key: &AccessKey| {
        (
            who.to_owned(),
            key.id.clone(),
            key.secret.expose_secret().to_owned(),
        )
    };
    let operator = account.operator_key();
    let mut keys = vec![shown("operator", &operator)];
    keys.extend(
        account
            .foreign_operator_key()
            .map(|key| shown("operator of the reader's account", &key)),
    );
    keys.extend(account.reader().map(|key| {
        // Those of the scenario are made up and the same each time. One that was made since is as secret as any: it was
        // shown once, and is left out here.
        if key.id == account.reader_key().id {
            shown("reader", &key)
        } else {
            ("reader".to_owned(), key.id, String::new())
        }
    }));
    keys.push((
        "Statsig server secret".to_owned(),
        "statsig-api-key".to_owned(),
        account.statsig_secret().expose_secret().to_owned(),
    ));
    let (endpoint, region) = (account.endpoint_url(), account.region());
    PracticeFacts {
        command: format!(
            "AWS_ACCESS_KEY_ID={} AWS_SECRET_ACCESS_KEY={} AWS_DEFAULT_REGION={region} aws --endpoint-url {endpoint} s3 ls \
             s3://{}/",
            operator.id,
            operator.secret.expose_secret(),
            account.bucket()
        ),
        endpoint,
        region: region.to_owned(),
        keys,
    }
}
