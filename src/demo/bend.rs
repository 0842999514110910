//! Bending rows: the single mistakes that scenarios plant, each on rows of its own.

use bytes::Bytes;
use fastrand::Rng;

use super::shop::{Event, Metric};

/// Rows in a shuffled order, so that each is bent at most once.
pub struct Picker {
    order: Vec<usize>,
}

impl Picker {
    /// All rows of a table.
    pub fn of(rows: usize, mut rng: Rng) -> Self {
        let mut order: Vec<usize> = (0..rows).collect();
        rng.shuffle(&mut order);
        Self { order }
    }

    /// Bends so many rows that were not bent before.
    pub fn bend<T>(&mut self, rows: &mut [T], count: usize, how: impl Fn(&mut T)) {
        self.bend_where(rows, count, |_| true, how);
    }

    /// Bends so many rows of a kind.
    pub fn bend_where<T>(
        &mut self,
        rows: &mut [T],
        count: usize,
        kind: impl Fn(&T) -> bool,
        how: impl Fn(&mut T),
    ) {
        let mut left = count;
        self.order.retain(|&index| {
            if left > 0
                && let Some(row) = rows.get_mut(index).filter(|row| kind(row))
            {
                how(row);
                left -= 1;
                return false;
            }
            true
        });
    }

    /// Copies of so many rows, themselves left as they are and not bent by what follows.
    pub fn copies<T: Clone>(&mut self, rows: &[T], count: usize, kind: impl Fn(&T) -> bool) -> Vec<T> {
        let mut copies = Vec::with_capacity(count);
        self.order.retain(
            |&index| match rows.get(index).filter(|row| copies.len() < count && kind(row)) {
                Some(row) => {
                    copies.push(row.clone());
                    false
                }
                None => true,
            },
        );
        copies
    }
}

/// A constant as a value.
pub fn text(value: &'static str) -> Option<Bytes> {
    Some(Bytes::from_static(value.as_bytes()))
}

/// Text of so many characters.
pub fn long(start: &str, characters: usize) -> Option<Bytes> {
    let mut out = start.to_owned();
    while out.len() < characters {
        out.push('x');
    }
    Some(Bytes::from(out))
}

/// Rewrites a row's user.
pub fn user(event: &mut Event, how: impl Fn(&str) -> String) {
    let before = event
        .user
        .as_deref()
        .map(String::from_utf8_lossy)
        .unwrap_or_default();
    event.user = Some(Bytes::from(how(&before)));
}

/// The user object with a key more, in front.
pub fn with_key(user: &str, key_and_value: &str) -> String {
    format!("{{{key_and_value},{}", user.strip_prefix('{').unwrap_or(user))
}

/// The user object with the value of `userID` replaced by raw JSON.
pub fn with_user_id(user: &str, json: &str) -> String {
    let key = "\"userID\":";
    let Some((before, rest)) = user.split_once(key) else {
        return user.to_owned();
    };
    let after = rest.split_once(',').map_or("", |(_, after)| after);
    format!("{before}{key}{json},{after}")
}

/// A JSON string of a text.
pub fn as_json_string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A UUID in another spelling: upper case, without hyphens.
pub fn other_spelling(id: Bytes) -> Bytes {
    let kept = id.iter().filter(|b| **b != b'-');
    kept.map(u8::to_ascii_uppercase).collect()
}

/// Whether a metric's row is of this name.
pub fn is_metric(row: &Metric, name: &str) -> bool {
    row.name.as_deref() == Some(name.as_bytes())
}
