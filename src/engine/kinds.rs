//! The kinds of detectors the machine knows: those of `detect`; tests add small ones of their own.

use crate::detect::Kind;

/// The kind called `name`.
#[cfg(not(test))]
pub(super) fn kind(name: &str) -> Option<&'static Kind> {
    crate::detect::kind(name)
}

/// The kind called `name`, also one of the tests' own.
#[cfg(test)]
pub(super) fn kind(name: &str) -> Option<&'static Kind> {
    super::tests::kinds::KINDS.iter().copied().find(|k| k.name == name).or_else(|| crate::detect::kind(name))
}
