//! Reports as a survey would tell them: folded from events, so that a test can stop anywhere on the way.

use bucket_ready::{
    calendar::{DayState, PstDay},
    report::{
        CalendarDay, CalendarEvidence, CalendarReport, Check, ColumnReport, DataDay, DatasetReport, Identity,
        LayoutFolder, LayoutReport, Mode, ObjectCount, Report, SchemaGroup, SparkView, Stage, Status,
        SurveyEvent, Target, Tool, Usage, catalogue,
    },
    rule::{Category, Code, Dataset, Next, Sample, Subject},
    wizard::{Event, RunId, Wizard, connect::Connection},
};
use jiff::Timestamp;

pub const NOW: &str = "2026-06-24T05:14:00Z";

pub fn target() -> Target {
    Target::S3 {
        bucket: "acme-export".into(),
        prefix: String::new(),
        region: Some("us-west-2".into()),
    }
}

pub fn started() -> SurveyEvent {
    SurveyEvent::Started {
        tool: Tool {
            name: "bucket-ready".into(),
            version: "0.1.0".into(),
        },
        created_at: NOW.into(),
        target: target(),
        mode: Mode::default(),
        today: "2026-06-23".into(),
    }
}

pub fn connected() -> SurveyEvent {
    SurveyEvent::Connected {
        target: target(),
        identity: Some(Identity {
            arn: Some("arn:aws:iam::123456789012:user/statsig-reader".into()),
            key_last4: Some("7F3Q".into()),
        }),
        operator: Some(Identity {
            arn: Some("arn:aws:iam::123456789012:user/ana".into()),
            key_last4: Some("A1B2".into()),
        }),
    }
}

fn column(name: &str, physical: &str, logical: &str) -> ColumnReport {
    ColumnReport {
        name: name.into(),
        physical: physical.into(),
        logical: logical.into(),
    }
}

pub fn event_columns() -> Vec<ColumnReport> {
    vec![
        column("timeuuid", "BYTE_ARRAY", "STRING"),
        column("timestamp", "INT64", "TIMESTAMP(MICROS,UTC)"),
        column("event_name", "BYTE_ARRAY", "STRING"),
        column("event_value", "BYTE_ARRAY", "STRING"),
        column("event_metadata", "BYTE_ARRAY", "STRING"),
        column("user", "BYTE_ARRAY", "STRING"),
    ]
}

fn metric_columns() -> Vec<ColumnReport> {
    vec![
        column("unit_id", "BYTE_ARRAY", "STRING"),
        column("id_type", "BYTE_ARRAY", "STRING"),
        column("date", "INT32", "DATE"),
        column("metric_name", "BYTE_ARRAY", "STRING"),
        column("metric_value", "DOUBLE", ""),
        column("numerator", "DOUBLE", ""),
        column("denominator", "DOUBLE", ""),
    ]
}

fn folder(name: &str, files: u64, bytes: u64) -> LayoutFolder {
    LayoutFolder {
        name: name.into(),
        day: PstDay::parse(name).map(|d| d.to_string()),
        objects: files,
        bytes,
        spark: [(
            SparkView::Read,
            ObjectCount {
                objects: files,
                bytes,
            },
        )]
        .into(),
        notes: Vec::new(),
    }
}

fn days() -> impl Iterator<Item = PstDay> {
    PstDay::parse("2026-06-01")
        .unwrap()
        .through(PstDay::parse("2026-06-22").unwrap())
}

fn spark_of(folders: &[LayoutFolder]) -> std::collections::BTreeMap<SparkView, ObjectCount> {
    let mut all = std::collections::BTreeMap::new();
    for (view, count) in folders.iter().flat_map(|f| &f.spark) {
        let sum: &mut ObjectCount = all.entry(*view).or_default();
        sum.objects += count.objects;
        sum.bytes += count.bytes;
    }
    all
}

pub fn events_dataset() -> DatasetReport {
    let mut folders: Vec<_> = days()
        .filter(|d| d.to_string() != "2026-06-12")
        .map(|d| folder(&d.to_string(), 10, 8 << 20))
        .collect();
    let strays = folders.last_mut().unwrap();
    strays.objects = 12;
    strays.spark = [
        (
            SparkView::Read,
            ObjectCount {
                objects: 10,
                bytes: 8 << 20,
            },
        ),
        (
            SparkView::Dropped,
            ObjectCount {
                objects: 2,
                bytes: 1 << 20,
            },
        ),
    ]
    .into();
    strays.notes = vec!["L304 2 files one level too deep".into()];
    DatasetReport {
        objects: 212,
        files: 212,
        bytes: 177 << 20,
        rows: 5_210_000,
        rows_checked: 20_000,
        schema_groups: vec![
            SchemaGroup {
                files: 209,
                first_key: "events/2026-06-01/part-0000.parquet".into(),
                columns: event_columns(),
            },
            SchemaGroup {
                files: 3,
                first_key: "events/2026-06-20/part-0007.parquet".into(),
                columns: event_columns()
                    .into_iter()
                    .map(|c| {
                        if c.name == "timestamp" {
                            column("timestamp", "INT64", "")
                        } else {
                            c
                        }
                    })
                    .chain([column("session_id", "BYTE_ARRAY", "STRING")])
                    .collect(),
            },
        ],
        days: days()
            .filter(|d| d.to_string() != "2026-06-12")
            .map(|d| DataDay {
                day: d.to_string(),
                files: 10,
                rows: 236_818,
                first: Some(format!("{d}T08:00:02Z")),
                last: Some(format!("{}T07:59:58Z", d.plus(1).unwrap())),
                landed_at: Some(format!("{}T11:10:00Z", d.plus(1).unwrap())),
                ..DataDay::default()
            })
            .collect(),
        finished_dates: Vec::new(),
        layout: LayoutReport {
            spark: spark_of(&folders),
            folders,
            folders_more: 0,
            read_fails: None,
        },
        complete: true,
    }
}

pub fn metrics_dataset() -> DatasetReport {
    let mut folders: Vec<_> = days().map(|d| folder(&d.to_string(), 1, 2 << 20)).collect();
    folders.insert(
        0,
        LayoutFolder {
            name: String::new(),
            day: None,
            objects: 2,
            bytes: 4_096,
            spark: [(
                SparkView::Fails,
                ObjectCount {
                    objects: 2,
                    bytes: 4_096,
                },
            )]
            .into(),
            notes: vec!["L303 2 objects that are not Parquet".into()],
        },
    );
    DatasetReport {
        objects: 24,
        files: 22,
        bytes: 44 << 20,
        rows: 310_400,
        rows_checked: 20_000,
        schema_groups: vec![SchemaGroup {
            files: 22,
            first_key: "metrics/2026-06-01/0000_part_00.parquet".into(),
            columns: metric_columns(),
        }],
        days: days()
            .map(|d| DataDay {
                day: d.to_string(),
                files: 1,
                rows: 14_109,
                first: None,
                last: None,
                landed_at: Some(format!("{}T11:40:00Z", d.plus(1).unwrap())),
                metric_names: Some(42),
                metric_names_at_least: true,
            })
            .collect(),
        finished_dates: Vec::new(),
        layout: LayoutReport {
            spark: spark_of(&folders),
            folders,
            folders_more: 0,
            read_fails: Some("metrics/manifest is not Parquet".into()),
        },
        complete: true,
    }
}

pub fn signals_dataset() -> DatasetReport {
    DatasetReport {
        objects: 3,
        files: 3,
        bytes: 1_800,
        rows: 3,
        rows_checked: 3,
        schema_groups: vec![SchemaGroup {
            files: 3,
            first_key: "signals/2026-06-10/finished.parquet".into(),
            columns: vec![column("finished_date", "INT32", "DATE")],
        }],
        days: Vec::new(),
        finished_dates: vec!["2026-06-10".into(), "2026-06-15".into(), "2026-06-20".into()],
        layout: LayoutReport {
            folders: vec![
                folder("2026-06-10", 1, 600),
                folder("2026-06-15", 1, 600),
                folder("2026-06-20", 1, 600),
            ],
            spark: [(
                SparkView::Read,
                ObjectCount {
                    objects: 3,
                    bytes: 1_800,
                },
            )]
            .into(),
            ..LayoutReport::default()
        },
        complete: true,
    }
}

fn calendar_day(day: &str, state: DayState) -> CalendarDay {
    let data = !matches!(state, DayState::Empty | DayState::ClosedEmpty | DayState::Future);
    CalendarDay {
        day: day.into(),
        state,
        events_rows: Some(if data { 236_818 } else { 0 }),
        metrics_rows: Some(if data { 14_109 } else { 0 }),
        safe_from: format!("{}T08:00:00Z", PstDay::parse(day).unwrap().plus(1).unwrap()),
        codes: Vec::new(),
        reason: None,
    }
}

/// June 2026 with every state in it.
pub fn calendar() -> CalendarReport {
    let mut days: Vec<CalendarDay> = (1..=25)
        .map(|n| {
            let state = match n {
                5 => DayState::Empty,
                12 => DayState::ClosedEmpty,
                14 => DayState::Late,
                1..=20 => DayState::Signalled,
                21 => DayState::Landed,
                22 => DayState::Ready,
                23 => DayState::Partial,
                _ => DayState::Future,
            };
            calendar_day(&format!("2026-06-{n:02}"), state)
        })
        .collect();
    days[11].codes = vec![Code::new("G706")];
    days[13].codes = vec![Code::new("G707")];
    days[19].codes = vec![Code::new("E511"), Code::new("G711")];
    days[20].codes = vec![Code::new("E505")];
    days[20].reason = Some("8,114 rows of the day lie in folder 2026-06-22".into());
    CalendarReport {
        days,
        today: Some("2026-06-23".into()),
        usual_landing_seconds: Some(11_100),
        late_landing_seconds: Some(13_000),
        evidence: Some(CalendarEvidence::default()),
    }
}

/// A check of the catalogue that found nothing.
pub fn pass(code: &str, subject: Subject) -> Check {
    let rule = catalogue::find(Code::new(code)).unwrap();
    let (checked, of) = match (rule.category, subject) {
        (Category::EventRows, _) => (20_000, 5_210_000),
        (Category::MetricRows, _) => (20_000, 310_400),
        (_, Subject::Events) => (212, 212),
        (_, Subject::Metrics) => (22, 22),
        (_, Subject::Signals) => (3, 3),
        _ => (1, 1),
    };
    Check {
        code: rule.code,
        slug: rule.slug.into(),
        title: rule.title.into(),
        category: rule.category,
        status: Status::Pass,
        required: true,
        subject: subject.as_str().into(),
        count: Some(0),
        unit: rule.unit,
        checked: Some(checked),
        of: Some(of),
        share_below: (checked < of).then_some(3.0 / 20_000.0),
        samples: Vec::new(),
        cause: None,
        next: None,
        blocked_by: None,
        basis: rule.basis,
    }
}

pub fn found(code: &str, subject: Subject, status: Status, count: u64) -> Check {
    Check {
        status,
        count: Some(count),
        share_below: None,
        ..pass(code, subject)
    }
}

fn sample(key: &str, row: Option<u64>, column: Option<&str>, value: Option<&str>) -> Sample {
    Sample {
        key: key.into(),
        row,
        column: column.map(Into::into),
        value: value.map(Into::into),
    }
}

/// What is wrong in the typical bucket.
pub fn findings() -> Vec<Check> {
    let mut l303 = found("L303", Subject::Metrics, Status::Fail, 2);
    l303.cause = Some(
        "metrics/manifest and metrics/notes.csv are not Parquet; a read of metrics/* fails on them".into(),
    );
    l303.samples = vec![
        sample("metrics/manifest", None, None, None),
        sample("metrics/notes.csv", None, None, None),
    ];
    l303.next = Some(Next {
        say: "move them out of metrics/".into(),
        command: Some("aws s3 mv s3://acme-export/metrics/manifest s3://acme-export/other/manifest".into()),
        url: None,
    });
    let mut l304 = found("L304", Subject::Events, Status::Fail, 2);
    l304.samples = vec![
        sample("events/2026-06-22/hour=01/part-0.parquet", None, None, None),
        sample("events/2026-06-22/hour=02/part-0.parquet", None, None, None),
    ];
    let mut s406 = found("S406", Subject::Events, Status::Fail, 3);
    s406.cause = Some(
        "timestamp is INT64 in 3 files and TIMESTAMP(MICROS,UTC) in 209; Spark takes the schema from \
         events/2026-06-01/part-0000.parquet and fails on the 3"
            .into(),
    );
    s406.samples = vec![sample(
        "events/2026-06-20/part-0007.parquet",
        None,
        Some("timestamp"),
        Some("INT64"),
    )];
    let mut s410 = found("S410", Subject::Events, Status::Info, 3);
    s410.samples = vec![sample(
        "events/2026-06-20/part-0007.parquet",
        None,
        Some("session_id"),
        None,
    )];
    let mut e511 = found("E511", Subject::Events, Status::Fail, 12);
    e511.samples = (0..5)
        .map(|n| {
            sample(
                &format!("events/2026-06-{:02}/part-000{n}.parquet", 18 + n),
                Some(17 + 1_000 * n),
                Some("event_name"),
                Some(&"checkout_completed_with_a_very_long_suffix_".repeat(4)),
            )
        })
        .collect();
    let mut e505 = found("E505", Subject::Events, Status::Warn, 311);
    e505.cause =
        Some("rows from 16:00 PST on lie in the folder of the next day: the folders follow UTC".into());
    let mut e542 = found("E542", Subject::Events, Status::Warn, 20_000);
    e542.samples = vec![sample(
        "events/2026-06-20/part-0001.parquet",
        Some(3),
        Some("user"),
        Some(r#""{\"userID\": \"u-1029\", \"custom\": {}, \"customIDs\": {}}""#),
    )];
    let mut e552 = pass("E552", Subject::Events);
    e552.status = Status::Unknown;
    e552.count = None;
    e552.share_below = None;
    e552.cause =
        Some("no duplicate among 20,000 sampled rows, which proves nothing of the rest; F reads all".into());
    let mut m631 = found("M631", Subject::Metrics, Status::Info, 4);
    m631.samples = vec![sample("", None, Some("metric_name"), Some("weekly_active_teams"))];
    let mut g706 = found("G706", Subject::Calendar, Status::Fail, 1);
    g706.cause = Some("2026-06-12 was closed by the signal of 2026-06-15 without data".into());
    let mut x803 = pass("X803", Subject::Metrics);
    x803.status = Status::Skipped;
    x803.count = None;
    x803.checked = None;
    x803.of = None;
    x803.blocked_by = Some(Code::new("M603"));
    x803.cause = Some("no custom id type".into());
    vec![
        l303,
        l304,
        s406,
        s410,
        e505,
        e511,
        e542,
        e552,
        m631,
        g706,
        found("G707", Subject::Calendar, Status::Fail, 2),
        x803,
    ]
}

/// Every check of the catalogue, with the findings in their places.
pub fn checks(findings: Vec<Check>) -> Vec<Check> {
    catalogue::checks(false)
        .map(|(rule, subject)| {
            findings
                .iter()
                .find(|f| f.code == rule.code && f.subject_kind() == Some(subject))
                .cloned()
                .unwrap_or_else(|| pass(rule.code.as_str(), subject))
        })
        .collect()
}

pub fn finished() -> SurveyEvent {
    SurveyEvent::Finished {
        complete: true,
        usage: Usage {
            requests: 431,
            bytes_read: 10 << 20,
            seconds: 3.2,
        },
    }
}

pub fn dataset(name: Dataset, dataset: DatasetReport) -> SurveyEvent {
    SurveyEvent::Dataset {
        name,
        dataset: Box::new(dataset),
    }
}

pub fn check(check: Check) -> SurveyEvent {
    SurveyEvent::Check {
        check: Box::new(check),
    }
}

/// A whole run over the typical bucket.
pub fn typical() -> Vec<SurveyEvent> {
    let mut events = vec![
        started(),
        connected(),
        SurveyEvent::Notice {
            text: "the region is the bucket's own, us-west-2; the profile says eu-west-1".into(),
        },
        SurveyEvent::Progress {
            stage: Stage::List,
            dataset: Some(Dataset::Events),
            done: 212,
            of: None,
            bytes: 40_960,
        },
        dataset(Dataset::Events, events_dataset()),
        dataset(Dataset::Metrics, metrics_dataset()),
        dataset(Dataset::Signals, signals_dataset()),
    ];
    events.extend(checks(findings()).into_iter().map(check));
    events.push(SurveyEvent::Calendar { calendar: calendar() });
    events.push(finished());
    events
}

/// A bucket without anything wrong.
pub fn healthy() -> Vec<SurveyEvent> {
    let mut calendar = calendar();
    for day in &mut calendar.days {
        day.codes.clear();
        day.reason = None;
        day.state = match day.day.as_str() {
            "2026-06-22" => DayState::Ready,
            "2026-06-23" => DayState::Partial,
            d if d > "2026-06-23" => DayState::Future,
            _ => DayState::Signalled,
        };
    }
    let mut events = vec![
        started(),
        connected(),
        dataset(Dataset::Signals, signals_dataset()),
    ];
    events.extend(checks(Vec::new()).into_iter().map(check));
    events.push(SurveyEvent::Calendar { calendar });
    events.push(finished());
    events
}

/// A bucket that is there and empty.
pub fn empty() -> Vec<SurveyEvent> {
    let mut events = vec![started(), connected()];
    for name in Dataset::ALL {
        events.push(dataset(
            name,
            DatasetReport {
                complete: true,
                ..DatasetReport::default()
            },
        ));
    }
    let mut l301 = found("L301", Subject::Events, Status::Fail, 1);
    l301.cause = Some("neither events/ nor metrics/ has an object".into());
    events.extend(
        catalogue::checks(false)
            .map(|(rule, subject)| {
                if rule.code == l301.code && subject == Subject::Events {
                    return l301.clone();
                }
                let mut check = pass(rule.code.as_str(), subject);
                if !matches!(rule.category, Category::Connection | Category::Access) {
                    check.status = Status::Skipped;
                    check.count = None;
                    check.checked = None;
                    check.of = None;
                    check.share_below = None;
                    check.blocked_by = Some(Code::new("L301"));
                    check.cause = Some("the folder has no objects".into());
                }
                check
            })
            .map(check),
    );
    events.push(SurveyEvent::Calendar {
        calendar: CalendarReport {
            today: Some("2026-06-23".into()),
            ..CalendarReport::default()
        },
    });
    events.push(finished());
    events
}

/// Names that are long, wide, right to left, and that try to act on the terminal.
pub fn hostile() -> Vec<SurveyEvent> {
    let evil = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{202e}txt.exe";
    let names = [
        "購入イベント-2026年06月22日-東京リージョン",
        "שלום-עולם",
        "a\nb\tc",
        evil,
        "event\u{200b}_name with spaces %2F+",
        "👩‍👩‍👧‍👦-family",
        "a_name_that_is_so_long_that_it_never_ends_because_someone_generated_it_from_a_sentence_of_the_specification",
    ];
    let mut events_found = events_dataset();
    events_found.layout.folders = names.iter().map(|n| folder(n, 3, 3 << 20)).collect();
    for f in &mut events_found.layout.folders {
        f.notes = vec![format!("L308 {}", names[0])];
    }
    events_found.schema_groups[1].columns = names.iter().map(|n| column(n, "BYTE_ARRAY", n)).collect();
    events_found.schema_groups[1].first_key = format!("events/{}/{}", names[0], names[6]);
    let mut e511 = found("E511", Subject::Events, Status::Fail, u64::MAX);
    e511.of = Some(u64::MAX);
    e511.checked = Some(u64::MAX);
    e511.cause = Some(names.join(" "));
    e511.samples = names
        .iter()
        .take(5)
        .map(|n| {
            sample(
                &format!("events/{n}/{}", names[6]),
                Some(u64::MAX),
                Some(n),
                Some(n),
            )
        })
        .collect();
    let mut l308 = found("L308", Subject::Events, Status::Warn, 7);
    l308.cause = Some(names.join(" "));
    let target = Target::S3 {
        bucket: "acme-export".into(),
        prefix: format!("{evil}/{}/", names[6]),
        region: Some("us-west-2".into()),
    };
    let mut events = vec![
        started(),
        SurveyEvent::Connected {
            target,
            identity: Some(Identity {
                arn: Some(format!("arn:aws:iam::123456789012:user/{evil}")),
                key_last4: Some("7F3Q".into()),
            }),
            operator: None,
        },
        dataset(Dataset::Events, events_found),
        dataset(Dataset::Metrics, metrics_dataset()),
    ];
    events.extend(checks(vec![e511, l308]).into_iter().map(check));
    events.push(SurveyEvent::Calendar { calendar: calendar() });
    events.push(finished());
    events
}

pub fn report(events: &[SurveyEvent]) -> Report {
    let mut report = Report::default();
    for event in events {
        report.apply(event);
    }
    report
}

/// A live wizard on the typical bucket, before its survey has said anything.
pub fn begun() -> Wizard {
    let mut wizard = Wizard::new(Connection {
        target: "s3://acme-export".into(),
        ..Connection::default()
    });
    wizard.handle(Event::Tick {
        now: NOW.parse::<Timestamp>().unwrap(),
    });
    wizard.begin();
    wizard
}

/// A live wizard that was told some events.
pub fn told(events: &[SurveyEvent]) -> Wizard {
    let mut wizard = begun();
    for event in events {
        wizard.handle(Event::Survey {
            run: RunId(1),
            event: Box::new(event.clone()),
        });
    }
    wizard
}
