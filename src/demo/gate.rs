//! Who the caller is, and whether they may: the keys of the practice account, and the seam where its policies decide.
//!
//! `s3s` checks the signature with the secret that [`Gate`] gives it for a key id, then asks whether the caller may do
//! what they ask. The answer is an [`Access`] function's, so that policies in force can take the place of the fixed
//! rules below without touching anything else.

use std::{collections::BTreeMap, sync::Arc};

use s3s::{
    S3Error, S3ErrorCode, S3Result,
    access::{S3Access, S3AccessContext},
    auth::{S3Auth, SecretKey},
    path::S3Path,
};
use secrecy::ExposeSecret;

use super::{
    faults::Faults,
    iam::{World, world::Caller},
};

/// What a caller asks for, in IAM's terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Who asks; `None` for an unsigned request.
    pub caller: Option<Caller>,
    /// The API call: `ListObjectsV2`.
    pub call: String,
    /// The IAM action it needs: `s3:ListBucket`.
    pub action: String,
    /// The bucket; empty for calls on none.
    pub bucket: String,
    /// The object's key, where the call is on an object.
    pub key: Option<String>,
    /// What the request says about a listing: `prefix`, `delimiter`, `max-keys`.
    pub query: BTreeMap<String, String>,
    /// Whether the caller takes the bill.
    pub pays: bool,
}

impl Request {
    /// The listing's prefix; empty where none was asked for.
    pub fn prefix(&self) -> &str {
        self.query.get("prefix").map_or("", String::as_str)
    }
}

/// Whether a request may go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It may.
    Allow,
    /// It may not, and the words of the refusal, as AWS words them.
    Deny(String),
}

/// Decides about requests.
pub type Access = Arc<dyn Fn(&Request) -> Decision + Send + Sync>;

/// AWS' words for a refusal that no policy allowed.
pub fn refusal(request: &Request) -> String {
    let Some(caller) = &request.caller else {
        return "Access Denied".to_owned();
    };
    let resource = match &request.key {
        Some(key) => format!("arn:aws:s3:::{}/{key}", request.bucket),
        None => format!("arn:aws:s3:::{}", request.bucket),
    };
    format!(
        "User: {} is not authorized to perform: {} on resource: \"{resource}\" because no identity-based policy allows \
         the {} action",
        caller.arn, request.action, request.action
    )
}

/// The IAM action of an S3 call.
pub fn action_of(call: &str) -> String {
    match call {
        "ListObjects" | "ListObjectsV2" | "HeadBucket" => "s3:ListBucket".to_owned(),
        "HeadObject" => "s3:GetObject".to_owned(),
        "ListBuckets" => "s3:ListAllMyBuckets".to_owned(),
        "DeleteObjects" => "s3:DeleteObject".to_owned(),
        "GetBucketEncryption" => "s3:GetEncryptionConfiguration".to_owned(),
        "GetPublicAccessBlock" => "s3:GetBucketPublicAccessBlock".to_owned(),
        "PutPublicAccessBlock" => "s3:PutBucketPublicAccessBlock".to_owned(),
        "GetBucketLifecycleConfiguration" => "s3:GetLifecycleConfiguration".to_owned(),
        other => format!("s3:{other}"),
    }
}

/// Keys, rules and faults together, as `s3s` asks for them.
#[derive(Clone)]
pub struct Gate {
    /// Whose keys are whose.
    pub world: World,
    /// Who may do what.
    pub access: Access,
    /// Refusals on request come before the rules.
    pub faults: Faults,
}

#[async_trait::async_trait]
impl S3Auth for Gate {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        match self.world.admit(access_key) {
            Some((secret, _)) => Ok(SecretKey::from(secret.expose_secret())),
            None => Err(S3Error::with_message(
                S3ErrorCode::InvalidAccessKeyId,
                "The AWS Access Key Id you provided does not exist in our records.",
            )),
        }
    }
}

#[async_trait::async_trait]
impl S3Access for Gate {
    async fn check(&self, cx: &mut S3AccessContext<'_>) -> S3Result<()> {
        let call = cx.s3_op().name().to_owned();
        let (bucket, key) = match cx.s3_path() {
            S3Path::Root => (String::new(), None),
            S3Path::Bucket { bucket } => (bucket.to_string(), None),
            S3Path::Object { bucket, key } => (bucket.to_string(), Some(key.to_string())),
        };
        let caller = cx.credentials().and_then(|c| self.world.caller(&c.access_key));
        let pays = cx.headers().contains_key("x-amz-request-payer");
        let query = super::front::query_pairs(cx.uri().query().unwrap_or_default());
        let request = Request {
            caller,
            action: action_of(&call),
            call,
            bucket,
            key,
            query,
            pays,
        };
        let refused_by_fault = match request.action.as_str() {
            "s3:ListBucket" if request.call != "HeadBucket" => self.faults.refuses_list(request.prefix()),
            "s3:GetObject" => request
                .key
                .as_deref()
                .is_some_and(|k| self.faults.refuses_read(k)),
            _ => false,
        };
        let decision = if refused_by_fault {
            Decision::Deny(refusal(&request))
        } else {
            (self.access)(&request)
        };
        match decision {
            Decision::Allow => Ok(()),
            Decision::Deny(words) => Err(S3Error::with_message(S3ErrorCode::AccessDenied, words)),
        }
    }
}
