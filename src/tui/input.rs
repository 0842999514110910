//! Key presses as the wizard's keys.

use ratatui::crossterm::event::{Event as TerminalEvent, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::wizard::{Event, Key};

/// A terminal's event as the wizard's; `None` for what it does not listen to, such as key releases.
pub fn event(event: TerminalEvent) -> Option<Event> {
    match event {
        TerminalEvent::Key(press) => key(press).map(Event::Key),
        TerminalEvent::Paste(text) => Some(Event::Paste(text)),
        _ => None,
    }
}

fn key(press: KeyEvent) -> Option<Key> {
    if press.kind == KeyEventKind::Release {
        return None;
    }
    let ctrl = press.modifiers.contains(KeyModifiers::CONTROL);
    if press.modifiers.contains(KeyModifiers::ALT) {
        return None;
    }
    Some(match press.code {
        KeyCode::Char(c) if ctrl => Key::Ctrl(c.to_ascii_lowercase()),
        KeyCode::Char(c) => Key::Char(c),
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Esc,
        KeyCode::Tab if press.modifiers.contains(KeyModifiers::SHIFT) => Key::BackTab,
        KeyCode::Tab => Key::Tab,
        KeyCode::BackTab => Key::BackTab,
        KeyCode::Backspace => Key::Backspace,
        KeyCode::Delete => Key::Delete,
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::Left => Key::Left,
        KeyCode::Right => Key::Right,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        _ => return None,
    })
}
