//! The command line as its users meet it: exit codes, what goes to stdout and what to stderr, files left alone.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "cli/days.rs"]
mod days;
#[path = "support/program.rs"]
mod program;

use std::{
    fs,
    io::Read,
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use program::{Ran, program, ran};
use serde_json::Value;
use tempfile::TempDir;

const NOW: &str = "2026-06-23T21:14:00-08:00";

fn run(home: &TempDir, args: &[&str]) -> Ran {
    ran(program(home.path()).args(args).output().unwrap())
}

fn home() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("not JSON ({error}): {text:.300}"))
}

/// The schema of `assets/`, made strict: readers ignore what they don't know, but we write nothing that it doesn't say.
fn strict_schema() -> jsonschema::Validator {
    fn close(schema: &mut Value) {
        match schema {
            Value::Object(map) => {
                map.values_mut().for_each(close);
                let is_shape = map.get("type").is_some_and(|t| t == "object");
                if is_shape && map.contains_key("properties") && !map.contains_key("additionalProperties") {
                    map.insert("additionalProperties".into(), Value::Bool(false));
                }
            }
            Value::Array(items) => items.iter_mut().for_each(close),
            _ => {}
        }
    }
    let mut schema = json(include_str!("../assets/report.schema.json"));
    assert!(jsonschema::meta::is_valid(&schema));
    close(&mut schema);
    jsonschema::validator_for(&schema).unwrap()
}

fn assert_valid(report: &Value) {
    let errors: Vec<_> = strict_schema()
        .iter_errors(report)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .take(5)
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

fn scenario_folder(home: &TempDir, name: &str) -> String {
    let folder = home.path().join(name);
    let objects = bucket_ready::demo::find(name).unwrap().objects().unwrap();
    bucket_ready::demo::write_to_folder(&objects, &folder).unwrap();
    folder.to_string_lossy().into_owned()
}

fn statuses(report: &Value) -> Vec<(String, String, String)> {
    let text = |check: &Value, key: &str| check[key].as_str().unwrap().to_owned();
    report["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| (text(check, "code"), text(check, "subject"), text(check, "status")))
        .collect()
}

#[test]
fn help_and_version_are_results_and_mistakes_are_not() {
    let home = home();
    for args in [["--help"], ["--version"]] {
        let ran = run(&home, &args);
        assert_eq!(ran.code, 0);
        assert!(ran.out.contains("bucket-ready") && ran.err.is_empty());
    }
    for args in [
        &["check"][..],
        &["check", ".", "--bogus"],
        &["check", ".", "--output", "yaml"],
        &["check", ".", "--output", "sarif"],
        &["check", ".", "--sample", "0"],
        &["check", ".", "--full", "--sample", "5"],
        &["check", ".", "--now", "2026-06-23"],
        &["check", ".", "--only", "E999"],
        &["check", ".", "--fail-on", "info"],
        &["calendar", ".", "--month", "June"],
        &["rules", "E999"],
        &["screen", "nowhere", "--report", "r.json"],
        &["screen", "data", "--report", "r.json", "--size", "0x0"],
        &["s3://acme", "rules"],
        &["demo", "--no-input"],
        &["check", "demo:healthy", "--profile", "mine"],
        &["check", "s3://acme/a", "--prefix", "b"],
    ] {
        let ran = run(&home, args);
        assert_eq!(ran.code, 2, "{args:?}: {}", ran.err);
        assert!(ran.out.is_empty(), "{args:?} wrote to stdout");
        assert!(ran.err.starts_with("error: "), "{args:?}: {}", ran.err);
    }
}

#[test]
fn what_the_tool_cannot_do_is_exit_4_with_a_hint() {
    let home = home();
    fs::write(home.path().join("bad.toml"), "[severity]\nE599 = \"warn\"\n").unwrap();
    fs::write(home.path().join("cut.json"), "{\"schema_version\": \"1\", \"too").unwrap();
    fs::write(home.path().join("other.json"), "{}").unwrap();
    fs::write(home.path().join("newer.json"), "{\"schema_version\": \"2\"}").unwrap();
    fs::write(home.path().join("precious.txt"), "mine").unwrap();
    for (args, said) in [
        (&["check", "nowhere"][..], "there is no folder nowhere"),
        (&["check", "s3://Acme"], "s3://acme"),
        (&["check", "demo:messy-row"], "demo:messy-rows"),
        (&["check", "precious.txt"], "is a file"),
        (
            &["check", ".", "--config", "missing.toml"],
            "missing.toml can't be read",
        ),
        (
            &["check", ".", "--config", "bad.toml"],
            "line 2: unknown rule `E599`",
        ),
        (
            &["check", "s3://acme", "--reader-key-file", "missing.json"],
            "missing.json",
        ),
        (&["check", ".", "--out", "precious.txt"], "was left as it is"),
        (&["check", ".", "--out", "no/such/place.json"], "can't be written"),
        (&["open", "missing.json"], "can't be read"),
        (&["convert", "cut.json", "--output", "text"], "cut short"),
        (&["convert", "other.json", "--output", "text"], "not a report"),
        (
            &["convert", "newer.json", "--output", "text"],
            "update bucket-ready",
        ),
        (&["demo"], "needs a terminal"),
        (
            &["grant", "plan", "s3://acme", "--user", "x"],
            "no AWS credentials were found",
        ),
    ] {
        let ran = run(&home, args);
        assert_eq!(ran.code, 4, "{args:?}: {}", ran.err);
        assert!(ran.out.is_empty(), "{args:?} wrote to stdout");
        assert!(
            ran.err.starts_with("error: ") && ran.err.contains("\n\nhint: ")
                || args.contains(&"no/such/place.json"),
            "{args:?}: {}",
            ran.err
        );
        assert!(ran.err.contains(said), "{args:?}: {}", ran.err);
    }
    assert_eq!(
        fs::read_to_string(home.path().join("precious.txt")).unwrap(),
        "mine"
    );
}

#[test]
fn a_configuration_in_the_working_folder_is_used_and_its_mistakes_are_named() {
    let home = home();
    fs::create_dir(home.path().join("data")).unwrap();
    fs::write(home.path().join("bucket-ready.toml"), "id_type = []\n").unwrap();
    let bad = run(&home, &["check", "data"]);
    assert_eq!(bad.code, 4);
    assert!(
        bad.err
            .contains("bucket-ready.toml, line 1: unknown key `id_type`"),
        "{}",
        bad.err
    );
    assert!(bad.err.contains("hint: did you mean `id_types`?"), "{}", bad.err);

    fs::write(
        home.path().join("bucket-ready.toml"),
        "[severity]\nL302 = \"off\"\nE512 = \"warn\"\n",
    )
    .unwrap();
    let good = run(&home, &["check", "data", "--output", "json"]);
    let report = json(&good.out);
    assert_valid(&report);
    let of = |code: &str| statuses(&report).into_iter().find(|(c, ..)| c == code).unwrap().2;
    assert_eq!(of("L302"), "skipped");
    let required = |code: &str| {
        let check = report["checks"]
            .as_array()
            .unwrap()
            .iter()
            .find(|c| c["code"] == code)
            .unwrap();
        check["required"].as_bool().unwrap()
    };
    assert!(!required("E512") && required("E511"));
}

#[test]
fn an_empty_folder_is_not_ready_and_nothing_in_it_passes() {
    let home = home();
    fs::create_dir(home.path().join("data")).unwrap();
    let ran = run(&home, &["check", "data", "--output", "json", "--now", NOW]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.is_empty(), "{}", ran.err);
    let report = json(&ran.out);
    assert_valid(&report);
    assert_eq!(report["verdict"], "not_ready");
    assert_eq!(report["created_at"], "2026-06-24T05:14:00Z");
    for (code, subject, status) in statuses(&report) {
        assert!(
            !code.starts_with(['C', 'A']) && code != "L309",
            "{code} on a local folder"
        );
        assert_ne!(status, "pass", "{code} {subject} passed on nothing");
    }
    let text = run(&home, &["check", "data"]).out;
    assert!(text.lines().last().unwrap().starts_with("NOT READY: "), "{text}");
}

#[test]
fn rules_are_listed_and_explained_from_the_one_catalogue() {
    let home = home();
    let list = run(&home, &["rules"]);
    assert_eq!(list.code, 0);
    for code in ["C101", "A201", "L301", "S412", "E552", "M631", "G711", "X803"] {
        assert!(list.out.contains(code), "{code}");
    }
    let one = run(&home, &["rules", "e511"]);
    assert!(one.out.starts_with("E511 event-name-too-long\n") && one.out.contains("128"));
    let rules = json(&run(&home, &["rules", "--output", "json"]).out);
    assert_eq!(
        rules.as_array().unwrap().len(),
        bucket_ready::report::catalogue::all().count()
    );
    assert!(run(&home, &["rules", "E5111"]).err.contains("did you mean E511"));
    let far = run(&home, &["rules", "E999"]);
    assert_eq!(far.code, 2);
    assert!(far.err.contains("from E501 to E552") && !far.err.contains("did you mean"));
    let far = run(&home, &["check", ".", "--only", "X999"]);
    assert!(far.err.contains("from X801 to X803") && !far.err.contains("did you mean"));
}

#[test]
fn an_error_and_its_hint_do_not_say_the_same() {
    let home = home();
    for args in [&["demo", "--scenario", "typo"][..], &["check", "demo:typo"]] {
        let ran = run(&home, args);
        assert_eq!(ran.code, 4);
        assert!(
            ran.err.contains("no practice scenario named \"typo\""),
            "{}",
            ran.err
        );
        assert_eq!(ran.err.matches("demo --list").count(), 1, "{}", ran.err);
    }
    assert!(run(&home, &["chekc"]).err.contains("the command `check`"));
    assert!(
        run(&home, &["bogus"])
            .err
            .contains("`bucket-ready --help` lists the commands")
    );
}

#[test]
fn help_names_only_the_options_that_do_something() {
    let home = home();
    let help = |args: &[&str]| {
        let ran = run(&home, args);
        assert_eq!(ran.code, 0, "{}", ran.err);
        ran.out
    };
    for command in ["man", "rules", "completions", "open", "convert", "screen"] {
        let help = help(&[command, "--help"]);
        assert!(
            !help.contains("--profile") && !help.contains("--endpoint-url"),
            "{help}"
        );
    }
    for command in ["check", "calendar", "signal"] {
        let help = help(&[command, "--help"]);
        assert!(help.contains("--profile") && help.contains("--prefix"), "{help}");
    }
    assert!(help(&["grant", "plan", "--help"]).contains("--profile"));
    // An alias that always gives options keeps working.
    assert!(help(&["rules", "E511", "--profile", "acme"]).starts_with("E511"));
    assert!(help(&["--profile", "acme", "rules", "E511"]).starts_with("E511"));
    for page in [
        &["--help"][..],
        &["check", "--help"],
        &["man"],
        &["completions", "fish"],
    ] {
        assert!(!help(page).contains("Numbered prompts"), "{page:?}");
    }
    let plain = run(&home, &["--plain", "demo"]);
    assert_eq!(plain.code, 4);
    assert!(
        plain.err.contains("plain mode is not in this version"),
        "{}",
        plain.err
    );
}

#[test]
fn colours_come_only_when_they_are_asked_for() {
    let home = home();
    assert!(!run(&home, &["rules"]).out.contains('\u{1b}'), "off a terminal");
    assert!(
        run(&home, &["rules", "--color", "always"])
            .out
            .contains("\u{1b}[")
    );
    let never = ran(program(home.path())
        .args(["rules", "--color", "auto"])
        .env("NO_COLOR", "1")
        .output()
        .unwrap());
    assert!(!never.out.contains('\u{1b}'));
}

#[test]
fn a_healthy_scenario_is_ready_and_a_messy_one_is_not() {
    let home = home();
    let healthy = run(&home, &["check", "demo:healthy", "--output", "json"]);
    let report = json(&healthy.out);
    assert_valid(&report);
    assert_eq!(
        (healthy.code, &report["verdict"]),
        (0, &Value::from("ready")),
        "{:#?}",
        statuses(&report)
    );
    assert_eq!(report["created_at"], "2026-06-24T05:14:00Z");
    assert_eq!(report["target"]["kind"], "demo");

    let messy = run(&home, &["check", "demo:messy-rows", "--full", "--output", "json"]);
    assert_eq!(messy.code, 1);
    let report = json(&messy.out);
    assert_valid(&report);
    assert_eq!(report["mode"]["sample_rows"], Value::Null);
    let expected: Vec<_> = bucket_ready::report::catalogue::checks(false)
        .map(|(rule, subject)| (rule.code.to_string(), subject.to_string()))
        .collect();
    let got: Vec<_> = statuses(&report)
        .into_iter()
        .map(|(code, subject, _)| (code, subject))
        .collect();
    assert_eq!(
        got, expected,
        "every rule once per subject, in the catalogue's order"
    );
}

#[test]
fn how_the_wizard_signals_is_said_to_the_wizard_and_not_to_other_commands() {
    let home = home();
    for (args, say) in [
        (
            &["--type", "events", "check", "."][..],
            "--type stands before the command",
        ),
        (
            &["--statsig-url", "https://example.com", "rules"],
            "--statsig-url stands before the command",
        ),
        (
            &["demo:healthy", "--statsig-url", "https://example.com"],
            "does not go with the practice account",
        ),
        (&[".", "--statsig-url", "http://example.com"], "over http"),
    ] {
        let ran = run(&home, args);
        assert_eq!(ran.code, 2, "{args:?}: {}", ran.err);
        assert!(ran.err.contains(say), "{args:?}: {}", ran.err);
    }
    let with_password = "https://ana:EXAMPLEpassword@api.example.com";
    let ran = run(&home, &[".", "--statsig-url", with_password]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(
        ran.err.contains("https://…@api.example.com") && !ran.err.contains("EXAMPLEpassword"),
        "{}",
        ran.err
    );
    let ran = run(&home, &[".", "--type", "events"]);
    assert_eq!(ran.code, 4, "{}", ran.err);
    assert!(ran.err.contains("needs a terminal"), "{}", ran.err);
}

// Not layout-traps: it has an archived object, which a folder cannot have.
#[test]
fn a_folder_and_a_bucket_with_the_same_objects_give_the_same_report() {
    let home = home();
    for scenario in ["messy-rows", "wrong-types"] {
        let folder = scenario_folder(&home, scenario);
        let on_disk = run(
            &home,
            &["check", &folder, "--full", "--now", NOW, "--output", "json"],
        );
        let in_s3 = run(
            &home,
            &["check", &format!("demo:{scenario}"), "--full", "--output", "json"],
        );
        assert_eq!(on_disk.code, in_s3.code, "{scenario}");
        let (on_disk, in_s3) = (json(&on_disk.out), json(&in_s3.out));
        assert_valid(&on_disk);
        assert_valid(&in_s3);
        let shared: Vec<_> = in_s3["checks"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|check| {
                let code = check["code"].as_str().unwrap();
                !code.starts_with(['C', 'A']) && code != "L309"
            })
            .collect();
        let found: Vec<_> = on_disk["checks"].as_array().unwrap().iter().collect();
        assert_eq!(found.len(), shared.len(), "{scenario}");
        for (disk, bucket) in found.iter().zip(&shared) {
            assert_eq!(disk, bucket, "{scenario}");
        }
        for key in [
            "schema_version",
            "created_at",
            "mode",
            "verdict",
            "complete",
            "datasets",
            "calendar",
        ] {
            assert_eq!(on_disk[key], in_s3[key], "{scenario}: {key}");
        }
    }
}

#[test]
fn every_scenario_gives_a_valid_report_that_opens_again() {
    let home = home();
    for scenario in bucket_ready::demo::scenarios() {
        let target = format!("demo:{}", scenario.name);
        let ran = run(
            &home,
            &["check", &target, "--output", "json", "--out", "report.json"],
        );
        assert!([0, 1, 3].contains(&ran.code), "{}: {}", scenario.name, ran.err);
        let text = fs::read_to_string(home.path().join("report.json")).unwrap();
        assert_valid(&json(&text));
        bucket_ready::report::Report::from_json(&text).unwrap();
    }
}

#[test]
fn an_operators_access_does_not_pass_for_a_readers() {
    let home = home();
    let ran = run(&home, &["check", "demo:no-access", "--output", "json"]);
    assert_eq!(ran.code, 3, "{}", ran.err);
    let report = json(&ran.out);
    assert_eq!(report["identity"], Value::Null);
    let operator = report["operator"]["arn"].as_str().unwrap();
    assert!(operator.ends_with(":user/data-platform-admin"), "{operator}");
    let of = |code: &str| -> Vec<&Value> {
        let checks = report["checks"].as_array().unwrap();
        checks.iter().filter(|check| check["code"] == code).collect()
    };
    for code in ["A201", "A202"] {
        assert_eq!(of(code).len(), 3, "{code}");
        for check in of(code) {
            assert_eq!(check["status"], "unknown", "{check}");
            assert!(
                check["cause"].as_str().unwrap().contains("no reader yet"),
                "{check}"
            );
        }
    }
    // The way there is good, and what is in the bucket is known all the same.
    assert_eq!(of("C103")[0]["status"], "pass");
    assert!(report["datasets"]["events"]["rows"].as_u64().unwrap() > 10_000);
}

#[test]
fn the_form_of_the_result_never_changes_the_exit_code() {
    let home = home();
    let folder = scenario_folder(&home, "healthy");
    for form in ["text", "short", "json", "jsonl"] {
        let ran = run(&home, &["check", &folder, "--now", NOW, "--output", form]);
        assert_eq!(ran.code, 0, "{form}: {}", ran.out);
        assert!(ran.err.is_empty(), "{form}: {}", ran.err);
    }
    assert_eq!(
        run(&home, &["check", &folder, "--now", NOW, "--skip", "E511,E512"]).code,
        0
    );
    // Unknown where it must be known: a rule over sets, asked for as a failure, on a sample.
    fs::write(home.path().join("strict.toml"), "[severity]\nE552 = \"fail\"\n").unwrap();
    let unsure = run(
        &home,
        &[
            "check",
            &folder,
            "--now",
            NOW,
            "--sample",
            "100",
            "--config",
            "strict.toml",
        ],
    );
    assert_eq!(unsure.code, 3, "{}", unsure.out);
    assert!(unsure.out.contains("INCONCLUSIVE: "), "{}", unsure.out);
    let sure = run(
        &home,
        &[
            "check",
            &folder,
            "--now",
            NOW,
            "--full",
            "--config",
            "strict.toml",
        ],
    );
    assert_eq!(sure.code, 0, "{}", sure.out);
}

#[test]
fn what_was_left_out_by_will_is_named_in_the_verdict() {
    let home = home();
    let folder = scenario_folder(&home, "healthy");
    let ran = run(
        &home,
        &[
            "check",
            &folder,
            "--now",
            NOW,
            "--skip",
            "E511",
            "--skip",
            "M603,L302",
        ],
    );
    let verdict = ran.out.lines().last().unwrap().to_owned();
    assert!(verdict.contains("not checked: L302, E511, M603"), "{verdict}");
}

#[test]
fn lines_of_events_end_with_the_report_and_open_like_one() {
    let home = home();
    let folder = scenario_folder(&home, "first-day");
    let ran = run(&home, &["check", &folder, "--now", NOW, "--output", "jsonl"]);
    let lines: Vec<_> = ran.out.lines().map(json).collect();
    assert_eq!(lines.first().unwrap()["event"], "started");
    assert_eq!(lines[lines.len() - 2]["event"], "finished");
    let last = lines.last().unwrap();
    assert_eq!(last["event"], "report");
    assert_valid(&last["report"]);
    fs::write(home.path().join("events.jsonl"), &ran.out).unwrap();
    let converted = run(&home, &["convert", "events.jsonl", "--output", "json"]);
    assert_eq!(json(&converted.out), last["report"]);
    // The fold of the events is the report.
    let without_last: Vec<_> = ran.out.lines().rev().skip(1).collect();
    let events: Vec<_> = without_last.into_iter().rev().collect();
    fs::write(home.path().join("folded.jsonl"), events.join("\n")).unwrap();
    let folded = run(&home, &["convert", "folded.jsonl", "--output", "json"]);
    assert_eq!(json(&folded.out), last["report"]);
}

#[test]
fn a_saved_report_says_the_same_and_is_replaced_by_the_next_run_only() {
    let home = home();
    let folder = scenario_folder(&home, "messy-rows");
    let args = [
        "check",
        &folder,
        "--now",
        NOW,
        "--output",
        "json",
        "--out",
        "report.json",
    ];
    let first = run(&home, &args);
    assert_eq!((first.code, first.out.as_str()), (1, ""));
    assert_eq!(first.err, "written to report.json\n");
    assert_eq!(run(&home, &args).code, 1, "an earlier report is replaced");
    let saved = json(&fs::read_to_string(home.path().join("report.json")).unwrap());
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 2, "no leftovers");
    for form in ["text", "short"] {
        let direct = run(&home, &["check", &folder, "--now", NOW, "--output", form]).out;
        let converted = run(&home, &["convert", "report.json", "--output", form]);
        assert_eq!(converted.code, 0);
        let steady = |text: &str| -> Vec<String> {
            // The cost differs from run to run.
            text.lines()
                .filter(|line| !line.contains(" read, ") || line.contains("them read"))
                .map(str::to_owned)
                .collect()
        };
        assert_eq!(steady(&converted.out), steady(&direct), "{form}");
    }
    let again = run(&home, &["convert", "report.json", "--output", "json"]);
    assert_eq!(json(&again.out), saved);
    let screen = run(
        &home,
        &["screen", "report", "--report", "report.json", "--size", "80x24"],
    );
    assert_eq!(screen.code, 0);
    assert!(screen.out.contains("NOT READY:"), "{}", screen.out);
    assert!(screen.out.lines().count() == 24 && screen.out.lines().all(|line| line.chars().count() <= 80));
}

#[test]
fn a_redacted_report_holds_no_ids_and_is_still_one() {
    let home = home();
    let plain = run(&home, &["check", "demo:messy-rows", "--full", "--output", "json"]);
    let redacted = run(
        &home,
        &[
            "check",
            "demo:messy-rows",
            "--full",
            "--output",
            "json",
            "--redact",
        ],
    );
    assert_eq!(redacted.code, plain.code);
    let (plain, report) = (json(&plain.out), json(&redacted.out));
    assert_valid(&report);
    let arn = plain["identity"]["arn"].as_str().unwrap();
    assert!(arn.starts_with("arn:aws:iam::"));
    assert!(!redacted.out.contains("arn:aws") && !redacted.out.contains("123456789012"));
    let ids: Vec<_> = plain["checks"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|check| check["samples"].as_array().unwrap())
        .filter(|sample| sample["column"] == "unit_id" || sample["column"] == "timeuuid")
        .filter_map(|sample| sample["value"].as_str())
        .filter(|value| value.len() > 6)
        .collect();
    assert!(!ids.is_empty(), "the scenario shows ids at all");
    for id in ids {
        assert!(!redacted.out.contains(id), "{id} is still there");
    }
    assert_eq!(statuses(&plain), statuses(&report));
}

#[test]
fn a_month_is_shown_and_is_the_reports_calendar_as_json() {
    let home = home();
    let folder = scenario_folder(&home, "healthy");
    let text = run(&home, &["calendar", &folder, "--now", NOW, "--month", "2026-06"]);
    assert_eq!(text.code, 0, "{}", text.err);
    assert!(
        text.out.contains("June 2026") && text.out.contains("2026-06-22 Mon: events "),
        "{}",
        text.out
    );
    let month = json(
        &run(
            &home,
            &[
                "calendar", &folder, "--now", NOW, "--month", "2026-06", "--output", "json",
            ],
        )
        .out,
    );
    let days = month["days"].as_array().unwrap();
    assert!(
        !days.is_empty()
            && days
                .iter()
                .all(|day| day["day"].as_str().unwrap().starts_with("2026-06-"))
    );
    let report = json(&run(&home, &["check", &folder, "--now", NOW, "--output", "json"]).out);
    let all = report["calendar"]["days"].as_array().unwrap();
    assert!(days.iter().all(|day| all.contains(day)));
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let home = home();
    let mut child = program(home.path())
        .args(["rules", "--output", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(err, "");
}

#[test]
fn an_endpoint_that_is_not_there_is_inconclusive_and_named() {
    let home = home();
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let url = format!("http://127.0.0.1:{port}");
    let output = with_keys(&mut program(home.path()))
        .args([
            "check",
            "s3://acme",
            "--endpoint-url",
            &url,
            "--path-style",
            "--output",
            "json",
        ])
        .output()
        .unwrap();
    let ran = ran(output);
    assert_eq!(ran.code, 3, "{} {}", ran.out, ran.err);
    let report = json(&ran.out);
    assert_valid(&report);
    for (code, subject, status) in statuses(&report) {
        let expected = match code.as_str() {
            "C108" => "unknown",
            code if code.starts_with('C') => continue,
            _ => "skipped",
        };
        assert_eq!(status, expected, "{code} {subject}");
    }
    assert!(!ran.out.contains("notasecret"));
}

#[test]
fn no_credentials_are_inconclusive_and_the_next_step_is_told() {
    let home = home();
    let ran = run(&home, &["check", "s3://acme", "--region", "us-west-2"]);
    assert_eq!(ran.code, 3, "{} {}", ran.out, ran.err);
    assert!(
        ran.out.contains("C101") && ran.out.contains("--profile"),
        "{}",
        ran.out
    );
}

fn with_keys(command: &mut Command) -> &mut Command {
    command
        .env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLEEXAMPLE00")
        .env("AWS_SECRET_ACCESS_KEY", "notasecret")
}

/// A run against an endpoint that takes connections and never answers.
#[cfg(unix)]
fn hanging(home: &TempDir, args: &[&str]) -> (Child, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let child = with_keys(&mut program(home.path()))
        .args([
            "check",
            "s3://acme",
            "--path-style",
            "--endpoint-url",
            &url,
            "--region",
            "us-west-2",
        ])
        .args(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    (child, listener)
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_prints_what_it_has_marked_incomplete() {
    for signal in ["INT", "TERM"] {
        let home = home();
        let (child, listener) = hanging(&home, &["--output", "json"]);
        // Its first request shows that it is at work, and listening to signals.
        let (connection, _) = listener.accept().unwrap();
        let asked = Instant::now();
        let sent = Command::new("kill")
            .args(["-s", signal, &child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
        let ran = ran(child.wait_with_output().unwrap());
        assert!(asked.elapsed() < Duration::from_secs(10), "it ended late");
        drop(connection);
        assert_eq!(ran.code, 130, "{signal}: {}", ran.err);
        let report = json(&ran.out);
        assert_valid(&report);
        assert_eq!(
            (&report["complete"], &report["verdict"]),
            (&Value::Bool(false), &Value::from("inconclusive"))
        );
        assert!(
            statuses(&report)
                .iter()
                .all(|(.., status)| status != "pass" || status == "skipped")
        );
    }
}

#[test]
fn completions_and_the_manual_are_made_from_the_commands() {
    let home = home();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = run(&home, &["completions", shell]);
        assert_eq!(ran.code, 0);
        assert!(
            ran.out.contains("bucket-ready") && !ran.out.contains("audit"),
            "{shell}"
        );
    }
    let man = run(&home, &["man"]);
    assert!(
        man.code == 0 && man.out.starts_with(".ie") && man.out.contains("COMMAND CHECK"),
        "{:.200}",
        man.out
    );
}

#[test]
fn names_that_would_act_on_a_terminal_are_written_out() {
    let home = home();
    let data = home.path().join("data/events/2026-06-22");
    fs::create_dir_all(&data).unwrap();
    let nasty = "a\u{1b}[2J\u{202e}b.csv";
    if fs::write(data.join(Path::new(nasty)), "x").is_err() {
        return; // A file system that takes no such names has no such trouble.
    }
    for form in ["text", "json", "jsonl", "short"] {
        let out = run(&home, &["check", "data", "--output", form]).out;
        assert!(!out.contains('\u{1b}') && !out.contains('\u{202e}'), "{form}");
    }
    assert!(
        run(&home, &["check", "data"])
            .out
            .contains("\\u{1b}[2J\\u{202e}b.csv")
    );
}

#[test]
fn many_runs_at_once_do_not_disturb_each_other() {
    let home = home();
    let folder = scenario_folder(&home, "first-day");
    let outs: Vec<_> = thread::scope(|scope| {
        let runs: Vec<_> = (0..3)
            .map(|_| scope.spawn(|| run(&home, &["check", &folder, "--now", NOW, "--output", "short"]).out))
            .collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    assert!(outs.windows(2).all(|pair| pair[0] == pair[1]));
}
