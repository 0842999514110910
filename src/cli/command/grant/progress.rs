//! What an apply or an undo does, on stderr as it does it. No secret comes this way.

use crate::{
    access::plan::{ChangeState, GrantEvent},
    cli::output::Console,
};

/// Tells what goes on.
pub(super) struct Progress<'c> {
    console: &'c Console,
    titles: Vec<String>,
    /// Whether the undo file is one that is on the disk.
    names_undo_file: bool,
    has_waited: bool,
}

impl<'c> Progress<'c> {
    /// With the titles of a plan's changes, which events name by their places.
    pub fn new(console: &'c Console, titles: Vec<String>, names_undo_file: bool) -> Self {
        Self {
            console,
            titles,
            names_undo_file,
            has_waited: false,
        }
    }

    /// Tells one event.
    pub fn tell(&mut self, event: &GrantEvent) {
        match event {
            GrantEvent::UndoFile { path } if self.names_undo_file => {
                self.console.note(&format!("undo file: {path}"));
            }
            GrantEvent::Change { index, state } => self.change(*index, state),
            GrantEvent::Discarded { last4 } => self.console.note(&format!(
                "deleted the key …{last4} of an interrupted run: nobody had its secret"
            )),
            GrantEvent::Waiting {
                elapsed,
                deadline,
                in_a_row,
                last_error,
            } => self.waiting(*elapsed, *deadline, *in_a_row, last_error.as_deref()),
            GrantEvent::Undone { say } => self.console.note(&format!("  - {say}")),
            // The outcome tells these.
            GrantEvent::UndoFile { .. }
            | GrantEvent::Inspected(_)
            | GrantEvent::Planned(_)
            | GrantEvent::Refused(_)
            | GrantEvent::Key { .. }
            | GrantEvent::Verified { .. }
            | GrantEvent::UndoRead(_)
            | GrantEvent::UndoPlanned(_)
            | GrantEvent::Finished => {}
        }
    }

    fn change(&self, index: usize, state: &ChangeState) {
        let title = self.titles.get(index).map_or("a change", String::as_str);
        match state {
            ChangeState::Making => self.console.progress(&format!("{title} …")),
            ChangeState::Made => self.console.note(&format!("  + {title}")),
            ChangeState::Found => self.console.note(&format!("  = {title} (was there)")),
            ChangeState::Failed(_) => self.console.note(&format!("  ✗ {title}")),
        }
    }

    fn waiting(&mut self, elapsed: u64, deadline: u64, in_a_row: u32, last_error: Option<&str>) {
        if !self.has_waited && !self.console.can_repaint() {
            self.console.note(&format!(
                "waiting until AWS agrees with itself, {deadline} seconds at most"
            ));
        }
        self.has_waited = true;
        let said = match (in_a_row, last_error) {
            (0, Some(error)) => format!("; last answer: {error}"),
            (n, _) => format!("; worked {n} times in a row"),
        };
        self.console.progress(&format!(
            "waiting until AWS agrees with itself, {elapsed} of {deadline} s{said}"
        ));
    }
}
