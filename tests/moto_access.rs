//! The account's adapter against `moto` with authorization on, a server that we did not write: users, policies and keys
//! from their making to their end, AWS' limits, what a restricted operator is refused, partial sight, and lists of many
//! pages. It proves nothing about conditions and bucket policies: `moto` ignores them.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "support/moto.rs"]
mod moto;

use aws_sdk_iam::config::{BehaviorVersion, Credentials, Region};
use bucket_ready::{
    access::{Known, Owner, Target, Wanted},
    aws::AwsAccount,
    grant::{Account, NewKey},
    report::ProblemKind,
    store::{S3Credentials, S3Settings},
};
use moto::Moto;
use secrecy::{ExposeSecret, SecretString};

const BUCKET: &str = "acme-export";
const USER: &str = "statsig-reader";
const POLICY: &str = "bucket-ready-read";
/// As people write it: what comes back must be the same.
const DOCUMENT: &str = "{ \"Version\": \"2012-10-17\",\n  \"Statement\": [{\"Sid\": \"A1\", \"Effect\": \"Allow\", \
                        \"Action\": \"s3:GetObject\", \"Resource\": \"arn:aws:s3:::acme-export/a+b 100%/*\"}] }";

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

fn settings(moto: &Moto, id: &str, secret: SecretString) -> S3Settings {
    S3Settings {
        bucket: BUCKET.into(),
        endpoint_url: Some(moto.endpoint.clone()),
        path_style: true,
        credentials: Some(S3Credentials {
            access_key_id: id.into(),
            secret_access_key: secret,
            session_token: None,
        }),
        isolated: true,
        ..S3Settings::default()
    }
}

/// The administrator's account, with the bucket made, and the SDK's own client to prepare what the adapter then sees.
async fn administrator(moto: &Moto) -> (AwsAccount, aws_sdk_iam::Client) {
    let credentials = Credentials::new(&moto.admin_id, &moto.admin_secret, None, None, "test");
    let s3 = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(&moto.endpoint)
        .force_path_style(true)
        .credentials_provider(credentials.clone())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    let s3 = aws_sdk_s3::Client::from_conf(s3);
    s3.create_bucket().bucket(BUCKET).send().await.unwrap();
    let iam = aws_sdk_iam::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(&moto.endpoint)
        .credentials_provider(credentials)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    let secret = SecretString::from(moto.admin_secret.clone());
    let account = AwsAccount::connect(settings(moto, &moto.admin_id, secret))
        .await
        .unwrap();
    (account, aws_sdk_iam::Client::from_conf(iam))
}

fn wanted() -> Wanted {
    Wanted {
        user: USER.into(),
        ..Wanted::default()
    }
}

fn target() -> Target {
    Target::new(BUCKET, "", "aws")
}

async fn kind<T>(call: impl Future<Output = Result<T, bucket_ready::report::Problem>>) -> ProblemKind {
    match call.await {
        Ok(_) => panic!("it was answered"),
        Err(problem) => {
            assert!(problem.call.is_some() && problem.action.is_some() && !problem.next.say.is_empty());
            problem.kind
        }
    }
}

#[test]
fn a_reader_is_made_seen_used_and_taken_away_again() {
    let moto = Moto::start();
    runtime().block_on(async {
        let (account, _) = administrator(&moto).await;
        let id = account.create_user(USER, "/partners/").await.unwrap();
        account.put_user_policy(USER, POLICY, DOCUMENT).await.unwrap();
        let key = account.create_access_key(USER).await.unwrap();
        let policy = "{ \"Version\": \"2012-10-17\", \"Statement\": [] , \"Id\": \"x+y 100%\" }";
        account.put_bucket_policy(BUCKET, policy).await.unwrap();

        let seen = account.inspect(&target(), &wanted()).await.unwrap();
        let user = seen.user.get().unwrap().as_ref().unwrap();
        assert_eq!(user.id, id);
        assert!(
            user.arn.ends_with(":user/partners/statsig-reader"),
            "{}",
            user.arn
        );
        assert_eq!(
            user.inline_policy(POLICY),
            Known::Known(Some(DOCUMENT.into())),
            "not byte for byte"
        );
        let keys = user.keys.get().unwrap();
        assert_eq!(
            (keys.len(), keys[0].id.as_str(), keys[0].active),
            (1, key.id.as_str(), true)
        );
        assert_eq!(
            seen.bucket_policy,
            Known::Known(Some(policy.into())),
            "not byte for byte"
        );
        assert_eq!(seen.owner, Owner::Same);

        let with_key = AwsAccount::connect(settings(&moto, &key.id, key.secret.clone()))
            .await
            .unwrap();
        let caller = with_key.caller().await.unwrap();
        assert_eq!((caller.arn, caller.user_id), (user.arn.clone(), Some(id.clone())));

        let observed = account.observe(BUCKET, USER).await.unwrap();
        let user = observed.user.unwrap();
        assert_eq!((user.id, user.policy.as_deref()), (id, Some(DOCUMENT)));
        assert_eq!(user.keys, std::slice::from_ref(&key.id));
        assert_eq!(observed.bucket_policy.as_deref(), Some(policy));

        assert_eq!(kind(account.delete_user(USER)).await, ProblemKind::InTheWay);
        account.delete_access_key(USER, &key.id).await.unwrap();
        account.delete_user_policy(USER, POLICY).await.unwrap();
        account.delete_bucket_policy(BUCKET).await.unwrap();
        account.delete_user(USER).await.unwrap();
        let after = account.observe(BUCKET, USER).await.unwrap();
        assert_eq!((after.user, after.bucket_policy), (None, None));
    });
}

#[test]
fn the_limits_of_aws_are_named_as_what_they_are() {
    let moto = Moto::start();
    runtime().block_on(async {
        let (account, _) = administrator(&moto).await;
        account.create_user(USER, "/").await.unwrap();
        assert_eq!(
            kind(account.create_user(USER, "/")).await,
            ProblemKind::AlreadyThere
        );
        account.create_access_key(USER).await.unwrap();
        account.create_access_key(USER).await.unwrap();
        assert_eq!(
            kind(account.create_access_key(USER)).await,
            ProblemKind::LimitReached
        );
        assert_eq!(
            kind(account.put_user_policy(USER, POLICY, "{“Version”: 1}")).await,
            ProblemKind::Malformed
        );
        for missing in [
            kind(account.put_user_policy("nobody", POLICY, DOCUMENT)).await,
            kind(account.create_access_key("nobody")).await,
            kind(account.delete_user("nobody")).await,
            kind(account.delete_access_key(USER, "AKIANOSUCHKEYEXAMPLE")).await,
            kind(account.delete_user_policy(USER, POLICY)).await,
        ] {
            assert_eq!(missing, ProblemKind::NotFound);
        }
    });
}

/// An operator who may do only this.
async fn restricted(
    moto: &Moto,
    iam: &aws_sdk_iam::Client,
    account: &AwsAccount,
    actions: &str,
) -> AwsAccount {
    let name = "restricted";
    let document = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":[{actions}],"Resource":"*"}}]}}"#
    );
    iam.create_user().user_name(name).send().await.unwrap();
    iam.put_user_policy()
        .user_name(name)
        .policy_name("some")
        .policy_document(document)
        .send()
        .await
        .unwrap();
    let NewKey { id, secret } = account.create_access_key(name).await.unwrap();
    AwsAccount::connect(settings(moto, &id, secret)).await.unwrap()
}

#[test]
fn an_operator_with_few_rights_sees_what_it_may_and_is_told_what_it_may_not() {
    let moto = Moto::start();
    runtime().block_on(async {
        let (account, iam) = administrator(&moto).await;
        account.create_user(USER, "/").await.unwrap();
        account.put_user_policy(USER, POLICY, DOCUMENT).await.unwrap();
        let few = restricted(
            &moto,
            &iam,
            &account,
            r#""iam:GetUser","iam:ListUserPolicies","iam:GetUserPolicy","s3:ListBucket""#,
        )
        .await;

        let seen = few.inspect(&target(), &wanted()).await.unwrap();
        let user = seen.user.get().unwrap().as_ref().unwrap();
        assert_eq!(user.inline_policy(POLICY), Known::Known(Some(DOCUMENT.into())));
        assert_eq!(
            user.attached.why_not(),
            Some("iam:ListAttachedUserPolicies was refused")
        );
        assert_eq!(user.groups.why_not(), Some("iam:ListGroupsForUser was refused"));
        assert_eq!(user.keys.why_not(), Some("iam:ListAccessKeys was refused"));
        assert_eq!(
            seen.bucket_policy.why_not(),
            Some("s3:GetBucketPolicy was refused")
        );

        for refused in [
            kind(few.create_user("another", "/")).await,
            kind(few.put_user_policy(USER, POLICY, DOCUMENT)).await,
            kind(few.create_access_key(USER)).await,
            kind(few.delete_access_key(USER, "AKIANOSUCHKEYEXAMPLE")).await,
            kind(few.delete_user(USER)).await,
            kind(few.put_bucket_policy(BUCKET, DOCUMENT)).await,
            kind(few.delete_bucket_policy(BUCKET)).await,
            kind(few.observe(BUCKET, USER)).await,
        ] {
            assert_eq!(refused, ProblemKind::Refused);
        }
        let problem = few.create_user("another", "/").await.unwrap_err();
        assert_eq!(problem.call, Some("iam:CreateUser"));
        assert_eq!(problem.status, Some(403));
        assert!(problem.next.say.contains("iam:CreateUser"), "{problem:?}");
    });
}

#[test]
fn a_wrong_key_or_secret_is_named_as_what_it_is() {
    let moto = Moto::start();
    runtime().block_on(async {
        administrator(&moto).await;
        let secret = SecretString::from("EXAMPLEsecret/that/is/not/the/right/one0");
        for (id, wanted_kind) in [
            ("AKIANOSUCHKEYEXAMPLE", ProblemKind::KeyUnknown),
            (moto.admin_id.as_str(), ProblemKind::WrongSecret),
        ] {
            let account = AwsAccount::connect(settings(&moto, id, secret.clone()))
                .await
                .unwrap();
            assert_eq!(kind(account.inspect(&target(), &wanted())).await, wanted_kind);
        }
    });
}

#[test]
fn lists_of_many_pages_are_read_to_their_end() {
    let moto = Moto::start();
    runtime().block_on(async {
        let (account, iam) = administrator(&moto).await;
        account.create_user(USER, "/").await.unwrap();
        // More than the 100 that IAM puts on a page.
        for n in 0..103 {
            let name = format!("policy-{n:03}");
            iam.put_user_policy()
                .user_name(USER)
                .policy_name(&name)
                .policy_document(r#"{"Statement":[]}"#)
                .send()
                .await
                .ok();
        }
        for n in 0..104 {
            let name = format!("group-{n:03}");
            iam.create_group().group_name(&name).send().await.unwrap();
            iam.add_user_to_group()
                .user_name(USER)
                .group_name(&name)
                .send()
                .await
                .unwrap();
        }
        let seen = account.inspect(&target(), &wanted()).await.unwrap();
        let user = seen.user.get().unwrap().as_ref().unwrap();
        let groups = user.groups.get().unwrap();
        assert_eq!(groups.len(), 104, "groups");
        assert!(groups.iter().all(|g| g.inline.get().is_some_and(Vec::is_empty)));
        let listed = iam
            .list_user_policies()
            .user_name(USER)
            .max_items(1_000)
            .send()
            .await
            .unwrap();
        assert_eq!(
            user.inline.get().unwrap().len(),
            listed.policy_names().len(),
            "inline policies"
        );
        let observed = account.observe(BUCKET, USER).await.unwrap();
        let others = observed.user.unwrap().others;
        assert!(
            others.contains(&"the group group-103".to_owned()),
            "{}",
            others.len()
        );
    });
}

#[test]
fn the_secret_of_a_new_key_is_whole_and_in_no_words() {
    let moto = Moto::start();
    runtime().block_on(async {
        let (account, _) = administrator(&moto).await;
        account.create_user(USER, "/").await.unwrap();
        let key = account.create_access_key(USER).await.unwrap();
        assert_eq!(key.secret.expose_secret().len(), 40);
        for words in [format!("{key:?}"), format!("{account:?}")] {
            assert!(!words.contains(key.secret.expose_secret()), "{words}");
            assert!(!words.contains(&moto.admin_secret), "{words}");
        }
    });
}
