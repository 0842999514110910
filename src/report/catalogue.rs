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
}
