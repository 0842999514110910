//! The terminal face: draws [`crate::wizard::Wizard`], turns key presses into its events, and leaves the terminal as it
//! found it.
//!
//! It reads state and sends intents. It must not know AWS, stores, surveys or the command line: what happens outside is
//! the driver's, behind [`Effects`]. Drawing is pure: the same state and size give the same cells.
//!
//! - [`app`]: the loop: events in, draw, effects out
//! - [`terminal`]: raw mode and the alternate screen, restored whatever happens
//! - [`input`]: key presses as the wizard's keys
//! - [`frame`]: header, step rail, body, status line, footer
//! - [`screens`]: one file a step
//! - [`panels`]: what opens over a screen, and the detail beside it
//! - [`widgets`]: lists, paragraphs, text that fits
//! - [`theme`]: the one page of colours
//! - `print`: a screen as text, without a terminal

pub mod app;
pub mod frame;
pub mod input;
pub mod panels;
pub mod print;
pub mod screens;
pub mod terminal;
pub mod theme;
pub mod widgets;

pub use app::{Effects, Message, run};
pub use print::{Form, ScreenName, render_to_text};
pub use theme::Theme;
