//! The types of the JSON report, `schema_version` "1". Field names are the report's own; readers ignore what they
//! don't know, and a missing field takes its default, so that older reports open too.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use crate::{
    calendar::DayState,
    contract::days::{CalendarDay, CalendarEvidence, CalendarReport, DataDay},
};

pub use crate::contract::{
    layout::{LayoutFolder, LayoutReport, ObjectCount, SparkView},
    schema::{ColumnReport, SchemaGroup},
};
use crate::{
    access::{AccessView, Plan},
    contract::SignalVia,
    rule::{Basis, Category, Code, Dataset, Next, Sample, Severity, Subject, Unit},
};

/// The version of the report's shape. A minor addition keeps it.
pub const SCHEMA_VERSION: &str = "1";

/// A whole report. Made by folding [`super::SurveyEvent`]s.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Report {
    /// [`SCHEMA_VERSION`].
    pub schema_version: String,
    /// Which tool wrote it.
    pub tool: Tool,
    /// The check's clock (`--now`, else the time of the run), RFC 3339 in UTC.
    pub created_at: String,
    /// What was checked.
    pub target: Target,
    /// The reader: whose key was judged. `None` for a local folder.
    pub identity: Option<Identity>,
    /// The operator, where it is not the reader.
    pub operator: Option<Identity>,
    /// How rows were read.
    pub mode: Mode,
    /// What the checks come to.
    pub verdict: Verdict,
    /// False when the run was cut short.
    pub complete: bool,
    /// Every rule of the catalogue once per subject, in the catalogue's order.
    pub checks: Vec<Check>,
    /// What was found in each of the three folders.
    pub datasets: BTreeMap<Dataset, DatasetReport>,
    /// PST days.
    pub calendar: CalendarReport,
    /// The reader's access, where it was looked at: predicted, seen and needed side by side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<AccessView>,
    /// What `grant` did or would do.
    pub grant: Option<GrantReport>,
    /// What the run cost.
    pub usage: Usage,
    /// Facts told along the way, such as a region taken from the bucket.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<String>,
}

/// A grant, planned and perhaps made. Never a secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GrantReport {
    /// The plan.
    pub plan: Plan,
    /// One for each change of the plan that was tried: what became of it, in words.
    #[serde(default)]
    pub outcomes: Vec<String>,
    /// The undo file's name, once something was changed.
    #[serde(default)]
    pub undo_file: Option<String>,
}

/// The program that wrote a report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// `bucket-ready`.
    pub name: String,
    /// Its version.
    pub version: String,
}

impl Tool {
    /// This build.
    pub fn this() -> Self {
        Self {
            name: env!("CARGO_PKG_NAME").into(),
            version: env!("CARGO_PKG_VERSION").into(),
        }
    }
}

/// What was checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Target {
    /// An S3 bucket.
    S3 {
        /// Its name.
        bucket: String,
        /// What stands before the three folders: empty, or ending in `/`.
        #[serde(default)]
        prefix: String,
        /// Its region, once known.
        #[serde(default)]
        region: Option<String>,
    },
    /// A local folder.
    Folder {
        /// As the user gave it.
        path: String,
        /// What stands before the three folders: empty, or ending in `/`.
        #[serde(default)]
        prefix: String,
    },
    /// The practice account.
    Demo {
        /// The scenario's name.
        scenario: String,
        /// The practice bucket.
        #[serde(default)]
        bucket: String,
        /// What stands before the three folders.
        #[serde(default)]
        prefix: String,
        /// Its region.
        #[serde(default)]
        region: Option<String>,
    },
}

impl Default for Target {
    fn default() -> Self {
        Self::Folder {
            path: String::new(),
            prefix: String::new(),
        }
    }
}

impl Target {
    /// The target as a user would type it: `s3://bucket/prefix/`, `./data`, `demo:messy-rows`.
    pub fn spelled(&self) -> String {
        match self {
            Self::S3 { bucket, prefix, .. } if prefix.is_empty() => format!("s3://{bucket}"),
            Self::S3 { bucket, prefix, .. } => format!("s3://{bucket}/{prefix}"),
            Self::Folder { path, .. } => path.clone(),
            Self::Demo { scenario, .. } => format!("demo:{scenario}"),
        }
    }

    /// The bucket's name; empty for a folder.
    pub fn bucket(&self) -> &str {
        match self {
            Self::S3 { bucket, .. } | Self::Demo { bucket, .. } => bucket,
            Self::Folder { .. } => "",
        }
    }

    /// What stands before the three folders: empty, or ending in `/`.
    pub fn prefix(&self) -> &str {
        match self {
            Self::S3 { prefix, .. } | Self::Folder { prefix, .. } | Self::Demo { prefix, .. } => prefix,
        }
    }
}

/// Whose key was used. Never the key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The caller's ARN as STS names it, where it could be asked.
    pub arn: Option<String>,
    /// The last four characters of the access key id.
    pub key_last4: Option<String>,
}

/// How rows were read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mode {
    /// A sample, or all rows.
    pub rows: Rows,
    /// Rows per dataset in a sample; `None` with [`Rows::All`].
    pub sample_rows: Option<u64>,
    /// The sample's seed.
    pub seed: u64,
    /// The offset of the project's days from UTC, in hours.
    pub day_offset_hours: i8,
    /// From which severity on a finding makes the bucket not ready (`--fail-on`).
    #[serde(default, skip_serializing_if = "FailOn::is_default")]
    pub fail_on: FailOn,
    /// The rules that alone were asked for (`--only`); empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<Code>,
    /// The rules that were left out (`--skip`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skip: Vec<Code>,
    /// Severities that the configuration changed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub severity: BTreeMap<Code, Severity>,
    /// How days are signalled, where the configuration says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal_via: Option<SignalVia>,
}

impl Default for Mode {
    fn default() -> Self {
        Self {
            rows: Rows::Sample,
            sample_rows: Some(20_000),
            seed: 1,
            day_offset_hours: -8,
            fail_on: FailOn::Fail,
            only: Vec::new(),
            skip: Vec::new(),
            severity: BTreeMap::new(),
            signal_via: None,
        }
    }
}

/// From which severity on a finding makes the bucket not ready.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FailOn {
    /// Only `fail`.
    #[default]
    Fail,
    /// `warn` too.
    Warn,
}

impl FailOn {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Which rows were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rows {
    /// Every row of every file.
    All,
    /// Some, by seed.
    Sample,
}

/// What the checks come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every required check passed.
    Ready,
    /// At least one failed.
    NotReady,
    /// None failed, but a required one could not be made.
    #[default]
    Inconclusive,
}

/// A check's status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Nothing wrong, on positive evidence.
    Pass,
    /// A finding with a consequence that the text names.
    Warn,
    /// A finding that stops ingestion or makes it wrong.
    Fail,
    /// Context.
    Info,
    /// Could not be judged.
    Unknown,
    /// Nothing to judge.
    Skipped,
}

impl Status {
    /// The word for it, as in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
            Self::Info => "info",
            Self::Unknown => "unknown",
            Self::Skipped => "skipped",
        }
    }

    /// The sign that stands before the word, so that colour is never alone: `✓ ! ✗ i ? –`.
    pub const fn glyph(self) -> &'static str {
        match self {
            Self::Pass => "✓",
            Self::Warn => "!",
            Self::Fail => "✗",
            Self::Info => "i",
            Self::Unknown => "?",
            Self::Skipped => "–",
        }
    }

    /// Whether something was found.
    pub const fn is_finding(self) -> bool {
        matches!(self, Self::Warn | Self::Fail | Self::Info)
    }
}

/// A rule judged on one subject.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// The rule's code.
    pub code: Code,
    /// The rule's slug.
    pub slug: String,
    /// One line for people.
    pub title: String,
    /// The group in which it is shown.
    pub category: Category,
    /// What came of it.
    pub status: Status,
    /// Whether the verdict waits for it.
    pub required: bool,
    /// `events/`, `metrics/`, `signals/`, `calendar`, `bucket`, `account`; A201 and A202 with the prefix before it.
    pub subject: String,
    /// How many violate it among `checked`; `None` when unknown or skipped.
    pub count: Option<u64>,
    /// What is counted.
    pub unit: Unit,
    /// How many were looked at.
    pub checked: Option<u64>,
    /// How many there are.
    pub of: Option<u64>,
    /// On a clean sample: the true share is under this at 95 % (the rule of three).
    pub share_below: Option<f64>,
    /// At most five places, spread over files.
    #[serde(default)]
    pub samples: Vec<Sample>,
    /// What exactly was found, or why it could not be judged.
    pub cause: Option<String>,
    /// What to do next.
    pub next: Option<Next>,
    /// The rule that explains why there was nothing to judge.
    pub blocked_by: Option<Code>,
    /// On whose word the rule stands.
    pub basis: Basis,
}

impl Check {
    /// The subject as the enum, whatever prefix stands before it; `None` for a subject of a newer version.
    pub fn subject_kind(&self) -> Option<Subject> {
        [
            Subject::Account,
            Subject::Bucket,
            Subject::Events,
            Subject::Metrics,
            Subject::Signals,
            Subject::Calendar,
        ]
        .into_iter()
        .find(|s| self.subject == s.as_str() || self.subject.ends_with(&format!("/{}", s.as_str())))
    }
}

/// What was found in one of the three folders.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DatasetReport {
    /// Objects of any kind under the folder.
    pub objects: u64,
    /// Objects that are Parquet files with a readable footer.
    pub files: u64,
    /// Bytes of all objects.
    pub bytes: u64,
    /// Rows, from the footers.
    pub rows: u64,
    /// Rows that were read and judged.
    pub rows_checked: u64,
    /// Files by their columns, the largest group first.
    pub schema_groups: Vec<SchemaGroup>,
    /// Data days, oldest first.
    pub days: Vec<DataDay>,
    /// The distinct readable dates in the signals dataset, oldest first. Empty elsewhere.
    pub finished_dates: Vec<String>,
    /// The folder's layout, as Spark sees it.
    pub layout: LayoutReport,
    /// False when the listing or the footers could not all be read.
    pub complete: bool,
}

/// What a run cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// Requests to the store, retries included.
    pub requests: u64,
    /// Bytes of object bodies received.
    pub bytes_read: u64,
    /// Wall time in seconds.
    pub seconds: f64,
}
