//! A history with everything in it, and a day in every state.

use serde_json::json;

use crate::{
    harness::{ROWS, World, before, check_of, counts, found, runtime, states},
    words::Counts,
};

fn expected(counts: [(&str, u64); 6]) -> Counts {
    counts.into_iter().map(|(code, n)| (code.to_owned(), n)).collect()
}

#[test]
fn in_a_messy_history_every_day_is_what_it_is_and_every_count_exact() {
    let world = World::start();
    runtime().block_on(async {
        let (bucket, today) = world
            .history("mess", async |bucket, today| {
                let ago = |days| before(today, days);
                for days in [10, 8, 5, 4, 2] {
                    bucket.both(ago(days)).await;
                }
                bucket.events(ago(7), 0).await;
                bucket.metrics(ago(6), 0).await;
                bucket.events(ago(1), 0).await;
                bucket.events(today, 0).await;
                bucket.events(ago(-1), 0).await;
                bucket.later().await;
                for days in [10, 8, 7, 6, 5] {
                    bucket.signal(ago(days)).await;
                }
                bucket.later().await;
                bucket.metrics(ago(8), 0).await;
                bucket.events(ago(5), 1).await;
            })
            .await;
        let report = bucket.judged(today).await;
        assert_eq!(
            counts(&report),
            expected([
                ("G704", 0),
                ("G705", 0),
                ("G706", 1),
                ("G707", 2),
                ("G708", 3),
                ("G710", 5)
            ])
        );
        assert_eq!(check_of(&report, "G708")["status"], "warn", "over two days wait");
        let day = |days| before(today, days).to_string();
        let table = |lines: &[(i64, &str)]| {
            lines
                .iter()
                .map(|(days, state)| (day(*days), (*state).to_owned()))
                .collect()
        };
        let all = [
            (10, "signalled"),
            (9, "closed_empty"),
            (8, "late"),
            (7, "signalled"),
            (6, "signalled"),
            (5, "late"),
            (4, "ready"),
            (3, "empty"),
            (2, "landed"),
            (1, "landed"),
            (0, "partial"),
            (-1, "future"),
        ];
        assert_eq!(states(&report["calendar"]), table(&all));
        the_calendar_says_the_same(&world, &bucket.name, &bucket.now().await, &report).await;

        // Somebody mistypes a date: everything up to it is closed.
        bucket.later().await;
        bucket.signal(before(today, -3)).await;
        let report = bucket.judged(today).await;
        assert_eq!(
            counts(&report),
            expected([
                ("G704", 1),
                ("G705", 1),
                ("G706", 2),
                ("G707", 2),
                ("G708", 0),
                ("G710", 5)
            ])
        );
        let closed = [
            (4, "signalled"),
            (3, "closed_empty"),
            (2, "signalled"),
            (1, "signalled"),
            (0, "partial"),
            (-1, "future"),
            (-3, "future"),
        ];
        let rest = states(&report["calendar"]).split_off(&day(4));
        assert_eq!(rest, table(&closed));

        // The other half of yesterday, and the rest of today, come too late for it.
        bucket.later().await;
        bucket.metrics(before(today, 1), 0).await;
        bucket.events(today, 1).await;
        bucket.metrics(today, 0).await;
        let report = bucket.judged(today).await;
        assert_eq!(
            counts(&report),
            expected([
                ("G704", 1),
                ("G705", 1),
                ("G706", 2),
                ("G707", 5),
                ("G708", 0),
                ("G710", 3)
            ])
        );
        let found: Vec<_> = found(&report)
            .into_iter()
            .map(|(code, status, _)| format!("{code} {status}"))
            .collect();
        assert_eq!(
            found,
            ["G704 fail", "G705 warn", "G706 fail", "G707 fail", "G710 warn"]
        );
        assert_eq!(states(&report["calendar"])[&day(1)], "late");
    });
}

/// The command that shows a month says of each day what the check says, in JSON and in words.
async fn the_calendar_says_the_same(world: &World, bucket: &str, now: &str, report: &serde_json::Value) {
    let target = format!("s3://{bucket}");
    let days = report["calendar"]["days"].as_array().unwrap();
    let month_of = |day: &serde_json::Value| day["day"].as_str().unwrap()[..7].to_owned();
    let mut months: Vec<String> = days.iter().map(month_of).collect();
    months.dedup();
    for month in months {
        let args = |output| {
            [
                "calendar", &target, "--month", &month, "--output", output, "--now", now,
            ]
        };
        let json = world.run(&args("json")).await.expect(0).json();
        let wanted: Vec<_> = days
            .iter()
            .filter(|day| month_of(day) == month)
            .cloned()
            .collect();
        assert_eq!(json["days"], json!(wanted));
        let text = world.run(&args("text")).await.expect(0);
        for day in &wanted {
            let date = day["day"].as_str().unwrap();
            let line = text.out.lines().find(|line| line.split(' ').nth(1) == Some(date));
            let line = line.unwrap_or_else(|| panic!("{date} is not shown:\n{}", text.out));
            let words = match day["state"].as_str().unwrap() {
                "signalled" => "signalled",
                "closed_empty" => "closed without data",
                "late" => "data after its signal",
                "ready" => "not signalled, safe to signal since",
                "landed" => "not signalled, not safe to signal",
                "partial" => "not over",
                "empty" => "no data",
                "future" => "in the future",
                other => panic!("{other}"),
            };
            assert!(line.contains(words), "{words:?} is not said: {line}");
            for code in day["codes"].as_array().unwrap() {
                assert!(
                    line.contains(code.as_str().unwrap()),
                    "{code} is not said: {line}"
                );
            }
            for rows in ["events_rows", "metrics_rows"] {
                let rows = day[rows].as_u64().unwrap();
                assert_eq!(rows % ROWS, 0, "{day}");
            }
        }
    }
}
