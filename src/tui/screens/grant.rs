//! Step 2: what is wanted, what would be changed for it, what stands in the way; then how far the changes are, the new
//! key, and what came of it.
//!
//! ```text
//!  2 Grant      reader statsig-reader    account 1234…9012, same as the bucket
//!  ─────────────────────────────────────────────────────────────────
//!   reader's user     statsig-reader
//!   …
//!   Plan
//!   + create user statsig-reader
//!   ~ merge bucket policy: 1 kept, 2 added
//!       │ + added     BucketReadyList  allows s3:ListBucket on arn:aws:s3:::acme, on a condition
//!   ! warn    VpcOnly denies every request from outside vpc-0a1b …
//!  ─────────────────────────────────────────────────────────────────
//!   · 4 changes, 1 problem. a applies them, p prints them.
//! ```

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::Line,
    widgets::{StatefulWidget, Widget},
};

mod standing;

use super::{Columns, body, tall_list};
use crate::{
    access::{
        merge::{Fate, StatementChange},
        plan::Change,
    },
    tui::{
        frame::{Drawn, Look, field_text},
        widgets::{Paragraph, fit, span, text::pad, width, wrap},
    },
    wizard::{
        Editing, Mark, Wizard,
        access::paper::statement_words,
        grant::{Doing, GrantField, GrantItem},
        practice::MASK,
        rows::Item,
        words,
    },
};
use standing::standing;

/// The screen.
#[derive(Clone, Copy, Debug)]
pub struct Grant<'a>(pub Look<'a>);

const LABEL: usize = 18;
/// The columns that a field of the form takes while it takes text.
const FIELD: usize = 66;

impl StatefulWidget for Grant<'_> {
    type State = Drawn;

    fn render(self, area: Rect, buf: &mut Buffer, drawn: &mut Drawn) {
        let look = self.0;
        let room = usize::from(area.width).saturating_sub(15);
        let summary = fit(&self.summary(), room);
        let content = body(look, area, vec![span(summary, look.theme.dim())], buf);
        if let Some(why) = look.wizard.no_grant() {
            skipped(look, why, content, buf);
            return;
        }
        let strip = self.strip(usize::from(content.width.saturating_sub(4)));
        let height = (strip.lines.len() as u16 + 1).min(content.height / 2);
        let above = Rect {
            height: content.height.saturating_sub(height),
            ..content
        };
        tall_list(look, above, buf, drawn, |item, columns| {
            self.item(item, columns.all)
        });
        let rule = "─".repeat(usize::from(content.width.saturating_sub(2)));
        if height > 0 {
            buf.set_line(
                content.x + 1,
                above.bottom(),
                &Line::from(span(rule, look.theme.line())),
                content.width,
            );
            let place = Rect {
                x: content.x + 2,
                y: above.bottom() + 1,
                width: content.width.saturating_sub(4),
                height: height - 1,
            };
            (&strip).render(place, buf);
        }
    }
}

/// The column of the text cursor, where a field of the form takes text.
pub(super) fn caret(look: Look<'_>, columns: Columns) -> Option<usize> {
    let Some(Editing::Grant(_, input)) = &look.wizard.editing else {
        return None;
    };
    let (_, at) = field_text(input.value(), input.cursor(), field_columns(columns.all));
    Some(2 + LABEL + at)
}

fn field_columns(all: usize) -> usize {
    all.saturating_sub(2 + LABEL).clamp(2, FIELD)
}

/// What this lane's work does, in words; shown on every screen.
pub fn work(wizard: &Wizard) -> Option<String> {
    let doing = wizard.grant.doing?;
    if wizard.grant.cancelling {
        return Some(match doing {
            Doing::Applying | Doing::Undoing => "stopping before the next change".into(),
            Doing::Planning | Doing::LookingBack => "cancelling".into(),
        });
    }
    Some(match doing {
        Doing::Planning => "looking at user and bucket to plan · Esc cancels".into(),
        Doing::LookingBack => "comparing the undo file with what is there · Esc cancels".into(),
        Doing::Undoing => format!(
            "taking back: {} so far · Esc stops before the next",
            words::counted(wizard.grant.undo.told.len() as u64, "things")
        ),
        Doing::Applying => {
            let applied = wizard.grant.applied.as_ref()?;
            if let Some(waiting) = &applied.waiting {
                format!(
                    "waiting for AWS: {} of {} s, {} in a row · Esc stops",
                    waiting.elapsed, waiting.deadline, waiting.in_a_row
                )
            } else if applied.standing() == applied.states.len() {
                "trying the reader's key · Esc stops".into()
            } else {
                format!(
                    "applying: {} of {} · Esc stops before the next",
                    applied.standing(),
                    words::counted(applied.states.len() as u64, "changes")
                )
            }
        }
    })
}

/// Why there is nothing to do here.
fn skipped(look: Look<'_>, why: &str, area: Rect, buf: &mut Buffer) {
    let mut text = Paragraph::new(usize::from(area.width.saturating_sub(6)).min(96));
    text.gap();
    text.line(vec![
        span(
            format!("{} skipped  ", Mark::Skipped.glyph()),
            look.theme.mark(Mark::Skipped),
        ),
        span(fit(why, text.columns().saturating_sub(12)), look.theme.text()),
    ]);
    text.gap();
    text.text(
        "Granting takes an operator's credentials on the bucket itself: 1 Connect, who am I, operator.",
        look.theme.dim(),
    );
    let place = Rect {
        x: area.x + 3,
        width: area.width.saturating_sub(6),
        ..area
    };
    (&text).render(place, buf);
}

impl Grant<'_> {
    fn summary(&self) -> String {
        let wizard = self.0.wizard;
        if wizard.no_grant().is_some() {
            return "the reader's user, its policy and key, and the bucket policy".into();
        }
        let Some(plan) = wizard.shown_plan() else {
            return format!("reader {}", wizard.reader_name());
        };
        let mut text = format!("reader {}", plan.user);
        if let Some(account) = plan.user_arn.as_deref().and_then(account_of) {
            text.push_str(&format!("   account {}", short_account(account)));
            match plan.bucket_account.as_deref() {
                Some(bucket) if bucket == account => text.push_str(", same as the bucket"),
                Some(bucket) => text.push_str(&format!(", the bucket's is {}", short_account(bucket))),
                None => text.push_str(", the bucket's is not known"),
            }
        }
        text
    }

    fn item(&self, item: &Item, columns: usize) -> Vec<Line<'static>> {
        let Item::Grant(item) = item else {
            return Vec::new();
        };
        let look = self.0;
        let wizard = look.wizard;
        match *item {
            GrantItem::Field(field) => vec![self.field(field, columns)],
            GrantItem::Fixes => self.marked(
                Mark::Info,
                "beside",
                &format!("{}   Enter plans without", wizard.grant.form.fixes.join("; ")),
                columns,
                4,
            ),
            GrantItem::Problem => match &wizard.grant.problem {
                Some(problem) => self.marked(
                    Mark::Fail,
                    "fail",
                    &format!("{problem}. Enter tells more."),
                    columns,
                    3,
                ),
                None => Vec::new(),
            },
            GrantItem::KeyId | GrantItem::Secret | GrantItem::UseKey => self.key(*item, columns),
            GrantItem::Change(index) => match wizard.change(index) {
                Some(change) => self.change(index, change, columns),
                None => Vec::new(),
            },
            GrantItem::Concern(index) => match wizard.concern(index) {
                Some(concern) => {
                    let (mark, word) = match concern.blocking {
                        true => (Mark::Fail, "stops"),
                        false => (Mark::Warn, "warn"),
                    };
                    self.marked(mark, word, &concern.say, columns, 3)
                }
                None => Vec::new(),
            },
            GrantItem::Satisfied(index) => {
                let text = wizard.shown_plan().and_then(|p| p.satisfied.get(index));
                let text = text.map_or("", String::as_str);
                self.marked(Mark::Pass, "there", text, columns, 1)
            }
            GrantItem::Unseen(index) => {
                let unseen = wizard.shown_plan().and_then(|p| p.unseen.get(index));
                let text = unseen.map_or(String::new(), |u| format!("{}: {}", u.what, u.why));
                self.marked(Mark::Unknown, "unseen", &text, columns, 2)
            }
            GrantItem::Drift(index) => {
                let drift = wizard.grant.applied.as_ref().and_then(|a| a.drift.get(index));
                let text = drift.map_or(String::new(), |d| format!("{}: {}", d.what, d.how));
                self.marked(Mark::Fail, "changed", &text, columns, 2)
            }
            GrantItem::Told(index) => {
                let text = wizard.grant.undo.told.get(index).map_or("", String::as_str);
                self.marked(Mark::Pass, "done", text, columns, 2)
            }
            GrantItem::Stays(index) => {
                let text = wizard.grant.undo.stays.get(index).map_or("", String::as_str);
                self.marked(Mark::Info, "stays", text, columns, 2)
            }
        }
    }

    /// Glyph and word, and a text that takes so many lines at most.
    fn marked(&self, mark: Mark, word: &str, text: &str, columns: usize, most: usize) -> Vec<Line<'static>> {
        const WORD: usize = 10;
        let look = self.0;
        let room = columns.saturating_sub(2 + WORD).max(8);
        let mut lines = wrap(text, room);
        if lines.len() > most {
            lines.truncate(most);
            if let Some(last) = lines.last_mut() {
                *last = format!("{}…", fit(last, room - 1).trim_end_matches('…'));
            }
        }
        let head = pad(&format!("{} {word}", mark.glyph()), WORD);
        lines
            .into_iter()
            .enumerate()
            .map(|(i, line)| {
                let start = if i == 0 { head.clone() } else { " ".repeat(WORD) };
                Line::from(vec![
                    span("  ", look.theme.text()),
                    span(start, look.theme.mark(mark)),
                    span(line, look.theme.text()),
                ])
            })
            .collect()
    }

    fn field(&self, field: GrantField, columns: usize) -> Line<'static> {
        let look = self.0;
        let theme = look.theme;
        let mut spans = vec![
            span("  ", theme.text()),
            span(pad(field.label(), LABEL), theme.text()),
        ];
        if let Some(Editing::Grant(edited, input)) = &look.wizard.editing
            && *edited == field
        {
            let room = field_columns(columns);
            let (text, _) = field_text(input.value(), input.cursor(), room);
            spans.push(span(pad(&text, room), theme.field()));
            return Line::from(spans);
        }
        let value = look.wizard.grant_value(field);
        let room = columns.saturating_sub(2 + LABEL);
        let shown = fit(&value, room);
        let used = width(&shown).max(18) + 2;
        spans.push(span(pad(&shown, used.min(room)), theme.strong()));
        spans.push(span(fit(field.why(), room.saturating_sub(used)), theme.dim()));
        Line::from(spans)
    }

    fn key(&self, item: GrantItem, columns: usize) -> Vec<Line<'static>> {
        let look = self.0;
        let theme = look.theme;
        let wizard = look.wizard;
        let Some(key) = &wizard.grant.key else {
            return Vec::new();
        };
        let (label, value, about) = match item {
            GrantItem::KeyId if key.is_gone => (
                "key id",
                key.id.clone(),
                format!("{} gone: deleted since", Mark::Skipped.glyph()),
            ),
            GrantItem::KeyId => ("key id", key.id.clone(), String::new()),
            GrantItem::Secret if wizard.is_revealed() => {
                ("secret", key.secret.expose().to_owned(), "v hides it".into())
            }
            GrantItem::Secret => {
                let about = match (&key.saved_as, key.copied) {
                    (Some(path), _) => format!("written to {path}"),
                    (None, true) => "copied".to_owned(),
                    (None, false) => "v shows it · y copies it · x writes a key file".to_owned(),
                };
                ("secret", MASK.to_owned(), about)
            }
            _ if wizard.judges_new_key() => {
                ("checks", "with this key".to_owned(), "Enter checks again".into())
            }
            _ => (
                "checks",
                "check with this key".to_owned(),
                "Enter: the checks judge what Statsig is given".into(),
            ),
        };
        let room = columns.saturating_sub(2 + LABEL);
        let shown = fit(&value, room);
        let used = (width(&shown).max(18) + 2).min(room);
        let beside = wrap(&about, room.saturating_sub(used).max(8));
        beside
            .into_iter()
            .take(2)
            .enumerate()
            .map(|(i, about)| {
                let (label, shown) = if i == 0 { (label, shown.as_str()) } else { ("", "") };
                Line::from(vec![
                    span("  ", theme.text()),
                    span(pad(label, LABEL), theme.text()),
                    span(pad(shown, used), theme.strong()),
                    span(fit(&about, room.saturating_sub(used)), theme.dim()),
                ])
            })
            .collect()
    }

    fn change(&self, index: usize, change: &Change, columns: usize) -> Vec<Line<'static>> {
        let look = self.0;
        let theme = look.theme;
        let sign = sign(change);
        let title = pad(&change.title, 42.min(columns.saturating_sub(6)));
        let room = columns.saturating_sub(4 + width(&title) + 2);
        let state = look.wizard.change_state(index);
        let (text, style) = match &state {
            Some((mark, _)) if *mark == Mark::Fail => (format!("{} failed", mark.glyph()), theme.mark(*mark)),
            Some((mark, words)) => (format!("{} {words}", mark.glyph()), theme.mark(*mark)),
            None => (change.call.clone(), theme.dim()),
        };
        let mut lines = vec![Line::from(vec![
            span("  ", theme.text()),
            span(format!("{sign} "), theme.strong()),
            span(title, theme.strong()),
            span("  ", theme.text()),
            span(fit(&text, room), style),
        ])];
        if let Some((Mark::Fail, why)) = &state {
            let why = why.strip_prefix("failed: ").unwrap_or(why);
            for line in wrap(why, columns.saturating_sub(6).max(8)).into_iter().take(3) {
                lines.push(Line::from(vec![
                    span("      ", theme.text()),
                    span(line, theme.text()),
                ]));
            }
        }
        for found in &change.statements {
            lines.push(self.statement(found, columns));
            lines.extend(self.loss(found, columns));
        }
        lines
    }

    /// A statement of the bucket policy and what becomes of it.
    fn statement(&self, change: &StatementChange, columns: usize) -> Line<'static> {
        let theme = self.0.theme;
        let (sign, word) = fate(change.fate);
        let text = change.after.as_deref().or(change.before.as_deref());
        let words = text.map(statement_words).unwrap_or_default();
        let name = pad(&change.name, 17);
        let used = 6 + 4 + 10 + width(&name) + 1;
        let style = match change.fate {
            Fate::Kept => theme.dim(),
            Fate::Added => theme.mark(Mark::Pass),
            Fate::Replaced => theme.mark(Mark::Warn),
            Fate::Removed => theme.mark(Mark::Fail),
        };
        Line::from(vec![
            span("      ", theme.text()),
            span("│ ", theme.line()),
            span(format!("{sign} {}", pad(word, 10)), style),
            span(name, theme.text()),
            span(" ", theme.text()),
            span(fit(&words, columns.saturating_sub(used)), theme.dim()),
        ])
    }

    /// What dropping a Deny means, and what would be gentler.
    fn loss(&self, change: &StatementChange, columns: usize) -> Vec<Line<'static>> {
        const WORDS: &str = "gone for everybody; gentler, by hand: let it spare the reader's ARN";
        let theme = self.0.theme;
        let denies = change
            .before
            .as_deref()
            .is_some_and(|text| statement_words(text).starts_with("denies"));
        if change.fate != Fate::Removed || !denies {
            return Vec::new();
        }
        wrap(WORDS, columns.saturating_sub(10).max(8))
            .into_iter()
            .map(|words| {
                Line::from(vec![
                    span("      ", theme.text()),
                    span("│ ", theme.line()),
                    span("  ", theme.text()),
                    span(words, theme.mark(Mark::Warn)),
                ])
            })
            .collect()
    }

    /// The lines under the list: how things stand, and what comes next.
    fn strip(&self, columns: usize) -> Paragraph {
        let look = self.0;
        let mut out = Paragraph::new(columns);
        for (mark, text) in standing(look.wizard) {
            for (i, line) in wrap(&text, columns.saturating_sub(2).max(8))
                .into_iter()
                .take(3)
                .enumerate()
            {
                let glyph = if i == 0 { mark.glyph() } else { " " };
                out.line(vec![
                    span(format!("{glyph} "), look.theme.mark(mark)),
                    span(line, look.theme.text()),
                ]);
            }
        }
        out
    }
}

/// A change's sign: something is made, or what is there is changed.
pub(in crate::tui) const fn sign(change: &Change) -> &'static str {
    match (&change.before, &change.after) {
        (Some(_), Some(_)) => "~",
        _ => "+",
    }
}

/// A statement's sign and word.
pub(in crate::tui) const fn fate(fate: Fate) -> (&'static str, &'static str) {
    match fate {
        Fate::Kept => (" ", "kept"),
        Fate::Added => ("+", "added"),
        Fate::Replaced => ("~", "changed"),
        Fate::Removed => ("-", "dropped"),
    }
}

/// `arn:aws:iam::123456789012:user/x` is of `123456789012`.
fn account_of(arn: &str) -> Option<&str> {
    arn.split(':').nth(4).filter(|a| !a.is_empty())
}

/// `1234…9012`: enough to tell two accounts apart.
fn short_account(account: &str) -> String {
    match (account.get(..4), account.get(8..)) {
        (Some(head), Some(tail)) if account.len() == 12 => format!("{head}…{tail}"),
        _ => account.to_owned(),
    }
}
