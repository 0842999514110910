//! An account and a disk that fail as they are told to: killed before any step, an answer lost after its call has landed,
//! a call refused, a change that AWS does not show yet.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bucket_ready::{
    access::{
        Encryption, Inspected, KeyFacts, Known, Plan, Target, UserFacts, Wanted,
        needs::POLICY_NAME,
        plan::{
            GrantEvent, InlinePolicy,
            apply::{Observed, ObservedUser},
            plan,
        },
    },
    grant::{
        Account, Disk, Engine, KeyPlace, Look, MemoryDisk, NewKey, Places, Seen, Timer, Verifier, disk::Log,
    },
    report::{Problem, ProblemKind},
    rule::{Dataset, Next},
};
use futures_util::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub const ACCOUNT: &str = "111111111111";
pub const BUCKET: &str = "acme";
pub const USER: &str = "statsig-reader";
pub const CANARY: &str = "canary/EXAMPLE+secret/0123456789abcdefgh";

/// The machine's power: it ends in the middle of a step, and then nothing more is done.
#[derive(Default)]
pub struct Power(Mutex<Left>);

#[derive(Default)]
struct Left {
    steps: Option<u32>,
    is_dead: bool,
}

/// What becomes of a step.
#[derive(PartialEq)]
enum Fate {
    Whole,
    /// The power ends in its middle.
    Cut,
    /// It had ended before.
    Never,
}

impl Power {
    /// So many more steps; `None` for no end.
    pub fn set(&self, steps: Option<u32>) {
        *self.0.lock().unwrap() = Left {
            steps,
            is_dead: false,
        };
    }

    fn step(&self) -> Fate {
        let mut left = self.0.lock().unwrap();
        match &mut left.steps {
            None => Fate::Whole,
            Some(0) => match std::mem::replace(&mut left.is_dead, true) {
                true => Fate::Never,
                false => Fate::Cut,
            },
            Some(steps) => {
                *steps -= 1;
                Fate::Whole
            }
        }
    }

    fn is_on(&self) -> bool {
        !self.0.lock().unwrap().is_dead
    }
}

fn gone() -> Problem {
    Problem::new(
        ProblemKind::Unreachable,
        "a call",
        "the power is gone",
        Next::say("-"),
    )
}

/// What the account holds, and what was asked of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    pub user: Option<ObservedUser>,
    pub bucket_policy: Option<String>,
    pub users_made: u32,
    pub keys_made: u32,
    /// The most keys of ours that were there at a time.
    pub most_keys: usize,
    /// Calls that change something, in order.
    pub calls: Vec<&'static str>,
}

/// What goes wrong.
#[derive(Default)]
pub struct Faults {
    /// This call lands, and its answer is lost; once.
    pub lost: Option<&'static str>,
    /// Instead of its answer, the lost call's second try is told this.
    pub lost_as: Option<(u16, &'static str)>,
    /// This call is refused.
    pub refused: Option<&'static str>,
    /// A fresh user is not shown by so many looks.
    pub hidden_looks: u32,
    /// S3 does not know a fresh user for so many puts of a policy.
    pub unknown_principal: u32,
    /// A fresh key works after so many tries only.
    pub tries_until_usable: u32,
    /// Somebody else puts this policy right after ours.
    pub overtaken_by: Option<String>,
}

#[derive(Default)]
pub struct Fake {
    pub state: Mutex<State>,
    pub faults: Mutex<Faults>,
    pub power: Arc<Power>,
}

type Answer<'a, T> = BoxFuture<'a, Result<T, Problem>>;

impl Fake {
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap()
    }

    /// A call that changes something.
    fn call<'a, T: Send + 'a>(
        &'a self,
        name: &'static str,
        change: impl FnOnce(&mut State) -> Result<T, Problem> + Send + 'a,
    ) -> Answer<'a, T> {
        Box::pin(async move {
            if self.power.step() != Fate::Whole {
                return Err(gone());
            }
            if self.faults().refused == Some(name) {
                return Err(said_no(ProblemKind::Refused, 403, "AccessDenied", name));
            }
            let answer = {
                let mut state = self.state();
                let answer = change(&mut state);
                if answer.is_ok() {
                    state.calls.push(name);
                    let keys = state.user.as_ref().map_or(0, |u| u.keys.len());
                    state.most_keys = state.most_keys.max(keys);
                }
                answer
            };
            if self.faults().lost == Some(name) {
                self.faults().lost = None;
                if let Some((status, code)) = self.faults().lost_as.take() {
                    let mut problem = said_no(ProblemKind::AlreadyThere, status, code, name);
                    problem.did_nothing = false;
                    return Err(problem);
                }
                return Err(Problem::new(
                    ProblemKind::Unreachable,
                    format!("{name} was not answered"),
                    "the connection was closed",
                    Next::say("Try again."),
                ));
            }
            answer
        })
    }

    fn seen(&self, look: Look) -> Result<Observed, Problem> {
        if !self.power.is_on() {
            return Err(gone());
        }
        let refused = self.faults().refused;
        if look.user && refused == Some("iam:GetUser") {
            return Err(said_no(ProblemKind::Refused, 403, "AccessDenied", "iam:GetUser"));
        }
        if look.bucket_policy && refused == Some("s3:GetBucketPolicy") {
            return Err(said_no(
                ProblemKind::Refused,
                403,
                "AccessDenied",
                "s3:GetBucketPolicy",
            ));
        }
        let state = self.state();
        let mut faults = self.faults();
        let is_hidden = look.user && state.user.is_some() && faults.hidden_looks > 0;
        if is_hidden {
            faults.hidden_looks -= 1;
        }
        Ok(Observed {
            user: state.user.clone().filter(|_| look.user && !is_hidden),
            bucket_policy: state.bucket_policy.clone().filter(|_| look.bucket_policy),
            key_in_file: None,
        })
    }
}

fn said_no(kind: ProblemKind, status: u16, code: &str, call: &'static str) -> Problem {
    let mut problem = Problem::new(
        kind,
        format!("{call} was refused"),
        code,
        Next::say(format!("Allow {call}.")),
    );
    problem.status = Some(status);
    problem.did_nothing = true;
    problem.error_code = Some(code.into());
    problem.call = Some(call);
    problem
}

fn no_such_user() -> Problem {
    said_no(ProblemKind::NotFound, 404, "NoSuchEntity", "iam")
}

impl Account for Fake {
    fn inspect<'a>(&'a self, target: &'a Target, _: &'a Wanted) -> Answer<'a, Inspected> {
        Box::pin(async move {
            let refused = self.faults().refused;
            let state = self.state();
            let unknown = |call: &str| format!("{call} was refused");
            let user = match refused {
                Some("iam:GetUser") => Known::Unknown(unknown("iam:GetUser")),
                _ => Known::Known(state.user.as_ref().map(|user| facts(user, refused))),
            };
            let bucket_policy = match refused {
                Some("s3:GetBucketPolicy") => Known::Unknown(unknown("s3:GetBucketPolicy")),
                _ => Known::Known(state.bucket_policy.clone()),
            };
            Ok(Inspected {
                target: target.clone(),
                region: Some("us-west-2".into()),
                user_account: Known::Known(ACCOUNT.into()),
                bucket_account: Known::Known(ACCOUNT.into()),
                user,
                bucket_policy,
                restrict_public_buckets: Known::Known(true),
                encryption: Known::Known(Encryption::S3),
                ..Inspected::default()
            })
        })
    }

    fn observe<'a>(&'a self, _: &'a str, _: &'a str) -> Answer<'a, Observed> {
        let all = Look {
            user: true,
            bucket_policy: true,
        };
        Box::pin(async move { self.seen(all) })
    }

    fn observe_only<'a>(&'a self, _: &'a str, _: &'a str, look: Look) -> Answer<'a, Observed> {
        Box::pin(async move { self.seen(look) })
    }

    fn create_user<'a>(&'a self, _: &'a str, _: &'a str) -> Answer<'a, String> {
        self.call("iam:CreateUser", |state| {
            if state.user.is_some() {
                return Err(said_no(
                    ProblemKind::AlreadyThere,
                    409,
                    "EntityAlreadyExists",
                    "iam:CreateUser",
                ));
            }
            state.users_made += 1;
            let id = format!("AIDAEXAMPLE{:05}", state.users_made);
            state.user = Some(ObservedUser {
                id: id.clone(),
                ..ObservedUser::default()
            });
            Ok(id)
        })
    }

    fn delete_user<'a>(&'a self, _: &'a str) -> Answer<'a, ()> {
        self.call("iam:DeleteUser", |state| {
            let user = state.user.as_ref().ok_or_else(no_such_user)?;
            if user.policy.is_some() || !user.keys.is_empty() || !user.others.is_empty() {
                return Err(said_no(
                    ProblemKind::Other,
                    409,
                    "DeleteConflict",
                    "iam:DeleteUser",
                ));
            }
            state.user = None;
            Ok(())
        })
    }

    fn put_user_policy<'a>(&'a self, _: &'a str, _: &'a str, document: &'a str) -> Answer<'a, ()> {
        self.call("iam:PutUserPolicy", |state| {
            state.user.as_mut().ok_or_else(no_such_user)?.policy = Some(document.to_owned());
            Ok(())
        })
    }

    fn delete_user_policy<'a>(&'a self, _: &'a str, _: &'a str) -> Answer<'a, ()> {
        self.call("iam:DeleteUserPolicy", |state| {
            state.user.as_mut().ok_or_else(no_such_user)?.policy = None;
            Ok(())
        })
    }

    fn create_access_key<'a>(&'a self, _: &'a str) -> Answer<'a, NewKey> {
        self.call("iam:CreateAccessKey", |state| {
            let user = state.user.as_mut().ok_or_else(no_such_user)?;
            assert!(user.keys.len() < 2, "a third key was asked for");
            state.keys_made += 1;
            let id = format!("AKIAEXAMPLE{:09}", state.keys_made);
            user.keys.push(id.clone());
            Ok(NewKey {
                id,
                secret: SecretString::from(CANARY),
            })
        })
    }

    fn delete_access_key<'a>(&'a self, _: &'a str, id: &'a str) -> Answer<'a, ()> {
        self.call("iam:DeleteAccessKey", move |state| {
            let user = state.user.as_mut().ok_or_else(no_such_user)?;
            let before = user.keys.len();
            user.keys.retain(|key| key != id);
            match user.keys.len() < before {
                true => Ok(()),
                false => Err(no_such_user()),
            }
        })
    }

    fn put_bucket_policy<'a>(&'a self, _: &'a str, document: &'a str) -> Answer<'a, ()> {
        let unknown = {
            let mut faults = self.faults();
            let unknown = faults.unknown_principal > 0;
            faults.unknown_principal = faults.unknown_principal.saturating_sub(1);
            unknown
        };
        let overtaken_by = self.faults().overtaken_by.take();
        self.call("s3:PutBucketPolicy", move |state| {
            if unknown {
                return Err(said_no(
                    ProblemKind::Other,
                    400,
                    "MalformedPolicy",
                    "s3:PutBucketPolicy",
                ));
            }
            state.bucket_policy = Some(overtaken_by.unwrap_or_else(|| document.to_owned()));
            Ok(())
        })
    }

    fn delete_bucket_policy<'a>(&'a self, _: &'a str) -> Answer<'a, ()> {
        self.call("s3:DeleteBucketPolicy", |state| {
            state.bucket_policy = None;
            Ok(())
        })
    }
}

fn facts(user: &ObservedUser, refused: Option<&str>) -> UserFacts {
    let inline = user.policy.iter().map(|text| InlinePolicy {
        name: POLICY_NAME.into(),
        document: Known::Known(text.clone()),
    });
    let keys = user.keys.iter().map(|id| KeyFacts {
        id: id.clone(),
        active: true,
        ..KeyFacts::default()
    });
    UserFacts {
        arn: format!("arn:aws:iam::{ACCOUNT}:user/{USER}"),
        id: user.id.clone(),
        inline: match refused {
            Some("iam:ListUserPolicies") => Known::Unknown("iam:ListUserPolicies was refused".into()),
            _ => Known::Known(inline.collect()),
        },
        attached: Known::Known(Vec::new()),
        groups: Known::Known(Vec::new()),
        boundary: Known::Known(None),
        keys: match refused {
            Some("iam:ListAccessKeys") => Known::Unknown("iam:ListAccessKeys was refused".into()),
            _ => Known::Known(keys.collect()),
        },
        tags: None,
    }
}

impl Verifier for Fake {
    fn try_key<'a>(&'a self, _: &'a Plan, key: &'a NewKey) -> Answer<'a, Seen> {
        Box::pin(async move {
            let mut faults = self.faults();
            assert_eq!(key.secret.expose_secret(), CANARY, "the key's own secret");
            let state = self.state();
            let user = state.user.as_ref().ok_or_else(no_such_user)?;
            if faults.tries_until_usable > 0 || !user.keys.contains(&key.id) || user.policy.is_none() {
                faults.tries_until_usable = faults.tries_until_usable.saturating_sub(1);
                return Err(said_no(
                    ProblemKind::KeyUnknown,
                    403,
                    "InvalidAccessKeyId",
                    "s3:ListObjectsV2",
                ));
            }
            Ok(Seen {
                read: Dataset::ALL.to_vec(),
                listed: Vec::new(),
            })
        })
    }
}

/// A clock that jumps instead of waiting.
#[derive(Default)]
pub struct Jumping(AtomicU64);

impl Timer for Jumping {
    fn now(&self) -> Duration {
        Duration::from_secs(self.0.load(Ordering::Relaxed))
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            self.0.fetch_add(time.as_secs(), Ordering::Relaxed);
        })
    }
}

/// A disk in memory whose writes are steps too: one that is cut off leaves what a kill may leave.
#[derive(Clone)]
pub struct Failing {
    pub memory: MemoryDisk,
    power: Arc<Power>,
    /// Files whose writing fails though the power is on.
    pub full: Arc<Mutex<Option<PathBuf>>>,
}

impl Failing {
    /// A write. `cut` does what a kill in its middle leaves.
    fn step(&self, path: &Path, cut: impl FnOnce()) -> io::Result<()> {
        match self.power.step() {
            Fate::Whole => {}
            Fate::Cut => {
                cut();
                return Err(io::Error::other("the power is gone"));
            }
            Fate::Never => return Err(io::Error::other("the power is gone")),
        }
        match self.full.lock().unwrap().as_deref() == Some(path) {
            true => Err(io::ErrorKind::StorageFull.into()),
            false => Ok(()),
        }
    }
}

impl Disk for Failing {
    fn read(&self, path: &Path) -> io::Result<Option<String>> {
        match self.power.is_on() {
            true => self.memory.read(path),
            false => Err(io::Error::other("the power is gone")),
        }
    }

    fn create(&self, path: &Path, text: &str, private: bool) -> io::Result<()> {
        // A kill right after the opening leaves the name, and nothing in it.
        self.step(path, || {
            let _ = self.memory.create(path, "", private);
        })?;
        self.memory.create(path, text, private)
    }

    fn fill(&self, path: &Path, text: &str) -> io::Result<()> {
        self.step(path, || {})?;
        self.memory.fill(path, text)
    }

    fn replace(&self, path: &Path, text: &str) -> io::Result<()> {
        self.step(path, || {})?;
        self.memory.replace(path, text)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.step(path, || {})?;
        self.memory.remove(path)
    }

    fn names(&self, folder: &Path) -> io::Result<Vec<String>> {
        self.memory.names(folder)
    }

    fn open_log(&self, path: &Path) -> io::Result<Box<dyn Log>> {
        self.step(path, || {})?;
        Ok(Box::new(FailingLog {
            log: self.memory.open_log(path)?,
            disk: self.clone(),
            path: path.to_owned(),
        }))
    }
}

struct FailingLog {
    log: Box<dyn Log>,
    disk: Failing,
    path: PathBuf,
}

impl Log for FailingLog {
    fn text(&self) -> &str {
        self.log.text()
    }

    fn append(&mut self, line: &str) -> io::Result<()> {
        // A line that is cut off leaves its first half.
        let half = line
            .char_indices()
            .nth(line.chars().count() / 2)
            .map_or(0, |(at, _)| at);
        let log = &mut self.log;
        self.disk.step(&self.path, || {
            let _ = log.append(&line[..half]);
        })?;
        self.log.append(line)
    }
}

/// An account, a disk, and what a user has in mind.
pub struct World {
    pub account: Arc<Fake>,
    pub disk: Failing,
    pub power: Arc<Power>,
    pub timer: Arc<Jumping>,
}

impl World {
    /// With a bucket that has this policy, and no user.
    pub fn with(bucket_policy: Option<&str>) -> Self {
        let power = Arc::new(Power::default());
        let account = Fake {
            state: Mutex::new(State {
                bucket_policy: bucket_policy.map(str::to_owned),
                ..State::default()
            }),
            power: Arc::clone(&power),
            ..Fake::default()
        };
        Self {
            account: Arc::new(account),
            disk: Failing {
                memory: MemoryDisk::default(),
                power: Arc::clone(&power),
                full: Arc::default(),
            },
            power,
            timer: Arc::default(),
        }
    }

    /// A process: it may die, and another one goes on with the same world.
    pub fn engine(&self) -> (Engine, mpsc::Receiver<GrantEvent>) {
        self.engine_with(4096)
    }

    /// One that goes on only once what it told was heard.
    pub fn engine_heard_at_once(&self) -> (Engine, mpsc::Receiver<GrantEvent>) {
        self.engine_with(1)
    }

    fn engine_with(&self, unheard: usize) -> (Engine, mpsc::Receiver<GrantEvent>) {
        let (sender, receiver) = mpsc::channel(unheard);
        let engine = Engine {
            account: Arc::clone(&self.account) as Arc<dyn Account>,
            verifier: Arc::clone(&self.account) as Arc<dyn Verifier>,
            disk: Arc::new(self.disk.clone()),
            timer: Arc::clone(&self.timer) as Arc<dyn Timer>,
            cancel: CancellationToken::new(),
            events: sender,
        };
        (engine, receiver)
    }

    pub async fn plan(&self) -> Plan {
        self.plan_for(&wanted()).await
    }

    pub async fn plan_for(&self, wanted: &Wanted) -> Plan {
        let inspected = self.account.inspect(&target(), wanted).await.unwrap();
        plan(&inspected, wanted)
    }

    /// All files but the key file, as one text.
    pub fn files(&self) -> String {
        let names = self.disk.memory.names(Path::new("")).unwrap();
        let mut all = String::new();
        for name in names.iter().filter(|name| *name != "key.json") {
            all += &self.disk.memory.read(Path::new(name)).unwrap().unwrap();
        }
        all
    }

    pub fn names(&self) -> Vec<String> {
        self.disk.memory.names(Path::new("")).unwrap()
    }

    pub fn text(&self, name: &str) -> Option<String> {
        self.disk.memory.read(Path::new(name)).unwrap()
    }
}

pub fn target() -> Target {
    Target::new(BUCKET, "", "aws")
}

pub fn wanted() -> Wanted {
    Wanted {
        user: USER.into(),
        ..Wanted::default()
    }
}

pub fn places() -> Places {
    Places {
        folder: PathBuf::new(),
        undo_file: "undo.json".into(),
        key: Some(KeyPlace::File("key.json".into())),
    }
}

/// What was told so far.
pub fn told(receiver: &mut mpsc::Receiver<GrantEvent>) -> Vec<GrantEvent> {
    let mut all = Vec::new();
    while let Ok(event) = receiver.try_recv() {
        all.push(event);
    }
    all
}
