//! The rules G701 and G704-G711.

use super::Evidence;
use crate::{contract::Context, rule::Outcome};

/// Judges G701 and G704-G711, each once, in the order of their codes.
pub fn judge(ctx: &Context, evidence: &Evidence) -> Vec<Outcome> {
    let _ = (ctx, evidence);
    Vec::new()
}
