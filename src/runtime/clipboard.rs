//! Text to the clipboard of the terminal's own machine, by OSC 52: it works through SSH, where no other clipboard does.
//!
//! Written only when a key asks for it. Inside of tmux and screen the sequence is wrapped as well, so that it reaches
//! the terminal outside; a terminal that does not know it ignores it, and nothing is asked back. Met by the console.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Bytes of a string that screen passes on at once: it holds 768, the frame of a piece included.
const SCREEN_PIECE: usize = 500;

/// What stands between this program and the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outside {
    /// Nothing.
    Terminal,
    /// tmux: passes on what is wrapped where `allow-passthrough` is on, and takes it itself where `set-clipboard` is.
    Tmux,
    /// GNU screen.
    Screen,
}

impl Outside {
    /// What the environment says.
    pub(super) fn found() -> Self {
        let set = |name| std::env::var_os(name).is_some_and(|v| !v.is_empty());
        let term = std::env::var_os("TERM").unwrap_or_default();
        Self::promised(set("TMUX"), set("STY"), &term.to_string_lossy())
    }

    fn promised(tmux: bool, sty: bool, term: &str) -> Self {
        // tmux calls its terminals "screen" too where it is not told otherwise.
        if tmux || term.starts_with("tmux") {
            Self::Tmux
        } else if sty || term.starts_with("screen") {
            Self::Screen
        } else {
            Self::Terminal
        }
    }
}

/// The bytes that put `text` on the clipboard.
pub(super) fn sequence(text: &str, outside: Outside) -> Vec<u8> {
    let plain = format!("\x1b]52;c;{}\x07", STANDARD.encode(text));
    match outside {
        Outside::Terminal => plain.into_bytes(),
        // Both ways: which one tmux takes depends on its settings, and the text is the same.
        Outside::Tmux => format!("{plain}\x1bPtmux;{}\x1b\\", plain.replace('\x1b', "\x1b\x1b")).into_bytes(),
        Outside::Screen => {
            let pieces = plain.as_bytes().chunks(SCREEN_PIECE);
            pieces.flat_map(|piece| [b"\x1bP".as_slice(), piece, b"\x1b\\"].concat()).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_stands_outside_is_told_by_the_environment() {
        assert_eq!(Outside::promised(true, false, "screen-256color"), Outside::Tmux);
        assert_eq!(Outside::promised(false, false, "tmux-256color"), Outside::Tmux);
        assert_eq!(Outside::promised(false, false, "screen"), Outside::Screen);
        assert_eq!(Outside::promised(false, true, "xterm"), Outside::Screen);
        assert_eq!(Outside::promised(false, false, "xterm-256color"), Outside::Terminal);
    }

    #[test]
    fn each_has_its_own_wrapping() {
        assert_eq!(sequence("14.2 %", Outside::Terminal), b"\x1b]52;c;MTQuMiAl\x07");
        assert_eq!(sequence("x", Outside::Tmux), b"\x1b]52;c;eA==\x07\x1bPtmux;\x1b\x1b]52;c;eA==\x07\x1b\\");
        let long = sequence(&"a".repeat(600), Outside::Screen);
        let pieces: Vec<&[u8]> = long.split(|b| *b == 0x1b).collect();
        assert!(pieces.iter().all(|piece| piece.len() <= SCREEN_PIECE + 1), "{pieces:?}");
        assert_eq!(long.windows(2).filter(|w| w == b"\x1bP").count(), 2);
    }

    proptest! {
        #[test]
        fn no_text_leaves_its_sequence(text in any::<String>()) {
            let out = sequence(&text, Outside::Terminal);
            let body = &out[7..out.len() - 1];
            prop_assert!(body.iter().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(b)));
            prop_assert_eq!(STANDARD.decode(body).unwrap(), text.as_bytes());
        }
    }
}
