//! What stands in a plan's way, or will not be cured by it.

use super::{ChangeKind, Concern, Inspected, Known, Plan, Wanted};
use crate::{
    access::{
        context::Actor,
        evidence::Evidence,
        explain::diagnose,
        lint,
        merge::Fate,
        needs::{BUCKET_LIMIT, INLINE_LIMIT, POLICY_NAME},
        policy::{Attached, Effect, Policy, Source, iam_size},
        principal::is_unique_id,
    },
    rule::{Found, Next},
};

/// Every concern about a plan but those of its drafting.
pub(super) fn of(inspected: &Inspected, wanted: &Wanted, plan: &Plan) -> Vec<Concern> {
    let mut all = Vec::new();
    lengths(inspected, plan, &mut all);
    dead_principals(inspected, plan, &mut all);
    replaced_grants(plan, &mut all);
    keys_of_objects(inspected, wanted, &mut all);
    after(inspected, wanted, plan, &mut all);
    all
}

fn concern(blocking: bool, say: impl Into<String>, next: impl Into<String>) -> Concern {
    Concern {
        blocking,
        say: say.into(),
        next: Next::say(next),
        offer_to_drop: None,
    }
}

/// AWS' limits on what the plan would put.
fn lengths(inspected: &Inspected, plan: &Plan, all: &mut Vec<Concern>) {
    for change in &plan.changes {
        match &change.kind {
            ChangeKind::PutUserPolicy { document, .. } => {
                let others: usize = inspected
                    .user
                    .get()
                    .and_then(Option::as_ref)
                    .and_then(|u| u.inline.get())
                    .into_iter()
                    .flatten()
                    .filter(|p| p.name != POLICY_NAME)
                    .filter_map(|p| p.document.get())
                    .map(|text| iam_size(text))
                    .sum();
                let size = others + iam_size(document);
                if size > INLINE_LIMIT {
                    all.push(concern(
                        true,
                        format!("The user's inline policies would have {size} characters together; AWS allows {INLINE_LIMIT}."),
                        "Take out or shorten another inline policy of the user, or turn one into a managed policy.",
                    ));
                }
            }
            ChangeKind::PutBucketPolicy { document, .. } if document.len() > BUCKET_LIMIT => {
                all.push(concern(
                    true,
                    format!(
                        "The bucket policy would have {} bytes; S3 allows {BUCKET_LIMIT}.",
                        document.len()
                    ),
                    "Shorten the bucket policy, then plan again. In one account the user's policy alone is enough.",
                ));
            }
            _ => {}
        }
    }
}

/// A deleted identity in the policy makes every save of it fail; statements that go are no trouble.
fn dead_principals(inspected: &Inspected, plan: &Plan, all: &mut Vec<Concern>) {
    let document = plan.changes.iter().find_map(|c| match &c.kind {
        ChangeKind::PutBucketPolicy { document, .. } => Some(document.as_str()),
        _ => None,
    });
    let (text, is_put) = match (document, &inspected.bucket_policy) {
        (Some(document), _) => (document, true),
        (None, Known::Known(Some(text))) => (text.as_str(), false),
        _ => return,
    };
    let Ok(policy) = Policy::parse(text) else {
        return;
    };
    for statement in &policy.statements {
        let entries = || statement.principals.iter().flat_map(|p| &p.entries);
        let Some(dead) = entries().find(|e| is_unique_id(&e.value.text)) else {
            continue;
        };
        let others = entries().filter(|e| !is_unique_id(&e.value.text)).count();
        let say = format!(
            "The bucket policy's {} names {}, the id of a deleted user or role. AWS refuses to save a policy with it (Invalid principal).",
            statement.place(),
            dead.value.text
        );
        let next = match others {
            0 => "Drop that statement: it grants nobody anything. Or replace the id by the ARN of who is meant.".to_owned(),
            n => format!("Take the id out of the statement by hand: it names {n} others too. Or drop the statement."),
        };
        all.push(Concern {
            offer_to_drop: Some(policy.text_of(statement).to_owned()),
            ..concern(is_put, say, next)
        });
    }
}

/// Our Sid with somebody else's name in it: another reader was granted before.
fn replaced_grants(plan: &Plan, all: &mut Vec<Concern>) {
    let Some(arn) = &plan.user_arn else {
        return;
    };
    let replaced = plan
        .changes
        .iter()
        .flat_map(|c| &c.statements)
        .filter(|s| s.fate == Fate::Replaced);
    let mut told: Vec<String> = Vec::new();
    for statement in replaced {
        let Some(before) = &statement.before else { continue };
        let Ok(policy) = Policy::parse(&format!("{{\"Statement\": {before}}}")) else {
            continue;
        };
        let others = policy
            .statements
            .iter()
            .flat_map(|s| &s.principals)
            .flat_map(|p| &p.entries)
            .map(|e| e.value.text.clone())
            .filter(|p| p != arn && !is_unique_id(p));
        for other in others {
            if !told.contains(&other) {
                all.push(concern(
                    false,
                    format!(
                        "The bucket policy's statement {} grants {other}; this plan replaces it by one for {arn}.",
                        statement.name
                    ),
                    "If the other reader is still needed, give its statement another Sid first.",
                ));
                told.push(other);
            }
        }
    }
}

/// SSE-KMS: the key must be granted too, and its policy is not ours to change.
fn keys_of_objects(inspected: &Inspected, wanted: &Wanted, all: &mut Vec<Concern>) {
    let Some(encryption) = inspected.encryption.get() else {
        return;
    };
    let Some(key) = encryption.kms_key() else {
        return;
    };
    let different = match (inspected.user_account.get(), inspected.bucket_account.get()) {
        (Some(user), Some(bucket)) => user != bucket,
        _ => false,
    };
    if encryption.is_aws_managed() {
        if different {
            all.push(concern(
                false,
                "New objects are encrypted with the account's own key aws/s3, which a user of another account can't use at all.",
                "Make SSE-S3 or a KMS key of your own the bucket's default, and copy the objects that are there.",
            ));
        }
        return;
    }
    let granted = wanted.extras.kms_keys.iter().any(|k| k == key);
    let say = match granted {
        true => format!(
            "Objects are encrypted with the KMS key {key}. The plan lets the user's policy use it; the key's own policy must allow it too."
        ),
        false => format!(
            "New objects are encrypted with the KMS key {key}, and the plan does not grant kms:Decrypt on it: reads will be refused."
        ),
    };
    let next = match granted {
        true => {
            "Look at the key's policy: by default it leaves it to the account's policies. Between two accounts it must name the user's account or ARN."
        }
        false => "Plan again with that key's ARN.",
    };
    all.push(concern(false, say, next));
}

/// What will still refuse the reader, or Statsig, once the plan is applied.
fn after(inspected: &Inspected, wanted: &Wanted, plan: &Plan, all: &mut Vec<Concern>) {
    let Some(evidence) = evidence_after(inspected, wanted, plan) else {
        return;
    };
    let mut told: Vec<String> = Vec::new();
    for explanation in diagnose(&evidence) {
        let Some(place) = &explanation.place else { continue };
        // What the plan can't cure: a Deny, a public policy that is blocked, a boundary.
        let deny = evidence
            .in_force
            .resource
            .policies
            .iter()
            .chain(&evidence.in_force.identity.policies)
            .chain(&evidence.in_force.boundary.policies)
            .filter(|p| p.source == place.source)
            .filter_map(|p| p.policy.statements.get(place.index))
            .any(|s| s.effect == Effect::Deny);
        let more = match deny {
            true => " Nothing that this plan adds can undo a Deny.",
            false => "",
        };
        told.push(place.name.clone());
        all.push(concern(
            false,
            format!("{}{more}", explanation.say),
            explanation.next.say,
        ));
    }
    if let Found::Judged(judged) = lint::network_conditions(&evidence).found {
        let cause = judged.cause.unwrap_or_default();
        if judged.count > 0 && !told.iter().any(|name| cause.contains(name.as_str())) {
            let next = judged.next.map(|n| n.say).unwrap_or_default();
            let more = match cause.contains("it denies where") {
                true => " Nothing that this plan adds can undo a Deny.",
                false => "",
            };
            all.push(concern(false, format!("{cause}{more}"), next));
        }
    }
}

/// Evidence as it will be once the plan is applied, for a request from nowhere in particular.
pub fn evidence_after(inspected: &Inspected, wanted: &Wanted, plan: &Plan) -> Option<Evidence> {
    let reader = Actor::from_arn(inspected.user_arn(wanted)?.as_str())?;
    let mut evidence = inspected.evidence(Some(reader));
    for change in &plan.changes {
        let (source, document) = match &change.kind {
            ChangeKind::PutUserPolicy { name, document, .. } => {
                (Source::UserInline { name: name.clone() }, document)
            }
            ChangeKind::PutBucketPolicy { document, .. } => (Source::Bucket, document),
            _ => continue,
        };
        let Ok(policy) = Policy::parse(document) else {
            continue;
        };
        let layer = match source {
            Source::Bucket => &mut evidence.in_force.resource,
            _ => &mut evidence.in_force.identity,
        };
        layer.policies.retain(|p| p.source != source);
        layer.policies.push(Attached::new(source, policy));
    }
    Some(evidence)
}
