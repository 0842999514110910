//! Each rule planted and each near miss silent; hostile footers; and the tables of the contract, type by type.

use std::sync::Arc;

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::{
    contract::{
        Context,
        layout::{FolderListing, Listed, ListingState, SparkView},
    },
    rule::{Code, Dataset, Found, Judged, Outcome, Severity},
};

fn ctx() -> Context {
    Context::at("2022-06-24T05:14:00Z".parse::<Timestamp>().unwrap())
}

fn column(name: &str, physical: Physical, logical: Logical) -> Column {
    Column {
        name: name.into(),
        physical,
        logical,
        required: false,
        leaf: 0,
        nested: 0,
    }
}

fn text(name: &str) -> Column {
    column(name, Physical::ByteArray, Logical::String)
}

fn file(key: &str, columns: Vec<Column>) -> FileFooter {
    FileFooter {
        key: key.into(),
        rows: 1,
        row_groups: Box::default(),
        shape: Arc::new(Shape {
            columns,
            ..Shape::default()
        }),
        spark: SparkView::Read,
    }
}

/// The columns that a dataset should have, with some left out and some put in their place.
fn good(dataset: Dataset, without: &[&str], with: Vec<Column>) -> Vec<Column> {
    let right = |name: &str| match name {
        "timestamp" => column(name, Physical::Int64, Logical::None),
        "metric_value" | "numerator" | "denominator" => column(name, Physical::Double, Logical::None),
        "finished_date" => column(name, Physical::Int32, Logical::Date),
        _ => text(name),
    };
    contract_columns(dataset)
        .iter()
        .filter(|name| !without.contains(name))
        .map(|name| right(name))
        .chain(with)
        .collect()
}

fn listing() -> FolderListing {
    FolderListing {
        objects: vec![Listed {
            key: "events/2022-06-21/a.parquet".into(),
            size: 100,
            ..Listed::default()
        }],
        state: ListingState::Complete,
    }
}

fn footers(files: Vec<FileFooter>) -> DatasetFooters {
    DatasetFooters {
        files,
        ..DatasetFooters::default()
    }
}

fn found(outcomes: &[Outcome], code: &str) -> Found {
    let code = Code::new(code);
    let mut of = outcomes.iter().filter(|outcome| outcome.code == code);
    let first = of.next().unwrap_or_else(|| panic!("no {code}"));
    assert!(of.next().is_none());
    first.found.clone()
}

fn judged(dataset: Dataset, files: Vec<FileFooter>, code: &str) -> Judged {
    match found(&judge(&ctx(), dataset, &listing(), &footers(files)), code) {
        Found::Judged(judged) => judged,
        other => panic!("{code}: {other:?}"),
    }
}

fn counts(dataset: Dataset, files: Vec<FileFooter>, code: &str) -> (u64, Option<Severity>) {
    let judged = judged(dataset, files, code);
    (judged.count, judged.severity.filter(|_| judged.count > 0))
}

const EVENTS: Dataset = Dataset::Events;
const METRICS: Dataset = Dataset::Metrics;
const SIGNALS: Dataset = Dataset::Signals;
const FAIL: Option<Severity> = Some(Severity::Fail);
const WARN: Option<Severity> = Some(Severity::Warn);
const INFO: Option<Severity> = Some(Severity::Info);

fn one(dataset: Dataset, without: &[&str], with: Vec<Column>) -> Vec<FileFooter> {
    vec![file("a", good(dataset, without, with))]
}

#[test]
fn files_as_the_contract_asks_have_no_finding() {
    for dataset in Dataset::ALL {
        for outcome in judge(&ctx(), dataset, &listing(), &footers(one(dataset, &[], vec![]))) {
            let Found::Judged(judged) = &outcome.found else {
                panic!("{outcome:?}");
            };
            assert_eq!(
                (judged.count, judged.checked, judged.of),
                (0, 1, 1),
                "{}",
                outcome.code
            );
        }
    }
}

#[test]
fn a_missing_column_is_grave_but_for_timeuuid() {
    assert_eq!(
        counts(EVENTS, one(EVENTS, &["timeuuid"], vec![]), "S402"),
        (1, WARN)
    );
    assert_eq!(
        counts(EVENTS, one(EVENTS, &["user", "timeuuid"], vec![]), "S402"),
        (1, FAIL)
    );
    assert_eq!(
        counts(METRICS, one(METRICS, &["denominator"], vec![]), "S402"),
        (1, FAIL)
    );
    assert_eq!(
        counts(SIGNALS, one(SIGNALS, &["finished_date"], vec![]), "S402"),
        (1, FAIL)
    );
    let two = vec![
        file("a", good(EVENTS, &["timeuuid"], vec![])),
        file("b", good(EVENTS, &[], vec![])),
        file("c", good(EVENTS, &["user"], vec![])),
    ];
    assert_eq!(counts(EVENTS, two, "S402"), (2, FAIL));
}

#[test]
fn a_misspelled_column_is_neither_missing_nor_extra() {
    let slips = [
        (EVENTS, "event_name", "event"),
        (EVENTS, "event_name", "Event Name"),
        (EVENTS, "timestamp", "time"),
        (EVENTS, "event_metadata", "metadata"),
        (EVENTS, "event_value", "value"),
        (EVENTS, "user", "userId"),
        (EVENTS, "user", "user_id"),
        (EVENTS, "user", " USER\u{a0}"),
        (EVENTS, "timeuuid", "timeUUID"),
        (METRICS, "unit_id", "userId"),
        (METRICS, "unit_id", "unitID"),
        (METRICS, "metric_value", "value"),
        (METRICS, "date", "Date"),
        (SIGNALS, "finished_date", "finishedDate"),
    ];
    for (dataset, right, wrong) in slips {
        let files = || one(dataset, &[right], vec![text(wrong)]);
        assert_eq!(counts(dataset, files(), "S403"), (1, FAIL), "{wrong}");
        assert_eq!(counts(dataset, files(), "S402").0, 0, "{wrong}");
        assert_eq!(counts(dataset, files(), "S410").0, 0, "{wrong}");
    }
    // The right name is there, or the name means nothing in this dataset.
    for (dataset, without, with) in [
        (EVENTS, &[][..], "userId"),
        (METRICS, &["metric_name"][..], "metric"),
        (METRICS, &["date"][..], "time"),
        (EVENTS, &["user"][..], "users"),
    ] {
        let files = || one(dataset, without, vec![text(with)]);
        assert_eq!(counts(dataset, files(), "S403").0, 0, "{with}");
        assert_eq!(counts(dataset, files(), "S410").0, 1, "{with}");
    }
}

#[test]
fn every_type_stands_as_the_tables_say() {
    use Logical as L;
    use Physical as P;
    use Standing::{Accepted as A, Doubtful as D, Wrong as W};
    let ts = |unit, utc| L::Timestamp { unit, utc };
    let int = |bits, signed| L::Int { bits, signed };
    let dec = L::Decimal {
        precision: 18,
        scale: 4,
    };
    let (ms, us, ns) = (Unit::Millis, Unit::Micros, Unit::Nanos);
    // A type, and how it stands as timestamp, event_name, event_value, event_metadata, timeuuid, unit_id, id_type,
    // date, metric_value, finished_date.
    let table: &[(P, L, [Standing; 10])] = &[
        (P::Int64, L::None, [A, W, D, W, W, D, W, W, W, W]),
        (P::Int64, ts(ms, true), [A, W, W, W, W, W, W, D, W, W]),
        (P::Int64, ts(us, true), [A, W, W, W, W, W, W, D, W, W]),
        (P::Int64, ts(us, false), [D, W, W, W, W, W, W, D, W, W]),
        (P::Int64, ts(ns, true), [W, W, W, W, W, W, W, W, W, W]),
        (P::Int64, L::Time { unit: us, utc: true }, [W; 10]),
        (P::Int64, int(64, false), [W, W, D, W, W, D, W, W, W, W]),
        (P::Int64, dec, [W, W, D, W, W, W, W, W, W, W]),
        (P::Int96, L::None, [A, W, W, W, W, W, W, W, W, W]),
        (P::Int32, L::None, [D, W, D, W, W, D, W, W, W, W]),
        (P::Int32, int(32, false), [W, W, D, W, W, D, W, W, W, W]),
        (P::Int32, int(8, true), [W, W, D, W, W, D, W, W, W, W]),
        (P::Int32, L::Date, [W, W, W, W, W, W, W, A, W, A]),
        (P::Int32, L::Unknown, [W, W, D, D, D, W, W, W, W, W]),
        (P::ByteArray, L::Unknown, [W, W, D, D, D, W, W, W, W, W]),
        (P::Double, L::None, [D, W, D, W, W, W, W, W, A, W]),
        (P::Float, L::None, [W, W, D, W, W, W, W, W, D, W]),
        (P::Boolean, L::None, [W; 10]),
        (P::ByteArray, L::String, [D, A, A, A, A, A, A, A, W, A]),
        (P::ByteArray, L::Json, [D, A, A, A, A, A, A, A, W, A]),
        (P::ByteArray, L::Enum, [D, A, A, A, A, A, A, A, W, A]),
        (P::ByteArray, L::None, [W, D, D, D, W, W, W, W, W, W]),
        (P::ByteArray, L::Bson, [W; 10]),
        (P::Fixed(16), L::Uuid, [W; 10]),
        (P::Fixed(16), dec, [W, W, D, W, W, W, W, W, W, W]),
        (P::Fixed(2), L::Float16, [W; 10]),
        (P::Group, L::Struct, [W; 10]),
        (P::Group, L::Map, [W; 10]),
        (P::Group, L::List, [W; 10]),
    ];
    let names = [
        (EVENTS, "timestamp"),
        (EVENTS, "event_name"),
        (EVENTS, "event_value"),
        (EVENTS, "event_metadata"),
        (EVENTS, "timeuuid"),
        (METRICS, "unit_id"),
        (METRICS, "id_type"),
        (METRICS, "date"),
        (METRICS, "metric_value"),
        (SIGNALS, "finished_date"),
    ];
    for (physical, logical, standings) in table {
        for ((dataset, name), expected) in names.iter().zip(standings) {
            let typed = column(name, *physical, *logical);
            let footer = file("a", good(*dataset, &[name], vec![typed.clone()]));
            let readings = readings(*dataset, &footer);
            let reading = readings.get(name).unwrap();
            assert_eq!(reading.standing, *expected, "{name} as {}", typed.spelled());
            assert_eq!(reading.reading.is_some(), *expected != W, "{name}");
            let code = |code| counts(*dataset, vec![footer.clone()], code);
            assert_eq!(code("S404"), if *expected == W { (1, FAIL) } else { (0, None) });
            assert_eq!(code("S405"), if *expected == D { (1, WARN) } else { (0, None) });
        }
    }
    for (dataset, name, like) in [
        (EVENTS, "user", "event_name"),
        (METRICS, "metric_name", "id_type"),
        (METRICS, "numerator", "metric_value"),
        (METRICS, "denominator", "metric_value"),
    ] {
        let at = names.iter().position(|(_, name)| *name == like).unwrap();
        for (physical, logical, standings) in table {
            let footer = file("a", vec![column(name, *physical, *logical)]);
            let standing = readings(dataset, &footer).get(name).unwrap().standing;
            assert_eq!(standing, standings[at], "{name}");
        }
    }
}

#[test]
fn a_column_of_nulls_as_older_duckdbs_write_it_is_null_typed() {
    let nulls = |name: &str, all_null: bool| {
        let columns = good(
            EVENTS,
            &[name],
            vec![column(name, Physical::Int32, Logical::None)],
        );
        let mut footer = file("a", columns);
        let shape = Shape {
            all_null: if all_null { vec![name.into()] } else { vec![] },
            ..(*footer.shape).clone()
        };
        footer.shape = Arc::new(shape);
        readings(EVENTS, &footer).get(name).unwrap().clone()
    };
    for name in ["event_metadata", "timeuuid", "event_value"] {
        assert_eq!(nulls(name, true).reading, Some(Reading::Null), "{name}");
        assert_eq!(nulls(name, true).standing, Standing::Doubtful, "{name}");
    }
    assert_eq!(nulls("event_metadata", false).standing, Standing::Wrong);
    assert_eq!(nulls("event_value", false).reading, Some(Reading::Int32));
    assert_eq!(nulls("user", true).standing, Standing::Wrong);
}

#[test]
fn drift_counts_the_files_that_differ_from_the_first_by_key() {
    let with = |key: &str, typed: Column| file(key, good(EVENTS, &["timestamp"], vec![typed]));
    let int64 = || column("timestamp", Physical::Int64, Logical::None);
    let micros = |utc| {
        column(
            "timestamp",
            Physical::Int64,
            Logical::Timestamp {
                unit: Unit::Micros,
                utc,
            },
        )
    };
    let millis = || {
        column(
            "timestamp",
            Physical::Int64,
            Logical::Timestamp {
                unit: Unit::Millis,
                utc: true,
            },
        )
    };
    let files = vec![
        with("c", micros(true)),
        with("a", int64()),
        with("b", micros(true)),
    ];
    let drift = judged(EVENTS, files, "S406");
    assert_eq!((drift.count, drift.severity, drift.checked), (2, FAIL, 3));
    assert!(drift.cause.unwrap().contains("from a, the first by key"));
    assert_eq!(
        counts(EVENTS, vec![with("a", micros(true)), with("b", millis())], "S406"),
        (1, WARN)
    );
    assert_eq!(
        counts(
            EVENTS,
            vec![with("a", micros(true)), with("b", micros(false))],
            "S406"
        ),
        (1, WARN)
    );
    assert_eq!(
        counts(
            EVENTS,
            vec![with("a", micros(false)), with("b", micros(true))],
            "S406"
        ),
        (1, FAIL)
    );
    // STRING beside JSON, repetition, and an int64 that says that it is one, are no drift.
    let json = file(
        "b",
        good(
            EVENTS,
            &["user"],
            vec![column("user", Physical::ByteArray, Logical::Json)],
        ),
    );
    let mut required = file("c", good(EVENTS, &[], vec![]));
    let mut shape = (*required.shape).clone();
    shape.columns.iter_mut().for_each(|column| column.required = true);
    required.shape = Arc::new(shape);
    let same = vec![file("a", good(EVENTS, &[], vec![])), json, required];
    assert_eq!(counts(EVENTS, same, "S406"), (0, None));
    // A file that Spark does not read can't give the schema.
    let mut dropped = with("a", int64());
    dropped.spark = SparkView::Dropped;
    let drift = judged(
        EVENTS,
        vec![dropped, with("b", micros(true)), with("c", micros(true))],
        "S406",
    );
    assert_eq!(drift.count, 1);
    assert!(drift.cause.unwrap().contains("from b, the first by key"));
}

#[test]
fn a_column_that_the_first_file_lacks_is_lost() {
    let bare = || file("a", good(EVENTS, &["timeuuid"], vec![]));
    let full = |key: &str| file(key, good(EVENTS, &[], vec![text("extra")]));
    assert_eq!(
        counts(EVENTS, vec![full("b"), bare(), full("c")], "S407"),
        (2, FAIL)
    );
    let first = file("a", good(EVENTS, &[], vec![]));
    assert_eq!(counts(EVENTS, vec![first, full("b")], "S407"), (1, INFO));
    let later = file("z", good(EVENTS, &["timeuuid"], vec![]));
    assert_eq!(counts(EVENTS, vec![full("b"), later], "S407"), (0, None));
}

#[test]
fn codings_duplicates_extras_and_empty_files_are_told() {
    let mut coded = file("a", good(EVENTS, &[], vec![]));
    coded.shape = Arc::new(Shape {
        unsupported: vec![("BYTE_STREAM_SPLIT".into(), "v".into())],
        ..(*coded.shape).clone()
    });
    let judged_coded = judged(EVENTS, vec![coded], "S408");
    assert_eq!(judged_coded.count, 1);
    assert!(judged_coded.cause.unwrap().contains("Spark 4 reads"));
    assert_eq!(counts(EVENTS, one(EVENTS, &[], vec![]), "S408").0, 0);

    assert_eq!(
        counts(EVENTS, one(EVENTS, &[], vec![text("extra")]), "S410"),
        (1, None)
    );
    assert_eq!(
        counts(SIGNALS, one(SIGNALS, &[], vec![text("extra")]), "S410"),
        (1, WARN)
    );

    let mut empty = file("a", good(EVENTS, &[], vec![]));
    empty.rows = 0;
    let files = vec![empty, file("b", good(EVENTS, &[], vec![]))];
    let judged_empty = judged(EVENTS, files, "S411");
    assert_eq!(
        (judged_empty.count, judged_empty.samples[0].key.as_str()),
        (1, "a")
    );
}

#[test]
fn no_rule_passes_on_footers_that_were_not_read() {
    let good_file = || file("b", good(EVENTS, &[], vec![]));
    let unread = |failure| DatasetFooters {
        files: vec![good_file()],
        failures: vec![("a".into(), failure)],
        ..DatasetFooters::default()
    };
    let refused = listing_with(ListingState::Incomplete("cut short".into()));
    let cut = DatasetFooters {
        incomplete: Some("interrupted".into()),
        ..footers(vec![good_file()])
    };
    let cases = [
        (listing(), unread(FooterFailure::NotRead("access denied".into()))),
        (listing(), unread(FooterFailure::TooLarge(1 << 40))),
        (refused.clone(), footers(vec![good_file()])),
        (refused, footers(vec![])),
        (listing(), cut),
    ];
    for (listing, footers) in cases {
        for outcome in judge(&ctx(), EVENTS, &listing, &footers) {
            assert!(matches!(outcome.found, Found::Unknown { .. }), "{outcome:?}");
        }
    }
    // A broken file is a finding, and the others can be judged.
    let broken = unread(FooterFailure::BadMagicTail);
    let outcomes = judge(&ctx(), EVENTS, &listing(), &broken);
    let Found::Judged(s401) = found(&outcomes, "S401") else {
        panic!()
    };
    assert_eq!((s401.count, s401.checked, s401.of), (1, 2, 2));
    assert!(matches!(
        found(&outcomes, "S402"),
        Found::Judged(Judged {
            count: 0,
            checked: 1,
            of: 1,
            ..
        })
    ));
    // Nothing but broken files.
    let all_broken = DatasetFooters {
        files: vec![],
        ..broken
    };
    let outcomes = judge(&ctx(), EVENTS, &listing(), &all_broken);
    assert!(
        matches!(found(&outcomes, "S402"), Found::Skipped { blocked_by: Some(code), .. } if code == Code::new("S401"))
    );
}

fn listing_with(state: ListingState) -> FolderListing {
    FolderListing { state, ..listing() }
}

#[test]
fn footers_that_nobody_read_are_no_evidence() {
    let mut two = listing();
    let mut other = two.objects[0].clone();
    other.key = "events/2022-06-21/b.parquet".into();
    two.objects.push(other);
    let one_read = || footers(one(EVENTS, &[], vec![]));
    assert!(matches!(
        found(&judge(&ctx(), EVENTS, &two, &one_read()), "S402"),
        Found::Unknown { .. }
    ));
    // An archived file is L309's: the others are judged.
    two.objects[1].archived = true;
    assert!(matches!(
        found(&judge(&ctx(), EVENTS, &two, &one_read()), "S402"),
        Found::Judged(_)
    ));
    two.objects[0].archived = true;
    match found(&judge(&ctx(), EVENTS, &two, &footers(vec![])), "S402") {
        Found::Skipped { blocked_by, .. } => assert_eq!(blocked_by, Some(Code::new("L309"))),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_explains_that_nothing_is_there_is_named() {
    let blocked = |key: &str, size: u64| {
        let mut listing = listing();
        listing.objects[0].key = key.into();
        listing.objects[0].size = size;
        match found(&judge(&ctx(), EVENTS, &listing, &footers(vec![])), "S402") {
            Found::Skipped { blocked_by, .. } => blocked_by.unwrap().to_string(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(blocked("events/a.csv", 9), "L303");
    assert_eq!(blocked("events/a.parquet", 0), "L311");
    assert_eq!(blocked("events/_a.parquet", 9), "L314");
    assert_eq!(blocked("events/_SUCCESS", 9), "L301");
    assert_eq!(blocked("events/2022-06-21/", 0), "L301");
}

#[test]
fn groups_are_the_largest_first() {
    let plain = |key: &str| file(key, good(SIGNALS, &[], vec![]));
    let files = vec![
        plain("b"),
        plain("a"),
        file("0", good(SIGNALS, &[], vec![text("x")])),
    ];
    let groups = groups(&footers(files));
    let seen: Vec<_> = groups.iter().map(|g| (g.files, g.first_key.as_str())).collect();
    assert_eq!(seen, [(2, "a"), (1, "0")]);
    assert_eq!(groups[0].columns[0].logical, "DATE");
}

#[test]
fn a_tail_says_how_long_the_footer_is_or_what_is_wrong() {
    let tail = |length: u32, magic: &[u8]| [&length.to_le_bytes()[..], magic].concat();
    assert_eq!(footer_length(&tail(100, b"PAR1"), 112), Ok(100));
    assert_eq!(
        footer_length(&tail(100, b"PAR1"), 111),
        Err(FooterFailure::Truncated)
    );
    assert_eq!(
        footer_length(&tail(u32::MAX, b"PAR1"), 1000),
        Err(FooterFailure::Truncated)
    );
    assert!(matches!(
        footer_length(&tail(u32::MAX, b"PAR1"), u64::MAX),
        Err(FooterFailure::TooLarge(_))
    ));
    assert_eq!(
        footer_length(&tail(9, b"PARX"), 1000),
        Err(FooterFailure::BadMagicTail)
    );
    assert_eq!(
        footer_length(&tail(9, b"PARE"), 1000),
        Err(FooterFailure::EncryptedFooter)
    );
    assert_eq!(footer_length(b"PAR1", 4), Err(FooterFailure::Truncated));
    assert_eq!(check_head(b"PAR1..."), Ok(()));
    assert_eq!(check_head(b"PAR2"), Err(FooterFailure::BadMagicHead));
    assert_eq!(check_head(b"PARE"), Err(FooterFailure::EncryptedFooter));
    assert_eq!(check_head(b"PA"), Err(FooterFailure::Truncated));
}

/// A footer in Thrift, by hand: so many columns, nested so deep, with sizes that lie.
struct Hostile(Vec<u8>);

impl Hostile {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn list(&mut self, size: u64) {
        self.0.push(0xfc);
        self.varint(size);
    }

    /// Version 1, then the header of the schema's list.
    fn begin(elements: u64) -> Self {
        let mut footer = Self(vec![0x15, 0x02, 0x19]);
        footer.list(elements);
        footer
    }

    /// A group of so many children.
    fn group(&mut self, children: u64) {
        self.0.extend([0x35, 0x00, 0x18, 0x01, b'g', 0x15]);
        self.varint(children << 1);
        self.0.push(0);
    }

    /// An optional BYTE_ARRAY.
    fn leaf(&mut self, name: &str) {
        self.0.extend([0x15, 0x0c, 0x25, 0x02, 0x18]);
        self.varint(name.len() as u64);
        self.0.extend(name.as_bytes());
        self.0.push(0);
    }

    /// No rows, no row groups.
    fn end(mut self) -> Vec<u8> {
        self.0.extend([0x16, 0x00, 0x19, 0x0c, 0x00]);
        self.0
    }
}

fn read(footer: &[u8]) -> Result<FileFooter, FooterFailure> {
    FileFooter::read(
        "events/a.parquet",
        footer,
        1 << 40,
        SparkView::Read,
        &Shapes::new(),
    )
}

#[test]
fn a_million_columns_are_counted_and_not_kept() {
    let mut hostile = Hostile::begin(1_000_002);
    hostile.group(1_000_001);
    for at in 0..1_000_000 {
        hostile.leaf(&format!("c{at}"));
    }
    hostile.leaf("user");
    let footer = read(&hostile.end()).unwrap();
    assert_eq!(
        footer.shape.columns.len() as u64 + u64::from(footer.shape.columns_more),
        1_000_001
    );
    assert!(footer.shape.columns.len() < 5000);
    assert!(footer.column("user").is_some());
    assert_eq!(counts(EVENTS, vec![footer], "S410").0, 1);
}

#[test]
fn nesting_without_end_and_sizes_that_lie_are_refused() {
    let depth = 500_000;
    let mut deep = Hostile::begin(depth + 1);
    for _ in 0..depth {
        deep.group(1);
    }
    deep.leaf("x");
    assert_eq!(read(&deep.end()).unwrap().shape.columns.len(), 1);

    let corrupt = |footer: Vec<u8>| assert!(matches!(read(&footer), Err(FooterFailure::Corrupt(_))));
    corrupt(Hostile::begin(i32::MAX as u64).end());
    corrupt(Hostile::begin(u64::MAX).end());
    let mut children = Hostile::begin(2);
    children.group(i32::MAX as u64);
    children.leaf("x");
    corrupt(children.end());
    let mut short = Hostile::begin(2);
    short.group(2);
    short.leaf("x");
    corrupt(short.end());
    let mut long = Hostile::begin(3);
    long.group(1);
    long.leaf("x");
    long.leaf("y");
    corrupt(long.end());
    corrupt(vec![]);
    corrupt(vec![0]);
    // Lists in lists in a field that nobody knows.
    corrupt([&[0x15, 0x02, 0x89][..], &[0x19; 200]].concat());
}

proptest! {
    #[test]
    fn no_bytes_make_a_footer_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = read(&bytes);
        let _ = check_head(&bytes);
        let _ = footer_length(&bytes, bytes.len() as u64);
    }

    #[test]
    fn no_bytes_behind_a_good_schema_make_a_footer_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let mut start = Hostile::begin(2);
        start.group(1);
        start.leaf("user");
        start.0.extend([0x16, 0x02, 0x19, 0x1c]);
        start.0.extend(bytes);
        if let Ok(footer) = read(&start.0) {
            let _ = footer.metadata(&["user"]);
        }
    }
}
