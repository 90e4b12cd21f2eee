//! Bytes from the terminal to keys and the mouse, and nothing else: what a terminal answers, reports or gets wrong
//! presses no key.
//!
//! Written here because what stands between bytes and keys must bear anything. An answer to a query
//! that another program sent (a colour, a position) arrives as input and is swallowed whole; a paste
//! of any size is one event of bounded size; broken UTF-8 is dropped; a sequence cut off by a slow
//! line is given up after a moment, so that no key is eaten for good. The bytes are parsed without
//! any read that could block, so that a terminal that vanishes in the middle of one is noticed.

use crate::ui::{Key, KeyCode, Mouse, MouseKind, Rgb};
use std::time::Duration;

/// Pasted text kept: far more than a text field takes. The rest is read and dropped.
const PASTE_KEPT: usize = 64 * 1024;
/// Bytes of a control sequence looked at; longer ones are swallowed.
const SEQUENCE_KEPT: usize = 32;
/// After Escape alone, how long until it is the key: what a sequence's first byte may be apart from
/// its second on a slow line, and still too short to be felt.
const ESCAPE_ALONE: Duration = Duration::from_millis(50);
/// How long a sequence or a paste that was begun may be silent before it is given up.
const CUT_OFF: Duration = Duration::from_secs(1);

const ESC: u8 = 0x1b;
const BELL: u8 = 0x07;
const CANCEL: u8 = 0x18;
const SUBSTITUTE: u8 = 0x1a;
const PASTE_END: &[u8] = b"\x1b[201~";

/// What a person did at the terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// Pressed a key.
    Key(Key),
    /// Pasted this text.
    Paste(String),
    /// The terminal answered that it is well: what was sent before the question has arrived.
    Answered,
    /// Nothing: the terminal tells the colour of its background.
    Background(Rgb),
    /// Did this with the mouse.
    Mouse(Mouse),
}

/// Where in a sequence the next byte falls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Ground,
    /// After Escape.
    Escape,
    /// After Escape and `O`.
    Single,
    /// In a control sequence, up to its last byte.
    Control,
    /// So many bytes of an old mouse report are still to come.
    Mouse(u8),
    /// In an answer of any length, up to its end.
    Answer,
    /// As [`State::Answer`], after Escape.
    AnswerEscape,
    /// Between the marks of a paste.
    Paste,
}

/// Turns bytes into keys.
#[derive(Debug)]
pub(super) struct Keys {
    state: State,
    /// Of a control sequence, of a character of several bytes, or of a paste.
    held: Vec<u8>,
    /// How much of the mark that ends a paste has come.
    mark: usize,
    /// Bytes still to come of a character.
    wanted: usize,
}

impl Keys {
    pub(super) const fn new() -> Self {
        Self { state: State::Ground, held: Vec::new(), mark: 0, wanted: 0 }
    }

    /// How long to wait for the next byte before [`Keys::silence`] is called; `None`: for ever.
    pub(super) fn patience(&self) -> Option<Duration> {
        match self.state {
            State::Ground if self.wanted == 0 => None,
            State::Escape => Some(ESCAPE_ALONE),
            _ => Some(CUT_OFF),
        }
    }

    /// Nothing came for as long as [`Keys::patience`] said: what was begun ends here.
    pub(super) fn silence(&mut self, found: &mut Vec<Typed>) {
        match self.state {
            State::Escape => found.push(key(KeyCode::Esc)),
            State::Single => found.push(alt('O')),
            State::Paste => self.end_paste(found),
            _ => {}
        }
        self.restart();
    }

    /// Takes bytes as they came, and adds what they mean to `found`.
    pub(super) fn take(&mut self, bytes: &[u8], found: &mut Vec<Typed>) {
        for byte in bytes {
            self.byte(*byte, found);
        }
    }

    fn restart(&mut self) {
        self.state = State::Ground;
        self.held.clear();
        self.mark = 0;
        self.wanted = 0;
    }

    fn byte(&mut self, byte: u8, found: &mut Vec<Typed>) {
        match self.state {
            State::Paste => self.pasted(byte, found),
            State::Answer => match byte {
                CANCEL | SUBSTITUTE => self.restart(),
                BELL => self.answered(found),
                ESC => self.state = State::AnswerEscape,
                _ if self.held.len() < SEQUENCE_KEPT => self.held.push(byte),
                _ => {}
            },
            State::AnswerEscape => {
                if byte == b'\\' {
                    self.answered(found);
                } else {
                    self.restart();
                    self.state = State::Escape;
                    self.byte(byte, found);
                }
            }
            State::Mouse(left) => {
                if left > 1 {
                    self.state = State::Mouse(left - 1);
                } else {
                    self.restart();
                }
            }
            State::Control => self.control(byte, found),
            State::Single => {
                self.restart();
                found.extend(single(byte).map(key));
            }
            State::Escape => self.escaped(byte, found),
            State::Ground => self.plain(byte, false, found),
        }
    }

    /// An answer is whole: that of the background is told, every other one was asked by somebody else.
    fn answered(&mut self, found: &mut Vec<Typed>) {
        found.extend(background(&self.held).map(Typed::Background));
        self.restart();
    }

    fn escaped(&mut self, byte: u8, found: &mut Vec<Typed>) {
        self.restart();
        match byte {
            b'[' => self.state = State::Control,
            b'O' => self.state = State::Single,
            b']' | b'P' | b'X' | b'^' | b'_' => {
                self.held.push(byte);
                self.state = State::Answer;
            }
            ESC => {
                found.push(key(KeyCode::Esc));
                self.state = State::Escape;
            }
            _ => self.plain(byte, true, found),
        }
    }

    /// A byte outside of every sequence.
    fn plain(&mut self, byte: u8, alt: bool, found: &mut Vec<Typed>) {
        if self.wanted > 0 {
            if byte & 0xc0 == 0x80 {
                self.held.push(byte);
                if self.held.len() == self.wanted {
                    found.extend(std::str::from_utf8(&self.held).ok().and_then(|s| s.chars().next()).map(|c| key(KeyCode::Char(c))));
                    self.restart();
                }
                return;
            }
            self.restart();
        }
        let code = match byte {
            ESC => {
                self.state = State::Escape;
                return;
            }
            0x80.. => {
                self.wanted = character_length(byte);
                if self.wanted > 0 {
                    self.held.push(byte);
                }
                return;
            }
            b'\r' => KeyCode::Enter,
            b'\t' => KeyCode::Tab,
            0x08 | 0x7f => KeyCode::Backspace,
            0x00..0x20 => {
                found.extend(with_control(byte).map(|c| Typed::Key(Key { code: KeyCode::Char(c), ctrl: true, alt })));
                return;
            }
            _ => KeyCode::Char(char::from(byte)),
        };
        found.push(Typed::Key(Key { code, ctrl: false, alt }));
    }

    fn control(&mut self, byte: u8, found: &mut Vec<Typed>) {
        match byte {
            0x20..0x40 => {
                if self.held.len() < SEQUENCE_KEPT {
                    self.held.push(byte);
                }
            }
            b'M' if self.held.is_empty() => self.state = State::Mouse(3),
            0x40..0x7f => {
                let held = std::mem::take(&mut self.held);
                self.restart();
                if byte == b'~' && held == b"200" {
                    self.state = State::Paste;
                } else if byte == b'n' && held == b"0" {
                    found.push(Typed::Answered);
                } else {
                    found.extend(sequence(&held, byte));
                }
            }
            ESC => {
                self.restart();
                self.state = State::Escape;
            }
            // A control character within a sequence means that it was cut off.
            _ => self.restart(),
        }
    }

    fn pasted(&mut self, byte: u8, found: &mut Vec<Typed>) {
        if byte == PASTE_END[self.mark] {
            self.mark += 1;
            if self.mark == PASTE_END.len() {
                self.end_paste(found);
            }
            return;
        }
        let mark = std::mem::take(&mut self.mark);
        self.keep(&PASTE_END[..mark]);
        if byte == ESC {
            self.mark = 1;
        } else {
            self.keep(&[byte]);
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = PASTE_KEPT.saturating_sub(self.held.len());
        self.held.extend(bytes.iter().take(room));
    }

    fn end_paste(&mut self, found: &mut Vec<Typed>) {
        found.push(Typed::Paste(String::from_utf8_lossy(&self.held).into_owned()));
        self.restart();
        // A megabyte is not kept for the next paste.
        self.held.shrink_to(SEQUENCE_KEPT);
    }
}

const fn key(code: KeyCode) -> Typed {
    Typed::Key(Key { code, ctrl: false, alt: false })
}

const fn alt(c: char) -> Typed {
    Typed::Key(Key { code: KeyCode::Char(c), ctrl: false, alt: true })
}

/// Bytes of a character that begins with `first`; 0: none begins so.
const fn character_length(first: u8) -> usize {
    match first {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => 0,
    }
}

/// The colour in `]11;rgb:1e1e/1e1e/2e2e`: each part has one to four digits.
fn background(answer: &[u8]) -> Option<Rgb> {
    let text = std::str::from_utf8(answer).ok()?.strip_prefix("]11;rgb")?;
    let mut parts = text.trim_start_matches('a').strip_prefix(':')?.split('/').map(|part| {
        let most = 16u32.checked_pow(part.len() as u32).filter(|_| (1..=4).contains(&part.len()))? - 1;
        let value = u32::from_str_radix(part, 16).ok().filter(|_| !part.starts_with('+'))?;
        u8::try_from(value * 255 / most).ok()
    });
    let mut next = || parts.next().flatten();
    Some(Rgb(next()?, next()?, next()?))
}

/// The key that, pressed with Ctrl, sends `byte`.
fn with_control(byte: u8) -> Option<char> {
    match byte {
        0 => Some(' '),
        1..=26 => Some(char::from(byte - 1 + b'a')),
        28..=31 => Some(char::from(byte - 28 + b'4')),
        _ => None,
    }
}

/// Keys sent as Escape, `O` and a letter.
fn single(byte: u8) -> Option<KeyCode> {
    match byte {
        b'M' => Some(KeyCode::Enter),
        b'P'..=b'S' => Some(KeyCode::F(byte - b'P' + 1)),
        _ => arrow(byte),
    }
}

fn arrow(byte: u8) -> Option<KeyCode> {
    Some(match byte {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'F' => KeyCode::End,
        b'H' => KeyCode::Home,
        _ => return None,
    })
}

/// The key of a control sequence; answers and reports are none. `CSI … R` is a cursor's position: F3
/// is sent otherwise by every terminal that also answers.
fn sequence(held: &[u8], last: u8) -> Option<Typed> {
    let text = std::str::from_utf8(held).ok()?;
    if let Some(report) = text.strip_prefix('<') {
        return mouse(report, last).map(Typed::Mouse);
    }
    let mut numbers = text.split(';').map(|n| if n.is_empty() { Some(1) } else { n.parse::<u16>().ok() });
    let first = numbers.next().flatten()?;
    let modifiers = numbers.next().unwrap_or(Some(1))?.saturating_sub(1);
    if numbers.next().is_some() {
        return None;
    }
    let code = match last {
        b'~' => numbered(first)?,
        b'Z' => KeyCode::BackTab,
        b'P' | b'Q' | b'S' if first == 1 => KeyCode::F((last - b'P') + 1),
        _ if first == 1 => arrow(last)?,
        _ => return None,
    };
    Some(Typed::Key(Key { code, ctrl: modifiers & 4 != 0, alt: modifiers & 2 != 0 }))
}

/// A report of the mouse, `button;column;row` counted from 1: the left button and the wheel, with any of Shift, Alt and Ctrl.
fn mouse(report: &str, last: u8) -> Option<Mouse> {
    /// Shift, Alt and Ctrl.
    const MODIFIERS: u16 = 4 + 8 + 16;
    let mut numbers = report.split(';').map(|n| n.parse::<u16>().ok());
    let (button, column, row) = (numbers.next()??, numbers.next()??, numbers.next()??);
    let kind = match (button & !MODIFIERS, last) {
        (0, b'M') => MouseKind::Press,
        (0, b'm') => MouseKind::Release,
        (32, b'M') => MouseKind::Drag,
        (64, b'M') => MouseKind::WheelUp,
        (65, b'M') => MouseKind::WheelDown,
        _ => return None,
    };
    let ended = numbers.next().is_none();
    let mouse = Mouse { column: column.checked_sub(1)?, row: row.checked_sub(1)?, kind };
    ended.then_some(mouse)
}

fn numbered(number: u16) -> Option<KeyCode> {
    let f = |n: u16| KeyCode::F(n as u8);
    Some(match number {
        1 | 7 => KeyCode::Home,
        3 => KeyCode::Delete,
        4 | 8 => KeyCode::End,
        5 => KeyCode::PageUp,
        6 => KeyCode::PageDown,
        11..=15 => f(number - 10),
        17..=21 => f(number - 11),
        23..=24 => f(number - 12),
        _ => return None,
    })
}
#[cfg(test)]
#[path = "keys_tests.rs"]
mod tests;
