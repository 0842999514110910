//! Credentials, region and HTTP: what the SDK's clients of any service are made of.

use std::time::Duration;

use aws_config::{
    AppName, BehaviorVersion, Region, SdkConfig, environment::EnvironmentVariableRegionProvider,
    meta::region::RegionProviderChain, profile::ProfileFileRegionProvider, retry::RetryConfig,
    timeout::TimeoutConfig,
};
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider, error::CredentialsError},
};
use aws_smithy_http_client::{Builder, Connector, proxy::ProxyConfig, tls};
use aws_smithy_runtime_api::{client::http::SharedHttpClient, shared::IntoShared};
use secrecy::ExposeSecret;

use super::{
    S3Credentials, S3Settings,
    failure::{is_region, no_credentials, no_region, unusable},
    limit::Bounded,
};
use crate::report::Problem;

/// Where requests are signed for when nothing says otherwise.
pub(super) const FALLBACK_REGION: &str = "us-east-1";
/// The longest that looking for credentials may take: the chain ends with a machine's metadata service.
const CREDENTIALS_WAIT: Duration = Duration::from_secs(30);

/// Settings, made into what clients are built of. No request has been made with it yet.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    /// The settings.
    pub settings: S3Settings,
    /// The SDK's configuration.
    pub config: SdkConfig,
    /// The region of the environment or the profile.
    pub configured: Option<String>,
    /// Where requests are signed for until the bucket tells its own region.
    pub region: String,
    /// The credentials; `None` when requests are not signed. Their `Debug` hides the secret.
    pub credentials: Option<Credentials>,
}

impl Session {
    /// Finds credentials and region. The network is asked only where the credentials come from there (SSO, a machine's
    /// role).
    ///
    /// # Errors
    /// C101 and C102: no credentials, or a session that has expired.
    pub async fn find(settings: S3Settings) -> Result<Self, Problem> {
        let http = http_client(&settings);
        let configured = configured_region(&settings).await;
        let region = settings
            .region
            .clone()
            .or_else(|| configured.clone())
            .unwrap_or_else(|| FALLBACK_REGION.into());
        if !is_region(&region) {
            return Err(no_region(&region));
        }
        let config = sdk_config(&settings, http, &region).await;
        let credentials = credentials(&settings, &config).await?;
        if let Some(problem) = credentials.as_ref().and_then(unusable) {
            return Err(problem);
        }
        Ok(Self {
            settings,
            config,
            configured,
            region,
            credentials,
        })
    }

    /// A client of STS. On an endpoint of the user's, the same endpoint is asked.
    pub fn sts(&self, region: &str) -> aws_sdk_sts::Client {
        let mut builder = aws_sdk_sts::config::Builder::from(&self.config)
            .region(Region::new(region.to_owned()))
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts());
        if let Some(url) = &self.settings.endpoint_url {
            builder = builder.endpoint_url(url);
        }
        aws_sdk_sts::Client::from_conf(builder.build())
    }

    /// A client of IAM, which has one endpoint in each partition. On an endpoint of the user's, the same is asked.
    pub fn iam(&self) -> aws_sdk_iam::Client {
        let mut builder = aws_sdk_iam::config::Builder::from(&self.config)
            .region(Region::new(iam_region(&self.region)))
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts());
        if let Some(url) = &self.settings.endpoint_url {
            builder = builder.endpoint_url(url);
        }
        aws_sdk_iam::Client::from_conf(builder.build())
    }
}

/// The region that IAM's requests are signed for, in the partition of another.
///
/// Source: AWS General Reference, "AWS Identity and Access Management endpoints and quotas".
fn iam_region(region: &str) -> &'static str {
    const BY_PREFIX: [(&str, &str); 6] = [
        ("cn-", "cn-north-1"),
        ("us-gov-", "us-gov-west-1"),
        ("us-isob-", "us-isob-east-1"),
        ("us-isof-", "us-isof-south-1"),
        ("us-iso-", "us-iso-east-1"),
        ("eusc-", "eusc-de-east-1"),
    ];
    BY_PREFIX
        .iter()
        .find(|(prefix, _)| region.starts_with(prefix))
        .map_or(FALLBACK_REGION, |(_, home)| home)
}

fn http_client(settings: &S3Settings) -> SharedHttpClient {
    let proxied = !settings.isolated;
    let client = Builder::new().build_with_connector_fn(move |http, components| {
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
    });
    Bounded(client).into_shared()
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
        .filter(|region| !region.is_empty())
}

async fn sdk_config(settings: &S3Settings, http: SharedHttpClient, region: &str) -> SdkConfig {
    let region = Region::new(region.to_owned());
    let explicit = settings.credentials.as_ref().map(credentials_of);
    if settings.isolated {
        let mut config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(http)
            .region(region)
            .disable_clock_skew_correction(true);
        if let Some(credentials) = explicit {
            config = config.credentials_provider(SharedCredentialsProvider::new(credentials));
        }
        return config.build();
    }
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .region(region)
        // Retries are our own. Without a word of it the SDK reads `retry_mode` from environment and profile, and panics
        // at modes that only other programs know, such as `legacy`.
        .retry_config(RetryConfig::disabled())
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

pub(super) fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(5))
        .read_timeout(Duration::from_secs(20))
        // An answer that drips would else never end. The bodies of objects are not meant: their pace is watched.
        .operation_attempt_timeout(Duration::from_secs(60))
        .build()
}

#[cfg(test)]
mod tests {
    use super::iam_region;

    #[test]
    fn iam_is_asked_in_the_partition_that_the_bucket_is_in() {
        for (region, home) in [
            ("eu-central-1", "us-east-1"),
            ("us-west-2", "us-east-1"),
            ("cn-northwest-1", "cn-north-1"),
            ("us-gov-east-1", "us-gov-west-1"),
            ("us-iso-west-1", "us-iso-east-1"),
            ("us-isob-east-1", "us-isob-east-1"),
        ] {
            assert_eq!(iam_region(region), home, "{region}");
        }
    }
}
