//! Text fields: what is typed and pasted goes in here and nowhere else.

use tui_input::{Input, InputRequest};

use crate::wizard::{
    connect::Field,
    event::Effect,
    keys::Key,
    rows::Row,
    state::{Editing, Wizard},
};

/// A pasted or typed text is cut at so many characters: no field needs more.
const MAX_FIELD: usize = 2_000;

impl Wizard {
    pub(in crate::wizard) fn edit(&mut self, mut editing: Editing, key: Key) -> Vec<Effect> {
        match key {
            // What can't be taken back takes a deliberate Enter.
            Key::Tab | Key::BackTab if matches!(editing, Editing::Typed(_)) => self.editing = Some(editing),
            Key::Enter | Key::Tab | Key::BackTab => return self.commit(editing),
            Key::Esc => {
                if let Editing::Filter(_) = editing {
                    self.filters.remove(&self.step);
                }
            }
            _ => {
                let input = input_of(&mut editing);
                if let Some(request) = request(key)
                    && (input.value().chars().count() < MAX_FIELD
                        || !matches!(request, InputRequest::InsertChar(_)))
                {
                    input.handle(request);
                }
                let filters = matches!(editing, Editing::Filter(_));
                self.editing = Some(editing);
                if filters {
                    self.find_first_match();
                }
            }
        }
        Vec::new()
    }

    /// Where the filter hides what the cursor was on, it goes to the first row that is left.
    fn find_first_match(&mut self) {
        let rows = self.rows();
        let here = self.cursors.get(&self.step).and_then(|c| c.item.clone());
        let kept = rows
            .iter()
            .any(|r| matches!((r, &here), (Row::Item(a), Some(b)) if a == b));
        if !kept {
            self.cursors.remove(&self.step);
        }
    }

    fn commit(&mut self, editing: Editing) -> Vec<Effect> {
        match editing {
            Editing::Grant(field, input) => return self.commit_grant_field(field, input.value()),
            Editing::UndoPath(input) => return self.commit_undo_path(input.value()),
            Editing::Typed(input) => return self.commit_typed(input.value()),
            Editing::Field(field, input) => {
                self.connect.set(field, input.value().to_owned());
                // The row that starts is what usually comes next.
                if matches!(field, Field::Target | Field::ReportFile) && self.connect.is_complete() {
                    self.connect.cursor = self.connect.fields().len();
                }
            }
            Editing::Filter(input) => {
                self.filters.insert(self.step, input.value().to_owned());
            }
        }
        Vec::new()
    }

    pub(in crate::wizard) fn paste(&mut self, text: &str) -> Vec<Effect> {
        if self.types_in_sheet() {
            self.paste_in_sheet(text);
            return Vec::new();
        }
        if let Some(input) = self.editing.as_mut().map(input_of) {
            let room = MAX_FIELD.saturating_sub(input.value().chars().count());
            for c in text.chars().filter(|c| !c.is_control()).take(room) {
                input.handle(InputRequest::InsertChar(c));
            }
        }
        Vec::new()
    }
}

fn input_of(editing: &mut Editing) -> &mut Input {
    match editing {
        Editing::Field(_, input)
        | Editing::Grant(_, input)
        | Editing::Filter(input)
        | Editing::UndoPath(input)
        | Editing::Typed(input) => input,
    }
}

fn request(key: Key) -> Option<InputRequest> {
    Some(match key {
        Key::Char(c) if !c.is_control() => InputRequest::InsertChar(c),
        Key::Backspace => InputRequest::DeletePrevChar,
        Key::Delete => InputRequest::DeleteNextChar,
        Key::Left => InputRequest::GoToPrevChar,
        Key::Right => InputRequest::GoToNextChar,
        Key::Home | Key::Ctrl('a') => InputRequest::GoToStart,
        Key::End | Key::Ctrl('e') => InputRequest::GoToEnd,
        Key::Ctrl('w') => InputRequest::DeletePrevWord,
        Key::Ctrl('u') => InputRequest::DeleteFromStart,
        Key::Ctrl('k') => InputRequest::DeleteTillEnd,
        _ => return None,
    })
}
