//! How a call is made: counted, its errors classified, retried where that is safe, its pages read to the last.

use std::{borrow::Cow, error::Error, future::Future};

use aws_sdk_iam::{error::ProvideErrorMetadata, operation::RequestId};
use aws_smithy_runtime_api::{client::result::SdkError, http::Response};

use super::{AwsAccount, Bucket};
use crate::{
    access::{
        Known,
        refusal::{PolicyType, Refusal},
    },
    report::{Problem, ProblemKind},
    store::s3::{
        failure::{Call, On},
        retry::Retry,
    },
};

/// A list is read to so many pages: 100,000 entries and more, which no user has.
const MAX_PAGES: usize = 1_000;

/// One page: its entries, and the marker of the next.
pub(super) type Page<T> = (Vec<T>, Option<String>);

impl AwsAccount {
    /// A call, as problems name it.
    pub(super) fn call<'a>(
        &'a self,
        doing: impl Into<String>,
        name: &'static str,
        action: &'static str,
        on: On<'a>,
    ) -> Call<'a> {
        Call {
            doing: doing.into(),
            name,
            action,
            on,
            profile: self.session.settings.profile.as_deref(),
        }
    }

    /// Makes a call that may be made twice: one that reads, or that puts the same again.
    pub(super) async fn read<T, E, F, Fut>(&self, call: &Call<'_>, send: F) -> Result<T, Problem>
    where
        F: Fn() -> Fut,
        Fut: Future<Output = Result<T, SdkError<E, Response>>>,
        E: ProvideErrorMetadata + RequestId + Error + 'static,
    {
        self.read_with(&self.retry, call, send).await
    }

    /// The same, as patient as one says.
    pub(super) async fn read_with<T, E, F, Fut>(
        &self,
        retry: &Retry,
        call: &Call<'_>,
        send: F,
    ) -> Result<T, Problem>
    where
        F: Fn() -> Fut,
        Fut: Future<Output = Result<T, SdkError<E, Response>>>,
        E: ProvideErrorMetadata + RequestId + Error + 'static,
    {
        retry
            .run(|| async {
                self.meter.request();
                send().await.map_err(|error| call.failure(&error))
            })
            .await
    }

    /// Makes a call that must not be made twice: it is tried again only where AWS surely did nothing.
    pub(super) async fn once<T, E, F, Fut>(&self, call: &Call<'_>, send: F) -> Result<T, Problem>
    where
        F: Fn() -> Fut,
        Fut: Future<Output = Result<T, SdkError<E, Response>>>,
        E: ProvideErrorMetadata + RequestId + Error + 'static,
    {
        self.retry
            .run(|| async {
                self.meter.request();
                send().await.map_err(|error| call.failure(&error).not_twice())
            })
            .await
    }

    /// Makes a call that deletes. That it is gone by the second try is what the first one did.
    pub(super) async fn delete<T, E, F, Fut>(&self, call: &Call<'_>, send: F) -> Result<(), Problem>
    where
        F: Fn() -> Fut,
        Fut: Future<Output = Result<T, SdkError<E, Response>>>,
        E: ProvideErrorMetadata + RequestId + Error + 'static,
    {
        let lost = std::sync::atomic::AtomicBool::new(false);
        let order = std::sync::atomic::Ordering::Relaxed;
        self.retry
            .run(|| async {
                self.meter.request();
                let Err(error) = send().await else { return Ok(()) };
                let failure = call.failure(&error);
                if failure.problem.kind == ProblemKind::NotFound && lost.load(order) {
                    return Ok(());
                }
                lost.fetch_or(!failure.turned_away, order);
                Err(failure)
            })
            .await
    }

    /// Makes a call on a bucket that may be made twice, in the region where the bucket turns out to be.
    pub(super) async fn on_bucket<T, E, F, Fut>(
        &self,
        bucket: &Bucket,
        call: &Call<'_>,
        send: F,
    ) -> Result<T, Problem>
    where
        F: Fn(aws_sdk_s3::Client) -> Fut,
        Fut: Future<Output = Result<T, SdkError<E, Response>>>,
        E: ProvideErrorMetadata + RequestId + Error + 'static,
    {
        self.retry
            .run(|| async {
                self.meter.request();
                send(bucket.link.client())
                    .await
                    .map_err(|error| bucket.link.followed(call.failure(&error)))
            })
            .await
    }

    /// A list, to its last page. `send` asks for the page at a marker, `take` has its entries and the next marker.
    pub(super) async fn pages<T, O, E, F, Fut>(
        &self,
        call: &Call<'_>,
        send: F,
        take: impl Fn(O) -> Page<T>,
    ) -> Result<Vec<T>, Problem>
    where
        F: Fn(Option<String>) -> Fut,
        Fut: Future<Output = Result<O, SdkError<E, Response>>>,
        E: ProvideErrorMetadata + RequestId + Error + 'static,
    {
        let mut all = Vec::new();
        let mut marker = None;
        for _ in 0..MAX_PAGES {
            let (entries, next) = take(self.read(call, || send(marker.clone())).await?);
            all.extend(entries);
            match next {
                None => return Ok(all),
                // A server that sends us back would do so for ever.
                Some(next) if marker.as_ref() == Some(&next) => break,
                next => marker = next,
            }
        }
        Err(call.problem(
            ProblemKind::Other,
            format!("the list did not end after {} entries", all.len()),
        ))
    }
}

/// The marker of the next page, where there is one.
pub(super) fn more(truncated: bool, marker: Option<String>) -> Option<String> {
    marker.filter(|marker| truncated && !marker.is_empty())
}

/// What was read, or why it was not.
pub(super) fn known<T>(asked: Result<T, Problem>) -> Known<T> {
    match asked {
        Ok(value) => Known::Known(value),
        Err(problem) => Known::Unknown(why(&problem)),
    }
}

/// Why something is not known: `iam:ListUserPolicies was refused`, with AWS' reason where it gives one.
pub(super) fn why(problem: &Problem) -> String {
    let action = problem.action.unwrap_or("a call");
    match problem.kind {
        ProblemKind::Refused => match problem.message.as_deref().and_then(reason) {
            Some(reason) => format!("{action} was refused ({reason})"),
            None => format!("{action} was refused"),
        },
        _ => format!("{} failed: {}", problem.call.unwrap_or(action), problem.cause),
    }
}

fn reason(said: &str) -> Option<Cow<'static, str>> {
    let said = Refusal::decode(said).said?;
    Some(match (said.policy, said.explicit) {
        (PolicyType::Identity, false) => return None,
        (policy, true) => format!("denied by {}", policy.with_article()).into(),
        (policy, false) => format!("no {policy} allows it").into(),
    })
}

/// Whether a problem is about key, clock, network or region: then every other call would fail the same way.
pub(super) fn is_general(problem: &Problem) -> bool {
    !matches!(problem.kind, ProblemKind::Throttled) && problem.connection_code().is_some()
}
