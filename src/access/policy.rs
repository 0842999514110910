//! Policy documents, read without losing anything: order, unknown elements, one value or a list, and the text itself
//! with the place of each part.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::json::{self, JsonError, Node, Span, Value};

/// A policy document and its text.
#[derive(Clone, PartialEq)]
pub struct Policy {
    text: String,
    root: Node,
    /// The `Version` element; `None` where there is none, which means `2008-10-17`.
    pub version: Option<String>,
    /// The `Id` element.
    pub id: Option<String>,
    /// The statements, in order.
    pub statements: Vec<Statement>,
    /// Top-level elements that are not of the policy language.
    pub unknown: Vec<String>,
}

/// What a statement does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Effect {
    /// Lets through.
    Allow,
    /// Refuses, whatever else allows.
    Deny,
}

/// A text of the policy and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spanned {
    /// The text, unescaped.
    pub text: String,
    /// Where.
    pub span: Span,
}

/// `Action` and `Resource`, or their opposites.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patterns {
    /// Whether it is `NotAction` or `NotResource`.
    pub not: bool,
    /// The patterns, in order.
    pub patterns: Vec<Spanned>,
    /// Where the value stands.
    pub span: Span,
}

/// One entry of a `Principal` or `NotPrincipal` element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrincipalEntry {
    /// `AWS`, `Service`, `Federated`, `CanonicalUser`; empty for the bare `"*"`.
    pub kind: String,
    /// The value.
    pub value: Spanned,
}

/// `Principal` or `NotPrincipal`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principals {
    /// Whether it is `NotPrincipal`.
    pub not: bool,
    /// Who is named.
    pub entries: Vec<PrincipalEntry>,
    /// Where the value stands.
    pub span: Span,
}

/// One condition: an operator, a key and the policy's values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// As spelled: `ForAnyValue:StringLikeIfExists`.
    pub operator: String,
    /// As spelled: `s3:prefix`.
    pub key: String,
    /// The values as text; `true` and numbers are spelled as they stand.
    pub values: Vec<String>,
    /// Where the value stands.
    pub span: Span,
}

/// One statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// Its place in the document, from 0.
    pub index: usize,
    /// Its `Sid`.
    pub sid: Option<String>,
    /// What it does.
    pub effect: Effect,
    /// Who it is about; `None` in policies of identities.
    pub principals: Option<Principals>,
    /// Which actions.
    pub actions: Patterns,
    /// On what.
    pub resources: Patterns,
    /// Under which conditions; all must hold.
    pub conditions: Vec<Condition>,
    /// Elements that are not of the policy language: with one of them, the statement's meaning is not known.
    pub unknown: Vec<String>,
    /// Where it stands.
    pub span: Span,
    /// The line where it begins, counted from 1.
    pub line: usize,
}

/// Why a text is not a policy document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyError {
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
    /// What is wrong there.
    pub what: String,
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.what)
    }
}

impl std::error::Error for PolicyError {}

impl From<JsonError> for PolicyError {
    fn from(e: JsonError) -> Self {
        Self {
            line: e.line,
            column: e.column,
            what: format!("not JSON: {}", e.what),
        }
    }
}

impl Policy {
    /// Reads a document.
    ///
    /// # Errors
    /// When it is not JSON, or not of the policy language: AWS would not have saved it either.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let root = json::parse(text)?;
        let reader = Reader {
            text,
            line_ends: text.match_indices('\n').map(|(at, _)| at).collect(),
        };
        let members = root.members().ok_or_else(|| {
            reader.error(
                &root,
                format!("a policy is an object, and this is {}", root.kind()),
            )
        })?;
        let (mut version, mut id, mut unknown) = (None, None, Vec::new());
        let mut statements = None;
        for member in members {
            match member.name.as_str() {
                "Version" => version = Some(reader.text(&member.node, "Version")?),
                "Id" => id = Some(reader.text(&member.node, "Id")?),
                "Statement" => statements = Some(reader.statements(&member.node)?),
                name => unknown.push(name.to_owned()),
            }
        }
        let statements = statements.ok_or_else(|| reader.error(&root, "there is no Statement"))?;
        Ok(Self {
            text: text.to_owned(),
            root,
            version,
            id,
            statements,
            unknown,
        })
    }

    /// The document exactly as it was read.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The document's tree, with spans into [`Policy::text`].
    pub fn root(&self) -> &Node {
        &self.root
    }

    /// Whether `${…}` is a variable: only from version `2012-10-17` on.
    pub fn has_variables(&self) -> bool {
        self.version.as_deref() == Some("2012-10-17")
    }

    /// The first statement with this Sid.
    pub fn by_sid(&self, sid: &str) -> Option<&Statement> {
        self.statements.iter().find(|s| s.sid.as_deref() == Some(sid))
    }

    /// A statement's own text, as it stands in the document.
    pub fn text_of(&self, statement: &Statement) -> &str {
        statement.span.of(&self.text)
    }

    /// The document's size as IAM counts it for its limits: characters without white space.
    ///
    /// Source: IAM User Guide, "IAM and STS character limits".
    pub fn iam_size(&self) -> usize {
        iam_size(&self.text)
    }
}

/// Characters without white space, as IAM counts a policy's size.
pub fn iam_size(text: &str) -> usize {
    text.chars().filter(|c| !c.is_whitespace()).count()
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Policy({})", self.text)
    }
}

impl Serialize for Policy {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.text)
    }
}

/// From its text, or from the document itself where it stands in a file of JSON (then its formatting is ours).
impl<'de> Deserialize<'de> for Policy {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = match serde_json::Value::deserialize(d)? {
            serde_json::Value::String(text) => text,
            document => format!("{document:#}"),
        };
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

impl Statement {
    /// How people find it: its Sid, else `Statement[2]` (0-based).
    pub fn name(&self) -> String {
        match self.sid.as_deref() {
            Some(sid) if !sid.is_empty() => sid.to_owned(),
            _ => format!("Statement[{}]", self.index),
        }
    }

    /// The same in a sentence, with its line: `statement VpcOnly (line 4)`, `Statement[2] (line 9)`.
    pub fn place(&self) -> String {
        let word = match self.sid.as_deref() {
            Some(sid) if !sid.is_empty() => "statement ",
            _ => "",
        };
        format!("{word}{} (line {})", self.name(), self.line)
    }
}

struct Reader<'t> {
    text: &'t str,
    /// Where its lines end: a statement's line is found without going over all the text before it again.
    line_ends: Vec<usize>,
}

impl Reader<'_> {
    fn error(&self, node: &Node, what: impl Into<String>) -> PolicyError {
        let (line, column) = json::place(self.text, node.span.start);
        PolicyError {
            line,
            column,
            what: what.into(),
        }
    }

    fn text(&self, node: &Node, element: &str) -> Result<String, PolicyError> {
        node.text().map(str::to_owned).ok_or_else(|| {
            self.error(
                node,
                format!("{element} should be text, and this is {}", node.kind()),
            )
        })
    }

    fn spanned(&self, node: &Node, element: &str) -> Result<Spanned, PolicyError> {
        Ok(Spanned {
            text: self.text(node, element)?,
            span: node.span,
        })
    }

    fn statements(&self, node: &Node) -> Result<Vec<Statement>, PolicyError> {
        node.one_or_many()
            .iter()
            .enumerate()
            .map(|(index, node)| self.statement(index, node))
            .collect()
    }

    fn statement(&self, index: usize, node: &Node) -> Result<Statement, PolicyError> {
        let members = node.members().ok_or_else(|| {
            self.error(
                node,
                format!("a statement is an object, and this is {}", node.kind()),
            )
        })?;
        let (mut sid, mut effect, mut principals) = (None, None, None);
        let (mut actions, mut resources, mut conditions) = (None, None, Vec::new());
        let mut unknown = Vec::new();
        for member in members {
            let node = &member.node;
            let name = member.name.as_str();
            match name {
                "Sid" => sid = Some(self.text(node, name)?),
                "Effect" => effect = Some(self.effect(node)?),
                "Principal" | "NotPrincipal" => {
                    self.once(node, principals.is_some(), "Principal and NotPrincipal")?;
                    principals = Some(self.principals(node, name)?);
                }
                "Action" | "NotAction" => {
                    self.once(node, actions.is_some(), "Action and NotAction")?;
                    actions = Some(self.patterns(node, name)?);
                }
                "Resource" | "NotResource" => {
                    self.once(node, resources.is_some(), "Resource and NotResource")?;
                    resources = Some(self.patterns(node, name)?);
                }
                "Condition" => conditions = self.conditions(node)?,
                name => unknown.push(name.to_owned()),
            }
        }
        let missing = |what: &str| self.error(node, format!("the statement has no {what}"));
        Ok(Statement {
            index,
            sid,
            effect: effect.ok_or_else(|| missing("Effect"))?,
            principals,
            actions: actions.ok_or_else(|| missing("Action"))?,
            resources: resources.ok_or_else(|| missing("Resource"))?,
            conditions,
            unknown,
            span: node.span,
            line: self.line_ends.partition_point(|end| *end < node.span.start) + 1,
        })
    }

    fn once(&self, node: &Node, again: bool, both: &str) -> Result<(), PolicyError> {
        if again {
            return Err(self.error(node, format!("a statement can't have both {both}")));
        }
        Ok(())
    }

    fn effect(&self, node: &Node) -> Result<Effect, PolicyError> {
        match node.text() {
            Some("Allow") => Ok(Effect::Allow),
            Some("Deny") => Ok(Effect::Deny),
            _ => Err(self.error(node, "Effect is exactly \"Allow\" or \"Deny\"")),
        }
    }

    fn patterns(&self, node: &Node, element: &str) -> Result<Patterns, PolicyError> {
        let patterns = node
            .one_or_many()
            .iter()
            .map(|n| self.spanned(n, element))
            .collect::<Result<_, _>>()?;
        Ok(Patterns {
            not: element.starts_with("Not"),
            patterns,
            span: node.span,
        })
    }

    fn principals(&self, node: &Node, element: &str) -> Result<Principals, PolicyError> {
        let mut entries = Vec::new();
        match &node.value {
            Value::Text(_) => entries.push(PrincipalEntry {
                kind: String::new(),
                value: self.spanned(node, element)?,
            }),
            Value::Object(members) => {
                for member in members {
                    for value in member.node.one_or_many() {
                        entries.push(PrincipalEntry {
                            kind: member.name.clone(),
                            value: self.spanned(value, element)?,
                        });
                    }
                }
            }
            _ => {
                return Err(self.error(
                    node,
                    format!("{element} is \"*\" or an object such as {{\"AWS\": …}}"),
                ));
            }
        }
        Ok(Principals {
            not: element.starts_with("Not"),
            entries,
            span: node.span,
        })
    }

    fn conditions(&self, node: &Node) -> Result<Vec<Condition>, PolicyError> {
        let operators = node
            .members()
            .ok_or_else(|| self.error(node, "Condition is an object of operators"))?;
        let mut conditions = Vec::new();
        for operator in operators {
            let keys = operator.node.members().ok_or_else(|| {
                self.error(
                    &operator.node,
                    "a condition operator holds an object of keys and values",
                )
            })?;
            for key in keys {
                let values = key
                    .node
                    .one_or_many()
                    .iter()
                    .map(|n| self.scalar(n))
                    .collect::<Result<_, _>>()?;
                conditions.push(Condition {
                    operator: operator.name.clone(),
                    key: key.name.clone(),
                    values,
                    span: key.node.span,
                });
            }
        }
        Ok(conditions)
    }

    fn scalar(&self, node: &Node) -> Result<String, PolicyError> {
        match &node.value {
            Value::Text(text) => Ok(text.clone()),
            Value::Bool(b) => Ok(b.to_string()),
            Value::Number(n) => Ok(n.clone()),
            _ => Err(self.error(node, "a condition's value is text, a number, true or false")),
        }
    }
}

/// Where a policy is attached.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// An inline policy of the user.
    UserInline {
        /// The policy's name.
        name: String,
    },
    /// A managed policy attached to the user.
    UserManaged {
        /// The policy's name.
        name: String,
        /// Its default version, `v3`.
        version: String,
    },
    /// An inline policy of one of the user's groups.
    GroupInline {
        /// The group.
        group: String,
        /// The policy's name.
        name: String,
    },
    /// A managed policy attached to one of the user's groups.
    GroupManaged {
        /// The group.
        group: String,
        /// The policy's name.
        name: String,
        /// Its default version, `v3`.
        version: String,
    },
    /// The user's permissions boundary.
    Boundary {
        /// The policy's name.
        name: String,
        /// Its default version, `v3`.
        version: String,
    },
    /// A policy given when the session began.
    Session,
    /// The bucket's policy.
    Bucket,
    /// A KMS key's policy.
    Key,
    /// A service control policy of the organisation.
    ServiceControl {
        /// The policy's name.
        name: String,
    },
    /// A resource control policy of the organisation.
    ResourceControl {
        /// The policy's name.
        name: String,
    },
    /// The policy of the VPC endpoint that the request goes through.
    VpcEndpoint {
        /// The endpoint, `vpce-…`.
        id: String,
    },
}

impl Source {
    /// Whether it is attached to an identity, so that its statements name no principal.
    pub const fn is_of_identity(&self) -> bool {
        matches!(
            self,
            Self::UserInline { .. }
                | Self::UserManaged { .. }
                | Self::GroupInline { .. }
                | Self::GroupManaged { .. }
                | Self::Boundary { .. }
                | Self::Session
        )
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UserInline { name } => write!(f, "user policy {name}"),
            Self::UserManaged { name, version } => write!(f, "managed policy {name} {version}"),
            Self::GroupInline { group, name } => write!(f, "policy {name} of the group {group}"),
            Self::GroupManaged { group, name, version } => {
                write!(f, "managed policy {name} {version} of the group {group}")
            }
            Self::Boundary { name, version } => write!(f, "permissions boundary {name} {version}"),
            Self::Session => f.write_str("session policy"),
            Self::Bucket => f.write_str("bucket policy"),
            Self::Key => f.write_str("key policy"),
            Self::ServiceControl { name } => write!(f, "service control policy {name}"),
            Self::ResourceControl { name } => write!(f, "resource control policy {name}"),
            Self::VpcEndpoint { id } => write!(f, "policy of the VPC endpoint {id}"),
        }
    }
}

/// A policy and where it is attached.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attached {
    /// Where.
    pub source: Source,
    /// The document.
    #[serde(with = "shared")]
    pub policy: Arc<Policy>,
}

impl Attached {
    /// A policy and where it is attached.
    pub fn new(source: Source, policy: impl Into<Arc<Policy>>) -> Self {
        Self {
            source,
            policy: policy.into(),
        }
    }
}

mod shared {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::Policy;

    pub(super) fn serialize<S: Serializer>(policy: &Arc<Policy>, s: S) -> Result<S::Ok, S::Error> {
        policy.as_ref().serialize(s)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Arc<Policy>, D::Error> {
        Policy::deserialize(d).map(Arc::new)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    const ODD: &str = r#"{
  "Statement": {
    "Sid": "One",  "Principal": {"AWS": ["123456789012", "AIDAEXAMPLE"], "Service": "x.amazonaws.com"},
    "Effect": "Deny", "NotAction": "s3:Get*",
    "Resource": ["arn:aws:s3:::b"], "Condition": {"Bool": {"aws:SecureTransport": false}},
    "Comment": "kept"
  },
  "Version": "2008-10-17", "Owner": {"team": "data"}
}"#;

    #[test]
    fn nothing_of_a_foreign_policy_is_lost() {
        let policy = Policy::parse(ODD).unwrap();
        assert_eq!(policy.text(), ODD);
        assert_eq!(policy.unknown, ["Owner"]);
        assert!(!policy.has_variables());
        let statement = &policy.statements[0];
        assert_eq!((statement.name().as_str(), statement.line), ("One", 2));
        assert_eq!(statement.unknown, ["Comment"]);
        assert!(statement.actions.not && !statement.resources.not);
        let kinds: Vec<&str> = statement
            .principals
            .as_ref()
            .unwrap()
            .entries
            .iter()
            .map(|e| e.kind.as_str())
            .collect();
        assert_eq!(kinds, ["AWS", "AWS", "Service"]);
        assert_eq!(statement.conditions[0].values, ["false"]);
        assert!(policy.text_of(statement).starts_with('{') && policy.text_of(statement).ends_with('}'));
    }

    #[test]
    fn a_document_that_aws_would_not_save_is_refused_with_its_place() {
        for (text, line, word) in [
            ("[]", 1, "a policy is an object"),
            ("{}", 1, "no Statement"),
            ("{\"Statement\": [\n{\"Effect\": \"allow\"}]}", 2, "exactly"),
            ("{\"Statement\": [{\"Effect\": \"Allow\"}]}", 1, "no Action"),
            (
                "{\"Statement\": {\"Effect\": \"Allow\", \"Action\": \"*\", \"NotAction\": \"*\"}}",
                1,
                "both",
            ),
            (
                "{\"Statement\": {\"Effect\": \"Allow\", \"Action\": 1}}",
                1,
                "text",
            ),
        ] {
            let error = Policy::parse(text).unwrap_err();
            assert_eq!(error.line, line, "{text}: {error}");
            assert!(error.what.contains(word), "{text}: {error}");
        }
    }

    #[test]
    fn a_long_document_is_read_in_one_go() {
        // Going back over the text for each statement or name would take minutes.
        let statement = "{\"Effect\": \"Allow\", \"Action\": \"*\", \"Resource\": \"*\"}";
        let statements = vec![statement; 40_000].join(",\n");
        let policy = Policy::parse(&format!("{{\"Statement\": [{statements}]}}")).unwrap();
        assert_eq!(policy.statements[39_999].line, 40_000);
        let elements: Vec<String> = (0..60_000).map(|n| format!("\"{n}\": {n}")).collect();
        let odd = format!("{{\"Statement\": [], {}}}", elements.join(", "));
        assert_eq!(Policy::parse(&odd).unwrap().unknown.len(), 60_000);
    }

    #[test]
    fn a_statement_without_a_sid_is_found_by_its_place() {
        let text = r#"{"Statement": [{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Allow","Action":"*","Resource":"*","Sid":""}]}"#;
        let policy = Policy::parse(text).unwrap();
        assert_eq!(policy.statements[1].name(), "Statement[1]");
    }
}
