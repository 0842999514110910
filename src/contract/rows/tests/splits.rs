//! Tests of `splits`.

use proptest::prelude::*;

use super::*;

/// How the rows of one file are cut: batches by length, and the thread that each goes to.
type Cut = (usize, usize);

const THREADS: usize = 3;

fn any_event() -> impl Strategy<Value = Event> {
    let one_of = |words: &'static [&'static str]| {
        prop::option::weighted(0.9, prop::sample::select(words.to_vec()).prop_map(str::to_owned))
    };
    (
        prop::option::weighted(
            0.9,
            prop::sample::select(vec![
                0,
                1_655_899_200,
                1_655_899_200_000,
                1_655_942_400,
                1_655_985_600,
                1_700_000_000,
                i64::MAX,
            ]),
        ),
        one_of(&[
            "a",
            "a b",
            "an_event_name_without_space",
            "an_event_name_with a_space",
            "",
            "a#b",
        ]),
        one_of(&["", "{}", "{\"a\":1}", "{\"a.b\":\"c\",\"d\":\"efghijk\"}", "[]"]),
        one_of(&[
            "",
            "{}",
            "{\"userID\":\"u1\",\"custom\":{},\"customIDs\":{}}",
            "{\"userID\":\"u2\",\"customIDs\":{\"stableID\":\"s\",\"company_id\":\"c\",\"z\":1}}",
            "\"{}\"",
            "no",
        ]),
        one_of(&[
            "00000000-f1f4-11ec-8ea0-0242ac120002",
            "11111111-f1f4-11ec-8ea0-0242ac120002",
            "22222222-f1f4-11ec-8ea0-0242ac12000a",
            "22222222-F1F4-11EC-8EA0-0242AC12000A",
            "",
            "x",
        ]),
    )
        .prop_map(|(timestamp, name, metadata, user, timeuuid)| Event {
            timestamp,
            name,
            value: None,
            metadata,
            user,
            timeuuid,
        })
}

fn any_metric() -> impl Strategy<Value = Metric> {
    let one_of = |words: &'static [&'static str]| {
        prop::option::weighted(0.9, prop::sample::select(words.to_vec()).prop_map(str::to_owned))
    };
    let number = || prop::option::of(prop::sample::select(vec![0.0, 1.0, f64::NAN]));
    (
        one_of(&["u1", "u2", "s", ""]),
        one_of(&["user_id", "stable_id", "company_id", "userID", "z"]),
        one_of(&["2022-06-22", "2022-06-01", "2022-07-01", "x"]),
        one_of(&["m", "n", "o", "a metric of a longer name"]),
        (number(), number(), number()),
    )
        .prop_map(
            |(unit_id, id_type, date, name, (value, numerator, denominator))| Metric {
                unit_id,
                id_type,
                date,
                name,
                value,
                numerator,
                denominator,
            },
        )
}

/// Judges files by several threads' tallies and merges them in an order of choice.
fn by_threads(
    dataset: Dataset,
    files: &[(FilePlan, RecordBatch)],
    cuts: &[Cut],
    order: usize,
) -> (Vec<Outcome>, RowFacts, Tally, Scope) {
    let mut tallies: Vec<_> = (0..THREADS).map(|_| Tally::new(&context(), dataset)).collect();
    let mut scope = Scope::new(dataset, false);
    let mut cuts = cuts.iter().cycle();
    let mut before = 0;
    for (plan, batch) in files {
        let rows = batch.num_rows();
        let plan = plan.clone().after(before);
        before += rows as u64;
        scope.file(&plan, rows as u64);
        let mut from = 0;
        while from < rows {
            let (length, thread) = cuts.next().unwrap();
            let length = (*length).clamp(1, rows - from);
            let tally = &mut tallies[thread % THREADS];
            tally.file(&plan);
            let part = batch.slice(from, length);
            if length % 2 == 0 {
                let chosen: Vec<_> = (from..from + length).map(|row| row as u64).collect();
                tally.check_chosen(&part, &chosen).unwrap();
            } else {
                tally.check(&part, from as u64).unwrap();
            }
            from += length;
        }
    }
    // ((a b) c), (a (b c)), ((c a) b)
    let [a, b, c] = <[Tally; THREADS]>::try_from(tallies).unwrap();
    let mut merged = match order % 3 {
        0 => {
            let mut all = a;
            all.merge(b);
            all.merge(c);
            all
        }
        1 => {
            let (mut all, mut rest) = (a, b);
            rest.merge(c);
            all.merge(rest);
            all
        }
        _ => {
            let mut all = c;
            all.merge(a);
            all.merge(b);
            all
        }
    };
    let outcomes = merged.outcomes(&scope);
    let facts = merged.facts();
    (outcomes, facts, merged, scope)
}

fn files_of<T>(
    dataset: Dataset,
    rows: &[T],
    sizes: &[usize],
    batch: fn(&[T]) -> RecordBatch,
) -> Vec<(FilePlan, RecordBatch)> {
    let mut files = Vec::new();
    let mut rest = rows;
    for size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (head, tail) = rest.split_at((*size).clamp(1, rest.len()));
        let number = files.len();
        let folder = [None, Some("2022-06-22"), Some("2022-06-01")][number % 3];
        files.push((plan(dataset, &format!("file-{number:03}"), folder), batch(head)));
        rest = tail;
    }
    files
}

/// A quick comparison that tells NaN-free outcomes apart by their text.
fn told(outcomes: &[Outcome]) -> Vec<String> {
    outcomes.iter().map(|outcome| format!("{outcome:?}")).collect()
}

proptest! {
    #[test]
    fn the_result_does_not_depend_on_how_rows_are_split_among_threads(
        events_ in prop::collection::vec(any_event(), 1..80),
        metrics_ in prop::collection::vec(any_metric(), 1..80),
        sizes in prop::collection::vec(1usize..20, 1..4),
        cuts in prop::collection::vec((1usize..9, 0usize..THREADS), 1..12),
        order in 0usize..3,
    ) {
        let events_ = files_of(Dataset::Events, &events_, &sizes, events);
        let metrics_ = files_of(Dataset::Metrics, &metrics_, &sizes, metrics);
        let one = [(usize::MAX, 0)];
        let plain = by_threads(Dataset::Events, &events_, &one, 0);
        let split = by_threads(Dataset::Events, &events_, &cuts, order);
        prop_assert_eq!(told(&plain.0), told(&split.0));
        prop_assert_eq!(&plain.1, &split.1);
        let plain_metrics = by_threads(Dataset::Metrics, &metrics_, &one, 0);
        let split_metrics = by_threads(Dataset::Metrics, &metrics_, &cuts, order);
        prop_assert_eq!(told(&plain_metrics.0), told(&split_metrics.0));
        prop_assert_eq!(&plain_metrics.1, &split_metrics.1);
        let across = |events: &(Vec<Outcome>, RowFacts, Tally, Scope), metrics: &(Vec<Outcome>, RowFacts, Tally, Scope)| {
            told(&crate::contract::cross::outcomes(Some((&events.2, &events.3)), Some((&metrics.2, &metrics.3))))
        };
        prop_assert_eq!(across(&plain, &plain_metrics), across(&split, &split_metrics));
    }
}

#[test]
fn samples_are_spread_over_files() {
    let bad = Event {
        name: None,
        ..Event::default()
    };
    let batch = events(&vec![bad; 40]);
    let keys = |files: usize| {
        let files: Vec<_> = (0..files)
            .rev()
            .map(|n| (plan(Dataset::Events, &format!("f{n}"), None), batch.clone()))
            .collect();
        let (mut tally, scope) = tally(Dataset::Events, &files);
        let outcomes = tally.outcomes(&scope);
        let found = judged(of_code(&outcomes, "E510")).unwrap().clone();
        assert_eq!(found.count, 40 * files.len() as u64);
        found
            .samples
            .iter()
            .map(|s| format!("{}:{}", s.key, s.row.unwrap()))
            .collect::<Vec<_>>()
    };
    assert_eq!(keys(1), ["f0:0", "f0:1", "f0:2", "f0:3", "f0:4"]);
    assert_eq!(keys(2), ["f0:0", "f0:1", "f0:2", "f1:0", "f1:1"]);
    assert_eq!(keys(9), ["f0:0", "f1:0", "f2:0", "f3:0", "f4:0"]);
}
