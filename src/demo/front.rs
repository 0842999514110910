//! The HTTP service in front of the account: it looks at the credentials' scope and hands the request on, to S3, IAM or
//! STS, and does to it what the faults in force say.
//!
//! It also adds what `s3s` leaves out of AWS' answers: request ids, the bucket's region, the words of an error, and the
//! three ways in which a request for another region is turned away.

use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited, combinators::UnsyncBoxBody};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Body, Frame, Incoming, SizeHint},
    header::{CONTENT_LENGTH, CONTENT_TYPE, DATE, HeaderName, HeaderValue, RANGE, RETRY_AFTER},
};
use jiff::{Timestamp, fmt::rfc2822};
use s3s::service::S3Service;
use secrecy::ExposeSecret;

use super::{
    account::Clock,
    faults::{Faults, RegionAnswer, Seen, StatsigFault},
    iam::{
        self, World,
        api::Call,
        xml::{self as query_xml, Answer, Refusal},
    },
    objects::Buckets,
    practice::{self, Practice},
    signature::{Parts, Signed, signed_at},
    statsig::{Post, Reply, Statsig},
    sts,
};

type BoxError = Box<dyn std::error::Error + Send + Sync>;
/// A body of an answer.
pub type AnswerBody = UnsyncBoxBody<Bytes, BoxError>;

const BUCKET_REGION: HeaderName = HeaderName::from_static("x-amz-bucket-region");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amz-request-id");
const REQUEST_ID_2: HeaderName = HeaderName::from_static("x-amz-id-2");
const QUERY_REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
/// S3 refuses requests whose clock differs by more than so many seconds.
const SKEW_MAX: i64 = 15 * 60;
/// Bodies of errors, and forms, are at most so long.
const SMALL_BODY: usize = 1 << 20;

/// The connection is closed without an answer, on request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("closed on request")]
pub struct Dropped;

/// The front of one practice account.
pub struct Front {
    /// S3 proper.
    pub s3: S3Service,
    /// To know a bucket's region.
    pub buckets: Buckets,
    /// To know who calls, and IAM itself.
    pub world: World,
    /// The account's clock.
    pub clock: Clock,
    /// What goes wrong on request.
    pub faults: Faults,
    /// Statsig.
    pub statsig: Statsig,
    /// What no cloud has.
    pub practice: Practice,
    /// Counts requests, for their ids.
    pub counter: AtomicU64,
}

/// What the front needs to know of a request before it hands it on.
struct Facts {
    method: Method,
    path: String,
    query_text: String,
    range: Option<String>,
    bucket: String,
    /// Decoded; empty for calls on a bucket or on none.
    key: String,
    signed: Option<Signed>,
    request_id: String,
}

impl Facts {
    fn of<B>(request: &Request<B>, number: u64) -> Self {
        let path = request.uri().path().to_owned();
        let query_text = request.uri().query().unwrap_or_default().to_owned();
        let decoded = percent_decoded(path.strip_prefix('/').unwrap_or(&path), false);
        let (bucket, key) = decoded.split_once('/').unwrap_or((&decoded, ""));
        let query = query_pairs(&query_text);
        Self {
            method: request.method().clone(),
            range: request
                .headers()
                .get(RANGE)
                .and_then(|v| v.to_str().ok())
                .map(str::to_owned),
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            signed: Signed::of(request.headers(), &query),
            request_id: format!("{:016X}", twox_hash::XxHash64::oneshot(0, &number.to_le_bytes())),
            path,
            query_text,
        }
    }

    fn reads(&self) -> Option<&str> {
        (self.method == Method::GET && !self.key.is_empty()).then_some(self.key.as_str())
    }
}

impl Front {
    /// Answers a request.
    ///
    /// # Errors
    /// [`Dropped`] where the connection is to be closed without an answer.
    pub async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> Result<Response<AnswerBody>, Dropped> {
        let facts = Facts::of(&request, self.counter.fetch_add(1, Ordering::Relaxed));
        // Neither of these can be a bucket's path: names of buckets have three characters and begin with none of these.
        if facts.path.starts_with(practice::PATH) {
            return Ok(self.practise(request, facts).await);
        }
        if facts.bucket == "v1" {
            return self.to_statsig(request, facts).await;
        }
        let due = self.faults.due(facts.reads());
        if let Some(delay) = due.delay {
            tokio::time::sleep(delay).await;
        }
        let mut answer = if due.slow_down {
            s3_error(503, "SlowDown", "Please reduce your request rate.", "")
        } else if let Some(refused) = self.clock_refusal(&request, &facts) {
            refused
        } else {
            self.route(request, &facts).await
        };
        self.finish(&mut answer, &facts);
        if let Some(signed) = facts.signed.as_ref().filter(|_| answer.status().is_success()) {
            self.world
                .note_use(&signed.key_id, self.clock.now(), &signed.region, &signed.service);
        }
        if let Some(at) = due.cut_at {
            answer = answer.map(|body| CutBody::new(body, at).boxed_unsync());
        }
        self.note(facts, answer.status().as_u16());
        Ok(answer)
    }

    fn note(&self, facts: Facts, status: u16) {
        self.faults.note(Seen {
            method: facts.method.to_string(),
            path: facts.path,
            query: facts.query_text,
            range: facts.range,
            key_id: facts.signed.map(|s| s.key_id),
            status,
        });
    }

    async fn practise(&self, request: Request<Incoming>, facts: Facts) -> Response<AnswerBody> {
        let account = header(&request, practice::HEADER);
        let query = query_pairs(&facts.query_text);
        let (practice, method, path) = (
            self.practice.clone(),
            facts.method.to_string(),
            facts.path.clone(),
        );
        let work = move || practice.answer(&method, &path, &query, account.as_deref());
        // Exports are made and objects are read on the way.
        let (status, body) = tokio::task::spawn_blocking(work)
            .await
            .unwrap_or_else(|_| (500, "{\"say\": [\"something broke\"]}".to_owned()));
        self.note(facts, status);
        json_answer(status, body)
    }

    async fn to_statsig(
        &self,
        request: Request<Incoming>,
        facts: Facts,
    ) -> Result<Response<AnswerBody>, Dropped> {
        let fault = self.faults.due_at_statsig();
        if let Some(StatsigFault::Delay(delay)) = fault {
            tokio::time::sleep(delay).await;
        }
        let key = header(&request, "statsig-api-key");
        let body = match Limited::new(request.into_body(), SMALL_BODY).collect().await {
            Ok(body) => body.to_bytes(),
            Err(_) => Bytes::new(),
        };
        let post = Post {
            method: facts.method.as_str(),
            path: &facts.path,
            key: key.as_deref(),
            body: &body,
            now: self.clock.now(),
        };
        let Reply {
            status,
            body,
            retry_after,
            cut,
        } = self.statsig.answer(&post, fault.as_ref());
        let half = body.len() as u64 / 2;
        self.note(facts, status.unwrap_or(0));
        let mut answer = json_answer(status.ok_or(Dropped)?, body);
        if let Some(seconds) = retry_after {
            answer
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if cut {
            answer = answer.map(|body| CutBody::new(body, half).boxed_unsync());
        }
        Ok(answer)
    }

    async fn route(&self, request: Request<Incoming>, facts: &Facts) -> Response<AnswerBody> {
        match &facts.signed {
            Some(signed) if signed.service == "iam" || signed.service == "sts" => {
                self.query(request, facts, signed).await
            }
            Some(signed) if signed.service != "s3" => query_answer(
                Refusal::new(
                    501,
                    "NotImplemented",
                    "The practice account does not have this service.",
                )
                .answer(query_xml::STS, &facts.request_id),
            ),
            _ => match self.region_refusal(facts) {
                Some(refused) => refused,
                None => self.s3(request, facts).await,
            },
        }
    }

    async fn s3(&self, request: Request<Incoming>, facts: &Facts) -> Response<AnswerBody> {
        match self.s3.call(request.map(s3s::Body::from)).await {
            Ok(answer) if answer.status().is_client_error() || answer.status().is_server_error() => {
                with_words(answer, facts).await
            }
            Ok(answer) => answer.map(|body| body.map_err(|e| -> BoxError { e }).boxed_unsync()),
            Err(_) => s3_error(
                500,
                "InternalError",
                "We encountered an internal error. Please try again.",
                "",
            ),
        }
    }

    /// IAM and STS: a form, signed.
    async fn query(
        &self,
        request: Request<Incoming>,
        facts: &Facts,
        signed: &Signed,
    ) -> Response<AnswerBody> {
        let (head, body) = request.into_parts();
        let body = match Limited::new(body, SMALL_BODY).collect().await {
            Ok(body) => body.to_bytes(),
            Err(_) => Bytes::new(),
        };
        let namespace = if signed.service == "iam" {
            query_xml::IAM
        } else {
            query_xml::STS
        };
        let refused = |code, words: &str| {
            query_answer(Refusal::new(403, code, words).answer(namespace, &facts.request_id))
        };
        let parts = Parts {
            method: head.method.as_str(),
            path: head.uri.path(),
            query: head.uri.query().unwrap_or_default(),
            headers: &head.headers,
            body: &body,
        };
        let Some((secret, caller)) = self.world.admit(&signed.key_id) else {
            return refused(
                "InvalidClientTokenId",
                "The security token included in the request is invalid.",
            );
        };
        if !signed.fits(&parts, secret.expose_secret()) {
            return refused(
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
                 Access Key and signing method. Consult the service documentation for details.",
            );
        }
        let form = query_pairs(&String::from_utf8_lossy(&body));
        query_answer(if signed.service == "iam" {
            let call = Call {
                world: &self.world,
                buckets: &self.buckets,
                caller: &caller,
                form: &form,
                now: self.clock.now(),
            };
            iam::answer(&call, &facts.request_id)
        } else {
            sts::answer(&form, &caller, &facts.request_id)
        })
    }

    /// The server's clock: the real one, and the fault's skew.
    fn server_second(&self) -> i64 {
        Timestamp::now()
            .as_second()
            .saturating_add(self.faults.skew_seconds())
    }

    /// Signatures are of the real clock, and so is `s3s`' look at them; a server whose clock is off is met here. IAM's
    /// and STS' signatures are held against the clock here, too.
    fn clock_refusal(&self, request: &Request<Incoming>, facts: &Facts) -> Option<Response<AnswerBody>> {
        let query_protocol = facts.signed.as_ref()?.service != "s3";
        if self.faults.skew_seconds() == 0 && !query_protocol {
            return None;
        }
        let at = signed_at(request.headers())?.as_second();
        let apart = self.server_second().saturating_sub(at);
        if apart.saturating_abs() <= SKEW_MAX {
            return None;
        }
        Some(if query_protocol {
            let words = if apart > 0 {
                "Signature expired"
            } else {
                "Signature not yet current"
            };
            query_answer(
                Refusal::new(403, "SignatureDoesNotMatch", words).answer(query_xml::STS, &facts.request_id),
            )
        } else {
            s3_error(
                403,
                "RequestTimeTooSkewed",
                "The difference between the request time and the current time is too large.",
                "",
            )
        })
    }

    fn region_refusal(&self, facts: &Facts) -> Option<Response<AnswerBody>> {
        let signed = facts.signed.as_ref()?;
        let region = self.buckets.region(&facts.bucket)?;
        if signed.region == region {
            return None;
        }
        let mut refused = match self.faults.region_answer() {
            RegionAnswer::Malformed => s3_error(
                400,
                "AuthorizationHeaderMalformed",
                &format!(
                    "The authorization header is malformed; the region '{}' is wrong; expecting '{region}'",
                    signed.region
                ),
                &format!("<Region>{region}</Region>"),
            ),
            RegionAnswer::Redirect => s3_error(
                301,
                "PermanentRedirect",
                "The bucket you are attempting to access must be addressed using the specified endpoint. Please send \
                 all future requests to this endpoint.",
                &format!(
                    "<Endpoint>s3.{region}.amazonaws.com</Endpoint><Bucket>{}</Bucket>",
                    query_xml::escaped(&facts.bucket)
                ),
            ),
            RegionAnswer::Bare => {
                let mut bare = Response::new(empty());
                *bare.status_mut() = StatusCode::BAD_REQUEST;
                bare
            }
        };
        if let Ok(value) = HeaderValue::from_str(&region) {
            refused.headers_mut().insert(BUCKET_REGION, value);
        }
        Some(refused)
    }

    /// What every answer of AWS carries.
    fn finish(&self, answer: &mut Response<AnswerBody>, facts: &Facts) {
        let query_protocol = facts.signed.as_ref().is_some_and(|s| s.service != "s3");
        let region = facts
            .key
            .is_empty()
            .then(|| self.buckets.region(&facts.bucket))
            .flatten();
        let headers = answer.headers_mut();
        if let Ok(id) = HeaderValue::from_str(&facts.request_id) {
            if query_protocol {
                headers.insert(QUERY_REQUEST_ID, id);
            } else {
                headers.insert(REQUEST_ID_2, id.clone());
                headers.insert(REQUEST_ID, id);
            }
        }
        // Calls on a bucket tell its region, refused ones too: that is how a region is found without permission.
        if let Some(value) = region
            .filter(|_| !query_protocol)
            .and_then(|r| HeaderValue::from_str(&r).ok())
        {
            headers.insert(BUCKET_REGION, value);
        }
        if self.faults.skew_seconds() != 0
            && let Ok(now) = Timestamp::from_second(self.server_second())
            && let Ok(text) = rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&now)
            && let Ok(value) = HeaderValue::from_str(&text)
        {
            headers.insert(DATE, value);
        }
    }
}

fn empty() -> AnswerBody {
    text(String::new())
}

fn text(body: String) -> AnswerBody {
    Full::new(Bytes::from(body))
        .map_err(|never| match never {})
        .boxed_unsync()
}

fn xml(status: u16, body: String) -> Response<AnswerBody> {
    let mut answer = Response::new(text(body));
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    answer
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    answer
}

fn json_answer(status: u16, body: String) -> Response<AnswerBody> {
    let mut answer = xml(status, body);
    answer
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}

fn header<B>(request: &Request<B>, name: &str) -> Option<String> {
    request
        .headers()
        .get(name)
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned)
}

fn query_answer(answer: Answer) -> Response<AnswerBody> {
    xml(answer.status, answer.xml)
}

fn s3_error(status: u16, code: &str, words: &str, more: &str) -> Response<AnswerBody> {
    let words = query_xml::escaped(words);
    xml(
        status,
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{code}</Code><Message>{words}</Message>{more}</Error>"
        ),
    )
}

/// Completes an error of `s3s` with what AWS says in its place: words, resource and request id.
async fn with_words(answer: Response<s3s::Body>, facts: &Facts) -> Response<AnswerBody> {
    let (mut parts, body) = answer.into_parts();
    let body = match Limited::new(body, SMALL_BODY).collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => Bytes::new(),
    };
    let body = String::from_utf8_lossy(&body);
    let Some(inner) = body.strip_suffix("</Error>") else {
        return Response::from_parts(parts, text(body.into_owned()));
    };
    let mut whole = inner.to_owned();
    if !inner.contains("<Message>") {
        let words = if inner.contains("<Code>SignatureDoesNotMatch</Code>") {
            "The request signature we calculated does not match the signature you provided. Check your key and signing \
             method."
        } else {
            "The request was refused."
        };
        whole.push_str(&format!("<Message>{words}</Message>"));
    }
    whole.push_str(&format!(
        "<Resource>{}</Resource><RequestId>{}</RequestId><HostId>{}</HostId></Error>",
        query_xml::escaped(&facts.path),
        facts.request_id,
        facts.request_id
    ));
    parts.headers.remove(CONTENT_LENGTH);
    Response::from_parts(parts, text(whole))
}

/// A body that breaks off, as when a connection is lost: so many bytes, then an error.
struct CutBody {
    inner: AnswerBody,
    left: u64,
    flushed: bool,
}

impl CutBody {
    fn new(inner: AnswerBody, at: u64) -> Self {
        Self {
            inner,
            left: at,
            flushed: false,
        }
    }
}

impl Body for CutBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if self.left == 0 {
            // One pause lets the server send what it has, so that the cut is where it was asked for.
            if !self.flushed {
                self.flushed = true;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            return Poll::Ready(Some(Err("cut on request".into())));
        }
        let frame = std::task::ready!(Pin::new(&mut self.inner).poll_frame(cx));
        Poll::Ready(match frame {
            Some(Ok(frame)) => match frame.into_data() {
                Ok(mut data) => {
                    let keep = usize::try_from(self.left).unwrap_or(usize::MAX).min(data.len());
                    data.truncate(keep);
                    self.left -= keep as u64;
                    Some(Ok(Frame::data(data)))
                }
                Err(frame) => Some(Ok(frame)),
            },
            other => other,
        })
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// The pairs of a query or of a form, decoded; of a repeated name the last.
pub(super) fn query_pairs(query: &str) -> BTreeMap<String, String> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (percent_decoded(name, true), percent_decoded(value, true))
        })
        .collect()
}

/// Percent-decoded text; `plus` reads `+` as a space, as in queries and forms.
pub(super) fn percent_decoded(text: &str, plus: bool) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&b) = bytes.get(at) {
        let escape = (b == b'%')
            .then(|| bytes.get(at + 1..at + 3))
            .flatten()
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match escape {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(if plus && b == b'+' { b' ' } else { b });
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
