//! The few files of a grant (journal, undo file, key file), written so that they outlive a kill or a power cut: what a
//! method has returned from is on the disk, its folder's entry included.
//!
//! All of them are small; their writing blocks for a sync, which is meant: nothing may go on before it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// A journal, an undo file or a key file is a page of text.
const MAX_BYTES: u64 = 16 << 20;

/// Where files of a grant are kept.
pub trait Disk: Send + Sync + 'static {
    /// A file's text; `None` where there is none.
    ///
    /// # Errors
    /// A file that can't be read, or is no UTF-8.
    fn read(&self, path: &Path) -> io::Result<Option<String>>;

    /// Makes a file, never over one that is there. A private one is its owner's alone (mode 0600), where the system
    /// knows such a thing.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`], and what a disk says.
    fn create(&self, path: &Path, text: &str, private: bool) -> io::Result<()>;

    /// Fills an empty file that [`Disk::create`] made, and no other.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`] where it is not empty, and what a disk says.
    fn fill(&self, path: &Path, text: &str) -> io::Result<()>;

    /// Puts a whole new text in a file's place: after a kill it is either the former or the new one.
    ///
    /// # Errors
    /// What a disk says.
    fn replace(&self, path: &Path, text: &str) -> io::Result<()>;

    /// Removes a file; one that is not there is no trouble.
    ///
    /// # Errors
    /// What a disk says.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// The names in a folder.
    ///
    /// # Errors
    /// What a disk says.
    fn names(&self, folder: &Path) -> io::Result<Vec<String>>;

    /// Opens a file to append lines to, makes it where it is not there, and keeps others from opening it until it is
    /// dropped. A last line that a kill cut off is cut away, or the next would be glued to it.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] where it is open elsewhere, and what a disk says.
    fn open_log(&self, path: &Path) -> io::Result<Box<dyn Log>>;
}

/// A file of whole lines, open to append.
pub trait Log: Send + Sync {
    /// What it held when it was opened.
    fn text(&self) -> &str;

    /// Appends a line, its end included.
    ///
    /// # Errors
    /// What a disk says.
    fn append(&mut self, line: &str) -> io::Result<()>;
}

/// The local file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct LocalDisk;

impl Disk for LocalDisk {
    fn read(&self, path: &Path) -> io::Result<Option<String>> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut text = String::new();
        // A device has no end, and says to have no bytes.
        let read = file.take(MAX_BYTES).read_to_string(&mut text)?;
        if u64::try_from(read).is_ok_and(|read| read >= MAX_BYTES) {
            return Err(io::Error::other("it is far larger than such a file can be"));
        }
        Ok(Some(text))
    }

    fn create(&self, path: &Path, text: &str, private: bool) -> io::Result<()> {
        let mut file = options(private).write(true).create_new(true).open(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        sync_folder(path)
    }

    fn fill(&self, path: &Path, text: &str) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).open(path)?;
        if file.metadata()?.len() > 0 {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        file.write_all(text.as_bytes())?;
        file.sync_all()
    }

    fn replace(&self, path: &Path, text: &str) -> io::Result<()> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let beside = path.with_file_name(format!(".{name}.part"));
        let mut file = File::create(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        drop(file);
        fs::rename(&beside, path)?;
        sync_folder(path)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        match fs::remove_file(path) {
            Ok(()) => sync_folder(path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn names(&self, folder: &Path) -> io::Result<Vec<String>> {
        let here = if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        };
        let entries = fs::read_dir(here)?.filter_map(Result::ok);
        Ok(entries
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect())
    }

    fn open_log(&self, path: &Path) -> io::Result<Box<dyn Log>> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Err(io::ErrorKind::WouldBlock.into()),
            // Some network file systems know no locks: better without than not at all.
            Err(fs::TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {}
            Err(fs::TryLockError::Error(error)) => return Err(error),
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let whole = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
        if whole < bytes.len() {
            bytes.truncate(whole);
            file.set_len(u64::try_from(whole).unwrap_or(u64::MAX))?;
        }
        file.seek(SeekFrom::End(0))?;
        file.sync_all()?;
        sync_folder(path)?;
        let text = String::from_utf8(bytes).map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
        Ok(Box::new(LocalLog { file, text }))
    }
}

struct LocalLog {
    file: File,
    text: String,
}

impl Log for LocalLog {
    fn text(&self) -> &str {
        &self.text
    }

    fn append(&mut self, line: &str) -> io::Result<()> {
        self.file.write_all(line.as_bytes())?;
        self.file.sync_all()
    }
}

/// How a file is opened: a private one is its owner's alone from the moment it exists.
fn options(private: bool) -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    if private {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    // Elsewhere a new file has its folder's rights.
    #[cfg(not(unix))]
    let _ = private;
    options
}

/// Makes a file's name durable; a file may be on the disk and its name not.
fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        match File::open(folder).and_then(|folder| folder.sync_all()) {
            // A folder that may be written but not read can't be opened to be synced.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
            other => other,
        }
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        Ok(())
    }
}

/// Files that live as long as this process: the practice account's grants leave nothing on the disk. Cloning shares them.
#[derive(Clone, Debug, Default)]
pub struct MemoryDisk(Arc<Mutex<Memory>>);

#[derive(Debug, Default)]
struct Memory {
    files: BTreeMap<PathBuf, Hidden>,
    open: BTreeSet<PathBuf>,
}

/// A file's text; it may be a key file's.
#[derive(Clone, Default)]
struct Hidden(String);

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl MemoryDisk {
    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Disk for MemoryDisk {
    fn read(&self, path: &Path) -> io::Result<Option<String>> {
        Ok(self.lock().files.get(path).map(|file| file.0.clone()))
    }

    fn create(&self, path: &Path, text: &str, _private: bool) -> io::Result<()> {
        let mut memory = self.lock();
        if memory.files.contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        memory.files.insert(path.to_owned(), Hidden(text.to_owned()));
        Ok(())
    }

    fn fill(&self, path: &Path, text: &str) -> io::Result<()> {
        match self.lock().files.get_mut(path) {
            None => Err(io::ErrorKind::NotFound.into()),
            Some(file) if !file.0.is_empty() => Err(io::ErrorKind::AlreadyExists.into()),
            Some(file) => {
                file.0.push_str(text);
                Ok(())
            }
        }
    }

    fn replace(&self, path: &Path, text: &str) -> io::Result<()> {
        self.lock().files.insert(path.to_owned(), Hidden(text.to_owned()));
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.lock().files.remove(path);
        Ok(())
    }

    fn names(&self, folder: &Path) -> io::Result<Vec<String>> {
        let memory = self.lock();
        let inside = memory.files.keys().filter(|path| path.parent() == Some(folder));
        Ok(inside
            .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
            .collect())
    }

    fn open_log(&self, path: &Path) -> io::Result<Box<dyn Log>> {
        let mut memory = self.lock();
        if !memory.open.insert(path.to_owned()) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let file = memory.files.entry(path.to_owned()).or_default();
        let whole = file.0.rfind('\n').map_or(0, |at| at + 1);
        file.0.truncate(whole);
        let text = file.0.clone();
        drop(memory);
        Ok(Box::new(MemoryLog {
            disk: self.clone(),
            path: path.to_owned(),
            text,
        }))
    }
}

struct MemoryLog {
    disk: MemoryDisk,
    path: PathBuf,
    text: String,
}

impl Log for MemoryLog {
    fn text(&self) -> &str {
        &self.text
    }

    fn append(&mut self, line: &str) -> io::Result<()> {
        let mut memory = self.disk.lock();
        let file = memory.files.entry(self.path.clone()).or_default();
        file.0.push_str(line);
        Ok(())
    }
}

impl Drop for MemoryLog {
    fn drop(&mut self) {
        self.disk.lock().open.remove(&self.path);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    /// Both disks, with a folder that lives as long as the test.
    fn disks() -> Vec<(Box<dyn Disk>, PathBuf, Option<tempfile::TempDir>)> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_owned();
        vec![
            (Box::new(LocalDisk), path, Some(folder)),
            (Box::new(MemoryDisk::default()), PathBuf::from("folder"), None),
        ]
    }

    #[test]
    fn no_file_is_ever_written_over() {
        for (disk, folder, _kept) in disks() {
            let path = folder.join("key.json");
            assert_eq!(disk.read(&path).unwrap(), None);
            disk.create(&path, "", true).unwrap();
            assert_eq!(
                disk.create(&path, "other", true).unwrap_err().kind(),
                io::ErrorKind::AlreadyExists
            );
            disk.fill(&path, "one").unwrap();
            assert_eq!(
                disk.fill(&path, "two").unwrap_err().kind(),
                io::ErrorKind::AlreadyExists
            );
            assert_eq!(disk.read(&path).unwrap().as_deref(), Some("one"));
            disk.replace(&path, "three").unwrap();
            assert_eq!(disk.read(&path).unwrap().as_deref(), Some("three"));
            assert_eq!(disk.names(&folder).unwrap(), ["key.json"]);
            disk.remove(&path).unwrap();
            disk.remove(&path).unwrap();
            assert_eq!(disk.names(&folder).unwrap(), Vec::<String>::new());
        }
    }

    #[test]
    fn a_log_goes_on_after_a_line_that_a_kill_cut_and_is_open_once_only() {
        for (disk, folder, _kept) in disks() {
            let path = folder.join("log");
            disk.create(&path, "one\ntw", false).unwrap();
            let mut log = disk.open_log(&path).unwrap();
            assert_eq!(log.text(), "one\n");
            assert!(
                disk.open_log(&path)
                    .is_err_and(|e| e.kind() == io::ErrorKind::WouldBlock)
            );
            log.append("three\n").unwrap();
            drop(log);
            assert_eq!(disk.open_log(&path).unwrap().text(), "one\nthree\n");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_private_file_is_its_owners_alone_before_anything_is_in_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.json");
        LocalDisk.create(&path, "", true).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
