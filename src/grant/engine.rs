//! What applying and undoing work with: an account, a disk, a clock, a way to try a key, and somebody who listens.

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use tokio::sync::mpsc::Sender;
use tokio_util::sync::CancellationToken;

use super::{account::Account, disk::Disk, settle::Verifier};
use crate::{
    access::{
        Plan, Target, Wanted,
        plan::{GrantEvent, plan},
    },
    report::Problem,
};

/// A clock that can be waited by. In tests it jumps.
pub trait Timer: Send + Sync + 'static {
    /// Since some beginning; never goes back.
    fn now(&self) -> Duration;

    /// Waits.
    fn sleep(&self, time: Duration) -> BoxFuture<'_, ()>;
}

/// The machine's own clock.
#[derive(Clone, Copy, Debug)]
pub struct MachineTimer(std::time::Instant);

impl Default for MachineTimer {
    fn default() -> Self {
        Self(std::time::Instant::now())
    }
}

impl Timer for MachineTimer {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'_, ()> {
        Box::pin(tokio::time::sleep(time))
    }
}

/// Plans, applies and takes back grants on one account.
#[derive(Clone)]
pub struct Engine {
    /// The account, as its operator.
    pub account: Arc<dyn Account>,
    /// Tries new keys.
    pub verifier: Arc<dyn Verifier>,
    /// Where journal, undo file and key file lie.
    pub disk: Arc<dyn Disk>,
    /// The clock.
    pub timer: Arc<dyn Timer>,
    /// Stops the work at the next place where it may stop: never between a call and the journal's word of it.
    pub cancel: CancellationToken,
    /// Who listens.
    pub events: Sender<GrantEvent>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

impl Engine {
    /// Looks at user and bucket, and plans. Nothing is changed.
    ///
    /// # Errors
    /// Only what leaves nothing to be said; see [`Account::inspect`].
    pub async fn plan(&self, target: &Target, wanted: &Wanted) -> Result<Plan, Problem> {
        let inspected = self.account.inspect(target, wanted).await?;
        let plan = plan(&inspected, wanted);
        self.tell(GrantEvent::Inspected(Box::new(inspected))).await;
        self.tell(GrantEvent::Planned(Box::new(plan.clone()))).await;
        Ok(plan)
    }

    /// Tells whoever listens. That nobody does any more is no reason to stop in the middle.
    pub(super) async fn tell(&self, event: GrantEvent) {
        let _ = self.events.send(event).await;
    }

    /// Waits before another look at what AWS may not show yet: a little longer each time, 30 seconds in all. False once
    /// that is over, or it was asked to stop.
    pub(super) async fn patience(&self, tries: &mut u32, last_error: &str) -> bool {
        const WAITS: [u64; 9] = [1, 1, 2, 2, 4, 4, 5, 5, 6];
        let at = usize::try_from(*tries).unwrap_or(usize::MAX);
        let Some(wait) = WAITS.get(at) else {
            return false;
        };
        *tries += 1;
        self.tell(GrantEvent::Waiting {
            elapsed: WAITS.iter().take(at).sum(),
            deadline: WAITS.iter().sum(),
            in_a_row: 0,
            last_error: Some(last_error.to_owned()),
        })
        .await;
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => false,
            () = self.timer.sleep(Duration::from_secs(*wait)) => true,
        }
    }
}
