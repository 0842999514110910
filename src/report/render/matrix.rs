//! The reader's access as a small table: list, read and write over the three folders and elsewhere.

use unicode_width::UnicodeWidthStr;

use super::{Style, pad, paragraph};
use crate::{
    access::{
        AccessView, Truth,
        view::{AccessAction, AccessCell, Seen},
    },
    report::{Status, words::grouped},
};

/// Columns before the table.
const INDENT: usize = 2;
/// Columns of a line's name.
const NAME: usize = 7;
/// What could not be seen is told so far; the JSON holds it all.
const SHOWN_UNSEEN: usize = 4;

/// How a cell stands beside what is needed, and in words what it rests on.
pub fn cell_words(cell: &AccessCell) -> (Status, String) {
    let good = |open: bool| match (cell.needed, open) {
        (true, true) | (false, false) => Status::Pass,
        (true, false) => Status::Fail,
        (false, true) => Status::Warn,
    };
    let differs = match (&cell.seen, cell.predicted) {
        (Seen::Allowed { .. }, Truth::No) => ", policies say no",
        (Seen::Refused { .. }, Truth::Yes) => ", policies say yes",
        _ => "",
    };
    match (&cell.seen, cell.predicted) {
        (Seen::Allowed { objects }, _) => {
            let words = match cell.needed {
                true => format!("{} seen{differs}", grouped(*objects)),
                false => format!("open{differs}"),
            };
            (good(true), words)
        }
        (Seen::Refused { refused, of }, _) if refused < of => (
            good(false),
            format!("{} of {} refused{differs}", grouped(*refused), grouped(*of)),
        ),
        (Seen::Refused { .. }, _) => (good(false), format!("refused{differs}")),
        (Seen::NotTried, Truth::Yes) => (good(true), "yes, by policy".into()),
        (Seen::NotTried, Truth::No) => (good(false), "no, by policy".into()),
        (Seen::NotTried, Truth::Unknown) => (Status::Unknown, "not known".into()),
    }
}

const fn action_name(action: AccessAction) -> &'static str {
    match action {
        AccessAction::List => "list",
        AccessAction::Read => "read",
        AccessAction::Write => "write",
    }
}

/// The table, and what could not be seen. Where the table has no room, a line an action.
pub(super) fn matrix(out: &mut String, view: &AccessView, style: Style) {
    let shown = |cell: &AccessCell| {
        let (status, words) = cell_words(cell);
        (status, format!("{} {words}", status.glyph()))
    };
    let columns = view.rows.iter().map(|row| row.cells.len()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|at| {
            let cells = view.rows.iter().filter_map(|row| row.cells.get(at));
            let widths = cells.map(|cell| shown(cell).1.width().max(cell.place.width()));
            widths.max().unwrap_or(0) + 2
        })
        .collect();
    let whole = INDENT + NAME + widths.iter().sum::<usize>();
    if whole <= style.width {
        if let Some(row) = view.rows.first() {
            let places = row.cells.iter().zip(&widths);
            let line: String = places.map(|(cell, width)| pad(&cell.place, *width)).collect();
            let line = format!("{:1$}{line}", "", INDENT + NAME);
            out.push_str(&format!("{}\n", style.faint(line.trim_end())));
        }
        for row in &view.rows {
            let mut line = format!("{:INDENT$}{}", "", pad(action_name(row.action), NAME));
            for (number, (cell, width)) in row.cells.iter().zip(&widths).enumerate() {
                let (status, words) = shown(cell);
                let last = number + 1 == row.cells.len();
                let padded = if last { words } else { pad(&words, *width) };
                line.push_str(&style.status(status, &padded));
            }
            out.push_str(&format!("{line}\n"));
        }
    } else {
        for row in &view.rows {
            let cells = row
                .cells
                .iter()
                .map(|cell| format!("{} {}", cell.place, shown(cell).1));
            let line = cells.collect::<Vec<_>>().join("; ");
            paragraph(out, &pad(action_name(row.action), NAME), &line, INDENT, style);
        }
    }
    // That it agrees is no news.
    for says in view.simulator.iter().filter(|says| says.differs) {
        paragraph(out, "simulator: ", &says.say, INDENT, style);
    }
    for unseen in view.unseen.iter().take(SHOWN_UNSEEN) {
        let line = format!("{}: {}", unseen.what, unseen.why);
        paragraph(out, "not seen: ", &line, INDENT, style);
    }
    if let Some(more) = view
        .unseen
        .len()
        .checked_sub(SHOWN_UNSEEN)
        .filter(|more| *more > 0)
    {
        let line = format!("{more} more in the JSON report");
        paragraph(out, "not seen: ", &line, INDENT, style);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::access::view::AccessRow;

    fn view(write_elsewhere: Truth) -> AccessView {
        let cell = |place: &str, needed, predicted, seen| AccessCell {
            place: place.into(),
            needed,
            predicted,
            seen,
        };
        let row = |action, cells: [AccessCell; 2]| AccessRow {
            action,
            cells: cells.into(),
        };
        let refused = |refused, of| Seen::Refused { refused, of };
        AccessView {
            rows: vec![
                row(
                    AccessAction::List,
                    [
                        cell("events/", true, Truth::Yes, Seen::Allowed { objects: 1400 }),
                        cell("elsewhere", false, Truth::No, refused(1, 1)),
                    ],
                ),
                row(
                    AccessAction::Read,
                    [
                        cell("events/", true, Truth::Yes, refused(3, 14)),
                        cell("elsewhere", false, Truth::Unknown, Seen::NotTried),
                    ],
                ),
                row(
                    AccessAction::Write,
                    [
                        cell("events/", false, Truth::No, Seen::NotTried),
                        cell("elsewhere", false, write_elsewhere, Seen::NotTried),
                    ],
                ),
            ],
            ..AccessView::default()
        }
    }

    #[test]
    fn a_cell_says_by_sign_and_word_whether_it_is_as_it_should_be() {
        let mut out = String::new();
        let style = Style {
            color: false,
            width: 80,
        };
        matrix(&mut out, &view(Truth::Yes), style);
        let expected = [
            "         events/                              elsewhere",
            "  list   ✓ 1,400 seen                         ✓ refused",
            "  read   ✗ 3 of 14 refused, policies say yes  ? not known",
            "  write  ✓ no, by policy                      ! yes, by policy",
        ];
        assert_eq!(out.lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_narrow_page_loses_no_cell() {
        let mut out = String::new();
        let style = Style {
            color: false,
            width: 40,
        };
        matrix(&mut out, &view(Truth::No), style);
        for words in ["1,400", "3 of 14", "elsewhere", "not known"] {
            assert!(out.contains(words), "{out}");
        }
        assert!(out.lines().all(|line| line.width() <= 40), "{out}");
    }
}
