//! Tests of `evaluate`.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

const READER: &str = "arn:aws:iam::111111111111:user/reader";
const OWN: &str = "111111111111";
const OTHER: &str = "222222222222";

fn policy(source: Source, statements: &str) -> Attached {
    let text = format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
    Attached::new(source, Policy::parse(&text).unwrap())
}

fn user(statements: &str) -> Layer {
    Layer::seen(vec![policy(
        Source::UserInline { name: "own".into() },
        statements,
    )])
}

fn bucket(statements: &str) -> Layer {
    Layer::seen(vec![policy(Source::Bucket, statements)])
}

fn boundary(statements: &str) -> Layer {
    let source = Source::Boundary {
        name: "limit".into(),
        version: "v1".into(),
    };
    Layer::seen(vec![policy(source, statements)])
}

const ALLOW_READ: &str = r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}"#;
const DENY_READ: &str =
    r#"{"Sid": "No", "Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*"}"#;

fn grant(principal: &str) -> String {
    format!(
        r#"{{"Effect": "Allow", "Principal": {principal}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}}"#
    )
}

fn read(in_force: &InForce) -> Decision {
    let actor = Actor::from_arn(READER).unwrap();
    evaluate(&actor, &Request::read("aws", "b", "events/x"), in_force)
}

fn owned_by(account: &str) -> InForce {
    InForce {
        resource_account: Some(account.into()),
        restrict_public_buckets: Some(false),
        ..InForce::default()
    }
}

#[test]
fn a_deny_wins_wherever_it_stands() {
    let allowed = InForce {
        identity: user(ALLOW_READ),
        ..owned_by(OWN)
    };
    assert_eq!(read(&allowed).answer, Truth::Yes);
    let deny_everyone = DENY_READ.replace("\"Effect\"", "\"Principal\": \"*\", \"Effect\"");
    for denied in [
        InForce {
            identity: user(&format!("{ALLOW_READ}, {DENY_READ}")),
            ..owned_by(OWN)
        },
        InForce {
            boundary: boundary(&format!("{ALLOW_READ}, {DENY_READ}")),
            ..allowed.clone()
        },
        InForce {
            resource: bucket(&deny_everyone),
            ..allowed.clone()
        },
        InForce {
            limits: vec![policy(Source::ServiceControl { name: "scp".into() }, DENY_READ)],
            ..allowed.clone()
        },
    ] {
        let decision = read(&denied);
        assert_eq!(decision.answer, Truth::No);
        let Reason::Denied(by) = &decision.reason else {
            panic!("{:?}", decision.reason)
        };
        assert!(decision.trace[by[0]].place().contains("statement No (line 1)"));
    }
}

#[test]
fn what_could_not_be_seen_is_never_a_yes() {
    let hidden = Layer::unseen("the bucket policy", "s3:GetBucketPolicy was refused");
    let decision = read(&InForce {
        identity: user(ALLOW_READ),
        resource: hidden.clone(),
        ..owned_by(OWN)
    });
    assert_eq!(decision.answer, Truth::Unknown);
    assert_eq!(
        decision.reason,
        Reason::Unknown(vec![
            "the bucket policy could not be seen: s3:GetBucketPolicy was refused".into()
        ])
    );
    // Of another account, without leave of its own policies, it is refused whatever the bucket says.
    let refused = read(&InForce {
        resource: hidden,
        ..owned_by(OTHER)
    });
    assert_eq!(refused.answer, Truth::No);
    // Whose the bucket is matters only where the two readings differ.
    let mut unowned = InForce {
        identity: user(ALLOW_READ),
        ..owned_by(OWN)
    };
    unowned.resource_account = None;
    assert_eq!(read(&unowned).answer, Truth::Unknown);
    unowned.resource = bucket(&grant(&format!(r#"{{"AWS": "{READER}"}}"#)));
    assert_eq!(read(&unowned).answer, Truth::Yes);
}

#[test]
fn a_boundary_limits_the_users_policies_but_not_a_grant_to_its_own_arn() {
    let narrow = boundary(r#"{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}"#);
    let limited = InForce {
        identity: user(ALLOW_READ),
        boundary: narrow,
        ..owned_by(OWN)
    };
    let decision = read(&limited);
    assert_eq!(decision.reason, Reason::NotAllowed(vec![Side::Boundary]));
    let by = |principal: &str| {
        read(&InForce {
            resource: bucket(&grant(principal)),
            ..limited.clone()
        })
        .answer
    };
    assert_eq!(by(&format!(r#"{{"AWS": "{READER}"}}"#)), Truth::Yes);
    assert_eq!(by(r#""*""#), Truth::Unknown);
    assert_eq!(by(r#"{"AWS": "111111111111"}"#), Truth::No);
}

#[test]
fn naming_the_account_lends_its_administrators_the_right_and_nobody_else() {
    let resource = bucket(&grant(r#"{"AWS": "arn:aws:iam::111111111111:root"}"#));
    let same = InForce {
        resource: resource.clone(),
        ..owned_by(OWN)
    };
    assert_eq!(read(&same).answer, Truth::No);
    let cross = InForce {
        identity: user(ALLOW_READ),
        resource,
        ..owned_by(OTHER)
    };
    assert_eq!(read(&cross).answer, Truth::Yes);
}

#[test]
fn a_public_policy_is_no_way_in_from_another_account_where_public_is_blocked() {
    let mut open = InForce {
        identity: user(ALLOW_READ),
        resource: bucket(&grant(r#""*""#)),
        restrict_public_buckets: Some(true),
        ..owned_by(OTHER)
    };
    assert_eq!(read(&open).reason, Reason::PublicBlocked);
    open.restrict_public_buckets = None;
    assert_eq!(read(&open).answer, Truth::Unknown);
    open.restrict_public_buckets = Some(false);
    assert_eq!(read(&open).answer, Truth::Yes);
    open.restrict_public_buckets = Some(true);
    open.resource_account = Some(OWN.into());
    assert_eq!(read(&open).answer, Truth::Yes);
    let stranger = evaluate(&Actor::nobody(), &Request::read("aws", "b", "x"), &open);
    assert_eq!(stranger.reason, Reason::PublicBlocked);
}

#[test]
fn not_action_and_not_resource_mean_the_rest() {
    let allows = |statement: &str| {
        read(&InForce {
            identity: user(statement),
            ..owned_by(OWN)
        })
        .answer
    };
    assert_eq!(
        allows(r#"{"Effect": "Allow", "NotAction": "s3:Put*", "Resource": "*"}"#),
        Truth::Yes
    );
    assert_eq!(
        allows(r#"{"Effect": "Allow", "NotAction": "S3:get*", "Resource": "*"}"#),
        Truth::No
    );
    assert_eq!(
        allows(r#"{"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::b/metrics/*"}"#),
        Truth::Yes
    );
    assert_eq!(
        allows(r#"{"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::b/*"}"#),
        Truth::No
    );
    assert_eq!(
        allows(r#"{"Effect": "Allow", "Action": "*", "Resource": "*", "Comment": "?"}"#),
        Truth::Unknown
    );
    assert_eq!(
        allows(r#"{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::b/${aws:PrincipalTag/x}/*"}"#),
        Truth::Unknown
    );
}

#[test]
fn an_object_of_another_account_is_not_the_policies_to_give() {
    let actor = Actor::from_arn(READER).unwrap();
    let in_force = InForce {
        identity: user(ALLOW_READ),
        ..owned_by(OWN)
    };
    let mut request = Request::read("aws", "b", "events/x");
    request.foreign_object_owner = Some(OTHER.into());
    assert_eq!(evaluate(&actor, &request, &in_force).answer, Truth::Unknown);
}

#[test]
fn kms_needs_the_key_policys_leave() {
    let key = "arn:aws:kms:us-west-2:111111111111:key/9c1e";
    let actor = Actor::from_arn(READER).unwrap();
    let request = Request::decrypt(key, "us-west-2", "b");
    let decrypt = format!(r#"{{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "{key}"}}"#);
    let with = |key_policy: Layer, own: bool| {
        let in_force = InForce {
            identity: if own { user(&decrypt) } else { Layer::default() },
            resource: key_policy,
            ..owned_by(OWN)
        };
        evaluate(&actor, &request, &in_force).answer
    };
    let usual = || {
        bucket(
            r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111111111111:root"}, "Action": "kms:*", "Resource": "*"}"#,
        )
    };
    assert_eq!(with(usual(), true), Truth::Yes);
    assert_eq!(with(usual(), false), Truth::No);
    assert_eq!(with(Layer::default(), true), Truth::No);
    assert_eq!(
        with(
            Layer::unseen("the key policy", "kms:GetKeyPolicy was refused"),
            true
        ),
        Truth::Unknown
    );
}
