//! The schema rules. All count files, and all look at every footer.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use super::{
    Column, FileFooter, FooterFailure, Readings, Shape, Standing,
    drift::{Fate, fate},
    reading::{columns, readings},
};
use crate::{
    contract::{
        Context,
        layout::{self, FolderListing, Listed, Role, SparkView, place},
    },
    rule::{Code, Dataset, Judged, MAX_SAMPLES, Outcome, Sample, Severity, grouped},
};

/// The footers of one dataset.
#[derive(Clone, Debug, Default)]
pub struct DatasetFooters {
    /// Footers that were read, in any order.
    pub files: Vec<FileFooter>,
    /// Files whose footer was not read, by key, and why.
    pub failures: Vec<(String, FooterFailure)>,
    /// Footers of `_metadata` and `_common_metadata` files.
    pub metadata: Vec<FileFooter>,
    /// Such files that could not be read, and why.
    pub metadata_failures: Vec<(String, FooterFailure)>,
    /// Why there are data files that are in neither list (the run was cut short), in words.
    pub incomplete: Option<String>,
}

const S401: Code = Code::new("S401");
const S402: Code = Code::new("S402");
const S403: Code = Code::new("S403");
const S404: Code = Code::new("S404");
const S405: Code = Code::new("S405");
const S406: Code = Code::new("S406");
const S407: Code = Code::new("S407");
const S408: Code = Code::new("S408");
const S409: Code = Code::new("S409");
const S410: Code = Code::new("S410");
const S411: Code = Code::new("S411");

/// The rules on footers that were read.
const ON_FOOTERS: [Code; 10] = [S402, S403, S404, S405, S406, S407, S408, S409, S410, S411];

/// Judges S401 to S411 on one dataset.
pub fn judge(
    ctx: &Context,
    dataset: Dataset,
    listing: &FolderListing,
    footers: &DatasetFooters,
) -> Vec<Outcome> {
    let subject = dataset.subject();
    let all = || std::iter::once(S401).chain(ON_FOOTERS);
    let broken = footers
        .failures
        .iter()
        .filter(|(_, why)| why.is_finding())
        .count();
    let unread = footers.failures.len() - broken;
    let unsure = unsure(listing, footers, unread);
    if footers.files.is_empty() && footers.failures.is_empty() {
        if let Some(cause) = unsure {
            return all()
                .map(|code| Outcome::unknown(code, subject, cause.clone()))
                .collect();
        }
        let (blocked_by, cause) = nothing_to_read(ctx, dataset, listing);
        return all()
            .map(|code| Outcome::skipped(code, subject, blocked_by, cause))
            .collect();
    }
    let finish = |code: Code, judged: Judged| match &unsure {
        Some(cause) if judged.count == 0 => Outcome::unknown(code, subject, cause.clone()),
        _ => Outcome::judged(code, subject, judged),
    };
    let mut outcomes = vec![finish(S401, unreadable(footers, broken, unread))];
    if footers.files.is_empty() {
        outcomes.extend(ON_FOOTERS.into_iter().map(|code| match &unsure {
            Some(cause) => Outcome::unknown(code, subject, cause.clone()),
            None => Outcome::skipped(code, subject, S401, "no file of the folder has a readable footer"),
        }));
        return outcomes;
    }
    let files = Files::new(dataset, footers);
    let total = (footers.files.len() + unread) as u64;
    outcomes.extend(ON_FOOTERS.into_iter().map(|code| {
        let mut judged = files.judge(code);
        judged.checked = footers.files.len() as u64;
        judged.of = total;
        finish(code, judged)
    }));
    outcomes
}

/// Why a clean result would prove nothing, where that is so.
fn unsure(listing: &FolderListing, footers: &DatasetFooters, unread: usize) -> Option<String> {
    // Archived files are L309's; like broken ones they are left out of what the others are judged on.
    let readable = data_files(listing).filter(|object| !object.archived).count();
    let looked_at = footers.files.len() + footers.failures.len();
    let first = footers.failures.iter().find(|(_, why)| !why.is_finding());
    match (first, &footers.incomplete, listing.cause()) {
        (Some((key, why)), ..) if unread == 1 => Some(format!("{key} {why}")),
        (Some((key, why)), ..) => Some(format!("{unread} footers could not be read; {key} {why}")),
        (None, Some(cause), _) => Some(format!("not all footers were read: {cause}")),
        (None, None, Some(cause)) => Some(format!("not all objects could be listed: {cause}")),
        (None, None, None) if looked_at < readable => {
            Some(format!("only {looked_at} of {readable} footers were read"))
        }
        (None, None, None) => None,
    }
}

fn data_files(listing: &FolderListing) -> impl Iterator<Item = &Listed> {
    listing
        .objects
        .iter()
        .filter(|object| Role::of_object(object) == Role::Data)
}

/// Which rule explains that a folder has no data files.
fn nothing_to_read(ctx: &Context, dataset: Dataset, listing: &FolderListing) -> (Code, &'static str) {
    let places = place(dataset, listing).places;
    if data_files(listing).next().is_some() {
        return (Code::new("L309"), "the folder's files are archived");
    }
    let has = |role| places.iter().any(|place| place.role == role);
    if has(Role::NotParquet) {
        (Code::new("L303"), "no object of the folder is named like Parquet")
    } else if has(Role::Empty) {
        (Code::new("L311"), "the folder's objects are empty")
    } else if has(Role::HiddenData) {
        (
            Code::new("L314"),
            "the folder's files have names that are never read",
        )
    } else if has(Role::Metadata) {
        (Code::new("L310"), "the folder holds a summary file alone")
    } else if has(Role::Ignored) {
        (Code::new("L301"), "the folder has no data files")
    } else {
        layout::absence(ctx, dataset)
    }
}

fn unreadable(footers: &DatasetFooters, broken: usize, unread: usize) -> Judged {
    let checked = (footers.files.len() + broken) as u64;
    let mut why: BTreeMap<String, u64> = BTreeMap::new();
    let mut failures: Vec<_> = footers
        .failures
        .iter()
        .filter(|(_, why)| why.is_finding())
        .collect();
    failures.sort_by(|a, b| a.0.cmp(&b.0));
    for (_, failure) in &failures {
        *why.entry(failure.to_string()).or_default() += 1;
    }
    let step = failures.len().div_ceil(MAX_SAMPLES).max(1);
    Judged {
        count: broken as u64,
        checked,
        of: checked + unread as u64,
        cause: (broken > 0).then(|| listed(&why)),
        samples: failures
            .iter()
            .step_by(step)
            .map(|(key, failure)| Sample {
                key: key.clone(),
                value: Some(failure.to_string()),
                ..Sample::default()
            })
            .collect(),
        ..Judged::default()
    }
}

/// `user in 3 files, timeuuid in 1 file`, the first few.
fn listed(counts: &BTreeMap<String, u64>) -> String {
    const SHOWN: usize = 6;
    let mut parts: Vec<_> = counts
        .iter()
        .take(SHOWN)
        .map(|(what, files)| format!("{what} in {files} {}", if *files == 1 { "file" } else { "files" }))
        .collect();
    if counts.len() > SHOWN {
        parts.push(format!("{} more", counts.len() - SHOWN));
    }
    parts.join(", ")
}

/// What a rule found in all files of one shape: labels for the cause, and a sample's column and value.
#[derive(Clone, Debug, Default)]
struct InShape {
    what: Vec<What>,
    severity: Option<Severity>,
}

#[derive(Clone, Debug)]
struct What {
    label: String,
    column: String,
    value: String,
}

/// All files of a dataset that have a footer, by key.
struct Files<'a> {
    dataset: Dataset,
    files: Vec<&'a FileFooter>,
    readings: HashMap<*const Shape, Readings>,
    /// The file that gives the schema.
    first: Option<&'a FileFooter>,
    /// For each column, by its name in lower case, the first file that has it and its type there.
    references: HashMap<String, (&'a FileFooter, &'a Column)>,
}

impl<'a> Files<'a> {
    fn new(dataset: Dataset, footers: &'a DatasetFooters) -> Self {
        let mut files: Vec<&FileFooter> = footers.files.iter().collect();
        files.sort_by(|a, b| a.key.cmp(&b.key));
        let mut by_shape = HashMap::new();
        for file in &files {
            by_shape
                .entry(Arc::as_ptr(&file.shape))
                .or_insert_with(|| readings(dataset, file));
        }
        let seen = |file: &&&FileFooter| matches!(file.spark, SparkView::Read | SparkView::Fails);
        let first = files.iter().find(seen).or(files.first()).copied();
        let mut references: HashMap<String, (&FileFooter, &Column)> = HashMap::new();
        let mut shapes = HashMap::new();
        for file in first.iter().chain(files.iter()) {
            if shapes.insert(Arc::as_ptr(&file.shape), ()).is_none() {
                for column in &file.shape.columns {
                    references
                        .entry(column.name.to_lowercase())
                        .or_insert((file, column));
                }
            }
        }
        Self {
            dataset,
            files,
            readings: by_shape,
            first,
            references,
        }
    }

    /// Judges a rule by shape, and counts files.
    fn judge(&self, code: Code) -> Judged {
        let mut by_shape: HashMap<*const Shape, InShape> = HashMap::new();
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        let mut severity = None;
        let mut found = Vec::new();
        for file in &self.files {
            let shape = Arc::as_ptr(&file.shape);
            let here = match code {
                S411 => &no_rows(file),
                _ => by_shape.entry(shape).or_insert_with(|| self.in_shape(code, file)),
            };
            if here.what.is_empty() {
                continue;
            }
            severity = severity.max(here.severity);
            for what in &here.what {
                *counts.entry(what.label.clone()).or_default() += 1;
            }
            found.push(*file);
        }
        let samples = self.samples(&found, |file| match code {
            S411 => no_rows(file).what,
            _ => by_shape
                .get(&Arc::as_ptr(&file.shape))
                .map(|h| h.what.clone())
                .unwrap_or_default(),
        });
        let cause = (!found.is_empty()).then(|| self.cause(code, &counts, found.len()));
        Judged {
            count: found.len() as u64,
            severity,
            samples,
            cause,
            ..Judged::default()
        }
    }

    /// At most five, spread over the files that were found and over what was found in them.
    fn samples(&self, found: &[&FileFooter], what: impl Fn(&FileFooter) -> Vec<What>) -> Vec<Sample> {
        let step = found.len().div_ceil(MAX_SAMPLES).max(1);
        let mut samples = Vec::new();
        for (nth, file) in found.iter().step_by(step).enumerate() {
            let whats = what(file);
            let some = whats.get(nth % whats.len().max(1));
            samples.extend(some.map(|what| Sample {
                key: file.key.to_string(),
                row: None,
                column: (!what.column.is_empty()).then(|| what.column.clone()),
                value: (!what.value.is_empty()).then(|| what.value.clone()),
            }));
        }
        samples
    }

    fn cause(&self, code: Code, counts: &BTreeMap<String, u64>, files: usize) -> String {
        let first = self.first.map_or("", |file| &file.key);
        match code {
            S406 => format!(
                "{}; {files} of {} files differ; Spark takes the schema from {first}, the first by key",
                listed(counts),
                self.files.len()
            ),
            S407 => format!(
                "{}; not in {first}, the first by key, which gives the schema",
                listed(counts)
            ),
            S408 if counts.keys().any(|what| what.starts_with("BYTE_STREAM_SPLIT")) => {
                format!(
                    "{}; Spark 4 reads BYTE_STREAM_SPLIT, Spark 3.5 does not",
                    listed(counts)
                )
            }
            S411 if files == 1 => "1 file holds no rows".to_owned(),
            S411 => format!("{} files hold no rows", grouped(files as u64)),
            _ => listed(counts),
        }
    }

    fn in_shape(&self, code: Code, file: &FileFooter) -> InShape {
        match code {
            S402 | S403 | S404 | S405 => self.against_contract(code, file),
            S406 => self.drift(file),
            S407 => self.lost(file),
            S408 => pairs(&file.shape.unsupported, |what, column| What {
                label: format!("{what} ({column})"),
                column: column.to_owned(),
                value: what.to_owned(),
            }),
            S409 => pairs(&file.shape.duplicates, |a, b| What {
                label: format!("{a} and {b}"),
                column: a.to_owned(),
                value: b.to_owned(),
            }),
            S410 => self.extra(file),
            _ => InShape::default(),
        }
    }

    fn readings(&self, file: &FileFooter) -> Option<&Readings> {
        self.readings.get(&Arc::as_ptr(&file.shape))
    }

    fn against_contract(&self, code: Code, file: &FileFooter) -> InShape {
        let mut found = InShape::default();
        for reading in self.readings(file).iter().flat_map(|r| &r.columns) {
            let wanted = match reading.standing {
                Standing::Accepted => continue,
                Standing::Missing => S402,
                Standing::Misspelled => S403,
                Standing::Wrong => S404,
                Standing::Doubtful => S405,
            };
            if wanted != code {
                continue;
            }
            let column = reading.column.and_then(|at| file.shape.columns.get(at as usize));
            let name = reading.name.to_owned();
            let what = match (reading.standing, column) {
                (Standing::Misspelled, Some(column)) => What {
                    label: format!("{} for {name}", column.name),
                    column: column.name.to_string(),
                    value: format!("should be {name}"),
                },
                (_, Some(column)) => What {
                    label: format!("{name} as {}", column.spelled()),
                    value: column.spelled(),
                    column: name,
                },
                (_, None) => What {
                    label: name.clone(),
                    column: name,
                    value: String::new(),
                },
            };
            let optional = code == S402 && reading.name == "timeuuid";
            let severity = match code {
                S405 => Severity::Warn,
                _ if optional => Severity::Warn,
                _ => Severity::Fail,
            };
            found.severity = found.severity.max(Some(severity));
            found.what.push(what);
        }
        found
    }

    fn drift(&self, file: &FileFooter) -> InShape {
        let mut found = InShape::default();
        for column in &file.shape.columns {
            let name = column.name.to_lowercase();
            let Some((given_by, reference)) = self.references.get(&name) else {
                continue;
            };
            let fate = fate(reference, column);
            if fate == Fate::Same {
                continue;
            }
            let in_schema = self.first.is_some_and(|first| std::ptr::eq(first, *given_by));
            let (severity, outcome) = match fate {
                _ if !in_schema => (Severity::Warn, "not read: the column is not in the schema"),
                Fate::Fails => (Severity::Fail, "the read fails"),
                Fate::Lies => (Severity::Fail, "other values are read than were written"),
                Fate::Reads | Fate::Same => (Severity::Warn, "read as written"),
            };
            found.severity = found.severity.max(Some(severity));
            found.what.push(What {
                label: format!(
                    "{} is {} there and {} ({outcome})",
                    column.name,
                    reference.spelled(),
                    column.spelled()
                ),
                column: column.name.to_string(),
                value: column.spelled(),
            });
        }
        found
    }

    fn lost(&self, file: &FileFooter) -> InShape {
        let mut found = InShape::default();
        let Some(first) = self.first.filter(|first| !Arc::ptr_eq(&first.shape, &file.shape)) else {
            return found;
        };
        for column in &file.shape.columns {
            let name = column.name.to_lowercase();
            let in_first = self
                .references
                .get(&name)
                .is_some_and(|(given_by, _)| std::ptr::eq(*given_by, first));
            if in_first {
                continue;
            }
            let needed = columns(self.dataset).contains(&&*column.name);
            let severity = if needed { Severity::Fail } else { Severity::Info };
            found.severity = found.severity.max(Some(severity));
            found.what.push(What {
                label: column.name.to_string(),
                column: column.name.to_string(),
                value: column.spelled(),
            });
        }
        found
    }

    fn extra(&self, file: &FileFooter) -> InShape {
        let mut found = InShape::default();
        let meant: Vec<usize> = self
            .readings(file)
            .iter()
            .flat_map(|readings| &readings.columns)
            .filter_map(|reading| reading.column)
            .map(|at| at as usize)
            .collect();
        for (at, column) in file.shape.columns.iter().enumerate() {
            if meant.contains(&at) || columns(self.dataset).contains(&&*column.name) {
                continue;
            }
            found.what.push(What {
                label: column.name.to_string(),
                column: column.name.to_string(),
                value: column.spelled(),
            });
        }
        if file.shape.columns_more > 0 {
            found.what.push(What {
                label: format!("{} further columns", file.shape.columns_more),
                column: String::new(),
                value: format!("{} further columns", file.shape.columns_more),
            });
        }
        if self.dataset == Dataset::Signals && !found.what.is_empty() {
            found.severity = Some(Severity::Warn);
        }
        found
    }
}

fn pairs(pairs: &[(Box<str>, Box<str>)], what: impl Fn(&str, &str) -> What) -> InShape {
    InShape {
        what: pairs.iter().map(|(a, b)| what(a, b)).collect(),
        severity: None,
    }
}

fn no_rows(file: &FileFooter) -> InShape {
    let empty = file.rows == 0;
    InShape {
        what: empty
            .then(|| What {
                label: String::new(),
                column: String::new(),
                value: String::new(),
            })
            .into_iter()
            .collect(),
        severity: None,
    }
}
