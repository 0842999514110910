//! X801 to X803: the ids of metrics beside the ids of events. They count rows of metrics.
//!
//! X801 finds an id type of which 100 or more distinct unit ids were looked at and none is among the events' ids of that
//! type. X802 is careful: it speaks only where at least 20 ids of either side were looked at and none is on both, and
//! then of lengths that don't meet, of a kind of character that all ids of one side have and none of the other, or of a
//! beginning (up to a sign, or of three letters or more) that all of one side share and none of the other has. X803 is about types other than `user_id` and
//! `stable_id`, whose misspellings M603 tells.

use hashbrown::HashSet;

use super::rows::ids::{IdBook, OfType, Shape};
use super::rows::scope::Standing;
use super::rows::table::RowRule;
use super::rows::verdicts::folded;
use super::rows::{Scope, Tally};
use crate::rule::{Code, Judged, MAX_SAMPLES, Outcome, Sample, Subject, grouped};

const X801: Code = Code::new("X801");
const X802: Code = Code::new("X802");
const X803: Code = Code::new("X803");

/// So many unit ids without a single event prove something.
const ENOUGH_IDS: usize = 100;
/// So many ids of either side show what ids look like.
const ENOUGH_SHAPES: usize = 20;

/// The outcomes of X801, X802 and X803, whose subject is `metrics/`. A dataset that is not in use is `None`.
pub fn outcomes(events: Option<(&Tally, &Scope)>, metrics: Option<(&Tally, &Scope)>) -> Vec<Outcome> {
    let ids = judged_on(events, metrics, &[RowRule::E540], &[RowRule::M601, RowRule::M602]);
    let types = judged_on(events, metrics, &[RowRule::E540], &[RowRule::M602]);
    vec![
        outcome(X801, &ids, disjoint),
        outcome(X802, &ids, shapes_differ),
        outcome(X803, &types, without_ids),
    ]
}

/// The two sides, and how the rules stand.
enum Sides<'a> {
    Judged {
        events: &'a IdBook,
        metrics: &'a IdBook,
        checked: u64,
        of: u64,
        /// Why finding nothing would prove nothing.
        partial: Option<String>,
    },
    Standing(Standing),
}

fn judged_on<'a>(
    events: Option<(&'a Tally, &'a Scope)>,
    metrics: Option<(&'a Tally, &'a Scope)>,
    event_rules: &[RowRule],
    metric_rules: &[RowRule],
) -> Sides<'a> {
    let absent = |folder: &str| {
        Sides::Standing(Standing::Skipped(
            Code::new("L301"),
            format!("{folder} holds no object"),
        ))
    };
    let Some((metrics, metrics_scope)) = metrics else {
        return absent("metrics/");
    };
    let Some((events, events_scope)) = events else {
        return absent("events/");
    };
    let mut partial = None;
    let mut judged = (u64::MAX, u64::MAX);
    let sides = [
        (metrics, metrics_scope, metric_rules),
        (events, events_scope, event_rules),
    ];
    for (tally, scope, rules) in sides {
        for &rule in rules {
            let checked = tally.checked(rule);
            match scope.standing(rule, checked) {
                Standing::Judged { checked, of, unread } => {
                    if rules == metric_rules {
                        judged = judged.min((checked, of));
                    }
                    let folder = scope.dataset().folder();
                    if unread.is_some() {
                        partial = unread;
                    } else if checked < of {
                        partial = partial.or(Some(format!(
                            "only {} of {} rows of {folder} were read",
                            grouped(checked),
                            grouped(of)
                        )));
                    } else if scope.leaves_files_out(rule) {
                        partial = partial.or(Some(format!("some files of {folder} can't be judged")));
                    }
                }
                standing => return Sides::Standing(standing),
            }
        }
    }
    match (events.ids(), metrics.ids()) {
        (Some(events), Some(metrics)) => Sides::Judged {
            events,
            metrics,
            checked: judged.0,
            of: judged.1,
            partial,
        },
        _ => Sides::Standing(Standing::Unknown("there are no ids to compare".to_owned())),
    }
}

/// What a rule found: rows of metrics, in words, and some to show.
#[derive(Default)]
struct Finding {
    rows: u64,
    told: Vec<String>,
    samples: Vec<Sample>,
}

impl Finding {
    fn add(&mut self, rows: u64, told: String, samples: Vec<Sample>) {
        self.rows += rows;
        self.told.push(told);
        self.samples.extend(samples);
        self.samples.truncate(MAX_SAMPLES);
    }
}

fn outcome(code: Code, sides: &Sides<'_>, find: fn(&IdBook, &IdBook) -> Finding) -> Outcome {
    let subject = Subject::Metrics;
    match sides {
        Sides::Standing(Standing::Skipped(by, cause)) => Outcome::skipped(code, subject, *by, cause.clone()),
        Sides::Standing(Standing::Unknown(cause)) => Outcome::unknown(code, subject, cause.clone()),
        Sides::Standing(Standing::Judged { .. }) => {
            Outcome::unknown(code, subject, "there are no ids to compare")
        }
        Sides::Judged {
            events,
            metrics,
            checked,
            of,
            partial,
        } => {
            let found = find(events, metrics);
            match partial {
                Some(partial) if found.rows == 0 => Outcome::unknown(code, subject, partial.clone()),
                _ => Outcome::judged(
                    code,
                    subject,
                    Judged {
                        count: found.rows,
                        checked: *checked,
                        of: *of,
                        samples: found.samples,
                        cause: (!found.told.is_empty()).then(|| match partial {
                            Some(partial) => format!("{}; {partial}", found.told.join("; ")),
                            None => found.told.join("; "),
                        }),
                        ..Judged::default()
                    },
                ),
            }
        }
    }
}

/// Each known id type with rows of metrics: its name, the ids of both sides, and how many sampled unit ids are among the
/// events'.
fn compared<'a>(
    events: &'a IdBook,
    metrics: &'a IdBook,
) -> impl Iterator<Item = (&'a str, &'a OfType, &'a OfType, usize)> {
    metrics
        .known()
        .enumerate()
        .filter(|(_, (_, ids))| ids.rows > 0)
        .filter_map(|(place, (name, ids))| {
            let logged = events.of_type(place)?;
            let wanted: HashSet<u64> = ids.sampled.iter().map(|(hash, _)| hash).collect();
            Some((name, logged, ids, logged.holds(&wanted).len()))
        })
}

fn disjoint(events: &IdBook, metrics: &IdBook) -> Finding {
    let mut finding = Finding::default();
    for (name, logged, ids, common) in compared(events, metrics) {
        let looked_at = ids.sampled.len();
        if common > 0 || looked_at < ENOUGH_IDS {
            continue;
        }
        let told = if logged.rows == 0 {
            format!("`{name}`: {looked_at} unit ids, and no event has an id of that type")
        } else {
            format!("`{name}`: none of {looked_at} unit ids is among the ids of the events read")
        };
        finding.add(ids.rows, told, ids.samples());
    }
    finding
}

fn shapes_differ(events: &IdBook, metrics: &IdBook) -> Finding {
    let mut finding = Finding::default();
    for (name, logged, ids, common) in compared(events, metrics) {
        if common > 0 {
            continue;
        }
        let (Some(of_events), Some(of_metrics)) = (Look::of(logged), Look::of(ids)) else {
            continue;
        };
        if let Some(difference) = of_metrics.differs_from(&of_events) {
            finding.add(ids.rows, format!("`{name}`: {difference}"), ids.samples());
        }
    }
    finding
}

fn without_ids(events: &IdBook, metrics: &IdBook) -> Finding {
    let mut finding = Finding::default();
    let told = |name: &str, rows: u64| format!("`{name}`, in {rows} rows");
    for ((name, ids), (_, logged)) in metrics.known().zip(events.known()) {
        if !is_standard(name) && ids.rows > 0 && logged.rows == 0 {
            finding.add(ids.rows, told(name, ids.rows), ids.samples());
        }
    }
    let mut others: Vec<_> = metrics
        .others()
        .filter(|other| !is_standard(&other.name) && !events.may_hold_other(&other.name))
        .collect();
    others.sort_by(|a, b| b.rows.cmp(&a.rows).then_with(|| a.name.cmp(&b.name)));
    for (rank, other) in others.into_iter().enumerate() {
        if rank < MAX_SAMPLES {
            finding.add(other.rows, told(&other.name, other.rows), other.samples());
        } else {
            finding.rows += other.rows;
        }
    }
    finding
}

/// `user_id`, `stable_id` and what is meant by them.
fn is_standard(name: &str) -> bool {
    matches!(folded(name).as_str(), "userid" | "stableid")
}

/// How much of a common beginning tells something: up to its last sign (`web-`), else three letters or more (`app`).
/// Ids that count up, or begin with a time, share digits and letters that mean nothing.
fn telling(prefix: &[u8]) -> usize {
    if let Some(sign) = prefix.iter().rposition(u8::is_ascii_punctuation) {
        return sign + 1;
    }
    let letters = prefix.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    if letters >= 3 { letters } else { 0 }
}

/// What the ids of one side look like.
struct Look {
    shortest: u32,
    longest: u32,
    /// Kinds of characters that all ids have, and that any has.
    all: u8,
    any: u8,
    /// What all begin with.
    prefix: Vec<u8>,
    prefixes: Vec<[u8; 8]>,
}

impl Look {
    fn of(ids: &OfType) -> Option<Self> {
        let shapes: Vec<Shape> = ids.sampled.iter().map(|(_, shape)| *shape).collect();
        let first = *shapes.first().filter(|_| shapes.len() >= ENOUGH_SHAPES)?;
        let mut prefix: Vec<u8> = first.prefix.iter().copied().take_while(|b| *b != 0).collect();
        for shape in &shapes {
            let common = prefix
                .iter()
                .zip(&shape.prefix)
                .take_while(|(a, b)| a == b)
                .count();
            prefix.truncate(common);
        }
        prefix.truncate(telling(&prefix));
        Some(Self {
            shortest: shapes.iter().map(|s| s.length).min()?,
            longest: shapes.iter().map(|s| s.length).max()?,
            all: shapes.iter().fold(u8::MAX, |all, s| all & s.kinds),
            any: shapes.iter().fold(0, |any, s| any | s.kinds),
            prefix,
            prefixes: shapes.iter().map(|s| s.prefix).collect(),
        })
    }

    /// In what the ids of metrics differ from those of events.
    fn differs_from(&self, events: &Self) -> Option<String> {
        if self.longest < events.shortest || events.longest < self.shortest {
            return Some(format!(
                "{} in metrics, {} in events",
                self.lengths(),
                events.lengths()
            ));
        }
        for (kind, name) in Shape::KINDS.iter().enumerate() {
            let bit = 1 << kind;
            if self.all & bit != 0 && events.any & bit == 0 {
                return Some(format!("all have {name} in metrics, none in events"));
            }
            if events.all & bit != 0 && self.any & bit == 0 {
                return Some(format!("all have {name} in events, none in metrics"));
            }
        }
        if self.begins_apart(events) {
            return Some(format!(
                "all begin with {} in metrics, none in events",
                self.spelled()
            ));
        }
        if events.begins_apart(self) {
            return Some(format!(
                "all begin with {} in events, none in metrics",
                events.spelled()
            ));
        }
        None
    }

    fn lengths(&self) -> String {
        if self.shortest == self.longest {
            format!("{} characters", self.longest)
        } else {
            format!("{} to {} characters", self.shortest, self.longest)
        }
    }

    /// Whether all ids share a telling beginning that no id of the other side has.
    fn begins_apart(&self, other: &Self) -> bool {
        !self.prefix.is_empty() && !other.prefixes.iter().any(|p| p.starts_with(&self.prefix))
    }

    fn spelled(&self) -> String {
        format!("`{}`", String::from_utf8_lossy(&self.prefix))
    }
}
