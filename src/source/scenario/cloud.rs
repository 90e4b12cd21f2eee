//! A small cloud: six nodes with their metrics, their log lines, and a server behind a probe.

use super::dice::Dice;
use super::fault::{FaultKind, Faults, Planted};
use super::generator::{Produced, SLOT};
use super::http_server::ServerMode;
use super::kind::{Scenario, ScenarioKind};
use crate::model::{Millis, Timestamp};
use jiff::Timestamp as Zulu;

const METRICS: &str = "cloud_metrics";
const LOGS: &str = "cloud_logs";
const NODES: usize = 6;
/// Slots from one report of a node to its next: one second.
const EVERY: i64 = 1_000 / SLOT.get();
/// Log lines a second.
const LINES: f64 = 22.0;
/// Error lines a second while that fault runs.
const ERRORS: f64 = 15.0;
const SERVICES: [&str; 4] = ["api", "auth", "billing", "search"];
const USUAL: [&str; 4] = ["request served", "cache refreshed", "session opened", "job finished"];
const WRONG: [&str; 3] = ["upstream timed out", "connection pool exhausted", "write to replica failed"];

/// The scenario.
pub(super) static KIND: ScenarioKind = ScenarioKind {
    name: "cloud",
    summary: "nodes, log lines, a probed server and the local host",
    topics: &[(METRICS, 2), (LOGS, 1)],
    faults: &[
        FaultKind {
            name: "cpu-saturation",
            what: "the processors of node-{} are saturated",
            lasts: Millis::from_secs(15),
            detectors: &["node-cpu-odd"],
            rules: &["NodeSaturated"],
        },
        FaultKind {
            name: "error-burst",
            what: "the {} service logs errors in a burst",
            lasts: Millis::from_secs(10),
            detectors: &["error-burst"],
            rules: &["ErrorBurst"],
        },
        FaultKind {
            name: "response-step",
            what: "all nodes and the health endpoint answer many times as slowly",
            lasts: Millis::from_secs(14),
            detectors: &["response-odd"],
            rules: &["ResponseSlow"],
        },
        FaultKind {
            name: "server-unavailable",
            what: "the health endpoint answers 503",
            lasts: Millis::from_secs(14),
            detectors: &["health-down"],
            rules: &["HealthDown"],
        },
    ],
    config: include_str!("../../../fixtures/cloud/bellwether.toml"),
    build: |dice| {
        let node = |dice: &mut Dice| Node { cpu: dice.between(0.28, 0.36), memory: dice.between(0.4, 0.7), disk: dice.between(0.3, 0.8) };
        Box::new(Cloud { nodes: [(); NODES].map(|()| node(dice)) })
    },
};

#[derive(Debug)]
struct Node {
    cpu: f64,
    memory: f64,
    disk: f64,
}

#[derive(Debug)]
struct Cloud {
    nodes: [Node; NODES],
}

impl Scenario for Cloud {
    fn aim(&mut self, fault: &FaultKind, dice: &mut Dice) -> (u32, String) {
        match fault.name {
            "cpu-saturation" => {
                let node = dice.int(0, NODES as u32);
                (node, (node + 1).to_string())
            }
            "error-burst" => {
                let service = dice.int(0, SERVICES.len() as u32);
                (service, SERVICES[service as usize].to_owned())
            }
            _ => (0, String::new()),
        }
    }

    fn slot(&mut self, at: Timestamp, faults: &Faults, dice: &mut Dice, out: &mut Vec<Produced>) {
        let slot = at.as_millis() / SLOT.get();
        for index in 0..NODES {
            if (slot + index as i64 * 8) % EVERY == 0 {
                self.report(index, at, faults, dice, out);
            }
        }
        if dice.chance(LINES * SLOT.as_secs_f64()) {
            line(at, None, dice, out);
        }
        if let Some(service) = faults.target("error-burst")
            && dice.chance(ERRORS * SLOT.as_secs_f64())
        {
            line(at, Some(service), dice, out);
        }
    }

    fn server(&self, fault: &Planted) -> ServerMode {
        match fault.kind {
            "response-step" => ServerMode::Slow,
            "server-unavailable" => ServerMode::Unavailable,
            _ => ServerMode::Normal,
        }
    }
}

impl Cloud {
    fn report(&mut self, index: usize, at: Timestamp, faults: &Faults, dice: &mut Dice, out: &mut Vec<Produced>) {
        let node = &mut self.nodes[index];
        // Each step forgets a tenth of the way back to the middle, so that the load wanders but stays.
        node.cpu = (node.cpu * 0.9 + 0.1 * 0.32 + dice.tame(0.0, 0.015)).clamp(0.02, 0.7);
        node.memory = (node.memory + dice.tame(0.0, 0.002)).clamp(0.3, 0.85);
        node.disk = (node.disk + 0.000_01).min(0.95);
        let saturated = faults.target("cpu-saturation") == Some(index as u32);
        let cpu = if saturated { dice.tame(0.975, 0.006) } else { node.cpu };
        let slow = faults.running("response-step").is_some();
        let response = if slow { dice.tame(420.0, 30.0) } else { dice.tame(45.0, 5.0) };
        let (received, sent) = (dice.tame(4.0e6, 5.0e5), dice.tame(2.0e6, 3.0e5));
        let at = at + Millis::new(i64::from(dice.int(0, SLOT.get() as u32)));
        let name = format!("node-{}", index + 1);
        let payload = format!(
            "{{\"ts\":{},\"node\":\"{name}\",\"cpu\":{cpu:.4},\"memory\":{:.4},\"disk\":{:.4},\"net\":{{\"rx\":{received:.0},\"tx\":{sent:.0}}},\
             \"response_ms\":{response:.1}}}",
            at.as_millis(),
            node.memory,
            node.disk
        );
        out.push(Produced::new(METRICS, &name, at, payload));
    }
}

fn line(at: Timestamp, failing: Option<u32>, dice: &mut Dice, out: &mut Vec<Produced>) {
    let at = at + Millis::new(i64::from(dice.int(0, SLOT.get() as u32)));
    let (service, level, words) = match failing {
        Some(service) => (SERVICES[service as usize], "error", *dice.pick(&WRONG)),
        None => match dice.weighted(&[960, 30, 10]) {
            0 => (*dice.pick(&SERVICES), "info", *dice.pick(&USUAL)),
            1 => (*dice.pick(&SERVICES), "warn", "slow query"),
            _ => (*dice.pick(&SERVICES), "error", *dice.pick(&WRONG)),
        },
    };
    let node = dice.int(1, NODES as u32 + 1);
    let payload = format!(
        "{{\"time\":\"{}\",\"level\":\"{level}\",\"service\":\"{service}\",\"node\":\"node-{node}\",\"message\":\"{words}\"}}",
        rfc3339(at)
    );
    out.push(Produced::new(LOGS, service, at, payload));
}

/// As RFC 3339 writes it, in UTC, with milliseconds.
pub(super) fn rfc3339(at: Timestamp) -> String {
    Zulu::from_millisecond(at.as_millis()).map(|t| format!("{t:.3}")).unwrap_or_default()
}
