//! Snapshots of every pane of this house's own: empty, normal and flooded, at three sizes.

use super::stage::{NOW, Stage};
use super::{chart, histogram, host, series, sources};
use crate::decode::{Reject, RejectClass};
use crate::model::{Band, LinkState, Millis, PartitionStatus, Safe, SourceId, SourceStatus};
use crate::ui::{Handled, Key, KeyCode, Kind, Pane, Process};

/// Sizes of the inside of a pane on screens of 40x12, 80x24 and 160x48.
const SIZES: [(u16, u16); 3] = [(38, 9), (78, 20), (158, 44)];

/// A smooth wave with a little noise, the same on every run.
pub fn wave(i: i64, k: i64) -> f64 {
    0.4 + 0.25 * ((i + k * 37) as f64 / 30.0).sin() + (((i + k) * 7919) % 13) as f64 * 0.005
}

/// A machine with `cores` cores, two disks and two networks.
pub fn machine(stage: &mut Stage, cores: i64) {
    stage.fill("system.cpu.utilization", &[], "1", 600, |i| Some((wave(i, 0), false)));
    for c in 0..cores {
        stage.fill("system.cpu.utilization", &[("cpu", &c.to_string())], "1", 600, |i| Some((wave(i, c), false)));
    }
    for (n, v) in [("1m", 0.52), ("5m", 0.48), ("15m", 1.4)] {
        stage.fill(&format!("system.cpu.load_average.{n}"), &[], "", 3, |_| Some((v, false)));
    }
    stage.fill("system.memory.utilization", &[], "1", 600, |i| Some((0.55 + 0.0001 * i as f64, false)));
    stage.fill("system.memory.usage", &[("state", "used")], "By", 3, |_| Some((20.9e9, false)));
    for (mount, share) in [("/", 0.82), ("/home", 0.41)] {
        stage.fill("system.filesystem.utilization", &[("mountpoint", mount)], "1", 600, |_| Some((share, false)));
        stage.fill("system.filesystem.usage", &[("mountpoint", mount), ("state", "used")], "By", 3, |_| Some((share * 5e11, false)));
    }
    for way in ["read", "write"] {
        stage.fill("system.disk.io", &[("device", "nvme0n1"), ("direction", way)], "By/s", 600, |i| Some(((i % 60) as f64 * 1e5, false)));
    }
    for (nic, k) in [("eth0", 3), ("lo", 1)] {
        for way in ["receive", "transmit"] {
            stage.fill("system.network.io", &[("interface", nic), ("direction", way)], "By/s", 600, |i| Some((wave(i, k) * 1e6, false)));
        }
    }
    stage.fill("hw.temperature", &[("sensor", "Package id 0")], "Cel", 3, |_| Some((54.0, false)));
    stage.fill("system.uptime", &[], "s", 3, |_| Some((1_047_600.0, false)));
}

/// A topic with partitions, read at `rate`.
pub fn topic(name: &str, state: LinkState, detail: &str, partitions: i32) -> SourceStatus {
    let partition = |p: i32| PartitionStatus {
        partition: p,
        position: 8_812_000 + i64::from(p),
        end: 8_812_214,
        begin: 0,
        aim: 0,
        oldest: Some(NOW),
        records: 100,
        rate: 401.0,
        newest: Some(NOW),
        heard: Some(NOW),
        idle: p == 3,
    };
    SourceStatus {
        source: SourceId(0),
        name: "kafka".into(),
        kind: "kafka",
        topic: Some(name.into()),
        state,
        since: NOW - Millis::from_secs(400),
        detail: detail.into(),
        partitions: (0..partitions).map(partition).collect(),
        rate: 4812.0,
        rates: (0..300).map(|i| 4000.0 + 900.0 * (i as f32 / 20.0).sin()).collect(),
        records: 1_000_000,
        rejected: if state == LinkState::Up { 17 } else { 0 },
        heard: Some(NOW - Millis::new(400)),
        stale: false,
    }
}

pub fn reject(stage: &mut Stage, class: RejectClass, reason: &str, excerpt: &str) {
    stage.rejects.push(Reject {
        at: NOW - Millis::from_secs(5),
        class,
        stream: "sales".into(),
        position: Safe::label("ecommerce_data[7]@8812043"),
        reason: Safe::message(reason),
        excerpt: Safe::message(excerpt),
    });
}

pub fn normal() -> Stage {
    let mut stage = Stage::new();
    machine(&mut stage, 4);
    for i in (0..600).filter(|i| !(250..340).contains(i)) {
        let odd = (500..506).contains(&i);
        let value = if odd { 88.0 } else { 30.0 + 20.0 * wave(i, 2) };
        stage.push(
            "room.temperature",
            &[("sensor", "3")],
            "Cel",
            NOW - Millis::from_secs(599 - i),
            value,
            Some(Band::new(30.0, 45.0)),
            odd,
        );
    }
    for (k, region) in (0..).zip(["EU", "US", "APAC", "支付失败率按地区", "Ошибки"]) {
        stage.fill("failure_ratio", &[("region", region)], "1", 600, |i| Some((0.05 + 0.1 * wave(i * 2, k * 20), k == 1 && i > 597)));
    }
    stage.fill("stopped", &[], "CNY", 600, |i| (i < 500).then_some((9_412.0, false)));
    stage.sources = vec![
        topic("ecommerce_data", LinkState::Up, "", 4),
        topic("sensor_data", LinkState::Down, "localhost:9092: connection refused", 2),
        SourceStatus { stale: true, partitions: Vec::new(), topic: None, name: "host".into(), ..topic("", LinkState::Up, "", 0) },
    ];
    for i in 0..7 {
        reject(&mut stage, RejectClass::Undecodable, &format!("not JSON: expected a value at byte {i}"), "<html>502 Bad Gateway</html>");
    }
    stage.processes =
        (0..5).map(|i| Process { pid: 4000 + i, name: format!("worker-{i}"), cpu: 0.4 / f64::from(i + 1), memory: 120 << 20 }).collect();
    stage
}

/// More of everything than fits.
fn flooded() -> Stage {
    let mut stage = Stage::new();
    machine(&mut stage, 64);
    for k in 0..40 {
        stage.fill("latency", &[("service", &format!("checkout-backend-service-{k:03}-eu-west-1"))], "ms", 120, |i| {
            Some((wave(i, k) * 10_f64.powi(k as i32 % 5), i % 9 == 0))
        });
        stage.sources.push(topic(&format!("tenant-{k:03}.orders.v2.eu-west-1.production"), LinkState::Up, "", 12));
    }
    for i in 0..500 {
        reject(&mut stage, RejectClass::Late, &format!("{i} s behind the watermark"), &"{\"order_id\":\"77120-A\",".repeat(40));
    }
    stage
}

fn shots(kind: &Kind, argument: &str, stage: &Stage) -> String {
    SIZES.map(|(w, h)| stage.draw((kind.build)(argument).as_mut(), w, h)).join("\n\n")
}

fn keyed(pane: &mut dyn Pane, stage: &Stage, keys: &[KeyCode]) -> Vec<Handled> {
    keys.iter().map(|k| pane.key(Key::plain(*k), &stage.scene())).collect()
}

#[test]
fn panes_without_data_say_so() {
    let stage = Stage::new();
    for (kind, argument) in [(&chart::KIND, "cpu"), (&series::KIND, ""), (&histogram::KIND, "cpu"), (&host::KIND, ""), (&sources::KIND, "")]
    {
        insta::assert_snapshot!(format!("empty_{}", kind.name), stage.draw((kind.build)(argument).as_mut(), 38, 9));
    }
}

#[test]
fn panes_with_ordinary_data() {
    let stage = normal();
    for (name, kind, argument) in [
        ("chart_one", &chart::KIND, "room.temperature"),
        ("chart_many", &chart::KIND, "failure_ratio"),
        ("chart_last", &chart::KIND, "room.temperature last=100"),
        ("chart_stopped", &chart::KIND, "stopped"),
        ("series", &series::KIND, ""),
        ("host", &host::KIND, ""),
        ("sources", &sources::KIND, ""),
    ] {
        insta::assert_snapshot!(format!("normal_{name}"), shots(kind, argument, &stage));
    }
}

#[test]
fn panes_in_plain_ascii_hold_nothing_else() {
    let mut stage = normal();
    stage.ascii = true;
    for (kind, argument) in
        [(&chart::KIND, "room.temperature"), (&series::KIND, "system.cpu.utilization"), (&host::KIND, ""), (&sources::KIND, "")]
    {
        let text = shots(kind, argument, &stage);
        let foreign: String = text.chars().filter(|c| !c.is_ascii() && !matches!(c, '°' | '–')).collect();
        assert_eq!(foreign, "", "{}:\n{text}", kind.name);
    }
}

#[test]
fn panes_under_a_flood() {
    let stage = flooded();
    for (name, kind, argument) in [
        ("chart", &chart::KIND, "latency"),
        ("series", &series::KIND, "latency"),
        ("host", &host::KIND, ""),
        ("sources", &sources::KIND, ""),
    ] {
        insta::assert_snapshot!(format!("flooded_{name}"), shots(kind, argument, &stage));
    }
}

#[test]
fn keys_pick_a_line_and_show_it_alone() {
    let stage = normal();
    let mut pane = chart::Chart::new("failure_ratio");
    assert_eq!(keyed(&mut pane, &stage, &[KeyCode::Down, KeyCode::Down, KeyCode::Enter]), [Handled::Yes, Handled::Yes, Handled::Yes]);
    assert!(pane.title(&stage.scene()).starts_with("failure_ratio{region=\"EU\"}"), "{}", pane.title(&stage.scene()));
    assert_eq!(keyed(&mut pane, &stage, &[KeyCode::Esc, KeyCode::Esc, KeyCode::Esc]), [Handled::Yes, Handled::Yes, Handled::No]);
    assert_eq!(pane.title(&stage.scene()), "failure_ratio");
}

#[test]
fn enter_in_the_list_opens_the_chart_of_that_series() {
    let stage = normal();
    let mut pane = series::SeriesList::new("failure_ratio");
    assert!(pane.filter("PAC"));
    let opened = keyed(&mut pane, &stage, &[KeyCode::Enter]);
    assert_eq!(opened, [Handled::Open("chart:failure_ratio{region=\"APAC\"}".to_owned())]);
    let mut chart = chart::Chart::new("failure_ratio{region=\"APAC\"}");
    assert!(stage.draw(&mut chart, 60, 10).contains("10 %"));
}

#[test]
fn sources_open_their_partitions_and_rejects() {
    let stage = normal();
    let mut pane = (sources::KIND.build)("");
    keyed(pane.as_mut(), &stage, &[KeyCode::Right]);
    insta::assert_snapshot!("partitions", stage.draw(pane.as_mut(), 78, 12));
    keyed(pane.as_mut(), &stage, &[KeyCode::Char('r'), KeyCode::Down]);
    insta::assert_snapshot!("rejects", stage.draw(pane.as_mut(), 100, 16));
    keyed(pane.as_mut(), &stage, &[KeyCode::Right]);
    assert!(stage.draw(pane.as_mut(), 60, 8).contains("no invalid records"));
    assert_eq!(keyed(pane.as_mut(), &stage, &[KeyCode::Esc]), [Handled::Yes]);
}
