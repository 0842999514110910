//! IAM of the practice account: users, policies, groups and keys, over AWS' own query protocol.
//!
//! State and answers, and nothing of HTTP: a form that was posted comes in, XML goes out. Callers must be allowed to do
//! what they ask for by the policies in force, as everywhere.
//!
//! - [`model`]: accounts and what is in them
//! - [`world`]: all accounts, shared, and who a key belongs to
//! - [`api`]: from a form's `Action` to an answer; [`users`], [`groups`], [`policies`] and [`keys`] are the calls
//! - [`simulate`]: what policies would say
//! - [`settling`]: how changes become known everywhere
//! - [`xml`]: how answers and refusals are written

pub mod api;
pub mod groups;
pub mod keys;
pub mod model;
pub mod policies;
pub mod settling;
pub mod simulate;
pub mod users;
pub mod world;
pub mod xml;

pub use api::answer;
pub use model::{Account, Key, ManagedPolicy, User};
pub use settling::Settling;
pub use world::World;
pub use xml::{Answer, Refusal};
