//! The form of the first step: which bucket, as whom.

use std::collections::BTreeMap;

use super::event::Resolved;
use crate::access::plan::Secret;

/// A field of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// Whose credentials these are.
    Role,
    /// `s3://bucket[/prefix]`, a bucket's name, a local folder, or `demo:SCENARIO`.
    Target,
    /// The AWS profile.
    Profile,
    /// The region, as an instruction.
    Region,
    /// The endpoint, for S3-compatible servers.
    Endpoint,
    /// A file with the reader's key, to judge it while acting as the operator.
    ReaderKey,
    /// A saved report.
    ReportFile,
}

impl Field {
    /// The field's label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Role => "who am I",
            Self::Target => "bucket",
            Self::Profile => "profile",
            Self::Region => "region",
            Self::Endpoint => "endpoint",
            Self::ReaderKey => "reader's key",
            Self::ReportFile => "report",
        }
    }

    /// What stands in an empty field, and what the field takes.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::Role => "",
            Self::Target => "s3://bucket/prefix, a folder, or demo:messy-rows",
            Self::Profile => "the default credentials",
            Self::Region => "the bucket's own",
            Self::Endpoint => "AWS",
            Self::ReaderKey => "none: the credentials above count as the reader's",
            Self::ReportFile => "a file written by x or by check --output json",
        }
    }
}

/// Whose credentials are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Role {
    /// May create users and policies.
    #[default]
    Operator,
    /// The key that Statsig uses: diagnose exactly what it would see.
    Reader,
    /// No credentials: a report that was saved.
    SavedReport,
}

impl Role {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Operator, Self::Reader, Self::SavedReport];

    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Reader => "the reader's own key",
            Self::SavedReport => "a saved report",
        }
    }

    /// What it means.
    pub const fn why(self) -> &'static str {
        match self {
            Self::Operator => "may create users and policies",
            Self::Reader => "sees exactly what Statsig would see",
            Self::SavedReport => "needs no credentials",
        }
    }

    fn turned(self, by: isize) -> Self {
        let at = Self::ALL.iter().position(|r| *r == self).unwrap_or(0) as isize;
        let index = (at + by).rem_euclid(Self::ALL.len() as isize);
        Self::ALL.get(index as usize).copied().unwrap_or_default()
    }
}

/// A line of the form that the cursor can stand on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectRow {
    /// A field.
    Field(Field),
    /// Start, or start again.
    Start,
    /// Go on to the first step that is not done.
    GoOn,
}

/// A key of the reader that is in this process' memory alone: one that step 2 made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReaderKey {
    /// Its id, `AKIA…`.
    pub id: String,
    /// Its secret.
    pub secret: Secret,
}

/// What a survey is started with. Texts are as typed; the driver reads them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Connection {
    /// The target as typed.
    pub target: String,
    /// The AWS profile.
    pub profile: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// The endpoint.
    pub endpoint: Option<String>,
    /// A file with the reader's key.
    pub reader_key: Option<String>,
    /// The reader's key itself, where step 2 made it; it goes before the file.
    pub fresh_key: Option<ReaderKey>,
    /// Whose credentials these are.
    pub role: Role,
}

impl Connection {
    /// Whether both lead to the same bucket by the same operator's credentials, whatever reader is judged.
    pub fn same_operator(&self, other: &Self) -> bool {
        let bare = |c: &Self| Self {
            reader_key: None,
            fresh_key: None,
            ..c.clone()
        };
        bare(self) == bare(other)
    }
}

/// The form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Connect {
    /// Whose credentials are used.
    pub role: Role,
    values: BTreeMap<Field, String>,
    /// The reader's key, where step 2 made it and the user chose it for the checks.
    pub fresh_key: Option<ReaderKey>,
    /// What the driver found out about values: where they came from.
    pub resolved: Vec<Resolved>,
    /// Which row the cursor is on.
    pub cursor: usize,
}

impl Connect {
    /// A form filled from the command line. The cursor stands on the row that starts.
    pub fn filled(connection: Connection) -> Self {
        let mut form = Self {
            role: connection.role,
            ..Self::default()
        };
        form.set(Field::Target, connection.target);
        form.set(Field::Profile, connection.profile.unwrap_or_default());
        form.set(Field::Region, connection.region.unwrap_or_default());
        form.set(Field::Endpoint, connection.endpoint.unwrap_or_default());
        form.set(Field::ReaderKey, connection.reader_key.unwrap_or_default());
        form.fresh_key = connection.fresh_key;
        if form.is_complete() {
            form.cursor = form.fields().len();
        } else {
            form.cursor = form
                .fields()
                .iter()
                .position(|f| *f == Field::Target)
                .unwrap_or(0);
        }
        form
    }

    /// A field's text as typed.
    pub fn value(&self, field: Field) -> &str {
        self.values.get(&field).map_or("", String::as_str)
    }

    /// Sets a field's text.
    pub fn set(&mut self, field: Field, value: String) {
        let value = value.trim().to_owned();
        if field != Field::ReportFile && self.value(field) != value {
            // Another bucket, account or key: the one that was made here is not meant any more.
            self.fresh_key = None;
        }
        self.values.insert(field, value);
        self.resolved.retain(|r| r.field != field);
    }

    /// The fields that apply to the role.
    pub fn fields(&self) -> &'static [Field] {
        match self.role {
            Role::Operator => &[
                Field::Role,
                Field::Target,
                Field::Profile,
                Field::Region,
                Field::Endpoint,
                Field::ReaderKey,
            ],
            Role::Reader => &[
                Field::Role,
                Field::Target,
                Field::Profile,
                Field::Region,
                Field::Endpoint,
            ],
            Role::SavedReport => &[Field::Role, Field::ReportFile],
        }
    }

    /// The form's rows. `connected`: whether there is somewhere to go on to.
    pub fn rows(&self, connected: bool) -> Vec<ConnectRow> {
        let mut rows: Vec<_> = self.fields().iter().map(|f| ConnectRow::Field(*f)).collect();
        rows.push(ConnectRow::Start);
        if connected {
            rows.push(ConnectRow::GoOn);
        }
        rows
    }

    /// Whether everything needed is there.
    pub fn is_complete(&self) -> bool {
        let needed = match self.role {
            Role::Operator | Role::Reader => Field::Target,
            Role::SavedReport => Field::ReportFile,
        };
        !self.value(needed).is_empty()
    }

    /// The next or previous role.
    pub fn turn_role(&mut self, by: isize) {
        self.role = self.role.turned(by);
    }

    /// What a field resolved to, and where that came from.
    pub fn resolved(&self, field: Field) -> Option<&Resolved> {
        self.resolved.iter().find(|r| r.field == field)
    }

    /// What to start a survey with.
    pub fn connection(&self) -> Connection {
        let set = |field: Field| {
            let value = self.value(field);
            (!value.is_empty() && self.fields().contains(&field)).then(|| value.to_owned())
        };
        Connection {
            target: self.value(Field::Target).to_owned(),
            profile: set(Field::Profile),
            region: set(Field::Region),
            endpoint: set(Field::Endpoint),
            reader_key: set(Field::ReaderKey),
            fresh_key: self.fresh_key.clone().filter(|_| self.role == Role::Operator),
            role: self.role,
        }
    }
}
