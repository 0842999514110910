//! The lane of step 2: what is planned, applied and undone, and what the user was shown of it.

use super::{
    connect::Connection,
    event::{Effect, Lane, RunId},
    keys::Action,
    state::Wizard,
};
use crate::access::plan::{GrantEvent, Plan, Wanted};

/// What step 2 knows.
#[derive(Clone, Debug, Default)]
pub struct Grant {
    /// The newest work of this lane.
    pub run: RunId,
    /// The plan, once there is one.
    pub plan: Option<Box<Plan>>,
}

/// Work of this lane.
#[derive(Clone, Debug, PartialEq)]
pub struct StartGrant {
    /// Its number.
    pub run: RunId,
    /// Which bucket, as whom.
    pub connection: Connection,
    /// What is to be done.
    pub task: GrantTask,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum GrantTask {
    /// Look at user and bucket, and plan.
    Plan(Box<Wanted>),
    /// Apply exactly this plan.
    Apply(Box<Plan>),
    /// Take back what an undo file says.
    Undo {
        /// The file.
        path: String,
    },
}

impl Wizard {
    /// Takes in what the lane's work says.
    pub(super) fn granting(&mut self, event: Lane<GrantEvent>) -> Vec<Effect> {
        if let Lane::Did(event) = event
            && let GrantEvent::Planned(plan) = *event
        {
            self.grant.plan = Some(plan);
        }
        Vec::new()
    }

    /// What a key of this step asks for.
    pub(super) fn act_on_grant(&mut self, _action: Action) -> Vec<Effect> {
        Vec::new()
    }
}
