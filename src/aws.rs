//! AWS accounts by the SDK: IAM, STS and the bucket's settings, behind [`crate::grant::Account`].
//!
//! Every SDK error becomes a [`Problem`](crate::report::Problem) that a person can act on. This module must not know the
//! terminal, the command line or what a plan is for.
