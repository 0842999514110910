//! Ways past the guards, each tried on the command itself. Nothing may be written by any of them.

use crate::harness::{Home, NOW};

const CLEAN: &str = "2026-06-22";

#[test]
fn a_script_that_confirms_nothing_sends_nothing_and_is_shown_what_it_would_do() {
    let home = Home::new();
    let before = home.files();
    let ran = home
        .signal(&[CLEAN])
        .expect(4)
        .says("Becomes ingestible: 1 day, named. This can't be taken back.")
        .says("2026-06-22 Mon named 06-22 08:00 … 06-23 08:00 UTC")
        .says("Safe since 2026-06-23 00:00 PST = 2026-06-23 08:00 UTC")
        .says("signals/2026-06-22/finished_date.parquet")
        .says("hint: send it with --confirm 2026-06-22");
    // The preview is the result; what went wrong is not.
    assert!(ran.out.contains("Becomes ingestible") && !ran.out.contains("error:"));
    assert!(
        ran.out.contains(
            "  bucket-ready signal data 2026-06-22 --now 2026-06-24T05:14:00Z --confirm 2026-06-22\n"
        )
    );
    let shown = home.signal(&[CLEAN, "--dry-run"]).expect(0);
    assert_eq!(shown.out, ran.out);
    // To show what it would do, nothing needs to be accepted, and nothing that is accepted sends it.
    home.signal(&[CLEAN, "--dry-run", "--confirm", CLEAN]).expect(0);
    assert_eq!(home.files(), before);
}

#[test]
fn a_wrong_confirmation_is_refused_whatever_it_is() {
    let home = Home::new();
    let before = home.files();
    for given in [
        "2026-06-21",
        "2026-06-23",
        "22",
        "yes",
        "",
        "2026-06-22 ",
        "2026-06-22,2026-06-22",
    ] {
        home.signal(&[CLEAN, "--confirm", given])
            .expect(4)
            .says("is not 2026-06-22, the last date given");
    }
    // Of several dates the last one given counts.
    home.signal(&[CLEAN, "2026-06-21", "--confirm", CLEAN])
        .expect(4)
        .says("is not 2026-06-21, the last date given");
    assert_eq!(home.files(), before);
}

#[test]
fn each_consequence_needs_its_word_and_the_refusal_prints_the_one_needed() {
    let home = Home::new();
    home.remove("metrics/2026-06-22");
    let before = home.files();
    home.signal(&[CLEAN, "--confirm", CLEAN])
        .expect(4)
        .says("2026-06-22 has no data in metrics/")
        .says("add --accept half");
    for (words, said) in [
        (
            "empty",
            "`empty` accepts what this signal would not do: leave it out",
        ),
        ("hlaf", "`hlaf` is no word for a consequence"),
        ("half,future", "`future` accepts what this signal would not do"),
        ("HALF", "`HALF` is no word for a consequence"),
        (
            "not-over,future,empty,failing,half,landing,unknown",
            "leave it out",
        ),
    ] {
        home.signal(&[CLEAN, "--confirm", CLEAN, "--accept", words])
            .expect(4)
            .says(said);
    }
    home.signal(&[CLEAN, "--accept", "half"])
        .expect(4)
        .says("is not confirmed");
    assert_eq!(home.files(), before);
    home.signal(&[CLEAN, "--confirm", CLEAN, "--accept", "half"])
        .expect(0)
        .says("✓ 2026-06-22 signalled");
    assert_eq!(home.files().len(), before.len() + 1);
}

#[test]
fn days_that_are_not_over_or_not_there_are_told_apart() {
    let home = Home::new();
    let before = home.files();
    home.signal(&["2026-06-24", "--confirm", "2026-06-24"])
        .expect(4)
        .says("not-over 2026-06-23 is not over before 06-24 00:00 PST = 06-24 08:00 UTC")
        .says("future 2026-06-24")
        .says("empty 2026-06-23 and 2026-06-24 have no data")
        .says("add --accept not-over,future,empty")
        .says("Safe from 2026-06-25 00:00 PST = 2026-06-25 08:00 UTC");
    // A year mistyped is named as such.
    home.signal(&["2062-06-22", "--confirm", "2062-06-22"])
        .expect(4)
        .says("is the year or month a typing error?")
        .says("more after today, each loaded as it is when it comes");
    assert_eq!(home.files(), before);
}

#[test]
fn the_guards_clock_decides_to_the_second_when_a_day_is_over() {
    let home = Home::new();
    let before = home.files();
    let at = |now: &str| home.signal(&[CLEAN, "--confirm", CLEAN, "--now", now]);
    at("2026-06-23T07:59:59Z").expect(4).says("add --accept not-over");
    at("2026-06-22T07:59:59Z").expect(4).says("future");
    // A clock that was set back by years.
    at("1970-01-01T00:00:00Z").expect(4).says("typing error");
    assert_eq!(home.files(), before);
    at("2026-06-23T08:00:00Z")
        .expect(0)
        .says("✓ 2026-06-22 signalled");
}

#[test]
fn what_could_not_be_read_is_not_taken_for_clean() {
    let home = Home::new();
    home.put(
        "metrics/2026-06-18/part-0.parquet",
        b"PAR1 this is no footer PAR1",
    );
    let before = home.files();
    home.signal(&[CLEAN, "--confirm", CLEAN])
        .expect(4)
        .says("unknown there may be more to it than this says: metrics/2026-06-18/part-0.parquet")
        .says("add --accept unknown");
    assert_eq!(home.files(), before);
    home.signal(&[CLEAN, "--confirm", CLEAN, "--accept", "unknown"])
        .expect(0);
}

#[test]
fn a_day_with_rows_that_fail_is_read_as_it_is_only_when_that_is_accepted() {
    let home = Home::new();
    let key = home
        .files()
        .into_keys()
        .find(|key| key.starts_with("events/2026-06-22/"))
        .unwrap();
    home.put(&key, b"PAR1 cut short");
    home.signal(&[CLEAN, "--confirm", CLEAN])
        .expect(4)
        .says("2026-06-22 has rows or files that fail")
        .says("check fails");
}

#[test]
fn dates_are_read_strictly_and_a_near_miss_says_what_was_meant() {
    let home = Home::new();
    for (date, said) in [
        ("2026-6-22", "did you mean 2026-06-22?"),
        ("2026-02-30", "there is no such day"),
        ("2026-13-01", "there is no such day"),
        ("yesterday", "a word names another day each day"),
        ("22.06.2026", "it is not a date; write it as in 2026-06-22"),
        ("20260622", "it is not a date"),
        ("2026-06-22T00:00:00Z", "it is not a date"),
    ] {
        home.signal(&[date]).expect(2).says(said);
    }
    home.run(&["signal", "data"]).expect(2).says("<DATE>");
}

#[test]
fn options_of_the_other_way_are_refused_rather_than_ignored() {
    let home = Home::new();
    for (args, said) in [
        (&["--type", "events"][..], "--type goes with --via api"),
        (
            &["--statsig-url", "http://127.0.0.1:1"],
            "--statsig-url goes with --via api",
        ),
        (
            &["--via", "files", "--print", "curl"],
            "--print curl goes with --via api",
        ),
        (
            &["--via", "api", "--finished-date-type", "date"],
            "--finished-date-type goes with --via files",
        ),
        (
            &["--statsig-url", "http://api.statsig.com"],
            "over http the key could be read",
        ),
        (&["--dry-run", "--print", "curl"], "cannot be used with"),
    ] {
        let mut all = vec![CLEAN];
        all.extend(args);
        home.signal(&all).expect(2).says(said);
    }
}

#[test]
fn nothing_is_sent_to_a_bucket_that_cannot_be_seen() {
    let home = Home::new();
    let ran = home.run(&[
        "signal",
        "s3://acme-export",
        CLEAN,
        "--confirm",
        CLEAN,
        "--accept",
        "unknown",
        "--endpoint-url",
        "http://127.0.0.1:9",
        "--region",
        "us-west-2",
        "--no-sign-request",
        "--now",
        NOW,
    ]);
    ran.expect(4)
        .says("what a signal would do can't be told, and none was sent: C108");
}

#[test]
fn the_machines_own_time_zone_changes_nothing() {
    let home = Home::new();
    let shown: Vec<String> = [
        "UTC",
        "America/Los_Angeles",
        "Pacific/Kiritimati",
        "Asia/Kolkata",
        "Pacific/Niue",
    ]
    .into_iter()
    .map(|zone| {
        let args = [
            "signal",
            "data",
            "2026-06-22",
            "2026-06-24",
            "--dry-run",
            "--now",
            NOW,
        ];
        let output = home.command(&args).env("TZ", zone).output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    })
    .collect();
    assert!(
        shown[0].contains("2026-06-25 00:00 PST = 2026-06-25 08:00 UTC"),
        "{}",
        shown[0]
    );
    assert!(shown.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn a_project_with_other_days_is_guarded_by_them() {
    let home = Home::new();
    std::fs::write(home.path().join("bucket-ready.toml"), "day_offset_hours = 5\n").unwrap();
    home.signal(&[CLEAN, "--dry-run", "--now", "2026-06-22T18:59:59Z"])
        .expect(0)
        .says("2026-06-22 is not over before 06-23 00:00 UTC+5 = 06-22 19:00 UTC")
        .says("Safe from 2026-06-23 00:00 UTC+5 = 2026-06-22 19:00 UTC");
    home.signal(&[CLEAN, "--confirm", CLEAN, "--now", "2026-06-22T19:00:00Z"])
        .expect(0);
}

#[tokio::test]
async fn a_clock_that_jumps_between_preview_and_sending_is_noticed_by_the_gate() {
    use bucket_ready::{
        calendar::PstDay,
        contract::{
            Context,
            days::{
                Evidence,
                form::FinishedType,
                guard::{Consent, hurdles},
                what_if::{Candidate, what_if},
            },
        },
        report::{Problem, ProblemKind},
        rule::Next,
        signal::files,
        store::Folder,
    };
    let home = Home::new();
    let before = home.files();
    let store = Folder::open(&home.data()).unwrap();
    let day = PstDay::parse(CLEAN).unwrap();
    let consent = Consent::typed("2026-06-22 empty");
    let clear_at = |now: &str| {
        let context = Context::at(now.parse().unwrap());
        let what = what_if(&context, &Evidence::default(), &Candidate::Dates(vec![day]));
        hurdles(&what, day, &consent).is_clear()
    };
    // The preview was clear; by the time of sending the clock was set back over the day's end.
    assert!(clear_at("2026-06-23T08:00:00Z"));
    let told = files::send(&store, "", &[day], FinishedType::Date, |_| {
        clear_at("2026-06-23T07:59:59Z").then_some(()).ok_or_else(|| {
            Problem::new(
                ProblemKind::Cancelled,
                "withheld",
                "the day is not over",
                Next::say("Look again."),
            )
        })
    })
    .await;
    assert!(told[0].result.as_ref().unwrap().is_err());
    assert_eq!(home.files(), before);
}
