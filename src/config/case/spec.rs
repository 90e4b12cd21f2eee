//! What a case file holds, once it is read and checked.

use super::template::CaseInput;
use crate::alert::{AlertState, Severity};
use crate::config::Loaded;
use crate::history::Moment;
use crate::model::Timestamp;
use std::path::PathBuf;

/// A checked file of cases.
#[derive(Clone, Debug)]
pub struct CaseFile {
    /// How messages call it.
    pub file: String,
    /// The configuration its cases run under.
    pub loaded: Loaded,
    /// Its cases, in their order.
    pub cases: Vec<Case>,
}

/// One case.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its name.
    pub name: String,
    /// The line it begins at, from 1.
    pub line: usize,
    /// When it begins, where it is fed by inputs of its own; a recording says so itself.
    pub start: Timestamp,
    /// What goes in.
    pub feed: CaseFeed,
    /// How long it goes on at least.
    pub until: Option<Moment>,
    /// What must come of it.
    pub expect: Vec<Expect>,
}

/// What a case is fed.
#[derive(Clone, Debug)]
pub enum CaseFeed {
    /// Inputs of its own.
    Inputs(Vec<CaseInput>),
    /// A recording, or a part of it.
    Recording {
        /// The file.
        path: PathBuf,
        /// Where the part begins.
        from: Option<Moment>,
        /// Where it ends.
        to: Option<Moment>,
    },
}

/// When an expectation looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// At one moment.
    At(Moment),
    /// At all that happens between two.
    Between(Moment, Moment),
}

/// What is expected: what is listed, and nothing else of the rules and detectors looked at.
#[derive(Clone, Debug)]
pub struct Expect {
    /// The line it begins at, from 1.
    pub line: usize,
    /// When.
    pub window: Window,
    /// Only these rules are looked at; empty: all.
    pub rules: Vec<String>,
    /// Only these detectors are looked at; empty: all.
    pub detectors: Vec<String>,
    /// The alerts; `None`: they are not looked at.
    pub alerts: Option<Vec<AlertWanted>>,
    /// The anomalies; `None`: they are not looked at.
    pub anomalies: Option<Vec<AnomalyWanted>>,
}

/// One expected alert, or several that differ in labels not named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertWanted {
    /// Its rule.
    pub rule: String,
    /// Labels it must have, among others.
    pub labels: Vec<(String, String)>,
    /// Where it must stand.
    pub state: AlertState,
    /// How grave it must be.
    pub severity: Option<Severity>,
}

/// Expected anomalies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnomalyWanted {
    /// The detector.
    pub detector: String,
    /// Labels they must have, among others.
    pub labels: Vec<(String, String)>,
    /// How many there must be; `None`: one or more.
    pub count: Option<u64>,
}
