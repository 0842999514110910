//! The whole window: header, step rail, body, status line, footer.
//!
//! ```text
//! s3://acme · us-west-2 · as statsig-reader …7F3Q      Tue 21:14 PST · Wed 05:14 UTC   header
//! 1 Connect  2 Grant    3 Access   4 Layout  5 Data    6 Calendar  7 Report           rail
//! ✓ pass     – not yet  – not yet  ! 2 warn  ✗ 3 fail  ✓ pass      ✗ not ready
//!  4 Layout     the body, see `screens`
//!
//! … checking: footers 37/214, 1.2 MiB · Esc cancels                             12/34  status
//! ↑↓ move  Enter open  Esc back  1-7 step  n next finding  ? help  q quit              footer
//! ```

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::{Line, Span},
};

use super::{
    panels, screens,
    theme::Theme,
    widgets::text::{fit, fit_middle, span, width},
};
use crate::{
    report::{Identity, Target},
    wizard::{
        Can, Editing, Field, Mark, Measure, Notice, Role, RunState, Source, Step, Wizard, keys::Binding,
        words,
    },
};

/// Below this the screens can't be read.
pub const SMALLEST: (u16, u16) = (60, 16);

/// What drawing found out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drawn {
    /// What the wizard needs to know of the size.
    pub measure: Measure,
    /// Where the text cursor stands, in a field.
    pub text_cursor: Option<Position>,
    /// The row of the list that the cursor is on and how many there are, from 1.
    pub place: Option<(usize, usize)>,
}

/// What every part of the screen reads.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// The state.
    pub wizard: &'a Wizard,
    /// The styles.
    pub theme: Theme,
}

/// Draws everything.
pub fn render(wizard: &Wizard, theme: Theme, area: Rect, buf: &mut Buffer) -> Drawn {
    let look = Look { wizard, theme };
    let area = area.intersection(buf.area);
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        too_small(look, area, buf);
        return Drawn::default();
    }
    let mut rows = area.rows();
    if let Some(row) = rows.next() {
        buf.set_line(row.x, row.y, &header(look, row.width), row.width);
    }
    let rail = rail(look, area.width);
    let rail_height = rail.len() as u16;
    for (line, row) in rail.iter().zip(&mut rows) {
        buf.set_line(row.x, row.y, line, row.width);
    }
    let body = Rect {
        y: area.y + 1 + rail_height,
        height: area.height - 3 - rail_height,
        ..area
    };
    let mut drawn = screens::render(look, body, buf);
    let status = Rect {
        y: area.bottom() - 2,
        height: 1,
        ..area
    };
    status_line(look, status, &mut drawn, buf);
    let footer_row = Rect {
        y: area.bottom() - 1,
        height: 1,
        ..area
    };
    let line = footer(look, area.width);
    buf.set_line(footer_row.x, footer_row.y, &line, footer_row.width);
    if let Some(overlay) = &wizard.overlay {
        let room = Rect {
            y: body.y,
            height: body.height + 1,
            ..body
        };
        let panel = panels::render(look, overlay, room, buf);
        drawn.measure.overlay_scroll = panel.hidden;
        drawn.text_cursor = panel.text_cursor;
    }
    drawn
}

fn too_small(look: Look<'_>, area: Rect, buf: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    let lines = [
        "too small".to_owned(),
        format!("{}x{} is too small: 60x16 is needed", area.width, area.height),
        "q quits".to_owned(),
    ];
    let columns = usize::from(area.width);
    let chosen: Vec<&String> = if lines.iter().all(|l| width(l) <= columns) && area.height >= 2 {
        lines.iter().skip(1).collect()
    } else {
        lines.iter().take(1).collect()
    };
    let top = area.y + (area.height.saturating_sub(chosen.len() as u16)) / 2;
    for (i, text) in chosen.iter().enumerate() {
        let y = top + i as u16;
        if y >= area.bottom() {
            return;
        }
        let text = fit(text, columns);
        let x = area.x + ((columns - width(&text).min(columns)) / 2) as u16;
        buf.set_line(x, y, &Line::from(span(text, look.theme.text())), area.width);
    }
}

/// Target, region, as whom; and both clocks at the right. What there is no room for is left out in the order of its
/// weight: the clocks' dates, the end of the key id, the target's scheme; then the rest is cut.
fn header(look: Look<'_>, columns: u16) -> Line<'static> {
    let columns = usize::from(columns);
    let theme = look.theme;
    let clocks = [ClockForm::Long, ClockForm::Short].map(|form| clock(look.wizard, form).unwrap_or_default());
    let forms =
        [(true, true), (true, false), (false, true), (false, false)].map(|(s, k)| who_and_where(look, s, k));
    let size = |parts: &[String]| {
        parts
            .iter()
            .map(|t| width(t) + 3)
            .sum::<usize>()
            .saturating_sub(2)
    };
    let fitting = clocks
        .iter()
        .flat_map(|c| forms.iter().map(move |f| (c, f)))
        .find(|(c, f)| size(f) + width(c) + 3 <= columns);
    let (clock, parts) = fitting.unwrap_or((&clocks[1], &forms[3]));
    let mut room = columns.saturating_sub(width(clock) + 4);
    let mut spans = vec![span(" ", theme.text())];
    for (i, text) in parts.iter().enumerate() {
        let (separator, style) = if i == 0 {
            ("", theme.strong())
        } else {
            (" · ", theme.text())
        };
        let free = room.saturating_sub(width(separator));
        if free < 4 {
            break;
        }
        let text = if i == 0 {
            fit_middle(text, free)
        } else {
            fit(text, free)
        };
        room = free - width(&text);
        spans.push(span(separator, theme.dim()));
        spans.push(span(text, style));
    }
    let used: usize = spans.iter().map(Span::width).sum();
    spans.push(span(
        " ".repeat(columns.saturating_sub(used + width(clock) + 1)),
        theme.text(),
    ));
    spans.push(span(clock, theme.text()));
    Line::from(spans)
}

/// The header's left side.
fn who_and_where(look: Look<'_>, with_scheme: bool, with_key: bool) -> Vec<String> {
    let bare = |target: &str| match with_scheme {
        true => target.to_owned(),
        false => target
            .trim_start_matches("s3://")
            .trim_end_matches('/')
            .to_owned(),
    };
    let Some(report) = &look.wizard.report else {
        let typed = look.wizard.connect.value(Field::Target);
        return if typed.is_empty() {
            vec!["bucket-ready".into(), "no bucket yet".into()]
        } else {
            vec![bare(typed)]
        };
    };
    let mut parts = vec![bare(&report.target.spelled())];
    parts.extend(region(look));
    match &report.identity {
        Some(identity) => parts.extend(as_whom(identity, with_key)),
        None if matches!(report.target, Target::Folder { .. }) => parts.push("a local folder".into()),
        // Nobody reads for Statsig yet: what is seen is seen as the operator.
        None => parts.extend(report.operator.as_ref().and_then(|o| as_whom(o, with_key))),
    }
    parts
}

fn region(look: Look<'_>) -> Option<String> {
    match &look.wizard.report.as_ref()?.target {
        Target::S3 { region, .. } | Target::Demo { region, .. } => region.clone(),
        Target::Folder { .. } => None,
    }
}

/// `as statsig-reader …7F3Q`: the last part of the ARN and the end of the key id.
fn as_whom(identity: &Identity, with_key: bool) -> Option<String> {
    let name = identity
        .arn
        .as_deref()
        .and_then(|arn| arn.rsplit(['/', ':']).find(|p| !p.is_empty()));
    match (name, &identity.key_last4) {
        (Some(name), Some(key)) if with_key => Some(format!("as {name} …{key}")),
        (Some(name), Some(_)) => Some(format!("as {name} …")),
        (Some(name), None) => Some(format!("as {name}")),
        (None, Some(key)) => Some(format!("as key …{key}")),
        (None, None) => None,
    }
}

#[derive(Clone, Copy)]
enum ClockForm {
    Long,
    Short,
}

fn clock(wizard: &Wizard, form: ClockForm) -> Option<String> {
    let now = wizard.now()?;
    let offset = wizard.offset();
    let format = match form {
        ClockForm::Long => "%a %d %b %H:%M",
        ClockForm::Short => "%a %H:%M",
    };
    let text = format!(
        "{} {} · {} UTC",
        words::local(now, offset, format),
        words::zone(offset),
        words::utc(now, format)
    );
    Some(match wizard.source {
        Source::Saved { .. } => format!("saved {text}"),
        Source::Live => text,
    })
}

/// The seven steps with their states: two lines, or one where even that is too wide.
fn rail(look: Look<'_>, columns: u16) -> Vec<Line<'static>> {
    let columns = usize::from(columns);
    let cells: Vec<(Step, String, Mark, String)> = Step::ALL
        .into_iter()
        .map(|step| {
            let status = look.wizard.status(step);
            let name = format!("{} {}", step.number(), step.name());
            let word = format!("{} {}", status.mark.glyph(), status.word);
            (step, name, status.mark, word)
        })
        .collect();
    let needed: usize = cells.iter().map(|(_, n, _, w)| width(n).max(width(w))).sum();
    let gap = (3..=4)
        .rev()
        .chain([2, 1])
        .find(|g| needed + 6 * g + 2 <= columns);
    match gap {
        Some(gap) => wide_rail(look, &cells, gap),
        None => vec![narrow_rail(look, &cells)],
    }
}

fn wide_rail(look: Look<'_>, cells: &[(Step, String, Mark, String)], gap: usize) -> Vec<Line<'static>> {
    let theme = look.theme;
    let mut names = vec![span(" ", theme.text())];
    let mut states = vec![span(" ", theme.text())];
    for (step, name, mark, word) in cells {
        let columns = width(name).max(width(word));
        let style = if *step == look.wizard.step {
            theme.cursor()
        } else {
            theme.text()
        };
        let fill = |text: &str| " ".repeat(columns - width(text) + gap);
        names.push(span(name, style));
        names.push(span(fill(name), theme.text()));
        states.push(span(word, theme.mark(*mark)));
        states.push(span(fill(word), theme.text()));
    }
    vec![Line::from(names), Line::from(states)]
}

/// `1✓ 2– 3– 4! 5✗ 6✗ 7✗   4 Layout ! 3 warn`
fn narrow_rail(look: Look<'_>, cells: &[(Step, String, Mark, String)]) -> Line<'static> {
    let theme = look.theme;
    let mut spans = vec![span(" ", theme.text())];
    for (step, _, mark, _) in cells {
        let here = *step == look.wizard.step;
        let style = if here { theme.cursor() } else { theme.text() };
        spans.push(span(step.number().to_string(), style));
        spans.push(span(mark.glyph(), theme.mark(*mark)));
        spans.push(span(" ", theme.text()));
    }
    if let Some((_, name, mark, word)) = cells.iter().find(|c| c.0 == look.wizard.step) {
        spans.push(span(format!("  {name} "), theme.strong()));
        spans.push(span(word, theme.mark(*mark)));
    }
    Line::from(spans)
}

/// What goes on, or what is to be told; and the place in the list at the right.
fn status_line(look: Look<'_>, area: Rect, drawn: &mut Drawn, buf: &mut Buffer) {
    let Look { wizard, theme } = look;
    let place = drawn
        .place
        .map(|(at, all)| format!("{at}/{all} "))
        .unwrap_or_default();
    let room = usize::from(area.width).saturating_sub(width(&place) + 2);
    let mut spans = vec![span(" ", theme.text())];
    if let Some(Editing::Filter(input)) = &wizard.editing {
        let label = "filter: ";
        let columns = room.saturating_sub(width(label)).max(1);
        let (text, at) = field_text(input.value(), input.cursor(), columns);
        drawn.text_cursor = Some(Position::new(area.x + 1 + (width(label) + at) as u16, area.y));
        spans.push(span(label, theme.heading()));
        spans.push(span(text, theme.field()));
    } else if let Some(notice) = &wizard.notice {
        let mark = match notice {
            Notice::Done(_) => Mark::Pass,
            Notice::No(_) => Mark::Warn,
        };
        spans.push(span(format!("{} ", mark.glyph()), theme.mark(mark)));
        spans.push(span(fit(notice.text(), room.saturating_sub(2)), theme.text()));
    } else if let Some(text) = signalling(wizard).or_else(|| work(wizard)) {
        spans.push(span(
            format!("{} ", Mark::Working.glyph()),
            theme.mark(Mark::Working),
        ));
        spans.push(span(fit(&text, room.saturating_sub(2)), theme.text()));
    } else if wizard.has_filter() {
        spans.push(span("filter: ", theme.heading()));
        spans.push(span(fit(wizard.filter(), room.saturating_sub(30)), theme.text()));
        spans.push(span("   Esc shows all", theme.dim()));
    } else if wizard.is_outdated() {
        spans.push(span(
            format!("{} ", Mark::Unknown.glyph()),
            theme.mark(Mark::Unknown),
        ));
        let text = "user or bucket were changed since these checks: R checks again";
        spans.push(span(fit(text, room.saturating_sub(2)), theme.text()));
    } else if let Source::Saved { name } = &wizard.source {
        let text = if name.is_empty() {
            "a saved report".to_owned()
        } else {
            format!("a saved report: {name}")
        };
        spans.push(span(fit(&text, room), theme.dim()));
    }
    buf.set_line(area.x, area.y, &Line::from(spans), area.width);
    if !place.is_empty() {
        let x = area.right().saturating_sub(width(&place) as u16);
        buf.set_line(x, area.y, &Line::from(span(place, theme.dim())), area.width);
    }
}

/// How far a signal is that is being sent.
fn signalling(wizard: &Wizard) -> Option<String> {
    let sheet = wizard.signal.sheet.as_ref().filter(|_| wizard.is_signalling())?;
    let told = sheet.rows.iter().filter(|row| row.is_told()).count();
    Some(format!("signalling: {told}/{} told", sheet.rows.len()))
}

/// What the running work does, in words.
fn work(wizard: &Wizard) -> Option<String> {
    if let Some(text) = screens::grant::work(wizard) {
        return Some(text);
    }
    match wizard.run.state {
        RunState::Cancelling => Some("cancelling".into()),
        RunState::Working => {
            let what = words::reading(&wizard.run);
            let doing = match wizard.run.progress {
                Some(progress) => words::progress(progress),
                None if wizard.connect.role == Role::SavedReport => "reading the report".into(),
                None => "connecting".into(),
            };
            Some(format!("{what}: {doing} · Esc cancels"))
        }
        RunState::Idle | RunState::Done | RunState::Failed => None,
    }
}

/// The part of a field's text that fits, and the column of the cursor in it.
pub fn field_text(value: &str, cursor: usize, columns: usize) -> (String, usize) {
    let before: String = value.chars().take(cursor).collect();
    let columns = columns.max(2);
    // Text before the cursor is dropped from its start until the cursor is in sight.
    let mut start = 0;
    let mut shown: String = before.clone();
    while width(&shown) >= columns {
        start += 1;
        shown = before.chars().skip(start).collect();
    }
    let all: String = value.chars().skip(start).collect();
    let at = width(&shown);
    let text = if width(&all) < columns {
        all
    } else {
        fit(&all, columns.saturating_sub(1).max(at))
    };
    (text, at)
}

/// The keys, the least important dropped until they fit.
fn footer(look: Look<'_>, columns: u16) -> Line<'static> {
    let theme = look.theme;
    if look.wizard.editing.is_some() || look.wizard.types_in_sheet() {
        return editing_footer(look, columns);
    }
    let mut hints = look.wizard.hints();
    let size = |b: &Binding| width(b.short) + 1 + width(hint(look.wizard, b)) + 2;
    let mut by_weight: Vec<&Binding> = hints.iter().map(|(b, _)| *b).collect();
    by_weight.sort_by_key(|b| std::cmp::Reverse(b.weight));
    // The two spaces after the last hint may fall off the edge.
    let mut room = (usize::from(columns) + 1).saturating_sub(1);
    by_weight.retain(|b| {
        let fits = size(b) <= room + 1;
        if fits {
            room = room.saturating_sub(size(b));
        }
        fits
    });
    hints.retain(|(b, _)| by_weight.iter().any(|kept| std::ptr::eq(*kept, *b)));
    let mut spans = vec![span(" ", theme.text())];
    for (binding, can) in hints {
        let (key, words) = match can {
            Can::Yes => (theme.key(), theme.text()),
            Can::No(_) => (theme.dim(), theme.dim()),
        };
        spans.push(span(binding.short, key));
        spans.push(span(" ", theme.text()));
        spans.push(span(hint(look.wizard, binding), words));
        spans.push(span("  ", theme.text()));
    }
    Line::from(spans)
}

/// A hint in the words of what it does at the moment.
fn hint(wizard: &Wizard, binding: &Binding) -> &'static str {
    use crate::wizard::{Action, Overlay};
    let action = binding.keys.first().map(|(_, a)| *a);
    match (action, &wizard.overlay) {
        (Some(Action::Open), Some(Overlay::Confirm(c))) if wizard.must_be_typed(*c).is_some() => "type it",
        (Some(Action::Open), Some(Overlay::Confirm(_))) => "yes",
        (Some(Action::Up), Some(Overlay::Practice)) => "move",
        (Some(Action::Back), Some(Overlay::Confirm(_))) => "no",
        (Some(Action::Open), Some(Overlay::Signal)) if wizard.signal.is_told() => "close",
        (Some(Action::Open), Some(Overlay::Signal)) => "go on",
        (Some(Action::Left), Some(Overlay::Signal)) if wizard.can(Action::Left) == Can::Yes => "by",
        (Some(Action::Back), Some(Overlay::Signal)) if wizard.is_signalling() => "stop",
        (Some(Action::Back), None) if wizard.has_range() && wizard.step == Step::Calendar => "drop range",
        (Some(Action::Back), Some(_)) => "close",
        (Some(Action::Up), Some(_)) => "scroll",
        (Some(Action::Back), None) if wizard.has_filter() => "show all",
        (Some(Action::Back), None) if wizard.grant.doing.is_some() => "stop",
        (Some(Action::Back), None) if wizard.is_working() => "cancel",
        (Some(Action::Up), None) if wizard.step == Step::Calendar => "week",
        _ => binding.hint,
    }
}

fn editing_footer(look: Look<'_>, columns: u16) -> Line<'static> {
    let theme = look.theme;
    let mut spans = vec![span(" ", theme.text())];
    let mut used = 1;
    let keep = match (look.wizard.types_in_sheet(), &look.wizard.editing) {
        (true, _) => "go on",
        (_, Some(Editing::Typed(_))) => "do it",
        _ => "keep",
    };
    let drop = if look.wizard.types_in_sheet() {
        "back"
    } else {
        "discard"
    };
    for (key, words) in [
        ("Enter", keep),
        ("Esc", drop),
        ("Ctrl-U", "clear to the left"),
        ("Ctrl-C", "quit"),
    ] {
        used += width(key) + width(words) + 3;
        if used > usize::from(columns) {
            break;
        }
        spans.push(span(key, theme.key()));
        spans.push(span(format!(" {words}  "), theme.text()));
    }
    Line::from(spans)
}
