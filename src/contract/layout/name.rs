//! What a name says, without a look inside.

use crate::calendar::PstDay;

/// The day of a level-one folder named `YYYY-MM-DD` or `anykey=YYYY-MM-DD`.
pub fn folder_day(name: &str) -> Option<PstDay> {
    PstDay::parse(name).or_else(|| {
        let (key, day) = name.split_once('=')?;
        (!key.is_empty()).then(|| PstDay::parse(day)).flatten()
    })
}
