//! The two fields of the panel: the confirmation, which is typed, and the server secret, which is never shown.
//!
//! Both are written at their end only. A paste into the confirmation is ignored: whoever pastes has not read.

use secrecy::SecretString;

use super::{Stage, weigh};
use crate::{
    access::plan::Secret,
    wizard::{
        event::Effect,
        keys::Key,
        state::{Notice, Overlay, Wizard},
    },
};

/// No phrase to be typed is as long as that.
const LONGEST_PHRASE: usize = 200;

/// No server secret is as long as that.
const LONGEST_SECRET: usize = 500;

impl Wizard {
    /// Whether the signal's panel is open and takes text.
    pub fn types_in_sheet(&self) -> bool {
        self.overlay == Some(Overlay::Signal)
            && self
                .signal
                .sheet
                .as_ref()
                .is_some_and(|sheet| matches!(sheet.stage, Stage::Confirm { .. } | Stage::Secret { .. }))
    }

    /// A key in one of the fields.
    pub(in crate::wizard) fn type_in_sheet(&mut self, key: Key) -> Vec<Effect> {
        let Some(sheet) = &mut self.signal.sheet else {
            return Vec::new();
        };
        match (&mut sheet.stage, key) {
            (_, Key::Esc) => sheet.stage = Stage::Preview,
            (Stage::Confirm { .. }, Key::Enter) => return self.confirm_signal(),
            (Stage::Secret { .. }, Key::Enter) => return self.keep_secret(),
            (Stage::Confirm { typed }, key) => edit(typed, key, LONGEST_PHRASE),
            (Stage::Secret { typed }, key) => edit_secret(typed, key),
            _ => {}
        }
        Vec::new()
    }

    /// A paste into one of the fields.
    pub(in crate::wizard) fn paste_in_sheet(&mut self, text: &str) {
        let Some(sheet) = &mut self.signal.sheet else {
            return;
        };
        match &mut sheet.stage {
            Stage::Secret { typed } => {
                for c in text.chars().filter(|c| !c.is_control() && !c.is_whitespace()) {
                    edit_secret(typed, Key::Char(c));
                }
            }
            _ => {
                self.notice = Some(Notice::No(
                    "Pasting is ignored here: what can't be taken back is typed.".into(),
                ));
            }
        }
    }

    /// Enter in the confirmation: weighed once more, by the clock as it is now.
    fn confirm_signal(&mut self) -> Vec<Effect> {
        if self.weigh_again() {
            return Vec::new(); // What it would do has changed: the panel says so and asks again.
        }
        let Some(sheet) = &self.signal.sheet else {
            return Vec::new();
        };
        let Stage::Confirm { typed } = &sheet.stage else {
            return Vec::new();
        };
        let Some(hurdles) = weigh::hurdles(&sheet.shown, typed) else {
            return Vec::new();
        };
        if hurdles.is_clear() {
            return self.send_signal();
        }
        let said = hurdles.in_words();
        let first = said.first().map_or("", String::as_str);
        let more = match said.len() {
            0 | 1 => String::new(),
            n => format!(" (and {} more)", n - 1),
        };
        let end = if first.ends_with('?') { "" } else { "." };
        self.notice = Some(Notice::No(format!("Nothing was sent{more}: {first}{end}")));
        Vec::new()
    }

    /// Enter in the secret's field: it is kept in memory for this one signal, and the ledger is asked for its project.
    fn keep_secret(&mut self) -> Vec<Effect> {
        let Some(sheet) = &mut self.signal.sheet else {
            return Vec::new();
        };
        let stage = std::mem::replace(&mut sheet.stage, Stage::Preview);
        let Stage::Secret { typed } = stage else {
            return Vec::new();
        };
        if typed.expose().is_empty() {
            sheet.secret = None;
            return Vec::new();
        }
        sheet.secret = Some(typed.clone());
        self.look_at_api(Some(typed))
    }
}

fn edit(text: &mut String, key: Key, longest: usize) {
    match key {
        Key::Char(c) if !c.is_control() && text.chars().count() < longest => text.push(c),
        Key::Backspace => {
            text.pop();
        }
        Key::Ctrl('u') => text.clear(),
        Key::Ctrl('w') => {
            let kept = text.trim_end_matches(' ').rfind(' ').map_or(0, |at| at + 1);
            text.truncate(kept);
        }
        _ => {}
    }
}

/// Every version of the text but the last is wiped when it is replaced.
fn edit_secret(typed: &mut Secret, key: Key) {
    let old = typed.expose();
    let kept = match key {
        Key::Char(c) if !c.is_control() && old.chars().count() < LONGEST_SECRET => {
            let mut text = String::with_capacity(old.len() + c.len_utf8());
            text.push_str(old);
            text.push(c);
            text
        }
        Key::Backspace => {
            let end = old.char_indices().next_back().map_or(0, |(at, _)| at);
            old.get(..end).unwrap_or_default().to_owned()
        }
        Key::Ctrl('u') => String::new(),
        _ => return,
    };
    *typed = Secret::new(SecretString::from(kept));
}
