//! Tests over modules: all those of days, instants and the calendar's rules, again in processes that live in other time
//! zones.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::process::Command;

#[test]
fn no_time_zone_of_the_machine_moves_a_day() {
    let itself = std::env::current_exe().unwrap();
    // Half and quarter hours, both ends of the date line, daylight saving on either half of the year, and no such zone.
    for zone in [
        "America/Los_Angeles",
        "Pacific/Kiritimati",
        "Pacific/Niue",
        "Asia/Kathmandu",
        "Australia/Lord_Howe",
        "PST8PDT,M3.2.0,M11.1.0",
        "Nowhere/Nothing",
    ] {
        let run = Command::new(&itself)
            .args([
                "calendar::",
                "contract::days::tests",
                "contract::instant",
                "--skip",
                "no_time_zone",
            ])
            .env("TZ", zone)
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&run.stdout);
        assert!(run.status.success(), "{zone}: {told}");
        assert!(!told.contains("running 0 tests"), "{zone}: no test ran");
    }
}
