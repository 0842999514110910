//! What a check says of every scenario about access, no more and no less.

use bucket_ready::{
    demo,
    report::{Status, Verdict, render},
    rule::Subject,
};

use crate::harness::*;

/// Of a scenario: its findings, and words that must stand in the first failure's cause.
type Expected = (
    &'static str,
    Verdict,
    &'static [&'static str],
    &'static [&'static str],
);

const EXPECTED: [Expected; 13] = [
    (
        "no-access",
        Verdict::NotReady,
        &["C103 account fail 1"],
        &["InvalidAccessKeyId", "account 123456789012 (inferred)"],
    ),
    (
        "the-pages-own-policy",
        Verdict::NotReady,
        &[
            "A202 events/ fail 14",
            "A202 metrics/ fail 14",
            "A202 signals/ fail 13",
            "A205 bucket warn 1",
            "A206 bucket fail 1",
        ],
        &[
            "14 of 14 objects",
            "statsig-s3-access, statement VisualEditor0 (line 4)",
            "(A206)",
        ],
    ),
    (
        "cross-account",
        Verdict::NotReady,
        &[
            "A202 events/ fail 14",
            "A202 metrics/ fail 14",
            "A202 signals/ fail 13",
            "A205 bucket warn 1",
            "A207 bucket fail 1",
        ],
        &["account 210987654321", "the bucket policy does", "(A207)"],
    ),
    (
        "explicit-deny",
        Verdict::NotReady,
        &[
            "A201 events/ fail 3",
            "A201 metrics/ fail 3",
            "A201 signals/ fail 3",
            "A202 events/ fail 14",
            "A202 metrics/ fail 14",
            "A202 signals/ fail 13",
            "A209 bucket fail 1",
            "A214 bucket warn 1",
        ],
        &[
            "statement VpcOnly",
            "aws:SourceVpc",
            "vpc-0a1b2c3d",
            "(A209)",
            "the operator's key listed it",
        ],
    ),
    (
        "kms",
        Verdict::NotReady,
        &["A202 metrics/ fail 14", "A208 bucket fail 1"],
        &["key/9c1e7a52", "kms:Decrypt", "(A208)"],
    ),
    (
        "deleted-principal",
        Verdict::NotReady,
        &[
            "A201 events/ fail 3",
            "A201 metrics/ fail 3",
            "A201 signals/ fail 3",
            "A202 events/ fail 14",
            "A202 metrics/ fail 14",
            "A202 signals/ fail 13",
            "A211 bucket fail 2",
        ],
        &["AIDARZPUZDIKDEXAMPLE", "statement1", "(A211)"],
    ),
    (
        "foreign-statements",
        Verdict::NotReady,
        &["C103 account fail 1"],
        &["InvalidAccessKeyId"],
    ),
    ("two-keys", Verdict::Ready, &["A216 bucket warn 2"], &[]),
    (
        "list-on-objects-only",
        Verdict::NotReady,
        &[
            "A201 events/ fail 3",
            "A201 metrics/ fail 3",
            "A201 signals/ fail 3",
            "A204 bucket warn 1",
            "A206 bucket fail 1",
        ],
        &["statement StatsigRead", "objects and not the bucket", "(A206)"],
    ),
    (
        "read-on-bucket-only",
        Verdict::NotReady,
        &[
            "A202 events/ fail 14",
            "A202 metrics/ fail 14",
            "A202 signals/ fail 13",
            "A205 bucket warn 1",
            "A206 bucket fail 1",
        ],
        &["statement Read (line 1)", "(A206)"],
    ),
    (
        "too-open",
        Verdict::Ready,
        &["A203 bucket warn 22", "A204 bucket warn 1", "A205 bucket warn 1"],
        &[],
    ),
    (
        "wrong-region",
        Verdict::NotReady,
        &["C107 account fail 1"],
        &["us-west-2", "eu-central-1"],
    ),
    (
        "slow-propagation",
        Verdict::NotReady,
        &["C103 account fail 1"],
        &["InvalidAccessKeyId"],
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_check_of_a_scenario_about_access_finds_exactly_what_is_planted() {
    let named: Vec<&str> = EXPECTED.iter().map(|(name, ..)| *name).collect();
    for scenario in demo::scenarios().iter().filter(|s| !s.is_about_data()) {
        assert!(
            named.contains(&scenario.name),
            "{} has no expectation",
            scenario.name
        );
    }
    for (name, verdict, expected, words) in EXPECTED {
        let report = check_of(name).await;
        let failure = report.checks.iter().find(|check| check.status == Status::Fail);
        let cause = failure.and_then(|check| check.cause.clone()).unwrap_or_default();
        println!(
            "{name:<22} {:<10} {cause}",
            failure.map_or("-", |check| check.code.as_str())
        );
        assert!(report.complete, "{name}");
        assert_eq!(findings(&report), expected, "{name}");
        assert_eq!(report.verdict, verdict, "{name}");
        for word in words {
            assert!(cause.contains(word), "{name}: no {word:?} in {cause}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_readers_key_does_not_work_the_operator_still_shows_the_data() {
    let report = check_of("no-access").await;
    assert_eq!(report.datasets[&bucket_ready::rule::Dataset::Events].files, 14);
    assert_eq!(status(&report, "E511", Subject::Events), Status::Pass);
    assert_eq!(status(&report, "L301", Subject::Metrics), Status::Pass);
    // Nothing of that says that the reader may.
    for subject in [Subject::Events, Subject::Metrics, Subject::Signals] {
        for code in ["A201", "A202"] {
            let check = of(&report, code, subject);
            assert_eq!(
                (check.status, check.blocked_by.unwrap().as_str()),
                (Status::Skipped, "C103")
            );
        }
    }
    assert!(
        report.notices.iter().any(|notice| notice.contains("operator's")),
        "{:?}",
        report.notices
    );
    assert!(report.access.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_matrix_of_a_healthy_bucket_is_all_as_it_should_be() {
    let report = check_of("healthy").await;
    let access = report.access.as_ref().unwrap();
    let style = render::Style {
        color: false,
        width: 80,
    };
    let text = render::text::text(&report, style);
    let from = text.find("\nAccess\n").unwrap() + 1;
    let matrix: Vec<&str> = text[from..].lines().skip(1).take(4).collect();
    assert_eq!(
        matrix,
        [
            "         events/          metrics/         signals/         elsewhere",
            "  list   ✓ 84 seen        ✓ 42 seen        ✓ 41 seen        ✓ refused",
            "  read   ✓ 84 seen        ✓ 42 seen        ✓ 41 seen        ✓ no, by policy",
            "  write  ✓ no, by policy  ✓ no, by policy  ✓ no, by policy  ✓ no, by policy",
        ]
    );
    assert!(access.explanations.is_empty() && access.differences.is_empty() && access.unseen.is_empty());
    assert_eq!(access.policies.len(), 1);
    let checks = report
        .checks
        .iter()
        .filter(|check| check.code.as_str().starts_with('A'));
    let not_passed: Vec<_> = checks.filter(|check| check.status != Status::Pass).collect();
    assert!(not_passed.is_empty(), "{not_passed:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn explanations_point_into_the_policies_and_say_what_came_near() {
    let report = check_of("explicit-deny").await;
    let access = report.access.unwrap();
    let first = &access.explanations[0];
    assert_eq!(first.code.as_str(), "A209");
    let place = first.place.as_ref().unwrap();
    assert_eq!((place.name.as_str(), place.index, place.line), ("VpcOnly", 0, 1));
    let policy = access
        .policies
        .iter()
        .find(|policy| policy.source == place.source)
        .unwrap();
    assert!(policy.text.contains("VpcOnly"));
    // Of each folder and action that is refused, there is one.
    assert_eq!(access.explanations.len(), 6);

    let report = check_of("deleted-principal").await;
    let access = report.access.unwrap();
    let near = &access.explanations[0].near;
    assert!(
        near.iter().any(|near| near
            .kept_by
            .iter()
            .any(|why| why.contains("AIDARZPUZDIKDEXAMPLE"))),
        "{near:#?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redacted_report_names_no_account_user_or_key_in_its_policies() {
    let mut report = check_of("deleted-principal").await;
    bucket_ready::report::redact::Redactor::default().report(&mut report);
    let told = serde_json::to_string(&report).unwrap();
    for name in [
        "123456789012",
        "statsig-reader\"",
        "AIDARZPUZDIKDEXAMPLE",
        "user/data-platform-admin",
    ] {
        assert!(!told.contains(name), "{name}");
    }
    assert!(
        report
            .access
            .unwrap()
            .policies
            .iter()
            .any(|policy| policy.text.contains("statement2"))
    );
}
