//! The rules G701 and G704-G711.

use std::collections::BTreeSet;

use super::{
    Evidence,
    view::{View, as_count},
};
use crate::{
    calendar::PstDay,
    contract::{Context, SignalVia},
    rule::{Code, Judged, MAX_SAMPLES, Next, Outcome, Sample, Severity, Subject, Unit},
};

/// A first load looks back so many days, Statsig says of a sibling import.
const FIRST_LOAD_DAYS: i64 = 28;

/// Judges G701 and G704-G711, each once, in the order of their codes.
pub fn judge(ctx: &Context, evidence: &Evidence) -> Vec<Outcome> {
    let view = View::new(ctx, evidence);
    vec![
        no_signal_path(&view),
        signal_in_future(&view),
        signalled_early(&view),
        gap_closed(&view),
        late_data(&view),
        unsignalled(&view),
        first_signal_old(&view),
        half_day(&view),
        signalled_bad_day(&view),
    ]
}

/// A judged rule, unless nothing was found and there may be more than what is known.
fn found_or_unknown(code: Code, judged: Judged, unknown: Option<&str>) -> Outcome {
    match unknown {
        Some(why) if judged.count == 0 => Outcome::unknown(code, Subject::Calendar, why),
        _ => Outcome::judged(code, Subject::Calendar, judged),
    }
}

/// G701: neither a signal file nor the API mode, or both.
fn no_signal_path(view: &View<'_>) -> Outcome {
    let code = Code::new("G701");
    let signals = &view.evidence.signals;
    let by_api = view.ctx.signal_via == Some(SignalVia::Api);
    let files = signals.files.len();
    let mut judged = Judged {
        checked: 1,
        of: 1,
        ..Judged::default()
    };
    match (files > 0, by_api) {
        (true, false) => {
            judged.cause = Some(format!(
                "signals/ has {}",
                plural(as_count(files), "Parquet file")
            ));
        }
        (true, true) => {
            judged.count = 1;
            judged.severity = Some(Severity::Warn);
            judged.samples = signals
                .files
                .iter()
                .take(MAX_SAMPLES)
                .map(|file| Sample {
                    key: file.key.to_string(),
                    ..Sample::default()
                })
                .collect();
            judged.cause = Some(format!(
                "the configuration says that days are signalled by the API, and signals/ has {} as well",
                plural(as_count(files), "Parquet file")
            ));
        }
        (false, _) if signals.unknown.is_some() => {
            return Outcome::unknown(
                code,
                Subject::Calendar,
                signals.unknown.clone().unwrap_or_default(),
            );
        }
        (false, true) => {
            judged.cause = Some("days are signalled by the API, says the configuration".into());
        }
        (false, false) => {
            judged.count = 1;
            judged.cause = Some(if signals.objects == 0 {
                "signals/ has no object, and the configuration does not say that days are signalled by the API".into()
            } else {
                format!(
                    "signals/ has {} but no Parquet file, and the configuration does not say that days are signalled by \
                     the API",
                    plural(signals.objects, "object")
                )
            });
        }
    }
    Outcome::judged(code, Subject::Calendar, judged)
}

/// Rows of signals that a test finds, with samples and the distinct dates.
fn signal_rows(view: &View<'_>, wrong: impl Fn(&super::SignalFile, PstDay) -> bool) -> (Judged, Vec<PstDay>) {
    let mut judged = Judged {
        of: view.evidence.signals.rows,
        ..Judged::default()
    };
    let (mut samples, mut days) = (Vec::new(), Vec::new());
    for file in &view.evidence.signals.files {
        judged.checked = judged.checked.saturating_add(file.rows_read);
        let hits = file.dates.iter().filter(|date| wrong(file, date.day));
        for (n, date) in hits.enumerate() {
            judged.count = judged.count.saturating_add(date.rows);
            days.push(date.day);
            if n < MAX_SAMPLES {
                samples.push((
                    n,
                    Sample {
                        key: file.key.to_string(),
                        row: Some(date.first_row),
                        column: Some("finished_date".into()),
                        value: Some(date.day.to_string()),
                    },
                ));
            }
        }
    }
    // Spread over files: every file's first before any file's second.
    samples.sort_by_key(|(n, _)| *n);
    judged.samples = samples
        .into_iter()
        .map(|(_, sample)| sample)
        .take(MAX_SAMPLES)
        .collect();
    days.sort_unstable();
    days.dedup();
    (judged, days)
}

/// G704: rows of signals after today.
fn signal_in_future(view: &View<'_>) -> Outcome {
    let code = Code::new("G704");
    if let Some(outcome) = view.without_rows(code) {
        return outcome;
    }
    let (mut judged, days) = signal_rows(view, |_, day| day > view.today);
    if let Some(last) = days.last() {
        judged.cause = Some(format!(
            "today in PST is {}, and {} already signalled: every day up to {last} counts as loaded",
            view.today,
            listed(&days, "is", "are")
        ));
    }
    found_or_unknown(code, judged, view.signals_unknown())
}

/// G705: rows of signals whose file was written before the day ended.
fn signalled_early(view: &View<'_>) -> Outcome {
    let code = Code::new("G705");
    if let Some(outcome) = view.without_rows(code) {
        return outcome;
    }
    let offset = view.ctx.offset;
    let (mut judged, days) = signal_rows(view, |file, day| file.is_before_end_of(day, offset));
    // Rows of a file without a time could not be looked at.
    let timeless = view
        .evidence
        .signals
        .files
        .iter()
        .filter(|f| f.modified.is_none());
    judged.checked = judged
        .checked
        .saturating_sub(timeless.map(|file| file.rows_read).sum());
    if let Some(first) = days.first() {
        judged.cause = Some(format!(
            "the signal of {} was written before the PST day ended{}",
            days_in_words(&days),
            first
                .end(offset)
                .map(|end| format!(" ({first} ends at {end})"))
                .unwrap_or_default()
        ));
    }
    found_or_unknown(code, judged, view.signals_unknown())
}

/// G706: days closed by a signal without data.
fn gap_closed(view: &View<'_>) -> Outcome {
    let code = Code::new("G706");
    if let Some(outcome) = view.without_dates(code).or_else(|| view.without_data(code)) {
        return outcome;
    }
    if let Some(why) = view.data_unknown() {
        // A day without known data may have some.
        return Outcome::unknown(code, Subject::Calendar, why);
    }
    let gaps: Vec<PstDay> = view.gaps().collect();
    let looked_at = match as_count(view.days_from_first_data().count()) {
        0 => view.days_looked_at(),
        days => days,
    };
    let judged = Judged {
        count: as_count(gaps.len()),
        checked: looked_at,
        of: looked_at,
        samples: day_samples(&gaps, |_| None),
        cause: (!gaps.is_empty()).then(|| {
            format!(
                "{} without data, and a signal of that or a later date says {} loaded",
                listed(&gaps, "is", "are"),
                if gaps.len() == 1 { "it is" } else { "they are" }
            )
        }),
        ..Judged::default()
    };
    found_or_unknown(code, judged, view.signals_unknown())
}

/// G707: objects newer than the signal that closed their day.
fn late_data(view: &View<'_>) -> Outcome {
    let code = Code::new("G707");
    if let Some(outcome) = view.without_dates(code).or_else(|| view.without_data(code)) {
        return outcome;
    }
    let found = view.late_objects();
    let (checked, of) = if found.of == 0 {
        // No data day is signalled: all of them were looked at, and none can be late.
        let days = view.days_looked_at();
        (days, days)
    } else {
        (found.checked, found.of)
    };
    // An object of each day first, so that the samples show as many days as they can.
    let mut order: Vec<_> = found.late.values().collect();
    order.sort_by(|a, b| (a.0, &a.1.key).cmp(&(b.0, &b.1.key)));
    let mut days_seen = BTreeSet::new();
    let (first, others): (Vec<_>, Vec<_>) = order.into_iter().partition(|(day, _)| days_seen.insert(*day));
    let samples = first
        .iter()
        .chain(&others)
        .take(MAX_SAMPLES)
        .map(|(day, file)| Sample {
            key: file.key.to_string(),
            row: None,
            column: None,
            value: Some(late_words(view, *day, file)),
        });
    let days: Vec<PstDay> = found.days.iter().copied().collect();
    let judged = Judged {
        count: as_count(found.late.len()),
        checked,
        of,
        samples: samples.collect(),
        cause: (!days.is_empty())
            .then(|| format!("written after the signal that closed {}", days_in_words(&days))),
        next: (!days.is_empty()).then(|| {
            Next::say(format!(
                "Ask Statsig to load {} again. Until then, count on it that these objects were not read.",
                days_in_words(&days)
            ))
        }),
        ..Judged::default()
    };
    found_or_unknown(code, judged, view.anything_unknown())
}

fn late_words(view: &View<'_>, day: PstDay, file: &super::DataFile) -> String {
    let closed = view.closing.of_day(day).and_then(|closed| closed.earliest);
    match (file.modified, closed) {
        (Some(modified), Some(closed)) => {
            format!("{day} was closed at {closed}, the object is of {modified}")
        }
        _ => day.to_string(),
    }
}

/// G708: data days that are over and after the last signal.
fn unsignalled(view: &View<'_>) -> Outcome {
    let code = Code::new("G708");
    if view.by_api_alone() {
        let cause = "days are signalled by the API, which can't be read back";
        return Outcome::skipped(code, Subject::Calendar, Code::new("G701"), cause);
    }
    if let Some(outcome) = view.without_data(code) {
        return outcome;
    }
    if let Some(why) = view.signals_unknown() {
        // What looks unsignalled may be signalled.
        return Outcome::unknown(code, Subject::Calendar, why);
    }
    let waiting: Vec<PstDay> = view
        .data
        .range(..view.today)
        .filter(|day| !view.closing.closes(**day))
        .copied()
        .collect();
    let looked_at = view.days_looked_at();
    let judged = Judged {
        count: as_count(waiting.len()),
        checked: looked_at,
        of: looked_at,
        severity: (waiting.len() > 2).then_some(Severity::Warn),
        samples: day_samples(&waiting, |_| None),
        cause: (!waiting.is_empty()).then(|| {
            let last = match view.closing.last() {
                Some(last) => format!("the last signal is {last}"),
                None => "no finished date was found".into(),
            };
            format!("{last}; {} not signalled", listed(&waiting, "is", "are"))
        }),
        ..Judged::default()
    };
    found_or_unknown(code, judged, view.data_unknown())
}

/// G709: the first signal is over 28 days ago.
fn first_signal_old(view: &View<'_>) -> Outcome {
    let code = Code::new("G709");
    if let Some(outcome) = view.without_dates(code) {
        return outcome;
    }
    let first = view.closing.first().unwrap_or(view.today);
    let age = view.today.epoch_day() - first.epoch_day();
    let old = age > FIRST_LOAD_DAYS;
    let judged = Judged {
        count: u64::from(old),
        checked: 1,
        of: 1,
        samples: day_samples(&[first], |_| None)
            .into_iter()
            .filter(|_| old)
            .collect(),
        cause: old.then(|| format!("the first signal is {first}, {age} days before today in PST")),
        ..Judged::default()
    };
    found_or_unknown(code, judged, view.signals_unknown())
}

/// G710: one of events and metrics has the day, the other has not.
fn half_day(view: &View<'_>) -> Outcome {
    let code = Code::new("G710");
    if let Some(outcome) = view.without_data(code) {
        return outcome;
    }
    if !view.both_in_use() {
        if let Some(why) = view.data_unknown() {
            return Outcome::unknown(code, Subject::Calendar, why);
        }
        return only_one_in_use(view, code);
    }
    let (mut half, mut unsure) = (Vec::new(), 0u64);
    for day in &view.data {
        match view.lacking_half(*day) {
            Some((name, dataset)) if dataset.unknown.is_none() => half.push((*day, name)),
            Some(_) => unsure += 1,
            None => {}
        }
    }
    let days: Vec<PstDay> = half.iter().map(|(day, _)| *day).collect();
    let of = view.days_looked_at();
    let judged = Judged {
        count: as_count(half.len()),
        checked: of.saturating_sub(unsure),
        of,
        samples: half
            .iter()
            .take(MAX_SAMPLES)
            .map(|(day, name)| Sample {
                value: Some(format!("{day}: {name} has no data")),
                ..Sample::default()
            })
            .collect(),
        cause: (!half.is_empty()).then(|| {
            let without = |folder: &str| {
                let days: Vec<PstDay> = half.iter().filter(|h| h.1 == folder).map(|h| h.0).collect();
                (!days.is_empty()).then(|| format!("{folder} has no data of {}", days_in_words(&days)))
            };
            let parts: Vec<String> = ["events/", "metrics/"].into_iter().filter_map(without).collect();
            parts.join("; ")
        }),
        next: (!days.is_empty()).then(|| {
            Next::say(format!(
                "Look whether the export of {} failed or is late before you signal.",
                days_in_words(&days)
            ))
        }),
        ..Judged::default()
    };
    found_or_unknown(code, judged, view.data_unknown())
}

/// G710 where events or metrics have no days at all.
fn only_one_in_use(view: &View<'_>, code: Code) -> Outcome {
    for (name, dataset) in view.datasets() {
        if dataset.days.is_empty() {
            let (by, what) = if dataset.files > 0 {
                ("S411", "has no rows of a day that could be told")
            } else {
                ("L301", "is not in use")
            };
            return Outcome::skipped(
                code,
                Subject::Calendar,
                Code::new(by),
                format!("{name} {what}: there are no two halves of a day to compare"),
            );
        }
    }
    Outcome::unknown(code, Subject::Calendar, "nothing was looked at")
}

/// G711: signalled days with rows that fail.
///
/// On a sample it is judged as a row rule is: on the days of which rows were read.
fn signalled_bad_day(view: &View<'_>) -> Outcome {
    let code = Code::new("G711");
    if let Some(outcome) = view.without_dates(code).or_else(|| view.without_data(code)) {
        return outcome;
    }
    let signalled: Vec<PstDay> = view
        .data
        .iter()
        .filter(|day| view.closing.closes(**day))
        .copied()
        .collect();
    let bad: Vec<PstDay> = signalled
        .iter()
        .filter(|day| !view.failing_rows(**day).is_empty())
        .copied()
        .collect();
    let read = signalled
        .iter()
        .filter(|day| view.of_day(**day).any(|data| data.rows_checked > 0))
        .count();
    let sampled = signalled
        .iter()
        .any(|day| view.of_day(*day).any(|data| data.rows_checked < data.rows));
    let looked_at = if signalled.is_empty() {
        view.days_looked_at()
    } else {
        as_count(read).max(as_count(bad.len()))
    };
    let cause = if !bad.is_empty() {
        let parts: Vec<String> = bad
            .iter()
            .take(MAX_SAMPLES)
            .map(|day| format!("{day} ({})", codes_in_words(&view.failing_rows(*day))))
            .collect();
        Some(format!("{}{}", parts.join(", "), and_more(bad.len())))
    } else if sampled && read > 0 {
        Some(format!(
            "rows of {} of {} signalled days were read, as a sample",
            read,
            signalled.len()
        ))
    } else {
        None
    };
    let judged = Judged {
        count: as_count(bad.len()),
        checked: looked_at,
        of: looked_at,
        samples: day_samples(&bad, |day| Some(codes_in_words(&view.failing_rows(day)))),
        cause,
        ..Judged::default()
    };
    found_or_unknown(code, judged, view.anything_unknown())
}

/// Samples that are days, not objects.
fn day_samples(days: &[PstDay], more: impl Fn(PstDay) -> Option<String>) -> Vec<Sample> {
    days.iter()
        .take(MAX_SAMPLES)
        .map(|day| Sample {
            value: Some(match more(*day) {
                Some(more) => format!("{day}: {more}"),
                None => day.to_string(),
            }),
            ..Sample::default()
        })
        .collect()
}

/// `E511 12 rows, S401 1 file`.
pub(super) fn codes_in_words(codes: &[(Code, Unit, u64)]) -> String {
    let parts: Vec<String> = codes
        .iter()
        .take(MAX_SAMPLES)
        .map(|(code, unit, count)| format!("{code} {}", plural(*count, unit.as_str().trim_end_matches('s'))))
        .collect();
    format!("{}{}", parts.join(", "), and_more(codes.len()))
}

/// `2026-06-20`, `2026-06-20 and 2026-06-21`, `2026-06-20, …, 2026-06-24 and 7 more days`.
pub(super) fn days_in_words(days: &[PstDay]) -> String {
    match days {
        [] => "no day".into(),
        [first, last] => format!("{first} and {last}"),
        _ => {
            let parts: Vec<String> = days.iter().take(MAX_SAMPLES).map(PstDay::to_string).collect();
            format!("{}{}", parts.join(", "), and_more(days.len()))
        }
    }
}

fn and_more(length: usize) -> String {
    match length.saturating_sub(MAX_SAMPLES) {
        0 => String::new(),
        more => format!(" and {more} more"),
    }
}

fn listed(days: &[PstDay], one: &str, many: &str) -> String {
    format!(
        "{} {}",
        days_in_words(days),
        if days.len() == 1 { one } else { many }
    )
}

/// `1 row`, `2 rows`.
fn plural(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
