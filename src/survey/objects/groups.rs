//! Objects in groups of one storage class, encryption key and owner: one read stands for the others of its group.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, atomic::Ordering},
};

use super::{Objects, Tried};
use crate::{
    access::{Answer, Asked, Encryption, ObjectGroup, Probe},
    report::Problem,
};

/// Objects that are alike, and were read alike.
#[derive(Clone, Debug)]
pub(in crate::survey) struct Group {
    /// The index of the one that stands for them.
    pub first: usize,
    /// Its whole key.
    pub key: String,
    pub objects: u64,
    pub storage_class: Option<String>,
    pub encryption: Encryption,
    pub owner: Option<Arc<str>>,
    pub tried: Tried,
    /// Why its read was refused.
    pub refusal: Option<Problem>,
}

impl Group {
    /// What its objects have in common, in words: `STANDARD, under the KMS key arn:…`.
    pub fn words(&self) -> String {
        let mut parts = vec![match self.objects {
            1 => "1 object".to_owned(),
            n => format!("{n} objects"),
        }];
        parts.extend(self.storage_class.clone());
        if let Encryption::Kms(key) = &self.encryption {
            parts.push(format!("under the KMS key {key}"));
        }
        if let Some(owner) = &self.owner {
            parts.push(format!("owned by {owner}"));
        }
        parts.join(", ")
    }
}

impl Objects {
    /// The groups, in the order of their first objects.
    pub fn groups(&self) -> Vec<Group> {
        type Alike<'o> = (Option<&'o str>, u8, u8, Tried);
        let mut found: BTreeMap<Alike<'_>, (usize, u64)> = BTreeMap::new();
        for (index, listed) in self.listing.objects.iter().enumerate() {
            let alike = (
                listed.storage_class.as_deref(),
                self.details.owned.get(index).copied().unwrap_or(0),
                self.encrypted
                    .get(index)
                    .map_or(0, |number| number.load(Ordering::Relaxed)),
                self.tried(index),
            );
            found.entry(alike).or_insert((index, 0)).1 += 1;
        }
        let encryptions = self
            .encryptions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let mut groups: Vec<Group> = found
            .into_iter()
            .filter_map(|((class, _, encryption, tried), (first, objects))| {
                Some(Group {
                    key: self.key(self.listed(first)?),
                    first,
                    objects,
                    storage_class: class.map(str::to_owned),
                    encryption: usize::from(encryption)
                        .checked_sub(1)
                        .and_then(|at| encryptions.get(at).cloned())
                        .unwrap_or_default(),
                    owner: self.details.owner(first).cloned(),
                    tried,
                    refusal: (tried == Tried::Refused)
                        .then(|| self.refusal_of(first))
                        .flatten(),
                })
            })
            .collect();
        groups.sort_by_key(|group| group.first);
        groups
    }

    /// Of each storage class and owner of which nothing was tried yet, one object that can be read.
    pub fn untried(&self) -> Vec<usize> {
        let mut seen: BTreeMap<(Option<&str>, u8), Option<usize>> = BTreeMap::new();
        for (index, listed) in self.listing.objects.iter().enumerate() {
            let owner = self.details.owned.get(index).copied().unwrap_or(0);
            let place = seen
                .entry((listed.storage_class.as_deref(), owner))
                .or_insert(Some(index));
            match (self.tried(index), *place) {
                (Tried::Read | Tried::Refused, _) => *place = None,
                // Another of its kind, in place of one that can't be read by anyone.
                (Tried::Not, Some(other))
                    if !listed.archived && self.listed(other).is_some_and(|other| other.archived) =>
                {
                    *place = Some(index);
                }
                _ => {}
            }
        }
        let readable = |index: &usize| {
            self.listed(*index).is_some_and(|listed| !listed.archived) && self.tried(*index) == Tried::Not
        };
        seen.into_values().flatten().filter(readable).collect()
    }
}

impl From<&Group> for ObjectGroup {
    fn from(group: &Group) -> Self {
        Self {
            key: group.key.clone(),
            objects: group.objects,
            encryption: group.encryption.clone(),
            owner: group.owner.as_deref().map(str::to_owned),
        }
    }
}

impl Group {
    /// The read that was tried, as evidence.
    pub fn probe(&self) -> Option<Probe> {
        let answer = match (self.tried, &self.refusal) {
            (Tried::Read, _) => Answer::Allowed,
            (Tried::Refused, refusal) => Answer::Refused(refusal.as_ref().map(words).unwrap_or_default()),
            _ => return None,
        };
        Some(Probe {
            asked: Asked::Read(self.key.clone()),
            answer,
        })
    }
}

/// A refusal in the server's own words, else in ours.
pub(in crate::survey) fn words(problem: &Problem) -> String {
    problem
        .message
        .clone()
        .or_else(|| problem.error_code.clone())
        .unwrap_or_else(|| problem.cause.clone())
}
