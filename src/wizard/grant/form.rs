//! What is wanted of a plan: the reader's name and path, and what is granted beside listing and reading.

use crate::{
    access::plan::Wanted,
    report::{Report, Target},
    wizard::state::Wizard,
};

/// The reader's name where nothing says another.
const USUAL_NAME: &str = "statsig-reader";

/// A line of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GrantField {
    /// The reader's user name.
    User,
    /// The path under which it is made.
    Path,
    /// `s3:GetBucketLocation` too.
    Location,
    /// A second key.
    Rotate,
}

impl GrantField {
    /// All, in the form's order.
    pub const ALL: [Self; 4] = [Self::User, Self::Path, Self::Location, Self::Rotate];

    /// Its label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::User => "reader's user",
            Self::Path => "path",
            Self::Location => "bucket location",
            Self::Rotate => "second key",
        }
    }

    /// Whether it is switched rather than typed.
    pub const fn is_switch(self) -> bool {
        matches!(self, Self::Location | Self::Rotate)
    }

    /// What it is for.
    pub const fn why(self) -> &'static str {
        match self {
            Self::User => "the IAM user whose key Statsig is given",
            Self::Path => "where a new user is made; / unless your account has rules for it",
            Self::Location => "also s3:GetBucketLocation, which the page does not ask for",
            Self::Rotate => "make another key though there is one",
        }
    }
}

/// What is wanted, as far as the user said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// The name, where it was typed.
    pub user: Option<String>,
    /// The path, empty for `/`.
    pub path: String,
    /// `s3:GetBucketLocation` too.
    pub location: bool,
    /// A second key.
    pub rotate: bool,
    /// KMS keys that a finding asked for, by ARN.
    pub kms_keys: Vec<String>,
    /// Texts of statements of the bucket policy that a finding asked to drop.
    pub drop: Vec<String>,
    /// What those were asked for, in words: `A208: kms:Decrypt on …`.
    pub fixes: Vec<String>,
}

impl Form {
    /// Forgets what findings asked for.
    pub fn clear_fixes(&mut self) {
        self.kms_keys.clear();
        self.drop.clear();
        self.fixes.clear();
    }
}

/// Why a text can't be a user's name. Source: IAM API Reference, `CreateUser`.
pub(super) fn name_trouble(name: &str) -> Option<&'static str> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    if name.is_empty() {
        Some("the reader needs a name")
    } else if name.len() > 64 {
        Some("AWS allows 64 characters in a user's name")
    } else if !name.chars().all(allowed) {
        Some("AWS allows letters, digits and _+=,.@- in a user's name")
    } else {
        None
    }
}

/// Why a text can't be a user's path. Source: as above.
pub(super) fn path_trouble(path: &str) -> Option<&'static str> {
    if path.len() > 510 {
        Some("AWS allows 512 characters in a path")
    } else if !path.chars().all(|c| ('!'..='\u{7f}').contains(&c)) {
        Some("AWS allows printable ASCII without spaces in a path")
    } else {
        None
    }
}

impl Wizard {
    /// The reader's name: as typed, else that of the reader whose key is judged where it is a user of the operator's own
    /// account, else the usual one.
    pub fn reader_name(&self) -> String {
        let typed = self.grant.form.user.clone();
        typed
            .or_else(|| self.report.as_ref().and_then(reader_of))
            .unwrap_or_else(|| USUAL_NAME.into())
    }

    /// Whether the plan that made the new key is for the reader of the usual name, the one that the practice account's
    /// edits know.
    pub(in crate::wizard) fn grants_to_usual_reader(&self) -> bool {
        self.grant.plan.as_ref().is_some_and(|p| p.user == USUAL_NAME)
    }

    /// What a plan is asked for.
    pub fn wanted(&self) -> Wanted {
        let form = &self.grant.form;
        let mut wanted = Wanted {
            user: self.reader_name(),
            path: form.path.clone(),
            rotate: form.rotate,
            drop: form.drop.clone(),
            ..Wanted::default()
        };
        wanted.extras.location = form.location;
        wanted.extras.kms_keys = form.kms_keys.clone();
        wanted
    }

    /// A form field's text.
    pub fn grant_value(&self, field: GrantField) -> String {
        let form = &self.grant.form;
        let yes_no = |on: bool| if on { "yes" } else { "no" }.to_owned();
        match field {
            GrantField::User => self.reader_name(),
            GrantField::Path => self.wanted().whole_path(),
            GrantField::Location => yes_no(form.location),
            GrantField::Rotate => yes_no(form.rotate),
        }
    }
}

/// The user whose key was judged beside an operator of the same account.
fn reader_of(report: &Report) -> Option<String> {
    if !matches!(report.target, Target::S3 { .. } | Target::Demo { .. }) {
        return None;
    }
    let arn = |who: &Option<crate::report::Identity>| who.as_ref().and_then(|i| i.arn.clone());
    let (reader, operator) = (arn(&report.identity)?, arn(&report.operator)?);
    let account = |arn: &str| arn.split(':').nth(4).map(str::to_owned);
    if account(&reader) != account(&operator) || reader == operator {
        return None;
    }
    let (_, rest) = reader.split_once(":user/")?;
    let name = rest.rsplit('/').next()?;
    name_trouble(name).is_none().then(|| name.to_owned())
}
