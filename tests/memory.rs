//! A file of one huge row group is checked in little memory, near and far.
//!
//! Alone in its binary: it measures the process.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{fs, ops::Range, path::Path, sync::Arc};

use bucket_ready::{
    contract::Context,
    report::{Mode, Problem, Report, Rows, Status, Target, Usage},
    rule::{Code, Dataset, Subject},
    store::{Folder, ObjectMeta, Page, Put, SharedStore, Store},
    survey::{Source, Survey},
};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use parquet::{
    column::writer::ColumnWriter,
    data_type::ByteArray,
    file::{properties::WriterProperties, writer::SerializedFileWriter},
    schema::parser::parse_message_type,
};

const ROWS: usize = 500_000;
/// "A 1 GiB file with one row group is checked in well under 300 MiB": memory does not grow with the file, so one of
/// 120 MiB shows it.
const MOST: u64 = 110 << 20;

/// Writes a healthy events file with one row group, column by column, without ever holding it.
fn huge_file(path: &Path) {
    let schema = "message events {
        optional int64 timestamp (TIMESTAMP(MICROS,true));
        optional binary event_name (STRING);
        optional binary event_value (STRING);
        optional binary event_metadata (STRING);
        optional binary user (STRING);
    }";
    let properties = WriterProperties::builder().set_dictionary_enabled(false).build();
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let mut writer =
        SerializedFileWriter::new(fs::File::create(path).unwrap(), schema, Arc::new(properties)).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let text = |make: &dyn Fn(usize) -> String, row: usize| ByteArray::from(make(row).into_bytes());
    let user = |row: usize| {
        format!(
            "{{\"userID\":\"user-{row:012}\",\"customIDs\":{{\"stableID\":\"device-{:032x}\"}},\"custom\":{{\"plan\":\"gold\",\
             \"note\":\"{:064x}\"}},\"country\":\"US\"}}",
            row * 7919,
            row * 104_729
        )
    };
    let name = |row: usize| format!("event_{}", row % 50);
    let value = |row: usize| row.to_string();
    let metadata = |row: usize| format!("{{\"page\":\"/{}\"}}", row % 1000);
    let texts: [&dyn Fn(usize) -> String; 4] = [&name, &value, &metadata, &user];
    let mut columns = texts.iter();
    while let Some(mut column) = group.next_column().unwrap() {
        match column.untyped() {
            ColumnWriter::Int64ColumnWriter(writer) => {
                // 22 June 2022, noon PST.
                let values = vec![1_655_928_000_000_000i64; ROWS];
                writer.write_batch(&values, Some(&vec![1; ROWS]), None).unwrap();
            }
            ColumnWriter::ByteArrayColumnWriter(writer) => {
                let make = columns.next().unwrap();
                for start in (0..ROWS).step_by(1000) {
                    let values: Vec<_> = (start..start + 1000).map(|row| text(make, row)).collect();
                    writer.write_batch(&values, Some(&vec![1; 1000]), None).unwrap();
                }
            }
            _ => panic!("no such column"),
        }
        column.close().unwrap();
    }
    group.close().unwrap();
    writer.close().unwrap();
}

/// A folder that must be waited for, as a bucket must.
struct Far(Folder);

impl Store for Far {
    fn list<'a>(
        &'a self,
        prefix: &'a str,
        delimiter: bool,
        token: Option<String>,
    ) -> BoxFuture<'a, Result<Page, Problem>> {
        self.0.list(prefix, delimiter, token)
    }

    fn get_range<'a>(
        &'a self,
        object: &'a ObjectMeta,
        range: Range<u64>,
    ) -> BoxFuture<'a, Result<Bytes, Problem>> {
        self.0.get_range(object, range)
    }

    fn get_tail<'a>(&'a self, object: &'a ObjectMeta, length: u64) -> BoxFuture<'a, Result<Bytes, Problem>> {
        self.0.get_tail(object, length)
    }

    fn put_if_absent<'a>(&'a self, _: &'a str, _: Bytes) -> BoxFuture<'a, Result<Put, Problem>> {
        unreachable!("a survey writes nothing")
    }

    fn usage(&self) -> Usage {
        self.0.usage()
    }
}

async fn check(store: SharedStore, mode: Mode) -> Report {
    let (sender, mut events) = tokio::sync::mpsc::channel(64);
    let survey = Survey {
        target: Target::S3 {
            bucket: "bucket".into(),
            prefix: String::new(),
            region: None,
        },
        source: Source::Store {
            reader: store,
            operator: None,
            identity: None,
        },
        mode,
        context: Context::at("2022-06-25T00:00:00Z".parse().unwrap()),
        access: Default::default(),
        cancel: Default::default(),
    };
    tokio::spawn(survey.run(sender));
    let mut report = Report::default();
    while let Some(event) = events.recv().await {
        report.apply(&event);
    }
    report
}

fn memory(of: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(of)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_one_huge_row_group_takes_little_memory_near_and_far() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("events/2022-06-22")).unwrap();
    let path = dir.path().join("events/2022-06-22/part-0.parquet");
    huge_file(&path);
    let size = fs::metadata(&path).unwrap().len();
    assert!(size > 120 << 20, "{size}");
    let full = Mode {
        rows: Rows::All,
        sample_rows: None,
        ..Mode::default()
    };
    let folder = || Folder::open(dir.path()).unwrap();
    let stores: [SharedStore; 2] = [Arc::new(folder()), Arc::new(Far(folder()))];
    for store in stores {
        // The highest mark starts anew.
        fs::write("/proc/self/clear_refs", "5").unwrap();
        let report = check(store, full.clone()).await;
        let peak = memory("VmHWM");
        assert_eq!(report.datasets[&Dataset::Events].rows_checked, ROWS as u64);
        let json = report.check(Code::new("E541"), Subject::Events).unwrap();
        assert_eq!((json.status, json.checked), (Status::Pass, Some(ROWS as u64)));
        assert!(peak < MOST, "{} MiB", peak >> 20);
    }
    // A sample of it fetches a small part.
    let sample = check(Arc::new(Far(folder())), Mode::default()).await;
    assert_eq!(sample.datasets[&Dataset::Events].rows_checked, 20_000);
    assert!(sample.usage.bytes_read < 40 << 20, "{}", sample.usage.bytes_read);
}
