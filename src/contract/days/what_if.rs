//! What a signal would do, before it is sent: pure, from the same evidence as the rules.
//!
//! On S3 a signal closes every day up to and including its date, with or without data, and can't be taken back. By the
//! API the timestamp only moves forward, and a day is complete when all of it lies before the timestamp. Both come down
//! to a last day that is closed; the days that become ingestible are those after the last day closed before.

mod cron;

#[cfg(test)]
mod tests;

pub use cron::Cron;

use jiff::Timestamp;

use super::{DayData, Evidence, states, verdicts, view::View};
use crate::{
    calendar::{Landing, PstDay, Window, clock::both_clocks, day::DAY_SECONDS},
    contract::Context,
};

/// A signal so many days after today is named a typo.
const FAR_OFF_DAYS: i64 = 31;

/// What one thinks of telling Statsig.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Candidate {
    /// Rows in `signals/`, one for each date.
    Dates(Vec<PstDay>),
    /// A timestamp for `mark_data_ready`: all data before it is there.
    Timestamp {
        /// Seconds since the epoch.
        second: i64,
        /// The latest timestamp that was sent before, as far as it is known.
        marked: Option<i64>,
    },
}

/// What a signal would do.
#[derive(Clone, Debug, PartialEq)]
pub struct WhatIf {
    /// Every day that becomes ingestible, oldest first: up to today, and later ones that are named or have data.
    pub days: Vec<WhatIfDay>,
    /// How many more days, all after today, would count as loaded when they come.
    pub later_days: u64,
    /// Named days that were closed before: naming them changes nothing.
    pub already: Vec<PstDay>,
    /// The last day that is closed afterwards; `None` when none is.
    pub closes_up_to: Option<PstDay>,
    /// What would go wrong, each with the word that accepts it. Empty for a clean signal.
    pub consequences: Vec<Consequence>,
    /// Why there may be more to it than this says: something of the bucket could not be read.
    pub unknown: Option<String>,
    /// From when on the clock does not speak against it: the end of the last day it closes.
    pub safe_from: Option<Timestamp>,
    /// The cron line that would have been safe on nineteen days of twenty, from when data landed so far. `None` where
    /// data does not land day by day.
    pub cron: Option<Cron>,
}

/// A day that a signal makes ingestible.
#[derive(Clone, Debug, PartialEq)]
pub struct WhatIfDay {
    /// The day.
    pub day: PstDay,
    /// Its instants in UTC; `None` at the edge of the year 9999.
    pub window: Option<Window>,
    /// Whether the signal names it. Other days are only inferred.
    pub named: bool,
    /// Rows of events and metrics that are there, where it has data.
    pub rows: Option<u64>,
    /// What speaks against it.
    pub against: Vec<Accept>,
}

/// A consequence of a signal, and the word by which an operator accepts it (`--accept`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Accept {
    /// A day that is not over in PST: the rest of its events will not be read.
    NotOver,
    /// A day after today in PST: it and all days before count as loaded before they begin.
    Future,
    /// A day without data counts as loaded.
    Empty,
    /// A day with rows or files that fail is read as it is.
    Failing,
    /// A day that only one of events and metrics has.
    Half,
    /// A day whose last hours may still land: folders are by UTC date, and the next one is missing.
    Landing,
    /// Something of the bucket could not be read, so there may be more to the signal than can be told.
    Unknown,
}

impl Accept {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 7] = [
        Self::NotOver,
        Self::Future,
        Self::Empty,
        Self::Failing,
        Self::Half,
        Self::Landing,
        Self::Unknown,
    ];

    /// The word for `--accept`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotOver => "not-over",
            Self::Future => "future",
            Self::Empty => "empty",
            Self::Failing => "failing",
            Self::Half => "half",
            Self::Landing => "landing",
            Self::Unknown => "unknown",
        }
    }

    /// Reads a word for `--accept`, exactly as it is written.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|accept| accept.word() == word)
    }
}

/// Something that would go wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consequence {
    /// What.
    pub accept: Accept,
    /// On which of [`WhatIf::days`]; none for [`Accept::Unknown`], which hides days.
    pub days: Vec<PstDay>,
    /// In words, to be repeated in the confirmation.
    pub say: String,
}

/// What a signal would do to the days that the evidence tells of.
pub fn what_if(ctx: &Context, evidence: &Evidence, candidate: &Candidate) -> WhatIf {
    let view = View::new(ctx, evidence);
    let landing = states::landing(&view);
    let told = Told::of(ctx, &view, candidate);
    let days = ingestible(&view, &told);
    let counted = u64::try_from(days.iter().filter(|day| day.day > view.today).count()).unwrap_or(u64::MAX);
    WhatIf {
        later_days: told.days_after(view.today).saturating_sub(counted),
        consequences: consequences(&view, &told, &days),
        already: told.already.clone(),
        closes_up_to: told.last.max(told.before),
        unknown: view.anything_unknown().map(str::to_owned),
        safe_from: told
            .last
            .filter(|_| told.is_news())
            .and_then(|day| day.end(ctx.offset)),
        cron: landing
            .filter(|landing| Landing::is_daily(landing.usual_seconds))
            .map(|landing| Cron::after(landing, ctx.offset)),
        days,
    }
}

/// What Statsig would have been told.
struct Told {
    /// The last day closed before.
    before: Option<PstDay>,
    /// The last day that the candidate closes.
    last: Option<PstDay>,
    /// Days that it names and that were open.
    named: Vec<PstDay>,
    /// Days that it names and that were closed.
    already: Vec<PstDay>,
}

impl Told {
    fn of(ctx: &Context, view: &View<'_>, candidate: &Candidate) -> Self {
        let by_files = view.closing.last();
        let (before, mut names) = match candidate {
            Candidate::Dates(dates) => (by_files, dates.clone()),
            Candidate::Timestamp { second, marked } => {
                let complete = |second: i64| last_complete_day(second, ctx);
                let before = marked.and_then(complete).max(by_files);
                // An earlier timestamp than the last one does nothing: it only moves forward.
                let moves = marked.is_none_or(|marked| *second > marked);
                (before, complete(*second).filter(|_| moves).into_iter().collect())
            }
        };
        names.sort_unstable();
        names.dedup();
        let (already, named) = names.into_iter().partition(|day| Some(*day) <= before);
        let named: Vec<PstDay> = named;
        Self {
            before,
            last: named.last().copied(),
            named,
            already,
        }
    }

    /// Whether it closes any day that was open.
    fn is_news(&self) -> bool {
        self.last > self.before
    }

    /// How many days after a day it newly closes.
    fn days_after(&self, day: PstDay) -> u64 {
        let Some(last) = self.last.filter(|_| self.is_news()) else {
            return 0;
        };
        let from = self.before.map_or(day, |before| before.max(day));
        u64::try_from(last.epoch_day() - from.epoch_day()).unwrap_or(0)
    }
}

/// The last day all of which lies before a timestamp; of one beyond the year 9999, the last day that there is.
fn last_complete_day(second: i64, ctx: &Context) -> Option<PstDay> {
    let local = second.saturating_add(ctx.offset.seconds());
    let complete = local.div_euclid(DAY_SECONDS) - 1;
    PstDay::from_epoch_day(complete.min(PstDay::MAX.epoch_day()))
}

/// The days that were open and become ingestible. Before the first data day there is nothing to ingest, but for days
/// that are named.
fn ingestible(view: &View<'_>, told: &Told) -> Vec<WhatIfDay> {
    let Some(last) = told.last.filter(|_| told.is_news()) else {
        return Vec::new();
    };
    let after_before = told.before.map(|day| day.plus(1).unwrap_or(PstDay::MAX));
    let first = match (view.data.first().copied(), after_before) {
        (Some(data), Some(open)) => Some(data.max(open)),
        (data, _) => data,
    };
    let mut days: Vec<PstDay> = first
        .into_iter()
        .flat_map(|first| first.through(last.min(view.today)))
        .collect();
    days.extend(told.named.iter().copied());
    days.extend(
        view.data
            .range(..=last)
            .filter(|day| **day > view.today && Some(**day) > told.before),
    );
    days.sort_unstable();
    days.dedup();
    days.into_iter().map(|day| described(view, told, day)).collect()
}

fn described(view: &View<'_>, told: &Told, day: PstDay) -> WhatIfDay {
    let has_data = view.data.contains(&day);
    let rows = || view.of_day(day).map(|data: &DayData| data.rows).sum();
    let tests = [
        (Accept::NotOver, day == view.today),
        (Accept::Future, day > view.today),
        // Where something could not be read, an empty day is no more than likely: `unknown` says so.
        (Accept::Empty, !has_data),
        (Accept::Failing, !view.failing_at_all(day).is_empty()),
        (Accept::Half, view.lacking_half(day).is_some()),
        (Accept::Landing, states::may_still_land(view, day).is_some()),
    ];
    WhatIfDay {
        day,
        window: day.window(view.ctx.offset),
        named: told.named.contains(&day),
        rows: has_data.then(rows),
        against: tests
            .into_iter()
            .filter(|(_, is)| *is)
            .map(|(accept, _)| accept)
            .collect(),
    }
}

fn consequences(view: &View<'_>, told: &Told, days: &[WhatIfDay]) -> Vec<Consequence> {
    Accept::ALL
        .into_iter()
        .filter_map(|accept| {
            let of: Vec<PstDay> = days
                .iter()
                .filter(|day| day.against.contains(&accept))
                .map(|day| day.day)
                .collect();
            // What could not be read is no pass, even where all that could be read is clean.
            let is = !of.is_empty()
                || (accept == Accept::Unknown && told.is_news() && view.anything_unknown().is_some());
            let say = is.then(|| in_words(view, told, accept, &of))?;
            Some(Consequence {
                accept,
                days: of,
                say,
            })
        })
        .collect()
}

fn in_words(view: &View<'_>, told: &Told, accept: Accept, days: &[PstDay]) -> String {
    let list = verdicts::days_in_words(days);
    let (is, has, counts) = if days.len() == 1 {
        ("is", "has", "counts")
    } else {
        ("are", "have", "count")
    };
    match accept {
        Accept::NotOver => {
            let end = days.last().and_then(|day| day.end(view.ctx.offset));
            let words = |end| both_clocks(end, view.ctx.offset, "%m-%d %H:%M");
            let end = end
                .map(|end| format!(" before {}", words(end)))
                .unwrap_or_default();
            format!("{list} {is} not over{end}: what comes after the signal may never be read")
        }
        Accept::Future => future_in_words(view, told, &list, days.len() == 1),
        Accept::Empty => format!("{list} {has} no data and {counts} as loaded"),
        Accept::Failing => format!("{list} {has} rows or files that fail, and will be read as they are"),
        Accept::Half => {
            let folder = days.first().and_then(|day| view.lacking_half(*day));
            let folder = folder.map_or("one of events/ and metrics/", |(folder, _)| folder);
            format!("{list} {has} no data in {folder}, though both are in use")
        }
        Accept::Landing => {
            format!(
                "the last hours of {list} may still land: folders are by UTC date, and the next is not there"
            )
        }
        Accept::Unknown => {
            let why = view.anything_unknown().unwrap_or("something could not be read");
            format!("there may be more to it than this says: {why}")
        }
    }
}

fn future_in_words(view: &View<'_>, told: &Told, list: &str, is_one: bool) -> String {
    let last = told.last.unwrap_or(view.today);
    let ahead = last.epoch_day() - view.today.epoch_day();
    let typo = if ahead > FAR_OFF_DAYS {
        let ahead = match ahead / 365 {
            0 | 1 => format!("{ahead} days"),
            years => format!("{years} years"),
        };
        format!(". {last} lies {ahead} ahead: is the year or month a typing error?")
    } else {
        String::new()
    };
    let lie = if is_one { "lies" } else { "lie" };
    format!(
        "{list} {lie} after today, {} in PST: every day up to {last} counts as loaded before it has begun{typo}",
        view.today
    )
}
