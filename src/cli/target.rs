//! What TARGET means: `s3://bucket[/prefix]`, a local folder, or `demo:SCENARIO`.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use super::failure::Failure;
use crate::{
    demo::{self, Scenario},
    report::{
        config::{nearest, normal_prefix},
        escape,
    },
};

/// A target that can be opened.
#[derive(Clone)]
pub enum Place {
    /// A bucket.
    S3 {
        /// Its name.
        bucket: String,
        /// The prefix that stood in the target, empty or ending in `/`.
        prefix: String,
    },
    /// A local folder, as it was given.
    Folder(PathBuf),
    /// A scenario of the practice account.
    Demo(&'static Scenario),
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::S3 { bucket, prefix } => write!(f, "s3://{bucket}/{prefix}"),
            Self::Folder(path) => write!(f, "{}", path.display()),
            Self::Demo(scenario) => write!(f, "demo:{}", scenario.name),
        }
    }
}

/// The commands, for when one of them was meant.
const COMMANDS: [&str; 11] = [
    "demo",
    "check",
    "calendar",
    "grant",
    "signal",
    "open",
    "convert",
    "screen",
    "rules",
    "completions",
    "man",
];

impl Place {
    /// Reads a target.
    ///
    /// # Errors
    /// Exit 4, with what was probably meant: a folder that is not there, a name that no bucket can have.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let shown = escape(text).into_owned();
        if let Some(name) = text.strip_prefix("demo:") {
            return Ok(Self::Demo(demo::find(name)?));
        }
        if let Some(rest) = text.strip_prefix("s3://") {
            return s3(rest);
        }
        if let Some((scheme, rest)) = text.split_once("://") {
            return Err(other_scheme(&shown, scheme, rest));
        }
        if text.starts_with("arn:") {
            let bucket = text.rsplit(":::").next().unwrap_or_default();
            return Err(Failure::cannot(format!("{shown} is an ARN"))
                .hint(format!("write it as s3://{}", bucket.trim_end_matches("/*"))));
        }
        let path = Path::new(text);
        if path.is_dir() {
            return Ok(Self::Folder(path.to_owned()));
        }
        Err(no_folder(text, path))
    }
}

impl Place {
    /// Reads a target as the wizard's field takes it: a bucket's bare name is enough there.
    ///
    /// # Errors
    /// As [`Place::parse`].
    pub fn parse_loosely(text: &str) -> Result<Self, Failure> {
        Self::parse(text).or_else(|failure| {
            let bucket = text.split('/').next().unwrap_or_default();
            if !text.contains(':') && bucket_name(bucket).is_ok() {
                s3(text)
            } else {
                Err(failure)
            }
        })
    }
}

fn no_folder(text: &str, path: &Path) -> Failure {
    let shown = escape(text);
    if text.is_empty() {
        return Failure::cannot("the target is empty")
            .hint("write s3://bucket, a local folder, or demo:messy-rows");
    }
    if path.is_file() {
        let failure = Failure::cannot(format!("{shown} is a file, and a target is a bucket or a folder"));
        return if text.ends_with(".json") || text.ends_with(".jsonl") {
            failure.hint(format!(
                "a saved report is opened with `bucket-ready open {shown}`"
            ))
        } else {
            failure.hint("give the folder that holds events/, metrics/ and signals/")
        };
    }
    let is_word = !text.contains(['/', '.']);
    let failure = Failure::cannot(format!("there is no folder {shown}"));
    if let Some(command) = nearest(text, COMMANDS).filter(|_| is_word) {
        return failure
            .hint(format!("did you mean the command `{command}`?"))
            .hint(format!("a bucket is written s3://{shown}"));
    }
    if demo::find(text).is_ok() {
        return failure.hint(format!("did you mean demo:{shown}?"));
    }
    match text.split('/').next() {
        Some(first) if bucket_name(first).is_ok() && !text.starts_with(['.', '/']) => {
            let failure = failure.hint(format!("a bucket is written s3://{shown}"));
            match is_word {
                true => failure.hint("`bucket-ready --help` lists the commands"),
                false => failure,
            }
        }
        _ => failure.hint("check the path; the folder must hold events/, metrics/ and signals/"),
    }
}

fn other_scheme(shown: &str, scheme: &str, rest: &str) -> Failure {
    let failure = Failure::cannot(format!("{shown} is not a target"));
    match scheme.to_ascii_lowercase().as_str() {
        "s3" | "s3a" | "s3n" => failure.hint(format!("write s3://{rest}")),
        "file" => failure.hint(format!("write the path alone: {}", escape(rest))),
        "http" | "https" => match bucket_of_url(rest) {
            Some(target) => failure.hint(format!("write {target}")),
            None => failure.hint("write s3://bucket/prefix, and give another endpoint with --endpoint-url"),
        },
        _ => failure.hint("write s3://bucket, a local folder, or demo:messy-rows"),
    }
}

/// `bucket.s3.us-west-2.amazonaws.com/prefix` or `s3.us-west-2.amazonaws.com/bucket/prefix` as a target.
fn bucket_of_url(rest: &str) -> Option<String> {
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = host.strip_suffix(".amazonaws.com")?;
    let path = path.split('?').next().unwrap_or_default();
    let target = if host == "s3" || host.starts_with("s3.") || host.starts_with("s3-") {
        format!("s3://{path}")
    } else {
        let (bucket, _) = host.split_once(".s3").filter(|(bucket, _)| !bucket.is_empty())?;
        format!("s3://{bucket}/{path}")
    };
    Some(escape(target.trim_end_matches('/')).into_owned())
}

fn s3(rest: &str) -> Result<Place, Failure> {
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    if bucket.is_empty() {
        return Err(Failure::cannot(format!("s3://{} names no bucket", escape(rest)))
            .hint("write s3://bucket or s3://bucket/prefix"));
    }
    if let Err(why) = bucket_name(bucket) {
        let failure = Failure::cannot(format!("{} can't be a bucket's name: {why}", escape(bucket)));
        let lower = bucket.to_lowercase();
        return Err(if lower != bucket && bucket_name(&lower).is_ok() {
            failure.hint(format!("did you mean s3://{lower}?"))
        } else {
            failure.hint("write s3://bucket or s3://bucket/prefix")
        });
    }
    let prefix =
        normal_prefix(prefix).map_err(|why| Failure::cannot(why).hint("write s3://bucket/prefix"))?;
    Ok(Place::S3 {
        bucket: bucket.to_owned(),
        prefix,
    })
}

/// Whether a bucket can have a name. Source: "Bucket naming rules" of the S3 user guide.
fn bucket_name(name: &str) -> Result<(), &'static str> {
    if name.is_empty() {
        return Err("it is empty");
    }
    if name.chars().any(|c| c.is_uppercase()) {
        return Err("names are lower case");
    }
    if !name
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.')
    {
        return Err("only lower-case letters, digits, hyphens and dots are allowed");
    }
    if !(3..=63).contains(&name.len()) {
        return Err("names have 3 to 63 characters");
    }
    let edge = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_alphanumeric());
    if !edge(name.bytes().next()) || !edge(name.bytes().last()) {
        return Err("names begin and end with a letter or digit");
    }
    if name.contains("..") {
        return Err("two dots can't stand together");
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn refused(text: &str) -> (u8, String) {
        let failure = Place::parse(text).unwrap_err();
        (failure.code, failure.hints.join("; "))
    }

    #[test]
    fn targets_are_read_as_users_write_them() {
        let Place::S3 { bucket, prefix } = Place::parse("s3://acme-export/prod/a").unwrap() else {
            panic!("not S3");
        };
        assert_eq!((bucket.as_str(), prefix.as_str()), ("acme-export", "prod/a/"));
        let Place::S3 { prefix, .. } = Place::parse("s3://acme-export/").unwrap() else {
            panic!("not S3");
        };
        assert_eq!(prefix, "");
        assert!(matches!(Place::parse("demo:messy-rows"), Ok(Place::Demo(s)) if s.name == "messy-rows"));
        assert!(matches!(Place::parse("."), Ok(Place::Folder(_))));
    }

    #[test]
    fn a_target_that_cannot_be_meant_names_the_one_that_can() {
        assert_eq!(
            refused("s3://Acme-Export"),
            (4, "did you mean s3://acme-export?".into())
        );
        assert_eq!(refused("s3a://acme/x"), (4, "write s3://acme/x".into()));
        assert_eq!(
            refused("https://acme.s3.us-west-2.amazonaws.com/prod/"),
            (4, "write s3://acme/prod".into())
        );
        assert_eq!(
            refused("https://s3.us-west-2.amazonaws.com/acme/prod"),
            (4, "write s3://acme/prod".into())
        );
        assert_eq!(refused("arn:aws:s3:::acme"), (4, "write it as s3://acme".into()));
        assert_eq!(
            refused("demo:messy-row"),
            (4, "did you mean demo:messy-rows?".into())
        );
        assert!(
            refused("chekc")
                .1
                .starts_with("did you mean the command `check`?")
        );
        assert!(refused("acme-export/prod").1.contains("s3://acme-export/prod"));
        assert!(refused("s3://a_b").1.contains("s3://bucket"));
        assert!(refused("/nowhere/at/all").1.contains("check the path"));
        assert!(refused("").1.contains("demo:messy-rows"));
        assert!(refused("s3://acme//x").0 == 4);
    }
}
