//! What stands in for a configuration: the host monitor of the bare command, and pages where a file has none.

use crate::engine::Plan;
use crate::ui::{self, PageSpec};

/// The configuration of the bare command: the local host, with rules that hardly ever ring for nothing.
pub const HOST: &str = r#"# The local host. Add topics: bellwether init -b localhost:9092 TOPIC > bellwether.toml
[host]
every = "1s"

# Each series is judged for the table of anomalies. A machine has a hundred of them, and one of a hundred
# is always a little odd: only many at once ring.
[[detector]]
name = "host-odd"
metric = "system.*"
kind = "auto"

[[detector]]
name = "host-vote"
of = "host-odd"
kind = "vote"

[[rule]]
name = "HostOdd"
when = "host-vote"
for = "10s"
keep_firing_for = "1m"
severity = "warning"
notify = ["bell"]

# Memory stands in the condition because it has no cores: it is the whole processor that counts.
[[rule]]
name = "CpuBusy"
when = "system.cpu.utilization > 0.95 and system.memory.utilization >= 0"
clear = "system.cpu.utilization < 0.85 and system.memory.utilization >= 0"
for = "1m"
severity = "warning"
annotations = { summary = "the processor has been busy for a minute: {value}" }
notify = ["bell"]

[[rule]]
name = "MemoryShort"
when = "system.memory.utilization > 0.95"
clear = "system.memory.utilization < 0.9"
for = "30s"
severity = "critical"
annotations = { summary = "memory runs short: {value} in use" }
notify = ["bell"]

[[rule]]
name = "DiskFull"
when = "system.filesystem.utilization > 0.95"
clear = "system.filesystem.utilization < 0.93"
for = "1m"
severity = "warning"
annotations = { summary = "{label.mountpoint} is nearly full: {value} in use" }
notify = ["bell"]
"#;

/// The pages of the file, or some for what is measured where it has none, with those every screen has.
pub(super) fn pages(own: Vec<PageSpec>, plan: &Plan) -> Vec<PageSpec> {
    let has_host = plan.sources.iter().any(|s| s.kind == "host");
    let has_streams = !plan.streams.is_empty();
    if !own.is_empty() {
        return ui::defaults::with_standard(own, has_host, has_streams);
    }
    let metrics: Vec<_> = plan.metrics.iter().map(|m| m.name.clone()).collect();
    ui::defaults::pages(has_host, &metrics, has_streams)
}
