//! Tests of `scopes`.

use super::*;
use crate::rule::Code;

fn s404(columns: &[Column], dataset: Dataset) -> FilePlan {
    let readings: Vec<_> = readings(dataset)
        .into_iter()
        .map(|(column, reading)| match columns.contains(&column) {
            true => (column, Reading::Blocked(Code::new("S404"))),
            false => (column, reading),
        })
        .collect();
    FilePlan::new(dataset, Arc::from("blocked"), None, &readings)
}

fn skipped_by(outcome: &Outcome) -> Option<String> {
    match &outcome.found {
        Found::Skipped { blocked_by, .. } => blocked_by.map(|code| code.to_string()),
        _ => None,
    }
}

fn is_unknown(outcome: &Outcome) -> bool {
    matches!(outcome.found, Found::Unknown { .. })
}

#[test]
fn without_rows_nothing_passes() {
    for dataset in Dataset::ALL {
        let all = |change: &dyn Fn(&mut Scope)| {
            let mut scope = Scope::new(dataset, false);
            change(&mut scope);
            Tally::new(&context(), dataset).outcomes(&scope)
        };
        let plan = plan(dataset, "f", None);
        assert!(all(&|_| {}).iter().all(is_unknown), "nothing was told");
        assert!(
            all(&|scope| scope.file(&plan, 0)).iter().all(is_unknown),
            "no rows"
        );
        assert!(
            all(&|scope| scope.file(&plan, 10)).iter().all(is_unknown),
            "none read"
        );
        assert!(
            all(&|scope| scope.unread("refused")).iter().all(is_unknown),
            "refused"
        );
        let by = |outcomes: Vec<Outcome>, code: &str| {
            outcomes
                .iter()
                .all(|outcome| skipped_by(outcome).as_deref() == Some(code))
        };
        assert!(by(all(&Scope::empty_folder), "L301"));
        assert!(by(
            all(&|scope| scope.absent(Code::new("G701"), "by the API")),
            "G701"
        ));
        assert!(by(all(&|scope| scope.bad_file(Code::new("S401"))), "S401"));
        let blocked = FilePlan::new(dataset, Arc::from("f"), None, &[]);
        assert!(by(all(&|scope| scope.file(&blocked, 10)), "S402"));
        assert!(!blocked.has_work());
        // Bad files beside one that could not be read may not be all there is.
        let unread = all(&|scope| {
            scope.bad_file(Code::new("S401"));
            scope.unread("refused");
        });
        assert!(unread.iter().all(is_unknown));
    }
}

#[test]
fn a_rule_skips_the_files_that_lack_its_column_and_is_judged_on_the_others() {
    let rows = [Metric {
        date: Some("x".to_owned()),
        value: None,
        ..Metric::default()
    }];
    let files = [
        (plan(Dataset::Metrics, "a", None), metrics(&rows)),
        (
            s404(&[Column::Numerator, Column::UnitId], Dataset::Metrics),
            metrics(&rows),
        ),
    ];
    let (mut tally_, scope) = tally(Dataset::Metrics, &files);
    let outcomes = tally_.outcomes(&scope);
    for (code, count, of) in [
        ("M605", 2, 2),
        ("M620", 1, 1),
        ("M601", 0, 1),
        ("M630", 0, 1),
        ("M602", 0, 2),
    ] {
        let judged = judged(of_code(&outcomes, code)).unwrap();
        assert_eq!(
            (judged.count, judged.checked, judged.of),
            (count, of, of),
            "{code}"
        );
    }
    // With no file left they are skipped, by the finding that is in the way.
    let (mut tally_, scope) = tally(Dataset::Metrics, &files[1..]);
    for outcome in tally_.outcomes(&scope) {
        let expected = match outcome.code.as_str() {
            "M601" | "M620" | "M621" | "M622" | "M623" | "M624" | "M625" | "M630" => Some("S404".to_owned()),
            _ => None,
        };
        assert_eq!(skipped_by(&outcome), expected, "{outcome:?}");
    }
    // The most frequent reason is told.
    let mut scope = Scope::new(Dataset::Metrics, false);
    scope.file(&s404(&[Column::Date], Dataset::Metrics), 1);
    scope.file(&s404(&[Column::Date], Dataset::Metrics), 1);
    scope.bad_file(Code::new("S401"));
    let outcomes = Tally::new(&context(), Dataset::Metrics).outcomes(&scope);
    assert_eq!(skipped_by(of_code(&outcomes, "M605")).as_deref(), Some("S404"));
    assert!(is_unknown(of_code(&outcomes, "M601")));
}

#[test]
fn a_sample_proves_a_rule_over_sets_only_by_finding_it() {
    let batch = events(&[Event::default(), Event::default()]);
    let plan = plan(Dataset::Events, "f", None);
    let outcomes = |batch: &RecordBatch, of: u64, sampled: bool, unread: bool| {
        let mut tally = Tally::new(&context(), Dataset::Events);
        let mut scope = Scope::new(Dataset::Events, sampled);
        scope.file(&plan, of);
        if unread {
            scope.unread("503 from the store");
        }
        tally.file(&plan);
        tally.check(batch, 0).unwrap();
        tally.outcomes(&scope)
    };
    let twice = outcomes(&batch, 100, true, false);
    assert_eq!(judged(of_code(&twice, "E552")).unwrap().count, 1);
    let single = outcomes(&batch.slice(0, 1), 100, true, false);
    assert!(is_unknown(of_code(&single, "E552")));
    let passed = judged(of_code(&single, "E551")).unwrap();
    assert_eq!((passed.count, passed.checked, passed.of), (0, 1, 100));
    // All rows of a small folder are all rows, however they were chosen.
    let all = outcomes(&batch.slice(0, 1), 1, true, false);
    assert_eq!(judged(of_code(&all, "E552")).unwrap().count, 0);
    // What is found stands; what is not found is not known while something could not be read.
    let torn = outcomes(&batch, 2, false, true);
    assert_eq!(judged(of_code(&torn, "E552")).unwrap().count, 1);
    assert!(is_unknown(of_code(&torn, "E551")));

    let plan = super::plan(Dataset::Metrics, "f", None);
    let mut tally = Tally::new(&context(), Dataset::Metrics);
    let mut scope = Scope::new(Dataset::Metrics, true);
    scope.file(&plan, 100);
    tally.file(&plan);
    tally.check(&metrics(&[Metric::default()]), 0).unwrap();
    let outcomes = tally.outcomes(&scope);
    for code in ["M623", "M630", "M631"] {
        assert!(is_unknown(of_code(&outcomes, code)), "{code}");
    }
}

#[test]
fn files_that_claim_one_place_spoil_no_count() {
    let plans = ["a", "b"].map(|key| plan(Dataset::Events, key, None));
    let mut tally = Tally::new(&context(), Dataset::Events);
    let mut scope = Scope::new(Dataset::Events, false);
    for plan in &plans {
        scope.file(plan, 1);
        tally.file(plan);
        tally.check(&events(&[Event::default()]), 0).unwrap();
    }
    let outcomes = tally.outcomes(&scope);
    let duplicates = judged(of_code(&outcomes, "E552")).unwrap();
    assert_eq!((duplicates.count, duplicates.samples.len()), (1, 0));
}

#[test]
fn every_rule_here_is_in_the_catalogue_with_the_same_dataset() {
    for rule in RowRule::all() {
        let words = crate::contract::rules::TABLES
            .into_iter()
            .flatten()
            .find(|words| words.code == rule.code());
        let words = words.unwrap_or_else(|| panic!("{rule:?} has no words"));
        assert_eq!(words.subjects, [rule.dataset().subject()], "{rule:?}");
    }
}
