//! The registry of payload formats: one file and one line each.

use super::layout::{Draft, Layout, Origin, Sink};
use super::redact::Redactor;
use super::scan::Fault;
use super::{cloudevents, collectd, csv, json, kcat, line, logfmt, number, prometheus, syslog, telegraf};

/// Reads one payload. Every event goes to the sink: of JSON when the whole payload has been checked,
/// of lines one by one, because a broken line says nothing against its neighbours.
pub(super) type ReadPayload = fn(&Layout, &mut Draft, &Origin<'_>, &[u8], &mut Sink<'_>) -> Result<(), Fault>;
/// Writes one payload anew with the redacted fields replaced.
pub(super) type RedactPayload = fn(&Redactor, &[u8]) -> Result<Vec<u8>, Fault>;

/// A way payloads are written.
#[derive(Debug)]
pub struct Format {
    /// The word in the configuration.
    pub name: &'static str,
    /// What it is, in one line, for help and the configuration reference.
    pub summary: &'static str,
    /// Fields it offers beside those in the payload, for help and inference.
    pub fields: &'static [&'static str],
    /// Whether a record may have no payload at all.
    pub(super) empty: bool,
    /// Paths it reads for itself.
    pub(super) own: &'static [&'static str],
    /// The path of the array of records that it may hold, where the stream names none.
    pub(super) records: Option<&'static str>,
    pub(super) read: ReadPayload,
    pub(super) redact: RedactPayload,
}

/// All formats.
pub const FORMATS: &[&Format] = &[
    &json::FORMAT,
    &kcat::FORMAT,
    &cloudevents::FORMAT,
    &line::FORMAT,
    &csv::FORMAT,
    &logfmt::FORMAT,
    &syslog::FORMAT,
    &number::FORMAT,
    &collectd::FORMAT,
    &telegraf::FORMAT,
    &prometheus::FORMAT,
];

/// The format called `name`.
pub fn format(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|f| f.name == name).copied()
}
