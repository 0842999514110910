//! What a name says, without a look inside.

use crate::calendar::PstDay;

/// The day of a level-one folder named `YYYY-MM-DD` or `anykey=YYYY-MM-DD`.
pub fn folder_day(name: &str) -> Option<PstDay> {
    PstDay::parse(name).or_else(|| {
        let (key, day) = name.split_once('=')?;
        (!key.is_empty()).then(|| PstDay::parse(day)).flatten()
    })
}

/// Whether Spark passes over a file of this name.
pub fn is_hidden_file(name: &str) -> bool {
    name.starts_with('_') || name.starts_with('.') || name.ends_with("._COPYING_")
}

/// Whether Spark passes over a folder of this name below a folder that it lists. `_key=value` is a partition to it.
pub fn is_hidden_folder(name: &str) -> bool {
    (name.starts_with('_') && !name.contains('=')) || name.starts_with('.')
}

/// `_metadata` or `_common_metadata`, from which Spark takes the schema.
pub fn is_metadata(name: &str) -> bool {
    matches!(name, "_metadata" | "_common_metadata")
}

/// Endings that say that a file is not Parquet.
const OTHER_FORMATS: [&str; 10] = [
    ".csv", ".json", ".jsonl", ".gz", ".txt", ".tsv", ".avro", ".orc", ".xml", ".zip",
];

/// Whether a name says that the file is not Parquet: another format's ending, or one that ends in `manifest`.
pub fn says_not_parquet(name: &str) -> bool {
    OTHER_FORMATS.iter().any(|ending| ends_with(name, ending)) || ends_with(name, "manifest")
}

/// Whether a hidden name is otherwise that of Parquet data: by its ending, or by a part number and no ending.
pub fn is_hidden_data(name: &str) -> bool {
    let bare = name.trim_start_matches(['_', '.']);
    bare.len() < name.len() && says_parquet(bare)
        || bare.len() < name.len() && !bare.contains('.') && PartNumber::of(bare).is_some()
}

/// Whether a name says that the file is Parquet.
pub fn says_parquet(name: &str) -> bool {
    [".parquet", ".parq", ".pq"]
        .iter()
        .any(|ending| ends_with(name, ending))
}

fn ends_with(name: &str, ending: &str) -> bool {
    let (name, ending) = (name.as_bytes(), ending.as_bytes());
    name.len() >= ending.len()
        && name
            .iter()
            .rev()
            .zip(ending.iter().rev())
            .all(|(a, b)| a.eq_ignore_ascii_case(b))
}

/// What an unload numbers its files by: `0000_part_00` is (0, 0), `part-00007-…` is (7), `data_0_1_2` is (0, 1, 2).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartNumber {
    /// What comes before the last number: which scheme, and slice or the first two of three.
    pub series: (u8, u64, u64),
    /// The last number.
    pub number: u64,
}

impl PartNumber {
    /// The part number that a file's name holds.
    pub fn of(name: &str) -> Option<Self> {
        let lower = name.to_ascii_lowercase();
        Self::of_part(&lower).or_else(|| Self::of_data(&lower))
    }

    fn of_part(name: &str) -> Option<Self> {
        let (at, underscore) = name.match_indices("part").find_map(|(at, _)| {
            let rest = name.as_bytes().get(at + 4..)?;
            let separator = *rest.first()?;
            let digit = rest.get(1)?.is_ascii_digit();
            (digit && matches!(separator, b'_' | b'-')).then_some((at, separator == b'_'))
        })?;
        let number = leading_number(name.get(at + 5..)?)?.0;
        let slice = name
            .get(..at)
            .filter(|_| underscore)
            .and_then(|before| before.strip_suffix('_'))
            .and_then(trailing_number);
        Some(Self {
            series: slice.map_or((0, 0, 0), |slice| (1, slice, 0)),
            number,
        })
    }

    fn of_data(name: &str) -> Option<Self> {
        name.match_indices("data_").find_map(|(at, found)| {
            let (first, rest) = leading_number(name.get(at + found.len()..)?)?;
            let (second, rest) = leading_number(rest.strip_prefix('_')?)?;
            let (number, _) = leading_number(rest.strip_prefix('_')?)?;
            Some(Self {
                series: (2, first, second),
                number,
            })
        })
    }
}

fn leading_number(text: &str) -> Option<(u64, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at_checked(digits)?;
    Some((number.parse().ok()?, rest))
}

fn trailing_number(text: &str) -> Option<u64> {
    let digits = text.bytes().rev().take_while(u8::is_ascii_digit).count();
    text.get(text.len() - digits..)?.parse().ok()
}

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

/// Whether a folder's name (or the value of `key=value`) looks like a date, in whatever form.
pub fn looks_like_date(name: &str) -> bool {
    let value = name.split_once('=').map_or(name, |(_, value)| value);
    let runs = runs(value);
    let digits: Vec<_> = runs.iter().filter(|run| run.digits).collect();
    let whole = runs.len() == 1;
    digits.iter().any(|run| compact_date(run.text, whole))
        || digits.windows(3).any(|w| match w {
            [a, b, c] => apart(a, b) && apart(b, c) && date_like(a.text, b.text, c.text),
            _ => false,
        })
        || matches!(digits[..], [year, month] if runs.len() == 2 && is_year(year.text) && (1..=12).contains(&number(month.text)))
        || !digits.is_empty() && runs.iter().any(|run| is_month_name(run))
        || is_week(&runs)
}

/// A run of digits or of letters.
struct Run<'a> {
    text: &'a str,
    digits: bool,
    start: usize,
}

fn runs(text: &str) -> Vec<Run<'_>> {
    let class = |c: char| match c {
        '0'..='9' => Some(true),
        c if c.is_alphabetic() => Some(false),
        _ => None,
    };
    let mut runs = Vec::new();
    let mut open: Option<(usize, bool)> = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        let now = class(c);
        if let Some((start, digits)) = open
            && now != Some(digits)
        {
            runs.extend(text.get(start..at).map(|text| Run { text, digits, start }));
            open = None;
        }
        if open.is_none() {
            open = now.map(|digits| (at, digits));
        }
    }
    runs
}

/// One character, no letter, stands between two runs.
fn apart(a: &Run<'_>, b: &Run<'_>) -> bool {
    a.start + a.text.len() + 1 == b.start
}

fn number(digits: &str) -> u32 {
    digits.parse().unwrap_or(u32::MAX)
}

fn is_year(digits: &str) -> bool {
    digits.len() == 4 && (1900..=2100).contains(&number(digits))
}

fn day_and_month(a: u32, b: u32) -> bool {
    let (day, month) = (1..=31, 1..=12);
    (month.contains(&a) && day.contains(&b)) || (day.contains(&a) && month.contains(&b))
}

/// `20220622`, `22062022`, with a time behind it, `202206`, or `2022` alone.
fn compact_date(digits: &str, whole: bool) -> bool {
    let split = |at: usize| digits.split_at_checked(at);
    match digits.len() {
        4 => whole && is_year(digits),
        6 => split(4).is_some_and(|(year, month)| is_year(year) && (1..=12).contains(&number(month))),
        8 | 10 | 12 | 14 => {
            let first = split(4).is_some_and(|(year, rest)| {
                is_year(year)
                    && rest.split_at_checked(2).is_some_and(|(month, rest)| {
                        let day = rest.get(..2).map_or(0, number);
                        (1..=12).contains(&number(month)) && (1..=31).contains(&day)
                    })
            });
            let last = digits.len() == 8
                && split(4).is_some_and(|(head, year)| {
                    is_year(year)
                        && head
                            .split_at_checked(2)
                            .is_some_and(|(a, b)| day_and_month(number(a), number(b)))
                });
            first || last
        }
        _ => false,
    }
}

/// Three numbers that may be a date, in any order.
fn date_like(a: &str, b: &str, c: &str) -> bool {
    let short = |digits: &str| digits.len() <= 2;
    if is_year(a) {
        return short(b) && short(c);
    }
    if is_year(c) {
        return short(a) && short(b);
    }
    let two = |digits: &str| digits.len() == 2;
    two(a) && two(b) && two(c) && (day_and_month(number(a), number(b)) || day_and_month(number(b), number(c)))
}

fn is_month_name(run: &Run<'_>) -> bool {
    let text = run.text.to_ascii_lowercase();
    const LONG: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    !run.digits && (MONTHS.contains(&text.as_str()) || LONG.contains(&text.as_str()) || text == "sept")
}

/// `2022-W25`, `2022W25`.
fn is_week(runs: &[Run<'_>]) -> bool {
    matches!(runs, [year, w, week] if is_year(year.text) && w.text.eq_ignore_ascii_case("w") && week.digits && week.text.len() == 2)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn a_date_in_another_form_is_told_from_a_mere_name() {
        for name in [
            "20220622",
            "22-06-2022",
            "06_22_2022",
            "2022_06_22",
            "2022.6.2",
            "2022-06",
            "2022",
            "202206",
            "2022062213",
            "22-Jun-2022",
            "June 22",
            "2022-W25",
            "2022-06-22T05",
            "2022-06-22-backup",
            "dt_2022-06-22",
            "date=20220622",
            "2022-02-30",
            "22-06-22",
        ] {
            assert!(looks_like_date(name), "{name}");
        }
        for name in [
            "misc",
            "v1.2.3",
            "country=us",
            "part-00000",
            "12345",
            "99999999",
            "may",
            "",
            "日本2",
            "run-7",
            "a-1-2-3",
            "10.99.99",
        ] {
            assert!(!looks_like_date(name), "{name}");
        }
    }

    #[test]
    fn part_numbers_are_read_as_the_unloads_write_them() {
        let of = |name: &str| PartNumber::of(name).map(|p| (p.series, p.number));
        assert_eq!(of("0000_part_00.parquet"), Some(((1, 0, 0), 0)));
        assert_eq!(of("events_0012_part_03.parquet"), Some(((1, 12, 0), 3)));
        assert_eq!(of("part-00007-4a5b-c000.snappy.parquet"), Some(((0, 0, 0), 7)));
        assert_eq!(of("part_5.parquet"), Some(((0, 0, 0), 5)));
        assert_eq!(of("data_0_1_2.snappy.parquet"), Some(((2, 0, 1), 2)));
        assert_eq!(of("data_0.parquet"), None);
        assert_eq!(of("department-x.parquet"), None);
        assert_eq!(of("part-99999999999999999999999.parquet"), None);
        assert_eq!(of(""), None);
    }

    #[test]
    fn hidden_data_is_told_from_a_jobs_own_marks() {
        for name in [
            "_a.parquet",
            ".part-0.snappy.parquet",
            "._x.PARQUET",
            "_part-00000",
        ] {
            assert!(is_hidden_data(name), "{name}");
        }
        for name in [
            "_SUCCESS",
            ".part-0.parquet.crc",
            "_metadata",
            "a.parquet",
            "_committed_12",
            "_started_1",
        ] {
            assert!(!is_hidden_data(name), "{name}");
        }
    }

    #[test]
    fn another_formats_ending_is_seen_in_any_case() {
        for name in [
            "a.csv",
            "a.CSV",
            "a.json.gz",
            "manifest",
            "x_Manifest",
            "a.parquet.gz",
        ] {
            assert!(says_not_parquet(name), "{name}");
        }
        for name in ["a.parquet", "a.gz.parquet", "a", "manifest.parquet", "csv"] {
            assert!(!says_not_parquet(name), "{name}");
        }
    }

    #[test]
    fn a_day_folder_is_a_date_or_a_key_with_one() {
        let day = PstDay::parse("2022-06-22");
        assert_eq!(folder_day("2022-06-22"), day);
        assert_eq!(folder_day("date=2022-06-22"), day);
        assert_eq!(folder_day("any key=2022-06-22"), day);
        for name in [
            "=2022-06-22",
            "2022-6-22",
            "2022-02-30",
            "a=b=2022-06-22",
            "20220622",
        ] {
            assert_eq!(folder_day(name), None, "{name}");
        }
    }
}
