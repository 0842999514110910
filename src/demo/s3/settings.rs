//! A bucket's settings: its policy above all, and what decides on access beside it.

use s3s::{S3Error, S3ErrorCode, S3Response, S3Result, dto::*};

use super::{PracticeS3, canonical_id, no_such_bucket};
use crate::{
    access::{
        Truth,
        policy::{Policy, PrincipalEntry, Statement},
        public::is_public,
    },
    demo::{
        iam::{User, World},
        objects::{Bucket, PublicAccessBlock},
    },
};

/// The largest bucket policy, in bytes.
const POLICY_MAX: usize = 20 * 1024;
/// Actions on the bucket itself; all others that are known are on objects.
const BUCKET_ACTIONS: &[&str] = &[
    "ListBucket",
    "ListBucketVersions",
    "ListBucketMultipartUploads",
    "GetBucketLocation",
    "GetBucketPolicy",
    "PutBucketPolicy",
    "DeleteBucketPolicy",
    "GetBucketPolicyStatus",
    "GetBucketVersioning",
    "PutBucketVersioning",
    "GetEncryptionConfiguration",
    "PutEncryptionConfiguration",
    "GetBucketAcl",
    "PutBucketAcl",
    "GetBucketOwnershipControls",
    "GetBucketPublicAccessBlock",
    "GetLifecycleConfiguration",
    "PutLifecycleConfiguration",
    "GetBucketRequestPayment",
    "GetBucketNotification",
    "GetBucketTagging",
    "DeleteBucket",
];
/// What people take for actions because calls are named so.
const NO_ACTIONS: &[&str] = &[
    "HeadObject",
    "HeadBucket",
    "ListObjects",
    "ListObjectsV2",
    "CopyObject",
];

fn malformed(words: impl Into<String>) -> S3Error {
    S3Error::with_message(S3ErrorCode::MalformedPolicy, words.into())
}

fn missing(code: &'static str, words: &'static str) -> S3Error {
    let code = S3ErrorCode::from_bytes(code.as_bytes()).unwrap_or(S3ErrorCode::NoSuchBucketPolicy);
    let mut error = S3Error::with_message(code, words);
    error.set_status_code(hyper::StatusCode::NOT_FOUND);
    error
}

fn look<T>(
    s3: &PracticeS3,
    bucket: &str,
    owner: Option<&str>,
    look: impl FnOnce(&Bucket) -> S3Result<T>,
) -> S3Result<S3Response<T>> {
    s3.check_owner(bucket, owner)?;
    let found = s3
        .buckets
        .with(bucket, look)
        .unwrap_or_else(|| Err(no_such_bucket()));
    found.map(S3Response::new)
}

pub(super) fn policy(
    s3: &PracticeS3,
    input: &GetBucketPolicyInput,
) -> S3Result<S3Response<GetBucketPolicyOutput>> {
    look(
        s3,
        &input.bucket,
        input.expected_bucket_owner.as_deref(),
        |bucket| {
            let policy = bucket
                .policy
                .clone()
                .ok_or_else(|| missing("NoSuchBucketPolicy", "The bucket policy does not exist"))?;
            Ok(GetBucketPolicyOutput { policy: Some(policy) })
        },
    )
}

pub(super) fn put_policy(
    s3: &PracticeS3,
    input: &PutBucketPolicyInput,
) -> S3Result<S3Response<PutBucketPolicyOutput>> {
    s3.check_owner(&input.bucket, input.expected_bucket_owner.as_deref())?;
    let policy = check(&s3.world, &input.bucket, &input.policy)?;
    let settling = s3.world.settling();
    s3.buckets
        .change(&input.bucket, |bucket| {
            let blocks = bucket.public_access_block.is_some_and(|b| b.block_policy);
            if blocks && is_public(&policy) != Truth::No {
                return Err(S3Error::with_message(
                    S3ErrorCode::AccessDenied,
                    "User is not authorized to perform: s3:PutBucketPolicy because public policies are prevented by the \
                     BlockPublicPolicy setting in S3 Block Public Access.",
                ));
            }
            bucket.policy = Some(input.policy.clone());
            bucket.settling = settling;
            Ok(S3Response::new(PutBucketPolicyOutput::default()))
        })
        .unwrap_or_else(|| Err(no_such_bucket()))
}

/// A policy that S3 takes for this bucket.
fn check(world: &World, bucket: &str, text: &str) -> S3Result<Policy> {
    if text.len() > POLICY_MAX {
        return Err(malformed("Policy exceeds the maximum allowed document size."));
    }
    if !text.starts_with('{') {
        return Err(malformed(
            "Policies must be valid JSON and the first byte must be '{'",
        ));
    }
    let policy =
        Policy::parse(text).map_err(|e| malformed(format!("This policy contains invalid Json ({e})")))?;
    let mut named: Vec<&PrincipalEntry> = Vec::new();
    for statement in &policy.statements {
        let Some(principals) = &statement.principals else {
            return Err(malformed("Missing required field Principal"));
        };
        for entry in &principals.entries {
            if !named.iter().any(|n| n.value.text == entry.value.text) {
                named.push(entry);
            }
        }
        check_resources(bucket, statement)?;
    }
    // Each is asked about once: word of a fresh user spreads with every request that names it.
    if !named.into_iter().all(|entry| is_principal(world, entry)) {
        return Err(malformed("Invalid principal in policy"));
    }
    Ok(policy)
}

/// Whether S3 can tell who is meant: everyone, a service, an account, or a user who is there.
fn is_principal(world: &World, entry: &PrincipalEntry) -> bool {
    let value = entry.value.text.as_str();
    if value == "*" || matches!(entry.kind.as_str(), "Service" | "Federated" | "CanonicalUser") {
        return true;
    }
    let is_account = |text: &str| text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
    if is_account(value) {
        return true;
    }
    let parts: Vec<&str> = value.splitn(6, ':').collect();
    let ["arn", _, "iam", "", account, who] = parts.as_slice() else {
        return false;
    };
    match who.split_once('/') {
        None => *who == "root" && is_account(account),
        Some(("user", _)) => {
            let there = world.change(account, |a| {
                let arn = |user: &User| format!("arn:aws:iam::{account}:user{}{}", user.path, user.name);
                let user = a.users.values_mut().find(|user| arn(user) == value);
                user.is_some_and(|user| user.settling.felt())
            });
            // Of accounts that are not in this world nothing is known.
            there.unwrap_or_else(|| is_account(account))
        }
        Some(("role", _)) => is_account(account),
        Some(_) => false,
    }
}

fn check_resources(bucket: &str, statement: &Statement) -> S3Result<()> {
    let own = format!("arn:aws:s3:::{bucket}");
    let of_bucket =
        |text: &str| text == own || text.strip_prefix(&own).is_some_and(|rest| rest.starts_with('/'));
    let resources = &statement.resources.patterns;
    if resources.is_empty() || !resources.iter().all(|r| of_bucket(&r.text)) {
        return Err(malformed("Policy has invalid resource"));
    }
    if statement.actions.not {
        return Ok(());
    }
    let on_bucket = resources.iter().any(|r| r.text == own);
    let on_objects = resources.iter().any(|r| r.text != own);
    for action in &statement.actions.patterns {
        let Some(name) = action.text.strip_prefix("s3:") else {
            if action.text == "*" {
                continue;
            }
            return Err(malformed("Policy has invalid action"));
        };
        if NO_ACTIONS.contains(&name) {
            return Err(malformed("Policy has invalid action"));
        }
        let applies = if name.contains('*') {
            true
        } else if BUCKET_ACTIONS.contains(&name) {
            on_bucket
        } else {
            on_objects
        };
        if !applies {
            return Err(malformed("Action does not apply to any resource(s) in statement"));
        }
    }
    Ok(())
}

pub(super) fn delete_policy(
    s3: &PracticeS3,
    input: &DeleteBucketPolicyInput,
) -> S3Result<S3Response<DeleteBucketPolicyOutput>> {
    s3.check_owner(&input.bucket, input.expected_bucket_owner.as_deref())?;
    let settling = s3.world.settling();
    s3.buckets
        .change(&input.bucket, |bucket| {
            bucket.policy = None;
            bucket.settling = settling;
        })
        .ok_or_else(no_such_bucket)?;
    Ok(S3Response::new(DeleteBucketPolicyOutput::default()))
}

pub(super) fn policy_status(
    s3: &PracticeS3,
    input: &GetBucketPolicyStatusInput,
) -> S3Result<S3Response<GetBucketPolicyStatusOutput>> {
    look(
        s3,
        &input.bucket,
        input.expected_bucket_owner.as_deref(),
        |bucket| {
            let text = bucket
                .policy
                .as_deref()
                .ok_or_else(|| missing("NoSuchBucketPolicy", "The bucket policy does not exist"))?;
            let public = Policy::parse(text).map_or(Truth::No, |policy| is_public(&policy));
            Ok(GetBucketPolicyStatusOutput {
                policy_status: Some(PolicyStatus {
                    is_public: Some(public != Truth::No),
                }),
            })
        },
    )
}

pub(super) fn encryption(
    s3: &PracticeS3,
    input: &GetBucketEncryptionInput,
) -> S3Result<S3Response<GetBucketEncryptionOutput>> {
    look(
        s3,
        &input.bucket,
        input.expected_bucket_owner.as_deref(),
        |bucket| {
            let algorithm = match bucket.kms_key {
                Some(_) => ServerSideEncryption::AWS_KMS,
                None => ServerSideEncryption::AES256,
            };
            let rule = ServerSideEncryptionRule {
                apply_server_side_encryption_by_default: Some(ServerSideEncryptionByDefault {
                    kms_master_key_id: bucket.kms_key.clone(),
                    sse_algorithm: ServerSideEncryption::from_static(algorithm),
                }),
                bucket_key_enabled: Some(bucket.kms_key.is_some()),
            };
            Ok(GetBucketEncryptionOutput {
                server_side_encryption_configuration: Some(ServerSideEncryptionConfiguration {
                    rules: vec![rule],
                }),
            })
        },
    )
}

pub(super) fn ownership(
    s3: &PracticeS3,
    input: &GetBucketOwnershipControlsInput,
) -> S3Result<S3Response<GetBucketOwnershipControlsOutput>> {
    look(
        s3,
        &input.bucket,
        input.expected_bucket_owner.as_deref(),
        |bucket| {
            if bucket.ownership.is_empty() {
                return Err(missing(
                    "OwnershipControlsNotFoundError",
                    "The bucket ownership controls were not found",
                ));
            }
            let rule = OwnershipControlsRule {
                object_ownership: ObjectOwnership::from(bucket.ownership.clone()),
            };
            Ok(GetBucketOwnershipControlsOutput {
                ownership_controls: Some(OwnershipControls { rules: vec![rule] }),
            })
        },
    )
}

pub(super) fn public_access_block(
    s3: &PracticeS3,
    input: &GetPublicAccessBlockInput,
) -> S3Result<S3Response<GetPublicAccessBlockOutput>> {
    look(
        s3,
        &input.bucket,
        input.expected_bucket_owner.as_deref(),
        |bucket| {
            let PublicAccessBlock {
                block_acls,
                ignore_acls,
                block_policy,
                restrict,
            } = bucket.public_access_block.ok_or_else(|| {
                missing(
                    "NoSuchPublicAccessBlockConfiguration",
                    "The public access block configuration was not found",
                )
            })?;
            Ok(GetPublicAccessBlockOutput {
                public_access_block_configuration: Some(PublicAccessBlockConfiguration {
                    block_public_acls: Some(block_acls),
                    block_public_policy: Some(block_policy),
                    ignore_public_acls: Some(ignore_acls),
                    restrict_public_buckets: Some(restrict),
                }),
            })
        },
    )
}

pub(super) fn versioning(
    s3: &PracticeS3,
    input: &GetBucketVersioningInput,
) -> S3Result<S3Response<GetBucketVersioningOutput>> {
    look(
        s3,
        &input.bucket,
        input.expected_bucket_owner.as_deref(),
        |bucket| {
            Ok(GetBucketVersioningOutput {
                status: bucket.versioning.clone().map(BucketVersioningStatus::from),
                ..GetBucketVersioningOutput::default()
            })
        },
    )
}

pub(super) fn lifecycle(
    s3: &PracticeS3,
    input: &GetBucketLifecycleConfigurationInput,
) -> S3Result<S3Response<GetBucketLifecycleConfigurationOutput>> {
    look(
        s3,
        &input.bucket,
        input.expected_bucket_owner.as_deref(),
        |bucket| {
            let days = bucket.archived_after_days.ok_or_else(|| {
                missing(
                    "NoSuchLifecycleConfiguration",
                    "The lifecycle configuration does not exist",
                )
            })?;
            let transition = Transition {
                days: Some(days),
                storage_class: Some(TransitionStorageClass::from_static(
                    TransitionStorageClass::GLACIER,
                )),
                ..Transition::default()
            };
            let rule = LifecycleRule {
                id: Some("archive".to_owned()),
                status: ExpirationStatus::from_static(ExpirationStatus::ENABLED),
                filter: Some(LifecycleRuleFilter {
                    prefix: Some(String::new()),
                    ..LifecycleRuleFilter::default()
                }),
                transitions: Some(vec![transition]),
                abort_incomplete_multipart_upload: None,
                expiration: None,
                noncurrent_version_expiration: None,
                noncurrent_version_transitions: None,
                prefix: None,
            };
            Ok(GetBucketLifecycleConfigurationOutput {
                rules: Some(vec![rule]),
                ..GetBucketLifecycleConfigurationOutput::default()
            })
        },
    )
}

pub(super) fn request_payment(
    s3: &PracticeS3,
    input: &GetBucketRequestPaymentInput,
) -> S3Result<S3Response<GetBucketRequestPaymentOutput>> {
    look(
        s3,
        &input.bucket,
        input.expected_bucket_owner.as_deref(),
        |bucket| {
            let payer = if bucket.requester_pays {
                Payer::REQUESTER
            } else {
                Payer::BUCKET_OWNER
            };
            Ok(GetBucketRequestPaymentOutput {
                payer: Some(Payer::from_static(payer)),
            })
        },
    )
}

/// The access control list of a bucket as all are made: its owner, and nobody else.
pub(super) fn acl(s3: &PracticeS3, input: &GetBucketAclInput) -> S3Result<S3Response<GetBucketAclOutput>> {
    look(
        s3,
        &input.bucket,
        input.expected_bucket_owner.as_deref(),
        |bucket| {
            let id = canonical_id(&bucket.account);
            let grantee = Grantee {
                display_name: None,
                email_address: None,
                id: Some(id.clone()),
                type_: Type::from_static(Type::CANONICAL_USER),
                uri: None,
            };
            Ok(GetBucketAclOutput {
                grants: Some(vec![Grant {
                    grantee: Some(grantee),
                    permission: Some(Permission::from_static(Permission::FULL_CONTROL)),
                }]),
                owner: Some(Owner {
                    id: Some(id),
                    display_name: None,
                }),
            })
        },
    )
}
