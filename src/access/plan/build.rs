//! From what is there and what is wanted, a plan.

use super::{
    Change, ChangeKind, Concern, Inspected, Known, PLAN_VERSION, Plan, UserFacts, Wanted, concerns,
    fingerprint, print::shell_quote,
};
use crate::{
    access::{
        merge::{Fate, Merged, drop_statements, merge, says_the_same},
        needs::POLICY_NAME,
        policy::Policy,
    },
    rule::Next,
};

/// Plans a grant. Always a plan: what can't be planned is left out, and a concern says so.
pub fn plan(inspected: &Inspected, wanted: &Wanted) -> Plan {
    let mut draft = Draft {
        inspected,
        wanted,
        plan: Plan {
            schema_version: PLAN_VERSION.into(),
            target: inspected.target.clone(),
            region: inspected.region.clone(),
            user: wanted.user.clone(),
            user_arn: inspected.user_arn(wanted),
            bucket_account: inspected.bucket_account.get().cloned(),
            extras: wanted.extras.clone(),
            rotate: wanted.rotate,
            changes: Vec::new(),
            satisfied: Vec::new(),
            problems: Vec::new(),
            unseen: inspected.unseen(),
        },
    };
    draft.user();
    draft.user_policy();
    draft.bucket_policy();
    draft.key();
    let mut plan = draft.plan;
    let more = concerns::of(inspected, wanted, &plan);
    plan.problems.extend(more);
    // What must be met first stands first.
    plan.problems.sort_by_key(|p| !p.blocking);
    plan
}

struct Draft<'d> {
    inspected: &'d Inspected,
    wanted: &'d Wanted,
    plan: Plan,
}

impl Draft<'_> {
    fn facts(&self) -> Option<&UserFacts> {
        self.inspected.user.get().and_then(Option::as_ref)
    }

    fn concern(&mut self, blocking: bool, say: String, next: Next) {
        self.plan.problems.push(Concern {
            blocking,
            say,
            next,
            offer_to_drop: None,
        });
    }

    fn user(&mut self) {
        let user = self.wanted.user.clone();
        match &self.inspected.user {
            Known::Known(Some(facts)) => self
                .plan
                .satisfied
                .push(format!("the user {} is there", facts.arn)),
            Known::Unknown(why) => {
                let say = format!(
                    "The user {user} could not be looked at ({why}). The plan leaves user, user policy and key alone."
                );
                let next = Next::say(
                    "Plan with credentials that may read IAM, or print the plan for somebody who holds the rights.",
                );
                self.concern(false, say, next);
            }
            Known::Known(None) => {
                let path = self.wanted.whole_path();
                let with_path = match path.as_str() {
                    "/" => String::new(),
                    path => format!(" --path {}", shell_quote(path)),
                };
                self.plan.changes.push(Change {
                    title: format!("create user {user}"),
                    before: None,
                    after: self.plan.user_arn.clone(),
                    before_hash: fingerprint(""),
                    why: "Statsig reads with a key of its own user, which may do nothing else.".into(),
                    call: "iam:CreateUser".into(),
                    command: format!(
                        "aws iam create-user --user-name {}{with_path}",
                        shell_quote(&user)
                    ),
                    undo: "The user is deleted, unless it has gained other keys or policies.".into(),
                    statements: Vec::new(),
                    kind: ChangeKind::CreateUser { user, path },
                });
            }
        }
    }

    fn user_policy(&mut self) {
        let before = match &self.inspected.user {
            Known::Unknown(_) => return,
            Known::Known(None) => None,
            Known::Known(Some(facts)) => match facts.inline_policy(POLICY_NAME) {
                Known::Known(before) => before,
                Known::Unknown(why) => {
                    let say = format!(
                        "The user's policy {POLICY_NAME} could not be read ({why}). The plan leaves it alone."
                    );
                    self.concern(
                        false,
                        say,
                        Next::say("Plan with credentials that may read the user's inline policies."),
                    );
                    return;
                }
            },
        };
        let document = self.inspected.target.user_policy(&self.wanted.extras);
        if before.as_deref().is_some_and(|b| same_policy(b, &document)) {
            self.plan
                .satisfied
                .push(format!("the user policy {POLICY_NAME} says what is wanted"));
            return;
        }
        let user = self.wanted.user.clone();
        let undo = match before {
            None => "The policy is deleted.",
            Some(_) => "The policy gets its former text.",
        };
        self.plan.changes.push(Change {
            title: format!("put user policy {POLICY_NAME}"),
            before_hash: fingerprint(before.as_deref().unwrap_or_default()),
            before,
            after: Some(document.clone()),
            why: "It lists the three folders and reads the objects under them; nothing else.".into(),
            call: "iam:PutUserPolicy".into(),
            command: format!(
                "aws iam put-user-policy --user-name {} --policy-name {POLICY_NAME} --policy-document {}",
                shell_quote(&user),
                shell_quote(&document)
            ),
            undo: undo.into(),
            statements: Vec::new(),
            kind: ChangeKind::PutUserPolicy {
                user,
                name: POLICY_NAME.into(),
                document,
            },
        });
    }

    fn bucket_policy(&mut self) {
        let Some(arn) = self.plan.user_arn.clone() else {
            let say = "It is not known in which account the user is, so the bucket policy can't name it.";
            self.concern(
                false,
                say.into(),
                Next::say("Plan with credentials of the user's account."),
            );
            return;
        };
        let before = match &self.inspected.bucket_policy {
            Known::Known(before) => before.clone(),
            Known::Unknown(why) => {
                let statements = self.inspected.target.bucket_statements(&arn).join(",\n");
                let say = format!("The bucket policy could not be read ({why}). The plan leaves it alone.");
                let next = Next::say(format!(
                    "In one account the user's policy is enough. Else, whoever owns the bucket must add these statements to its policy:\n{statements}"
                ));
                self.concern(false, say, next);
                return;
            }
        };
        match self.merged(before.as_deref(), &arn) {
            Err(why) => {
                let say = format!("The bucket policy can't be merged: {why}.");
                self.concern(
                    true,
                    say,
                    Next::say("Mend the bucket policy by hand, then plan again."),
                );
            }
            Ok(merged) if !merged.changes() => {
                self.plan
                    .satisfied
                    .push("the bucket policy grants what is wanted".into());
            }
            Ok(merged) => self.put_bucket_policy(before, merged),
        }
    }

    /// The bucket policy without what is to be dropped, and with our statements.
    fn merged(&self, before: Option<&str>, arn: &str) -> Result<Merged, String> {
        let mut removed = Vec::new();
        let mut text = before.map(str::to_owned);
        if let Some(before) = before.filter(|_| !self.wanted.drop.is_empty()) {
            let dropped = drop_statements(before, &self.wanted.drop).map_err(|e| e.to_string())?;
            removed = dropped.removed;
            text = dropped.text;
        }
        let ours = self.inspected.target.bucket_statements(arn);
        let mut merged = merge(text.as_deref(), &ours).map_err(|e| e.to_string())?;
        merged.statements.extend(removed);
        Ok(merged)
    }

    fn put_bucket_policy(&mut self, before: Option<String>, merged: Merged) {
        let bucket = self.inspected.target.bucket.clone();
        let count = |fate| merged.count(fate);
        let mut parts = vec![format!("{} kept", count(Fate::Kept))];
        for (fate, word) in [
            (Fate::Added, "added"),
            (Fate::Replaced, "replaced"),
            (Fate::Removed, "removed"),
        ] {
            if count(fate) > 0 {
                parts.push(format!("{} {word}", count(fate)));
            }
        }
        let undo = match before {
            None => "The policy is deleted; if it was changed since, only our two statements go.",
            Some(_) => {
                "The policy gets its former text; if it was changed since, only our two statements go."
            }
        };
        self.plan.changes.push(Change {
            title: format!("merge bucket policy: {}", parts.join(", ")),
            before_hash: fingerprint(before.as_deref().unwrap_or_default()),
            before,
            after: Some(merged.text.clone()),
            why: "Between two accounts the bucket must allow too; in one it does no harm and says who reads here.".into(),
            call: "s3:PutBucketPolicy".into(),
            command: format!(
                "aws s3api put-bucket-policy --bucket {} --policy {}",
                shell_quote(&bucket),
                shell_quote(&merged.text)
            ),
            undo: undo.into(),
            statements: merged.statements,
            kind: ChangeKind::PutBucketPolicy {
                bucket,
                document: merged.text,
            },
        });
    }

    fn key(&mut self) {
        let keys = match &self.inspected.user {
            Known::Unknown(_) => return,
            Known::Known(None) => Vec::new(),
            Known::Known(Some(facts)) => match &facts.keys {
                Known::Known(keys) => keys.clone(),
                Known::Unknown(why) => {
                    let say = format!("The user's keys could not be listed ({why}). The plan makes none.");
                    self.concern(
                        false,
                        say,
                        Next::say("Plan with credentials that may list access keys."),
                    );
                    return;
                }
            },
        };
        let active = keys.iter().filter(|k| k.active).count();
        if active > 0 && !self.wanted.rotate {
            let ending = keys
                .iter()
                .find(|k| k.active)
                .map_or_else(String::new, |k| last4(&k.id));
            self.plan.satisfied.push(format!(
                "the user has an active key (…{ending}); rotating makes another"
            ));
            return;
        }
        if keys.len() >= 2 {
            self.two_keys();
            return;
        }
        let user = self.wanted.user.clone();
        let ids: Vec<String> = keys.iter().map(|k| k.id.clone()).collect();
        self.plan.changes.push(Change {
            title: "create access key".into(),
            before: (!ids.is_empty()).then(|| ids.join(", ")),
            after: None,
            before_hash: fingerprint(&ids.join(", ")),
            why: match self.wanted.rotate {
                true => "A second key, so that the first works until Statsig uses the new one.".into(),
                false => "Its id and secret are what Statsig is given. The secret is shown once.".to_owned(),
            },
            call: "iam:CreateAccessKey".into(),
            command: format!("aws iam create-access-key --user-name {}", shell_quote(&user)),
            undo: "The key is deleted. Whoever uses it is refused from then on.".into(),
            statements: Vec::new(),
            kind: ChangeKind::CreateAccessKey {
                user,
                keys_before: ids,
            },
        });
    }

    fn two_keys(&mut self) {
        let facts: Vec<_> = self
            .facts()
            .and_then(|f| f.keys.get())
            .cloned()
            .unwrap_or_default();
        let words = |k: &crate::access::KeyFacts| {
            let state = if k.active { "active" } else { "inactive" };
            let used = k
                .last_used
                .map_or_else(|| "never used".into(), |t| format!("last used {t}"));
            format!("…{} ({state}, {used})", last4(&k.id))
        };
        let listed: Vec<String> = facts.iter().map(words).collect();
        // The one to go: an inactive one, else the one that was used least lately.
        let least = facts.iter().min_by_key(|k| (k.active, k.last_used));
        let command = least.map(|k| {
            format!(
                "aws iam delete-access-key --user-name {} --access-key-id {}",
                shell_quote(&self.wanted.user),
                shell_quote(&k.id)
            )
        });
        let say = format!(
            "The user has two keys, and AWS allows no third: {}.",
            listed.join(", ")
        );
        let next = Next {
            say: "Delete the one that nobody uses, then plan again with --rotate.".into(),
            command,
            url: None,
        };
        self.concern(true, say, next);
    }
}

/// The last four characters of a key's id, which is all that is shown of it.
pub(super) fn last4(id: &str) -> String {
    let start = id.char_indices().rev().nth(3).map_or(0, |(at, _)| at);
    id.get(start..).unwrap_or_default().to_owned()
}

/// Whether two policies say the same, statement by statement, whatever their formatting.
pub fn same_policy(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    let (Ok(a), Ok(b)) = (Policy::parse(a), Policy::parse(b)) else {
        return false;
    };
    a.version == b.version
        && a.id == b.id
        && a.unknown == b.unknown
        && a.statements.len() == b.statements.len()
        && a.statements
            .iter()
            .zip(&b.statements)
            .all(|(a, b)| says_the_same(a, b))
}
