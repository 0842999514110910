//! G707 and G705 on the server's own times.

use std::time::Duration;

use bucket_ready::calendar::PstDay;
use serde_json::json;

use crate::{
    harness::{World, before, check_of, counts, runtime, sample_keys, states},
    words::{Holds, end_of, pst_day},
};

#[test]
fn data_written_after_its_signal_is_counted_object_by_object() {
    let world = World::start();
    runtime().block_on(async {
        let (bucket, today) = world
            .history("late", async |bucket, today| {
                for days in 4..=9 {
                    bucket.both(before(today, days)).await;
                    bucket.events(before(today, days), 1).await;
                }
                bucket.later().await;
                // One file that grows, a day's own, and one written each hour that says the same.
                bucket
                    .signal_file("all", &[before(today, 9), before(today, 8)])
                    .await;
                bucket.signal(before(today, 7)).await;
                for hour in 0..20 {
                    bucket
                        .signal_file(&format!("hourly/{hour:02}"), &[before(today, 6)])
                        .await;
                }
                bucket.later().await;
                bucket.events(before(today, 9), 1).await;
                bucket.metrics(before(today, 8), 0).await;
                bucket.events(before(today, 7), 2).await;
                bucket.metrics(before(today, 6), 0).await;
                // Nobody has signalled this one.
                bucket.events(before(today, 5), 1).await;
            })
            .await;
        let day = |days| before(today, days).to_string();
        let report = bucket.judged(today).await;
        let late = check_of(&report, "G707");
        assert_eq!((&late["status"], &late["count"]), (&json!("fail"), &json!(4)));
        assert_eq!(
            late["checked"], 13,
            "three objects of four signalled days, and one more"
        );
        assert_eq!(
            sample_keys(late),
            [
                format!("events/{}/part-1.parquet", day(9)),
                format!("metrics/{}/part-0.parquet", day(8)),
                format!("events/{}/part-2.parquet", day(7)),
                format!("metrics/{}/part-0.parquet", day(6)),
            ]
            .into()
        );
        assert_eq!(counts(&report)["G708"], 2, "the two that wait for a signal");
        let found = states(&report["calendar"]);
        for (days, state) in [
            (9, "late"),
            (8, "late"),
            (7, "late"),
            (6, "late"),
            (5, "ready"),
            (4, "ready"),
        ] {
            assert_eq!(found[&day(days)], state, "{days} days ago");
        }

        // The growing file is written again with one more day: its time moves, but the days before it were closed by other
        // files, earlier, all the same.
        bucket.later().await;
        let grown = [before(today, 9), before(today, 8), before(today, 5)];
        bucket.signal_file("all", &grown).await;
        assert_eq!(counts(&bucket.judged(today).await)["G707"], 4);
        bucket.later().await;
        bucket.metrics(before(today, 5), 0).await;
        bucket.metrics(before(today, 4), 0).await;
        let report = bucket.judged(today).await;
        assert_eq!(
            counts(&report)["G707"],
            5,
            "one more of a signalled day, none of one that waits"
        );
        assert_eq!(states(&report["calendar"])[&day(5)], "late");
    });
}

#[test]
fn a_signal_file_that_is_written_again_closes_its_days_anew() {
    let world = World::start();
    runtime().block_on(async {
        let (bucket, today) = world
            .history("again", async |bucket, today| {
                bucket.both(before(today, 3)).await;
                bucket.both(before(today, 2)).await;
                bucket.signal_file("all", &[before(today, 3)]).await;
                bucket.later().await;
                bucket.events(before(today, 3), 0).await;
            })
            .await;
        assert_eq!(counts(&bucket.judged(today).await)["G707"], 1);
        // S3 keeps one time of an object: that the day had been closed before can't be seen any more.
        bucket.later().await;
        bucket
            .signal_file("all", &[before(today, 3), before(today, 2)])
            .await;
        assert_eq!(counts(&bucket.judged(today).await)["G707"], 0);
        bucket.later().await;
        bucket.events(before(today, 3), 0).await;
        bucket.events(before(today, 2), 1).await;
        assert_eq!(counts(&bucket.judged(today).await)["G707"], 2);
    });
}

#[test]
fn a_later_days_signal_closes_a_day_before_its_own_does() {
    let world = World::start();
    runtime().block_on(async {
        let (bucket, today) = world
            .history("later", async |bucket, today| {
                bucket.both(before(today, 3)).await;
                bucket.both(before(today, 2)).await;
                bucket.signal(before(today, 2)).await;
                bucket.later().await;
                bucket.metrics(before(today, 3), 1).await;
                bucket.later().await;
                bucket.signal(before(today, 3)).await;
            })
            .await;
        let report = bucket.judged(today).await;
        let late = check_of(&report, "G707");
        assert_eq!(
            sample_keys(late),
            [format!("metrics/{}/part-1.parquet", before(today, 3))].into(),
            "its own signal came after it, the later day's before"
        );
        // Written again, the later day's signal is the later one by time too.
        bucket.later().await;
        bucket.signal(before(today, 2)).await;
        assert_eq!(counts(&bucket.judged(today).await)["G707"], 0);
    });
}

#[test]
fn an_object_of_the_signals_own_second_is_not_newer() {
    let world = World::start();
    runtime().block_on(async {
        let day = |today| before(today, 2);
        let (bucket, today) = world
            .history("second", async |bucket, today| {
                bucket.both(day(today)).await;
                let mut ticks = tokio::time::interval(Duration::from_millis(20));
                for _ in 0..50 {
                    ticks.tick().await;
                    bucket.later().await;
                    bucket.signal(day(today)).await;
                    bucket.events(day(today), 0).await;
                    let times = bucket.times().await;
                    let of = |key: String| times[&key];
                    let signal = of(format!("signals/{}/finished_date.parquet", day(today)));
                    if of(format!("events/{}/part-0.parquet", day(today))) == signal {
                        return;
                    }
                }
                panic!("no two puts within a second");
            })
            .await;
        assert_eq!(counts(&bucket.judged(today).await)["G707"], 0);
        bucket.later().await;
        bucket.events(day(today), 0).await;
        assert_eq!(counts(&bucket.judged(today).await)["G707"], 1);
    });
}

#[test]
fn a_signal_of_a_day_that_is_not_over_is_early_row_by_row() {
    let world = World::start();
    runtime().block_on(async {
        let (bucket, today) = world
            .history("early", async |bucket, today| {
                for days in 0..=3 {
                    bucket.both(before(today, days)).await;
                }
                bucket.signal(before(today, 3)).await;
                bucket.signal(before(today, 1)).await;
                bucket.signal(today).await;
                // Today twice, and a day that is over.
                bucket
                    .signal_file("several", &[before(today, 2), today, today])
                    .await;
            })
            .await;
        let report = bucket.judged(today).await;
        let early = check_of(&report, "G705");
        assert_eq!((&early["status"], &early["count"]), (&json!("warn"), &json!(3)));
        assert_eq!((&early["checked"], &early["of"]), (&json!(6), &json!(6)));
        assert_eq!(
            sample_keys(early),
            [
                format!("signals/{today}/finished_date.parquet"),
                "signals/several.parquet".to_owned()
            ]
            .into()
        );
        assert_eq!(counts(&report)["G704"], 0, "today is not the future");
    });
}

#[test]
fn to_the_second_a_day_is_over_and_an_object_newer() {
    let world = World::start();
    runtime().block_on(async {
        let bucket = world.bucket("to-the-second").await;
        let first = PstDay::parse("2026-03-07").unwrap();
        // Summer time begins in this week, and the days of Statsig don't know.
        for (n, day) in (0i64..4).map(|n| (n, first.plus(n).unwrap())) {
            let end = end_of(day);
            let signalled = end + [-1, 0, 0, 3600][usize::try_from(n).unwrap()];
            let landed = signalled + [-1, 0, 1, 1][usize::try_from(n).unwrap()];
            let key = |folder: &str| format!("{folder}/{day}/part-0.parquet");
            bucket
                .put_at(&key("events"), Holds::Events(day), Some(landed))
                .await;
            bucket
                .put_at(&key("metrics"), Holds::Metrics(day), Some(end - 5))
                .await;
            bucket
                .put_at(&key("signals"), Holds::Signal(vec![day]), Some(signalled))
                .await;
        }
        let last = first.plus(4).unwrap();
        let listed = bucket.times().await;
        assert_eq!(
            listed[&format!("signals/{first}/part-0.parquet")],
            end_of(first) - 1,
            "the server tells the time that was asked for"
        );
        assert_eq!(pst_day(bucket.newest().await), last);
        let report = bucket.judged(last).await;
        assert_eq!(
            counts(&report)["G705"],
            1,
            "one was a second before the day's end, two at it"
        );
        assert_eq!(
            counts(&report)["G707"],
            2,
            "one was a second after its signal, one at it"
        );
        let found = states(&report["calendar"]);
        let of = |n| found[&first.plus(n).unwrap().to_string()].as_str();
        assert_eq!(
            [of(0), of(1), of(2), of(3)],
            ["signalled", "signalled", "late", "late"]
        );
    });
}
