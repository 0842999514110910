//! The S3 adapter against `moto`, a server that we did not write: wire formats, paging, odd keys, refusal codes, and one
//! winner among racing conditional puts. It proves nothing about policies: `moto` ignores conditions.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "support/moto.rs"]
mod moto;

use aws_sdk_s3::{
    Client,
    config::{BehaviorVersion, Credentials, Region},
    primitives::ByteStream,
};
use bucket_ready::{
    report::ProblemKind,
    store::{
        Put, Store,
        s3::{S3Credentials, S3Settings, S3Store},
    },
};
use bytes::Bytes;
use moto::Moto;

const BUCKET: &str = "acme-export";

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

/// The SDK's own client, to prepare what the adapter then sees.
async fn bucket_of(moto: &Moto) -> Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(&moto.endpoint)
        .force_path_style(true)
        .credentials_provider(Credentials::new(
            &moto.admin_id,
            &moto.admin_secret,
            None,
            None,
            "test",
        ))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    let client = Client::from_conf(config);
    client.create_bucket().bucket(BUCKET).send().await.unwrap();
    client
}

async fn put(client: &Client, key: &str, body: &'static [u8]) {
    client
        .put_object()
        .bucket(BUCKET)
        .key(key)
        .body(ByteStream::from_static(body))
        .send()
        .await
        .unwrap();
}

fn settings(moto: &Moto) -> S3Settings {
    S3Settings {
        bucket: BUCKET.into(),
        endpoint_url: Some(moto.endpoint.clone()),
        path_style: true,
        credentials: Some(S3Credentials {
            access_key_id: moto.admin_id.clone(),
            secret_access_key: moto.admin_secret.clone().into(),
            session_token: None,
        }),
        isolated: true,
        ..S3Settings::default()
    }
}

async fn all_keys(store: &S3Store, prefix: &str) -> (Vec<String>, usize) {
    let (mut keys, mut token, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = store.list(prefix, false, token).await.unwrap();
        pages += 1;
        keys.extend(page.objects.into_iter().map(|o| o.key));
        token = page.next;
        if token.is_none() {
            return (keys, pages);
        }
    }
}

#[test]
fn keys_come_back_as_they_were_written_however_odd() {
    let moto = Moto::start();
    runtime().block_on(async {
        let client = bucket_of(&moto).await;
        // A line break is for the practice account to prove: moto's router refuses it.
        let mut odd = vec![
            "events/2022-06-22/a b.parquet",
            "events/2022-06-22/a+b.parquet",
            "events/2022-06-22/a%20b.parquet",
            "events/2022-06-22/100%.parquet",
            "events/2022-06-22/\u{1b}[31mred.parquet",
            "events/2022-06-22/\u{202e}tfel.parquet",
            "events/2022-06-22/日本.parquet",
            "events/2022-06-22/'&<>\".parquet",
        ];
        for key in &odd {
            put(&client, key, b"PAR1").await;
        }
        put(&client, "metrics/other", b"x").await;
        let store = S3Store::connect(settings(&moto)).await.unwrap().store;
        let (keys, _) = all_keys(&store, "events/").await;
        odd.sort_unstable();
        assert_eq!(keys, odd);
        for object in store.list("events/", false, None).await.unwrap().objects {
            assert_eq!(
                store.get_range(&object, 0..4).await.unwrap(),
                Bytes::from_static(b"PAR1"),
                "{object:?}"
            );
        }
    });
}

#[test]
fn a_listing_of_more_than_one_page_is_read_to_its_end() {
    let moto = Moto::start();
    runtime().block_on(async {
        let client = bucket_of(&moto).await;
        let wanted: Vec<String> = (0..1_203)
            .map(|n| format!("metrics/2022-06-22/part-{n:05}.parquet"))
            .collect();
        for keys in wanted.chunks(64) {
            futures_util::future::join_all(keys.iter().map(|key| put(&client, key, b"x"))).await;
        }
        let store = S3Store::connect(settings(&moto)).await.unwrap().store;
        assert_eq!(all_keys(&store, "metrics/").await, (wanted, 2));
        let root = store.list("", true, None).await.unwrap();
        assert_eq!(
            (root.folders, root.objects.len()),
            (vec!["metrics/".to_owned()], 0)
        );
    });
}

#[test]
fn of_32_racing_conditional_puts_one_writes_and_the_others_are_told() {
    let moto = Moto::start();
    runtime().block_on(async {
        bucket_of(&moto).await;
        let store = S3Store::connect(settings(&moto)).await.unwrap().store;
        let key = "signals/2022-06-22/finished_date.parquet";
        let puts = (0..32u8).map(|n| {
            let store = store.clone();
            tokio::spawn(async move {
                (
                    n,
                    store.put_if_absent(key, Bytes::from(vec![n; 64])).await.unwrap(),
                )
            })
        });
        let done: Vec<(u8, Put)> = futures_util::future::join_all(puts)
            .await
            .into_iter()
            .map(Result::unwrap)
            .collect();
        let winners: Vec<u8> = done
            .iter()
            .filter(|(_, put)| *put == Put::Written)
            .map(|(n, _)| *n)
            .collect();
        assert_eq!(winners.len(), 1, "{done:?}");
        let object = store
            .list("signals/", false, None)
            .await
            .unwrap()
            .objects
            .remove(0);
        assert_eq!(
            store.get_tail(&object, 8).await.unwrap(),
            Bytes::from(vec![winners[0]; 8])
        );
    });
}

#[test]
fn a_wrong_key_secret_or_bucket_is_named_as_what_it_is() {
    let moto = Moto::start();
    runtime().block_on(async {
        bucket_of(&moto).await;
        let kind = |settings: S3Settings| async move {
            match S3Store::connect(settings).await {
                Err(problem) => problem.kind,
                Ok(connected) => {
                    connected
                        .store
                        .list("events/", false, None)
                        .await
                        .unwrap_err()
                        .kind
                }
            }
        };
        let with = |id: &str, secret: &str| S3Settings {
            credentials: Some(S3Credentials {
                access_key_id: id.into(),
                secret_access_key: secret.to_owned().into(),
                session_token: None,
            }),
            ..settings(&moto)
        };
        assert_eq!(
            kind(with("AKIAEXAMPLEEXAMPLE00", &moto.admin_secret)).await,
            ProblemKind::KeyUnknown
        );
        assert_eq!(
            kind(with(&moto.admin_id, "not-the-secret-of-this-key-EXAMPLE000000")).await,
            ProblemKind::WrongSecret
        );
        let elsewhere = S3Settings {
            bucket: "no-such-bucket-here".into(),
            ..settings(&moto)
        };
        assert_eq!(kind(elsewhere).await, ProblemKind::NoSuchBucket);
    });
}

#[test]
fn an_object_that_is_replaced_while_it_is_read_is_not_read_as_one() {
    let moto = Moto::start();
    runtime().block_on(async {
        let client = bucket_of(&moto).await;
        put(&client, "events/a.parquet", b"first version").await;
        let store = S3Store::connect(settings(&moto)).await.unwrap().store;
        let seen = store
            .list("events/", false, None)
            .await
            .unwrap()
            .objects
            .remove(0);
        put(&client, "events/a.parquet", b"other version").await;
        assert_eq!(
            store.get_range(&seen, 0..5).await.unwrap_err().kind,
            ProblemKind::Changed
        );
    });
}
