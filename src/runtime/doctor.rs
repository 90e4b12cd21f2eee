//! `doctor`: what works here, what does not, and how to mend it. One line each; it changes nothing.

use super::doctor_terminal;
use super::{clock, telling, terminal, watch};
use crate::config::{self, DoctorTask, Loaded};
use crate::model::{Millis, Safe};
use crate::notify;
use crate::source::{self, SourceKind};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Open files below which many partitions and probes do not fit.
const FILES_LEAST: u64 = 1_024;
/// Records this far in the future mean that clocks differ.
const AHEAD_MAX: Millis = Millis::from_secs(2);

/// How a thing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It works.
    Good,
    /// Worth knowing; nothing needs mending.
    Note,
    /// It needs mending.
    Bad,
}

/// One line.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    pub standing: Standing,
    pub what: &'static str,
    pub value: String,
    /// How to mend it.
    pub hint: String,
}

impl Finding {
    pub(super) fn good(what: &'static str, value: impl Into<String>) -> Self {
        Self { standing: Standing::Good, what, value: value.into(), hint: String::new() }
    }

    pub(super) fn note(what: &'static str, value: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { standing: Standing::Note, what, value: value.into(), hint: hint.into() }
    }

    pub(super) fn bad(what: &'static str, value: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { standing: Standing::Bad, what, value: value.into(), hint: hint.into() }
    }
}

/// Says what works here. Answers with the exit code: 1 where something needs mending.
///
/// # Errors
/// When it cannot be written.
pub fn doctor(task: DoctorTask) -> anyhow::Result<u8> {
    let mut found = doctor_terminal::findings();
    let (finding, loaded) = configuration(&task);
    found.push(finding);
    if let Some(loaded) = &loaded {
        // The client's own log lines say nothing that the findings do not.
        let _quiet = super::logging::to_pane();
        found.extend(watch::runtime()?.block_on(async { brokers(loaded) }));
    }
    found.extend([desktop(), time(), zone(), files()]);
    found.extend(folders());
    print(&found, task.json)?;
    Ok(u8::from(found.iter().any(|f| f.standing == Standing::Bad)))
}

fn configuration(task: &DoctorTask) -> (Finding, Option<Loaded>) {
    const WHAT: &str = "configuration";
    let Some(path) = &task.config else {
        let loaded = config::load(config::HOST, "the built-in configuration", &task.overrides).ok();
        let hint = "bellwether init -b HOST:9092 TOPIC > bellwether.toml writes one";
        return (Finding::note(WHAT, "none found: the local host is shown", hint), loaded);
    };
    match config::load_file(path, &task.overrides) {
        Ok(loaded) if loaded.warnings.warnings() == 0 => (Finding::good(WHAT, format!("{} is valid", path.display())), Some(loaded)),
        Ok(loaded) => {
            let value = format!("{} is valid, with {} warnings", path.display(), loaded.warnings.warnings());
            (Finding::note(WHAT, value, "bellwether check says them"), Some(loaded))
        }
        Err(faults) => {
            let errors = faults.errors();
            let value = format!("{} has {errors} error{}", path.display(), if errors == 1 { "" } else { "s" });
            (Finding::bad(WHAT, value, format!("bellwether check {} says each with its place", path.display())), None)
        }
    }
}

fn brokers(loaded: &Loaded) -> Vec<Finding> {
    let mut out = Vec::new();
    for spec in &loaded.sources {
        let SourceKind::Kafka(kafka) = &spec.kind else { continue };
        let asked = kafka.brokers.join(",");
        let seen = match source::look(kafka, clock::now()) {
            Ok(seen) => seen,
            Err(why) => {
                let hint = "is the address right, and does the listener speak this protocol (security.protocol)?";
                out.push(Finding::bad("brokers", format!("{asked}: {}", Safe::message(&why)), hint));
                continue;
            }
        };
        out.push(Finding::good("brokers", format!("{asked} answer: {}", seen.brokers.join(", "))));
        for (topic, state) in &seen.topics {
            let name = Safe::label(topic);
            out.push(match state {
                Ok(1) => Finding::good("topic", format!("{name}: 1 partition")),
                Ok(n) => Finding::good("topic", format!("{name}: {n} partitions")),
                Err(why) => Finding::bad("topic", format!("{name}: {why}"), "is its name right, and may this user see it?"),
            });
        }
        if let Some(age) = seen.newest {
            out.push(if age.get() < -AHEAD_MAX.get() {
                let ahead = Millis::new(-age.get());
                let hint = "a clock is wrong: here, at the broker or at the producer; synchronise them by NTP";
                Finding::bad("records", format!("the newest is {ahead} in the future"), hint)
            } else {
                Finding::good("records", format!("the newest is {} old", Millis::from_secs(age.get() / 1_000)))
            });
        }
    }
    out
}

fn desktop() -> Finding {
    const WHAT: &str = "desktop notices";
    match notify::desktop_server() {
        Ok(name) => Finding::good(WHAT, format!("{} shows them", Safe::label(&name))),
        Err(why) => {
            let over_ssh = telling::variable("SSH_CONNECTION").is_some();
            let hint = if over_ssh { "over SSH they would appear on the other machine; use the channel \"terminal\"" } else { "" };
            Finding::note(WHAT, Safe::message(&why).to_string(), hint)
        }
    }
}

/// What a program says on its standard output, one line; `None` where it is not there.
pub(super) fn told(program: &str, arguments: &[&str]) -> Option<String> {
    let out = Command::new(program).args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    out.status.success().then(|| Safe::message(String::from_utf8_lossy(&out.stdout).trim()).to_string())
}

fn time() -> Finding {
    const WHAT: &str = "clock";
    let now =
        jiff::Timestamp::from_millisecond(clock::now().as_millis()).map_or_else(|_| String::new(), |t| t.strftime("%FT%TZ").to_string());
    let stamp = Path::new("/run/systemd/timesync/synchronized").exists();
    match told("timedatectl", &["show", "-p", "NTPSynchronized", "--value"]).as_deref() {
        Some("yes") => Finding::good(WHAT, format!("{now}, synchronised")),
        _ if stamp => Finding::good(WHAT, format!("{now}, synchronised")),
        Some("no") => Finding::note(WHAT, format!("{now}, not synchronised"), "timedatectl set-ntp true, or chrony"),
        _ => Finding::note(WHAT, format!("{now}; whether it is synchronised is not known here"), ""),
    }
}

fn zone() -> Finding {
    let zone = jiff::tz::TimeZone::system();
    match zone.iana_name() {
        Some(name) => Finding::good("time zone", name),
        None => Finding::note("time zone", "unnamed", "set TZ, or time_zone in [ui]"),
    }
}

fn files() -> Finding {
    const WHAT: &str = "open files";
    match rustix::process::getrlimit(rustix::process::Resource::Nofile).current {
        Some(n) if n < FILES_LEAST => Finding::bad(WHAT, format!("at most {n}"), format!("ulimit -n {FILES_LEAST}")),
        Some(n) => Finding::good(WHAT, format!("at most {n}")),
        None => Finding::good(WHAT, "no limit"),
    }
}

fn folders() -> Vec<Finding> {
    let home = telling::variable("HOME").map(PathBuf::from);
    let folder = |variable: &str, usual: &str| telling::variable(variable).map(PathBuf::from).or_else(|| Some(home.as_ref()?.join(usual)));
    [("configuration folder", "XDG_CONFIG_HOME", ".config"), ("state folder", "XDG_STATE_HOME", ".local/state")]
        .into_iter()
        .map(|(what, variable, usual)| match folder(variable, usual).map(|f| f.join("bellwether")) {
            None => Finding::note(what, "neither HOME nor its variable is set", format!("set {variable}")),
            Some(path) if writable(&path) => Finding::good(what, format!("{} can be written", path.display())),
            Some(path) => {
                Finding::bad(what, format!("{} cannot be written", path.display()), format!("make it writable, or set {variable}"))
            }
        })
        .collect()
}

/// Whether a folder, or where it would be made, can be written.
fn writable(path: &Path) -> bool {
    let there = path.ancestors().find(|p| p.exists());
    there.is_some_and(|p| p.is_dir() && rustix::fs::access(p, rustix::fs::Access::WRITE_OK).is_ok())
}

fn print(found: &[Finding], json: bool) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    let word = |f: &Finding| match f.standing {
        Standing::Good => "good",
        Standing::Note => "note",
        Standing::Bad => "bad",
    };
    for f in found {
        if json {
            let line = serde_json::json!({ "state": word(f), "what": f.what, "value": f.value, "hint": f.hint });
            writeln!(out, "{line}")?;
            continue;
        }
        let sign = match f.standing {
            Standing::Good => "ok ",
            Standing::Note => "  .",
            Standing::Bad => "!! ",
        };
        writeln!(out, "{sign} {:<22} {}", f.what, f.value)?;
        if !f.hint.is_empty() {
            writeln!(out, "{:26} -> {}", "", f.hint)?;
        }
    }
    Ok(())
}

/// The size of the terminal, as `doctor` says it.
pub(super) fn size() -> String {
    let (columns, rows) = terminal::size();
    format!("{columns}x{rows}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_writable_where_it_could_be_made() {
        let home = tempfile::tempdir().unwrap();
        assert!(writable(&home.path().join("a/b/c")));
        let file = home.path().join("file");
        std::fs::copy("Cargo.toml", &file).unwrap();
        assert!(!writable(&file.join("a")));
    }

    #[test]
    fn a_configuration_that_is_wrong_is_a_finding_and_not_an_end() {
        let task = DoctorTask { config: Some("no/such.toml".into()), ..DoctorTask::default() };
        let (finding, loaded) = configuration(&task);
        assert!(finding.standing == Standing::Bad && loaded.is_none(), "{finding:?}");
        let (finding, loaded) = configuration(&DoctorTask::default());
        assert!(finding.standing == Standing::Note && loaded.is_some(), "{finding:?}");
        assert!(brokers(&loaded.unwrap()).is_empty());
    }

    #[test]
    fn a_program_that_is_not_there_says_nothing() {
        assert_eq!(told("no-such-program-anywhere", &[]), None);
        assert_eq!(told("true", &[]).as_deref(), Some(""));
    }
}
