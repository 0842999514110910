//! Who asks, for what, and what is known of the circumstances: the request that policies are held against.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::pattern::{arn_parts, is_account_id};

/// What is known of a condition key in a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// It is there, with these values (one, but for keys of many values).
    Values(Vec<String>),
    /// It is surely not in the request.
    Absent,
    /// It may or may not be there.
    Unknown,
}

/// Condition keys of a request, as far as they are known. Names are compared without case, as IAM does. A key that was
/// never told of is unknown, which is not the same as absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    from = "BTreeMap<String, Option<Vec<String>>>",
    into = "BTreeMap<String, Option<Vec<String>>>"
)]
pub struct Context {
    known: BTreeMap<String, Option<Vec<String>>>,
}

/// Keys from outside, in any case; `null` is a key that is surely absent.
impl From<BTreeMap<String, Option<Vec<String>>>> for Context {
    fn from(keys: BTreeMap<String, Option<Vec<String>>>) -> Self {
        let known = keys
            .into_iter()
            .map(|(key, values)| (key.to_ascii_lowercase(), values))
            .collect();
        Self { known }
    }
}

impl From<Context> for BTreeMap<String, Option<Vec<String>>> {
    fn from(context: Context) -> Self {
        context.known
    }
}

impl Context {
    /// The key is there with this value.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.known
            .insert(key.to_ascii_lowercase(), Some(vec![value.into()]));
        self
    }

    /// The key is there with these values.
    #[must_use]
    pub fn with_many(mut self, key: &str, values: Vec<String>) -> Self {
        self.known.insert(key.to_ascii_lowercase(), Some(values));
        self
    }

    /// The key is surely not in the request.
    #[must_use]
    pub fn without(mut self, key: &str) -> Self {
        self.known.insert(key.to_ascii_lowercase(), None);
        self
    }

    /// Present with a value, or surely absent.
    #[must_use]
    pub fn with_or_without(self, key: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self.without(key),
        }
    }

    /// The request comes over the internet from this address, not through a VPC endpoint.
    #[must_use]
    pub fn from_internet(self, address: &str) -> Self {
        self.with("aws:SourceIp", address)
            .without("aws:SourceVpc")
            .without("aws:SourceVpce")
            .without("aws:SourceVpcArn")
            .without("aws:VpcSourceIp")
            .without("aws:VpceAccount")
            .without("aws:VpceOrgID")
            .without("aws:VpceOrgPaths")
    }

    /// Forgets these keys: neither their values nor their absence are known.
    #[must_use]
    pub fn not_knowing(mut self, keys: &[&str]) -> Self {
        for key in keys {
            self.known.remove(&key.to_ascii_lowercase());
        }
        self
    }

    /// The request is made at this instant.
    #[must_use]
    pub fn at(self, now: Timestamp) -> Self {
        self.with("aws:CurrentTime", now.to_string())
            .with("aws:EpochTime", now.as_second().to_string())
    }

    /// What is known of a key.
    pub fn get(&self, key: &str) -> Held {
        match self.known.get(&key.to_ascii_lowercase()) {
            Some(Some(values)) => Held::Values(values.clone()),
            Some(None) => Held::Absent,
            None => Held::Unknown,
        }
    }

    /// These keys, and from `other` those that are not told of here.
    #[must_use]
    pub fn or(mut self, other: &Self) -> Self {
        for (key, values) in &other.known {
            self.known.entry(key.clone()).or_insert_with(|| values.clone());
        }
        self
    }
}

/// What kind of identity asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActorKind {
    /// An IAM user.
    #[default]
    User,
    /// A session of a role.
    RoleSession,
    /// The root of an account.
    Root,
    /// Nobody: the request is not signed.
    Anonymous,
    /// An identity of another kind (federated user, service).
    Other,
}

/// Who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Actor {
    /// What kind.
    pub kind: ActorKind,
    /// `arn:aws:iam::123456789012:user/path/name`, `arn:aws:sts::…:assumed-role/role/session`; empty for nobody.
    pub arn: String,
    /// Twelve digits; empty for nobody.
    pub account: String,
    /// The unique id, `AIDA…`, where it is known.
    pub user_id: Option<String>,
    /// The organisation, `o-…`, where it is known.
    pub org_id: Option<String>,
    /// The identity's tags, where all of them are known.
    pub tags: Option<BTreeMap<String, String>>,
}

impl Actor {
    /// Reads who an ARN names, as STS `GetCallerIdentity` tells it; `None` when it names no identity.
    pub fn from_arn(arn: &str) -> Option<Self> {
        let [_, _, service, _, account, rest] = arn_parts(arn)?;
        if !is_account_id(account) {
            return None;
        }
        let kind = match (service, rest.split('/').next().unwrap_or_default()) {
            ("iam", "user") => ActorKind::User,
            ("iam" | "sts", "root") => ActorKind::Root,
            ("sts", "assumed-role") => ActorKind::RoleSession,
            _ => ActorKind::Other,
        };
        Some(Self {
            kind,
            arn: arn.to_owned(),
            account: account.to_owned(),
            ..Self::default()
        })
    }

    /// An unsigned request.
    pub fn nobody() -> Self {
        Self {
            kind: ActorKind::Anonymous,
            ..Self::default()
        }
    }

    /// The user's name without its path, or the role's.
    pub fn name(&self) -> Option<&str> {
        let rest = arn_parts(&self.arn)?[5];
        match self.kind {
            ActorKind::User => rest.rsplit('/').next(),
            ActorKind::RoleSession => rest.split('/').nth(1),
            _ => None,
        }
    }

    /// The partition: `aws`, `aws-cn`, `aws-us-gov`.
    pub fn partition(&self) -> &str {
        arn_parts(&self.arn).map_or("aws", |parts| parts[1])
    }

    /// The role's ARN, for a session; without the role's path, which a session's ARN does not tell.
    pub fn role_arn(&self) -> Option<String> {
        let role = (self.kind == ActorKind::RoleSession)
            .then(|| self.name())
            .flatten()?;
        Some(format!(
            "arn:{}:iam::{}:role/{role}",
            self.partition(),
            self.account
        ))
    }

    /// The keys that follow from who asks.
    fn context(&self) -> Context {
        let anonymous = self.kind == ActorKind::Anonymous;
        let mut context = Context::default()
            .with_or_without("aws:PrincipalIsAWSService", (!anonymous).then_some("false"))
            .with("aws:ViaAWSService", "false")
            .without("aws:SourceArn")
            .without("aws:SourceAccount")
            .without("aws:SourceOwner")
            .without("aws:CalledVia")
            .without("aws:CalledViaFirst")
            .without("aws:CalledViaLast")
            .without("aws:PrincipalServiceName");
        match self.kind {
            ActorKind::User | ActorKind::Root => {
                // Long-lived keys carry no session: no token, no MFA, no federation.
                for key in [
                    "aws:MultiFactorAuthPresent",
                    "aws:MultiFactorAuthAge",
                    "aws:TokenIssueTime",
                    "aws:FederatedProvider",
                ] {
                    context = context.without(key);
                }
                let user = self.kind == ActorKind::User;
                context = context
                    .with("aws:PrincipalArn", &self.arn)
                    .with("aws:PrincipalType", if user { "User" } else { "Account" })
                    .with_or_without("aws:username", if user { self.name() } else { None });
                if !user {
                    context = context.with("aws:userid", &self.account);
                }
            }
            ActorKind::RoleSession => {
                context = context
                    .with("aws:PrincipalType", "AssumedRole")
                    .without("aws:username");
            }
            ActorKind::Anonymous => {
                context = context
                    .with("aws:PrincipalType", "Anonymous")
                    .with("aws:userid", "anonymous")
                    .without("aws:username")
                    .without("aws:PrincipalArn")
                    .without("aws:PrincipalAccount")
                    .without("aws:PrincipalOrgID")
                    .without("aws:MultiFactorAuthPresent");
            }
            ActorKind::Other => {}
        }
        if !self.account.is_empty() {
            context = context.with("aws:PrincipalAccount", &self.account);
        }
        if let Some(id) = &self.user_id {
            context = context.with("aws:userid", id);
        }
        if let Some(org) = &self.org_id {
            context = context.with("aws:PrincipalOrgID", org);
        }
        context
    }
}

/// One request: an action on a resource, under circumstances.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Request {
    /// `s3:GetObject`
    pub action: String,
    /// The ARN of what it acts on.
    pub resource: String,
    /// What is known of the circumstances, beside what follows from action and actor.
    pub context: Context,
    /// The account that owns the object, where it is known not to be the bucket's.
    pub foreign_object_owner: Option<String>,
}

impl Request {
    /// Listing a bucket, by prefix and delimiter where the request has them.
    pub fn list(partition: &str, bucket: &str, prefix: Option<&str>, delimiter: Option<&str>) -> Self {
        Self {
            action: "s3:ListBucket".into(),
            resource: format!("arn:{partition}:s3:::{bucket}"),
            context: Context::default()
                .with_or_without("s3:prefix", prefix)
                .with_or_without("s3:delimiter", delimiter),
            foreign_object_owner: None,
        }
    }

    /// Reading an object's current version.
    pub fn read(partition: &str, bucket: &str, key: &str) -> Self {
        Self::on_object("s3:GetObject", partition, bucket, key)
    }

    /// Any action on an object.
    pub fn on_object(action: &str, partition: &str, bucket: &str, key: &str) -> Self {
        Self {
            action: action.into(),
            resource: format!("arn:{partition}:s3:::{bucket}/{key}"),
            context: Context::default()
                .without("s3:prefix")
                .without("s3:delimiter")
                .without("s3:max-keys"),
            foreign_object_owner: None,
        }
    }

    /// Any action on the bucket itself but listing.
    pub fn on_bucket(action: &str, partition: &str, bucket: &str) -> Self {
        Self {
            action: action.into(),
            resource: format!("arn:{partition}:s3:::{bucket}"),
            context: Context::default().without("s3:prefix").without("s3:delimiter"),
            foreign_object_owner: None,
        }
    }

    /// Decrypting an object's data key for S3, which asks KMS in the reader's name. The key is of the bucket's region. The
    /// encryption context is the object's ARN, or with a bucket key the bucket's, so it is not known here.
    ///
    /// Source: IAM User Guide, "Forward access sessions"; Amazon S3 User Guide, "Using server-side encryption with AWS KMS
    /// keys", "Encryption context".
    pub fn decrypt(key_arn: &str) -> Self {
        const S3: &str = "s3.amazonaws.com";
        let mut context = Context::default()
            .with("aws:ViaAWSService", "true")
            .with_many("aws:CalledVia", vec![S3.into()])
            .with("aws:CalledViaFirst", S3)
            .with("aws:CalledViaLast", S3);
        // In other partitions the service's name may have another ending.
        if let Some([_, "aws" | "aws-us-gov", _, region, ..]) = arn_parts(key_arn)
            && !region.is_empty()
        {
            context = context.with("kms:ViaService", format!("s3.{region}.amazonaws.com"));
        }
        Self {
            action: "kms:Decrypt".into(),
            resource: key_arn.to_owned(),
            context,
            foreign_object_owner: None,
        }
    }

    /// The same request, with more known of the circumstances.
    #[must_use]
    pub fn under(mut self, circumstances: &Context) -> Self {
        self.context = self.context.or(circumstances);
        self
    }

    /// All that is known: what was told, then what follows from who asks and for what.
    pub(super) fn whole_context(&self, actor: &Actor) -> Context {
        let mut context = self.context.clone().or(&actor.context());
        if self.action.starts_with("s3:") && actor.kind != ActorKind::Anonymous {
            let signed = Context::default()
                .with("s3:authType", "REST-HEADER")
                .with("s3:signatureversion", "AWS4-HMAC-SHA256");
            context = context.or(&signed);
        }
        if self.action.starts_with("kms:") && !actor.account.is_empty() {
            context = context.or(&Context::default().with("kms:CallerAccount", &actor.account));
        }
        context
    }

    /// What is known of a key, tags of the identity included.
    pub(super) fn held(&self, context: &Context, actor: &Actor, key: &str) -> Held {
        const TAG: &str = "aws:principaltag/";
        let lower = key.to_ascii_lowercase();
        match (context.get(key), &actor.tags) {
            (Held::Unknown, Some(tags)) if lower.starts_with(TAG) => {
                let name = lower.strip_prefix(TAG).unwrap_or_default();
                match tags.iter().find(|(tag, _)| tag.eq_ignore_ascii_case(name)) {
                    Some((_, value)) => Held::Values(vec![value.clone()]),
                    None => Held::Absent,
                }
            }
            (held, _) => held,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn a_key_never_told_of_is_unknown_and_not_absent() {
        let context = Context::default()
            .with("aws:SourceIp", "203.0.113.7")
            .without("s3:prefix");
        assert_eq!(
            context.get("AWS:SOURCEIP"),
            Held::Values(vec!["203.0.113.7".into()])
        );
        assert_eq!(context.get("s3:prefix"), Held::Absent);
        assert_eq!(context.get("aws:SourceVpc"), Held::Unknown);
    }

    #[test]
    fn an_arn_tells_who_asks() {
        let user = Actor::from_arn("arn:aws:iam::123456789012:user/partners/statsig-reader").unwrap();
        assert_eq!(
            (user.kind, user.name()),
            (ActorKind::User, Some("statsig-reader"))
        );
        let role = Actor::from_arn("arn:aws-cn:sts::123456789012:assumed-role/ops/me").unwrap();
        assert_eq!(
            role.role_arn().as_deref(),
            Some("arn:aws-cn:iam::123456789012:role/ops")
        );
        assert_eq!(
            Actor::from_arn("arn:aws:iam::123456789012:root").unwrap().kind,
            ActorKind::Root
        );
        assert_eq!(Actor::from_arn("arn:aws:s3:::bucket"), None);
        assert_eq!(Actor::from_arn("AIDAEXAMPLE"), None);
    }
}
