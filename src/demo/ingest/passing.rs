//! The account's clock moves on: the shop's exports land at night, Statsig polls at each full hour, and what was ingested
//! and what was lost is told in words.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::{Timestamp, tz};

use super::{
    Ingestion,
    read::{self, Of},
};
use crate::{
    calendar::{DayOffset, PstDay},
    demo::{
        account::{ACCOUNT_ID, BUCKET, Clock},
        objects::{Buckets, Object, Stored},
        scenario::{DemoObject, Scenario},
        shop::Shop,
        statsig::Statsig,
    },
    report::words::{grouped, things},
};

const HOUR: i64 = 3600;
/// Days longer ago than this are no days of the calendar: a row of 1970 does not open fifty years of empty days.
const OLDEST: i64 = 400;

/// What goes on while time passes. Cloning shares it.
#[derive(Clone)]
pub struct Passing {
    scenario: &'static Scenario,
    clock: Clock,
    buckets: Buckets,
    statsig: Statsig,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    ingestion: Ingestion,
    /// The second of the newest poll.
    polled: Option<i64>,
    /// Rows by day of objects that were read before, by entity tag.
    known: HashMap<(Of, String), Arc<BTreeMap<i64, u64>>>,
}

/// An object as Statsig sees it.
struct Seen {
    of: Of,
    landed: i64,
    days: Arc<BTreeMap<i64, u64>>,
}

/// Rows of events and of metrics.
type Rows = [u64; 2];

/// What one poll came to.
#[derive(Default)]
struct Poll {
    loaded: BTreeMap<i64, Rows>,
    /// The last day that is closed afterwards.
    closed: Option<i64>,
    /// Rows that came for days which an earlier poll loaded.
    late: BTreeMap<i64, u64>,
}

impl Poll {
    fn days(&self, which: impl Fn(i64, Rows) -> bool) -> BTreeSet<i64> {
        let each = self.loaded.iter().filter(|(day, rows)| which(**day, **rows));
        each.map(|(day, _)| *day).collect()
    }
}

impl Passing {
    pub(in crate::demo) fn new(
        scenario: &'static Scenario,
        clock: Clock,
        buckets: Buckets,
        statsig: Statsig,
    ) -> Self {
        Self {
            scenario,
            clock,
            buckets,
            statsig,
            state: Arc::default(),
        }
    }

    /// What was loaded up to now.
    pub fn ingestion(&self) -> Ingestion {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.catch_up(&mut state, self.clock.now().as_second());
        state.ingestion.clone()
    }

    /// Moves the clock on, and says what happened meanwhile. Reads the bucket's objects: not for an async task.
    pub fn pass(&self, by: Duration) -> Vec<String> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let from = self.clock.now().as_second();
        self.catch_up(&mut state, from);
        let to = from.saturating_add(i64::try_from(by.as_secs()).unwrap_or(i64::MAX));
        let mut told = self.land(from, to);
        let seen = self.look(&mut state);
        for hour in full_hours(from, to) {
            let poll = poll(&mut state, &seen, hour, self.statsig.marked());
            told.extend(in_words(&poll, hour, &seen).into_iter().map(|line| (hour, line)));
        }
        self.clock.advance(by);
        // What landed is told before the poll that found it.
        told.sort_by_key(|(at, _)| *at);
        let mut lines: Vec<String> = told.into_iter().map(|(_, line)| line).collect();
        if lines.is_empty() {
            lines.push("Statsig found no new signal, so it ingested nothing.".to_owned());
        }
        lines.push(self.as_it_stands(&state, &seen, to));
        lines
    }

    /// Polls that were due before anybody looked. Only those change anything before which something landed.
    fn catch_up(&self, state: &mut State, now: i64) {
        if state.polled.is_some() {
            return;
        }
        let seen = self.look(state);
        let due: BTreeSet<i64> = seen.iter().map(|s| next_hour(s.landed)).collect();
        for hour in due.into_iter().filter(|hour| *hour <= now) {
            // Whoever marks does it now: at those hours nothing was marked.
            poll(state, &seen, hour, None);
        }
        state.polled = Some(now.div_euclid(HOUR) * HOUR);
    }

    /// What is in the bucket: not what is archived, nor what nobody reads.
    fn look(&self, state: &mut State) -> Vec<Seen> {
        let objects: Vec<(Of, Arc<Object>)> = self
            .buckets
            .with(BUCKET, |bucket| {
                let all = bucket.objects.iter().filter(|(_, object)| !object.is_archived());
                all.filter_map(|(key, object)| Some((Of::key(key)?, Arc::clone(object))))
                    .collect()
            })
            .unwrap_or_default();
        let each = objects.into_iter().map(|(of, object)| {
            let days = state
                .known
                .entry((of, object.etag.clone()))
                .or_insert_with(|| Arc::new(read::days(of, &object.body, DayOffset::default())));
            Seen {
                of,
                landed: object.modified.as_second(),
                days: Arc::clone(days),
            }
        });
        each.collect()
    }

    /// The exports that land meanwhile, each with its instant and words.
    fn land(&self, from: i64, to: i64) -> Vec<(i64, String)> {
        let (Some(first), Some(last)) = (day_at(from), day_at(to)) else {
            return Vec::new();
        };
        let shop = Shop::open();
        // Some exports land on the third day after their day began.
        let first = first.plus(-3).unwrap_or(first);
        let nights = first.through(last).filter_map(|day| {
            let mut made = (self.scenario.nightly)(&shop, day).ok()?;
            made.retain(|object| (from + 1..=to).contains(&object.modified.as_second()));
            let (at, what) = self.put(made)?;
            Some((
                at,
                format!("{}: the shop's export of {day} landed, {what}.", time(at)),
            ))
        });
        nights.collect()
    }

    /// Writes objects that are not there yet: when the first landed, and what they hold. `None` where all were there.
    fn put(&self, made: Vec<DemoObject>) -> Option<(i64, String)> {
        let mut counts: BTreeMap<Of, u64> = BTreeMap::new();
        let mut landed = None;
        for object in made {
            let Some(of) = Of::key(&object.key) else { continue };
            let rows: u64 = read::days(of, &object.body, DayOffset::default()).values().sum();
            let at = object.modified.as_second();
            let mut kept = Object::new(object.body, object.modified, object.storage_class, ACCOUNT_ID);
            kept.kms_key = self
                .buckets
                .with(BUCKET, |bucket| bucket.kms_key.clone())
                .flatten();
            if self.buckets.put(BUCKET, &object.key, kept, true) == Stored::Yes {
                *counts.entry(of).or_default() += rows;
                landed.get_or_insert(at);
            }
        }
        let each = counts.iter().map(|(of, n)| match of {
            Of::Events => format!("{} events", grouped(*n)),
            Of::Metrics => format!("{} metric rows", grouped(*n)),
            Of::Signals => "a signal".to_owned(),
        });
        let what: Vec<String> = each.collect();
        landed.map(|at| (at, what.join(", ")))
    }

    fn as_it_stands(&self, state: &State, seen: &[Seen], now: i64) -> String {
        let loaded = state.ingestion.loaded();
        let with_data = || loaded.iter().filter(|(_, rows)| **rows > 0);
        let today = day_at(now).map_or(i64::MAX, PstDay::epoch_day);
        let data: BTreeSet<i64> = seen
            .iter()
            .filter(|object| object.of != Of::Signals)
            .flat_map(|object| object.days.keys().copied())
            .filter(|day| (today - OLDEST..today).contains(day) && !state.ingestion.has_loaded(*day))
            .collect();
        let so_far = match with_data().next_back() {
            Some((last, _)) => format!(
                "Ingested so far: {}, the last {}.",
                things(with_data().count(), "day"),
                name(*last)
            ),
            None => "Nothing is ingested so far.".to_owned(),
        };
        let waiting = match data.is_empty() {
            true => "No day that is over waits for a signal.".to_owned(),
            false => format!("Over, with data, and not signalled: {}.", in_ranges(&data)),
        };
        format!("{} now. {so_far} {waiting}", time(now))
    }
}

/// Statsig looks, at a full hour.
fn poll(state: &mut State, seen: &[Seen], at: i64, marked: Option<i64>) -> Poll {
    let oldest = day_at(at).map_or(i64::MIN, |day| day.epoch_day() - OLDEST);
    let mut rows: BTreeMap<i64, Rows> = BTreeMap::new();
    let mut finished = Vec::new();
    let mut poll = Poll::default();
    for object in seen.iter().filter(|object| object.landed <= at) {
        let place = match object.of {
            Of::Signals => {
                finished.extend(object.days.keys().copied());
                continue;
            }
            Of::Events => 0,
            Of::Metrics => 1,
        };
        let is_new = state.polled.is_none_or(|polled| object.landed > polled);
        for (day, count) in object.days.iter().filter(|(day, _)| **day >= oldest) {
            if let Some(cell) = rows.entry(*day).or_default().get_mut(place) {
                *cell += count;
            }
            if is_new && state.ingestion.has_loaded(*day) {
                *poll.late.entry(*day).or_default() += count;
            }
        }
    }
    let whole = rows.iter().map(|(day, rows)| (*day, rows.iter().sum())).collect();
    let hours = i64::from(DayOffset::default().hours());
    let loaded = state.ingestion.poll(&whole, &finished, marked, hours);
    poll.loaded = loaded
        .into_keys()
        .map(|day| (day, rows.get(&day).copied().unwrap_or_default()))
        .collect();
    poll.closed = state.ingestion.closed_up_to();
    state.polled = Some(at);
    poll
}

fn in_words(poll: &Poll, at: i64, seen: &[Seen]) -> Vec<String> {
    let today = day_at(at).map_or(i64::MAX, PstDay::epoch_day);
    let mut lines = Vec::new();
    let full = poll.days(|_, rows| rows != [0, 0]);
    if !full.is_empty() {
        let sum = |place: usize| -> u64 { poll.loaded.values().filter_map(|rows| rows.get(place)).sum() };
        lines.push(format!(
            "{}: Statsig polled and ingested {}: {} events, {} metric rows.",
            time(at),
            in_ranges(&full),
            grouped(sum(0)),
            grouped(sum(1))
        ));
    }
    lines.extend(cut_short(poll, today, seen));
    let empty = poll.days(|day, rows| day <= today && rows == [0, 0]);
    if !empty.is_empty() {
        lines.push(format!(
            "{}: closed without data: {}. What comes for {} later is not read.",
            time(at),
            in_ranges(&empty),
            if empty.len() == 1 { "it" } else { "them" }
        ));
    }
    let ahead = poll.days(|day, rows| day > today && rows == [0, 0]);
    if let (Some(first), Some(closed)) = (ahead.first(), poll.closed) {
        let count = usize::try_from(closed - first + 1).unwrap_or(0);
        let (had, them) = if count == 1 {
            ("it had", "it")
        } else {
            ("they had", "them")
        };
        lines.push(format!(
            "Lost: {} counted as loaded before {had} begun, up to {}. Nothing of {them} will be read.",
            things(count, "day"),
            name(closed)
        ));
    }
    lines.extend(poll.late.iter().map(|(day, rows)| {
        format!(
            "Lost: {} of {} came after that day was loaded. They are not read.",
            rows_in_words(*rows),
            name(*day)
        )
    }));
    lines
}

/// Days that were loaded with a part of their data.
fn cut_short(poll: &Poll, today: i64, seen: &[Seen]) -> Vec<String> {
    let mut lines = Vec::new();
    let early = poll.days(|day, rows| day == today && rows != [0, 0]);
    if !early.is_empty() {
        lines.push(format!(
            "Lost: {} was not over when it was loaded. The rest of its rows is not read.",
            in_ranges(&early)
        ));
    }
    let uses = |of: Of| {
        seen.iter()
            .any(|object| object.of == of && !object.days.is_empty())
    };
    if uses(Of::Events) && uses(Of::Metrics) {
        for (half, missing) in [
            (poll.days(|_, rows| rows[0] == 0 && rows[1] > 0), "events"),
            (poll.days(|_, rows| rows[0] > 0 && rows[1] == 0), "metrics"),
        ] {
            if !half.is_empty() {
                lines.push(format!(
                    "Lost: {} had no {missing} when loaded. What comes of them later is not read.",
                    in_ranges(&half)
                ));
            }
        }
    }
    lines
}

fn rows_in_words(rows: u64) -> String {
    match rows {
        1 => "1 row".to_owned(),
        n => format!("{} rows", grouped(n)),
    }
}

fn day_at(second: i64) -> Option<PstDay> {
    PstDay::of(Timestamp::from_second(second).ok()?, DayOffset::default())
}

fn name(day: i64) -> String {
    PstDay::from_epoch_day(day).map_or_else(|| day.to_string(), |day| day.to_string())
}

/// `Wed 24 Jun 03:05 PST`
fn time(second: i64) -> String {
    let offset = tz::Offset::from_hours(DayOffset::default().hours()).unwrap_or(tz::Offset::UTC);
    Timestamp::from_second(second).map_or_else(
        |_| second.to_string(),
        |at| offset.to_datetime(at).strftime("%a %-d %b %H:%M PST").to_string(),
    )
}

/// `2026-06-19, 2026-06-21 to 2026-06-23`
fn in_ranges(days: &BTreeSet<i64>) -> String {
    let mut ranges: Vec<(i64, i64)> = Vec::new();
    for day in days {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == *day => *last = *day,
            _ => ranges.push((*day, *day)),
        }
    }
    let each = ranges.into_iter().map(|(first, last)| match last - first {
        0 => name(first),
        1 => format!("{}, {}", name(first), name(last)),
        _ => format!("{} to {}", name(first), name(last)),
    });
    each.collect::<Vec<_>>().join(", ")
}

/// The first full hour at or after an instant.
const fn next_hour(second: i64) -> i64 {
    -(-second).div_euclid(HOUR) * HOUR
}

/// The full hours after `from`, up to and including `to`.
fn full_hours(from: i64, to: i64) -> impl Iterator<Item = i64> {
    let first = next_hour(from.saturating_add(1));
    (0..)
        .map(move |n| first.saturating_add(n * HOUR))
        .take_while(move |hour| *hour <= to)
}
