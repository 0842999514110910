//! A small text file that a user named, read whole or not at all.

use std::{fs::File, io, io::Read, path::Path};

/// Reads a text file of fewer than so many bytes. How large it says to be is not believed: devices and pipes say 0.
///
/// # Errors
/// What the system says; a folder; a file that is as large or larger, or no text.
pub fn read(path: &Path, less_than: u64) -> io::Result<String> {
    let file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(io::Error::other("it is a folder"));
    }
    let mut bytes = Vec::new();
    let read = file.take(less_than).read_to_end(&mut bytes)?;
    if u64::try_from(read).is_ok_and(|read| read >= less_than) {
        return Err(io::Error::other("it is too large"));
    }
    // No error quotes it: it may hold a secret.
    String::from_utf8(bytes).map_err(|_| io::Error::other("it is no text in UTF-8"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_small_is_refused_before_it_fills_the_memory() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "four").unwrap();
        assert_eq!(read(&path, 5).unwrap(), "four");
        assert!(read(&path, 4).unwrap_err().to_string().contains("too large"));
        assert!(
            read(folder.path(), 4)
                .unwrap_err()
                .to_string()
                .contains("a folder")
        );
        std::fs::write(&path, b"\xff").unwrap();
        assert!(read(&path, 4).unwrap_err().to_string().contains("no text"));
        // It has no end, and says to have no bytes.
        #[cfg(unix)]
        assert!(
            read(Path::new("/dev/zero"), 1 << 20)
                .unwrap_err()
                .to_string()
                .contains("too large")
        );
    }
}
