//! The S3 calls over the buckets in memory, as `s3s` asks for them: what the tool uses, and no more.
//!
//! Answers follow what AWS answers, its less convenient habits too: `encoding-type=url` writes a space as `+`, owners
//! come only with `fetch-owner`, an archived object cannot be read, a continuation token is opaque.

use std::{fmt::Write as _, time::SystemTime};

use http_body_util::{BodyExt, Limited};
use s3s::{Body, S3, S3Error, S3ErrorCode, S3Request, S3Response, S3Result, dto::*};

use super::{
    account::Clock,
    iam::World,
    objects::{Buckets, ListQuestion, Object, Stored},
};

mod settings;

/// The largest object that may be put, in bytes.
const PUT_MAX: usize = 64 << 20;

/// The S3 of the practice account's world.
#[derive(Clone, Debug)]
pub struct PracticeS3 {
    /// The buckets.
    pub buckets: Buckets,
    /// Gives the times of what is put.
    pub clock: Clock,
    /// To know whose a key is.
    pub world: World,
}

fn error(code: S3ErrorCode, words: &'static str) -> S3Error {
    S3Error::with_message(code, words)
}

fn no_such_bucket() -> S3Error {
    error(S3ErrorCode::NoSuchBucket, "The specified bucket does not exist")
}

fn no_such_key() -> S3Error {
    error(S3ErrorCode::NoSuchKey, "The specified key does not exist.")
}

fn precondition_failed() -> S3Error {
    error(
        S3ErrorCode::PreconditionFailed,
        "At least one of the pre-conditions you specified did not hold",
    )
}

fn time(instant: jiff::Timestamp) -> Timestamp {
    Timestamp::from(SystemTime::try_from(instant).unwrap_or(SystemTime::UNIX_EPOCH))
}

fn length(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// A key as `encoding-type=url` writes it.
fn url_encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for &b in text.as_bytes() {
        match b {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' | b'/' => {
                out.push(char::from(b))
            }
            b' ' => out.push('+'),
            _ => {
                let _ = write!(out, "%{b:02X}");
            }
        }
    }
    out
}

fn token_of(last: &str) -> String {
    last.bytes().fold(String::from("1"), |mut token, b| {
        let _ = write!(token, "{b:02x}");
        token
    })
}

fn read_token(token: &str) -> Option<String> {
    let hex = token
        .strip_prefix('1')
        .filter(|h| h.len() % 2 == 0 && h.is_ascii())?;
    let bytes: Option<Vec<u8>> = (0..hex.len() / 2)
        .map(|i| u8::from_str_radix(hex.get(2 * i..2 * i + 2)?, 16).ok())
        .collect();
    String::from_utf8(bytes?).ok()
}

impl PracticeS3 {
    fn check_owner(&self, bucket: &str, expected: Option<&str>) -> S3Result<()> {
        let account = self
            .buckets
            .with(bucket, |b| b.account.clone())
            .ok_or_else(no_such_bucket)?;
        match expected {
            Some(owner) if owner != account => Err(error(S3ErrorCode::AccessDenied, "Access Denied")),
            _ => Ok(()),
        }
    }

    fn object(
        &self,
        bucket: &str,
        key: &str,
        if_match: Option<&ETagCondition>,
    ) -> S3Result<std::sync::Arc<Object>> {
        let object = self.buckets.object(bucket, key).ok_or_else(no_such_key)?;
        match if_match {
            Some(ETagCondition::ETag(tag)) if tag.value() != object.etag => Err(precondition_failed()),
            _ => Ok(object),
        }
    }

    fn list(&self, input: &ListObjectsV2Input) -> S3Result<ListObjectsV2Output> {
        self.check_owner(&input.bucket, input.expected_bucket_owner.as_deref())?;
        let prefix = input.prefix.as_deref().unwrap_or_default();
        let delimiter = input.delimiter.as_deref().unwrap_or_default();
        let after = match &input.continuation_token {
            Some(token) => read_token(token).ok_or_else(|| {
                error(
                    S3ErrorCode::InvalidArgument,
                    "The continuation token provided is incorrect",
                )
            })?,
            None => input.start_after.clone().unwrap_or_default(),
        };
        let max_keys = input.max_keys.unwrap_or(1000).clamp(0, 1000);
        let answer = self
            .buckets
            .with(&input.bucket, |bucket| {
                bucket.list(&ListQuestion {
                    prefix,
                    delimiter,
                    after: &after,
                    limit: usize::try_from(max_keys).unwrap_or(0),
                })
            })
            .ok_or_else(no_such_bucket)?;

        let url = match input.encoding_type.as_ref().map(EncodingType::as_str) {
            None => false,
            Some("url") => true,
            Some(_) => {
                return Err(error(
                    S3ErrorCode::InvalidArgument,
                    "Invalid Encoding Method specified in Request",
                ));
            }
        };
        let write = |text: &str| if url { url_encoded(text) } else { text.to_owned() };
        let fetch_owner = input.fetch_owner.unwrap_or(false);
        let contents: Vec<s3s::dto::Object> = answer
            .objects
            .iter()
            .map(|(key, object)| s3s::dto::Object {
                key: Some(write(key)),
                e_tag: Some(ETag::Strong(object.etag.clone())),
                size: Some(length(object.body.len())),
                last_modified: Some(time(object.modified)),
                storage_class: Some(ObjectStorageClass::from(object.storage_class.clone())),
                owner: fetch_owner.then(|| Owner {
                    id: Some(canonical_id(&object.account)),
                    display_name: None,
                }),
                ..s3s::dto::Object::default()
            })
            .collect();
        let folders: Vec<CommonPrefix> = answer
            .folders
            .iter()
            .map(|folder| CommonPrefix {
                prefix: Some(write(folder)),
            })
            .collect();
        Ok(ListObjectsV2Output {
            name: Some(input.bucket.clone()),
            prefix: Some(write(prefix)),
            delimiter: input.delimiter.as_deref().map(write),
            max_keys: Some(max_keys),
            key_count: i32::try_from(contents.len() + folders.len()).ok(),
            is_truncated: Some(answer.next.is_some()),
            continuation_token: input.continuation_token.clone(),
            next_continuation_token: answer.next.as_deref().map(token_of),
            start_after: input.start_after.as_deref().map(write),
            encoding_type: input.encoding_type.clone(),
            contents: (!contents.is_empty()).then_some(contents),
            common_prefixes: (!folders.is_empty()).then_some(folders),
            ..ListObjectsV2Output::default()
        })
    }

    fn get(&self, input: &GetObjectInput) -> S3Result<GetObjectOutput> {
        self.check_owner(&input.bucket, input.expected_bucket_owner.as_deref())?;
        let object = self.object(&input.bucket, &input.key, input.if_match.as_ref())?;
        if object.is_archived() {
            return Err(error(
                S3ErrorCode::InvalidObjectState,
                "The operation is not valid for the object's storage class",
            ));
        }
        let whole = object.body.len();
        let (body, content_range) = match &input.range {
            None => (object.body.clone(), None),
            Some(range) => {
                let (from, to) = bounds(range, whole)?;
                let shown = format!("bytes {from}-{}/{whole}", to.saturating_sub(1));
                (object.body.slice(from..to), Some(shown))
            }
        };
        Ok(GetObjectOutput {
            accept_ranges: Some("bytes".to_owned()),
            content_length: Some(length(body.len())),
            content_range,
            content_type: Some("binary/octet-stream".to_owned()),
            e_tag: Some(ETag::Strong(object.etag.clone())),
            last_modified: Some(time(object.modified)),
            storage_class: named_class(&object.storage_class),
            server_side_encryption: Some(encryption(&object)),
            ssekms_key_id: object.kms_key.clone(),
            body: Some(StreamingBlob::from(Body::from(body))),
            ..GetObjectOutput::default()
        })
    }
}

fn bounds(range: &Range, whole: usize) -> S3Result<(usize, usize)> {
    let unsatisfiable = || {
        error(
            S3ErrorCode::InvalidRange,
            "The requested range is not satisfiable",
        )
    };
    let range = range.check(whole as u64).map_err(|_| unsatisfiable())?;
    let from = usize::try_from(range.start).map_err(|_| unsatisfiable())?;
    let to = usize::try_from(range.end).map_err(|_| unsatisfiable())?;
    if from >= to || to > whole {
        return Err(unsatisfiable());
    }
    Ok((from, to))
}

/// S3 names the class of an object in headers only when it is not the standard one.
fn named_class(class: &str) -> Option<StorageClass> {
    (class != "STANDARD").then(|| StorageClass::from(class.to_owned()))
}

fn encryption(object: &Object) -> ServerSideEncryption {
    ServerSideEncryption::from_static(match object.kms_key {
        Some(_) => ServerSideEncryption::AWS_KMS,
        None => ServerSideEncryption::AES256,
    })
}

/// The canonical user id by which S3 names an account: 64 hex digits.
fn canonical_id(account: &str) -> String {
    let half = |seed: u64| {
        let hash = twox_hash::XxHash3_128::oneshot_with_seed(seed, account.as_bytes());
        format!("{hash:032x}")
    };
    half(1) + &half(2)
}

#[async_trait::async_trait]
impl S3 for PracticeS3 {
    async fn list_objects_v2(
        &self,
        req: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        self.list(&req.input).map(S3Response::new)
    }

    async fn head_bucket(&self, req: S3Request<HeadBucketInput>) -> S3Result<S3Response<HeadBucketOutput>> {
        self.check_owner(&req.input.bucket, req.input.expected_bucket_owner.as_deref())?;
        Ok(S3Response::new(HeadBucketOutput::default()))
    }

    async fn get_bucket_location(
        &self,
        req: S3Request<GetBucketLocationInput>,
    ) -> S3Result<S3Response<GetBucketLocationOutput>> {
        self.check_owner(&req.input.bucket, req.input.expected_bucket_owner.as_deref())?;
        let region = self
            .buckets
            .region(&req.input.bucket)
            .ok_or_else(no_such_bucket)?;
        // us-east-1 is written as no constraint at all.
        let constraint = (region != "us-east-1").then(|| BucketLocationConstraint::from(region));
        Ok(S3Response::new(GetBucketLocationOutput {
            location_constraint: constraint,
        }))
    }

    async fn get_object(&self, req: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        self.get(&req.input).map(S3Response::new)
    }

    async fn head_object(&self, req: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        let input = &req.input;
        self.check_owner(&input.bucket, input.expected_bucket_owner.as_deref())?;
        let object = self.object(&input.bucket, &input.key, input.if_match.as_ref())?;
        Ok(S3Response::new(HeadObjectOutput {
            accept_ranges: Some("bytes".to_owned()),
            content_length: Some(length(object.body.len())),
            content_type: Some("binary/octet-stream".to_owned()),
            e_tag: Some(ETag::Strong(object.etag.clone())),
            last_modified: Some(time(object.modified)),
            storage_class: named_class(&object.storage_class),
            server_side_encryption: Some(encryption(&object)),
            ssekms_key_id: object.kms_key.clone(),
            ..HeadObjectOutput::default()
        }))
    }

    async fn put_object(&self, req: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        let input = req.input;
        self.check_owner(&input.bucket, input.expected_bucket_owner.as_deref())?;
        let body = match input.body {
            None => bytes::Bytes::new(),
            Some(stream) => Limited::new(Body::from(stream), PUT_MAX)
                .collect()
                .await
                .map_err(|source| S3Error::with_source(S3ErrorCode::IncompleteBody, source))?
                .to_bytes(),
        };
        let class = input
            .storage_class
            .as_ref()
            .map_or("STANDARD", StorageClass::as_str);
        let writer = req.credentials.and_then(|c| self.world.caller(&c.access_key));
        let mut object = Object::new(body, self.clock.now(), class, "");
        self.buckets.with(&input.bucket, |bucket| {
            let by_writer = bucket.ownership == "ObjectWriter";
            let writer = writer.map(|caller| caller.account).filter(|_| by_writer);
            object.account = writer.unwrap_or_else(|| bucket.account.clone());
            object.kms_key = bucket.kms_key.clone();
        });
        let etag = object.etag.clone();
        if let Some(ETagCondition::ETag(_)) = &input.if_none_match {
            return Err(error(
                S3ErrorCode::NotImplemented,
                "A header you provided implies functionality that is not implemented",
            ));
        }
        match self
            .buckets
            .put(&input.bucket, &input.key, object, input.if_none_match.is_some())
        {
            Stored::Yes => Ok(S3Response::new(PutObjectOutput {
                e_tag: Some(ETag::Strong(etag)),
                ..PutObjectOutput::default()
            })),
            Stored::Exists => Err(precondition_failed()),
            Stored::NoBucket => Err(no_such_bucket()),
        }
    }

    async fn delete_object(
        &self,
        req: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        self.check_owner(&req.input.bucket, req.input.expected_bucket_owner.as_deref())?;
        self.buckets
            .change(&req.input.bucket, |b| b.objects.remove(&req.input.key))
            .ok_or_else(no_such_bucket)?;
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    async fn list_buckets(
        &self,
        req: S3Request<ListBucketsInput>,
    ) -> S3Result<S3Response<ListBucketsOutput>> {
        let caller = req.credentials.and_then(|c| self.world.caller(&c.access_key));
        let account = caller.map(|caller| caller.account).unwrap_or_default();
        let buckets = self.buckets.names_of(&account).into_iter().map(|name| Bucket {
            name: Some(name),
            ..Bucket::default()
        });
        Ok(S3Response::new(ListBucketsOutput {
            buckets: Some(buckets.collect()),
            owner: Some(Owner {
                id: Some(canonical_id(&account)),
                display_name: None,
            }),
            ..ListBucketsOutput::default()
        }))
    }

    async fn get_bucket_acl(
        &self,
        req: S3Request<GetBucketAclInput>,
    ) -> S3Result<S3Response<GetBucketAclOutput>> {
        settings::acl(self, &req.input)
    }

    async fn get_bucket_policy(
        &self,
        req: S3Request<GetBucketPolicyInput>,
    ) -> S3Result<S3Response<GetBucketPolicyOutput>> {
        settings::policy(self, &req.input)
    }

    async fn put_bucket_policy(
        &self,
        req: S3Request<PutBucketPolicyInput>,
    ) -> S3Result<S3Response<PutBucketPolicyOutput>> {
        settings::put_policy(self, &req.input)
    }

    async fn delete_bucket_policy(
        &self,
        req: S3Request<DeleteBucketPolicyInput>,
    ) -> S3Result<S3Response<DeleteBucketPolicyOutput>> {
        settings::delete_policy(self, &req.input)
    }

    async fn get_bucket_policy_status(
        &self,
        req: S3Request<GetBucketPolicyStatusInput>,
    ) -> S3Result<S3Response<GetBucketPolicyStatusOutput>> {
        settings::policy_status(self, &req.input)
    }

    async fn get_bucket_encryption(
        &self,
        req: S3Request<GetBucketEncryptionInput>,
    ) -> S3Result<S3Response<GetBucketEncryptionOutput>> {
        settings::encryption(self, &req.input)
    }

    async fn get_bucket_ownership_controls(
        &self,
        req: S3Request<GetBucketOwnershipControlsInput>,
    ) -> S3Result<S3Response<GetBucketOwnershipControlsOutput>> {
        settings::ownership(self, &req.input)
    }

    async fn get_public_access_block(
        &self,
        req: S3Request<GetPublicAccessBlockInput>,
    ) -> S3Result<S3Response<GetPublicAccessBlockOutput>> {
        settings::public_access_block(self, &req.input)
    }

    async fn get_bucket_versioning(
        &self,
        req: S3Request<GetBucketVersioningInput>,
    ) -> S3Result<S3Response<GetBucketVersioningOutput>> {
        settings::versioning(self, &req.input)
    }

    async fn get_bucket_lifecycle_configuration(
        &self,
        req: S3Request<GetBucketLifecycleConfigurationInput>,
    ) -> S3Result<S3Response<GetBucketLifecycleConfigurationOutput>> {
        settings::lifecycle(self, &req.input)
    }

    async fn get_bucket_request_payment(
        &self,
        req: S3Request<GetBucketRequestPaymentInput>,
    ) -> S3Result<S3Response<GetBucketRequestPaymentOutput>> {
        settings::request_payment(self, &req.input)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn a_token_of_any_key_leads_back_to_it() {
        for key in ["", "a", "events/2026-06-22/ä +%.parquet", "\u{202e}x\n"] {
            assert_eq!(read_token(&token_of(key)).as_deref(), Some(key));
        }
        for bad in ["", "2", "1x", "1f", "1ff", "1é"] {
            assert_eq!(read_token(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn url_encoding_writes_a_space_as_plus_as_s3_does() {
        assert_eq!(url_encoded("a b+c%/ä\n"), "a+b%2Bc%25/%C3%A4%0A");
    }
}
