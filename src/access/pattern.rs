//! Patterns with `*` and `?`, policy variables in them, and ARNs compared part by part.

use super::{context::Held, truth::Truth};

/// One step of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    /// Exactly this character.
    Literal(char),
    /// `?`: any one character.
    One,
    /// `*`: any characters, or none.
    Any,
}

/// A pattern, its variables replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    tokens: Vec<Token>,
}

/// What replacing the variables of a pattern came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replaced {
    /// Every variable has a value.
    Known(Pattern),
    /// A variable's key is not in the request at all, and has no default: `aws:username` for a role.
    Absent(String),
    /// A variable's value is not known here.
    Unknown(String),
}

impl Pattern {
    /// A pattern whose `*` and `?` are wildcards and which has no variables.
    pub fn wild(text: &str) -> Self {
        let tokens = text.chars().map(Self::token).collect();
        Self { tokens }
    }

    fn token(c: char) -> Token {
        match c {
            '*' => Token::Any,
            '?' => Token::One,
            c => Token::Literal(c),
        }
    }

    /// Replaces the policy variables of a text, `${aws:username}` or `${aws:PrincipalTag/team, 'none'}`, by the values
    /// that `lookup` holds. A replaced value is literal: its `*` and `?` are no wildcards. `${*}`, `${?}` and `${$}`
    /// are those characters. With `wild` false, the text's own `*` and `?` are literal too.
    ///
    /// Source: IAM User Guide, "Policy variables".
    pub fn with_variables(text: &str, wild: bool, lookup: impl Fn(&str) -> Held) -> Replaced {
        let mut tokens = Vec::new();
        let mut rest = text;
        let plain = |part: &str, tokens: &mut Vec<Token>| {
            tokens.extend(
                part.chars()
                    .map(|c| if wild { Self::token(c) } else { Token::Literal(c) }),
            );
        };
        while let Some((before, after)) = rest.split_once("${") {
            plain(before, &mut tokens);
            let Some((name, after)) = after.split_once('}') else {
                plain("${", &mut tokens);
                rest = after;
                continue;
            };
            rest = after;
            if let "*" | "?" | "$" = name {
                tokens.extend(name.chars().map(Token::Literal));
                continue;
            }
            let (key, default) = match name.split_once(',') {
                Some((key, default)) => (key.trim(), Some(default.trim().trim_matches('\''))),
                None => (name.trim(), None),
            };
            match (lookup(key), default) {
                (Held::Values(values), _) if values.len() == 1 => {
                    tokens.extend(values.iter().flat_map(|v| v.chars()).map(Token::Literal));
                }
                (Held::Absent, Some(default)) => tokens.extend(default.chars().map(Token::Literal)),
                (Held::Absent, None) => return Replaced::Absent(key.to_owned()),
                (Held::Unknown | Held::Values(_), _) => return Replaced::Unknown(key.to_owned()),
            }
        }
        plain(rest, &mut tokens);
        Replaced::Known(Self { tokens })
    }

    /// Whether the whole text fits.
    pub fn fits(&self, text: &str) -> bool {
        self.fits_by(text, |a, b| a == b)
    }

    /// Whether the whole text fits, ASCII case aside.
    pub fn fits_any_case(&self, text: &str) -> bool {
        self.fits_by(text, |a, b| a.eq_ignore_ascii_case(&b))
    }

    /// Greedy matching with one point to come back to: linear in practice, never exponential.
    fn fits_by(&self, text: &str, same: impl Fn(char, char) -> bool) -> bool {
        let text: Vec<char> = text.chars().collect();
        let (mut t, mut p) = (0, 0);
        let mut back: Option<(usize, usize)> = None;
        loop {
            match (self.tokens.get(p), text.get(t)) {
                (None, None) => return true,
                (Some(Token::Any), _) => {
                    back = Some((p, t));
                    p += 1;
                    continue;
                }
                (Some(Token::One), Some(_)) => {
                    (p, t) = (p + 1, t + 1);
                    continue;
                }
                (Some(Token::Literal(l)), Some(c)) if same(*l, *c) => {
                    (p, t) = (p + 1, t + 1);
                    continue;
                }
                _ => {}
            }
            match back {
                Some((star, from)) if from < text.len() => {
                    back = Some((star, from + 1));
                    (p, t) = (star + 1, from + 1);
                }
                _ => return false,
            }
        }
    }

    /// The pattern's parts between colons, at most six, the last with all further colons; `*` for those that are
    /// missing, as AWS completes a short ARN.
    fn arn_parts(&self) -> Vec<Self> {
        let mut parts: Vec<Self> = Vec::new();
        let mut current = Vec::new();
        for token in &self.tokens {
            if *token == Token::Literal(':') && parts.len() < 5 {
                parts.push(Self {
                    tokens: std::mem::take(&mut current),
                });
            } else {
                current.push(*token);
            }
        }
        parts.push(Self { tokens: current });
        while parts.len() < 6 {
            parts.push(Self {
                tokens: vec![Token::Any],
            });
        }
        parts
    }

    /// Whether an ARN fits: its six parts are compared one by one, so that a `*` does not cross a colon (but in the
    /// last part, which may hold colons itself).
    ///
    /// Source: IAM User Guide, "Resource ARNs and paths with wildcards" and "Amazon Resource Name condition operators".
    pub fn fits_arn(&self, arn: &str) -> bool {
        if self.tokens.iter().all(|t| *t == Token::Any) && !self.tokens.is_empty() {
            return true;
        }
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        parts.len() == 6
            && self
                .arn_parts()
                .iter()
                .zip(parts)
                .all(|(pattern, part)| pattern.fits(part))
    }
}

impl Pattern {
    /// Whether a `Resource` pattern fits an ARN. Part by part as [`Pattern::fits_arn`] does; beyond that, a `*` that is
    /// the last character of its part may reach over colons. What would fit only if another `*` did so can't be told.
    ///
    /// Source: IAM User Guide, "IAM JSON policy elements: Resource", "Using wildcards in resource ARNs".
    pub fn fits_resource(&self, arn: &str) -> Truth {
        if self.fits_arn(arn) {
            return Truth::Yes;
        }
        if !self.fits(arn) {
            return Truth::No;
        }
        let ends_its_part = |at: usize| matches!(self.tokens.get(at + 1), None | Some(Token::Literal(':')));
        let mut colons = 0;
        for (at, token) in self.tokens.iter().enumerate() {
            match token {
                Token::Literal(':') => colons += 1,
                Token::Any if colons < 5 && !ends_its_part(at) => return Truth::Unknown,
                _ => {}
            }
        }
        Truth::Yes
    }
}

impl Replaced {
    /// Asks a known pattern; an absent variable fits nothing, an unknown one is unknown.
    pub fn ask<T: Into<Truth>>(&self, fits: impl Fn(&Pattern) -> T) -> Truth {
        match self {
            Self::Known(pattern) => fits(pattern).into(),
            Self::Absent(_) => Truth::No,
            Self::Unknown(_) => Truth::Unknown,
        }
    }
}

/// An ARN's six parts; `None` when it is not one.
pub fn arn_parts(arn: &str) -> Option<[&str; 6]> {
    let mut parts = arn.splitn(6, ':');
    let six = [
        parts.next()?,
        parts.next()?,
        parts.next()?,
        parts.next()?,
        parts.next()?,
        parts.next()?,
    ];
    (six[0] == "arn").then_some(six)
}

/// Whether a text is twelve digits, as account ids are.
pub fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_fit_as_iam_says() {
        for (pattern, text, fits) in [
            ("s3:Get*", "s3:GetObject", true),
            ("s3:Get*t", "s3:GetObjects", false),
            ("*", "", true),
            ("", "", true),
            ("?", "", false),
            ("metrics/*", "metrics/", true),
            ("metrics/*", "metrics", false),
            ("a*b*c", "a-b-b-c", true),
            ("a?c", "aéc", true),
            ("*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaa", false),
        ] {
            assert_eq!(Pattern::wild(pattern).fits(text), fits, "{pattern} on {text}");
        }
        assert!(Pattern::wild("s3:getobject").fits_any_case("s3:GetObject"));
        assert!(!Pattern::wild("s3:getobject").fits("s3:GetObject"));
    }

    #[test]
    fn a_pattern_of_many_stars_is_no_trap() {
        let pattern = format!("{}b", "*a".repeat(2_000));
        let text = "a".repeat(20_000);
        assert!(!Pattern::wild(&pattern).fits(&text));
        assert!(Pattern::wild(&pattern).fits(&format!("{text}b")));
    }

    #[test]
    fn a_star_in_an_arn_does_not_cross_a_colon() {
        let key = "arn:aws:s3:::acme/events/a:b";
        for (pattern, fits) in [
            ("arn:aws:s3:::acme/*", true),
            ("arn:aws:s3:::acme/events/a:*", true),
            ("arn:aws:s3*acme/*", false),
            ("arn:*:s3:*:*:acme/*", true),
            ("arn:aws:s3", true),
            ("*", true),
            ("arn:aws:s3:::ACME/*", false),
            ("acme/*", false),
        ] {
            assert_eq!(Pattern::wild(pattern).fits_arn(key), fits, "{pattern}");
        }
    }

    #[test]
    fn a_star_at_the_end_of_a_part_of_a_resource_reaches_over_colons() {
        let key = "arn:aws:s3:::acme/events/x";
        for (pattern, fits) in [
            ("arn:aws:s3:::acme/*", Truth::Yes),
            ("arn:aws:s3:*", Truth::Yes),
            ("arn:aws:*:acme/*", Truth::Yes),
            ("arn:*:acme/events/*", Truth::Yes),
            ("arn:aws:*:other/*", Truth::No),
            ("arn:aws:s3*acme/*", Truth::Unknown),
            ("*acme/*", Truth::Unknown),
            ("arn:aws:s3:::acme", Truth::No),
        ] {
            assert_eq!(Pattern::wild(pattern).fits_resource(key), fits, "{pattern}");
        }
    }

    #[test]
    fn variables_are_literal_and_an_unknown_one_decides_nothing() {
        let lookup = |key: &str| match key {
            "aws:username" => Held::Values(vec!["re*der".into()]),
            "aws:SourceVpc" => Held::Absent,
            _ => Held::Unknown,
        };
        let fits =
            |text: &str, value: &str| Pattern::with_variables(text, true, lookup).ask(|p| p.fits(value));
        assert_eq!(fits("home/${aws:username}/*", "home/re*der/x"), Truth::Yes);
        assert_eq!(fits("home/${aws:username}/*", "home/reader/x"), Truth::No);
        assert_eq!(fits("${aws:SourceVpc}", ""), Truth::No);
        assert_eq!(fits("${aws:SourceVpc, 'none'}", "none"), Truth::Yes);
        assert_eq!(fits("${aws:PrincipalTag/team}", "x"), Truth::Unknown);
        assert_eq!(fits("a${*}b", "a*b"), Truth::Yes);
        assert_eq!(fits("a${*}b", "axb"), Truth::No);
        assert_eq!(fits("a${b", "a${b"), Truth::Yes);
    }
}
