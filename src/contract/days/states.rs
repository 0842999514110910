//! The calendar: a state for every day, and why.
//!
//! A day that is over, has data and is not closed is *landed* until nothing speaks against a signal of its date: rows or
//! files of it fail, one half of it is missing, its last hours may still come, something of it could not be read, or the
//! signal would also close an earlier day that is empty or itself not ready.

use std::collections::BTreeSet;

use super::{
    CALENDAR_DAYS, CalendarDay, CalendarEvidence, CalendarReport, DataDay, DatasetDays, DayData, Evidence,
    verdicts,
    view::{LateObjects, View, as_count},
};
use crate::{
    calendar::{DayState, Landing, PstDay},
    contract::Context,
    rule::Code,
};

/// The days of the calendar with their states, and when data usually lands.
///
/// Rules that the configuration switched off still stand in a day's codes where they are of family G: severities are
/// not known here.
pub fn calendar(ctx: &Context, evidence: &Evidence) -> CalendarReport {
    let view = View::new(ctx, evidence);
    let late = view.late_objects();
    let mut days = Vec::new();
    // The first day since the last signal that a signal of any later date would close wrongly, and how.
    let mut in_the_way: Option<(PstDay, &'static str)> = None;
    for day in listed_days(&view) {
        let Some(state) = state(&view, &late, day, in_the_way) else {
            continue;
        };
        if in_the_way.is_none() && Some(&day) >= view.data.first() {
            in_the_way = match state.0 {
                DayState::Empty => Some((day, "which has no data")),
                DayState::Landed => Some((day, "which is not safe to signal")),
                _ => None,
            };
        }
        days.push(described(&view, &late, day, state));
    }
    let landing = landing(&view);
    CalendarReport {
        days,
        today: Some(view.today.to_string()),
        usual_landing_seconds: landing.map(|landing| landing.usual_seconds),
        late_landing_seconds: landing.map(|landing| landing.late_seconds),
        evidence: Some(CalendarEvidence::of(evidence)),
    }
}

/// When data usually lands, over the calendar's data days that are over. The newest object of either dataset counts, and
/// where folders are by UTC date those of the next day's folder too: the day's last hours lie there.
pub(super) fn landing(view: &View<'_>) -> Option<Landing> {
    let by_utc = view.evidence.events.folder_dates.by_utc();
    let landed = view.data.range(..view.today).filter_map(|day| {
        let newest = view.of_day(*day).filter_map(DayData::landed_at).max()?;
        if !by_utc || !view.evidence.events.days.contains_key(day) {
            return Some((*day, newest));
        }
        let next = view.evidence.events.days.get(&day.plus(1)?)?;
        Some((*day, newest.max(next.landed_at()?)))
    });
    Landing::of(landed, view.ctx.offset)
}

/// From the first data day or signal to today, then later days with data or a signal of their own.
fn listed_days(view: &View<'_>) -> BTreeSet<PstDay> {
    let first_signal = view.closing.dates().find(|day| *day >= view.oldest);
    let first = view.data.first().copied().into_iter().chain(first_signal).min();
    let mut days: BTreeSet<PstDay> = first
        .into_iter()
        .flat_map(|first| first.through(view.today))
        .collect();
    let after = |day: &PstDay| *day > view.today;
    let later: BTreeSet<PstDay> = view
        .data
        .iter()
        .copied()
        .filter(after)
        .chain(view.closing.dates().filter(after))
        .collect();
    // Dates come from outside: a signals dataset with a date for every day to 9999 must not fill the calendar.
    let most = usize::try_from(CALENDAR_DAYS).unwrap_or(usize::MAX);
    days.extend(later.into_iter().take(most));
    days
}

/// A day's state, and for a day that is not what one would want, why. `None` where what could not be read hides it.
fn state(
    view: &View<'_>,
    late: &LateObjects<'_>,
    day: PstDay,
    in_the_way: Option<(PstDay, &str)>,
) -> Option<(DayState, Option<String>)> {
    let closed = view.closing.closes(day);
    let has_data = view.data.contains(&day);
    if day > view.today {
        let reason =
            closed.then(|| "a signal of this or a later date already counts it as loaded".to_owned());
        return Some((DayState::Future, reason));
    }
    if day == view.today {
        let reason = closed.then(|| "closed by a signal before it is over".to_owned());
        return Some((DayState::Partial, reason));
    }
    match (has_data, closed) {
        (true, true) if late.days.contains(&day) => {
            Some((DayState::Late, Some(late_in_words(view, late, day))))
        }
        (true, true) => Some((DayState::Signalled, None)),
        (true, false) => Some(match not_safe(view, day, in_the_way) {
            Some(reason) => (DayState::Landed, Some(reason)),
            None => (DayState::Ready, None),
        }),
        // It may have data that could not be seen.
        (false, _) if view.data_unknown().is_some() => None,
        (false, true) => Some((DayState::ClosedEmpty, None)),
        (false, false) if view.signals_unknown().is_some() => None,
        (false, false) => Some((DayState::Empty, None)),
    }
}

/// Why a day with data that is over and not closed is not safe to signal; `None` when nothing speaks against it.
fn not_safe(view: &View<'_>, day: PstDay, in_the_way: Option<(PstDay, &str)>) -> Option<String> {
    let mut reasons = Vec::new();
    let failing = view.failing_at_all(day);
    if !failing.is_empty() {
        reasons.push(format!(
            "findings that fail: {}",
            verdicts::codes_in_words(&failing)
        ));
    }
    if let Some((folder, dataset)) = view.lacking_half(day)
        && dataset.unknown.is_none()
    {
        reasons.push(format!("{folder} has no data of this day"));
    }
    if let Some(folder) = may_still_land(view, day) {
        reasons.push(format!(
            "its last hours may still land: folders are by UTC date, and folder {folder} is not there"
        ));
    }
    if let Some(why) = view.anything_unknown().or_else(|| view.rows_unread(day)) {
        reasons.push(why.to_owned());
    }
    if reasons.is_empty()
        && let Some((earlier, how)) = in_the_way
    {
        reasons.push(format!("a signal would also close {earlier}, {how}"));
    }
    (!reasons.is_empty()).then(|| reasons.join("; "))
}

/// With folders by UTC date, the last hours of day D (16:00-24:00 PST) lie in folder D+1: that folder's date where it
/// is missing.
pub(super) fn may_still_land(view: &View<'_>, day: PstDay) -> Option<PstDay> {
    let events = &view.evidence.events;
    let next = day.plus(1)?;
    (events.folder_dates.by_utc() && events.days.contains_key(&day) && !events.days.contains_key(&next))
        .then_some(next)
}

fn late_in_words(view: &View<'_>, late: &LateObjects<'_>, day: PstDay) -> String {
    let of_day = view.of_day(day).flat_map(|data| &data.files);
    let closed = view.closing.of_day(day).and_then(|closed| closed.earliest);
    let count = of_day
        .filter(|file| late.late.contains_key(&*file.key) && file.modified > closed)
        .count();
    let objects = if count == 1 { "object" } else { "objects" };
    match closed {
        Some(at) => format!("{count} {objects} came after the signal of {at}"),
        None => format!("{count} {objects} came after the signal"),
    }
}

fn described(
    view: &View<'_>,
    late: &LateObjects<'_>,
    day: PstDay,
    (state, reason): (DayState, Option<String>),
) -> CalendarDay {
    let end = day.end(view.ctx.offset);
    CalendarDay {
        day: day.to_string(),
        state,
        events_rows: rows(&view.evidence.events, day),
        metrics_rows: rows(&view.evidence.metrics, day),
        safe_from: end.map(|end| end.to_string()).unwrap_or_default(),
        codes: codes(view, late, day),
        reason,
    }
}

/// Rows of a day; `None` where the dataset is not in use, or the day may have rows that could not be seen.
fn rows(dataset: &DatasetDays, day: PstDay) -> Option<u64> {
    match dataset.days.get(&day) {
        Some(data) => Some(data.rows),
        None if dataset.days.is_empty() || dataset.unknown.is_some() => None,
        None => Some(0),
    }
}

/// Rules with findings on a day, in the order of their codes. That a ready day waits for its signal (G708), and that
/// the first signal is old (G709), is no trouble of the day.
fn codes(view: &View<'_>, late: &LateObjects<'_>, day: PstDay) -> Vec<Code> {
    let findings = view.evidence.findings.get(&day).into_iter().flatten();
    let mut codes: BTreeSet<Code> = findings.filter(|f| f.count > 0).map(|f| f.code).collect();
    let closed = view.closing.closes(day);
    let has_data = view.data.contains(&day);
    let is_gap = closed
        && !has_data
        && view.data_unknown().is_none()
        && day <= view.today
        && view.data.first().is_some_and(|first| *first <= day);
    let half = view
        .lacking_half(day)
        .is_some_and(|(_, dataset)| dataset.unknown.is_none());
    let of_days = [
        ("G704", day > view.today && view.closing.names(day)),
        ("G705", view.signalled_early.contains(&day)),
        ("G706", is_gap),
        ("G707", late.days.contains(&day)),
        ("G710", half),
        ("G711", closed && has_data && !view.failing_rows(day).is_empty()),
    ];
    codes.extend(
        of_days
            .into_iter()
            .filter(|(_, is)| *is)
            .map(|(code, _)| Code::new(code)),
    );
    codes.into_iter().collect()
}

/// The data days of a dataset as reports list them, oldest first.
pub fn data_days(dataset: &DatasetDays) -> Vec<DataDay> {
    dataset
        .days
        .iter()
        .map(|(day, data)| DataDay {
            day: day.to_string(),
            files: as_count(data.files.len()),
            rows: data.rows,
            first: data.first.map(|at| at.to_string()),
            last: data.last.map(|at| at.to_string()),
            landed_at: data.landed_at().map(|at| at.to_string()),
            metric_names: data.metric_names,
            metric_names_at_least: data.metric_names_at_least,
        })
        .collect()
}
