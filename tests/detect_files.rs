//! `bellwether detect` as people run it: a tree in gives the same tree out, rows keep their order and
//! their text, no row knows of later ones, and what is wrong is told before anything is written.

#![expect(clippy::unwrap_used, reason = "a file that cannot be read fails the test that needs it")]
#![expect(clippy::disallowed_methods, reason = "the program is run as people run it, on files")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const HEADER: &str = "timestamp,value,anomaly_score,flag,low,high,reason";

fn detect(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bellwether"));
    command.current_dir(folder).arg("detect").args(arguments).stdin(Stdio::null()).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// What is told of faults, and that the code says so too.
fn refused(folder: &Path, arguments: &[&str]) -> String {
    let output = detect(folder, arguments);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", text(&output.stderr));
    assert!(output.stdout.is_empty(), "{arguments:?}");
    text(&output.stderr).to_owned()
}

fn data() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "detection", "data"].iter().collect()
}

fn rows(path: &Path) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| line.splitn(7, ',').map(str::to_owned).collect()).collect()
}

#[test]
fn a_tree_comes_out_as_it_went_in() {
    let dir = tempfile::tempdir().unwrap();
    let output = detect(dir.path(), &[data().to_str().unwrap(), "--kind", "sigma", "-o", "out", "--plot"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stderr).starts_with("sigma: 18 files, 30,542 rows, "), "{}", text(&output.stderr));
    for name in ["season/daily_dip.csv", "still/replicas.csv", "gaps/irregular.csv"] {
        let (given, made) = (rows(&data().join(name)), rows(&dir.path().join("out").join(name)));
        assert_eq!((given.len(), made[0].join(",").as_str()), (made.len(), HEADER));
        for (given, made) in given.iter().zip(&made).skip(1) {
            assert_eq!(given[..2], made[..2], "{name}");
            let score: f64 = made[2].parse().unwrap();
            assert!((0.0..=1.0).contains(&score) && (made[3] == "1") != made[6].is_empty(), "{name}: {made:?}");
        }
        let picture = std::fs::read_to_string(dir.path().join("out").join(name).with_extension("svg")).unwrap();
        assert!(picture.starts_with("<svg ") && picture.ends_with("</svg>\n"));
    }
    let replicas = rows(&dir.path().join("out/still/replicas.csv"));
    let odd: Vec<_> = replicas.iter().filter(|row| row[3] == "1").collect();
    assert!(!odd.is_empty() && odd[0][6].contains("value 3"), "{odd:?}");
    // Again over the same results: they are replaced, and nothing is left beside them.
    assert!(detect(dir.path(), &[data().to_str().unwrap(), "-k", "sigma", "-o", "out"]).status.success());
    assert!(std::fs::read_dir(dir.path().join("out")).unwrap().all(|entry| !entry.unwrap().file_name().to_str().unwrap().starts_with('.')));
}

#[test]
fn no_row_knows_of_later_ones() {
    let dir = tempfile::tempdir().unwrap();
    let whole = std::fs::read_to_string(data().join("tails/latency_p99.csv")).unwrap();
    let part: String = whole.split_inclusive('\n').take(1_300).collect();
    std::fs::write(dir.path().join("whole.csv"), &whole).unwrap();
    std::fs::write(dir.path().join("part.csv"), part).unwrap();
    let out = |file: &str| detect(dir.path(), &[file, "-k", "isolation-forest", "-p", "trees=20"]).stdout;
    let (whole, part) = (out("whole.csv"), out("part.csv"));
    assert!(part.len() > 10_000 && whole.starts_with(&part));
}

#[test]
fn rows_that_cannot_be_read_are_kept_with_the_reason() {
    let dir = tempfile::tempdir().unwrap();
    let mut given = "\u{feff}when;load;note\r\n".to_owned();
    for i in 0..40 {
        write!(given, "2026-11-21 05:{:02}:00;{};x\r\n", i % 20, i % 3).unwrap();
    }
    given += "soon;1;x\r\n2026-11-21 05:41:00;abc;\"a;b\"\r\n\r\n2026-11-21 05:42:00;;x\r\n2026-11-21 05:43:00\r\n2026-11-21 05:43:00;-inf;x\r\n2026-11-21 05:43:00;99;x";
    std::fs::write(dir.path().join("a.csv"), given).unwrap();
    let output = detect(dir.path(), &["a.csv", "-k", "sigma"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let made: Vec<&str> = text(&output.stdout).lines().collect();
    assert_eq!(made.len(), 1 + 46);
    assert!(made[21].starts_with("2026-11-21 05:00:00,2,0,0,,,"), "backward times are no fault: {}", made[21]);
    insta::assert_snapshot!(made[41..46].join("\n"), @r#"
    soon,1,0,0,,,"time ""soon"" is not a time"
    2026-11-21 05:41:00,abc,0,0,,,"load ""abc"" is not a number"
    2026-11-21 05:42:00,,0,0,,,load is empty
    2026-11-21 05:43:00,,0,0,,,the row ends before its load
    2026-11-21 05:43:00,-inf,0,0,,,"load ""-inf"" is not a finite number"
    "#);
    assert!(made[46].starts_with("2026-11-21 05:43:00,99,0.99") && made[46].contains("load 99 is"), "{}", made[46]);
}

#[test]
fn several_columns_are_judged_together() {
    let dir = tempfile::tempdir().unwrap();
    let mut given = "at,cpu,memory\n".to_owned();
    for i in 0..400 {
        writeln!(given, "{},{},{}", 1_795_237_200 + i, i % 7, if i == 390 { 500 } else { 40 + i % 5 }).unwrap();
    }
    std::fs::write(dir.path().join("a.csv"), given).unwrap();
    let output = detect(dir.path(), &["a.csv", "--kind", "isolation-forest", "--value", "cpu,memory"]);
    let odd = text(&output.stdout).lines().find(|line| line.starts_with("1795237590,")).unwrap().to_owned();
    assert!(odd.starts_with("1795237590,500,0.") && odd.contains("cpu 5, memory 500"), "{odd}");
}

#[test]
fn faults_are_told_before_anything_is_written() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("empty")).unwrap();
    for (file, text) in [("a.csv", "time,load\n1,2\n"), ("b.csv", "time,laod\n1,2\n"), ("none.csv", ""), ("bare.csv", "1,2\n3,4\n")] {
        std::fs::write(dir.path().join(file), text).unwrap();
    }
    let mut told = String::new();
    for arguments in [
        &["a.csv", "b.csv", "-k", "sigma", "--value", "load", "-o", "out"][..],
        &["a.csv", "b.csv", "-k", "sigma"],
        &["a.csv", "-k", "sigmaa"],
        &["a.csv", "-k", "sigma", "-p", "kk=3", "-p", "window=-1"],
        &["a.csv", "-k", "threshold"],
        &["a.csv", "-k", "sigma", "-p", "k"],
        &["a.csv", "-k", "sigma", "-o", "."],
        &["a.csv", "-k", "sigma", "--plot"],
        &["none.csv", "-k", "sigma"],
        &["bare.csv", "-k", "sigma"],
        &["empty", "nowhere.csv", "-k", "sigma", "-o", "out"],
        &["--list", "sigmoid"],
    ] {
        writeln!(told, "$ detect {}\n{}", arguments.join(" "), refused(dir.path(), arguments)).unwrap();
    }
    assert!(!dir.path().join("out").exists());
    insta::with_settings!({snapshot_path => "detection/snapshots", prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!("faults", told);
    });
    std::fs::create_dir(dir.path().join("taken")).unwrap();
    std::fs::copy(dir.path().join("b.csv"), dir.path().join("taken/a.csv")).unwrap();
    assert!(refused(dir.path(), &["a.csv", "-k", "sigma", "-o", "taken"]).contains("is no result of detect"));
}

#[test]
fn series_of_a_recording_and_fields_of_its_records_are_judged() {
    let recording: PathBuf = [env!("CARGO_MANIFEST_DIR"), "fixtures", "ecommerce", "recording.jsonl"].iter().collect();
    let recording = recording.to_str().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let output = detect(dir.path(), &[recording, "-k", "sigma", "-o", "out", "--metric", "failure_ratio"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let one = rows(&dir.path().join("out/recording/failure_ratio{provider=alpha,region=EU}.csv"));
    assert!(one.len() > 20 && one[1][0].ends_with('Z') && one[0].join(",") == HEADER, "{one:?}");
    let output = detect(dir.path(), &[recording, "-k", "sigma", "--value", "amount"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).starts_with(HEADER) && text(&output.stdout).lines().count() > 500);
    let told = refused(dir.path(), &[recording, "-k", "sigma", "--metric", "nothing"]);
    assert!(told.contains("no series of \"nothing\" came of it") && told.contains("failure_ratio"), "{told}");
}

#[test]
fn the_list_names_every_kind() {
    let dir = tempfile::tempdir().unwrap();
    let output = detect(dir.path(), &["--list"]);
    let listed = text(&output.stdout);
    for kind in bellwether::detect::KINDS {
        assert!(listed.contains(&format!("{}\n  {}", kind.name, kind.summary.split(' ').next().unwrap())), "{}", kind.name);
        assert!(detect(dir.path(), &["--list", kind.name]).stdout.starts_with(format!("{}\n", kind.name).as_bytes()));
    }
}
