//! The bucket's policy and settings, each as far as it may be seen.

use std::{error::Error, future::Future};

use aws_sdk_s3::{
    error::ProvideErrorMetadata,
    operation::{RequestId, get_bucket_policy::GetBucketPolicyError},
    types::{
        BucketVersioningStatus, ExpirationStatus, LifecycleRule, ObjectOwnership, Payer,
        ServerSideEncryption, ServerSideEncryptionByDefault, TransitionStorageClass,
    },
};
use aws_smithy_runtime_api::{client::result::SdkError, http::Response};

use super::{
    AwsAccount, Bucket,
    ask::{is_general, known, why},
};
use crate::{
    access::{ArchiveRule, Encryption, Known, Ownership, Settings, Target, Unseen, Versioning},
    report::Problem,
    rule::Dataset,
    store::s3::failure::{Call, On},
};

/// What a bucket says of itself.
#[derive(Debug)]
pub(super) struct BucketFacts {
    /// Its policy, exactly as S3 gives it; `Known(None)` when there is none.
    pub policy: Known<Option<String>>,
    /// Whether RestrictPublicBuckets is on.
    pub restrict_public_buckets: Known<bool>,
    /// How new objects are encrypted.
    pub encryption: Known<Encryption>,
    /// All else.
    pub settings: Settings,
    /// What of that could not be read, and why.
    pub unseen: Vec<Unseen>,
}

impl AwsAccount {
    /// A call that asks a bucket about itself.
    fn about<'a>(
        &'a self,
        what: &str,
        bucket: &'a str,
        name: &'static str,
        action: &'static str,
    ) -> Call<'a> {
        let on = On::Bucket(bucket);
        self.call(format!("reading {what} of {on}"), name, action, on)
    }

    /// The bucket's policy, exactly as S3 gives it; `None` where there is none.
    pub(super) async fn bucket_policy(&self, bucket: &Bucket, name: &str) -> Result<Option<String>, Problem> {
        let call = self.about("the policy", name, "s3:GetBucketPolicy", "s3:GetBucketPolicy");
        self.setting(bucket, &call, "NoSuchBucketPolicy", |s3| {
            let send = s3.get_bucket_policy().bucket(name).send();
            async { Ok::<_, SdkError<GetBucketPolicyError, Response>>(send.await?.policy) }
        })
        .await
        .map(Option::flatten)
    }

    /// A setting; `None` where the bucket answers that it has none.
    async fn setting<T, E, F, Fut>(
        &self,
        bucket: &Bucket,
        call: &Call<'_>,
        absent: &str,
        send: F,
    ) -> Result<Option<T>, Problem>
    where
        F: Fn(aws_sdk_s3::Client) -> Fut,
        Fut: Future<Output = Result<T, SdkError<E, Response>>>,
        E: ProvideErrorMetadata + RequestId + Error + 'static,
    {
        match self.on_bucket(bucket, call, send).await {
            Ok(answer) => Ok(Some(answer)),
            Err(problem) if problem.error_code.as_deref() == Some(absent) => Ok(None),
            Err(problem) => Err(problem),
        }
    }

    /// All that can be seen of a bucket.
    ///
    /// # Errors
    /// What is about key, clock, network or region, as asking for the policy meets it: then nothing else could be seen.
    pub(super) async fn bucket_facts(
        &self,
        bucket: &Bucket,
        target: &Target,
    ) -> Result<BucketFacts, Problem> {
        let name = target.bucket.as_str();
        let policy = self.bucket_policy(bucket, name).await;
        if let Err(problem) = &policy
            && is_general(problem)
        {
            return Err(problem.clone());
        }
        let (restrict, encryption, owner_id, ownership, payer, versioning, archives) = tokio::join!(
            self.restrict_public_buckets(bucket, name),
            self.encryption(bucket, name),
            self.owner_id(bucket, name),
            self.ownership(bucket, name),
            self.requester_pays(bucket, name),
            self.versioning(bucket, name),
            self.archives(bucket, target),
        );
        let mut unseen = Vec::new();
        let settings = Settings {
            ownership: seen("the object ownership", ownership, &mut unseen),
            // Not every operator may read it, and nothing is said of it where it is not known.
            owner_id: owner_id.ok().flatten(),
            requester_pays: seen("who pays for requests", payer, &mut unseen),
            versioning: seen("the versioning", versioning, &mut unseen),
            archives: seen("the lifecycle rules", archives, &mut unseen),
        };
        if let Err(problem) = &encryption {
            note("the default encryption", problem, &mut unseen);
        }
        Ok(BucketFacts {
            policy: match policy {
                // Source: Amazon S3 API Reference, "GetBucketPolicy".
                Err(problem) if problem.status == Some(405) => Known::Unknown(
                    "s3:GetBucketPolicy is answered to the account that owns the bucket only".into(),
                ),
                policy => known(policy),
            },
            restrict_public_buckets: restrict,
            encryption: known(encryption),
            settings,
            unseen,
        })
    }

    /// The account's own setting counts too, and is read by another service than S3: where the bucket's is off, the
    /// answer is not known.
    async fn restrict_public_buckets(&self, bucket: &Bucket, name: &str) -> Known<bool> {
        let call = self.about(
            "the public access block",
            name,
            "s3:GetPublicAccessBlock",
            "s3:GetBucketPublicAccessBlock",
        );
        let block = self
            .setting(bucket, &call, "NoSuchPublicAccessBlockConfiguration", |s3| {
                s3.get_public_access_block().bucket(name).send()
            })
            .await;
        let on = block.map(|block| {
            block
                .as_ref()
                .and_then(|answer| answer.public_access_block_configuration())
                .is_some_and(|block| block.restrict_public_buckets() == Some(true))
        });
        match known(on) {
            Known::Known(false) => {
                Known::Unknown("it is off for the bucket; the account's own setting was not looked at".into())
            }
            known => known,
        }
    }

    async fn encryption(&self, bucket: &Bucket, name: &str) -> Result<Encryption, Problem> {
        let call = self.about(
            "the default encryption",
            name,
            "s3:GetBucketEncryption",
            "s3:GetEncryptionConfiguration",
        );
        let absent = "ServerSideEncryptionConfigurationNotFoundError";
        let answer = self
            .setting(bucket, &call, absent, |s3| {
                s3.get_bucket_encryption().bucket(name).send()
            })
            .await?;
        let default = answer
            .as_ref()
            .and_then(|answer| answer.server_side_encryption_configuration())
            .and_then(|encryption| {
                encryption
                    .rules()
                    .iter()
                    .find_map(|rule| rule.apply_server_side_encryption_by_default())
            });
        Ok(default.map_or(Encryption::S3, encryption_of))
    }

    /// The canonical id of the bucket's owner.
    async fn owner_id(&self, bucket: &Bucket, name: &str) -> Result<Option<String>, Problem> {
        let call = self.about("the owner", name, "s3:GetBucketAcl", "s3:GetBucketAcl");
        let answer = self
            .on_bucket(bucket, &call, |s3| s3.get_bucket_acl().bucket(name).send())
            .await?;
        Ok(answer.owner.and_then(|owner| owner.id))
    }

    async fn ownership(&self, bucket: &Bucket, name: &str) -> Result<Option<Ownership>, Problem> {
        let call = self.about(
            "the object ownership",
            name,
            "s3:GetBucketOwnershipControls",
            "s3:GetBucketOwnershipControls",
        );
        let answer = self
            .setting(bucket, &call, "OwnershipControlsNotFoundError", |s3| {
                s3.get_bucket_ownership_controls().bucket(name).send()
            })
            .await?;
        let Some(answer) = answer else {
            // Source: Amazon S3 User Guide, "Controlling ownership of objects": without controls, the writer owns.
            return Ok(Some(Ownership::ObjectWriter));
        };
        let rules = answer.ownership_controls().map(|c| c.rules()).unwrap_or_default();
        Ok(rules.first().and_then(|rule| match rule.object_ownership() {
            ObjectOwnership::BucketOwnerEnforced => Some(Ownership::BucketOwnerEnforced),
            ObjectOwnership::BucketOwnerPreferred => Some(Ownership::BucketOwnerPreferred),
            ObjectOwnership::ObjectWriter => Some(Ownership::ObjectWriter),
            _ => None,
        }))
    }

    async fn requester_pays(&self, bucket: &Bucket, name: &str) -> Result<Option<bool>, Problem> {
        let call = self.about(
            "the payer",
            name,
            "s3:GetBucketRequestPayment",
            "s3:GetBucketRequestPayment",
        );
        let answer = self
            .on_bucket(bucket, &call, |s3| {
                s3.get_bucket_request_payment().bucket(name).send()
            })
            .await?;
        Ok(answer.payer().map(|payer| *payer == Payer::Requester))
    }

    async fn versioning(&self, bucket: &Bucket, name: &str) -> Result<Option<Versioning>, Problem> {
        let call = self.about(
            "the versioning",
            name,
            "s3:GetBucketVersioning",
            "s3:GetBucketVersioning",
        );
        let answer = self
            .on_bucket(bucket, &call, |s3| s3.get_bucket_versioning().bucket(name).send())
            .await?;
        Ok(match answer.status() {
            None => Some(Versioning::Off),
            Some(BucketVersioningStatus::Enabled) => Some(Versioning::On),
            Some(BucketVersioningStatus::Suspended) => Some(Versioning::Suspended),
            Some(_) => None,
        })
    }

    async fn archives(&self, bucket: &Bucket, target: &Target) -> Result<Option<Vec<ArchiveRule>>, Problem> {
        let name = target.bucket.as_str();
        let call = self.about(
            "the lifecycle rules",
            name,
            "s3:GetBucketLifecycleConfiguration",
            "s3:GetLifecycleConfiguration",
        );
        let answer = self
            .setting(bucket, &call, "NoSuchLifecycleConfiguration", |s3| {
                s3.get_bucket_lifecycle_configuration().bucket(name).send()
            })
            .await?;
        let rules = answer.and_then(|answer| answer.rules).unwrap_or_default();
        Ok(Some(
            rules.iter().flat_map(|rule| archived_by(rule, target)).collect(),
        ))
    }
}

/// What was seen; what was not is noted.
fn seen<T>(what: &str, asked: Result<Option<T>, Problem>, unseen: &mut Vec<Unseen>) -> Option<T> {
    match asked {
        Ok(found) => found,
        Err(problem) => {
            note(what, &problem, unseen);
            None
        }
    }
}

fn note(what: &str, problem: &Problem, unseen: &mut Vec<Unseen>) {
    unseen.push(Unseen {
        what: format!("{what} of the bucket"),
        why: why(problem),
    });
}

/// The key as the bucket names it: its ARN mostly, or an alias. Without one it is the account's own `aws/s3`.
fn encryption_of(default: &ServerSideEncryptionByDefault) -> Encryption {
    match default.sse_algorithm() {
        ServerSideEncryption::AwsKms | ServerSideEncryption::AwsKmsDsse => Encryption::Kms(
            default
                .kms_master_key_id()
                .filter(|key| !key.is_empty())
                .unwrap_or("alias/aws/s3")
                .to_owned(),
        ),
        _ => Encryption::S3,
    }
}

/// The transitions of a rule in force that archive objects of our folders.
fn archived_by(rule: &LifecycleRule, target: &Target) -> Vec<ArchiveRule> {
    if *rule.status() != ExpirationStatus::Enabled {
        return Vec::new();
    }
    // A rule's prefix stands in its filter, in the filter's `And`, or (as of old) in the rule itself.
    #[allow(deprecated)]
    let of_old = rule.prefix();
    let prefix = rule
        .filter()
        .and_then(|filter| {
            filter
                .prefix()
                .or_else(|| filter.and().and_then(|and| and.prefix()))
        })
        .or(of_old)
        .unwrap_or_default();
    let touches = Dataset::ALL.into_iter().any(|dataset| {
        let folder = target.folder(dataset);
        folder.starts_with(prefix) || prefix.starts_with(&folder)
    });
    if !touches {
        return Vec::new();
    }
    let archive = |class: &TransitionStorageClass| {
        matches!(
            class,
            TransitionStorageClass::Glacier | TransitionStorageClass::DeepArchive
        )
    };
    rule.transitions()
        .iter()
        .filter_map(|transition| {
            let class = transition.storage_class().filter(|class| archive(class))?;
            Some(ArchiveRule {
                id: rule.id().unwrap_or_default().to_owned(),
                prefix: prefix.to_owned(),
                days: transition.days(),
                class: class.as_str().to_owned(),
            })
        })
        .collect()
}
