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
    let request = Request::decrypt(key);
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

#[test]
fn a_key_sees_s3_calling_and_not_the_readers_network() {
    let key = "arn:aws:kms:us-west-2:111111111111:key/9c1e";
    let evidence = |condition: &str| {
        let statement = format!(
            r#"{{"Effect": "Allow", "Principal": {{"AWS": "{READER}"}}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {condition}}}"#
        );
        let key_policy = Layer::seen(vec![policy(Source::Key, &statement)]);
        crate::access::Evidence {
            reader: Actor::from_arn(READER),
            circumstances: Context::default().from_internet("203.0.113.7"),
            key_policies: [(key.to_owned(), key_policy)].into(),
            ..Default::default()
        }
    };
    for (condition, answer) in [
        (r#"{"Bool": {"aws:ViaAWSService": "true"}}"#, Truth::Yes),
        (r#"{"Bool": {"aws:ViaAWSService": "false"}}"#, Truth::No),
        (
            r#"{"ForAnyValue:StringEquals": {"aws:CalledVia": "s3.amazonaws.com"}}"#,
            Truth::Yes,
        ),
        (
            r#"{"StringEquals": {"kms:ViaService": "s3.us-west-2.amazonaws.com"}}"#,
            Truth::Yes,
        ),
        (
            r#"{"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}"#,
            Truth::No,
        ),
        (
            r#"{"StringEquals": {"kms:CallerAccount": "111111111111"}}"#,
            Truth::Yes,
        ),
        (
            r#"{"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}"#,
            Truth::Unknown,
        ),
        (r#"{"Null": {"aws:SourceVpce": "true"}}"#, Truth::Unknown),
        (
            r#"{"StringLike": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::b/*"}}"#,
            Truth::Unknown,
        ),
    ] {
        let decision = evidence(condition).predict_decrypt(key).unwrap();
        assert_eq!(decision.answer, answer, "{condition}");
    }
}

#[test]
fn a_deny_by_not_principal_refuses_whoever_has_a_boundary_even_where_it_names_them() {
    let named = format!(
        r#"{{"Effect": "Deny", "NotPrincipal": {{"AWS": ["{READER}", "{OWN}"]}}, "Action": "s3:*", "Resource": "*"}}"#
    );
    let everything = r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#;
    let with = |boundary: Layer| {
        let in_force = InForce {
            identity: user(ALLOW_READ),
            resource: bucket(&named),
            boundary,
            ..owned_by(OWN)
        };
        read(&in_force).answer
    };
    assert_eq!(with(Layer::default()), Truth::Yes);
    assert_eq!(with(boundary(everything)), Truth::No);
    assert_eq!(
        with(Layer::unseen("the boundary", "iam:GetUser was refused")),
        Truth::Unknown
    );
}

#[test]
fn a_statement_that_aws_would_not_save_where_it_stands_grants_nothing_for_sure() {
    let no_principal = InForce {
        identity: user(ALLOW_READ),
        resource: bucket(ALLOW_READ),
        ..owned_by(OTHER)
    };
    assert_eq!(read(&no_principal).answer, Truth::Unknown);
    let of_an_identity = InForce {
        identity: user(&grant("\"*\"")),
        ..owned_by(OWN)
    };
    let decision = read(&of_an_identity);
    assert_eq!(decision.answer, Truth::Unknown);
    let Reason::Unknown(because) = decision.reason else {
        panic!("{:?}", decision.reason)
    };
    assert!(because[0].contains("must not have"), "{because:?}");
}

#[test]
fn a_resource_with_a_variable_that_is_not_in_the_request_decides_nothing() {
    let actor = Actor::from_arn("arn:aws:sts::111111111111:assumed-role/ops/me").unwrap();
    let request = Request::read("aws", "b", "events/x");
    let answer = |statements: &str| {
        let in_force = InForce {
            identity: user(statements),
            ..owned_by(OWN)
        };
        evaluate(&actor, &request, &in_force).answer
    };
    let own_home = r#"{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::b/${aws:username}/*"}"#;
    assert_eq!(answer(own_home), Truth::No);
    assert_eq!(
        answer(&own_home.replace("Resource", "NotResource")),
        Truth::Unknown
    );
    let beside = r#"{"Effect": "Allow", "Action": "*", "Resource": ["arn:aws:s3:::b/*", "arn:aws:s3:::${aws:username}"]}"#;
    assert_eq!(answer(beside), Truth::Unknown);
    let default = beside.replace("${aws:username}", "${aws:username, 'x'}");
    assert_eq!(answer(&default), Truth::Yes);
}

#[test]
fn a_bucket_policy_that_names_the_user_is_not_limited_by_what_a_boundary_does_not_allow() {
    let other = r#"{"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}"#;
    let with = |principal: &str, boundary_has: &str| {
        read(&InForce {
            resource: bucket(&grant(principal)),
            boundary: boundary(boundary_has),
            ..owned_by(OWN)
        })
        .answer
    };
    let named = format!(r#"{{"AWS": "{READER}"}}"#);
    assert_eq!(with(&named, other), Truth::Yes);
    assert_eq!(with(&named, &format!("{other}, {DENY_READ}")), Truth::No);
    assert_eq!(with("\"*\"", other), Truth::Unknown);
    assert_eq!(with(&format!(r#"{{"AWS": "{OWN}"}}"#), other), Truth::No);
}
