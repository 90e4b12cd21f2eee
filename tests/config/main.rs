//! Configurations as users write them: the right ones load, the wrong ones say all that is wrong.
//!
//! Each `*.toml` beside this file has its answer in `snapshots/`.

use bellwether::config::{HOST, Level, Loaded, Overrides, load, parse_from, topic};
use bellwether::engine::Plan;
use bellwether::model::{Millis, Timestamp};
use bellwether::source::{From, SourceKind};
use proptest::prelude::*;
use std::fmt::Write as _;

const FULL: &str = include_str!("full.toml");

fn good(text: &str, overrides: &Overrides) -> Loaded {
    load(text, "t.toml", overrides).map_err(|faults| faults.to_string()).expect("it loads")
}

fn faults(text: &str) -> String {
    let faults = load(text, "t.toml", &Overrides::default()).expect_err("must not load");
    format!("{faults}\n{} errors, {} warnings\n", faults.errors(), faults.warnings())
}

fn snapshot(name: &str, shown: &str) {
    insta::with_settings!({snapshot_path => "snapshots", prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!(name, shown);
    });
}

#[test]
fn a_configuration_with_everything_in_it_loads_as_meant() {
    let loaded = good(FULL, &Overrides::default());
    let mut shown = String::new();
    writeln!(shown, "{:#?}\n{:#?}\n{:#?}\n{:#?}", loaded.plan, loaded.sources, loaded.channels, loaded.ui).unwrap();
    writeln!(shown, "warnings:\n{}", loaded.warnings).unwrap();
    snapshot("full", &shown);
}

#[test]
fn every_fault_is_shown_at_once() {
    snapshot("faults", &faults(include_str!("faults.toml")));
}

#[test]
fn faults_of_syntax_do_not_hide_the_others() {
    snapshot("syntax", &faults(include_str!("syntax.toml")));
}

#[test]
fn what_has_no_effect_is_a_warning() {
    let loaded = good(include_str!("warnings.toml"), &Overrides::default());
    assert!(loaded.warnings.iter().all(|w| w.level == Level::Warning));
    snapshot("warnings", &loaded.warnings.to_string());
}

#[test]
fn the_effective_text_gives_the_same_and_holds_no_secret() {
    let overrides = Overrides {
        brokers: vec!["c:9092".to_owned()],
        from: Some(From::At(Timestamp::from_millis(1_732_100_000_123))),
        properties: vec![("sasl.password".to_owned(), "geheim".to_owned()), ("fetch.wait.max.ms".to_owned(), "7".to_owned())],
        theme: Some("dark".to_owned()),
        ..Overrides::default()
    };
    let first = good(FULL, &overrides);
    for secret in ["hunter2", "geheim", "user:secret", "/etc/key.pem"] {
        assert!(!first.text.contains(secret), "{secret} stands in\n{}", first.text);
    }
    assert!(first.text.contains("c:9092") && first.text.contains("https://***@shop.example:8443/health?x=1"), "{}", first.text);
    let second = good(&first.text, &Overrides::default());
    assert_eq!(first.plan, second.plan);
    assert_eq!(first.ui, second.ui);
    assert_eq!(first.channels, second.channels);
    assert_eq!(first.text, second.text);
    let ids = |l: &Loaded| l.sources.iter().map(|s| (s.id, s.name.clone())).collect::<Vec<_>>();
    assert_eq!(ids(&first), ids(&second));
}

fn kafka(loaded: &Loaded) -> &bellwether::source::KafkaSpec {
    let kafka = loaded.sources.iter().find_map(|s| if let SourceKind::Kafka(k) = &s.kind { Some(k) } else { None });
    kafka.expect("there is a cluster")
}

#[test]
fn the_command_line_wins() {
    let text = "[[kafka]]\nfrom = \"end\"\n[kafka.properties]\n\"client.id\" = \"1\"\n\"client.rack\" = \"2\"\n[[stream]]\nname = \"s\"\ntopic = \"bench\"\n[[metric]]\nname = \"m\"\nstream = \"s\"\nmeasure = \"count\"\nstep = \"100ms\"\n";
    let overrides = Overrides {
        brokers: vec!["x:1".to_owned()],
        topics: vec![topic("bench"), topic("new")],
        from: parse_from("beginning").ok(),
        properties: vec![("client.rack".to_owned(), "3".to_owned())],
        exit_at_end: true,
        no_color: true,
        ..Overrides::default()
    };
    let loaded = good(text, &overrides);
    let spec = kafka(&loaded);
    assert_eq!((spec.brokers.as_slice(), spec.from, spec.exit_at_end), (&["x:1".to_owned()][..], From::Beginning, true));
    assert_eq!(spec.properties, [("client.id".to_owned(), "1".to_owned()), ("client.rack".to_owned(), "3".to_owned())]);
    assert_eq!(spec.topics, [topic("bench"), topic("new")]);
    assert_eq!(loaded.missing, [topic("new")]);
    assert!(loaded.ui.no_color);
    assert_eq!(loaded.plan.tick, Millis::new(100));
    let unknown = load(text, "t.toml", &Overrides { theme: Some("lihgt".to_owned()), ..Overrides::default() }).expect_err("no such theme");
    assert_eq!(unknown.to_string(), "t.toml: error: --theme: no theme is called \"lihgt\"\n  hint: did you mean \"light\"?\n");
}

#[test]
fn without_a_cluster_the_command_line_adds_one() {
    let text = "[[stream]]\nname = \"s\"\ntopic = \"^b.*\"\n[[detector]]\nname = \"d\"\nstream = \"s\"\nfield = \"v\"\nkind = \"sigma\"\n";
    let loaded = good(text, &Overrides { brokers: vec!["x:1".to_owned()], topics: vec![topic("bench")], ..Overrides::default() });
    assert_eq!((kafka(&loaded).topics.as_slice(), loaded.missing.len()), (&[topic("bench")][..], 0));
    assert!(good(text, &Overrides::default()).sources.is_empty(), "a replay needs no cluster");
}

#[test]
fn nothing_at_all_is_a_configuration() {
    let loaded = good("", &Overrides::default());
    assert_eq!((loaded.plan.sources.len(), loaded.plan.tick), (0, Plan::TICK));
    assert_eq!(loaded.channels.iter().map(|c| c.name.as_ref()).collect::<Vec<_>>(), ["bell", "desktop", "terminal"]);
    assert!(loaded.warnings.is_empty() && !loaded.ui.pages.is_empty());
}

#[test]
fn the_host_monitor_loads_without_a_word() {
    let loaded = good(HOST, &Overrides::default());
    assert!(loaded.warnings.is_empty(), "{}", loaded.warnings);
    assert!(matches!(loaded.sources[0].kind, SourceKind::Host(_)));
}

/// Pieces of configurations, so that arbitrary texts reach deep into the checks.
fn pieces() -> impl Strategy<Value = String> {
    let words = FULL.split_inclusive(['\n', ' ', '"']).map(str::to_owned).collect::<Vec<_>>();
    prop::collection::vec(prop_oneof![4 => prop::sample::select(words), 1 => ".{0,6}"], 0..60).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in prop_oneof![".{0,200}", pieces()]) {
        match load(&text, "t.toml", &Overrides::default()) {
            Ok(loaded) => prop_assert!(load(&loaded.text, "effective", &Overrides::default()).is_ok()),
            Err(faults) => prop_assert!(faults.errors() > 0 && !faults.to_string().is_empty()),
        }
    }

    #[test]
    fn a_damaged_line_is_found_without_panic(line in 0usize..200, junk in ".{0,12}") {
        let mut lines: Vec<&str> = FULL.lines().collect();
        let at = line % lines.len();
        lines[at] = &junk;
        if let Err(faults) = load(&lines.join("\n"), "t.toml", &Overrides::default()) {
            prop_assert!(!faults.to_string().is_empty());
        }
    }
}
