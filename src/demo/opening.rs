//! How the account was when it opened, to put it back: users, keys, policies and settings. Objects and the clock stay.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    iam::{Account, World},
    objects::{Bucket, Buckets},
};

/// The account as it opened.
#[derive(Debug)]
pub struct Opening {
    accounts: BTreeMap<String, Account>,
    /// Without their objects.
    buckets: BTreeMap<String, Bucket>,
    /// What is decided about an object beside its bytes: who owns it, which key it is encrypted with.
    objects: BTreeMap<String, BTreeMap<String, (String, Option<String>)>>,
    key_policies: BTreeMap<String, String>,
}

impl Opening {
    /// As it is now.
    pub fn of(world: &World, buckets: &Buckets) -> Self {
        let (mut settings, mut objects) = (BTreeMap::new(), BTreeMap::new());
        for (name, bucket) in buckets.all() {
            let each = bucket
                .objects
                .iter()
                .map(|(key, object)| (key.clone(), (object.account.clone(), object.kms_key.clone())));
            objects.insert(name.clone(), each.collect());
            let bare = Bucket {
                objects: BTreeMap::new(),
                ..bucket
            };
            settings.insert(name, bare);
        }
        Self {
            accounts: world.snapshot(),
            buckets: settings,
            objects,
            key_policies: buckets.key_policies(),
        }
    }

    /// Puts it back as it was.
    pub fn restore(&self, world: &World, buckets: &Buckets) {
        world.put_back(self.accounts.clone());
        buckets.put_key_policies(self.key_policies.clone());
        for (name, opened) in &self.buckets {
            let known = self.objects.get(name);
            buckets.change(name, |bucket| {
                let mut objects = std::mem::take(&mut bucket.objects);
                for (key, object) in &mut objects {
                    let was = known.and_then(|known| known.get(key));
                    let (account, kms_key) = match was {
                        Some((account, kms_key)) => (account, kms_key),
                        // It came since: it is as the bucket's settings have it.
                        None => (&opened.account, &opened.kms_key),
                    };
                    if object.account != *account || object.kms_key != *kms_key {
                        let object = Arc::make_mut(object);
                        object.account.clone_from(account);
                        object.kms_key.clone_from(kms_key);
                    }
                }
                *bucket = Bucket {
                    objects,
                    ..opened.clone()
                };
            });
        }
    }
}
