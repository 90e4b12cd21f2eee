//! Events of four clouds as CloudEvents 1.0, with the patterns of incidents planted in them.

use super::cloud::rfc3339;
use super::dice::Dice;
use super::fault::{FaultKind, Faults};
use super::generator::{Produced, SLOT};
use super::kind::{Scenario, ScenarioKind};
use crate::model::{Millis, Timestamp};

const TOPIC: &str = "cloud_events";
/// Events a second of all clouds together.
const RATE: f64 = 20.0;
/// Events a second a storm adds.
const STORM: f64 = 10.0;

/// Name, source and event types of each cloud.
const CLOUDS: [(&str, &str, [&str; 3]); 4] = [
    ("aws", "//ec2.amazonaws.com/accounts/123", ["com.amazon.ec2.state-change", "com.amazon.s3.get-object", "com.amazon.rds.failover"]),
    ("azure", "/subscriptions/7f/providers/Compute", ["Microsoft.Compute.VmRestart", "Microsoft.Storage.BlobRead", "Microsoft.Sql.Backup"]),
    (
        "gcp",
        "//compute.googleapis.com/projects/shop",
        ["google.compute.instance.insert", "google.storage.object.read", "google.sql.backup"],
    ),
    ("aliyun", "acs.ecs/cn-shanghai", ["ecs:Instance:StateChange", "oss:Object:GetObject", "rds:Instance:Failover"]),
];
const AZURE: usize = 1;

/// The scenario.
pub(super) static KIND: ScenarioKind = ScenarioKind {
    name: "events",
    summary: "events of several clouds as CloudEvents 1.0",
    topics: &[(TOPIC, 2)],
    faults: &[
        FaultKind {
            name: "error-storm",
            what: "virtual machines of {} fail one after the other",
            lasts: Millis::from_secs(12),
            detectors: &["severe-ratio-high"],
            rules: &["ErrorStorm"],
        },
        FaultKind {
            name: "exfiltration",
            what: "objects of unheard-of size are read from {}",
            lasts: Millis::from_secs(10),
            detectors: &["odd-bytes"],
            rules: &["LargeReads"],
        },
        FaultKind {
            name: "slow-operations",
            what: "operations of {} take twelve times as long",
            lasts: Millis::from_secs(12),
            detectors: &["slow-operations"],
            rules: &["SlowOperations"],
        },
        FaultKind {
            name: "silence",
            what: "{} sends next to nothing",
            lasts: Millis::from_secs(16),
            detectors: &[],
            rules: &["SourceQuiet"],
        },
    ],
    config: include_str!("../../../fixtures/events/bellwether.toml"),
    build: |_| Box::new(Events { id: 0 }),
};

#[derive(Debug)]
struct Events {
    id: u64,
}

impl Scenario for Events {
    fn aim(&mut self, fault: &FaultKind, dice: &mut Dice) -> (u32, String) {
        let cloud = if fault.name == "error-storm" { AZURE } else { dice.int(0, CLOUDS.len() as u32) as usize };
        (cloud as u32, CLOUDS[cloud].0.to_owned())
    }

    fn slot(&mut self, at: Timestamp, faults: &Faults, dice: &mut Dice, out: &mut Vec<Produced>) {
        if dice.chance(RATE * SLOT.as_secs_f64()) {
            let cloud = dice.int(0, CLOUDS.len() as u32);
            // A quiet source still says a word now and then.
            if faults.target("silence") != Some(cloud) || dice.chance(0.1) {
                self.event(at, cloud as usize, false, faults, dice, out);
            }
        }
        if let Some(cloud) = faults.target("error-storm")
            && dice.chance(STORM * SLOT.as_secs_f64())
        {
            self.event(at, cloud as usize, true, faults, dice, out);
        }
    }
}

impl Events {
    fn event(&mut self, at: Timestamp, cloud: usize, storm: bool, faults: &Faults, dice: &mut Dice, out: &mut Vec<Produced>) {
        self.id += 1;
        let at = at + Millis::new(i64::from(dice.int(0, SLOT.get() as u32)));
        let (name, source, types) = CLOUDS[cloud];
        let mut kind = types[if storm { 0 } else { dice.weighted(&[3, 5, 2]) }];
        let severity = if storm { *dice.pick(&["error", "critical"]) } else { ["info", "warning", "error"][dice.weighted(&[900, 85, 15])] };
        let slow = if faults.target("slow-operations") == Some(cloud as u32) { 12.0 } else { 1.0 };
        let duration = dice.tame(180.0, 30.0) * slow;
        let mut bytes = dice.tame(64_000.0, 16_000.0);
        if faults.target("exfiltration") == Some(cloud as u32) && dice.chance(0.4) {
            kind = types[1];
            bytes = dice.between(4.0e8, 9.0e8);
        }
        let id = self.id;
        let time = rfc3339(at);
        let payload = format!(
            "{{\"specversion\":\"1.0\",\"id\":\"{name}-{id}\",\"source\":\"{source}\",\"type\":\"{kind}\",\"time\":\"{time}\",\
             \"datacontenttype\":\"application/json\",\"provider\":\"{name}\",\
             \"data\":{{\"severity\":\"{severity}\",\"duration_ms\":{duration:.1},\"bytes\":{bytes:.0},\"resource\":\"r-{:04x}\"}}}}",
            dice.int(0, 0x1_0000)
        );
        // Keyed by event, so that a silent cloud does not silence a partition.
        let mut produced = Produced::new(TOPIC, &format!("{name}-{id}"), at, payload);
        produced.headers.push(("content-type", b"application/cloudevents+json; charset=UTF-8".to_vec()));
        out.push(produced);
    }
}
