//! Ten sensors of a plant, two readings a second each; some go odd.
//!
//! Usual readings hold a swing now and then, up more often than down, as a valve or a compressor
//! makes them: about a tenth, so that a forest told to flag a tenth has something to flag.

use super::dice::Dice;
use super::fault::{FaultKind, Faults};
use super::generator::{Produced, SLOT};
use super::kind::{Scenario, ScenarioKind};
use crate::model::{Millis, Timestamp};

const TOPIC: &str = "sensor_data";
const SENSORS: u32 = 10;
/// Slots from one reading of a sensor to its next: half a second, so that a forest of a single
/// sensor has enough to learn from within ten seconds.
const EVERY: i64 = 500 / SLOT.get();
/// Every so many readings a sensor swings up …
const UP: i64 = 11;
/// … and every so many down.
const DOWN: i64 = 37;

/// The scenario.
pub(super) static KIND: ScenarioKind = ScenarioKind {
    name: "sensors",
    summary: "ten sensors, two values a second each, an isolation forest over them",
    topics: &[(TOPIC, 2)],
    faults: &[
        FaultKind {
            name: "stuck-high",
            what: "sensor {} is stuck far above its usual level",
            lasts: Millis::from_secs(14),
            detectors: &["odd-reading"],
            rules: &["SensorOdd"],
        },
        FaultKind {
            name: "spikes",
            what: "sensor {} jumps up and down every other reading",
            lasts: Millis::from_secs(16),
            detectors: &["odd-reading"],
            rules: &["SensorOdd"],
        },
        FaultKind {
            name: "stuck-low",
            what: "sensor {} has dropped far below its usual level",
            lasts: Millis::from_secs(14),
            detectors: &["odd-reading"],
            rules: &["SensorOdd"],
        },
    ],
    config: include_str!("../../../fixtures/sensors/bellwether.toml"),
    build: |_| Box::new(Sensors { last: None }),
};

#[derive(Debug)]
struct Sensors {
    /// The sensor that was odd last: the next fault strikes another one.
    last: Option<u32>,
}

impl Scenario for Sensors {
    fn aim(&mut self, _fault: &FaultKind, dice: &mut Dice) -> (u32, String) {
        let mut sensor = dice.int(1, SENSORS + 1);
        if self.last == Some(sensor) {
            sensor = sensor % SENSORS + 1;
        }
        self.last = Some(sensor);
        (sensor, sensor.to_string())
    }

    fn slot(&mut self, at: Timestamp, faults: &Faults, dice: &mut Dice, out: &mut Vec<Produced>) {
        let slot = at.as_millis() / SLOT.get();
        for sensor in 1..=SENSORS {
            // Each sensor has its own moment within the second, as real ones do.
            if (slot + i64::from(sensor) * 2) % EVERY != 0 {
                continue;
            }
            let at = at + Millis::new(i64::from(dice.int(0, 20)));
            let usual = 50.0 + f64::from(sensor % 4) * 0.5;
            let reading = slot / EVERY + i64::from(sensor) * 3;
            let swing = if reading % UP == 0 {
                dice.between(8.0, 11.0)
            } else if reading % DOWN == 0 {
                dice.between(-11.0, -8.0)
            } else {
                0.0
            };
            let mut value = dice.tame(usual, 1.2) + swing;
            let odd = |kind| faults.target(kind) == Some(sensor);
            if odd("stuck-high") {
                value = dice.tame(92.0, 0.4);
            } else if odd("stuck-low") {
                value = dice.tame(8.0, 0.4);
            } else if odd("spikes") && reading % 2 == 0 {
                value = dice.tame(110.0, 5.0);
            }
            let seconds = at.as_millis() as f64 / 1_000.0;
            let payload = format!("{{\"sensor_id\":{sensor},\"value\":{value:.2},\"timestamp\":{seconds:.3}}}");
            out.push(Produced::new(TOPIC, &sensor.to_string(), at, payload));
        }
    }
}
