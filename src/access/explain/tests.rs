//! Tests of `explain`.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::access::{Actor, Attached, InForce, Layer, Policy, evaluate::evaluate, policy::Effect};

const READER: &str = "arn:aws:iam::111111111111:user/statsig-reader";

const BUCKET: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {"Sid": "Logs", "Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"}, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::acme/logs/*"},
    {"Sid": "Other", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111111111111:user/other"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme/*"},
    {"Sid": "Late", "Effect": "Allow", "Principal": "*", "Action": "s3:Get*", "Resource": "arn:aws:s3:::acme/*",
     "Condition": {"DateGreaterThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}}},
    {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme/*",
     "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
  ]
}"#;

fn decision() -> (Request, Decision) {
    let in_force = InForce {
        resource: Layer::seen(vec![Attached::new(
            Source::Bucket,
            Policy::parse(BUCKET).unwrap(),
        )]),
        resource_account: Some("111111111111".into()),
        restrict_public_buckets: Some(false),
        ..InForce::default()
    };
    let mut request = Request::read("aws", "acme", "events/x");
    request.context = request
        .context
        .with("aws:SecureTransport", "true")
        .with("aws:CurrentTime", "2026-06-23T05:14:00Z");
    let decision = evaluate(&Actor::from_arn(READER).unwrap(), &request, &in_force);
    (request, decision)
}

#[test]
fn what_kept_each_statement_from_matching_is_said_with_both_sides() {
    let (request, decision) = decision();
    assert_eq!(
        sentence(&request, &decision),
        "s3:GetObject on arn:aws:s3:::acme/events/x is not allowed: nothing in the user's policies or the bucket policy allows it"
    );
    let near = near_misses(&request, &decision);
    let told: Vec<(&str, Effect, String)> = near
        .iter()
        .map(|n| (n.place.as_str(), n.effect, n.kept_by.join("; ")))
        .collect();
    assert_eq!(
        told,
        [
            (
                "bucket policy, statement Other (line 5)",
                Effect::Allow,
                "its Principal is \"arn:aws:iam::111111111111:user/other\" (arn:aws:iam::111111111111:user/other is another identity of the account)".to_owned()
            ),
            (
                "bucket policy, statement Late (line 6)",
                Effect::Allow,
                "aws:CurrentTime is \"2026-06-23T05:14:00Z\", the policy says DateGreaterThan \"2030-01-01T00:00:00Z\"".to_owned()
            ),
            (
                "bucket policy, Statement[3] (line 8)",
                Effect::Deny,
                "aws:SecureTransport is \"true\", the policy says Bool \"false\"".to_owned()
            ),
        ]
    );
}

#[test]
fn an_allowed_request_names_the_statement_that_allows() {
    let (request, _) = decision();
    let actor = Actor::from_arn("arn:aws:iam::111111111111:user/other").unwrap();
    let in_force = InForce {
        resource: Layer::seen(vec![Attached::new(
            Source::Bucket,
            Policy::parse(BUCKET).unwrap(),
        )]),
        resource_account: Some("111111111111".into()),
        restrict_public_buckets: Some(false),
        ..InForce::default()
    };
    let decision = evaluate(&actor, &request, &in_force);
    assert_eq!(deciding(&decision).len(), 1);
    assert_eq!(
        sentence(&request, &decision),
        "s3:GetObject on arn:aws:s3:::acme/events/x is allowed by bucket policy, statement Other (line 5)"
    );
}
