//! Each rule planted and each near miss silent, and Spark's own doings as they were seen.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::{
    contract::{
        Context, SignalVia,
        schema::{Column, DatasetFooters, FileFooter, FooterFailure, Logical, Physical, Shape},
    },
    rule::{Code, Dataset, Found, Judged, Outcome, Severity, Subject},
};

fn now() -> Timestamp {
    "2022-06-24T05:14:00Z".parse().unwrap()
}

fn object(key: &str, size: u64) -> Listed {
    Listed {
        key: format!("events/{key}"),
        size,
        modified: Some(now()),
        ..Listed::default()
    }
}

/// Objects under `events/`; a size may follow a blank: `2022-06-22/a.parquet 0`.
fn folder(keys: &[&str]) -> FolderListing {
    let mut objects: Vec<_> = keys
        .iter()
        .map(|key| match key.rsplit_once(" @") {
            Some((key, size)) => object(key, size.parse().unwrap()),
            None => object(key, 1 << 20),
        })
        .collect();
    objects.sort_by(|a, b| a.key.cmp(&b.key));
    FolderListing {
        objects,
        state: ListingState::Complete,
    }
}

fn whole(keys: &[&str]) -> FolderListing {
    let objects = keys.iter().map(|key| Listed {
        key: (*key).into(),
        size: 9,
        ..Listed::default()
    });
    FolderListing {
        objects: objects.collect(),
        state: ListingState::Complete,
    }
}

fn root(folders: &[&str], objects: &[&str]) -> RootListing {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    RootListing::Page {
        folders: owned(folders),
        objects: owned(objects),
        more: false,
    }
}

fn outcome(outcomes: &[Outcome], code: &str, subject: Subject) -> Found {
    let code = Code::new(code);
    let mut found = outcomes.iter().filter(|o| o.code == code && o.subject == subject);
    let outcome = found.next().unwrap_or_else(|| panic!("no outcome for {code}"));
    assert!(found.next().is_none(), "{code} twice");
    outcome.found.clone()
}

fn judged(found: Found) -> Judged {
    match found {
        Found::Judged(judged) => judged,
        other => panic!("not judged: {other:?}"),
    }
}

fn judge_events(events: &FolderListing) -> Vec<Outcome> {
    let other = whole(&["metrics/2022-06-22/a.parquet"]);
    let signals = whole(&["signals/2022-06-22/a.parquet"]);
    let root = root(&["events", "metrics", "signals"], &[]);
    let evidence = Evidence {
        root: &root,
        events,
        metrics: &other,
        signals: &signals,
        storage_known: true,
    };
    judge(&Context::at(now()), &evidence, None)
}

fn on_events(keys: &[&str], code: &str) -> Judged {
    judged(outcome(&judge_events(&folder(keys)), code, Subject::Events))
}

const USUAL: Option<Severity> = None;
const FAIL: Option<Severity> = Some(Severity::Fail);
const WARN: Option<Severity> = Some(Severity::Warn);

/// Rule, objects, how many it counts, and its severity where it is not the usual one.
type Case = (&'static str, &'static [&'static str], u64, Option<Severity>);

const CASES: &[Case] = &[
    // L303
    (
        "L303",
        &[
            "2022-06-21/a.parquet",
            "2022-06-22/a.csv",
            "b.JSON",
            "2022-06-22/x_manifest",
        ],
        3,
        USUAL,
    ),
    (
        "L303",
        &[
            "2022-06-21/a.gz.parquet",
            "2022-06-22/_x.csv",
            "2022-06-22/.y.json",
            "2022-06-22/_SUCCESS",
        ],
        0,
        USUAL,
    ),
    (
        "L303",
        &["2022-06-21/a.parquet", "2022-06-22/too/deep/a.csv"],
        0,
        USUAL,
    ),
    (
        "L303",
        &[
            "2022-06-21/a.parquet",
            "2022-06-22/part-00000",
            "2022-06-22/a.crc",
        ],
        0,
        USUAL,
    ),
    (
        "L303",
        &["2022-06-21/a.parquet", "2022-06-22/empty.csv @0"],
        1,
        USUAL,
    ),
    // L304
    (
        "L304",
        &[
            "2022-06-21/a.parquet",
            "2022-06-22/x/b.parquet",
            "2022-06-22/x/y/c.parquet",
        ],
        2,
        USUAL,
    ),
    (
        "L304",
        &["2022-06-21/hour=1/a.parquet", "2022-06-21/b.parquet"],
        1,
        USUAL,
    ),
    (
        "L304",
        &["2022-06-21/x/a.parquet", "2022-06-22/x/b.parquet"],
        0,
        USUAL,
    ),
    (
        "L304",
        &[
            "2022-06-21/a.parquet",
            "b.parquet",
            "2022-06-22/x/_SUCCESS",
            "2022-06-22/x/c.csv",
        ],
        0,
        USUAL,
    ),
    (
        "L304",
        &["2022-06-21/hour=1/a.parquet", "2022-06-21/hour=2/b.parquet"],
        0,
        USUAL,
    ),
    (
        "L304",
        &["2022-06-21/a.parquet", "2022-06-21/_temporary/0/b.parquet"],
        1,
        USUAL,
    ),
    // L305
    (
        "L305",
        &["2022-06-21/x/a.parquet", "2022-06-22/x/b.parquet"],
        2,
        USUAL,
    ),
    (
        "L305",
        &[
            "date=2022-06-21/hour=1/a.parquet",
            "date=2022-06-22/hour=1/a.parquet",
        ],
        2,
        USUAL,
    ),
    (
        "L305",
        &["date=2022-06-21/hour=1/a.parquet", "2022-06-22/a.parquet"],
        1,
        USUAL,
    ),
    (
        "L305",
        &[
            "date=2022-06-21/hour=1/a.parquet",
            "date=2022-06-21/h=1/b.parquet",
        ],
        2,
        USUAL,
    ),
    (
        "L305",
        &["2022:06:21/a.parquet", "2022-06-22/b.parquet"],
        1,
        USUAL,
    ),
    (
        "L305",
        &["2022-06-21/a:1.parquet", "2022-06-22/b.parquet"],
        1,
        WARN,
    ),
    ("L305", &["2022-06-21/b=/a.parquet"], 1, USUAL),
    (
        "L305",
        &[
            "date=2022-06-21/hour=1/a.parquet",
            "date=2022-06-21/hour=2/b.parquet",
        ],
        0,
        WARN,
    ),
    (
        "L305",
        &[
            "date=2022-06-21/a.parquet",
            "dt=2022-06-22/b.parquet",
            "2022-06-23/c.parquet",
        ],
        0,
        WARN,
    ),
    (
        "L305",
        &["2022-06-21/a.parquet", "2022-06-22/x/b.parquet"],
        0,
        WARN,
    ),
    ("L305", &["2022-06-21/x/a.parquet", "b.parquet"], 0, WARN),
    // L306
    (
        "L306",
        &["date=2022-06-21/a.parquet", "2022-06-22/b.parquet"],
        1,
        USUAL,
    ),
    (
        "L306",
        &[
            "2022-06-22/hour=1/b.parquet",
            "2022-06-22/a=b.parquet",
            "x=y.parquet",
        ],
        0,
        USUAL,
    ),
    // L307
    (
        "L307",
        &[
            "_temporary/a.parquet",
            ".tmp/b.parquet",
            "_delta_log/0.json",
            "2022-06-21/c.parquet",
        ],
        3,
        USUAL,
    ),
    (
        "L307",
        &[
            ".spark-staging-1/x.parquet",
            "_temporary/_SUCCESS",
            "2022-06-21/c.parquet",
        ],
        1,
        USUAL,
    ),
    (
        "L307",
        &[
            "2022-06-21/_temporary/a.parquet",
            "2022-06-21/c.parquet",
            "_SUCCESS",
        ],
        0,
        USUAL,
    ),
    // L308
    (
        "L308",
        &["misc/a.parquet", "misc/b.parquet", "2022-06-21/c.parquet"],
        2,
        USUAL,
    ),
    ("L308", &["20220621/a.parquet", "misc/b.parquet"], 2, WARN),
    ("L308", &["2022-02-30/a.parquet"], 1, WARN),
    (
        "L308",
        &[
            "2022-06-21/a.parquet",
            "date=2022-06-22/b.parquet",
            "c.parquet",
            "_temporary/d.parquet",
        ],
        0,
        USUAL,
    ),
    // L310
    (
        "L310",
        &["2022-06-21/a.parquet", "2022-06-21/_metadata", "_common_metadata"],
        2,
        USUAL,
    ),
    (
        "L310",
        &["2022-06-21/a.parquet", "2022-06-21/_metadata.json", "metadata"],
        0,
        USUAL,
    ),
    // L311
    (
        "L311",
        &["2022-06-21/a.parquet", "2022-06-22/b.parquet @0"],
        1,
        USUAL,
    ),
    (
        "L311",
        &["2022-06-21/a.parquet @0", "2022-06-22/b.parquet"],
        1,
        FAIL,
    ),
    (
        "L311",
        &["2022-06-21/x/a.parquet @0", "2022-06-22/b.parquet"],
        1,
        USUAL,
    ),
    (
        "L311",
        &[
            "2022-06-21/_a.parquet @0",
            "2022-06-21/_SUCCESS @0",
            "2022-06-22/b.parquet",
            "2022-06-22/ @0",
            "2022-06-22_$folder$ @0",
        ],
        0,
        USUAL,
    ),
    // L314
    (
        "L314",
        &["2022-06-21/_a.parquet", ".b.parquet", "2022-06-21/c.parquet"],
        2,
        USUAL,
    ),
    (
        "L314",
        &[
            "2022-06-21/_SUCCESS",
            "2022-06-21/.a.parquet.crc",
            "2022-06-21/c.parquet",
            "_x/d.parquet",
        ],
        0,
        USUAL,
    ),
];

#[test]
fn each_rule_counts_what_it_says_and_is_silent_on_near_misses() {
    for (code, keys, count, severity) in CASES {
        let judged = on_events(keys, code);
        assert_eq!(judged.count, *count, "{code} {keys:?}");
        if *count > 0 {
            assert_eq!(judged.severity, *severity, "{code} {keys:?}");
            assert!(judged.samples.len() as u64 <= 5.min(*count), "{code} {keys:?}");
            assert!(!judged.samples.is_empty(), "{code} {keys:?}");
        }
    }
}

/// Objects, which of the Parquet files Spark 3.5.9 read (by their stems), or that it failed. Every line was seen by
/// running it.
#[test]
fn spark_makes_of_a_layout_what_it_was_seen_to_make() {
    type Seen = (&'static [&'static str], Option<&'static str>);
    let seen: &[Seen] = &[
        (&["2022-06-21/a.parquet", "2022-06-22/b.parquet"], Some("ab")),
        (&["a.parquet", "2022-06-22/b.parquet"], Some("ab")),
        (&["2022-06-21/a.parquet", "2022-06-22/x/b.parquet"], Some("a")),
        (&["2022-06-21/x/a.parquet", "2022-06-22/x/b.parquet"], None),
        (
            &["date=2022-06-21/a.parquet", "date=2022-06-22/b.parquet"],
            Some("ab"),
        ),
        (
            &["date=2022-06-21/a.parquet", "dt=2022-06-22/b.parquet"],
            Some("ab"),
        ),
        (&["date=2022-06-21/a.parquet", "2022-06-22/b.parquet"], Some("ab")),
        (
            &[
                "date=2022-06-21/hour=1/a.parquet",
                "date=2022-06-21/hour=2/b.parquet",
            ],
            Some("ab"),
        ),
        (
            &[
                "date=2022-06-21/hour=1/a.parquet",
                "date=2022-06-22/hour=2/b.parquet",
            ],
            None,
        ),
        (
            &["date=2022-06-21/hour=1/a.parquet", "date=2022-06-21/b.parquet"],
            Some("a"),
        ),
        (
            &["date=2022-06-21/hour=1/a.parquet", "2022-06-22/b.parquet"],
            None,
        ),
        (
            &["2022-06-21/hour=1/a.parquet", "2022-06-21/hour=2/b.parquet"],
            Some("ab"),
        ),
        (
            &["2022-06-21/hour=1/a.parquet", "2022-06-22/hour=2/b.parquet"],
            None,
        ),
        (&["date=2022-06-21/hour=1/a.parquet", "b.parquet"], None),
        (
            &[
                "date=2022-06-21/hour=1/a.parquet",
                "date=2022-06-21/h=2/b.parquet",
            ],
            None,
        ),
        (
            &[
                "date=2022-06-21/hour=1/a.parquet",
                "date=2022-06-21/hour=2/m=1/b.parquet",
            ],
            None,
        ),
        (
            &[
                "date=2022-06-21/hour=1/a.parquet",
                "date=2022-06-21/Hour=2/b.parquet",
            ],
            Some("ab"),
        ),
        (
            &["date=2022-06-21/hour=1/a.parquet", "date=2022-06-21/x/b.parquet"],
            None,
        ),
        (&["x/y/hour=1/a.parquet"], Some("a")),
        (&["x/y/hour=1/a.parquet", "2022/b.parquet"], None),
        (&["x/hour=1/tmp/a.parquet", "x/hour=2/b.parquet"], Some("ab")),
        (&["_temporary/a.parquet", "2022-06-21/b.parquet"], Some("ab")),
        (&["_temporary/0/a.parquet", "2022-06-21/b.parquet"], Some("b")),
        (&[".tmp/a.parquet", "2022-06-21/b.parquet"], Some("ab")),
        (&[".spark-staging-x/date=1/a.parquet", "date=1/b.parquet"], None),
        (&["_temporary/0/date=1/a.parquet", "date=1/b.parquet"], None),
        (&["_temporary/0/a.parquet", "x/h=1/b.parquet"], Some("b")),
        (&["_temporary/a.parquet", "x/h=1/b.parquet"], Some("b")),
        (&["2022-06-21/_tmp/a.parquet", "2022-06-21/b.parquet"], Some("b")),
        (
            &[
                "2022-06-21/_a.parquet",
                "2022-06-21/.c.parquet",
                "2022-06-21/b.parquet",
            ],
            Some("b"),
        ),
        (&["_a.parquet", "2022-06-21/b.parquet"], Some("b")),
        (&["2022:06:21/a.parquet", "2022-06-22/b.parquet"], None),
        (&["2022-06-21/x:y/a.parquet", "2022-06-22/b.parquet"], Some("b")),
        (
            &["2022-06-21/hour=1:00/a.parquet", "2022-06-21/hour=2/b.parquet"],
            Some("ab"),
        ),
        (&["date=1:0/a.parquet", "2022-06-21/b.parquet"], None),
        (&["_x:y/a.parquet", "2022-06-21/b.parquet"], None),
        (&["2022-06-22/b.parquet", "2022-06-21/a.parquet @0"], None),
        (&["2022-06-21/b.parquet", "2022-06-22/a.parquet @0"], Some("b")),
        (&["2022-06-22/b.parquet", "2022-06-22/a.parquet @0"], None),
        (&["2022-06-22/b.parquet", "2022-06-21/x/a.parquet @0"], Some("b")),
        (&["2022-06-21/b.parquet", "2022-06-22/a.csv"], None),
        (&["2022-06-21/b.parquet", "2022-06-22/x/a.csv"], Some("b")),
        (&["2022-06-21/b.parquet", "_delta_log/0.json"], None),
        (&["2022-06-21/b.parquet", "2022-06-22/a._COPYING_"], Some("b")),
        (&["2022-06-21/b=/b.parquet"], None),
        (&["2022-06-21/=1/b.parquet"], None),
        (&["a.parquet", "b.parquet"], Some("ab")),
        (&["date=1/x/a.parquet", "date=2/b.parquet"], Some("b")),
        (&["2022-06-21/hour=1/a.parquet", "2022-06-22/a.parquet @0"], None),
    ];
    for (keys, read) in seen {
        let listing = folder(keys);
        let placed = place(Dataset::Events, &listing);
        assert_eq!(
            placed.read_fails.is_some(),
            read.is_none(),
            "{keys:?}: {:?}",
            placed.read_fails
        );
        if let Some(read) = read {
            let ours: String = listing
                .objects
                .iter()
                .zip(&placed.places)
                .filter(|(_, place)| place.spark == SparkView::Read)
                .map(|(object, _)| object.key.rsplit('/').next().unwrap().replace(".parquet", ""))
                .collect();
            let mut ours: Vec<_> = ours.chars().collect();
            ours.sort_unstable();
            assert_eq!(ours.into_iter().collect::<String>(), *read, "{keys:?}");
        }
    }
}

fn missing(
    events: &FolderListing,
    metrics: &FolderListing,
    signals: &FolderListing,
    via: Option<SignalVia>,
) -> Vec<Outcome> {
    let root = root(&["x"], &[]);
    let evidence = Evidence {
        root: &root,
        events,
        metrics,
        signals,
        storage_known: false,
    };
    let mut ctx = Context::at(now());
    ctx.signal_via = via;
    judge(&ctx, &evidence, None)
}

#[test]
fn a_missing_folder_is_told_by_what_else_there_is() {
    let none = FolderListing::default();
    let events = whole(&["events/a.parquet"]);
    let signals = whole(&["signals/a.parquet"]);
    let l301 = |outcomes: &[Outcome], subject| judged(outcome(outcomes, "L301", subject));

    let both = missing(&none, &none, &signals, None);
    assert_eq!(
        (
            l301(&both, Subject::Events).count,
            l301(&both, Subject::Events).severity
        ),
        (1, None)
    );
    assert_eq!(
        (
            l301(&both, Subject::Metrics).count,
            l301(&both, Subject::Metrics).severity
        ),
        (1, None)
    );
    assert_eq!(l301(&both, Subject::Signals).count, 0);

    let one = missing(&events, &none, &none, None);
    assert_eq!(l301(&one, Subject::Events).count, 0);
    assert_eq!(l301(&one, Subject::Metrics).severity, Some(Severity::Info));
    assert_eq!(
        (
            l301(&one, Subject::Signals).count,
            l301(&one, Subject::Signals).severity
        ),
        (1, None)
    );
    let blocked = |code: &str| Found::Skipped {
        blocked_by: Some(Code::new(code)),
        cause: None,
    };
    let skipped = |found: Found| match found {
        Found::Skipped { blocked_by, .. } => Found::Skipped {
            blocked_by,
            cause: None,
        },
        other => other,
    };
    assert_eq!(skipped(outcome(&one, "L303", Subject::Metrics)), blocked("L301"));

    let api = missing(&events, &none, &none, Some(SignalVia::Api));
    assert_eq!(skipped(outcome(&api, "L301", Subject::Signals)), blocked("G701"));
    assert_eq!(skipped(outcome(&api, "L304", Subject::Signals)), blocked("G701"));

    let marker = FolderListing {
        objects: vec![Listed {
            key: "metrics/".into(),
            ..Listed::default()
        }],
        state: ListingState::Complete,
    };
    assert_eq!(
        l301(&missing(&none, &marker, &signals, None), Subject::Metrics).count,
        1
    );

    let refused = FolderListing {
        objects: Vec::new(),
        state: ListingState::Refused("access denied".into()),
    };
    for subject in [Subject::Events, Subject::Metrics] {
        let found = outcome(&missing(&none, &refused, &signals, None), "L301", subject);
        assert!(matches!(found, Found::Unknown { .. }), "{found:?}");
    }
    assert!(!one.iter().any(|o| o.code == Code::new("L309")));
}

#[test]
fn near_misses_at_the_root_are_told_from_other_folders() {
    let count = |root: RootListing| {
        let events = whole(&["events/a.parquet"]);
        let evidence = Evidence {
            root: &root,
            events: &events,
            metrics: &events,
            signals: &events,
            storage_known: false,
        };
        outcome(
            &judge(&Context::at(now()), &evidence, None),
            "L302",
            Subject::Bucket,
        )
    };
    let near = count(root(
        &["Events", "event", "metric", "signal", "SIGNALS", "events"],
        &["a.parquet"],
    ));
    assert_eq!(judged(near).count, 6);
    let far = count(root(
        &[
            "events",
            "metrics",
            "signals",
            "logs",
            "events_backup",
            "eventsource",
            "signal-boxes",
        ],
        &["README.md", "_SUCCESS", "_x.parquet"],
    ));
    assert_eq!(judged(far).count, 0);
    assert!(matches!(
        count(RootListing::Refused("no".into())),
        Found::Unknown { .. }
    ));
    let cut = RootListing::Page {
        folders: vec!["logs".into()],
        objects: Vec::new(),
        more: true,
    };
    assert!(matches!(count(cut), Found::Unknown { .. }));
}

fn archived(class: Option<&str>, archived: bool) -> u64 {
    let mut events = folder(&["2022-06-21/a.parquet", "2022-06-21/_SUCCESS"]);
    for object in &mut events.objects {
        object.storage_class = class.map(Into::into);
        object.archived = archived;
    }
    judged(outcome(&judge_events(&events), "L309", Subject::Events)).count
}

#[test]
fn only_archived_classes_count_as_archived() {
    assert_eq!(archived(Some("GLACIER"), false), 1);
    assert_eq!(archived(Some("DEEP_ARCHIVE"), true), 1);
    assert_eq!(archived(Some("INTELLIGENT_TIERING"), true), 1);
    assert_eq!(archived(Some("GLACIER_IR"), false), 0);
    assert_eq!(archived(Some("STANDARD"), false), 0);
    assert_eq!(archived(None, false), 0);
}

/// Names with the hour at which they were written.
fn stale(parts: &[(&str, i64)]) -> Vec<String> {
    let mut events = FolderListing::default();
    for (name, hour) in parts {
        events.objects.push(Listed {
            key: format!("events/{name}"),
            size: 1 << 20,
            modified: Timestamp::from_second(1_655_000_000 + hour * 3600).ok(),
            ..Listed::default()
        });
    }
    events.objects.sort_by(|a, b| a.key.cmp(&b.key));
    let placed = place(Dataset::Events, &events);
    let code = Code::new("L313");
    let named = events.objects.iter().zip(placed.places);
    named
        .filter(|(_, place)| place.counts_for(code))
        .map(|(object, _)| object.key.rsplit('/').next().unwrap().to_owned())
        .collect()
}

#[test]
fn parts_of_an_earlier_unload_are_told_from_an_append() {
    let day = "2022-06-21";
    let at = |name: &str, hour: i64| (format!("{day}/{name}"), hour);
    let run = |parts: Vec<(String, i64)>| {
        let parts: Vec<_> = parts.iter().map(|(name, hour)| (name.as_str(), *hour)).collect();
        stale(&parts)
    };
    // The same numbers, more than 12 hours apart.
    let twice = vec![
        at("part-00000-a.parquet", 0),
        at("part-00001-a.parquet", 0),
        at("part-00000-b.parquet", 13),
    ];
    assert_eq!(run(twice), ["part-00000-a.parquet", "part-00001-a.parquet"]);
    // Exactly 12 hours are not more.
    assert!(
        run(vec![
            at("part-00000-a.parquet", 0),
            at("part-00000-b.parquet", 12)
        ])
        .is_empty()
    );
    // An unload that was run again wrote fewer slices: what follows is left over.
    let fewer = vec![
        at("0000_part_00.parquet", 20),
        at("0001_part_00.parquet", 20),
        at("0002_part_00.parquet", 0),
        at("0003_part_00.parquet", 0),
    ];
    assert_eq!(run(fewer), ["0002_part_00.parquet", "0003_part_00.parquet"]);
    let shorter = vec![
        at("0000_part_00.parquet", 20),
        at("0000_part_01.parquet", 0),
        at("0001_part_00.parquet", 20),
        at("0001_part_01.parquet", 0),
    ];
    assert_eq!(run(shorter), ["0000_part_01.parquet", "0001_part_01.parquet"]);
    let snow = vec![at("data_0_0_0.parquet", 20), at("data_0_0_1.parquet", 0)];
    assert_eq!(run(snow), ["data_0_0_1.parquet"]);
    // An append goes on counting; a gap in the numbers proves nothing; one part written again is no unload.
    assert!(run(vec![at("part-00000.parquet", 0), at("part-00001.parquet", 20)]).is_empty());
    assert!(run(vec![at("part-00000.parquet", 20), at("part-00007.parquet", 0)]).is_empty());
    assert!(
        run(vec![
            at("part-0.parquet", 0),
            at("part-1.parquet", 20),
            at("part-2.parquet", 0)
        ])
        .is_empty()
    );
    // Not one folder, no day folder, no numbers.
    assert!(
        stale(&[
            ("2022-06-21/part-0-a.parquet", 0),
            ("2022-06-22/part-0-b.parquet", 20)
        ])
        .is_empty()
    );
    assert!(stale(&[("misc/part-0-a.parquet", 0), ("misc/part-0-b.parquet", 20)]).is_empty());
    assert!(stale(&[("2022-06-21/a.parquet", 0), ("2022-06-21/b.parquet", 20)]).is_empty());
    assert_eq!(
        stale(&[
            ("date=2022-06-21/part-0-a.parquet", 0),
            ("date=2022-06-21/part-0-b.parquet", 20)
        ])
        .len(),
        1
    );
}

#[test]
fn many_small_files_in_a_day_are_told() {
    let many = |count: usize, size: u64| {
        let keys: Vec<String> = (0..count)
            .map(|i| format!("2022-06-21/{i}.parquet @{size}"))
            .collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        on_events(&keys, "L312").count
    };
    assert_eq!(many(30, 1000), 30);
    assert_eq!(many(3, 1000), 0);
    assert_eq!(many(30, 1 << 20), 0);
}

#[test]
fn two_key_levels_with_one_value_warn_of_the_second() {
    let judged = on_events(&["date=2022-06-21/hour=1/a.parquet"], "L306");
    assert!(judged.cause.unwrap().contains("second value"));
    let plain = on_events(&["date=2022-06-21/a.parquet"], "L306");
    assert!(!plain.cause.unwrap().contains("second value"));
}

fn footer(key: &str, columns: &[(&str, Physical)]) -> FileFooter {
    let columns = columns.iter().map(|(name, physical)| Column {
        name: (*name).into(),
        physical: *physical,
        logical: Logical::None,
        required: false,
        leaf: 0,
        nested: 0,
    });
    FileFooter {
        key: key.into(),
        rows: 1,
        row_groups: Box::default(),
        shape: Arc::new(Shape {
            columns: columns.collect(),
            ..Shape::default()
        }),
        spark: SparkView::Read,
    }
}

/// One rule on `metrics/`, with these objects and their footers.
fn with_footers(code: &str, keys: &[&str], footers: DatasetFooters) -> Judged {
    let metrics = whole(keys);
    let none = FolderListing::default();
    let root = root(&["metrics"], &[]);
    let evidence = Evidence {
        root: &root,
        events: &none,
        metrics: &metrics,
        signals: &none,
        storage_known: false,
    };
    let nothing = DatasetFooters::default();
    let all = Some([&nothing, &footers, &nothing]);
    judged(outcome(
        &judge(&Context::at(now()), &evidence, all),
        code,
        Subject::Metrics,
    ))
}

#[test]
fn a_column_that_only_the_path_has_is_grave_where_the_contract_needs_it() {
    let on = |key: &str, columns: &[(&str, Physical)]| {
        let files = vec![footer(key, columns)];
        let footers = DatasetFooters {
            files,
            ..DatasetFooters::default()
        };
        let judged = with_footers("L306", &[key], footers);
        (judged.count, judged.severity)
    };
    let date = ("date", Physical::ByteArray);
    let unit = ("unit_id", Physical::ByteArray);
    assert_eq!(on("metrics/date=2022-06-22/a.parquet", &[unit]), (1, FAIL));
    assert_eq!(on("metrics/Date=2022-06-22/a.parquet", &[unit]), (1, FAIL));
    assert_eq!(on("metrics/date=2022-06-22/a.parquet", &[unit, date]), (1, USUAL));
    assert_eq!(on("metrics/ds=2022-06-22/a.parquet", &[unit, date]), (1, USUAL));
    assert_eq!(on("metrics/2022-06-22/a.parquet", &[unit]), (0, USUAL));
}

#[test]
fn a_summary_file_is_grave_where_it_disagrees_or_cannot_be_read() {
    let keys = ["metrics/2022-06-22/a.parquet", "metrics/_metadata"];
    let on = |columns: &[(&str, Physical)]| {
        let footers = DatasetFooters {
            files: vec![footer(keys[0], &[("date", Physical::ByteArray)])],
            metadata: vec![footer(keys[1], columns)],
            ..DatasetFooters::default()
        };
        let judged = with_footers("L310", &keys, footers);
        (judged.count, judged.severity)
    };
    assert_eq!(on(&[("date", Physical::ByteArray)]), (1, USUAL));
    assert_eq!(on(&[("date", Physical::Int64)]), (1, FAIL));
    assert_eq!(on(&[]), (1, FAIL));
    assert_eq!(
        on(&[("date", Physical::ByteArray), ("x", Physical::Int64)]),
        (1, FAIL)
    );
    let unreadable = DatasetFooters {
        metadata_failures: vec![(keys[1].into(), FooterFailure::Truncated)],
        ..DatasetFooters::default()
    };
    assert_eq!(with_footers("L310", &keys, unreadable).severity, FAIL);
    let refused = DatasetFooters {
        metadata_failures: vec![(keys[1].into(), FooterFailure::NotRead("access denied".into()))],
        ..DatasetFooters::default()
    };
    assert_eq!(with_footers("L310", &keys, refused).severity, USUAL);
}

#[test]
fn no_rule_passes_without_evidence() {
    let states = [
        ListingState::Refused("access denied".into()),
        ListingState::Incomplete("cut short".into()),
    ];
    for state in states {
        for keys in [&[][..], &["2022-06-21/a.parquet"][..]] {
            if matches!(state, ListingState::Refused(_)) && !keys.is_empty() {
                continue;
            }
            let mut events = folder(keys);
            events.state = state.clone();
            for outcome in judge_events(&events)
                .iter()
                .filter(|o| o.subject == Subject::Events)
            {
                let found_object = outcome.code == Code::new("L301") && !keys.is_empty();
                match &outcome.found {
                    Found::Judged(judged) => {
                        assert!(
                            judged.count > 0 || found_object,
                            "{} passed on {state:?}",
                            outcome.code
                        );
                    }
                    Found::Unknown { cause, .. } => assert!(!cause.is_empty()),
                    Found::Skipped { .. } => panic!("{} skipped on {state:?}", outcome.code),
                }
            }
        }
    }
    // What was found before the listing was cut short is still a finding; "all too deep" is not proven by half a list.
    let mut events = folder(&["2022-06-21/x/a.parquet", "b.csv"]);
    events.state = ListingState::Incomplete("cut short".into());
    assert_eq!(
        judged(outcome(&judge_events(&events), "L303", Subject::Events)).count,
        1
    );
    let mut deep = folder(&["2022-06-21/x/a.parquet"]);
    deep.state = ListingState::Incomplete("cut short".into());
    for code in ["L304", "L305"] {
        assert!(matches!(
            outcome(&judge_events(&deep), code, Subject::Events),
            Found::Unknown { .. }
        ));
    }
}

#[test]
fn the_tree_tells_folders_days_and_what_is_in_the_way() {
    let listing = folder(&[
        "2022-06-21/a.parquet",
        "2022-06-21/b.csv",
        "misc/x/c.parquet",
        "d.parquet",
        "2022-06-21/ @0",
    ]);
    let report = report(Dataset::Events, &listing, &place(Dataset::Events, &listing));
    let names: Vec<_> = report
        .folders
        .iter()
        .map(|f| (f.name.as_str(), f.objects))
        .collect();
    assert_eq!(names, [("", 1), ("2022-06-21", 2), ("misc", 1)]);
    assert_eq!(report.folders[1].day.as_deref(), Some("2022-06-21"));
    assert_eq!(report.folders[1].notes, ["L303 1 object not Parquet"]);
    let counts: BTreeMap<_, _> = report
        .spark
        .iter()
        .map(|(view, count)| (*view, count.objects))
        .collect();
    assert_eq!(
        counts,
        BTreeMap::from([
            (SparkView::Read, 2),
            (SparkView::Dropped, 1),
            (SparkView::Fails, 1)
        ])
    );
    assert!(report.read_fails.unwrap().contains("L303"));
}

proptest! {
    #[test]
    fn no_key_makes_the_layout_panic(keys in prop::collection::vec("(events/)?[a-z0-9=_.:/\\PC-]{0,24}", 0..12), size in 0u64..2) {
        let mut objects: Vec<_> = keys.into_iter().map(|key| Listed { key, size, ..Listed::default() }).collect();
        objects.sort_by(|a, b| a.key.cmp(&b.key));
        let listing = FolderListing { objects, state: ListingState::Complete };
        let placed = place(Dataset::Events, &listing);
        prop_assert_eq!(placed.places.len(), listing.objects.len());
        for (object, place) in listing.objects.iter().zip(&placed.places) {
            place.folder(Dataset::Events, &object.key);
        }
        report(Dataset::Events, &listing, &placed);
        judge_events(&listing);
    }

    #[test]
    fn no_name_makes_a_date_or_part_number_panic(name in "\\PC{0,40}") {
        name::looks_like_date(&name);
        name::PartNumber::of(&name);
        folder_day(&name);
    }
}
