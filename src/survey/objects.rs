//! The objects of one dataset: their listing, and who could read which of them.

use std::{
    ops::Range,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU8, AtomicU32, Ordering},
    },
};

use bytes::Bytes;

use crate::{
    contract::layout::{FolderListing, Listed, Placement},
    report::{Problem, ProblemKind},
    rule::{Code, Dataset, Judged, MAX_SAMPLES, Outcome, Sample},
    store::{ObjectMeta, SharedStore},
};

const A201: Code = Code::new("A201");
const A202: Code = Code::new("A202");
const L301: Code = Code::new("L301");
const L309: Code = Code::new("L309");

/// After so many connection problems in a row, without any success between, there is no use in asking on.
const MAX_STRIKES: u32 = 5;

/// Who reads: the reader whose key is judged, and the operator where the reader is refused.
#[derive(Clone)]
pub(super) struct Access {
    pub reader: SharedStore,
    pub operator: Option<SharedStore>,
    /// Connection problems in a row, over all requests.
    strikes: Arc<AtomicU32>,
}

impl Access {
    pub fn new(reader: SharedStore, operator: Option<SharedStore>) -> Self {
        Self {
            reader,
            operator,
            strikes: Arc::default(),
        }
    }

    /// Whether a problem ends the run: an expired session will not come back, a server that is gone or busy may.
    pub fn is_hopeless(&self, problem: &Problem) -> bool {
        match problem.kind {
            ProblemKind::Throttled | ProblemKind::Unreachable => {
                self.strikes.load(Ordering::Relaxed) >= MAX_STRIKES
            }
            _ => problem.connection_code().is_some(),
        }
    }

    fn count<T>(&self, result: &Result<T, Problem>) {
        match result {
            Ok(_) => self.strikes.store(0, Ordering::Relaxed),
            Err(problem) if problem.connection_code().is_some() => {
                self.strikes.fetch_add(1, Ordering::Relaxed);
            }
            Err(_) => {}
        }
    }

    /// Bytes received so far, by either.
    pub fn bytes(&self) -> u64 {
        let usage = |store: &SharedStore| store.usage().bytes_read;
        usage(&self.reader) + self.operator.as_ref().map_or(0, usage)
    }

    /// Requests made so far, by either.
    pub fn requests(&self) -> u64 {
        let usage = |store: &SharedStore| store.usage().requests;
        usage(&self.reader) + self.operator.as_ref().map_or(0, usage)
    }
}

/// The objects of one dataset.
pub(super) struct Objects {
    pub dataset: Dataset,
    /// What stands before the three folders in whole keys.
    pub prefix: Arc<str>,
    pub listing: FolderListing,
    /// Entity tags, one for each object.
    pub etags: Vec<Option<Box<str>>>,
    pub placement: Placement,
    /// The refusal of a list to the reader, whoever listed in the end.
    pub list_refused: Option<Problem>,
    /// Pages that the reader listed.
    pub pages: u64,
    /// One for each object: what came of reading it as the reader.
    reads: Vec<AtomicU8>,
    /// The first refused read.
    refusal: Mutex<Option<Problem>>,
}

const NOT_TRIED: u8 = 0;
const READ: u8 = 1;
const REFUSED: u8 = 2;
const ARCHIVED: u8 = 3;

impl Objects {
    pub fn new(
        dataset: Dataset,
        prefix: Arc<str>,
        listing: FolderListing,
        etags: Vec<Option<Box<str>>>,
        list_refused: Option<Problem>,
        pages: u64,
    ) -> Self {
        let placement = crate::contract::layout::place(dataset, &listing);
        Self {
            reads: listing.objects.iter().map(|_| AtomicU8::new(NOT_TRIED)).collect(),
            dataset,
            prefix,
            listing,
            etags,
            placement,
            list_refused,
            pages,
            refusal: Mutex::default(),
        }
    }

    /// The object as the store knows it.
    pub fn meta(&self, index: usize) -> Option<ObjectMeta> {
        let listed = self.listing.objects.get(index)?;
        Some(ObjectMeta {
            key: format!("{}{}", self.prefix, listed.key),
            size: listed.size,
            modified: listed.modified,
            storage_class: None,
            archived: listed.archived,
            etag: self.etags.get(index).cloned().flatten().map(String::from),
        })
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
        if !self.was_refused(index) {
            let read = if range.is_empty() {
                access.reader.get_tail(object, 0).await
            } else {
                access.reader.get_range(object, range.clone()).await
            };
            access.count(&read);
            if let Some(done) = self.note(access, index, read) {
                return done;
            }
        }
        match &access.operator {
            Some(operator) => operator.get_range(object, range).await,
            None => Err(self.refusal().unwrap_or_else(|| {
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

    fn was_refused(&self, index: usize) -> bool {
        self.state(index) == REFUSED
    }

    fn state(&self, index: usize) -> u8 {
        self.reads
            .get(index)
            .map_or(NOT_TRIED, |state| state.load(Ordering::Relaxed))
    }

    /// Notes what came of a read as the reader; `None` when the operator should try.
    fn note(
        &self,
        access: &Access,
        index: usize,
        read: Result<Bytes, Problem>,
    ) -> Option<Result<Bytes, Problem>> {
        let state = self.reads.get(index)?;
        match &read {
            Ok(_) => state.store(READ, Ordering::Relaxed),
            Err(problem) if problem.kind == ProblemKind::Refused => {
                state.store(REFUSED, Ordering::Relaxed);
                self.refusal
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .get_or_insert_with(|| problem.clone());
                if access.operator.is_some() {
                    return None;
                }
            }
            Err(problem) if problem.kind == ProblemKind::Archived => state.store(ARCHIVED, Ordering::Relaxed),
            Err(_) => {}
        }
        Some(read)
    }

    fn refusal(&self) -> Option<Problem> {
        self.refusal
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Whether any object was tried as the reader, with an answer that says whether it may be read.
    pub fn any_tried(&self) -> bool {
        self.reads
            .iter()
            .any(|state| matches!(state.load(Ordering::Relaxed), READ | REFUSED))
    }

    /// Objects that turned out to be in an archive tier when they were read.
    pub fn mark_archived(&mut self) {
        for (listed, state) in self.listing.objects.iter_mut().zip(&self.reads) {
            if state.load(Ordering::Relaxed) == ARCHIVED {
                listed.archived = true;
            }
        }
    }

    /// A201 and A202.
    pub fn access_outcomes(&self) -> [Outcome; 2] {
        [self.list_outcome(), self.read_outcome()]
    }

    fn list_outcome(&self) -> Outcome {
        let subject = self.dataset.subject();
        if let Some(problem) = &self.list_refused {
            let seen_by_operator = if self.listing.objects.is_empty() {
                ""
            } else {
                "; the operator's key listed it instead"
            };
            return Outcome::judged(
                A201,
                subject,
                Judged {
                    count: 1,
                    checked: self.pages + 1,
                    of: self.pages + 1,
                    cause: Some(format!("{problem}{seen_by_operator}")),
                    next: Some(problem.next.clone()),
                    ..Judged::default()
                },
            );
        }
        // A listing that broke off says nothing of the pages that were not asked for.
        let broke_off = self.listing.cause();
        if self.pages == 0 || broke_off.is_some() {
            return Outcome::unknown(A201, subject, broke_off.unwrap_or("it was not listed"));
        }
        Outcome::judged(
            A201,
            subject,
            Judged {
                checked: self.pages,
                of: self.pages,
                ..Judged::default()
            },
        )
    }

    fn read_outcome(&self) -> Outcome {
        let subject = self.dataset.subject();
        if self.is_empty() {
            return Outcome::skipped(A202, subject, L301, "there is no object to read");
        }
        if self.list_refused.is_some() && self.listing.objects.is_empty() {
            return Outcome::skipped(A202, subject, A201, "no key is known, since the list was refused");
        }
        let mut tried = 0;
        let mut refused = Vec::new();
        for (index, state) in self.reads.iter().enumerate() {
            match state.load(Ordering::Relaxed) {
                READ => tried += 1,
                REFUSED => {
                    tried += 1;
                    refused.push(index);
                }
                _ => {}
            }
        }
        if tried == 0 {
            if !self.listing.objects.is_empty() && self.listing.objects.iter().all(|object| object.archived) {
                return Outcome::skipped(A202, subject, L309, "every object is archived");
            }
            return Outcome::unknown(A202, subject, "no object was read");
        }
        let problem = self.refusal();
        let operator = if refused.is_empty() { None } else { problem };
        Outcome::judged(
            A202,
            subject,
            Judged {
                count: refused.len() as u64,
                checked: tried,
                of: tried,
                samples: self.samples(&refused),
                cause: operator
                    .as_ref()
                    .map(|problem| format!("{} of {tried} objects that were read: {problem}", refused.len())),
                next: operator.map(|problem| problem.next),
                ..Judged::default()
            },
        )
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
