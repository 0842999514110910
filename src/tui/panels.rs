//! What opens over a screen, and the detail beside it: the same words in both.
//!
//! ```text
//! ┌ E511 event-name-too-long ───────────────────────┐
//! │ ✗ fail    Event name of 128 characters or more  │
//! │ …                                               │
//! └──────────────────────────────────── 1-18 of 30 ─┘
//! ```
//!
//! - [`check`]: a check with its samples, a rule explained, a problem
//! - [`place`]: folders, columns, groups of files
//! - [`day`]: a day; [`what_if`]: what signalling the chosen days would do; [`signal`]: signalling them
//! - [`card`]: help, questions, the hand-over card, confirmations
//! - [`grant`]: changes, concerns, the printed plan, what an undo takes back
//! - [`access`]: explanations, policies, who must act
//! - [`practice`]: the practice account

pub mod access;
pub mod card;
pub mod check;
pub mod day;
pub mod grant;
pub mod place;
pub mod practice;
pub mod signal;
pub mod what_if;

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::Line,
    widgets::{Block, Clear, Widget},
};

pub use check::{problem, short_cause_and_fix};

use super::{
    frame::Look,
    widgets::{Paragraph, fit, span},
};
use crate::wizard::{Confirm, Overlay, rows::Item};

/// What drawing a panel found out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Panel {
    /// How many of its lines do not fit.
    pub hidden: u16,
    /// Where the text cursor stands, in a field.
    pub text_cursor: Option<Position>,
}

/// Draws a panel over `area`, the last line of which is the status line.
pub fn render(look: Look<'_>, overlay: &Overlay, area: Rect, buf: &mut Buffer) -> Panel {
    let outer = area.width.saturating_sub(4).min(100);
    let mut text = Paragraph::new(usize::from(outer.saturating_sub(4)));
    let title = contents(look, overlay, &mut text);
    let all = u16::try_from(text.lines.len()).unwrap_or(u16::MAX);
    // What a key came to, and that the checks are out of date, is told on the last line, which is left free then; nothing
    // moves where it was free before.
    let spare = u16::from(look.wizard.notice.is_some() || look.wizard.is_outdated());
    let most = area.height.saturating_sub(spare);
    let height = all.saturating_add(2).min(most);
    let place = Rect {
        x: area.x + (area.width - outer) / 2,
        y: area.y + ((area.height - height) / 2).min(most - height),
        width: outer,
        height,
    };
    let inner_height = height.saturating_sub(2);
    let hidden = all.saturating_sub(inner_height);
    let first = match text.focus.or(text.caret.map(|(line, _)| line)) {
        Some(line) => u16::try_from(line)
            .unwrap_or(u16::MAX)
            .saturating_sub(inner_height / 2)
            .min(hidden),
        None => look.wizard.scroll.min(hidden),
    };
    let room = usize::from(outer.saturating_sub(6));
    let mut block = Block::bordered()
        .border_style(look.theme.line())
        .title(Line::from(span(
            format!(" {} ", fit(&title, room)),
            look.theme.strong(),
        )));
    if hidden > 0 {
        let position = format!(
            " {}-{} of {all} lines ",
            first + 1,
            (first + inner_height).min(all)
        );
        block = block.title_bottom(Line::from(span(position, look.theme.dim())).right_aligned());
    }
    Clear.render(place, buf);
    block.render(place, buf);
    let inner = Rect {
        x: place.x + 2,
        y: place.y + 1,
        width: outer.saturating_sub(4),
        height: inner_height,
    };
    text.lines.drain(..usize::from(first).min(text.lines.len()));
    (&text).render(inner, buf);
    let text_cursor = text.caret.and_then(|(line, column)| {
        let row = line.checked_sub(usize::from(first))?;
        let place = Position::new(
            inner.x.saturating_add(u16::try_from(column).ok()?),
            inner.y.saturating_add(u16::try_from(row).ok()?),
        );
        inner.contains(place).then_some(place)
    });
    Panel { hidden, text_cursor }
}

fn contents(look: Look<'_>, overlay: &Overlay, out: &mut Paragraph) -> String {
    match overlay {
        Overlay::Help => {
            card::help(look, out);
            "Keys".into()
        }
        Overlay::Explain(code) => {
            check::explain(look, *code, out);
            format!("What {code} means")
        }
        Overlay::Check { code, subject } => match look.wizard.check(*code, subject) {
            Some(found) => {
                check::check(look, found, out);
                format!("{code} {} in {subject}", found.slug)
            }
            None => {
                out.text("This check is being made again.", look.theme.text());
                code.to_string()
            }
        },
        Overlay::Folder { dataset, name } => {
            place::folder(look, *dataset, name, out);
            format!("{}{name}", dataset.folder())
        }
        Overlay::Column { dataset, name } => {
            place::column(look, *dataset, name, out);
            format!("column {name} of {}", dataset.folder())
        }
        Overlay::Group { dataset, index } => {
            place::group(look, *dataset, *index, out);
            format!("files of {} with the same columns", dataset.folder())
        }
        Overlay::Day(day) => {
            day::day(look, *day, out);
            out.gap();
            what_if::what_if(look, out);
            day.to_string()
        }
        Overlay::Signal => signal::signal(look, out),
        Overlay::Problem(found) => {
            problem(look, found, out);
            "What went wrong".into()
        }
        Overlay::Questions => {
            card::questions(look, out);
            "Open questions to Statsig".into()
        }
        Overlay::HandOver => {
            card::hand_over(look, out);
            "Hand-over card".into()
        }
        Overlay::Confirm(confirm) => {
            card::confirm(look, *confirm, out);
            match confirm {
                Confirm::FullScan => "Read every row?",
                Confirm::Apply => "Apply the plan?",
                Confirm::Undo => "Take it back?",
                Confirm::Quit => "Leave now?",
            }
            .into()
        }
        Overlay::Grant(item) => {
            grant::item(look, *item, out);
            grant::title(look, *item)
        }
        Overlay::PrintAs(form) => {
            grant::printed(look, *form, out);
            "The plan, for the person who holds the rights".into()
        }
        Overlay::Undo => {
            grant::undo(look, out);
            "Undo".into()
        }
        Overlay::Access(item) => {
            access::item(look, *item, out);
            access::title(look, *item)
        }
        Overlay::Policy { index, statement } => access::policy(look, *index, *statement, out),
        Overlay::NoFix => {
            access::no_fix(look, out);
            "No plan mends this".into()
        }
        Overlay::Practice => {
            practice::panel(look, out);
            "The practice account".into()
        }
    }
}

/// What Enter and Esc do here, each in a few words: `leaves`, `stays`.
fn choice(look: Look<'_>, enter: &str, esc: &str, out: &mut Paragraph) {
    let theme = look.theme;
    out.line(vec![
        span("Enter", theme.key()),
        span(format!(" {enter}    "), theme.text()),
        span("Esc", theme.key()),
        span(format!(" {esc}"), theme.text()),
    ]);
}

/// The detail of a row.
pub fn item(look: Look<'_>, item: &Item, out: &mut Paragraph) {
    let title = |out: &mut Paragraph, text: String| {
        let text = fit(&text, out.columns());
        out.line(vec![span(text, look.theme.strong())]);
    };
    match item {
        Item::Check { code, subject } => {
            if let Some(found) = look.wizard.check(*code, subject) {
                title(out, format!("{code} {} in {subject}", found.slug));
                check::check(look, found, out);
            }
        }
        Item::Dataset(dataset) => {
            title(out, dataset.folder().to_owned());
            place::dataset(look, *dataset, out);
        }
        Item::Folder { dataset, name } => {
            title(out, format!("{}{name}", dataset.folder()));
            place::folder(look, *dataset, name, out);
        }
        Item::Column { dataset, name } => {
            title(out, format!("column {name}"));
            place::column(look, *dataset, name, out);
        }
        Item::Group { dataset, index } => {
            title(out, "files with the same columns".into());
            place::group(look, *dataset, *index, out);
        }
        Item::Category(category) | Item::Quiet(category) => {
            title(out, category.heading().into());
            card::category(look, *category, out);
        }
        Item::Questions => {
            title(out, "Open questions to Statsig".into());
            card::questions(look, out);
        }
        Item::HandOver => {
            title(out, "Hand-over card".into());
            card::hand_over(look, out);
        }
        Item::Grant(item) => {
            title(out, grant::title(look, *item));
            grant::item(look, *item, out);
        }
        Item::Access(item) => {
            title(out, access::title(look, *item));
            access::item(look, *item, out);
        }
    }
}
