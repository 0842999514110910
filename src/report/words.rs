//! The words that every face uses for a report: numbers, evidence, the verdict and what to do next.

use super::{catalogue, escape::must_escape, model::*};
pub use crate::rule::grouped;
use crate::rule::{Category, Code, Unit};

/// Bytes for people: `812 B`, `1.2 MiB`.
pub fn bytes(number: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if number < 1024 {
        return format!("{number} B");
    }
    let mut value = number as f64 / 1024.0;
    let mut unit = UNITS[0];
    for next in &UNITS[1..] {
        // What would round up to 1024.0 belongs to the next unit.
        if value < 1023.95 {
            break;
        }
        value /= 1024.0;
        unit = next;
    }
    format!("{value:.1} {unit}")
}

/// A share between 0 and 1 as a percentage, two digits that count: `0.015 %`.
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent >= 10.0 {
        return format!("{percent:.0} %");
    }
    let places = if percent > 0.0 {
        (1.0 - percent.log10().floor()).clamp(0.0, 12.0) as usize
    } else {
        0
    };
    let text = format!("{percent:.places$}");
    let text = match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => &text,
    };
    format!("{text} %")
}

/// A number with its unit: `1 row`, `12 rows`.
pub fn counted(number: u64, unit: Unit) -> String {
    let plural = unit.as_str();
    let word = if number == 1 {
        plural.strip_suffix('s').unwrap_or(plural)
    } else {
        plural
    };
    format!("{} {word}", grouped(number))
}

/// A number of things: `1 check`, `3 checks`.
pub fn things(number: usize, one: &str) -> String {
    format!(
        "{} {one}{}",
        grouped(number as u64),
        if number == 1 { "" } else { "s" }
    )
}

/// What a check's numbers count, one of it and many. `Unit::Objects` is also the unit of what is no object: calls, keys,
/// policies. `None` where the count says no more than the status does.
fn nouns(code: Code, unit: Unit) -> Option<(&'static str, &'static str)> {
    Some(match (unit, code.as_str()) {
        (Unit::Rows, _) => ("row", "rows"),
        (Unit::Files, _) => ("file", "files"),
        (Unit::Days, _) => ("day", "days"),
        (Unit::Metrics, _) => ("metric", "metrics"),
        (Unit::Objects, "A201" | "A203" | "A204" | "A205" | "A214" | "A218") => ("call", "calls"),
        (Unit::Objects, "A206" | "A208" | "A209" | "A210" | "A211" | "A212" | "A213") => {
            ("statement", "statements")
        }
        (Unit::Objects, "A216") => ("key", "keys"),
        (Unit::Objects, "A217") => ("policy", "policies"),
        (Unit::Objects, "L301") => ("folder", "folders"),
        (Unit::Objects, "L302") => ("entry", "entries"),
        (Unit::Objects, "A207" | "A215") => return None,
        (Unit::Objects, code) if code.starts_with('C') => return None,
        (Unit::Objects, _) => ("object", "objects"),
    })
}

impl Check {
    /// A number of what the check counts: `1 row`, `12 calls`; empty where its count means nothing.
    pub fn amount(&self, number: u64) -> String {
        match nouns(self.code, self.unit) {
            Some((one, _)) if number == 1 => format!("1 {one}"),
            Some((_, many)) => format!("{} {many}", grouped(number)),
            None => String::new(),
        }
    }

    /// What was found in how much: `12 of 20,000 rows, of 5,210,000 in all`; of a clean sample, what it proves.
    /// Empty where nothing was looked at, and where a count says no more than the status.
    pub fn evidence(&self) -> String {
        let (Some(count), Some(checked)) = (self.count, self.checked) else {
            return String::new();
        };
        if nouns(self.code, self.unit).is_none() {
            return String::new();
        }
        let of = self.of.unwrap_or(checked);
        if let Some(share) = self.share_below {
            return format!(
                "0 in {} sampled of {}: under {} at 95 %",
                grouped(checked),
                self.amount(of),
                percent(share)
            );
        }
        if checked == 0 {
            return self.amount(count);
        }
        // Policies are searched: a finding is not one of what was searched.
        let among = match self.category {
            Category::Access if !matches!(self.code.as_str(), "A201" | "A202") => "in",
            _ => "of",
        };
        let mut text = format!("{} {among} {}", grouped(count), self.amount(checked));
        if checked < of {
            text.push_str(&format!(" looked at, {} in all", grouped(of)));
        }
        text
    }
}

impl Verdict {
    /// The verdict line's opening: `READY`, `NOT READY`, `INCONCLUSIVE`.
    pub const fn opening(self) -> &'static str {
        match self {
            Self::Ready => "READY",
            Self::NotReady => "NOT READY",
            Self::Inconclusive => "INCONCLUSIVE",
        }
    }

    /// The exit code that a verdict gives: 0, 1 or 3.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Ready => 0,
            Self::NotReady => 1,
            Self::Inconclusive => 3,
        }
    }
}

impl Report {
    /// How many checks have a status.
    pub fn count_of(&self, status: Status) -> usize {
        self.checks.iter().filter(|check| check.status == status).count()
    }

    /// The verdict in one sentence, without its opening word.
    pub fn verdict_sentence(&self) -> String {
        let against: Vec<_> = self
            .checks
            .iter()
            .filter(|check| self.counts_against(check))
            .collect();
        let mut sentence = match self.verdict {
            Verdict::NotReady => {
                let failed = against
                    .iter()
                    .filter(|check| check.status == Status::Fail)
                    .count();
                let warned = against.len() - failed;
                let mut parts = Vec::new();
                if failed > 0 {
                    parts.push(format!("{} failed", things(failed, "check")));
                }
                if warned > 0 {
                    parts.push(format!("{} warned", things(warned, "check")));
                }
                format!(
                    "{} ({})",
                    parts.join(" and "),
                    codes(against.iter().map(|check| check.code))
                )
            }
            Verdict::Ready => match self.count_of(Status::Warn) {
                0 => "every required check passed".to_owned(),
                warned => format!("every required check passed, {}", things(warned, "warning")),
            },
            Verdict::Inconclusive => {
                let open: Vec<_> = self.open_questions().collect();
                match open.len() {
                    0 => "nothing failed, but nothing was proved either".to_owned(),
                    number => format!(
                        "nothing failed, but {} could not be made ({})",
                        things(number, "required check"),
                        codes(open.iter().map(|check| check.code))
                    ),
                }
            }
        };
        if !self.complete {
            sentence.push_str("; the run was cut short, so this is only what was found until then");
        }
        let left_out = self.left_out();
        if !self.mode.only.is_empty() {
            let asked = self
                .mode
                .only
                .iter()
                .copied()
                .filter(|code| !left_out.contains(code));
            sentence.push_str(&format!("; by your choice only {} was looked at", codes(asked)));
        } else if !left_out.is_empty() {
            sentence.push_str(&format!(
                "; by your choice not checked: {}",
                codes(left_out.into_iter())
            ));
        }
        sentence
    }

    /// The one command to run next.
    pub fn next_command(&self) -> String {
        let first = self
            .checks
            .iter()
            .find(|check| self.counts_against(check))
            .or_else(|| self.open_questions().next());
        match (self.verdict, first) {
            (Verdict::Ready, _) => format!("bucket-ready calendar {}", shell_word(&self.target.spelled())),
            (_, Some(check)) => match check.next.as_ref().and_then(|next| next.command.clone()) {
                Some(command) => command,
                None if check.cause.is_some() && !self.complete && check.status == Status::Unknown => {
                    self.again()
                }
                None => format!("bucket-ready rules {}", check.code),
            },
            (_, None) => self.again(),
        }
    }

    /// The command that makes this check again.
    fn again(&self) -> String {
        format!("bucket-ready check {}", shell_word(&self.target.spelled()))
    }
}

/// Codes without repetition, at most eight of them.
fn codes(all: impl Iterator<Item = Code>) -> String {
    let mut distinct: Vec<Code> = Vec::new();
    for code in all {
        if !distinct.contains(&code) {
            distinct.push(code);
        }
    }
    let mut text = distinct
        .iter()
        .take(8)
        .map(Code::to_string)
        .collect::<Vec<_>>()
        .join(", ");
    if distinct.len() > 8 {
        text.push_str(&format!(" and {} more", distinct.len() - 8));
    }
    text
}

/// A word as a POSIX shell takes it, quoted where it must be.
pub fn shell_word(text: &str) -> String {
    let plain = !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c));
    if plain {
        text.to_owned()
    } else if text.chars().any(must_escape) {
        // Bash, zsh and ksh read this back; it does nothing to the terminal that shows it.
        let quoted = text.replace('\\', r"\\").replace('\'', r"\'");
        let mut out = String::from("$'");
        for c in quoted.chars() {
            match u32::from(c) {
                _ if !must_escape(c) => out.push(c),
                code @ 0..0x80 => out.push_str(&format!(r"\x{code:02x}")),
                code => out.push_str(&format!(r"\U{code:08x}")),
            }
        }
        out.push('\'');
        out
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// How rows were read, in words.
pub fn mode_words(mode: &Mode) -> String {
    match (mode.rows, mode.sample_rows) {
        (Rows::All, _) => "every row".to_owned(),
        (Rows::Sample, Some(rows)) => format!(
            "a sample of {} rows per dataset, seed {}",
            grouped(rows),
            mode.seed
        ),
        (Rows::Sample, None) => format!("a sample, seed {}", mode.seed),
    }
}

/// How rows were read, in words: a sample that took in every row there is is no sample.
pub fn read_words(report: &Report) -> String {
    let data = || report.datasets.values();
    let whole = report.complete
        && data().any(|found| found.rows > 0)
        && data().all(|found| found.complete && found.rows_checked >= found.rows);
    match whole {
        true => "every row".to_owned(),
        false => mode_words(&report.mode),
    }
}

/// The title of a rule, for a code alone.
pub fn title_of(code: Code) -> &'static str {
    catalogue::find(code).map_or("", |rule| rule.title)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::rule::{Judged, Outcome};

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1000), "1,000");
        assert_eq!(grouped(5_210_000), "5,210,000");
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(1_258_291), "1.2 MiB");
        assert_eq!(bytes(1024 * 1024 - 1), "1.0 MiB");
        assert_eq!(bytes(u64::MAX), "16384.0 PiB");
        assert_eq!(percent(0.00015), "0.015 %");
        assert_eq!(percent(0.0002), "0.02 %");
        assert_eq!(percent(0.3), "30 %");
        assert_eq!(percent(1.0), "100 %");
        assert_eq!(percent(0.0), "0 %");
        assert_eq!(counted(1, Unit::Rows), "1 row");
    }

    #[test]
    fn nothing_about_access_is_counted_in_objects_that_are_none() {
        let judge = crate::report::Judge::new(&Target::default(), &Mode::default());
        for (rule, subject) in catalogue::checks(false) {
            let judged = Judged {
                count: 1,
                checked: 5,
                of: 5,
                ..Judged::default()
            };
            let check = judge.check(Outcome::judged(rule.code, subject, judged));
            let evidence = check.evidence();
            match rule.code.as_str() {
                "A201" => assert_eq!(evidence, "1 of 5 calls"),
                "A202" => assert_eq!(evidence, "1 of 5 objects"),
                "A203" => assert_eq!(evidence, "1 in 5 calls"),
                "A209" => assert_eq!(evidence, "1 in 5 statements"),
                "A216" => assert_eq!(evidence, "1 in 5 keys"),
                "A217" => assert_eq!(evidence, "1 in 5 policies"),
                "L301" => assert_eq!(evidence, "1 of 5 folders"),
                "L303" => assert_eq!(evidence, "1 of 5 objects"),
                code if code.starts_with('C') => assert_eq!(evidence, ""),
                code if code.starts_with('A') => assert!(!evidence.contains("object"), "{code} {evidence}"),
                code => assert!(!evidence.is_empty(), "{code}"),
            }
            // What programs read stays what it was.
            let json = serde_json::to_value(&check).unwrap();
            assert_eq!(json["unit"], rule.unit.as_str());
        }
    }

    #[test]
    fn a_target_with_spaces_can_be_pasted_into_a_shell() {
        assert_eq!(shell_word("s3://acme/prod/"), "s3://acme/prod/");
        assert_eq!(shell_word("my data"), "'my data'");
        assert_eq!(shell_word("it's"), "'it'\\''s'");
        assert_eq!(shell_word("$(rm)"), "'$(rm)'");
        assert_eq!(
            shell_word("it's\u{1b}[2J\\\u{202e}"),
            r"$'it\'s\x1b[2J\\\U0000202e'"
        );
    }
}
