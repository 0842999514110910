//! The reader's access, as a run finds it out: who the reader is, what policies and settings say, what requests came to.
//!
//! - `probes`: the requests that are made for this alone: read-only, of one key or eight bytes each
//! - `outcomes`: A201 and A202, from every list and every read of the run
//!
//! [`Sight`] holds what is known and makes [`Evidence`] of it; [`crate::access`] judges that.

mod outcomes;
mod probes;

pub(super) use outcomes::{FolderAccess, folder_outcomes, no_reader};
pub(super) use probes::{Probes, Wanted, probe, probe_owner};

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{
    objects::Objects,
    source::{AccessSettings, Inspect},
};
use crate::{
    access::{
        self, Actor, ActorKind, Answer, Asked, Context, Evidence, InForce, Inspected, Known, Layer, Need,
        Owner, Probe, evaluate::Unseen, key, view::Seen,
    },
    contract::{self, SignalVia},
    report::{Problem, ProblemKind},
    rule::{Code, Dataset, Next},
};

/// Looking at policies and settings is given up after so long.
const PATIENCE: Duration = Duration::from_secs(60);
/// AWS agrees with itself about a new key within seconds; for so many seconds it is called new.
const NEW: i64 = 300;

/// A201 to A218.
pub(super) fn codes() -> impl Iterator<Item = Code> {
    access::rules::ACCESS_RULES
        .iter()
        .chain(access::rules::POLICY_RULES)
        .map(|rule| rule.code)
}

/// Whose access is judged, and what was found out about it so far.
pub(super) struct Sight {
    settings: AccessSettings,
    /// The bucket and where in it the folders lie.
    pub target: access::Target,
    /// The reader; `None` where STS could not be asked.
    pub reader: Option<Actor>,
    /// The id of the reader's key.
    pub key_id: Option<String>,
    /// Whether requests go over TLS.
    secure: bool,
    inspecting: Option<Inspecting>,
    inspected: Option<Result<Inspected, Problem>>,
    /// What the probes came to.
    pub probes: Probes,
}

/// An inspection under way; dropped, it ends.
struct Inspecting(JoinHandle<Result<Inspected, Problem>>);

impl Drop for Inspecting {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Sight {
    pub fn new(settings: AccessSettings, bucket: &str, prefix: &str) -> Self {
        Self {
            settings,
            target: access::Target::new(bucket, prefix, "aws"),
            reader: None,
            key_id: None,
            secure: true,
            inspecting: None,
            inspected: None,
            probes: Probes::default(),
        }
    }

    /// Whose key it is, by its ARN. Without one, nothing can be predicted.
    pub fn identify(&mut self, arn: Option<&str>, key_id: Option<String>, unsigned: bool, secure: bool) {
        self.reader = if unsigned {
            Some(Actor::nobody())
        } else {
            arn.and_then(Actor::from_arn)
        };
        if let Some(reader) = &self.reader {
            self.target.partition = reader.partition().to_owned();
        }
        self.key_id = key_id;
        self.secure = secure;
    }

    /// The account of the reader's key: as STS names it, else as the key's id has it.
    pub fn account(&self) -> Option<String> {
        match &self.reader {
            Some(reader) if reader.kind == ActorKind::Anonymous => None,
            Some(reader) => Some(reader.account.clone()),
            None => self.key_id.as_deref().and_then(key::inferred_account),
        }
    }

    /// Begins to look at policies and settings, while other work goes on.
    pub fn begin_inspection(&mut self) {
        let Some(inspector) = self.settings.inspector.clone() else {
            return;
        };
        let target = self.target.clone();
        let reader = self.reader.as_ref().map(|reader| reader.arn.clone());
        self.inspecting = Some(Inspecting(tokio::spawn(inspect(inspector, target, reader))));
    }

    /// Waits for what was begun.
    pub async fn end_inspection(&mut self, cancel: &CancellationToken) {
        let Some(mut inspecting) = self.inspecting.take() else {
            return;
        };
        tokio::select! {
            () = cancel.cancelled() => {}
            inspected = &mut inspecting.0 => {
                self.inspected = inspected.ok();
            }
        }
    }

    /// Whose the bucket is, as far as the inspection tells.
    pub fn owner(&self) -> Owner {
        match &self.inspected {
            Some(Ok(inspected)) => inspected.owner,
            _ => Owner::Unknown,
        }
    }

    /// What of the bucket's settings could not be read.
    pub fn unseen_settings(&self) -> &[Unseen] {
        match &self.inspected {
            Some(Ok(inspected)) => &inspected.unseen_settings,
            _ => &[],
        }
    }

    /// Requests that looking at policies and settings took.
    pub fn requests(&self) -> u64 {
        self.settings.inspector.as_ref().map_or(0, |i| i.requests())
    }

    /// All that was found out so far.
    pub fn evidence(
        &self,
        context: &contract::Context,
        region: Option<String>,
        folders: &[&Objects],
    ) -> Evidence {
        let mut evidence = match &self.inspected {
            Some(Ok(inspected)) => self.policies(inspected),
            Some(Err(problem)) => self.unseen(&problem.to_string()),
            None if self.settings.inspector.is_some() => self.unseen("they were not looked at yet"),
            None => self.unseen("they were not looked at"),
        };
        let keys = evidence.keys.as_deref().unwrap_or_default();
        let is_new = |created: Option<jiff::Timestamp>| {
            created.is_some_and(|at| context.now.as_second().saturating_sub(at.as_second()) < NEW)
        };
        evidence.recently_changed = keys.iter().any(|key| is_new(key.created));
        evidence.target = self.target.clone();
        evidence.region = region;
        evidence.datasets = needed(context);
        evidence.reader_key_id = self.key_id.clone();
        if self.probes.owner != Owner::Unknown {
            evidence.owner = self.probes.owner;
        }
        evidence.circumstances = Context::default()
            .with("aws:SecureTransport", self.secure.to_string())
            .at(context.now);
        if !self.settings.statsig_addresses.is_empty() {
            evidence.statsig_addresses = self.settings.statsig_addresses.clone();
        }
        evidence.now = Some(context.now);
        for objects in folders {
            for group in objects.groups() {
                evidence.probes.extend(group.probe());
                evidence.objects.push((&group).into());
            }
            evidence.probes.extend(listed(objects));
        }
        evidence.probes.extend(self.probes.evidence());
        evidence
    }

    fn policies(&self, inspected: &Inspected) -> Evidence {
        let mut evidence = inspected.evidence(self.reader.clone());
        let Some(reader) = &self.reader else {
            return evidence;
        };
        let hidden = |what: &str, why: &str| Layer::unseen(what, why);
        let in_force = &mut evidence.in_force;
        match reader.kind {
            // Nobody has no policies, and a root's count for nothing.
            ActorKind::Anonymous | ActorKind::Root => {
                in_force.identity = Layer::default();
                in_force.boundary = Layer::default();
            }
            ActorKind::User => {
                let is_theirs = matches!(&inspected.user, Known::Known(Some(user)) if user.arn == reader.arn);
                let is_unknown = matches!(inspected.user, Known::Unknown(_));
                if !is_theirs && !is_unknown {
                    let why = "the user was looked for in another account than its own";
                    in_force.identity = hidden("the user's policies", why);
                    in_force.boundary = hidden("the user's permissions boundary", why);
                    evidence.keys = None;
                }
            }
            ActorKind::RoleSession | ActorKind::Other => {
                let why = "only users' policies are looked at";
                in_force.identity = hidden("the role's policies", why);
                in_force.boundary = hidden("the role's permissions boundary", why);
                in_force.session = hidden("the session's policies", "AWS does not tell them");
                evidence.keys = None;
            }
        }
        evidence
    }

    fn unseen(&self, why: &str) -> Evidence {
        let is_nobody = self
            .reader
            .as_ref()
            .is_some_and(|reader| reader.kind == ActorKind::Anonymous);
        let of_reader = |what: &str| match is_nobody {
            true => Layer::default(),
            false => Layer::unseen(what, why),
        };
        Evidence {
            reader: self.reader.clone(),
            in_force: InForce {
                identity: of_reader("the user's policies"),
                boundary: of_reader("the user's permissions boundary"),
                resource: Layer::unseen("the bucket policy", why),
                ..InForce::default()
            },
            ..Evidence::default()
        }
    }
}

async fn inspect(
    inspector: Arc<dyn Inspect>,
    target: access::Target,
    reader: Option<String>,
) -> Result<Inspected, Problem> {
    let inspecting = inspector.inspect(&target, reader.as_deref());
    tokio::time::timeout(PATIENCE, inspecting)
        .await
        .unwrap_or_else(|_| {
            Err(Problem::new(
                ProblemKind::Unreachable,
                "looking at policies and settings was given up",
                "there was no answer in time",
                Next::say("Check the network, then run again."),
            ))
        })
}

/// The folders that the reader must be able to read.
pub(super) fn needed(context: &contract::Context) -> Vec<Dataset> {
    Dataset::ALL
        .into_iter()
        .filter(|dataset| *dataset != Dataset::Signals || context.signal_via != Some(SignalVia::Api))
        .collect()
}

/// The run's own list of a folder, as evidence.
fn listed(objects: &Objects) -> Option<Probe> {
    let asked = Asked::List(format!("{}{}", objects.prefix, objects.dataset.folder()));
    let answer = match &objects.list_refused {
        Some(problem) => Answer::Refused(super::objects::words(problem)),
        None if objects.pages > 0 => Answer::Allowed,
        None => return None,
    };
    Some(Probe { asked, answer })
}

/// How many objects were listed and read as the reader, and how many refused.
pub(super) fn counts(folders: &[&Objects], probes: &Probes) -> BTreeMap<Need, Seen> {
    let mut counts = BTreeMap::new();
    for objects in folders {
        let refused = u64::from(objects.list_refused.is_some()) + probes.refused_lists(objects).len() as u64;
        let of = objects.pages + refused + probes.answered_lists(objects);
        let need = Need::List(objects.dataset);
        if refused > 0 {
            counts.insert(need, Seen::Refused { refused, of });
        } else if objects.pages > 0 {
            let objects = objects.listing.objects.len() as u64;
            counts.insert(need, Seen::Allowed { objects });
        }
        let (tried, refused) = objects.reads();
        let need = Need::Read(objects.dataset);
        if !refused.is_empty() {
            let refused = refused.len() as u64;
            counts.insert(need, Seen::Refused { refused, of: tried });
        } else if tried > 0 {
            counts.insert(need, Seen::Allowed { objects: tried });
        }
    }
    counts
}
