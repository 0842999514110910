//! One change: its call, the look at what it left, and the journal's word of it.

use futures_util::future::BoxFuture;

use super::{Run, Stepped};
use crate::{
    access::plan::{
        ChangeKind, ChangeState, GrantEvent, Secret,
        apply::{Entry, Made, Observed, done},
        build::same_policy,
    },
    grant::{
        account::NewKey,
        keyfile,
        stopped::{file_problem, refusal},
    },
    report::{Problem, ProblemKind},
};

impl Run<'_> {
    /// Makes one change.
    pub(super) async fn make(&mut self, at: usize, intent: Entry) -> Stepped<()> {
        self.journal.write(intent)?;
        self.write_undo_file()?;
        self.tell_change(at, ChangeState::Making).await;
        match self.call_and_record(at).await {
            Ok(()) => {
                self.write_undo_file()?;
                self.changed.push(at);
                self.tell_change(at, ChangeState::Made).await;
                Ok(())
            }
            Err(problem) => {
                let why = problem.to_string();
                // The first failure is the one to tell, even if the journal can't take it.
                let _ = self.journal.write(Entry::Failed {
                    change: at,
                    why: why.clone(),
                });
                self.tell_change(at, ChangeState::Failed(why)).await;
                Err(problem)
            }
        }
    }

    /// The call, the look at what it left, and the journal's word of it.
    async fn call_and_record(&mut self, at: usize) -> Stepped<()> {
        let Some(change) = self.plan.changes.get(at) else {
            return Ok(());
        };
        let account = &*self.engine.account;
        let entry = match &change.kind {
            ChangeKind::CreateUser { user, path } => {
                let called = account.create_user(user, path).await;
                let id = self.answered(at, called.map_err(Box::new))?;
                Entry::Done {
                    change: at,
                    made: Made::User { id },
                }
            }
            ChangeKind::PutUserPolicy { user, name, document } => {
                let called = self.patiently(|| account.put_user_policy(user, name, document));
                let called = called.await;
                self.answered(at, called)?;
                let observed = self.read_back(at, change.before.as_deref(), document).await?;
                done(self.plan, at, &observed, None)
            }
            ChangeKind::PutBucketPolicy { bucket, document } => {
                let called = self.patiently(|| account.put_bucket_policy(bucket, document));
                let called = called.await;
                self.answered(at, called)?;
                let observed = self.read_back(at, change.before.as_deref(), document).await?;
                done(self.plan, at, &observed, None)
            }
            ChangeKind::CreateAccessKey { user, .. } => {
                let called = self.patiently(|| account.create_access_key(user)).await;
                let key = self.answered(at, called)?;
                self.hand_out(at, key).await?
            }
        };
        self.journal.write(entry)
    }

    /// What a change's call came to. A plain no is journaled as such before anything else happens: what is found there
    /// later is somebody else's, and neither gone on with nor taken back.
    fn answered<T>(&mut self, at: usize, called: Stepped<T>) -> Stepped<T> {
        let said_no = matches!(&called, Err(problem) if problem.is_plain_no());
        self.touched |= !said_no;
        if said_no {
            // The refusal is the one to tell, even if a file can't take it.
            let _ = self
                .journal
                .write(Entry::Refused { change: at })
                .and_then(|()| self.write_undo_file());
        }
        called
    }

    /// A call that is made again while AWS does not know our own fresh user yet.
    async fn patiently<'c, T>(&self, call: impl Fn() -> BoxFuture<'c, Result<T, Problem>>) -> Stepped<T> {
        let mut tries = 0;
        let mut did_nothing = true;
        loop {
            let mut problem = match call().await {
                Ok(answer) => return Ok(answer),
                Err(problem) => problem,
            };
            did_nothing &= problem.did_nothing;
            problem.did_nothing = did_nothing;
            // IAM says NoSuchEntity; S3 says MalformedPolicy, "Invalid principal in policy".
            let unknown_yet = self.made_user()
                && (problem.kind == ProblemKind::NotFound
                    || matches!(
                        problem.error_code.as_deref(),
                        Some("NoSuchEntity" | "MalformedPolicy")
                    ));
            if !unknown_yet || !self.engine.patience(&mut tries, &problem.to_string()).await {
                return Err(Box::new(problem));
            }
        }
    }

    fn made_user(&self) -> bool {
        self.journal.entries.iter().any(|e| {
            matches!(
                e,
                Entry::Done {
                    made: Made::User { .. },
                    ..
                }
            )
        })
    }

    /// Reads a policy back until it is the one that was put. S3 has no conditional put of a policy: if somebody else put
    /// one in the same moment, this is where it shows.
    async fn read_back(&self, at: usize, before: Option<&str>, put: &str) -> Stepped<Observed> {
        let is_bucket = matches!(
            self.plan.changes.get(at).map(|c| &c.kind),
            Some(ChangeKind::PutBucketPolicy { .. })
        );
        let what = match is_bucket {
            true => "the bucket policy",
            false => "the user policy",
        };
        let mut tries = 0;
        loop {
            let observed = self.observe_patiently(&mut tries).await?;
            let now = match is_bucket {
                true => observed.bucket_policy.as_deref(),
                false => observed.user.as_ref().and_then(|u| u.policy.as_deref()),
            };
            if now.is_some_and(|now| same_policy(now, put)) {
                return Ok(observed);
            }
            let is_former = now == before;
            if is_former
                && self
                    .engine
                    .patience(&mut tries, &format!("{what} is not there yet"))
                    .await
            {
                continue;
            }
            return Err(refusal(
                format!("{what} was put, and another one was read back"),
                match is_former {
                    true => "after half a minute it is still the former one",
                    false => "somebody else has put one in the same moment",
                },
                "Look at the policy, then run the same command again; the undo file takes out what is ours.",
            ));
        }
    }

    /// Gives the secret where it belongs. If that fails the key is deleted at once: nobody has it.
    async fn hand_out(&mut self, at: usize, key: NewKey) -> Stepped<Entry> {
        let handed = match &self.opened.key_file {
            Some(path) => keyfile::fill(&*self.engine.disk, path, &self.plan.user, &key)
                .map_err(|error| file_problem("writing the key file", path, &error)),
            None => {
                let event = GrantEvent::Key {
                    id: key.id.clone(),
                    secret: Secret::new(key.secret.clone()),
                };
                let told = self.engine.events.send(event).await;
                told.map_err(|_| {
                    refusal(
                        "the new key was not shown",
                        "nobody listens any more",
                        "Run it again.",
                    )
                })
            }
        };
        if let Err(problem) = handed {
            self.journal.write(Entry::Discarding { id: key.id.clone() })?;
            self.discard(&key.id).await?;
            return Err(problem);
        }
        let entry = done(self.plan, at, &Observed::default(), Some(&key.id));
        self.key = Some(key);
        Ok(entry)
    }

    /// Deletes a key that was never handed out.
    pub(super) async fn discard(&mut self, id: &str) -> Stepped<()> {
        self.touched = true;
        match self.engine.account.delete_access_key(&self.plan.user, id).await {
            Ok(()) => {}
            // Gone is what was wanted.
            Err(problem) if problem.kind == ProblemKind::NotFound => {}
            Err(problem) => return Err(Box::new(problem)),
        }
        let last4 = last_four(id);
        self.engine.tell(GrantEvent::Discarded { last4 }).await;
        // Until it is no longer listed, the next look would ask for it to be deleted again.
        let mut tries = 0;
        loop {
            let listed = self
                .observe()
                .await?
                .user
                .is_some_and(|u| u.keys.iter().any(|k| k == id));
            if !listed
                || !self
                    .engine
                    .patience(&mut tries, "the deleted key is still listed")
                    .await
            {
                return Ok(());
            }
        }
    }
}

fn last_four(id: &str) -> String {
    let start = id.char_indices().rev().nth(3).map_or(0, |(at, _)| at);
    id.get(start..).unwrap_or_default().to_owned()
}
