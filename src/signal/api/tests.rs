//! What is sent, how often, and what is told of it; against a server that does as it is told.

use std::{collections::VecDeque, sync::Mutex};

use super::*;

/// A server that gives these replies, one after another, then 200.
#[derive(Default)]
struct Scripted {
    replies: Mutex<VecDeque<Reply>>,
    seen: Mutex<Vec<Mark>>,
}

impl Scripted {
    fn with(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self {
            replies: Mutex::new(replies.into_iter().collect()),
            ..Self::default()
        }
    }

    fn sent(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

impl MarkReady for Scripted {
    fn url(&self) -> &str {
        "http://127.0.0.1:1/v1/mark_data_ready"
    }

    fn send<'a>(&'a self, mark: &'a Mark) -> BoxFuture<'a, Reply> {
        Box::pin(async move {
            self.seen.lock().unwrap().push(mark.clone());
            self.replies
                .lock()
                .unwrap()
                .pop_front()
                .unwrap_or_else(|| answered(200))
        })
    }
}

fn answered(status: u16) -> Reply {
    Reply::Answered(Answer {
        status,
        body: "{\"said\":1}".into(),
        retry_after: Some(Duration::ZERO),
        ..Answer::default()
    })
}

fn june(n: i8) -> PstDay {
    PstDay::from_ymd(2026, 6, n).unwrap()
}

fn of(n: i8) -> Mark {
    Mark::day(june(n), DayOffset::default(), METRICS)
}

fn now() -> Timestamp {
    "2026-06-24T05:14:00Z".parse().unwrap()
}

async fn send_one(server: &Scripted, ledger: &Ledger, n: i8) -> Marked {
    mark(server, ledger, &of(n), now, || Ok(())).await
}

#[test]
fn the_request_is_the_documented_one() {
    assert_eq!(of(22).body(), r#"{"timestamp":1782201600,"type":"metrics"}"#);
    assert_eq!(of(22).instant().unwrap().to_string(), "2026-06-23T08:00:00Z");
}

#[tokio::test]
async fn a_timestamp_is_sent_once_and_then_known() {
    let (server, ledger) = (Scripted::default(), Ledger::in_memory());
    assert!(matches!(send_one(&server, &ledger, 22).await, Marked::Taken(_)));
    assert!(matches!(
        send_one(&server, &ledger, 22).await,
        Marked::Already { at: Some(_) }
    ));
    assert_eq!(server.sent(), 1);
    // Forward it moves, and backward it is refused before anything is sent.
    assert!(matches!(send_one(&server, &ledger, 23).await, Marked::Taken(_)));
    let earlier = send_one(&server, &ledger, 21).await;
    assert!(
        matches!(earlier, Marked::Earlier { certain: true, .. }),
        "{earlier:?}"
    );
    assert_eq!(server.sent(), 2);
}

#[tokio::test]
async fn nothing_is_sent_again_that_may_have_been_taken() {
    for reply in [
        Reply::Lost("the connection was closed".into()),
        answered(500),
        answered(502),
        answered(503),
        answered(408),
        Reply::Answered(Answer {
            status: 200,
            cut: true,
            ..Answer::default()
        }),
    ] {
        let (server, ledger) = (Scripted::with([reply.clone()]), Ledger::in_memory());
        let marked = send_one(&server, &ledger, 22).await;
        assert!(matches!(marked, Marked::Open { .. }), "{reply:?}: {marked:?}");
        assert_eq!(server.sent(), 1, "{reply:?}");
        // An earlier one would do nothing if it was taken; the same one may be sent again by whoever says so.
        let earlier = send_one(&server, &ledger, 21).await;
        assert!(
            matches!(earlier, Marked::Earlier { certain: false, .. }),
            "{earlier:?}"
        );
        assert!(matches!(send_one(&server, &ledger, 22).await, Marked::Taken(_)));
    }
}

#[tokio::test]
async fn what_was_certainly_not_taken_is_tried_again_but_not_for_ever() {
    let none = || Reply::NotSent("connection refused".into());
    let (server, ledger) = (Scripted::with([none(), answered(429)]), Ledger::in_memory());
    assert!(matches!(send_one(&server, &ledger, 22).await, Marked::Taken(_)));
    assert_eq!(server.sent(), 3);

    let (server, ledger) = (Scripted::with([none(), none(), none()]), Ledger::in_memory());
    assert!(matches!(send_one(&server, &ledger, 22).await, Marked::NotSent(_)));
    assert_eq!(server.sent(), 3);
    // It never left, so it stands against nothing.
    assert!(matches!(send_one(&server, &ledger, 21).await, Marked::Taken(_)));

    let patience = Reply::Answered(Answer {
        status: 429,
        retry_after: Some(Duration::from_secs(3600)),
        ..Answer::default()
    });
    let (server, ledger) = (Scripted::with([patience]), Ledger::in_memory());
    assert!(matches!(send_one(&server, &ledger, 22).await, Marked::Refused(_)));
    assert_eq!(server.sent(), 1, "nobody is kept waiting for an hour");
}

#[tokio::test]
async fn a_refusal_is_told_as_it_came_and_stands_against_nothing() {
    for status in [301, 400, 401, 403, 404, 422] {
        let (server, ledger) = (Scripted::with([answered(status)]), Ledger::in_memory());
        let marked = send_one(&server, &ledger, 22).await;
        let Marked::Refused(answer) = marked else {
            panic!("{status}: {marked:?}");
        };
        assert_eq!((answer.status, answer.body.as_str()), (status, "{\"said\":1}"));
        assert!(matches!(send_one(&server, &ledger, 21).await, Marked::Taken(_)));
    }
}

#[tokio::test]
async fn the_guard_is_asked_right_before_and_its_no_sends_and_enters_nothing() {
    let (server, ledger) = (Scripted::default(), Ledger::in_memory());
    let marked = mark(&server, &ledger, &of(22), now, || {
        Err("the day is not over".into())
    })
    .await;
    assert!(matches!(marked, Marked::Withheld(_)));
    assert_eq!(server.sent(), 0);
    assert_eq!(ledger.marked(server.url(), METRICS).unwrap(), Default::default());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_32_at_the_same_time_one_sends_and_all_are_told_the_truth() {
    let home = tempfile::tempdir().unwrap();
    let ledger = Ledger::in_folder(home.path(), "0123456789abcdef");
    let server = std::sync::Arc::new(Scripted::default());
    let senders: Vec<_> = (0..32)
        .map(|_| {
            let (server, ledger) = (std::sync::Arc::clone(&server), ledger.clone());
            tokio::spawn(async move { send_one(&server, &ledger, 22).await })
        })
        .collect();
    let mut taken = 0;
    for sender in senders {
        match sender.await.unwrap() {
            Marked::Taken(_) => taken += 1,
            Marked::Already { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((taken, server.sent()), (1, 1));
}

#[tokio::test]
async fn an_intent_is_on_disk_before_anything_is_sent() {
    struct Watching {
        ledger: Ledger,
        open: Mutex<Option<i64>>,
    }
    impl MarkReady for Watching {
        fn url(&self) -> &str {
            "http://127.0.0.1:1/v1/mark_data_ready"
        }
        fn send<'a>(&'a self, _: &'a Mark) -> BoxFuture<'a, Reply> {
            Box::pin(async move {
                *self.open.lock().unwrap() = self.ledger.marked(self.url(), METRICS).unwrap().open;
                answered(200)
            })
        }
    }
    let home = tempfile::tempdir().unwrap();
    let server = Watching {
        ledger: Ledger::in_folder(home.path(), "0123456789abcdef"),
        open: Mutex::default(),
    };
    let marked = mark(&server, &server.ledger, &of(22), now, || Ok(())).await;
    assert!(matches!(marked, Marked::Taken(_)));
    assert_eq!(*server.open.lock().unwrap(), Some(of(22).timestamp));
}

#[test]
fn every_day_of_1990_to_2100_is_completed_by_the_instant_that_plain_counting_gives() {
    for hours in -12i8..=14 {
        let offset = DayOffset::from_hours(hours).unwrap();
        let mut expected = 631_152_000 + 86_400 - i64::from(hours) * 3600; // the end of 1990-01-01
        let first = PstDay::from_ymd(1990, 1, 1).unwrap();
        let last = PstDay::from_ymd(2100, 12, 31).unwrap();
        for day in first.through(last) {
            assert_eq!(
                Mark::day(day, offset, METRICS).timestamp,
                expected,
                "{day} at {hours}"
            );
            expected += 86_400;
        }
    }
}

#[test]
fn years_ends_leap_days_and_both_changes_of_daylight_saving_are_ordinary_days() {
    for (day, instant) in [
        ("2026-03-08", "2026-03-09T08:00:00Z"),
        ("2026-11-01", "2026-11-02T08:00:00Z"),
        ("2024-02-28", "2024-02-29T08:00:00Z"),
        ("2024-02-29", "2024-03-01T08:00:00Z"),
        ("2100-02-28", "2100-03-01T08:00:00Z"),
        ("2025-12-31", "2026-01-01T08:00:00Z"),
        ("1999-12-31", "2000-01-01T08:00:00Z"),
    ] {
        let day = PstDay::parse(day).unwrap();
        let mark = Mark::day(day, DayOffset::default(), METRICS);
        assert_eq!(mark.instant().unwrap().to_string(), instant);
    }
}

#[test]
fn an_answer_that_says_no_is_not_entered_as_taken_and_may_be_sent_again() {
    for body in [
        "{\"success\":false}",
        "{\\n  \"success\" : false,\\n  \"message\": \"no\"\\n}",
    ] {
        assert!(says_no(body), "{body}");
        let answer = Answer {
            status: 200,
            body: body.into(),
            ..Answer::default()
        };
        assert!(matches!(told(Reply::Answered(answer)), Marked::Open { .. }));
    }
    for body in ["", "{\"success\":true}", "{\"success\":\"false alarm\"}"] {
        assert!(!says_no(body), "{body}");
    }
}
