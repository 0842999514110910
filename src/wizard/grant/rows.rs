//! The lines of step 2's list.

use super::{Doing, form::GrantField};
use crate::{
    access::plan::{Change, ChangeKind, ChangeState, Concern},
    wizard::{
        rows::{Item, Row},
        state::{Source, Wizard},
        step::Mark,
    },
};

/// A line of step 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GrantItem {
    /// Something that is wanted.
    Field(GrantField),
    /// What findings asked for beside.
    Fixes,
    /// Why planning or applying could not be done.
    Problem,
    /// The new key's id.
    KeyId,
    /// Its secret.
    Secret,
    /// The offer to check with it.
    UseKey,
    /// A change of the plan, by its place.
    Change(usize),
    /// What stands in its way, or will not be cured.
    Concern(usize),
    /// What is as it should be.
    Satisfied(usize),
    /// What could not be seen.
    Unseen(usize),
    /// What had changed since the plan was made.
    Drift(usize),
    /// What was taken back.
    Told(usize),
    /// What stays after an undo.
    Stays(usize),
}

impl Wizard {
    /// The rows of step 2.
    pub(in crate::wizard) fn grant_rows(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        if self.no_grant().is_some() {
            return rows;
        }
        let mut form: Vec<GrantItem> = GrantField::ALL.map(GrantItem::Field).into();
        if !self.grant.form.fixes.is_empty() {
            form.push(GrantItem::Fixes);
        }
        if matches!(self.source, Source::Saved { .. }) {
            form.clear();
        }
        // What is wanted stands first until it is being done; then what is done does.
        let under_way = self.grant.applied.is_some();
        let mut section = |heading: &str, items: Vec<GrantItem>| {
            if items.is_empty() {
                return;
            }
            if !rows.is_empty() {
                rows.push(Row::Gap);
            }
            if !heading.is_empty() {
                rows.push(Row::Heading(heading.to_owned()));
            }
            rows.extend(items.into_iter().map(|i| Row::Item(Item::Grant(i))));
        };
        if !under_way {
            section("", form.clone());
        }
        if self.grant.problem.is_some() {
            section("", vec![GrantItem::Problem]);
        }
        if let Some(key) = &self.grant.key {
            section(
                "The new key",
                match key.is_gone {
                    true => vec![GrantItem::KeyId],
                    false => vec![GrantItem::KeyId, GrantItem::Secret, GrantItem::UseKey],
                },
            );
        }
        let drift = self.grant.applied.as_ref().map_or(0, |a| a.drift.len());
        section(
            "Changed since the plan was made",
            (0..drift).map(GrantItem::Drift).collect(),
        );
        let undo = &self.grant.undo;
        let mut back: Vec<GrantItem> = (0..undo.told.len()).map(GrantItem::Told).collect();
        back.extend((0..undo.stays.len()).map(GrantItem::Stays));
        section("Taken back", back);
        if let Some(plan) = self.shown_plan() {
            let mut items: Vec<GrantItem> = (0..plan.changes.len()).map(GrantItem::Change).collect();
            items.extend((0..plan.problems.len()).map(GrantItem::Concern));
            section(if plan.changes.is_empty() { "" } else { "Plan" }, items);
            section(
                "As it should be",
                (0..plan.satisfied.len()).map(GrantItem::Satisfied).collect(),
            );
            section(
                "Could not be seen",
                (0..plan.unseen.len()).map(GrantItem::Unseen).collect(),
            );
        }
        if under_way {
            section("For the next plan", form);
        }
        rows
    }

    /// A change of the plan that is shown.
    pub fn change(&self, index: usize) -> Option<&Change> {
        self.shown_plan()?.changes.get(index)
    }

    /// A concern of the plan that is shown.
    pub fn concern(&self, index: usize) -> Option<&Concern> {
        self.shown_plan()?.problems.get(index)
    }

    /// How a change stands: glyph's mark and words; `None` where it was not begun, so that the plan's own mark stands.
    pub fn change_state(&self, index: usize) -> Option<(Mark, String)> {
        if self.grant.plan.is_none() {
            // A saved report: the outcomes are told in words, in the changes' order.
            let outcomes = &self.report.as_ref()?.grant.as_ref()?.outcomes;
            let title = &self.change(index)?.title;
            let said = outcomes
                .iter()
                .find_map(|o| o.strip_prefix(title.as_str())?.strip_prefix(": "))?;
            let mark = match said {
                "made" | "was there already" => Mark::Pass,
                s if s.starts_with("failed") => Mark::Fail,
                _ => Mark::Unknown,
            };
            return Some((mark, said.to_owned()));
        }
        let applied = self.grant.applied.as_ref()?;
        Some(match applied.state(index) {
            Some(ChangeState::Making) if self.grant.doing == Some(Doing::Applying) => {
                (Mark::Working, "making".into())
            }
            Some(ChangeState::Making) => (Mark::Unknown, "begun, not known to be made".into()),
            Some(ChangeState::Made) => (Mark::Pass, "made".into()),
            Some(ChangeState::Found) => (Mark::Pass, "was there already".into()),
            Some(ChangeState::Failed(why)) => (Mark::Fail, format!("failed: {why}")),
            None if applied.end.is_some() => (Mark::ToDo, "not made".into()),
            None => (Mark::ToDo, "to do".into()),
        })
    }

    /// What the filter looks in, and what `y` copies of a line of step 2. Never the secret.
    pub(in crate::wizard) fn grant_text(&self, item: GrantItem) -> String {
        let plan = self.shown_plan();
        let found = match item {
            GrantItem::Field(field) => Some(self.grant_value(field)),
            GrantItem::Fixes => Some(self.grant.form.fixes.join("; ")),
            GrantItem::Problem => self.grant.problem.as_ref().map(|p| p.to_string()),
            GrantItem::KeyId => self.grant.key.as_ref().map(|k| k.id.clone()),
            GrantItem::Secret | GrantItem::UseKey => None,
            GrantItem::Change(i) => self.change(i).map(|c| match &c.kind {
                ChangeKind::PutUserPolicy { document, .. } | ChangeKind::PutBucketPolicy { document, .. } => {
                    document.clone()
                }
                _ => c.title.clone(),
            }),
            GrantItem::Concern(i) => self
                .concern(i)
                .map(|c| format!("{} {}", c.say, c.next.say).trim_end().to_owned()),
            GrantItem::Satisfied(i) => plan.and_then(|p| p.satisfied.get(i).cloned()),
            GrantItem::Unseen(i) => {
                plan.and_then(|p| p.unseen.get(i).map(|u| format!("{}: {}", u.what, u.why)))
            }
            GrantItem::Drift(i) => {
                let drift = self.grant.applied.as_ref().and_then(|a| a.drift.get(i));
                drift.map(|d| format!("{}: {}", d.what, d.how))
            }
            GrantItem::Told(i) => self.grant.undo.told.get(i).cloned(),
            GrantItem::Stays(i) => self.grant.undo.stays.get(i).cloned(),
        };
        found.unwrap_or_default()
    }
}
