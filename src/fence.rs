//! A fence around work on bytes from outside, for decoders that give up by a panic: that is an answer too. It ends the
//! work and nothing else, and nothing of it reaches stderr, where it would stand in the middle of a result.

use std::{
    cell::Cell,
    panic::{self, AssertUnwindSafe},
    sync::Once,
};

thread_local! {
    /// How many fences this thread is in.
    static INSIDE: Cell<usize> = const { Cell::new(0) };
}

/// Does some work; `None` where it panicked. What it was changing is left as it was at that moment.
pub fn fenced<T>(work: impl FnOnce() -> T) -> Option<T> {
    hush();
    INSIDE.set(INSIDE.get() + 1);
    let done = panic::catch_unwind(AssertUnwindSafe(work));
    INSIDE.set(INSIDE.get() - 1);
    done.ok()
}

/// Keeps the panic hook from telling of panics inside a fence. All others are told as before.
fn hush() {
    static HUSHED: Once = Once::new();
    HUSHED.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if INSIDE.get() == 0 {
                before(info);
            }
        }));
    });
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn work_that_breaks_is_an_answer_and_the_thread_goes_on() {
        assert_eq!(fenced(|| 7), Some(7));
        assert_eq!(fenced(|| -> u8 { panic!("damaged") }), None);
        let nested = fenced(|| (fenced(|| -> u8 { panic!("inner") }), fenced(|| 1)));
        assert_eq!(nested, Some((None, Some(1))));
        assert_eq!(INSIDE.get(), 0, "panics outside of it are told again");
    }
}
