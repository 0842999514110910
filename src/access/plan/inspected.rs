//! What was found of user and bucket, and what is wanted. What may not be read is unknown, and the rest goes on.

use serde::{Deserialize, Serialize};

use crate::access::{
    context::Actor,
    evaluate::{InForce, Layer, Unseen},
    evidence::{Encryption, Evidence, KeyFacts, Owner, Settings, UnreadablePolicy},
    needs::{Extras, Target},
    policy::{Attached, Policy, Source},
    simulated::Opinion,
};

/// Something that was read, or why it could not be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Known<T> {
    /// It was read.
    Known(T),
    /// It could not be, and why: `iam:GetUser was refused`.
    Unknown(String),
}

impl<T> Known<T> {
    /// What was read.
    pub fn get(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown(_) => None,
        }
    }

    /// Why it could not be read.
    pub fn why_not(&self) -> Option<&str> {
        match self {
            Self::Known(_) => None,
            Self::Unknown(why) => Some(why),
        }
    }
}

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self::Unknown("it was not looked at".into())
    }
}

/// An inline policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InlinePolicy {
    /// Its name.
    pub name: String,
    /// Its text.
    pub document: Known<String>,
}

/// A managed policy in its default version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachedPolicy {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Its default version, `v3`; empty where it is not known.
    pub version: String,
    /// Its text.
    pub document: Known<String>,
}

/// A group that the user is in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GroupFacts {
    /// Its name.
    pub name: String,
    /// Its inline policies.
    pub inline: Known<Vec<InlinePolicy>>,
    /// Its managed policies.
    pub attached: Known<Vec<AttachedPolicy>>,
}

/// The user, as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UserFacts {
    /// Its ARN, path included.
    pub arn: String,
    /// Its unique id, `AIDA…`.
    pub id: String,
    /// Its inline policies.
    pub inline: Known<Vec<InlinePolicy>>,
    /// Managed policies attached to it.
    pub attached: Known<Vec<AttachedPolicy>>,
    /// Its groups.
    pub groups: Known<Vec<GroupFacts>>,
    /// Its permissions boundary.
    pub boundary: Known<Option<AttachedPolicy>>,
    /// Its keys.
    pub keys: Known<Vec<KeyFacts>>,
    /// Its tags, where they could be read.
    pub tags: Option<std::collections::BTreeMap<String, String>>,
}

/// All that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Inspected {
    /// The bucket and where in it the folders lie.
    pub target: Target,
    /// The bucket's region.
    pub region: Option<String>,
    /// The account in which the user is, or will be: the operator's.
    pub user_account: Known<String>,
    /// The account that owns the bucket.
    pub bucket_account: Known<String>,
    /// The user; `Known(None)` when there is none of that name.
    pub user: Known<Option<UserFacts>>,
    /// The bucket's policy, exactly as S3 gives it; `Known(None)` when there is none.
    pub bucket_policy: Known<Option<String>>,
    /// Whether RestrictPublicBuckets is on for bucket or account.
    pub restrict_public_buckets: Known<bool>,
    /// How new objects are encrypted.
    pub encryption: Known<Encryption>,
    /// Ownership, payer, versions, archives.
    pub settings: Settings,
    /// Whose the bucket is beside the user's account: it may be known to be another's, though not whose.
    pub owner: Owner,
    /// What of the bucket's settings could not be read, and why.
    pub unseen_settings: Vec<Unseen>,
    /// What IAM's own simulator says of the reader's needs; empty where it was not or could not be asked.
    pub simulated: Vec<Opinion>,
}

impl Default for Inspected {
    fn default() -> Self {
        Self {
            target: Target::new("", "", "aws"),
            region: None,
            user_account: Known::default(),
            bucket_account: Known::default(),
            user: Known::default(),
            bucket_policy: Known::default(),
            restrict_public_buckets: Known::default(),
            encryption: Known::default(),
            settings: Settings::default(),
            owner: Owner::default(),
            unseen_settings: Vec::new(),
            simulated: Vec::new(),
        }
    }
}

/// What is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Wanted {
    /// The reader's name.
    pub user: String,
    /// The path under which it is made where it is not there; empty means `/`.
    pub path: String,
    /// What is granted beside listing and reading.
    pub extras: Extras,
    /// Whether a second key is wanted though there is one.
    pub rotate: bool,
    /// Texts of statements of the bucket policy that are to go, as [`super::Concern::offer_to_drop`] gave them.
    pub drop: Vec<String>,
}

/// Policies that could be read, those that could not, and what was not seen.
#[derive(Debug, Default)]
struct Gathered {
    layer: Layer,
    unreadable: Vec<UnreadablePolicy>,
}

impl Gathered {
    fn text(&mut self, source: Source, document: &Known<String>) {
        match document {
            Known::Unknown(why) => self.unseen(source.to_string(), why),
            Known::Known(text) => match Policy::parse(text) {
                Ok(policy) => self.layer.policies.push(Attached::new(source, policy)),
                Err(error) => {
                    self.unseen(source.to_string(), "it is not of the policy language");
                    self.unreadable.push(UnreadablePolicy {
                        source,
                        text: text.clone(),
                        why: error.to_string(),
                    });
                }
            },
        }
    }

    fn unseen(&mut self, what: impl Into<String>, why: &str) {
        self.layer.unseen.push(Unseen {
            what: what.into(),
            why: why.to_owned(),
        });
    }

    fn each<T>(&mut self, what: &str, list: &Known<Vec<T>>, mut one: impl FnMut(&mut Self, &T)) {
        match list {
            Known::Known(items) => items.iter().for_each(|item| one(self, item)),
            Known::Unknown(why) => self.unseen(what, why),
        }
    }
}

impl UserFacts {
    fn identity(&self) -> Gathered {
        let mut all = Gathered::default();
        all.each("the user's inline policies", &self.inline, |all, p| {
            all.text(Source::UserInline { name: p.name.clone() }, &p.document);
        });
        all.each("the user's managed policies", &self.attached, |all, p| {
            let source = Source::UserManaged {
                name: p.name.clone(),
                version: p.version.clone(),
            };
            all.text(source, &p.document);
        });
        all.each("the user's groups", &self.groups, |all, group| {
            let name = &group.name;
            all.each(
                &format!("inline policies of the group {name}"),
                &group.inline,
                |all, p| {
                    let source = Source::GroupInline {
                        group: name.clone(),
                        name: p.name.clone(),
                    };
                    all.text(source, &p.document);
                },
            );
            all.each(
                &format!("managed policies of the group {name}"),
                &group.attached,
                |all, p| {
                    let source = Source::GroupManaged {
                        group: name.clone(),
                        name: p.name.clone(),
                        version: p.version.clone(),
                    };
                    all.text(source, &p.document);
                },
            );
        });
        all
    }

    fn boundary_layer(&self) -> Gathered {
        let mut all = Gathered::default();
        match &self.boundary {
            Known::Unknown(why) => all.unseen("the user's permissions boundary", why),
            Known::Known(None) => {}
            Known::Known(Some(p)) => {
                let source = Source::Boundary {
                    name: p.name.clone(),
                    version: p.version.clone(),
                };
                all.text(source, &p.document);
            }
        }
        all
    }

    /// The inline policy of a name; `Known(None)` when there is none.
    pub fn inline_policy(&self, name: &str) -> Known<Option<String>> {
        match &self.inline {
            Known::Unknown(why) => Known::Unknown(why.clone()),
            Known::Known(policies) => match policies.iter().find(|p| p.name == name) {
                None => Known::Known(None),
                Some(policy) => match &policy.document {
                    Known::Known(text) => Known::Known(Some(text.clone())),
                    Known::Unknown(why) => Known::Unknown(why.clone()),
                },
            },
        }
    }
}

impl Inspected {
    /// The policies in force on the reader, and those that could be fetched but not read.
    pub fn in_force(&self) -> (InForce, Vec<UnreadablePolicy>) {
        let (identity, boundary) = match &self.user {
            Known::Known(Some(user)) => (user.identity(), user.boundary_layer()),
            Known::Known(None) => Default::default(),
            Known::Unknown(why) => {
                let (mut identity, mut boundary) = (Gathered::default(), Gathered::default());
                identity.unseen("the user's policies", why);
                boundary.unseen("the user's permissions boundary", why);
                (identity, boundary)
            }
        };
        let mut resource = Gathered::default();
        match &self.bucket_policy {
            Known::Unknown(why) => resource.unseen("the bucket policy", why),
            Known::Known(None) => {}
            Known::Known(Some(text)) => resource.text(Source::Bucket, &Known::Known(text.clone())),
        }
        let unreadable = [identity.unreadable, boundary.unreadable, resource.unreadable].concat();
        let in_force = InForce {
            identity: identity.layer,
            boundary: boundary.layer,
            resource: resource.layer,
            resource_account: self.bucket_account.get().cloned(),
            restrict_public_buckets: self.restrict_public_buckets.get().copied(),
            ..InForce::default()
        };
        (in_force, unreadable)
    }

    /// Evidence of what was inspected alone, for explanations and findings; add probes, objects and circumstances.
    pub fn evidence(&self, reader: Option<Actor>) -> Evidence {
        let (in_force, unreadable) = self.in_force();
        let user = self.user.get().and_then(Option::as_ref);
        let reader = reader.map(|mut reader| {
            if let Some(user) = user.filter(|u| u.arn == reader.arn) {
                reader.user_id = reader.user_id.or_else(|| Some(user.id.clone()));
                reader.tags = reader.tags.or_else(|| user.tags.clone());
            }
            reader
        });
        Evidence {
            target: self.target.clone(),
            region: self.region.clone(),
            reader,
            in_force,
            owner: self.owner,
            settings: self.settings.clone(),
            keys: user.and_then(|u| u.keys.get().cloned()),
            unreadable,
            simulated: self.simulated.clone(),
            ..Evidence::default()
        }
    }

    /// What could not be seen, in words.
    pub fn unseen(&self) -> Vec<Unseen> {
        let (in_force, _) = self.in_force();
        [in_force.identity, in_force.boundary, in_force.resource]
            .into_iter()
            .flat_map(|l| l.unseen)
            .chain(self.unseen_settings.iter().cloned())
            .collect()
    }

    /// The reader's ARN: the user's own, or the one that it will have.
    pub fn user_arn(&self, wanted: &Wanted) -> Option<String> {
        if let Some(Some(user)) = self.user.get() {
            return Some(user.arn.clone());
        }
        let account = self.user_account.get()?;
        Some(format!(
            "arn:{}:iam::{account}:user{}{}",
            self.target.partition,
            wanted.whole_path(),
            wanted.user
        ))
    }
}

impl Wanted {
    /// The path with its slashes: `/` or `/partners/`.
    pub fn whole_path(&self) -> String {
        match self.path.trim_matches('/') {
            "" => "/".into(),
            path => format!("/{path}/"),
        }
    }
}
