//! A list that keeps its cursor in sight.
//!
//! ```text
//!   ✓ pass  E510 event-name-null     0 in 20,000
//! › ✗ fail  E511 event-name-too-long 12 in 20,000   <- the cursor: a mark, and reversed
//! ```

use ratatui::{buffer::Buffer, layout::Rect, text::Line, widgets::Widget};

use crate::tui::theme::Theme;

/// Lines, one of which is under the cursor.
#[derive(Debug)]
pub struct List {
    /// All lines.
    pub lines: Vec<Line<'static>>,
    /// The line under the cursor.
    pub cursor: Option<usize>,
    /// Whether that line is marked: not while a field in it takes text.
    pub marked: bool,
    /// The styles.
    pub theme: Theme,
}

impl List {
    /// The first line that is drawn in so many rows. The cursor is kept in the middle where the list is longer than
    /// the screen, so that what comes next is always in sight.
    pub fn first(&self, height: usize) -> usize {
        let last_first = self.lines.len().saturating_sub(height);
        self.cursor
            .map_or(0, |c| c.saturating_sub(height / 2))
            .min(last_first)
    }
}

impl Widget for &List {
    fn render(self, area: Rect, buf: &mut Buffer) {
        if area.is_empty() {
            return;
        }
        let first = self.first(usize::from(area.height));
        for (i, (row, line)) in area.rows().zip(self.lines.iter().skip(first)).enumerate() {
            buf.set_line(row.x, row.y, line, row.width);
            if self.marked && Some(first + i) == self.cursor {
                for position in row.positions() {
                    if let Some(cell) = buf.cell_mut(position) {
                        cell.set_style(ratatui::style::Style::reset());
                        cell.set_style(self.theme.cursor());
                    }
                }
                buf.set_stringn(row.x, row.y, "›", 1, self.theme.cursor());
            }
        }
    }
}
