//! Credentials, region, and the SDK's clients made of them.

use std::{
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use aws_config::{
    AppName, BehaviorVersion, Region, SdkConfig, environment::EnvironmentVariableRegionProvider,
    meta::region::RegionProviderChain, profile::ProfileFileRegionProvider, retry::RetryConfig,
    stalled_stream_protection::StalledStreamProtectionConfig, timeout::TimeoutConfig,
};
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider, error::CredentialsError},
};
use aws_sdk_s3::config::{RequestChecksumCalculation, ResponseChecksumValidation};
use aws_smithy_http_client::{Builder, Connector, proxy::ProxyConfig, tls};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use secrecy::ExposeSecret;

use super::{
    Connected, S3Credentials, S3Settings, S3Store,
    failure::{Call, is_region, no_credentials},
    retry::{Failure, Retry},
};
use crate::{
    report::{Identity, Problem, ProblemKind},
    rule::Next,
    store::Meter,
};

/// Where requests are signed for when nothing says otherwise.
const FALLBACK_REGION: &str = "us-east-1";
/// The longest that looking for credentials may take: the chain ends with a machine's metadata service.
const CREDENTIALS_WAIT: Duration = Duration::from_secs(30);
/// STS is only asked for a name.
const STS_WAIT: Duration = Duration::from_secs(5);

/// The client for the bucket's region, and the way to another should the bucket turn out to be there.
#[derive(Clone, Debug)]
pub(super) struct Link {
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

    pub fn client(&self) -> aws_sdk_s3::Client {
        self.now.read().unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    pub fn region(&self) -> String {
        self.now.read().unwrap_or_else(PoisonError::into_inner).1.clone()
    }

    /// Moves to a region that an answer named. False when that is no use: trying again would fail the same way.
    pub fn follow(&self, region: &str) -> bool {
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
    let http = http_client(&settings);
    let configured = configured_region(&settings).await;
    let first = settings
        .region
        .clone()
        .or_else(|| configured.clone())
        .unwrap_or_else(|| FALLBACK_REGION.into());
    let config = sdk_config(&settings, http, &first).await;
    let credentials = credentials(&settings, &config).await?;

    let told = bucket_region(&settings, &config, &meter).await?;
    let resolved = resolve_region(&settings, configured, told)?;
    let region = resolved.region.clone().unwrap_or(first);
    let arn = match &credentials {
        Some(_) => caller(&settings, &config, &region, &meter).await,
        None => None,
    };
    Ok(Connected {
        store: S3Store {
            link: Link::new(&settings, &config, &region),
            bucket: settings.bucket.as_str().into(),
            profile: settings.profile.as_deref().map(Into::into),
            meter,
            retry,
        },
        region: Some(region),
        region_from: resolved.from,
        identity: credentials.map(|key| Identity {
            arn,
            key_last4: last_four(key.access_key_id()),
        }),
        notices: resolved.notices,
    })
}

/// The bucket's region and where it is known from.
struct Resolved {
    region: Option<String>,
    from: &'static str,
    notices: Vec<String>,
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
            notices: Vec::new(),
        }),
        (None, Some(told)) => {
            let notices = match configured {
                Some(configured) if configured != told => {
                    vec![format!(
                        "region {told}, from the bucket (the configuration says {configured})"
                    )]
                }
                _ => Vec::new(),
            };
            Ok(Resolved {
                region: Some(told),
                from: "from the bucket",
                notices,
            })
        }
        (None, None) => Ok(Resolved {
            from: if configured.is_some() {
                "from the configuration"
            } else {
                "by default"
            },
            region: configured,
            notices: Vec::new(),
        }),
    }
}

fn http_client(settings: &S3Settings) -> SharedHttpClient {
    let proxied = !settings.isolated;
    Builder::new().build_with_connector_fn(move |http, components| {
        let mut connector = Connector::builder();
        if proxied {
            connector = connector.proxy_config(ProxyConfig::from_env());
        }
        if let Some(http) = http {
            connector = connector.connector_settings(http.clone());
        }
        if let Some(components) = components {
            connector.set_sleep_impl(components.sleep_impl());
        }
        connector
            .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
            .build()
    })
}

/// The region of the environment or the profile. The machine's metadata is not asked: the bucket knows better.
async fn configured_region(settings: &S3Settings) -> Option<String> {
    if settings.isolated {
        return None;
    }
    let mut profile = ProfileFileRegionProvider::builder();
    if let Some(name) = &settings.profile {
        profile = profile.profile_name(name);
    }
    RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
        .or_else(profile.build())
        .region()
        .await
        .map(|region| region.to_string())
}

async fn sdk_config(settings: &S3Settings, http: SharedHttpClient, region: &str) -> SdkConfig {
    let region = Region::new(region.to_owned());
    let explicit = settings.credentials.as_ref().map(credentials_of);
    if settings.isolated {
        let mut config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(http)
            .region(region);
        if let Some(credentials) = explicit {
            config = config.credentials_provider(SharedCredentialsProvider::new(credentials));
        }
        return config.build();
    }
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .region(region)
        // A wrong clock is a finding of its own (C105), not something to work around.
        .disable_clock_skew_correction(true);
    if let Ok(name) = AppName::new("bucket-ready") {
        loader = loader.app_name(name);
    }
    if let Some(profile) = &settings.profile {
        loader = loader.profile_name(profile);
    }
    if settings.no_sign_request {
        loader = loader.no_credentials();
    } else if let Some(credentials) = explicit {
        loader = loader.credentials_provider(credentials);
    }
    loader.load().await
}

fn credentials_of(key: &S3Credentials) -> Credentials {
    Credentials::new(
        key.access_key_id.clone(),
        key.secret_access_key.expose_secret(),
        key.session_token
            .as_ref()
            .map(|token| token.expose_secret().to_owned()),
        None,
        "bucket-ready",
    )
}

/// The credentials, resolved once so that their absence has a name. `None` when requests are not signed.
async fn credentials(settings: &S3Settings, config: &SdkConfig) -> Result<Option<Credentials>, Problem> {
    if settings.no_sign_request {
        return Ok(None);
    }
    let profile = settings.profile.as_deref();
    let Some(provider) = config.credentials_provider() else {
        return Err(no_credentials(
            &CredentialsError::not_loaded("none are configured"),
            profile,
        ));
    };
    match tokio::time::timeout(CREDENTIALS_WAIT, provider.provide_credentials()).await {
        Ok(Ok(credentials)) => Ok(Some(credentials)),
        Ok(Err(error)) => Err(no_credentials(&error, profile)),
        Err(_) => Err(no_credentials(
            &CredentialsError::not_loaded("no answer in time"),
            profile,
        )),
    }
}

fn s3_config(settings: &S3Settings, config: &SdkConfig, region: &str, signed: bool) -> aws_sdk_s3::Config {
    let mut builder = aws_sdk_s3::config::Builder::from(config)
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
    if !signed || settings.no_sign_request {
        builder.set_credentials_provider(None);
        builder.set_allow_no_auth();
    }
    builder.build()
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(5))
        .read_timeout(Duration::from_secs(20))
        .build()
}

/// What the bucket says of its region to anyone who asks, on 200, 301 and 403 alike. It needs no permission.
///
/// A bucket that does not exist answers 404 to anyone, too.
async fn bucket_region(
    settings: &S3Settings,
    config: &SdkConfig,
    meter: &Meter,
) -> Result<Option<String>, Problem> {
    let region = config.region().map_or(FALLBACK_REGION, |region| region.as_ref());
    let client = aws_sdk_s3::Client::from_conf(s3_config(settings, config, region, false));
    let call = Call {
        doing: format!("reaching bucket {}", settings.bucket.escape_debug()),
        name: "s3:HeadBucket",
        action: "s3:ListBucket",
        bucket: &settings.bucket,
        profile: settings.profile.as_deref(),
    };
    // With retries of its own: giving up here must not make the signed requests that follow insist less.
    let asked = Retry::default()
        .run(|| async {
            meter.request();
            match client.head_bucket().bucket(&settings.bucket).send().await {
                Ok(answer) => Ok(answer.bucket_region().map(str::to_owned)),
                Err(error) => match error.raw_response() {
                    Some(answer) if answer.status().as_u16() == 404 => Err(Failure::lasting(call.problem(
                        ProblemKind::NoSuchBucket,
                        "the server knows no bucket of that name",
                    ))),
                    Some(answer) if !matches!(answer.status().as_u16(), 429 | 500..) => {
                        Ok(answer.headers().get("x-amz-bucket-region").map(str::to_owned))
                    }
                    _ => Err(call.failure(&error)),
                },
            }
        })
        .await;
    match asked {
        Ok(region) => Ok(region.filter(|region| is_region(region))),
        // A busy server may still answer the listing that follows.
        Err(problem) if problem.kind == ProblemKind::Throttled => Ok(None),
        Err(problem) => Err(problem),
    }
}

/// The caller's ARN by STS, which needs no permission. On an endpoint of the user's, the same endpoint is asked.
async fn caller(settings: &S3Settings, config: &SdkConfig, region: &str, meter: &Meter) -> Option<String> {
    let mut builder = aws_sdk_sts::config::Builder::from(config)
        .region(Region::new(region.to_owned()))
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts());
    if let Some(url) = &settings.endpoint_url {
        builder = builder.endpoint_url(url);
    }
    let client = aws_sdk_sts::Client::from_conf(builder.build());
    let call = Call {
        doing: "asking who the caller is".into(),
        name: "sts:GetCallerIdentity",
        action: "sts:GetCallerIdentity",
        bucket: &settings.bucket,
        profile: settings.profile.as_deref(),
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
