//! The practice account: what can be tried on it, what came of it, and what other tools need to use it.

use crate::{
    tui::{
        frame::Look,
        panels::check::problem,
        widgets::{Paragraph, span, text::pad, width, wrap},
    },
    wizard::{
        Mark,
        practice::{MASK, PracticeFacts, PracticeRow},
    },
};

/// The columns of the labels, at the least.
const LABEL: usize = 10;

/// As many columns as the longest name takes.
fn label_columns(facts: &PracticeFacts) -> usize {
    let names = facts.keys.iter().map(|(name, _, _)| width(name) + 2);
    names.max().unwrap_or(0).clamp(LABEL, 36)
}

/// The panel.
pub fn panel(look: Look<'_>, out: &mut Paragraph) {
    let theme = look.theme;
    let practice = &look.wizard.practice;
    let here = look.wizard.practice_row();
    let mut heading = None;
    for row in look.wizard.practice_rows() {
        let section = match row {
            PracticeRow::Check => "Since the last check",
            PracticeRow::Edit(edit) if edit.is_clock() => "Its clock",
            PracticeRow::Edit(_) => "Things to try: Enter does it, over the account's own HTTP API",
            _ => "For the AWS CLI and other tools: y copies, v shows the secrets",
        };
        if heading != Some(section) {
            if heading.is_some() {
                out.gap();
            }
            out.line(vec![span(section, theme.heading())]);
            heading = Some(section);
        }
        self::row(look, row, here == Some(row), out);
    }
    if practice.facts.is_none() {
        out.gap();
        out.text("… Asking the account for its endpoint and keys.", theme.dim());
    }
}

fn row(look: Look<'_>, row: PracticeRow, here: bool, out: &mut Paragraph) {
    let theme = look.theme;
    let practice = &look.wizard.practice;
    let off = lacks_reader(look, row);
    let style = match (here, off) {
        (true, _) => theme.cursor(),
        (false, true) => theme.dim(),
        (false, false) => theme.text(),
    };
    let columns = out.columns();
    let hanging = |at: usize, text: String, out: &mut Paragraph| {
        let sign = if here && at == 0 { "› " } else { "  " };
        out.line(vec![span(pad(&format!("{sign}{text}"), columns), style)]);
    };
    let mut line = |text: String| hanging(0, text, out);
    let label = practice.facts.as_deref().map_or(LABEL, label_columns);
    match (row, &practice.facts) {
        (PracticeRow::Check, _) => line("check access again, now that something has changed".into()),
        (PracticeRow::Edit(edit), _) => {
            let busy = practice.busy == Some(edit);
            let state = match (busy, off) {
                (true, _) => "  … under way",
                (false, true) => "  (there is no reader yet)",
                (false, false) => "",
            };
            line(format!("{}{state}", edit.words()));
        }
        (PracticeRow::Endpoint, Some(facts)) => {
            line(format!("{}{}", pad("endpoint", label), facts.endpoint));
            out.line(vec![
                span(format!("  {}", pad("region", label)), theme.dim()),
                span(facts.region.clone(), theme.text()),
            ]);
        }
        (PracticeRow::Command, Some(facts)) => {
            // `y` copies it in one piece.
            let command = shown(look, facts, &facts.command);
            for (i, part) in wrap(&command, columns.saturating_sub(label + 2))
                .iter()
                .enumerate()
            {
                let name = if i == 0 { "AWS CLI" } else { "" };
                hanging(i, format!("{}{part}", pad(name, label)), out);
            }
        }
        (PracticeRow::Key(index), Some(facts)) => {
            if let Some((name, id, secret)) = facts.keys.get(index) {
                let head = format!("{}{id}", pad(name, label));
                let secret = shown(look, facts, secret);
                // A secret that is shown is shown whole, on a line of its own where it must be.
                if 2 + width(&head) + 2 + width(&secret) <= columns {
                    hanging(0, format!("{head}  {secret}"), out);
                } else {
                    hanging(0, head, out);
                    hanging(1, format!("{}{secret}", pad("", label)), out);
                }
            }
        }
        (_, None) => {}
    }
    if here {
        let at = out.lines.len();
        out.focus = Some(at.saturating_sub(1));
    }
    if let PracticeRow::Edit(edit) = row
        && let Some(answer) = practice.answer.as_ref().filter(|a| a.edit == edit)
    {
        match &answer.said {
            Ok(said) => {
                for (i, text) in said.iter().enumerate() {
                    let label = match i {
                        0 => format!("  {} done", Mark::Pass.glyph()),
                        _ => String::new(),
                    };
                    out.labelled(&label, theme.mark(Mark::Pass), text, theme.text());
                }
            }
            Err(found) => problem(look, found, out),
        }
    }
}

/// Whether an edit has nobody to edit.
fn lacks_reader(look: Look<'_>, row: PracticeRow) -> bool {
    let PracticeRow::Edit(edit) = row else {
        return false;
    };
    let facts = look.wizard.practice.facts.as_ref();
    edit.needs_reader() && facts.is_some_and(|f| !f.keys.iter().any(|(name, _, _)| name == "reader"))
}

/// A text with its secrets, or with what stands for them.
fn shown(look: Look<'_>, facts: &PracticeFacts, text: &str) -> String {
    match look.wizard.is_revealed() {
        true => text.to_owned(),
        false if facts.keys.iter().any(|(_, _, secret)| secret == text) => MASK.to_owned(),
        false => facts.masked(text),
    }
}
