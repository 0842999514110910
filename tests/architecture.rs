//! Who may use whom. A module that reaches for one that it must not know makes this fail, and the message says which
//! line to look at. The table is the design's; change it in the open, with the reason.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

const PURE: &[&str] = &["rule", "contract", "calendar", "access", "report", "wizard"];

/// A module, and which modules of ours its code may name.
const MAY_USE: &[(&str, &[&str])] = &[
    ("rule", &[]),
    ("calendar", &[]),
    ("contract", &["rule", "calendar"]),
    ("access", &["rule", "calendar"]),
    ("report", &["rule", "calendar", "contract", "access"]),
    ("wizard", PURE),
    (
        "survey",
        &[
            "rule", "contract", "calendar", "access", "report", "wizard", "store",
        ],
    ),
    (
        "grant",
        &["rule", "contract", "calendar", "access", "report", "wizard"],
    ),
    (
        "signal",
        &[
            "rule", "contract", "calendar", "access", "report", "wizard", "store",
        ],
    ),
    ("store", PURE),
    // It shares the store's way to credentials and region, and implements the ports of both engines that ask.
    (
        "aws",
        &[
            "rule", "contract", "calendar", "access", "report", "wizard", "store", "grant", "survey",
        ],
    ),
    // It implements the port of the engine that sends.
    (
        "statsig",
        &[
            "rule", "contract", "calendar", "access", "report", "wizard", "signal",
        ],
    ),
    (
        "demo",
        &[
            "rule", "contract", "calendar", "access", "report", "wizard", "store",
        ],
    ),
    ("tui", PURE),
    // Tests over modules, in test builds alone.
    ("tests", &[]),
    (
        "cli",
        &[
            "rule", "contract", "calendar", "access", "report", "wizard", "survey", "store", "aws",
            "statsig", "grant", "signal", "demo", "tui",
        ],
    ),
];

/// Crates that the pure core must not name: terminals, networks, clocks and AWS.
const NOT_IN_THE_PURE_CORE: &[&str] = &[
    "tokio",
    "ratatui",
    "crossterm",
    "aws_sdk_s3",
    "aws_sdk_sts",
    "aws_sdk_iam",
    "aws_config",
    "hyper",
    "s3s",
];

#[test]
fn modules_use_only_what_the_design_allows() {
    let mut wrong = Vec::new();
    for (file, module) in sources() {
        let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| *name == module) else {
            wrong.push(format!(
                "{}: the module `{module}` is not in this test's table",
                file.display()
            ));
            continue;
        };
        for (line, text) in product_lines(&file) {
            for used in crate_paths(&text) {
                if used != module
                    && !allowed.contains(&used.as_str())
                    && MAY_USE.iter().any(|(m, _)| *m == used)
                {
                    wrong.push(format!(
                        "{}:{line}: `{module}` must not use `{used}`",
                        file.display()
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_pure_core_knows_no_terminal_network_clock_or_sdk() {
    let mut wrong = Vec::new();
    for (file, module) in sources() {
        if !PURE.contains(&module.as_str()) {
            continue;
        }
        for (line, text) in product_lines(&file) {
            for name in NOT_IN_THE_PURE_CORE {
                if text.contains(&format!("{name}::")) {
                    wrong.push(format!("{}:{line}: names {name}", file.display()));
                }
            }
            for call in [
                "Timestamp::now(",
                "SystemTime::now(",
                "Instant::now(",
                "std::env::",
                "std::fs::",
            ] {
                if text.contains(call) {
                    wrong.push(format!("{}:{line}: asks for {call}…", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_module_opens_with_what_it_is() {
    let without: Vec<PathBuf> = sources()
        .into_iter()
        .filter(|(file, _)| !fs::read_to_string(file).unwrap().starts_with("//!"))
        .map(|(file, _)| file)
        .collect();
    assert!(without.is_empty(), "without a `//!` at the top: {without:?}");
}

/// Each source file of the library with its top-level module.
fn sources() -> Vec<(PathBuf, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeSet::new();
    let mut folders = vec![src.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.insert(path);
            }
        }
    }
    assert!(
        found.len() > 20,
        "the sources were not found under {}",
        src.display()
    );
    found
        .into_iter()
        .filter(|path| !["lib.rs", "main.rs"].iter().any(|f| path == &src.join(f)))
        .map(|path| {
            let first = path.strip_prefix(&src).unwrap().components().next().unwrap();
            let module = first
                .as_os_str()
                .to_str()
                .unwrap()
                .trim_end_matches(".rs")
                .to_owned();
            (path, module)
        })
        .collect()
}

/// The lines of a file that are in the product: no comments, no `tests.rs`, nothing from a trailing `#[cfg(test)]`
/// module on.
fn product_lines(file: &Path) -> Vec<(usize, String)> {
    let text = fs::read_to_string(file).unwrap();
    if file.ends_with("tests.rs") {
        return Vec::new();
    }
    let mut lines = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.starts_with("#[cfg(test)]") {
            break;
        }
        let code = line.trim_start();
        if !code.starts_with("//") {
            lines.push((number + 1, code.to_owned()));
        }
    }
    // A `use crate::{…}` may span lines: join it into its first.
    let mut joined: Vec<(usize, String)> = Vec::new();
    let mut open = 0i32;
    for (number, line) in lines {
        let depth = line.matches('{').count() as i32 - line.matches('}').count() as i32;
        match joined.last_mut() {
            Some((_, before)) if open > 0 => before.push_str(&line),
            _ => joined.push((number, line.clone())),
        }
        open = if open > 0 || line.contains("crate::{") {
            open + depth
        } else {
            0
        };
    }
    joined
}

/// The top-level modules that a line names by `crate::…`.
fn crate_paths(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    let name = |text: &str| -> String {
        text.chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect()
    };
    for (at, _) in line.match_indices("crate::") {
        let rest = &line[at + "crate::".len()..];
        let Some(group) = rest.strip_prefix('{') else {
            found.push(name(rest));
            continue;
        };
        let mut depth = 0;
        let mut item = String::new();
        for c in group.chars() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => found.push(name(std::mem::take(&mut item).trim())),
                _ if depth == 0 => item.push(c),
                _ => {}
            }
        }
        found.push(name(item.trim()));
    }
    found
}

#[test]
fn paths_are_read_out_of_every_form_of_use() {
    assert_eq!(
        crate_paths("use crate::{rule::{Code, Rule}, store, report::Problem};"),
        ["rule", "store", "report"]
    );
    assert_eq!(
        crate_paths("let x = crate::survey::run(crate::store::open());"),
        ["survey", "store"]
    );
}

/// Packages that `cargo run` and `cargo test` both build, with the features of each.
fn features(edges: &str) -> std::collections::BTreeMap<String, BTreeSet<String>> {
    let tree = std::process::Command::new(env!("CARGO"))
        .args([
            "tree",
            "--locked",
            "--offline",
            "--prefix",
            "none",
            "--edges",
            edges,
            "--format",
            "{p}|{f}",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let mut packages = std::collections::BTreeMap::<String, BTreeSet<String>>::new();
    for line in String::from_utf8(tree.stdout).unwrap().lines() {
        let Some((package, features)) = line.split_once('|') else {
            continue;
        };
        let features = features.trim_end_matches("(*)").trim();
        let name = package
            .split_once(" (")
            .map_or(package, |(name, _)| name)
            .to_owned();
        packages
            .entry(name)
            .or_default()
            .extend(features.split(',').map(str::to_owned));
    }
    packages
}

#[test]
fn both_commands_of_the_readme_share_one_build_of_the_dependencies() {
    let (run, test) = (features("normal,build"), features("normal,build,dev"));
    assert!(run.len() > 100, "the tree was not read: {run:?}");
    let apart: Vec<_> = run
        .iter()
        .filter(|(package, features)| {
            test.get(*package)
                .is_some_and(|with_tests| with_tests != *features)
        })
        .map(|(package, features)| (package, test[package].difference(features).collect::<Vec<_>>()))
        .collect();
    assert!(
        apart.is_empty(),
        "`cargo test` builds these with more features than `cargo run`: {apart:?}"
    );
}
