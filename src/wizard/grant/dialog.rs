//! What keys do while a dialog of step 2 is open: a plan to apply, an undo, a printed plan. Letters typed before Enter are
//! most likely meant for the field that Enter opens, so that they command nothing.

use crate::wizard::{
    keys::{Action, Key, action},
    state::{Overlay, Wizard},
};

impl Wizard {
    /// Why an action does nothing while such a dialog is open; `None` where it acts.
    pub(in crate::wizard) fn refused_in_dialog(&self, asked: Action) -> Option<&'static str> {
        use Action as A;
        let own: &[Action] = match &self.overlay {
            Some(Overlay::Confirm(_)) => &[],
            Some(Overlay::Undo) => &[A::Next, A::Previous, A::Undo],
            Some(Overlay::PrintAs(_)) => &[
                A::Next,
                A::Previous,
                A::Left,
                A::Right,
                A::PrintAs,
                A::Copy,
                A::CopyCommand,
                A::Export,
            ],
            _ => return None,
        };
        let acts = match asked {
            A::Open | A::Back | A::Go(_) | A::Help | A::Quit | A::QuitAtOnce => true,
            A::Up | A::Down | A::PageUp | A::PageDown | A::First | A::Last => true,
            other => own.contains(&other),
        };
        (!acts).then(|| self.dialog_words())
    }

    /// Why a key does nothing here though no action refuses it: a letter that is bound to nothing, or, where a name is to
    /// be typed, one that would scroll.
    pub(in crate::wizard) fn deaf_dialog(&self, key: Key) -> Option<&'static str> {
        let Key::Char(c) = key else { return None };
        let acts = c.is_ascii_digit() || c == 'q' || c == '?';
        match &self.overlay {
            Some(Overlay::Confirm(confirm)) if !acts && self.must_be_typed(*confirm).is_some() => {
                Some(self.dialog_words())
            }
            Some(Overlay::Confirm(_) | Overlay::Undo | Overlay::PrintAs(_))
                if !acts && action(key).is_none() =>
            {
                Some(self.dialog_words())
            }
            _ => None,
        }
    }

    /// What acts instead.
    fn dialog_words(&self) -> &'static str {
        match &self.overlay {
            Some(Overlay::Confirm(confirm)) if self.must_be_typed(*confirm).is_some() => {
                "Enter opens the field; Esc closes the panel"
            }
            Some(Overlay::Undo) if self.grant.undo.path.is_empty() && !self.is_practice() => {
                "Enter opens the field; Esc closes the panel"
            }
            Some(Overlay::PrintAs(_)) => "Tab, y and x act here; Esc closes the panel",
            Some(Overlay::Undo) => "Enter and Tab act here; Esc closes the panel",
            _ => "Enter goes on; Esc closes the panel",
        }
    }
}
