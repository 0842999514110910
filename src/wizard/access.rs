//! Step 3: the explanations under the matrix, the checks about access, the policies that were seen, and the way from a
//! finding to the plan that mends it.
//!
//! - [`fix`]: what a finding needs of a plan, or who else must act
//! - [`paper`]: a policy's text laid out for reading, with the lines of one statement known

pub mod fix;
pub mod paper;

pub use fix::{Fix, FixPlan};
pub use paper::{Paper, statement_name};

use super::{
    event::Effect,
    rows::{Item, Row, is_finding},
    state::{Notice, Overlay, Wizard},
    step::Step,
};
use crate::{
    access::{
        AccessView, Inspected, Wanted, plan,
        plan::print::spark,
        view::{Difference, ExplainedNeed, PolicyText, StatementPlace},
    },
    report::Check,
    rule::{Code, Next},
};

/// A line of step 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccessItem {
    /// Why a need is unmet, by its place.
    Explanation(usize),
    /// A request of which the policies say one thing and the server another, by its place.
    Difference(usize),
    /// A policy that was seen, by its place.
    Policy(usize),
    /// What could not be seen, by its place.
    Unseen(usize),
    /// What IAM's own simulator says.
    Simulator(usize),
    /// The integration's own confirm step, as it works today.
    ConfirmStep,
    /// The checks that could not be made since there is nobody whose access could be judged.
    NoReader,
}

/// The first KMS key's ARN in a text.
pub fn kms_key_in(text: &str) -> Option<String> {
    text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '"' | '\'' | '(' | ')'))
        .map(|word| word.trim_end_matches(['.', ':']))
        .find(|word| word.starts_with("arn:") && word.split(':').nth(2) == Some("kms"))
        .map(str::to_owned)
}

impl Wizard {
    /// What is known of the reader's access.
    pub fn access(&self) -> Option<&AccessView> {
        self.report.as_ref()?.access.as_ref()
    }

    /// Whether an operator was heard of, and nobody whose access is judged.
    pub fn has_no_reader(&self) -> bool {
        let report = self.report.as_ref();
        report.is_some_and(|r| r.identity.is_none() && r.operator.is_some() && r.access.is_none())
    }

    /// The checks that all wait for a reader, in the same words; empty where there are not several.
    pub fn waiting_for_reader(&self) -> Vec<&Check> {
        if !self.has_no_reader() {
            return Vec::new();
        }
        let unknown = || {
            let checks = self.checks_of(Step::Access);
            checks.filter(|c| c.status == crate::report::Status::Unknown && c.cause.is_some())
        };
        let cause = unknown().next().and_then(|c| c.cause.as_deref());
        let alike: Vec<&Check> = unknown().filter(|c| c.cause.as_deref() == cause).collect();
        if alike.len() > 1 { alike } else { Vec::new() }
    }

    /// An explanation.
    pub fn explanation(&self, index: usize) -> Option<&ExplainedNeed> {
        self.access()?.explanations.get(index)
    }

    /// A request on which prediction and observation differ.
    pub fn difference(&self, index: usize) -> Option<&Difference> {
        self.access()?.differences.get(index)
    }

    /// Where to look for the cause of differences, in order: the words of A218.
    pub fn difference_candidates(&self) -> Option<&Next> {
        let code = Code::parse("A218")?;
        let check = self
            .checks_of(Step::Access)
            .find(|c| c.code == code && c.next.is_some());
        check.and_then(|c| c.next.as_ref())
    }

    /// A policy that was seen.
    pub fn policy(&self, index: usize) -> Option<&PolicyText> {
        self.access()?.policies.get(index)
    }

    /// The rows of step 3 under the matrix.
    pub(super) fn access_rows(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        if self.report.is_none() {
            return rows;
        }
        let mut section = |heading: &str, items: Vec<Item>| {
            if items.is_empty() {
                return;
            }
            if !rows.is_empty() {
                rows.push(Row::Gap);
            }
            rows.push(Row::Heading(heading.to_owned()));
            rows.extend(items.into_iter().map(Row::Item));
        };
        let of = |n: usize, item: fn(usize) -> AccessItem| -> Vec<Item> {
            (0..n).map(|i| Item::Access(item(i))).collect()
        };
        let count = |of: fn(&AccessView) -> usize| self.access().map_or(0, of);
        section(
            "Why",
            of(count(|a| a.explanations.len()), AccessItem::Explanation),
        );
        section(
            "Predicted one way, seen another",
            of(count(|a| a.differences.len()), AccessItem::Difference),
        );
        let item_of = |check: &&Check| Item::Check {
            code: check.code,
            subject: check.subject.clone(),
        };
        let waiting = self.waiting_for_reader();
        let mut checks: Vec<&Check> = self
            .checks_of(Step::Access)
            .filter(|c| !waiting.iter().any(|w| std::ptr::eq(*w, *c)))
            .collect();
        checks.sort_by_key(|c| super::rows::gravity(c.status));
        let (loud, quiet): (Vec<&Check>, Vec<&Check>) = checks
            .into_iter()
            .partition(|c| is_finding(c) || c.status == crate::report::Status::Info);
        let nobody = (!waiting.is_empty()).then_some(Item::Access(AccessItem::NoReader));
        section("Findings", loud.iter().map(item_of).chain(nobody).collect());
        section(
            "Policies that were seen",
            of(count(|a| a.policies.len()), AccessItem::Policy),
        );
        section(
            "A second opinion",
            of(count(|a| a.simulator.len()), AccessItem::Simulator),
        );
        section(
            "Could not be seen",
            of(count(|a| a.unseen.len()), AccessItem::Unseen),
        );
        section("Nothing found", quiet.iter().map(item_of).collect());
        if self.access().is_some() {
            section(
                "To make sure with Spark itself",
                vec![Item::Access(AccessItem::ConfirmStep)],
            );
        }
        rows
    }

    /// What Enter does on a line of this step.
    pub(super) fn open_access_item(&mut self, item: AccessItem) -> Vec<Effect> {
        match item {
            AccessItem::Explanation(_) => self.open(Overlay::Access(item)),
            AccessItem::Policy(index) => self.open_policy(index, None),
            AccessItem::Difference(_)
            | AccessItem::Unseen(_)
            | AccessItem::Simulator(_)
            | AccessItem::ConfirmStep
            | AccessItem::NoReader => {
                self.open(Overlay::Access(item));
            }
        }
        Vec::new()
    }

    /// Opens a policy, at the statement that decides where one does.
    pub(super) fn open_policy(&mut self, index: usize, statement: Option<usize>) {
        let Some(policy) = self.policy(index) else { return };
        let statement = statement.or_else(|| self.deciding_in(policy));
        let paper = Paper::of(&policy.text, statement);
        self.open(Overlay::Policy { index, statement });
        // Two lines of context; drawing stops at the end by itself.
        let line = paper.marked.as_ref().map_or(0, |lines| lines.start);
        self.scroll = u16::try_from(line.saturating_sub(2)).unwrap_or(u16::MAX);
    }

    /// The statement of a policy that an explanation points at, the first explanation first.
    fn deciding_in(&self, policy: &PolicyText) -> Option<usize> {
        let places = self
            .access()?
            .explanations
            .iter()
            .filter_map(|e| e.place.as_ref());
        places
            .into_iter()
            .find(|p| p.source == policy.source)
            .map(|p| p.index)
    }

    /// Which of the policies that were seen a statement stands in.
    pub fn policy_of(&self, place: &StatementPlace) -> Option<usize> {
        self.access()?
            .policies
            .iter()
            .position(|p| p.source == place.source)
    }

    /// What an action does while a policy or an explanation is open.
    pub(super) fn act_in_access(&mut self, action: super::keys::Action) -> Option<Vec<Effect>> {
        use super::keys::Action as A;
        match (&self.overlay, action) {
            (Some(Overlay::Policy { index, .. }), A::Next | A::Right | A::Previous | A::Left) => {
                let all = self.access().map_or(0, |a| a.policies.len()).max(1);
                let forward = matches!(action, A::Next | A::Right);
                let to = (index + if forward { 1 } else { all - 1 }) % all;
                self.open_policy(to, None);
                Some(Vec::new())
            }
            (Some(Overlay::Access(AccessItem::Explanation(index))), A::Open) => {
                if let Some(place) = self.explanation(*index).and_then(|e| e.place.clone())
                    && let Some(policy) = self.policy_of(&place)
                {
                    self.open_policy(policy, Some(place.index));
                }
                Some(Vec::new())
            }
            _ => None,
        }
    }

    /// The finding under the cursor, or the open one: its rule, the explanation that goes with it, and its words.
    fn finding_here(&self) -> Option<(Code, Option<&ExplainedNeed>, String)> {
        let explained = |index: usize| {
            let found = self.explanation(index)?;
            Some((
                found.code,
                Some(found),
                format!("{} {}", found.say, found.next.say),
            ))
        };
        let checked = |code: Code, subject: &str| {
            let check = self.check(code, subject).filter(|c| is_finding(c))?;
            let explanations = || self.access().into_iter().flat_map(|a| &a.explanations);
            let folder = |e: &&ExplainedNeed| subject.ends_with(e.need.dataset().folder());
            let needs = |e: &&ExplainedNeed| crate::access::explain::code_of(e.need) == code && folder(e);
            let found = explanations()
                .find(|e| e.code == code && folder(e))
                .or_else(|| explanations().find(|e| e.code == code))
                .or_else(|| explanations().find(needs));
            let next = check.next.as_ref().map_or("", |n| n.say.as_str());
            let words = format!("{} {next}", check.cause.as_deref().unwrap_or_default());
            Some((found.map_or(code, |e| e.code), found, words))
        };
        match (&self.overlay, self.item_here()) {
            (Some(Overlay::Access(AccessItem::Explanation(i))), _) => explained(*i),
            (Some(Overlay::Check { code, subject }), _) => checked(*code, subject),
            (None | Some(Overlay::NoFix), Some(Item::Access(AccessItem::Explanation(i)))) => explained(i),
            (None | Some(Overlay::NoFix), Some(Item::Check { code, subject })) => checked(code, &subject),
            _ => None,
        }
    }

    /// Whether `f` has a finding about access to start from.
    pub(super) fn has_access_finding(&self) -> bool {
        self.finding_here()
            .is_some_and(|(code, ..)| code.as_str().starts_with('A'))
    }

    /// What mends the finding under the cursor.
    pub fn fix_here(&self) -> Option<Fix> {
        let (code, explained, words) = self.finding_here()?;
        let place = explained.and_then(|e| e.place.as_ref());
        let statement = place
            .and_then(|p| self.policy(self.policy_of(p)?))
            .zip(place)
            .and_then(|(policy, place)| paper::statement_text(&policy.text, place.index));
        let say = explained.map_or(words.clone(), |e| format!("{} {}", e.say, e.next.say));
        Some(fix::fix(code, place, statement, &say))
    }

    /// From a finding to the plan that mends it; or says who else must act.
    pub(super) fn plan_fix(&mut self) -> Vec<Effect> {
        let Some((code, ..)) = self.finding_here() else {
            return Vec::new();
        };
        match self.fix_here() {
            Some(Fix::Plan(plan)) => {
                if let Some(why) = self.no_grant() {
                    self.notice = Some(Notice::No(super::handle::sentence(why)));
                    return Vec::new();
                }
                if self.grant.doing.is_some() {
                    self.notice = Some(Notice::No(
                        "Work of 2 Grant goes on; f again when it is done.".into(),
                    ));
                    return Vec::new();
                }
                let form = &mut self.grant.form;
                for text in plan.drop {
                    if !form.drop.contains(&text) {
                        form.drop.push(text);
                    }
                }
                for key in plan.kms_keys {
                    if !form.kms_keys.contains(&key) {
                        form.kms_keys.push(key);
                    }
                }
                form.rotate |= plan.rotate;
                if let Some(words) = plan.words {
                    let words = format!("{code}: {words}");
                    if !form.fixes.contains(&words) {
                        form.fixes.push(words);
                    }
                }
                self.plan_is_outdated();
                // On what the plan is about to do.
                let first = Item::Grant(super::grant::GrantItem::Change(0));
                self.cursors.insert(
                    Step::Grant,
                    super::rows::Cursor {
                        item: Some(first),
                        index: 0,
                    },
                );
                self.go(Step::Grant)
            }
            Some(Fix::Others { .. }) => {
                self.open(Overlay::NoFix);
                Vec::new()
            }
            None => Vec::new(),
        }
    }

    /// What the filter looks in, and what `y` copies of a line of step 3.
    pub(super) fn access_text(&self, item: AccessItem) -> String {
        let found = match item {
            AccessItem::Explanation(i) => self.explanation(i).map(explanation_text),
            AccessItem::Difference(i) => self.difference(i).map(|d| d.say.clone()),
            AccessItem::Policy(i) => self.policy(i).map(|p| p.text.clone()),
            AccessItem::Unseen(i) => self
                .access()
                .and_then(|a| a.unseen.get(i))
                .map(|u| format!("{}: {}", u.what, u.why)),
            AccessItem::Simulator(i) => self
                .access()
                .and_then(|a| a.simulator.get(i))
                .map(|s| s.say.clone()),
            AccessItem::ConfirmStep => self.confirm_step(),
            AccessItem::NoReader => Some(waiting_text(&self.waiting_for_reader())),
        };
        found.unwrap_or_default()
    }

    /// The integration's own confirm step, as it works today: PySpark that reads every column of the three folders.
    pub fn confirm_step(&self) -> Option<String> {
        let target = &self.report.as_ref()?.target;
        let (bucket, region) = match target {
            crate::report::Target::S3 { bucket, region, .. }
            | crate::report::Target::Demo { bucket, region, .. } => (bucket, region),
            crate::report::Target::Folder { .. } => return None,
        };
        // The script reads no more of a plan than where the folders are.
        let inspected = Inspected {
            target: crate::access::Target::new(bucket.as_str(), target.prefix(), "aws"),
            region: region.clone(),
            ..Inspected::default()
        };
        Some(spark(&plan(&inspected, &Wanted::default())))
    }
}

/// The codes of checks, each once, in words: `A201 to A218`, or one by one where some are missing between.
pub fn codes_in_words(checks: &[&Check]) -> String {
    let mut codes: Vec<Code> = checks.iter().map(|c| c.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let number = |code: &Code| code.as_str().get(1..)?.parse::<usize>().ok();
    let has_no_gap = |first, last| {
        let ends = number(first).zip(number(last));
        ends.is_some_and(|(first, last)| last.saturating_sub(first) + 1 == codes.len())
    };
    match &codes[..] {
        [first, _, .., last] if has_no_gap(first, last) => format!("{first} to {last}"),
        _ => codes.iter().map(Code::to_string).collect::<Vec<_>>().join(", "),
    }
}

/// Checks that wait for the same as lines to paste into a chat.
fn waiting_text(checks: &[&Check]) -> String {
    let cause = checks
        .first()
        .and_then(|c| c.cause.as_deref())
        .unwrap_or_default();
    let mut text = format!("{} unknown: {cause}", codes_in_words(checks));
    for check in checks {
        text.push_str(&format!("\n  {} {} in {}", check.code, check.slug, check.subject));
    }
    text
}

/// An explanation as lines to paste into a chat.
fn explanation_text(found: &ExplainedNeed) -> String {
    let mut text = format!("{} {}", found.code, found.say);
    for near in &found.near {
        text.push_str(&format!("\n  {}: {}", near.place, near.kept_by.join("; ")));
    }
    if !found.next.say.is_empty() {
        text.push_str(&format!("\n  Fix: {}", found.next.say));
    }
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;
