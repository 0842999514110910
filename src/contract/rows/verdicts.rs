//! The outcomes of a dataset's row rules, and what a finding is told with.

use super::ids::IdBook;
use super::samples::Samples;
use super::scope::{Scope, Standing};
use super::table::RowRule;
use super::tally::{Judge, Tally};
use crate::calendar::PstDay;
use crate::rule::{Judged, Outcome, Sample, grouped};

/// What came of counting, before it is laid beside the scope.
struct Count {
    count: u64,
    samples: Vec<Sample>,
    cause: Option<String>,
}

impl Tally {
    /// The outcome of every row rule of the dataset, in the catalogue's order. Sets are counted here, on all cores.
    pub fn outcomes(&mut self, scope: &Scope) -> Vec<Outcome> {
        RowRule::of(self.dataset)
            .map(|rule| self.outcome(rule, scope))
            .collect()
    }

    fn outcome(&mut self, rule: RowRule, scope: &Scope) -> Outcome {
        let (code, subject) = (rule.code(), self.dataset.subject());
        let (checked, of, unread) = match scope.standing(rule, self.checked(rule)) {
            Standing::Skipped(by, cause) => return Outcome::skipped(code, subject, by, cause),
            Standing::Unknown(cause) => return Outcome::unknown(code, subject, cause),
            Standing::Judged { checked, of, unread } => (checked, of, unread),
        };
        if rule == RowRule::M631 {
            return self.staleness(checked < of, unread);
        }
        let found = match rule {
            RowRule::E552 | RowRule::M630 => self.repeated(),
            RowRule::M623 => self.mixed(),
            _ => Count {
                count: self.ledger.count(rule),
                samples: self.ledger.samples(rule),
                cause: self.cause(rule),
            },
        };
        if found.count == 0 {
            if let Some(unread) = unread {
                return Outcome::unknown(code, subject, unread);
            }
            if rule.over_a_set() && checked < of {
                let cause = format!(
                    "none among the {} rows read; the other rows may hold some",
                    grouped(checked)
                );
                return Outcome::unknown(code, subject, cause);
            }
        }
        Outcome::judged(
            code,
            subject,
            Judged {
                count: found.count,
                checked,
                of,
                samples: found.samples,
                cause: found.cause.filter(|_| found.count > 0),
                ..Judged::default()
            },
        )
    }

    /// E552 and M630.
    fn repeated(&mut self) -> Count {
        let (count, samples) = self.repeats();
        Count {
            count,
            samples: samples.chosen(),
            cause: None,
        }
    }

    /// M623.
    fn mixed(&mut self) -> Count {
        let Judge::Metrics(metrics) = self.judge_mut() else {
            return Count {
                count: 0,
                samples: Vec::new(),
                cause: None,
            };
        };
        let mut mixed: Vec<_> = metrics.book.mixed().collect();
        mixed.sort_unstable_by_key(|metric| metric.first_row);
        let mut samples = Samples::default();
        for metric in &mixed {
            if let Some((key, row)) = self.placed(metric.first_row) {
                samples.offer(key, row, RowRule::M623.shows(), || metric.name.clone());
            }
        }
        let metrics = mixed.len();
        Count {
            count: mixed.iter().map(|metric| metric.rows).sum(),
            samples: samples.chosen(),
            cause: Some(match metrics {
                1 => "one metric has both ratio rows and rows with only a value".to_owned(),
                _ => format!("{metrics} metrics have both ratio rows and rows with only a value"),
            }),
        }
    }

    /// M631, which counts metrics. On some of the rows nothing can be said: the others may hold newer ones.
    fn staleness(&mut self, partial: bool, unread: Option<String>) -> Outcome {
        let (code, subject) = (RowRule::M631.code(), self.dataset.subject());
        if let Some(unread) = unread {
            return Outcome::unknown(code, subject, unread);
        }
        if partial {
            let cause = "not all rows were read; the other rows may hold newer ones of any metric";
            return Outcome::unknown(code, subject, cause);
        }
        let Judge::Metrics(metrics) = self.judge_mut() else {
            return Outcome::unknown(code, subject, "there are no metrics");
        };
        let found = metrics.book.staleness();
        let last_day = found.last_day.and_then(PstDay::from_epoch_day);
        if found.metrics == 0 {
            return Outcome::unknown(code, subject, "no row names a metric");
        }
        let Some(last_day) = last_day else {
            return Outcome::unknown(code, subject, "no row has a readable date up to today");
        };
        let samples = found.names.into_iter().map(|name| Sample {
            column: RowRule::M631.shows().map(|column| column.name().to_owned()),
            value: Some(name.into_string()),
            ..Sample::default()
        });
        let cause = format!("the last day of data is {last_day}");
        Outcome::judged(
            code,
            subject,
            Judged {
                count: found.stale,
                checked: found.metrics,
                of: found.metrics,
                samples: samples.collect(),
                cause: (found.stale > 0).then_some(cause),
                ..Judged::default()
            },
        )
    }

    fn cause(&self, rule: RowRule) -> Option<String> {
        match rule {
            RowRule::E505 => {
                let rows = self.ledger.days.folder_rows;
                let by_utc = rows.outside > 0 && rows.utc.saturating_mul(20) >= rows.rows.saturating_mul(19);
                by_utc.then(|| {
                    format!(
                        "the folders are named by UTC date: {} of {} rows lie in the folder of their UTC date, and so the \
                         evening of each PST day lies in the next day's folder",
                        rows.utc, rows.rows
                    )
                })
            }
            RowRule::M603 => self.ids().and_then(unknown_types),
            _ => None,
        }
    }
}

/// The id types that are not known, the most frequent first, and what they come near to.
fn unknown_types(ids: &IdBook) -> Option<String> {
    let mut others: Vec<_> = ids.others().collect();
    others.sort_by(|a, b| b.rows.cmp(&a.rows).then_with(|| a.name.cmp(&b.name)));
    let known: Vec<_> = ids.types().names().iter().map(|name| &**name).collect();
    let told: Vec<_> = others
        .iter()
        .take(3)
        .map(|other| {
            let near = known.iter().find(|name| folded(name) == folded(&other.name));
            let near = near.map(|name| format!(", which is close to `{name}`"));
            format!(
                "`{}` in {} rows{}",
                other.name,
                other.rows,
                near.unwrap_or_default()
            )
        })
        .collect();
    let more = match others.len().saturating_sub(told.len()) {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    let spelling = others
        .iter()
        .any(|other| matches!(&*other.name, "userID" | "stableID"));
    let spelling = if spelling {
        "; `userID` and `stableID` are the user object's spelling, `user_id` and `stable_id` the metrics'"
    } else {
        ""
    };
    (!told.is_empty()).then(|| format!("{}{more}{spelling}", told.join(", ")))
}

/// A name without case and separators.
pub(in crate::contract) fn folded(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}
