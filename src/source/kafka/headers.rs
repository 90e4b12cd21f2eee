//! Headers of a message, also of one whose header names are no UTF-8.
//!
//! `rdkafka` panics on such a name, which anybody who may write to a topic can send. The panic is
//! caught for that one header, and kept from the process's panic hook, which would otherwise give
//! up the terminal.

use rdkafka::message::{BorrowedHeaders, BorrowedMessage, Headers, Message};
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

/// The name shown for a header whose own is not readable.
const UNREADABLE: &str = "\u{fffd}";

thread_local! {
    /// Whether this thread reads a header just now, so that a panic is expected.
    static READING: Cell<bool> = const { Cell::new(false) };
}

/// Keeps expected panics of this file from the hook that is in place. Called when a source starts,
/// after the shell has installed its own.
pub fn shield() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let inner = take_hook();
        set_hook(Box::new(move |info| {
            if !READING.get() {
                inner(info);
            }
        }));
    });
}

/// The headers of `message` in their order.
pub fn of<'m>(message: &'m BorrowedMessage<'_>) -> impl Iterator<Item = (&'m str, Option<&'m [u8]>)> {
    let headers = message.headers();
    let count = headers.map_or(0, Headers::count);
    (0..count).filter_map(move |index| read(headers?, index))
}

fn read(headers: &BorrowedHeaders, index: usize) -> Option<(&str, Option<&[u8]>)> {
    READING.set(true);
    let header = catch_unwind(AssertUnwindSafe(|| headers.try_get(index)));
    READING.set(false);
    match header {
        Ok(header) => header.map(|h| (h.key, h.value)),
        Err(_) => Some((UNREADABLE, None)),
    }
}
