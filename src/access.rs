//! Access: what the reader needs, what policies say of it, and why a request was refused. Pure: no clock, no I/O, no
//! AWS types.
//!
//! - [`rules`]: the tables C1xx and A2xx
//! - [`policy`]: documents, read without losing anything; [`json`] reads their text and keeps where things stand
//! - [`context`]: who asks, for what, and what is known of the circumstances
//! - [`evaluate`](mod@evaluate): yes, no or unknown, with every statement that was looked at; [`condition`],
//!   [`principal`], [`pattern`] and [`public`] are its parts, [`truth`] its three values

pub mod condition;
pub mod context;
pub mod evaluate;
pub mod json;
pub mod pattern;
pub mod policy;
pub mod principal;
pub mod public;
pub mod rules;
pub mod truth;

pub use context::{Actor, ActorKind, Context, Request};
pub use evaluate::{Decision, InForce, Judged, Layer, Reason, Side, Unseen, evaluate};
pub use policy::{Attached, Policy, PolicyError, Source, Statement};
pub use truth::Truth;
