//! How a change becomes known everywhere: not at once, and not for good at the first sight of it.
//!
//! It is counted in requests, not in seconds, so that tests are quick and the same each time.

/// How far a change has spread. The default has spread everywhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settling {
    left: u32,
    of: u32,
}

impl Settling {
    /// A change that the next so many requests that meet it do not feel; about as many more feel it every other time.
    pub const fn begin(requests: u32) -> Self {
        Self {
            left: requests.saturating_mul(2),
            of: requests,
        }
    }

    /// Whether a request that meets the change feels it. Each one that asks brings it further.
    pub const fn felt(&mut self) -> bool {
        if self.left == 0 {
            return true;
        }
        self.left -= 1;
        self.left < self.of && self.left % 2 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_unknown_then_flickers_then_stays() {
        let mut change = Settling::begin(4);
        let felt: Vec<bool> = (0..12).map(|_| change.felt()).collect();
        let expected = [
            false, false, false, false, true, false, true, false, true, true, true, true,
        ];
        assert_eq!(felt, expected);
        assert!(Settling::default().felt());
    }
}
