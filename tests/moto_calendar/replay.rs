//! The scenarios of the practice account, put on `moto` object by object with their own modification times.

use bucket_ready::demo;
use futures_util::future::join_all;
use serde_json::Value;

use crate::harness::{World, runtime};

#[test]
fn a_scenario_on_another_server_has_the_same_findings_and_the_same_days() {
    let world = World::start();
    runtime().block_on(async {
        let of_days = |code| ["G701", "G704", "G705", "G706", "G707", "G710"].contains(&code);
        // The others have the same rules' findings, or none, on the same plain days.
        let with_such = |s: &&demo::Scenario| s.planted.iter().any(|p| of_days(p.code));
        let mut replayed = 0;
        for scenario in demo::scenarios().iter().filter(with_such) {
            replayed += 1;
            let name = scenario.name;
            let bucket = world.bucket(name).await;
            let objects = scenario.objects().unwrap();
            for some in objects.chunks(16) {
                join_all(some.iter().map(|object| bucket.put_as_it_was(object))).await;
            }
            let now = scenario.now().to_string();
            let target = format!("demo:{name}");
            let args = ["check", &target, "--full", "--output", "json", "--now", &now];
            let (there, here) = tokio::join!(bucket.check(&now), world.run(&args));
            let here = here.json();

            // Dates, dates' causes, samples, what was looked at: all of it.
            assert_eq!(family(&there, "calendar"), family(&here, "calendar"), "{name}");
            assert_eq!(there["calendar"], here["calendar"], "{name}");
            assert!(
                there["calendar"]["days"]
                    .as_array()
                    .is_some_and(|days| !days.is_empty())
            );
            for dataset in ["events", "metrics", "signals"] {
                assert_eq!(
                    there["datasets"][dataset], here["datasets"][dataset],
                    "{name} {dataset}"
                );
            }
            // And what the scenario says is planted of it, once more.
            let planted = scenario.planted.iter().filter(|p| p.code.starts_with('G'));
            let planted: Vec<_> = planted.map(|p| (p.code.to_owned(), p.count)).collect();
            assert_eq!(findings(&there), planted, "{name}");
            for category in ["layout", "schema", "event-rows", "metric-rows", "datasets"] {
                assert_eq!(outcomes(&there, category), outcomes(&here, category), "{name}");
            }
        }
        assert!(replayed >= 5, "{replayed} scenarios");
    });
}

fn family<'a>(report: &'a Value, category: &str) -> Vec<&'a Value> {
    let checks = report["checks"].as_array().unwrap().iter();
    checks.filter(|check| check["category"] == category).collect()
}

/// The calendar's findings in order.
fn findings(report: &Value) -> Vec<(String, u64)> {
    family(report, "calendar")
        .into_iter()
        .filter(|c| matches!(c["status"].as_str(), Some("info" | "warn" | "fail")))
        .map(|c| {
            (
                c["code"].as_str().unwrap().to_owned(),
                c["count"].as_u64().unwrap(),
            )
        })
        .collect()
}

/// What came of each check, without words that a server may choose.
fn outcomes<'a>(report: &'a Value, category: &str) -> Vec<[&'a Value; 6]> {
    family(report, category)
        .into_iter()
        .map(|c| ["code", "subject", "status", "count", "checked", "of"].map(|name| &c[name]))
        .collect()
}
