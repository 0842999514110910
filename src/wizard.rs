//! The wizard as a pure state machine: `handle(event) -> effects`.
