//! What a signal would do, as text: the preview that stands before anything is sent.

use jiff::Timestamp;

use super::{Style, pad, paragraph};
use crate::{
    calendar::{DayOffset, PstDay},
    contract::days::{
        form::Form,
        what_if::{Cron, WhatIf, WhatIfDay},
    },
    report::{
        model::{Report, Status, Target},
        words::{counted, grouped, mode_words, shell_word, things},
    },
    rule::Unit,
};

/// All that a preview tells.
#[derive(Clone, Copy, Debug)]
pub struct Preview<'a> {
    /// What is known of the bucket.
    pub report: &'a Report,
    /// What the signal would do.
    pub what: &'a WhatIf,
    /// The dates, in the order in which they were given.
    pub dates: &'a [PstDay],
    /// The clock of the guards.
    pub now: Timestamp,
    /// How it would be sent.
    pub way: &'a Way,
    /// What this machine knows of earlier signals by the API of these dates, a sentence each.
    pub marked: &'a [String],
    /// The command for every day, with `"$d"` where the date stands; `None` where that makes no sense.
    pub daily: Option<&'a str>,
}

/// How a signal would be sent.
#[derive(Clone, Debug)]
pub enum Way {
    /// By files.
    Files {
        /// Their form.
        form: Form,
        /// The whole keys of those that would be written.
        keys: Vec<String>,
    },
    /// By the API.
    Api {
        /// Where to.
        url: String,
        /// Seconds since the epoch.
        timestamp: i64,
        /// The request's `type`.
        kind: String,
        /// Whether that is documented.
        documented: bool,
        /// What the ledger says, in a sentence.
        ledger: String,
    },
}

/// An instant in the project's days: `2026-06-23 00:00 PST`.
pub fn local(instant: Timestamp, offset: DayOffset) -> String {
    let zone = match offset.hours() {
        -8 => "PST".to_owned(),
        _ => offset.to_string(),
    };
    let second = instant.as_second().saturating_add(offset.seconds());
    match Timestamp::from_second(second) {
        Ok(shifted) => format!("{} {zone}", shifted.strftime("%Y-%m-%d %H:%M")),
        Err(_) => utc(instant),
    }
}

/// An instant in UTC: `2026-06-23 08:00 UTC`.
pub fn utc(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// The preview. It ends without the command that would send it, which is the caller's to add.
pub fn preview(preview: &Preview<'_>, style: Style) -> String {
    let Preview { report, what, .. } = preview;
    let offset = report.context().offset;
    let mut out = heading(preview, offset, style);
    out.push('\n');
    if what.days.is_empty() {
        let nothing = "Nothing becomes ingestible by it: no day that was open would be closed.";
        out.push_str(&format!("{nothing}\n"));
    } else {
        days(&mut out, what, style);
    }
    if !what.already.is_empty() {
        out.push_str(&format!(
            "Closed before: {}. A signal of {} changes nothing.\n",
            list(&what.already),
            if what.already.len() == 1 { "it" } else { "them" }
        ));
    }
    if !what.consequences.is_empty() {
        out.push_str(&format!("\n{}\n", style.bold("What speaks against it")));
        for found in &what.consequences {
            let word = pad(found.accept.word(), 9);
            let label = style.status(Status::Fail, &format!("{} {word}", Status::Fail.glyph()));
            out.push_str(&labelled(&format!("  {label} "), &found.say, 14, style));
        }
    }
    out.push('\n');
    facts(&mut out, preview, offset, style);
    out
}

fn heading(preview: &Preview<'_>, offset: DayOffset, style: Style) -> String {
    let by = match preview.way {
        Way::Files { .. } => "by file",
        Way::Api { .. } => "by the API",
    };
    let title = format!(
        "Signal {} {by} · {}",
        list(preview.dates),
        preview.report.target.spelled()
    );
    format!(
        "{}\n{}\n",
        style.bold(&title),
        style.faint(&format!(
            "now {} · {}",
            local(preview.now, offset),
            utc(preview.now)
        ))
    )
}

/// At most so many days stand in lines of their own; beyond, runs of days that nothing is said of become one line.
const MOST_LINES: usize = 20;
const SHORTEST_RUN: usize = 4;

fn days(out: &mut String, what: &WhatIf, style: Style) {
    let named = what.days.iter().filter(|day| day.named).count();
    let inferred = what.days.len() - named;
    let how = match (named, inferred) {
        (_, 0) => "named".to_owned(),
        (0, _) => "inferred".to_owned(),
        _ => format!(
            "{} named and {} inferred",
            grouped(named as u64),
            grouped(inferred as u64)
        ),
    };
    out.push_str(&format!(
        "Becomes ingestible: {}, {how}. This can't be taken back.\n",
        things(what.days.len(), "day")
    ));
    let mut rest = what.days.as_slice();
    while let Some(first) = rest.first() {
        let run = rest.iter().take_while(|day| is_dull(day)).count();
        if what.days.len() > MOST_LINES && run >= SHORTEST_RUN {
            let (dull, after) = rest.split_at(run);
            out.push_str(&run_line(dull));
            rest = after;
        } else {
            out.push_str(&day_line(first, style));
            rest = rest.get(1..).unwrap_or_default();
        }
    }
    if what.later_days > 0 {
        out.push_str(&format!(
            "  and {} more after today, each loaded as it is when it comes\n",
            match what.later_days {
                1 => "1 day".to_owned(),
                days => format!("{} days", grouped(days)),
            }
        ));
    }
}

/// Inferred, and nothing speaks against it.
fn is_dull(day: &WhatIfDay) -> bool {
    !day.named && day.against.is_empty()
}

fn run_line(days: &[WhatIfDay]) -> String {
    let (Some(first), Some(last)) = (days.first(), days.last()) else {
        return String::new();
    };
    let rows = days
        .iter()
        .filter_map(|day| day.rows)
        .fold(0, u64::saturating_add);
    format!(
        "  {} … {}  {} inferred, {}\n",
        first.day,
        last.day,
        things(days.len(), "day"),
        counted(rows, Unit::Rows)
    )
}

/// `2026-06-22 Mon  named     06-22 08:00 … 06-23 08:00 UTC  522,118 rows  ✗ failing`
fn day_line(day: &WhatIfDay, style: Style) -> String {
    let window = day.window.map_or_else(String::new, |window| {
        format!(
            "{} … {}",
            window.start.strftime("%m-%d %H:%M"),
            window.end.strftime("%m-%d %H:%M UTC")
        )
    });
    let rows = day
        .rows
        .map_or_else(|| "no data".to_owned(), |rows| counted(rows, Unit::Rows));
    let sign = if day.against.is_empty() {
        style.status(Status::Pass, Status::Pass.glyph())
    } else {
        let words: Vec<&str> = day.against.iter().map(|accept| accept.word()).collect();
        style.status(
            Status::Fail,
            &format!("{} {}", Status::Fail.glyph(), words.join(" ")),
        )
    };
    format!(
        "  {} {}  {} {window}  {} {sign}\n",
        day.day,
        day.day.weekday().abbreviation(),
        pad(if day.named { "named" } else { "inferred" }, 9),
        pad(&rows, 16),
    )
}

/// What stands under the days: from when on, by what, and what else should be known. Of a signal that changes nothing, as
/// little as that.
fn facts(out: &mut String, preview: &Preview<'_>, offset: DayOffset, style: Style) {
    let mut facts: Vec<(&str, String)> = Vec::new();
    if let Some(safe) = preview.what.safe_from {
        let name = if safe <= preview.now {
            "Safe since"
        } else {
            "Safe from"
        };
        let instants = format!("{} = {}", local(safe, offset), utc(safe));
        facts.push((name, format!("{instants}, as far as the clock is concerned")));
    }
    let changes = !preview.what.days.is_empty();
    match preview.way {
        Way::Files { form, keys } if changes => by_files(&mut facts, preview.report, form, keys),
        Way::Files { .. } => {}
        Way::Api { .. } => by_api(&mut facts, preview.way, offset),
    }
    facts.extend(preview.marked.iter().map(|text| ("By API", text.clone())));
    if changes {
        facts.push(("Rows judged", mode_words(&preview.report.mode)));
        facts.extend(failing_checks(preview.report).map(|text| ("The bucket", text)));
    }
    for (name, text) in facts {
        out.push_str(&labelled(&pad(name, 12), &text, 12, style));
    }
    if let Some(cron) = preview.what.cron.as_ref().filter(|_| changes) {
        let text = cron_in_words(cron);
        out.push_str(&labelled(&pad("Every day", 12), &text, 12, style));
        if let Some(daily) = preview.daily {
            out.push_str(&crontab(cron, daily));
        }
    }
}

fn by_files(facts: &mut Vec<(&str, String)>, report: &Report, form: &Form, keys: &[String]) {
    facts.extend(keys.iter().map(|key| ("Writes", key.clone())));
    let kind = form.kind.spelled();
    facts.push(("As", format!("one column finished_date, {kind}, {}", form.why)));
    facts.extend(form.drift.iter().map(|drift| ("But", drift.clone())));
    let with = match report.target {
        Target::Folder { .. } => "your own rights to the folder",
        _ => {
            "the operator's credentials (s3:PutObject on signals/). The reader's key must not be able to write."
        }
    };
    facts.push(("With", with.to_owned()));
}

fn by_api(facts: &mut Vec<(&str, String)>, way: &Way, offset: DayOffset) {
    let Way::Api {
        url,
        timestamp,
        kind,
        documented,
        ledger,
    } = way
    else {
        return;
    };
    facts.push(("Sends to", url.clone()));
    let words = Timestamp::from_second(*timestamp)
        .map(|at| format!(" = {} = {}", local(at, offset), utc(at)))
        .unwrap_or_default();
    facts.push((
        "Timestamp",
        format!("{timestamp}{words}: all data before it is there"),
    ));
    let known = if *documented {
        "the one that is documented"
    } else {
        "not documented, sent as you wrote it"
    };
    facts.push(("Type", format!("{kind}, {known}")));
    facts.push(("Ledger", ledger.clone()));
}

/// What the checks come to, where any fails: a signal does not wait for them, but whoever sends one should know.
fn failing_checks(report: &Report) -> Option<String> {
    let failing = report
        .checks
        .iter()
        .filter(|check| check.status == Status::Fail)
        .count();
    (failing > 0).then(|| {
        format!(
            "{} in it: bucket-ready check {}",
            match failing {
                1 => "1 check fails".to_owned(),
                many => format!("{} checks fail", grouped(many as u64)),
            },
            shell_word(&report.target.spelled())
        )
    })
}

/// The schedule that has been safe, and why.
fn cron_in_words(cron: &Cron) -> String {
    let after = |seconds: i64| match seconds {
        1.. => format!("{} after the day's end", hours(seconds)),
        _ => "before the day's end".to_owned(),
    };
    let landing = cron.landing;
    let (usual, late) = (after(landing.usual_seconds), after(landing.late_seconds));
    let on = landing.by_late_in_words();
    let lands = match usual == late {
        true => format!("data had landed {late} {on}"),
        false => format!("data usually landed {usual}, and {late} {on}"),
    };
    let back = match cron.days_back {
        1 => "the day before".to_owned(),
        days => format!("the day {days} days before"),
    };
    format!("`{cron}` in UTC for {back}: {lands} so far")
}

/// Lines to paste, never wrapped. A `%` ends a command in a crontab, so it is escaped; only what is clean is signalled,
/// since no word is accepted in advance.
fn crontab(cron: &Cron, daily: &str) -> String {
    let back = cron.days_back;
    format!("              CRON_TZ=UTC\n              {cron}  d=$(date -u -d '-{back} day' +\\%F); {daily}\n")
}

/// `3 h 05 min`
fn hours(seconds: i64) -> String {
    let minutes = seconds.div_euclid(60);
    format!("{} h {:02} min", minutes.div_euclid(60), minutes.rem_euclid(60))
}

/// At most eight dates.
fn list(days: &[PstDay]) -> String {
    let shown: Vec<String> = days.iter().take(8).map(ToString::to_string).collect();
    match days.len() {
        0..=8 => shown.join(", "),
        more => format!("{} and {} more", shown.join(", "), more - 8),
    }
}

/// A paragraph behind a label that is already set.
fn labelled(label: &str, text: &str, width: usize, style: Style) -> String {
    let mut body = String::new();
    paragraph(&mut body, "", text, width, style);
    let rest = body.get(width..).unwrap_or_default();
    format!("{label}{rest}")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_told_in_the_projects_days_and_in_utc() {
        let at: Timestamp = "2026-06-23T08:00:00Z".parse().unwrap();
        assert_eq!(local(at, DayOffset::default()), "2026-06-23 00:00 PST");
        assert_eq!(
            local(at, DayOffset::from_hours(5).unwrap()),
            "2026-06-23 13:00 UTC+5"
        );
        assert_eq!(
            local(at, DayOffset::from_hours(0).unwrap()),
            "2026-06-23 08:00 UTC"
        );
        assert_eq!(utc(at), "2026-06-23 08:00 UTC");
        let _ = (
            local(Timestamp::MAX, DayOffset::default()),
            local(Timestamp::MIN, DayOffset::default()),
        );
    }

    #[test]
    fn a_long_delay_is_told_in_hours() {
        assert_eq!(hours(11_100), "3 h 05 min");
        assert_eq!(hours(59), "0 h 00 min");
        assert_eq!(hours(90_000), "25 h 00 min");
    }
}
