//! The program signals a day on `moto`. (That of 32 racing puts one writes is proven in `signal/by_file.rs`.)

use crate::{
    harness::{World, before, check_of, counts, runtime, states},
    program::ran,
    words::Holds,
};

/// What `calendar` says of a day.
async fn state(world: &World, target: &str, day: &str, now: &str) -> String {
    let month = &day[..7];
    let args = [
        "calendar", target, "--month", month, "--output", "json", "--now", now,
    ];
    states(&world.run(&args).await.expect(0).json())[day].clone()
}

#[test]
fn a_day_is_ready_then_signalled_then_late_as_its_bucket_changes() {
    let world = World::start();
    runtime().block_on(async {
        let (bucket, today) = world
            .history("life", async |bucket, today| {
                bucket.both(before(today, 2)).await;
                bucket.signal(before(today, 2)).await;
                bucket.both(before(today, 1)).await;
            })
            .await;
        let yesterday = before(today, 1);
        let day = yesterday.to_string();
        let key = format!("signals/{day}/finished_date.parquet");
        let target = format!("s3://{}", bucket.name);
        let now = bucket.now().await;
        let state = async || state(&world, &target, &day, &now).await;
        assert_eq!(state().await, "ready");

        let before_it = bucket.times().await;
        let today_too = today.to_string();
        world
            .run(&[
                "signal",
                &target,
                &today_too,
                "--confirm",
                &today_too,
                "--now",
                &now,
            ])
            .await
            .expect(4);
        assert_eq!(
            bucket.times().await,
            before_it,
            "a day that is not over is not signalled"
        );

        let send = ["signal", &target, &day, "--confirm", &day, "--now", &now];
        world
            .run(&send)
            .await
            .expect(0)
            .says(&format!("✓ {day} signalled: {key} written and read back"));
        let after = bucket.times().await;
        let mut wanted = before_it;
        wanted.insert(key.clone(), after[&key]);
        assert_eq!(after, wanted, "one object, and nothing else is touched");
        assert_eq!(state().await, "signalled");
        world
            .run(&send)
            .await
            .expect(0)
            .says(&format!("✓ {day} already signalled: its signal stands."));
        assert_eq!(bucket.times().await, after, "told again, nothing is written");

        bucket.note(&key, Holds::Signal(vec![yesterday]));
        assert_eq!(counts(&bucket.judged(today).await)["G707"], 0);
        bucket.later().await;
        bucket.events(yesterday, 0).await;
        let report = bucket.judged(today).await;
        assert_eq!(counts(&report)["G707"], 1);
        assert_eq!(
            check_of(&report, "G707")["samples"][0]["key"],
            format!("events/{day}/part-0.parquet")
        );
        assert_eq!(state().await, "late");
    });
}

#[test]
fn programs_that_race_for_a_day_write_one_object_and_each_is_told_the_truth() {
    let world = World::start();
    runtime().block_on(async {
        let (bucket, today) = world
            .history("race", async |bucket, today| bucket.both(before(today, 1)).await)
            .await;
        let day = before(today, 1).to_string();
        let target = format!("s3://{}/", bucket.name);
        let now = bucket.now().await;
        let objects = bucket.times().await.len();
        let send = ["signal", &target, &day, "--confirm", &day, "--now", &now];
        let racers: Vec<_> = (0..8).map(|_| world.command(&send).spawn().unwrap()).collect();
        let mut written = 0;
        for racer in racers {
            let done = tokio::task::spawn_blocking(move || racer.wait_with_output().unwrap()).await;
            let ran = ran(done.unwrap()).expect(0);
            let wrote = ran.out.contains("written and read back");
            assert!(wrote != ran.out.contains("already signalled"), "{}", ran.all());
            written += u32::from(wrote);
        }
        assert_eq!(written, 1);
        assert_eq!(bucket.times().await.len(), objects + 1);
        assert_eq!(state(&world, &target, &day, &now).await, "signalled");
    });
}
