//! What the engine tells of planning, applying and undoing.

use super::{Applied, Doing, End, FreshKey, GrantItem, UndoWork, Verified, Waiting};
use crate::{
    access::plan::{ChangeState, GrantEvent},
    report::{Problem, ProblemKind},
    wizard::{
        event::{Effect, Lane},
        rows::{Cursor, Item},
        state::{Notice, Overlay, Wizard},
        step::Step,
    },
};

impl Wizard {
    /// Takes in what the lane's work says.
    pub(in crate::wizard) fn granting(&mut self, event: Lane<GrantEvent>) -> Vec<Effect> {
        match event {
            Lane::Did(event) => self.granted(*event),
            Lane::Failed(problem) => self.grant_failed(problem),
        }
    }

    fn granted(&mut self, event: GrantEvent) -> Vec<Effect> {
        match event {
            GrantEvent::Inspected(_) => {}
            GrantEvent::Planned(plan) => self.planned(plan),
            GrantEvent::UndoRead(file) => self.grant.undo.file = Some(file),
            GrantEvent::UndoPlanned(plan) => {
                if self.grant.doing == Some(Doing::Undoing) {
                    self.grant.undo.stays.clone_from(&plan.stays);
                } else if plan.acts.is_empty() && plan.stays.is_empty() {
                    let path = &self.grant.undo.path;
                    self.grant.undo_files.retain(|f| f != path);
                }
                self.grant.undo.plan = Some(plan);
            }
            GrantEvent::Undone { say } => {
                self.account_changed();
                self.grant.undo.told.push(say);
            }
            GrantEvent::Key { id, secret } => {
                self.grant.key = Some(FreshKey {
                    id,
                    secret,
                    copied: false,
                    saved_as: None,
                    is_gone: false,
                });
                self.grant.applied.get_or_insert_default().made_key = true;
                self.rest_on(GrantItem::Secret);
            }
            GrantEvent::Finished => return self.grant_finished(),
            other => self.applying(other),
        }
        Vec::new()
    }

    fn planned(&mut self, plan: Box<crate::access::Plan>) {
        self.grant.plan = Some(plan);
        self.grant.applied = None;
        self.grant.problem = None;
        if self.grant.doing == Some(Doing::Planning) {
            self.grant.doing = None;
        }
    }

    /// What is told of an apply.
    fn applying(&mut self, event: GrantEvent) {
        match &event {
            GrantEvent::UndoFile { path } => self.keep_undo_file(path),
            GrantEvent::Change {
                state: ChangeState::Made,
                ..
            } => self.account_changed(),
            _ => {}
        }
        let applied = self.grant.applied.get_or_insert_default();
        match event {
            GrantEvent::UndoFile { path } => applied.undo_file = Some(path),
            GrantEvent::Change { index, state } => {
                // A plan has a handful of changes; a place beyond them is nobody's.
                if let Some(place) = applied.states.get_mut(index) {
                    *place = Some(state);
                }
            }
            GrantEvent::Refused(drift) => applied.drift = drift,
            GrantEvent::Discarded { last4 } => applied.discarded.push(last4),
            GrantEvent::Waiting {
                elapsed,
                deadline,
                in_a_row,
                last_error,
            } => {
                applied.waiting = Some(Waiting {
                    elapsed,
                    deadline,
                    in_a_row,
                    last_error,
                });
            }
            GrantEvent::Verified { works, say } => {
                // Each try is told of as waiting: without one, there was nothing to try with.
                let verified = match (works, applied.waiting.take()) {
                    (true, _) => Verified::Works,
                    (false, Some(_)) => Verified::Refused,
                    (false, None) => Verified::NotTried,
                };
                applied.verified = Some((verified, say));
            }
            _ => {}
        }
    }

    fn grant_finished(&mut self) -> Vec<Effect> {
        let doing = self.grant.doing.take();
        let cancelled = std::mem::take(&mut self.grant.cancelling);
        match doing {
            Some(Doing::Applying) => {
                return self.apply_ended(if cancelled { End::Stopped } else { End::Done });
            }
            Some(Doing::Undoing) => return self.undo_ended(cancelled),
            Some(Doing::Planning) if cancelled && self.grant.plan.is_none() => {
                self.notice = Some(Notice::No(
                    "Cancelled: there is no plan yet. r plans again.".into(),
                ));
            }
            _ => {}
        }
        Vec::new()
    }

    fn apply_ended(&mut self, end: End) -> Vec<Effect> {
        let Some(applied) = &mut self.grant.applied else {
            return Vec::new();
        };
        applied.waiting = None;
        let failed = applied
            .states
            .iter()
            .any(|s| matches!(s, Some(ChangeState::Failed(_))));
        let all = applied.standing() == applied.states.len();
        applied.end = Some(if !applied.drift.is_empty() {
            End::Refused
        } else if failed {
            End::Failed
        } else if all {
            End::Done
        } else {
            end
        });
        if applied.end == Some(End::Done) && !all {
            // "All that was asked for is done", and yet not every change was told: it can't be called done.
            applied.end = Some(End::Failed);
        }
        // With a new key it is the user who says that the checks are to judge it: that is offered beside its secret.
        let (has_changed, made_key) = (applied.has_changed(), applied.made_key);
        match has_changed && (!made_key || self.judges_new_key()) {
            true => self.check_anew(),
            false => Vec::new(),
        }
    }

    fn undo_ended(&mut self, cancelled: bool) -> Vec<Effect> {
        if cancelled {
            self.notice = Some(Notice::No(
                "Stopped: what was taken back is listed; u goes on with it.".into(),
            ));
            self.grant.undo.plan = None;
            return match self.grant.undo.told.is_empty() {
                true => Vec::new(),
                false => self.check_anew(),
            };
        }
        self.grant.undo.done = true;
        self.grant.undo.plan = None;
        self.settle_undo_file();
        if self.undo_takes_key() {
            self.forget_key();
        }
        self.grant.applied = None;
        self.cursors.remove(&Step::Grant);
        self.grant.form.clear_fixes();
        if self.overlay == Some(Overlay::Undo) {
            self.overlay = None;
        }
        let mut effects = self.plan_now();
        if !self.grant.undo.told.is_empty() {
            effects.extend(self.check_anew());
        }
        effects
    }

    /// The key that was made here is gone, or may be.
    fn forget_key(&mut self) {
        self.grant.key = None;
        self.reveal = None;
        self.connect.fresh_key = None;
    }

    fn grant_failed(&mut self, problem: Box<Problem>) -> Vec<Effect> {
        let doing = self.grant.doing.take();
        let cancelled = std::mem::take(&mut self.grant.cancelling) || problem.kind == ProblemKind::Cancelled;
        match doing {
            Some(Doing::Applying) => {
                let effects = self.apply_ended(if cancelled { End::Stopped } else { End::Failed });
                if !cancelled {
                    self.grant.problem = Some(problem.clone());
                    self.show_problem(problem);
                }
                return effects;
            }
            Some(Doing::LookingBack | Doing::Undoing) if cancelled => {}
            Some(Doing::LookingBack | Doing::Undoing) => {
                self.grant.undo.plan = None;
                self.grant.undo.problem = Some(problem);
            }
            _ if cancelled => {
                self.notice = Some(Notice::No("Cancelled: r plans again.".into()));
            }
            _ => {
                self.grant.problem = Some(problem);
            }
        }
        Vec::new()
    }

    /// Opens a problem where nothing else is open; elsewhere it waits on the step.
    fn show_problem(&mut self, problem: Box<Problem>) {
        if self.step == Step::Grant && self.overlay.is_none() && self.editing.is_none() {
            self.open(Overlay::Problem(problem));
        }
    }

    /// Rests the cursor on a line of step 2, unless the user has moved it since the apply began.
    fn rest_on(&mut self, item: GrantItem) {
        let item = Item::Grant(item);
        self.cursors.entry(Step::Grant).or_insert_with(|| Cursor {
            item: Some(item),
            index: 0,
        });
    }

    /// Makes ready for what an apply will tell.
    pub(super) fn begin_apply(&mut self, changes: usize) {
        self.grant.problem = None;
        self.grant.undo = UndoWork::default();
        self.cursors.remove(&Step::Grant);
        self.grant.applied = Some(Applied {
            states: vec![None; changes],
            ..Applied::default()
        });
    }
}
