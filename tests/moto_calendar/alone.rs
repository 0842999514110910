//! Each finding by itself: nothing else is found beside it.

use bucket_ready::calendar::PstDay;

use crate::harness::{Bucket, World, before, found, runtime};

/// Three days of data, each signalled, and today's data.
async fn good(bucket: &Bucket<'_>, today: PstDay, without: &[&str]) {
    for days in (0..=3).rev() {
        let day = before(today, days);
        let wanted = |what: &str| !without.contains(&format!("{what}-{days}").as_str());
        if wanted("events") {
            bucket.events(day, 0).await;
        }
        if wanted("metrics") {
            bucket.metrics(day, 0).await;
        }
        if days > 0 && wanted("signal") {
            bucket.signal(day).await;
        }
    }
}

/// A history made of a good one, and all that is found in it.
async fn finds(
    world: &World,
    name: &str,
    without: &[&str],
    then: impl AsyncFn(&Bucket<'_>, PstDay),
    all: &[(&str, &str, u64)],
) {
    let (bucket, today) = world
        .history(&format!("alone-{name}"), async |bucket, today| {
            good(bucket, today, without).await;
            then(bucket, today).await;
        })
        .await;
    let report = bucket.judged(today).await;
    let all: Vec<_> = all
        .iter()
        .map(|(code, status, n)| ((*code).to_owned(), (*status).to_owned(), *n))
        .collect();
    assert_eq!(found(&report), all, "{name}");
}

#[test]
fn each_finding_alone_is_found_alone() {
    let world = World::start();
    runtime().block_on(async {
        let nothing = async |_: &Bucket<'_>, _: PstDay| {};
        finds(&world, "good", &[], nothing, &[]).await;
        finds(
            &world,
            "gap",
            &["events-2", "metrics-2"],
            nothing,
            &[("G706", "fail", 1)],
        )
        .await;
        finds(&world, "half", &["metrics-2"], nothing, &[("G710", "warn", 1)]).await;
        let waiting = ["signal-1", "signal-2"];
        finds(&world, "two-wait", &waiting, nothing, &[("G708", "info", 2)]).await;
        finds(
            &world,
            "late",
            &[],
            async |bucket, today| {
                bucket.later().await;
                bucket.metrics(before(today, 2), 0).await;
            },
            &[("G707", "fail", 1)],
        )
        .await;
        finds(
            &world,
            "early",
            &[],
            async |bucket, today| bucket.signal(today).await,
            &[("G705", "warn", 1)],
        )
        .await;
        // A day that is not over can't be signalled but early.
        finds(
            &world,
            "future",
            &[],
            async |bucket, today| bucket.signal(before(today, -1)).await,
            &[("G704", "fail", 1), ("G705", "warn", 1)],
        )
        .await;
    });
}
