//! What `doctor` says of the terminal. Here it is asked, with a time limit: the console itself never waits for an answer.

use super::doctor::{Finding, size, told};
use super::telling::{self, variable};
use super::terminal;
use crate::notify::{Between, Way};
use std::io::IsTerminal;
use std::time::Duration;

/// How long the terminal may take to answer.
const PATIENCE: Duration = Duration::from_millis(200);
/// The sign whose width tells of all signs of ambiguous width.
const SIGN: &str = "●";

/// All findings about the terminal.
pub(super) fn findings() -> Vec<Finding> {
    let mut out = vec![kind(), colours(), characters()];
    if std::io::stdout().is_terminal() {
        out.push(Finding::good("size", size()));
        out.push(width());
        out.push(synchronised());
    } else {
        out.push(Finding::note("size", "standard output is no terminal", "run it in the terminal the console is for"));
    }
    out.push(notices());
    out.extend(tmux());
    out
}

fn kind() -> Finding {
    match variable("TERM").as_deref() {
        None => Finding::bad("terminal", "TERM is not set", "export TERM=xterm-256color"),
        Some("dumb") => Finding::bad("terminal", "TERM=dumb cannot be drawn on", "export TERM=xterm-256color"),
        Some(term) => {
            let program = variable("TERM_PROGRAM").map(|p| format!(", {p}")).unwrap_or_default();
            Finding::good("terminal", format!("TERM={term}{program}"))
        }
    }
}

fn colours() -> Finding {
    let (colour, term) = (variable("COLORTERM"), variable("TERM").unwrap_or_default());
    match colour.as_deref() {
        _ if variable("NO_COLOR").is_some() => Finding::note("colours", "none: NO_COLOR is set", ""),
        Some("truecolor" | "24bit") => Finding::good("colours", "16 million (COLORTERM)"),
        _ if term.contains("direct") => Finding::good("colours", "16 million (TERM)"),
        _ if term.contains("256") => Finding::good("colours", "256; COLORTERM=truecolor where the terminal has more"),
        _ => Finding::note("colours", "16", "export TERM=xterm-256color where the terminal has more"),
    }
}

fn characters() -> Finding {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(variable).unwrap_or_default();
    let folded = locale.to_lowercase();
    if folded.contains("utf-8") || folded.contains("utf8") {
        Finding::good("characters", format!("UTF-8 ({locale})"))
    } else {
        let said = if locale.is_empty() { "no locale is set".to_owned() } else { format!("{locale} is not UTF-8") };
        Finding::bad("characters", said, "export LANG=C.UTF-8, or use --signs ascii")
    }
}

fn width() -> Finding {
    let answer = terminal::ask(format!("\r{SIGN}\x1b[6n").as_bytes(), b'R', PATIENCE);
    let column = answer.as_deref().and_then(column);
    match column {
        Some(2) => Finding::good("width of signs", "one cell"),
        Some(3) => Finding::bad("width of signs", "two cells: columns would not align", "use --signs ascii, or signs = \"ascii\" in [ui]"),
        _ => Finding::note("width of signs", "the terminal does not say", "use --signs ascii where columns do not align"),
    }
}

/// The column of `CSI row ; column R`.
fn column(answer: &[u8]) -> Option<u16> {
    let text = std::str::from_utf8(answer).ok()?;
    let (_, numbers) = text.rsplit_once("\x1b[")?;
    numbers.trim_end_matches('R').split_once(';')?.1.parse().ok()
}

fn synchronised() -> Finding {
    const WHAT: &str = "synchronised updates";
    if !terminal::synchronises() {
        return Finding::note(WHAT, "not used on this kind of terminal", "");
    }
    // The second question is one every terminal answers, so that a silent first is known by it.
    let answer = terminal::ask(b"\x1b[?2026$p\x1b[5n", b'n', PATIENCE);
    let Some(answer) = answer else { return Finding::note(WHAT, "the terminal answers nothing", "") };
    if [b"?2026;1$y", b"?2026;2$y", b"?2026;3$y"].iter().any(|known| answer.windows(known.len()).any(|w| w == *known)) {
        Finding::good(WHAT, "frames are shown whole")
    } else {
        Finding::note(WHAT, "not known to this terminal: frames may be seen being drawn", "")
    }
}

fn notices() -> Finding {
    const WHAT: &str = "terminal notices";
    let path = telling::path();
    let through = match path.between {
        Between::Nothing => "",
        Between::Tmux => ", through tmux",
        Between::Screen => ", through screen",
    };
    match path.way {
        Way::Bell => {
            let hint = "where the terminal has them, say how: [[channel]] name = \"terminal\", kind = \"terminal\", way = \"osc9\" (or osc777, osc99)";
            Finding::note(WHAT, format!("no sequence is known for this terminal: only the bell{through}"), hint)
        }
        way => Finding::good(WHAT, format!("{}{through}; bellwether fire terminal tries it", way.word())),
    }
}

fn tmux() -> Vec<Finding> {
    if variable("TMUX").is_none() {
        return Vec::new();
    }
    let option = |name: &str| told("tmux", &["show", "-gv", name]);
    let passed = match option("allow-passthrough").as_deref() {
        Some("on" | "all") => Finding::good("tmux passthrough", "on: notices reach the terminal"),
        Some(_) => {
            Finding::bad("tmux passthrough", "off: notices do not reach the terminal", "set -g allow-passthrough on    (in tmux.conf)")
        }
        None => Finding::note("tmux passthrough", "this tmux does not say", "from 3.3 on: set -g allow-passthrough on"),
    };
    let clipboard = match option("set-clipboard").as_deref() {
        Some("on") => Finding::good("tmux clipboard", "on: copying (OSC 52) reaches the terminal"),
        Some(word) => Finding::note(
            "tmux clipboard",
            format!("{word}: copying does not reach the terminal"),
            "set -g set-clipboard on    (in tmux.conf)",
        ),
        None => Finding::note("tmux clipboard", "this tmux does not say", ""),
    };
    vec![passed, clipboard]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_column_is_read_from_the_answer() {
        assert_eq!(column(b"\x1b[12;3R"), Some(3));
        assert_eq!(column(b"junk\x1b[1;2R"), Some(2));
        for bad in [&b""[..], b"\x1b[R", b"\x1b[;R", b"\xff\x1b[1;2R", b"12;3R"] {
            assert_eq!(column(bad), None, "{}", bad.escape_ascii());
        }
    }
}
