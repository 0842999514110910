//! Footers: every data file's, one ranged request each for ordinary ones, many at a time.
//!
//! The end of a file is fetched, as much as footers of this dataset were seen to need; a small file comes whole, and
//! then its head is judged too. The head of a larger file is judged when its rows are read: in a sample not every
//! file's is, since that would double the requests, and S401 says so.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use tokio_util::sync::CancellationToken;

use super::{
    emit::Progress,
    objects::{Access, Objects},
};
use crate::{
    contract::{
        layout::Role,
        schema::{DatasetFooters, FileFooter, FooterFailure, Shapes, check_head, footer},
    },
    report::{Problem, ProblemKind},
};

/// Files up to this size are fetched whole.
pub(super) const WHOLE: u64 = 128 << 10;
/// However large footers of a dataset are, no more than this is fetched unasked.
const MAX_TAIL: u64 = 1 << 20;
/// Footers fetched at a time.
pub(super) const AT_A_TIME: usize = 32;
/// A larger footer is decoded apart, so that it holds up nothing.
const LARGE_FOOTER: usize = 1 << 20;

/// The footers of a dataset, beside what else was learned of its files.
#[derive(Debug, Default)]
pub(super) struct Footers {
    /// What the rules are judged on.
    pub judged: Arc<DatasetFooters>,
    /// The index in the listing of each file of `judged.files`.
    pub index: Vec<usize>,
    /// Whether the file's head was judged, likewise.
    pub head_seen: Vec<bool>,
    /// Files that could not be fetched, and why: nothing is known of them.
    pub unread: Vec<(usize, String)>,
    /// A problem of the connection that ended it.
    pub connection: Option<Problem>,
}

impl Footers {
    /// Before any was read: of a folder that is known to be empty, nothing is missing.
    pub fn none_yet(objects: &Objects) -> Self {
        let missing = !objects.is_empty();
        let judged = DatasetFooters {
            incomplete: missing.then(|| format!("the footers of {} were not read", objects.dataset.folder())),
            ..DatasetFooters::default()
        };
        Self {
            judged: Arc::new(judged),
            ..Self::default()
        }
    }
}

/// What came of one file.
enum Came {
    Footer {
        footer: Box<FileFooter>,
        head_seen: bool,
    },
    Failure(FooterFailure),
    Problem(Box<Problem>),
}

/// Reads the footers of all data files. `progress` is told how many are done of how many.
pub(super) async fn read_all(
    access: &Access,
    objects: &Arc<Objects>,
    shapes: &Arc<Shapes>,
    cancel: &CancellationToken,
    progress: Progress<'_>,
) -> Footers {
    let wanted: Vec<usize> = objects
        .placement
        .places
        .iter()
        .enumerate()
        .filter(|(index, place)| {
            matches!(place.role, Role::Data | Role::Metadata)
                && objects
                    .listed(*index)
                    .is_some_and(|listed| !listed.archived && listed.size > 0)
        })
        .map(|(index, _)| index)
        .collect();
    let total = wanted.len() as u64;
    let every = (total / 100).max(1);
    let hint = Arc::new(AtomicU64::new(footer::TAIL));
    let mut came: Vec<(usize, Came)> = Vec::with_capacity(wanted.len());
    let mut connection: Option<Problem> = None;
    let mut cancelled = false;
    {
        let file = File {
            access: access.clone(),
            objects: Arc::clone(objects),
            shapes: Arc::clone(shapes),
            hint,
        };
        let mut reads = stream::iter(wanted.clone())
            .map(move |index| file.clone().read(index))
            .buffer_unordered(AT_A_TIME);
        loop {
            let read = tokio::select! {
                biased;
                () = cancel.cancelled() => { cancelled = true; break }
                read = reads.next() => read,
            };
            let Some((index, one)) = read else { break };
            if let Came::Problem(problem) = &one
                && problem.connection_code().is_some()
            {
                let hopeless = access.is_hopeless(problem);
                connection.get_or_insert_with(|| Problem::clone(problem));
                if hopeless {
                    came.push((index, one));
                    break;
                }
            }
            came.push((index, one));
            let done = came.len() as u64;
            if done.is_multiple_of(every) || done == total {
                progress.tell(done, Some(total)).await;
            }
        }
    }
    came.sort_unstable_by_key(|(index, _)| *index);
    let mut footers = gather(objects, came);
    if footers.seen < wanted.len() {
        let left = wanted.len() - footers.seen;
        let why = if cancelled {
            "the run was cancelled"
        } else {
            "the connection failed"
        };
        footers.judged.incomplete = Some(format!("{why} before {left} footers were read"));
    }
    Footers {
        judged: Arc::new(footers.judged),
        index: footers.index,
        head_seen: footers.head_seen,
        unread: footers.unread,
        connection,
    }
}

struct Gathered {
    judged: DatasetFooters,
    index: Vec<usize>,
    head_seen: Vec<bool>,
    unread: Vec<(usize, String)>,
    seen: usize,
}

fn gather(objects: &Objects, came: Vec<(usize, Came)>) -> Gathered {
    let mut all = Gathered {
        judged: DatasetFooters::default(),
        index: Vec::new(),
        head_seen: Vec::new(),
        unread: Vec::new(),
        seen: came.len(),
    };
    for (index, one) in came {
        let (Some(listed), Some(place)) = (objects.listed(index), objects.placement.places.get(index)) else {
            continue;
        };
        let is_metadata = place.role == Role::Metadata;
        let failure = match one {
            Came::Footer { footer, .. } if is_metadata => {
                all.judged.metadata.push(*footer);
                continue;
            }
            Came::Footer { footer, head_seen } => {
                all.judged.files.push(*footer);
                all.index.push(index);
                all.head_seen.push(head_seen);
                continue;
            }
            Came::Failure(failure) => failure,
            // L309 says it: the object is there, and can't be read before it is restored.
            Came::Problem(problem) if problem.kind == ProblemKind::Archived => continue,
            Came::Problem(problem) => {
                all.unread.push((index, problem.to_string()));
                FooterFailure::NotRead(problem.to_string())
            }
        };
        let failures = if is_metadata {
            &mut all.judged.metadata_failures
        } else {
            &mut all.judged.failures
        };
        failures.push((listed.key.clone(), failure));
    }
    all
}

/// What reading one file takes.
#[derive(Clone)]
struct File {
    access: Access,
    objects: Arc<Objects>,
    shapes: Arc<Shapes>,
    /// How much of a file's end is fetched at first.
    hint: Arc<AtomicU64>,
}

impl File {
    async fn read(self, index: usize) -> (usize, Came) {
        (index, self.came(index).await)
    }

    async fn came(self, index: usize) -> Came {
        let Self {
            access,
            objects,
            shapes,
            hint,
        } = self;

        let (Some(object), Some(listed), Some(place)) = (
            objects.meta(index),
            objects.listed(index),
            objects.placement.places.get(index),
        ) else {
            return Came::Failure(FooterFailure::NotRead("it is not in the listing".into()));
        };
        let size = object.size;
        let guess = if size <= WHOLE {
            size
        } else {
            hint.load(Ordering::Relaxed).min(size)
        };
        let tail = match objects.read(&access, index, &object, size - guess..size).await {
            Ok(tail) => tail,
            Err(problem) => return Came::Problem(Box::new(problem)),
        };
        let head_seen = guess == size;
        if head_seen && let Err(failure) = check_head(&tail) {
            return Came::Failure(failure);
        }
        let length = match footer::footer_length(&tail, size) {
            Ok(length) => length,
            Err(failure) => return Came::Failure(failure),
        };
        // An even number of KiB, so that the next file's slightly longer footer comes with its tail as well.
        let needed = length.saturating_add(8);
        hint.fetch_max(
            (needed + needed / 8).next_multiple_of(16 << 10).min(MAX_TAIL),
            Ordering::Relaxed,
        );
        let whole = if needed <= guess {
            tail
        } else {
            match objects
                .read(&access, index, &object, size - needed..size - guess)
                .await
            {
                Ok(rest) => {
                    let mut whole = BytesMut::with_capacity(rest.len() + tail.len());
                    whole.extend_from_slice(&rest);
                    whole.extend_from_slice(&tail);
                    whole.freeze()
                }
                Err(problem) => return Came::Problem(Box::new(problem)),
            }
        };
        let bytes = footer_bytes(&whole, length);
        let is_metadata = place.role == Role::Metadata;
        let (key, spark, shapes) = (listed.key.clone(), place.spark, shapes);
        let decode = move || {
            if is_metadata {
                FileFooter::read_metadata(&key, &bytes, spark, &shapes)
            } else {
                FileFooter::read(&key, &bytes, size, spark, &shapes)
            }
        };
        let read = if length as usize > LARGE_FOOTER {
            tokio::task::spawn_blocking(decode)
                .await
                .unwrap_or_else(|_| Err(FooterFailure::Corrupt("it could not be decoded".into())))
        } else {
            decode()
        };
        match read {
            Ok(footer) => Came::Footer {
                footer: Box::new(footer),
                head_seen,
            },
            Err(failure) => Came::Failure(failure),
        }
    }
}

/// The footer itself: what stands before the last eight bytes.
fn footer_bytes(tail: &Bytes, length: u64) -> Bytes {
    let end = tail.len().saturating_sub(8);
    let start = end.saturating_sub(usize::try_from(length).unwrap_or(usize::MAX));
    tail.slice(start..end)
}
