//! The program in a home of its own, beside a folder with a few days of data.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

use bucket_ready::{
    calendar::PstDay,
    contract::days::form::FinishedType,
    demo::{DemoObject, find, write_to_folder},
};
use tempfile::TempDir;

use crate::program::{Ran, program, ran};

/// The evening of 23 June in PST: data until 22 June, signals until 21 June.
pub const NOW: &str = "2026-06-23T21:14:00-08:00";

/// Stands for a secret: it must be found nowhere.
pub const CANARY: &str = "secret-EXAMPLEcanary7d1f";

pub struct Home {
    dir: TempDir,
}

/// 19 to 22 June of a healthy shop.
static OBJECTS: LazyLock<Vec<DemoObject>> = LazyLock::new(|| {
    let objects = find("healthy").unwrap().objects().unwrap();
    let day = |key: &str| key.split('/').nth(1).and_then(PstDay::parse);
    let first = PstDay::parse("2026-06-19").unwrap();
    objects
        .into_iter()
        .filter(|object| day(&object.key).is_some_and(|day| day >= first))
        .collect()
});

impl Home {
    /// With data.
    pub fn new() -> Self {
        let home = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        write_to_folder(&OBJECTS, &home.data()).unwrap();
        home
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    pub fn remove(&self, key: &str) {
        fs::remove_dir_all(self.data().join(key)).unwrap();
    }

    pub fn put(&self, key: &str, body: &[u8]) {
        let path = self.data().join(key);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, body).unwrap();
    }

    /// Signals of another type in place of those that are there.
    pub fn signals_as(&self, kind: FinishedType) {
        self.remove("signals");
        for day in ["2026-06-19", "2026-06-20", "2026-06-21"] {
            let body = bucket_ready::signal::object::bytes(PstDay::parse(day).unwrap(), kind).unwrap();
            self.put(&format!("signals/{day}/part-0.parquet"), &body);
        }
    }

    /// Every file under the data folder with its bytes.
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        fn walk(folder: &Path, root: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    walk(&path, root, found);
                } else {
                    let key = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
                    found.insert(key, fs::read(&path).unwrap());
                }
            }
        }
        let mut found = BTreeMap::new();
        walk(&self.data(), &self.data(), &mut found);
        found
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = program(self.path());
        command.args(args);
        command
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        ran(self.command(args).output().unwrap())
    }

    /// `signal data … --now NOW`
    pub fn signal(&self, args: &[&str]) -> Ran {
        let mut all = vec!["signal", "data"];
        all.extend(args);
        if !args.contains(&"--now") {
            all.extend(["--now", NOW]);
        }
        self.run(&all)
    }

    /// The ledgers' text.
    pub fn ledgers(&self) -> String {
        let folder = self.path().join(".local/state/bucket-ready");
        fs::read_dir(folder)
            .into_iter()
            .flatten()
            .map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap())
            .collect()
    }
}
