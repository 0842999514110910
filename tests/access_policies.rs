//! Policies held against requests, from data files: the truth table of same and different accounts, and planted
//! misconfigurations of which the first explanation must be the planted cause.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use std::{fmt::Write as _, fs, path::PathBuf};

use bucket_ready::{
    access::{
        Actor, Attached, Evidence, Explanation, Extras, InForce, Layer, Need, Policy, Source, Target, Truth,
        diagnose, evaluate, lint, merge,
    },
    rule::{Dataset, Found, Severity},
};
use serde_json::Value;

fn fixture(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests/fixtures/access", name]
        .iter()
        .collect()
}

#[test]
fn the_truth_table_of_same_and_different_accounts_holds() {
    let table: Value =
        serde_json::from_str(&fs::read_to_string(fixture("truth-table.json")).unwrap()).unwrap();
    let target = Target::new(table["bucket"].as_str().unwrap(), "", "aws");
    let user_arn = table["user"].as_str().unwrap();
    let reader = Actor::from_arn(user_arn).unwrap();
    let policy = |side: &str, name: &Value| -> Option<Policy> {
        let document = &table[side][name.as_str().unwrap()];
        match (document, side) {
            (Value::Null, _) => None,
            (Value::String(_), "user_policies") => {
                Some(Policy::parse(&target.user_policy(&Extras::default())).unwrap())
            }
            (Value::String(_), _) => {
                let merged = merge::merge(None, &target.bucket_statements(user_arn)).unwrap();
                Some(Policy::parse(&merged.text).unwrap())
            }
            (document, _) => Some(Policy::parse(&document.to_string()).unwrap()),
        }
    };
    let rows = table["rows"].as_array().unwrap();
    assert!(rows.len() >= 14);
    for row in rows {
        let layer = |policy: Option<Policy>, source: Source| {
            Layer::seen(policy.map(|p| Attached::new(source, p)).into_iter().collect())
        };
        let owner = if row["accounts"] == "same" {
            "111111111111"
        } else {
            "222222222222"
        };
        let in_force = InForce {
            identity: layer(
                policy("user_policies", &row["user"]),
                Source::UserInline { name: "u".into() },
            ),
            resource: layer(policy("bucket_policies", &row["bucket"]), Source::Bucket),
            resource_account: Some(owner.into()),
            restrict_public_buckets: Some(true),
            ..InForce::default()
        };
        for (need, expected) in [
            (Need::List(Dataset::Metrics), &row["list"]),
            (Need::Read(Dataset::Metrics), &row["read"]),
        ] {
            for request in target.requests(need) {
                let answer = evaluate(&reader, &request, &in_force).answer;
                assert_eq!(
                    answer,
                    Truth::from(expected.as_bool().unwrap()),
                    "{row} {need:?} {request:?}"
                );
            }
        }
    }
}

/// The first thing that people are shown: the likeliest explanation of an unmet need, else the first finding.
fn first_shown(evidence: &Evidence) -> (String, String, String) {
    if let Some(Explanation { code, say, next, .. }) = diagnose(evidence).into_iter().next() {
        return (code.to_string(), say, next.say);
    }
    let findings = lint::judge(evidence);
    let found = findings.iter().find_map(|o| match &o.found {
        Found::Judged(judged) if judged.count > 0 => {
            let next = judged.next.as_ref().map_or_else(String::new, |n| n.say.clone());
            Some((o.code.to_string(), judged.cause.clone().unwrap_or_default(), next))
        }
        _ => None,
    });
    found.unwrap_or_default()
}

#[test]
fn the_first_explanation_of_every_planted_misconfiguration_is_the_planted_cause() {
    let mut files: Vec<PathBuf> = fs::read_dir(fixture("misconfigurations"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    files.sort();
    let mut table = String::new();
    let mut wrong = Vec::new();
    for file in &files {
        let case: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let evidence: Evidence = serde_json::from_value(case["evidence"].clone())
            .unwrap_or_else(|e| panic!("{name}: the evidence can't be read: {e}"));
        let (code, say, next) = first_shown(&evidence);
        let expected = case["expect"]["code"].as_str().unwrap();
        let phrases: Vec<&str> = case["expect"]["says"]
            .as_array()
            .unwrap()
            .iter()
            .map(|p| p.as_str().unwrap())
            .collect();
        assert!(!phrases.is_empty(), "{name} expects no words");
        // What is to be done, and words that would be wrong, where the case tells them.
        let list = |name: &str| case["expect"][name].as_array().cloned().unwrap_or_default();
        let advised = list("next").iter().all(|p| next.contains(p.as_str().unwrap()));
        let fit = !list("never").iter().any(|p| say.contains(p.as_str().unwrap()));
        let right = code == expected && advised && fit && phrases.iter().all(|p| say.contains(p));
        let mark = if right { "ok " } else { "NOT" };
        writeln!(
            table,
            "{mark} {name:<38} planted {expected:<5} shown {code:<5} {say}"
        )
        .unwrap();
        if !right {
            wrong.push(format!(
                "{name}: expected {}, shown {code}: {say} {next}",
                case["expect"]
            ));
        }
        judged_in_keeping(&name, &evidence, expected);
    }
    println!("{table}\n{} misconfigurations", files.len());
    assert!(files.len() >= 40, "only {} misconfigurations", files.len());
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// The rule under which the cause falls is found by the lints too, and A206-A213 fail when they explain.
fn judged_in_keeping(name: &str, evidence: &Evidence, code: &str) {
    let outcomes = lint::judge(evidence);
    assert_eq!(outcomes.len(), 16, "{name}");
    let Some(outcome) = outcomes.iter().find(|o| o.code.as_str() == code) else {
        return;
    };
    let Found::Judged(judged) = &outcome.found else {
        panic!("{name}: {code} is not judged: {outcome:?}")
    };
    assert!(judged.count > 0, "{name}: {code} found nothing");
    if ("A206"..="A213").contains(&code) && !diagnose(evidence).is_empty() {
        assert_eq!(judged.severity, Some(Severity::Fail), "{name}: {code}");
    }
}

#[test]
fn an_access_that_is_just_right_has_nothing_to_explain() {
    for file in ["right-same-account.json", "right-cross-account.json"] {
        let case: Value = serde_json::from_str(&fs::read_to_string(fixture(file)).unwrap()).unwrap();
        let evidence: Evidence = serde_json::from_value(case["evidence"].clone()).unwrap();
        assert_eq!(diagnose(&evidence), []);
        for outcome in lint::judge(&evidence) {
            let Found::Judged(judged) = &outcome.found else {
                panic!("{file}: {outcome:?}")
            };
            assert_eq!(
                (judged.count, judged.checked > 0),
                (0, true),
                "{file}: {outcome:?}"
            );
        }
    }
}
