//! Waits until a fresh key works: AWS takes seconds to agree with itself.

use std::time::Duration;

use futures_util::future::BoxFuture;

use super::{account::NewKey, engine::Engine, stopped::Verdict};
use crate::{
    access::{
        Plan,
        plan::{
            GrantEvent,
            settle::{DEADLINE_SECONDS, Settled, Settling},
        },
    },
    report::{Problem, ProblemKind},
    rule::Dataset,
};

/// Between two tries.
const PAUSE: Duration = Duration::from_secs(1);

/// Tries a key as Statsig would use it.
pub trait Verifier: Send + Sync + 'static {
    /// Lists the three folders, and reads the last bytes of one listed object of each. The first refusal is the answer.
    fn try_key<'a>(&'a self, plan: &'a Plan, key: &'a NewKey) -> BoxFuture<'a, Result<Seen, Problem>>;
}

/// What a key was seen to do, folder by folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Folders that were listed, and of which an object was read.
    pub read: Vec<Dataset>,
    /// Folders that were listed and hold nothing to read, or only what must be restored from an archive first.
    pub listed: Vec<Dataset>,
}

impl Seen {
    /// In words.
    pub fn say(&self) -> String {
        let names = |folders: &[Dataset]| {
            let names: Vec<String> = folders.iter().map(|d| d.folder().to_owned()).collect();
            names.join(", ")
        };
        match (self.read.as_slice(), self.listed.as_slice()) {
            ([], listed) => format!("it lists {}, where there is nothing to read yet", names(listed)),
            (read, []) => format!("it lists and reads {}", names(read)),
            (read, listed) => format!(
                "it lists and reads {}; it lists {}, where there is nothing to read yet",
                names(read),
                names(listed)
            ),
        }
    }
}

/// Whether waiting may help: what a fresh key meets until it is known everywhere.
fn may_pass(problem: &Problem) -> bool {
    !matches!(
        problem.kind,
        ProblemKind::NoSuchBucket
            | ProblemKind::WrongRegion(_)
            | ProblemKind::NoCredentials
            | ProblemKind::ClockSkew
            | ProblemKind::Cancelled
    )
}

impl Engine {
    /// Tries a key until it worked several times in a row, or the deadline is over. `None` when it was asked to stop.
    pub(super) async fn settle(&self, plan: &Plan, key: &NewKey) -> Option<Verdict> {
        let start = self.timer.now();
        let elapsed = || self.timer.now().saturating_sub(start).as_secs();
        let mut settling = Settling::default();
        let mut last_error = None;
        let mut in_a_row = 0;
        loop {
            let left = Duration::from_secs(DEADLINE_SECONDS.saturating_sub(elapsed()));
            let tried = tokio::select! {
                biased;
                () = self.cancel.cancelled() => return None,
                tried = self.verifier.try_key(plan, key) => Some(tried),
                () = self.timer.sleep(left) => None,
            };
            let (seen, give_up) = match tried {
                Some(Ok(seen)) => (Some(seen), false),
                Some(Err(problem)) => {
                    let give_up = !may_pass(&problem);
                    last_error = Some(problem.to_string());
                    (None, give_up)
                }
                None => {
                    last_error.get_or_insert_with(|| "no answer".to_owned());
                    (None, true)
                }
            };
            in_a_row = if seen.is_some() { in_a_row + 1 } else { 0 };
            let settled = settling.tried(seen.is_some(), elapsed());
            self.tell(GrantEvent::Waiting {
                elapsed: elapsed(),
                deadline: DEADLINE_SECONDS,
                in_a_row,
                last_error: last_error.clone(),
            })
            .await;
            match (settled, seen) {
                (Settled::Usable, Some(seen)) => return Some(Verdict::Works(seen.say())),
                (Settled::GaveUp, _) => return Some(self.refused(elapsed(), last_error)),
                _ if give_up => return Some(self.refused(elapsed(), last_error)),
                _ => {}
            }
            tokio::select! {
                biased;
                () = self.cancel.cancelled() => return None,
                () = self.timer.sleep(PAUSE) => {}
            }
        }
    }

    fn refused(&self, elapsed: u64, last_error: Option<String>) -> Verdict {
        Verdict::Refused(format!(
            "after {elapsed} seconds it still did not work: {}",
            last_error.unwrap_or_else(|| "its answers changed from one try to the next".into())
        ))
    }
}
