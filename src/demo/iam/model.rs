//! Accounts and what is in them. Plain data; who may change it is not decided here.

use std::collections::BTreeMap;

use jiff::Timestamp;
use secrecy::SecretString;

use super::settling::Settling;
use crate::access::Attached;

/// An account: its users, groups and managed policies.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// Twelve digits.
    pub id: String,
    /// Users by name.
    pub users: BTreeMap<String, User>,
    /// Groups by name.
    pub groups: BTreeMap<String, Group>,
    /// Customer-managed policies, and those of AWS that somebody uses, by ARN.
    pub policies: BTreeMap<String, ManagedPolicy>,
    /// Policies of the organisation that limit everyone in it.
    pub limits: Vec<Attached>,
}

/// A user.
#[derive(Clone, Debug)]
pub struct User {
    /// The name, unique in the account but for case.
    pub name: String,
    /// `/`, or `/etl/`.
    pub path: String,
    /// `AIDA…`
    pub id: String,
    /// When it was made.
    pub created: Timestamp,
    /// Tags, in order.
    pub tags: Vec<(String, String)>,
    /// Inline policies by name.
    pub inline: BTreeMap<String, String>,
    /// ARNs of attached policies, in order.
    pub attached: Vec<String>,
    /// The ARN of the permissions boundary.
    pub boundary: Option<String>,
    /// Names of its groups.
    pub groups: Vec<String>,
    /// At most two.
    pub keys: Vec<Key>,
    /// How far the last change of its policies has spread.
    pub policies_settling: Settling,
    /// How far word of the user itself has spread: until then no policy can name it.
    pub settling: Settling,
}

/// An access key.
#[derive(Clone, Debug)]
pub struct Key {
    /// `AKIA…`
    pub id: String,
    /// 40 characters.
    pub secret: SecretString,
    /// Whether it is active.
    pub active: bool,
    /// When it was made.
    pub created: Timestamp,
    /// When, where (region) and for what (service) it was last used.
    pub last_used: Option<(Timestamp, String, String)>,
    /// How far word of the key has spread.
    pub settling: Settling,
}

/// A group.
#[derive(Clone, Debug, Default)]
pub struct Group {
    /// The name.
    pub name: String,
    /// `AGPA…`
    pub id: String,
    /// Inline policies by name.
    pub inline: BTreeMap<String, String>,
    /// ARNs of attached policies.
    pub attached: Vec<String>,
}

/// A managed policy.
#[derive(Clone, Debug)]
pub struct ManagedPolicy {
    /// `arn:aws:iam::…:policy/…`
    pub arn: String,
    /// The name.
    pub name: String,
    /// `ANPA…`
    pub id: String,
    /// When it was made.
    pub created: Timestamp,
    /// Documents, from `v1` on.
    pub versions: Vec<String>,
    /// The one in force, counted from 1.
    pub default_version: usize,
}

impl ManagedPolicy {
    /// A version's document: `v3`.
    pub fn version(&self, version: &str) -> Option<&str> {
        let number: usize = version.strip_prefix('v')?.parse().ok()?;
        self.versions.get(number.checked_sub(1)?).map(String::as_str)
    }

    /// The version in force: `v3`.
    pub fn default_name(&self) -> String {
        format!("v{}", self.default_version)
    }

    /// The document in force.
    pub fn document(&self) -> &str {
        self.version(&self.default_name()).unwrap_or_default()
    }
}

impl Account {
    /// An account without anybody in it.
    pub fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            ..Self::default()
        }
    }

    /// A user's ARN.
    pub fn user_arn(&self, user: &User) -> String {
        format!("arn:aws:iam::{}:user{}{}", self.id, user.path, user.name)
    }

    /// A group's ARN.
    pub fn group_arn(&self, group: &Group) -> String {
        format!("arn:aws:iam::{}:group/{}", self.id, group.name)
    }

    /// The user of a name; names differ in more than case.
    pub fn user(&self, name: &str) -> Option<&User> {
        self.users.get(&name.to_lowercase())
    }

    /// The user of a name, to change it.
    pub fn user_mut(&mut self, name: &str) -> Option<&mut User> {
        self.users.get_mut(&name.to_lowercase())
    }

    /// Adds a user, in place of one of that name.
    pub fn add(&mut self, user: User) {
        self.users.insert(user.name.to_lowercase(), user);
    }

    /// The user to whom a key belongs.
    pub fn owner_of(&self, key_id: &str) -> Option<(&User, &Key)> {
        self.users
            .values()
            .find_map(|user| user.keys.iter().find(|k| k.id == key_id).map(|key| (user, key)))
    }
}

impl User {
    /// A user without anything.
    pub fn new(name: &str, id: &str, created: Timestamp) -> Self {
        Self {
            name: name.to_owned(),
            path: "/".to_owned(),
            id: id.to_owned(),
            created,
            tags: Vec::new(),
            inline: BTreeMap::new(),
            attached: Vec::new(),
            boundary: None,
            groups: Vec::new(),
            keys: Vec::new(),
            policies_settling: Settling::default(),
            settling: Settling::default(),
        }
    }

    /// The same user with an inline policy.
    #[must_use]
    pub fn with_policy(mut self, name: &str, document: impl Into<String>) -> Self {
        self.inline.insert(name.to_owned(), document.into());
        self
    }

    /// The same user with an active key.
    #[must_use]
    pub fn with_key(mut self, id: &str, secret: &str, created: Timestamp) -> Self {
        self.keys.push(Key {
            id: id.to_owned(),
            secret: SecretString::from(secret),
            active: true,
            created,
            last_used: None,
            settling: Settling::default(),
        });
        self
    }
}
