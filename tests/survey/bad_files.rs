//! Files that are damaged in every way: each is named, none passes, none breaks the run.

use std::{fs, path::Path};

use bucket_ready::{
    report::{Mode, Report, Status, Verdict},
    rule::{Code, Subject},
};

use crate::harness::*;

/// A small events file of a healthy shop.
fn healthy_file() -> (tempfile::TempDir, Vec<u8>) {
    let dir = small_shop();
    let body = fs::read(dir.path().join("events/2026-06-22/0000_part_00.parquet")).unwrap();
    (dir, body)
}

fn put(root: &Path, body: &[u8]) {
    let path = root.join("events/2026-06-22/0000_part_00.parquet");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, body).unwrap();
}

fn named(report: &Report) -> bool {
    ["S401", "S412", "L311"]
        .iter()
        .any(|code| status(report, code, Subject::Events) != Status::Pass)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_truncated_anywhere_never_passes() {
    let (_, body) = healthy_file();
    let dir = tempfile::tempdir().unwrap();
    let step = (body.len() / 60).max(1);
    let lengths = (0..24)
        .chain((24..body.len() - 24).step_by(step))
        .chain(body.len() - 24..body.len());
    for length in lengths {
        put(dir.path(), body.get(..length).unwrap());
        let report = run(on_folder(dir.path(), full())).await;
        assert!(named(&report), "truncated at {length} of {}", body.len());
        assert_ne!(
            status(&report, "S401", Subject::Events),
            Status::Pass,
            "at {length}"
        );
        assert_eq!(report.verdict, Verdict::NotReady);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_bit_breaks_neither_the_run_nor_its_counts() {
    let (_, body) = healthy_file();
    let dir = tempfile::tempdir().unwrap();
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..150 {
        let mut bent = body.clone();
        // Most of them in the footer and the page headers' neighbourhood, where they hurt most.
        let at = if random.bool() {
            random.usize(body.len().saturating_sub(3000)..body.len())
        } else {
            random.usize(..body.len())
        };
        *bent.get_mut(at).unwrap() ^= 1 << random.u8(..8);
        put(dir.path(), &bent);
        let report = run(on_folder(dir.path(), full())).await;
        assert!(report.complete, "bit at {at}");
        let events = &report.datasets[&bucket_ready::rule::Dataset::Events];
        assert!(
            events.rows_checked <= events.rows || named(&report),
            "bit at {at}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_head_is_found_in_a_large_file_too() {
    let (shop, body) = healthy_file();
    let mut bent = body;
    *bent.first_mut().unwrap() = b'X';
    put(shop.path(), &bent);
    let report = run(on_folder(shop.path(), full())).await;
    let found = check(&report, "S401", Subject::Events);
    assert_eq!((found.status, found.count), (Status::Fail, Some(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_file_leaves_the_others_judged() {
    let (shop, body) = healthy_file();
    let mut bent = body.clone();
    // The first page's header: a page that claims two gigabytes.
    let claims = [0x15, 0x00, 0x15, 0xfe, 0xff, 0xff, 0xff, 0x0f];
    bent.get_mut(4..4 + claims.len())
        .unwrap()
        .copy_from_slice(&claims);
    put(shop.path(), &bent);
    let report = run(on_folder(shop.path(), full())).await;
    let found = check(&report, "S412", Subject::Events);
    assert_eq!((found.status, found.count), (Status::Fail, Some(1)), "{found:?}");
    assert_eq!(status(&report, "S401", Subject::Events), Status::Pass);
    // The other files' rows were judged; what is not known of this one's is not held against them.
    let name = check(&report, "E511", Subject::Events);
    assert_eq!(name.status, Status::Pass, "{name:?}");
    assert!(name.checked.unwrap() > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_with_nothing_in_it_skips_what_l301_explains() {
    let dir = tempfile::tempdir().unwrap();
    let report = run(on_folder(dir.path(), Mode::default())).await;
    assert_eq!(status(&report, "L301", Subject::Events), Status::Fail);
    for (code, subject) in [
        ("S412", Subject::Events),
        ("E511", Subject::Events),
        ("M611", Subject::Metrics),
    ] {
        let skipped = check(&report, code, subject);
        assert_eq!(
            (skipped.status, skipped.blocked_by),
            (Status::Skipped, Code::parse("L301")),
            "{code}"
        );
    }
    assert_eq!(report.verdict, Verdict::NotReady);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_that_is_left_out_is_skipped_by_will_and_needs_no_reading() {
    let dir = small_shop();
    let mode = Mode {
        only: vec![Code::new("L301")],
        ..full()
    };
    let report = run(on_folder(dir.path(), mode)).await;
    assert_eq!(status(&report, "L301", Subject::Events), Status::Pass);
    let left = check(&report, "E511", Subject::Events);
    assert_eq!(left.status, Status::Skipped);
    assert!(left.cause.as_deref().unwrap().contains("--only"));
    assert_eq!(report.usage.bytes_read, 0, "nothing needed a footer");
    assert_eq!(report.verdict, Verdict::Ready);
}

/// Spark writes a checksum for every page: with it, a bit that flipped in a page is seen even where the page decodes.
#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_bit_in_a_page_is_seen_by_its_checksum() {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pyspark-good/events");
    let day = fs::read_dir(fixture).unwrap().next().unwrap().unwrap().path();
    let file = fs::read_dir(day)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|e| e == "parquet"))
        .unwrap();
    let body = fs::read(file).unwrap();
    let dir = tempfile::tempdir().unwrap();
    put(dir.path(), &body);
    let whole = run(on_folder(dir.path(), full())).await;
    assert_eq!(status(&whole, "S412", Subject::Events), Status::Pass);
    // Behind the head and the first page's header, before the footer.
    let pages = 64..body.len() / 4;
    let mut seen = 0;
    for at in pages.clone().step_by(pages.len().div_ceil(40)) {
        let mut bent = body.clone();
        *bent.get_mut(at).unwrap() ^= 0x10;
        put(dir.path(), &bent);
        let report = run(on_folder(dir.path(), full())).await;
        seen += usize::from(status(&report, "S412", Subject::Events) == Status::Fail);
    }
    assert!(seen >= 35, "{seen} of 40");
}
