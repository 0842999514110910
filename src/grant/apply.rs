//! Applies exactly one plan: asks [`next_step`], writes the journal, makes the call, reads back, writes the journal.
//!
//! ```text
//! observe -> next_step -> journal: Intent -> undo file -> call -> read back -> journal: Done -> undo file -> again
//!                                   for a key:            call -> key file -> journal: Done
//! ```
//!
//! Whatever cuts it off, the same command goes on from the journal; and the undo file, which is written first, takes back
//! all that may have been done. It never stops by itself between a call and the journal's word of it.
//!
//! - `make`: one change, its call, and what it left
//! - `files`: the undo file and the key file

mod files;
mod make;

use std::path::PathBuf;

use super::{
    account::{Look, NewKey},
    engine::Engine,
    journal::{self, Journal, Opened},
    keyfile::{self, Found, KeyPlace},
    stopped::{
        Applied, HandedOut, Stopped, Verdict, blocked, cancelled, drifted, file_problem, here, refusal,
    },
};
use crate::{
    access::{
        Plan,
        plan::{
            ChangeKind, ChangeState, GrantEvent,
            apply::{Entry, Made, Observed, Step, next_step, open_changes},
        },
    },
    report::{Problem, ProblemKind},
};

/// Where an apply keeps its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// The folder for the journal: the working folder.
    pub folder: PathBuf,
    /// The undo file, which must not be there yet. An apply that goes on keeps to the one that it began with.
    pub undo_file: PathBuf,
    /// Where the new key's secret goes; a plan that makes a key needs one.
    pub key: Option<KeyPlace>,
}

/// What stops a step. Boxed, since it is large and rare.
type Stepped<T> = Result<T, Box<Problem>>;

impl Engine {
    /// Applies a plan, or goes on with it where it was interrupted. A plan that was applied is found to be so, and
    /// nothing is changed.
    ///
    /// # Errors
    /// The first thing that failed or was refused, with what was done until then and what was not.
    pub async fn apply(&self, plan: &Plan, places: &Places) -> Result<Applied, Stopped> {
        self.apply_knowing(plan, places, None).await
    }

    /// [`Engine::apply`] where a key of the reader's is known: a plan that makes none is proven with it.
    ///
    /// # Errors
    /// As there.
    pub async fn apply_knowing(
        &self,
        plan: &Plan,
        places: &Places,
        known: Option<NewKey>,
    ) -> Result<Applied, Stopped> {
        let refuse = Stopped::before_any_change;
        if let Some(concern) = plan.blocking().next() {
            return Err(refuse(blocked(concern)));
        }
        if plan.is_satisfied() {
            self.tell(GrantEvent::Finished).await;
            return Ok(nothing_to_do());
        }
        let path = journal::path_of(&places.folder, &plan.target.bucket, &plan.fingerprint());
        let journal = Journal::open(&*self.disk, path, plan).map_err(refuse)?;
        let mut run = Run::new(self, plan, journal, places);
        run.known = known;
        let ended = run.through(places).await;
        match ended {
            Ok(verdict) => {
                self.tell(GrantEvent::Finished).await;
                Ok(run.applied(verdict))
            }
            Err(why) => Err(run.stopped(why)),
        }
    }
}

fn nothing_to_do() -> Applied {
    Applied {
        changed: Vec::new(),
        found: Vec::new(),
        undo_file: None,
        key: None,
        verdict: Verdict::NothingChanged,
    }
}

struct Run<'r> {
    engine: &'r Engine,
    plan: &'r Plan,
    journal: Journal,
    opened: Opened,
    /// Whether this run began the journal's work; then it may put everything away that it made in vain.
    is_first: bool,
    /// Whether a call was made of which it is not certain that it changed nothing.
    touched: bool,
    /// The changes that this run made.
    changed: Vec<usize>,
    /// The new key, while its secret is known.
    key: Option<NewKey>,
    /// A key that the caller knows, perhaps of the plan's user.
    known: Option<NewKey>,
}

impl<'r> Run<'r> {
    fn new(engine: &'r Engine, plan: &'r Plan, journal: Journal, places: &Places) -> Self {
        let known = journal.opened();
        let key_file = match &places.key {
            Some(KeyPlace::File(path)) => Some(path.clone()),
            _ => None,
        };
        Self {
            engine,
            plan,
            is_first: known.is_none(),
            opened: known.unwrap_or(Opened {
                undo_file: places.undo_file.clone(),
                key_file,
            }),
            journal,
            touched: false,
            changed: Vec::new(),
            key: None,
            known: None,
        }
    }

    /// All of it, from the preparations to the proof.
    async fn through(&mut self, places: &Places) -> Stepped<Verdict> {
        self.settle_key_place(places)?;
        // Before any file is made: what has changed since the plan was made ends it here.
        let observed = self.observe().await?;
        if self.is_first
            && let Step::Refuse(drift) = next_step(self.plan, &self.journal.entries, &observed)
        {
            self.engine.tell(GrantEvent::Refused(drift.clone())).await;
            return Err(drifted(&drift, false));
        }
        self.prepare(&observed)?;
        self.tell_undo_file().await;
        self.tell_what_is_done().await;
        self.all_steps().await?;
        if self.changed.is_empty() {
            return Ok(Verdict::NothingChanged);
        }
        let verdict = self.prove().await?;
        // A key of a cut-off try may have shown itself meanwhile.
        self.all_steps().await?;
        let (works, say) = match &verdict {
            Verdict::Works(say) => (true, say.clone()),
            Verdict::Refused(say) | Verdict::Unseen(say) => (false, say.clone()),
            Verdict::NothingChanged => return Ok(verdict),
        };
        self.engine.tell(GrantEvent::Verified { works, say }).await;
        Ok(verdict)
    }

    /// Whether a new key has a place to go to, the one that an earlier run began with.
    fn settle_key_place(&mut self, places: &Places) -> Stepped<()> {
        if !self.key_is_open() {
            return Ok(());
        }
        match (&self.opened.key_file, &places.key) {
            (None, None) => Err(refusal(
                "nothing was changed",
                "the plan makes an access key, and there is no place for its secret",
                "Name a file that is not there yet: --key-file FILE.",
            )),
            (Some(before), Some(KeyPlace::File(now))) if now != before => Err(refusal(
                "nothing more was changed",
                format!("this apply was begun with the key file {}", here(before)),
                format!("Run it again with --key-file {}.", here(before)),
            )),
            // It was begun to show the key, which was not handed out: a file will do as well.
            (None, Some(KeyPlace::File(now))) => {
                match keyfile::look(&*self.engine.disk, now) {
                    Ok(Found::Absent) => {}
                    Ok(_) => {
                        let taken = std::io::ErrorKind::AlreadyExists.into();
                        return Err(file_problem("making the key file", now, &taken));
                    }
                    Err(error) => return Err(file_problem("making the key file", now, &error)),
                }
                self.opened.key_file = Some(now.clone());
                Ok(())
            }
            // The file that was begun with stays the place, even if the key could be shown now.
            _ => Ok(()),
        }
    }

    /// Whether the plan's key is still to be made.
    fn key_is_open(&self) -> bool {
        open_changes(self.plan, &self.journal.entries)
            .into_iter()
            .any(|at| self.is_key(at))
    }

    fn is_key(&self, at: usize) -> bool {
        matches!(
            self.plan.changes.get(at).map(|c| &c.kind),
            Some(ChangeKind::CreateAccessKey { .. })
        )
    }

    async fn tell_undo_file(&self) {
        let path = here(&self.opened.undo_file);
        self.engine.tell(GrantEvent::UndoFile { path }).await;
    }

    /// What an earlier run did.
    async fn tell_what_is_done(&self) {
        for entry in &self.journal.entries {
            if let Entry::Done { change, .. } = entry {
                self.tell_change(*change, ChangeState::Found).await;
            }
        }
    }

    async fn tell_change(&self, index: usize, state: ChangeState) {
        self.engine.tell(GrantEvent::Change { index, state }).await;
    }

    /// What is there now of all that the plan touches, the key file's key included.
    async fn observe(&self) -> Stepped<Observed> {
        let look = Look {
            user: self
                .plan
                .changes
                .iter()
                .any(|c| !matches!(c.kind, ChangeKind::PutBucketPolicy { .. })),
            bucket_policy: self
                .plan
                .changes
                .iter()
                .any(|c| matches!(c.kind, ChangeKind::PutBucketPolicy { .. })),
        };
        let mut observed = self
            .engine
            .account
            .observe_only(&self.plan.target.bucket, &self.plan.user, look)
            .await?;
        observed.key_in_file = self.key_in_file()?.map(|key| key.id);
        Ok(observed)
    }

    /// The same after a change of ours: a refusal may be the change itself on its way, and is asked again before it is
    /// believed.
    async fn observe_patiently(&self, tries: &mut u32) -> Stepped<Observed> {
        loop {
            let problem = match self.observe().await {
                Err(problem) if self.touched && problem.kind == ProblemKind::Refused => problem,
                other => return other,
            };
            if !self.engine.patience(tries, &problem.to_string()).await {
                return Err(problem);
            }
        }
    }

    /// Step by step, until there is none left.
    async fn all_steps(&mut self) -> Stepped<()> {
        loop {
            if self.engine.cancel.is_cancelled() {
                return Err(cancelled());
            }
            match self.believed_step().await? {
                Step::Finish => return Ok(()),
                Step::Refuse(drift) => {
                    self.engine.tell(GrantEvent::Refused(drift.clone())).await;
                    return Err(drifted(&drift, self.has_begun()));
                }
                Step::Record(entry) => {
                    let change = match &entry {
                        Entry::Done { change, .. } => Some(*change),
                        _ => None,
                    };
                    self.journal.write(entry)?;
                    self.write_undo_file()?;
                    if let Some(change) = change {
                        self.tell_change(change, ChangeState::Found).await;
                    }
                }
                Step::Discard { id, entry } => {
                    self.journal.write(entry)?;
                    self.discard(&id).await?;
                }
                Step::Make { change, intent } => self.make(change, intent).await?,
            }
        }
    }

    /// The next step. What looks like somebody else's change right after our own may be AWS not showing it yet: it is
    /// asked again before it is believed.
    async fn believed_step(&self) -> Stepped<Step> {
        let mut tries = 0;
        loop {
            let observed = self.observe_patiently(&mut tries).await?;
            let step = next_step(self.plan, &self.journal.entries, &observed);
            let Step::Refuse(drift) = &step else {
                return Ok(step);
            };
            let said = drift
                .first()
                .map(|d| format!("{}: {}", d.what, d.how))
                .unwrap_or_default();
            if !self.has_begun() || !self.engine.patience(&mut tries, &said).await {
                return Ok(step);
            }
        }
    }

    /// Whether this apply has ever begun to change something.
    fn has_begun(&self) -> bool {
        self.journal
            .entries
            .iter()
            .any(|e| matches!(e, Entry::Intent { .. }))
    }

    /// Tries the key, now that all is made.
    async fn prove(&mut self) -> Stepped<Verdict> {
        if self.key.is_none() {
            // Ours, and only ours: a key of another run of this apply.
            let made = self.made_key();
            self.key = self.key_in_file()?.filter(|key| Some(&key.id) == made);
        }
        if self.key.is_none() && self.made_key().is_none() {
            self.key = self.known_key_of_the_user().await;
        }
        let Some(key) = &self.key else {
            return Ok(Verdict::Unseen(
                "the secret of the user's key is not known here, so that it could not be tried; `check` with --reader-key-file tries it".into(),
            ));
        };
        self.engine.settle(self.plan, key).await.ok_or_else(cancelled)
    }

    /// The key that the caller knows, where it is one of the plan's user. Who may not look does not try it.
    async fn known_key_of_the_user(&mut self) -> Option<NewKey> {
        let known = self.known.take()?;
        let look = Look {
            user: true,
            bucket_policy: false,
        };
        let (bucket, user) = (&self.plan.target.bucket, &self.plan.user);
        let observed = self.engine.account.observe_only(bucket, user, look).await;
        let is_theirs = observed.ok()?.user?.keys.contains(&known.id);
        is_theirs.then_some(known)
    }

    fn made_key(&self) -> Option<&String> {
        self.journal.entries.iter().rev().find_map(|e| match e {
            Entry::Done {
                made: Made::Key { id },
                ..
            } => Some(id),
            _ => None,
        })
    }

    /// Titles of the changes that the journal has as made.
    fn titles(&self, wanted: impl Fn(usize) -> bool) -> Vec<String> {
        (0..)
            .zip(&self.plan.changes)
            .filter(|(at, _)| wanted(*at))
            .map(|(_, change)| change.title.clone())
            .collect()
    }

    fn applied(&self, verdict: Verdict) -> Applied {
        Applied {
            changed: self.titles(|at| self.changed.contains(&at)),
            found: self.titles(|at| !self.changed.contains(&at)),
            undo_file: Some(self.opened.undo_file.clone()),
            key: self.made_key().map(|id| HandedOut {
                id: id.clone(),
                file: self.opened.key_file.clone(),
            }),
            verdict,
        }
    }

    /// Ends it early. What was made in vain is put away, as far as it can be.
    fn stopped(self, why: Box<Problem>) -> Stopped {
        let open = open_changes(self.plan, &self.journal.entries);
        let (done, left) = (
            self.titles(|at| !open.contains(&at)),
            self.titles(|at| open.contains(&at)),
        );
        let disk = &*self.engine.disk;
        let key_begun = self
            .journal
            .entries
            .iter()
            .any(|e| matches!(e, Entry::Intent { change, .. } if self.is_key(*change)));
        let began_files = self.journal.opened().is_some();
        if began_files
            && !key_begun
            && let Some(path) = &self.opened.key_file
            && matches!(keyfile::look(disk, path), Ok(Found::Empty))
        {
            let _ = disk.remove(path);
        }
        let in_vain = self.is_first && !self.touched && done.is_empty();
        if in_vain {
            if began_files {
                let _ = disk.remove(&self.opened.undo_file);
            }
            let path = self.journal.path().to_owned();
            drop(self.journal);
            let _ = disk.remove(&path);
        }
        Stopped {
            why,
            done,
            left,
            undo_file: (!in_vain).then_some(self.opened.undo_file),
        }
    }
}
