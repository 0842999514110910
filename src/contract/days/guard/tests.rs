//! Ways past the guard, each tried.

use std::collections::BTreeMap;

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::contract::{
    Context,
    days::{
        DatasetDays, DayData, Evidence, SignalDate, SignalFile, SignalsEvidence,
        what_if::{Candidate, what_if},
    },
};

fn june(n: i8) -> PstDay {
    PstDay::from_ymd(2026, 6, n).unwrap()
}

/// Events of 20, 21 and 22 June, 20 June signalled.
fn evidence() -> Evidence {
    let day = |n| {
        let data = DayData {
            rows: 100,
            ..DayData::default()
        };
        (june(n), data)
    };
    let signal = SignalFile {
        rows_read: 1,
        dates: vec![SignalDate {
            day: june(20),
            rows: 1,
            first_row: 0,
        }],
        ..SignalFile::default()
    };
    Evidence {
        events: DatasetDays {
            objects: 3,
            files: 3,
            days: BTreeMap::from([day(20), day(21), day(22)]),
            ..DatasetDays::default()
        },
        signals: SignalsEvidence {
            objects: 1,
            files: vec![signal],
            rows: 1,
            ..SignalsEvidence::default()
        },
        ..Evidence::default()
    }
}

fn at(text: &str) -> Context {
    Context::at(text.parse::<Timestamp>().unwrap())
}

/// 23 June, 21:14 PST.
fn evening() -> Context {
    at("2026-06-23T21:14:00-08:00")
}

fn of(context: &Context, evidence: &Evidence, days: &[PstDay], confirm: &str, accept: &[&str]) -> Hurdles {
    let what = what_if(context, evidence, &Candidate::Dates(days.to_vec()));
    let consent = Consent {
        confirm: (!confirm.is_empty()).then(|| confirm.to_owned()),
        accept: accept.iter().map(|word| (*word).to_owned()).collect(),
    };
    hurdles(&what, *days.last().unwrap(), &consent)
}

#[test]
fn a_clean_signal_needs_its_date_repeated_exactly_and_nothing_else() {
    let of = |confirm| of(&evening(), &evidence(), &[june(22)], confirm, &[]);
    assert!(of("2026-06-22").is_clear());
    for given in [
        "",
        "2026-06-21",
        "2026-6-22",
        "20260622",
        " 2026-06-22",
        "2026-06-22 ",
        "2026-06-22\n",
        "yes",
        "y",
        "２０２６-06-22",
        "2026-06-22 2026-06-22",
        "2026-06-22T00:00:00Z",
    ] {
        let found = of(given);
        assert!(!found.is_clear(), "{given:?}");
        assert_eq!(found.confirm.unwrap().needed, june(22));
    }
}

#[test]
fn the_last_date_given_is_the_one_to_repeat_whatever_the_order() {
    let dates = [june(22), june(21)];
    assert!(of(&evening(), &evidence(), &dates, "2026-06-21", &[]).is_clear());
    assert!(!of(&evening(), &evidence(), &dates, "2026-06-22", &[]).is_clear());
}

#[test]
fn each_consequence_needs_its_own_word_and_the_sentence_says_which() {
    let try_with = |words: &[&str]| of(&evening(), &evidence(), &[june(24)], "2026-06-24", words);
    let needed: Vec<Accept> = try_with(&[]).missing.iter().map(|c| c.accept).collect();
    assert_eq!(needed, [Accept::NotOver, Accept::Future, Accept::Empty]);
    assert!(try_with(&["not-over", "future", "empty"]).is_clear());
    for words in [
        &["not-over", "future"][..],
        &["not-over", "empty"],
        &["future", "empty"],
        &["all"],
        &["not-over,future,empty"],
        &["Not-Over", "Future", "Empty"],
        &["not_over", "future", "empty"],
        &[""],
    ] {
        assert!(!try_with(words).is_clear(), "{words:?}");
    }
    let said = try_with(&["future"]).in_words().join("\n");
    assert!(
        said.contains("2026-06-23 is not over") && said.contains("`not-over`"),
        "{said}"
    );
    assert!(said.contains("`empty`") && !said.contains("`future`"), "{said}");
}

#[test]
fn a_word_accepts_nothing_in_advance() {
    let found = of(&evening(), &evidence(), &[june(22)], "2026-06-22", &["empty"]);
    assert_eq!(found.wrong[0].accept, Some(Accept::Empty));
    assert!(found.in_words()[0].contains("leave it out"));
    let found = of(&evening(), &evidence(), &[june(22)], "2026-06-22", &["emptyy"]);
    assert_eq!(found.wrong[0].accept, None);
}

#[test]
fn the_same_words_do_when_the_command_is_run_again_after_it_broke_off() {
    // 21 June is empty, and its signal was written before the crash; 22 June's was not.
    let mut evidence = evidence();
    evidence.events.days.remove(&june(21));
    let words: &[&str] = &["empty"];
    let dates = [june(21), june(22)];
    assert!(of(&evening(), &evidence, &dates, "2026-06-22", words).is_clear());
    evidence.signals.files[0].dates.push(SignalDate {
        day: june(21),
        rows: 1,
        first_row: 1,
    });
    assert!(of(&evening(), &evidence, &dates, "2026-06-22", words).is_clear());
    // All of it stood: nothing is left to accept, but the date must still be the right one.
    assert!(of(&evening(), &evidence, &[june(21)], "2026-06-21", words).is_clear());
    assert!(!of(&evening(), &evidence, &[june(21)], "2026-06-22", words).is_clear());
}

#[test]
fn what_could_not_be_read_is_no_clean_signal() {
    let mut evidence = evidence();
    evidence.metrics.unknown = Some("metrics/ is not wholly listed (refused)".into());
    let found = of(&evening(), &evidence, &[june(22)], "2026-06-22", &[]);
    assert_eq!(found.missing[0].accept, Accept::Unknown);
    assert!(found.missing[0].say.contains("metrics/ is not wholly listed"));
    assert!(of(&evening(), &evidence, &[june(22)], "2026-06-22", &["unknown"]).is_clear());
}

#[test]
fn a_clock_that_jumps_between_preview_and_sending_changes_the_answer() {
    let dates = [june(23)];
    let mut evidence = evidence();
    evidence.events.days.insert(
        june(23),
        DayData {
            rows: 5,
            ..DayData::default()
        },
    );
    // At the day's last second it is not over; a second later it is.
    let before = at("2026-06-24T07:59:59Z");
    let after = at("2026-06-24T08:00:00Z");
    assert!(!of(&before, &evidence, &dates, "2026-06-23", &[]).is_clear());
    assert!(of(&after, &evidence, &dates, "2026-06-23", &[]).is_clear());
    // Set back by a day or by years, the day lies in the future.
    for earlier in ["2026-06-23T07:59:59Z", "1970-01-01T00:00:00Z"] {
        let found = of(&at(earlier), &evidence, &dates, "2026-06-23", &["not-over"]);
        assert!(
            found.missing.iter().any(|c| c.accept == Accept::Future),
            "{earlier}"
        );
    }
}

#[test]
fn a_far_off_typing_error_is_named_as_such() {
    let typo = PstDay::from_ymd(2062, 6, 22).unwrap();
    let found = of(&evening(), &evidence(), &[typo], "2062-06-22", &[]);
    let future = found.missing.iter().find(|c| c.accept == Accept::Future).unwrap();
    assert!(
        future.say.contains("is the year or month a typing error?"),
        "{}",
        future.say
    );
}

#[test]
fn what_must_be_typed_is_what_lets_it_pass() {
    for day in [june(22), june(23), june(24)] {
        let what = what_if(&evening(), &evidence(), &Candidate::Dates(vec![day]));
        let phrase = phrase(&what, day);
        assert!(
            hurdles(&what, day, &Consent::typed(&phrase)).is_clear(),
            "{phrase}"
        );
        assert!(!hurdles(&what, day, &Consent::typed("")).is_clear());
    }
}

proptest! {
    #[test]
    fn only_the_whole_phrase_passes(first in 18i8..27, last in 18i8..27, noise in "[a-z0-9, -]{0,24}") {
        let what = what_if(&evening(), &evidence(), &Candidate::Dates(vec![june(first), june(last)]));
        let consent = Consent::typed(&noise);
        prop_assert!(!hurdles(&what, june(last), &consent).is_clear());
        // Each word left out is missed.
        let whole = Consent::typed(&phrase(&what, june(last)));
        for at in 0..whole.accept.len() {
            let mut less = whole.clone();
            less.accept.remove(at);
            prop_assert!(!hurdles(&what, june(last), &less).is_clear());
        }
    }
}
