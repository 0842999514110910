//! Signals, sent: a day is told complete by a file in `signals/` or by the `mark_data_ready` API.
//!
//! What a signal would do is [`crate::contract::days`]'s to say; here it is guarded, written, read back and entered in the
//! ledger. This module must not know the terminal or the command line.
