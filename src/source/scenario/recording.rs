//! Recordings of scenarios, made without any clock: the fixtures that replay tests run on.

use super::cloud::KIND as CLOUD;
use super::dice::Dice;
use super::fault::Planted;
use super::generator::{Generator, Pace, Produced};
use super::http_server::ServerMode;
use crate::history::{Header, RECORDING_VERSION, Writer};
use crate::model::{Batch, Input, LinkState, Millis, PartitionEvent, Reading, RecordRef, SourceId, TimeKind, Timestamp};
use std::fmt::Write as _;
use std::io::{self, Write};
use std::sync::Arc;

/// When recordings of scenarios begin: a round moment, so that times in tests are easy to read.
pub const RECORDING_START: Timestamp = Timestamp::from_millis(1_764_000_000_000);
/// A partition's end is recorded so often, in ticks; more would only lengthen the file.
const END_EVERY: i64 = 10;
/// The probe's interval in ticks.
const PROBE_EVERY: i64 = 2;

const KAFKA: SourceId = SourceId(0);
const HOST: SourceId = SourceId(1);
const PROBE: SourceId = SourceId(2);
/// The sources' names, as the scenarios' configurations have them.
const SOURCES: [&str; 3] = ["kafka", "host", "health"];

/// Writes a recording of `seconds` of `scenario` with dense faults and returns the faults planted in it.
///
/// `config` is the configuration's text for the header. The same arguments give the same bytes.
///
/// # Errors
/// When writing fails, or no scenario has that name.
pub fn recording(scenario: &str, seed: u64, seconds: u32, config: &str, out: &mut dyn Write) -> io::Result<Vec<Planted>> {
    paced_recording(scenario, seed, seconds, Pace::Dense, config, out)
}

/// [`recording`] with another pace of faults: a day of the demo's pace tells how many alerts are false.
///
/// # Errors
/// When writing fails, or no scenario has that name.
pub fn paced_recording(scenario: &str, seed: u64, seconds: u32, pace: Pace, config: &str, out: &mut dyn Write) -> io::Result<Vec<Planted>> {
    let mut generator = Generator::with_pace(scenario, seed, RECORDING_START, pace)
        .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("no scenario {scenario:?}")))?;
    let cloud = scenario == CLOUD.name;
    let header = Header {
        recording: RECORDING_VERSION,
        tool: format!("bellwether {}", env!("CARGO_PKG_VERSION")),
        started: RECORDING_START.as_millis(),
        tz: "UTC".to_owned(),
        host: "demo".to_owned(),
        sources: SOURCES[..if cloud { 3 } else { 1 }].iter().map(|s| (*s).to_owned()).collect(),
        config: config.to_owned(),
    };
    let mut tape = Tape::new(Writer::new(out, &header)?, &generator);
    tape.begin(cloud)?;
    let mut around = cloud.then(|| Around { dice: Dice::new(seed), cpu: 0.2, down: false });
    let mut produced = Vec::new();
    for second in 1..=i64::from(seconds) {
        let now = RECORDING_START + Millis::from_secs(second);
        generator.advance(now, &mut produced);
        for record in produced.drain(..) {
            tape.record(&record)?;
        }
        if let Some(around) = &mut around {
            around.second(second, now, generator.server(), &mut tape)?;
        }
        if second % END_EVERY == 0 {
            tape.ends()?;
        }
        tape.write(&Input::Tick(now))?;
    }
    tape.write(&Input::End)?;
    tape.writer.finish()?;
    // A fault that had not ended need not have been found.
    let last = RECORDING_START + Millis::from_secs(i64::from(seconds));
    Ok(generator.planted().iter().filter(|p| p.to <= last).cloned().collect())
}

/// What must be found in a recording, as TOML: each planted fault with its time, the detectors that
/// must flag something in it and the rules that must fire.
pub fn expected(scenario: &str, seed: u64, seconds: u32, planted: &[Planted]) -> String {
    let mut out = format!(
        "# What is planted in recording.jsonl and must be found. Written together with it; do not edit.\n\
         scenario = \"{scenario}\"\nseed = {seed}\nseconds = {seconds}\n"
    );
    let kinds = super::find(scenario).map_or(&[][..], |s| s.faults);
    for fault in planted {
        let kind = kinds.iter().find(|k| k.name == fault.kind);
        // Writing into a string cannot fail.
        let _ = write!(
            out,
            "\n[[planted]]\nkind = \"{}\"\nwhat = \"{}\"\nfrom = {}\nto = {}\ndetectors = {:?}\nrules = {:?}\n",
            fault.kind,
            fault.what,
            fault.from.as_millis(),
            fault.to.as_millis(),
            kind.map_or(&[][..], |k| k.detectors),
            kind.map_or(&[][..], |k| k.rules)
        );
    }
    out
}

/// The recording being written, with the offsets of its partitions.
struct Tape<'o> {
    writer: Writer<&'o mut dyn Write>,
    topics: Vec<(Arc<str>, Vec<i64>)>,
    batch: Batch,
}

impl<'o> Tape<'o> {
    fn new(writer: Writer<&'o mut dyn Write>, generator: &Generator) -> Self {
        let topics = generator.topics().iter().map(|(name, n)| ((*name).into(), vec![0; *n as usize])).collect();
        Self { writer, topics, batch: Batch::new(KAFKA) }
    }

    fn write(&mut self, input: &Input<'_>) -> io::Result<()> {
        self.writer.input(input, &|id| SOURCES[id.0 as usize])
    }

    fn link(&mut self, source: SourceId, state: LinkState, detail: &str) -> io::Result<()> {
        self.write(&Input::Link { source, topic: None, state, detail })
    }

    fn begin(&mut self, cloud: bool) -> io::Result<()> {
        self.link(KAFKA, LinkState::Up, "")?;
        if cloud {
            self.link(HOST, LinkState::Up, "")?;
            self.link(PROBE, LinkState::Up, "status 200")?;
        }
        self.each_partition(|_| PartitionEvent::Assigned { position: 0, end: 0 })?;
        self.write(&Input::Tick(RECORDING_START))
    }

    fn ends(&mut self) -> io::Result<()> {
        self.each_partition(|end| PartitionEvent::End { end })
    }

    fn each_partition(&mut self, event: impl Fn(i64) -> PartitionEvent) -> io::Result<()> {
        for (topic, offsets) in self.topics.clone() {
            for (partition, end) in offsets.iter().enumerate() {
                self.write(&Input::Partition { source: KAFKA, topic: &topic, partition: partition as i32, event: event(*end) })?;
            }
        }
        Ok(())
    }

    fn record(&mut self, produced: &Produced) -> io::Result<()> {
        let Some((topic, offsets)) = self.topics.iter_mut().find(|(t, _)| t.as_ref() == produced.topic) else { return Ok(()) };
        let partition = place(produced.key.as_deref().unwrap_or_default(), offsets.len());
        let mut record = RecordRef::plain(KAFKA, topic, partition as i32, offsets[partition], Some(&produced.payload));
        record.time = Some(produced.time);
        record.time_kind = TimeKind::Create;
        record.key = produced.key.as_deref();
        offsets[partition] += 1;
        self.batch.clear(usize::MAX);
        self.batch.push(&record, produced.headers.iter().map(|(n, v)| (*n, Some(&v[..]))));
        let Some(record) = self.batch.get(0) else { return Ok(()) };
        self.writer.input(&Input::Record(record), &|id| SOURCES[id.0 as usize])
    }
}

/// The partition of a key: its FNV-1a hash, as any fixed choice does.
fn place(key: &[u8], partitions: usize) -> usize {
    let hash = key.iter().fold(0xcbf2_9ce4_8422_2325u64, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3));
    (hash % partitions.max(1) as u64) as usize
}

/// The host and the probe beside the cloud's records, made up.
struct Around {
    dice: Dice,
    cpu: f64,
    down: bool,
}

impl Around {
    fn second(&mut self, second: i64, now: Timestamp, mode: ServerMode, tape: &mut Tape<'_>) -> io::Result<()> {
        let host = self.host();
        tape.write(&Input::Readings { source: HOST, at: now, readings: &host })?;
        if second % PROBE_EVERY != 0 {
            return Ok(());
        }
        let down = mode == ServerMode::Unavailable;
        if down != self.down {
            self.down = down;
            let (state, detail) = if down { (LinkState::Down, "status 503, expected 200") } else { (LinkState::Up, "status 200") };
            tape.link(PROBE, state, detail)?;
        }
        let probe = self.probe(mode);
        tape.write(&Input::Readings { source: PROBE, at: now, readings: &probe })
    }

    fn host(&mut self) -> Vec<Reading> {
        self.cpu = (self.cpu * 0.9 + 0.1 * 0.2 + self.dice.tame(0.0, 0.01)).clamp(0.01, 0.9);
        let memory = round(self.dice.tame(0.47, 0.002));
        vec![
            reading("system.cpu.utilization", &[], round(self.cpu), "1"),
            reading("system.cpu.load_average.1m", &[], round(self.cpu * 4.0), "1"),
            reading("system.memory.utilization", &[], memory, "1"),
        ]
    }

    fn probe(&mut self, mode: ServerMode) -> Vec<Reading> {
        let first = if mode == ServerMode::Slow { self.dice.tame(452.0, 2.0) } else { self.dice.tame(2.0, 0.3) };
        let (connect, down) = (self.dice.tame(0.3, 0.05), mode == ServerMode::Unavailable);
        let label = [("probe", "health")];
        vec![
            reading("probe.connect", &label, round(connect), "ms"),
            reading("probe.first_byte", &label, round(connect + first), "ms"),
            reading("probe.duration", &label, round(connect + first + 0.1), "ms"),
            reading("probe.status_code", &label, if down { 503.0 } else { 200.0 }, ""),
            reading("probe.up", &label, if down { 0.0 } else { 1.0 }, "1"),
        ]
    }
}

fn round(x: f64) -> f64 {
    (x * 1_000.0).round() / 1_000.0
}

fn reading(name: &str, labels: &[(&str, &str)], value: f64, unit: &'static str) -> Reading {
    Reading { name: name.into(), labels: labels.iter().map(|(n, v)| ((*n).into(), (*v).into())).collect(), value, unit }
}

#[cfg(test)]
mod tests {
    use super::super::{SCENARIOS, find};
    use super::*;
    use crate::history::{Names, RecordingReader};
    use crate::model::OwnedInput;

    /// What the fixtures may be large: 2 MiB each.
    const FIXTURE_LIMIT: usize = 2 * 1024 * 1024;

    #[test]
    fn a_recording_is_the_same_each_time_and_reads_back_whole() {
        for kind in SCENARIOS {
            let (mut a, mut b) = (Vec::new(), Vec::new());
            let planted = recording(kind.name, 5, 20, "x = 1\n", &mut a).unwrap();
            recording(kind.name, 5, 20, "x = 1\n", &mut b).unwrap();
            assert_eq!(a, b, "{}", kind.name);
            assert!(planted.len() <= 1, "{planted:?}");
            let mut reader = RecordingReader::new(&a[..], Names::default()).unwrap();
            assert_eq!(reader.header().map(|h| h.config.as_str()), Some("x = 1\n"));
            let (mut records, mut ticks, mut last) = (0, 0, None);
            while let Some(input) = reader.next_input().unwrap() {
                match &input {
                    OwnedInput::Records(batch) => records += batch.len(),
                    OwnedInput::Tick(_) => ticks += 1,
                    _ => {}
                }
                last = Some(input);
            }
            assert!(reader.warnings().is_empty(), "{:?}", reader.warnings());
            assert!(matches!(last, Some(OwnedInput::Ended(_))));
            assert_eq!(ticks, 21);
            assert!(records > 150, "{}: {records}", kind.name);
        }
    }

    #[test]
    fn two_minutes_hold_every_fault_and_fit_a_fixture() {
        for kind in SCENARIOS {
            let mut out = Vec::new();
            let planted = recording(kind.name, 7, 110, kind.config, &mut out).unwrap();
            assert!(out.len() <= FIXTURE_LIMIT, "{}: {} bytes", kind.name, out.len());
            let mut names: Vec<&str> = planted.iter().map(|p| p.kind).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), kind.faults.len(), "{}: {planted:?}", kind.name);
            let text = expected(kind.name, 7, 110, &planted);
            assert_eq!(text.matches("[[planted]]").count(), planted.len(), "{text}");
            assert!(planted.iter().all(|p| text.contains(&format!("from = {}\nto = {}\n", p.from.as_millis(), p.to.as_millis()))));
        }
        assert!(find("none").is_none());
    }

    /// The values of `key` in the tables `[[table]]`, as the fixtures write them: a line each.
    fn values<'a>(config: &'a str, table: &str, key: &str) -> Vec<&'a str> {
        let (head, start) = (format!("[[{table}]]"), format!("{key} = \""));
        let mut inside = false;
        let value = |line: &'a str| {
            inside = if line.starts_with('[') { line.starts_with(&head) } else { inside };
            line.strip_prefix(&start).filter(|_| inside)?.split('"').next()
        };
        config.lines().filter_map(value).collect()
    }

    #[test]
    fn the_fixtures_name_the_detectors_and_rules_the_faults_expect() {
        for kind in SCENARIOS {
            let names = |table: &str, key: &str| values(kind.config, table, key);
            for fault in kind.faults {
                assert!(fault.detectors.iter().all(|d| names("detector", "name").contains(d)), "{}: {:?}", kind.name, fault.detectors);
                assert!(fault.rules.iter().all(|d| names("rule", "name").contains(d)), "{}: {:?}", kind.name, fault.rules);
            }
            assert_eq!(names("stream", "topic"), kind.topics.iter().map(|(t, _)| *t).collect::<Vec<_>>(), "{}", kind.name);
        }
    }
}
