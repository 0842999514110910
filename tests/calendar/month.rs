//! Buckets by their days: evidence, and the report that a survey would make of it.

use bucket_ready::{
    calendar::PstDay,
    contract::{
        Context, SignalVia,
        days::{
            DataFile, DatasetDays, DayFinding, Evidence, FolderDates, SignalDate, SignalFile, calendar,
            data_days,
        },
    },
    report::{DatasetReport, Identity, Mode, Report, SurveyEvent, Target, Tool, Usage, catalogue},
    rule::{Code, Dataset, Severity, Unit},
    wizard::{Event, RunId, Step, Wizard, connect::Connection},
};
use jiff::Timestamp;

/// Tuesday 23 June 2026, 21:14 in PST.
pub const NOW: &str = "2026-06-24T05:14:00Z";

pub fn day(text: &str) -> PstDay {
    PstDay::parse(text).unwrap()
}

/// A day of June 2026.
pub fn june(number: i8) -> PstDay {
    PstDay::from_ymd(2026, 6, number).unwrap()
}

pub fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// So many hours after a day's end.
pub fn after_end(day: PstDay, hours: i64) -> Timestamp {
    let end = day.end(bucket_ready::calendar::DayOffset::default()).unwrap();
    Timestamp::from_second(end.as_second() + hours * 3600).unwrap()
}

/// A bucket, told by its days.
#[derive(Clone, Debug, Default)]
pub struct Bucket {
    pub evidence: Evidence,
    pub via: Option<SignalVia>,
}

impl Bucket {
    /// Events and metrics on every day of a range, landed three hours after each day.
    pub fn with_days(days: impl IntoIterator<Item = PstDay>) -> Self {
        let mut bucket = Self::default();
        for day in days {
            bucket.add(Dataset::Events, day, 236_818, after_end(day, 3));
            bucket.add(Dataset::Metrics, day, 14_109, after_end(day, 3));
        }
        bucket
    }

    pub fn add(&mut self, dataset: Dataset, day: PstDay, rows: u64, landed: Timestamp) {
        let days = self.of(dataset);
        days.objects += 1;
        days.files += 1;
        let data = days.days.entry(day).or_default();
        data.rows += rows;
        data.rows_checked += 900;
        if dataset == Dataset::Events {
            let start = day.start(bucket_ready::calendar::DayOffset::default()).unwrap();
            let at = |s: i64| Timestamp::from_second(start.as_second() + s).unwrap();
            data.first = Some(at(2));
            data.last = Some(at(86_398));
        }
        data.files.push(DataFile {
            key: format!("{}{day}/part-{}.parquet", dataset.folder(), data.files.len()).into(),
            modified: Some(landed),
        });
    }

    pub fn remove(mut self, dataset: Dataset, day: PstDay) -> Self {
        self.of(dataset).days.remove(&day);
        self
    }

    /// Neither events nor metrics on a day.
    pub fn gap(self, day: PstDay) -> Self {
        self.remove(Dataset::Events, day).remove(Dataset::Metrics, day)
    }

    /// Twelve rows of a day fail E511.
    pub fn failing(mut self, day: PstDay) -> Self {
        self.evidence.findings.entry(day).or_default().push(DayFinding {
            code: Code::new("E511"),
            severity: Severity::Fail,
            unit: Unit::Rows,
            count: 12,
        });
        self
    }

    /// Signalled six hours after the day's end.
    pub fn signal(mut self, day: PstDay) -> Self {
        self.evidence.signals.objects += 1;
        self.evidence.signals.rows += 1;
        self.evidence.signals.files.push(SignalFile {
            key: format!("signals/{day}/finished_date.parquet").into(),
            modified: Some(after_end(day, 6)),
            rows_read: 1,
            null_rows: 0,
            dates: vec![SignalDate {
                day,
                rows: 1,
                first_row: 0,
            }],
        });
        self
    }

    /// One more object of a day, so many hours after its end.
    pub fn late(mut self, day: PstDay, hours: i64) -> Self {
        self.add(Dataset::Events, day, 1_000, after_end(day, hours));
        self
    }

    /// Folders are by UTC date.
    pub fn by_utc(mut self) -> Self {
        self.evidence.events.folder_dates = FolderDates {
            rows: 20_000,
            outside: 6_400,
            utc: 20_000,
        };
        self
    }

    pub fn via(mut self, via: SignalVia) -> Self {
        self.via = Some(via);
        self
    }

    fn of(&mut self, dataset: Dataset) -> &mut DatasetDays {
        match dataset {
            Dataset::Metrics => &mut self.evidence.metrics,
            _ => &mut self.evidence.events,
        }
    }

    pub fn context(&self, now: &str) -> Context {
        Context {
            signal_via: self.via,
            ..Context::at(instant(now))
        }
    }

    fn dataset(&self, dataset: Dataset) -> DatasetReport {
        let signals = &self.evidence.signals;
        let days = match dataset {
            Dataset::Events => &self.evidence.events,
            Dataset::Metrics => &self.evidence.metrics,
            Dataset::Signals => {
                let mut dates: Vec<PstDay> = signals
                    .files
                    .iter()
                    .flat_map(|f| &f.dates)
                    .map(|d| d.day)
                    .collect();
                dates.sort_unstable();
                dates.dedup();
                return DatasetReport {
                    objects: signals.objects,
                    files: signals.files.len() as u64,
                    rows: signals.rows,
                    rows_checked: signals.rows,
                    finished_dates: dates.iter().map(PstDay::to_string).collect(),
                    complete: signals.unknown.is_none(),
                    ..DatasetReport::default()
                };
            }
        };
        DatasetReport {
            objects: days.objects,
            files: days.files,
            rows: days.days.values().map(|d| d.rows).sum(),
            days: data_days(days),
            complete: days.unknown.is_none(),
            ..DatasetReport::default()
        }
    }

    /// What a survey at an instant would tell.
    pub fn events(&self, now: &str) -> Vec<SurveyEvent> {
        let context = self.context(now);
        let target = Target::S3 {
            bucket: "acme-export".into(),
            prefix: String::new(),
            region: Some("us-west-2".into()),
        };
        let identity = |user: &str, last4: &str| {
            Some(Identity {
                arn: Some(format!("arn:aws:iam::123456789012:user/{user}")),
                key_last4: Some(last4.into()),
            })
        };
        let mut events = vec![
            SurveyEvent::Started {
                tool: Tool {
                    name: "bucket-ready".into(),
                    version: "0.1.0".into(),
                },
                created_at: now.into(),
                target: target.clone(),
                mode: Mode {
                    signal_via: self.via,
                    ..Mode::default()
                },
                today: context.today().to_string(),
            },
            SurveyEvent::Connected {
                target,
                identity: identity("statsig-reader", "7F3Q"),
                operator: identity("ana", "A1B2"),
            },
        ];
        events.extend(Dataset::ALL.map(|name| SurveyEvent::Dataset {
            name,
            dataset: Box::new(self.dataset(name)),
        }));
        events.extend(
            catalogue::checks(false).map(|(rule, subject)| SurveyEvent::Check {
                check: Box::new(super::judged(rule, subject)),
            }),
        );
        events.push(SurveyEvent::Calendar {
            calendar: calendar(&context, &self.evidence),
        });
        events.push(SurveyEvent::Finished {
            complete: true,
            usage: Usage::default(),
        });
        events
    }

    pub fn report(&self, now: &str) -> Report {
        let mut report = Report::default();
        for event in self.events(now) {
            report.apply(&event);
        }
        report
    }

    /// The wizard on the calendar, after a whole run.
    pub fn wizard(&self) -> Wizard {
        let mut wizard = Wizard::new(Connection {
            target: "s3://acme-export".into(),
            ..Connection::default()
        });
        wizard.handle(Event::Tick { now: instant(NOW) });
        wizard.begin();
        tell(&mut wizard, &self.events(NOW));
        wizard.step = Step::Calendar;
        wizard
    }
}

/// Tells what a survey says on the wizard's newest run.
pub fn tell(wizard: &mut Wizard, events: &[SurveyEvent]) {
    let run: RunId = wizard.run.id;
    for event in events {
        wizard.handle(Event::Survey {
            run,
            event: Box::new(event.clone()),
        });
    }
}

/// Eight states in one month: signalled to the 15th with a gap and a late day, then ready, failing, empty, in the way.
pub fn every_state() -> Bucket {
    Bucket::with_days(june(1).through(june(19)))
        .gap(june(12))
        .late(june(14), 40)
        .signal(june(10))
        .signal(june(15))
        .failing(june(17))
        .gap(june(18))
        .late(june(23), -12)
}

/// Three days are ready to signal, the 20th, the 21st and the 22nd.
pub fn three_ready() -> Bucket {
    Bucket::with_days(june(1).through(june(22)))
        .signal(june(10))
        .signal(june(19))
}
