//! What is read of the host: OpenTelemetry's system metrics, in its names and units.
//!
//! Only what is needed is refreshed. Counters (disk, network) become rates by the steady clock; what
//! moves slowly (space, temperatures) is read every tenth time.

use super::host::ProcessRow;
use crate::model::Reading;
use std::collections::BTreeMap;
use std::time::Instant;
use sysinfo::{Components, DiskRefreshKind, Disks, Networks, ProcessRefreshKind, ProcessesToUpdate, System};

/// Slow readings are taken every so many times.
const SLOW_EVERY: u64 = 10;
/// File systems, interfaces and sensors that are read at most: a container host has hundreds.
const LIMIT: usize = 32;
/// File systems that hold no space of their own: layers of containers, and what programs make up.
const NO_SPACE: [&str; 6] = ["overlay", "aufs", "ramfs", "fuse.snapfuse", "fuse.lxcfs", "nsfs"];

/// Counts of bytes at the last reading, by device and direction.
type Counts = BTreeMap<(String, &'static str), u64>;

/// The host with its counters.
#[derive(Debug)]
pub(super) struct Host {
    system: System,
    disks: Disks,
    networks: Networks,
    components: Components,
    counts: Counts,
    last: Option<Instant>,
    turn: u64,
}

impl Host {
    /// Looks at the counters for the first time.
    pub(super) fn new() -> Result<Self, String> {
        let words = |e: sysinfo::Error| e.to_string();
        let mut system = System::new().map_err(words)?;
        system.refresh_cpu_usage();
        Ok(Self {
            system,
            disks: Disks::new().map_err(words)?,
            networks: Networks::new().map_err(words)?,
            components: Components::new().map_err(words)?,
            counts: Counts::new(),
            last: None,
            turn: 0,
        })
    }

    /// All readings of this moment.
    pub(super) fn read(&mut self, now: Instant) -> Vec<Reading> {
        let slow = self.turn.is_multiple_of(SLOW_EVERY);
        self.turn += 1;
        let mut out = Vec::with_capacity(64);
        self.cpu(&mut out);
        self.memory(&mut out);
        if slow {
            self.space(&mut out);
            self.temperatures(&mut out);
            if let Ok(seconds) = System::uptime() {
                out.push(reading("system.uptime", &[], seconds as f64, "s"));
            }
        }
        let seconds = self.last.map(|last| now.saturating_duration_since(last).as_secs_f64()).filter(|s| *s > 0.0);
        self.last = Some(now);
        self.disk_rates(seconds, &mut out);
        self.network_rates(seconds, &mut out);
        out.retain(|r| r.value.is_finite());
        out
    }

    fn cpu(&mut self, out: &mut Vec<Reading>) {
        self.system.refresh_cpu_usage();
        let share = |percent: f32| f64::from(percent.clamp(0.0, 100.0)) / 100.0;
        out.push(reading("system.cpu.utilization", &[], share(self.system.global_cpu_usage()), "1"));
        for (i, cpu) in self.system.cpus().iter().enumerate() {
            out.push(reading("system.cpu.utilization", &[("cpu", &i.to_string())], share(cpu.usage()), "1"));
        }
        if let Ok(load) = System::load_average() {
            // Threads, not a share: the unit stays empty, since one in "1" is read in percent.
            out.push(reading("system.cpu.load_average.1m", &[], load.one, ""));
            out.push(reading("system.cpu.load_average.5m", &[], load.five, ""));
            out.push(reading("system.cpu.load_average.15m", &[], load.fifteen, ""));
        }
    }

    fn memory(&mut self, out: &mut Vec<Reading>) {
        self.system.refresh_memory();
        let (total, available) = (self.system.total_memory(), self.system.available_memory());
        let free = self.system.free_memory();
        let used = total.saturating_sub(available);
        let states = [("used", used), ("cached", available.saturating_sub(free)), ("free", free.min(available))];
        for (state, bytes) in states {
            out.push(reading("system.memory.usage", &[("state", state)], bytes as f64, "By"));
        }
        if total > 0 {
            out.push(reading("system.memory.utilization", &[], used as f64 / total as f64, "1"));
        }
        let (swap, swapped) = (self.system.total_swap(), self.system.used_swap());
        if swap > 0 {
            out.push(reading("system.paging.usage", &[("state", "used")], swapped as f64, "By"));
            out.push(reading("system.paging.usage", &[("state", "free")], swap.saturating_sub(swapped) as f64, "By"));
            out.push(reading("system.paging.utilization", &[], swapped as f64 / swap as f64, "1"));
        }
    }

    fn space(&mut self, out: &mut Vec<Reading>) {
        self.disks.refresh_specifics(true, DiskRefreshKind::nothing().with_storage().with_io_usage());
        let mut seen: Vec<String> = Vec::new();
        for disk in &self.disks {
            let mount = disk.mount_point().to_string_lossy();
            let device = disk.name().to_string_lossy().into_owned();
            let system = disk.file_system().to_string_lossy();
            let layer = NO_SPACE.contains(&system.as_ref()) && mount != "/";
            // The same device mounted in several places is one file system, shown where it was met first.
            let again = device.starts_with('/') && seen.contains(&device);
            if layer || again || disk.total_space() == 0 || seen.len() >= LIMIT {
                continue;
            }
            seen.push(device);
            let (total, free) = (disk.total_space() as f64, disk.available_space() as f64);
            let used = (total - free).max(0.0);
            for (state, bytes) in [("used", used), ("free", free)] {
                out.push(reading("system.filesystem.usage", &[("mountpoint", &mount), ("state", state)], bytes, "By"));
            }
            out.push(reading("system.filesystem.utilization", &[("mountpoint", &mount)], used / total, "1"));
        }
    }

    fn temperatures(&mut self, out: &mut Vec<Reading>) {
        self.components.refresh(true);
        for component in self.components.iter().take(LIMIT) {
            if let Some(degrees) = component.temperature() {
                out.push(reading("hw.temperature", &[("sensor", component.label())], f64::from(degrees), "Cel"));
            }
        }
    }

    fn disk_rates(&mut self, seconds: Option<f64>, out: &mut Vec<Reading>) {
        let mut seen: Vec<String> = Vec::new();
        for disk in &mut self.disks {
            let device = disk.name().to_string_lossy().into_owned();
            if !device.starts_with("/dev/") || seen.contains(&device) || seen.len() >= LIMIT {
                continue;
            }
            disk.refresh_specifics(DiskRefreshKind::nothing().with_io_usage());
            let usage = disk.usage();
            let name = device.trim_start_matches("/dev/");
            rate(&mut self.counts, "system.disk.io", ("device", name), ("read", usage.total_read_bytes), seconds, out);
            rate(&mut self.counts, "system.disk.io", ("device", name), ("write", usage.total_written_bytes), seconds, out);
            seen.push(device);
        }
    }

    fn network_rates(&mut self, seconds: Option<f64>, out: &mut Vec<Reading>) {
        self.networks.refresh(true);
        let mut all: Vec<(String, u64, u64)> =
            self.networks.iter().map(|(n, d)| (n.to_string_lossy().into_owned(), d.total_received(), d.total_transmitted())).collect();
        all.sort_unstable();
        // The ends of containers' cables come and go by the hundred; the loopback says little where there is more.
        let real = |name: &str| !name.starts_with("veth") && name != "lo";
        let lone = !all.iter().any(|(n, ..)| real(n));
        for (name, received, transmitted) in all.iter().filter(|(n, ..)| lone || real(n)).take(LIMIT) {
            rate(&mut self.counts, "system.network.io", ("interface", name), ("receive", *received), seconds, out);
            rate(&mut self.counts, "system.network.io", ("interface", name), ("transmit", *transmitted), seconds, out);
        }
    }

    /// The processes that use the most of the processor, then of memory.
    pub(super) fn processes(&mut self, limit: usize) -> Vec<ProcessRow> {
        let kind = ProcessRefreshKind::nothing().with_cpu().with_memory();
        self.system.refresh_processes_specifics(ProcessesToUpdate::All, true, kind);
        let row = |(pid, process): (&sysinfo::Pid, &sysinfo::Process)| ProcessRow {
            pid: pid.as_u32(),
            name: process.name().to_string_lossy().into_owned(),
            cpu: process.cpu_usage() / 100.0,
            memory: process.memory(),
        };
        let mut rows: Vec<ProcessRow> = self.system.processes().iter().filter(|(_, p)| p.thread_kind().is_none()).map(row).collect();
        rows.sort_by(|a, b| b.cpu.total_cmp(&a.cpu).then(b.memory.cmp(&a.memory)).then(a.pid.cmp(&b.pid)));
        rows.truncate(limit);
        rows
    }
}

/// The rate of a counter since the last reading. The first reading of a counter, and one that went
/// back (a device that came anew), give none.
fn rate(
    counts: &mut Counts,
    name: &str,
    (label, device): (&str, &str),
    (direction, count): (&'static str, u64),
    seconds: Option<f64>,
    out: &mut Vec<Reading>,
) {
    let before = counts.insert((format!("{label}:{device}"), direction), count);
    let Some((before, seconds)) = before.zip(seconds) else { return };
    if let Some(bytes) = count.checked_sub(before) {
        out.push(reading(name, &[(label, device), ("direction", direction)], bytes as f64 / seconds, "By/s"));
    }
    // Devices that are gone for good are forgotten in one go.
    if counts.len() > 8 * LIMIT {
        counts.clear();
    }
}

fn reading(name: &str, labels: &[(&str, &str)], value: f64, unit: &'static str) -> Reading {
    Reading { name: name.into(), labels: labels.iter().map(|(n, v)| ((*n).into(), (*v).into())).collect(), value, unit }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_become_rates_and_one_that_went_back_gives_none() {
        let mut counts = Counts::new();
        let mut out = Vec::new();
        let mut at = |count, seconds| rate(&mut counts, "n", ("device", "sda"), ("read", count), seconds, &mut out);
        at(1_000, None);
        at(3_000, Some(2.0));
        at(500, Some(1.0));
        at(600, Some(1.0));
        let values: Vec<f64> = out.iter().map(|r| r.value).collect();
        assert_eq!(values, [1_000.0, 100.0]);
        assert_eq!(out[0].labels, [("device".into(), "sda".into()), ("direction".into(), "read".into())]);
    }
}
