//! `test`: runs the cases of files and says which are as expected, and what came of the others.

use super::case::{self, Found};
use super::case_judge::{self, Failure};
use crate::config::case::{Case, CaseFile, read_cases};
use crate::config::{Diagnostics, TestTask};
use crate::model::Safe;
use std::fmt::Write as _;
use std::io::{self, Write};

/// Exit code when a case is not as expected.
const FAILED: u8 = 1;
/// Exit code when a file cannot be used.
const FILES: u8 = 2;

/// Runs the cases of all files. Answers with the exit code: 0 all as expected, 1 some not, 2 a file is wrong.
///
/// # Errors
/// When the report cannot be written.
pub fn test(task: &TestTask) -> anyhow::Result<u8> {
    let (mut files, mut wrong) = (Vec::new(), Vec::new());
    for path in &task.files {
        match read_cases(path, task.config.as_deref(), &task.overrides) {
            Ok(file) => files.push(file),
            Err(faults) => wrong.push(faults),
        }
    }
    if !wrong.is_empty() {
        let mut err = io::stderr().lock();
        for faults in &wrong {
            write!(err, "{faults}")?;
        }
        return Ok(FILES);
    }
    let (mut ran, mut failed, mut out) = (0, 0, io::stdout().lock());
    for file in &files {
        writeln!(out, "{}", Safe::label(&file.file))?;
        for case in file.cases.iter().filter(|c| task.only.as_ref().is_none_or(|o| c.name.contains(o))) {
            let found = match case::run(case, &file.loaded) {
                Ok(found) => found,
                Err(why) => {
                    let place = format!("{}:{}", file.file, case.line);
                    write!(
                        io::stderr().lock(),
                        "{}",
                        Diagnostics::of_file(&place, format!("case {:?} cannot be run: {why}", case.name), "")
                    )?;
                    return Ok(FILES);
                }
            };
            let failures = case_judge::failures(&case.expect, &found);
            ran += 1;
            failed += usize::from(!failures.is_empty());
            out.write_all(report(case, file, &found, &failures, task.verbose).as_bytes())?;
        }
    }
    if ran == 0 {
        writeln!(io::stderr().lock(), "bellwether: no case is called {:?}", task.only.as_deref().unwrap_or_default())?;
        return Ok(FILES);
    }
    let cases = if ran == 1 { "case" } else { "cases" };
    writeln!(out, "{ran} {cases}, {} ok, {failed} failed", ran - failed)?;
    Ok(if failed > 0 { FAILED } else { 0 })
}

fn report(case: &Case, file: &CaseFile, found: &Found, failures: &[Failure], verbose: bool) -> String {
    let word = if failures.is_empty() { "ok    " } else { "FAILED" };
    let mut out = format!("  {word}  {}\n", Safe::label(&case.name));
    for failure in failures {
        // Writing into a string cannot fail.
        let _ = writeln!(out, "      {}  ({}:{})", failure.when, Safe::label(&file.file), failure.line);
        for line in &failure.lines {
            let _ = writeln!(out, "        {line}");
        }
    }
    if verbose {
        out.push_str(&case_judge::story(found));
    }
    let c = &found.counters;
    let lost = c.records + c.events - c.decoded - c.accepted;
    if (verbose || !failures.is_empty()) && (lost > 0 || c.unclaimed > 0) {
        let why = found.reject.as_ref().map(|r| format!(", the newest {}", Safe::message(r))).unwrap_or_default();
        let _ = writeln!(out, "      {} records or events were rejected{why}; {} belong to no stream", lost, c.unclaimed);
    }
    if found.cut {
        let _ = writeln!(out, "      more came of it than is kept: shorten the case");
    }
    for warning in &found.warnings {
        let _ = writeln!(out, "      {}", Safe::message(warning));
    }
    out
}
