//! The practice account, met as a bucket is met in the field: over HTTP, by the real SDK, with signatures.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{collections::BTreeSet, time::Instant};

use aws_sdk_s3::{
    Client,
    config::{BehaviorVersion, Credentials, Region, SharedHttpClient, retry::RetryConfig},
    error::ProvideErrorMetadata,
    primitives::ByteStream,
};
use bucket_ready::demo::{self, AccessKey, PracticeAccount, RegionAnswer};
use bucket_ready::report::catalogue;
use secrecy::ExposeSecret;

fn credentials(key: &AccessKey) -> Credentials {
    Credentials::new(&key.id, key.secret.expose_secret(), None, None, "test")
}

fn http() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new().build_http()
}

fn client_for(account: &PracticeAccount, key: &AccessKey, region: &str) -> Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(account.endpoint_url())
        .force_path_style(true)
        .region(Region::new(region.to_owned()))
        .credentials_provider(credentials(key))
        .retry_config(RetryConfig::disabled())
        .http_client(http())
        .build();
    Client::from_conf(config)
}

fn operator(account: &PracticeAccount) -> Client {
    client_for(account, &account.operator_key(), account.region())
}

async fn start(scenario: &str) -> PracticeAccount {
    PracticeAccount::start(scenario).await.unwrap()
}

/// The error's code and status, as the SDK tells them.
macro_rules! refusal {
    ($answer:expr) => {{
        let error = $answer.expect_err("it should be refused");
        let status = error.raw_response().map(|r| r.status().as_u16());
        (error.code().map(str::to_owned), status.unwrap_or(0))
    }};
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_by_page_names_every_object_once_and_as_it_is() {
    let account = start("layout-traps").await;
    let objects = account.scenario().objects().unwrap();
    let s3 = operator(&account);
    let mut listed = Vec::new();
    let mut token = None;
    loop {
        let page = s3
            .list_objects_v2()
            .bucket(account.bucket())
            .max_keys(17)
            .set_continuation_token(token)
            .fetch_owner(true)
            .send()
            .await
            .unwrap();
        assert_eq!(page.key_count(), Some(page.contents().len() as i32));
        for object in page.contents() {
            assert!(object.owner().and_then(|o| o.id()).is_some());
            listed.push((
                object.key().unwrap().to_owned(),
                object.size().unwrap() as usize,
                object.last_modified().unwrap().secs(),
                object.storage_class().unwrap().as_str().to_owned(),
            ));
        }
        token = page.next_continuation_token().map(str::to_owned);
        assert_eq!(page.is_truncated(), Some(token.is_some()));
        if token.is_none() {
            break;
        }
    }
    let expected: Vec<_> = objects
        .iter()
        .map(|o| {
            (
                o.key.clone(),
                o.body.len(),
                o.modified.as_second(),
                o.storage_class.to_owned(),
            )
        })
        .collect();
    assert_eq!(listed, expected);
    assert!(
        expected
            .windows(2)
            .all(|pair| pair[0].0.as_bytes() < pair[1].0.as_bytes())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_root_is_folded_at_slashes_and_keys_can_be_url_encoded() {
    let account = start("layout-traps").await;
    let s3 = operator(&account);
    let root = s3
        .list_objects_v2()
        .bucket(account.bucket())
        .delimiter("/")
        .send()
        .await
        .unwrap();
    let folders: Vec<_> = root
        .common_prefixes()
        .iter()
        .map(|p| p.prefix().unwrap())
        .collect();
    assert_eq!(folders, ["Events/", "events/", "metric/", "metrics/", "signals/"]);
    let files: Vec<_> = root.contents().iter().map(|o| o.key().unwrap()).collect();
    assert_eq!(files, ["export.parquet"]);

    let list = s3
        .list_objects_v2()
        .bucket(account.bucket())
        .prefix("events/2026-06-15/half");
    let plain = list.clone().send().await.unwrap();
    let encoded = list
        .encoding_type(aws_sdk_s3::types::EncodingType::Url)
        .send()
        .await
        .unwrap();
    assert_eq!(
        plain.contents()[0].key(),
        Some("events/2026-06-15/half %41+\u{202e}a name.parquet")
    );
    assert_eq!(
        encoded.contents()[0].key(),
        Some("events/2026-06-15/half+%2541%2B%E2%80%AEa+name.parquet")
    );
    let whole = s3
        .get_object()
        .bucket(account.bucket())
        .key(plain.contents()[0].key().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(
        whole.content_length(),
        plain.contents()[0].size(),
        "such a key can be read"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn ranges_tails_and_conditions_are_those_of_s3() {
    let account = start("first-day").await;
    let s3 = operator(&account);
    let object = account.scenario().objects().unwrap().remove(0);
    let get = || s3.get_object().bucket(account.bucket()).key(&object.key);

    let middle = get().range("bytes=4-11").send().await.unwrap();
    assert_eq!(
        middle.content_range(),
        Some(format!("bytes 4-11/{}", object.body.len()).as_str())
    );
    assert_eq!(
        middle.body.collect().await.unwrap().into_bytes(),
        object.body.slice(4..12)
    );
    let tail = get().range("bytes=-8").send().await.unwrap();
    assert_eq!(
        tail.body.collect().await.unwrap().into_bytes(),
        object.body.slice(object.body.len() - 8..)
    );
    let beyond = get().range(format!("bytes={}-", object.body.len())).send().await;
    assert_eq!(refusal!(beyond), (Some("InvalidRange".into()), 416));

    let etag = s3
        .head_object()
        .bucket(account.bucket())
        .key(&object.key)
        .send()
        .await
        .unwrap()
        .e_tag()
        .unwrap()
        .to_owned();
    assert!(get().if_match(&etag).send().await.is_ok());
    let changed = get().if_match("\"0123\"").send().await;
    assert_eq!(refusal!(changed), (Some("PreconditionFailed".into()), 412));
    let missing = s3
        .get_object()
        .bucket(account.bucket())
        .key("events/nothing")
        .send()
        .await;
    assert_eq!(refusal!(missing), (Some("NoSuchKey".into()), 404));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_thirty_two_racing_conditional_puts_exactly_one_wins() {
    let account = start("first-day").await;
    let s3 = operator(&account);
    let key = "signals/2026-06-22/finished_date.parquet";
    let racers = (0u8..32).map(|n| {
        let put = s3
            .put_object()
            .bucket(account.bucket())
            .key(key)
            .if_none_match("*")
            .body(ByteStream::from(vec![n; 100]));
        tokio::spawn(put.send())
    });
    let mut won = Vec::new();
    for (number, racer) in racers.collect::<Vec<_>>().into_iter().enumerate() {
        match racer.await.unwrap() {
            Ok(_) => won.push(number as u8),
            refused => assert_eq!(refusal!(refused), (Some("PreconditionFailed".into()), 412)),
        }
    }
    assert_eq!(won.len(), 1, "{won:?}");
    let read = s3
        .get_object()
        .bucket(account.bucket())
        .key(key)
        .send()
        .await
        .unwrap();
    let modified = read.last_modified().unwrap().secs();
    assert_eq!(
        modified,
        account.now().as_second(),
        "times come from the scenario's clock"
    );
    assert_eq!(
        read.body.collect().await.unwrap().into_bytes().as_ref(),
        [won[0]; 100],
        "what is there is the winner's"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_keys_are_told_apart() {
    let account = start("first-day").await;
    let list = |key: AccessKey| {
        client_for(&account, &key, account.region())
            .list_objects_v2()
            .bucket(account.bucket())
            .send()
    };
    let mut unknown = account.operator_key();
    unknown.id = "AKIARZPUZDIKAEXAMPLE".to_owned();
    assert_eq!(
        refusal!(list(unknown).await),
        (Some("InvalidAccessKeyId".into()), 403)
    );
    let mut mixed = account.operator_key();
    mixed.secret = account.reader_key().secret;
    let error = list(mixed).await.expect_err("a wrong secret");
    assert_eq!(error.code(), Some("SignatureDoesNotMatch"));
    assert!(error.message().unwrap().contains("signature"));
    assert!(
        error.meta().extra("aws_request_id").is_some(),
        "{:?}",
        error.meta()
    );
    for key in [account.operator_key(), account.reader_key()] {
        assert_eq!((key.id.len(), key.secret.expose_secret().len()), (20, 40));
        assert!(!format!("{key:?}").contains(key.secret.expose_secret()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reader_reads_the_three_folders_and_nothing_else() {
    let account = start("layout-traps").await;
    let s3 = client_for(&account, &account.reader_key(), account.region());
    let list = |prefix: &str| {
        s3.list_objects_v2()
            .bucket(account.bucket())
            .prefix(prefix)
            .send()
    };
    for prefix in ["events", "metrics/", "signals/2026-06-20/"] {
        assert!(!list(prefix).await.unwrap().contents().is_empty(), "{prefix}");
    }
    for prefix in ["", "Events/", "eventsx"] {
        assert_eq!(
            refusal!(list(prefix).await),
            (Some("AccessDenied".into()), 403),
            "{prefix:?}"
        );
    }
    let get = |key: &str| s3.get_object().bucket(account.bucket()).key(key).send();
    assert!(get("events/2026-06-20/0000_part_00.parquet").await.is_ok());
    assert_eq!(
        refusal!(get("export.parquet").await),
        (Some("AccessDenied".into()), 403)
    );
    assert_eq!(
        refusal!(get("events/2026-06-09/0003_part_00.parquet").await),
        (Some("InvalidObjectState".into()), 403),
        "an archived object"
    );
    let put = s3
        .put_object()
        .bucket(account.bucket())
        .key("events/x")
        .body(ByteStream::from_static(b"x"))
        .send()
        .await;
    assert_eq!(refusal!(put), (Some("AccessDenied".into()), 403));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_region_is_found_and_a_wrong_one_is_named_in_each_of_aws_ways() {
    let account = start("first-day").await;
    let (far, far_region) = account.far_bucket();
    let list = |region: &str, bucket: &str| {
        client_for(&account, &account.operator_key(), region)
            .list_objects_v2()
            .bucket(bucket)
            .send()
    };
    assert!(list(far_region, far).await.is_ok());
    for (answer, code, status) in [
        (RegionAnswer::Malformed, Some("AuthorizationHeaderMalformed"), 400),
        (RegionAnswer::Redirect, Some("PermanentRedirect"), 301),
        (RegionAnswer::Bare, None, 400),
    ] {
        account.faults().answer_wrong_region(answer);
        let error = list(account.region(), far).await.expect_err("another region");
        let raw = error.raw_response().unwrap();
        assert_eq!(raw.headers().get("x-amz-bucket-region"), Some(far_region));
        assert_eq!((error.code(), raw.status().as_u16()), (code, status));
    }
    assert_eq!(
        refusal!(list(account.region(), "no-such-bucket-of-ours").await),
        (Some("NoSuchBucket".into()), 404)
    );

    // Without a signature: refused, but the region is told.
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(account.endpoint_url())
        .force_path_style(true)
        .region(Region::new("us-east-1"))
        .allow_no_auth()
        .http_client(http())
        .build();
    let error = Client::from_conf(config)
        .head_bucket()
        .bucket(account.bucket())
        .send()
        .await
        .expect_err("unsigned");
    let raw = error.raw_response().unwrap();
    assert_eq!(raw.status().as_u16(), 403);
    assert_eq!(raw.headers().get("x-amz-bucket-region"), Some(account.region()));
    let location = operator(&account)
        .get_bucket_location()
        .bucket(account.bucket())
        .send()
        .await
        .unwrap();
    assert_eq!(location.location_constraint().unwrap().as_str(), account.region());
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_come_when_asked_for_and_go_when_cleared() {
    let account = start("first-day").await;
    let s3 = operator(&account);
    let list = |prefix: &str| {
        s3.list_objects_v2()
            .bucket(account.bucket())
            .prefix(prefix)
            .send()
    };
    let object = account.scenario().objects().unwrap().remove(0);
    let get = || s3.get_object().bucket(account.bucket()).key(&object.key).send();

    account.faults().refuse_listing("metrics/");
    account.faults().refuse_reading("events/");
    assert_eq!(
        refusal!(list("metrics/").await),
        (Some("AccessDenied".into()), 403)
    );
    assert!(list("events/").await.is_ok());
    assert_eq!(refusal!(get().await), (Some("AccessDenied".into()), 403));
    account.faults().clear();
    assert!(list("metrics/").await.is_ok());

    account.faults().slow_down(2);
    for _ in 0..2 {
        assert_eq!(refusal!(list("").await), (Some("SlowDown".into()), 503));
    }
    assert!(list("").await.is_ok());

    account.faults().cut_bodies("events/", 1000, 1);
    let cut = get().await.unwrap();
    assert_eq!(cut.content_length(), Some(object.body.len() as i64));
    assert!(cut.body.collect().await.is_err(), "the body ends early");
    assert_eq!(
        get().await.unwrap().body.collect().await.unwrap().into_bytes(),
        object.body
    );

    account.faults().skew_clock(3600);
    assert_eq!(
        refusal!(list("").await),
        (Some("RequestTimeTooSkewed".into()), 403)
    );
    account.faults().clear();
    // The SDK has learnt the skew by now; another client has not.
    let list = operator(&account)
        .list_objects_v2()
        .bucket(account.bucket())
        .send();
    assert!(list.await.is_ok());

    let seen = account.faults().seen();
    assert_eq!(seen.len() as u64, account.faults().requests());
    assert!(seen.iter().filter(|s| s.status == 503).count() == 2);
    assert!(seen.iter().all(|s| s.key_id == Some(account.operator_key().id)));
}

#[tokio::test(flavor = "multi_thread")]
async fn sts_says_who_a_key_is() {
    let account = start("first-day").await;
    let sts = |key: &AccessKey| {
        let config = aws_sdk_sts::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(account.endpoint_url())
            .region(Region::new(account.region()))
            .credentials_provider(credentials(key))
            .http_client(http())
            .build();
        aws_sdk_sts::Client::from_conf(config)
            .get_caller_identity()
            .send()
    };
    let me = sts(&account.reader_key()).await.unwrap();
    assert_eq!(me.arn(), Some(account.reader_arn().as_str()));
    assert_eq!(me.account(), Some(account.account_id()));
    let mut unknown = account.reader_key();
    unknown.id = "AKIARZPUZDIKAEXAMPLE".to_owned();
    assert_eq!(
        refusal!(sts(&unknown).await),
        (Some("InvalidClientTokenId".into()), 403)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_account_answers_no_more() {
    let account = start("first-day").await;
    let s3 = operator(&account);
    let bucket = account.bucket();
    assert!(s3.list_objects_v2().bucket(bucket).send().await.is_ok());
    drop(account);
    // The listener goes with the task that holds it; until then a connection may still be accepted, never answered.
    assert!(s3.list_objects_v2().bucket(bucket).send().await.is_err());
}

#[test]
fn an_unknown_scenario_is_answered_with_the_nearest_name() {
    let error = demo::find("messy-row").err().expect("no such scenario");
    assert_eq!(
        error.to_string(),
        "there is no practice scenario named \"messy-row\", did you mean \"messy-rows\"?; `bucket-ready demo --list` names \
         them all"
    );
    let error = demo::find("x").err().expect("no such scenario").to_string();
    assert!(!error.contains("did you mean"), "{error}");
    assert!(demo::find(demo::DEFAULT_SCENARIO).is_ok());
}

#[test]
fn scenarios_are_the_same_bytes_each_time_small_and_quickly_made() {
    let mut names = BTreeSet::new();
    for scenario in demo::scenarios() {
        assert!(names.insert(scenario.name));
        let started = Instant::now();
        let objects = scenario.objects().unwrap();
        let took = started.elapsed();
        assert!(took.as_secs() < 5, "{} took {took:?}", scenario.name);
        assert!(objects.len() < 400, "{}", scenario.name);
        assert!(objects.windows(2).all(|pair| pair[0].key < pair[1].key));
        assert!(
            objects.iter().all(|o| o.modified < scenario.now()),
            "{}",
            scenario.name
        );
        assert_eq!(objects, scenario.objects().unwrap(), "{}", scenario.name);
    }
    assert_eq!(demo::CLOCK, "2026-06-23T21:14:00-08:00");
}

#[test]
fn what_is_planted_names_rules_and_subjects_of_the_catalogue() {
    for scenario in demo::scenarios() {
        let mut seen = BTreeSet::new();
        for planted in scenario.planted {
            let rule = catalogue::lookup(planted.code).unwrap_or_else(|| panic!("{planted:?}"));
            assert!(
                rule.subjects.iter().any(|s| s.as_str() == planted.subject),
                "{}: {planted:?}",
                scenario.name
            );
            assert!(seen.insert((planted.code, planted.subject)), "{planted:?} twice");
            assert!(planted.count > 0, "{planted:?}");
        }
    }
}

#[test]
fn a_scenario_in_a_folder_is_the_same_objects_with_their_times() {
    let folder = tempfile::tempdir().unwrap();
    let objects = demo::find("layout-traps").unwrap().objects().unwrap();
    demo::write_to_folder(&objects, folder.path()).unwrap();
    for object in &objects {
        let path = folder.path().join(&object.key);
        assert_eq!(std::fs::read(&path).unwrap(), object.body);
        let modified = std::fs::metadata(&path).unwrap().modified().unwrap();
        let since = modified.duration_since(std::time::UNIX_EPOCH).unwrap();
        assert_eq!(since.as_secs() as i64, object.modified.as_second());
    }
}
