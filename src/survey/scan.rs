//! Reading rows: the units of one dataset, spread over threads, each with a tally of its own.
//!
//! Decoding and judging run on threads, not on the runtime. One that waits for the network waits alone. A decoder that
//! panics on hostile bytes takes its unit down and nothing else.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use parquet::file::metadata::ParquetMetaData;
use tokio::{runtime::Handle, sync::mpsc};
use tokio_util::sync::CancellationToken;

use super::{
    emit::Progress,
    objects::{Access, Objects},
    plan::Template,
    unit::{self, OpenFile, Unit, UnitFailure},
    window::FileSource,
};
use crate::{
    contract::{
        Context,
        rows::{FilePlan, Tally},
        schema::DatasetFooters,
    },
    report::Problem,
    store::decoder::guarded,
};

/// The threads that decode rows have names that begin so.
pub(super) const THREAD: &str = "rows-";
/// Rows are reported in such portions, so that progress costs nothing.
const PORTION: u64 = 16_384;

/// What the threads share.
pub(super) struct Work {
    pub context: Context,
    pub access: Access,
    pub objects: Arc<Objects>,
    pub footers: Arc<DatasetFooters>,
    /// The index in the listing of each file.
    pub index: Arc<Vec<usize>>,
    /// Of each file, its plan and template.
    pub plans: Arc<Vec<(Arc<Template>, FilePlan)>>,
    /// Whether each file's head was judged.
    pub head_seen: Vec<AtomicBool>,
    pub units: Vec<Unit>,
    pub cancel: CancellationToken,
}

/// What reading came to.
#[derive(Debug)]
pub(super) struct Scanned {
    /// All threads' counts.
    pub tally: Tally,
    /// What went wrong, by file.
    pub failures: BTreeMap<usize, FileFailure>,
    /// Files of which rows were read.
    pub files_read: usize,
    /// A problem of the connection.
    pub connection: Option<Problem>,
    /// The run was cancelled, or given up, before all units were read.
    pub cut: bool,
}

/// What went wrong with one file.
#[derive(Clone, Debug)]
pub(super) enum FileFailure {
    /// S401: the head is not Parquet's.
    Head,
    /// S412.
    Pages { cause: String, row: Option<u64> },
    /// Its rows could not be fetched.
    Unread(String),
}

enum Said {
    Rows(u64),
    Failed { file: usize, failure: Box<UnitFailure> },
    Panicked { file: usize },
    Done(Box<Tally>, Vec<usize>),
}

/// Reads all units. `progress` is told the rows done.
pub(super) async fn run(work: Work, progress: Progress<'_>, total: u64) -> Scanned {
    let dataset = work.objects.dataset;
    let mut scanned = Scanned {
        tally: Tally::new(&work.context, dataset),
        failures: BTreeMap::new(),
        files_read: 0,
        connection: None,
        cut: false,
    };
    if work.units.is_empty() {
        return scanned;
    }
    let stop = work.cancel.child_token();
    // When this future is dropped, the threads end.
    let _ends_with_us = stop.clone().drop_guard();
    let access = work.access.clone();
    let threads = threads(&work);
    let (said, mut hear) = mpsc::channel(64);
    let work = Arc::new(Shared {
        work,
        stop: stop.clone(),
        next: AtomicUsize::new(0),
        runtime: Handle::current(),
        metadata: Mutex::default(),
    });
    let mut started = 0;
    for number in 0..threads {
        let (work, said) = (Arc::clone(&work), said.clone());
        let spawned = thread::Builder::new()
            .name(format!("{THREAD}{number}"))
            .spawn(move || work.thread(&said));
        started += usize::from(spawned.is_ok());
    }
    drop(said);
    let mut rows = 0;
    let mut finished = 0;
    let mut files = Vec::new();
    let mut tallies = Vec::new();
    while let Some(said) = hear.recv().await {
        match said {
            Said::Rows(more) => {
                rows += more;
                progress.tell(rows, Some(total)).await;
            }
            Said::Failed { file, failure } => {
                if let UnitFailure::Problem(problem) = &*failure
                    && problem.connection_code().is_some()
                {
                    if access.is_hopeless(problem) {
                        stop.cancel();
                        scanned.cut = true;
                    }
                    scanned.connection.get_or_insert_with(|| Problem::clone(problem));
                }
                scanned.fail(file, *failure);
            }
            Said::Panicked { file } => scanned.fail(
                file,
                UnitFailure::Pages {
                    cause: "its pages are so damaged that they broke the decoder".into(),
                    row: None,
                },
            ),
            Said::Done(tally, read) => {
                finished += 1;
                files.extend(read);
                tallies.push(tally);
            }
        }
    }
    files.sort_unstable();
    files.dedup();
    scanned.files_read = files.len();
    scanned.cut |= stop.is_cancelled() || finished < started || started == 0;
    let mut tally = scanned.tally;
    scanned.tally = tokio::task::spawn_blocking(move || {
        for other in tallies {
            tally.merge(*other);
        }
        tally
    })
    .await
    .unwrap_or_else(|_| Tally::new(&work.work.context, dataset));
    scanned
}

impl Scanned {
    fn fail(&mut self, file: usize, failure: UnitFailure) {
        let failure = match failure {
            UnitFailure::Head => FileFailure::Head,
            UnitFailure::Pages { cause, row } => FileFailure::Pages { cause, row },
            UnitFailure::Problem(problem) => FileFailure::Unread(problem.to_string()),
            UnitFailure::Cancelled => {
                self.cut = true;
                return;
            }
        };
        // Threads finish in any order; what is told of a file must not depend on it.
        let rank = |failure: &FileFailure| match failure {
            FileFailure::Head => (0, None, String::new()),
            FileFailure::Pages { cause, row } => (1, *row, cause.clone()),
            FileFailure::Unread(cause) => (2, None, cause.clone()),
        };
        match self.failures.get(&file) {
            Some(known) if rank(known) <= rank(&failure) => {}
            _ => {
                self.failures.insert(file, failure);
            }
        }
    }
}

fn threads(work: &Work) -> usize {
    let cores = thread::available_parallelism().map_or(2, usize::from);
    // A local folder never waits; over the network some threads wait while others decode.
    let local = work.access.reader.is_local();
    let most = if local { cores } else { cores.max(4) };
    most.min(8).min(work.units.len()).max(1)
}

struct Shared {
    work: Work,
    stop: CancellationToken,
    next: AtomicUsize,
    runtime: Handle,
    /// The metadata of the file that was opened last, for the threads that read it too.
    metadata: Mutex<Option<(usize, Arc<ParquetMetaData>)>>,
}

impl Shared {
    fn thread(&self, said: &mpsc::Sender<Said>) {
        let work = &self.work;
        let mut tally = Tally::new(&work.context, work.objects.dataset);
        let mut files = Vec::new();
        while !self.stop.is_cancelled() {
            let Some(unit) = work.units.get(self.next.fetch_add(1, Ordering::Relaxed)).copied() else {
                break;
            };
            let mut rows = 0;
            let read = guarded(|| {
                self.unit(unit, &mut tally, &mut |more| {
                    rows += more;
                    if rows >= PORTION {
                        let _ = said.blocking_send(Said::Rows(std::mem::take(&mut rows)));
                    }
                })
            });
            if files.last() != Some(&unit.file) {
                files.push(unit.file);
            }
            let told = match read {
                Some(Ok(())) => None,
                Some(Err(failure)) => Some(Said::Failed {
                    file: unit.file,
                    failure: Box::new(failure),
                }),
                None => Some(Said::Panicked { file: unit.file }),
            };
            let _ = said.blocking_send(Said::Rows(rows));
            if let Some(told) = told {
                let _ = said.blocking_send(told);
            }
        }
        let _ = said.blocking_send(Said::Done(Box::new(tally), files));
    }

    fn unit(&self, unit: Unit, tally: &mut Tally, seen: &mut dyn FnMut(u64)) -> Result<(), UnitFailure> {
        let work = &self.work;
        let broken = || UnitFailure::Pages {
            cause: "the file is not among those listed".into(),
            row: None,
        };
        let (Some(footer), Some((template, plan)), Some(index), Some(head_seen)) = (
            work.footers.files.get(unit.file),
            work.plans.get(unit.file),
            work.index.get(unit.file),
            work.head_seen.get(unit.file),
        ) else {
            return Err(broken());
        };
        let metadata = self
            .metadata(unit.file, || footer.metadata(&template.names))
            .map_err(|cause| UnitFailure::Pages { cause, row: None })?;
        let source = FileSource::new(
            work.access.clone(),
            Arc::clone(&work.objects),
            *index,
            self.runtime.clone(),
            self.stop.clone(),
        )
        .ok_or_else(broken)?;
        let file = OpenFile {
            source,
            footer,
            plan,
            metadata,
            hints: &template.hints,
            check_head: !head_seen.swap(true, Ordering::Relaxed),
        };
        unit::read(&file, unit, tally, &self.stop, seen)
    }

    fn metadata(
        &self,
        file: usize,
        make: impl FnOnce() -> Result<ParquetMetaData, String>,
    ) -> Result<Arc<ParquetMetaData>, String> {
        {
            let last = self.metadata.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((known, metadata)) = &*last
                && *known == file
            {
                return Ok(Arc::clone(metadata));
            }
        }
        let metadata = Arc::new(make()?);
        *self.metadata.lock().unwrap_or_else(PoisonError::into_inner) = Some((file, Arc::clone(&metadata)));
        Ok(metadata)
    }
}
