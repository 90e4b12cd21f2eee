//! The recording format: what the machine was handed, a line each.
