//! What stands in this machine's ledgers of a bucket's signals, to be shown: nothing is decided by it.

use std::{collections::BTreeMap, fs, path::Path};

use super::{BEGINS, ENDS, Ledger, Line, Outcome, intents};
use crate::{report::escape, wizard::signal::ApiMark};

/// So many ledgers of other keys are looked into.
const MAX_LEDGERS: usize = 64;

/// The timestamps that stand: of the key that is in use, those of any bucket, since they are its project's; of other
/// keys, those that were sent for this bucket. Of each key, address and `type`, the latest that was taken, and a later
/// one that may have been. `url` is the address in use. A ledger that can't be read is passed over.
pub fn marks(own: Option<&Ledger>, folder: Option<&Path>, url: &str, target: &str) -> Vec<ApiMark> {
    let lines = |ledger: &Ledger| ledger.lines().map(|(lines, _)| lines).unwrap_or_default();
    let mut found = own.map_or_else(Vec::new, |own| standing(&lines(own), url, None, None));
    for (fingerprint, ledger) in folder.map_or_else(Vec::new, others) {
        if own.is_none_or(|own| own.shown() != ledger.shown()) {
            found.extend(standing(&lines(&ledger), url, Some(target), Some(&fingerprint)));
        }
    }
    found
}

/// The ledgers of a folder, with their keys' fingerprints.
fn others(folder: &Path) -> Vec<(String, Ledger)> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let is_hex = |text: &&str| text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut keys: Vec<String> = entries
        .filter_map(|entry| {
            let name = entry.ok()?.file_name().into_string().ok()?;
            let key = name.strip_prefix(BEGINS)?.strip_suffix(ENDS).filter(is_hex)?;
            Some(key.to_owned())
        })
        .collect();
    keys.sort_unstable();
    keys.truncate(MAX_LEDGERS);
    keys.into_iter()
        .map(|key| {
            let ledger = Ledger::in_folder(folder, &key);
            (key, ledger)
        })
        .collect()
}

/// The marks that stand in one ledger, of each address and `type`.
fn standing(lines: &[Line], url: &str, target: Option<&str>, key: Option<&str>) -> Vec<ApiMark> {
    let mut latest: BTreeMap<(&str, &str, bool), ApiMark> = BTreeMap::new();
    for (intent, came) in intents(lines) {
        if target.is_some() && intent.target.as_deref() != target {
            continue;
        }
        let (taken, at, status) = match came {
            Some((Outcome::Taken, at, status)) => (true, at, status),
            Some((Outcome::Open, at, status)) => (false, at, status),
            Some((Outcome::Refused | Outcome::NotSent, ..)) => continue,
            None => (false, intent.at, None),
        };
        let mark = ApiMark {
            timestamp: intent.timestamp,
            taken,
            at,
            status,
            kind: escape(&intent.kind).into_owned(),
            url: (intent.url != url).then(|| escape(&intent.url).into_owned()),
            key: key.map(str::to_owned),
        };
        let known = latest
            .entry((&intent.url, &intent.kind, taken))
            .or_insert_with(|| mark.clone());
        if mark.timestamp > known.timestamp {
            *known = mark;
        }
    }
    let is_passed = |url, kind, mark: &ApiMark| {
        let taken = latest.get(&(url, kind, true));
        !mark.taken && taken.is_some_and(|taken| taken.timestamp >= mark.timestamp)
    };
    latest
        .iter()
        .filter(|((url, kind, _), mark)| !is_passed(*url, *kind, mark))
        .map(|(_, mark)| mark.clone())
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::signal::ledger::Intent;

    const URL: &str = "https://api.statsig.com/v1/mark_data_ready";
    const KEYS: [&str; 3] = ["0000000000000001", "0000000000000002", "0000000000000003"];

    fn write(folder: &Path, key: &str, target: Option<&str>, marks: &[(i64, Option<Outcome>)]) {
        let mut open = Ledger::in_folder(folder, key).open().unwrap();
        for (timestamp, outcome) in marks {
            let id = format!("{key}-{timestamp}");
            let at = "2026-06-23T17:00:00Z".parse().unwrap();
            open.append(&Line::Intent(Intent {
                id: id.clone(),
                at,
                url: URL.into(),
                kind: "metrics".into(),
                timestamp: *timestamp,
                target: target.map(str::to_owned),
            }))
            .unwrap();
            if let Some(outcome) = *outcome {
                let status = (outcome != Outcome::NotSent).then_some(200);
                let said = String::new();
                open.append(&Line::Answer {
                    id,
                    at,
                    outcome,
                    status,
                    said,
                })
                .unwrap();
            }
        }
    }

    fn told(marks: &[ApiMark]) -> Vec<(i64, bool, Option<&str>)> {
        marks
            .iter()
            .map(|mark| (mark.timestamp, mark.taken, mark.key.as_deref()))
            .collect()
    }

    #[test]
    fn a_signal_is_found_again_by_its_bucket_without_its_key_and_by_its_key_alone() {
        let home = tempfile::tempdir().unwrap();
        let (here, elsewhere) = (Some("s3://acme-export"), Some("s3://other"));
        let taken = Some(Outcome::Taken);
        write(
            home.path(),
            KEYS[0],
            here,
            &[
                (100, taken),
                (300, taken),
                (200, taken),
                (400, Some(Outcome::Refused)),
            ],
        );
        write(home.path(), KEYS[1], elsewhere, &[(900, taken)]);
        write(home.path(), KEYS[2], None, &[(800, taken)]);
        let marks_of = |own: Option<&str>, url: &str| {
            let own = own.map(|key| Ledger::in_folder(home.path(), key));
            marks(own.as_ref(), Some(home.path()), url, "s3://acme-export")
        };
        let without_key = marks_of(None, URL);
        assert_eq!(told(&without_key), [(300, true, Some(KEYS[0]))]);
        assert_eq!(without_key[0].status, Some(200));
        let own = marks_of(Some(KEYS[0]), URL);
        assert_eq!(told(&own), [(300, true, None)], "its own, and once");
        let other = marks_of(Some(KEYS[1]), URL);
        assert_eq!(told(&other), [(900, true, None), (300, true, Some(KEYS[0]))]);
        let old = marks_of(Some(KEYS[2]), URL);
        assert_eq!(told(&old)[0], (800, true, None), "older lines name no bucket");
        let elsewhere = marks_of(Some(KEYS[0]), "https://127.0.0.1/v1/mark_data_ready");
        assert_eq!(
            elsewhere[0].url.as_deref(),
            Some(URL),
            "it went to another address"
        );
    }

    #[test]
    fn what_may_have_been_taken_is_told_apart_and_only_where_it_is_later() {
        let home = tempfile::tempdir().unwrap();
        let here = Some("s3://acme-export");
        let (taken, open) = (Some(Outcome::Taken), Some(Outcome::Open));
        write(
            home.path(),
            KEYS[0],
            here,
            &[
                (100, open),
                (200, taken),
                (300, open),
                (400, None),
                (500, Some(Outcome::NotSent)),
            ],
        );
        let found = marks(None, Some(home.path()), URL, "s3://acme-export");
        assert_eq!(
            told(&found),
            [(400, false, Some(KEYS[0])), (200, true, Some(KEYS[0]))]
        );
        fs::write(home.path().join("statsig-nokey.jsonl"), "{}").unwrap();
        fs::create_dir(home.path().join("statsig-00000000000000ff.jsonl")).unwrap();
        assert_eq!(marks(None, Some(home.path()), URL, "s3://acme-export"), found);
        assert_eq!(
            marks(None, Some(&home.path().join("none")), URL, "s3://acme-export"),
            []
        );
    }
}
