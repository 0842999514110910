//! The account's adapter against the practice account, over HTTP: every scenario about access inspected, every call made
//! once, every right taken away in turn. Inspecting writes nothing.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use bucket_ready::{
    access::{Encryption, Inspected, Known, Need, Owner, Ownership, Target, Versioning, Wanted},
    aws::AwsAccount,
    demo::{
        AccessKey, PracticeAccount,
        iam::{ManagedPolicy, User, model::Group},
        stage::{FOREIGN_ACCOUNT, OPERATOR, READER, reader_policy},
    },
    grant::Account,
    report::ProblemKind,
    store::{S3Credentials, S3Settings},
    survey::Inspect,
};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

const ABOUT_ACCESS: [&str; 13] = [
    "no-access",
    "the-pages-own-policy",
    "cross-account",
    "explicit-deny",
    "kms",
    "deleted-principal",
    "foreign-statements",
    "two-keys",
    "list-on-objects-only",
    "read-on-bucket-only",
    "too-open",
    "wrong-region",
    "slow-propagation",
];

fn settings(practice: &PracticeAccount, key: &AccessKey) -> S3Settings {
    S3Settings {
        bucket: practice.bucket().into(),
        endpoint_url: Some(practice.endpoint_url()),
        path_style: true,
        credentials: Some(S3Credentials {
            access_key_id: key.id.clone(),
            secret_access_key: key.secret.clone(),
            session_token: None,
        }),
        isolated: true,
        ..S3Settings::default()
    }
}

async fn operator(practice: &PracticeAccount) -> AwsAccount {
    AwsAccount::connect(settings(practice, &practice.operator_key()))
        .await
        .unwrap()
}

fn target(practice: &PracticeAccount) -> Target {
    Target::new(practice.bucket(), "", "aws")
}

fn wanted() -> Wanted {
    Wanted {
        user: READER.into(),
        ..Wanted::default()
    }
}

/// All of an account but when its keys were last used, in words.
fn state(practice: &PracticeAccount) -> String {
    [practice.account_id(), FOREIGN_ACCOUNT]
        .into_iter()
        .map(|id| {
            let account = practice.world().with(id, |account| {
                let mut account = account.clone();
                let users = account.users.values_mut();
                users.flat_map(|u| &mut u.keys).for_each(|k| k.last_used = None);
                account
            });
            let policy = practice.buckets().with(practice.bucket(), |b| b.policy.clone());
            format!("{account:?} {policy:?}")
        })
        .collect()
}

async fn inspect(practice: &PracticeAccount) -> Inspected {
    let account = operator(practice).await;
    Account::inspect(&account, &target(practice), &wanted())
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_scenario_about_access_is_seen_as_it_is_and_left_as_it_was() {
    for name in ABOUT_ACCESS {
        let practice = PracticeAccount::start(name).await.unwrap();
        let before = state(&practice);
        let seen = inspect(&practice).await;
        assert_eq!(state(&practice), before, "{name}: inspecting changed something");
        for request in practice.faults().seen() {
            let posted_form = request.method == "POST" && request.path == "/" && request.query.is_empty();
            assert!(
                matches!(request.method.as_str(), "GET" | "HEAD") || posted_form,
                "{name}: {request:?}"
            );
        }

        assert_eq!(seen.region.as_deref(), Some(practice.region()), "{name}");
        assert_eq!(
            seen.user_account,
            Known::Known(practice.account_id().into()),
            "{name}"
        );
        assert_eq!(
            seen.bucket_account,
            Known::Known(practice.account_id().into()),
            "{name}"
        );
        assert_eq!(seen.owner, Owner::Same, "{name}");
        assert_eq!(seen.restrict_public_buckets, Known::Known(true), "{name}");
        assert_eq!(
            seen.settings.ownership,
            Some(Ownership::BucketOwnerEnforced),
            "{name}"
        );
        assert_eq!(seen.settings.requester_pays, Some(false), "{name}");
        assert_eq!(seen.settings.versioning, Some(Versioning::Off), "{name}");
        assert_eq!(seen.settings.archives, Some(Vec::new()), "{name}");
        let policy = practice
            .buckets()
            .with(practice.bucket(), |b| b.policy.clone())
            .unwrap();
        assert_eq!(
            seen.bucket_policy,
            Known::Known(policy),
            "{name}: not byte for byte"
        );
        let key = practice
            .buckets()
            .with(practice.bucket(), |b| b.kms_key.clone())
            .unwrap();
        let encryption = key.map_or(Encryption::S3, Encryption::Kms);
        assert_eq!(seen.encryption, Known::Known(encryption), "{name}");

        let user = practice
            .world()
            .with(practice.account_id(), |a| a.user(READER).cloned())
            .flatten();
        match (seen.user, user) {
            (Known::Known(None), None) => {}
            (Known::Known(Some(seen)), Some(user)) => {
                assert_eq!(seen.id, user.id, "{name}");
                let inline: Vec<(String, String)> = seen
                    .inline
                    .get()
                    .unwrap()
                    .iter()
                    .map(|p| (p.name.clone(), p.document.get().unwrap().clone()))
                    .collect();
                let there: Vec<(String, String)> = user.inline.into_iter().collect();
                assert_eq!(inline, there, "{name}: not byte for byte");
                let keys: Vec<(String, bool)> = seen
                    .keys
                    .get()
                    .unwrap()
                    .iter()
                    .map(|k| (k.id.clone(), k.active))
                    .collect();
                let there: Vec<(String, bool)> = user.keys.iter().map(|k| (k.id.clone(), k.active)).collect();
                assert_eq!(keys, there, "{name}");
                assert!(
                    seen.keys.get().unwrap().iter().all(|k| k.created.is_some()),
                    "{name}"
                );
                assert_eq!(seen.boundary, Known::Known(None), "{name}");
                assert_eq!(seen.groups, Known::Known(Vec::new()), "{name}");
            }
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_does_what_it_says_and_is_seen_at_once() {
    let practice = PracticeAccount::start("no-access").await.unwrap();
    let account = operator(&practice).await;
    let bucket = practice.bucket();
    let nothing = account.observe(bucket, READER).await.unwrap();
    assert_eq!((nothing.user, nothing.bucket_policy), (None, None));

    let id = account.create_user(READER, "/partners/").await.unwrap();
    let exists = account.create_user(READER, "/").await.unwrap_err();
    assert_eq!(exists.kind, ProblemKind::AlreadyThere, "{exists}");
    let document = reader_policy(bucket);
    account
        .put_user_policy(READER, "bucket-ready-read", &document)
        .await
        .unwrap();
    let policy = format!(
        "{{ \"Version\":\"2012-10-17\",\n \"Statement\": {{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"s3:DeleteBucket\",\"Resource\":\"arn:aws:s3:::{bucket}\"}} }}"
    );
    account.put_bucket_policy(bucket, &policy).await.unwrap();
    let first = account.create_access_key(READER).await.unwrap();
    let second = account.create_access_key(READER).await.unwrap();
    assert_eq!(first.secret.expose_secret().len(), 40);
    let third = account.create_access_key(READER).await.unwrap_err();
    assert_eq!(third.kind, ProblemKind::LimitReached, "{third}");
    assert!(third.next.say.contains("two keys"), "{third:?}");

    let observed = account.observe(bucket, READER).await.unwrap();
    let user = observed.user.unwrap();
    assert_eq!(user.id, id);
    assert_eq!(user.policy.as_deref(), Some(document.as_str()));
    assert_eq!(user.keys, [first.id.clone(), second.id.clone()]);
    assert_eq!(user.others, Vec::<String>::new());
    assert_eq!(observed.bucket_policy.as_deref(), Some(policy.as_str()));

    let in_the_way = account.delete_user(READER).await.unwrap_err();
    assert_eq!(in_the_way.kind, ProblemKind::InTheWay, "{in_the_way}");
    account.delete_access_key(READER, &first.id).await.unwrap();
    account.delete_access_key(READER, &second.id).await.unwrap();
    let gone = account.delete_access_key(READER, &second.id).await.unwrap_err();
    assert_eq!(gone.kind, ProblemKind::NotFound, "{gone}");
    account
        .delete_user_policy(READER, "bucket-ready-read")
        .await
        .unwrap();
    account.delete_bucket_policy(bucket).await.unwrap();
    account.delete_user(READER).await.unwrap();
    let after = account.observe(bucket, READER).await.unwrap();
    assert_eq!((after.user, after.bucket_policy), (None, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_is_not_taken_is_told_with_what_is_wrong_in_it() {
    let practice = PracticeAccount::start("deleted-principal").await.unwrap();
    let account = operator(&practice).await;
    let policy = practice.buckets().with(practice.bucket(), |b| b.policy.clone());
    let policy = policy.flatten().unwrap();
    let refused = account
        .put_bucket_policy(practice.bucket(), &policy)
        .await
        .unwrap_err();
    assert_eq!(refused.kind, ProblemKind::Malformed, "{refused}");
    assert!(refused.next.say.contains("AIDARZPUZDIKDEXAMPLE"), "{refused:?}");

    let long = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::{}/*"}}]}}"#,
        "x".repeat(2_048)
    );
    let refused = account.put_user_policy(READER, "long", &long).await.unwrap_err();
    assert_eq!(refused.kind, ProblemKind::LimitReached, "{refused}");
    assert!(refused.next.say.contains("2,048"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_readers_own_key_is_enough_to_look_with_and_sees_little() {
    let practice = PracticeAccount::start("list-on-objects-only").await.unwrap();
    let account = AwsAccount::connect(settings(&practice, &practice.reader_key()))
        .await
        .unwrap();
    assert_eq!(practice.faults().requests(), 0, "connecting asks nothing");
    let caller = account.caller().await.unwrap();
    assert_eq!(
        (caller.arn, caller.account),
        (practice.reader_arn(), practice.account_id().into())
    );
    let arn = practice.reader_arn();
    let seen = Inspect::inspect(&account, &target(&practice), Some(&arn))
        .await
        .unwrap();
    assert_eq!(seen.user.why_not(), Some("iam:GetUser was refused"));
    assert_eq!(
        seen.bucket_policy.why_not(),
        Some("s3:GetBucketPolicy was refused")
    );
    assert_eq!(
        seen.encryption.why_not(),
        Some("s3:GetEncryptionConfiguration was refused")
    );
    assert_eq!(seen.user_account, Known::Known(practice.account_id().into()));
    assert!(
        seen.bucket_account.get().is_some() || seen.owner == Owner::Unknown,
        "{seen:?}"
    );
    assert!(Inspect::requests(&account) > 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_of_another_account_is_unknown_to_the_operator_and_not_absent() {
    let practice = PracticeAccount::start("cross-account").await.unwrap();
    let account = operator(&practice).await;
    let arn = practice.reader_arn();
    let seen = Inspect::inspect(&account, &target(&practice), Some(&arn))
        .await
        .unwrap();
    let why = seen.user.why_not().unwrap();
    assert!(
        why.contains(FOREIGN_ACCOUNT) && why.contains(practice.account_id()),
        "{why}"
    );
    assert_eq!(seen.user_account, Known::Known(FOREIGN_ACCOUNT.into()));
    assert_eq!(seen.bucket_account, Known::Known(practice.account_id().into()));
    assert_eq!(seen.owner, Owner::Other);

    // With the other account's key the bucket is seen to be neither listed nor its own.
    let foreign = AwsAccount::connect(settings(&practice, &practice.reader_key()))
        .await
        .unwrap();
    let seen = Inspect::inspect(&foreign, &target(&practice), Some(&arn))
        .await
        .unwrap();
    assert_eq!(seen.owner, Owner::Other, "{:?}", seen.bucket_account);
    assert_eq!(
        seen.bucket_account.why_not(),
        Some(format!("it is another account than {FOREIGN_ACCOUNT}").as_str())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_and_a_role_are_unknown_and_the_bucket_is_seen_all_the_same() {
    let practice = PracticeAccount::start("no-access").await.unwrap();
    let account = operator(&practice).await;
    let role = format!("arn:aws:sts::{}:assumed-role/etl/me", practice.account_id());
    for (reader, says) in [
        (None, "not known who"),
        (Some(role.as_str()), "role etl"),
        (Some("arn:nonsense"), "names no identity"),
    ] {
        let seen = Inspect::inspect(&account, &target(&practice), reader)
            .await
            .unwrap();
        let why = seen.user.why_not().unwrap();
        assert!(why.contains(says), "{reader:?}: {why}");
        assert_eq!(seen.bucket_policy, Known::Known(None));
    }
}

/// A reader with everything that a user may have.
fn furnish(practice: &PracticeAccount) {
    let arn = |name: &str| format!("arn:aws:iam::{}:policy/{name}", practice.account_id());
    practice.world().change(practice.account_id(), |account| {
        for name in ["managed", "boundary", "of-group"] {
            let policy = ManagedPolicy {
                arn: arn(name),
                name: name.into(),
                id: "ANPARZPUZDIKMEXAMPLE".into(),
                created: Timestamp::UNIX_EPOCH,
                versions: vec!["{}".into(), format!("{{\"Id\":\"{name}\",\"Statement\":[]}}")],
                default_version: 2,
            };
            account.policies.insert(arn(name), policy);
        }
        account.groups.insert(
            "partners".into(),
            Group {
                name: "partners".into(),
                id: "AGPARZPUZDIKGEXAMPLE".into(),
                inline: [("theirs".into(), "{\"Statement\":[]}".into())].into(),
                attached: vec![arn("of-group")],
            },
        );
        let mut user = User::new(READER, "AIDARZPUZDIKLEXAMPLE", Timestamp::UNIX_EPOCH)
            .with_policy("one", "{\"Statement\": [ ]}")
            .with_key("AKIARZPUZDIKLEXAMP7Q", "EXAMPLEsecret", Timestamp::UNIX_EPOCH);
        user.tags.push(("team".into(), "data".into()));
        user.attached.push(arn("managed"));
        user.boundary = Some(arn("boundary"));
        user.groups.push("partners".into());
        account.add(user);
    });
}

/// Every right that inspecting needs, and where its loss must show: JSON pointers into what was inspected.
const RIGHTS: &[(&str, &str)] = &[
    ("iam:GetUser", "/user"),
    ("iam:ListUserPolicies", "/user/known/inline"),
    ("iam:GetUserPolicy", "/user/known/inline/known/0/document"),
    ("iam:ListAttachedUserPolicies", "/user/known/attached"),
    ("iam:GetPolicy", "/user/known/attached/known/0/document"),
    ("iam:GetPolicyVersion", "/user/known/boundary/known/document"),
    ("iam:ListGroupsForUser", "/user/known/groups"),
    ("iam:ListGroupPolicies", "/user/known/groups/known/0/inline"),
    (
        "iam:GetGroupPolicy",
        "/user/known/groups/known/0/inline/known/0/document",
    ),
    (
        "iam:ListAttachedGroupPolicies",
        "/user/known/groups/known/0/attached",
    ),
    ("iam:ListAccessKeys", "/user/known/keys"),
    ("s3:GetBucketPolicy", "/bucket_policy"),
    ("s3:GetEncryptionConfiguration", "/encryption"),
    ("s3:GetBucketPublicAccessBlock", "/restrict_public_buckets"),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_right_taken_away_hides_its_own_part_and_nothing_else() {
    let practice = PracticeAccount::start("no-access").await.unwrap();
    furnish(&practice);
    let whole = serde_json::to_value(inspect(&practice).await).unwrap();
    for (_, place) in RIGHTS {
        let seen = whole.pointer(place).unwrap();
        assert!(seen.get("known").is_some(), "{place}: {seen}");
    }
    assert_eq!(whole["user"]["known"]["attached"]["known"][0]["version"], "v2");
    assert_eq!(whole["user"]["known"]["tags"]["team"], "data");
    assert_eq!(whole["unseen_settings"], serde_json::json!([]));

    for (right, place) in RIGHTS {
        let deny = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Deny","Action":"{right}","Resource":"*"}}]}}"#
        );
        practice.world().change(practice.account_id(), |account| {
            let operator = account.user_mut(OPERATOR).unwrap();
            operator.inline.insert("less".into(), deny);
        });
        let seen = serde_json::to_value(inspect(&practice).await).unwrap();
        let hidden = seen.pointer(place).unwrap();
        let why = hidden["unknown"]
            .as_str()
            .unwrap_or_else(|| panic!("{right}: {hidden}"));
        assert!(why.starts_with(&format!("{right} was refused")), "{right}: {why}");
        // Everything else is seen as before. GetPolicy and GetPolicyVersion serve several documents.
        let also: &[&str] = match *right {
            "iam:GetPolicy" | "iam:GetPolicyVersion" => &["version", "document"],
            _ => &[],
        };
        assert_same_but(&whole, &seen, place, also, "");
    }
}

fn assert_same_but(
    whole: &serde_json::Value,
    seen: &serde_json::Value,
    place: &str,
    also: &[&str],
    path: &str,
) {
    use serde_json::Value;
    let name = path.rsplit('/').next().unwrap_or_default();
    // The reasons for settings are listed by themselves, and each use of a key is noted.
    let apart = ["unseen_settings", "last_used"].contains(&name) || also.contains(&name);
    if path == place
        || apart
        || place.starts_with(&format!("{path}/"))
            && !(whole.is_object() && seen.is_object() || whole.is_array())
    {
        return;
    }
    match (whole, seen) {
        (Value::Object(whole), Value::Object(seen)) => {
            for (name, value) in whole {
                let there = seen.get(name).unwrap_or(&Value::Null);
                assert_same_but(value, there, place, also, &format!("{path}/{name}"));
            }
        }
        (Value::Array(whole), Value::Array(seen)) => {
            assert_eq!(whole.len(), seen.len(), "{path}");
            for (at, (value, there)) in whole.iter().zip(seen).enumerate() {
                assert_same_but(value, there, place, also, &format!("{path}/{at}"));
            }
        }
        _ => assert_eq!(whole, seen, "{path} changed with {place}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_or_clock_leaves_nothing_to_be_said_and_is_named() {
    let practice = PracticeAccount::start("no-access").await.unwrap();
    let wrong = AccessKey {
        id: practice.operator_key().id,
        secret: SecretString::from("EXAMPLEsecret/that/is/not/the/right/one"),
    };
    let unknown = AccessKey {
        id: "AKIANOSUCHKEYEXAMPLE".into(),
        secret: SecretString::from("EXAMPLEsecret/that/is/not/the/right/one"),
    };
    for (key, kind) in [
        (wrong, ProblemKind::WrongSecret),
        (unknown, ProblemKind::KeyUnknown),
    ] {
        let account = AwsAccount::connect(settings(&practice, &key)).await.unwrap();
        let problem = Account::inspect(&account, &target(&practice), &wanted())
            .await
            .unwrap_err();
        assert_eq!(problem.kind, kind, "{problem}");
        let problem = account.caller().await.unwrap_err();
        assert_eq!(problem.kind, kind, "{problem}");
    }
    practice.faults().skew_clock(3_600);
    let account = operator(&practice).await;
    let problem = Account::inspect(&account, &target(&practice), &wanted())
        .await
        .unwrap_err();
    assert_eq!(problem.kind, ProblemKind::ClockSkew, "{problem}");
    assert_eq!(account.caller().await.unwrap_err().kind, ProblemKind::ClockSkew);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_is_not_there_leaves_nothing_to_be_said() {
    let practice = PracticeAccount::start("no-access").await.unwrap();
    let account = operator(&practice).await;
    let elsewhere = Target::new("no-such-bucket-here", "", "aws");
    let problem = Account::inspect(&account, &elsewhere, &wanted())
        .await
        .unwrap_err();
    assert_eq!(problem.kind, ProblemKind::NoSuchBucket, "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_account_is_asked_again_and_everything_is_seen() {
    let practice = PracticeAccount::start("two-keys").await.unwrap();
    practice.faults().slow_down(6);
    let seen = inspect(&practice).await;
    assert_eq!(
        seen.user
            .get()
            .unwrap()
            .as_ref()
            .unwrap()
            .keys
            .get()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(seen.unseen_settings, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_elsewhere_than_configured_is_followed_by_every_call() {
    let practice = PracticeAccount::start("wrong-region").await.unwrap();
    let account = operator(&practice).await;
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Deny","Principal":"*","Action":"s3:DeleteBucket","Resource":"arn:aws:s3:::{}"}}]}}"#,
        practice.bucket()
    );
    account
        .put_bucket_policy(practice.bucket(), &policy)
        .await
        .unwrap();
    let observed = account.observe(practice.bucket(), READER).await.unwrap();
    assert_eq!(observed.bucket_policy.as_deref(), Some(policy.as_str()));
    account.delete_bucket_policy(practice.bucket()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_simulator_is_asked_in_four_calls_and_says_nothing_to_who_may_not_ask() {
    let practice = PracticeAccount::start("two-keys").await.unwrap();
    let (target, arn) = (target(&practice), practice.reader_arn());
    let account = operator(&practice).await;
    let said = account.simulate(&target, &arn, None, None).await.unwrap();
    assert_eq!(account.usage().requests, 4);
    let needs: Vec<_> = said.iter().map(|opinion| opinion.need).collect();
    assert_eq!(needs, Need::all().collect::<Vec<_>>());
    assert!(
        said.iter().all(|opinion| opinion.answer.truth().is_yes()),
        "{said:?}"
    );
    // The reader itself has no such right: it is asked once, and no more.
    let reader = AwsAccount::connect(settings(&practice, &practice.reader_key()))
        .await
        .unwrap();
    assert_eq!(reader.simulate(&target, &arn, None, None).await, None);
    assert_eq!(reader.usage().requests, 1);
}
