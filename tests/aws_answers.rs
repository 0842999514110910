//! AWS' answers, as data files, and what we make of them: each file of `fixtures/aws` holds what is asked of an account or
//! a bucket, the requests that must come of it, AWS' answers in its documented shapes, and the problem or the result.
//!
//! The answers are replayed by a server on a loopback port that fails the case at any request it does not expect. What
//! AWS says today may have changed since: that is not proved here.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use bucket_ready::{
    access::{Target, Wanted},
    aws::AwsAccount,
    grant::Account,
    report::Problem,
    store::{ObjectMeta, S3Credentials, S3Settings, S3Store, Store},
};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;

const BUCKET: &str = "acme-export";
const USER: &str = "statsig-reader";
const KEY_ID: &str = "AKIAOPERATOREXAMPLE0";
const DOCUMENT: &str = r#"{"Version":"2012-10-17","Statement":[]}"#;

/// One file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// What it shows.
    about: String,
    /// What is asked.
    ask: String,
    /// What is put, where it is not the usual document.
    document: Option<String>,
    /// A region as an instruction.
    region: Option<String>,
    exchanges: Vec<Exchange>,
    /// What must come of it: fields of the problem, or the result.
    problem: Option<Expected>,
    #[serde(default)]
    result: Value,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exchange {
    request: Asked,
    answer: Told,
    /// How often; once unless told.
    #[serde(default = "once")]
    times: usize,
    /// Asked at the same time as what is refused, so that the refusal may come first and keep it from being asked.
    #[serde(default)]
    may_be_left: bool,
}

const fn once() -> usize {
    1
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    method: String,
    /// Path and whole query.
    path: String,
    /// Fields of the posted form; there may be others.
    #[serde(default)]
    form: BTreeMap<String, String>,
    /// A header must contain this.
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// Headers that must not be there.
    #[serde(default)]
    without: Vec<String>,
    /// The whole body.
    body: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: Vec<String>,
    /// The connection breaks off instead.
    #[serde(default)]
    cut: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    kind: String,
    what: Option<String>,
    call: Option<String>,
    action: Option<String>,
    status: Option<u16>,
    error_code: Option<String>,
    request_id: Option<String>,
    /// Whether it is a plain no: the call did nothing.
    plain_no: Option<bool>,
    #[serde(default)]
    cause_has: Vec<String>,
    #[serde(default)]
    next_has: Vec<String>,
}

/// What the server still expects, and what it got that it did not.
#[derive(Debug, Default)]
struct Script {
    left: Vec<Exchange>,
    wrong: Vec<String>,
}

fn decoded(text: &str) -> String {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(b) = bytes.next() {
        match b {
            b'+' => out.push(b' '),
            b'%' => {
                let hex: String = bytes.by_ref().take(2).map(char::from).collect();
                out.push(u8::from_str_radix(&hex, 16).unwrap());
            }
            b => out.push(b),
        }
    }
    String::from_utf8(out).unwrap()
}

fn pairs(query: &str) -> BTreeMap<String, String> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), decoded(value))
        })
        .collect()
}

fn contains(all: &BTreeMap<String, String>, some: &BTreeMap<String, String>) -> bool {
    some.iter().all(|(name, value)| all.get(name) == Some(value))
}

impl Asked {
    fn fits(&self, request: &hyper::http::request::Parts, body: &str) -> bool {
        let (path, query) = self.path.split_once('?').unwrap_or((&self.path, ""));
        let is = pairs(request.uri.query().unwrap_or_default());
        let mut wanted = pairs(query);
        // What kind of call it is stands in its own name of the query.
        if let Some(id) = is.get("x-id") {
            wanted.entry("x-id".into()).or_insert_with(|| id.clone());
        }
        let header = |name: &str| {
            request
                .headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
        };
        self.method == request.method.as_str()
            && path == request.uri.path()
            && contains(&is, &wanted)
            && is.keys().all(|name| wanted.contains_key(name))
            && (self.form.is_empty() || contains(&pairs(body), &self.form))
            && self.body.as_deref().is_none_or(|wanted| wanted == body)
            && self
                .headers
                .iter()
                .all(|(name, part)| header(name).contains(part.as_str()))
            && self
                .without
                .iter()
                .all(|name| !request.headers.contains_key(name.as_str()))
    }
}

type Answer = Response<Full<Bytes>>;

async fn answer(script: Arc<Mutex<Script>>, request: Request<Incoming>) -> Result<Answer, std::io::Error> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(std::io::Error::other)?.to_bytes();
    let body = String::from_utf8(body.to_vec()).unwrap();
    let mut script = script.lock().unwrap();
    let found = script.left.iter().position(|e| e.request.fits(&parts, &body));
    let told = match found {
        Some(at) => {
            let exchange = &mut script.left[at];
            exchange.times -= 1;
            match exchange.times {
                0 => script.left.remove(at).answer,
                _ => exchange.answer.clone(),
            }
        }
        // The bucket's region is asked for before anything else of it, without a signature.
        None if parts.method == "HEAD" && !parts.headers.contains_key("authorization") => Told {
            status: 200,
            headers: [("x-amz-bucket-region".into(), "us-west-2".into())].into(),
            body: Vec::new(),
            cut: false,
        },
        None => {
            script.wrong.push(format!(
                "{} {} {:?} {body}",
                parts.method, parts.uri, parts.headers
            ));
            Told {
                status: 400,
                headers: BTreeMap::new(),
                body: vec!["<Error><Code>NotInTheScript</Code></Error>".into()],
                cut: false,
            }
        }
    };
    if told.cut {
        return Err(std::io::Error::other("cut on purpose"));
    }
    let mut response = Response::builder().status(told.status);
    for (name, value) in &told.headers {
        response = response.header(name, value);
    }
    Ok(response
        .body(Full::new(Bytes::from(told.body.join("\n"))))
        .unwrap())
}

/// Serves a script; its address.
async fn serve(exchanges: Vec<Exchange>) -> (String, Arc<Mutex<Script>>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let script = Arc::new(Mutex::new(Script {
        left: exchanges,
        wrong: Vec::new(),
    }));
    let shared = Arc::clone(&script);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let script = Arc::clone(&shared);
            let service = service_fn(move |request| answer(Arc::clone(&script), request));
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    (url, script)
}

fn settings(url: &str, case: &Case) -> S3Settings {
    S3Settings {
        bucket: BUCKET.into(),
        region: case.region.clone(),
        endpoint_url: Some(url.to_owned()),
        path_style: true,
        credentials: Some(S3Credentials {
            access_key_id: KEY_ID.into(),
            secret_access_key: "EXAMPLEsecretEXAMPLEsecretEXAMPLEsecret0".to_owned().into(),
            session_token: None,
        }),
        isolated: true,
        ..S3Settings::default()
    }
}

async fn ask(case: &Case, url: &str) -> Result<Value, Problem> {
    let account = AwsAccount::connect(settings(url, case)).await?;
    let target = Target::new(BUCKET, "", "aws");
    let document = case.document.as_deref().unwrap_or(DOCUMENT);
    let done = |()| Value::Null;
    match case.ask.as_str() {
        "caller" => account.caller().await.map(|caller| {
            json!({"arn": caller.arn, "account": caller.account, "id": caller.user_id, "partition": caller.partition()})
        }),
        "create-user" => account.create_user(USER, "/partners/").await.map(Value::from),
        "delete-user" => account.delete_user(USER).await.map(done),
        "put-user-policy" => account.put_user_policy(USER, "bucket-ready-read", document).await.map(done),
        "delete-user-policy" => account.delete_user_policy(USER, "bucket-ready-read").await.map(done),
        "create-access-key" => account.create_access_key(USER).await.map(|key| {
            let shown = format!("{key:?}");
            assert!(!shown.contains(key.secret.expose_secret()), "{shown}");
            json!({"id": key.id, "secret": key.secret.expose_secret()})
        }),
        "delete-access-key" => account.delete_access_key(USER, "AKIAREADEREXAMPLE000").await.map(done),
        "put-bucket-policy" => account.put_bucket_policy(BUCKET, document).await.map(done),
        "delete-bucket-policy" => account.delete_bucket_policy(BUCKET).await.map(done),
        "observe" => account
            .observe(BUCKET, USER)
            .await
            .map(|observed| serde_json::to_value(observed).unwrap()),
        "inspect" => {
            let wanted = Wanted {
                user: USER.into(),
                ..Wanted::default()
            };
            account
                .inspect(&target, &wanted)
                .await
                .map(|inspected| serde_json::to_value(inspected).unwrap())
        }
        "inspect-reader" => account
            .inspect_reader(&target, Some("arn:aws:iam::210987654321:user/statsig-reader"))
            .await
            .map(|inspected| serde_json::to_value(inspected).unwrap()),
        "simulate" => {
            let arn = "arn:aws:iam::123456789012:user/statsig-reader";
            let simulated = account
                .simulate(&target, arn, Some(DOCUMENT), Some("123456789012"))
                .await;
            Ok(serde_json::to_value(simulated).unwrap())
        }
        "list" => {
            let store = S3Store::connect(settings(url, case)).await?.store;
            let page = store.list("events/", false, None).await?;
            Ok(json!({"objects": page.objects.len()}))
        }
        "read" => {
            let store = S3Store::connect(settings(url, case)).await?.store;
            let object = ObjectMeta {
                key: "metrics/2022-06-22/0000_part_00.parquet".into(),
                size: 100,
                ..ObjectMeta::default()
            };
            let tail = store.get_tail(&object, 8).await?;
            Ok(json!({"bytes": tail.len()}))
        }
        other => panic!("{other} is nothing to ask"),
    }
}

/// Every value of `wanted` that is an object is looked for in `is` by its fields; all else must be equal.
fn compare(is: &Value, wanted: &Value, path: &str, wrong: &mut Vec<String>) {
    match (is, wanted) {
        (Value::Object(is), Value::Object(wanted)) => {
            for (name, value) in wanted {
                let found = is.get(name).unwrap_or(&Value::Null);
                compare(found, value, &format!("{path}.{name}"), wrong);
            }
        }
        (Value::Array(is), Value::Array(wanted)) if is.len() == wanted.len() => {
            for (at, (is, wanted)) in is.iter().zip(wanted).enumerate() {
                compare(is, wanted, &format!("{path}[{at}]"), wrong);
            }
        }
        _ if is == wanted => {}
        _ => wrong.push(format!("{path} is {is} and should be {wanted}")),
    }
}

fn judge_problem(problem: &Problem, wanted: &Expected, wrong: &mut Vec<String>) {
    let mut field = |name: &str, is: Option<String>, wanted: Option<String>| {
        if wanted.is_some() && is != wanted {
            wrong.push(format!("{name} is {is:?} and should be {wanted:?}"));
        }
    };
    field(
        "kind",
        Some(format!("{:?}", problem.kind)),
        Some(wanted.kind.clone()),
    );
    field("what", Some(problem.what.clone()), wanted.what.clone());
    field("call", problem.call.map(str::to_owned), wanted.call.clone());
    field("action", problem.action.map(str::to_owned), wanted.action.clone());
    field(
        "status",
        problem.status.map(|s| s.to_string()),
        wanted.status.map(|s| s.to_string()),
    );
    field(
        "error_code",
        problem.error_code.clone(),
        wanted.error_code.clone(),
    );
    field(
        "request_id",
        problem.request_id.clone(),
        wanted.request_id.clone(),
    );
    field(
        "plain_no",
        Some(problem.is_plain_no().to_string()),
        wanted.plain_no.map(|no| no.to_string()),
    );
    let next = format!(
        "{} {}",
        problem.next.say,
        problem.next.command.as_deref().unwrap_or_default()
    );
    for (name, is, parts) in [
        ("cause", &problem.cause, &wanted.cause_has),
        ("next", &next, &wanted.next_has),
    ] {
        for part in parts.iter().filter(|part| !is.contains(part.as_str())) {
            wrong.push(format!("{name} lacks {part:?}: {is}"));
        }
    }
    let all = format!("{problem:?}");
    if all.contains("EXAMPLEsecret") {
        wrong.push(format!("a secret stands in the problem: {all}"));
    }
    if problem.next.say.is_empty() {
        wrong.push("no remedy is told".into());
    }
    if let Some(bad) = all.chars().find(|c| c.is_control()) {
        wrong.push(format!("{bad:?} is not escaped"));
    }
}

fn cases() -> Vec<(PathBuf, Case)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/aws");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .collect();
    files.sort();
    files
        .into_iter()
        .map(|file| {
            let text = fs::read_to_string(&file).unwrap();
            let case = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
            (file, case)
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_of_aws_comes_to_what_its_file_says() {
    let cases = cases();
    assert!(cases.len() >= 45, "only {} files", cases.len());
    let runs = cases.into_iter().map(|(file, case)| async move {
        let (url, script) = serve(case.exchanges.clone()).await;
        let came = ask(&case, &url).await;
        let mut wrong = Vec::new();
        match (&came, &case.problem, &case.result) {
            (Err(problem), Some(wanted), _) => judge_problem(problem, wanted, &mut wrong),
            (Ok(is), None, wanted) => compare(is, wanted, "result", &mut wrong),
            _ => wrong.push(format!("it came to {came:?}")),
        }
        let script = script.lock().unwrap();
        wrong.extend(
            script
                .wrong
                .iter()
                .map(|request| format!("unexpected: {request}")),
        );
        wrong.extend(
            script
                .left
                .iter()
                .filter(|left| !left.may_be_left)
                .map(|left| format!("never asked: {:?}", left.request)),
        );
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        (!wrong.is_empty()).then(|| format!("{name} ({})\n  {}", case.about, wrong.join("\n  ")))
    });
    let wrong: Vec<String> = futures_util::future::join_all(runs)
        .await
        .into_iter()
        .flatten()
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
