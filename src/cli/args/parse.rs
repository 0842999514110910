//! Values of options, read from text; an error says what was meant.

use jiff::Timestamp;

use super::Format;
use crate::{
    calendar::{Month, PstDay},
    report::{catalogue, escape::must_escape},
    rule::Code,
    statsig::Address,
    tui::ScreenName,
};

/// The forms that this version writes.
const FORMATS: [(&str, Format); 4] = [
    ("text", Format::Text),
    ("short", Format::Short),
    ("json", Format::Json),
    ("jsonl", Format::Jsonl),
];

pub(super) fn format(text: &str) -> Result<Format, String> {
    if let Some((_, format)) = FORMATS.iter().find(|(name, _)| *name == text) {
        return Ok(*format);
    }
    let names = FORMATS.map(|(name, _)| name).join(", ");
    Err(match text {
        "junit" | "sarif" | "markdown" | "html" => {
            format!("it is not in this version yet, which writes {names}")
        }
        _ => match crate::report::config::nearest(text, FORMATS.map(|(name, _)| name)) {
            Some(near) => format!("did you mean {near}? The forms are {names}"),
            None => format!("the forms are {names}"),
        },
    })
}

pub(super) fn screen_name(text: &str) -> Result<ScreenName, String> {
    ScreenName::parse(text).ok_or_else(|| {
        let names = ScreenName::NAMES.join(", ");
        match crate::report::config::nearest(text, ScreenName::NAMES) {
            Some(near) => format!("did you mean {near}? The screens are {names}"),
            None => format!("the screens are {names}"),
        }
    })
}

pub(super) fn code(text: &str) -> Result<Code, String> {
    match catalogue::lookup(text) {
        Some(rule) => Ok(rule.code),
        None => Err(format!(
            "there is no such rule; {}; `bucket-ready rules` lists them",
            catalogue::suggestion(text).trim_end_matches('?')
        )),
    }
}

pub(super) fn instant(text: &str) -> Result<Timestamp, String> {
    let hint = "write it as in 2026-06-23T21:14:00-08:00";
    // Shorter and bracketed forms are jiff's own; RFC 3339 has date, time and offset.
    let shaped = text
        .as_bytes()
        .get(10)
        .is_some_and(|c| matches!(c, b'T' | b't' | b' '))
        && !text.contains('[');
    match text.parse() {
        Ok(instant) if shaped => Ok(instant),
        _ if text.parse::<jiff::civil::DateTime>().is_ok() => {
            Err(format!("it lacks date, time or offset; {hint}"))
        }
        _ => Err(format!("it is not an instant; {hint}")),
    }
}

/// Source: IAM User Guide, "IAM and AWS STS quotas": names of users.
pub(super) fn user_name(text: &str) -> Result<String, String> {
    let fits = (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"+=,.@_-".contains(&b));
    match fits {
        true => Ok(text.to_owned()),
        false => Err("a user's name has 1 to 64 letters, digits and + = , . @ _ -".into()),
    }
}

/// Source: as above: paths begin and end with a slash; of 512 characters at most.
pub(super) fn user_path(text: &str) -> Result<String, String> {
    let fits = text.len() <= 512 && text.bytes().all(|b| (0x21..0x7f).contains(&b)) && !text.contains("//");
    match fits && (text == "/" || text.starts_with('/') && text.ends_with('/')) {
        true => Ok(text.to_owned()),
        false => Err("a path begins and ends with a slash, as in /partners/".into()),
    }
}

pub(super) fn kms_key(text: &str) -> Result<String, String> {
    let parts: Vec<&str> = text.split(':').collect();
    match parts.as_slice() {
        ["arn", _, "kms", _, _, resource] if resource.starts_with("key/") => Ok(text.to_owned()),
        _ => Err("it takes the key's ARN, as in arn:aws:kms:us-west-2:111122223333:key/9c1e…; an alias grants nothing".into()),
    }
}

/// A day, exactly as in `2026-06-22`: whatever else may be meant is not guessed at.
pub(super) fn day(text: &str) -> Result<PstDay, String> {
    if let Some(day) = PstDay::parse(text) {
        return Ok(day);
    }
    let parts: Vec<&str> = text.split('-').collect();
    let numbers = parts
        .iter()
        .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    if let ([year, month, day], true) = (parts.as_slice(), numbers)
        && year.len() == 4
    {
        let full = format!("{year}-{month:0>2}-{day:0>2}");
        return Err(match PstDay::parse(&full) {
            Some(day) => format!("did you mean {day}?"),
            None => "there is no such day in the calendar".to_owned(),
        });
    }
    Err(match text {
        "today" | "yesterday" | "tomorrow" => {
            "a word names another day each day; write the date, as in 2026-06-22".to_owned()
        }
        _ => "it is not a date; write it as in 2026-06-22".to_owned(),
    })
}

/// The `type` of a request: any word, since only one is documented.
pub(super) fn kind(text: &str) -> Result<String, String> {
    let is_word = !text.is_empty() && text.len() <= 64 && !text.chars().any(|c| must_escape(c) || c == ' ');
    if is_word {
        Ok(text.to_owned())
    } else {
        Err("it is not a word; metrics is the one that is documented".to_owned())
    }
}

pub(super) fn address(text: &str) -> Result<Address, String> {
    Address::parse(text).map_err(str::to_owned)
}

pub(super) fn month(text: &str) -> Result<Month, String> {
    Month::parse(text).ok_or_else(|| "it is not a month; write it as in 2026-06".to_owned())
}

pub(super) fn size(text: &str) -> Result<(u16, u16), String> {
    let parsed = text.split_once(['x', 'X']).and_then(|(columns, lines)| {
        let side = |text: &str| text.parse::<u16>().ok().filter(|side| (1..=1000).contains(side));
        Some((side(columns)?, side(lines)?))
    });
    parsed
        .ok_or_else(|| "it is not a size; write columns and lines as in 100x30, at most 1000x1000".to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_without_an_offset_is_refused() {
        assert!(instant("2026-06-23T21:14:00-08:00").is_ok());
        assert!(instant("2026-06-24T05:14:00Z").is_ok());
        for text in [
            "2026-06-23T21:14:00",
            "2026-06-23",
            "yesterday",
            "2026-06-23T21:14:00-08[America/Los_Angeles]",
        ] {
            assert!(
                instant(text).unwrap_err().contains("2026-06-23T21:14:00-08:00"),
                "{text}"
            );
        }
    }

    #[test]
    fn a_form_of_a_later_version_says_so() {
        assert!(format("sarif").unwrap_err().contains("not in this version"));
        assert!(format("jsom").unwrap_err().contains("did you mean json?"));
    }
}
