//! The objects of one dataset: their listing, what they are like, and who could read which of them.

mod access;
mod groups;

pub(super) use access::Access;
pub(super) use groups::words;

use std::{
    ops::Range,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU8, Ordering},
    },
};

use bytes::Bytes;

use crate::{
    access::Encryption,
    contract::layout::{FolderListing, Listed, ListingState, Placement},
    report::{Problem, ProblemKind},
    rule::{Dataset, MAX_SAMPLES, Sample},
    store::{Fetched, ObjectMeta},
};

/// Of refused reads, so many answers are kept.
const MAX_REFUSALS: usize = 64;
/// A folder's objects have hardly more KMS keys, or owners; further ones are not told apart.
const MAX_KINDS: usize = 250;

/// The objects of one dataset.
pub(super) struct Objects {
    pub dataset: Dataset,
    /// What stands before the three folders in whole keys.
    pub prefix: Arc<str>,
    pub listing: FolderListing,
    details: Details,
    pub placement: Placement,
    /// The refusal of a list to the reader, whoever listed in the end.
    pub list_refused: Option<Problem>,
    /// Pages that the reader listed.
    pub pages: u64,
    /// The reader's key can't be used at all: the operator's reads in its place, and nothing is seen of permissions.
    pub without_reader: bool,
    /// One for each object: what came of reading it as the reader.
    reads: Vec<AtomicU8>,
    /// One for each object: its encryption's number in `encryptions`; 0 where it is not known.
    encrypted: Vec<AtomicU8>,
    /// Encryptions that were met, from number 1 on.
    encryptions: Mutex<Vec<Encryption>>,
    /// The first refused reads, each with the object's index.
    refusals: Mutex<Vec<(usize, Problem)>>,
}

/// What a listing tells of objects beside what the contract looks at.
#[derive(Debug, Default)]
pub(super) struct Details {
    /// Entity tags, one for each object.
    etags: Vec<Option<Box<str>>>,
    /// The owners' numbers in `owners`, one for each object; 0 where it is not known.
    owned: Vec<u8>,
    /// Owners that were met, from number 1 on.
    owners: Vec<Arc<str>>,
}

impl Details {
    pub fn push(&mut self, etag: Option<String>, owner: Option<Arc<str>>) {
        self.etags.push(etag.map(String::into_boxed_str));
        self.owned
            .push(owner.map_or(0, |owner| numbered(&mut self.owners, owner)));
    }

    fn owner(&self, index: usize) -> Option<&Arc<str>> {
        let number = usize::from(*self.owned.get(index)?);
        self.owners.get(number.checked_sub(1)?)
    }
}

/// The number of a value, from 1 on; 0 when there are too many.
fn numbered<T: PartialEq>(known: &mut Vec<T>, value: T) -> u8 {
    let at = known.iter().position(|one| *one == value).unwrap_or_else(|| {
        if known.len() < MAX_KINDS {
            known.push(value);
        }
        known.len().saturating_sub(1)
    });
    u8::try_from(at + 1).unwrap_or(0)
}

/// What came of reading an object as the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tried {
    Not,
    Read,
    Refused,
    Archived,
}

impl Tried {
    fn of(state: u8) -> Self {
        match state {
            1 => Self::Read,
            2 => Self::Refused,
            3 => Self::Archived,
            _ => Self::Not,
        }
    }
}

impl Objects {
    pub fn new(
        dataset: Dataset,
        prefix: Arc<str>,
        listing: FolderListing,
        details: Details,
        list_refused: Option<Problem>,
        pages: u64,
    ) -> Self {
        let placement = crate::contract::layout::place(dataset, &listing);
        let one_each = || listing.objects.iter().map(|_| AtomicU8::new(0)).collect();
        Self {
            reads: one_each(),
            encrypted: one_each(),
            encryptions: Mutex::default(),
            refusals: Mutex::default(),
            dataset,
            prefix,
            listing,
            details,
            placement,
            list_refused,
            pages,
            without_reader: false,
        }
    }

    /// A refused list of a folder that nobody needs: what can't be listed is not there for whoever reads it.
    pub fn forgive_refusal(&mut self) {
        if self.list_refused.is_some() && self.listing.objects.is_empty() {
            self.listing.state = ListingState::Complete;
        }
    }

    /// The object as the store knows it.
    pub fn meta(&self, index: usize) -> Option<ObjectMeta> {
        let listed = self.listing.objects.get(index)?;
        Some(ObjectMeta {
            key: self.key(listed),
            size: listed.size,
            modified: listed.modified,
            storage_class: None,
            archived: listed.archived,
            etag: self.details.etags.get(index).cloned().flatten().map(String::from),
            owner: None,
        })
    }

    /// An object's whole key.
    fn key(&self, listed: &Listed) -> String {
        format!("{}{}", self.prefix, listed.key)
    }

    pub fn listed(&self, index: usize) -> Option<&Listed> {
        self.listing.objects.get(index)
    }

    /// Whether the folder is known to hold no object.
    pub fn is_empty(&self) -> bool {
        self.listing.objects.is_empty() && self.listing.complete()
    }

    /// Reads as the reader; where that is refused, as the operator.
    pub async fn read(
        &self,
        access: &Access,
        index: usize,
        object: &ObjectMeta,
        range: Range<u64>,
    ) -> Result<Bytes, Problem> {
        if self.tried(index) != Tried::Refused && !self.without_reader {
            let read = if range.is_empty() {
                access.reader.get_tail(object, 0).await.map(|bytes| Fetched {
                    bytes,
                    encryption: Encryption::Unknown,
                })
            } else {
                access.reader.fetch(object, range.clone()).await
            };
            access.count(&read);
            if let Some(done) = self.note(access, index, read) {
                return done;
            }
        }
        match &access.operator {
            Some(operator) => {
                let fetched = operator.fetch(object, range).await?;
                self.note_encryption(index, fetched.encryption);
                Ok(fetched.bytes)
            }
            None => Err(self.refusal_of(index).unwrap_or_else(|| {
                Problem::new(
                    ProblemKind::Refused,
                    "reading was refused",
                    "",
                    Default::default(),
                )
            })),
        }
    }

    /// The same without waiting, where the store can: a local folder.
    pub fn read_now(
        &self,
        access: &Access,
        object: &ObjectMeta,
        range: Range<u64>,
    ) -> Option<Result<Bytes, Problem>> {
        access.reader.get_range_now(object, range)
    }

    fn tried(&self, index: usize) -> Tried {
        self.reads
            .get(index)
            .map_or(Tried::Not, |state| Tried::of(state.load(Ordering::Relaxed)))
    }

    fn set_tried(&self, index: usize, tried: Tried) {
        if let Some(state) = self.reads.get(index) {
            state.store(tried as u8, Ordering::Relaxed);
        }
    }

    /// Notes what came of a read as the reader; `None` when the operator should try.
    fn note(
        &self,
        access: &Access,
        index: usize,
        read: Result<Fetched, Problem>,
    ) -> Option<Result<Bytes, Problem>> {
        match read {
            Ok(fetched) => {
                self.set_tried(index, Tried::Read);
                self.note_encryption(index, fetched.encryption);
                Some(Ok(fetched.bytes))
            }
            Err(problem) if problem.kind == ProblemKind::Refused => {
                self.set_tried(index, Tried::Refused);
                let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
                if refusals.len() < MAX_REFUSALS {
                    refusals.push((index, problem.clone()));
                }
                access.operator.is_none().then_some(Err(problem))
            }
            Err(problem) => {
                if problem.kind == ProblemKind::Archived {
                    self.set_tried(index, Tried::Archived);
                }
                Some(Err(problem))
            }
        }
    }

    fn note_encryption(&self, index: usize, encryption: Encryption) {
        let known = || {
            self.encrypted
                .get(index)
                .is_none_or(|n| n.load(Ordering::Relaxed) > 0)
        };
        if encryption == Encryption::Unknown || known() {
            return;
        }
        let mut encryptions = self.encryptions.lock().unwrap_or_else(PoisonError::into_inner);
        let number = numbered(&mut encryptions, encryption);
        drop(encryptions);
        if let Some(place) = self.encrypted.get(index) {
            place.store(number, Ordering::Relaxed);
        }
    }

    /// The refusal of the first object, by the listing's order, of those that were kept.
    pub fn refusal(&self) -> Option<Problem> {
        let refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        let first = refusals.iter().min_by_key(|(index, _)| *index);
        first.map(|(_, problem)| problem.clone())
    }

    /// The refusal of an object's read, where it is among those that were kept.
    fn refusal_of(&self, index: usize) -> Option<Problem> {
        let refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        refusals
            .iter()
            .find(|(of, _)| *of == index)
            .or_else(|| refusals.first())
            .map(|(_, problem)| problem.clone())
    }

    /// How many objects were read as the reader or refused to it, and those that were refused.
    pub fn reads(&self) -> (u64, Vec<usize>) {
        let mut tried = 0;
        let mut refused = Vec::new();
        for index in 0..self.reads.len() {
            match self.tried(index) {
                Tried::Read => tried += 1,
                Tried::Refused => {
                    tried += 1;
                    refused.push(index);
                }
                Tried::Not | Tried::Archived => {}
            }
        }
        (tried, refused)
    }

    /// Objects that turned out to be in an archive tier when they were read.
    pub fn mark_archived(&mut self) {
        for (listed, state) in self.listing.objects.iter_mut().zip(&self.reads) {
            if Tried::of(state.load(Ordering::Relaxed)) == Tried::Archived {
                listed.archived = true;
            }
        }
    }

    /// The level-one folder of the first object that lies in one: `events/2022-06-22/`, in whole keys.
    pub fn first_folder(&self) -> Option<String> {
        let depth = self.dataset.folder().len();
        self.listing.objects.iter().find_map(|listed| {
            let (folder, _) = listed.key.get(depth..)?.split_once('/')?;
            Some(format!("{}{}{folder}/", self.prefix, self.dataset.folder()))
        })
    }

    /// Samples of objects, spread over the list.
    pub fn samples(&self, indices: &[usize]) -> Vec<Sample> {
        let step = indices.len().div_ceil(MAX_SAMPLES).max(1);
        indices
            .iter()
            .step_by(step)
            .filter_map(|index| self.listed(*index))
            .map(|listed| Sample {
                key: listed.key.clone(),
                ..Sample::default()
            })
            .collect()
    }
}
