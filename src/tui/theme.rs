//! The one page of colours: the 16 of ANSI and the default foreground and background, nothing else.
//!
//! No state is told by colour alone, so a theme without any colours loses nothing. It has to hold none at all:
//! crossterm 0.29 answers a coloured cell under `NO_COLOR` with a reset, which would take bold and reverse with it.

use ratatui::style::{Color, Modifier, Style};

use crate::wizard::Mark;

/// Tells crossterm whether colours are wanted, whatever the environment says: `--color always` is stronger than
/// `NO_COLOR`.
pub fn allow_colours(wanted: bool) {
    ratatui::crossterm::style::force_color_output(wanted);
}

/// Which styles to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme {
    colours: bool,
}

impl Theme {
    /// With the 16 colours of ANSI.
    pub const COLOUR: Self = Self { colours: true };
    /// Without any colour: bold, dim, reverse and underline only.
    pub const PLAIN: Self = Self { colours: false };

    /// By whether colours are wanted.
    pub const fn with_colours(colours: bool) -> Self {
        Self { colours }
    }

    fn fg(self, color: Color) -> Style {
        if self.colours {
            Style::new().fg(color)
        } else {
            Style::new()
        }
    }

    /// Ordinary text.
    pub fn text(self) -> Style {
        Style::new()
    }

    /// Text of less importance.
    pub fn dim(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// Titles and names.
    pub fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// Headings in lists and panels.
    pub fn heading(self) -> Style {
        self.fg(Color::Cyan).add_modifier(Modifier::BOLD)
    }

    /// Lines and frames.
    pub fn line(self) -> Style {
        self.dim()
    }

    /// The row under the cursor. It replaces the row's own styles.
    pub fn cursor(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// A field that takes text.
    pub fn field(self) -> Style {
        Style::new().add_modifier(Modifier::UNDERLINED)
    }

    /// A key's name.
    pub fn key(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// Commands to paste.
    pub fn command(self) -> Style {
        self.fg(Color::Cyan)
    }

    /// A state's glyph and word.
    pub fn mark(self, mark: Mark) -> Style {
        match mark {
            Mark::Pass => self.fg(Color::Green),
            Mark::Warn => self.fg(Color::Yellow),
            Mark::Fail => self.fg(Color::Red).add_modifier(Modifier::BOLD),
            Mark::Unknown => self.fg(Color::Magenta),
            Mark::Info => self.fg(Color::Blue),
            Mark::Working => self.fg(Color::Cyan),
            Mark::Skipped | Mark::ToDo => self.dim(),
        }
    }
}
