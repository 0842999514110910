//! What a grant works with, for command and wizard alike: the operator's account, the target, a fresh key tried over the
//! store, files and their names.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio::sync::{Mutex, mpsc::Sender};
use tokio_util::sync::CancellationToken;

use super::{failure::Failure, session::Session};
use crate::{
    access::{self, Plan, plan::GrantEvent},
    aws::AwsAccount,
    grant::{Disk, Engine, LocalDisk, MachineTimer, MemoryDisk, NewKey, Seen, Verifier, disk::Log},
    report::{Problem, ProblemKind, Target},
    rule::Dataset,
    store::{S3Credentials, S3Settings, S3Store, Store},
};

/// An engine for the session's account, as its operator.
///
/// # Errors
/// Exit 4: a folder, no credentials.
pub async fn engine(
    session: &Session,
    disk: Arc<dyn Disk>,
    cancel: CancellationToken,
    events: Sender<GrantEvent>,
) -> Result<Engine, Failure> {
    let Some(operator) = session.operator() else {
        return Err(no_folder());
    };
    if operator.no_sign_request {
        return Err(
            Failure::usage("a grant is made with a key, and --no-sign-request says to use none")
                .hint("leave --no-sign-request out"),
        );
    }
    Ok(Engine {
        verifier: Arc::new(FreshKey::of(operator.clone())),
        account: Arc::new(AwsAccount::connect(operator).await?),
        disk,
        timer: Arc::new(MachineTimer::default()),
        cancel,
        events,
    })
}

fn no_folder() -> Failure {
    Failure::cannot("a local folder has no policies: nothing can be granted on it")
        .hint("give the bucket that Statsig reads: s3://bucket")
}

/// The target as policies name it.
///
/// # Errors
/// Exit 4: a folder.
pub fn target(session: &Session) -> Result<access::Target, Failure> {
    let (bucket, prefix, region) = match &session.target {
        Target::S3 {
            bucket,
            prefix,
            region,
        }
        | Target::Demo {
            bucket,
            prefix,
            region,
            ..
        } => (bucket, prefix, region),
        Target::Folder { .. } => return Err(no_folder()),
    };
    let told = region
        .clone()
        .or_else(|| session.operator().and_then(|o| o.region));
    let partition = match told.as_deref() {
        Some(region) if region.starts_with("cn-") => "aws-cn",
        Some(region) if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    };
    Ok(access::Target::new(bucket, prefix, partition))
}

/// `bucket-ready-undo-acme-20260623T051400Z.json`, or the next name of that kind that is free.
///
/// # Errors
/// Exit 4: a folder that can't be read.
pub fn undo_file_name(disk: &dyn Disk, bucket: &str, now: Timestamp) -> Result<PathBuf, Failure> {
    let time = now.strftime("%Y%m%dT%H%M%SZ");
    for number in 1..100 {
        let name = match number {
            1 => format!("bucket-ready-undo-{bucket}-{time}.json"),
            n => format!("bucket-ready-undo-{bucket}-{time}-{n}.json"),
        };
        let path = PathBuf::from(name);
        let there = disk
            .read(&path)
            .map_err(|error| Failure::cannot(format!("the working folder can't be used: {error}")))?;
        if there.is_none() {
            return Ok(path);
        }
    }
    Err(Failure::cannot("no name is free for the undo file").hint("name one with --undo-file"))
}

/// Tries a fresh key over the store, as the reader that it is for.
struct FreshKey {
    settings: S3Settings,
    /// The store of the key that was tried last: the bucket's region need not be asked for each time.
    store: Mutex<Option<(String, S3Store)>>,
}

impl FreshKey {
    fn of(operator: S3Settings) -> Self {
        Self {
            settings: S3Settings {
                profile: None,
                credentials: None,
                ..operator
            },
            store: Mutex::default(),
        }
    }

    async fn store(&self, key: &NewKey) -> Result<S3Store, Problem> {
        let mut kept = self.store.lock().await;
        if let Some((id, store)) = &*kept
            && *id == key.id
        {
            return Ok(store.clone());
        }
        let settings = S3Settings {
            credentials: Some(S3Credentials {
                access_key_id: key.id.clone(),
                secret_access_key: key.secret.clone(),
                session_token: None,
            }),
            ..self.settings.clone()
        };
        let store = S3Store::connect(settings).await?.store;
        *kept = Some((key.id.clone(), store.clone()));
        Ok(store)
    }
}

/// So many last bytes of an object are read.
const TAIL: u64 = 8;

impl Verifier for FreshKey {
    fn try_key<'a>(&'a self, plan: &'a Plan, key: &'a NewKey) -> BoxFuture<'a, Result<Seen, Problem>> {
        Box::pin(async move {
            let store = self.store(key).await?;
            let mut seen = Seen::default();
            for dataset in Dataset::ALL {
                let page = store.list(&plan.target.folder(dataset), false, None).await?;
                let readable = page.objects.iter().find(|o| o.size > 0 && !o.archived);
                let read = match readable {
                    None => false,
                    Some(object) => match store.get_tail(object, TAIL).await {
                        Ok(_) => true,
                        Err(problem) if problem.kind == ProblemKind::Archived => false,
                        Err(problem) => return Err(problem),
                    },
                };
                match read {
                    true => seen.read.push(dataset),
                    false => seen.listed.push(dataset),
                }
            }
            Ok(seen)
        })
    }
}

/// Where files of a grant go on the practice account, which is gone when the process ends: only those that were named
/// are written; journal and undo file stay in memory.
#[derive(Clone, Debug, Default)]
pub struct PracticeDisk {
    memory: MemoryDisk,
    named: Vec<PathBuf>,
}

impl PracticeDisk {
    /// With these files on the disk.
    pub fn with(named: Vec<PathBuf>) -> Self {
        Self {
            memory: MemoryDisk::default(),
            named,
        }
    }

    fn of(&self, path: &Path) -> &dyn Disk {
        match self.named.iter().any(|named| named == path) {
            true => &LocalDisk,
            false => &self.memory,
        }
    }
}

impl Disk for PracticeDisk {
    fn read(&self, path: &Path) -> io::Result<Option<String>> {
        self.of(path).read(path)
    }

    fn create(&self, path: &Path, text: &str, private: bool) -> io::Result<()> {
        self.of(path).create(path, text, private)
    }

    fn fill(&self, path: &Path, text: &str) -> io::Result<()> {
        self.of(path).fill(path, text)
    }

    fn replace(&self, path: &Path, text: &str) -> io::Result<()> {
        self.of(path).replace(path, text)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.of(path).remove(path)
    }

    fn names(&self, folder: &Path) -> io::Result<Vec<String>> {
        self.memory.names(folder)
    }

    fn open_log(&self, path: &Path) -> io::Result<Box<dyn Log>> {
        self.of(path).open_log(path)
    }
}
