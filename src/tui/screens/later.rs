//! Steps 2 and 3, which this version does not have: why, and what there is in the meantime.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::Line,
    widgets::{StatefulWidget, Widget},
};

use super::{Columns, body, check_line};
use crate::{
    tui::{
        frame::{Drawn, Look},
        widgets::{Paragraph, span},
    },
    wizard::{Source, Step},
};

/// The screen.
#[derive(Clone, Copy, Debug)]
pub struct Later<'a>(pub Look<'a>);

impl StatefulWidget for Later<'_> {
    type State = Drawn;

    fn render(self, area: Rect, buf: &mut Buffer, _: &mut Drawn) {
        let look = self.0;
        let status = look.wizard.status(look.wizard.step);
        let state = format!("{} {}", status.mark.glyph(), status.word);
        let content = body(look, area, vec![span(state, look.theme.mark(status.mark))], buf);
        let mut text = Paragraph::new(usize::from(content.width.saturating_sub(6)).min(96));
        text.gap();
        let saved = matches!(look.wizard.source, Source::Saved { .. });
        match look.wizard.step {
            Step::Grant if saved => text.text(
                "A saved report can't grant anything. Open the bucket itself to change who may read it.",
                look.theme.text(),
            ),
            Step::Grant => {
                text.text(
                    "Granting is not yet in this version: creating the reader's user, its policy and its key.",
                    look.theme.text(),
                );
                text.gap();
                text.text(
                    "Until then: give an IAM user s3:ListBucket on the bucket, limited by s3:prefix to events/, metrics/ \
                     and signals/, and s3:GetObject on the objects under them. Then check the bucket with that user's \
                     key (1 Connect, the reader's own key).",
                    look.theme.dim(),
                );
            }
            _ => {
                text.text(
                    "The access screen is not yet in this version: what policies predict beside what the key was seen \
                     to do.",
                    look.theme.text(),
                );
                text.gap();
                text.text("What this run met:", look.theme.dim());
            }
        }
        let mut y = content.y;
        for line in &text.lines {
            if y < content.bottom() {
                buf.set_line(content.x + 3, y, line, content.width.saturating_sub(3));
            }
            y += 1;
        }
        if look.wizard.step == Step::Access {
            self.met(
                Rect {
                    y,
                    height: content.bottom().saturating_sub(y),
                    ..content
                },
                buf,
            );
        }
    }
}

impl Later<'_> {
    fn met(&self, area: Rect, buf: &mut Buffer) {
        let look = self.0;
        let columns = Columns::for_checks(
            look.wizard.checks_of(Step::Access),
            usize::from(area.width.saturating_sub(1)),
        );
        let lines: Vec<Line<'static>> = look
            .wizard
            .checks_of(Step::Access)
            .map(|c| check_line(look, c, 2, columns, true))
            .collect();
        if lines.is_empty() {
            let mut text = Paragraph::new(usize::from(area.width));
            text.line(vec![span("   nothing about access", look.theme.dim())]);
            (&text).render(area, buf);
        }
        for (row, line) in area.rows().zip(&lines) {
            buf.set_line(row.x + 1, row.y, line, row.width.saturating_sub(1));
        }
    }
}
