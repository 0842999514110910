//! Whose the bucket is.
//!
//! A list of the caller's buckets that has it says so. Else a request that is answered is made again with
//! `x-amz-expected-bucket-owner`: refused only then, the bucket is another account's.
//! Source: Amazon S3 User Guide, "Verifying bucket ownership with bucket owner condition".

use super::{AwsAccount, Bucket};
use crate::{
    access::{Known, Target},
    report::{Problem, ProblemKind},
    rule::Dataset,
    store::s3::failure::{Call, On},
};

/// An account that is nobody's: a server that takes it for the owner does not look at the header.
const NOBODY: &str = "000000000000";

/// Whose a bucket is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Belongs {
    /// This account's.
    To(String),
    /// None of these accounts'.
    ToNoneOf(Vec<String>),
    /// Not known, and why.
    Unknown(String),
}

impl Belongs {
    /// The owner, for [`crate::access::Inspected::bucket_account`].
    pub fn account(&self) -> Known<String> {
        match self {
            Self::To(account) => Known::Known(account.clone()),
            Self::ToNoneOf(accounts) => {
                Known::Unknown(format!("it is another account than {}", accounts.join(" and ")))
            }
            Self::Unknown(why) => Known::Unknown(why.clone()),
        }
    }
}

/// A request by which the owner is tried.
#[derive(Clone, Copy, Debug)]
enum Try {
    /// `s3:GetBucketPolicy`
    Policy,
    /// `s3:ListObjectsV2` of a folder, one key.
    List,
}

impl AwsAccount {
    /// Whose a bucket is: one of these accounts', the caller's first. `policy_answered` says that the bucket's policy may
    /// be read.
    pub(super) async fn belongs(
        &self,
        bucket: &Bucket,
        target: &Target,
        accounts: &[&str],
        policy_answered: bool,
    ) -> Belongs {
        let Some(caller) = accounts.first() else {
            return Belongs::Unknown("the caller's own account is not known".into());
        };
        if matches!(self.is_listed(bucket, &target.bucket).await, Ok(true)) {
            return Belongs::To((*caller).to_owned());
        }
        let ask = if policy_answered { Try::Policy } else { Try::List };
        if !policy_answered && self.answers(bucket, target, ask, None).await != Ok(true) {
            return Belongs::Unknown(
                "neither s3:ListAllMyBuckets, s3:GetBucketPolicy nor s3:ListBucket is allowed, so the owner can't be tried"
                    .into(),
            );
        }
        // AWS looks at the header; another server may not, and then an answer proves nothing.
        if self.session.settings.endpoint_url.is_some()
            && self.answers(bucket, target, ask, Some(NOBODY)).await != Ok(false)
        {
            return Belongs::Unknown("this endpoint does not look at x-amz-expected-bucket-owner".into());
        }
        let mut not_theirs = Vec::new();
        for account in accounts {
            match self.answers(bucket, target, ask, Some(account)).await {
                Ok(true) => return Belongs::To((*account).to_owned()),
                Ok(false) => not_theirs.push((*account).to_owned()),
                Err(problem) => return Belongs::Unknown(problem.to_string()),
            }
        }
        Belongs::ToNoneOf(not_theirs)
    }

    /// Whether the bucket is among the caller's own.
    async fn is_listed(&self, bucket: &Bucket, name: &str) -> Result<bool, Problem> {
        let call = self.call(
            "listing the account's buckets",
            "s3:ListBuckets",
            "s3:ListAllMyBuckets",
            On::Account,
        );
        let mut token = None;
        // Only names that begin so are listed: the bucket is on the first page, unless the server ignores the prefix.
        for _ in 0..10 {
            let page = self
                .on_bucket(bucket, &call, |s3| {
                    s3.list_buckets()
                        .prefix(name)
                        .set_continuation_token(token.clone())
                        .send()
                })
                .await?;
            if page.buckets().iter().any(|bucket| bucket.name() == Some(name)) {
                return Ok(true);
            }
            token = page.continuation_token;
            if token.is_none() {
                break;
            }
        }
        Ok(false)
    }

    /// Whether a request is answered rather than refused, where this account is expected to be the owner.
    async fn answers(
        &self,
        bucket: &Bucket,
        target: &Target,
        ask: Try,
        owner: Option<&str>,
    ) -> Result<bool, Problem> {
        let name = target.bucket.as_str();
        let call = |call, action| -> Call<'_> {
            self.call("asking whose the bucket is", call, action, On::Bucket(name))
        };
        let answered = match ask {
            Try::Policy => {
                let call = call("s3:GetBucketPolicy", "s3:GetBucketPolicy");
                self.on_bucket(bucket, &call, |s3| {
                    s3.get_bucket_policy()
                        .bucket(name)
                        .set_expected_bucket_owner(owner.map(str::to_owned))
                        .send()
                })
                .await
                .map(|_| ())
            }
            Try::List => {
                let call = call("s3:ListObjectsV2", "s3:ListBucket");
                self.on_bucket(bucket, &call, |s3| {
                    s3.list_objects_v2()
                        .bucket(name)
                        .prefix(target.folder(Dataset::Events))
                        .max_keys(1)
                        .set_expected_bucket_owner(owner.map(str::to_owned))
                        .send()
                })
                .await
                .map(|_| ())
            }
        };
        match answered {
            Ok(()) => Ok(true),
            // There is no policy: that is an answer.
            Err(problem) if problem.error_code.as_deref() == Some("NoSuchBucketPolicy") => Ok(true),
            Err(problem) if problem.kind == ProblemKind::Refused => Ok(false),
            Err(problem) => Err(problem),
        }
    }
}
