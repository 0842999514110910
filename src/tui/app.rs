//! The loop: what happens becomes an event, the wizard answers with effects, and the screen is drawn once for all that
//! came in the meantime.
//!
//! Keys are read on a thread of their own, since a terminal can only be waited for. Work runs elsewhere and tells of
//! itself by messages; nothing in this loop waits for it, so the screen never freezes.

use std::{io, thread, time::Duration};

use jiff::Timestamp;
use ratatui::crossterm::event;
use tokio::{
    sync::mpsc::{Receiver, Sender},
    time::{Instant, MissedTickBehavior, interval},
};

use super::{frame, input, terminal::Screen, theme::Theme};
use crate::wizard::{Effect, Event, Source, Wizard};

/// What the loop is told.
#[derive(Debug)]
pub enum Message {
    /// For the wizard.
    Event(Event),
    /// The window has another size.
    Resized,
    /// Someone outside asked us to end.
    End,
    /// The keyboard is gone.
    NoInput,
}

/// What happens outside, done by whoever runs the wizard.
pub trait Effects {
    /// Does it, without waiting for it. [`Effect::Copy`], [`Effect::CopySecret`] and [`Effect::Quit`] are the
    /// loop's own and do not come here.
    fn perform(&mut self, effect: Effect);

    /// The time of day; for a scenario, the scenario's own.
    fn now(&self) -> Timestamp;
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The user left.
    Left,
    /// A signal ended it, or the terminal went away.
    Ended,
}

/// The least time between two drawings: results may come faster than eyes can follow.
const FRAME: Duration = Duration::from_millis(33);

/// Shows a wizard until its user leaves.
///
/// # Errors
/// When the terminal can't be taken or drawn on.
pub async fn run(
    wizard: &mut Wizard,
    theme: Theme,
    messages: (Sender<Message>, &mut Receiver<Message>),
    effects: &mut dyn Effects,
) -> io::Result<Ending> {
    let (sender, messages) = messages;
    let mut screen = Screen::take()?;
    read_keys(sender)?;
    let mut seconds = interval(Duration::from_secs(1));
    seconds.set_missed_tick_behavior(MissedTickBehavior::Skip);
    tick(wizard, effects);
    for effect in wizard.begin() {
        effects.perform(effect);
    }
    let mut drawn: Option<Instant> = None;
    let mut pending = true;
    loop {
        if pending && drawn.is_none_or(|at| at.elapsed() >= FRAME) {
            draw(&mut screen, wizard, theme)?;
            drawn = Some(Instant::now());
            pending = false;
        }
        let next_frame = drawn.map_or_else(Instant::now, |at| at + FRAME);
        let message = tokio::select! {
            message = messages.recv() => message.unwrap_or(Message::End),
            _ = seconds.tick() => {
                tick(wizard, effects);
                pending = true;
                continue;
            }
            () = tokio::time::sleep_until(next_frame), if pending => continue,
        };
        pending = true;
        match message {
            Message::End | Message::NoInput => return Ok(Ending::Ended),
            Message::Resized => {}
            Message::Event(event) => {
                for effect in wizard.handle(event) {
                    match effect {
                        Effect::Quit => return Ok(Ending::Left),
                        Effect::Copy { text } => screen.copy(&text)?,
                        Effect::CopySecret { secret } => screen.copy(secret.expose())?,
                        other => effects.perform(other),
                    }
                }
            }
        }
    }
}

/// Tells a live wizard the time; a saved report shows its own.
fn tick(wizard: &mut Wizard, effects: &dyn Effects) {
    if wizard.source == Source::Live {
        wizard.handle(Event::Tick { now: effects.now() });
    }
}

fn draw(screen: &mut Screen, wizard: &mut Wizard, theme: Theme) -> io::Result<()> {
    let mut measure = None;
    screen.terminal.draw(|f| {
        let area = f.area();
        let drawn = frame::render(wizard, theme, area, f.buffer_mut());
        if let Some(position) = drawn.text_cursor {
            f.set_cursor_position(position);
        }
        measure = Some(drawn.measure);
    })?;
    if let Some(measure) = measure {
        wizard.handle(Event::Measured(measure));
    }
    Ok(())
}

/// Reads keys until the loop is gone. The thread can't be joined, since reading can't be stopped; it ends with the
/// process.
fn read_keys(sender: Sender<Message>) -> io::Result<()> {
    thread::Builder::new().name("keys".into()).spawn(move || {
        loop {
            let message = match event::read() {
                Ok(event::Event::Resize(..)) => Message::Resized,
                Ok(event) => match input::event(event) {
                    Some(event) => Message::Event(event),
                    None => continue,
                },
                Err(_) => Message::NoInput,
            };
            let last = matches!(message, Message::NoInput);
            if sender.blocking_send(message).is_err() || last {
                return;
            }
        }
    })?;
    Ok(())
}
