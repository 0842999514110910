//! All that was found out about the reader's access: policies as far as they could be seen, what requests came to, what
//! the objects and the bucket's settings say. Findings and explanations are made from this and nothing else.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    context::{Actor, Context, Request},
    evaluate::{Decision, InForce, Layer, evaluate},
    needs::{Need, Target, is_aws_managed_alias},
    policy::Source,
    refusal::Refusal,
    simulated::Opinion,
    truth::Truth,
};
use crate::rule::Dataset;

/// The addresses from which Statsig said that it reads, when this was written. They are configurable.
pub const STATSIG_ADDRESSES: [&str; 6] = [
    "20.29.232.235",
    "20.190.14.199",
    "34.138.242.148/30",
    "34.126.186.120/30",
    "34.168.242.172/30",
    "34.38.207.120/30",
];

/// Who owns the bucket, as far as the owner probe and STS tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Owner {
    /// The reader's account.
    Same,
    /// Another account.
    Other,
    /// Not known.
    #[default]
    Unknown,
}

/// What was asked with the reader's key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Asked {
    /// To list this prefix.
    List(String),
    /// To read this object.
    Read(String),
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// It was answered.
    Allowed,
    /// It was refused, in these words.
    Refused(String),
}

/// One request made with the reader's key, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// What was asked.
    pub asked: Asked,
    /// What came of it.
    pub answer: Answer,
}

/// How an object is encrypted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encryption {
    /// Not known.
    #[default]
    Unknown,
    /// By S3 itself, or not at all: nothing more is needed to read it.
    S3,
    /// By a KMS key: its ARN, or `alias/aws/s3` for the account's own S3 key.
    Kms(String),
}

/// Objects that are alike in storage class, encryption and owner.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ObjectGroup {
    /// One of them.
    pub key: String,
    /// How many.
    pub objects: u64,
    /// How they are encrypted.
    pub encryption: Encryption,
    /// Their owner's canonical id, where it is known.
    pub owner: Option<String>,
}

/// Who owns objects that others write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ownership {
    /// The bucket's owner owns everything; lists of access count for nothing.
    BucketOwnerEnforced,
    /// The bucket's owner owns what is written with `bucket-owner-full-control`.
    BucketOwnerPreferred,
    /// Whoever writes an object owns it.
    ObjectWriter,
}

/// Whether a bucket keeps the versions of its objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Versioning {
    /// It never did.
    Off,
    /// It does.
    On,
    /// It did once, and keeps what it has.
    Suspended,
}

/// A lifecycle rule in force that moves objects where they can't be read before they are restored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ArchiveRule {
    /// Its name.
    pub id: String,
    /// The objects' prefix; empty for all of the bucket.
    pub prefix: String,
    /// Days after an object was made; `None` where the rule has a date instead.
    pub days: Option<i32>,
    /// `GLACIER` or `DEEP_ARCHIVE`.
    pub class: String,
}

/// The bucket's settings, as far as they could be read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Who owns objects that others write.
    pub ownership: Option<Ownership>,
    /// The canonical id of the bucket's owner.
    pub owner_id: Option<String>,
    /// Whether whoever asks must pay.
    pub requester_pays: Option<bool>,
    /// Whether versions are kept.
    pub versioning: Option<Versioning>,
    /// Lifecycle rules that archive objects of our folders.
    pub archives: Option<Vec<ArchiveRule>>,
}

/// An access key of the user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct KeyFacts {
    /// The key's id.
    pub id: String,
    /// Whether it may be used.
    pub active: bool,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// When it was last used.
    pub last_used: Option<Timestamp>,
}

/// A policy that could be fetched but not read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadablePolicy {
    /// Where it is attached.
    pub source: Source,
    /// Its text.
    pub text: String,
    /// Why it can't be read.
    pub why: String,
}

/// All that was found out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Evidence {
    /// The bucket and where in it the folders lie.
    pub target: Target,
    /// The bucket's region.
    pub region: Option<String>,
    /// The folders that must be readable; all three, but for `signals/` where days are signalled by the API.
    pub datasets: Vec<Dataset>,
    /// The reader.
    pub reader: Option<Actor>,
    /// The id of the reader's key.
    pub reader_key_id: Option<String>,
    /// Policies and the account that owns the bucket.
    pub in_force: InForce,
    /// Whose the bucket is, where the account's id is not known.
    pub owner: Owner,
    /// What is known of our own requests: transport, address, time.
    pub circumstances: Context,
    /// What requests with the reader's key came to.
    pub probes: Vec<Probe>,
    /// The objects, by group.
    pub objects: Vec<ObjectGroup>,
    /// The bucket's settings.
    pub settings: Settings,
    /// The policies of KMS keys, by the keys' ARNs; a key that is not here has a policy that could not be read.
    pub key_policies: BTreeMap<String, Layer>,
    /// The user's keys, where they could be listed.
    pub keys: Option<Vec<KeyFacts>>,
    /// Policies that could be fetched but not read.
    pub unreadable: Vec<UnreadablePolicy>,
    /// What IAM's own simulator says of the needs.
    pub simulated: Vec<Opinion>,
    /// Addresses and ranges from which Statsig reads.
    pub statsig_addresses: Vec<String>,
    /// Whether a policy, user or key was changed within the last minutes: AWS may not agree with itself yet.
    pub recently_changed: bool,
    /// The check's clock.
    pub now: Option<Timestamp>,
}

impl Default for Evidence {
    fn default() -> Self {
        Self {
            target: Target::new("", "", "aws"),
            region: None,
            datasets: Dataset::ALL.to_vec(),
            reader: None,
            reader_key_id: None,
            in_force: InForce::default(),
            owner: Owner::Unknown,
            circumstances: Context::default(),
            probes: Vec::new(),
            objects: Vec::new(),
            settings: Settings::default(),
            key_policies: BTreeMap::new(),
            keys: None,
            unreadable: Vec::new(),
            simulated: Vec::new(),
            statsig_addresses: STATSIG_ADDRESSES.map(str::to_owned).to_vec(),
            recently_changed: false,
            now: None,
        }
    }
}

impl Probe {
    /// The request that was made.
    pub fn request(&self, target: &Target) -> Request {
        match &self.asked {
            Asked::List(prefix) => Request::list(&target.partition, &target.bucket, Some(prefix), None),
            Asked::Read(key) => Request::read(&target.partition, &target.bucket, key),
        }
    }

    /// The need that it tries; `None` outside the three folders.
    pub fn need(&self, target: &Target) -> Option<Need> {
        match &self.asked {
            Asked::List(prefix) => target.dataset_listed(prefix).map(Need::List),
            Asked::Read(key) => target.dataset_of(key).map(Need::Read),
        }
    }

    /// The refusal, taken apart.
    pub fn refusal(&self) -> Option<Refusal> {
        match &self.answer {
            Answer::Allowed => None,
            Answer::Refused(text) => Some(Refusal::decode(text)),
        }
    }
}

impl Evidence {
    /// The needs in question, lists first.
    pub fn needs(&self) -> impl Iterator<Item = Need> + '_ {
        Need::all().filter(|n| self.datasets.contains(&n.dataset()))
    }

    /// What is in force, with what the owner probe told of the bucket's account.
    pub fn in_force(&self) -> InForce {
        let mut in_force = self.in_force.clone();
        if in_force.resource_account.is_none() {
            in_force.resource_account = match (self.owner, &self.reader) {
                (Owner::Same, Some(reader)) => Some(reader.account.clone()),
                (Owner::Other, _) => Some("another account".into()),
                _ => None,
            };
        }
        in_force
    }

    /// What the policies say of a request, under the circumstances of our own; `None` when it is not known who the
    /// reader is.
    pub fn predict(&self, request: &Request) -> Option<Decision> {
        let reader = self.reader.as_ref()?;
        let request = request.clone().under(&self.circumstances);
        Some(evaluate(reader, &request, &self.in_force()))
    }

    /// What the policies say of a request from an address on the internet, such as Statsig's.
    pub fn predict_from(&self, request: &Request, address: &str) -> Option<Decision> {
        let reader = self.reader.as_ref()?;
        let mut elsewhere = Context::default()
            .with("aws:SecureTransport", "true")
            .from_internet(address);
        if let Some(now) = self.now {
            elsewhere = elsewhere.at(now);
        }
        let request = request.clone().under(&elsewhere);
        Some(evaluate(reader, &request, &self.in_force()))
    }

    /// What the policies say of decrypting with a KMS key.
    pub fn predict_decrypt(&self, key: &str) -> Option<Decision> {
        let reader = self.reader.as_ref()?;
        // It is S3 that calls: which address and endpoint KMS sees is not documented.
        let circumstances = self.circumstances.clone().not_knowing(&[
            "aws:SourceIp",
            "aws:SourceVpc",
            "aws:SourceVpcArn",
            "aws:SourceVpce",
            "aws:VpcSourceIp",
            "aws:UserAgent",
        ]);
        let request = Request::decrypt(key).under(&circumstances);
        let resource = match self.key_policies.get(key) {
            Some(layer) => layer.clone(),
            None => Layer::unseen("the policy of the KMS key", "it could not be read"),
        };
        let owner = super::pattern::arn_parts(key).map(|parts| parts[4].to_owned());
        let in_force = InForce {
            resource,
            resource_account: owner,
            ..self.in_force.clone()
        };
        Some(evaluate(reader, &request, &in_force))
    }

    /// Whether reader and bucket are of one account.
    pub fn same_account(&self) -> Truth {
        match (self.owner, &self.reader, &self.in_force.resource_account) {
            (_, Some(reader), Some(account)) => (reader.account == *account).into(),
            (Owner::Same, ..) => Truth::Yes,
            (Owner::Other, ..) => Truth::No,
            _ => Truth::Unknown,
        }
    }

    /// The group of an object's key, or the first group of its folder with this encryption.
    pub fn group_of(&self, key: &str) -> Option<&ObjectGroup> {
        self.objects.iter().find(|g| g.key == key)
    }

    /// Whether a group's objects belong to somebody else than the bucket's owner.
    pub fn is_foreign(&self, group: &ObjectGroup) -> Truth {
        if self.settings.ownership == Some(Ownership::BucketOwnerEnforced) {
            return Truth::No;
        }
        match (&group.owner, &self.settings.owner_id) {
            (Some(object), Some(bucket)) => (object != bucket).into(),
            _ => Truth::Unknown,
        }
    }

    /// Whether any policy could be seen at all.
    pub fn saw_policies(&self) -> bool {
        let f = &self.in_force;
        self.reader.is_some()
            && (f.identity.is_whole()
                || f.resource.is_whole()
                || !f.identity.policies.is_empty()
                || !f.resource.policies.is_empty())
    }

    /// Whether every policy of identity and bucket could be seen.
    pub fn saw_all_policies(&self) -> bool {
        let f = &self.in_force;
        self.reader.is_some()
            && [&f.identity, &f.boundary, &f.session, &f.resource]
                .iter()
                .all(|l| l.is_whole())
    }
}

impl Encryption {
    /// The KMS key, where it is one.
    pub fn kms_key(&self) -> Option<&str> {
        match self {
            Self::Kms(key) => Some(key),
            _ => None,
        }
    }

    /// Whether it is an account's own `aws/s3` key, which no other account can use.
    pub fn is_aws_managed(&self) -> bool {
        self.kms_key().is_some_and(is_aws_managed_alias)
    }
}
