//! A pane in its frame: title left, freshness right, the colour of the worst thing in it.

use super::glyphs::glyphs;
use super::layout::Need;
use super::widgets::put_at;
use super::words::{clip, shorten, width};
use super::{Handled, Hint, Key, Look, Pane, Role, Scene, panes};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

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
    pub share: u16,
    /// The pane.
    pub pane: Box<dyn Pane>,
    /// Its filter.
    pub filter: String,
    /// Where it was drawn with its frame; empty where it was not.
    pub outer: Rect,
    /// The inside of its frame.
    pub inner: Rect,
}

impl Slot {
    /// A pane of `kind`; one of no known kind says so on the screen.
    pub fn new(kind: &str, argument: &str, share: u16) -> Self {
        let known = panes::kind(kind);
        let pane = known.map_or_else(|| Box::new(Nothing(kind.to_owned())) as Box<dyn Pane>, |kind| (kind.build)(argument));
        Self { kind: known.map_or("", |kind| kind.name), share, pane, filter: String::new(), outer: Rect::ZERO, inner: Rect::ZERO }
    }

    /// A pane made elsewhere.
    pub fn of(kind: &'static str, pane: Box<dyn Pane>) -> Self {
        Self { kind, share: 1, pane, filter: String::new(), outer: Rect::ZERO, inner: Rect::ZERO }
    }

    /// What it needs with its frame.
    pub fn need(&self) -> Need {
        let (width, height) = self.pane.least();
        Need { weight: self.share, width: width.saturating_add(FRAME), height: height.max(COMFORT).saturating_add(FRAME) }
    }

    /// Draws the pane in its frame.
    pub fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene<'_>, look: &Look<'_>, frame: &Frame) {
        let area = area.intersection(buf.area);
        (self.outer, self.inner) = (area, Rect::ZERO);
        let look = Look { focused: frame.focused, ..*look };
        if area.width <= FRAME || area.height <= FRAME {
            let text = clip(&self.pane.title(scene), usize::from(area.width), look.ascii);
            put_at(buf, area, (area.x, area.y), &text, look.theme.style(Role::Dim));
            return;
        }
        self.draw_frame(area, buf, scene, &look, frame);
        // Where there is room, what is shown keeps a column clear of the frame.
        let margin = u16::from(area.width >= ROOMY);
        let inner = Rect { x: area.x + 1, y: area.y + 1, width: area.width - FRAME - margin, height: area.height - FRAME };
        let (columns, rows) = self.pane.least();
        if inner.width < columns || inner.height < rows {
            let sizes = [columns, rows, inner.width, inner.height].map(|n| n.to_string());
            let text = look.language.fill("needs {0}x{1}, has {2}x{3}", &sizes.each_ref().map(String::as_str));
            let text = clip(&text, usize::from(inner.width), look.ascii);
            put_at(buf, inner, (inner.x, inner.y), &text, look.theme.style(Role::Dim));
            self.draw_edge(area, buf, &look, frame);
            return;
        }
        self.inner = inner;
        self.pane.render(inner, buf, scene, &look);
        self.draw_edge(area, buf, &look, frame);
    }

    fn draw_frame(&self, area: Rect, buf: &mut Buffer, scene: &Scene<'_>, look: &Look<'_>, frame: &Frame) {
        let state = self.pane.state(scene);
        let marked = frame.focused && frame.marked;
        // A state is worth more than the focus, which its mark shows as well.
        let role = if matches!(state, Role::Frame | Role::Ok) && marked { Role::Accent } else { state };
        // A frame reversed would be louder than what it frames.
        let style = look.theme.style(role).remove_modifier(Modifier::REVERSED);
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
        put_at(buf, area, (x, area.top()), &format!("{mark}{title} "), over(look.theme.style(title_role)));
        let x = area.right() - 2 - width(&status) as u16;
        put_at(buf, area, (x, area.top()), &status, over(look.theme.style(Role::Dim)));
    }

    /// What stands in the lower edge: how many panes found no room, how much time is shown.
    fn draw_edge(&self, area: Rect, buf: &mut Buffer, look: &Look<'_>, frame: &Frame) {
        let (y, style) = (area.bottom() - 1, over(look.theme.style(Role::Dim)));
        let more = if frame.hidden > 0 {
            format!(" {} ", look.language.fill("{0} more: Tab", &[&frame.hidden.to_string()]))
        } else {
            String::new()
        };
        put_at(buf, area, (area.left() + 2, y), &more, style);
        let note = self.pane.note();
        let note = if note.is_empty() { note } else { format!(" {note} ") };
        if width(&more) + width(&note) + 4 <= usize::from(area.width - FRAME) {
            put_at(buf, area, (area.right() - 2 - width(&note) as u16, y), &note, style);
        }
    }
}

/// Rows below which panes are not squeezed together on one page: rather one that can be read than two that cannot.
const COMFORT: u16 = 5;
/// From this width on a column stays free at the right.
const ROOMY: u16 = 44;
/// Columns, and rows, a frame takes.
const FRAME: u16 = 2;

/// A style for text upon a frame, which may be bold: nothing of the frame's own shines through.
fn over(style: Style) -> Style {
    Style::new().remove_modifier(Modifier::all()).patch(style)
}

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
        put_at(buf, area, (area.x, area.y), look.language.say("no pane of this name"), look.theme.style(Role::Dim));
    }
}
