//! A second opinion on evaluation: `iam-rs`, which we did not write, over generated policies, where its semantics and
//! AWS' agree. It judges one policy at a time and in two values, so the two sides are put together here by AWS' rule;
//! keys that are absent or unknown, accounts as principals and malformed ARNs are left to our own tests.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use bucket_ready::access::{
    Actor, Attached, Context, InForce, Layer, Policy, Reason, Request, Source, Truth, evaluate,
};
use iam_rs::{Arn, Decision, IAMPolicy, IAMRequest, PolicyEvaluator, Principal, PrincipalId};
use proptest::{collection::vec, option, prelude::*, sample::select};
use serde_json::{Map, Value, json};

const READER: &str = "arn:aws:iam::111111111111:user/statsig-reader";
const ACTIONS: &[&str] = &[
    "s3:GetObject",
    "s3:ListBucket",
    "s3:PutObject",
    "s3:Get*",
    "s3:*",
    "*",
    "S3:getobject",
    "s3:?etObject",
    "s3:GetObjectAcl",
    "iam:*",
];
const RESOURCES: &[&str] = &[
    "*",
    "arn:aws:s3:::acme",
    "arn:aws:s3:::acme/*",
    "arn:aws:s3:::acme/events/*",
    "arn:aws:s3:::acme/metrics/*",
    "arn:aws:s3:::acme*",
    "arn:aws:s3:::other/*",
    "arn:aws:s3:::acme/*/part-?.parquet",
];
const KEYS: &[(&str, &str)] = &[
    ("s3:prefix", "events/2022-06-22/"),
    ("aws:PrincipalArn", READER),
    ("aws:PrincipalAccount", "111111111111"),
    ("aws:SourceVpc", "vpc-0a1b"),
];
const VALUES: &[&str] = &[
    "events/*",
    "events/2022-06-22/",
    "metrics/*",
    "*",
    "vpc-*",
    "vpc-0a1b",
    "111111111111",
    "222222222222",
    READER,
    "arn:aws:iam::*:user/*",
    "VPC-0A1B",
];
const OPERATORS: &[&str] = &[
    "StringEquals",
    "StringNotEquals",
    "StringLike",
    "StringNotLike",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringEqualsIfExists",
    "StringLikeIfExists",
];

fn texts(from: &'static [&'static str]) -> impl Strategy<Value = Value> {
    vec(select(from), 1..4).prop_map(|v| if v.len() == 1 { json!(v[0]) } else { json!(v) })
}

fn statement(with_principal: bool) -> impl Strategy<Value = Value> {
    let condition = (select(OPERATORS), select(KEYS), texts(VALUES));
    let address = (any::<bool>(), any::<bool>());
    let principal = select(vec![
        json!("*"),
        json!({"AWS": READER}),
        json!({"AWS": ["arn:aws:iam::111111111111:user/other", READER]}),
        json!({"AWS": "arn:aws:iam::111111111111:user/other"}),
    ]);
    (
        prop::bool::weighted(0.7),
        prop::bool::weighted(0.85),
        texts(ACTIONS),
        prop::bool::weighted(0.85),
        texts(RESOURCES),
        option::weighted(0.4, condition),
        option::weighted(0.2, address),
        principal,
    )
        .prop_map(
            move |(allow, action_is, actions, resource_is, resources, condition, address, principal)| {
                let mut s = Map::new();
                s.insert("Effect".into(), if allow { "Allow" } else { "Deny" }.into());
                if with_principal {
                    s.insert("Principal".into(), principal);
                }
                s.insert(if action_is { "Action" } else { "NotAction" }.into(), actions);
                s.insert(
                    if resource_is { "Resource" } else { "NotResource" }.into(),
                    resources,
                );
                let mut conditions = Map::new();
                if let Some((operator, (key, _), values)) = condition {
                    conditions.insert(operator.into(), json!({key: values}));
                }
                if let Some((inside, not)) = address {
                    let operator = if not { "NotIpAddress" } else { "IpAddress" };
                    let range = if inside {
                        "198.51.100.0/24"
                    } else {
                        "203.0.113.0/24"
                    };
                    conditions.insert(operator.into(), json!({"aws:SourceIp": range}));
                }
                if !conditions.is_empty() {
                    s.insert("Condition".into(), conditions.into());
                }
                Value::Object(s)
            },
        )
}

fn policy(with_principal: bool) -> impl Strategy<Value = String> {
    vec(statement(with_principal), 1..4)
        .prop_map(|statements| json!({"Version": "2012-10-17", "Statement": statements}).to_string())
}

fn request() -> impl Strategy<Value = (&'static str, &'static str)> {
    select(vec![
        (
            "s3:GetObject",
            "arn:aws:s3:::acme/events/2022-06-22/part-0.parquet",
        ),
        ("s3:GetObject", "arn:aws:s3:::acme/other"),
        ("s3:PutObject", "arn:aws:s3:::acme/events/x"),
        ("s3:ListBucket", "arn:aws:s3:::acme"),
    ])
}

/// What `iam-rs` makes of one policy.
fn second(policy: &str, action: &str, resource: &str) -> Decision {
    let mut context = iam_rs::Context::new().with_string("aws:SourceIp", "198.51.100.7");
    for (key, value) in KEYS {
        context = context.with_string(*key, *value);
    }
    let request = IAMRequest::new_with_context(
        Principal::Aws(PrincipalId::String(READER.into())),
        action,
        Arn::parse(resource).unwrap(),
        context,
    );
    let policy = IAMPolicy::from_json(policy).unwrap();
    PolicyEvaluator::with_policies(vec![policy])
        .evaluate(&request)
        .unwrap()
        .decision
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_stranger_to_our_code_judges_the_same(
        user in policy(false),
        bucket in policy(true),
        (action, resource) in request(),
        same_account: bool,
    ) {
        let mut circumstances = Context::default().with("aws:SourceIp", "198.51.100.7");
        for (key, value) in KEYS {
            circumstances = circumstances.with(key, *value);
        }
        let request = Request {
            action: action.into(),
            resource: resource.into(),
            context: circumstances,
            foreign_object_owner: None,
        };
        let layer = |text: &str, source| {
            Layer::seen(vec![Attached::new(source, Policy::parse(text).unwrap())])
        };
        let owner = if same_account { "111111111111" } else { "222222222222" };
        let in_force = InForce {
            identity: layer(&user, Source::UserInline { name: "own".into() }),
            resource: layer(&bucket, Source::Bucket),
            resource_account: Some(owner.into()),
            restrict_public_buckets: Some(false),
            ..InForce::default()
        };
        let ours = evaluate(&Actor::from_arn(READER).unwrap(), &request, &in_force);
        let sides = [second(&user, action, resource), second(&bucket, action, resource)];
        let denied = sides.contains(&Decision::Deny);
        let allows = |d: &Decision| *d == Decision::Allow;
        let allowed = if same_account { sides.iter().any(allows) } else { sides.iter().all(allows) };
        prop_assert_eq!(
            ours.answer,
            Truth::from(allowed && !denied),
            "{:?} {:?}\nuser {}\nbucket {}", sides, ours.reason, user, bucket
        );
        prop_assert_eq!(matches!(ours.reason, Reason::Denied(_)), denied);
    }
}
