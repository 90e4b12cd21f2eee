//! How channels reach the terminal: the bell and notices, as whole control sequences for whoever writes them.

use crate::notify::{Path, Ring, Signal, Way};
use std::sync::Arc;

/// The bell.
pub(super) const BELL: &[u8] = b"\x07";

/// A variable of the environment that is set and not empty.
#[expect(clippy::disallowed_methods, reason = "what the terminal can do stands in the environment")]
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The way notices take here, as the environment tells it.
pub(super) fn path() -> Path {
    Path::of(&variable)
}

/// Rings and tells by `write`, which answers whether the terminal takes it.
pub(super) fn ring(write: impl Fn(&[u8]) -> bool + Send + Sync + 'static) -> Ring {
    let here = path();
    Arc::new(move |signal| match signal {
        Signal::Bell => write(BELL).then_some(Way::Bell),
        Signal::Notice { way, id, title, body, urgent } => {
            let path = Path { way: way.unwrap_or(here.way), ..here };
            let sequences = path.sequences(id, title, body, urgent);
            (sequences.is_empty() || write(&sequences)).then_some(path.way)
        }
    })
}
