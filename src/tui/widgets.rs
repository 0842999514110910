//! Parts that screens are made of: text that fits, paragraphs, and a list that scrolls.
//!
//! Every piece of text goes through [`span`], which escapes: nothing from outside reaches the terminal as it came.

pub mod list;
pub mod text;

pub use list::List;
pub use text::{Paragraph, fit, pad, span, width, wrap};
