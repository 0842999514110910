//! Whether a signal may be sent: what it would do, held against what its operator says to accept.
//!
//! Two things are asked for. The last date given is repeated, which shows that it was meant; and each consequence is
//! accepted by its own word, which shows that it was read. Nothing is accepted in advance: a word for a consequence that
//! is not there is refused too, so that no script carries `empty` about for the day on which it matters.
//!
//! The guard is asked twice, for the preview and again right before sending, with the clock of that moment.

use super::what_if::{Accept, Consequence, WhatIf};
use crate::calendar::PstDay;

/// What an operator says: `--confirm` and `--accept`, or what was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Consent {
    /// The date repeated, as it was written.
    pub confirm: Option<String>,
    /// Words, as they were written.
    pub accept: Vec<String>,
}

impl Consent {
    /// What a person typed in one line: the date, then the words, apart by spaces or commas.
    pub fn typed(line: &str) -> Self {
        let mut parts = line
            .split([' ', ','])
            .filter(|part| !part.is_empty())
            .map(str::to_owned);
        Self {
            confirm: parts.next(),
            accept: parts.collect(),
        }
    }
}

/// What stands between a signal and its sending. The default is nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hurdles {
    /// The date is not repeated, or another one is.
    pub confirm: Option<Unconfirmed>,
    /// Consequences that no word accepts, in the order in which they are told.
    pub missing: Vec<Consequence>,
    /// Words that accept nothing here.
    pub wrong: Vec<Wrong>,
}

/// A confirmation that does not confirm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unconfirmed {
    /// The date that must be repeated.
    pub needed: PstDay,
    /// What was given instead, as it was written; `None` for nothing.
    pub given: Option<String>,
}

/// A word that accepts nothing here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// As it was written.
    pub word: String,
    /// The consequence that it stands for, which this signal has not; `None` for what is no such word.
    pub accept: Option<Accept>,
}

impl Hurdles {
    /// Whether nothing stands in the way.
    pub fn is_clear(&self) -> bool {
        self.confirm.is_none() && self.missing.is_empty() && self.wrong.is_empty()
    }

    /// Each hurdle in a sentence, with what would take it.
    pub fn in_words(&self) -> Vec<String> {
        let missing = self
            .missing
            .iter()
            .map(|missing| format!("`{}` is not accepted: {}", missing.accept.word(), missing.say));
        self.unconfirmed()
            .chain(missing)
            .chain(self.wrong_words())
            .collect()
    }

    /// All of it in one short sentence, for where the consequences stand beside it already.
    pub fn briefly(&self) -> String {
        let words: Vec<String> = self
            .missing
            .iter()
            .map(|missing| format!("`{}`", missing.accept.word()))
            .collect();
        let missing = match &words[..] {
            [] => None,
            [one] => Some(format!("{one} is not accepted")),
            [some @ .., last] => Some(format!("{} and {last} are not accepted", some.join(", "))),
        };
        let said: Vec<String> = self
            .unconfirmed()
            .chain(missing)
            .chain(self.wrong_words())
            .collect();
        said.join("; ")
    }

    fn unconfirmed(&self) -> impl Iterator<Item = String> {
        self.confirm.iter().map(|confirm| match &confirm.given {
            None => format!("{} is not confirmed: repeat the date", confirm.needed),
            Some(given) => format!(
                "the confirmation `{given}` is not {}, the last date given",
                confirm.needed
            ),
        })
    }

    fn wrong_words(&self) -> impl Iterator<Item = String> {
        self.wrong.iter().map(|wrong| match wrong.accept {
            Some(_) => format!(
                "`{}` accepts what this signal would not do: leave it out",
                wrong.word
            ),
            None => format!("`{}` is no word for a consequence", wrong.word),
        })
    }
}

/// Whether a signal may be sent. `last_given` is the last of the dates, in the order in which they were given.
///
/// A signal that changes nothing (all its days were closed before) needs no word; of one that names days that were
/// closed before, a superfluous word is no mistake: the same command, run again after it broke off, must go on.
pub fn hurdles(what: &WhatIf, last_given: PstDay, consent: &Consent) -> Hurdles {
    let confirmed = |given: &String| *given == last_given.to_string();
    let has = |accept: Accept| what.consequences.iter().any(|found| found.accept == accept);
    let accepted = |accept: Accept| consent.accept.iter().any(|word| word == accept.word());
    Hurdles {
        confirm: match &consent.confirm {
            Some(given) if confirmed(given) => None,
            given => Some(Unconfirmed {
                needed: last_given,
                given: given.clone(),
            }),
        },
        missing: what
            .consequences
            .iter()
            .filter(|found| !accepted(found.accept))
            .cloned()
            .collect(),
        wrong: consent
            .accept
            .iter()
            .map(|word| Wrong {
                word: word.clone(),
                accept: Accept::parse(word),
            })
            .filter(|wrong| match wrong.accept {
                Some(accept) => !has(accept) && what.already.is_empty(),
                None => true,
            })
            .collect(),
    }
}

/// What must be typed to send a signal: the last date given, then a word for each consequence. `2026-06-24 future empty`
pub fn phrase(what: &WhatIf, last_given: PstDay) -> String {
    let words = what.consequences.iter().map(|found| found.accept.word());
    std::iter::once(last_given.to_string())
        .chain(words.map(str::to_owned))
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;
