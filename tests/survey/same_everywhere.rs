//! The same data in a folder and behind an S3 endpoint.

use bucket_ready::{
    demo::{PracticeAccount, find, write_to_folder},
    report::{Mode, Report, Target, Usage, Verdict},
    rule::Category,
};

use crate::harness::*;

/// A report without what may differ between a folder and a bucket.
fn comparable(mut report: Report) -> Report {
    // A folder has no readers.
    report.access = None;
    report.target = Target::default();
    report.identity = None;
    report.usage = Usage::default();
    report.notices.clear();
    report.checks.retain(|check| {
        !matches!(check.category, Category::Connection | Category::Access)
            // The practice account's reader may not list the root.
            && !matches!(check.code.as_str(), "L302" | "L309")
    });
    report
}

async fn both(scenario: &str, mode: Mode) -> (Report, Report) {
    let account = PracticeAccount::start(scenario).await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    write_to_folder(&find(scenario).unwrap().objects().unwrap(), dir.path()).unwrap();
    let (folder, bucket) = tokio::join!(
        run(on_folder(dir.path(), mode.clone())),
        run(on_account(&account, mode.clone()))
    );
    (folder, bucket)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_and_a_bucket_with_the_same_data_are_judged_alike() {
    for (scenario, mode) in [
        ("messy-rows", full()),
        (
            "messy-rows",
            Mode {
                sample_rows: Some(2_000),
                ..Mode::default()
            },
        ),
        ("wrong-types", full()),
    ] {
        let (folder, bucket) = both(scenario, mode).await;
        assert_eq!(
            findings(&comparable(folder.clone())),
            findings(&comparable(bucket.clone())),
            "{scenario}"
        );
        pretty_assert(comparable(folder), comparable(bucket));
    }
}

fn pretty_assert(folder: Report, bucket: Report) {
    for (one, other) in folder.checks.iter().zip(&bucket.checks) {
        assert_eq!(one, other);
    }
    for (name, dataset) in &folder.datasets {
        assert_eq!(Some(dataset), bucket.datasets.get(name), "{name:?}");
    }
    assert_eq!(folder, bucket);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_healthy_bucket_is_ready_and_says_on_what_evidence() {
    let account = PracticeAccount::start("healthy").await.unwrap();
    let report = run(on_account(&account, full())).await;
    // Days that wait for their signal are context, not a fault.
    let codes = |report: &Report| -> Vec<String> {
        findings(report)
            .into_iter()
            .filter(|finding| !finding.contains(" info "))
            .collect()
    };
    assert_eq!(codes(&report), Vec::<String>::new());
    assert_eq!(report.verdict, Verdict::Ready);
    assert!(report.complete);
    assert_eq!(report.identity.unwrap().arn, Some(account.reader_arn()));
    let rows: u64 = report.datasets.values().map(|d| d.rows).sum();
    let checked: u64 = report.datasets.values().map(|d| d.rows_checked).sum();
    assert_eq!(rows, checked);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_sample_sees_the_same_rows_and_another_seed_others() {
    let dir = small_shop();
    let sample = |seed| Mode {
        sample_rows: Some(500),
        seed,
        ..Mode::default()
    };
    let one = run(on_folder(dir.path(), sample(1))).await;
    let mut again = run(on_folder(dir.path(), sample(1))).await;
    again.usage = one.usage;
    assert_eq!(one, again);
    let events = &one.datasets[&bucket_ready::rule::Dataset::Events];
    assert_eq!(events.rows_checked, 500);
    assert!(events.rows > 500);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ordinary_footer_takes_one_request_and_a_small_file_no_more_than_two_in_all() {
    let account = PracticeAccount::start("first-day").await.unwrap();
    let report = run(on_account(&account, full())).await;
    let files: u64 = report.datasets.values().map(|d| d.files).sum();
    let reads = account
        .faults()
        .seen()
        .iter()
        .filter(|seen| seen.method == "GET" && seen.range.is_some())
        .count() as u64;
    assert!(files > 0);
    assert!(reads <= 2 * files, "{reads} reads of {files} files");
}

#[tokio::test(flavor = "multi_thread")]
async fn data_under_a_prefix_is_judged_as_if_it_lay_at_the_root() {
    let shop = small_shop();
    let plain = run(on_folder(shop.path(), full())).await;
    let deep = tempfile::tempdir().unwrap();
    std::fs::create_dir(deep.path().join("exports")).unwrap();
    std::fs::rename(shop.path(), deep.path().join("exports/statsig")).unwrap();
    let mut survey = on_folder(deep.path(), full());
    survey.target = Target::Folder {
        path: String::new(),
        prefix: "exports/statsig/".into(),
    };
    let under = run(survey).await;
    assert_eq!(comparable(plain), comparable(under));
}
