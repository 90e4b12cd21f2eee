//! Bellwether: a pure machine with a shell around it.

pub mod alert;
pub mod cli;
pub mod config;
pub mod decode;
pub mod detect;
pub mod engine;
pub mod expr;
pub mod history;
pub mod measure;
pub mod model;
pub mod notify;
pub mod runtime;
pub mod source;
pub mod stats;
pub mod store;
pub mod ui;
