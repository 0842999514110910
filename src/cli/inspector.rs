//! What looks at policies and settings for a check: an AWS account, connected to once something is asked of it.

use futures_util::future::BoxFuture;
use tokio::sync::OnceCell;

use crate::{
    access::{Inspected, Target},
    aws::AwsAccount,
    report::Problem,
    store::S3Settings,
    survey::Inspect,
};

/// An account by the key that may see most: the operator's, else the reader's own.
#[derive(Debug)]
pub struct Inspector {
    settings: S3Settings,
    account: OnceCell<AwsAccount>,
}

impl Inspector {
    /// `None` where requests are not signed: nobody's policies are nobody's to see.
    pub fn new(settings: &S3Settings) -> Option<Self> {
        (!settings.no_sign_request).then(|| Self {
            settings: settings.clone(),
            account: OnceCell::new(),
        })
    }
}

impl Inspect for Inspector {
    fn inspect<'a>(
        &'a self,
        target: &'a Target,
        reader: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Inspected, Problem>> {
        Box::pin(async move {
            let account = self
                .account
                .get_or_try_init(|| AwsAccount::connect(self.settings.clone()))
                .await?;
            account.inspect(target, reader).await
        })
    }

    fn requests(&self) -> u64 {
        self.account.get().map_or(0, |account| account.usage().requests)
    }
}
