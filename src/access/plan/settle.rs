//! When a fresh user, key or policy counts as usable: AWS takes seconds to agree with itself, and one answer proves
//! little.

/// Seconds after which waiting ends.
pub const DEADLINE_SECONDS: u64 = 60;
/// Answers in a row that count as agreement.
pub const IN_A_ROW: u32 = 3;

/// What to do after a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// Try again.
    NotYet,
    /// It works.
    Usable,
    /// The deadline is over.
    GaveUp,
}

/// Counts tries with a fresh key.
#[derive(Clone, Debug, Default)]
pub struct Settling {
    in_a_row: u32,
}

impl Settling {
    /// Takes the outcome of a try, `elapsed` seconds after the change.
    pub fn tried(&mut self, answered: bool, elapsed: u64) -> Settled {
        self.in_a_row = if answered { self.in_a_row + 1 } else { 0 };
        match (self.in_a_row >= IN_A_ROW, elapsed >= DEADLINE_SECONDS) {
            (true, _) => Settled::Usable,
            (false, true) => Settled::GaveUp,
            (false, false) => Settled::NotYet,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_answer_of_a_key_that_flickers_is_not_believed() {
        let mut settling = Settling::default();
        let tries = [true, true, false, true, true, true];
        let outcomes: Vec<Settled> = (1..).zip(tries).map(|(at, ok)| settling.tried(ok, at)).collect();
        assert_eq!(outcomes[..5], [Settled::NotYet; 5]);
        assert_eq!(outcomes[5], Settled::Usable);
        assert_eq!(
            Settling::default().tried(false, DEADLINE_SECONDS),
            Settled::GaveUp
        );
    }
}
