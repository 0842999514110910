//! All accounts of the practice account's world, shared; who a key belongs to; ids and secrets for what is made.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use jiff::Timestamp;
use secrecy::SecretString;

use super::{
    model::{Account, User},
    settling::Settling,
};

/// Who calls, with which key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// `arn:aws:iam::…:user/…`
    pub arn: String,
    /// `AIDA…`
    pub user_id: String,
    /// The user's name.
    pub name: String,
    /// The twelve-digit account.
    pub account: String,
}

/// Accounts, by their number. Cloning shares them.
#[derive(Clone, Default)]
pub struct World(Arc<RwLock<State>>);

#[derive(Default)]
struct State {
    accounts: BTreeMap<String, Account>,
    made: u64,
    planted_secrets: Vec<SecretString>,
    settling: u32,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").finish_non_exhaustive()
    }
}

/// The letters of ids: base 32 as in RFC 4648.
const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const SECRET_LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

impl World {
    /// Adds an account, in place of one of that number.
    pub fn add(&self, account: Account) {
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        state.accounts.insert(account.id.clone(), account);
    }

    /// Looks at an account; `None` where there is none of that number.
    pub fn with<T>(&self, account: &str, look: impl FnOnce(&Account) -> T) -> Option<T> {
        let state = self.0.read().unwrap_or_else(PoisonError::into_inner);
        state.accounts.get(account).map(look)
    }

    /// Changes an account; `None` where there is none of that number.
    pub fn change<T>(&self, account: &str, change: impl FnOnce(&mut Account) -> T) -> Option<T> {
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        state.accounts.get_mut(account).map(change)
    }

    /// New users and keys and changed policies are felt by none of the first so many requests that meet them, then by
    /// every other one for a while.
    pub fn settle_after(&self, requests: u32) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).settling = requests;
    }

    /// How a change that is made now spreads.
    pub fn settling(&self) -> Settling {
        Settling::begin(self.0.read().unwrap_or_else(PoisonError::into_inner).settling)
    }

    /// The next key that is made gets this secret: to look for where it must not be.
    pub fn plant_secret(&self, secret: &str) {
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        state.planted_secrets.push(SecretString::from(secret));
    }

    /// The secret of an active key, and whose it is, where word of the key has come to this request. To be asked once a
    /// request: each one that meets a fresh key brings it further.
    pub fn admit(&self, id: &str) -> Option<(SecretString, Caller)> {
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let users = state.accounts.values_mut().flat_map(|a| a.users.values_mut());
        let key = users.flat_map(|u| &mut u.keys).find(|k| k.id == id)?;
        if !key.settling.felt() || !key.active {
            return None;
        }
        let secret = key.secret.clone();
        drop(state);
        Some((secret, self.caller(id)?))
    }

    /// Whose an active key is.
    pub fn caller(&self, id: &str) -> Option<Caller> {
        let state = self.0.read().unwrap_or_else(PoisonError::into_inner);
        state.accounts.values().find_map(|account| {
            let (user, key) = account.owner_of(id)?;
            key.active.then(|| Caller {
                arn: account.user_arn(user),
                user_id: user.id.clone(),
                name: user.name.clone(),
                account: account.id.clone(),
            })
        })
    }

    /// All accounts as they are, to be put back later.
    pub(crate) fn snapshot(&self) -> BTreeMap<String, Account> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .accounts
            .clone()
    }

    /// Puts all accounts back as they were.
    pub(crate) fn put_back(&self, accounts: BTreeMap<String, Account>) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).accounts = accounts;
    }

    /// Notes that a key was used.
    pub fn note_use(&self, key_id: &str, now: Timestamp, region: &str, service: &str) {
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let users = state.accounts.values_mut().flat_map(|a| a.users.values_mut());
        if let Some(key) = users.flat_map(|u| &mut u.keys).find(|k| k.id == key_id) {
            key.last_used = Some((now, region.to_owned(), service.to_owned()));
        }
    }

    /// The user that calls, as it is now.
    pub fn user(&self, caller: &Caller) -> Option<User> {
        self.with(&caller.account, |account| account.user(&caller.name).cloned())?
    }

    /// A new id: a prefix such as `AKIA`, then the account's number as AWS hides it in ids, then what makes it unique.
    pub fn new_id(&self, prefix: &str, account: &str) -> String {
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        state.made += 1;
        let unique = twox_hash::XxHash64::oneshot(7, &state.made.to_le_bytes());
        let number: u64 = account.parse().unwrap_or(0);
        // 45 bits: one that is set, 40 of the account, four of chance; then 35 bits of chance.
        let first = (1 << 44) | ((number & ((1 << 40) - 1)) << 4) | (unique & 0xf);
        let letter = |bits: u64| {
            let at = usize::try_from(bits & 31).unwrap_or(0);
            char::from(LETTERS.get(at).copied().unwrap_or(b'A'))
        };
        let head = (0..9).rev().map(|n| letter(first >> (5 * n)));
        let tail = (0..7).map(|n| letter(unique >> (4 + 5 * n)));
        prefix.chars().chain(head).chain(tail).collect()
    }

    /// A new secret of 40 characters.
    pub fn new_secret(&self) -> SecretString {
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(planted) = state.planted_secrets.pop() {
            return planted;
        }
        state.made += 1;
        let mut rng = fastrand::Rng::with_seed(state.made);
        let secret: String = (0..40)
            .map(|_| {
                let at = rng.usize(..SECRET_LETTERS.len());
                char::from(SECRET_LETTERS.get(at).copied().unwrap_or(b'A'))
            })
            .collect();
        SecretString::from(secret)
    }
}
