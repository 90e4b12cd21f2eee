//! Recordings through the tools that cut, merge, redact and turn them, as people run them: where nothing
//! was removed, the replay says the same.

#![expect(clippy::unwrap_used, reason = "a fixture that cannot be read fails the test that needs it")]
#![expect(clippy::disallowed_methods, reason = "fixtures are files, and the program is run as people run it")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn fixture(scenario: &str) -> String {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "fixtures", scenario, "recording.jsonl"].iter().collect();
    path.to_str().unwrap().to_owned()
}

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bellwether")).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs what must succeed; what it printed.
fn done(arguments: &[&str]) -> String {
    let out = run(arguments);
    assert!(out.status.success(), "{arguments:?}: {}", text(&out.stderr));
    text(&out.stdout)
}

/// The log of a replay without its totals, which hold times.
fn log(path: &str) -> String {
    let all = done(&["replay", path, "--headless"]);
    all.lines().filter(|l| !l.starts_with("{\"type\":\"totals\"")).fold(String::new(), |out, line| out + line + "\n")
}

/// The lines of a log that tell of alerts and anomalies.
fn found(log: &str) -> Vec<&str> {
    log.lines().filter(|l| !l.starts_with("{\"type\":\"source\"")).collect()
}

fn path(dir: &Path, name: &str) -> String {
    dir.join(name).to_str().unwrap().to_owned()
}

#[test]
fn a_compressed_copy_replays_the_same_and_is_much_smaller() {
    let dir = tempfile::tempdir().unwrap();
    for scenario in ["cloud", "events"] {
        let (from, to) = (fixture(scenario), path(dir.path(), "copy.jsonl.zst"));
        done(&["recording", "cut", &from, "-o", &to, "--force"]);
        assert!(log(&from) == log(&to), "{scenario}");
        let size = |p: &str| std::fs::metadata(p).unwrap().len();
        assert!(size(&to) * 4 < size(&from), "{scenario}: {} of {}", size(&to), size(&from));
        let plain = path(dir.path(), "plain.jsonl");
        done(&["recording", "cut", &to, "-o", &plain, "--force"]);
        assert_eq!(std::fs::read(&plain).unwrap(), std::fs::read(&from).unwrap(), "{scenario}: and back, byte for byte");
    }
}

#[test]
fn a_compressed_recording_that_was_cut_off_replays_up_to_there_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let (whole, cut) = (path(dir.path(), "whole.jsonl.zst"), path(dir.path(), "cut.jsonl.zst"));
    done(&["recording", "cut", &fixture("sensors"), "-o", &whole]);
    let bytes = std::fs::read(&whole).unwrap();
    std::fs::write(&cut, &bytes[..bytes.len() * 3 / 4]).unwrap();
    let out = run(&["replay", &cut, "--headless"]);
    assert!(out.status.success() && text(&out.stderr).contains("cut off"), "{}", text(&out.stderr));
    let (short, long) = (log(&cut), log(&whole));
    assert!(found(&short).len() > 3 && found(&long).starts_with(&found(&short)[..found(&short).len() - 2]));
}

#[test]
fn a_damaged_recording_is_no_success() {
    let dir = tempfile::tempdir().unwrap();
    let (whole, damaged) = (path(dir.path(), "whole.jsonl.zst"), path(dir.path(), "damaged.jsonl.zst"));
    done(&["recording", "cut", &fixture("sensors"), "-o", &whole]);
    let mut bytes = std::fs::read(&whole).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    std::fs::write(&damaged, &bytes).unwrap();
    let out = run(&["replay", &damaged, "--headless"]);
    assert_eq!(out.status.code(), Some(4), "{}", text(&out.stderr));
    assert!(!out.stderr.is_empty());
}

#[test]
fn a_recording_is_replaced_only_where_that_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let tape = path(dir.path(), "tape.jsonl");
    std::fs::write(&tape, "last night's\n").unwrap();
    let record = ["demo", "sensors", "--headless", "--for", "1s", "--record", &tape];
    let out = run(&record);
    assert_eq!(out.status.code(), Some(2), "{}", text(&out.stderr));
    assert!(text(&out.stderr).contains("is there already") && text(&out.stderr).contains("--force"), "{}", text(&out.stderr));
    assert_eq!(std::fs::read_to_string(&tape).unwrap(), "last night's\n");
    done(&[&record[..], &["--force"]].concat());
    assert!(std::fs::read_to_string(&tape).unwrap().starts_with("{\"recording\""));
}

#[test]
#[cfg(target_os = "linux")]
fn what_a_full_disk_takes_is_told_by_the_exit_code() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let log =
        Command::new(env!("CARGO_BIN_EXE_bellwether")).args(["replay", &fixture("sensors"), "--headless"]).stdout(full).output().unwrap();
    assert_eq!(log.status.code(), Some(1), "{}", text(&log.stderr));
    assert!(text(&log.stderr).contains("the log cannot be written"), "{}", text(&log.stderr));
    let out = run(&["demo", "sensors", "--headless", "--for", "1s", "--record", "/dev/full"]);
    assert_eq!(out.status.code(), Some(2), "{}", text(&out.stderr));
    assert!(text(&out.stderr).contains("No space left"), "{}", text(&out.stderr));
}

#[test]
fn two_halves_merged_are_the_whole_again() {
    let dir = tempfile::tempdir().unwrap();
    let whole = fixture("ecommerce");
    let [first, second, both] = ["first.jsonl", "second.jsonl.zst", "both.jsonl"].map(|n| path(dir.path(), n));
    done(&["recording", "cut", &whole, "--to", "+50s", "-o", &first]);
    done(&["recording", "cut", &whole, "--from", "16:00:50", "-o", &second]);
    let out = run(&["recording", "merge", &second, &first, "-o", &both]);
    assert!(out.status.success(), "{}", text(&out.stderr));
    assert_eq!(found(&log(&whole)), found(&log(&both)), "what both hold comes once");
    let other = run(&["recording", "merge", &first, &fixture("sensors"), "-o", &path(dir.path(), "x.jsonl")]);
    assert_eq!(other.status.code(), Some(2));
    assert!(text(&other.stderr).contains("another configuration") && !dir.path().join("x.jsonl").exists(), "{}", text(&other.stderr));
}

#[test]
fn what_is_redacted_is_gone_and_what_is_there_is_not_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let out = path(dir.path(), "open.jsonl");
    done(&["recording", "redact", &fixture("ecommerce"), "--field", "user_id", "--field", "@key", "-o", &out]);
    let (before, after) = (std::fs::read_to_string(fixture("ecommerce")).unwrap(), std::fs::read_to_string(&out).unwrap());
    let secret = |t: &str| t.lines().skip(1).filter(|l| l.contains(r#"\"user_id\":2"#) || l.contains(r#""key":"2"#)).count();
    assert!(secret(&before) > 100 && secret(&after) == 0 && after.contains(r#"\"user_id\":\"[redacted]\""#));
    let again = run(&["recording", "redact", &fixture("ecommerce"), "--field", "user_id", "-o", &out]);
    assert_eq!(again.status.code(), Some(2));
    assert!(text(&again.stderr).contains("--force"), "{}", text(&again.stderr));
    assert_eq!(run(&["recording", "redact", &out, "--field", "a..b", "-o", &path(dir.path(), "x")]).status.code(), Some(2));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left behind");
}

#[test]
fn lines_come_out_and_go_in_again() {
    let dir = tempfile::tempdir().unwrap();
    let lines = done(&["recording", "to-lines", &fixture("sensors"), "--topic", "sensor_data"]);
    assert_eq!(lines.lines().count(), 1_920);
    let [file, tape] = ["lines.txt", "tape.jsonl.zst"].map(|n| path(dir.path(), n));
    std::fs::write(&file, &lines).unwrap();
    let config: PathBuf = [env!("CARGO_MANIFEST_DIR"), "fixtures", "sensors", "bellwether.toml"].iter().collect();
    let from = [
        "recording",
        "from-lines",
        &file,
        "--topic",
        "sensor_data",
        "--time-field",
        "timestamp",
        "--config",
        config.to_str().unwrap(),
        "-o",
        &tape,
    ];
    done(&from);
    assert_eq!(done(&["recording", "to-lines", &tape]), lines);
    let rules = |l: &str| l.lines().filter(|l| l.contains("\"to\":\"firing\"")).count();
    assert_eq!(rules(&log(&tape)), rules(&log(&fixture("sensors"))), "the same rings");
    let info = done(&["recording", "info", &tape, "--json"]);
    assert!(info.contains("\"records\":1920") && info.contains("\"compressed\":true") && info.contains("\"ended\":true"), "{info}");
}

#[test]
fn a_difference_between_configurations_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let config = std::fs::read_to_string([env!("CARGO_MANIFEST_DIR"), "/fixtures/sensors/bellwether.toml"].concat()).unwrap();
    let changed = path(dir.path(), "changed.toml");
    std::fs::write(&changed, &config).unwrap();
    assert!(done(&["replay", &fixture("sensors"), "--diff", &changed]).contains("no difference"));
    std::fs::write(&changed, config.replace("40% of 20", "80% of 20")).unwrap();
    let out = run(&["replay", &fixture("sensors"), "--diff", &changed]);
    let said = text(&out.stdout);
    assert_eq!(out.status.code(), Some(1), "{said}");
    assert!(said.contains("alerts only under A") || said.contains("later"), "{said}");
    let json = run(&["replay", &fixture("sensors"), "--diff", &changed, "--json"]);
    assert!(text(&json.stdout).starts_with('{') && json.status.code() == Some(1));
    std::fs::write(&changed, "[[rule]]\n").unwrap();
    assert_eq!(run(&["replay", &fixture("sensors"), "--diff", &changed]).status.code(), Some(2));
}
