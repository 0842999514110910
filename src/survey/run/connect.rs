//! Reaching the target: as the reader, and as the operator where there is one.

use std::sync::Arc;

use super::Run;
use crate::{
    report::{Identity, ProblemKind, Stage, SurveyEvent, Target},
    rule::Code,
    store::{Connected, S3Settings, S3Store, SharedStore},
    survey::{Source, objects::Access},
};

impl Run {
    /// Reaches the target. `None` when that failed: the connection's checks say why.
    pub(super) async fn connect(&mut self, source: Source) -> Option<Access> {
        match source {
            Source::Folder(folder) => {
                let store: SharedStore = Arc::new(folder);
                self.connected(None, None).await;
                Some(Access::new(store, None))
            }
            Source::Store {
                reader,
                operator,
                identity,
            } => {
                self.connection.credentials = true;
                let arn = identity.as_ref().and_then(|identity| identity.arn.as_deref());
                self.sight.identify(arn, None, false, true);
                self.connected(identity, None).await;
                Some(Access::new(reader, operator))
            }
            Source::S3 { reader, operator } => self.reach(*reader, operator.map(|settings| *settings)).await,
            Source::NoReader { operator } => self.reach(*operator, None).await,
        }
    }

    /// Connects, unless the run is cancelled first.
    async fn reach(&mut self, reader: S3Settings, operator: Option<S3Settings>) -> Option<Access> {
        self.emit.progress(Stage::Connect, None, 0, None, 0).await;
        let cancel = self.cancel.clone();
        tokio::select! {
            () = cancel.cancelled() => None,
            access = self.connect_s3(reader, operator) => access,
        }
    }

    async fn connect_s3(&mut self, reader: S3Settings, operator: Option<S3Settings>) -> Option<Access> {
        self.connection.unsigned = reader.no_sign_request;
        let secure = is_secure(&self.target, reader.endpoint_url.as_deref());
        let as_reader = S3Store::connect(reader);
        let as_operator = async {
            match operator {
                Some(settings) => Some(S3Store::connect(settings).await),
                None => None,
            }
        };
        let (reader, operator) = tokio::join!(as_reader, as_operator);
        let reader = match reader {
            Ok(reader) => reader,
            Err(mut problem) => {
                // A bucket's name or an endpoint that no request can be made for: nothing is reached either way.
                if problem.connection_code().is_none() {
                    problem.kind = ProblemKind::Unreachable;
                }
                // Whatever else went wrong, a problem after looking for credentials shows that there are some.
                self.connection.credentials =
                    !matches!(problem.connection_code(), Some(code) if code == Code::new("C101"));
                self.connection.note(&problem);
                return None;
            }
        };
        self.connection.credentials = true;
        self.note_reader(&reader, secure).await;
        let operator = match operator {
            Some(Ok(operator)) => Some(operator),
            Some(Err(problem)) => {
                self.emit
                    .notice(format!(
                        "the operator's key can't be used, so nothing is read with it: {problem}"
                    ))
                    .await;
                None
            }
            None => None,
        };
        self.set_region(reader.region.clone());
        self.bucket = Some(reader.store.clone());
        let operator_identity = operator.as_ref().and_then(|operator| operator.identity.clone());
        self.connected(
            reader.identity.clone(),
            operator_identity.filter(|o| Some(o) != reader.identity.as_ref()),
        )
        .await;
        for notice in reader.notices {
            self.emit.notice(notice).await;
        }
        let shared = |store: S3Store| -> SharedStore { Arc::new(store) };
        Some(Access::new(
            shared(reader.store),
            operator.map(|operator| shared(operator.store)),
        ))
    }

    /// Notes who the reader is, and what explains trouble with its key.
    async fn note_reader(&mut self, reader: &Connected, secure: bool) {
        let arn = reader
            .identity
            .as_ref()
            .and_then(|identity| identity.arn.as_deref());
        let unsigned = self.connection.unsigned;
        self.sight.identify(arn, reader.key_id.clone(), unsigned, secure);
        self.connection.key_id = reader.key_id.clone();
        self.connection.secret_oddity = reader.secret_oddity.clone();
        self.connection.clock_ahead = reader.clock_ahead;
        self.connection.corrected = reader.corrected.clone().zip(reader.region.clone());
        if let (None, false, Some(account)) = (arn, unsigned, self.sight.account()) {
            self.emit
                .notice(format!(
                    "STS did not tell whose key this is; by the key's id it is of account {account} (inferred)"
                ))
                .await;
        }
    }

    fn set_region(&mut self, now: Option<String>) -> bool {
        match &mut self.target {
            Target::S3 { region, .. } | Target::Demo { region, .. } if *region != now => {
                *region = now;
                true
            }
            _ => false,
        }
    }

    /// Tells the bucket's region where it turned out to be another than was thought.
    pub(super) async fn tell_region(&mut self) {
        let Some(region) = self.bucket.as_ref().map(S3Store::region) else {
            return;
        };
        if self.set_region(Some(region.clone())) {
            let (identity, operator) = self.identities.clone();
            self.connected(identity, operator).await;
            self.emit
                .notice(format!("region {region}, from the bucket"))
                .await;
        }
    }

    async fn connected(&mut self, identity: Option<Identity>, operator: Option<Identity>) {
        let (identity, operator) = match self.no_reader {
            true => (None, identity.or(operator)),
            false => (identity, operator),
        };
        self.identities = (identity.clone(), operator.clone());
        self.emit
            .send(SurveyEvent::Connected {
                target: self.target.clone(),
                identity,
                operator,
            })
            .await;
    }
}

/// Whether requests count as made over TLS. The practice account is asked over a loopback port and answers as if.
fn is_secure(target: &Target, endpoint: Option<&str>) -> bool {
    let plain = endpoint.is_some_and(|url| url.starts_with("http://"));
    matches!(target, Target::Demo { .. }) || !plain
}
