//! The cases of `fixtures/cases` through the program, and the program's verdict on a rule that was broken.

#![expect(clippy::unwrap_used, reason = "a case that cannot be run fails the test that needs it")]
#![expect(clippy::disallowed_methods, reason = "fixtures are files, and the program is run as people run it")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn fixture(parts: &[&str]) -> PathBuf {
    [&[env!("CARGO_MANIFEST_DIR"), "fixtures"], parts].concat().iter().collect()
}

fn bellwether(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bellwether")).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn case_files() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(fixture(&["cases"])).unwrap().map(|e| e.unwrap().path());
    let mut files: Vec<_> = entries.filter(|p| p.extension().is_some_and(|e| e == "toml")).collect();
    files.sort();
    files
}

#[test]
fn every_case_of_the_scenarios_is_as_expected_and_each_has_both_kinds() {
    let files = case_files();
    assert!(files.len() >= 4, "{files:?}");
    let names: Vec<&str> = files.iter().map(|p| p.to_str().unwrap()).collect();
    let out = bellwether(&[&["test"], names.as_slice()].concat());
    assert_eq!(out.status.code(), Some(0), "{}{}", text(&out.stdout), text(&out.stderr));
    assert_eq!(text(&out.stdout), text(&bellwether(&[&["test"], names.as_slice()].concat()).stdout), "the same twice");
    for scenario in ["cloud", "ecommerce", "events", "sensors"] {
        let cases = std::fs::read_to_string(fixture(&["cases", &format!("{scenario}.toml")])).unwrap();
        assert!(cases.contains("silent = true") && cases.contains("rule = "), "{scenario}");
    }
}

/// The scenario's configuration with `from` replaced by `to`, as a file.
fn changed(dir: &Path, scenario: &str, from: &str, to: &str) -> PathBuf {
    let text = std::fs::read_to_string(fixture(&[scenario, "bellwether.toml"])).unwrap();
    assert!(text.contains(from), "{scenario} has no {from:?}");
    let path = dir.join(format!("{scenario}.toml"));
    std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
    path
}

#[test]
fn a_rule_that_was_broken_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let cases = fixture(&["cases", "ecommerce.toml"]);
    let broken = changed(dir.path(), "ecommerce", "above = 0.3", "above = 0.99");
    let out = bellwether(&["test", cases.to_str().unwrap(), "--config", broken.to_str().unwrap()]);
    let said = text(&out.stdout);
    assert_eq!(out.status.code(), Some(1), "{said}{}", text(&out.stderr));
    assert!(said.contains("FAILED") && said.contains("- PaymentFailures"), "{said}");
    let touchy = changed(dir.path(), "ecommerce", "k = 3.0", "k = 1.0");
    let out = bellwether(&["test", cases.to_str().unwrap(), "--config", touchy.to_str().unwrap()]);
    assert_eq!(out.status.code(), Some(1), "{}", text(&out.stdout));
    assert!(text(&out.stdout).contains("+ OddTransactions"), "{}", text(&out.stdout));
}

#[test]
fn a_file_that_is_wrong_says_where() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("wrong.toml");
    let config = fixture(&["sensors", "bellwether.toml"]);
    let file =
        format!("config = {config:?}\n[[case]]\nname = \"a\"\n[[case.expect]]\nat = \"+1m\"\nalerts = [{{ rule = \"SensorOd\" }}]\n");
    std::fs::write(&path, file).unwrap();
    let out = bellwether(&["test", path.to_str().unwrap()]);
    let said = text(&out.stderr);
    assert_eq!(out.status.code(), Some(2), "{said}");
    assert!(said.contains("wrong.toml:2:1") && said.contains("no input"), "{said}");
    assert!(said.contains("wrong.toml:6:") && said.contains("did you mean \"SensorOdd\"?"), "{said}");
}

#[test]
fn the_configuration_and_the_cases_of_the_readme_are_as_it_says() {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let blocks: Vec<&str> = readme.split("```toml\n").skip(1).map(|part| part.split("```").next().unwrap()).collect();
    let [configuration, cases] = blocks[..] else { panic!("{} blocks of TOML", blocks.len()) };
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("bellwether.toml"), configuration).unwrap();
    std::fs::write(path("rules-test.toml"), cases).unwrap();
    let out = bellwether(&["check", &path("bellwether.toml")]);
    assert_eq!((out.status.code(), text(&out.stderr)), (Some(0), String::new()));
    let out = bellwether(&["test", &path("rules-test.toml")]);
    assert_eq!(out.status.code(), Some(0), "{}{}", text(&out.stdout), text(&out.stderr));
    assert!(text(&out.stdout).ends_with("2 cases, 2 ok, 0 failed\n"), "{}", text(&out.stdout));
}
