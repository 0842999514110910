//! `bucket-ready.toml`: what a project tells about itself.
//!
//! Parsing alone: which file is read is the command line's affair. An unknown key, code or value is an error that
//! names it, its line and the nearest right one; nothing is ignored.

use std::{collections::BTreeMap, fmt, net::IpAddr, ops::Range};

use jiff::Timestamp;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{catalogue, escape::escape_cut, model::Mode};
use crate::{
    calendar::DayOffset,
    contract::{Context, SignalVia},
    rule::{Code, Severity},
};

/// A project's configuration. The default is that of a project which configures nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// Id types beside `user_id` and `stable_id`.
    pub id_types: Vec<String>,
    /// How days are signalled.
    pub signal_via: Option<SignalVia>,
    /// Where days begin.
    pub day_offset: DayOffset,
    /// What stands before the three folders: empty, or ending in `/`.
    pub prefix: String,
    /// Severities that differ from the catalogue's.
    pub severity: BTreeMap<Code, Severity>,
    /// The addresses from which Statsig reads, as networks, where they differ from the built-in ones.
    pub statsig_addresses: Vec<String>,
}

/// What is wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub what: String,
    /// What would be right.
    pub hint: Option<String>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)?;
        self.hint.iter().try_for_each(|hint| write!(f, "; {hint}"))
    }
}

impl std::error::Error for ConfigError {}

/// The keys of the file.
const KEYS: [&str; 6] = [
    "id_types",
    "signal_via",
    "day_offset_hours",
    "prefix",
    "severity",
    "statsig_addresses",
];

impl Config {
    /// Reads the text of a `bucket-ready.toml`.
    ///
    /// # Errors
    /// The first key, code or value that is not known.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let reader = Reader { text };
        let document = DeTable::parse(text).map_err(|error| {
            reader.error(
                error.span().unwrap_or_default(),
                format!("this is not TOML: {}", error.message()),
                None,
            )
        })?;
        let mut config = Self::default();
        // In the order of the text, so that the first mistake is told first.
        let mut entries: Vec<_> = document.get_ref().iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        for (key, value) in entries {
            reader.entry(&mut config, key.get_ref(), key.span(), value)?;
        }
        Ok(config)
    }

    /// What the rules need to know, at an instant.
    pub fn context(&self, now: Timestamp) -> Context {
        Context {
            offset: self.day_offset,
            id_types: self.id_types.clone(),
            signal_via: self.signal_via,
            ..Context::at(now)
        }
    }

    /// A mode with this configuration's severities and days.
    pub fn mode(&self) -> Mode {
        Mode {
            day_offset_hours: self.day_offset.hours(),
            severity: self.severity.clone(),
            signal_via: self.signal_via,
            ..Mode::default()
        }
    }
}

/// A prefix as the three folders need it: empty, or ending in one `/`.
///
/// # Errors
/// Says what is wrong with it.
pub fn normal_prefix(text: &str) -> Result<String, String> {
    if text.starts_with('/') {
        return Err(format!(
            "the prefix {} starts with a slash, and S3 keys don't",
            quoted(text)
        ));
    }
    if text.len() > 900 {
        return Err("the prefix is too long for an S3 key".into());
    }
    let mut prefix = text.to_owned();
    if !prefix.is_empty() && !prefix.ends_with('/') {
        prefix.push('/');
    }
    Ok(prefix)
}

/// The one of `known` that is nearest to a text, where one is near enough to be meant.
pub fn nearest<'a>(text: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = text.to_lowercase();
    known
        .into_iter()
        .map(|name| {
            let known = name.to_lowercase();
            let begins = !lower.is_empty() && (known.starts_with(&lower) || lower.starts_with(&known));
            let distance = if begins {
                1
            } else {
                strsim::damerau_levenshtein(&lower, &known)
            };
            (distance, name)
        })
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, name)| *distance <= 1.max(name.chars().count() / 2))
        .map(|(_, name)| name)
}

fn quoted(text: &str) -> String {
    format!("`{}`", escape_cut(text, 80))
}

struct Reader<'a> {
    text: &'a str,
}

type Value<'a> = Spanned<DeValue<'a>>;

impl Reader<'_> {
    fn error(&self, span: Range<usize>, what: String, hint: Option<String>) -> ConfigError {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        ConfigError {
            line: before.matches('\n').count() + 1,
            what,
            hint,
        }
    }

    fn entry(
        &self,
        config: &mut Config,
        key: &str,
        span: Range<usize>,
        value: &Value<'_>,
    ) -> Result<(), ConfigError> {
        match key {
            "id_types" => {
                config.id_types = self.texts(key, value)?;
                if config.id_types.iter().any(String::is_empty) {
                    return Err(self.error(value.span(), "`id_types` holds an empty name".into(), None));
                }
            }
            "signal_via" => {
                config.signal_via = Some(self.choice(
                    key,
                    value,
                    &[("files", SignalVia::Files), ("api", SignalVia::Api)],
                )?);
            }
            "day_offset_hours" => config.day_offset = self.offset(value)?,
            "prefix" => {
                let text = self.text_of(key, value)?;
                config.prefix = normal_prefix(text).map_err(|what| {
                    self.error(
                        value.span(),
                        what,
                        Some(format!("try {}", quoted(text.trim_start_matches('/')))),
                    )
                })?;
            }
            "severity" => config.severity = self.severities(value)?,
            "statsig_addresses" => {
                config.statsig_addresses = self.texts(key, value)?;
                for address in &config.statsig_addresses {
                    if !is_network(address) {
                        return Err(self.error(
                            value.span(),
                            format!("{} is neither an address nor a network", quoted(address)),
                            Some("write `34.138.242.148` or `34.138.242.148/30`".into()),
                        ));
                    }
                }
            }
            _ => {
                let hint = match (Code::parse(key), nearest(key, KEYS)) {
                    (Some(_), _) => "severities stand below a line `[severity]`".to_owned(),
                    (_, Some(known)) => format!("did you mean `{known}`?"),
                    _ => format!("the keys are {}", list(&KEYS)),
                };
                return Err(self.error(span, format!("unknown key {}", quoted(key)), Some(hint)));
            }
        }
        Ok(())
    }

    fn severities(&self, value: &Value<'_>) -> Result<BTreeMap<Code, Severity>, ConfigError> {
        let Some(table) = value.get_ref().as_table() else {
            return Err(self.wrong_type(
                "severity",
                "a table: a line `[severity]`, then `E512 = \"warn\"`",
                value,
            ));
        };
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        let mut severities = BTreeMap::new();
        for (key, value) in entries {
            let name = key.get_ref();
            let Some(rule) = Code::parse(name).and_then(catalogue::find) else {
                let near = catalogue::nearest(name);
                let below = KEYS.iter().find(|known| **known == name.as_ref());
                let hint = match below {
                    Some(key) => format!("`{key}` belongs above the line `[severity]`"),
                    None => format!("did you mean `{}` ({})?", near.code, near.slug),
                };
                return Err(self.error(key.span(), format!("unknown rule {}", quoted(name)), Some(hint)));
            };
            let severity = self.choice(
                name,
                value,
                &[
                    ("fail", Severity::Fail),
                    ("warn", Severity::Warn),
                    ("info", Severity::Info),
                    ("off", Severity::Off),
                ],
            )?;
            severities.insert(rule.code, severity);
        }
        Ok(severities)
    }

    fn offset(&self, value: &Value<'_>) -> Result<DayOffset, ConfigError> {
        value
            .get_ref()
            .as_integer()
            .and_then(|number| i8::from_str_radix(number.as_str(), number.radix()).ok())
            .and_then(DayOffset::from_hours)
            .ok_or_else(|| {
                self.wrong_type(
                    "day_offset_hours",
                    "a whole number of hours from -23 to 23, such as -8",
                    value,
                )
            })
    }

    fn choice<T: Copy>(&self, key: &str, value: &Value<'_>, choices: &[(&str, T)]) -> Result<T, ConfigError> {
        let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
        let Some(text) = value.get_ref().as_str() else {
            return Err(self.wrong_type(key, &format!("one of {}", list(&names)), value));
        };
        if let Some((_, found)) = choices.iter().find(|(name, _)| *name == text) {
            return Ok(*found);
        }
        let hint = match nearest(text, names.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("write one of {}", list(&names)),
        };
        Err(self.error(
            value.span(),
            format!("{} can't be {}", quoted(key), quoted(text)),
            Some(hint),
        ))
    }

    fn text_of<'v>(&self, key: &str, value: &'v Value<'_>) -> Result<&'v str, ConfigError> {
        value
            .get_ref()
            .as_str()
            .ok_or_else(|| self.wrong_type(key, "text in quotes", value))
    }

    fn texts(&self, key: &str, value: &Value<'_>) -> Result<Vec<String>, ConfigError> {
        let example = match key {
            "statsig_addresses" => "20.29.232.235",
            _ => "company_id",
        };
        let wrong =
            |at: &Value<'_>| self.wrong_type(key, &format!("a list of texts, such as [\"{example}\"]"), at);
        let list = value.get_ref().as_array().ok_or_else(|| wrong(value))?;
        list.iter()
            .map(|item| {
                item.get_ref()
                    .as_str()
                    .map(str::to_owned)
                    .ok_or_else(|| wrong(item))
            })
            .collect()
    }

    fn wrong_type(&self, key: &str, wanted: &str, value: &Value<'_>) -> ConfigError {
        let source = self.text.get(value.span()).unwrap_or_default();
        self.error(
            value.span(),
            format!("{} can't be {}", quoted(key), quoted(source)),
            Some(format!("it takes {wanted}")),
        )
    }
}

fn list(names: &[&str]) -> String {
    names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// An IP address, or one with the length of its network's prefix.
fn is_network(text: &str) -> bool {
    let (address, bits) = text.split_once('/').map_or((text, None), |(a, b)| (a, Some(b)));
    let Ok(address) = address.parse::<IpAddr>() else {
        return false;
    };
    let longest = if address.is_ipv4() { 32 } else { 128 };
    bits.is_none_or(|bits| {
        bits.bytes().all(|b| b.is_ascii_digit()) && bits.parse::<u8>().is_ok_and(|bits| bits <= longest)
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn error(text: &str) -> String {
        Config::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn a_whole_configuration_is_read() {
        let config = Config::parse(
            "id_types = [\"company_id\"]\nsignal_via = \"api\"\nday_offset_hours = -7\nprefix = \"acme/prod\"\n\
             statsig_addresses = [\"10.0.0.0/8\", \"::1\"]\n[severity]\nE512 = \"warn\"\nL302 = \"off\"\n",
        )
        .unwrap();
        assert_eq!(config.id_types, ["company_id"]);
        assert_eq!(config.signal_via, Some(SignalVia::Api));
        assert_eq!(config.day_offset.hours(), -7);
        assert_eq!(config.prefix, "acme/prod/");
        assert_eq!(config.severity[&Code::new("E512")], Severity::Warn);
        assert_eq!(config.severity[&Code::new("L302")], Severity::Off);
        assert_eq!(Config::parse("").unwrap(), Config::default());
    }

    #[test]
    fn a_mistake_is_named_with_its_line_and_the_nearest_right_one() {
        assert_eq!(
            error("# ours\nid_type = []"),
            "line 2: unknown key `id_type`; did you mean `id_types`?"
        );
        assert_eq!(
            error("[severity]\nE599 = \"warn\""),
            "line 2: unknown rule `E599`; did you mean `E549` (user-placeholder-id)?"
        );
        assert_eq!(
            error("[severity]\n\nE512 = \"warning\""),
            "line 3: `E512` can't be `warning`; did you mean `warn`?"
        );
        assert_eq!(
            error("signal_via = \"file\""),
            "line 1: `signal_via` can't be `file`; did you mean `files`?"
        );
        assert_eq!(
            error("day_offset_hours = 99"),
            "line 1: `day_offset_hours` can't be `99`; it takes a whole number of hours from -23 to 23, such as -8"
        );
        assert!(error("E512 = \"warn\"").ends_with("severities stand below a line `[severity]`"));
        assert!(
            error("[severity]\nprefix = \"x\"").ends_with("`prefix` belongs above the line `[severity]`")
        );
        assert!(error("id_types = \"company_id\"").contains("a list of texts, such as [\"company_id\"]"));
        assert!(error("statsig_addresses = 1").contains("such as [\"20.29.232.235\"]"));
        assert!(error("statsig_addresses = [\"10.0.0.0/33\"]").contains("neither an address nor a network"));
        assert!(error("prefix = \"/acme\"").ends_with("try `acme`"));
        assert!(error("a =").starts_with("line 1: this is not TOML"));
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in "[a-z_ =\\[\\]\"\n0-9E.\\-\u{1b}é]{0,80}") {
            let _ = Config::parse(&text);
        }
    }
}
