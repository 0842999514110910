//! A screen as text, without a terminal: for `bucket-ready screen`, documentation and tests.

use std::fmt::Write;

use jiff::Timestamp;
use ratatui::{
    buffer::{Buffer, Cell},
    layout::Rect,
    style::{Color, Modifier},
};

use super::{frame, theme::Theme};
use crate::{
    report::Report,
    wizard::{Event, Overlay, Step, Wizard},
};

/// A screen by its name on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScreenName {
    /// One of the seven steps.
    Step(Step),
    /// The keys.
    Help,
}

impl ScreenName {
    /// All names.
    pub const NAMES: [&str; 8] = [
        "connect", "grant", "access", "layout", "data", "calendar", "report", "help",
    ];

    /// The screen of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Step::ALL
            .into_iter()
            .find(|s| s.name().eq_ignore_ascii_case(name))
            .map(Self::Step)
            .or_else(|| name.eq_ignore_ascii_case("help").then_some(Self::Help))
    }
}

/// In which form a screen is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Characters alone.
    Text,
    /// With escape sequences for styles, and colours where the theme has some.
    Ansi(Theme),
}

/// The largest screen that is drawn, in columns and rows.
pub const LARGEST: u16 = 1_000;

/// A saved report's screen, `size` being columns and rows, `now` the clock that it shows (else the report's own).
pub fn render_to_text(
    report: Report,
    screen: ScreenName,
    size: (u16, u16),
    now: Option<Timestamp>,
    form: Form,
) -> String {
    let mut wizard = Wizard::saved(report, "");
    if let Some(now) = now {
        wizard.handle(Event::Tick { now });
    }
    match screen {
        ScreenName::Step(step) => wizard.step = step,
        ScreenName::Help => wizard.overlay = Some(Overlay::Help),
    }
    let theme = match form {
        Form::Text => Theme::PLAIN,
        Form::Ansi(theme) => theme,
    };
    let area = Rect::new(0, 0, size.0.min(LARGEST), size.1.min(LARGEST));
    let mut buf = Buffer::empty(area);
    frame::render(&wizard, theme, area, &mut buf);
    match form {
        Form::Text => plain(&buf),
        Form::Ansi(_) => ansi(&buf),
    }
}

/// The characters of a drawn screen, a line a row, without spaces at the ends.
pub fn plain(buf: &Buffer) -> String {
    let mut out = String::new();
    for row in buf.area.rows() {
        let mut line = String::new();
        for cell in cells(buf, row) {
            line.push_str(cell.symbol());
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// The characters of a drawn screen with SGR sequences; each line ends in a reset where it has any.
pub fn ansi(buf: &Buffer) -> String {
    let mut out = String::new();
    for row in buf.area.rows() {
        let mut last = String::new();
        for cell in cells(buf, row) {
            let sgr = sgr(cell);
            if sgr != last {
                let _ = write!(out, "\x1b[0{sgr}m");
                last = sgr;
            }
            out.push_str(cell.symbol());
        }
        if !last.is_empty() {
            out.push_str("\x1b[0m");
        }
        out.push('\n');
    }
    out
}

/// A row's cells, without those that a wide character before them covers.
fn cells(buf: &Buffer, row: Rect) -> impl Iterator<Item = &Cell> {
    let mut covered = 0;
    row.positions().filter_map(move |position| {
        let cell = buf.cell(position)?;
        if covered > 0 {
            covered -= 1;
            return None;
        }
        covered = unicode_width::UnicodeWidthStr::width(cell.symbol()).saturating_sub(1);
        Some(cell)
    })
}

fn sgr(cell: &Cell) -> String {
    let mut codes = String::new();
    for (modifier, code) in [
        (Modifier::BOLD, 1),
        (Modifier::DIM, 2),
        (Modifier::ITALIC, 3),
        (Modifier::UNDERLINED, 4),
        (Modifier::REVERSED, 7),
    ] {
        if cell.modifier.contains(modifier) {
            let _ = write!(codes, ";{code}");
        }
    }
    for (color, base) in [(cell.fg, 30), (cell.bg, 40)] {
        if let Some(number) = ansi_number(color) {
            let code = if number < 8 {
                base + number
            } else {
                base + 52 + number
            };
            let _ = write!(codes, ";{code}");
        }
    }
    codes
}

/// The number of one of the 16 colours; `None` for the default. The theme has no others.
fn ansi_number(color: Color) -> Option<u16> {
    Some(match color {
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
        Color::Reset | Color::Rgb(..) | Color::Indexed(_) => return None,
    })
}
