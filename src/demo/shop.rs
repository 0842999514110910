//! The shop whose data it is.

/// The shop.
pub struct Shop;

impl Shop {
    /// Opens it.
    pub fn open() -> Self {
        Self
    }
}
