//! The edits that the practice account offers: each breaks what it says, by real requests, and can be taken back.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use aws_credential_types::Credentials;
use aws_sdk_s3::{
    Client,
    config::{BehaviorVersion, Region, retry::RetryConfig},
    error::ProvideErrorMetadata,
};
use bucket_ready::{
    demo::{AccessKey, PracticeAccount, edits::Editor, stage::reader_policy},
    wizard::practice::PracticeEdit,
};
use secrecy::ExposeSecret;

const METRICS: &str = "metrics/2026-06-20/0000_part_00.parquet";

fn client(account: &PracticeAccount, key: &AccessKey) -> Client {
    let credentials = Credentials::new(&key.id, key.secret.expose_secret(), None, None, "test");
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(account.endpoint_url())
        .force_path_style(true)
        .region(Region::new(account.region()))
        .credentials_provider(credentials)
        .retry_config(RetryConfig::disabled())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    Client::from_conf(config)
}

/// What the reader's requests come to: lists of the three folders, a read of metrics, a list of the root. Empty where it
/// works.
async fn reader_sees(account: &PracticeAccount) -> [String; 5] {
    let s3 = client(account, &account.reader().unwrap());
    let list = |prefix: &'static str| {
        let list = s3.list_objects_v2().bucket(account.bucket()).prefix(prefix);
        async move {
            list.send()
                .await
                .err()
                .map(|e| e.code().unwrap_or("?").to_owned())
                .unwrap_or_default()
        }
    };
    let read = s3.get_object().bucket(account.bucket()).key(METRICS).send().await;
    [
        list("events/").await,
        list("metrics/").await,
        list("signals/").await,
        read.err()
            .map(|e| e.code().unwrap_or("?").to_owned())
            .unwrap_or_default(),
        list("").await,
    ]
}

const NO: &str = "AccessDenied";

#[tokio::test(flavor = "multi_thread")]
async fn each_edit_breaks_what_it_says_and_a_restore_mends_it() {
    let unknown = "InvalidAccessKeyId";
    let table = [
        (PracticeEdit::AddDeny, ["", "", "", NO, NO]),
        (PracticeEdit::DropPrefix, ["", "", NO, "", NO]),
        // In one account the reader's own policy is enough.
        (PracticeEdit::WrongPrincipal, ["", "", "", "", NO]),
        (PracticeEdit::DeleteUser, [unknown; 5]),
        (PracticeEdit::DeactivateKey, [unknown; 5]),
        (PracticeEdit::TooOpen, [""; 5]),
        (PracticeEdit::Encrypt, ["", "", "", NO, NO]),
    ];
    // Whose bucket policy holds other people's statements too, and a reader with what it needs.
    let account = PracticeAccount::start("healthy").await.unwrap();
    let policy = || {
        account
            .buckets()
            .with(account.bucket(), |b| b.policy.clone())
            .unwrap()
    };
    let fine = ["", "", "", "", NO];
    assert_eq!(reader_sees(&account).await, fine);
    let before = policy();
    for (edit, expected) in table {
        let said = Editor::of(&account).make(edit).await.unwrap();
        assert!(
            said.len() >= 2 && said.iter().any(|line| line.starts_with("Try: ")),
            "{said:?}"
        );
        assert_eq!(reader_sees(&account).await, expected, "{edit:?}");
        Editor::of(&account).make(PracticeEdit::Restore).await.unwrap();
        assert_eq!(reader_sees(&account).await, fine, "restored after {edit:?}");
        assert_eq!(policy(), before, "{edit:?}");
    }
    let objects = |account: &PracticeAccount| account.buckets().with(account.bucket(), |b| b.objects.len());
    let other = PracticeAccount::start("healthy").await.unwrap();
    assert_eq!(objects(&account), objects(&other), "objects stay");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_peoples_statements_stay_byte_for_byte_when_a_deny_is_added() {
    let account = PracticeAccount::start("foreign-statements").await.unwrap();
    let policy = || {
        account
            .buckets()
            .with(account.bucket(), |b| b.policy.clone())
            .flatten()
            .unwrap()
    };
    let before = policy();
    Editor::of(&account).make(PracticeEdit::AddDeny).await.unwrap();
    let after = policy();
    let taken_out = bucket_ready::access::merge::unmerge(&after, &["PracticeDeny"]).unwrap();
    assert_eq!(taken_out.text.as_deref(), Some(before.as_str()));
    let again = Editor::of(&account)
        .make(PracticeEdit::AddDeny)
        .await
        .unwrap_err();
    assert!(again.cause.contains("already"), "{again}");
    assert_eq!(policy(), after);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_of_what_is_not_there_says_what_to_do_first() {
    let account = PracticeAccount::start("no-access").await.unwrap();
    assert!(account.reader().is_none());
    for edit in [
        PracticeEdit::DeactivateKey,
        PracticeEdit::DeleteUser,
        PracticeEdit::TooOpen,
        PracticeEdit::DropPrefix,
    ] {
        let problem = Editor::of(&account).make(edit).await.unwrap_err();
        assert!(problem.next.say.contains("step 2 Grant"), "{edit:?}: {problem:?}");
    }
    // A bucket policy can be broken before there is a reader.
    for edit in [PracticeEdit::AddDeny, PracticeEdit::WrongPrincipal] {
        Editor::of(&account).make(edit).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn edits_reach_a_reader_of_another_account() {
    let account = PracticeAccount::start("cross-account").await.unwrap();
    let lists = reader_sees(&account).await;
    assert_eq!(lists[0], "");
    Editor::of(&account).make(PracticeEdit::DeleteUser).await.unwrap();
    assert!(!account.has_reader());
    assert_eq!(reader_sees(&account).await[0], "InvalidAccessKeyId");
    // The bucket policy named the user: what is left of it is a dead id.
    let policy = account
        .buckets()
        .with(account.bucket(), |b| b.policy.clone())
        .flatten()
        .unwrap();
    assert!(policy.contains("\"AIDATCH6YDSYLEXAMPLE\""), "{policy}");
    Editor::of(&account).make(PracticeEdit::Restore).await.unwrap();
    assert_eq!(reader_sees(&account).await, lists);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_was_made_here_is_told_without_its_secret() {
    let account = PracticeAccount::start("no-access").await.unwrap();
    let secret = "EXAMPLEsecret/planted/to/be/looked/for00";
    account.world().change(account.account_id(), |a| {
        let user = bucket_ready::demo::iam::User::new(account.reader_name(), "AIDAEXAMPLE", account.now());
        let user = user.with_policy("read", reader_policy(account.bucket()));
        a.add(user.with_key("AKIAEXAMPLEMADENEW01", secret, account.now()));
    });
    assert_eq!(reader_sees(&account).await[0], "");
    let facts = Editor::of(&account).facts();
    let named: Vec<&str> = facts.keys.iter().map(|(who, ..)| who.as_str()).collect();
    assert_eq!(named, ["operator", "reader", "Statsig server secret"]);
    assert_eq!(facts.keys[1].1, "AKIAEXAMPLEMADENEW01");
    assert!(!format!("{facts:?}").contains(secret));
    assert!(
        facts.command.contains(&facts.endpoint) && facts.command.contains("s3 ls s3://"),
        "{}",
        facts.command
    );
}
