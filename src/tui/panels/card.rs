//! Help, questions, the hand-over card, confirmations.

use crate::{
    rule::Category,
    tui::{
        frame::Look,
        widgets::{Paragraph, span, text::pad, wrap},
    },
    wizard::{Can, Confirm, keys::KEYS, words},
};

/// Every key, from the table; those that can't act now dimmed, and why.
pub fn help(look: Look<'_>, out: &mut Paragraph) {
    const KEY: usize = 16;
    let theme = look.theme;
    // The panel itself must not make keys look dead that act once it is closed.
    let mut beneath = look.wizard.clone();
    beneath.overlay = None;
    for binding in KEYS {
        let can = beneath.can_any(binding);
        let (key, text) = match can {
            Can::Yes => (theme.key(), theme.text()),
            Can::No(_) => (theme.dim(), theme.dim()),
        };
        let words = match can {
            Can::Yes => binding.help.to_owned(),
            Can::No(why) => format!("{} Not now: {why}.", binding.help),
        };
        let shown = if binding.shown.len() > KEY {
            binding.short
        } else {
            binding.shown
        };
        let room = out.columns().saturating_sub(KEY + 1).max(10);
        for (i, line) in wrap(&words, room).into_iter().enumerate() {
            let label = if i == 0 { shown } else { "" };
            out.line(vec![
                span(pad(label, KEY), key),
                span(" ", theme.text()),
                span(line, text),
            ]);
        }
    }
    out.gap();
    out.text(
        "A field takes text only after Enter; elsewhere digits and q always act.",
        theme.dim(),
    );
}

/// The questions that only Statsig can answer.
pub fn questions(look: Look<'_>, out: &mut Paragraph) {
    let theme = look.theme;
    out.text("Nobody but Statsig can answer these. y copies them.", theme.dim());
    for (i, (question, why)) in look.wizard.questions().iter().enumerate() {
        out.gap();
        out.labelled(&format!("{}.", i + 1), theme.dim(), question, theme.strong());
        out.labelled("", theme.dim(), why, theme.text());
    }
}

/// What Statsig is told, but for the secret.
pub fn hand_over(look: Look<'_>, out: &mut Paragraph) {
    let theme = look.theme;
    out.text(
        "What to give Statsig. y copies the card; the secret is not in it.",
        theme.dim(),
    );
    out.gap();
    for (label, value) in look.wizard.hand_over() {
        const LABEL: usize = 14;
        let room = out.columns().saturating_sub(LABEL).max(8);
        for (i, line) in wrap(&value, room).into_iter().enumerate() {
            let label = if i == 0 { label } else { "" };
            out.line(vec![
                span(pad(label, LABEL), theme.dim()),
                span(line, theme.text()),
            ]);
        }
    }
}

/// A group of checks.
pub fn category(look: Look<'_>, category: Category, out: &mut Paragraph) {
    out.text(&look.wizard.tally_of(category).words(), look.theme.text());
}

/// A question before work.
pub fn confirm(look: Look<'_>, confirm: Confirm, out: &mut Paragraph) {
    let theme = look.theme;
    match confirm {
        Confirm::FullScan => {
            let datasets = || look.wizard.report.iter().flat_map(|r| r.datasets.values());
            let rows = datasets().map(|d| d.rows).fold(0, u64::saturating_add);
            let bytes = datasets().map(|d| d.bytes).fold(0, u64::saturating_add);
            out.text(
                &format!(
                    "A full scan reads all {} rows, from files of {} in all. It only reads. Esc cancels it and keeps \
                     the results that are there now.",
                    words::round_count(rows),
                    words::bytes(bytes)
                ),
                theme.text(),
            );
            out.gap();
            super::choice(look, "reads every row", "does not", out);
        }
        Confirm::Apply => super::grant::confirm_apply(look, out),
        Confirm::Undo => super::grant::confirm_undo(look, out),
        Confirm::Quit if look.wizard.is_signalling() => super::signal::leave(look, out),
        Confirm::Quit => super::grant::confirm_quit(look, out),
    }
}
