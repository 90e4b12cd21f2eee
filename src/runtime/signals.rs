//! Signals, as the loop hears them. What the process was told to ignore when it was started stays
//! ignored where that is a wish: `nohup` means that a hang-up ends nothing.

use rustix::process::Signal as Name;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// End as after a finished run where there is no screen (Ctrl-C).
    Interrupt,
    /// The terminal is gone; or, without a screen, take the configuration anew.
    Hangup,
    /// End, with this signal's exit code.
    End(u8),
    /// The window's size has changed.
    Resize,
    /// Stop, as Ctrl-Z asks.
    Stop,
    /// Go on after a stop.
    Resume,
    /// Write what a ring holds.
    Keep,
}

/// The signals listened to.
pub(super) struct Signals {
    interrupt: Signal,
    quit: Signal,
    terminate: Signal,
    hangup: Option<Signal>,
    resize: Signal,
    stop: Signal,
    resume: Signal,
    keep: Signal,
}

/// The exit code of an end by `signal`, as shells have it.
pub(super) fn exit_code(signal: Name) -> u8 {
    128u8.saturating_add(signal.as_raw() as u8)
}

impl Signals {
    /// Listens from now on. `reloads`: SIGHUP is a wish of its own, which holds also under `nohup`.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn new(reloads: bool) -> std::io::Result<Self> {
        let listen = |name: Name| signal(SignalKind::from_raw(name.as_raw()));
        Ok(Self {
            interrupt: listen(Name::INT)?,
            quit: listen(Name::QUIT)?,
            terminate: listen(Name::TERM)?,
            hangup: if hangup_ignored() && !reloads { None } else { Some(listen(Name::HUP)?) },
            resize: listen(Name::WINCH)?,
            stop: listen(Name::TSTP)?,
            resume: listen(Name::CONT)?,
            keep: listen(Name::USR1)?,
        })
    }

    /// The next one.
    pub(super) async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.interrupt.recv() => Asked::Interrupt,
            _ = self.quit.recv() => Asked::End(exit_code(Name::QUIT)),
            _ = self.terminate.recv() => Asked::End(exit_code(Name::TERM)),
            () = heard(&mut self.hangup) => Asked::Hangup,
            _ = self.resize.recv() => Asked::Resize,
            _ = self.stop.recv() => Asked::Stop,
            _ = self.resume.recv() => Asked::Resume,
            _ = self.keep.recv() => Asked::Keep,
        }
    }
}

async fn heard(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}

/// Whether the process was started with SIGHUP ignored.
#[expect(clippy::disallowed_methods, reason = "the system tells it in a file")]
fn hangup_ignored() -> bool {
    std::fs::read_to_string("/proc/self/status").is_ok_and(|status| ignores(&status, Name::HUP))
}

fn ignores(status: &str, name: Name) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|m| u64::from_str_radix(m.trim(), 16).ok()).unwrap_or(0);
    mask & (1 << (name.as_raw() - 1)) != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mask_of_ignored_signals_is_read() {
        let status = "Name:\tbellwether\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000001001\n";
        assert!(ignores(status, Name::HUP) && ignores(status, Name::PIPE));
        assert!(!ignores(status, Name::INT) && !ignores("", Name::HUP));
    }

    #[test]
    fn exit_codes_are_those_of_shells() {
        assert_eq!([Name::HUP, Name::INT, Name::QUIT, Name::TERM].map(exit_code), [129, 130, 131, 143]);
    }
}
