//! Text that fits: measured in columns, escaped, cut with `…`, wrapped at words.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::Widget,
};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::report::escape;

/// The columns that a text takes once escaped.
pub fn width(text: &str) -> usize {
    escape(text).width()
}

/// A styled piece of text, escaped. The only way in which screens make text.
pub fn span(text: impl AsRef<str>, style: Style) -> Span<'static> {
    Span::styled(escape(text.as_ref()).into_owned(), style)
}

/// A text cut to so many columns, the last of which is then `…`.
pub fn fit(text: &str, columns: usize) -> String {
    let text = escape(text);
    if text.width() <= columns {
        return text.into_owned();
    }
    if columns == 0 {
        return String::new();
    }
    let mut out = String::new();
    let mut used = 0;
    for c in text.chars() {
        let w = c.width().unwrap_or(0);
        if used + w > columns - 1 {
            break;
        }
        used += w;
        out.push(c);
    }
    out.push('…');
    out
}

/// A text cut in its middle, for keys and paths, whose ends say most.
pub fn fit_middle(text: &str, columns: usize) -> String {
    let text = escape(text);
    if text.width() <= columns {
        return text.into_owned();
    }
    if columns < 8 {
        return fit(&text, columns);
    }
    let tail_columns = (columns - 1) * 2 / 3;
    let head_columns = columns - 1 - tail_columns;
    let mut out = String::new();
    let mut used = 0;
    for c in text.chars() {
        let w = c.width().unwrap_or(0);
        if used + w > head_columns {
            break;
        }
        used += w;
        out.push(c);
    }
    out.push('…');
    let mut tail: Vec<char> = Vec::new();
    let mut used = 0;
    for c in text.chars().rev() {
        let w = c.width().unwrap_or(0);
        if used + w > tail_columns {
            break;
        }
        used += w;
        tail.push(c);
    }
    out.extend(tail.into_iter().rev());
    out
}

/// [`fit`], filled with spaces to exactly so many columns.
pub fn pad(text: &str, columns: usize) -> String {
    let mut out = fit(text, columns);
    let used = out.width();
    out.extend(std::iter::repeat_n(' ', columns.saturating_sub(used)));
    out
}

/// [`pad`], with the spaces before the text.
pub fn pad_left(text: &str, columns: usize) -> String {
    let text = fit(text, columns);
    let mut out = " ".repeat(columns.saturating_sub(text.width()));
    out.push_str(&text);
    out
}

/// A text as lines of at most so many columns, broken at spaces, and within words that are longer.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let text = escape(text);
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in text.split(' ') {
        let w = word.width();
        if used > 0 && used + 1 + w <= columns {
            line.push(' ');
            line.push_str(word);
            used += 1 + w;
            continue;
        }
        if used > 0 {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        for c in word.chars() {
            let cw = c.width().unwrap_or(0);
            if used + cw > columns && used > 0 {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push(c);
            used += cw;
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// Takes from a text's start what fits in so many columns: up to the last space that does, else as much as does.
fn split_at_space(text: &mut String, columns: usize) -> String {
    if text.width() <= columns {
        return std::mem::take(text);
    }
    let (mut used, mut end, mut space) = (0, 0, None);
    for (at, c) in text.char_indices() {
        let w = c.width().unwrap_or(0);
        if used + w > columns && at > 0 {
            break;
        }
        used += w;
        end = at + c.len_utf8();
        // Indentation is no place to break at.
        if c == ' ' && !text.get(..at).unwrap_or_default().trim().is_empty() {
            space = Some(end);
        }
    }
    let rest = text.split_off(space.unwrap_or(end));
    std::mem::replace(text, rest)
}

/// Before what goes on from the line above.
pub const GOES_ON: &str = "↳";

/// Lines made one by one, each already as wide as it may be.
#[derive(Debug, Default)]
pub struct Paragraph {
    /// The columns that lines may take.
    columns: usize,
    /// The lines.
    pub lines: Vec<Line<'static>>,
    /// The line that must stay in sight, where there is a cursor.
    pub focus: Option<usize>,
    /// Where the text cursor stands in a field: line and column.
    pub caret: Option<(usize, usize)>,
}

impl Paragraph {
    /// An empty one, for so many columns.
    pub fn new(columns: usize) -> Self {
        Self {
            columns,
            ..Self::default()
        }
    }

    /// The columns that lines may take.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// A line of pieces.
    pub fn line(&mut self, spans: Vec<Span<'static>>) {
        self.lines.push(Line::from(spans));
    }

    /// An empty line.
    pub fn gap(&mut self) {
        self.lines.push(Line::default());
    }

    /// A wrapped text.
    pub fn text(&mut self, text: &str, style: Style) {
        for line in wrap(text, self.columns) {
            self.lines.push(Line::from(span(line, style)));
        }
    }

    /// A line of code, with its indentation; what is longer goes on at the start of the next.
    pub fn code(&mut self, line: &str, style: Style) {
        let escaped = escape(line);
        let columns = self.columns.max(1);
        let (mut piece, mut used) = (String::new(), 0);
        for c in escaped.chars() {
            let w = c.width().unwrap_or(0);
            if used + w > columns && used > 0 {
                self.lines
                    .push(Line::from(span(std::mem::take(&mut piece), style)));
                used = 0;
            }
            used += w;
            piece.push(c);
        }
        self.lines.push(Line::from(span(piece, style)));
    }

    /// A line of code that may be longer than the window is wide: broken at spaces, and what goes on marked by a sign.
    pub fn long_code(&mut self, line: &str, style: Style) {
        let room = self.columns.saturating_sub(2).max(8);
        let mut rest = escape(line).into_owned();
        let mut first = true;
        loop {
            let (head, columns) = if first {
                (String::new(), self.columns.max(8))
            } else {
                (format!("{GOES_ON} "), room)
            };
            let piece = split_at_space(&mut rest, columns);
            self.lines.push(Line::from(span(format!("{head}{piece}"), style)));
            first = false;
            if rest.is_empty() {
                return;
            }
        }
    }

    /// A field that takes text at the moment, with a label before it; the text cursor stands in it.
    pub fn field(&mut self, label: Span<'static>, text: &str, cursor: usize, style: Style) {
        let label_columns = label.width();
        let columns = self.columns.saturating_sub(label_columns).max(2);
        let (shown, at) = crate::tui::frame::field_text(text, cursor, columns);
        self.caret = Some((self.lines.len(), label_columns + at));
        self.lines
            .push(Line::from(vec![label, span(pad(&shown, columns), style)]));
    }

    /// A label, and a wrapped text beside it, hanging.
    pub fn labelled(&mut self, label: &str, label_style: Style, text: &str, style: Style) {
        self.labelled_at_most(usize::MAX, label, label_style, text, style);
    }

    /// [`Paragraph::labelled`] on so many lines at most; what is left out is told by `…`.
    pub fn labelled_at_most(
        &mut self,
        most: usize,
        label: &str,
        label_style: Style,
        text: &str,
        style: Style,
    ) {
        const LABEL: usize = 10;
        let room = self.columns.saturating_sub(LABEL).max(8);
        let mut lines = wrap(text, room);
        if lines.len() > most {
            lines.truncate(most);
            if let Some(last) = lines.last_mut() {
                *last = format!("{}…", fit(last, room - 1).trim_end_matches('…'));
            }
        }
        for (i, line) in lines.into_iter().enumerate() {
            let label = if i == 0 { label } else { "" };
            self.lines.push(Line::from(vec![
                span(pad(label, LABEL), label_style),
                span(line, style),
            ]));
        }
    }
}

impl Widget for &Paragraph {
    fn render(self, area: Rect, buf: &mut Buffer) {
        for (y, line) in area.rows().zip(&self.lines) {
            buf.set_line(y.x, y.y, line, y.width);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wide_and_hostile_names_keep_the_columns() {
        assert_eq!(fit("購入イベント", 5), "購入…");
        assert_eq!(pad("購入", 6), "購入  ");
        assert_eq!(fit("a\u{1b}[2Jb", 40), "a\\u{1b}[2Jb");
        assert_eq!(
            fit_middle("events/2026-06-22/part-0001.parquet", 20),
            "events/…0001.parquet"
        );
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("", 4), [""]);
    }

    proptest! {
        #[test]
        fn no_text_is_wider_than_its_place(text in any::<String>(), columns in 0usize..40) {
            prop_assert!(fit(&text, columns).width() <= columns);
            prop_assert!(fit_middle(&text, columns).width() <= columns);
            for line in wrap(&text, columns.max(2)) {
                prop_assert!(line.width() <= columns.max(2), "{line:?}");
            }
        }

        #[test]
        fn padding_fills_exactly(text in "[a-z 購é]{0,30}", columns in 2usize..40) {
            let w = pad(&text, columns).width();
            prop_assert!(w == columns, "{w}");
        }
    }
}
