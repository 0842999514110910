//! What a report says of days, whatever was asked for.

use std::{fs, path::Path};

use serde_json::Value;

use super::{NOW, assert_valid, home, json, run, scenario_folder, statuses};

#[test]
fn each_day_says_how_many_metrics_it_has_and_whether_there_may_be_more() {
    let home = home();
    let days = |more: &[&str]| {
        let args = [&["check", "demo:messy-rows", "--output", "json"][..], more].concat();
        let report = json(&run(&home, &args).out);
        assert_valid(&report);
        assert!(
            report["datasets"]["events"]["days"][0]["metric_names"].is_null(),
            "events have none"
        );
        report["datasets"]["metrics"]["days"].as_array().unwrap().clone()
    };
    let (full, sample) = (days(&["--full"]), days(&["--sample", "500"]));
    assert!(full.len() > 30 && full.len() == sample.len());
    for (all, some) in full.iter().zip(&sample) {
        let names = |day: &Value| day["metric_names"].as_u64();
        assert!(
            names(all) > Some(1) && all["metric_names_at_least"].is_null(),
            "{all}"
        );
        assert!(names(some) <= names(all), "{some} {all}");
        if names(some).is_some() {
            assert_eq!(some["metric_names_at_least"], true, "{some}");
        }
    }
    assert!(
        days(&["--only", "L301"])
            .iter()
            .all(|day| day["metric_names"].is_null())
    );
}

#[test]
fn a_day_whose_rows_were_not_read_is_not_ready() {
    let home = home();
    let folder = scenario_folder(&home, "messy-rows");
    fs::remove_dir_all(Path::new(&folder).join("signals")).unwrap();
    fs::write(home.path().join("bucket-ready.toml"), "signal_via = \"api\"\n").unwrap();
    let states = |more: &[&str]| -> Vec<(String, String)> {
        let args = [&["check", &folder, "--now", NOW, "--output", "json"][..], more].concat();
        let report = json(&run(&home, &args).out);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let days = report["calendar"]["days"].as_array().unwrap().iter();
        days.map(|day| (text(&day["state"]), text(&day["reason"])))
            .collect()
    };
    assert!(states(&[]).iter().any(|(state, _)| state == "ready"));
    let unread = states(&["--only", "S404"]);
    assert!(unread.len() > 30);
    assert!(unread.iter().all(|(state, _)| state != "ready"), "{unread:?}");
    let say = "the rows of events/ were not read";
    assert!(
        unread.iter().any(|(_, reason)| reason.contains(say)),
        "{unread:?}"
    );
    let halves = states(&["--only", "S404,E511"]);
    let say = "the rows of metrics/ were not read";
    assert!(
        halves.iter().any(|(_, reason)| reason.contains(say)),
        "{halves:?}"
    );
}

fn g711(report: &Value) -> Value {
    let checks = report["checks"].as_array().unwrap();
    let found = checks.iter().find(|check| check["code"] == "G711");
    found.unwrap().clone()
}

#[test]
fn days_with_failing_rows_look_no_better_when_the_calendar_alone_is_asked_for() {
    let home = home();
    let check = |more: &[&str]| {
        let args = [&["check", "demo:messy-rows", "--output", "json"][..], more].concat();
        json(&run(&home, &args).out)
    };
    let whole = check(&[]);
    assert_eq!(g711(&whole)["status"], "fail");
    for only in ["G711", "G706,G711", "G711,L301"] {
        let part = check(&["--only", only]);
        assert_valid(&part);
        assert_eq!(g711(&part), g711(&whole), "--only {only}");
        assert_eq!(
            part["calendar"]["days"], whole["calendar"]["days"],
            "--only {only}"
        );
        let told = statuses(&part);
        let row_rule = told.iter().find(|(code, ..)| code == "E511").unwrap();
        assert_eq!(row_rule.2, "skipped", "it is weighed, but was not asked for");
    }
    // A rule that is skipped or off marks no day, with --only and without.
    let of_june_3 = "2026-06-03: E510 1 row, E512 12 rows, E513 4 rows";
    for more in [&["--skip", "E511"][..], &["--skip", "E511", "--only", "G711"]] {
        let part = check(more);
        assert_eq!(g711(&part)["samples"][0]["value"], of_june_3, "{more:?}");
        let days = part["calendar"]["days"].as_array().unwrap();
        let marked = |code: &str| {
            days.iter()
                .any(|day| day["codes"].as_array().unwrap().contains(&code.into()))
        };
        assert!(marked("E510") && !marked("E511"), "{more:?}");
    }
}
