//! Days that wait for their signal, on the practice account: found, understood, signalled, and what came of it.

use super::*;
use crate::calendar::DayState;

/// Five days wait; those of the 21st and the 22nd with reason.
const WAITING: &str = "demo:waiting-days";

impl Person {
    /// At the calendar, once the bucket was read.
    async fn at_the_calendar() -> Self {
        let mut person = Self::at(WAITING);
        person.rest().await;
        person.press("6");
        person
    }

    /// The states of days of June, and why.
    fn days(&self, june: std::ops::RangeInclusive<i8>) -> Vec<(DayState, String)> {
        let report = self.wizard.report.as_ref().unwrap();
        let of = |date: i8| {
            let date = format!("2026-06-{date:02}");
            let day = report.calendar.days.iter().find(|day| day.day == date).unwrap();
            (day.state, day.reason.clone().unwrap_or_default())
        };
        june.map(of).collect()
    }

    /// Until the signal is told, and the days were read again.
    async fn signalled(&mut self) {
        while !self.wizard.signal.is_told() {
            match self.messages.recv().await {
                Some(Message::Event(event)) => self.tell(event),
                _ => panic!("nobody tells anything any more"),
            }
        }
        self.rest().await;
    }

    /// Moves the account's clock, and reads what is said of it.
    async fn wait(&mut self, edit: PracticeEdit) -> String {
        self.edit(edit).await;
        let answer = self.wizard.practice.answer.take().unwrap();
        self.press("\u{1b}");
        let now = self.driver.now();
        self.tell(Event::Tick { now });
        answer.said.unwrap().join("\n")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_finds_the_ready_days_sees_why_two_are_not_signals_three_and_sees_the_effect() {
    let mut person = Person::at_the_calendar().await;
    let found = person.days(18..=22);
    assert!(
        found[..3].iter().all(|(state, _)| *state == DayState::Ready),
        "{found:?}"
    );
    assert!(
        found[3..].iter().all(|(state, _)| *state == DayState::Landed),
        "{found:?}"
    );
    assert_eq!(found[3].1, "metrics/ has no data of this day");
    assert!(found[4].1.starts_with("findings that fail: E512"), "{found:?}");

    // The cursor stands on the newest ready day; a range back over the other two.
    person.press(" hhs\n2026-06-20\n");
    person.signalled().await;
    let found = person.days(18..=22);
    assert!(
        found[..3].iter().all(|(state, _)| *state == DayState::Signalled),
        "{found:?}"
    );
    assert!(
        found[3..].iter().all(|(state, _)| *state == DayState::Landed),
        "{found:?}"
    );

    let said = person.wait(PracticeEdit::Hour).await;
    assert!(
        said.contains("ingested 2026-06-18 to 2026-06-20: 3,849 events, 2,282 metric rows"),
        "{said}"
    );
    assert!(!said.contains("Lost"), "{said}");
    // The missing metrics come, and the day with them; the failing one goes on waiting.
    let said = person.wait(PracticeEdit::Day).await;
    assert!(
        said.contains("export of 2026-06-21 landed, 815 metric rows"),
        "{said}"
    );
    person.press("R");
    person.rest().await;
    let found = person.days(21..=22);
    assert_eq!((found[0].0, found[1].0), (DayState::Ready, DayState::Landed));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signals_the_two_all_the_same_types_what_it_costs_and_sees_what_was_lost() {
    let mut person = Person::at_the_calendar().await;
    person.press("lls\n2026-06-22\n");
    assert!(!person.wizard.is_signalling(), "the date alone is not enough");
    person.press(" failing half\n");
    person.signalled().await;

    let said = person.wait(PracticeEdit::Hour).await;
    assert!(said.contains("ingested 2026-06-18 to 2026-06-22"), "{said}");
    assert!(
        said.contains("Lost: 2026-06-21 had no metrics when loaded"),
        "{said}"
    );
    let said = person.wait(PracticeEdit::Day).await;
    assert!(
        said.contains("Lost: 815 rows of 2026-06-21 came after that day was loaded"),
        "{said}"
    );
    person.press("R");
    person.rest().await;
    let found = person.days(21..=22);
    assert_eq!(
        (found[0].0, found[1].0),
        (DayState::Late, DayState::Signalled),
        "{found:?}"
    );
}
