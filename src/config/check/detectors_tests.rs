//! Detectors as they are written, and what is said of those that cannot be.

use crate::config::{Loaded, Overrides, load};
use crate::detect::{DetectorOn, DetectorSpec};
use crate::model::Millis;

const BASE: &str =
    "[[kafka]]\n[[stream]]\nname = \"s\"\ntopic = \"t\"\n[[metric]]\nname = \"m\"\nstream = \"s\"\nmeasure = \"count\"\nstep = \"1m\"\n";

fn read(text: &str) -> Result<Loaded, String> {
    load(&format!("{BASE}{text}"), "t.toml", &Overrides::default()).map_err(|e| e.to_string())
}

/// The messages and hints of the faults, without the lines they quote.
fn faults(text: &str) -> Vec<String> {
    let all = read(text).err().unwrap_or_default();
    all.lines().filter_map(|l| l.split_once(" error: ").map(|(_, m)| m).or(l.trim().strip_prefix("hint: ")).map(str::to_owned)).collect()
}

#[test]
fn a_stream_as_a_whole_is_missed_without_a_field() {
    let loaded = read("[[detector]]\nname = \"gone\"\nstream = \"s\"\nkind = \"absence\"\nafter = 240\naccept_after = \"0s\"\n").unwrap();
    let detector = &loaded.plan.detectors[0];
    assert!(matches!(&detector.on, DetectorOn::Stream { fields, .. } if fields.is_empty()));
    assert_eq!(detector.accept_after, Millis::ZERO);
    let loaded = read("[[detector]]\nname = \"odd\"\nmetric = \"m\"\nkind = \"sigma\"\n").unwrap();
    assert_eq!(loaded.plan.detectors[0].accept_after, DetectorSpec::ACCEPT_AFTER);
    let said = faults("[[detector]]\nname = \"odd\"\nstream = \"s\"\nkind = \"sigma\"\n");
    assert_eq!(said[0], "[[detector]] has no field to judge");
}

#[test]
fn the_scores_of_another_detector_are_for_kinds_that_judge_groups() {
    let said = faults(
        "[[detector]]\nname = \"v\"\nof = \"odd\"\nmetric = \"m\"\nkind = \"sigma\"\n[[detector]]\nname = \"odd\"\nmetric = \"m\"\nkind = \"sigma\"\n",
    );
    assert_eq!(said[0], "a sigma detector does not judge the scores of another one");
    assert_eq!(said[2], "metric has no place beside of");
    let said = faults(
        "[[detector]]\nname = \"v\"\nof = \"ood\"\nkind = \"sigma\"\n[[detector]]\nname = \"odd\"\nstream = \"s\"\nfield = \"a\"\nkind = \"sigma\"\n",
    );
    assert!(said.contains(&"no detector is called \"ood\"".to_owned()) && said.contains(&"did you mean \"odd\"?".to_owned()), "{said:?}");
    let said = faults(
        "[[detector]]\nname = \"v\"\nof = \"odd\"\nkind = \"sigma\"\n[[detector]]\nname = \"odd\"\nstream = \"s\"\nfield = \"a\"\nkind = \"sigma\"\n",
    );
    assert!(said.contains(&"\"odd\" has no scores of single series to go by".to_owned()), "{said:?}");
}

#[test]
fn groups_are_made_of_a_metric_or_of_scores() {
    let text = "[[detector]]\nname = \"odd\"\nmetric = \"m\"\nkind = \"sigma\"\n[[detector]]\nname = \"v\"\nof = \"odd\"\nby = [\"host\"]\nkind = \"vote\"\n\
                [[detector]]\nname = \"p\"\nmetric = \"m\"\nby = [\"r\"]\nkind = \"peers\"\n";
    let detectors = read(text).unwrap().plan.detectors;
    assert_eq!(detectors[1].on, DetectorOn::Detector { of: "odd".into(), by: vec!["host".into()] });
    assert_eq!(detectors[2].on, DetectorOn::Group { metric: "m".into(), by: vec!["r".into()] });
    let said = faults("[[detector]]\nname = \"p\"\nstream = \"s\"\nfield = \"a\"\nkind = \"peers\"\n");
    assert_eq!(said[0], "a peers detector judges many series at one moment, and events have none in common");
    let raw = "[[metric]]\nname = \"raw\"\nstream = \"s\"\nfield = \"a\"\n[[detector]]\nname = \"p\"\nmetric = \"raw\"\nkind = \"peers\"\n";
    assert_eq!(faults(raw)[0], "metric \"raw\" has no step, so that its series have no moments in common");
    let text = "[[metric]]\nname = \"m2\"\nstream = \"s\"\nmeasure = \"rate\"\nstep = \"1m\"\n[[detector]]\nname = \"p\"\nmetric = \"m*\"\nkind = \"peers\"\n";
    let warned = read(text).unwrap().warnings.to_string();
    assert!(warned.contains("\"m*\" are 2 metrics, and all their series are compared with each other"), "{warned}");
    assert!(read(&text.replace("peers", "vote")).unwrap().warnings.is_empty(), "votes of unlike metrics are what votes are for");
}

#[test]
fn what_adds_up_is_explained_and_nothing_else() {
    let metric = |measure: &str| {
        format!(
            "[[metric]]\nname = \"x\"\nstream = \"s\"\nfield = \"a\"\nmeasure = \"{measure}\"\nstep = \"1m\"\nexplain_by = [\"k\", \"l\"]\n"
        )
    };
    assert_eq!(read(&metric("mean")).unwrap().plan.metrics[1].explain_by, ["k".into(), "l".into()]);
    assert_eq!(faults(&metric("p99"))[0], "the parts of this measure do not add up to it");
}

#[test]
fn learned_states_are_kept_where_they_are_said_to_be() {
    let state = read("").unwrap().state;
    assert_eq!((state.keep, state.path, state.max_age), (true, None, Millis::from_secs(7 * 86_400)));
    let state = read("[state]\nkeep = false\npath = \"/tmp/x\"\nmax_age = \"1h\"\n").unwrap().state;
    assert_eq!((state.keep, state.path, state.max_age), (false, Some("/tmp/x".into()), Millis::from_secs(3_600)));
    assert!(faults("[state]\nkeep = 1\nmax_age = \"1s\"\n").len() >= 2);
}
