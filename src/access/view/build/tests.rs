//! On generated evidence: the view is made without a panic, and says what the lints say.

use proptest::prelude::{any, *};
use serde_json::{Value, json};

use super::*;
use crate::{
    access::{
        Actor, Encryption, InForce, Layer, ObjectGroup, Owner, Policy, Source, evaluate::Unseen,
        evidence::UnreadablePolicy,
    },
    rule::{Found, Outcome},
};

const READER: &str = "arn:aws:iam::111111111111:user/reader";

fn picked(of: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::sample::select(of).prop_map(str::to_owned)
}

fn statement(of_bucket: bool) -> impl Strategy<Value = Value> {
    let actions = prop::collection::vec(
        picked(&[
            "s3:ListBucket",
            "s3:GetObject",
            "s3:*",
            "s3:Put*",
            "s3:HeadObject",
            "s3:DeleteBucketPolicy",
            "kms:Decrypt",
            "*",
        ]),
        1..3,
    );
    let resources = prop::collection::vec(
        picked(&[
            "arn:aws:s3:::b",
            "arn:aws:s3:::b/*",
            "arn:aws:s3:::b/events/*",
            "arn:aws:s3:::b/met*",
            "arn:aws:s3:::b/signals/2026-06-2?/*",
            "arn:aws:s3:::b/other/*",
            "arn:aws:s3:::<BUCKET_ARN>",
            "arn:aws:kms:us-east-1:111111111111:key/k",
            "*",
        ]),
        1..3,
    );
    let principal = prop_oneof![
        Just(json!("*")),
        picked(&[
            READER,
            "111111111111",
            "arn:aws:iam::111111111111:user/other",
            "AIDARZPUZDIKLEXAMPLE",
        ])
        .prop_map(|who| json!({"AWS": who})),
    ];
    let condition = prop_oneof![
        4 => Just(Value::Null),
        1 => Just(json!({"StringLike": {"s3:prefix": ["events/*", "events", "metrics/*"]}})),
        1 => Just(json!({"StringNotEquals": {"aws:SourceVpc": "vpc-1"}})),
        1 => Just(json!({"Bool": {"aws:SecureTransport": "false"}})),
        1 => Just(json!({"NoSuchOperator": {"what": "ever"}})),
    ];
    (
        prop::bool::weighted(0.75),
        actions,
        resources,
        principal,
        condition,
    )
        .prop_map(move |(allow, actions, resources, principal, condition)| {
            let mut statement = json!({
                "Effect": if allow { "Allow" } else { "Deny" },
                "Action": actions,
                "Resource": resources,
            });
            if of_bucket {
                statement["Principal"] = principal;
            }
            if !condition.is_null() {
                statement["Condition"] = condition;
            }
            statement
        })
}

fn layer(of_bucket: bool) -> impl Strategy<Value = Layer> {
    let statements = prop::collection::vec(statement(of_bucket), 0..4);
    (statements, prop::bool::weighted(0.2)).prop_map(move |(statements, hidden)| {
        let text = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
        let source = if of_bucket {
            Source::Bucket
        } else {
            Source::UserInline { name: "read".into() }
        };
        let mut layer = Layer::seen(vec![Attached::new(source, Policy::parse(&text).unwrap())]);
        if hidden {
            layer.unseen.push(Unseen {
                what: "something".into(),
                why: "it was refused".into(),
            });
        }
        layer
    })
}

fn probe() -> impl Strategy<Value = Probe> {
    let asked = prop_oneof![
        picked(&[
            "",
            "events",
            "events/",
            "metrics/2026-06-22/",
            "signals/",
            "other/"
        ])
        .prop_map(Asked::List),
        picked(&[
            "events/2026-06-22/p",
            "metrics/x",
            "signals/2026-06-21/s",
            "other/o",
            "stray"
        ])
        .prop_map(Asked::Read),
    ];
    let answer = prop_oneof![
        2 => Just(Answer::Allowed),
        1 => Just(Answer::Refused("Access Denied".into())),
        1 => Just(Answer::Refused(format!(
            "User: {READER} is not authorized to perform: s3:GetObject on resource: \"arn:aws:s3:::b/events/x\" \
             with an explicit deny in a resource-based policy"
        ))),
        1 => Just(Answer::Refused(format!(
            "User: {READER} is not authorized to perform: kms:Decrypt on resource: \
             arn:aws:kms:us-east-1:111111111111:key/k because no identity-based policy allows the kms:Decrypt action"
        ))),
        1 => any::<String>().prop_map(Answer::Refused),
    ];
    (asked, answer).prop_map(|(asked, answer)| Probe { asked, answer })
}

prop_compose! {
    fn evidence()(
        identity in layer(false),
        boundary in prop::option::weighted(0.2, layer(false)),
        resource in layer(true),
        probes in prop::collection::vec(probe(), 0..8),
        reader in prop::option::weighted(0.9, Just(READER)),
        owner in prop::sample::select(vec![Owner::Same, Owner::Other, Owner::Unknown]),
        restricted in prop::option::of(any::<bool>()),
        kms in any::<bool>(),
        unreadable in prop::option::weighted(0.1, any::<String>()),
    ) -> Evidence {
        let group = ObjectGroup {
            key: "metrics/x".into(),
            objects: 3,
            encryption: if kms {
                Encryption::Kms("arn:aws:kms:us-east-1:111111111111:key/k".into())
            } else {
                Encryption::S3
            },
            owner: None,
        };
        Evidence {
            target: crate::access::Target::new("b", "", "aws"),
            reader: reader.and_then(Actor::from_arn),
            in_force: InForce {
                identity,
                boundary: boundary.unwrap_or_default(),
                resource,
                restrict_public_buckets: restricted,
                ..InForce::default()
            },
            owner,
            probes,
            objects: vec![group],
            unreadable: unreadable
                .into_iter()
                .map(|text| UnreadablePolicy { source: Source::Bucket, text, why: "no JSON".into() })
                .collect(),
            ..Evidence::default()
        }
    }
}

fn found(outcomes: &[Outcome], code: &str) -> Option<u64> {
    let outcome = outcomes.iter().find(|outcome| outcome.code.as_str() == code)?;
    match &outcome.found {
        Found::Judged(judged) => Some(judged.count),
        _ => None,
    }
}

fn at(view: &AccessView, action: AccessAction) -> &[AccessCell] {
    let row = view.rows.iter().find(|row| row.action == action).unwrap();
    &row.cells
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_matrix_says_what_the_findings_say(evidence in evidence()) {
        let view = view(&evidence, &BTreeMap::new());
        let outcomes = lint::judge(&evidence);
        for row in &view.rows {
            let places: Vec<&str> = row.cells.iter().map(|cell| cell.place.as_str()).collect();
            prop_assert_eq!(places, ["events/", "metrics/", "signals/", ELSEWHERE]);
        }
        // A203: any write, anywhere.
        let writes = at(&view, AccessAction::Write).iter().any(|cell| cell.predicted.is_yes());
        prop_assert_eq!(writes, found(&outcomes, "A203").is_some_and(|count| count > 0));
        // A204 and A205: open elsewhere, by prediction or as seen.
        for (code, action) in [("A204", AccessAction::Read), ("A205", AccessAction::List)] {
            let elsewhere = at(&view, action).last().unwrap();
            let seen_open = match elsewhere.seen {
                Seen::Allowed { .. } => true,
                Seen::Refused { refused, of } => refused < of,
                Seen::NotTried => false,
            };
            let open = elsewhere.predicted.is_yes() || seen_open;
            prop_assert_eq!(open, found(&outcomes, code).is_some_and(|count| count > 0), "{}", code);
        }
        // A218: every difference is in the view.
        prop_assert_eq!(
            view.differences.len() as u64,
            found(&outcomes, "A218").unwrap_or_default()
        );
        // An explanation that is shown first is among the findings, and the same that `diagnose` gives.
        let diagnosed = crate::access::diagnose(&evidence);
        prop_assert_eq!(
            view.explanations.first().map(|e| (e.code, e.say.clone())),
            diagnosed.first().map(|e| (e.code, e.say.clone()))
        );
        for explained in &view.explanations {
            if ("A206"..="A213").contains(&explained.code.as_str()) {
                prop_assert!(found(&outcomes, explained.code.as_str()).is_some_and(|count| count > 0));
            }
            if let Some(place) = &explained.place {
                prop_assert!(view.policies.iter().any(|policy| policy.source == place.source));
            }
        }
        // It survives being saved.
        let saved = serde_json::to_string(&view).unwrap();
        prop_assert_eq!(serde_json::from_str::<AccessView>(&saved).unwrap(), view);
    }

    #[test]
    fn a_refused_need_is_explained_in_the_folder_that_it_is_of(evidence in evidence()) {
        let view = view(&evidence, &BTreeMap::new());
        for need in evidence.needs().filter(|_| evidence.reader.is_some()) {
            let refused = evidence
                .probes
                .iter()
                .any(|probe| probe.need(&evidence.target) == Some(need) && probe.answer != Answer::Allowed);
            prop_assert!(!refused || view.explanations.iter().any(|explained| explained.need == need));
        }
    }
}

#[test]
fn nothing_known_is_a_matrix_of_unknowns_and_no_claim() {
    let view = view(&Evidence::default(), &BTreeMap::new());
    let cells: Vec<&AccessCell> = view.rows.iter().flat_map(|row| &row.cells).collect();
    assert_eq!(cells.len(), 12);
    assert!(
        cells
            .iter()
            .all(|cell| cell.predicted.is_unknown() && cell.seen == Seen::NotTried)
    );
    assert!(view.explanations.is_empty() && view.differences.is_empty());
    assert_eq!(cells.iter().filter(|cell| cell.needed).count(), 6);
}
