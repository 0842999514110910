//! What may be sent, and what is to be typed for it: the same guard as the command's, on what the panel shows.

use crate::{
    calendar::PstDay,
    contract::{
        SignalVia,
        days::{
            form::{Form, form},
            guard::{self, Consent, Hurdles},
            what_if::{Accept, WhatIf},
        },
    },
    rule::Dataset,
    wizard::state::Wizard,
};

/// What must be typed to send a signal: its last date, then a word for each consequence. `None` where there is nothing to
/// send: all its days are closed.
pub fn phrase(what_if: &WhatIf) -> Option<String> {
    Some(guard::phrase(what_if, last_named(what_if)?))
}

/// What stands between what was typed and the sending; `None` where there is nothing to send.
pub fn hurdles(what_if: &WhatIf, typed: &str) -> Option<Hurdles> {
    Some(guard::hurdles(
        what_if,
        last_named(what_if)?,
        &Consent::typed(typed),
    ))
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
    what_if.days.iter().rev().find(|day| day.named).map(|day| day.day)
}

impl Wizard {
    /// The type in which finished dates would be written: that of the signals which are there.
    ///
    /// # Errors
    /// A sentence: they have a type of which no date can be written.
    pub fn finished_form(&self) -> Result<Form, String> {
        let datasets = self.report.as_ref().map(|report| &report.datasets);
        let signals = datasets.and_then(|datasets| datasets.get(&Dataset::Signals));
        form(
            signals.map_or(&[], |signals| signals.schema_groups.as_slice()),
            None,
        )
    }

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
                let rows = day
                    .rows
                    .map_or_else(|| "no data".to_owned(), |n| format!("{n} rows"));
                format!("{} {named}, {rows}", day.day)
            })
            .collect();
        let found = sheet.shown.consequences.iter();
        lines.extend(found.map(|found| format!("{}: {}", found.accept.word(), found.say)));
        (!lines.is_empty()).then(|| lines.join("\n"))
    }
}
