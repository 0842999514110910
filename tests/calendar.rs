//! What a user sees of the calendar and does with it: days chosen, what a signal of them would do, and the signal itself,
//! which can't be taken back and so is the hardest thing to do by accident.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "screens/draw.rs"]
mod draw;

#[path = "calendar/api.rs"]
mod api;
#[path = "calendar/days.rs"]
mod days;
#[path = "calendar/guards.rs"]
mod guards;
#[path = "calendar/month.rs"]
mod month;
#[path = "calendar/pictures.rs"]
mod pictures;

use bucket_ready::{
    report::{Check, Status},
    rule::{Rule, Subject},
    wizard::{Effect, Event, Key, Lane, Wizard, signal::SignalEvent},
};

/// A check that found nothing.
fn judged(rule: &Rule, subject: Subject) -> Check {
    Check {
        code: rule.code,
        slug: rule.slug.into(),
        title: rule.title.into(),
        category: rule.category,
        status: Status::Pass,
        required: true,
        subject: subject.as_str().into(),
        count: Some(0),
        unit: rule.unit,
        checked: Some(1),
        of: Some(1),
        share_below: None,
        samples: Vec::new(),
        cause: None,
        next: None,
        blocked_by: None,
        basis: rule.basis,
    }
}

fn press(wizard: &mut Wizard, key: Key) -> Vec<Effect> {
    wizard.handle(Event::Key(key))
}

/// Presses each character; answers what the last one asked for.
fn type_text(wizard: &mut Wizard, text: &str) -> Vec<Effect> {
    text.chars()
        .map(|c| press(wizard, Key::Char(c)))
        .last()
        .unwrap_or_default()
}

/// Moves the cursor to a day, by days.
fn go_to(wizard: &mut Wizard, day: bucket_ready::calendar::PstDay) {
    let by = day.epoch_day() - wizard.day().unwrap().epoch_day();
    let key = if by < 0 { Key::Left } else { Key::Right };
    for _ in 0..by.abs() {
        press(wizard, key);
    }
    assert_eq!(wizard.day(), Some(day));
}

/// The sender tells something on the newest run.
fn told(wizard: &mut Wizard, event: SignalEvent) -> Vec<Effect> {
    let run = wizard.signal.run;
    wizard.handle(Event::Signal {
        run,
        event: Lane::Did(Box::new(event)),
    })
}

fn notice(wizard: &Wizard) -> &str {
    wizard.notice.as_ref().map_or("", |notice| notice.text())
}
