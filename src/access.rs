//! Access: what the reader needs, what policies say of it, and why a request was refused. Pure: no clock, no I/O, no
//! AWS types.
//!
//! - [`rules`]: the tables C1xx and A2xx
//! - [`policy`]: documents, read without losing anything; [`json`] reads their text and keeps where things stand
//! - [`context`]: who asks, for what, and what is known of the circumstances
//! - [`evaluate`](mod@evaluate): yes, no or unknown, with every statement that was looked at; [`condition`],
//!   [`principal`], [`pattern`] and [`public`] are its parts, [`truth`] its three values
//! - [`needs`]: what the reader must be able to do, and the documents that grant it; [`merge`] puts them into a bucket
//!   policy and takes them out again
//! - [`refusal`]: AWS' refusals, taken apart; [`simulated`]: what IAM's own simulator says;
//!   [`key`]: what a key tells by its shape
//! - [`evidence`]: all that was found out; [`explain`] says why a need is unmet, [`lint`] judges A203 to A218
//! - [`view`]: prediction, observation and need side by side, as screens and reports show them
//! - [`plan`](mod@plan): the grant as data: planned, printed, applied step by step, taken back

pub mod condition;
pub mod context;
pub mod evaluate;
pub mod evidence;
pub mod explain;
pub mod json;
pub mod key;
pub mod lint;
pub mod merge;
pub mod needs;
pub mod pattern;
pub mod plan;
pub mod policy;
pub mod principal;
pub mod public;
pub mod refusal;
pub mod rules;
pub mod simulated;
pub mod truth;
pub mod view;

pub use context::{Actor, ActorKind, Context, Request};
pub use evaluate::{Decision, InForce, Judged, Layer, Reason, Side, Unseen, evaluate};
pub use evidence::{
    Answer, ArchiveRule, Asked, Encryption, Evidence, KeyFacts, ObjectGroup, Owner, Ownership, Probe,
    Settings, Versioning,
};
pub use explain::{Explanation, diagnose};
pub use needs::{Extras, Need, Target};
pub use plan::{Inspected, Known, Plan, UserFacts, Wanted, plan};
pub use policy::{Attached, Policy, PolicyError, Source, Statement};
pub use refusal::{PolicyType, Refusal, Said};
pub use simulated::{Opinion, Simulated, SimulatedDecision};
pub use truth::Truth;
pub use view::AccessView;
