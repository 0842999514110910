//! Tests of `lint`.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::{
    access::{
        Actor, Answer, Asked, Attached, Layer, Need, Opinion, Policy, Probe, Simulated, SimulatedDecision,
        Source, Target, Truth, evaluate::InForce, needs::Extras, simulated::questions,
    },
    rule::{Dataset, Found},
};

const READER: &str = "arn:aws:iam::111111111111:user/statsig-reader";
const OWN: &str = "111111111111";
const OTHER: &str = "222222222222";

fn user_layer(text: &str) -> Layer {
    let source = Source::UserInline { name: "own".into() };
    Layer::seen(vec![Attached::new(source, Policy::parse(text).unwrap())])
}

fn bucket_layer(text: &str) -> Layer {
    Layer::seen(vec![Attached::new(Source::Bucket, Policy::parse(text).unwrap())])
}

fn target() -> Target {
    Target::new("acme", "", "aws")
}

fn ours_for(principal: &str, more: &str) -> String {
    let all = target().bucket_statements(principal).join(",");
    format!(r#"{{"Version": "2012-10-17", "Statement": [{more}{all}]}}"#)
}

fn answered() -> Vec<Probe> {
    Dataset::ALL
        .iter()
        .flat_map(|d| {
            let folder = d.folder().to_owned();
            [Asked::Read(format!("{folder}x")), Asked::List(folder)]
        })
        .map(|asked| Probe {
            asked,
            answer: Answer::Allowed,
        })
        .collect()
}

/// A reader of one account with what our own plan grants, seen to work.
fn right(owner: &str) -> Evidence {
    Evidence {
        target: target(),
        reader: Actor::from_arn(READER),
        in_force: InForce {
            identity: user_layer(&target().user_policy(&Extras::default())),
            resource: bucket_layer(&ours_for(READER, "")),
            resource_account: Some(owner.into()),
            restrict_public_buckets: Some(true),
            ..InForce::default()
        },
        probes: answered(),
        ..Evidence::default()
    }
}

fn blind() -> Evidence {
    Evidence {
        target: target(),
        reader: Actor::from_arn(READER),
        in_force: InForce {
            identity: Layer::unseen("the user's policies", "iam:ListUserPolicies was refused"),
            resource: Layer::unseen("the bucket policy", "s3:GetBucketPolicy was refused"),
            ..InForce::default()
        },
        ..Evidence::default()
    }
}

/// `pass`, `unknown`, or the severity and the cause of a finding.
fn status(evidence: &Evidence, code: &str) -> (String, String) {
    let outcome = judge(evidence)
        .into_iter()
        .find(|o| o.code.as_str() == code)
        .unwrap();
    match outcome.found {
        Found::Judged(j) if j.count == 0 => {
            assert!(j.checked > 0, "{code} passes on nothing");
            ("pass".into(), String::new())
        }
        Found::Judged(j) => {
            let rule = crate::access::rules::POLICY_RULES
                .iter()
                .find(|r| r.code == outcome.code)
                .unwrap();
            let severity = j.severity.unwrap_or(rule.severity);
            (format!("{severity:?}").to_lowercase(), j.cause.unwrap())
        }
        Found::Unknown { cause, .. } => ("unknown".into(), cause),
        Found::Skipped { .. } => ("skipped".into(), String::new()),
    }
}

#[test]
fn without_sight_of_policies_the_explaining_rules_never_fail() {
    let codes = ["A206", "A208", "A209", "A210", "A211", "A212", "A213"];
    let mut evidence = blind();
    for code in codes {
        let (status, cause) = status(&evidence, code);
        assert_eq!(status, "unknown", "{code}");
        assert!(
            cause.contains("s3:GetBucketPolicy was refused"),
            "{code}: {cause}"
        );
    }
    evidence.probes = answered();
    for code in codes.iter().chain(&["A207"]) {
        assert_eq!(status(&evidence, code).0, "pass", "{code}");
    }
    evidence.probes[0].answer = Answer::Refused("Access Denied".into());
    for code in codes {
        assert_eq!(status(&evidence, code).0, "unknown", "{code}");
    }
}

#[test]
fn what_is_open_beside_is_unknown_or_what_was_seen_where_policies_are_hidden() {
    let mut evidence = blind();
    for code in ["A203", "A204", "A205", "A218"] {
        assert_eq!(status(&evidence, code).0, "unknown", "{code}");
    }
    let root = |answer| Probe {
        asked: Asked::List(String::new()),
        answer,
    };
    evidence.probes = vec![root(Answer::Refused("Access Denied".into()))];
    assert_eq!(status(&evidence, "A205").0, "pass");
    assert_eq!(status(&evidence, "A204").0, "unknown");
    evidence.probes = vec![root(Answer::Allowed)];
    assert_eq!(status(&evidence, "A205").0, "warn");
}

#[test]
fn a_dead_principal_warns_as_long_as_it_does_no_harm() {
    let dead = r#"{"Sid": "Old", "Effect": "Allow", "Principal": {"AWS": "AIDACKCEVSQ6C2EXAMPLE"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme/*"},"#;
    let mut evidence = right(OWN);
    evidence.in_force.resource = bucket_layer(&ours_for(READER, dead));
    let (severity, cause) = status(&evidence, "A211");
    assert_eq!(severity, "warn");
    assert!(
        cause.contains("statement Old (line 1)") && cause.contains("AIDACKCEVSQ6C2EXAMPLE"),
        "{cause}"
    );
    evidence.in_force.resource_account = Some(OTHER.into());
    assert_eq!(status(&evidence, "A211").0, "fail");
    assert_eq!(status(&right(OWN), "A211").0, "pass");
}

#[test]
fn a_public_statement_under_restriction_warns_in_one_account_and_fails_between_two() {
    let open = r#"{"Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme/public/*"},"#;
    let mut evidence = right(OWN);
    evidence.in_force.resource = bucket_layer(&ours_for(READER, open));
    assert_eq!(status(&evidence, "A213").0, "warn");
    evidence.in_force.restrict_public_buckets = Some(false);
    assert_eq!(status(&evidence, "A213").0, "pass");
    evidence.in_force.restrict_public_buckets = Some(true);
    evidence.in_force.resource_account = Some(OTHER.into());
    assert_eq!(status(&evidence, "A213").0, "fail");
}

#[test]
fn a_dead_grant_beside_a_living_one_warns() {
    let mut evidence = right(OWN);
    let page = r#"{"Version": "2012-10-17", "Statement": [{"Sid": "VisualEditor0", "Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "arn:aws:s3:::acme"}]}"#;
    evidence.in_force.identity = user_layer(page);
    let (severity, cause) = status(&evidence, "A206");
    assert_eq!(severity, "warn");
    assert!(
        cause.contains("VisualEditor0") && cause.contains("s3:GetObject"),
        "{cause}"
    );
    let both = page.replace(
        r#""arn:aws:s3:::acme""#,
        r#"["arn:aws:s3:::acme", "arn:aws:s3:::acme/*"]"#,
    );
    evidence.in_force.identity = user_layer(&both);
    assert_eq!(status(&evidence, "A206").0, "pass");
}

#[test]
fn one_side_missing_between_accounts_fails_before_anything_is_tried() {
    let mut evidence = right(OTHER);
    evidence.probes.clear();
    assert_eq!(status(&evidence, "A207").0, "pass");
    evidence.in_force.resource = Layer::default();
    let (severity, cause) = status(&evidence, "A207");
    assert_eq!(severity, "fail");
    assert!(cause.contains("the bucket policy does not"), "{cause}");
    evidence.in_force.identity = Layer::unseen("the user's policies", "refused");
    assert_eq!(status(&evidence, "A207").0, "fail");
    evidence.in_force.resource_account = None;
    assert_eq!(status(&evidence, "A207").0, "unknown");
    evidence.owner = crate::access::Owner::Other;
    assert_eq!(status(&evidence, "A207").0, "fail");
}

#[test]
fn a_network_condition_that_lets_every_statsig_address_through_is_quiet() {
    let only = |addresses: &str| {
        format!(
            r#"{{"Sid": "Known", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {{"NotIpAddress": {{"aws:SourceIp": [{addresses}]}}}}}},"#
        )
    };
    let mut evidence = right(OWN);
    let all: Vec<String> = evidence
        .statsig_addresses
        .iter()
        .map(|a| format!("\"{a}\""))
        .collect();
    evidence.in_force.resource = bucket_layer(&ours_for(READER, &only(&all.join(","))));
    assert_eq!(status(&evidence, "A214").0, "pass");
    evidence.in_force.resource = bucket_layer(&ours_for(READER, &only(&all[1..].join(","))));
    let (severity, cause) = status(&evidence, "A214");
    assert_eq!(severity, "warn");
    assert!(
        cause.contains("Statsig's addresses 20.29.232.235 out") && cause.contains("statement Known"),
        "{cause}"
    );
}

#[test]
fn a_difference_between_policies_and_server_is_told_both_ways() {
    let mut evidence = right(OWN);
    assert_eq!(status(&evidence, "A218").0, "pass");
    evidence.probes[0].answer = Answer::Refused("Access Denied".into());
    assert_eq!(status(&evidence, "A218").0, "warn");
    let mut open = right(OWN);
    open.in_force.identity = Layer::default();
    open.in_force.resource = Layer::default();
    let (severity, cause) = status(&open, "A218");
    assert_eq!(severity, "warn");
    assert!(cause.contains("it was answered"), "{cause}");
    // What was seen to work is met, whatever the policies say: the difference is the finding.
    assert!(Need::all().all(|n| crate::access::explain::is_met(&open, n) == Truth::Yes));
}

/// What the simulator says of a need.
fn opinion(evidence: &Evidence, need: Need, allowed: bool, organisation: Option<bool>) -> Opinion {
    let mut asked = questions(&evidence.target).into_iter().flatten();
    let (_, request) = asked.find(|(of, _)| *of == need).unwrap();
    Opinion {
        need,
        request,
        answer: Simulated {
            decision: match allowed {
                true => SimulatedDecision::Allowed,
                false => SimulatedDecision::ImplicitDeny,
            },
            decided_by: Vec::new(),
            missing_keys: Vec::new(),
            organisation_allows: organisation,
            boundary_allows: None,
        },
    }
}

#[test]
fn iams_simulator_says_where_to_look_first_where_policies_and_server_differ() {
    let list = Need::List(Dataset::Events);
    let mut evidence = right(OWN);
    let probe = evidence
        .probes
        .iter_mut()
        .find(|p| matches!(&p.asked, Asked::List(prefix) if prefix == "events/"));
    probe.unwrap().answer = Answer::Refused("Access Denied".into());
    let next = |evidence: &Evidence| {
        let outcome = judge(evidence)
            .into_iter()
            .find(|o| o.code.as_str() == "A218")
            .unwrap();
        let Found::Judged(judged) = outcome.found else {
            panic!("A218 is not judged")
        };
        (judged.cause.unwrap(), judged.next.unwrap().say)
    };
    assert!(!next(&evidence).0.contains("simulator"));
    // It sees the organisation's service control policies, which we can't.
    evidence.simulated = vec![opinion(&evidence, list, false, Some(false))];
    let (cause, say) = next(&evidence);
    assert!(
        cause.contains("IAM's simulator says that nothing allows it, and that the organisation's"),
        "{cause}"
    );
    assert!(
        say.starts_with("Look, in this order, for: a service control policy"),
        "{say}"
    );
    evidence.simulated = vec![opinion(&evidence, list, true, Some(true))];
    let (cause, say) = next(&evidence);
    assert!(cause.contains("IAM's simulator allows it"), "{cause}");
    assert!(
        say.contains("a resource control policy") && !say.contains("a service control"),
        "{say}"
    );
}

#[test]
fn a_simulator_that_differs_is_a_finding_only_where_nothing_was_seen() {
    let read = Need::Read(Dataset::Metrics);
    let mut evidence = right(OWN);
    evidence.simulated = vec![opinion(&evidence, read, false, None)];
    // The server has the last word.
    assert_eq!(status(&evidence, "A218").0, "pass");
    let view = crate::access::view::view(&evidence, &std::collections::BTreeMap::new());
    assert!(view.simulator[0].differs, "{:?}", view.simulator);
    evidence
        .probes
        .retain(|probe| probe.need(&evidence.target) != Some(read));
    let (severity, cause) = status(&evidence, "A218");
    assert_eq!(severity, "warn");
    assert!(
        cause
            .contains("Reading metrics/: IAM's simulator says that nothing allows it; our prediction is yes"),
        "{cause}"
    );
    // One that was not told all is no opinion.
    evidence.simulated[0].answer.missing_keys = vec!["aws:SourceVpce".into()];
    assert_eq!(status(&evidence, "A218").0, "pass");
}

#[test]
fn what_a_plan_of_ours_grants_is_no_finding() {
    for owner in [OWN, OTHER] {
        for outcome in judge(&right(owner)) {
            let status = status(&right(owner), outcome.code.as_str());
            let expected = match outcome.code.as_str() {
                // Nothing was said of payer and keys.
                "A215" | "A216" => "unknown",
                _ => "pass",
            };
            assert_eq!(status.0, expected, "{}: {}", outcome.code, status.1);
        }
    }
}

#[test]
fn only_words_that_are_placeholders_are_called_so() {
    for (text, left) in [
        ("\"<BUCKET_ARN>\"", Some("BUCKET_ARN")),
        ("\"<BUCKET_ARN>/*\"", Some("BUCKET_ARN")),
        ("arn:aws:s3:::YOUR-BUCKET/*", Some("YOUR-BUCKET")),
        ("a < b and c > d, \"x\"", None),
        ("arn:aws:s3:::acme/*", None),
        ("<>", None),
    ] {
        assert_eq!(placeholder_in(text), left, "{text}");
    }
}
