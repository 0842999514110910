//! What a statement that almost allows comes to: a cause with a code of its own, or the nearest words for it.

use super::{
    Explanation, Rank,
    causes::{Run, capital},
    near::{Gaps, WorksOn, can_fit_bucket, can_fit_objects, is_about, kept_by, listed, meant, works_on},
};
use crate::access::{
    condition::quoted,
    evaluate::{Decision, Judged},
    lint,
    needs::Need,
    policy::{Effect, Source},
    principal::{Grantee, is_unique_id},
    truth::Truth,
};

impl Run<'_> {
    /// What an Allow that does not match comes to.
    pub(super) fn near_cause(&self, judged: &Judged) -> Option<Explanation> {
        let statement = judged.statement()?;
        if judged.answer.is_yes() {
            return None;
        }
        if let Some(placeholder) = self.placeholder(judged) {
            return Some(placeholder);
        }
        let gaps = Gaps::of(judged);
        let place = judged.place();
        if let Some(dead) = self.dead_grant(judged, &gaps) {
            return Some(dead);
        }
        let kept = kept_by(&self.question.request, judged, &gaps).join("; ");
        if gaps.only_principal() {
            return self.other_principal(judged, &kept);
        }
        if gaps.only_conditions() {
            let say = format!(
                "{place} would allow {}{}, but {kept}.",
                self.what(),
                self.listing()
            );
            let code = gaps.conditions.iter().any(|c| lint::is_network_key(&c.key));
            let fix = self.condition_fix(&gaps);
            return Some(match code {
                true => self.explain("A214", Rank::Beside, Some(judged), say, &fix),
                false => self.own(Rank::Beside, Some(judged), say, &fix),
            });
        }
        let about = statement
            .resources
            .patterns
            .iter()
            .any(|r| is_about(&r.text, &self.evidence.target));
        if gaps.only_resource() {
            let say = format!(
                "{place} allows {} elsewhere: {kept}.",
                self.question.request.action
            );
            let rank = if about { Rank::Beside } else { Rank::Far };
            let fix = match (statement.resources.not, self.question.need) {
                (true, _) => "Grant it in a statement of its own, by Resource: whatever NotResource does not hold is granted, in other buckets too.".to_owned(),
                (false, Need::List(_)) => format!("Put {} into its Resource.", self.evidence.target.bucket_arn()),
                (false, Need::Read(_)) => format!(
                    "Put {} into its Resource; letters count, large and small.",
                    self.evidence.target.object_patterns().join(", ")
                ),
            };
            return Some(self.own(rank, Some(judged), say, &fix));
        }
        if gaps.only_action() && about {
            let say = format!("{place} is about the right resource, but {kept}.");
            let action = &self.question.request.action;
            let fix = match statement.actions.not {
                true => format!(
                    "Grant {action} in a statement of its own: what NotAction does not hold is granted, writes included."
                ),
                false => format!("Add {action} to its Action."),
            };
            return Some(self.own(Rank::Far, Some(judged), say, &fix));
        }
        None
    }

    /// What to do about conditions that alone keep a statement from allowing.
    fn condition_fix(&self, gaps: &Gaps) -> String {
        let on = |keys: &[&str]| {
            gaps.conditions
                .iter()
                .any(|c| keys.iter().any(|key| c.key.eq_ignore_ascii_case(key)))
        };
        if on(&["s3:prefix", "s3:delimiter", "s3:max-keys"]) {
            return match self.question.need {
                Need::Read(_) => format!(
                    "Give {} a statement of its own, without this condition: only lists have such a key, so it voids every read.",
                    self.question.request.action
                ),
                Need::List(_) => format!(
                    "Let StringLike on s3:prefix hold {}.",
                    quoted(&self.evidence.target.prefix_patterns())
                ),
            };
        }
        if on(&["aws:CurrentTime", "aws:EpochTime"]) {
            return "The grant holds for a time only: change its date, or give the reader a statement without one.".into();
        }
        if gaps.conditions.iter().any(|c| lint::is_network_key(&c.key)) {
            return "Give the reader a statement of its own without this condition, or let Statsig's requests through in it: they come from other networks than yours.".into();
        }
        "Widen the condition so that it lets the reader's requests through.".into()
    }

    /// A placeholder left in, in a statement that otherwise is about this need.
    pub(super) fn placeholder(&self, judged: &Judged) -> Option<Explanation> {
        let statement = judged.statement()?;
        if !judged.action.is_yes() {
            return None;
        }
        let texts = statement.resources.patterns.iter().chain(
            statement
                .principals
                .iter()
                .flat_map(|p| p.entries.iter().map(|e| &e.value)),
        );
        let left = texts
            .map(|t| &t.text)
            .find(|t| lint::placeholder_in(t).is_some())?;
        let say = format!(
            "{} holds a placeholder, \"{left}\", where the real value should stand: it grants nothing.",
            judged.place()
        );
        Some(self.explain(
            "A217",
            Rank::Broken,
            Some(judged),
            say,
            "Put in the bucket's ARN (and for objects /* behind it), and the user's ARN.",
        ))
    }

    /// A206: the action is right and its resource is of the wrong kind, or the action does not exist.
    pub(super) fn dead_grant(&self, judged: &Judged, gaps: &Gaps) -> Option<Explanation> {
        let statement = judged.statement()?;
        let target = &self.evidence.target;
        let about = || {
            statement
                .resources
                .patterns
                .iter()
                .filter(|r| is_about(&r.text, target))
        };
        let place = judged.place();
        let action = self.question.request.action.as_str();
        if gaps.action && !gaps.principal {
            let wrong = statement
                .actions
                .patterns
                .iter()
                .find(|a| meant(&a.text) == Some(action))?;
            let say = format!(
                "{place} allows {}, an action that does not exist; {action} is what is needed.",
                wrong.text
            );
            return Some(self.explain(
                "A206",
                Rank::Broken,
                Some(judged),
                say,
                "Write the action that exists.",
            ));
        }
        if !gaps.resource
            || gaps.action
            || gaps.principal
            || statement.resources.not
            || about().next().is_none()
        {
            return None;
        }
        let resources = listed(&statement.resources);
        let (kind, fix) = match works_on(action) {
            WorksOn::Objects if !about().any(|r| can_fit_objects(&r.text)) => (
                "which is the bucket and no object",
                format!(
                    "Put {}/* (better: the three folders) into its Resource.",
                    self.evidence.target.bucket_arn()
                ),
            ),
            WorksOn::Bucket
                if about().all(|r| can_fit_bucket(&r.text, &self.evidence.target.bucket_arn()).is_no()) =>
            {
                (
                    "which are objects and not the bucket",
                    format!(
                        "Put {} (without /*) into its Resource.",
                        self.evidence.target.bucket_arn()
                    ),
                )
            }
            _ => return None,
        };
        let say =
            format!("{place} allows {action} on {resources}, {kind}: it grants nothing of what is needed.");
        Some(self.explain("A206", Rank::Broken, Some(judged), say, &fix))
    }

    /// A211, A212: the statement would allow, had it named this reader.
    pub(super) fn other_principal(&self, judged: &Judged, kept: &str) -> Option<Explanation> {
        let principals = judged.statement()?.principals.as_ref()?;
        let reader = self.evidence.reader.as_ref()?;
        let place = judged.place();
        if let Some(dead) = principals.entries.iter().find(|e| is_unique_id(&e.value.text)) {
            let say = format!(
                "{place} would allow {}, but it names {}, the id of a deleted user: a user made again under the same name is not that user, and the policy can't be saved as long as the id is in it.",
                self.what(),
                dead.value.text
            );
            return Some(self.explain(
                "A211",
                Rank::Broken,
                Some(judged),
                say,
                "Replace the id by the user's ARN, or drop the statement.",
            ));
        }
        if principals.entries.iter().all(|e| e.kind != "AWS") {
            return None;
        }
        // Another user of the reader's account, or the reader's name in another account, is a slip; a stranger is not.
        let name = reader.name().unwrap_or_default();
        let slip = principals.entries.iter().any(|e| {
            let value = &e.value.text;
            value.contains(&reader.account) || (!name.is_empty() && value.ends_with(&format!("/{name}")))
        });
        let say = format!(
            "{place} would allow {}, but it is for somebody else than {}: {kept}.",
            self.what(),
            reader.arn
        );
        let rank = if slip { Rank::Beside } else { Rank::Far };
        Some(self.explain(
            "A212",
            rank,
            Some(judged),
            say,
            "Name the reader's ARN in its Principal, or hand over the key of the user that it names.",
        ))
    }

    /// A207: two accounts, and a side that does not allow.
    pub(super) fn one_sided(&self, decision: &Decision) -> Explanation {
        let reader = self.evidence.reader.as_ref();
        let account = reader.map_or("another account", |r| r.account.as_str());
        let bucket = self
            .evidence
            .in_force
            .resource_account
            .as_deref()
            .unwrap_or("another account");
        let both = format!(
            "the reader is of account {account} and the bucket of {bucket}, so both the user's policies and the bucket policy must allow {}{}",
            self.what(),
            self.listing()
        );
        let (side, fix) = match (decision.identity_allows, decision.resource_allows) {
            (Truth::No, Truth::No) => (
                "neither does",
                "Grant it on both sides: in the user's policy, and in the bucket policy for the user's ARN.",
            ),
            (_, Truth::No) => (
                "the bucket policy does not",
                "Add a statement for the user's ARN to the bucket policy.",
            ),
            (Truth::Unknown, Truth::Yes) => (
                "the bucket policy does; the user's own policies could not be seen, and are the likeliest to be missing it",
                "Look at the user's policies in the user's account, and add it where it is missing.",
            ),
            _ => (
                "the user's own policies do not",
                "Add it to the user's policy, in the user's account.",
            ),
        };
        self.explain(
            "A207",
            Rank::Accounts,
            None,
            format!("{}; {side}.", capital(&both)),
            fix,
        )
    }

    /// In one account a statement for the account as a whole only lets its administrators grant.
    pub(super) fn account_named(&self, decision: &Decision) -> Option<Explanation> {
        let judged = decision.trace.iter().find(|j| {
            j.effect == Effect::Allow
                && j.answer.is_yes()
                && j.source == Source::Bucket
                && j.principal
                    .as_ref()
                    .is_some_and(|p| p.by == Some(Grantee::Account))
        })?;
        let say = format!(
            "{} allows {} to the account as a whole, which in the same account only leaves it to the user's own policies; and they do not allow it.",
            judged.place(),
            self.what()
        );
        Some(self.own(
            Rank::Beside,
            Some(judged),
            say,
            "Name the user's ARN in that statement, or grant it in the user's policy.",
        ))
    }
}
