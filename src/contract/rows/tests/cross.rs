//! Tests of `cross`.

use super::*;
use crate::contract::cross;

/// Events whose users have these ids.
fn with_ids(ids: impl Iterator<Item = String>) -> (Tally, Scope) {
    let rows: Vec<_> = ids
        .map(|custom| Event {
            user: Some(format!(r#"{{"custom":{{}},{custom}}}"#)),
            ..Event::default()
        })
        .collect();
    tally(
        Dataset::Events,
        &[(plan(Dataset::Events, "e", None), events(&rows))],
    )
}

fn with_units(id_type: &str, ids: impl Iterator<Item = String>) -> (Tally, Scope) {
    let rows: Vec<_> = ids
        .map(|id| Metric {
            id_type: Some(id_type.to_owned()),
            unit_id: Some(id),
            ..Metric::default()
        })
        .collect();
    tally(
        Dataset::Metrics,
        &[(plan(Dataset::Metrics, "m", None), metrics(&rows))],
    )
}

fn found(events: &(Tally, Scope), metrics: &(Tally, Scope)) -> BTreeMap<String, u64> {
    let outcomes = cross::outcomes(Some((&events.0, &events.1)), Some((&metrics.0, &metrics.1)));
    assert_eq!(outcomes.len(), 3);
    assert!(
        outcomes.iter().all(|outcome| judged(outcome).is_some()),
        "{outcomes:?}"
    );
    counts(&outcomes)
}

fn users(range: std::ops::Range<u32>) -> impl Iterator<Item = String> {
    range.map(|n| format!(r#""userID":"{n:05}","customIDs":{{}}"#))
}

fn units(range: std::ops::Range<u32>) -> impl Iterator<Item = String> {
    range.map(|n| format!("{n:05}"))
}

fn codes(expected: &[(&str, u64)]) -> BTreeMap<String, u64> {
    expected
        .iter()
        .map(|(code, count)| ((*code).to_owned(), *count))
        .collect()
}

#[test]
fn a_hundred_unit_ids_without_one_event_are_disjoint_and_fewer_say_nothing() {
    let logged = with_ids(users(0..500));
    assert_eq!(
        found(&logged, &with_units("user_id", units(1_000..1_100))),
        codes(&[("X801", 100)])
    );
    assert_eq!(
        found(&logged, &with_units("user_id", units(1_000..1_099))),
        codes(&[])
    );
    assert_eq!(
        found(&logged, &with_units("user_id", units(499..1_000))),
        codes(&[])
    );
    // A hundred rows of one id are one id.
    let one = with_units("user_id", std::iter::repeat_n("x".to_owned(), 200));
    assert_eq!(found(&logged, &one), codes(&[]));
    // Ids are compared within their type.
    let stable = with_ids((0..500).map(|n| format!(r#""customIDs":{{"stableID":"{n:05}"}}"#)));
    assert_eq!(
        found(&stable, &with_units("stable_id", units(0..200))),
        codes(&[])
    );
    assert_eq!(
        found(&stable, &with_units("user_id", units(0..200))),
        codes(&[("X801", 200)])
    );
    // Numbers are ids by their digits.
    let numbers = with_ids((10_000..10_500).map(|n| format!(r#""userID":{n},"customIDs":{{}}"#)));
    assert_eq!(
        found(&numbers, &with_units("user_id", units(10_000..10_200))),
        codes(&[])
    );
}

#[test]
fn many_ids_are_compared_without_losing_any() {
    let logged = with_ids(users(0..30_000));
    let (metrics, scope) = with_units("user_id", units(0..99_999).filter(|id| id.ends_with("99")));
    let metrics = (metrics, scope);
    assert_eq!(found(&logged, &metrics), codes(&[]));
    let apart = with_units("user_id", units(40_000..99_999).filter(|id| id.ends_with("99")));
    assert_eq!(found(&logged, &apart), codes(&[("X801", 599)]));
}

#[test]
fn ids_that_look_different_are_told_by_what_differs() {
    let of = |spell: fn(u32) -> String| (0..50).map(spell);
    let logged = |spell: fn(u32) -> String| {
        with_ids(of(spell).map(|id| format!(r#""userID":"{id}","customIDs":{{}}"#)))
    };
    type Spelled = fn(u32) -> String;
    let cases: &[(&str, Spelled, Spelled, Option<&str>)] = &[
        ("the same", |n| format!("u{n:04}"), |n| format!("u{n:04}"), None),
        (
            "others alike",
            |n| format!("u{n:04}"),
            |n| format!("u{:04}", n + 100),
            None,
        ),
        (
            "lengths that meet",
            |n| format!("{n}"),
            |n| format!("{}", n * 1_000 + 77),
            None,
        ),
        (
            "padded",
            |n| format!("{n}"),
            |n| format!("{n:010}"),
            Some("10 characters in metrics, 1 to 2 characters in events"),
        ),
        (
            "case",
            |n| format!("ab{n:02}"),
            |n| format!("AB{n:02}"),
            Some("all have lower-case letters in events, none in metrics"),
        ),
        (
            "dashes",
            |n| format!("ab-{n:02}"),
            |n| format!("abc{n:02}"),
            Some("all have dashes in events, none in metrics"),
        ),
        (
            "prefix with a sign",
            |n| format!("u_{n:02}x"),
            |n| format!("c_{n:02}x"),
            Some("all begin with `c_`"),
        ),
        (
            "letters that time makes",
            |n| format!("cl9{n:04}"),
            |n| format!("cm1{n:04}"),
            None,
        ),
        (
            "prefix",
            |n| format!("web{n:02}"),
            |n| format!("app{n:02}"),
            Some("all begin with `app"),
        ),
        (
            "one common id",
            |n| format!("u{n:04}"),
            |n| {
                if n == 7 {
                    "u0007".into()
                } else {
                    format!("UID-{n}")
                }
            },
            None,
        ),
    ];
    for (label, of_events, of_metrics, told) in cases {
        let events = logged(*of_events);
        let metrics = with_units("user_id", of(*of_metrics));
        let outcomes = cross::outcomes(Some((&events.0, &events.1)), Some((&metrics.0, &metrics.1)));
        let judged = judged(of_code(&outcomes, "X802")).unwrap();
        assert_eq!(
            judged.count,
            if told.is_some() { 50 } else { 0 },
            "{label}: {judged:?}"
        );
        assert_eq!(judged.samples.is_empty(), told.is_none());
        if let Some(told) = told {
            let cause = judged.cause.as_deref().unwrap();
            assert!(cause.contains(told), "{label}: {cause}");
        }
    }
    // Nineteen show nothing.
    let events = with_ids(users(0..19));
    let metrics = with_units("user_id", (0..50).map(|n| format!("UID-{n}")));
    assert_eq!(found(&events, &metrics), codes(&[]));
}

#[test]
fn an_id_type_that_no_event_carries_is_told() {
    let company = r#""userID":"u","customIDs":{"company_id":"c1","teamID":"t","empty":""}"#;
    let logged = with_ids(std::iter::once(company.to_owned()));
    let bare = with_ids(std::iter::once(r#""userID":"u","customIDs":{}"#.to_owned()));
    for (id_type, in_logged, in_bare) in [
        ("company_id", 0, 3),
        ("teamID", 0, 3),
        ("teamid", 3, 3),
        ("empty", 3, 3),
        ("user_id", 0, 0),
        ("stable_id", 0, 0),
        ("userID", 0, 0),
    ] {
        let metrics = with_units(id_type, units(0..3));
        let count = |events| found(events, &metrics).get("X803").copied().unwrap_or(0);
        assert_eq!((count(&logged), count(&bare)), (in_logged, in_bare), "{id_type}");
    }
}

#[test]
fn what_is_not_known_of_one_side_is_not_known_of_both() {
    let logged = with_ids(users(0..500));
    let same = with_units("user_id", units(0..200));
    let apart = with_units("user_id", units(1_000..1_200));
    let with = |events: Option<(&Tally, &Scope)>, metrics: Option<(&Tally, &Scope)>| {
        cross::outcomes(events, metrics)
    };
    let unknown = |outcome: &Outcome| matches!(outcome.found, Found::Unknown { .. });
    let skipped = |outcome: &Outcome| match &outcome.found {
        Found::Skipped { blocked_by, .. } => blocked_by.map(|code| code.to_string()),
        _ => None,
    };
    // A sample finds, but does not clear.
    let mut sampled = Scope::new(Dataset::Events, true);
    sampled.file(&plan(Dataset::Events, "e", None), 10_000);
    assert!(
        with(Some((&logged.0, &sampled)), Some((&same.0, &same.1)))
            .iter()
            .all(unknown)
    );
    let found = with(Some((&logged.0, &sampled)), Some((&apart.0, &apart.1)));
    let disjoint = judged(of_code(&found, "X801")).unwrap();
    assert_eq!(disjoint.count, 200);
    assert!(
        disjoint.cause.as_deref().unwrap().contains("500 of 10,000 rows"),
        "{disjoint:?}"
    );
    // Nor does a read that was refused in part.
    let mut torn = logged.1.clone();
    torn.unread("refused");
    assert!(
        with(Some((&logged.0, &torn)), Some((&same.0, &same.1)))
            .iter()
            .all(unknown)
    );
    // A folder that is not there leaves nothing to compare.
    for outcomes in [
        with(None, Some((&same.0, &same.1))),
        with(Some((&logged.0, &logged.1)), None),
    ] {
        assert!(
            outcomes
                .iter()
                .all(|outcome| skipped(outcome).as_deref() == Some("L301"))
        );
    }
    let mut empty = Scope::new(Dataset::Events, false);
    empty.empty_folder();
    let none = Tally::new(&context(), Dataset::Events);
    let outcomes = with(Some((&none, &empty)), Some((&same.0, &same.1)));
    assert!(
        outcomes
            .iter()
            .all(|outcome| skipped(outcome).as_deref() == Some("L301"))
    );
    // No rows, no pass.
    let unseen = Scope::new(Dataset::Events, false);
    assert!(
        with(Some((&none, &unseen)), Some((&same.0, &same.1)))
            .iter()
            .all(unknown)
    );
    // Events without a readable user say why.
    let mut blind = Scope::new(Dataset::Events, false);
    let readings: Vec<_> = readings(Dataset::Events)
        .into_iter()
        .filter(|(c, _)| *c != Column::User)
        .collect();
    blind.file(
        &FilePlan::new(Dataset::Events, Arc::from("e"), None, &readings),
        10,
    );
    let outcomes = with(Some((&none, &blind)), Some((&same.0, &same.1)));
    assert!(
        outcomes
            .iter()
            .all(|outcome| skipped(outcome).as_deref() == Some("S402"))
    );
}
