//! Notices of the terminal itself: they reach a person over SSH, on the machine where the terminal runs.
//!
//! Terminals know three control sequences for it, and none tells whether it was understood, so the bell
//! goes with each: tmux and most terminals mark their window by it. Which sequence fits is read
//! from the environment, which SSH hands on in part only (`TERM`, `LC_*`); the channel's `way` says it where that fails. Only
//! `runtime` may touch the terminal; it is handed whole sequences and writes them between two frames.

use super::{Channel, ChannelSpec, DeliveryError, Kind, Limit, Notification, Receipt, Ring, Signal};
use crate::model::{Millis, Safe};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};

/// Characters of a title and of a body that are shown: a notice is a glance, and on a slow link it stands before frames.
const TITLE: usize = 80;
const BODY: usize = 160;
/// The longest sequence GNU screen hands on in one piece.
const SCREEN_PIECE: usize = 700;

/// The kind `terminal`.
pub const KIND: Kind = Kind {
    name: "terminal",
    summary: "shows a notice of the terminal (OSC 9, 777 or 99, also through tmux and screen), and rings its bell",
    min_interval: Millis::from_secs(2),
    build: |spec, ring| Box::new(Notices::new(spec, ring)),
};

/// Which control sequence a terminal takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// `OSC 9 ; text`: iTerm2, WezTerm, Ghostty and others.
    Osc9,
    /// `OSC 777 ; notify ; title ; body`: urxvt, foot and others.
    Osc777,
    /// `OSC 99`: kitty.
    Osc99,
    /// None is known: only the bell.
    Bell,
}

impl Way {
    /// Its name, as `doctor` says it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Osc9 => "OSC 9",
            Self::Osc777 => "OSC 777",
            Self::Osc99 => "OSC 99",
            Self::Bell => "bell",
        }
    }
}

impl Way {
    /// The words of the configuration.
    pub const WORDS: [&'static str; 5] = ["auto", "osc9", "osc777", "osc99", "bell"];

    /// The way called so; `None` for `auto`.
    pub fn named(word: &str) -> Option<Self> {
        match word {
            "osc9" => Some(Self::Osc9),
            "osc777" => Some(Self::Osc777),
            "osc99" => Some(Self::Osc99),
            "bell" => Some(Self::Bell),
            _ => None,
        }
    }
}

/// What stands between the program and the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Between {
    /// Nothing that matters.
    Nothing,
    /// tmux, which hands on what is wrapped for it, where `allow-passthrough` is on.
    Tmux,
    /// GNU screen, the same in pieces.
    Screen,
}

/// How notices reach the person before the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Path {
    /// The sequence.
    pub way: Way,
    /// What it must pass.
    pub between: Between,
}

impl Path {
    /// What the environment says; `get` gives a variable that is set and not empty.
    pub fn of(get: &dyn Fn(&str) -> Option<String>) -> Self {
        let term = get("TERM").unwrap_or_default();
        let between = match () {
            () if get("TMUX").is_some() || term.starts_with("tmux") => Between::Tmux,
            () if get("STY").is_some() || term.starts_with("screen") => Between::Screen,
            () => Between::Nothing,
        };
        // Within tmux this names tmux; then LC_TERMINAL and what a terminal sets for itself remain.
        let program = get("TERM_PROGRAM").filter(|p| p != "tmux").or_else(|| get("LC_TERMINAL")).unwrap_or_default();
        let known = match program.as_str() {
            "iTerm.app" | "iTerm2" | "WezTerm" | "ghostty" | "WarpTerminal" | "zed" => Some(Way::Osc9),
            "rio" | "foot" => Some(Way::Osc777),
            "kitty" => Some(Way::Osc99),
            "Apple_Terminal" | "vscode" => Some(Way::Bell),
            _ => None,
        };
        let by_variable = [
            ("KITTY_WINDOW_ID", Way::Osc99),
            ("WEZTERM_PANE", Way::Osc9),
            ("GHOSTTY_RESOURCES_DIR", Way::Osc9),
            ("ITERM_SESSION_ID", Way::Osc9),
            // Its OSC 9 is a progress bar, and a request for notices was declined.
            ("WT_SESSION", Way::Bell),
            ("VTE_VERSION", Way::Osc777),
        ];
        let by_term = [
            ("xterm-kitty", Way::Osc99),
            ("foot", Way::Osc777),
            ("rxvt-unicode", Way::Osc777),
            ("xterm-ghostty", Way::Osc9),
            ("wezterm", Way::Osc9),
        ];
        let way = known
            .or_else(|| by_term.iter().find(|(t, _)| term.starts_with(t)).map(|(_, way)| *way))
            .or_else(|| by_variable.iter().find(|(name, _)| get(name).is_some()).map(|(_, way)| *way))
            .unwrap_or(Way::Bell);
        Self { way, between }
    }

    /// The control sequences that show a notice here, wrapped for what they must pass; empty where only the bell is known.
    pub fn sequences(self, id: u64, title: &str, body: &str, urgent: bool) -> Vec<u8> {
        let (title, body) = (plain(title, TITLE), plain(body, BODY));
        let bare: Vec<String> = match self.way {
            Way::Bell => return Vec::new(),
            // ConEmu and its kin read a leading number and semicolon as a command of their own.
            Way::Osc9 => {
                let text = if body.is_empty() { title } else { format!("{title}: {body}") };
                let guard = if text.starts_with(|c: char| c.is_ascii_digit()) { " " } else { "" };
                vec![format!("\x1b]9;{guard}{}\x07", text.replace(';', ","))]
            }
            Way::Osc777 => vec![format!("\x1b]777;notify;{};{}\x07", title.replace(';', ","), body.replace(';', ","))],
            Way::Osc99 => {
                let urgency = if urgent { 2 } else { 1 };
                let first = format!("\x1b]99;i=bellwether-{id}:d=0:p=title:u={urgency};{title}\x1b\\");
                vec![first, format!("\x1b]99;i=bellwether-{id}:d=1:p=body;{body}\x1b\\")]
            }
        };
        bare.iter().flat_map(|sequence| self.wrap(sequence)).collect()
    }

    fn wrap(self, sequence: &str) -> Vec<u8> {
        match self.between {
            Between::Nothing => sequence.as_bytes().to_vec(),
            Between::Tmux => format!("\x1bPtmux;{}\x1b\\", sequence.replace('\x1b', "\x1b\x1b")).into_bytes(),
            Between::Screen => {
                // The end mark of the wrapping must not stand within it: a piece ends between its two bytes.
                let bytes = sequence.as_bytes();
                let mut out = Vec::new();
                let mut start = 0;
                while start < bytes.len() {
                    let mut end = (start + SCREEN_PIECE).min(bytes.len());
                    if let Some(mark) = bytes[start..end].windows(2).position(|w| w == b"\x1b\\") {
                        end = start + mark + 1;
                    }
                    out.extend_from_slice(b"\x1bP");
                    out.extend_from_slice(&bytes[start..end]);
                    out.extend_from_slice(b"\x1b\\");
                    start = end;
                }
                out
            }
        }
    }
}

/// One line without control characters, cut at a character.
fn plain(text: &str, most: usize) -> String {
    let lines: Vec<String> = text.lines().map(|line| Safe::message(line).to_string()).collect();
    let line = lines.join(", ");
    let kept: String = line.chars().filter(|c| !c.is_control()).take(most).collect();
    if kept.len() < line.len() { format!("{}…", kept.trim_end()) } else { kept }
}

struct Notices {
    ring: Ring,
    way: Option<Way>,
    limit: Mutex<Limit>,
}

impl Notices {
    fn new(spec: &ChannelSpec, ring: Ring) -> Self {
        Self { ring, way: spec.way, limit: Mutex::new(Limit::new(spec.min_interval)) }
    }

    fn tell(&self, notification: &Notification) -> Result<Receipt, DeliveryError> {
        // A panic elsewhere leaves the limit as it was: still good.
        let passed = self.limit.lock().unwrap_or_else(PoisonError::into_inner).pass(notification.at);
        let held = passed.ok_or(DeliveryError::Limited)?;
        let more = if held == 0 { String::new() } else { format!(" (and {held} more)") };
        let title = format!("{}{more}", notification.title);
        let urgent = notification.severity == "critical" && notification.state == "firing";
        let shown = (self.ring)(Signal::Notice { way: self.way, id: notification.id, title: &title, body: &notification.body, urgent });
        if matches!(notification.state, "firing" | "test") {
            (self.ring)(Signal::Bell);
        }
        match shown {
            Some(way) if way != Way::Bell => Ok(Receipt { detail: format!("written as {}, with the bell", way.word()) }),
            Some(_) => Ok(Receipt { detail: "rung; no sequence for notices is known here".to_owned() }),
            None => Err(DeliveryError::Failed("the terminal takes nothing".to_owned())),
        }
    }
}

impl Channel for Notices {
    fn deliver<'a>(&'a self, notification: &'a Notification) -> Pin<Box<dyn Future<Output = Result<Receipt, DeliveryError>> + Send + 'a>> {
        let told = self.tell(notification);
        Box::pin(std::future::ready(told))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;
    use proptest::prelude::*;
    use std::collections::BTreeMap;
    use std::sync::Arc;

    fn path(variables: &[(&str, &str)]) -> Path {
        let map: BTreeMap<&str, &str> = variables.iter().copied().collect();
        Path::of(&|name| map.get(name).map(|v| (*v).to_owned()))
    }

    #[test]
    fn the_way_is_read_from_what_terminals_say_of_themselves() {
        let direct = |way| Path { way, between: Between::Nothing };
        for (variables, expected) in [
            (&[("TERM", "xterm-256color")][..], direct(Way::Bell)),
            (&[("TERM", "xterm-kitty")], direct(Way::Osc99)),
            (&[("TERM", "foot-extra")], direct(Way::Osc777)),
            (&[("TERM", "rxvt-unicode-256color")], direct(Way::Osc777)),
            (&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "WezTerm")], direct(Way::Osc9)),
            (&[("TERM", "xterm-256color"), ("LC_TERMINAL", "iTerm2")], direct(Way::Osc9)),
            (&[("TERM", "xterm-256color"), ("VTE_VERSION", "7200")], direct(Way::Osc777)),
            (&[("TERM", "xterm-256color"), ("WT_SESSION", "x")], direct(Way::Bell)),
            (&[("TERM", "linux")], direct(Way::Bell)),
            (
                &[("TERM", "tmux-256color"), ("TMUX", "/t"), ("TERM_PROGRAM", "tmux"), ("KITTY_WINDOW_ID", "1")],
                Path { way: Way::Osc99, between: Between::Tmux },
            ),
            (&[("TERM", "screen"), ("STY", "1.x"), ("WEZTERM_PANE", "0")], Path { way: Way::Osc9, between: Between::Screen }),
        ] {
            assert_eq!(path(variables), expected, "{variables:?}");
        }
    }

    #[test]
    fn sequences_are_as_terminals_read_them() {
        let bare = |way| String::from_utf8(Path { way, between: Between::Nothing }.sequences(7, "4;a;b", "c;d\ne", true)).unwrap();
        assert_eq!(bare(Way::Osc9), "\x1b]9; 4,a,b: c,d, e\x07");
        assert_eq!(bare(Way::Osc777), "\x1b]777;notify;4,a,b;c,d, e\x07");
        assert_eq!(bare(Way::Osc99), "\x1b]99;i=bellwether-7:d=0:p=title:u=2;4;a;b\x1b\\\x1b]99;i=bellwether-7:d=1:p=body;c;d, e\x1b\\");
        assert_eq!(bare(Way::Bell), "");
        let tmux = Path { way: Way::Osc9, between: Between::Tmux }.sequences(7, "a", "", false);
        assert_eq!(tmux, b"\x1bPtmux;\x1b\x1b]9;a\x07\x1b\\");
        let screen = Path { way: Way::Osc99, between: Between::Screen }.sequences(7, "a", "b", false);
        let one = b"\x1bP\x1b]99;i=bellwether-7:d=0:p=title:u=1;a\x1b\x1b\\\x1bP\\\x1b\\";
        assert!(screen.starts_with(one), "{}", screen.escape_ascii());
    }

    #[tokio::test]
    async fn a_notice_goes_with_the_bell_and_a_resolved_one_without() {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let keep = Arc::clone(&seen);
        let ring: Ring = Arc::new(move |signal| {
            keep.lock().unwrap().push(match signal {
                Signal::Bell => "bell".to_owned(),
                Signal::Notice { title, urgent, .. } => format!("{title} {urgent}"),
            });
            Some(Way::Osc9)
        });
        let spec = ChannelSpec { name: "terminal".into(), kind: KIND.name, min_interval: KIND.min_interval, way: None };
        let channel = (KIND.build)(&spec, ring);
        let told = |at, state| Notification {
            at: Timestamp::from_millis(at),
            id: 1,
            title: "PaymentFailures".to_owned(),
            body: String::new(),
            severity: "critical",
            state,
        };
        assert_eq!(channel.deliver(&told(0, "firing")).await.unwrap().detail, "written as OSC 9, with the bell");
        assert_eq!(channel.deliver(&told(5, "firing")).await, Err(DeliveryError::Limited));
        assert!(channel.deliver(&told(2_000, "resolved")).await.is_ok());
        assert_eq!(*seen.lock().unwrap(), ["PaymentFailures true", "bell", "PaymentFailures (and 1 more) false"]);
    }

    proptest! {
        #[test]
        fn no_text_ends_a_sequence_or_begins_another(title in "\\PC*|.*", body in ".{0,400}|[\x00-\x1f\u{80}-\u{9f};\\\\]{0,20}") {
            for way in [Way::Osc9, Way::Osc777, Way::Osc99] {
                let written = String::from_utf8(Path { way, between: Between::Nothing }.sequences(1, &title, &body, false)).unwrap();
                let controls: String = written.chars().filter(|c| c.is_control()).collect();
                let expected = if way == Way::Osc99 { "\x1b\x1b\x1b\x1b" } else { "\x1b\x07" };
                prop_assert_eq!(controls, expected);
                prop_assert!(written.chars().count() <= TITLE + BODY + 100);
                let fields = written.matches(';').count();
                prop_assert!(way != Way::Osc777 || fields == 3, "{}", written.escape_debug());
            }
        }
    }
}
