//! The practice account itself: started for a scenario, served until it is dropped.

use std::{
    fmt,
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use jiff::Timestamp;
use s3s::service::S3ServiceBuilder;
use secrecy::SecretString;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use super::{
    enforce,
    faults::Faults,
    front::Front,
    gate::Gate,
    iam::{Account, World},
    ingest::passing::Passing,
    objects::{Buckets, Object},
    opening::Opening,
    practice::Practice,
    s3::PracticeS3,
    scenario::{self, Scenario},
    stage::{
        self, FOREIGN_ACCOUNT, FOREIGN_OPERATOR_KEY, FOREIGN_READER_KEY, OPERATOR, OPERATOR_KEY, READER,
        READER_KEY, Stage,
    },
    statsig::{self, Statsig},
};

/// The account that owns the bucket; one of AWS' own example numbers.
pub const ACCOUNT_ID: &str = "123456789012";
/// Where the bucket is.
pub const REGION: &str = "us-west-2";
/// The bucket.
pub const BUCKET: &str = "acme-statsig-export";
/// A second bucket of the same account in another region, empty.
pub const FAR_BUCKET: &str = "acme-statsig-export-eu";
/// Where that one is.
pub const FAR_REGION: &str = "eu-central-1";
/// What keeps a practice account from starting.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// There is no scenario of that name.
    #[error(
        "there is no practice scenario named {name:?}{}; `bucket-ready demo --list` names them all",
        nearest.as_ref().map(|n| format!(", did you mean {n:?}?")).unwrap_or_default()
    )]
    UnknownScenario {
        /// As it was asked for.
        name: String,
        /// The scenario whose name is most like it, where one is.
        nearest: Option<&'static str>,
    },
    /// No loopback port could be opened, or the data could not be made.
    #[error("the practice account could not start: {0}")]
    Start(String),
}

/// An access key: its id, and its secret.
#[derive(Clone)]
pub struct AccessKey {
    /// `AKIA…`
    pub id: String,
    /// 40 characters.
    pub secret: SecretString,
}

impl AccessKey {
    fn of((id, secret): (&str, &str)) -> Self {
        Self {
            id: id.to_owned(),
            secret: SecretString::from(secret),
        }
    }
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// The account's clock: it stands still until it is moved. Cloning shares it.
#[derive(Clone, Debug)]
pub struct Clock(Arc<AtomicI64>);

impl Clock {
    /// A clock that stands at an instant.
    pub fn at(instant: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(instant.as_second())))
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::Relaxed)).unwrap_or(Timestamp::MAX)
    }

    /// Moves it on.
    pub fn advance(&self, by: Duration) {
        let seconds = i64::try_from(by.as_secs()).unwrap_or(i64::MAX);
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |now| {
            Some(now.saturating_add(seconds))
        });
    }
}

/// A practice account that is being served. Dropping it ends the service: running answers get a second to finish.
pub struct PracticeAccount {
    scenario: &'static Scenario,
    address: SocketAddr,
    faults: Faults,
    world: World,
    buckets: Buckets,
    clock: Clock,
    statsig: Statsig,
    practice: Practice,
    /// The key that Statsig still holds, when the user to whom it belonged is gone.
    handed: Arc<Mutex<Option<AccessKey>>>,
    stop: CancellationToken,
}

impl fmt::Debug for PracticeAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PracticeAccount")
            .field("scenario", &self.scenario.name)
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl PracticeAccount {
    /// Makes a scenario's data and serves it on a loopback port, on the current Tokio runtime.
    ///
    /// # Errors
    /// An unknown name, with the nearest right one; no port to be had.
    pub async fn start(scenario: &str) -> Result<Self, DemoError> {
        let scenario = scenario::find(scenario)?;
        let failed = |cause: String| DemoError::Start(cause);
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .map_err(|e| failed(format!("no loopback port: {e}")))?;
        let address = listener
            .local_addr()
            .map_err(|e| failed(format!("no loopback port: {e}")))?;
        let objects = tokio::task::spawn_blocking(|| scenario.objects())
            .await
            .map_err(|e| failed(e.to_string()))??;

        let (world, buckets) = (World::default(), Buckets::default());
        let mut bucket = stage::new_bucket();
        for object in objects {
            let kept = Object::new(object.body, object.modified, object.storage_class, ACCOUNT_ID);
            bucket.objects.insert(object.key, Arc::new(kept));
        }
        buckets.add(BUCKET, bucket);
        let set = Stage {
            world: &world,
            buckets: &buckets,
            now: scenario.now(),
        };
        set.build();
        (scenario.access)(&set);

        let (clock, statsig) = (Clock::at(scenario.now()), Statsig::default());
        let practice = Practice {
            world: world.clone(),
            buckets: buckets.clone(),
            clock: clock.clone(),
            passing: Passing::new(scenario, clock.clone(), buckets.clone(), statsig.clone()),
            opening: Arc::new(Opening::of(&world, &buckets)),
        };
        let account = Self {
            scenario,
            address,
            faults: Faults::default(),
            world,
            buckets,
            clock,
            statsig,
            practice,
            handed: Arc::default(),
            stop: CancellationToken::new(),
        };
        tokio::spawn(accept(listener, account.front(), account.stop.clone()));
        Ok(account)
    }

    fn front(&self) -> Arc<Front> {
        let gate = Gate {
            world: self.world.clone(),
            access: enforce::policies(&self.world, &self.buckets),
            faults: self.faults.clone(),
        };
        let mut builder = S3ServiceBuilder::new(PracticeS3 {
            buckets: self.buckets.clone(),
            clock: self.clock.clone(),
            world: self.world.clone(),
        });
        builder.set_auth(gate.clone());
        builder.set_access(gate);
        Arc::new(Front {
            s3: builder.build(),
            buckets: self.buckets.clone(),
            world: self.world.clone(),
            clock: self.clock.clone(),
            faults: self.faults.clone(),
            statsig: self.statsig.clone(),
            practice: self.practice.clone(),
            counter: AtomicU64::new(0),
        })
    }

    /// Where it is served, for S3 (path style) and STS alike: `http://127.0.0.1:41234`.
    pub fn endpoint_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The scenario that it serves.
    pub fn scenario(&self) -> &'static Scenario {
        self.scenario
    }

    /// The bucket with the scenario's data.
    pub fn bucket(&self) -> &'static str {
        BUCKET
    }

    /// The bucket's region, to sign for.
    pub fn region(&self) -> &'static str {
        let region = self.buckets.region(BUCKET);
        if region.as_deref() == Some(FAR_REGION) {
            FAR_REGION
        } else {
            REGION
        }
    }

    /// The region that the operator believes the bucket to be in, where it is not in it.
    pub fn believed_region(&self) -> Option<&'static str> {
        (self.region() != REGION).then_some(REGION)
    }

    /// An empty bucket of the same account in another region, and that region.
    pub fn far_bucket(&self) -> (&'static str, &'static str) {
        (FAR_BUCKET, FAR_REGION)
    }

    /// The key of a user who may do everything in the account.
    pub fn operator_key(&self) -> AccessKey {
        AccessKey::of(OPERATOR_KEY)
    }

    /// The key that the scenario says was handed to Statsig, whether it is there or not. What stands now is
    /// [`Self::reader`].
    pub fn reader_key(&self) -> AccessKey {
        AccessKey::of(if self.has_foreign_reader() {
            FOREIGN_READER_KEY
        } else {
            READER_KEY
        })
    }

    /// The key that Statsig holds by now: the newest active one of the reader's, else the newest; of a reader who was
    /// deleted, the last. `None` where none was ever made.
    pub fn reader(&self) -> Option<AccessKey> {
        let account = self.reader_account();
        let newest = self.world.with(account, |account| {
            let keys = account.user(READER).map(|user| user.keys.as_slice())?;
            let key = keys.iter().max_by_key(|key| (key.active, key.created))?;
            Some(AccessKey {
                id: key.id.clone(),
                secret: key.secret.clone(),
            })
        });
        newest
            .flatten()
            .or_else(|| self.handed.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    /// What remembers the key of a reader who is deleted.
    pub(super) fn handed(&self) -> Arc<Mutex<Option<AccessKey>>> {
        Arc::clone(&self.handed)
    }

    /// The account of the reader.
    pub fn reader_account(&self) -> &'static str {
        if self.has_foreign_reader() {
            FOREIGN_ACCOUNT
        } else {
            ACCOUNT_ID
        }
    }

    /// The key of a user who may do everything in the reader's account, where that is not the bucket's.
    pub fn foreign_operator_key(&self) -> Option<AccessKey> {
        let id = FOREIGN_OPERATOR_KEY.0;
        let there = self.world.with(FOREIGN_ACCOUNT, |a| a.owner_of(id).is_some());
        (there == Some(true)).then(|| AccessKey::of(FOREIGN_OPERATOR_KEY))
    }

    /// Where its Statsig is, in the place of `https://api.statsig.com`.
    pub fn statsig_url(&self) -> String {
        self.endpoint_url()
    }

    /// The server secret of its Statsig project. Made up.
    pub fn statsig_secret(&self) -> SecretString {
        SecretString::from(statsig::SERVER_SECRET)
    }

    /// What its Statsig was told.
    pub fn statsig(&self) -> &Statsig {
        &self.statsig
    }

    /// What its Statsig ingested, and the clock moved on.
    pub fn passing(&self) -> &Passing {
        &self.practice.passing
    }

    /// Whether the reader is a user of another account than the bucket's.
    pub fn has_foreign_reader(&self) -> bool {
        // One who was deleted was one of that account, too: its operator is still there.
        let of_foreign = |a: &Account| a.user(READER).is_some() || a.user(OPERATOR).is_some();
        self.world.with(FOREIGN_ACCOUNT, of_foreign) == Some(true)
    }

    /// The time by the account's clock: the default `--now`.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The clock itself, to move it.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The twelve-digit account number.
    pub fn account_id(&self) -> &'static str {
        ACCOUNT_ID
    }

    /// The reader's ARN.
    pub fn reader_arn(&self) -> String {
        format!("arn:aws:iam::{}:user/{READER}", self.reader_account())
    }

    /// The operator's ARN.
    pub fn operator_arn(&self) -> String {
        user_arn(OPERATOR)
    }

    /// The faults, to ask for some.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The buckets as they are kept, to look behind the protocol in tests.
    pub fn buckets(&self) -> &Buckets {
        &self.buckets
    }

    /// Accounts, users, keys and policies, to look behind the protocol and to change what has no call.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The name of the reader's user, whether it is there or not.
    pub fn reader_name(&self) -> &'static str {
        READER
    }

    /// Whether the reader is there with an active key: some scenarios begin before it is made.
    pub fn has_reader(&self) -> bool {
        let active = self.world.with(self.reader_account(), |account| {
            account
                .user(READER)
                .is_some_and(|user| user.keys.iter().any(|key| key.active))
        });
        active == Some(true)
    }
}

impl Drop for PracticeAccount {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn user_arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT_ID}:user/{name}")
}

async fn accept(listener: TcpListener, front: Arc<Front>, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => {
                // A failed accept is the client's loss; a listener that is out of handles gets some back.
                if let Ok((stream, _)) = accepted {
                    tokio::spawn(connection(stream, Arc::clone(&front), stop.clone()));
                } else {
                    tokio::task::yield_now().await;
                }
            }
        }
    }
}

async fn connection(stream: TcpStream, front: Arc<Front>, stop: CancellationToken) {
    let _ = stream.set_nodelay(true);
    let ended = stop.clone();
    let service = service_fn(move |request| {
        // Connections and requests may still come in, in the very moment in which the account is dropped: none is answered.
        let answer = (!ended.is_cancelled()).then(|| Arc::clone(&front).answer(request));
        async {
            match answer {
                Some(answer) => answer.await.map_err(std::io::Error::other),
                None => Err(std::io::ErrorKind::ConnectionAborted.into()),
            }
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => {}
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            let _ = tokio::time::timeout(Duration::from_secs(1), connection).await;
        }
    }
}
