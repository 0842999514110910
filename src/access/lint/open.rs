//! A203 to A205: what the reader may do beside what it needs. Predicted from policies or seen; nothing is ever written
//! to prove a point.

use super::{Findings, unknown, why_unseen};
use crate::{
    access::{
        context::Request,
        evaluate::Decision,
        evidence::{Answer, Asked, Evidence},
        explain::deciding,
        pattern::arn_parts,
        policy::{Effect, Statement},
        truth::Truth,
    },
    rule::{Dataset, Outcome},
};

/// Actions on objects that write or delete.
const OBJECT_WRITES: [&str; 10] = [
    "s3:PutObject",
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:PutObjectAcl",
    "s3:PutObjectTagging",
    "s3:DeleteObjectTagging",
    "s3:RestoreObject",
    "s3:BypassGovernanceRetention",
    "s3:ReplicateObject",
    "s3:AbortMultipartUpload",
];

/// Actions that change or delete the bucket or its settings.
const BUCKET_WRITES: [&str; 12] = [
    "s3:PutBucketPolicy",
    "s3:DeleteBucketPolicy",
    "s3:DeleteBucket",
    "s3:PutBucketAcl",
    "s3:PutLifecycleConfiguration",
    "s3:PutEncryptionConfiguration",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketVersioning",
    "s3:PutReplicationConfiguration",
    "s3:PutBucketOwnershipControls",
    "s3:PutBucketNotification",
    "s3:PutBucketTagging",
];

/// The writing requests that the policies are asked about, on objects first.
pub(in crate::access) fn write_requests(evidence: &Evidence) -> Vec<Request> {
    let target = &evidence.target;
    let keys = witness_keys(evidence, true);
    let mut requests: Vec<Request> = Vec::new();
    for action in OBJECT_WRITES {
        requests.extend(
            keys.iter()
                .map(|key| Request::on_object(action, &target.partition, &target.bucket, key)),
        );
    }
    requests.extend(
        BUCKET_WRITES
            .iter()
            .map(|action| Request::on_bucket(action, &target.partition, &target.bucket)),
    );
    requests
}

/// The reads outside the folders that the policies are asked about.
pub(in crate::access) fn reads_outside(evidence: &Evidence) -> Vec<Request> {
    let target = &evidence.target;
    witness_keys(evidence, false)
        .iter()
        .map(|key| Request::read(&target.partition, &target.bucket, key))
        .collect()
}

/// The lists outside the folders that the policies are asked about.
pub(in crate::access) fn lists_outside(evidence: &Evidence) -> Vec<Request> {
    let target = &evidence.target;
    let mut requests = vec![Request::list(&target.partition, &target.bucket, None, None)];
    requests.extend(
        witness_prefixes(evidence)
            .iter()
            .map(|prefix| Request::list(&target.partition, &target.bucket, Some(prefix), Some("/"))),
    );
    requests
}

/// A203.
pub(super) fn can_write(evidence: &Evidence) -> Outcome {
    let requests = write_requests(evidence);
    predicted("A203", evidence, &requests, |request, decision| {
        format!(
            "{} on {} is allowed by {}.",
            request.action,
            request.resource,
            places(decision)
        )
    })
}

/// A204.
pub(super) fn reads_elsewhere(evidence: &Evidence) -> Outcome {
    let seen: Vec<&String> = outside(evidence)
        .filter_map(|(asked, allowed)| match asked {
            Asked::Read(key) if allowed => Some(key),
            _ => None,
        })
        .collect();
    if !seen.is_empty() {
        let mut findings = Findings::new("A204", seen.len());
        findings.found = seen.iter().map(|key| format!("{key} could be read.")).collect();
        return findings.outcome();
    }
    let requests = reads_outside(evidence);
    let outcome = predicted("A204", evidence, &requests, |request, decision| {
        format!(
            "s3:GetObject on {} is allowed by {}.",
            request.resource,
            places(decision)
        )
    });
    let refused = outside(evidence)
        .filter(|(asked, allowed)| matches!(asked, Asked::Read(_)) && !allowed)
        .count();
    seen_instead(outcome, "A204", evidence, refused)
}

/// A205.
pub(super) fn lists_elsewhere(evidence: &Evidence) -> Outcome {
    let seen: Vec<&String> = outside(evidence)
        .filter_map(|(asked, allowed)| match asked {
            Asked::List(prefix) if allowed => Some(prefix),
            _ => None,
        })
        .collect();
    if !seen.is_empty() {
        let mut findings = Findings::new("A205", seen.len());
        findings.found = seen
            .iter()
            .map(|prefix| match prefix.as_str() {
                "" => "The whole bucket could be listed from its root.".into(),
                prefix => format!("The prefix {prefix} could be listed."),
            })
            .collect();
        return findings.outcome();
    }
    let requests = lists_outside(evidence);
    let outcome = predicted("A205", evidence, &requests, |request, decision| {
        let prefix = match request.context.get("s3:prefix") {
            crate::access::context::Held::Values(v) => v.first().cloned().unwrap_or_default(),
            _ => String::new(),
        };
        match prefix.as_str() {
            "" => format!(
                "s3:ListBucket of the whole bucket is allowed by {}.",
                places(decision)
            ),
            prefix => format!(
                "s3:ListBucket with the prefix {prefix} is allowed by {}.",
                places(decision)
            ),
        }
    });
    let refused = outside(evidence)
        .filter(|(asked, allowed)| matches!(asked, Asked::List(_)) && !allowed)
        .count();
    seen_instead(outcome, "A205", evidence, refused)
}

/// Where the policies could not be asked, what was refused outside the folders is the evidence.
fn seen_instead(outcome: Outcome, code: &'static str, evidence: &Evidence, refused: usize) -> Outcome {
    match outcome.found {
        crate::rule::Found::Unknown { .. } if refused > 0 && !evidence.saw_all_policies() => {
            Findings::new(code, refused).outcome()
        }
        _ => outcome,
    }
}

/// The probes outside the folders, and whether they were answered.
fn outside(evidence: &Evidence) -> impl Iterator<Item = (&Asked, bool)> {
    evidence
        .probes
        .iter()
        .filter(|p| p.need(&evidence.target).is_none())
        .map(|p| (&p.asked, p.answer == Answer::Allowed))
}

/// Asks the policies about requests that should be refused. One finding a statement that allows.
fn predicted(
    code: &'static str,
    evidence: &Evidence,
    requests: &[Request],
    words: impl Fn(&Request, &Decision) -> String,
) -> Outcome {
    let mut findings = Findings::new(code, requests.len());
    let mut answers = Vec::new();
    let mut known: Vec<String> = Vec::new();
    for request in requests {
        let Some(decision) = evidence.predict(request) else {
            return unknown(code, why_unseen(evidence));
        };
        answers.push(decision.answer);
        if decision.answer.is_yes() {
            let by = format!("{} {}", request.action, places(&decision));
            if !known.contains(&by) {
                findings.found.push(words(request, &decision));
                known.push(by);
            }
        }
    }
    match Truth::any(answers) {
        Truth::Unknown => unknown(
            code,
            format!(
                "what the policies allow can't be predicted: {}",
                why_unseen(evidence)
            ),
        ),
        _ => findings.outcome(),
    }
}

fn places(decision: &Decision) -> String {
    let places: Vec<String> = deciding(decision).iter().map(|j| j.place()).collect();
    match places.is_empty() {
        true => "being the account's root".into(),
        false => places.join(" and "),
    }
}

/// The statements that allow something, of policies of identity and bucket.
fn allows(evidence: &Evidence) -> impl Iterator<Item = &Statement> {
    let f = &evidence.in_force;
    f.identity
        .policies
        .iter()
        .chain(&f.resource.policies)
        .flat_map(|p| &p.policy.statements)
        .filter(|s| s.effect == Effect::Allow)
}

/// Keys to ask about: one outside the folders, one in each (where `inside` counts), and one for each resource pattern
/// of an Allow, so that what is open in an unexpected place is found.
fn witness_keys(evidence: &Evidence, inside: bool) -> Vec<String> {
    let target = &evidence.target;
    let mut keys = vec!["bucket-ready-elsewhere/object".to_owned(), "object".to_owned()];
    if inside {
        keys.extend(
            Dataset::ALL
                .iter()
                .map(|d| format!("{}2022-06-22/part-0.parquet", target.folder(*d))),
        );
    }
    for pattern in allows(evidence).flat_map(|s| &s.resources.patterns) {
        let Some(parts) = arn_parts(&pattern.text) else {
            continue;
        };
        if let Some((_, key)) = parts[5].split_once('/') {
            keys.push(witness(key));
        }
    }
    keys.retain(|key| !key.is_empty() && (inside || target.dataset_of(key).is_none()));
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// Prefixes outside the folders to ask about: the root, a made-up one, and those that conditions name.
fn witness_prefixes(evidence: &Evidence) -> Vec<String> {
    let target = &evidence.target;
    let mut prefixes = vec![String::new(), "bucket-ready-elsewhere/".to_owned()];
    for condition in allows(evidence).flat_map(|s| &s.conditions) {
        if condition.key.eq_ignore_ascii_case("s3:prefix") {
            prefixes.extend(condition.values.iter().map(|v| witness(v)));
        }
    }
    let needed = |prefix: &String| {
        Dataset::ALL.iter().any(|d| {
            let folder = target.folder(*d);
            prefix.starts_with(&folder) || *prefix == folder.trim_end_matches('/')
        })
    };
    prefixes.retain(|p| !needed(p));
    prefixes.sort_unstable();
    prefixes.dedup();
    prefixes
}

/// A text that a pattern fits.
fn witness(pattern: &str) -> String {
    pattern
        .replace("${*}", "*")
        .replace("${?}", "?")
        .replace("${$}", "$")
        .chars()
        .map(|c| match c {
            '*' | '?' => 'x',
            c => c,
        })
        .collect()
}
