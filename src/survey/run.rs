//! The run: connect, list, footers, rows, and what is told on the way.

mod access;
mod connect;

use std::{sync::Arc, time::Instant};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{
    Survey,
    access::Sight,
    connection::Connection,
    days,
    emit::Emitter,
    footers,
    listing::{self, Root},
    objects::Access,
    scan::{self, Work},
    state::{Folder, Rows, RowsRead},
};
use crate::{
    contract::{
        Context, SignalVia, cross, days as contract_days,
        layout::{self, FolderListing, ListingState},
        rows::{Tally, table::RowRule},
        schema::Shapes,
    },
    report::{Identity, Judge, Mode, Rows as RowMode, Stage, SurveyEvent, Target, Tool, Usage, catalogue},
    rule::{Category, Code, Dataset, Outcome},
    store::S3Store,
};

/// A run under way.
struct Run {
    target: Target,
    mode: Mode,
    context: Context,
    cancel: CancellationToken,
    emit: Emitter,
    connection: Connection,
    /// A local folder: nothing is said of connection and access.
    local: bool,
    /// Nobody may read for Statsig yet: what is read is read as the operator, and proves nothing of a reader.
    no_reader: bool,
    /// The connection is lost: there is no use in asking on.
    lost: bool,
    /// The bucket, to know the region that it turned out to be in.
    bucket: Option<S3Store>,
    /// The reader and the operator as they were told.
    identities: (Option<Identity>, Option<Identity>),
    root: Root,
    /// The reader's access.
    sight: Sight,
    /// In the order of [`Dataset::ALL`].
    folders: Vec<Folder>,
}

/// Runs a survey to its end.
pub(super) async fn run(survey: Survey, events: mpsc::Sender<SurveyEvent>) {
    let began = Instant::now();
    let Survey {
        target,
        source,
        mode,
        context,
        access,
        cancel,
    } = survey;
    let mut run = Run {
        local: matches!(target, Target::Folder { .. }),
        no_reader: matches!(source, super::Source::NoReader { .. }),
        emit: Emitter::new(events, cancel.clone(), Judge::new(&target, &mode)),
        connection: Connection::default(),
        lost: false,
        bucket: None,
        identities: (None, None),
        root: Root::unknown("it was not listed"),
        sight: Sight::new(access, target.bucket(), target.prefix()),
        folders: Vec::new(),
        target,
        mode,
        context,
        cancel,
    };
    run.started().await;
    let access = run.connect(source).await;
    if let Some(access) = &access {
        run.survey(access).await;
    }
    run.tell_connection(true).await;
    let usage = Usage {
        requests: access.as_ref().map_or(0, Access::requests) + run.sight.requests(),
        bytes_read: access.as_ref().map_or(0, Access::bytes),
        seconds: began.elapsed().as_secs_f64(),
    };
    let complete = !run.cancel.is_cancelled();
    run.emit.send(SurveyEvent::Finished { complete, usage }).await;
}

impl Run {
    async fn started(&self) {
        self.emit
            .send(SurveyEvent::Started {
                tool: Tool::this(),
                created_at: self.context.now.to_string(),
                target: self.target.clone(),
                mode: self.mode.clone(),
                today: self.context.today().to_string(),
            })
            .await;
        self.emit.left_out().await;
    }

    async fn survey(&mut self, access: &Access) {
        self.begin_inspection();
        self.list(access).await;
        self.tell_layout(false).await;
        if self.hopeless() {
            return self.tell_all().await;
        }
        self.probe_access(access).await;
        self.read_footers(access).await;
        self.tell_layout(true).await;
        self.end_inspection(access).await;
        self.tell_access().await;
        for dataset in [Dataset::Signals, Dataset::Events, Dataset::Metrics] {
            if self.hopeless() {
                break;
            }
            if self.wants_rows(dataset) {
                self.read_rows(access, dataset).await;
                self.tell_rows(dataset).await;
                self.tell_days().await;
            }
        }
        self.probe_reads(access).await;
        self.tell_all().await;
    }

    /// Whether there is no use in going on.
    fn hopeless(&self) -> bool {
        self.cancel.is_cancelled() || self.lost
    }

    fn folder(&self, dataset: Dataset) -> Option<&Folder> {
        self.folders.get(dataset as usize)
    }

    async fn list(&mut self, access: &Access) {
        let prefix: Arc<str> = self.target.prefix().into();
        let list = |dataset: Dataset| {
            let progress = self.emit.progress_of(access, Stage::List, dataset);
            listing::folder(access, Arc::clone(&prefix), dataset, &self.cancel, progress)
        };
        let (events, metrics, signals, root) = tokio::join!(
            list(Dataset::Events),
            list(Dataset::Metrics),
            list(Dataset::Signals),
            listing::root(access, &prefix, &self.cancel),
        );
        let lists = [events, metrics, signals];
        self.tell_region().await;
        match root {
            Ok(root) => {
                self.connection.accepted |= root.reader.is_some();
                self.root = root;
            }
            Err(problem) => {
                self.root = Root::unknown(problem.to_string());
                self.connection.note(&problem);
                self.lost = true;
            }
        }
        let by_api = self.context.signal_via == Some(SignalVia::Api);
        for mut list in lists {
            if by_api && list.objects.dataset == Dataset::Signals {
                list.objects.forgive_refusal();
            }
            if list.objects.pages > 0 {
                self.connection.accepted = true;
            }
            if let Some(problem) = &list.unusable {
                self.connection.note(problem);
                self.emit
                    .notice("the reader's key can't be used: what can be read is read with the operator's")
                    .await;
            }
            self.lost |= list.lost();
            for problem in list.problem.iter().chain(&list.objects.list_refused) {
                self.connection.note(problem);
            }
            for trouble in list
                .troubles
                .iter()
                .filter(|trouble| !trouble.hides_data)
                .take(20)
            {
                self.emit
                    .notice(format!(
                        "{} is passed over: {}",
                        trouble.key.escape_debug(),
                        trouble.why
                    ))
                    .await;
            }
            self.folders
                .push(Folder::new(Arc::new(list.objects), &self.context));
        }
        self.tell_connection(false).await;
    }

    async fn read_footers(&mut self, access: &Access) {
        let shapes = Arc::new(Shapes::new());
        for dataset in Dataset::ALL {
            if self.hopeless() || !self.wants_footers(dataset) {
                continue;
            }
            let Some(folder) = self.folder(dataset) else {
                continue;
            };
            let objects = Arc::clone(&folder.objects);
            let progress = self.emit.progress_of(access, Stage::Footers, dataset);
            let read = footers::read_all(access, &objects, &shapes, &self.cancel, progress).await;
            drop(objects);
            if let Some(problem) = &read.connection {
                self.connection.note(problem);
                self.lost |= access.is_hopeless(problem);
            }
            if let Some(folder) = self.folders.get_mut(dataset as usize) {
                if let Some(objects) = Arc::get_mut(&mut folder.objects) {
                    objects.mark_archived();
                }
                folder.take_footers(read);
            }
            self.tell_dataset(dataset).await;
        }
    }

    async fn read_rows(&mut self, access: &Access, dataset: Dataset) {
        // Signals are few and decide the calendar: they are always read whole.
        let sample = match (self.mode.rows, dataset) {
            (RowMode::All, _) | (_, Dataset::Signals) => None,
            (RowMode::Sample, _) => Some(self.mode.sample_rows.unwrap_or(20_000)),
        };
        let Some(folder) = self.folder(dataset) else {
            return;
        };
        let (units, all) = folder.units(sample, self.mode.seed);
        let total: u64 = units.iter().map(|unit| unit.rows).fold(0, u64::saturating_add);
        let work = Work {
            context: self.context.clone(),
            access: access.clone(),
            objects: Arc::clone(&folder.objects),
            footers: Arc::clone(&folder.footers.judged),
            index: Arc::new(folder.footers.index.clone()),
            plans: Arc::clone(&folder.plans),
            head_seen: folder
                .footers
                .head_seen
                .iter()
                .map(|seen| (*seen).into())
                .collect(),
            units,
            cancel: self.cancel.clone(),
        };
        let progress = self.emit.progress_of(access, Stage::Rows, dataset);
        let scanned = scan::run(work, progress, total).await;
        if let Some(problem) = &scanned.connection {
            self.connection.note(problem);
            self.lost |= access.is_hopeless(problem);
        }
        if let Some(folder) = self.folders.get_mut(dataset as usize) {
            folder.rows = Rows::Read(Box::new(RowsRead {
                facts: scanned.tally.facts(),
                tally: scanned.tally,
                failures: scanned.failures,
                files_read: scanned.files_read,
                cut: scanned.cut,
                all,
                outcomes: Vec::new(),
            }));
        }
        self.count_rows(dataset).await;
    }

    /// Counts what the rows come to. Sets are large, so that is done apart.
    async fn count_rows(&mut self, dataset: Dataset) {
        let Some(folder) = self.folders.get_mut(dataset as usize) else {
            return;
        };
        let scope = folder.scope();
        let Rows::Read(mut read) = std::mem::take(&mut folder.rows) else {
            return;
        };
        let counted = tokio::task::spawn_blocking(move || {
            read.outcomes = read.tally.outcomes(&scope);
            read
        });
        if let Ok(read) = counted.await {
            folder.rows = Rows::Read(read);
        }
    }

    fn wants_footers(&self, dataset: Dataset) -> bool {
        let extra = ["L306", "L310", "A202"].map(Code::new);
        self.wants_rows(dataset) || self.emit.wants_any(extra) || self.wants_category(Category::Schema)
    }

    fn wants_rows(&self, dataset: Dataset) -> bool {
        self.emit.wants_any(RowRule::of(dataset).map(RowRule::code))
            || self.emit.wants(Code::new("S412"))
            || self.wants_category(Category::Calendar)
            || (dataset != Dataset::Signals && self.wants_category(Category::Datasets))
    }

    fn wants_category(&self, category: Category) -> bool {
        catalogue::all().any(|rule| rule.category == category && self.emit.wants(rule.code))
    }

    async fn tell_connection(&mut self, done: bool) {
        if self.local {
            return;
        }
        if let Some(code) = self.connection.blocker() {
            self.emit.block(code);
        }
        let outcomes = self.connection.outcomes(done);
        self.emit.outcomes(outcomes).await;
    }

    /// L3xx, and once footers are read S4xx.
    async fn tell_layout(&mut self, with_footers: bool) {
        let outcomes = self.layout_outcomes(with_footers);
        self.emit.outcomes(outcomes).await;
        if with_footers {
            for dataset in Dataset::ALL {
                self.tell_schema(dataset).await;
            }
        } else {
            for dataset in Dataset::ALL {
                self.tell_dataset(dataset).await;
            }
        }
    }

    fn layout_outcomes(&self, with_footers: bool) -> Vec<Outcome> {
        let nothing = FolderListing {
            state: ListingState::Refused("it was not listed".into()),
            ..FolderListing::default()
        };
        let listing = |dataset| {
            self.folder(dataset)
                .map_or(&nothing, |folder| &folder.objects.listing)
        };
        let evidence = layout::Evidence {
            root: &self.root.listing,
            events: listing(Dataset::Events),
            metrics: listing(Dataset::Metrics),
            signals: listing(Dataset::Signals),
            storage_known: !self.local,
        };
        let footers: Vec<_> = self.folders.iter().map(Folder::judged_footers).collect();
        let footers = match footers.as_slice() {
            [events, metrics, signals] if with_footers => Some([&**events, &**metrics, &**signals]),
            _ => None,
        };
        layout::judge(&self.context, &evidence, footers)
    }

    async fn tell_schema(&mut self, dataset: Dataset) {
        let Some(folder) = self.folder(dataset) else {
            return;
        };
        let mut outcomes = folder.schema_outcomes(&self.context, &folder.judged_footers());
        // Before rows are read nothing is said of pages.
        if matches!(folder.rows, Rows::NotYet) && !self.hopeless() {
            outcomes.retain(|outcome| outcome.code != Code::new("S412"));
        }
        self.emit.outcomes(outcomes).await;
    }

    async fn tell_rows(&mut self, dataset: Dataset) {
        self.tell_schema(dataset).await;
        let Some(folder) = self.folder(dataset) else {
            return;
        };
        let outcomes = match &folder.rows {
            Rows::Read(read) => read.outcomes.clone(),
            // Nothing was read: an empty tally says of each rule why not.
            Rows::NotYet => Tally::new(&self.context, dataset).outcomes(&folder.scope()),
        };
        self.emit.outcomes(outcomes).await;
        self.tell_dataset(dataset).await;
    }

    async fn tell_dataset(&self, name: Dataset) {
        if let Some(folder) = self.folder(name) {
            let dataset = Box::new(folder.report());
            self.emit.send(SurveyEvent::Dataset { name, dataset }).await;
        }
    }

    async fn tell_days(&mut self) {
        let [events, metrics, signals] = self.folders.as_slice() else {
            return;
        };
        let evidence = days::evidence(self.emit.judge(), events, metrics, signals);
        let outcomes = contract_days::judge(&self.context, &evidence);
        let calendar = contract_days::calendar(&self.context, &evidence);
        self.emit.outcomes(outcomes).await;
        self.emit.send(SurveyEvent::Calendar { calendar }).await;
    }

    fn cross_outcomes(&self) -> Vec<Outcome> {
        let scopes =
            [Dataset::Events, Dataset::Metrics].map(|dataset| self.folder(dataset).map(Folder::scope));
        let side = |dataset: Dataset| {
            let folder = self.folder(dataset)?;
            let scope = scopes.get(dataset as usize)?.as_ref()?;
            match &folder.rows {
                Rows::Read(read) if !folder.objects.is_empty() => Some((&read.tally, scope)),
                _ => None,
            }
        };
        cross::outcomes(side(Dataset::Events), side(Dataset::Metrics))
    }

    /// Everything once more, now that all is known that will be: only what changed is told.
    async fn tell_all(&mut self) {
        self.tell_connection(true).await;
        self.tell_access().await;
        self.tell_layout(true).await;
        for dataset in Dataset::ALL {
            self.tell_rows(dataset).await;
        }
        let cross = self.cross_outcomes();
        self.emit.outcomes(cross).await;
        self.tell_days().await;
    }
}
