//! The port's calls over S3.

use std::{ops::Range, sync::Arc, time::Duration};

use aws_sdk_s3::{
    operation::get_object::GetObjectOutput,
    primitives::ByteStream,
    types::{EncodingType, Object, ServerSideEncryption},
};
use bytes::{Bytes, BytesMut};
use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::{
    S3Store,
    failure::{Call, On},
    keys,
    retry::Failure,
};
use crate::{
    access::Encryption,
    report::{Problem, ProblemKind, Usage, escape},
    store::{Fetched, ObjectMeta, Page, Put, Store},
};

/// A body that brings nothing for so long is given up.
const BODY_PATIENCE: Duration = Duration::from_secs(20);

impl Store for S3Store {
    fn list<'a>(
        &'a self,
        prefix: &'a str,
        delimiter: bool,
        token: Option<String>,
    ) -> BoxFuture<'a, Result<Page, Problem>> {
        Box::pin(async move {
            let call = self.listing(prefix);
            self.retry
                .run(|| async {
                    self.meter.request();
                    let answer = self
                        .link
                        .client()
                        .list_objects_v2()
                        .bucket(&*self.bucket)
                        .prefix(prefix)
                        .set_delimiter(delimiter.then(|| "/".into()))
                        .set_continuation_token(token.clone())
                        .encoding_type(EncodingType::Url)
                        .fetch_owner(true)
                        .send()
                        .await
                        .map_err(|error| self.follow(call.failure(&error)))?;
                    Ok(page(&answer))
                })
                .await
        })
    }

    fn list_one<'a>(
        &'a self,
        prefix: &'a str,
        owner: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Page, Problem>> {
        Box::pin(async move {
            let call = self.listing(prefix);
            self.retry
                .run(|| async {
                    self.meter.request();
                    let answer = self
                        .link
                        .client()
                        .list_objects_v2()
                        .bucket(&*self.bucket)
                        .prefix(prefix)
                        .max_keys(1)
                        .encoding_type(EncodingType::Url)
                        .set_expected_bucket_owner(owner.map(str::to_owned))
                        .send()
                        .await
                        .map_err(|error| self.follow(call.failure(&error)))?;
                    Ok(page(&answer))
                })
                .await
        })
    }

    fn get_range<'a>(
        &'a self,
        object: &'a ObjectMeta,
        range: Range<u64>,
    ) -> BoxFuture<'a, Result<Bytes, Problem>> {
        Box::pin(async move { Ok(self.fetch(object, range).await?.bytes) })
    }

    fn fetch<'a>(
        &'a self,
        object: &'a ObjectMeta,
        range: Range<u64>,
    ) -> BoxFuture<'a, Result<Fetched, Problem>> {
        Box::pin(async move {
            if range.is_empty() {
                return Ok(Fetched::default());
            }
            let call = self.call(
                format!("reading {}", object.key.escape_debug()),
                "s3:GetObject",
                "s3:GetObject",
            );
            self.retry
                .run(|| self.get_once(&call, object, range.clone()))
                .await
        })
    }

    fn get_tail<'a>(&'a self, object: &'a ObjectMeta, length: u64) -> BoxFuture<'a, Result<Bytes, Problem>> {
        self.get_range(object, object.size.saturating_sub(length)..object.size)
    }

    fn put_if_absent<'a>(&'a self, key: &'a str, body: Bytes) -> BoxFuture<'a, Result<Put, Problem>> {
        Box::pin(async move {
            let call = self.call(
                format!("writing {}", key.escape_debug()),
                "s3:PutObject",
                "s3:PutObject",
            );
            self.retry
                .run(|| async {
                    self.meter.request();
                    let put = self
                        .link
                        .client()
                        .put_object()
                        .bucket(&*self.bucket)
                        .key(key)
                        .if_none_match("*")
                        .body(ByteStream::from(body.clone()))
                        .send()
                        .await;
                    match put {
                        Ok(_) => Ok(Put::Written),
                        Err(error) => {
                            let mut failure = self.follow(call.failure(&error));
                            match failure.problem.status {
                                Some(412) => return Ok(Put::AlreadyThere),
                                // Two conditional puts met: one of them has won by the next try.
                                Some(409) => failure.again = true,
                                _ => {}
                            }
                            Err(failure)
                        }
                    }
                })
                .await
        })
    }

    fn usage(&self) -> Usage {
        self.meter.usage()
    }
}

impl S3Store {
    fn call(&self, doing: String, name: &'static str, action: &'static str) -> Call<'_> {
        Call {
            doing,
            name,
            action,
            on: On::Bucket(&self.bucket),
            profile: self.profile.as_deref(),
        }
    }

    fn listing(&self, prefix: &str) -> Call<'_> {
        let what = if prefix.is_empty() {
            "the bucket's root"
        } else {
            prefix
        };
        self.call(
            format!("listing {}", escape(what)),
            "s3:ListObjectsV2",
            "s3:ListBucket",
        )
    }

    /// A request that was signed for the wrong region is worth another try once the right one is known.
    fn follow(&self, failure: Failure) -> Failure {
        self.link.followed(failure)
    }

    async fn get_once(
        &self,
        call: &Call<'_>,
        object: &ObjectMeta,
        range: Range<u64>,
    ) -> Result<Fetched, Failure> {
        self.meter.request();
        let answer = self
            .link
            .client()
            .get_object()
            .bucket(&*self.bucket)
            .key(&object.key)
            .range(format!("bytes={}-{}", range.start, range.end.saturating_sub(1)))
            .set_if_match(object.etag.clone())
            .send()
            .await
            .map_err(|error| self.follow(call.failure(&error)))?;
        self.check_answer(call, object, &range, &answer)?;
        let encryption = encryption(&answer);
        let bytes = self.body(call, answer.body, range.end - range.start).await?;
        Ok(Fetched { bytes, encryption })
    }

    /// Whether an answer is the part of the object that was asked for.
    fn check_answer(
        &self,
        call: &Call<'_>,
        object: &ObjectMeta,
        range: &Range<u64>,
        answer: &GetObjectOutput,
    ) -> Result<(), Failure> {
        let changed = |cause: &str| Failure::lasting(call.problem(ProblemKind::Changed, cause));
        if let (Some(listed), Some(now)) = (object.etag.as_deref(), answer.e_tag())
            && listed != now
        {
            return Err(changed("the object changed since it was listed"));
        }
        match answer.content_range() {
            Some(told) => {
                let total = told
                    .rsplit_once('/')
                    .and_then(|(_, total)| total.parse::<u64>().ok());
                if total.is_some_and(|total| total != object.size) {
                    return Err(changed("the object's size changed since it was listed"));
                }
                Ok(())
            }
            None if range.start == 0 && range.end == object.size => Ok(()),
            None => Err(Failure::lasting(call.problem(
                ProblemKind::Other,
                "the server ignored the range that was asked for",
            ))),
        }
    }

    async fn body(&self, call: &Call<'_>, mut body: ByteStream, expected: u64) -> Result<Bytes, Failure> {
        let cut = |cause: String| Failure::passing(call.problem(ProblemKind::CutShort, cause));
        let mut first: Option<Bytes> = None;
        let mut all = BytesMut::new();
        let mut length = 0u64;
        loop {
            let Ok(chunk) = tokio::time::timeout(BODY_PATIENCE, body.next()).await else {
                return Err(cut(format!(
                    "the body stopped after {length} of {expected} bytes"
                )));
            };
            let chunk = match chunk {
                None => break,
                Some(Ok(chunk)) => chunk,
                Some(Err(error)) => {
                    let why = super::failure::root_cause(&error);
                    return Err(cut(format!(
                        "the body ended after {length} of {expected} bytes: {why}"
                    )));
                }
            };
            self.meter.received(chunk.len() as u64);
            length += chunk.len() as u64;
            if length > expected {
                return Err(cut(format!(
                    "the body is longer than the {expected} bytes asked for"
                )));
            }
            match (first.take(), all.is_empty()) {
                (None, true) => first = Some(chunk),
                (before, _) => {
                    all.extend_from_slice(&before.unwrap_or_default());
                    all.extend_from_slice(&chunk);
                }
            }
        }
        if length < expected {
            return Err(cut(format!("the body ended after {length} of {expected} bytes")));
        }
        Ok(first.unwrap_or_else(|| all.freeze()))
    }
}

/// How an object is encrypted, by the headers of its answer. A key that is not named is the account's own.
///
/// Source: Amazon S3 API Reference, GetObject: `x-amz-server-side-encryption` is `AES256`, `aws:kms` or `aws:kms:dsse`.
fn encryption(answer: &GetObjectOutput) -> Encryption {
    match answer.server_side_encryption() {
        Some(ServerSideEncryption::AwsKms | ServerSideEncryption::AwsKmsDsse) => {
            Encryption::Kms(answer.ssekms_key_id().unwrap_or("alias/aws/s3").to_owned())
        }
        _ => Encryption::S3,
    }
}

fn page(answer: &aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output) -> Page {
    let encoded = answer.encoding_type() == Some(&EncodingType::Url);
    let spelled = |text: &str| {
        if encoded {
            keys::decode(text)
        } else {
            text.to_owned()
        }
    };
    // A page has thousands of objects and few owners.
    let mut owner: Option<Arc<str>> = None;
    let mut same = |object: &Object| -> Option<Arc<str>> {
        let id = object.owner()?.id()?;
        if owner.as_deref() != Some(id) {
            owner = Some(id.into());
        }
        owner.clone()
    };
    Page {
        objects: answer
            .contents()
            .iter()
            .filter_map(|object| {
                Some(ObjectMeta {
                    owner: same(object),
                    ..meta(object, spelled(object.key()?))
                })
            })
            .collect(),
        folders: answer
            .common_prefixes()
            .iter()
            .filter_map(|folder| folder.prefix().map(spelled))
            .collect(),
        next: answer
            .next_continuation_token()
            .filter(|_| answer.is_truncated() != Some(false))
            .map(str::to_owned),
        troubles: Vec::new(),
    }
}

fn meta(object: &Object, key: String) -> ObjectMeta {
    let class = object.storage_class().map(|class| class.as_str().to_owned());
    let archived = matches!(class.as_deref(), Some("GLACIER" | "DEEP_ARCHIVE"));
    // A restored copy can be read as long as it is there.
    let restored = object
        .restore_status()
        .is_some_and(|status| status.restore_expiry_date().is_some());
    ObjectMeta {
        key,
        size: object
            .size()
            .and_then(|size| u64::try_from(size).ok())
            .unwrap_or(0),
        modified: object
            .last_modified()
            .and_then(|at| Timestamp::from_second(at.secs()).ok()),
        storage_class: class,
        archived: archived && !restored,
        etag: object.e_tag().map(str::to_owned),
        owner: None,
    }
}
