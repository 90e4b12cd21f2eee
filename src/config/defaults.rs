//! What stands in for a configuration: the host monitor of the bare command, and pages where a file has none.

use crate::decode::TopicPattern;
use crate::engine::Plan;
use crate::ui::{PageSpec, PaneSpec, RowSpec};

/// The configuration of the bare command: the local host, with rules that hardly ever ring for nothing.
pub const HOST: &str = r#"# The local host. Add topics: bellwether init -b localhost:9092 TOPIC > bellwether.toml
[host]
every = "1s"

[[detector]]
name = "cpu-odd"
metric = "system.cpu.utilization"
kind = "sigma"
k = 4.0

[[rule]]
name = "CpuBusy"
when = "system.cpu.utilization > 0.95"
clear = "system.cpu.utilization < 0.85"
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

/// Pages where the file has none. STAND-IN until the rooms are joined: `crate::ui::defaults::pages`.
pub(super) fn pages(plan: &Plan) -> Vec<PageSpec> {
    let mut pages = vec![page("overview", vec![vec![pane("overview", "")], vec![pane("anomalies", ""), pane("alerts", "")]])];
    if plan.sources.iter().any(|s| s.kind == "host") {
        pages.push(page("host", vec![vec![pane("host", "")]]));
    }
    for stream in &plan.streams {
        let metrics = plan.metrics.iter().filter(|m| m.stream == stream.name).take(4);
        let mut rows: Vec<Vec<(PaneSpec, u16)>> = metrics.map(|m| vec![pane("chart", &m.name)]).collect();
        rows.push(vec![pane("anomalies", "")]);
        pages.push(page(if let TopicPattern::Name(t) = &stream.topic { t } else { &stream.name }, rows));
    }
    pages.push(page("sources", vec![vec![pane("sources", "")], vec![pane("log", "")]]));
    pages
}

fn page(name: &str, rows: Vec<Vec<(PaneSpec, u16)>>) -> PageSpec {
    PageSpec { name: name.into(), rows: rows.into_iter().map(|panes| RowSpec { weight: 1, panes }).collect() }
}

fn pane(kind: &'static str, argument: &str) -> (PaneSpec, u16) {
    (PaneSpec { kind, argument: argument.into() }, 1)
}
