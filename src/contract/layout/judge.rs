//! The layout rules. Counts are of objects, but for L301 (the folder itself) and L302 (entries at the root).

use super::{
    FolderListing, ListingState, Place, Placement, Role, RootListing,
    name::{folder_day, is_hidden_file, says_parquet},
    place,
};
use crate::{
    contract::{
        Context, SignalVia,
        schema::{DatasetFooters, Fate, FileFooter, contract_columns, fate},
    },
    rule::{Code, Dataset, Judged, MAX_SAMPLES, Outcome, Sample, Severity, Subject, grouped},
};

/// What the layout rules look at.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// One page of the root.
    pub root: &'a RootListing,
    /// `events/`
    pub events: &'a FolderListing,
    /// `metrics/`
    pub metrics: &'a FolderListing,
    /// `signals/`
    pub signals: &'a FolderListing,
    /// Whether the listing knows of storage classes. False for a local folder: L309 is then absent.
    pub storage_known: bool,
}

impl<'a> Evidence<'a> {
    /// The listing of a dataset's folder.
    pub fn folder(&self, dataset: Dataset) -> &'a FolderListing {
        match dataset {
            Dataset::Events => self.events,
            Dataset::Metrics => self.metrics,
            Dataset::Signals => self.signals,
        }
    }
}

const L301: Code = Code::new("L301");
const L302: Code = Code::new("L302");
const L309: Code = Code::new("L309");
const G701: Code = Code::new("G701");

/// The rules on a folder's objects, after L301.
const ON_OBJECTS: [Code; 12] = [
    Code::new("L303"),
    Code::new("L304"),
    Code::new("L305"),
    Code::new("L306"),
    Code::new("L307"),
    Code::new("L308"),
    L309,
    Code::new("L310"),
    Code::new("L311"),
    Code::new("L312"),
    Code::new("L313"),
    Code::new("L314"),
];

/// Judges L301 to L314 on all their subjects.
///
/// `footers` in the order of [`Dataset::ALL`]; `None` while they are not read yet: what L306 and L310 ask of them is
/// then left open. Judge again when they are read.
pub fn judge(ctx: &Context, evidence: &Evidence<'_>, footers: Option<[&DatasetFooters; 3]>) -> Vec<Outcome> {
    let mut outcomes = vec![near_miss_folders(evidence)];
    for (index, dataset) in Dataset::ALL.into_iter().enumerate() {
        let footers = footers.and_then(|all| all.get(index).copied());
        outcomes.push(folder_missing(ctx, evidence, dataset));
        outcomes.extend(on_objects(ctx, evidence, dataset, footers));
    }
    outcomes
}

/// How many objects there are, folder markers aside.
fn objects(listing: &FolderListing) -> u64 {
    let marker = |key: &str| key.ends_with('/') || key.ends_with("_$folder$");
    listing.objects.iter().filter(|o| !marker(&o.key)).count() as u64
}

/// Whether it is known that nothing lies in a folder; `None` where that is not known.
fn is_empty(listing: &FolderListing) -> Option<bool> {
    match objects(listing) {
        0 if listing.complete() => Some(true),
        0 => None,
        _ => Some(false),
    }
}

/// Which rule explains that a folder without objects has nothing to judge: G701 for signals by API, else L301.
pub(in crate::contract) fn absence(ctx: &Context, dataset: Dataset) -> (Code, &'static str) {
    if dataset == Dataset::Signals && ctx.signal_via == Some(SignalVia::Api) {
        (G701, "days are signalled by the API")
    } else {
        (L301, "the folder has no objects")
    }
}

fn why_unknown(listing: &FolderListing) -> String {
    match &listing.state {
        ListingState::Complete => "nothing is known of the folder".into(),
        ListingState::Incomplete(cause) => format!("not all objects could be listed: {cause}"),
        ListingState::Refused(cause) => format!("the folder could not be listed: {cause}"),
    }
}

fn folder_missing(ctx: &Context, evidence: &Evidence<'_>, dataset: Dataset) -> Outcome {
    let subject = dataset.subject();
    let listing = evidence.folder(dataset);
    let missing = match is_empty(listing) {
        None => return Outcome::unknown(L301, subject, why_unknown(listing)),
        Some(missing) => missing,
    };
    let other = match dataset {
        Dataset::Events => Some(Dataset::Metrics),
        Dataset::Metrics => Some(Dataset::Events),
        Dataset::Signals => None,
    };
    let mut judged = Judged {
        count: u64::from(missing),
        checked: 1,
        of: 1,
        ..Judged::default()
    };
    if missing {
        match other.map(|other| (other, is_empty(evidence.folder(other)))) {
            Some((other, Some(false))) => {
                judged.severity = Some(Severity::Info);
                judged.cause = Some(format!(
                    "no object lies under {subject}; {} has some, and one of the two is enough",
                    other.folder()
                ));
            }
            Some((other, None)) => {
                let why = why_unknown(evidence.folder(other));
                let cause = format!("no object lies under {subject}, and of {} {why}", other.folder());
                return Outcome::unknown(L301, subject, cause);
            }
            Some((other, Some(true))) => {
                judged.cause = Some(format!(
                    "no object lies under {subject}, nor under {}",
                    other.folder()
                ));
            }
            None if ctx.signal_via == Some(SignalVia::Api) => {
                return Outcome::skipped(L301, subject, G701, absence(ctx, dataset).1);
            }
            None => judged.cause = Some(format!("no object lies under {subject}")),
        }
    }
    Outcome::judged(L301, subject, judged)
}

fn near_miss_folders(evidence: &Evidence<'_>) -> Outcome {
    let (folders, objects, more) = match evidence.root {
        RootListing::Page {
            folders,
            objects,
            more,
        } => (folders, objects, *more),
        RootListing::Refused(cause) => {
            return Outcome::unknown(
                L302,
                Subject::Bucket,
                format!("the root could not be listed: {cause}"),
            );
        }
    };
    let entries = (folders.len() + objects.len()) as u64;
    if entries == 0 {
        return Outcome::skipped(L302, Subject::Bucket, L301, "nothing lies at the root");
    }
    let folders = folders.iter().filter_map(|name| {
        let name = name.trim_end_matches('/');
        near_miss(name, evidence).map(|meant| sample(format!("{name}/"), meant))
    });
    let objects = objects
        .iter()
        .filter(|name| says_parquet(name) && !is_hidden_file(name))
        .map(|name| sample(name.clone(), "data at the root"));
    let found: Vec<_> = folders.chain(objects).collect();
    if found.is_empty() && more {
        return Outcome::unknown(
            L302,
            Subject::Bucket,
            format!("only the first {entries} names at the root were looked at"),
        );
    }
    let names: Vec<_> = found.iter().take(3).map(|sample| sample.key.as_str()).collect();
    let cause = (!found.is_empty()).then(|| {
        let rest = found.len() - names.len();
        let more = if rest > 0 {
            format!(" and {rest} more")
        } else {
            String::new()
        };
        format!("at the root: {}{more}", names.join(", "))
    });
    let judged = Judged {
        count: found.len() as u64,
        checked: entries,
        of: entries,
        cause,
        samples: found.into_iter().take(MAX_SAMPLES).collect(),
        ..Judged::default()
    };
    Outcome::judged(L302, Subject::Bucket, judged)
}

fn sample(key: String, value: impl Into<String>) -> Sample {
    Sample {
        key,
        row: None,
        column: None,
        value: Some(value.into()),
    }
}

/// What a folder at the root is meant for, where its name is nearly one of the three.
fn near_miss(name: &str, evidence: &Evidence<'_>) -> Option<String> {
    if Dataset::ALL.iter().any(|dataset| dataset.name() == name) {
        return None;
    }
    let plain = name.trim().to_lowercase();
    let meant = Dataset::ALL.into_iter().find(|dataset| {
        let right = dataset.name();
        let slip =
            is_empty(evidence.folder(*dataset)) == Some(true) && strsim::osa_distance(&plain, right) == 1;
        plain == right || right.strip_suffix('s') == Some(&plain) || slip
    });
    meant
        .map(|dataset| format!("meant for {}?", dataset.folder()))
        .or_else(|| folder_day(name).map(|_| "day folder at the root".into()))
}

fn on_objects(
    ctx: &Context,
    evidence: &Evidence<'_>,
    dataset: Dataset,
    footers: Option<&DatasetFooters>,
) -> Vec<Outcome> {
    let listing = evidence.folder(dataset);
    let subject = dataset.subject();
    let codes = ON_OBJECTS
        .into_iter()
        .filter(|code| evidence.storage_known || *code != L309);
    match is_empty(listing) {
        None => codes
            .map(|code| Outcome::unknown(code, subject, why_unknown(listing)))
            .collect(),
        Some(true) => {
            let (blocked_by, cause) = absence(ctx, dataset);
            codes
                .map(|code| Outcome::skipped(code, subject, blocked_by, cause))
                .collect()
        }
        Some(false) => {
            let folder = Folder {
                dataset,
                listing,
                placement: place(dataset, listing),
                footers,
            };
            codes.map(|code| folder.judge(code)).collect()
        }
    }
}

/// One folder with objects.
struct Folder<'a> {
    dataset: Dataset,
    listing: &'a FolderListing,
    placement: Placement,
    footers: Option<&'a DatasetFooters>,
}

impl Folder<'_> {
    fn found(&self, of: impl Fn(&Place) -> bool) -> Vec<usize> {
        let places = self.placement.places.iter().enumerate();
        places
            .filter(|(_, place)| of(place))
            .map(|(index, _)| index)
            .collect()
    }

    fn key(&self, index: usize) -> &str {
        self.listing
            .objects
            .get(index)
            .map_or("", |object| object.key.as_str())
    }

    fn size(&self, index: usize) -> u64 {
        self.listing.objects.get(index).map_or(0, |object| object.size)
    }

    fn bytes(&self, found: &[usize]) -> u64 {
        found.iter().map(|index| self.size(*index)).sum()
    }

    fn judge(&self, code: Code) -> Outcome {
        let subject = self.dataset.subject();
        let mut found = self.found(|place| place.counts_for(code));
        let mut severity = None;
        if code == Code::new("L305") && found.is_empty() {
            found = self.found(|place| place.colon_in_name());
            severity = Some(Severity::Warn);
        }
        if found.is_empty() && !self.listing.complete() {
            return Outcome::unknown(code, subject, why_unknown(self.listing));
        }
        let checked = objects(self.listing);
        let mut judged = Judged {
            count: found.len() as u64,
            checked,
            of: checked,
            samples: self.samples(&found),
            severity,
            ..Judged::default()
        };
        if !found.is_empty() {
            self.explain(code, &found, &mut judged);
        }
        Outcome::judged(code, subject, judged)
    }

    /// At most five, spread over what was found.
    fn samples(&self, found: &[usize]) -> Vec<Sample> {
        let step = found.len().div_ceil(MAX_SAMPLES).max(1);
        found
            .iter()
            .step_by(step)
            .map(|index| Sample {
                key: self.key(*index).to_owned(),
                ..Sample::default()
            })
            .collect()
    }

    /// Severity and words of a finding.
    fn explain(&self, code: Code, found: &[usize], judged: &mut Judged) {
        let count = found.len();
        let bytes = self.bytes(found);
        let dataset = self.dataset.folder();
        match code.as_str() {
            "L304" => judged.cause = Some(format!("not read: {}", files(count, bytes))),
            "L305" => self.explain_unreadable(judged),
            "L306" => self.explain_hive(found, judged),
            "L307" => self.explain_visible(found, judged),
            "L308" => self.explain_day_names(found, judged),
            "L310" => self.explain_metadata(found, judged),
            "L311" => {
                let first = self.placement.places.iter().find(|place| place.seen());
                if first.is_some_and(|place| place.role == Role::Empty) {
                    judged.severity = Some(Severity::Fail);
                    judged.cause = Some(
                        "an empty object is the first by key: Spark 3.5 reads the schema from it and fails; Spark 4 \
                         passes over it"
                            .into(),
                    );
                } else {
                    judged.cause = Some(
                        "passed over for now; the read fails once one of them is the first by key (in Spark 3.5; \
                         Spark 4 passes over it)"
                            .into(),
                    );
                }
            }
            "L312" => {
                let mean = bytes.checked_div(count as u64).unwrap_or(0);
                judged.cause = Some(format!(
                    "{} files of {} bytes on average, many to a day",
                    grouped(count as u64),
                    grouped(mean)
                ));
            }
            "L313" => {
                judged.cause = Some(format!(
                    "older parts under {dataset}: {count}, with numbers that later files of the same day folder have, \
                     too, or that follow theirs"
                ));
            }
            "L314" => judged.cause = Some(format!("never read: {}", files(count, bytes))),
            _ => {}
        }
    }

    fn explain_unreadable(&self, judged: &mut Judged) {
        judged.cause = Some(match (&self.placement.unreadable, judged.severity) {
            (_, Some(Severity::Warn)) => {
                "a file's name holds a colon: seen to fail on a local disk only".into()
            }
            (Some(why), _) => why.clone(),
            (None, _) => "the folder's layout makes the whole read fail".into(),
        });
    }

    fn folder_of(&self, index: usize) -> &str {
        self.placement
            .places
            .get(index)
            .map_or("", |place| place.folder(self.dataset, self.key(index)))
    }

    /// The distinct level-one folders of objects, in key order.
    fn folders_of(&self, found: &[usize]) -> Vec<&str> {
        let mut folders: Vec<_> = found.iter().map(|index| self.folder_of(*index)).collect();
        folders.sort_unstable();
        folders.dedup();
        folders
    }

    /// L306: fails where the contract needs the column that the path names and a file has it not.
    fn explain_hive(&self, found: &[usize], judged: &mut Judged) {
        let key = |folder: &str| {
            folder
                .split_once('=')
                .map_or(String::new(), |(key, _)| key.to_lowercase())
        };
        let mut keys: Vec<_> = self.folders_of(found).into_iter().map(key).collect();
        keys.sort_unstable();
        keys.dedup();
        let mut cause = format!("the value of {} in the path is lost", keys.join(", "));
        let optional = ["timeuuid"];
        let needed: Vec<_> = contract_columns(self.dataset)
            .iter()
            .filter(|column| keys.iter().any(|key| key == *column) && !optional.contains(column))
            .collect();
        match self.footers {
            None if !needed.is_empty() => {
                cause.push_str("; whether the files have the column is not known yet")
            }
            None => {}
            Some(footers) => {
                let lacking = |footer: &&FileFooter, key: &str| !footer.has_column_ignoring_case(key);
                let in_folder = |footer: &FileFooter| {
                    let rest = footer
                        .key
                        .strip_prefix(self.dataset.folder())
                        .unwrap_or(&footer.key);
                    rest.split_once('/')
                        .and_then(|(folder, _)| folder.split_once('='))
                        .map(|(key, _)| key.to_lowercase())
                };
                let lacks: Vec<_> = footers
                    .files
                    .iter()
                    .filter_map(|footer| {
                        in_folder(footer)
                            .filter(|key| lacking(&footer, key))
                            .map(|key| (footer, key))
                    })
                    .collect();
                let fatal = lacks
                    .iter()
                    .filter(|(_, key)| needed.iter().any(|column| **column == key.as_str()))
                    .count();
                if fatal > 0 {
                    judged.severity = Some(Severity::Fail);
                    cause.push_str(&format!(
                        "; {fatal} files lack the column, and the contract needs it"
                    ));
                } else if lacks.is_empty() && !footers.files.is_empty() {
                    cause = format!(
                        "{} is in the path and in the files: the files' own values are read",
                        keys.join(", ")
                    );
                }
            }
        }
        if self.placement.fails_from_second_value {
            cause.push_str(
                "; there are two key=value levels and one value of the first so far: the whole read fails from the \
                 second value on",
            );
        }
        judged.cause = Some(cause);
    }

    fn explain_visible(&self, found: &[usize], judged: &mut Judged) {
        let folders = self.folders_of(found);
        let names: Vec<_> = folders.iter().take(3).map(|name| format!("{name}/")).collect();
        let mut cause = format!("{} matched by the glob and read as data", names.join(", "));
        if folders.contains(&"_delta_log") {
            cause.push_str("; _delta_log/ fails the whole read");
        }
        judged.cause = Some(cause);
    }

    fn explain_day_names(&self, found: &[usize], judged: &mut Judged) {
        let folders = self.folders_of(found);
        let dates: Vec<_> = folders
            .iter()
            .filter(|name| super::name::looks_like_date(name))
            .take(3)
            .map(|name| format!("{name}/"))
            .collect();
        if dates.is_empty() {
            let names: Vec<_> = folders.iter().take(3).map(|name| format!("{name}/")).collect();
            judged.cause = Some(format!("not named after a day: {}", names.join(", ")));
        } else {
            judged.severity = Some(Severity::Warn);
            judged.cause = Some(format!(
                "looks like a date, but not as YYYY-MM-DD: {}",
                dates.join(", ")
            ));
        }
    }

    /// L310: fails where the summary and a file disagree on columns or types, or the summary can't be read.
    fn explain_metadata(&self, found: &[usize], judged: &mut Judged) {
        let names: Vec<_> = found.iter().take(3).map(|index| self.key(*index)).collect();
        let mut cause = format!("Spark takes the schema from {}", names.join(", "));
        if let Some(footers) = self.footers {
            if let Some((key, why)) = footers.metadata_failures.iter().find(|(_, why)| why.is_finding()) {
                judged.severity = Some(Severity::Fail);
                cause.push_str(&format!("; {key} {why}"));
            }
            let disagreement = footers
                .metadata
                .iter()
                .find_map(|summary| footers.files.iter().find_map(|file| disagree(summary, file)));
            if let Some(what) = disagreement {
                judged.severity = Some(Severity::Fail);
                cause.push_str("; ");
                cause.push_str(&what);
            }
        }
        judged.cause = Some(cause);
    }
}

fn files(count: usize, bytes: u64) -> String {
    let files = if count == 1 { "file" } else { "files" };
    format!("{} {files} of {} bytes", grouped(count as u64), grouped(bytes))
}

/// In what a summary and a file disagree.
fn disagree(summary: &FileFooter, file: &FileFooter) -> Option<String> {
    for column in &file.shape.columns {
        match summary.column(&column.name) {
            None => {
                return Some(format!(
                    "{} has not the column {} of {}",
                    summary.key, column.name, file.key
                ));
            }
            Some(other) if fate(other, column) != Fate::Same => {
                return Some(format!(
                    "{} says {} is {}, {} has it as {}",
                    summary.key,
                    column.name,
                    other.spelled(),
                    file.key,
                    column.spelled()
                ));
            }
            Some(_) => {}
        }
    }
    let extra = summary
        .shape
        .columns
        .iter()
        .find(|column| file.column(&column.name).is_none())?;
    Some(format!(
        "{} has a column {} that {} has not",
        summary.key, extra.name, file.key
    ))
}
