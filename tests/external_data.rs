//! Data that we did not write: exports by pyarrow, pandas, polars, DuckDB and Spark, checked by the binary as a user
//! would, and compared count by count with a second opinion (`fixtures/README.md`).
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, SystemTime},
};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

/// The clock of every case: Tuesday evening in PST, Wednesday in UTC.
const NOW: &str = "2026-06-23T21:14:00-08:00";

/// What `make.py` expects of a case.
#[derive(Deserialize)]
struct Expected {
    /// Every object and when it was written.
    modified: BTreeMap<String, Timestamp>,
    /// Objects that can't be read.
    unreadable: Vec<String>,
    /// Counts by code and subject; the text `skipped` where there is nothing to judge, `>0` for any finding.
    counts: BTreeMap<String, BTreeMap<String, Value>>,
    /// Rows by data day, for each dataset.
    days: BTreeMap<String, BTreeMap<String, u64>>,
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// The case's objects with their times, in a folder of its own.
fn laid_out(case: &Path, expected: &Expected) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for (key, modified) in &expected.modified {
        let to = root.path().join(key);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(case.join(key), &to).unwrap();
        let file = File::options().write(true).open(&to).unwrap();
        let since = Duration::from_secs(modified.as_second().try_into().unwrap());
        file.set_modified(SystemTime::UNIX_EPOCH + since).unwrap();
    }
    root
}

/// The report on a case, by the binary.
fn report(root: &Path, rows: &str) -> Value {
    let run = Command::new(env!("CARGO_BIN_EXE_bucket-ready"))
        .arg("check")
        .arg(root)
        .args([rows, "--output", "json", "--now", NOW])
        .env_remove("RUST_BACKTRACE")
        // Nothing of the machine's own may matter: no configuration, another time zone.
        .env("XDG_CONFIG_HOME", root)
        .env("HOME", root)
        .env("TZ", "Asia/Kathmandu")
        .current_dir(root)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(
        matches!(run.status.code(), Some(0 | 1 | 3)),
        "{:?}: {said}",
        run.status
    );
    serde_json::from_slice(&run.stdout).unwrap_or_else(|e| panic!("{e}: {said}"))
}

/// One line for every count that is not as expected.
fn differences(case: &Path) -> String {
    let text = fs::read_to_string(case.join("expected.json")).unwrap();
    let expected: Expected = serde_json::from_str(&text).unwrap();
    let root = laid_out(case, &expected);
    let report = report(root.path(), "--full");
    let checks = report["checks"].as_array().unwrap();
    let mut table = String::new();
    for (code, subjects) in &expected.counts {
        for (subject, wanted) in subjects {
            let found: Vec<&Value> = checks
                .iter()
                .filter(|c| c["code"] == code.as_str() && c["subject"] == subject.as_str())
                .collect();
            let [found] = found[..] else {
                let _ = writeln!(table, "{code} {subject}: {} checks", found.len());
                continue;
            };
            let agrees = match wanted {
                Value::String(any) if any == ">0" => found["count"].as_u64().is_some_and(|count| count > 0),
                Value::String(skipped) => found["status"] == skipped.as_str(),
                // Where files can't be read, that nothing was found in the others proves nothing.
                count if *count == 0 && !expected.unreadable.is_empty() && found["status"] == "unknown" => {
                    true
                }
                count => found["count"] == *count,
            };
            if !agrees {
                let name = case.file_name().unwrap().to_string_lossy();
                let _ = writeln!(
                    table,
                    "{name:20} {code} {subject:9} expected {wanted}, found {} ({}; {}) {}",
                    found["count"], found["status"], found["cause"], found["samples"],
                );
            }
        }
    }
    for (dataset, wanted) in &expected.days {
        let found: BTreeMap<String, u64> = report["datasets"][dataset]["days"]
            .as_array()
            .unwrap()
            .iter()
            .map(|day| {
                (
                    day["day"].as_str().unwrap().to_owned(),
                    day["rows"].as_u64().unwrap(),
                )
            })
            .collect();
        if found != *wanted {
            let _ = writeln!(
                table,
                "{} {dataset}: expected days {wanted:?}, found {found:?}",
                case.display()
            );
        }
    }
    table
}

/// All cases of one writer.
fn check_writer(writer: &str) {
    let mut cases: Vec<PathBuf> = fs::read_dir(fixtures())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("expected.json").is_file())
        .filter(|path| {
            path.file_name()
                .unwrap()
                .to_string_lossy()
                .starts_with(&format!("{writer}-"))
        })
        .collect();
    cases.sort();
    assert!(cases.len() >= 3, "{writer}: {cases:?}");
    let table: String = cases.iter().map(|case| differences(case)).collect();
    assert!(table.is_empty(), "counts differ:\n{table}");
}

#[test]
fn a_pyarrow_export_is_counted_as_a_second_opinion_counts_it() {
    check_writer("pyarrow");
}

#[test]
fn a_pandas_export_is_counted_as_a_second_opinion_counts_it() {
    check_writer("pandas");
}

#[test]
fn a_polars_export_is_counted_as_a_second_opinion_counts_it() {
    check_writer("polars");
}

#[test]
fn a_duckdb_export_is_counted_as_a_second_opinion_counts_it() {
    check_writer("duckdb");
}

#[test]
fn a_spark_export_is_counted_as_a_second_opinion_counts_it() {
    check_writer("pyspark");
}

#[test]
fn a_sample_larger_than_the_data_finds_what_a_full_read_finds() {
    let case = fixtures().join("pyspark-messy");
    let expected: Expected =
        serde_json::from_str(&fs::read_to_string(case.join("expected.json")).unwrap()).unwrap();
    let root = laid_out(&case, &expected);
    let counts = |report: &Value| -> Vec<(String, Value)> {
        let checks = report["checks"].as_array().unwrap();
        checks
            .iter()
            .map(|c| (format!("{} {}", c["code"], c["subject"]), c["count"].clone()))
            .collect()
    };
    let full = report(root.path(), "--full");
    assert_eq!(counts(&report(root.path(), "--sample=100000")), counts(&full));
    // A small sample finds no more than there is, and says of how much.
    let sample = report(root.path(), "--sample=50");
    for (few, all) in sample["checks"]
        .as_array()
        .unwrap()
        .iter()
        .zip(full["checks"].as_array().unwrap())
    {
        let is_row_rule = few["code"].as_str().unwrap().starts_with(['E', 'M']);
        if is_row_rule && let (Some(few), Some(all)) = (few["count"].as_u64(), all["count"].as_u64()) {
            assert!(few <= all, "{few} of {all}");
        }
    }
    assert!(
        sample["datasets"]["events"]["rows_checked"].as_u64()
            < full["datasets"]["events"]["rows_checked"].as_u64()
    );
}

#[test]
fn every_row_rule_is_planted_by_every_writer_and_silent_on_its_good_export() {
    for writer in ["pyarrow", "pandas", "polars", "duckdb", "pyspark"] {
        let mut planted: BTreeMap<String, u64> = BTreeMap::new();
        for case in ["good", "messy", "text"] {
            let path = fixtures().join(format!("{writer}-{case}/expected.json"));
            let expected: Expected = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
            for (code, subjects) in expected.counts {
                let count: u64 = subjects.values().filter_map(Value::as_u64).sum();
                let is_row_rule = code.starts_with(['E', 'M']);
                assert!(
                    case != "good" || count == 0 || !is_row_rule,
                    "{writer}: {code} {count}"
                );
                *planted.entry(code).or_default() += count;
            }
        }
        for (code, count) in planted {
            assert!(
                count > 0 || !code.starts_with(['E', 'M']),
                "{writer} does not plant {code}"
            );
        }
    }
}
