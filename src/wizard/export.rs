//! What is copied, saved and handed over. A secret is never among it: a report holds none.

use super::{
    connect::ConnectRow,
    rows::Item,
    state::{Overlay, Wizard},
    step::{Mark, Step},
    words,
};
use crate::{
    report::{Check, Rows, Status, Target, words::shell_word},
    rule::{Basis, Dataset},
};

impl Wizard {
    /// What `y` copies: of the open panel, else of what the cursor is on.
    pub fn value_here(&self) -> Option<String> {
        match &self.overlay {
            Some(Overlay::Check { code, subject }) => return self.check(*code, subject).map(check_text),
            Some(Overlay::Questions) => return Some(self.questions_text()),
            Some(Overlay::HandOver) => return Some(self.hand_over_text()),
            Some(Overlay::Problem(problem)) => return Some(problem.to_string()),
            Some(Overlay::Explain(code)) => return Some(code.to_string()),
            Some(Overlay::Folder { dataset, name }) => return Some(folder_key(*dataset, name)),
            Some(Overlay::Column { name, .. }) => return Some(name.clone()),
            Some(Overlay::Day(day)) => return Some(day.to_string()),
            Some(Overlay::Group { dataset, index }) => return self.first_key(*dataset, *index),
            Some(Overlay::Signal) => return self.signal_text(),
            Some(Overlay::Grant(item)) => return non_empty(self.grant_text(*item)),
            Some(Overlay::Access(item)) => return non_empty(self.access_text(*item)),
            Some(Overlay::PrintAs(form)) => return self.shown_plan().map(|plan| form.print(plan)),
            Some(Overlay::Policy { index, .. }) => return self.policy(*index).map(|p| p.text.clone()),
            Some(Overlay::Undo) => return non_empty(self.grant.undo.path.clone()),
            Some(Overlay::Practice) => return self.practice_value(),
            Some(Overlay::NoFix) => return self.no_fix_text(),
            Some(Overlay::Help | Overlay::Confirm(_)) => return None,
            None => {}
        }
        match self.step {
            Step::Connect => match self.connect_row() {
                Some(ConnectRow::Field(field)) => {
                    let typed = self.connect.value(field);
                    let value = self.connect.resolved(field).map_or(typed, |r| r.value.as_str());
                    (!value.is_empty()).then(|| value.to_owned())
                }
                _ => None,
            },
            Step::Calendar => self.day().map(|d| d.to_string()),
            _ => match self.item_here()? {
                Item::Grant(item) => non_empty(self.grant_text(item)),
                Item::Access(item) => non_empty(self.access_text(item)),
                Item::Check { code, subject } => self.check(code, &subject).map(check_text),
                Item::Dataset(dataset) => Some(dataset.folder().to_owned()),
                Item::Folder { dataset, name } => Some(folder_key(dataset, &name)),
                Item::Column { name, .. } => Some(name),
                Item::Group { dataset, index } => self.first_key(dataset, index),
                Item::Category(category) | Item::Quiet(category) => Some(self.tally_of(category).words()),
                Item::Questions => Some(self.questions_text()),
                Item::HandOver => Some(self.hand_over_text()),
            },
        }
    }

    fn first_key(&self, dataset: Dataset, index: usize) -> Option<String> {
        let found = self.report.as_ref()?.datasets.get(&dataset)?;
        Some(found.schema_groups.get(index)?.first_key.clone())
    }

    /// The command that does the same without the wizard.
    pub fn command_here(&self) -> Option<String> {
        if let Some(Overlay::Explain(code)) = self.overlay {
            return Some(format!("bucket-ready rules {code}"));
        }
        let target = match &self.report {
            Some(report) => report.target.spelled(),
            None => self.connect.value(super::connect::Field::Target).to_owned(),
        };
        if target.is_empty() {
            return None;
        }
        let signal = (self.overlay == Some(Overlay::Signal)).then(|| self.signal_words());
        if let Some(change) = self.change_here() {
            return Some(change.command.clone());
        }
        let mut command = match self.step {
            Step::Calendar if signal.is_some() => format!("bucket-ready signal {}", shell_word(&target)),
            Step::Grant if self.no_grant().is_none() => format!(
                "bucket-ready grant plan {} --user {}",
                shell_word(&target),
                shell_word(&self.reader_name())
            ),
            Step::Calendar => format!("bucket-ready calendar {}", shell_word(&target)),
            _ => format!("bucket-ready check {}", shell_word(&target)),
        };
        for (option, field) in [
            ("--profile", super::connect::Field::Profile),
            ("--region", super::connect::Field::Region),
            ("--endpoint-url", super::connect::Field::Endpoint),
        ] {
            let value = self.connect.value(field);
            if !value.is_empty() {
                command.push_str(&format!(" {option} {}", shell_word(value)));
            }
        }
        match self.step {
            Step::Calendar if signal.is_some() => command.extend(signal),
            Step::Grant => {
                if self.grant.form.rotate {
                    command.push_str(" --rotate");
                }
            }
            Step::Calendar => {
                if let Some(month) = self.month() {
                    command.push_str(&format!(" --month {month}"));
                }
            }
            _ => {
                if let Some(code) = self.rule_here() {
                    command.push_str(&format!(" --only {code}"));
                }
                if self.mode().rows == Rows::All {
                    command.push_str(" --full");
                }
            }
        }
        Some(command)
    }

    /// The change of step 2's plan that the cursor is on, or that is open.
    fn change_here(&self) -> Option<&crate::access::plan::Change> {
        use super::grant::GrantItem;
        match (&self.overlay, self.step) {
            (Some(Overlay::Grant(GrantItem::Change(index))), _) => self.change(*index),
            (None, Step::Grant) => match self.item_here()? {
                Item::Grant(GrantItem::Change(index)) => self.change(index),
                _ => None,
            },
            _ => None,
        }
    }

    /// Who must act, as text.
    fn no_fix_text(&self) -> Option<String> {
        match self.fix_here()? {
            super::access::Fix::Others { why, who } => Some(format!("{why} {who}")),
            super::access::Fix::Plan(_) => None,
        }
    }

    /// The name under which `x` writes the report.
    pub fn export_name(&self) -> String {
        let (target, time) = match &self.report {
            Some(report) => (target_name(&report.target), report.created_at.as_str()),
            None => (String::new(), ""),
        };
        let safe: String = target
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() || c == '.' {
                    c
                } else {
                    '-'
                }
            })
            .take(60)
            .collect();
        let time: String = time.chars().filter(char::is_ascii_digit).take(12).collect();
        let parts: Vec<&str> = ["bucket-ready", safe.trim_matches(['-', '.']), &time]
            .into_iter()
            .filter(|p| !p.is_empty())
            .collect();
        format!("{}.json", parts.join("-"))
    }

    /// The questions that only Statsig can answer, each with why it matters here.
    pub fn questions(&self) -> Vec<(String, String)> {
        let Some(report) = &self.report else {
            return Vec::new();
        };
        let mut questions = vec![
            (
                "Does one signals/ folder cover both events and metrics?".to_owned(),
                "The page does not say. We take it that it does.".to_owned(),
            ),
            (
                "Which Spark version reads the bucket?".to_owned(),
                "Some files are read by Spark 4 and not by 3.5; we judge by 3.5.".to_owned(),
            ),
        ];
        let found = |code: &str| {
            report
                .checks
                .iter()
                .any(|c| c.code.as_str() == code && c.count.unwrap_or(0) > 0)
        };
        if found("E542") {
            questions.push((
                "Is user meant to be a JSON object, or a JSON string that holds one?".to_owned(),
                "The page says “escaped JSON string”, which can be read both ways (E542).".to_owned(),
            ));
        }
        let said_elsewhere = report.checks.iter().filter(|c| {
            matches!(c.basis, Basis::Sibling | Basis::Inference)
                && matches!(c.status, Status::Fail | Status::Warn)
                && c.code.as_str() != "E542"
        });
        for check in said_elsewhere {
            questions.push((
                format!("Does {} {} hold for S3 imports?", check.code, check.slug),
                format!("{}. {}", check.title, check.basis.sentence()),
            ));
        }
        questions
    }

    fn questions_text(&self) -> String {
        self.questions()
            .iter()
            .enumerate()
            .map(|(i, (question, why))| format!("{}. {question}\n   {why}\n", i + 1))
            .collect()
    }

    /// The hand-over card: label and value. Never the secret.
    pub fn hand_over(&self) -> Vec<(&'static str, String)> {
        let Some(report) = &self.report else {
            return Vec::new();
        };
        let unknown = || "not known".to_owned();
        let (bucket, region) = match &report.target {
            Target::S3 { bucket, region, .. } => (bucket.clone(), region.clone()),
            Target::Demo { bucket, region, .. } => (bucket.clone(), region.clone()),
            Target::Folder { path, .. } => (format!("{path} (a local folder)"), None),
        };
        let identity = report.identity.clone().unwrap_or_default();
        let prefix = report.target.prefix();
        let prefixes: Vec<String> = Dataset::ALL
            .iter()
            .filter(|d| report.datasets.get(d).is_some_and(|r| r.objects > 0))
            .map(|d| format!("{prefix}{}", d.folder()))
            .collect();
        vec![
            ("bucket", bucket),
            ("region", region.unwrap_or_else(unknown)),
            (
                "folders",
                if prefixes.is_empty() {
                    unknown()
                } else {
                    prefixes.join(", ")
                },
            ),
            ("reader", identity.arn.unwrap_or_else(unknown)),
            (
                "access key id",
                identity
                    .key_last4
                    .map_or_else(unknown, |k| format!("ends in {k}")),
            ),
            ("secret", "not in this card; hand it over on its own".to_owned()),
            (
                "days begin",
                format!("{} all year", utc_offset(report.mode.day_offset_hours)),
            ),
            (
                "verdict",
                format!("{}: {}", report.verdict.opening(), report.verdict_sentence()),
            ),
            ("checked", report.created_at.clone()),
        ]
    }

    fn hand_over_text(&self) -> String {
        self.hand_over()
            .iter()
            .map(|(label, value)| format!("{label:<14}{value}\n"))
            .collect()
    }
}

fn non_empty(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

fn utc_offset(hours: i8) -> String {
    match hours {
        0 => "00:00 UTC".into(),
        h if h < 0 => format!("{:02}:00 UTC (UTC{h})", -h),
        h => format!("{:02}:00 UTC of the day before (UTC+{h})", 24 - h),
    }
}

/// A check as lines to paste into a chat.
fn check_text(check: &Check) -> String {
    let mut text = format!(
        "{} {} {} {} ({}): {}",
        Mark::from(check.status).word(),
        check.code,
        check.slug,
        check.subject,
        check.title,
        words::evidence(check)
    );
    if let Some(cause) = check.cause.as_deref().filter(|_| check.count.is_some()) {
        text.push_str(&format!("\n  {cause}"));
    }
    for sample in &check.samples {
        text.push_str(&format!("\n  {}", sample.key));
        if let Some(row) = sample.row {
            text.push_str(&format!(" row {row}"));
        }
        if let Some(value) = &sample.value {
            text.push_str(&format!(": {value}"));
        }
    }
    text
}

fn folder_key(dataset: Dataset, name: &str) -> String {
    if name.is_empty() {
        dataset.folder().to_owned()
    } else {
        format!("{}{name}/", dataset.folder())
    }
}

fn target_name(target: &Target) -> String {
    match target {
        Target::S3 { bucket, .. } => bucket.clone(),
        Target::Demo { scenario, .. } => format!("demo-{scenario}"),
        Target::Folder { path, .. } => path
            .rsplit(['/', '\\'])
            .find(|p| !p.is_empty())
            .unwrap_or("folder")
            .to_owned(),
    }
}
