//! What may be sent, and what is to be typed for it: pure, from what a signal would do.

use crate::{
    calendar::PstDay,
    contract::{
        SignalVia,
        days::what_if::{Accept, WhatIf},
    },
    wizard::state::Wizard,
};

/// What a signal comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Weighed {
    /// Nothing is to be told: all its days are closed.
    Nothing,
    /// What the bucket holds could not all be seen: what it would do is not known, so it is not sent.
    Unknown(String),
    /// It may be sent once this is typed.
    Type(String),
}

impl Weighed {
    /// Weighs what a signal would do.
    pub fn of(what_if: &WhatIf) -> Self {
        let Some(last) = last_named(what_if) else {
            return Self::Nothing;
        };
        if let Some(why) = &what_if.unknown {
            return Self::Unknown(why.clone());
        }
        let mut phrase = String::new();
        for accept in accepted(what_if) {
            phrase.push_str(accept.word());
            phrase.push(' ');
        }
        phrase.push_str(&last.to_string());
        Self::Type(phrase)
    }
}

/// The days that a signal would name and that are open, oldest first.
pub fn named(what_if: &WhatIf) -> Vec<PstDay> {
    what_if
        .days
        .iter()
        .filter(|day| day.named)
        .map(|day| day.day)
        .collect()
}

/// The days that it closes without naming them.
pub fn inferred(what_if: &WhatIf) -> Vec<PstDay> {
    what_if
        .days
        .iter()
        .filter(|day| !day.named)
        .map(|day| day.day)
        .collect()
}

/// The consequences that its confirmation accepts, in their order.
pub fn accepted(what_if: &WhatIf) -> Vec<Accept> {
    what_if.consequences.iter().map(|found| found.accept).collect()
}

fn last_named(what_if: &WhatIf) -> Option<PstDay> {
    what_if
        .days
        .iter()
        .rev()
        .find(|day| day.named)
        .map(|day| day.day)
}

impl Wizard {
    /// The end of the command that sends the panel's signal: its days, its way, and what its confirmation repeats.
    pub(in crate::wizard) fn signal_words(&self) -> String {
        let Some(sheet) = &self.signal.sheet else {
            return String::new();
        };
        let days = named(&sheet.shown);
        let mut words: String = days.iter().map(|day| format!(" {day}")).collect();
        match self.signal_via() {
            Some(SignalVia::Files) => words.push_str(" --via files"),
            Some(SignalVia::Api) => words.push_str(" --via api"),
            None => {}
        }
        if let Some(last) = days.last() {
            words.push_str(&format!(" --confirm {last}"));
        }
        let accepted: Vec<&str> = accepted(&sheet.shown).into_iter().map(Accept::word).collect();
        if !accepted.is_empty() {
            words.push_str(&format!(" --accept {}", accepted.join(",")));
        }
        words
    }

    /// What the panel's signal would do, as lines to paste into a chat.
    pub(in crate::wizard) fn signal_text(&self) -> Option<String> {
        let sheet = self.signal.sheet.as_ref()?;
        let mut lines: Vec<String> = sheet
            .shown
            .days
            .iter()
            .map(|day| {
                let named = if day.named { "named" } else { "inferred" };
                let rows = day.rows.map_or_else(|| "no data".to_owned(), |n| format!("{n} rows"));
                format!("{} {named}, {rows}", day.day)
            })
            .collect();
        let found = sheet.shown.consequences.iter();
        lines.extend(found.map(|found| format!("{}: {}", found.accept.word(), found.say)));
        (!lines.is_empty()).then(|| lines.join("\n"))
    }
}
