//! The practice account enforces what its policies say, by real requests: the design's truth table, the scenarios about
//! access, and IAM's own life cycle, limits and refusals over its query protocol.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sdk_s3::{
    Client,
    config::{BehaviorVersion, Region, retry::RetryConfig},
    error::ProvideErrorMetadata,
    primitives::ByteStream,
};
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use bucket_ready::demo::{
    AccessKey, PracticeAccount,
    iam::{Account, User},
    stage::{FOREIGN_ACCOUNT, FOREIGN_READER_KEY, READER, READER_KEY, reader_policy},
};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

fn credentials(key: &AccessKey) -> Credentials {
    Credentials::new(&key.id, key.secret.expose_secret(), None, None, "test")
}

fn client(account: &PracticeAccount, key: &AccessKey) -> Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(account.endpoint_url())
        .force_path_style(true)
        .region(Region::new(account.region()))
        .credentials_provider(credentials(key))
        .retry_config(RetryConfig::disabled())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    Client::from_conf(config)
}

fn yes_or_why<T, E: ProvideErrorMetadata>(answer: Result<T, E>) -> Result<(), String> {
    answer
        .map(|_| ())
        .map_err(|e| format!("{}: {}", e.code().unwrap_or("?"), e.message().unwrap_or_default()))
}

async fn list(s3: &Client, bucket: &str, prefix: &str) -> Result<(), String> {
    yes_or_why(s3.list_objects_v2().bucket(bucket).prefix(prefix).send().await)
}

async fn read(s3: &Client, bucket: &str, key: &str) -> Result<(), String> {
    yes_or_why(s3.get_object().bucket(bucket).key(key).send().await)
}

const EVENTS: &str = "events/2026-06-20/0000_part_00.parquet";
const METRICS: &str = "metrics/2026-06-20/0000_part_00.parquet";

/// The page's policies, as the page prints them.
fn page(bucket: &str, principal: Option<&str>) -> String {
    match principal {
        None => format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"VisualEditor0","Effect":"Allow","Action":["s3:GetObject","s3:ListBucket"],"Resource":"arn:aws:s3:::{bucket}"}}]}}"#
        ),
        Some(who) => format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"statement1","Effect":"Allow","Principal":{{"AWS":"{who}"}},"Action":"s3:ListBucket","Resource":"arn:aws:s3:::{bucket}"}},{{"Sid":"statement2","Effect":"Allow","Principal":{{"AWS":"{who}"}},"Action":"s3:GetObject","Resource":"arn:aws:s3:::{bucket}/*"}}]}}"#
        ),
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Has {
    Nothing,
    Pages,
    Ours,
}

#[tokio::test(flavor = "multi_thread")]
async fn the_truth_table_holds_by_real_requests() {
    use Has::{Nothing, Ours, Pages};
    // Accounts, user policy, bucket policy; then whether a list and a read work.
    let table = [
        (true, Pages, Nothing, true, false),
        (true, Pages, Pages, true, true),
        (true, Ours, Nothing, true, true),
        (true, Ours, Pages, true, true),
        (true, Nothing, Nothing, false, false),
        (true, Nothing, Pages, true, true),
        (false, Pages, Nothing, false, false),
        (false, Pages, Pages, true, false),
        (false, Ours, Pages, true, true),
        (false, Ours, Nothing, false, false),
        (false, Nothing, Nothing, false, false),
        (false, Nothing, Pages, false, false),
    ];
    let account = PracticeAccount::start("no-access").await.unwrap();
    let bucket = account.bucket();
    account.world().add(Account::new(FOREIGN_ACCOUNT));
    for (same, user_policy, bucket_policy, lists, reads) in table {
        let (number, key) = if same {
            (account.account_id(), READER_KEY)
        } else {
            (FOREIGN_ACCOUNT, FOREIGN_READER_KEY)
        };
        let user = User::new(READER, "AIDAREADEREXAMPLE", Timestamp::UNIX_EPOCH).with_key(
            key.0,
            key.1,
            Timestamp::UNIX_EPOCH,
        );
        let user = match user_policy {
            Nothing => user,
            Pages => user.with_policy("reader", page(bucket, None)),
            Ours => user.with_policy("reader", reader_policy(bucket)),
        };
        account.world().change(number, |a| a.add(user));
        let arn = format!("arn:aws:iam::{number}:user/{READER}");
        account.buckets().change(bucket, |b| {
            b.policy = (bucket_policy == Pages).then(|| page(bucket, Some(&arn)));
        });
        let key = AccessKey {
            id: key.0.to_owned(),
            secret: SecretString::from(key.1),
        };
        let s3 = client(&account, &key);
        let row = (same, user_policy, bucket_policy);
        for prefix in ["events", "events/", "metrics/2026-06-20/"] {
            let listed = list(&s3, bucket, prefix).await;
            assert_eq!(listed.is_ok(), lists, "{row:?} {prefix}: {listed:?}");
        }
        let got = read(&s3, bucket, EVENTS).await;
        assert_eq!(got.is_ok(), reads, "{row:?}: {got:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_scenario_about_access_refuses_what_it_says() {
    // List, read of events, read of metrics, write.
    let table: [(&str, [bool; 4], &str); 10] = [
        (
            "the-pages-own-policy",
            [true, false, false, false],
            "no identity-based policy allows the s3:GetObject",
        ),
        ("cross-account", [true, false, false, false], "AccessDenied"),
        (
            "explicit-deny",
            [false, false, false, false],
            "explicit deny in a resource-based policy",
        ),
        ("kms", [true, true, false, false], "kms:Decrypt"),
        ("deleted-principal", [false; 4], "no identity-based policy"),
        ("two-keys", [true, true, true, false], ""),
        (
            "list-on-objects-only",
            [false, true, true, false],
            "no identity-based policy allows the s3:ListBucket",
        ),
        (
            "read-on-bucket-only",
            [true, false, false, false],
            "no identity-based policy allows the s3:GetObject",
        ),
        ("too-open", [true; 4], ""),
        ("wrong-region", [true, true, true, false], ""),
    ];
    for (name, expected, reason) in table {
        let account = PracticeAccount::start(name).await.unwrap();
        assert!(account.has_reader(), "{name}");
        let (s3, bucket) = (client(&account, &account.reader_key()), account.bucket());
        let put = s3
            .put_object()
            .bucket(bucket)
            .key("events/x")
            .body(ByteStream::from_static(b"x"));
        let answers = [
            list(&s3, bucket, "events/").await,
            read(&s3, bucket, EVENTS).await,
            read(&s3, bucket, METRICS).await,
            yes_or_why(put.send().await),
        ];
        let works: Vec<bool> = answers.iter().map(Result::is_ok).collect();
        assert_eq!(works, expected, "{name}: {answers:?}");
        if !reason.is_empty() {
            let first = answers.iter().find_map(|a| a.as_ref().err()).unwrap();
            assert!(first.contains(reason), "{name}: {first}");
        }
        // The operator may do all that and more.
        let s3 = client(&account, &account.operator_key());
        assert_eq!(list(&s3, bucket, "").await, Ok(()), "{name}");
        assert_eq!(read(&s3, bucket, METRICS).await, Ok(()), "{name}");
    }
    for name in ["no-access", "foreign-statements", "slow-propagation"] {
        let account = PracticeAccount::start(name).await.unwrap();
        assert!(!account.has_reader(), "{name}");
        let s3 = client(&account, &account.reader_key());
        let refused = list(&s3, account.bucket(), "events/").await.unwrap_err();
        assert!(refused.starts_with("InvalidAccessKeyId"), "{name}: {refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_not_list_is_not_told_that_a_key_is_missing() {
    let account = PracticeAccount::start("list-on-objects-only").await.unwrap();
    let s3 = client(&account, &account.reader_key());
    let refused = read(&s3, account.bucket(), "events/nothing").await.unwrap_err();
    assert!(refused.starts_with("AccessDenied"), "{refused}");
    let s3 = client(&account, &account.operator_key());
    let missing = read(&s3, account.bucket(), "events/nothing").await.unwrap_err();
    assert!(missing.starts_with("NoSuchKey"), "{missing}");
}

/// Posts a form to IAM, signed by an implementation that is not the account's: status and body.
async fn iam(account: &PracticeAccount, key: &AccessKey, form: &[(&str, &str)]) -> (u16, String) {
    let encode = |text: &str| -> String {
        text.bytes()
            .map(|b| match b {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                    char::from(b).to_string()
                }
                _ => format!("%{b:02X}"),
            })
            .collect()
    };
    let mut body = "Version=2010-05-08".to_owned();
    for (name, value) in form {
        body.push_str(&format!("&{name}={}", encode(value)));
    }
    let url = account.endpoint_url();
    let host = url.strip_prefix("http://").unwrap();
    let identity = credentials(key).into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region("us-east-1")
        .name("iam")
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()
        .unwrap()
        .into();
    let kind = "application/x-www-form-urlencoded";
    let headers = [("host", host), ("content-type", kind)];
    let whole = format!("{url}/");
    let signable = SignableRequest::new(
        "POST",
        &whole,
        headers.into_iter(),
        SignableBody::Bytes(body.as_bytes()),
    );
    let (instructions, _) = sign(signable.unwrap(), &params).unwrap().into_parts();
    let mut request = format!(
        "POST / HTTP/1.1\r\nhost: {host}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n",
        body.len()
    );
    for (name, value) in instructions.headers() {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    request.push_str(&body);
    let mut stream = TcpStream::connect(host).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    (
        status,
        answer.split("\r\n\r\n").nth(1).unwrap_or_default().to_owned(),
    )
}

fn tag(xml: &str, name: &str) -> Option<String> {
    let start = xml.split(&format!("<{name}>")).nth(1)?;
    Some(start.split(&format!("</{name}>")).next()?.to_owned())
}

/// A test's hold on an account, as its operator.
struct Operator(PracticeAccount);

impl Operator {
    async fn of(scenario: &str) -> Self {
        Self(PracticeAccount::start(scenario).await.unwrap())
    }

    async fn call(&self, action: &str, form: &[(&str, &str)]) -> (u16, String) {
        let mut all = vec![("Action", action)];
        all.extend_from_slice(form);
        iam(&self.0, &self.0.operator_key(), &all).await
    }

    /// The result of a call that must work.
    async fn done(&self, action: &str, form: &[(&str, &str)]) -> String {
        let (status, xml) = self.call(action, form).await;
        assert_eq!(status, 200, "{action}: {xml}");
        xml
    }

    /// Status and code of a call that must be refused.
    async fn refused(&self, action: &str, form: &[(&str, &str)]) -> (u16, String) {
        let (status, xml) = self.call(action, form).await;
        (status, tag(&xml, "Code").unwrap_or(xml))
    }
}

const ME: (&str, &str) = ("UserName", READER);

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_is_made_used_and_taken_away_again() {
    let operator = Operator::of("no-access").await;
    let bucket = operator.0.bucket();
    let xml = operator
        .done(
            "CreateUser",
            &[
                ME,
                ("Tags.member.1.Key", "made-by"),
                ("Tags.member.1.Value", "a test"),
            ],
        )
        .await;
    assert_eq!(tag(&xml, "Arn"), Some(operator.0.reader_arn()));
    let id = tag(&xml, "UserId").unwrap();
    assert!(id.starts_with("AIDARZPUZDIK") && id.len() == 20, "{id}");

    let document = reader_policy(bucket);
    operator
        .done(
            "PutUserPolicy",
            &[ME, ("PolicyName", "read"), ("PolicyDocument", &document)],
        )
        .await;
    let xml = operator.done("CreateAccessKey", &[ME]).await;
    let key = AccessKey {
        id: tag(&xml, "AccessKeyId").unwrap(),
        secret: SecretString::from(tag(&xml, "SecretAccessKey").unwrap()),
    };
    assert_eq!((key.id.len(), key.secret.expose_secret().len()), (20, 40));
    let s3 = client(&operator.0, &key);
    assert_eq!(list(&s3, bucket, "events/").await, Ok(()));
    assert_eq!(read(&s3, bucket, EVENTS).await, Ok(()));
    assert!(list(&s3, bucket, "").await.is_err());

    let used = operator
        .done("GetAccessKeyLastUsed", &[("AccessKeyId", &key.id)])
        .await;
    assert_eq!(tag(&used, "ServiceName").as_deref(), Some("s3"));
    // An inactive key is an unknown one.
    let this = ("AccessKeyId", key.id.as_str());
    operator
        .done("UpdateAccessKey", &[ME, this, ("Status", "Inactive")])
        .await;
    let refused = list(&s3, bucket, "events/").await.unwrap_err();
    assert!(refused.starts_with("InvalidAccessKeyId"), "{refused}");
    let listed = operator.done("ListAccessKeys", &[ME]).await;
    assert_eq!(tag(&listed, "Status").as_deref(), Some("Inactive"));
    assert!(!listed.contains(key.secret.expose_secret()));

    // It goes in the order that AWS asks for.
    let conflict = (409, "DeleteConflict".to_owned());
    assert_eq!(operator.refused("DeleteUser", &[ME]).await, conflict);
    operator
        .done("DeleteUserPolicy", &[ME, ("PolicyName", "read")])
        .await;
    assert_eq!(operator.refused("DeleteUser", &[ME]).await, conflict);
    operator.done("DeleteAccessKey", &[ME, this]).await;
    operator.done("DeleteUser", &[ME]).await;
    let gone = (404, "NoSuchEntity".to_owned());
    assert_eq!(operator.refused("GetUser", &[ME]).await, gone);
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_and_refusals_are_those_of_iam() {
    let operator = Operator::of("two-keys").await;
    let code = |status: u16, code: &str| (status, code.to_owned());
    assert_eq!(
        operator.refused("CreateAccessKey", &[ME]).await,
        code(409, "LimitExceeded")
    );
    assert_eq!(
        operator.refused("CreateUser", &[ME]).await,
        code(409, "EntityAlreadyExists")
    );
    assert_eq!(
        operator
            .refused("CreateUser", &[("UserName", "Statsig-Reader")])
            .await,
        code(409, "EntityAlreadyExists"),
        "names differ in more than case"
    );
    assert_eq!(
        operator.refused("CreateUser", &[("UserName", "a b")]).await,
        code(400, "ValidationError")
    );
    assert_eq!(
        operator.refused("CreateUser", &[]).await,
        code(400, "ValidationError")
    );
    assert_eq!(
        operator.refused("DoSomething", &[]).await,
        code(400, "InvalidAction")
    );
    let put = |document: String| {
        let operator = &operator;
        async move {
            let form = [ME, ("PolicyName", "more"), ("PolicyDocument", document.as_str())];
            operator.refused("PutUserPolicy", &form).await
        }
    };
    assert_eq!(
        put("{\"Version\":".to_owned()).await,
        code(400, "MalformedPolicyDocument")
    );
    let bucket = operator.0.bucket();
    assert_eq!(
        put(page(bucket, Some("*"))).await,
        code(400, "MalformedPolicyDocument"),
        "a principal has no place in a user's policy"
    );
    let long = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::{}"}}]}}"#,
        "x".repeat(1900)
    );
    assert_eq!(
        put(long.clone()).await,
        code(409, "LimitExceeded"),
        "all inline policies together"
    );
    operator
        .done("DeleteUserPolicy", &[ME, ("PolicyName", "bucket-ready-read")])
        .await;
    assert_eq!(put(long).await.0, 200, "white space aside it fits now");

    let me = operator.0.reader_key();
    let (status, xml) = iam(&operator.0, &me, &[("Action", "ListUsers")]).await;
    assert_eq!(
        (status, tag(&xml, "Code").as_deref()),
        (403, Some("AccessDenied"))
    );
    assert!(
        xml.contains("is not authorized to perform: iam:ListUsers on resource: *"),
        "{xml}"
    );
    let wrong = AccessKey {
        secret: operator.0.operator_key().secret,
        ..me
    };
    let (status, xml) = iam(&operator.0, &wrong, &[("Action", "ListUsers")]).await;
    assert_eq!(
        (status, tag(&xml, "Code").as_deref()),
        (403, Some("SignatureDoesNotMatch"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_come_back_as_they_were_put_and_lists_come_by_page() {
    let operator = Operator::of("no-access").await;
    operator.done("CreateUser", &[ME]).await;
    let document = "{\n  \"Version\": \"2012-10-17\", \"Statement\": [{\"Sid\": \"A+b %\", \"Effect\": \"Allow\", \
                    \"Action\": \"s3:GetObject\", \"Resource\": \"*\"}]}\n";
    for name in ["a", "b", "c"] {
        operator
            .done(
                "PutUserPolicy",
                &[ME, ("PolicyName", name), ("PolicyDocument", document)],
            )
            .await;
    }
    let xml = operator.done("GetUserPolicy", &[ME, ("PolicyName", "b")]).await;
    let encoded = tag(&xml, "PolicyDocument").unwrap();
    assert!(!encoded.contains(' ') && encoded.contains("%0A"), "{encoded}");
    let bytes: Vec<u8> = {
        let mut out = Vec::new();
        let mut rest = encoded.as_bytes();
        while let [first, tail @ ..] = rest {
            if *first == b'%' {
                out.push(u8::from_str_radix(std::str::from_utf8(&tail[..2]).unwrap(), 16).unwrap());
                rest = &tail[2..];
            } else {
                out.push(*first);
                rest = tail;
            }
        }
        out
    };
    assert_eq!(String::from_utf8(bytes).unwrap(), document);

    let first = operator.done("ListUserPolicies", &[ME, ("MaxItems", "2")]).await;
    assert_eq!(tag(&first, "IsTruncated").as_deref(), Some("true"));
    let marker = tag(&first, "Marker").unwrap();
    let second = operator
        .done("ListUserPolicies", &[ME, ("MaxItems", "2"), ("Marker", &marker)])
        .await;
    assert_eq!(tag(&second, "IsTruncated").as_deref(), Some("false"));
    assert!(second.contains("<member>c</member>") && !second.contains("<member>b</member>"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_policy_is_kept_byte_for_byte_and_bad_ones_are_refused() {
    let account = PracticeAccount::start("foreign-statements").await.unwrap();
    let s3 = client(&account, &account.operator_key());
    let bucket = account.bucket();
    let get = || s3.get_bucket_policy().bucket(bucket).send();
    let before = get().await.unwrap().policy().unwrap().to_owned();
    assert!(
        before.starts_with("{\n  \"Version\" : ") && before.ends_with("}\n"),
        "{before}"
    );
    let put = |text: String| s3.put_bucket_policy().bucket(bucket).policy(text).send();
    put(before.clone()).await.unwrap();
    assert_eq!(get().await.unwrap().policy(), Some(before.as_str()));

    let who = account.operator_arn();
    let refusals = [
        (" {}".to_owned(), "first byte"),
        (page(bucket, Some("AIDARZPUZDIKDEXAMPLE")), "Invalid principal"),
        (
            page(bucket, Some("arn:aws:iam::123456789012:user/nobody")),
            "Invalid principal",
        ),
        (page("another-bucket", Some(&who)), "Policy has invalid resource"),
        (
            page(bucket, Some(&who)).replace("s3:ListBucket", "s3:ListObjectsV2"),
            "Policy has invalid action",
        ),
        (
            page(bucket, Some(&who)).replace("s3:ListBucket", "s3:GetObject"),
            "Action does not apply to any resource(s) in statement",
        ),
        (page(bucket, None), "Missing required field Principal"),
        (
            page(bucket, Some(&who)).replace("statement1", &"x".repeat(20 * 1024)),
            "Policy exceeds the maximum allowed document size",
        ),
    ];
    for (text, words) in refusals {
        let error = put(text.clone()).await.expect_err(&text);
        assert_eq!(error.code(), Some("MalformedPolicy"), "{text}");
        assert!(error.message().unwrap().contains(words), "{:?}", error.message());
    }
    let error = put(page(bucket, Some("*"))).await.expect_err("a public policy");
    assert_eq!(error.code(), Some("AccessDenied"));
    assert_eq!(get().await.unwrap().policy(), Some(before.as_str()));

    s3.delete_bucket_policy().bucket(bucket).send().await.unwrap();
    let error = get().await.expect_err("no policy");
    assert_eq!(error.code(), Some("NoSuchBucketPolicy"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_users_grants_are_dead_even_for_another_of_that_name() {
    let operator = Operator::of("no-access").await;
    let account = &operator.0;
    let s3 = client(account, &account.operator_key());
    let id = tag(&operator.done("CreateUser", &[ME]).await, "UserId").unwrap();
    let policy = page(account.bucket(), Some(&account.reader_arn()));
    s3.put_bucket_policy()
        .bucket(account.bucket())
        .policy(policy)
        .send()
        .await
        .unwrap();
    operator.done("DeleteUser", &[ME]).await;
    operator.done("CreateUser", &[ME]).await;
    let now = s3
        .get_bucket_policy()
        .bucket(account.bucket())
        .send()
        .await
        .unwrap();
    let now = now.policy().unwrap().to_owned();
    assert!(now.contains(&id) && !now.contains(&account.reader_arn()), "{now}");
    let xml = operator.done("CreateAccessKey", &[ME]).await;
    let key = AccessKey {
        id: tag(&xml, "AccessKeyId").unwrap(),
        secret: SecretString::from(tag(&xml, "SecretAccessKey").unwrap()),
    };
    assert!(
        list(&client(account, &key), account.bucket(), "events/")
            .await
            .is_err()
    );
    let again = s3
        .put_bucket_policy()
        .bucket(account.bucket())
        .policy(now)
        .send()
        .await;
    assert_eq!(
        again.expect_err("a dead principal").code(),
        Some("MalformedPolicy")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_felt_only_after_a_few_requests_where_they_are_slow() {
    let operator = Operator::of("slow-propagation").await;
    let account = &operator.0;
    operator.done("CreateUser", &[ME]).await;
    let document = reader_policy(account.bucket());
    operator
        .done(
            "PutUserPolicy",
            &[ME, ("PolicyName", "read"), ("PolicyDocument", &document)],
        )
        .await;
    account
        .world()
        .plant_secret("EXAMPLEsecret/planted/to/be/looked/for00");
    let xml = operator.done("CreateAccessKey", &[ME]).await;
    assert_eq!(
        tag(&xml, "SecretAccessKey").as_deref(),
        Some("EXAMPLEsecret/planted/to/be/looked/for00")
    );
    let key = AccessKey {
        id: tag(&xml, "AccessKeyId").unwrap(),
        secret: SecretString::from(tag(&xml, "SecretAccessKey").unwrap()),
    };
    let s3 = client(account, &key);
    let mut answers = Vec::new();
    // Word of a change is not believed at the first sight of it.
    while !answers.ends_with(&["", "", ""].map(str::to_owned)) {
        let refused = list(&s3, account.bucket(), "events/")
            .await
            .err()
            .unwrap_or_default();
        answers.push(refused.split(':').next().unwrap_or_default().to_owned());
        assert!(answers.len() < 50, "{answers:?}");
    }
    let of = |code: &str| answers.iter().filter(|r| *r == code).count();
    assert_eq!(
        answers[..4],
        ["InvalidAccessKeyId"; 4],
        "the key is not known at first"
    );
    assert_eq!(
        (of("InvalidAccessKeyId"), of("AccessDenied")),
        (6, 6),
        "{answers:?}"
    );
    let first = answers.iter().position(|a| a.is_empty()).unwrap();
    assert!(
        answers[first..].iter().any(|a| a == "AccessDenied"),
        "the policy flickers after its first effect: {answers:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_user_is_no_principal_of_a_bucket_policy_yet() {
    let operator = Operator::of("slow-propagation").await;
    let account = &operator.0;
    operator.done("CreateUser", &[ME]).await;
    let s3 = client(account, &account.operator_key());
    let mut tries = 0;
    loop {
        let policy = page(account.bucket(), Some(&account.reader_arn()));
        let put = s3.put_bucket_policy().bucket(account.bucket()).policy(policy);
        match put.send().await {
            Ok(_) => break,
            Err(refused) => {
                assert_eq!(refused.code(), Some("MalformedPolicy"));
                assert_eq!(refused.message(), Some("Invalid principal in policy"));
            }
        }
        tries += 1;
    }
    assert_eq!(tries, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_buckets_settings_are_told_to_whoever_may_see_them() {
    let account = PracticeAccount::start("kms").await.unwrap();
    let s3 = client(&account, &account.operator_key());
    let bucket = account.bucket();
    let encryption = s3.get_bucket_encryption().bucket(bucket).send().await.unwrap();
    let rule = &encryption.server_side_encryption_configuration().unwrap().rules()[0];
    let default = rule.apply_server_side_encryption_by_default().unwrap();
    assert_eq!(default.sse_algorithm().as_str(), "aws:kms");
    let object = s3.head_object().bucket(bucket).key(METRICS).send().await.unwrap();
    assert_eq!(object.ssekms_key_id(), default.kms_master_key_id());
    let block = s3.get_public_access_block().bucket(bucket).send().await.unwrap();
    let block = block.public_access_block_configuration().unwrap();
    assert_eq!(block.restrict_public_buckets(), Some(true));
    let controls = s3
        .get_bucket_ownership_controls()
        .bucket(bucket)
        .send()
        .await
        .unwrap();
    let rule = &controls.ownership_controls().unwrap().rules()[0];
    assert_eq!(rule.object_ownership().as_str(), "BucketOwnerEnforced");
    let versioning = s3.get_bucket_versioning().bucket(bucket).send().await.unwrap();
    assert_eq!(versioning.status(), None);
    let lifecycle = s3
        .get_bucket_lifecycle_configuration()
        .bucket(bucket)
        .send()
        .await
        .expect_err("none");
    assert_eq!(lifecycle.code(), Some("NoSuchLifecycleConfiguration"));
    let payer = s3
        .get_bucket_request_payment()
        .bucket(bucket)
        .send()
        .await
        .unwrap();
    assert_eq!(payer.payer().unwrap().as_str(), "BucketOwner");
    let buckets = s3.list_buckets().send().await.unwrap();
    assert_eq!(buckets.buckets().len(), 2);

    let s3 = client(&account, &account.reader_key());
    let refused = s3
        .get_bucket_encryption()
        .bucket(bucket)
        .send()
        .await
        .expect_err("the reader");
    assert_eq!(refused.code(), Some("AccessDenied"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_group_grants_its_members_have_until_they_leave() {
    let operator = Operator::of("no-access").await;
    let account = &operator.0;
    let group = ("GroupName", "readers");
    operator.done("CreateUser", &[ME]).await;
    operator.done("CreateGroup", &[group]).await;
    let document = reader_policy(account.bucket());
    let policy = ("PolicyName", "read");
    operator
        .done("PutGroupPolicy", &[group, policy, ("PolicyDocument", &document)])
        .await;
    operator.done("AddUserToGroup", &[group, ME]).await;
    let xml = operator.done("CreateAccessKey", &[ME]).await;
    let key = AccessKey {
        id: tag(&xml, "AccessKeyId").unwrap(),
        secret: SecretString::from(tag(&xml, "SecretAccessKey").unwrap()),
    };
    let s3 = client(account, &key);
    assert_eq!(read(&s3, account.bucket(), EVENTS).await, Ok(()));
    let groups = operator.done("ListGroupsForUser", &[ME]).await;
    assert_eq!(tag(&groups, "GroupName").as_deref(), Some("readers"));
    let names = operator.done("ListGroupPolicies", &[group]).await;
    assert!(names.contains("<member>read</member>"), "{names}");
    let conflict = (409, "DeleteConflict".to_owned());
    assert_eq!(operator.refused("DeleteGroup", &[group]).await, conflict);

    operator.done("RemoveUserFromGroup", &[group, ME]).await;
    assert!(read(&s3, account.bucket(), EVENTS).await.is_err());
    let gone = (404, "NoSuchEntity".to_owned());
    assert_eq!(operator.refused("RemoveUserFromGroup", &[group, ME]).await, gone);
    operator.done("DeleteGroupPolicy", &[group, policy]).await;
    operator.done("DeleteGroup", &[group]).await;
    assert_eq!(operator.refused("GetGroup", &[group]).await, gone);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_account_has_an_operator_of_its_own_who_sees_only_it() {
    let account = PracticeAccount::start("cross-account").await.unwrap();
    let foreign = account.foreign_operator_key().unwrap();
    let (status, xml) = iam(&account, &foreign, &[("Action", "GetUser"), ME]).await;
    assert_eq!((status, tag(&xml, "Arn")), (200, Some(account.reader_arn())));
    assert!(account.reader_arn().contains(FOREIGN_ACCOUNT));
    // The bucket's operator has no say in the other account, nor that one's in the bucket.
    let (status, _) = iam(&account, &account.operator_key(), &[("Action", "GetUser"), ME]).await;
    assert_eq!(status, 404);
    let s3 = client(&account, &foreign);
    let refused = s3.get_bucket_policy().bucket(account.bucket()).send().await;
    assert_eq!(refused.unwrap_err().code(), Some("AccessDenied"));

    // Whose bucket it is can be told by its owner, and by a list that expects another.
    let s3 = client(&account, &account.reader_key());
    let expecting = |number: &'static str| {
        let list = s3.list_objects_v2().bucket(account.bucket()).prefix("events/");
        list.expected_bucket_owner(number).max_keys(1).send()
    };
    assert!(expecting(account.account_id()).await.is_ok());
    let refused = expecting(FOREIGN_ACCOUNT).await.unwrap_err();
    assert_eq!(refused.code(), Some("AccessDenied"));
    let s3 = client(&account, &account.operator_key());
    let acl = s3.get_bucket_acl().bucket(account.bucket()).send().await.unwrap();
    let listed = s3.list_objects_v2().bucket(account.bucket()).fetch_owner(true);
    let listed = listed.max_keys(1).send().await.unwrap();
    let owner = listed.contents()[0].owner().unwrap().id().unwrap().to_owned();
    assert_eq!(acl.owner().unwrap().id(), Some(owner.as_str()));
    let location = s3.get_bucket_location().bucket(account.bucket());
    let refused = location.expected_bucket_owner(FOREIGN_ACCOUNT).send().await;
    assert_eq!(refused.unwrap_err().code(), Some("AccessDenied"));
}

fn simulator(account: &PracticeAccount) -> aws_sdk_iam::Client {
    let config = aws_sdk_iam::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(account.endpoint_url())
        .region(Region::new("us-east-1"))
        .credentials_provider(credentials(&account.operator_key()))
        .retry_config(RetryConfig::disabled())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    aws_sdk_iam::Client::from_conf(config)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_simulator_says_what_requests_come_to() {
    use aws_sdk_iam::types::{ContextEntry, ContextKeyTypeEnum};
    let account = PracticeAccount::start("healthy").await.unwrap();
    let iam = simulator(&account);
    let simulate = |action: &'static str, resource: &'static str, prefix: Option<&'static str>| {
        let entry = prefix.map(|prefix| {
            let entry = ContextEntry::builder().context_key_name("s3:prefix");
            entry
                .context_key_values(prefix)
                .context_key_type(ContextKeyTypeEnum::String)
                .build()
        });
        let asked = iam
            .simulate_principal_policy()
            .policy_source_arn(account.reader_arn())
            .action_names(action)
            .resource_arns(resource)
            .set_context_entries(entry.map(|entry| vec![entry]));
        async move {
            let answer = asked.send().await.unwrap();
            let result = &answer.evaluation_results()[0];
            let specific = &result.resource_specific_results()[0];
            assert_eq!(specific.eval_resource_decision(), result.eval_decision());
            let by = result
                .matched_statements()
                .first()
                .and_then(|s| s.source_policy_id());
            (
                result.eval_decision().as_str().to_owned(),
                by.map(str::to_owned),
                result.missing_context_values().join(","),
            )
        }
    };
    let bucket = "arn:aws:s3:::acme-statsig-export";
    let object = "arn:aws:s3:::acme-statsig-export/events/2026-06-20/0000_part_00.parquet";
    let ours = Some("user_bucket-ready-read".to_owned());
    let told = |verdict: &str, by: &Option<String>, missing: &str| {
        (verdict.to_owned(), by.clone(), missing.to_owned())
    };
    assert_eq!(
        simulate("s3:GetObject", object, None).await,
        told("allowed", &ours, "")
    );
    assert_eq!(
        simulate("s3:PutObject", object, None).await,
        told("implicitDeny", &None, "")
    );
    let list = "s3:ListBucket";
    assert_eq!(
        simulate(list, bucket, Some("events/")).await,
        told("allowed", &ours, "")
    );
    assert_eq!(
        simulate(list, bucket, Some("")).await,
        told("implicitDeny", &None, "")
    );
    assert_eq!(
        simulate(list, bucket, None).await,
        told("implicitDeny", &None, "s3:prefix")
    );
    // Without the right to ask, it is refused as any call is.
    let arn = account.reader_arn();
    let form = [
        ("Action", "SimulatePrincipalPolicy"),
        ("PolicySourceArn", arn.as_str()),
        ("ActionNames.member.1", "s3:GetObject"),
    ];
    let (status, _) = self::iam(&account, &account.reader_key(), &form).await;
    assert_eq!(status, 403);
}
