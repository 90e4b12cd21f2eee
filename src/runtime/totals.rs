//! The `totals` line: what was read, what was found, what it cost.

use crate::engine::Engine;
use serde::Serialize;

/// The last line of a headless run. Not part of the compared log: it holds times.
#[derive(Debug, Serialize)]
pub(super) struct Totals {
    r#type: &'static str,
    records: u64,
    undecodable: u64,
    events: u64,
    accepted: u64,
    late: u64,
    duplicate: u64,
    invalid: u64,
    erroneous: u64,
    sampled_out: u64,
    unclaimed: u64,
    series: usize,
    anomalies: u64,
    alerts: u64,
    wall_s: f64,
    cpu_s: f64,
    rss_mib: f64,
}

impl Totals {
    /// The totals of `engine` after `wall_s` seconds.
    pub(super) fn of(engine: &Engine, wall_s: f64) -> Self {
        let counters = engine.counters();
        let (cpu_s, rss_mib) = cost();
        Self {
            r#type: "totals",
            records: counters.records,
            undecodable: counters.undecodable,
            events: counters.events,
            accepted: counters.accepted,
            late: counters.late,
            duplicate: counters.duplicate,
            invalid: counters.invalid,
            erroneous: counters.erroneous,
            sampled_out: counters.sampled_out,
            unclaimed: counters.unclaimed,
            series: engine.store().len(),
            anomalies: engine.anomalies().total(),
            alerts: engine.alerts().fired(),
            wall_s: round(wall_s),
            cpu_s: round(cpu_s),
            rss_mib: round(rss_mib),
        }
    }
}

fn round(x: f64) -> f64 {
    (x * 1000.0).round() / 1000.0
}

/// CPU seconds of this process, and the most memory it held, in MiB; zeros where the system does not say.
#[expect(clippy::disallowed_methods, reason = "the process's own cost is read from the system")]
fn cost() -> (f64, f64) {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = stat.rsplit(')').next().unwrap_or("");
    let ticks: f64 = after.split_whitespace().skip(11).take(2).filter_map(|t| t.parse::<f64>().ok()).sum();
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).and_then(|v| v.split_whitespace().next()?.parse::<f64>().ok());
    let per_second = rustix::param::clock_ticks_per_second() as f64;
    (ticks / per_second, peak.unwrap_or(0.0) / 1024.0)
}
