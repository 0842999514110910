//! A bound on answers that are kept in memory whole: listings, policies, errors. A server that never stops sending would
//! fill it.

use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
        SharedHttpConnector,
    },
    orchestrator::{HttpRequest, HttpResponse},
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::body::SdkBody;
use http_body_util::Limited;

/// A page of a listing has a thousand keys of at most a KiB, each written as three bytes for one at worst.
const MAX_ANSWER: usize = 64 << 20;
/// A piece of an object: it is as long as was asked for, and read by whoever asked.
const PARTIAL_CONTENT: u16 = 206;

/// A client whose answers have a bound.
#[derive(Debug)]
pub(super) struct Bounded(pub SharedHttpClient);

impl HttpClient for Bounded {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector(self.0.http_connector(settings, components)))
    }
}

#[derive(Debug)]
struct Connector(SharedHttpConnector);

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let call = self.0.call(request);
        HttpConnectorFuture::new(async move { Ok(bounded(call.await?)) })
    }
}

fn bounded(mut answer: HttpResponse) -> HttpResponse {
    if answer.status().as_u16() != PARTIAL_CONTENT {
        let body = std::mem::replace(answer.body_mut(), SdkBody::taken());
        *answer.body_mut() = SdkBody::from_body_1_x(Limited::new(body, MAX_ANSWER));
    }
    answer
}
