//! A screen as a snapshot: its characters, then for each line the styles of its runs. ratatui's own display drops them.

use bucket_ready::{
    tui::{Theme, frame, print},
    wizard::{Event, Wizard},
};
use ratatui::{
    buffer::{Buffer, Cell},
    layout::Rect,
    style::{Color, Modifier},
};

/// Draws twice, as the loop does: what the first drawing measured is known to the second.
pub fn buffer(wizard: &Wizard, theme: Theme, width: u16, height: u16) -> Buffer {
    let area = Rect::new(0, 0, width, height);
    let mut wizard = wizard.clone();
    let mut buf = Buffer::empty(area);
    let drawn = frame::render(&wizard, theme, area, &mut buf);
    wizard.handle(Event::Measured(drawn.measure));
    let mut buf = Buffer::empty(area);
    frame::render(&wizard, theme, area, &mut buf);
    buf
}

pub fn text(wizard: &Wizard, width: u16, height: u16) -> String {
    print::plain(&buffer(wizard, Theme::COLOUR, width, height))
}

pub fn styled(wizard: &Wizard, theme: Theme, width: u16, height: u16) -> String {
    let buf = buffer(wizard, theme, width, height);
    format!("{}--- styles\n{}", print::plain(&buf), styles(&buf))
}

/// A line's runs of one style. A space takes the style of what is around it, where that changes nothing to the eye.
fn styles(buf: &Buffer) -> String {
    let mut out = String::new();
    for y in 0..buf.area.height {
        let mut runs: Vec<(u16, u16, String)> = Vec::new();
        let mut blanks = 0;
        for x in 0..buf.area.width {
            let cell = buf.cell((x, y)).unwrap();
            let style = words(cell);
            if cell.symbol() == " " && !style.contains("reversed") && !style.contains("underlined") {
                blanks += 1;
                continue;
            }
            match runs.last_mut() {
                Some((_, end, same)) if *end + 1 + blanks == x && *same == style && blanks < 4 => *end = x,
                _ if style.is_empty() => {}
                _ => runs.push((x, x, style)),
            }
            blanks = 0;
        }
        if !runs.is_empty() {
            let runs: Vec<String> = runs
                .into_iter()
                .map(|(a, b, style)| format!("{a}-{b} {style}"))
                .collect();
            out.push_str(&format!("{y:>2}: {}\n", runs.join(", ")));
        }
    }
    out
}

fn words(cell: &Cell) -> String {
    let mut words = Vec::new();
    if cell.fg != Color::Reset {
        words.push(format!("{:?}", cell.fg).to_lowercase());
    }
    if cell.bg != Color::Reset {
        words.push(format!("on {:?}", cell.bg).to_lowercase());
    }
    for (modifier, name) in [
        (Modifier::BOLD, "bold"),
        (Modifier::DIM, "dim"),
        (Modifier::UNDERLINED, "underlined"),
        (Modifier::REVERSED, "reversed"),
    ] {
        if cell.modifier.contains(modifier) {
            words.push(name.into());
        }
    }
    words.join(" ")
}
