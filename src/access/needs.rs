//! What the reader needs, and nothing else: to list the three folders and to read what is under them. And the policy
//! documents that grant exactly this.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::context::Request;
use crate::rule::Dataset;

/// The name of the user's inline policy that we write.
pub const POLICY_NAME: &str = "bucket-ready-read";
/// The Sid of our statement that allows listing, in both policies.
pub const SID_LIST: &str = "BucketReadyList";
/// The Sid of our statement that allows reading, in both policies.
pub const SID_READ: &str = "BucketReadyRead";
/// The Sid of the optional statement for `s3:GetBucketLocation`, in the user policy.
pub const SID_LOCATION: &str = "BucketReadyLocation";
/// The Sid of the statement for `kms:Decrypt`, in the user policy.
pub const SID_DECRYPT: &str = "BucketReadyDecrypt";
/// The Sids of our statements in a bucket policy, in the order in which we write them.
pub const BUCKET_SIDS: [&str; 2] = [SID_LIST, SID_READ];

/// Characters without white space in all inline policies of a user, at most.
///
/// Source: IAM User Guide, "IAM and STS quotas".
pub const INLINE_LIMIT: usize = 2_048;
/// Characters without white space in a managed policy, at most. Source: as above.
pub const MANAGED_LIMIT: usize = 6_144;
/// Bytes in a bucket policy, at most. Source: Amazon S3 User Guide, "Bucket policies".
pub const BUCKET_LIMIT: usize = 20 * 1_024;

/// The bucket, where in it the folders lie, and its partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The bucket's name.
    pub bucket: String,
    /// What stands before `events/`: empty, or ending in `/`.
    #[serde(default)]
    pub prefix: String,
    /// `aws`, `aws-cn`, `aws-us-gov`.
    #[serde(default = "aws")]
    pub partition: String,
}

fn aws() -> String {
    "aws".into()
}

/// What is granted beside listing and reading.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Extras {
    /// `s3:GetBucketLocation`: the integration's page does not ask for it, its successor does.
    pub location: bool,
    /// KMS keys, by ARN, with which objects are encrypted.
    pub kms_keys: Vec<String>,
}

/// One thing the reader must be able to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Need {
    /// List a folder.
    List(Dataset),
    /// Read a folder's objects.
    Read(Dataset),
}

impl Need {
    /// All six, lists first.
    pub fn all() -> impl Iterator<Item = Self> {
        Dataset::ALL
            .into_iter()
            .map(Self::List)
            .chain(Dataset::ALL.into_iter().map(Self::Read))
    }

    /// The folder.
    pub const fn dataset(self) -> Dataset {
        match self {
            Self::List(d) | Self::Read(d) => d,
        }
    }

    /// The action.
    pub const fn action(self) -> &'static str {
        match self {
            Self::List(_) => "s3:ListBucket",
            Self::Read(_) => "s3:GetObject",
        }
    }
}

impl Target {
    /// A target; the prefix gets its closing slash, and loses an opening one.
    pub fn new(bucket: impl Into<String>, prefix: &str, partition: impl Into<String>) -> Self {
        let prefix = prefix.trim_start_matches('/');
        let prefix = match prefix {
            "" => String::new(),
            p if p.ends_with('/') => p.to_owned(),
            p => format!("{p}/"),
        };
        Self {
            bucket: bucket.into(),
            prefix,
            partition: partition.into(),
        }
    }

    /// `arn:aws:s3:::bucket`
    pub fn bucket_arn(&self) -> String {
        format!("arn:{}:s3:::{}", self.partition, self.bucket)
    }

    /// A folder's whole prefix: `exports/events/`.
    pub fn folder(&self, dataset: Dataset) -> String {
        format!("{}{}", self.prefix, dataset.folder())
    }

    /// The folder that a key (or a listed prefix) lies in, if in any.
    pub fn dataset_of(&self, key: &str) -> Option<Dataset> {
        Dataset::ALL
            .into_iter()
            .find(|d| key.starts_with(&self.folder(*d)))
    }

    /// The folder whose listing a prefix is part of, if any: its name without the slash counts, and all below.
    pub fn dataset_listed(&self, prefix: &str) -> Option<Dataset> {
        let bare = |d: &Dataset| self.folder(*d).trim_end_matches('/') == prefix;
        self.dataset_of(prefix)
            .or_else(|| Dataset::ALL.into_iter().find(bare))
    }

    /// The `s3:prefix` values that a Spark read of `folder/*` lists, the depth of one day folder: the name without its
    /// slash and with it, and the same of a day folder.
    pub fn listed_prefixes(&self, dataset: Dataset) -> Vec<String> {
        let folder = self.folder(dataset);
        let bare = folder.trim_end_matches('/').to_owned();
        let day = format!("{folder}2022-06-22");
        vec![bare, folder, day.clone(), format!("{day}/")]
    }

    /// The values of the `s3:prefix` condition that lets through all of [`Target::listed_prefixes`] and nothing
    /// outside the folders.
    pub fn prefix_patterns(&self) -> Vec<String> {
        Dataset::ALL
            .into_iter()
            .flat_map(|d| {
                let folder = literal(&self.folder(d));
                [folder.trim_end_matches('/').to_owned(), format!("{folder}*")]
            })
            .collect()
    }

    /// The resources that hold the objects: `arn:aws:s3:::bucket/events/*`.
    pub fn object_patterns(&self) -> Vec<String> {
        Dataset::ALL
            .into_iter()
            .map(|d| format!("{}/{}*", self.bucket_arn(), literal(&self.folder(d))))
            .collect()
    }

    /// The requests that a need comes to.
    pub fn requests(&self, need: Need) -> Vec<Request> {
        match need {
            Need::List(dataset) => self
                .listed_prefixes(dataset)
                .iter()
                .map(|prefix| Request::list(&self.partition, &self.bucket, Some(prefix), Some("/")))
                .collect(),
            Need::Read(dataset) => {
                let key = format!("{}2022-06-22/part-0.parquet", self.folder(dataset));
                vec![Request::read(&self.partition, &self.bucket, &key)]
            }
        }
    }

    fn list_statement(&self) -> Value {
        json!({
            "Sid": SID_LIST,
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": self.bucket_arn(),
            "Condition": {"StringLike": {"s3:prefix": self.prefix_patterns()}},
        })
    }

    fn read_statement(&self) -> Value {
        json!({
            "Sid": SID_READ,
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Resource": self.object_patterns(),
        })
    }

    /// The user's inline policy, formatted.
    pub fn user_policy(&self, extras: &Extras) -> String {
        let mut statements = vec![self.list_statement(), self.read_statement()];
        if extras.location {
            statements.push(json!({
                "Sid": SID_LOCATION,
                "Effect": "Allow",
                "Action": "s3:GetBucketLocation",
                "Resource": self.bucket_arn(),
            }));
        }
        if !extras.kms_keys.is_empty() {
            statements.push(json!({
                "Sid": SID_DECRYPT,
                "Effect": "Allow",
                "Action": "kms:Decrypt",
                "Resource": extras.kms_keys,
            }));
        }
        format!("{:#}", json!({"Version": "2012-10-17", "Statement": statements}))
    }

    /// Our two statements of the bucket policy, for the user's ARN, formatted.
    pub fn bucket_statements(&self, user_arn: &str) -> Vec<String> {
        [self.list_statement(), self.read_statement()]
            .into_iter()
            .map(|statement| {
                let mut with_principal = serde_json::Map::new();
                for (name, value) in statement.as_object().into_iter().flatten() {
                    with_principal.insert(name.clone(), value.clone());
                    if name == "Effect" {
                        with_principal.insert("Principal".into(), json!({"AWS": user_arn}));
                    }
                }
                format!("{:#}", Value::Object(with_principal))
            })
            .collect()
    }
}

/// A text in which a policy's value means itself: `*`, `?` and `$` are written as the variables that stand for them.
fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '*' | '?' | '$' => out.extend(['$', '{', c, '}']),
            c => out.push(c),
        }
    }
    out
}

/// Whether a KMS key is the account's own `aws/s3` key, told by its alias; such a key can't be used from another account.
pub fn is_aws_managed_alias(key: &str) -> bool {
    key.ends_with("alias/aws/s3") || key == "aws/s3"
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::access::{
        Actor, Attached, Policy, Source, Truth,
        evaluate::{InForce, Layer, evaluate},
        policy::iam_size,
    };

    const READER: &str = "arn:aws:iam::111111111111:user/statsig-reader";

    fn in_force(user: Option<&str>, bucket: Option<&str>, owner: &str) -> InForce {
        let layer = |text: Option<&str>, source: Source| {
            Layer::seen(
                text.map(|t| Attached::new(source, Policy::parse(t).unwrap()))
                    .into_iter()
                    .collect(),
            )
        };
        InForce {
            identity: layer(
                user,
                Source::UserInline {
                    name: POLICY_NAME.into(),
                },
            ),
            resource: layer(bucket, Source::Bucket),
            resource_account: Some(owner.into()),
            restrict_public_buckets: Some(true),
            ..InForce::default()
        }
    }

    fn bucket_policy(target: &Target) -> String {
        let statements = target.bucket_statements(READER).join(",");
        format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#)
    }

    #[test]
    fn our_policies_grant_what_a_spark_read_lists_and_nothing_more() {
        for prefix in ["", "exports/2026", "odd*na?me$/${x}/"] {
            let target = Target::new("acme", prefix, "aws");
            let user = target.user_policy(&Extras::default());
            let bucket = bucket_policy(&target);
            let actor = Actor::from_arn(READER).unwrap();
            for (user, bucket, owner) in [
                (Some(user.as_str()), None, "111111111111"),
                (None, Some(bucket.as_str()), "111111111111"),
                (Some(&user), Some(&bucket), "222222222222"),
            ] {
                let in_force = in_force(user, bucket, owner);
                let ask = |request: &Request| evaluate(&actor, request, &in_force).answer;
                for need in Need::all() {
                    for request in target.requests(need) {
                        assert_eq!(ask(&request), Truth::Yes, "{prefix:?} {need:?} {request:?}");
                    }
                }
                let p = &target.prefix;
                for outside in ["", "event", "eventsx/", "events2/", "secret/", "Events/"] {
                    let list = Request::list("aws", "acme", Some(&format!("{p}{outside}")), None);
                    assert_eq!(ask(&list), Truth::No, "{prefix:?} list {outside:?}");
                    let read = Request::read("aws", "acme", &format!("{p}{outside}x"));
                    assert_eq!(ask(&read), Truth::No, "{prefix:?} read {outside:?}");
                }
                assert_eq!(ask(&Request::list("aws", "acme", None, None)), Truth::No);
                assert_eq!(
                    ask(&Request::read("aws", "acme-2", &format!("{p}events/x"))),
                    Truth::No
                );
                for action in ["s3:PutObject", "s3:DeleteObject", "s3:GetObjectAcl"] {
                    let write = Request::on_object(action, "aws", "acme", &format!("{p}events/x"));
                    assert_eq!(ask(&write), Truth::No);
                }
            }
        }
    }

    #[test]
    fn extras_are_statements_of_their_own_that_no_condition_voids() {
        let target = Target::new("acme", "", "aws-cn");
        let key = "arn:aws-cn:kms:cn-north-1:111111111111:key/9c1e";
        let extras = Extras {
            location: true,
            kms_keys: vec![key.into()],
        };
        let policy = Policy::parse(&target.user_policy(&extras)).unwrap();
        let sids: Vec<String> = policy.statements.iter().map(|s| s.name()).collect();
        assert_eq!(sids, [SID_LIST, SID_READ, SID_LOCATION, SID_DECRYPT]);
        for sid in [SID_READ, SID_LOCATION, SID_DECRYPT] {
            assert!(policy.by_sid(sid).unwrap().conditions.is_empty());
        }
        assert!(policy.text().contains("arn:aws-cn:s3:::acme/events/*"));
        assert!(iam_size(policy.text()) < INLINE_LIMIT);
    }

    #[test]
    fn a_prefix_is_taken_with_or_without_its_slashes() {
        for prefix in ["exports", "/exports", "exports/"] {
            let target = Target::new("acme", prefix, "aws");
            assert_eq!(target.folder(Dataset::Metrics), "exports/metrics/");
            assert_eq!(target.dataset_of("exports/metrics/x"), Some(Dataset::Metrics));
            assert_eq!(target.dataset_of("metrics/x"), None);
        }
    }
}
