//! Two buffers and the difference between them, as synchronised updates.
//!
//! Written here rather than with the library's terminal, because a frame goes to a thread that writes
//! it, and because one that changes nothing must write nothing, not even the cursor's state. On a slow
//! link a frame goes in pieces, each a synchronised update of its own: first what a key changed, then
//! the header, then row after row. What has been sent, and only that, is what the next difference is taken from.

use crate::ui::shot::{Ground, Picture, PictureKind};
use crossterm::queue;
use crossterm::style::{Attribute, SetAttribute};
use crossterm::terminal::{BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate};
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use std::cell::RefCell;
use std::io::Write;
use std::rc::Rc;
use unicode_width::UnicodeWidthStr;

/// What a piece costs beside its cells: the marks of a synchronised update, and colours put back.
const PIECE_COST: usize = 30;
/// What it costs to go to another place.
const MOVE_COST: usize = 8;
/// What it costs to change the style: about the middle of what colours and attributes take.
const STYLE_COST: usize = 14;

/// A cell that equals none that is drawn.
const UNKNOWN: Cell = Cell::new("\u{0}");

#[derive(Clone, Default)]
struct Sink(Rc<RefCell<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The screen as it was sent last, and as it is to be.
pub(super) struct Screen {
    shown: Buffer,
    next: Buffer,
    /// As it would be had the keys of late not been pressed; kept until what they changed has been sent.
    before: Option<Buffer>,
    /// The row at which the next piece goes on.
    row: u16,
    sink: Sink,
    backend: CrosstermBackend<Sink>,
    whole: bool,
    synchronised: bool,
}

impl Screen {
    pub(super) fn new(columns: u16, rows: u16) -> Self {
        let area = Rect::new(0, 0, columns, rows);
        let sink = Sink::default();
        let backend = CrosstermBackend::new(sink.clone());
        let (shown, next) = (Buffer::empty(area), Buffer::empty(area));
        Self { shown, next, before: None, row: 0, sink, backend, whole: true, synchronised: true }
    }

    /// Leaves out the marks of synchronised updates where they would only cost bytes.
    pub(super) fn synchronise(&mut self, on: bool) {
        self.synchronised = on;
    }

    /// Draws everything anew next time: what the terminal shows is not known any more.
    pub(super) fn forget(&mut self) {
        self.whole = true;
    }

    /// Takes the terminal's size; another than before means that everything is drawn anew.
    pub(super) fn fit(&mut self, (columns, rows): (u16, u16)) {
        let area = Rect::new(0, 0, columns, rows);
        if area != self.next.area {
            self.shown = Buffer::empty(area);
            self.next = Buffer::empty(area);
            self.before = None;
            self.whole = true;
        }
    }

    /// Keys are about to be pressed: notes the screen without them, so that what they change can go first.
    pub(super) fn before(&mut self, render: impl FnOnce(Rect, &mut Buffer)) {
        let mut before = Buffer::empty(self.next.area);
        render(before.area, &mut before);
        self.before = Some(before);
    }

    /// A picture of what was drawn last.
    pub(super) fn picture(&self, ground: Ground, title: &str, kind: PictureKind) -> String {
        Picture { buffer: &self.shown, ground, title, framed: false }.draw(kind)
    }

    /// Draws the newest state; [`Screen::send`] sends what of it differs.
    pub(super) fn render(&mut self, render: impl FnOnce(Rect, &mut Buffer)) {
        self.next.reset();
        let area = self.next.area;
        render(area, &mut self.next);
        // Another page is painted from an empty screen: two pages in one would be misread.
        if self.before.as_ref().is_some_and(|before| turned(before, &self.next)) {
            self.whole = true;
            self.before = None;
            self.row = 0;
        }
    }

    /// Puts what must be written into `out`, about so many bytes of it where there is a limit; nothing
    /// where nothing changed. Answers whether something is left.
    pub(super) fn send(&mut self, limit: Option<usize>, out: &mut Vec<u8>) -> bool {
        if self.whole {
            self.shown.reset();
        }
        let changes = self.shown.diff(&self.next);
        if changes.is_empty() && !self.whole {
            self.before = None;
            return false;
        }
        let total = changes.len();
        let piece = match limit {
            None => changes,
            Some(limit) => piece(changes, self.before.as_ref(), self.row, limit),
        };
        // Writing into memory does not fail.
        if self.synchronised {
            let _ = queue!(self.sink, BeginSynchronizedUpdate);
        }
        if std::mem::take(&mut self.whole) {
            let _ = queue!(self.sink, SetAttribute(Attribute::Reset), Clear(ClearType::All));
        }
        let _ = self.backend.draw(piece.iter().copied());
        if self.synchronised {
            let _ = queue!(self.sink, EndSynchronizedUpdate);
        }
        out.append(&mut self.sink.0.borrow_mut());
        if piece.len() == total {
            self.shown.clone_from(&self.next);
            self.before = None;
            self.row = 0;
            return false;
        }
        self.row = piece.last().map_or(0, |(_, y, _)| *y);
        let places: Vec<(u16, u16)> = piece.iter().map(|(x, y, _)| (*x, *y)).collect();
        for place in places {
            self.sent(place);
        }
        true
    }

    /// Notes that a cell was sent, and what that did to the ones right of it.
    fn sent(&mut self, (x, y): (u16, u16)) {
        let (was, is) = (self.shown[(x, y)].symbol().width(), self.next[(x, y)].symbol().width());
        let ends = self.next.area.right();
        // A wide character that is overwritten loses its other half too, which is then to be drawn.
        (x + 1..(x.saturating_add(was as u16)).min(ends)).for_each(|right| self.shown[(right, y)] = UNKNOWN);
        (x..(x.saturating_add(is.max(1) as u16)).min(ends)).for_each(|covered| self.shown[(covered, y)] = self.next[(covered, y)].clone());
    }

    /// Draws a frame and sends all of it.
    #[cfg(test)]
    fn draw(&mut self, render: impl FnOnce(Rect, &mut Buffer), out: &mut Vec<u8>) {
        self.render(render);
        self.send(None, out);
    }
}

/// Whether keys changed so much that it is another page.
fn turned(before: &Buffer, next: &Buffer) -> bool {
    let differ = before.content.iter().zip(&next.content).filter(|(a, b)| a != b).count();
    before.area != next.area || differ * 3 > next.content.len()
}

type Change<'a> = (u16, u16, &'a Cell);

/// The changes that are worth `limit` bytes: those of keys first, then the header, then from `row` on and around.
fn piece<'a>(changes: Vec<Change<'a>>, before: Option<&Buffer>, row: u16, limit: usize) -> Vec<Change<'a>> {
    let of_key = |(x, y, cell): &Change<'_>| before.is_some_and(|b| b.cell((*x, *y)) != Some(*cell));
    let (keyed, rest): (Vec<_>, Vec<_>) = changes.into_iter().partition(of_key);
    let (header, rest): (Vec<_>, Vec<_>) = rest.into_iter().partition(|(_, y, _)| *y == 0);
    let (after, earlier): (Vec<_>, Vec<_>) = rest.into_iter().partition(|(_, y, _)| *y >= row);
    let mut cost = PIECE_COST;
    let mut out: Vec<Change<'a>> = Vec::new();
    for change in keyed.into_iter().chain(header).chain(after).chain(earlier) {
        let (x, y, cell) = change;
        let last = out.last();
        let follows = last.is_some_and(|(px, py, p)| *py == y && px + p.symbol().width().max(1) as u16 == x);
        let same = last.is_some_and(|(_, _, p)| p.style() == cell.style());
        cost += cell.symbol().len() + if follows { 0 } else { MOVE_COST } + if same { 0 } else { STYLE_COST };
        if cost > limit && !out.is_empty() {
            break;
        }
        out.push(change);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use ratatui::style::{Color, Style};

    /// What a frame holds in these tests: words at places, some wide, some coloured.
    type Words = Vec<(u16, u16, &'static str, u8)>;

    fn render(words: &Words) -> impl FnOnce(Rect, &mut Buffer) {
        move |area, buf| {
            for (x, y, word, colour) in words {
                let (x, y) = (x % area.width, y % area.height);
                buf.set_stringn(x, y, word, usize::from(area.width - x), Style::new().fg(Color::Indexed(*colour)));
            }
        }
    }

    fn frames() -> impl Strategy<Value = Vec<(u16, u16, Words)>> {
        let word = prop_oneof![Just("load"), Just("漢字"), Just("é"), Just("▁▂▃█"), Just(" ")];
        let words = proptest::collection::vec((0u16..60, 0u16..20, word, 0u8..16), 0..20);
        proptest::collection::vec((1u16..60, 1u16..20, words), 1..12)
    }

    #[test]
    fn a_frame_that_changes_nothing_writes_nothing() {
        let words = vec![(1, 1, "load", 3)];
        let (mut screen, mut out) = (Screen::new(20, 5), Vec::new());
        screen.draw(render(&words), &mut out);
        assert!(out.starts_with(b"\x1b[?2026h") && out.ends_with(b"\x1b[?2026l"), "{}", out.escape_ascii());
        out.clear();
        screen.draw(render(&words), &mut out);
        assert!(out.is_empty(), "{}", out.escape_ascii());
        screen.forget();
        screen.draw(render(&words), &mut out);
        assert!(!out.is_empty());
    }

    #[test]
    fn what_a_key_changed_goes_first_and_another_page_begins_empty() {
        let (mut screen, mut out) = (Screen::new(60, 10), Vec::new());
        screen.draw(render(&vec![(0, 0, "head", 1), (0, 5, "load", 2)]), &mut out);
        screen.before(render(&vec![(0, 0, "head", 1), (0, 2, "load", 2), (0, 8, "load", 2)]));
        screen.render(render(&vec![(0, 0, "head", 1), (0, 2, "load", 2), (0, 8, "load", 7)]));
        out.clear();
        assert!(screen.send(Some(70), &mut out));
        let text = String::from_utf8(out.clone()).unwrap();
        assert!(text.contains("\x1b[9;1H") && !text.contains("\x1b[3;1H"), "{}", out.escape_ascii());
        assert!(text.starts_with("\x1b[?2026h") && text.ends_with("\x1b[?2026l"));
        let full: Words = (0..10).map(|y| (0, y, "▁▂▃█▁▂▃█▁▂▃█▁▂▃█▁▂▃█▁▂▃█▁▂▃█▁▂▃█", 3)).collect();
        screen.before(render(&vec![]));
        screen.render(render(&full));
        out.clear();
        assert!(screen.send(Some(100), &mut out));
        assert!(out.windows(4).any(|w| w == b"\x1b[2J") && out.len() < 200, "{}", out.escape_ascii());
    }

    proptest! {
        #[test]
        fn any_frames_and_sizes_end_as_the_last_drawn_alone(frames in frames(), forgotten in 0usize..12, limit in proptest::option::of(30usize..200)) {
            let (mut screen, mut out) = (Screen::new(80, 24), Vec::new());
            let mut terminal = vt100::Parser::new(24, 80, 0);
            for (i, (columns, rows, words)) in frames.iter().enumerate() {
                screen.fit((*columns, *rows));
                if i == forgotten {
                    screen.forget();
                }
                terminal.screen_mut().set_size(*rows, *columns);
                out.clear();
                screen.render(render(words));
                screen.send(limit, &mut out);
                terminal.process(&out);
            }
            out.clear();
            while screen.send(limit, &mut out) {}
            terminal.process(&out);
            let (columns, rows, words) = &frames[frames.len() - 1];
            let (mut alone, mut fresh) = (Screen::new(*columns, *rows), Vec::new());
            alone.draw(render(words), &mut fresh);
            let mut other = vt100::Parser::new(*rows, *columns, 0);
            other.process(&fresh);
            // A cell never written and one overwritten with a blank look the same.
            let cell = |t: &vt100::Parser, row, column| {
                let cell = t.screen().cell(row, column).expect("a cell on the screen");
                let text = if cell.contents().is_empty() && !cell.is_wide_continuation() { " ".to_owned() } else { cell.contents().to_owned() };
                let colour = if text == " " { vt100::Color::Default } else { cell.fgcolor() };
                (text, colour, cell.bgcolor())
            };
            for (row, column) in (0..*rows).flat_map(|r| (0..*columns).map(move |c| (r, c))) {
                prop_assert_eq!(cell(&terminal, row, column), cell(&other, row, column), "row {} column {}", row, column);
            }
        }
    }
}
