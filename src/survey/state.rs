//! What a run knows of one dataset: its objects, footers, plans and rows; and what follows from it.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    days,
    footers::Footers,
    objects::Objects,
    plan::{Template, Templates, level_one},
    sample::{self, Candidate},
    scan::FileFailure,
    unit::Unit,
};
use crate::{
    contract::{
        Context, SignalVia, days as contract_days,
        layout::{self, Listed, Place, Role},
        rows::{FilePlan, RowFacts, Scope, Tally, table::RowRule},
        schema::{self, DatasetFooters, FooterFailure},
    },
    report::DatasetReport,
    rule::{Code, Dataset, Found, Judged, MAX_SAMPLES, Outcome, Sample},
};

const G701: Code = Code::new("G701");
const L301: Code = Code::new("L301");
const L303: Code = Code::new("L303");
const L309: Code = Code::new("L309");
const L311: Code = Code::new("L311");
const L314: Code = Code::new("L314");
const S401: Code = Code::new("S401");
const S411: Code = Code::new("S411");
const S412: Code = Code::new("S412");

/// One dataset.
pub(super) struct Folder {
    pub objects: Arc<Objects>,
    pub footers: Footers,
    /// Of each file with a readable footer, how it is read.
    pub plans: Arc<Vec<(Arc<Template>, FilePlan)>>,
    pub rows: Rows,
    /// What explains a folder without objects: L301, or that days are signalled by the API.
    absence: (Code, &'static str),
}

/// How far reading rows got.
#[derive(Default)]
pub(super) enum Rows {
    /// Not begun.
    #[default]
    NotYet,
    /// Done, or as far as it got.
    Read(Box<RowsRead>),
}

/// What reading rows yielded.
pub(super) struct RowsRead {
    pub tally: Tally,
    pub facts: RowFacts,
    pub failures: BTreeMap<usize, FileFailure>,
    pub files_read: usize,
    pub cut: bool,
    /// Whether every row of every file that can be judged was to be read.
    pub all: bool,
    /// What the rows come to, once it was counted.
    pub outcomes: Vec<Outcome>,
}

impl Rows {
    pub fn facts(&self) -> Option<&RowFacts> {
        match self {
            Self::Read(read) => Some(&read.facts),
            Self::NotYet => None,
        }
    }

    /// Whether every row that there is was read.
    pub fn read_all(&self) -> bool {
        matches!(self, Self::Read(read) if read.all && !read.cut && read.failures.is_empty())
    }

    pub fn bad_pages(&self, file: usize) -> bool {
        matches!(self, Self::Read(read) if matches!(read.failures.get(&file), Some(FileFailure::Pages { .. })))
    }
}

impl Folder {
    pub fn new(objects: Arc<Objects>, context: &Context) -> Self {
        let by_api = objects.dataset == Dataset::Signals && context.signal_via == Some(SignalVia::Api);
        Self {
            absence: if by_api {
                (G701, "days are signalled by the API")
            } else {
                (L301, "the folder holds no object")
            },
            footers: Footers::none_yet(&objects),
            objects,
            plans: Arc::default(),
            rows: Rows::default(),
        }
    }

    pub fn dataset(&self) -> Dataset {
        self.objects.dataset
    }

    /// Takes the footers in, and plans how their files are read.
    pub fn take_footers(&mut self, footers: Footers) {
        let mut templates = Templates::new(self.dataset());
        let mut plans = Vec::with_capacity(footers.judged.files.len());
        let mut rows_before = 0u64;
        for (footer, index) in footers.judged.files.iter().zip(&footers.index) {
            let day = self
                .objects
                .placement
                .places
                .get(*index)
                .and_then(|place| place.folder_day);
            plans.push(templates.plan(footer, day, rows_before));
            rows_before = rows_before.saturating_add(footer.rows);
        }
        self.plans = Arc::new(plans);
        self.footers = footers;
    }

    /// The object of a file with a readable footer.
    pub fn object(&self, file: usize) -> Option<(&Listed, &Place)> {
        let index = *self.footers.index.get(file)?;
        Some((
            self.objects.listed(index)?,
            self.objects.placement.places.get(index)?,
        ))
    }

    fn index_of(&self, key: &str) -> Option<usize> {
        self.objects
            .listing
            .objects
            .binary_search_by(|listed| listed.key.as_str().cmp(key))
            .ok()
    }

    pub fn place_of(&self, key: &str) -> Option<&Place> {
        self.objects.placement.places.get(self.index_of(key)?)
    }

    pub fn modified(&self, key: &str) -> Option<jiff::Timestamp> {
        self.objects.listed(self.index_of(key)?)?.modified
    }

    /// The files whose rows can be judged.
    fn candidates(&self) -> Vec<Candidate<'_>> {
        self.footers
            .judged
            .files
            .iter()
            .zip(self.plans.iter())
            .enumerate()
            .filter(|(_, (footer, (_, plan)))| footer.rows > 0 && plan.has_work())
            .map(|(file, (footer, _))| Candidate {
                file,
                footer,
                folder: level_one(&footer.key),
            })
            .collect()
    }

    pub fn has_rows_to_read(&self) -> bool {
        !self.candidates().is_empty()
    }

    /// What to read, and whether it is all there is.
    pub fn units(&self, sample: Option<u64>, seed: u64) -> (Vec<Unit>, bool) {
        let candidates = self.candidates();
        let total: u64 = candidates
            .iter()
            .map(|c| c.footer.rows)
            .fold(0, u64::saturating_add);
        match sample {
            Some(rows) if rows < total => {
                // Datasets draw apart, so that a change in one leaves the other's sample as it was.
                let seed = seed.wrapping_mul(3).wrapping_add(self.dataset() as u64);
                (sample::choose(&candidates, rows, seed), false)
            }
            _ => (sample::all(&candidates), true),
        }
    }

    /// The footers as they are judged: a file whose head proved bad when its rows were read is among the failures.
    pub fn judged_footers(&self) -> Arc<DatasetFooters> {
        let Rows::Read(read) = &self.rows else {
            return Arc::clone(&self.footers.judged);
        };
        let bad = |file: &usize| matches!(read.failures.get(file), Some(FileFailure::Head));
        if !read.failures.keys().any(bad) {
            return Arc::clone(&self.footers.judged);
        }
        let mut judged = DatasetFooters::clone(&self.footers.judged);
        let files = std::mem::take(&mut judged.files);
        for (file, footer) in files.into_iter().enumerate() {
            if bad(&file) {
                judged
                    .failures
                    .push((footer.key.to_string(), FooterFailure::BadMagicHead));
            } else {
                judged.files.push(footer);
            }
        }
        judged.failures.sort_by(|a, b| a.0.cmp(&b.0));
        Arc::new(judged)
    }

    /// S401 to S412.
    pub fn schema_outcomes(&self, context: &Context, footers: &DatasetFooters) -> Vec<Outcome> {
        let mut outcomes = schema::judge(context, self.dataset(), &self.objects.listing, footers);
        for outcome in &mut outcomes {
            if outcome.code == S401
                && let Found::Judged(judged) = &mut outcome.found
                && judged.count == 0
                && let Some(cause) = self.heads_not_seen()
            {
                judged.cause = Some(cause);
            }
        }
        outcomes.retain(|outcome| outcome.code != S412);
        outcomes.push(self.pages_outcome());
        outcomes
    }

    /// In a sample the heads of large files are read only with their rows.
    fn heads_not_seen(&self) -> Option<String> {
        let Rows::Read(read) = &self.rows else {
            return None;
        };
        let all = self.footers.head_seen.len();
        let unseen = self.footers.head_seen.iter().filter(|seen| !**seen).count();
        (!read.all && unseen > 0).then(|| {
            format!(
                "every footer was read; the first four bytes of larger files only with their rows, which a sample takes \
                 from some files ({unseen} of {all} are larger): --full reads them all"
            )
        })
    }

    /// S412: pages that can't be decoded, text that is not UTF-8.
    fn pages_outcome(&self) -> Outcome {
        let subject = self.dataset().subject();
        let Rows::Read(read) = &self.rows else {
            return Outcome::unknown(S412, subject, "no rows were read");
        };
        let bad: Vec<_> = read
            .failures
            .iter()
            .filter_map(|(file, failure)| match failure {
                FileFailure::Pages { cause, row } => Some((*file, cause, *row)),
                _ => None,
            })
            .collect();
        let candidates = self.candidates().len();
        if candidates == 0 {
            return match self.without_files().or_else(|| self.without_rows()) {
                Some((code, cause)) => Outcome::skipped(S412, subject, code, cause),
                None => Outcome::unknown(
                    S412,
                    subject,
                    self.unread_cause().unwrap_or_else(|| "no file was read".into()),
                ),
            };
        }
        let unread = read
            .failures
            .values()
            .filter(|failure| matches!(failure, FileFailure::Unread(_)))
            .count();
        let checked = read.files_read.saturating_sub(unread) as u64;
        // A sample is not meant to read them all; how many it read stands in `checked`.
        let of = if read.all || read.cut {
            candidates as u64
        } else {
            checked + unread as u64
        };
        let samples = bad
            .iter()
            .step_by(bad.len().div_ceil(MAX_SAMPLES).max(1))
            .filter_map(|(file, cause, row)| {
                Some(Sample {
                    key: self.object(*file)?.0.key.clone(),
                    row: *row,
                    column: None,
                    value: Some((*cause).clone()),
                })
            })
            .collect();
        Outcome::judged(
            S412,
            subject,
            Judged {
                count: bad.len() as u64,
                checked,
                of,
                samples,
                cause: match bad.first() {
                    Some((_, cause, _)) => Some((*cause).clone()),
                    None if !read.all => Some(format!(
                        "pages of {checked} of {candidates} files were read: a sample"
                    )),
                    None => None,
                },
                ..Judged::default()
            },
        )
    }

    /// What there was to judge, beside what was judged.
    pub fn scope(&self) -> Scope {
        let sampled = !matches!(&self.rows, Rows::Read(read) if read.all);
        let mut scope = Scope::new(self.dataset(), sampled);
        if let Some(cause) = self.unread_cause() {
            scope.unread(cause);
        }
        match self.without_files() {
            Some((L301, _)) => scope.empty_folder(),
            Some((G701, cause)) => scope.absent(G701, cause),
            Some((code, _)) => scope.bad_file(code),
            None => {}
        }
        for (_, failure) in &self.footers.judged.failures {
            if failure.is_finding() {
                scope.bad_file(S401);
            }
        }
        if self.data_objects().any(|(listed, _)| listed.archived) {
            scope.bad_file(L309);
        }
        for (file, (footer, (_, plan))) in self
            .footers
            .judged
            .files
            .iter()
            .zip(self.plans.iter())
            .enumerate()
        {
            let failure = match &self.rows {
                Rows::Read(read) => read.failures.get(&file),
                Rows::NotYet => None,
            };
            match failure {
                Some(FileFailure::Head) => scope.bad_file(S401),
                Some(FileFailure::Pages { .. }) => scope.bad_file(S412),
                _ => scope.file(plan, footer.rows),
            }
        }
        scope
    }

    fn data_objects(&self) -> impl Iterator<Item = (&Listed, &Place)> {
        self.objects
            .listing
            .objects
            .iter()
            .zip(&self.objects.placement.places)
            .filter(|(_, place)| place.role == Role::Data)
    }

    /// Why there is no file to read at all, where another check says so.
    fn without_files(&self) -> Option<(Code, &'static str)> {
        if !self.objects.listing.complete() || self.data_objects().next().is_some() {
            return None;
        }
        let has = |role: Role| {
            self.objects
                .placement
                .places
                .iter()
                .any(|place| place.role == role)
        };
        Some(if has(Role::NotParquet) {
            (L303, "none of the folder's objects is Parquet")
        } else if has(Role::Empty) {
            (L311, "the folder's objects are empty")
        } else if has(Role::HiddenData) {
            (L314, "the folder's objects are hidden by their names")
        } else {
            self.absence
        })
    }

    /// Why there are files but no rows that can be judged, where another check says so.
    fn without_rows(&self) -> Option<(Code, &'static str)> {
        let judged = &self.footers.judged;
        if self.unread_cause().is_some() {
            return None;
        }
        let with_rows = judged
            .files
            .iter()
            .zip(self.plans.iter())
            .find(|(footer, _)| footer.rows > 0);
        if let Some((_, (_, plan))) = with_rows {
            let code = RowRule::of(self.dataset()).find_map(|rule| plan.blocked_by(rule))?;
            return Some((code, "no column that rules look at can be read"));
        }
        if judged.failures.iter().any(|(_, failure)| failure.is_finding()) {
            return Some((S401, "no file can be read"));
        }
        if !judged.files.is_empty() {
            return Some((S411, "the files hold no rows"));
        }
        self.data_objects()
            .any(|(listed, _)| listed.archived)
            .then_some((L309, "the folder's objects are archived"))
    }

    /// Why something of the dataset is not known though no failed check of its own says so.
    fn unread_cause(&self) -> Option<String> {
        let name = self.dataset().folder();
        if let Some(cause) = self.objects.listing.cause() {
            return Some(format!("{name} is not wholly listed: {cause}"));
        }
        let judged = &self.footers.judged;
        if let Some(cause) = &judged.incomplete {
            return Some(cause.clone());
        }
        if let Some((key, failure)) = judged.failures.iter().find(|(_, failure)| !failure.is_finding()) {
            return Some(format!("{} {failure}", key.escape_debug()));
        }
        match &self.rows {
            Rows::NotYet => Some(format!("the rows of {name} were not read")),
            Rows::Read(read) => {
                let unread = read.failures.values().find_map(|failure| match failure {
                    FileFailure::Unread(cause) => Some(cause.clone()),
                    _ => None,
                });
                unread.or_else(|| {
                    read.cut
                        .then(|| format!("the run ended before all rows of {name} were read"))
                })
            }
        }
    }

    /// The dataset as reports show it.
    pub fn report(&self) -> DatasetReport {
        let judged = self.judged_footers();
        let days = match self.dataset() {
            Dataset::Signals => Vec::new(),
            _ => contract_days::data_days(&days::dataset(self)),
        };
        let listing = &self.objects.listing;
        DatasetReport {
            objects: listing.objects.len() as u64,
            files: judged.files.len() as u64,
            bytes: listing
                .objects
                .iter()
                .map(|listed| listed.size)
                .fold(0, u64::saturating_add),
            rows: judged
                .files
                .iter()
                .map(|footer| footer.rows)
                .fold(0, u64::saturating_add),
            rows_checked: match &self.rows {
                Rows::Read(read) => read.tally.rows_checked(),
                Rows::NotYet => 0,
            },
            schema_groups: schema::groups(&judged),
            days,
            finished_dates: days::finished_dates(self),
            layout: layout::report(self.dataset(), listing, &self.objects.placement),
            complete: listing.complete() && judged.incomplete.is_none() && self.footers.unread.is_empty(),
        }
    }
}
