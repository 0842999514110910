//! The signal's panel: what would be told to Statsig, the confirmation, what was told.

use crate::{
    contract::SignalVia,
    tui::{
        frame::Look,
        widgets::{Paragraph, span, text::pad, width},
    },
    wizard::{
        Field, Mark,
        signal::{ApiFacts, Progress, Sent, Sheet, Stage, weigh},
        words,
    },
};

use super::{check, what_if};

/// So many days stand in the preview; the rest is counted.
const DAYS: usize = 40;

/// The panel's text; its title is the result.
pub fn signal(look: Look<'_>, out: &mut Paragraph) -> String {
    let Some(sheet) = look.wizard.signal.sheet.as_deref() else {
        out.text("No signal is prepared.", look.theme.dim());
        return "Signal".into();
    };
    match &sheet.stage {
        Stage::Preview => preview(look, sheet, out),
        Stage::Secret { typed } => secret(look, typed.expose().chars().count(), out),
        Stage::Confirm { typed } => confirm(look, sheet, typed, out),
        Stage::Sending { stopping } => sending(look, sheet, *stopping, out),
        Stage::Done => done(look, sheet, out),
        Stage::Failed(problem) => {
            rows(look, sheet, out);
            out.gap();
            check::problem(look, problem, out);
            out.gap();
            out.text(&stands(sheet), look.theme.text());
            out.text(
                "The calendar is read again, so that it shows what is there.",
                look.theme.dim(),
            );
        }
    }
    title(sheet)
}

fn title(sheet: &Sheet) -> String {
    let days = match (sheet.days.first(), sheet.days.last()) {
        (Some(first), Some(last)) => words::dates(*first, *last),
        _ => "no day".to_owned(),
    };
    let what = match &sheet.stage {
        Stage::Preview => "Signal",
        Stage::Secret { .. } => "The server secret, to signal",
        Stage::Confirm { .. } => "Confirm the signal of",
        Stage::Sending { .. } => "Signalling",
        Stage::Done => "Signalled",
        Stage::Failed(_) => "Not all was signalled:",
    };
    format!("{what} {days}")
}

/// Why the panel asks again, where it does.
fn again(look: Look<'_>, sheet: &Sheet, out: &mut Paragraph) {
    if let Some(why) = &sheet.again {
        out.labelled("! again", look.theme.mark(Mark::Fail), why, look.theme.strong());
        out.gap();
    }
}

fn preview(look: Look<'_>, sheet: &Sheet, out: &mut Paragraph) {
    let theme = look.theme;
    let found = &sheet.shown;
    again(look, sheet, out);
    what_if::effect(look, found, out);
    what_if::consequences(look, found, out);
    if found.days.is_empty() {
        out.gap();
        out.text("There is nothing to send. Esc goes back.", theme.strong());
        return;
    }
    out.gap();
    what_if::day_lines(look, found, DAYS, out);
    if found.days.iter().any(|day| !day.named) {
        out.text(
            "Inferred: closed with the last day, as all days before it are.",
            theme.dim(),
        );
    }
    what_if::rest(look, found, out);
    out.gap();
    way(look, out);
    match look.wizard.signal_via() {
        Some(SignalVia::Files) => by_files(look, sheet, out),
        Some(SignalVia::Api) => by_api(look, sheet, out),
        None => {}
    }
    what_if::safe(look, found, out);
    out.gap();
    out.text(
        "It can't be taken back. Enter leads to the confirmation; Esc leaves all as it is.",
        theme.strong(),
    );
}

/// By files or by the API, and how to switch.
fn way(look: Look<'_>, out: &mut Paragraph) {
    let theme = look.theme;
    let via = look.wizard.signal_via();
    let shown = |this: SignalVia, word: &str| {
        if via == Some(this) {
            span(format!("[{word}]"), theme.strong())
        } else {
            span(format!(" {word} "), theme.dim())
        }
    };
    let hint = match via {
        None => "nothing says which: Tab chooses",
        Some(_) => "Tab switches",
    };
    out.line(vec![
        span(pad("by", 10), theme.dim()),
        shown(SignalVia::Files, "files"),
        span(" ", theme.text()),
        shown(SignalVia::Api, "API"),
        span(format!("   {hint}"), theme.dim()),
    ]);
}

fn by_files(look: Look<'_>, sheet: &Sheet, out: &mut Paragraph) {
    let theme = look.theme;
    let prefix = look.wizard.report.as_ref().map_or("", |r| r.target.prefix());
    let named = weigh::named(&sheet.shown);
    if let Some(day) = named.last() {
        let more = match named.len() {
            0 | 1 => String::new(),
            n => format!(", and {} like it", words::count(n as u64 - 1)),
        };
        let text =
            format!("{prefix}signals/{day}/finished_date.parquet{more}: only if absent, and read back");
        out.labelled("writes", theme.dim(), &text, theme.text());
        if let Some(mark) = look.wizard.mark_of(*day) {
            let text = format!(
                "{}: by file they are told once more",
                mark.say(look.wizard.offset())
            );
            out.labelled("note", theme.mark(Mark::Warn), &text, theme.text());
        }
    }
    match look.wizard.finished_form() {
        Ok(form) => {
            let text = format!("finished_date as {}, {}", form.kind.spelled(), form.why);
            out.labelled("", theme.dim(), &text, theme.dim());
        }
        Err(why) => out.labelled("trouble", theme.mark(Mark::Fail), &why, theme.text()),
    }
    // Beside a reader's key, the identity is the reader's, who writes nothing.
    let is_writer = look.wizard.connect.value(Field::ReaderKey).is_empty();
    let who = look
        .wizard
        .report
        .as_ref()
        .and_then(|r| r.operator.as_ref().or(r.identity.as_ref().filter(|_| is_writer)))
        .and_then(|identity| identity.arn.as_deref())
        .and_then(|arn| arn.rsplit(['/', ':']).find(|part| !part.is_empty()))
        .map_or_else(String::new, |name| format!(", {name}"));
    let text = format!("the operator{who}: the reader must not be able to write");
    out.labelled("as", theme.dim(), &text, theme.text());
}

fn by_api(look: Look<'_>, sheet: &Sheet, out: &mut Paragraph) {
    let theme = look.theme;
    let Some(api) = &look.wizard.signal.api else {
        out.labelled(
            "API",
            theme.mark(Mark::Working),
            "looking up what it needs",
            theme.text(),
        );
        return;
    };
    let day = weigh::named(&sheet.shown).last().copied();
    if let Some(end) = day.and_then(|day| day.end(look.wizard.offset())) {
        let kind = match &api.kind {
            None => "metrics".to_owned(),
            Some(kind) => format!("{kind}, which is not documented"),
        };
        let text = format!(
            "POST {}: timestamp {} (the end of the last day, {} UTC), type {kind}",
            api.url,
            end.as_second(),
            words::utc(end, "%Y-%m-%d %H:%M"),
        );
        out.labelled("sends", theme.dim(), &text, theme.text());
    }
    out.labelled("secret", theme.dim(), &secret_from(api), theme.text());
    if let Some(marked) = api.marked.and_then(|s| jiff::Timestamp::from_second(s).ok()) {
        let both = words::both_clocks(marked, look.wizard.offset(), "%Y-%m-%d %H:%M");
        let text = format!("this machine has marked all before {both}");
        out.labelled("ledger", theme.dim(), &text, theme.text());
    }
    if let Some(last) = look
        .wizard
        .report
        .as_ref()
        .and_then(|r| r.finished_dates().last().copied())
    {
        let text = format!("signals/ tells days too, the last {last}: one way should be enough (G701)");
        out.labelled("note", theme.mark(Mark::Warn), &text, theme.text());
    }
    for (label, text, mark) in [
        ("note", &api.note, Mark::Warn),
        ("trouble", &api.trouble, Mark::Fail),
    ] {
        if let Some(text) = text {
            out.labelled(label, theme.mark(mark), text, theme.text());
        }
    }
}

fn secret_from(api: &ApiFacts) -> String {
    match &api.secret_from {
        Some(from) => from.clone(),
        None => "none is there: Enter takes it, unseen, for this signal alone".to_owned(),
    }
}

fn secret(look: Look<'_>, length: usize, out: &mut Paragraph) {
    let theme = look.theme;
    out.text(
        "The project's server secret (secret-…). It is not shown, kept in memory for this signal alone, and written \
         nowhere. Here a paste is taken.",
        theme.text(),
    );
    out.gap();
    let dots = "•".repeat(length.min(out.columns().saturating_sub(14)));
    out.line(vec![
        span(pad("secret", 10), theme.dim()),
        span(dots, theme.field()),
        span(" ", theme.cursor()),
    ]);
    out.gap();
    out.text(
        "Enter keeps it and goes back to the preview. Esc drops it.",
        theme.dim(),
    );
}

fn confirm(look: Look<'_>, sheet: &Sheet, typed: &str, out: &mut Paragraph) {
    let theme = look.theme;
    what_if::effect(look, &sheet.shown, out);
    what_if::consequences(look, &sheet.shown, out);
    out.gap();
    let Some(phrase) = weigh::phrase(&sheet.shown) else {
        out.text("There is nothing to confirm. Esc goes back.", theme.text());
        return;
    };
    let what = if sheet.shown.consequences.is_empty() {
        "It can't be taken back. To send it, type its last date and press Enter:"
    } else {
        "It can't be taken back. To send it all the same, type its last date and the word of each consequence, and \
         press Enter:"
    };
    out.text(what, theme.strong());
    out.gap();
    let right = phrase.starts_with(typed);
    let mark = if right { Mark::Info } else { Mark::Warn };
    out.line(vec![
        span(pad("type", 10), theme.dim()),
        span(&phrase, theme.strong()),
    ]);
    let room = out.columns().saturating_sub(12).max(4);
    let (shown, _) = crate::tui::frame::field_text(typed, typed.chars().count(), room);
    let mut line = vec![
        span(pad("typed", 10), theme.dim()),
        span(shown, theme.mark(mark).patch(theme.field())),
        span(" ", theme.cursor()),
    ];
    let say = if right { "" } else { "   ! this is something else" };
    let used: usize = line.iter().map(ratatui::text::Span::width).sum();
    if used + width(say) <= out.columns() {
        line.push(span(say, theme.mark(Mark::Warn)));
    }
    out.line(line);
    out.gap();
    out.text(
        "Letter by letter: a paste is ignored. Esc goes back, nothing is sent.",
        theme.dim(),
    );
}

fn sending(look: Look<'_>, sheet: &Sheet, stopping: bool, out: &mut Paragraph) {
    rows(look, sheet, out);
    out.gap();
    let text = if stopping {
        "Stopping before the next day; what is sent stands."
    } else {
        "Esc stops before the next day; what is sent stands."
    };
    out.text(text, look.theme.dim());
}

/// A question before leaving while a signal is being sent.
pub fn leave(look: Look<'_>, out: &mut Paragraph) {
    let theme = look.theme;
    out.text(
        "A signal is being sent. Whoever leaves now does not see what came of it: what was told stands, and the day \
         under way may or may not be told. The same signal, sent again later, says what stands.",
        theme.text(),
    );
    out.gap();
    super::choice(look, "leaves", "stays", out);
}

fn done(look: Look<'_>, sheet: &Sheet, out: &mut Paragraph) {
    let theme = look.theme;
    rows(look, sheet, out);
    out.gap();
    out.text(
        "Statsig looks every hour. New metrics appear by the next morning or about noon PST: what Statsig expects, not \
         a promise.",
        theme.text(),
    );
    out.text(
        "The calendar is read again. Esc or Enter closes this.",
        theme.dim(),
    );
}

/// What is told, a line for each object or request.
fn rows(look: Look<'_>, sheet: &Sheet, out: &mut Paragraph) {
    let theme = look.theme;
    for row in &sheet.rows {
        let (mark, word, say) = match &row.progress {
            Progress::Waits => (Mark::ToDo, "waits", ""),
            Progress::Sending => (Mark::Working, "sending", ""),
            Progress::Sent(how @ (Sent::Written | Sent::Answered), say) => {
                (Mark::Pass, how.words(), say.as_str())
            }
            Progress::Sent(how @ Sent::Already, say) => (Mark::Info, how.words(), say.as_str()),
            Progress::Failed => (Mark::Fail, "failed, see below", ""),
        };
        out.line(vec![
            span(format!("{} ", mark.glyph()), theme.mark(mark)),
            span(format!("{}  ", row.day), theme.text()),
            span(word, theme.mark(mark)),
        ]);
        if !say.is_empty() {
            out.labelled("", theme.dim(), say, theme.dim());
        }
    }
}

/// What stands after a failure.
fn stands(sheet: &Sheet) -> String {
    let told: Vec<_> = sheet
        .rows
        .iter()
        .filter(|row| row.is_told())
        .map(|row| row.day)
        .collect();
    if told.is_empty() {
        "No day was told complete, as far as this machine knows.".to_owned()
    } else {
        format!("What was told stands: {}.", words::days(&told, 6))
    }
}
