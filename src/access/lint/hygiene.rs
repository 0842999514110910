//! A215 to A217: the bucket's payer, the reader's keys, and slips in the policies' texts.

use super::{Findings, unknown};
use crate::{
    access::{
        context::ActorKind,
        evidence::Evidence,
        needs::{BUCKET_LIMIT, INLINE_LIMIT, MANAGED_LIMIT},
        policy::{Attached, Source, iam_size},
    },
    rule::Outcome,
};

/// Days after which a key is called old. Source: AWS Trusted Advisor's and IAM's usual 90 days.
const OLD_DAYS: i64 = 90;

/// A215.
pub(super) fn requester_pays(evidence: &Evidence) -> Outcome {
    let mut findings = Findings::new("A215", 1);
    match evidence.settings.requester_pays {
        None => {
            return unknown(
                "A215",
                "who pays for requests could not be read (s3:GetBucketRequestPayment)",
            );
        }
        Some(false) => {}
        Some(true) => findings.found.push(
            "Requester Pays is on: requests of other accounts are refused unless they declare that they pay."
                .into(),
        ),
    }
    findings.outcome()
}

/// A216.
pub(super) fn keys(evidence: &Evidence) -> Outcome {
    let keys = evidence.keys.as_deref().unwrap_or_default();
    let mut findings = Findings::new("A216", keys.len().max(1));
    let found = &mut findings.found;
    let is_root = evidence
        .reader
        .as_ref()
        .is_some_and(|r| r.kind == ActorKind::Root);
    if is_root {
        found.push(
            "This is a key of the account's root user: it can do everything, and can't be limited.".into(),
        );
    }
    let temporary = evidence
        .reader_key_id
        .as_deref()
        .is_some_and(|id| id.starts_with("ASIA"));
    if temporary {
        found.push("This is a temporary key (ASIA…): it stops working within hours or days, and is unfit to hand over.".into());
    }
    for key in keys.iter().filter(|k| k.active) {
        let (Some(created), Some(now)) = (key.created, evidence.now) else {
            continue;
        };
        let days = (now.as_second() - created.as_second()) / 86_400;
        if days > OLD_DAYS {
            found.push(format!("The key {} is {days} days old.", ending(&key.id)));
        }
    }
    let active: Vec<&str> = keys.iter().filter(|k| k.active).map(|k| k.id.as_str()).collect();
    if let [_, _, ..] = active.as_slice() {
        let endings: Vec<String> = active.iter().map(|id| ending(id)).collect();
        found.push(format!(
            "The user has {} active keys: {}.",
            active.len(),
            endings.join(", ")
        ));
    }
    // The shape of the key alone does not show that it is young, and the only one.
    if findings.found.is_empty() && evidence.keys.is_none() {
        return unknown(
            "A216",
            "the reader's keys could not be listed (iam:ListAccessKeys)",
        );
    }
    findings.outcome()
}

/// A key's id as it may be shown: its last four characters.
fn ending(id: &str) -> String {
    let start = id.char_indices().rev().nth(3).map_or(0, |(at, _)| at);
    format!("…{}", id.get(start..).unwrap_or_default())
}

/// A217.
pub(super) fn texts(evidence: &Evidence) -> Outcome {
    let f = &evidence.in_force;
    let all: Vec<&Attached> = f
        .identity
        .policies
        .iter()
        .chain(&f.boundary.policies)
        .chain(&f.resource.policies)
        .collect();
    if all.is_empty() && evidence.unreadable.is_empty() && !evidence.saw_policies() {
        return unknown("A217", super::why_unseen(evidence));
    }
    let mut findings = Findings::new("A217", (all.len() + evidence.unreadable.len()).max(1));
    for attached in &all {
        let text = attached.policy.text();
        findings
            .found
            .extend(slips(text).map(|slip| format!("{}: {slip}", attached.source)));
        findings
            .found
            .extend(too_long(attached).map(|words| format!("{}: {words}", attached.source)));
    }
    let inline: usize = f
        .identity
        .policies
        .iter()
        .filter(|p| matches!(p.source, Source::UserInline { .. }))
        .map(|p| p.policy.iam_size())
        .sum();
    if inline > INLINE_LIMIT {
        findings.found.push(format!(
            "The user's inline policies have {inline} characters together; AWS allows {INLINE_LIMIT}."
        ));
    }
    for bad in &evidence.unreadable {
        let slip = slips(&bad.text).unwrap_or_default();
        findings.found.push(
            format!("{} can't be read: {}. {slip}", bad.source, bad.why)
                .trim_end()
                .to_owned(),
        );
    }
    findings.outcome()
}

fn too_long(attached: &Attached) -> Option<String> {
    let text = attached.policy.text();
    match attached.source {
        Source::Bucket if text.len() > BUCKET_LIMIT => {
            Some(format!("it has {} bytes; S3 allows {BUCKET_LIMIT}.", text.len()))
        }
        Source::UserManaged { .. } | Source::GroupManaged { .. } | Source::Boundary { .. }
            if iam_size(text) > MANAGED_LIMIT =>
        {
            Some(format!(
                "it has {} characters; AWS allows {MANAGED_LIMIT}.",
                iam_size(text)
            ))
        }
        _ => None,
    }
}

/// The first slip in a text: a placeholder or a typographic quotation mark, with its line.
fn slips(text: &str) -> Option<String> {
    for (line, words) in (1..).zip(text.lines()) {
        if let Some(left) = placeholder_in(words) {
            return Some(format!("the placeholder \"{left}\" is left in (line {line})."));
        }
        if words.contains(['“', '”', '„']) {
            return Some(format!("typographic quotation marks stand in it (line {line})."));
        }
    }
    None
}

/// A placeholder in a text: `<BUCKET_ARN>`, `YOUR-BUCKET`, `BUCKET_NAME`. `None` where there is none.
pub fn placeholder_in(text: &str) -> Option<&str> {
    const WORDS: [&str; 8] = [
        "BUCKET_ARN",
        "IAM_ARN",
        "BUCKET_NAME",
        "YOUR_BUCKET",
        "YOUR-BUCKET",
        "your-bucket-name",
        "DOC-EXAMPLE-BUCKET",
        "ACCOUNT_ID",
    ];
    let angled = text.split('<').skip(1).find_map(|rest| {
        let (inside, _) = rest.split_once('>')?;
        let named = inside.len() > 1
            && inside.trim() == inside
            && inside
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b' '));
        named.then_some(inside)
    });
    angled.or_else(|| WORDS.into_iter().find(|word| text.contains(word)))
}
