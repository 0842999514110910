//! Undo files of this session, and what keys ask for of them. The newest is offered first; what it takes back may be what
//! the one before it left.

use tui_input::Input;

use super::{Doing, GrantTask, UndoWork};
use crate::{
    access::plan::undo::Undo,
    wizard::{
        event::Effect,
        keys::Action,
        state::{Confirm, Editing, Overlay, Wizard},
    },
};

impl Wizard {
    /// Another apply has named its undo file.
    pub(super) fn keep_undo_file(&mut self, path: &str) {
        let files = &mut self.grant.undo_files;
        files.retain(|f| f != path);
        files.insert(0, path.to_owned());
    }

    /// What an undo file told of is taken back. What stays of it is not lost from sight: the file goes to the end.
    pub(super) fn settle_undo_file(&mut self) {
        let path = self.grant.undo.path.clone();
        let files = &mut self.grant.undo_files;
        let known = files.contains(&path);
        files.retain(|f| *f != path);
        if known && !self.grant.undo.stays.is_empty() {
            files.push(path);
        }
    }

    /// Whether an undo takes the key of this session with it.
    pub(super) fn undo_takes_key(&self) -> bool {
        let Some(key) = &self.grant.key else { return false };
        match &self.grant.undo.file {
            Some(file) => file.made.iter().any(|made| match made {
                Undo::Key { id, .. } => id.as_ref().is_none_or(|id| *id == key.id),
                Undo::User { .. } => true,
                Undo::UserPolicy { .. } | Undo::BucketPolicy { .. } => false,
            }),
            // What it told of is not known: the key may be gone.
            None => true,
        }
    }

    pub(super) fn open_undo(&mut self) -> Vec<Effect> {
        self.open(Overlay::Undo);
        // The choice starts anew, unless what was begun is still to be ended.
        let undo = &self.grant.undo;
        if undo.done || (undo.told.is_empty() && undo.stays.is_empty()) {
            self.grant.undo = UndoWork::default();
        }
        if self.grant.undo.path.is_empty()
            && let Some(newest) = self.grant.undo_files.first()
        {
            self.grant.undo.path.clone_from(newest);
        }
        self.look_back()
    }

    /// Looks at what the undo file would take back.
    fn look_back(&mut self) -> Vec<Effect> {
        let path = self.grant.undo.path.clone();
        if path.is_empty() || self.grant.doing.is_some() {
            return Vec::new();
        }
        self.grant.undo.file = None;
        self.grant.undo.plan = None;
        self.grant.undo.problem = None;
        self.start_grant(Doing::LookingBack, GrantTask::PlanUndo { path })
    }

    /// Takes another undo file's name over.
    pub(in crate::wizard) fn commit_undo_path(&mut self, text: &str) -> Vec<Effect> {
        if text.trim().is_empty() {
            return Vec::new();
        }
        self.grant.undo = UndoWork {
            path: text.trim().to_owned(),
            ..UndoWork::default()
        };
        self.look_back()
    }

    /// The undo file that Tab turns to; `None` where that is another one, to be named.
    pub fn next_undo_file(&self, forward: bool) -> Option<&str> {
        let files = &self.grant.undo_files;
        let here = files.iter().position(|f| *f == self.grant.undo.path);
        let to = match (here, forward) {
            (Some(at), true) => at.checked_add(1)?,
            (Some(at), false) => at.checked_sub(1)?,
            (None, true) => 0,
            (None, false) => files.len().checked_sub(1)?,
        };
        files.get(to).map(String::as_str)
    }

    /// Whether an undo file can be named: what was granted on the practice account is in memory alone.
    pub fn names_undo_file(&self) -> bool {
        !self.is_practice()
    }

    /// What an action does while the undo panel is open.
    pub(in crate::wizard) fn act_in_undo(&mut self, action: Action) -> Option<Vec<Effect>> {
        let undo = &self.grant.undo;
        let can_undo = undo.plan.as_ref().is_some_and(|p| !p.acts.is_empty());
        match action {
            Action::Next | Action::Previous if self.grant.doing.is_none() => {
                match self.next_undo_file(action == Action::Next).map(str::to_owned) {
                    Some(path) => return Some(self.commit_undo_path(&path)),
                    None if !self.names_undo_file() => {
                        let files = &self.grant.undo_files;
                        let other = match action {
                            Action::Next => files.first(),
                            _ => files.last(),
                        };
                        if let Some(path) = other.filter(|f| **f != self.grant.undo.path).cloned() {
                            return Some(self.commit_undo_path(&path));
                        }
                    }
                    None => self.editing = Some(Editing::UndoPath(Input::default())),
                }
            }
            Action::Open if self.grant.doing.is_some() => {}
            Action::Open if undo.path.is_empty() && !self.names_undo_file() => {}
            Action::Open if undo.path.is_empty() => {
                self.editing = Some(Editing::UndoPath(Input::default()));
            }
            Action::Open if can_undo => self.open(Overlay::Confirm(Confirm::Undo)),
            Action::Open => return Some(self.look_back()),
            Action::Undo => {}
            _ => return None,
        }
        Some(Vec::new())
    }

    pub(super) fn undo_confirmed(&mut self) -> Vec<Effect> {
        self.overlay = None;
        if self.grant.doing.is_some() {
            return Vec::new();
        }
        self.grant.undo.told.clear();
        self.grant.undo.stays.clear();
        self.grant.undo.problem = None;
        let path = self.grant.undo.path.clone();
        self.start_grant(Doing::Undoing, GrantTask::Undo { path })
    }
}
