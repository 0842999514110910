//! A report without names of people and accounts.
//!
//! Ids, e-mail and IP addresses, account numbers, ARNs and key ids become pseudonyms: `id-1`, `email-2`, `ip-1`,
//! `account-1`, `arn-1`, `key-1`. They are numbered as they are met, so nothing can be computed back from them, and
//! the same report always gets the same ones.

mod scan;

use std::collections::BTreeMap;

use super::{
    access::{Text, each_text, written_out},
    event::SurveyEvent,
    model::{CalendarReport, Check, DatasetReport, Identity, Report, Target},
};
use crate::{
    access::AccessView,
    rule::{Category, Sample},
};

/// What a pseudonym stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Id,
    Email,
    Ip,
    Account,
    Arn,
    Key,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Email => "email",
            Self::Ip => "ip",
            Self::Account => "account",
            Self::Arn => "arn",
            Self::Key => "key",
        }
    }
}

/// Puts pseudonyms in place of what names people and accounts. The same text gets the same pseudonym as long as one
/// redactor is used, so findings can still be told apart and put together.
#[derive(Clone, Debug, Default)]
pub struct Redactor {
    known: BTreeMap<(Kind, String), usize>,
    met: BTreeMap<Kind, usize>,
}

impl Redactor {
    /// Redacts a report.
    pub fn report(&mut self, report: &mut Report) {
        self.target(&mut report.target);
        for identity in [&mut report.identity, &mut report.operator].into_iter().flatten() {
            self.identity(identity);
        }
        report.checks.iter_mut().for_each(|check| self.check(check));
        report
            .datasets
            .values_mut()
            .for_each(|dataset| self.dataset(dataset));
        self.calendar(&mut report.calendar);
        self.all(report.notices.iter_mut());
        // A plan names users and accounts throughout.
        report.grant = None;
        report.access.iter_mut().for_each(|access| self.access(access));
    }

    /// Redacts an event.
    pub fn event(&mut self, event: &mut SurveyEvent) {
        match event {
            SurveyEvent::Started { target, .. } => self.target(target),
            SurveyEvent::Connected {
                target,
                identity,
                operator,
            } => {
                self.target(target);
                for identity in [identity, operator].into_iter().flatten() {
                    self.identity(identity);
                }
            }
            SurveyEvent::Notice { text } => self.all([text]),
            SurveyEvent::Dataset { dataset, .. } => self.dataset(dataset),
            SurveyEvent::Check { check } => self.check(check),
            SurveyEvent::Calendar { calendar } => self.calendar(calendar),
            SurveyEvent::Access { access } => self.access(access),
            SurveyEvent::Progress { .. } | SurveyEvent::Finished { .. } => {}
        }
    }

    fn pseudonym(&mut self, kind: Kind, text: &str) -> String {
        let met = self.met.entry(kind).or_default();
        let number = *self.known.entry((kind, text.to_owned())).or_insert_with(|| {
            *met += 1;
            *met
        });
        format!("{}-{number}", kind.name())
    }

    fn all<'a>(&mut self, texts: impl IntoIterator<Item = &'a mut String>) {
        for text in texts {
            *text = self.text(text);
        }
    }

    fn target(&mut self, target: &mut Target) {
        match target {
            Target::S3 { bucket, prefix, .. } | Target::Demo { bucket, prefix, .. } => {
                self.all([bucket, prefix])
            }
            Target::Folder { path, prefix } => self.all([path, prefix]),
        }
    }

    fn identity(&mut self, identity: &mut Identity) {
        self.all(identity.arn.iter_mut());
        if let Some(last) = &mut identity.key_last4 {
            *last = self.pseudonym(Kind::Key, last);
        }
    }

    fn access(&mut self, view: &mut AccessView) {
        each_text(view, &mut |text, kind| {
            *text = match kind {
                Text::Line => self.text(text),
                Text::Document => self.text(&written_out(text)),
            };
        });
    }

    fn dataset(&mut self, dataset: &mut DatasetReport) {
        for group in &mut dataset.schema_groups {
            self.all([&mut group.first_key]);
            self.all(group.columns.iter_mut().map(|column| &mut column.name));
        }
        for folder in &mut dataset.layout.folders {
            self.all([&mut folder.name]);
            self.all(folder.notes.iter_mut());
        }
        self.all(dataset.layout.read_fails.iter_mut());
    }

    fn calendar(&mut self, calendar: &mut CalendarReport) {
        self.all(calendar.days.iter_mut().filter_map(|day| day.reason.as_mut()));
        self.all(calendar.evidence.iter_mut().flat_map(|evidence| evidence.texts()));
    }

    fn check(&mut self, check: &mut Check) {
        self.all([&mut check.subject]);
        for sample in &mut check.samples {
            self.sample(sample, check.category);
        }
        if let Some(cause) = &mut check.cause {
            // What compares ids quotes them.
            if check.category == Category::Datasets {
                *cause = self.quoted(cause);
            }
            self.all([cause]);
        }
        if let Some(next) = &mut check.next {
            self.all([&mut next.say]);
            self.all(next.command.iter_mut());
            self.all(next.url.iter_mut());
        }
    }

    fn sample(&mut self, sample: &mut Sample, category: Category) {
        self.all([&mut sample.key]);
        let Some(value) = &mut sample.value else {
            return;
        };
        let by_rows = matches!(
            category,
            Category::EventRows | Category::MetricRows | Category::Datasets
        );
        *value = match sample.column.as_deref() {
            Some("unit_id" | "timeuuid") => self.id(value),
            Some("user") => self.json(value, &|key| !scan::HARMLESS.contains(&key)),
            Some("event_metadata") => self.json(value, &scan::names_an_id),
            // A sample of no one column may hold a unit's id among other things.
            None if by_rows => self.id(value),
            _ => self.text(value),
        };
    }

    /// A whole value that is an id, unless it says that there is none.
    fn id(&mut self, value: &str) -> String {
        if value.is_empty() || value == "null" {
            return value.to_owned();
        }
        let text = self.text(value);
        if text == value {
            self.pseudonym(Kind::Id, value)
        } else {
            text
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::access::{Source, evaluate::Unseen, view::PolicyText};

    fn text(text: &str) -> String {
        Redactor::default().text(text)
    }

    fn value(column: &str, value: &str) -> String {
        let mut sample = Sample {
            column: Some(column.into()),
            value: Some(value.into()),
            ..Sample::default()
        };
        Redactor::default().sample(&mut sample, Category::EventRows);
        sample.value.unwrap()
    }

    #[test]
    fn what_names_people_and_accounts_is_gone_and_the_rest_stays() {
        assert_eq!(
            text("mail ann.b+x@example.com, or bob@x.org."),
            "mail email-1, or email-2."
        );
        assert_eq!(
            text("from 10.1.2.3 and 10.1.2.3:443, not 1.2.3"),
            "from ip-1 and ip-1:443, not 1.2.3"
        );
        assert_eq!(text("by 2001:db8::1 at 08:00:00"), "by ip-1 at 08:00:00");
        assert_eq!(
            text("account 123456789012 has 1234567890123 rows"),
            "account account-1 has 1234567890123 rows"
        );
        assert_eq!(
            text("user arn:aws:iam::123456789012:user/ann is refused"),
            "user arn-1 is refused"
        );
        assert_eq!(text("key AKIAIOSFODNN7EXAMPLE."), "key key-1.");
        assert_eq!(
            text("events/2022-06-22/part-0.parquet"),
            "events/2022-06-22/part-0.parquet"
        );
        assert_eq!(
            text("events/ann@example.com/x.parquet"),
            "events/email-1/x.parquet"
        );
        assert_eq!(
            text("'arn:aws:s3:::b/*' and \"10.0.0.1\""),
            "'arn-1' and \"ip-1\""
        );
        assert_eq!(text("naïve · 購入 … @ 5.2.1"), "naïve · 購入 … @ 5.2.1");
    }

    #[test]
    fn ids_are_replaced_in_users_whole_cut_or_doubly_encoded() {
        assert_eq!(
            value(
                "user",
                r#"{"userID": "u-1", "customIDs": {"stableID": "s-1"}, "country": "US", "custom": {"age": 22}}"#
            ),
            r#"{"userID": "id-1", "customIDs": {"stableID": "id-2"}, "country": "US", "custom": {"age": id-3}}"#
        );
        assert_eq!(
            value("user", r#"{"userID": "u-1", "email": "a@b.co", "x": "cut o…"#),
            r#"{"userID": "id-1", "email": "email-1", "x": "id-2"#
        );
        assert_eq!(
            value("user", r#""{\"userID\": \"u-1\"}""#),
            r#""{\"userID\": \"id-1\"}""#
        );
        assert_eq!(value("user", "{'userID': 'u-1'}"), "{'userID': 'id-1'}");
        assert_eq!(value("user", "u-1"), "id-1");
        assert_eq!(
            value("user", r#"{"userID": null, "on": true}"#),
            r#"{"userID": null, "on": true}"#
        );
        assert_eq!(
            value(
                "event_metadata",
                r#"{"price": "12", "order_id": "77", "userId": "u"}"#
            ),
            r#"{"price": "12", "order_id": "id-1", "userId": "id-2"}"#
        );
        assert_eq!(value("unit_id", "u-1"), "id-1");
        assert_eq!(value("event_name", "sign up"), "sign up");
    }

    #[test]
    fn policies_are_told_without_accounts_users_keys_and_addresses() {
        let document = r#"{"Statement": [{"Principal": {"AWS": ["arn:aws:iam::123456789012:user/ann", "123456789012",
            "AIDARZPUZDIKLEXAMPLE", "\u0061rn:aws:iam::123456789012:root"]},
            "Condition": {"IpAddress": {"aws:SourceIp": "10.1.2.0/24"}}}]}"#;
        let mut view = AccessView {
            policies: vec![PolicyText {
                source: Source::Bucket,
                text: document.into(),
            }],
            unseen: vec![Unseen {
                what: "the policies of arn:aws:iam::123456789012:user/ann".into(),
                why: "iam:GetUser was refused".into(),
            }],
            ..AccessView::default()
        };
        Redactor::default().access(&mut view);
        let told = serde_json::to_string(&view).unwrap();
        for name in ["123456789012", "ann", "AIDA", "10.1.2.0"] {
            assert!(!told.contains(name), "{name}: {told}");
        }
        assert!(
            told.contains("aws:SourceIp") && told.contains("iam:GetUser"),
            "{told}"
        );
        assert!(serde_json::from_str::<serde_json::Value>(&view.policies[0].text).is_ok());
    }

    #[test]
    fn the_same_text_keeps_its_pseudonym() {
        let mut redactor = Redactor::default();
        assert_eq!(redactor.text("a@b.co c@d.co"), "email-1 email-2");
        assert_eq!(redactor.text("c@d.co"), "email-2");
    }

    proptest! {
        #[test]
        fn any_text_can_be_redacted_and_plain_words_stay(noise in any::<String>(), words in "[a-z ]{0,30}") {
            let mut redactor = Redactor::default();
            let _ = redactor.text(&noise);
            let _ = redactor.json(&noise, &|_| true);
            let _ = redactor.quoted(&noise);
            prop_assert_eq!(redactor.text(&words), words);
        }

        #[test]
        fn no_e_mail_address_survives(before in "[ ,;'\"(/]{0,3}", local in "[a-z0-9._+]{1,12}", domain in "[a-z]{1,8}\\.[a-z]{2,4}") {
            let address = format!("{local}@{domain}");
            let redacted = text(&format!("{before}{address} end"));
            prop_assert!(!redacted.contains(&address), "{}", redacted);
        }
    }
}
