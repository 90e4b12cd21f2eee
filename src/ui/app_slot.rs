//! A pane in its frame: title left, freshness right, the colour of the worst thing in it.

use super::glyphs::glyphs;
use super::layout::Need;
use super::widgets::put_at;
use super::words::{clip, shorten, width};
use super::{Handled, Hint, Key, Look, Pane, Role, Scene, panes};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// How a frame is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// The pane takes keys.
    pub focused: bool,
    /// The focus is marked; not where there is only one pane.
    pub marked: bool,
    /// How many panes of the page found no room: said in this frame.
    pub hidden: usize,
}

/// A pane and where it came from.
pub struct Slot {
    /// Its kind.
    pub kind: &'static str,
    /// Its share of the row's width.
    share: u16,
    /// The pane.
    pub pane: Box<dyn Pane>,
    /// Its filter.
    pub filter: String,
}

impl Slot {
    /// A pane of `kind`; one of no known kind says so on the screen.
    pub fn new(kind: &str, argument: &str, share: u16) -> Self {
        let known = panes::kind(kind);
        let pane = known.map_or_else(|| Box::new(Nothing(kind.to_owned())) as Box<dyn Pane>, |kind| (kind.build)(argument));
        Self { kind: known.map_or("", |kind| kind.name), share, pane, filter: String::new() }
    }

    /// What it needs with its frame.
    pub fn need(&self) -> Need {
        let (width, height) = self.pane.least();
        Need { weight: self.share, width: width.saturating_add(FRAME), height: height.max(COMFORT).saturating_add(FRAME) }
    }

    /// Draws the pane in its frame.
    pub fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene<'_>, look: &Look<'_>, frame: &Frame) {
        let area = area.intersection(buf.area);
        let look = Look { focused: frame.focused, ..*look };
        if area.width <= FRAME || area.height <= FRAME {
            let text = clip(&self.pane.title(scene), usize::from(area.width), look.ascii);
            put_at(buf, area, (area.x, area.y), &text, look.theme.style(Role::Dim));
            return;
        }
        self.draw_frame(area, buf, scene, &look, frame);
        let inner = Rect { x: area.x + 1, y: area.y + 1, width: area.width - FRAME, height: area.height - FRAME };
        let (columns, rows) = self.pane.least();
        if inner.width < columns || inner.height < rows {
            let text = format!("needs {columns}x{rows}, has {}x{}", inner.width, inner.height);
            let text = clip(&text, usize::from(inner.width), look.ascii);
            put_at(buf, inner, (inner.x, inner.y), &text, look.theme.style(Role::Dim));
            return;
        }
        self.pane.render(inner, buf, scene, &look);
    }

    fn draw_frame(&self, area: Rect, buf: &mut Buffer, scene: &Scene<'_>, look: &Look<'_>, frame: &Frame) {
        let state = self.pane.state(scene);
        let marked = frame.focused && frame.marked;
        // A state is worth more than the focus, which its mark shows as well.
        let role = if matches!(state, Role::Frame | Role::Ok) && marked { Role::Accent } else { state };
        let style = look.theme.style(role);
        let [tl, tr, br, bl, across, down] = glyphs(look.ascii).frame;
        let room = usize::from(area.width - FRAME);
        for y in area.top() + 1..area.bottom() - 1 {
            put_at(buf, area, (area.left(), y), down, style);
            put_at(buf, area, (area.right() - 1, y), down, style);
        }
        for (y, from, to) in [(area.top(), tl, tr), (area.bottom() - 1, bl, br)] {
            put_at(buf, area, (area.left(), y), &format!("{from}{}{to}", across.repeat(room)), style);
        }
        let title = self.pane.title(scene);
        let status = self.pane.status(scene);
        let status = if status.is_empty() || width(&status) + width(&title) + 5 > room { String::new() } else { format!(" {status} ") };
        let mark = if marked { glyphs(look.ascii).here } else { " " };
        let title = shorten(&title, room.saturating_sub(width(&status) + 3), look.ascii);
        let title_role = if marked { Role::Accent } else { Role::Text };
        let x = area.left() + 1;
        put_at(buf, area, (x, area.top()), &format!("{mark}{title} "), look.theme.style(title_role));
        let x = area.right() - 2 - width(&status) as u16;
        put_at(buf, area, (x, area.top()), &status, look.theme.style(Role::Dim));
        if frame.hidden > 0 {
            let more = format!(" {} more: Tab ", frame.hidden);
            let x = area.right().saturating_sub(2 + width(&more) as u16).max(area.left() + 1);
            put_at(buf, area, (x, area.bottom() - 1), &more, look.theme.style(Role::Dim));
        }
    }
}

/// Rows below which panes are not squeezed together on one page: rather one that can be read than two that cannot.
const COMFORT: u16 = 5;
/// Columns, and rows, a frame takes.
const FRAME: u16 = 2;

/// What stands where no pane of the name is known.
struct Nothing(String);

impl Pane for Nothing {
    fn title(&self, _scene: &Scene<'_>) -> String {
        crate::model::Safe::label(&self.0).to_string()
    }

    fn hints(&self) -> &'static [Hint] {
        &[]
    }

    fn key(&mut self, _key: Key, _scene: &Scene<'_>) -> Handled {
        Handled::No
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, _scene: &Scene<'_>, look: &Look<'_>) {
        put_at(buf, area, (area.x, area.y), "no pane of this name", look.theme.style(Role::Dim));
    }
}
