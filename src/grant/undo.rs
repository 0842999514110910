//! Takes back what an apply made: observes, asks the undo file, makes the first call, and asks again until there is none.

use std::path::Path;

use super::{
    account::Look,
    engine::Engine,
    journal,
    stopped::{Stopped, TakenBack, cancelled, refusal},
};
use crate::{
    access::{
        needs::POLICY_NAME,
        plan::{
            GrantEvent,
            apply::Observed,
            undo::{Undo, UndoAct, UndoFile, UndoPlan},
        },
    },
    report::{Problem, ProblemKind},
};

/// More calls than any apply can need to be taken back: a bound, so that an account that answers oddly ends it.
const MOST_ACTS: usize = 24;

impl Engine {
    /// Takes back what an undo file tells of. A second run finds nothing left to do. `folders` are where the apply's
    /// journal may lie; it is removed at the end, so that the plan can be applied afresh.
    ///
    /// # Errors
    /// The first thing that failed, with what was taken back until then.
    pub async fn undo(&self, file: &UndoFile, folders: &[&Path]) -> Result<TakenBack, Stopped> {
        let mut so_far = TakenBack::default();
        let journals = folders
            .iter()
            .map(|folder| journal::path_of(folder, &file.target.bucket, &file.plan))
            .filter_map(|path| match journal::is_free(&*self.disk, &path) {
                Ok(true) => Some(Ok(path)),
                Ok(false) => None,
                Err(problem) => Some(Err(problem)),
            })
            .collect::<Result<Vec<_>, _>>()
            .map_err(Stopped::before_any_change)?;
        let ended = self.take_back(file, &mut so_far).await;
        let ended = ended.and_then(|()| {
            journals
                .iter()
                .try_for_each(|path| journal::retire(&*self.disk, path))
                .map_err(|problem| (problem, Vec::new()))
        });
        match ended {
            Ok(()) => {
                self.tell(GrantEvent::Finished).await;
                Ok(so_far)
            }
            Err((why, left)) => Err(Stopped {
                why,
                done: so_far.done,
                left,
                undo_file: None,
            }),
        }
    }

    /// Call by call.
    async fn take_back(&self, file: &UndoFile, so_far: &mut TakenBack) -> Result<(), Halt> {
        let look = look_at(file);
        let mut made: Option<UndoAct> = None;
        let mut tries = 0;
        for _ in 0..MOST_ACTS {
            let observed = self.look(file, look).await.map_err(|p| (p, Vec::new()))?;
            let plan = file.plan(&observed);
            note_what_stays(&plan, so_far);
            let Some(act) = plan.acts.first().cloned() else {
                self.tell(GrantEvent::UndoPlanned(UndoPlan {
                    acts: Vec::new(),
                    stays: so_far.stays.clone(),
                }))
                .await;
                return Ok(());
            };
            let left = || plan.acts.iter().map(|act| act.say(file)).collect::<Vec<_>>();
            if made.as_ref() == Some(&act)
                && self
                    .patience(&mut tries, "what was taken back is still shown")
                    .await
            {
                continue;
            }
            if self.cancel.is_cancelled() {
                return Err((cancelled(), left()));
            }
            self.tell(GrantEvent::UndoPlanned(plan.clone())).await;
            self.act(file, &act).await.map_err(|problem| (problem, left()))?;
            so_far.done.push(act.say(file));
            self.tell(GrantEvent::Undone { say: act.say(file) }).await;
            made = Some(act);
            tries = 0;
        }
        let why = refusal(
            "the undo did not come to an end",
            "what was taken back is shown again and again",
            "Wait a minute, then run the same command again.",
        );
        Err((why, Vec::new()))
    }

    async fn look(&self, file: &UndoFile, look: Look) -> Result<Observed, Box<Problem>> {
        let seen = self
            .account
            .observe_only(&file.target.bucket, &file.user, look)
            .await;
        Ok(seen?)
    }

    /// One call. That what goes is gone already is what was wanted.
    async fn act(&self, file: &UndoFile, act: &UndoAct) -> Result<(), Box<Problem>> {
        let (account, user, bucket) = (&*self.account, &file.user, &file.target.bucket);
        let mut tries = 0;
        loop {
            let done = match act {
                UndoAct::DeleteKey { id } => account.delete_access_key(user, id).await,
                UndoAct::PutBucketPolicy { document, .. } => {
                    account.put_bucket_policy(bucket, document).await
                }
                UndoAct::DeleteBucketPolicy => account.delete_bucket_policy(bucket).await,
                UndoAct::PutUserPolicy { document } => {
                    account.put_user_policy(user, POLICY_NAME, document).await
                }
                UndoAct::DeleteUserPolicy => account.delete_user_policy(user, POLICY_NAME).await,
                UndoAct::DeleteUser => account.delete_user(user).await,
            };
            let problem = match done {
                Ok(()) => return Ok(()),
                Err(problem) => problem,
            };
            let goes = !matches!(
                act,
                UndoAct::PutBucketPolicy { .. } | UndoAct::PutUserPolicy { .. }
            );
            if goes && problem.kind == ProblemKind::NotFound {
                return Ok(());
            }
            // The key or policy that has just been deleted is still in the way of the user's own deletion.
            let settles = problem.error_code.as_deref() == Some("DeleteConflict");
            if !settles || !self.patience(&mut tries, &problem.to_string()).await {
                return Err(Box::new(problem));
            }
        }
    }
}

/// Why it ended early, and what was left to do.
type Halt = (Box<Problem>, Vec<String>);

/// What an undo file's changes can be seen by.
fn look_at(file: &UndoFile) -> Look {
    let is_bucket = |made: &Undo| matches!(made, Undo::BucketPolicy { .. });
    Look {
        user: file.made.iter().any(|made| !is_bucket(made)),
        bucket_policy: file.made.iter().any(is_bucket),
    }
}

fn note_what_stays(plan: &UndoPlan, so_far: &mut TakenBack) {
    for stays in &plan.stays {
        if !so_far.stays.contains(stays) {
            so_far.stays.push(stays.clone());
        }
    }
}
