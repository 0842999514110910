//! The client of Statsig's `mark_data_ready` API.
//!
//! It sends one request and tells the answer as it came. It must not know when a signal is right, nor when a request may
//! be sent again: that is [`crate::signal`]'s.
//!
//! - [`key`]: which kind of key a text is
//! - [`address`]: where requests may go

pub mod address;
pub mod key;

pub use address::Address;
pub use key::{KeyKind, ServerKey};

use std::{error::Error, fmt, time::Duration};

use aws_smithy_http_client::{Connector, proxy::ProxyConfig, tls};
use aws_smithy_runtime_api::client::{
    http::{HttpConnector, HttpConnectorSettings},
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
};
use aws_smithy_types::{body::SdkBody, byte_stream::ByteStream};
use futures_util::future::BoxFuture;
use secrecy::ExposeSecret;

use crate::{
    report::escape_cut,
    signal::{Answer, Mark, MarkReady, Reply},
};

/// So much of an answer is read.
const MAX_ANSWER: usize = 64 << 10;
/// So many characters of it are told.
const MAX_TOLD: usize = 2000;

/// How long to wait.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For a connection.
    pub connect: Duration,
    /// For the whole answer, the connection included.
    pub answer: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(40),
        }
    }
}

/// The API with a server key.
pub struct Statsig {
    url: String,
    key: ServerKey,
    proxied: bool,
    patience: Patience,
}

impl fmt::Debug for Statsig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Statsig")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

impl Statsig {
    /// The API at an address. A proxy of the environment is used, but not for this machine itself.
    pub fn new(address: &Address, key: ServerKey, patience: Patience) -> Self {
        Self {
            url: address.mark_data_ready(),
            key,
            proxied: !address.is_loopback(),
            patience,
        }
    }

    /// A connection of its own for each request: one that was kept could have died unseen, and a request that was
    /// written to it would have to be called lost.
    fn connector(&self) -> Connector {
        let settings = HttpConnectorSettings::builder()
            .connect_timeout(self.patience.connect)
            .build();
        let mut builder = Connector::builder().connector_settings(settings);
        if self.proxied {
            builder = builder.proxy_config(ProxyConfig::from_env());
        }
        builder
            .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
            .build()
    }

    fn request(&self, mark: &Mark) -> Result<HttpRequest, String> {
        let refused = |error: &dyn Error| format!("no request can be made: {error}");
        let mut request = HttpRequest::new(SdkBody::from(mark.body()));
        request.set_method("POST").map_err(|error| refused(&error))?;
        request
            .set_uri(self.url.as_str())
            .map_err(|error| refused(&error))?;
        let headers = request.headers_mut();
        headers.insert("content-type", "application/json");
        headers.insert("accept", "application/json");
        headers.insert("user-agent", concat!("bucket-ready/", env!("CARGO_PKG_VERSION")));
        // Its error would quote the value.
        headers
            .try_insert("statsig-api-key", self.key.secret().expose_secret().to_owned())
            .map_err(|_| "the key holds characters that no header can hold".to_owned())?;
        Ok(request)
    }

    async fn once(&self, mark: &Mark) -> Reply {
        let request = match self.request(mark) {
            Ok(request) => request,
            Err(why) => return Reply::NotSent(why),
        };
        let deadline = tokio::time::Instant::now() + self.patience.answer;
        let call = self.connector().call(request);
        let answer = match tokio::time::timeout_at(deadline, call).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) if never_connected(&error) => return Reply::NotSent(root_cause(&error)),
            Ok(Err(error)) => return Reply::Lost(root_cause(&error)),
            Err(_) => {
                return Reply::Lost(format!(
                    "no answer within {} s",
                    self.patience.answer.as_secs_f32()
                ));
            }
        };
        Reply::Answered(self.read(answer, deadline).await)
    }

    /// The answer's status, and as much of its body as comes in time.
    async fn read(&self, answer: HttpResponse, deadline: tokio::time::Instant) -> Answer {
        let status = answer.status().as_u16();
        let retry_after = answer
            .headers()
            .get("retry-after")
            .and_then(|value| value.trim().parse().ok())
            .map(Duration::from_secs);
        let mut body = ByteStream::new(answer.into_body());
        let mut read = Vec::new();
        let mut cut = false;
        while read.len() < MAX_ANSWER {
            match tokio::time::timeout_at(deadline, body.next()).await {
                Ok(Some(Ok(chunk))) => read.extend_from_slice(&chunk),
                Ok(None) => break,
                Ok(Some(Err(_))) | Err(_) => {
                    cut = true;
                    break;
                }
            }
        }
        read.truncate(MAX_ANSWER);
        let text = String::from_utf8_lossy(&read);
        // A server that repeats the key must not bring it onto a screen or into the ledger.
        let text = text.replace(self.key.secret().expose_secret(), "[the key]");
        Answer {
            status,
            body: escape_cut(text.trim(), MAX_TOLD),
            cut,
            retry_after,
        }
    }
}

impl MarkReady for Statsig {
    fn url(&self) -> &str {
        &self.url
    }

    fn send<'a>(&'a self, mark: &'a Mark) -> BoxFuture<'a, Reply> {
        Box::pin(self.once(mark))
    }
}

/// Whether there never was a connection, so that nothing of the request can have left.
fn never_connected(error: &ConnectorError) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<hyper_util::client::legacy::Error>() {
            return error.is_connect();
        }
        cause = error.source();
    }
    false
}

/// The innermost cause, in its own words.
fn root_cause(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !said.is_empty() {
            words = said;
        }
        cause = error.source();
    }
    escape_cut(&words, MAX_TOLD)
}
