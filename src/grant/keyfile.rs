//! The file into which a new key's secret goes: made before the key is, filled before the journal says that it is there,
//! and never written over. `--reader-key-file` reads it.

use std::{
    io,
    path::{Path, PathBuf},
};

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::{account::NewKey, disk::Disk};

/// Where a new key's secret goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyPlace {
    /// Into a file that is not there yet.
    File(PathBuf),
    /// To whoever listens to the events ([`crate::access::plan::GrantEvent::Key`]), and nowhere else.
    Shown,
}

/// What stands in a key file's place.
#[derive(Debug)]
pub(super) enum Found {
    /// Nothing.
    Absent,
    /// A file without a byte: made, and not yet filled.
    Empty,
    /// A key.
    Key(NewKey),
    /// Something else.
    Other,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Shape<'s> {
    #[serde(default)]
    user_name: &'s str,
    access_key_id: &'s str,
    secret_access_key: &'s str,
}

/// Looks at a key file's place.
pub(super) fn look(disk: &dyn Disk, path: &Path) -> io::Result<Found> {
    let Some(text) = disk.read(path)?.map(SecretString::from) else {
        return Ok(Found::Absent);
    };
    let text = text.expose_secret();
    if text.is_empty() {
        return Ok(Found::Empty);
    }
    // Our own shape alone: whatever is written otherwise was not written here. An escape in it can't be ours either.
    Ok(match serde_json::from_str::<Shape<'_>>(text) {
        Ok(shape) => Found::Key(NewKey {
            id: shape.access_key_id.to_owned(),
            secret: SecretString::from(shape.secret_access_key),
        }),
        Err(_) => Found::Other,
    })
}

/// Fills a key file that was made before.
pub(super) fn fill(disk: &dyn Disk, path: &Path, user: &str, key: &NewKey) -> io::Result<()> {
    let shape = Shape {
        user_name: user,
        access_key_id: &key.id,
        secret_access_key: key.secret.expose_secret(),
    };
    let text = serde_json::to_string_pretty(&shape)
        .map(|text| SecretString::from(text + "\n"))
        .map_err(io::Error::other)?;
    disk.fill(path, text.expose_secret())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::grant::disk::MemoryDisk;

    #[test]
    fn a_key_file_gives_back_the_key_that_was_put_in_it_and_takes_no_second_one() {
        let disk = MemoryDisk::default();
        let path = Path::new("key.json");
        assert!(matches!(look(&disk, path).unwrap(), Found::Absent));
        disk.create(path, "", true).unwrap();
        assert!(matches!(look(&disk, path).unwrap(), Found::Empty));
        let key = NewKey {
            id: "AKIAEXAMPLE".into(),
            secret: SecretString::from("secret/EXAMPLE+key"),
        };
        fill(&disk, path, "statsig-reader", &key).unwrap();
        let Found::Key(back) = look(&disk, path).unwrap() else {
            panic!("no key");
        };
        assert_eq!(back.id, "AKIAEXAMPLE");
        assert_eq!(back.secret.expose_secret(), "secret/EXAMPLE+key");
        assert!(fill(&disk, path, "statsig-reader", &key).is_err());
        disk.replace(path, "my notes").unwrap();
        assert!(matches!(look(&disk, path).unwrap(), Found::Other));
    }
}
