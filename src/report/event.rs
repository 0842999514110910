//! What the engine says while it works, and how a [`Report`] is folded from it.

use serde::{Deserialize, Serialize};

use super::model::*;
use crate::{access::AccessView, rule::Dataset};

/// One step of a survey, in the order in which things became known. `check --output jsonl` prints one a line.
///
/// Later events replace what earlier ones said of the same thing: a dataset, a check of the same code and subject, the
/// calendar.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum SurveyEvent {
    /// The run began. Always the first.
    Started {
        /// The tool.
        tool: Tool,
        /// The check's clock, RFC 3339 in UTC.
        created_at: String,
        /// What is checked.
        target: Target,
        /// How rows are read.
        mode: Mode,
        /// Today in PST by the check's clock.
        today: String,
    },
    /// Who the keys are, and what the bucket said of itself.
    Connected {
        /// The target with its region resolved.
        target: Target,
        /// The reader.
        identity: Option<Identity>,
        /// The operator, where it is not the reader.
        operator: Option<Identity>,
    },
    /// A fact worth telling, such as a region taken from the bucket.
    Notice {
        /// In words.
        text: String,
    },
    /// Work goes on. Not part of the report.
    Progress {
        /// What kind of work.
        stage: Stage,
        /// On which dataset.
        dataset: Option<Dataset>,
        /// Things done: pages' objects, footers, rows.
        done: u64,
        /// Things to do, once known.
        of: Option<u64>,
        /// Bytes received so far in the whole run.
        bytes: u64,
    },
    /// What is known of a dataset so far.
    Dataset {
        /// Which.
        name: Dataset,
        /// All that is known.
        dataset: Box<DatasetReport>,
    },
    /// A rule was judged on a subject, perhaps not for the last time.
    Check {
        /// As it stands.
        check: Box<Check>,
    },
    /// The reader's access as it stands: predicted, seen and needed side by side.
    Access {
        /// All of it.
        access: Box<AccessView>,
    },
    /// The calendar as it stands.
    Calendar {
        /// All of it.
        calendar: CalendarReport,
    },
    /// The run ended. Always the last.
    Finished {
        /// False when it was cut short.
        complete: bool,
        /// What it cost.
        usage: Usage,
    },
}

/// The kinds of work, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Reaching the bucket.
    Connect,
    /// Listing folders; `done` counts objects.
    List,
    /// Reading footers; `done` counts files.
    Footers,
    /// Reading rows; `done` counts rows.
    Rows,
}
