//! The bucket's region, whose key it is, and the client that follows the bucket.

use std::{
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use aws_config::{
    Region, SdkConfig, retry::RetryConfig, stalled_stream_protection::StalledStreamProtectionConfig,
};
use aws_sdk_s3::config::{RequestChecksumCalculation, ResponseChecksumValidation};

use super::{
    Connected, S3Settings, S3Store,
    failure::{Call, On, is_region},
    retry::{Failure, Retry},
    session::{FALLBACK_REGION, Session, timeouts},
};
use crate::{
    access::key::secret_oddity,
    report::{Identity, Problem, ProblemKind, escape::escape},
    rule::Next,
    store::Meter,
};

/// STS is only asked for a name.
const STS_WAIT: Duration = Duration::from_secs(5);

/// The client for the bucket's region, and the way to another should the bucket turn out to be there.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    now: Arc<RwLock<(aws_sdk_s3::Client, String)>>,
    /// What a client for another region is made of; `None` where the region is an instruction.
    follow: Option<Arc<(S3Settings, SdkConfig)>>,
    moves: Arc<AtomicU8>,
}

/// A bucket is followed so often; more would be a circle.
const MAX_MOVES: u8 = 3;

impl Link {
    fn new(settings: &S3Settings, config: &SdkConfig, region: &str) -> Self {
        let client = aws_sdk_s3::Client::from_conf(s3_config(settings, config, region, true));
        Self {
            now: Arc::new(RwLock::new((client, region.to_owned()))),
            follow: settings
                .region
                .is_none()
                .then(|| Arc::new((settings.clone(), config.clone()))),
            moves: Arc::default(),
        }
    }

    /// A client for a bucket in its own region, which the bucket is asked for.
    ///
    /// # Errors
    /// No such bucket, no endpoint, or a region that was given and is not the bucket's.
    pub async fn find(
        session: &Session,
        settings: &S3Settings,
        meter: &Meter,
    ) -> Result<(Self, Resolved), Problem> {
        let (told, clock_ahead) = bucket_region(settings, &session.config, meter).await?;
        let mut resolved = resolve_region(settings, session.configured.clone(), told)?;
        resolved.clock_ahead = clock_ahead;
        let region = resolved.region.as_deref().unwrap_or(&session.region);
        Ok((Self::new(settings, &session.config, region), resolved))
    }

    pub fn client(&self) -> aws_sdk_s3::Client {
        self.now.read().unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    pub fn region(&self) -> String {
        self.now.read().unwrap_or_else(PoisonError::into_inner).1.clone()
    }

    /// A request that was signed for the wrong region is worth another try once the right one is known.
    pub fn followed(&self, mut failure: Failure) -> Failure {
        if let ProblemKind::WrongRegion(Some(region)) = &failure.problem.kind {
            failure.again = self.follow(region);
        }
        failure
    }

    /// Moves to a region that an answer named. False when that is no use: trying again would fail the same way.
    fn follow(&self, region: &str) -> bool {
        let Some(follow) = &self.follow else { return false };
        let mut now = self.now.write().unwrap_or_else(PoisonError::into_inner);
        if now.1 == region {
            // Another request has moved already; or the bucket is refused in its own region.
            return self.moves.fetch_add(1, Ordering::Relaxed) < MAX_MOVES * 16;
        }
        if self.moves.fetch_add(1, Ordering::Relaxed) >= MAX_MOVES {
            return false;
        }
        let (settings, config) = &**follow;
        let client = aws_sdk_s3::Client::from_conf(s3_config(settings, config, region, true));
        *now = (client, region.to_owned());
        true
    }
}

pub(super) async fn connect(settings: S3Settings) -> Result<Connected, Problem> {
    let meter = Arc::new(Meter::default());
    let retry = Retry::default();
    let session = Session::find(settings).await?;
    let (link, resolved) = Link::find(&session, &session.settings, &meter).await?;
    let arn = match &session.credentials {
        Some(_) => caller(&session, &link.region(), &meter).await,
        None => None,
    };
    Ok(Connected {
        region: Some(link.region()),
        store: S3Store {
            link,
            bucket: session.settings.bucket.as_str().into(),
            profile: session.settings.profile.as_deref().map(Into::into),
            meter,
            retry,
        },
        region_from: resolved.from,
        key_id: session
            .credentials
            .as_ref()
            .map(|key| key.access_key_id().to_owned()),
        secret_oddity: session
            .credentials
            .as_ref()
            .and_then(|key| secret_oddity(key.secret_access_key())),
        clock_ahead: resolved.clock_ahead,
        corrected: resolved.corrected,
        identity: session.credentials.map(|key| Identity {
            arn,
            key_last4: last_four(key.access_key_id()),
        }),
        notices: resolved.notices,
    })
}

/// The bucket's region and where it is known from.
#[derive(Clone, Debug)]
pub(crate) struct Resolved {
    /// The region; `None` where nothing tells.
    pub region: Option<String>,
    /// Where from: "from the bucket".
    pub from: &'static str,
    /// What the environment or the profile said, where the bucket says otherwise.
    pub corrected: Option<String>,
    /// By how many seconds the server's clock is ahead of this machine's, where it was told.
    pub clock_ahead: Option<i64>,
    /// Facts worth telling.
    pub notices: Vec<String>,
}

/// `--region` is an instruction, everything else a default that gives way to what the bucket says of itself.
fn resolve_region(
    settings: &S3Settings,
    configured: Option<String>,
    told: Option<String>,
) -> Result<Resolved, Problem> {
    let custom = settings.endpoint_url.is_some();
    match (&settings.region, told) {
        // Another endpoint than AWS' may well not care: there the first signed request tells.
        (Some(asked), Some(told)) if *asked != told && !custom => Err(Problem::new(
            ProblemKind::WrongRegion(Some(told.clone())),
            format!("bucket {} is not in {asked}", settings.bucket),
            format!("the bucket says that it is in {told}"),
            Next {
                say: format!("Leave --region out, or give {told}."),
                command: Some(format!("--region {told}")),
                url: None,
            },
        )),
        (Some(asked), _) => Ok(Resolved {
            region: Some(asked.clone()),
            from: "from --region",
            corrected: None,
            clock_ahead: None,
            notices: Vec::new(),
        }),
        (None, Some(told)) => {
            let corrected = configured.filter(|configured| *configured != told);
            let notices = corrected.iter().map(|configured| {
                format!("region {told}, from the bucket (the configuration says {configured})")
            });
            Ok(Resolved {
                notices: notices.collect(),
                region: Some(told),
                from: "from the bucket",
                corrected,
                clock_ahead: None,
            })
        }
        (None, None) => Ok(Resolved {
            from: if configured.is_some() {
                "from the configuration"
            } else {
                "by default"
            },
            region: configured,
            corrected: None,
            clock_ahead: None,
            notices: Vec::new(),
        }),
    }
}

fn s3_config(settings: &S3Settings, config: &SdkConfig, region: &str, signed: bool) -> aws_sdk_s3::Config {
    let signed = signed && !settings.no_sign_request;
    let config = match signed {
        true => config.clone(),
        // A builder that has taken over a provider keeps it: it must not come to it.
        false => {
            let mut without = config.clone().into_builder();
            without.set_credentials_provider(None);
            without.build()
        }
    };
    let mut builder = aws_sdk_s3::config::Builder::from(&config)
        .region(Region::new(region.to_owned()))
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts())
        // The body's own pace is watched while it is read.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
    if let Some(url) = &settings.endpoint_url {
        builder = builder.endpoint_url(url);
    }
    let named_loopback = settings
        .endpoint_url
        .as_deref()
        .is_some_and(|url| url.contains("://localhost"));
    if settings.path_style || named_loopback {
        builder = builder.force_path_style(true);
    }
    if !signed {
        builder.set_allow_no_auth();
    }
    builder.build()
}

/// What the bucket says of its region to anyone who asks, on 200, 301 and 403 alike, and by how many seconds the
/// server's clock is ahead. It needs no permission.
///
/// A bucket that does not exist answers 404 to anyone, too.
async fn bucket_region(
    settings: &S3Settings,
    config: &SdkConfig,
    meter: &Meter,
) -> Result<(Option<String>, Option<i64>), Problem> {
    let region = config.region().map_or(FALLBACK_REGION, |region| region.as_ref());
    let client = aws_sdk_s3::Client::from_conf(s3_config(settings, config, region, false));
    let call = Call {
        doing: format!("reaching bucket {}", escape(&settings.bucket)),
        name: "s3:HeadBucket",
        action: "s3:ListBucket",
        on: On::Bucket(&settings.bucket),
        profile: settings.profile.as_deref(),
    };
    // With retries of its own: giving up here must not make the signed requests that follow insist less.
    let asked = Retry::default()
        .run(|| async {
            meter.request();
            match client.head_bucket().bucket(&settings.bucket).send().await {
                Ok(answer) => Ok((answer.bucket_region().map(str::to_owned), None)),
                Err(error) => match error.raw_response() {
                    Some(answer) if answer.status().as_u16() == 404 => Err(Failure::lasting(call.problem(
                        ProblemKind::NoSuchBucket,
                        "the server knows no bucket of that name",
                    ))),
                    Some(answer) if !matches!(answer.status().as_u16(), 429 | 500..) => {
                        let region = answer.headers().get("x-amz-bucket-region");
                        let ahead = answer.headers().get("date").and_then(clock_ahead);
                        Ok((region.map(str::to_owned), ahead))
                    }
                    _ => Err(call.failure(&error)),
                },
            }
        })
        .await;
    match asked {
        Ok((region, ahead)) => Ok((region.filter(|region| is_region(region)), ahead)),
        // A busy server may still answer the listing that follows.
        Err(problem) if problem.kind == ProblemKind::Throttled => Ok((None, None)),
        Err(problem) => Err(problem),
    }
}

/// By how many seconds a server's clock is ahead of this machine's, by the `Date` of its answer (RFC 9110).
fn clock_ahead(date: &str) -> Option<i64> {
    let theirs = jiff::fmt::rfc2822::DateTimeParser::new()
        .parse_timestamp(date)
        .ok()?;
    Some(
        theirs
            .as_second()
            .saturating_sub(jiff::Timestamp::now().as_second()),
    )
}

/// The caller's ARN by STS, which needs no permission. On an endpoint of the user's, the same endpoint is asked.
async fn caller(session: &Session, region: &str, meter: &Meter) -> Option<String> {
    let client = session.sts(region);
    let call = Call {
        doing: "asking who the caller is".into(),
        name: "sts:GetCallerIdentity",
        action: "sts:GetCallerIdentity",
        on: On::Account,
        profile: session.settings.profile.as_deref(),
    };
    let retry = Retry::default();
    let asked = retry.run(|| async {
        meter.request();
        client
            .get_caller_identity()
            .send()
            .await
            .map_err(|error| call.failure(&error))
    });
    let answer = tokio::time::timeout(STS_WAIT, asked).await.ok()?.ok()?;
    answer.arn().map(str::to_owned)
}

fn last_four(key_id: &str) -> Option<String> {
    let at = key_id.char_indices().rev().nth(3).map(|(at, _)| at)?;
    key_id.get(at..).map(str::to_owned)
}
