//! What the lists of Layout, Data and Report hold, and the cursor in them.
//!
//! A row is named by what it is about, never by its place: while results come in, rows appear above the cursor, and the
//! cursor stays on what the user was looking at.
//!
//! - `cursor`: how it moves, and what it stays on

mod cursor;

pub use cursor::Cursor;

use super::{
    state::{Overlay, Source, Wizard},
    step::{Mark, Step, Tally},
};
use crate::{
    report::{Check, DatasetReport, LayoutFolder, Rows, SparkView, Status},
    rule::{Category, Code, Dataset},
};

/// A row of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// A heading. The cursor passes over it.
    Heading(String),
    /// A sentence. The cursor passes over it.
    Text(String),
    /// An empty line.
    Gap,
    /// Something that can be opened.
    Item(Item),
}

/// What a row is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Item {
    /// A check.
    Check {
        /// Its rule.
        code: Code,
        /// Its subject.
        subject: String,
    },
    /// A dataset's folder.
    Dataset(Dataset),
    /// A level-one folder of a dataset.
    Folder {
        /// Of which dataset.
        dataset: Dataset,
        /// Its name; empty for files directly in the dataset's folder.
        name: String,
    },
    /// A column.
    Column {
        /// Of which dataset.
        dataset: Dataset,
        /// Its name.
        name: String,
    },
    /// Files with the same columns.
    Group {
        /// Of which dataset.
        dataset: Dataset,
        /// Which, the largest first.
        index: usize,
    },
    /// A group of checks.
    Category(Category),
    /// The checks of a group that found nothing.
    Quiet(Category),
    /// The open questions to Statsig.
    Questions,
    /// The hand-over card.
    HandOver,
    /// A line of step 2.
    Grant(super::grant::GrantItem),
    /// A line of step 3.
    Access(super::access::AccessItem),
}

/// A branch that opens and closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Branch {
    /// A dataset's folders.
    Dataset(Dataset),
    /// A group of checks.
    Category(Category),
    /// The checks of a group that found nothing.
    Quiet(Category),
}

/// A column that the contract knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Its name.
    pub name: &'static str,
    /// What it should be, in a few words.
    pub kind: &'static str,
    /// Whether a dataset without it is only warned of.
    pub optional: bool,
}

const fn expected(name: &'static str, kind: &'static str) -> Expected {
    Expected {
        name,
        kind,
        optional: false,
    }
}

const TEXT: &str = "string";

const EVENTS: &[Expected] = &[
    Expected {
        name: "timeuuid",
        kind: TEXT,
        optional: true,
    },
    expected("timestamp", "epoch seconds or timestamp"),
    expected("event_name", TEXT),
    expected("event_value", TEXT),
    expected("event_metadata", "string, JSON object"),
    expected("user", "string, JSON object"),
];

const METRICS: &[Expected] = &[
    expected("unit_id", TEXT),
    expected("id_type", TEXT),
    expected("date", "string or date"),
    expected("metric_name", TEXT),
    expected("metric_value", "double"),
    expected("numerator", "double"),
    expected("denominator", "double"),
];

const SIGNALS: &[Expected] = &[expected("finished_date", "date or ISO string")];

/// The contract's columns of a dataset, in its order.
pub const fn expected_columns(dataset: Dataset) -> &'static [Expected] {
    match dataset {
        Dataset::Events => EVENTS,
        Dataset::Metrics => METRICS,
        Dataset::Signals => SIGNALS,
    }
}

/// Whether a check is worth stopping at.
pub fn is_finding(check: &Check) -> bool {
    matches!(check.status, Status::Fail | Status::Warn | Status::Unknown)
}

/// Whether something is in the way in a folder.
pub fn folder_mark(folder: &LayoutFolder) -> Mark {
    let objects = |view: SparkView| folder.spark.get(&view).map_or(0, |c| c.objects);
    if objects(SparkView::Fails) > 0 || objects(SparkView::Dropped) > 0 {
        Mark::Fail
    } else if !folder.notes.is_empty() {
        Mark::Warn
    } else {
        Mark::Pass
    }
}

pub(super) fn gravity(status: Status) -> u8 {
    match status {
        Status::Fail => 0,
        Status::Warn => 1,
        Status::Unknown => 2,
        Status::Info => 3,
        Status::Pass => 4,
        Status::Skipped => 5,
    }
}

fn item_of(check: &Check) -> Row {
    Row::Item(Item::Check {
        code: check.code,
        subject: check.subject.clone(),
    })
}

impl Wizard {
    /// The rows of the current step's list, filtered.
    pub fn rows(&self) -> Vec<Row> {
        let rows = match self.step {
            Step::Layout => self.layout_rows(),
            Step::Data => self.data_rows(),
            Step::Report => self.report_rows(),
            Step::Grant => self.grant_rows(),
            Step::Access => self.access_rows(),
            Step::Connect | Step::Calendar => Vec::new(),
        };
        let filter = self.filter();
        if filter.is_empty() {
            return rows;
        }
        let needle = filter.to_lowercase();
        let mut kept: Vec<Row> = Vec::new();
        for row in rows {
            let keep = match &row {
                Row::Item(item) => self.text_of(item).to_lowercase().contains(&needle),
                Row::Heading(_) => true,
                Row::Text(_) | Row::Gap => false,
            };
            if keep {
                if matches!((kept.last(), &row), (Some(Row::Heading(_)), Row::Heading(_))) {
                    kept.pop();
                }
                kept.push(row);
            }
        }
        if matches!(kept.last(), Some(Row::Heading(_))) {
            kept.pop();
        }
        if kept.is_empty() {
            kept.push(Row::Text(format!(
                "Nothing here holds “{}”. Esc shows all again.",
                crate::report::escape(filter)
            )));
        }
        kept
    }

    fn layout_rows(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        let Some(report) = &self.report else {
            return rows;
        };
        let mut checks: Vec<&Check> = self
            .checks_of(Step::Layout)
            .filter(|c| is_finding(c) || c.status == Status::Info)
            .collect();
        checks.sort_by_key(|c| gravity(c.status));
        let judged = self.checks_of(Step::Layout).next().is_some();
        if !checks.is_empty() {
            rows.push(Row::Heading("In the way".into()));
            rows.extend(checks.into_iter().map(item_of));
            rows.push(Row::Gap);
        } else if judged {
            rows.push(Row::Text(match self.behind(Step::Layout) {
                Some(why) => format!("{} skipped  {why}.", Mark::Skipped.glyph()),
                None => "Nothing is in the way.".into(),
            }));
            rows.push(Row::Gap);
        }
        rows.push(Row::Heading("Folders, as Spark sees them".into()));
        for dataset in Dataset::ALL {
            rows.push(Row::Item(Item::Dataset(dataset)));
            let Some(found) = report.datasets.get(&dataset) else {
                continue;
            };
            if self.is_open(Branch::Dataset(dataset)) {
                rows.extend(found.layout.folders.iter().map(|f| {
                    Row::Item(Item::Folder {
                        dataset,
                        name: f.name.clone(),
                    })
                }));
                if found.layout.folders_more > 0 {
                    rows.push(Row::Text(format!(
                        "  … and {} more folders, which are counted above",
                        found.layout.folders_more
                    )));
                }
            }
        }
        rows
    }

    fn data_rows(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        let Some(report) = &self.report else {
            return rows;
        };
        let dataset = self.dataset;
        let found = report.datasets.get(&dataset);
        rows.push(Row::Heading("Columns".into()));
        for column in expected_columns(dataset) {
            rows.push(Row::Item(Item::Column {
                dataset,
                name: column.name.into(),
            }));
        }
        for name in extra_columns(dataset, found) {
            rows.push(Row::Item(Item::Column { dataset, name }));
        }
        let groups = found.map_or(0, |d| d.schema_groups.len());
        if groups > 1 {
            rows.push(Row::Gap);
            rows.push(Row::Heading("Files with the same columns".into()));
            rows.extend((0..groups).map(|index| Row::Item(Item::Group { dataset, index })));
        }
        let mut checks: Vec<&Check> = self
            .checks_of(Step::Data)
            .filter(|c| c.subject_kind() == Some(dataset.subject()))
            .collect();
        checks.sort_by_key(|c| gravity(c.status));
        if !checks.is_empty() {
            rows.push(Row::Gap);
            rows.push(Row::Heading("Rules".into()));
            if self.unsettled(checks.iter().copied()) > 0 {
                let why = "? A sample can't settle a rule over a set";
                rows.push(Row::Text(format!("{why}: {}.", self.settled_by())));
                rows.push(Row::Text("  The verdict does not wait for these rules.".into()));
            }
            rows.extend(checks.into_iter().map(item_of));
        }
        rows
    }

    /// What settles a rule that a sample leaves open.
    const fn settled_by(&self) -> &'static str {
        match self.source {
            Source::Live => "F reads every row",
            Source::Saved { .. } => "`check --full` reads every row",
        }
    }

    /// How many of some checks stay unknown because a sample of the rows does not settle rules over sets.
    fn unsettled<'a>(&self, checks: impl IntoIterator<Item = &'a Check>) -> usize {
        use Category::{Datasets, EventRows, MetricRows};
        let is_open = |check: &&Check| {
            check.status == Status::Unknown
                && !check.required
                && matches!(check.category, EventRows | MetricRows | Datasets)
        };
        match self.report.as_ref().map(|report| report.mode.rows) {
            Some(Rows::Sample) => checks.into_iter().filter(is_open).count(),
            _ => 0,
        }
    }

    /// Why rules of a sample's report stay unknown, and that the verdict does not wait for them.
    pub fn unsettled_words(&self) -> Option<String> {
        let number = self.unsettled(self.report.iter().flat_map(|report| &report.checks));
        (number > 0).then(|| {
            format!(
                "{} over sets {} unknown, which a sample can't settle: {}. The verdict does not wait for that.",
                super::words::counted(number as u64, "rules"),
                if number == 1 { "stays" } else { "stay" },
                self.settled_by()
            )
        })
    }

    fn report_rows(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        if self.report.is_none() {
            return rows;
        }
        for category in Step::Report.categories().iter().copied() {
            let mut checks: Vec<&Check> = self.checks_in(category).collect();
            if checks.is_empty() {
                continue;
            }
            checks.sort_by_key(|c| gravity(c.status));
            let (loud, quiet): (Vec<&Check>, Vec<&Check>) = checks
                .into_iter()
                .partition(|c| is_finding(c) || c.status == Status::Info);
            rows.push(Row::Item(Item::Category(category)));
            if !self.is_open(Branch::Category(category)) {
                continue;
            }
            rows.extend(loud.into_iter().map(item_of));
            if !self.is_loud(category) {
                rows.extend(quiet.into_iter().map(item_of));
            } else if !quiet.is_empty() {
                rows.push(Row::Item(Item::Quiet(category)));
                if self.is_open(Branch::Quiet(category)) || self.has_filter() {
                    rows.extend(quiet.into_iter().map(item_of));
                }
            }
        }
        rows.push(Row::Gap);
        rows.push(Row::Heading("To hand over".into()));
        rows.push(Row::Item(Item::Questions));
        rows.push(Row::Item(Item::HandOver));
        rows
    }

    /// The report's checks of a category.
    pub fn checks_in(&self, category: Category) -> impl Iterator<Item = &Check> {
        self.report
            .iter()
            .flat_map(|r| r.checks.iter())
            .filter(move |c| c.category == category)
    }

    /// Counts a category's checks.
    pub fn tally_of(&self, category: Category) -> Tally {
        Tally::of(self.checks_in(category))
    }

    /// The check of a row.
    pub fn check(&self, code: Code, subject: &str) -> Option<&Check> {
        self.report
            .as_ref()?
            .checks
            .iter()
            .find(|c| c.code == code && c.subject == subject)
    }

    /// The folder of a row.
    pub fn folder(&self, dataset: Dataset, name: &str) -> Option<&LayoutFolder> {
        let folders = &self.report.as_ref()?.datasets.get(&dataset)?.layout.folders;
        // They are in key order, which is nearly that of their names; thousands of them are looked up for a screen.
        let near = folders.binary_search_by(|f| f.name.as_str().cmp(name)).ok();
        near.and_then(|at| folders.get(at))
            .or_else(|| folders.iter().find(|f| f.name == name))
    }

    /// Whether a branch shows what is in it.
    pub fn is_open(&self, branch: Branch) -> bool {
        let at_first = match branch {
            Branch::Dataset(_) => true,
            Branch::Category(category) => self.is_loud(category) || self.has_filter(),
            Branch::Quiet(_) => false,
        };
        at_first != self.turned.contains(&(self.step, branch))
    }

    /// Whether a category has something to tell; one that has not is closed at first.
    fn is_loud(&self, category: Category) -> bool {
        self.checks_in(category)
            .any(|c| is_finding(c) || c.status == Status::Info)
    }

    pub(super) fn turn(&mut self, branch: Branch) {
        let key = (self.step, branch);
        if !self.turned.remove(&key) {
            self.turned.insert(key);
        }
    }

    /// The rule that `e` explains: of the open panel, else of the row or day under the cursor.
    pub fn rule_here(&self) -> Option<Code> {
        match &self.overlay {
            Some(Overlay::Explain(code) | Overlay::Check { code, .. }) => return Some(*code),
            Some(Overlay::Day(day)) => return self.calendar_day(*day)?.codes.first().copied(),
            Some(Overlay::Problem(problem)) => return problem.connection_code(),
            Some(Overlay::Access(super::access::AccessItem::Explanation(index))) => {
                return self.explanation(*index).map(|e| e.code);
            }
            Some(_) => return None,
            None => {}
        }
        if self.step == Step::Calendar {
            return self.calendar_day(self.day()?)?.codes.first().copied();
        }
        match self.item_here()? {
            Item::Check { code, .. } => Some(code),
            Item::Access(super::access::AccessItem::Explanation(index)) => {
                self.explanation(index).map(|e| e.code)
            }
            Item::Column { dataset, name } => self.column_check(dataset, &name).map(|c| c.code),
            Item::Folder { dataset, name } => {
                let folder = self.folder(dataset, &name)?;
                folder.notes.iter().find_map(|n| Code::parse(n.get(..4)?))
            }
            _ => None,
        }
    }

    /// The schema check that says something about a column: the gravest that names it in a sample.
    pub fn column_check(&self, dataset: Dataset, name: &str) -> Option<&Check> {
        self.checks_in(Category::Schema)
            .filter(|c| c.subject_kind() == Some(dataset.subject()))
            .filter(|c| is_finding(c) || c.status == Status::Info)
            .filter(|c| c.samples.iter().any(|s| s.column.as_deref() == Some(name)))
            .min_by_key(|c| gravity(c.status))
    }

    /// How a column stands.
    pub fn column_mark(&self, dataset: Dataset, name: &str) -> Mark {
        let Some(found) = self.report.as_ref().and_then(|r| r.datasets.get(&dataset)) else {
            return if self.is_working() {
                Mark::Working
            } else {
                Mark::Unknown
            };
        };
        if let Some(check) = self.column_check(dataset, name) {
            return check.status.into();
        }
        let expected = expected_columns(dataset).iter().find(|e| e.name == name);
        let present = found
            .schema_groups
            .iter()
            .filter(|g| g.columns.iter().any(|c| c.name == name))
            .count();
        let judged = self
            .checks_in(Category::Schema)
            .any(|c| c.subject_kind() == Some(dataset.subject()));
        match expected {
            _ if found.schema_groups.is_empty() && found.complete => Mark::Skipped,
            // Nothing passes before the rules on columns have spoken.
            _ if !judged || found.schema_groups.is_empty() => {
                if self.is_working() {
                    Mark::Working
                } else {
                    Mark::Unknown
                }
            }
            None => Mark::Info,
            Some(_) if present == found.schema_groups.len() => Mark::Pass,
            Some(e) if e.optional => Mark::Warn,
            Some(_) => Mark::Fail,
        }
    }

    /// What the filter looks in.
    fn text_of(&self, item: &Item) -> String {
        match item {
            Item::Check { code, subject } => match self.check(*code, subject) {
                Some(c) => format!(
                    "{code} {} {} {subject} {} {}",
                    c.slug,
                    c.title,
                    Mark::from(c.status).word(),
                    c.cause.as_deref().unwrap_or("")
                ),
                None => code.to_string(),
            },
            Item::Dataset(dataset) => dataset.folder().into(),
            Item::Folder { dataset, name } => {
                let notes = self.folder(*dataset, name).map(|f| f.notes.join(" "));
                format!("{}{name} {}", dataset.folder(), notes.unwrap_or_default())
            }
            Item::Column { name, .. } => name.clone(),
            Item::Grant(item) => self.grant_text(*item),
            Item::Access(item) => self.access_text(*item),
            Item::Group { .. } | Item::Category(_) | Item::Quiet(_) | Item::Questions | Item::HandOver => {
                String::new()
            }
        }
    }
}

/// Columns in the files that the contract does not know, in the order in which they were met.
fn extra_columns(dataset: Dataset, found: Option<&DatasetReport>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for column in found
        .iter()
        .flat_map(|d| &d.schema_groups)
        .flat_map(|g| &g.columns)
    {
        let known = expected_columns(dataset).iter().any(|e| e.name == column.name);
        if !known && !names.contains(&column.name) && names.len() < MAX_EXTRA_COLUMNS {
            names.push(column.name.clone());
        }
    }
    names
}

/// A file may have millions of columns; a screen need not.
const MAX_EXTRA_COLUMNS: usize = 100;
