//! What a rule is: a code, a slug, a severity and words; and what judging one yields.
//!
//! This module knows nothing of Parquet, S3, clocks or terminals, and uses nothing else of ours. The tables of rules
//! live beside the code that judges them ([`crate::contract`], [`crate::access`]); [`crate::report::catalogue`] joins
//! them. A judged rule is an [`Outcome`]; [`crate::report`] turns outcomes into the checks of a report.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A rule's code, such as `E511`: a letter for the family and three digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code([u8; 4]);

impl Code {
    /// The code spelled `text`, four ASCII bytes such as `"E511"`. For tables of rules, where it is evaluated at
    /// compile time.
    ///
    /// # Panics
    /// When `text` is not a letter A-Z and three digits. Use [`Code::parse`] for text from outside.
    pub const fn new(text: &str) -> Self {
        match Self::parse(text) {
            Some(code) => code,
            None => panic!("a rule's code is a letter and three digits"),
        }
    }

    /// Reads a code from text from outside; `None` when it is not a letter A-Z and three digits.
    pub const fn parse(text: &str) -> Option<Self> {
        let b = text.as_bytes();
        if b.len() == 4
            && b[0].is_ascii_uppercase()
            && b[1].is_ascii_digit()
            && b[2].is_ascii_digit()
            && b[3].is_ascii_digit()
        {
            Some(Self([b[0], b[1], b[2], b[3]]))
        } else {
            None
        }
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("????")
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'_, str>::deserialize(d)?;
        Self::parse(&text)
            .ok_or_else(|| serde::de::Error::custom(format!("{text:?} is not a rule's code, such as E511")))
    }
}

/// How much a finding weighs. `Off` is a rule that the configuration switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Not judged at all, by the user's will.
    Off,
    /// Context, without consequence for the verdict.
    Info,
    /// Has a consequence, which the rule's text names.
    Warn,
    /// Breaks the documented contract, or makes a Spark read fail or lie.
    Fail,
}

impl Severity {
    /// The word for it, as in reports and `bucket-ready.toml`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// The group in which a rule's check is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Category {
    /// C1xx: credentials, clock, bucket, network.
    Connection,
    /// A2xx: what the reader may and may not do.
    Access,
    /// L3xx: names and places of objects.
    Layout,
    /// S4xx: footers.
    Schema,
    /// E5xx: rows of `events/`.
    EventRows,
    /// M6xx: rows of `metrics/`.
    MetricRows,
    /// G7xx: days and signals.
    Calendar,
    /// X8xx: events and metrics side by side.
    Datasets,
}

impl Category {
    /// The group's heading, for people.
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Connection => "Connection",
            Self::Access => "Access",
            Self::Layout => "Layout",
            Self::Schema => "Schema",
            Self::EventRows => "Event rows",
            Self::MetricRows => "Metric rows",
            Self::Calendar => "Calendar",
            Self::Datasets => "Events and metrics together",
        }
    }
}

/// A number with its thousands set apart: `5,210,000`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// What a rule's count counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Rows of Parquet files.
    Rows,
    /// Parquet files.
    Files,
    /// S3 objects (or files of a local folder) of any kind.
    Objects,
    /// PST days.
    Days,
    /// Metrics, by name.
    Metrics,
}

impl Unit {
    /// The unit's plural, as in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rows => "rows",
            Self::Files => "files",
            Self::Objects => "objects",
            Self::Days => "days",
            Self::Metrics => "metrics",
        }
    }
}

/// On whose word a rule stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// The integration's own page.
    Contract,
    /// Seen by running Spark 3.5 and 4.0 on such files.
    Spark,
    /// Stated by Statsig for a sibling import.
    Sibling,
    /// AWS documentation.
    Aws,
    /// Concluded by us.
    Inference,
}

impl Basis {
    /// In a sentence, for people.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Contract => "The integration's page asks for it.",
            Self::Spark => {
                "Seen by running Spark 3.5 and 4.0 on such files; the page's own confirm step reads with Spark."
            }
            Self::Sibling => {
                "Statsig states it for a sibling import; confirm with Statsig that it holds for this one."
            }
            Self::Aws => "AWS documents it.",
            Self::Inference => "Our conclusion: no page of Statsig's says it.",
        }
    }
}

/// What a check is about. Written as in reports: `events/`, `calendar`, `bucket`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Subject {
    /// The credentials and the connection.
    #[serde(rename = "account")]
    Account,
    /// The bucket as a whole, or the root of a local folder.
    #[serde(rename = "bucket")]
    Bucket,
    /// The `events/` dataset.
    #[serde(rename = "events/")]
    Events,
    /// The `metrics/` dataset.
    #[serde(rename = "metrics/")]
    Metrics,
    /// The `signals/` dataset.
    #[serde(rename = "signals/")]
    Signals,
    /// PST days and signals together.
    #[serde(rename = "calendar")]
    Calendar,
}

impl Subject {
    /// The subject as reports write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Bucket => "bucket",
            Self::Events => "events/",
            Self::Metrics => "metrics/",
            Self::Signals => "signals/",
            Self::Calendar => "calendar",
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One of the three folders that Statsig reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dataset {
    /// `events/`
    Events,
    /// `metrics/`
    Metrics,
    /// `signals/`
    Signals,
}

impl Dataset {
    /// All three, in the order in which reports name them.
    pub const ALL: [Self; 3] = [Self::Events, Self::Metrics, Self::Signals];

    /// The folder's name without its slash, as reports key datasets: `events`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Metrics => "metrics",
            Self::Signals => "signals",
        }
    }

    /// The folder's prefix under the bucket or the configured prefix: `events/`.
    pub const fn folder(self) -> &'static str {
        self.subject().as_str()
    }

    /// The subject of checks on this dataset.
    pub const fn subject(self) -> Subject {
        match self {
            Self::Events => Subject::Events,
            Self::Metrics => Subject::Metrics,
            Self::Signals => Subject::Signals,
        }
    }
}

/// One rule: everything that is known of it but the code that judges it.
#[derive(Debug)]
pub struct Rule {
    /// Its code, which outside checks depend on.
    pub code: Code,
    /// Its slug, which outside checks depend on: `event-name-too-long`.
    pub slug: &'static str,
    /// One line for people, what is wrong when it finds something: "Event name of 128 characters or more".
    pub title: &'static str,
    /// The group in which it is shown.
    pub category: Category,
    /// The severity of its usual finding.
    pub severity: Severity,
    /// The severity of its gravest finding, where it has several. A rule whose `worst` is `Fail` is required.
    pub worst: Severity,
    /// Whether the verdict waits for it. False for A206-A213, which explain what A201 and A202 require.
    pub explains_only: bool,
    /// What its count counts.
    pub unit: Unit,
    /// What it is judged on; one check for each.
    pub subjects: &'static [Subject],
    /// What exactly is counted, in one or two sentences.
    pub counts: &'static str,
    /// Why it matters: what goes wrong at ingestion.
    pub why: &'static str,
    /// How to mend it.
    pub fix: &'static str,
    /// On whose word it stands.
    pub basis: Basis,
}

impl Rule {
    /// What the rules of a table share. A row of the table fills in code, slug and words, and what differs:
    /// `Rule { code: …, slug: …, title: …, counts: …, why: …, fix: …, ..FAIL }`.
    pub const fn base(
        category: Category,
        severity: Severity,
        unit: Unit,
        subjects: &'static [Subject],
        basis: Basis,
    ) -> Self {
        Self {
            code: Code(*b"?000"),
            slug: "",
            title: "",
            category,
            severity,
            worst: severity,
            explains_only: false,
            unit,
            subjects,
            counts: "",
            why: "",
            fix: "",
            basis,
        }
    }
}

/// What to do next about a finding.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Next {
    /// In words.
    pub say: String,
    /// A command to run, ready to paste.
    #[serde(default)]
    pub command: Option<String>,
    /// Where to read more.
    #[serde(default)]
    pub url: Option<String>,
}

impl Next {
    /// Words alone.
    pub fn say(text: impl Into<String>) -> Self {
        Self {
            say: text.into(),
            command: None,
            url: None,
        }
    }
}

/// One place where a finding was seen.
///
/// Text from outside stands here as it was read, escaped by [`crate::report`] when it becomes part of a report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// The object key, relative to the target's prefix: `events/2022-06-22/part-0.parquet`. Empty where none applies.
    pub key: String,
    /// The row in the file, from 0; `None` where the sample is not a row.
    pub row: Option<u64>,
    /// The column, where one applies.
    pub column: Option<String>,
    /// The value, as text.
    pub value: Option<String>,
}

/// At most so many samples are kept for a check, spread over files.
pub const MAX_SAMPLES: usize = 5;

/// What judging a rule on one subject yielded.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The rule.
    pub code: Code,
    /// What it was judged on.
    pub subject: Subject,
    /// What came of it.
    pub found: Found,
}

/// What came of judging a rule.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// Judged on evidence. With `checked` 0 there was none, and the check becomes *unknown*, never *pass*.
    Judged(Judged),
    /// It could not be judged, and why.
    Unknown {
        /// Why not.
        cause: String,
        /// What to do about it.
        next: Option<Next>,
    },
    /// There was nothing to judge.
    Skipped {
        /// The rule that explains the absence.
        blocked_by: Option<Code>,
        /// In words.
        cause: Option<String>,
    },
}

/// A rule judged on evidence. All counts are in the rule's unit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judged {
    /// How many violate it: exact for what was checked, never extrapolated.
    pub count: u64,
    /// How many were looked at.
    pub checked: u64,
    /// How many there are.
    pub of: u64,
    /// The finding's severity where it differs from the rule's usual one. Ignored when `count` is 0.
    pub severity: Option<Severity>,
    /// At most [`MAX_SAMPLES`] places, spread over files.
    pub samples: Vec<Sample>,
    /// What exactly was found, in words.
    pub cause: Option<String>,
    /// What to do, where it is more specific than the rule's own `fix`.
    pub next: Option<Next>,
}

impl Outcome {
    /// A judged rule.
    pub fn judged(code: Code, subject: Subject, judged: Judged) -> Self {
        Self {
            code,
            subject,
            found: Found::Judged(judged),
        }
    }

    /// A rule that could not be judged.
    pub fn unknown(code: Code, subject: Subject, cause: impl Into<String>) -> Self {
        Self {
            code,
            subject,
            found: Found::Unknown {
                cause: cause.into(),
                next: None,
            },
        }
    }

    /// A rule without anything to judge, and the rule that explains the absence.
    pub fn skipped(code: Code, subject: Subject, blocked_by: Code, cause: impl Into<String>) -> Self {
        Self {
            code,
            subject,
            found: Found::Skipped {
                blocked_by: Some(blocked_by),
                cause: Some(cause.into()),
            },
        }
    }
}
