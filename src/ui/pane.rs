//! A pane: a rectangle that shows one thing, owns its scroll and selection, and names its keys.

use super::{FilterFault, Language, Scene, Theme};
use crate::detect::Opinion;
use crate::model::{Millis, Timestamp};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use std::sync::Arc;

/// A key, free of the terminal library's types, so that panes and tests need not know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyCode {
    /// A character, as typed.
    Char(char),
    /// Enter.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Shift and Tab.
    BackTab,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// Up.
    Up,
    /// Down.
    Down,
    /// Left.
    Left,
    /// Right.
    Right,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// Home.
    Home,
    /// End.
    End,
    /// A function key.
    F(u8),
}

/// A key with Ctrl or Alt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// The key.
    pub code: KeyCode,
    /// With Ctrl.
    pub ctrl: bool,
    /// With Alt.
    pub alt: bool,
}

impl Key {
    /// A key without Ctrl or Alt.
    pub const fn plain(code: KeyCode) -> Self {
        Self { code, ctrl: false, alt: false }
    }
}

/// What the mouse did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MouseKind {
    /// The left button went down.
    Press,
    /// It was let go.
    Release,
    /// The pointer moved with it held down; one more of these for every cell.
    Drag,
    /// The wheel was turned up by a notch.
    WheelUp,
    /// The wheel was turned down by a notch.
    WheelDown,
}

/// The mouse at a cell of the screen, counted from 0 at the upper left: the same cells that `render` is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mouse {
    /// The column.
    pub column: u16,
    /// The row.
    pub row: u16,
    /// What it did.
    pub kind: MouseKind,
}

impl Mouse {
    /// Whether it is inside of `area`.
    pub const fn inside(self, area: Rect) -> bool {
        area.contains(Position { x: self.column, y: self.row })
    }
}

/// One entry of a key table: the key bar and the help pane are made of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hint {
    /// The keys as shown: `Enter`, `j/k`.
    pub keys: &'static str,
    /// What they do, one or two words: `open`.
    pub action: &'static str,
    /// The lower, the sooner it is shown in a narrow key bar.
    pub rank: u8,
}

/// A command of a pane, typed after `:` while it has the focus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaneCommand {
    /// Its name: `compare`.
    pub name: &'static str,
    /// What it does, a few words.
    pub summary: &'static str,
    /// What may stand behind it, for completion: `1h`, `1d`, `1w`.
    pub values: &'static [&'static str],
}

/// What the screen asks of the shell.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// End the program.
    Quit,
    /// Take the configuration's file anew.
    Reload,
    /// Write these pages into the configuration's file.
    SaveLayout(Vec<super::PageSpec>),
    /// Stop and return to the shell, as Ctrl-Z does elsewhere.
    Suspend,
    /// Draw everything anew.
    Redraw,
    /// Keep a picture of what the screen shows: in this file, or where such pictures go.
    Screenshot(Option<String>),
    /// Acknowledge an alert.
    Acknowledge(u64),
    /// Set a mark.
    Mark(Arc<str>),
    /// Say of an anomaly that it is real or noise, or take that back.
    Judge {
        /// The anomaly.
        id: u64,
        /// What is said; `None` takes it back.
        opinion: Option<Opinion>,
        /// A note.
        note: Arc<str>,
    },
    /// Take what an anomaly found for the new normal.
    AcceptAnomaly(u64),
    /// Bear so many false alerts a week, in thousandths; `None`: kinds judge by their own thresholds.
    Sensitivity(Option<u64>),
    /// Send a test notification.
    TestFire,
    /// Inject a fault (demo).
    InjectFault,
    /// Replay: pause or go on.
    ReplayPause,
    /// Replay: one tick onwards.
    ReplayStep,
    /// Replay: times so fast.
    ReplaySpeed(f64),
    /// Replay: to this moment.
    ReplaySeek(Timestamp),
    /// Replay: by this much, also backwards.
    ReplayJump(Millis),
    /// Replay: to the next (`true`) or previous anomaly or alert.
    ReplayFind(bool),
    /// Read processes, or no longer.
    Processes(bool),
    /// Put this text, which is safe, on the clipboard: only ever asked by a key.
    Copy(String),
}

impl Request {
    /// Whether it changes something that others see or that stays: these are refused where nothing may be changed.
    pub const fn alters(&self) -> bool {
        match self {
            Self::Acknowledge(_)
            | Self::Mark(_)
            | Self::Judge { .. }
            | Self::AcceptAnomaly(_)
            | Self::Sensitivity(_)
            | Self::TestFire
            | Self::InjectFault
            | Self::SaveLayout(_) => true,
            Self::Quit
            | Self::Suspend
            | Self::Redraw
            | Self::ReplayPause
            | Self::ReplayStep
            | Self::ReplaySpeed(_)
            | Self::ReplaySeek(_)
            | Self::ReplayJump(_)
            | Self::ReplayFind(_)
            | Self::Copy(_)
            | Self::Screenshot(_)
            | Self::Reload
            | Self::Processes(_) => false,
        }
    }
}

/// What became of a key.
#[derive(Clone, Debug, PartialEq)]
pub enum Handled {
    /// Not this pane's key.
    No,
    /// Done; the screen may have changed.
    Yes,
    /// Done, and the shell is asked for something.
    Ask(Request),
    /// Show this pane alone: `kind:argument`.
    Open(String),
    /// Done: it now shows a detail that wants the whole page, or (`false`) no longer.
    Whole(bool),
    /// Charts show this time and stand still, until Escape or `=` gives it back.
    Range {
        /// The left end.
        from: Timestamp,
        /// The right end.
        to: Timestamp,
    },
    /// Charts are held at this moment; a replay goes there.
    Go(Timestamp),
    /// Ask for a note to go with what is said of an anomaly.
    Judge(u64, Opinion),
    /// Ask whether what an anomaly found is the new normal: that cannot be taken back.
    Accept(u64),
}

/// A pane.
pub trait Pane {
    /// What stands in the frame, left: text that is already safe.
    fn title(&self, scene: &Scene<'_>) -> String;

    /// What stands in the frame, right: the newest value, the age of the data. Empty: nothing.
    fn status(&self, _scene: &Scene<'_>) -> String {
        String::new()
    }

    /// The worst state of what it shows; the frame takes its colour.
    fn state(&self, _scene: &Scene<'_>) -> super::Role {
        super::Role::Frame
    }

    /// Its keys.
    fn hints(&self) -> &'static [Hint];

    /// Takes a key while it has the focus.
    fn key(&mut self, key: Key, scene: &Scene<'_>) -> Handled;

    /// Takes what the mouse did while it is over `area`, the inside of the frame as it was drawn last; what was pressed inside
    /// is followed until it is let go, also outside. `Handled::No`: the wheel becomes arrow keys, and a press only moves the focus.
    fn mouse(&mut self, _mouse: Mouse, _area: Rect, _scene: &Scene<'_>) -> Handled {
        Handled::No
    }

    /// Sets the filter text (`/`). `false`: this pane has none.
    fn filter(&mut self, _text: &str) -> bool {
        false
    }

    /// What is wrong with its filter, and where.
    fn filter_fault(&self, _scene: &Scene<'_>) -> Option<FilterFault> {
        None
    }

    /// Its commands for the palette.
    fn commands(&self) -> &'static [PaneCommand] {
        &[]
    }

    /// Does one of its commands, given what was typed behind its name.
    ///
    /// # Errors
    /// Says why it cannot.
    fn command(&mut self, _name: &str, _rest: &str, _scene: &Scene<'_>) -> Result<Handled, String> {
        Ok(Handled::No)
    }

    /// What stands in the lower edge of its frame: how much time it showed when it was drawn last, or on what scale.
    fn note(&self) -> String {
        String::new()
    }
    /// The least inner size it can show anything in: columns, rows.
    fn least(&self) -> (u16, u16) {
        (20, 1)
    }

    /// Draws itself into `area`, the inside of its frame. Must bear any area, empty included.
    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene<'_>, look: &Look<'_>);
}

/// How to draw: theme, signs, time zone, the range all charts share.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// Colours by role.
    pub theme: &'a Theme,
    /// ASCII instead of geometric signs, blocks and braille.
    pub ascii: bool,
    /// The zone of clocks and axes.
    pub zone: &'a jiff::tz::TimeZone,
    /// The length of time charts show.
    pub range: Millis,
    /// The right end of charts; `None`: now. Set while frozen or scrolled back.
    pub until: Option<Timestamp>,
    /// Whether this pane has the focus.
    pub focused: bool,
    /// The language of the console's own words.
    pub language: Language,
    /// Clusters with a label of their own.
    pub clusters: &'a [super::Cluster],
}

/// A kind of pane.
#[derive(Debug)]
pub struct Kind {
    /// Its name in the configuration: `chart`.
    pub name: &'static str,
    /// What it shows, one sentence.
    pub summary: &'static str,
    /// What its argument means; empty: it takes none.
    pub argument: &'static str,
    /// Makes one.
    pub build: fn(&str) -> Box<dyn Pane>,
}
