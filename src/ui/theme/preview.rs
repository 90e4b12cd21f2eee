//! A sample of a screen in a theme: every role once, as it is met. `themes preview` prints it.

use super::load::Theme;
use super::role::{ROLES, Role, SERIES_COLOURS};
use crate::ui::shot::{Ground, Picture, PictureKind};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Columns and rows of a sample.
const SIZE: (u16, u16) = (72, 14);
/// States with what a line in that state says.
const STATES: [(Role, &str, &str); 7] = [
    (Role::Ok, "orders rate", "within its band"),
    (Role::Learning, "new sensor", "learning, 12 of 30 points"),
    (Role::Pending, "queue length", "above 100 for 20 s of 1 min"),
    (Role::Warning, "disk used", "91 %, warning above 90 %"),
    (Role::Critical, "payments failing", "61 %, critical above 5 %"),
    (Role::Stale, "gate-07", "no data for 4 min"),
    (Role::Muted, "nightly batch", "muted until 06:00"),
];

impl Theme {
    /// A sample screen in this theme.
    pub fn preview(&self, ascii: bool, kind: PictureKind) -> String {
        let buffer = self.sample(ascii);
        let title = format!("bellwether · theme {}", self.name);
        Picture { buffer: &buffer, ground: Ground::of(self.base()), title: &title, framed: false }.draw(kind)
    }

    /// A line of blocks in the theme's colours.
    pub fn swatch(&self, kind: PictureKind) -> String {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 30, 1));
        buffer.set_style(buffer.area, self.base());
        let states = STATES.iter().map(|(role, ..)| *role).chain((0..SERIES_COLOURS).map(Role::Series));
        for (x, role) in states.enumerate() {
            let sign = if role.sign(false).trim().is_empty() { "■" } else { role.sign(false) };
            buffer.set_stringn(x as u16 * 2 + 2, 0, sign, 1, self.style(role));
        }
        Picture { buffer: &buffer, ground: Ground::of(self.base()), title: "", framed: false }.draw(kind).trim_end().to_owned()
    }

    fn sample(&self, ascii: bool) -> Buffer {
        let area = Rect::new(0, 0, SIZE.0, SIZE.1);
        let mut buffer = Buffer::empty(area);
        buffer.set_style(area, self.base());
        let mut put = |x: u16, y: u16, text: &str, style: Style| {
            buffer.set_stringn(x, y, text, usize::from(SIZE.0.saturating_sub(x)), style);
        };
        let of = |role| self.style(role);
        put(0, 0, &" ".repeat(usize::from(SIZE.0)), of(Role::Header));
        put(1, 0, &format!("bellwether  theme {}", self.name), of(Role::Header));
        put(60, 0, "12:34:56", of(Role::Header));
        let level = if ascii { "-" } else { "─" };
        put(0, 1, &level.repeat(usize::from(SIZE.0)), of(Role::Frame));
        put(2, 1, " states ", of(Role::Accent));
        for (y, (role, name, says)) in (2u16..).zip(STATES) {
            let selected = role == Role::Warning;
            let style = |own: Style| if selected { own.patch(of(Role::Selection)) } else { own };
            put(2, y, role.sign(ascii), of(role));
            put(5, y, name, style(of(Role::Text)));
            put(24, y, says, if matches!(role, Role::Warning | Role::Critical) { of(role) } else { of(Role::Dim) });
        }
        put(0, 9, &level.repeat(usize::from(SIZE.0)), of(Role::Frame));
        put(2, 9, " series ", of(Role::Text));
        let bars = if ascii { "_-=#=-_" } else { "▁▃▅█▆▄▂" };
        for i in 0..SERIES_COLOURS {
            put(2 + u16::from(i) * 11, 10, bars, of(Role::Series(i)));
            put(2 + u16::from(i) * 11, 11, &format!("series {}", i + 1), of(Role::Series(i)));
        }
        put(2, 12, if ascii { ":::: the expected band" } else { "░░░░ the expected band" }, of(Role::Band));
        put(0, 13, &" ".repeat(usize::from(SIZE.0)), of(Role::Bar));
        put(1, 13, "Enter open   / filter   ? help   q quit", of(Role::Bar));
        debug_assert_eq!(ROLES.len(), 15, "a new role is to be shown here too");
        buffer
    }
}
