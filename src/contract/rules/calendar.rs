//! G7xx: PST days and signals.

use crate::rule::{Basis, Category, Code, Rule, Severity, Subject, Unit};

const CALENDAR: &[Subject] = &[Subject::Calendar];
const SIGNALS: &[Subject] = &[Subject::Signals];
const FAIL: Rule = Rule::base(
    Category::Calendar,
    Severity::Fail,
    Unit::Days,
    CALENDAR,
    Basis::Contract,
);
const WARN: Rule = Rule::base(
    Category::Calendar,
    Severity::Warn,
    Unit::Days,
    CALENDAR,
    Basis::Contract,
);
const INFO: Rule = Rule::base(
    Category::Calendar,
    Severity::Info,
    Unit::Days,
    CALENDAR,
    Basis::Contract,
);

/// G701 to G711.
pub static RULES: &[Rule] = &[
    Rule {
        code: Code::new("G701"),
        slug: "no-signal-path",
        title: "Days are not signalled in exactly one way",
        counts: "Objects under `signals/`. It fails when there are none and signalling by API is not declared, and warns when there are some and the API is declared too.",
        why: "Statsig ingests a day when it is told that the day is done, by a file in `signals/` or by the mark_data_ready API: one or the other.",
        fix: "Write finished dates to `signals/`, or declare `signal_via = \"api\"` in bucket-ready.toml and call the API.",
        unit: Unit::Objects,
        ..FAIL
    },
    Rule {
        code: Code::new("G702"),
        slug: "finished-date-null",
        title: "Finished date is null",
        counts: "Rows of `signals/` whose `finished_date` is null.",
        why: "The row signals nothing; the day that was meant stays unsignalled.",
        fix: "Write the day's date, and find out why the job lost it.",
        unit: Unit::Rows,
        subjects: SIGNALS,
        ..FAIL
    },
    Rule {
        code: Code::new("G703"),
        slug: "finished-date-unreadable",
        title: "Finished date can't be read",
        counts: "Rows of `signals/` whose `finished_date` is text that is not `YYYY-MM-DD` (empty text too). An ISO date-time passes by its date.",
        why: "The row signals nothing, or a day that was not meant.",
        fix: "Write `YYYY-MM-DD`, or a DATE column.",
        unit: Unit::Rows,
        subjects: SIGNALS,
        ..FAIL
    },
    Rule {
        code: Code::new("G704"),
        slug: "signal-in-future",
        title: "A signal lies in the future",
        counts: "Rows of `signals/` whose `finished_date` is after today in PST.",
        why: "A signal covers every day up to its date: all days before it now count as loaded, with or without data. It can't be taken back.",
        fix: "Ask Statsig what was ingested by it. Then let the job that signals check its date against today in PST.",
        unit: Unit::Rows,
        ..FAIL
    },
    Rule {
        code: Code::new("G705"),
        slug: "signalled-early",
        title: "A day was signalled before it was over",
        counts: "Rows of `signals/` whose file was written before the PST day ended, which is 08:00 UTC of the next day.",
        why: "Events of the day's last hours were not there yet when Statsig was told that they were.",
        fix: "Signal day D not before D+1 08:00 UTC, and not before its data has landed.",
        unit: Unit::Rows,
        ..WARN
    },
    Rule {
        code: Code::new("G706"),
        slug: "gap-closed",
        title: "Days were closed by a signal without having data",
        counts: "Days without data, from the first data day on and not after today in PST, that a signal of that or a later date closed.",
        why: "On S3, unlike other imports, Statsig skips days: a signal tells it that all earlier days are loaded. These days count as loaded and empty.",
        fix: "Write the missing days, then ask Statsig to load them again. Signal only after every day before is there.",
        ..FAIL
    },
    Rule {
        code: Code::new("G707"),
        slug: "late-data",
        title: "Data came after its day was signalled",
        counts: "Data objects of a signalled day that are newer than the signal that closed it: the earliest-written signal file of that date or a later one.",
        why: "Statsig may have read the day before these objects came. Nothing says that it looks again.",
        fix: "Ask Statsig to load these days again, and signal only after the last file of a day is written.",
        unit: Unit::Objects,
        basis: Basis::Inference,
        ..FAIL
    },
    Rule {
        code: Code::new("G708"),
        slug: "unsignalled",
        title: "Days with data wait for a signal",
        counts: "Data days that are over in PST and lie after the last signal. Over two of them is a warning.",
        why: "Statsig does not read a day that it was not told of.",
        fix: "Signal the newest day that is complete: it covers all earlier ones.",
        worst: Severity::Warn,
        ..INFO
    },
    Rule {
        code: Code::new("G709"),
        slug: "first-signal-old",
        title: "The first signal is more than 28 days ago",
        counts: "The day of the first signal, when it lies more than 28 days before today in PST.",
        why: "Statsig says of a sibling import that a first load looks back 28 days: earlier days are not considered on a first load.",
        fix: "Nothing, if loading has begun. For a first load, tell Statsig how far back to go.",
        basis: Basis::Sibling,
        ..INFO
    },
    Rule {
        code: Code::new("G710"),
        slug: "half-day",
        title: "Days have events or metrics, but not both",
        counts: "Days that one of events and metrics has and the other has not, though both are in use.",
        why: "One signal covers both folders. If the other half is still to come, a signal now closes the day without it.",
        fix: "Look whether one of the two exports failed or is late before you signal.",
        basis: Basis::Inference,
        ..WARN
    },
    Rule {
        code: Code::new("G711"),
        slug: "signalled-bad-day",
        title: "Signalled days hold rows that fail",
        counts: "Signalled days with rows that violate a rule of severity `fail`.",
        why: "Statsig has been told to read these rows. What was ingested of them is not what was meant.",
        fix: "Correct the rows, write the day again, and ask Statsig to load it again.",
        basis: Basis::Inference,
        ..FAIL
    },
];
