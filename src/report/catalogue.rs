//! Every rule of the product, in order: C, A, L, S, E, M, G, X, each by number.

use crate::{
    access,
    contract::rules::TABLES,
    rule::{Category, Code, Rule, Subject},
};

/// Every rule, in the catalogue's order.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    access::rules::CONNECTION_RULES
        .iter()
        .chain(access::rules::ACCESS_RULES)
        .chain(access::rules::POLICY_RULES)
        .chain(TABLES.iter().flat_map(|table| table.iter()))
}

/// The rule of a code.
pub fn find(code: Code) -> Option<&'static Rule> {
    all().find(|rule| rule.code == code)
}

/// The rule that a text means: its code in any case, or its slug.
pub fn lookup(text: &str) -> Option<&'static Rule> {
    let text = text.trim();
    all().find(|rule| rule.code.as_str().eq_ignore_ascii_case(text) || rule.slug.eq_ignore_ascii_case(text))
}

/// The rule whose code or slug is nearest to a text that is neither; always one.
pub fn nearest(text: &str) -> &'static Rule {
    let text = text.trim();
    let code = text.to_ascii_uppercase();
    let slug = text.to_ascii_lowercase().replace(['_', ' '], "-");
    // Codes differ by a character at least, so a near slug only wins where no code is as near.
    let score = |rule: &Rule| {
        let by_code = strsim::damerau_levenshtein(rule.code.as_str(), &code);
        let by_slug = strsim::damerau_levenshtein(rule.slug, &slug);
        by_code.min(by_slug)
    };
    all()
        .min_by_key(|rule| score(rule))
        .unwrap_or(&access::rules::CONNECTION_RULES[0])
}

/// What was probably meant by a text that is no rule's code or slug: a near one, else where to look.
pub fn suggestion(text: &str) -> String {
    let text = text.trim();
    let code = text.to_ascii_uppercase();
    let mut letters = code.chars();
    let is_code = letters.next().is_some_and(|c| c.is_ascii_alphabetic())
        && letters.clone().next().is_some()
        && letters.all(|c| c.is_ascii_digit());
    let meant = |rule: &Rule| format!("did you mean {} ({})?", rule.code, rule.slug);
    if !is_code {
        let near = nearest(text);
        let apart =
            strsim::damerau_levenshtein(near.slug, &text.to_ascii_lowercase().replace(['_', ' '], "-"));
        return match apart <= near.slug.len() / 3 {
            true => meant(near),
            false => "a rule is named by its code or its slug, as in E511 or event-name-too-long".into(),
        };
    }
    let begins_with = |length: usize| {
        let start = code.get(..length).unwrap_or(&code);
        all().filter(move |rule| rule.code.as_str().starts_with(start))
    };
    let number = |code: &str| code.get(1..).and_then(|digits| digits.parse::<i64>().ok());
    let near = begins_with(2).min_by_key(|rule| {
        let of_rule = rule.code.as_str();
        let steps = number(of_rule).zip(number(&code)).map(|(a, b)| (a - b).abs());
        (strsim::damerau_levenshtein(of_rule, &code), steps)
    });
    let family: Vec<&Rule> = begins_with(1).collect();
    match (near, family.first(), family.last()) {
        (Some(near), ..) => meant(near),
        (None, Some(first), Some(last)) => format!(
            "{}: the rules go from {} to {}",
            first.category.heading(),
            first.code,
            last.code
        ),
        _ => "the codes begin with C1, A2, L3, S4, E5, M6, G7 and X8".into(),
    }
}

/// Where a code stands in the catalogue; unknown codes come last, by their letters.
pub fn position(code: Code) -> usize {
    all().position(|rule| rule.code == code).unwrap_or(usize::MAX)
}

/// Whether a rule is judged on a local folder: connection, access and archiving are S3's alone.
pub fn applies_to_folder(rule: &Rule) -> bool {
    !matches!(rule.category, Category::Connection | Category::Access) && rule.code != Code::new("L309")
}

/// Every check of a full report: each rule with each of its subjects, in the report's order.
pub fn checks(on_folder: bool) -> impl Iterator<Item = (&'static Rule, Subject)> {
    all()
        .filter(move |rule| !on_folder || applies_to_folder(rule))
        .flat_map(|rule| rule.subjects.iter().map(move |subject| (rule, *subject)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::rule::Severity;

    #[test]
    fn the_catalogue_is_in_order_and_has_no_code_or_slug_twice() {
        let place = |rule: &Rule| {
            let letter = rule.code.as_str().chars().next().unwrap();
            ("CALSEMGX".find(letter).unwrap(), rule.code)
        };
        let rules: Vec<_> = all().collect();
        assert_eq!(rules.len(), 113);
        for pair in rules.windows(2) {
            assert!(
                place(pair[0]) < place(pair[1]),
                "{} before {}",
                pair[0].code,
                pair[1].code
            );
        }
        let slugs: std::collections::BTreeSet<_> = rules.iter().map(|rule| rule.slug).collect();
        assert_eq!(slugs.len(), rules.len());
    }

    #[test]
    fn every_rule_has_words_subjects_and_a_worst_at_least_its_usual() {
        for rule in all() {
            for text in [rule.title, rule.counts, rule.why, rule.fix] {
                assert!(text.len() > 10, "{} lacks words", rule.code);
            }
            assert!(
                !rule.title.ends_with('.'),
                "{}: a title is no sentence",
                rule.code
            );
            assert!(
                rule.title.chars().count() <= 76,
                "{}: the title is too long for a line",
                rule.code
            );
            assert!(
                !rule.subjects.is_empty() && rule.severity <= rule.worst && rule.severity > Severity::Off
            );
        }
    }

    #[test]
    fn a_mistyped_code_or_slug_finds_the_one_that_was_meant() {
        assert_eq!(nearest("E5111").code, Code::new("E511"));
        assert_eq!(nearest("e511").code, Code::new("E511"));
        assert_eq!(nearest("event-name-to-long").code, Code::new("E511"));
        assert_eq!(nearest("timestamp_unit").code, Code::new("E503"));
        assert_eq!(lookup("l301").unwrap().slug, "folder-missing");
        assert!(lookup("E999").is_none());
    }

    #[test]
    fn only_a_near_rule_is_suggested_and_else_where_to_look() {
        assert_eq!(suggestion("E515"), "did you mean E514 (event-name-reserved)?");
        assert_eq!(suggestion("e5111"), "did you mean E511 (event-name-too-long)?");
        assert_eq!(
            suggestion("event-name-to-long"),
            "did you mean E511 (event-name-too-long)?"
        );
        assert_eq!(suggestion("E999"), "Event rows: the rules go from E501 to E552");
        assert_eq!(
            suggestion("x999"),
            "Events and metrics together: the rules go from X801 to X803"
        );
        assert!(suggestion("Z1").contains("C1, A2"));
        assert!(suggestion("purple").contains("code or its slug"));
        for text in ["", "é", "E", "5"] {
            assert!(!suggestion(text).contains("did you mean"), "{text}");
        }
    }
}
