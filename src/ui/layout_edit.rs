//! The layout edited in place: a mode in which keys choose, add, remove, move and resize panes and pages.
//!
//! What is changed holds at once, for this session; `s` asks the shell to write it into the configuration's file. Every
//! step can be taken back. Met by whoever presses `E`. Drawing stands in `layout_draw`.

use super::app::App;
use super::field::{Field, Purpose};
use super::messages::english;
use super::panes::PANES;
use super::{Hint, Key, KeyCode, PageSpec, PaneSpec, Request, RowSpec, Scene};

/// Steps that can be taken back: more than anybody remembers.
const UNDO_MAX: usize = 100;
/// Largest share of a height or a width, as the configuration has it.
const SHARE_MAX: u16 = 100;
/// Most rows of a page and panes of a row, as the configuration has it.
const CELLS: usize = 20;
/// Most pages, as the configuration has it.
const PAGES: usize = 50;

/// The keys of the mode.
pub(super) const HINTS: &[Hint] = &[
    Hint { keys: "h/j/k/l", action: "choose", rank: 1 },
    Hint { keys: "H/J/K/L", action: "move", rank: 2 },
    Hint { keys: "a/o", action: "add beside/below", rank: 3 },
    Hint { keys: "d", action: "remove", rank: 4 },
    Hint { keys: "u", action: "undo", rank: 6 },
    Hint { keys: "+/-", action: "height", rank: 7 },
    Hint { keys: "</>", action: "width", rank: 8 },
    Hint { keys: "n/r/D", action: "page: new/name/remove", rank: 9 },
    Hint { keys: "[/]", action: "page", rank: 10 },
    Hint { keys: "s", action: "save", rank: 5 },
    Hint { keys: "Esc", action: "leave", rank: 0 },
];

/// The state of the mode.
#[derive(Debug, Default)]
pub(super) struct Edit {
    undo: Vec<(Vec<PageSpec>, usize, usize)>,
    pub asking: Option<Asking>,
}

/// What is asked for before something is done.
#[derive(Debug)]
pub(super) enum Asking {
    /// The kind of a new pane, by its place in the registry; below the chosen pane or beside it.
    Kind(usize, bool),
    /// Its argument.
    Argument(usize, bool, Field),
    /// The name of a new page.
    New(Field),
    /// Another name of this page.
    Name(Field),
}

/// The row and the place in it of the pane `index`.
fn seat(page: &PageSpec, index: usize) -> Option<(usize, usize)> {
    let mut left = index;
    for (row, panes) in page.rows.iter().enumerate() {
        if left < panes.panes.len() {
            return Some((row, left));
        }
        left -= panes.panes.len();
    }
    None
}

fn index(page: &PageSpec, row: usize, column: usize) -> usize {
    page.rows[..row].iter().map(|r| r.panes.len()).sum::<usize>() + column
}

/// Changes one share against the others: shares that are all small are made finer first.
fn resize(shares: &mut [&mut u16], which: usize, more: bool) {
    let largest = shares.iter().map(|s| **s).max().unwrap_or(1);
    if largest <= 2 || (!more && *shares[which] <= 1) {
        for share in shares.iter_mut() {
            **share = (**share * 2).min(SHARE_MAX);
        }
    }
    let share = &mut *shares[which];
    *share = if more { (*share + 1).min(SHARE_MAX) } else { (*share - 1).max(1) };
    let divisor = shares.iter().fold(0, |a, b| gcd(a, **b)).max(1);
    for share in shares.iter_mut() {
        **share /= divisor;
    }
}

fn gcd(a: u16, b: u16) -> u16 {
    if b == 0 { a } else { gcd(b, a % b) }
}

impl App {
    /// Begins the mode, or ends it.
    pub fn edit_layout(&mut self) {
        self.opened.clear();
        self.zoomed = false;
        self.edit = if self.edit.is_some() { None } else { Some(Edit::default()) };
        if self.edit.is_none() && self.layout_changed() {
            self.notice = Some(self.language.say("the changed layout holds for this session; E and s save it").to_owned());
        }
    }

    /// The layout was written to a file.
    pub fn layout_saved(&mut self, told: String) {
        self.configured = self.specs();
        self.notice = Some(told);
    }

    fn specs(&self) -> Vec<PageSpec> {
        self.pages.iter().map(|page| page.spec.clone()).collect()
    }

    /// Takes a key of the mode.
    pub(super) fn layout_key(&mut self, key: Key, scene: &Scene<'_>) -> Option<Request> {
        let asking = self.edit.as_mut().and_then(|edit| edit.asking.take());
        if let Some(asking) = asking {
            self.asked(asking, key, scene);
            return None;
        }
        if key.alt {
            return None;
        }
        match key.code {
            KeyCode::Esc | KeyCode::Char('E' | 'q') => self.edit_layout(),
            KeyCode::Left | KeyCode::Char('h') => self.choose(0, -1),
            KeyCode::Right | KeyCode::Char('l') => self.choose(0, 1),
            KeyCode::Up | KeyCode::Char('k') => self.choose(-1, 0),
            KeyCode::Down | KeyCode::Char('j') => self.choose(1, 0),
            KeyCode::Char('H') => self.shift(-1),
            KeyCode::Char('L') => self.shift(1),
            KeyCode::Char('K') => self.lift(true),
            KeyCode::Char('J') => self.lift(false),
            KeyCode::Char('a') => self.ask_layout(Asking::Kind(0, false)),
            KeyCode::Char('o') => self.ask_layout(Asking::Kind(0, true)),
            KeyCode::Char('d') => self.remove_pane(),
            KeyCode::Char('u') => self.undo(),
            KeyCode::Char(c @ ('+' | '-')) => self.change(|page, row, _| {
                let mut shares: Vec<&mut u16> = page.rows.iter_mut().map(|r| &mut r.weight).collect();
                resize(&mut shares, row, c == '+');
            }),
            KeyCode::Char(c @ ('<' | '>')) => self.change(|page, row, column| {
                let mut shares: Vec<&mut u16> = page.rows[row].panes.iter_mut().map(|(_, share)| share).collect();
                resize(&mut shares, column, c == '>');
            }),
            KeyCode::Char('n') => self.ask_layout(Asking::New(Field::new(Purpose::Mark, ""))),
            KeyCode::Char('r') => {
                let name = self.pages.get(self.page).map_or("", |p| &p.spec.name).to_owned();
                self.ask_layout(Asking::Name(Field::new(Purpose::Mark, &name)));
            }
            KeyCode::Char('D') => self.remove_page(),
            KeyCode::Char('[') => self.page = (self.page + self.pages.len().max(1) - 1) % self.pages.len().max(1),
            KeyCode::Char(']') => self.page = (self.page + 1) % self.pages.len().max(1),
            KeyCode::Char('s') => return Some(Request::SaveLayout(self.specs())),
            _ => {}
        }
        None
    }

    /// The text that the mode asks for.
    pub(super) fn layout_field(&mut self) -> Option<&mut Field> {
        match self.edit.as_mut()?.asking.as_mut()? {
            Asking::Argument(_, _, field) | Asking::New(field) | Asking::Name(field) => Some(field),
            Asking::Kind(..) => None,
        }
    }

    fn ask_layout(&mut self, asking: Asking) {
        if let Some(edit) = &mut self.edit {
            edit.asking = Some(asking);
        }
    }

    fn refuse_layout(&mut self, why: &'static str) {
        self.notice = Some(self.language.say(why).to_owned());
    }

    /// Changes this page; `make` is told the row and the place of the chosen pane.
    fn change(&mut self, make: impl FnOnce(&mut PageSpec, usize, usize)) {
        let Some(page) = self.pages.get(self.page) else { return };
        let (mut spec, focus) = (page.spec.clone(), page.focus);
        let Some((row, column)) = seat(&spec, focus) else { return };
        make(&mut spec, row, column);
        let mut specs = self.specs();
        specs[self.page] = spec;
        self.put(specs, self.page, focus);
    }

    /// Shows other pages, and remembers those before.
    fn put(&mut self, specs: Vec<PageSpec>, page: usize, focus: usize) {
        let before = self.specs();
        if specs == before {
            return;
        }
        let was = (before, self.page, self.pages.get(self.page).map_or(0, |p| p.focus));
        if let Some(edit) = &mut self.edit {
            if edit.undo.len() == UNDO_MAX {
                edit.undo.remove(0);
            }
            edit.undo.push(was);
        }
        self.show(&specs, page, focus);
    }

    fn show(&mut self, specs: &[PageSpec], page: usize, focus: usize) {
        self.set_pages(specs);
        self.page = page.min(self.pages.len().saturating_sub(1));
        if let Some(page) = self.pages.get_mut(self.page) {
            page.focus = focus.min(page.panes.len().saturating_sub(1));
        }
    }

    fn undo(&mut self) {
        match self.edit.as_mut().and_then(|edit| edit.undo.pop()) {
            Some((specs, page, focus)) => self.show(&specs, page, focus),
            None => self.refuse_layout(english("nothing to undo")),
        }
    }

    /// Chooses the pane beside or below this one.
    fn choose(&mut self, rows: isize, columns: isize) {
        let Some(page) = self.pages.get_mut(self.page) else { return };
        let Some((row, column)) = seat(&page.spec, page.focus) else { return };
        let Some(row) = row.checked_add_signed(rows).filter(|r| *r < page.spec.rows.len()) else { return };
        let last = page.spec.rows[row].panes.len().saturating_sub(1);
        page.focus = index(&page.spec, row, column.saturating_add_signed(columns).min(last));
    }

    /// Changes places with the pane beside this one.
    fn shift(&mut self, by: isize) {
        let Some(page) = self.pages.get(self.page) else { return };
        let Some((row, column)) = seat(&page.spec, page.focus) else { return };
        let Some(to) = column.checked_add_signed(by).filter(|c| *c < page.spec.rows[row].panes.len()) else { return };
        let focus = index(&page.spec, row, to);
        let mut specs = self.specs();
        specs[self.page].rows[row].panes.swap(column, to);
        self.put(specs, self.page, focus);
    }

    /// Moves the pane into the row above or below; from the last one into a row of its own.
    fn lift(&mut self, up: bool) {
        let Some(page) = self.pages.get(self.page) else { return };
        let Some((row, column)) = seat(&page.spec, page.focus) else { return };
        let mut spec = page.spec.clone();
        let edge = if up { row == 0 } else { row + 1 == spec.rows.len() };
        let alone = spec.rows[row].panes.len() == 1;
        if edge && (alone || spec.rows.len() >= CELLS) {
            return;
        }
        let (pane, _) = spec.rows[row].panes.remove(column);
        let to = if edge {
            let at = if up { 0 } else { row + 1 };
            spec.rows.insert(at, RowSpec { weight: spec.rows[row].weight, panes: Vec::new() });
            at
        } else if up {
            row - 1
        } else {
            row + 1
        };
        if spec.rows[to].panes.len() >= CELLS {
            return self.refuse_layout(english("there is no room for more in that row"));
        }
        let place = column.min(spec.rows[to].panes.len());
        spec.rows[to].panes.insert(place, (pane, 1));
        let gone = spec.rows.iter().position(|r| r.panes.is_empty());
        if let Some(gone) = gone {
            spec.rows.remove(gone);
        }
        let to = to - usize::from(gone.is_some_and(|gone| gone < to));
        let focus = index(&spec, to, place);
        let mut specs = self.specs();
        specs[self.page] = spec;
        self.put(specs, self.page, focus);
    }

    fn remove_pane(&mut self) {
        if self.pages.get(self.page).is_some_and(|p| p.panes.len() < 2) {
            return self.refuse_layout(english("a page has at least one pane; D removes the page"));
        }
        self.change(|page, row, column| {
            page.rows[row].panes.remove(column);
            page.rows.retain(|r| !r.panes.is_empty());
        });
    }

    fn remove_page(&mut self) {
        if self.pages.len() < 2 {
            return self.refuse_layout(english("there is at least one page"));
        }
        let mut specs = self.specs();
        specs.remove(self.page);
        self.put(specs, self.page, 0);
    }

    /// Takes a key while something is asked for.
    fn asked(&mut self, asking: Asking, key: Key, scene: &Scene<'_>) {
        match (asking, key.code) {
            (_, KeyCode::Esc) => {}
            (Asking::Kind(at, below), code) => self.choose_kind(at, below, code),
            (Asking::Argument(kind, below, field), KeyCode::Enter) => self.add_pane(kind, below, field.text().trim()),
            (Asking::New(field), KeyCode::Enter) => self.name_page(field.text().trim(), true),
            (Asking::Name(field), KeyCode::Enter) => self.name_page(field.text().trim(), false),
            (Asking::Argument(kind, below, field), KeyCode::Tab) => self.ask_layout(Asking::Argument(kind, below, complete(&field, scene))),
            (mut asking, code) => {
                if let Asking::Argument(_, _, field) | Asking::New(field) | Asking::Name(field) = &mut asking {
                    match code {
                        KeyCode::Backspace => field.backspace(),
                        KeyCode::Char(c) if !key.alt => field.push(c.encode_utf8(&mut [0; 4])),
                        _ => {}
                    }
                }
                self.ask_layout(asking);
            }
        }
    }

    fn choose_kind(&mut self, at: usize, below: bool, code: KeyCode) {
        let n = PANES.len();
        match code {
            KeyCode::Down | KeyCode::Char('j') | KeyCode::Tab => self.ask_layout(Asking::Kind((at + 1) % n, below)),
            KeyCode::Up | KeyCode::Char('k') | KeyCode::BackTab => self.ask_layout(Asking::Kind((at + n - 1) % n, below)),
            KeyCode::Enter if PANES[at].argument.is_empty() => self.add_pane(at, below, ""),
            KeyCode::Enter => self.ask_layout(Asking::Argument(at, below, Field::new(Purpose::Mark, ""))),
            // A letter goes to the next kind that begins with it.
            KeyCode::Char(c) => {
                let next = (1..=n).map(|i| (at + i) % n).find(|i| PANES[*i].name.starts_with(c));
                self.ask_layout(Asking::Kind(next.unwrap_or(at), below));
            }
            _ => self.ask_layout(Asking::Kind(at, below)),
        }
    }

    fn add_pane(&mut self, kind: usize, below: bool, argument: &str) {
        let Some(page) = self.pages.get(self.page) else { return };
        let Some((row, column)) = seat(&page.spec, page.focus) else { return };
        let mut spec = page.spec.clone();
        let pane = (PaneSpec { kind: PANES[kind].name, argument: argument.into() }, 1);
        let full = if below { spec.rows.len() } else { spec.rows[row].panes.len() } >= CELLS;
        if full {
            return self.refuse_layout(english("there is no room for more in that row"));
        }
        let focus = if below {
            spec.rows.insert(row + 1, RowSpec { weight: spec.rows[row].weight, panes: vec![pane] });
            index(&spec, row + 1, 0)
        } else {
            spec.rows[row].panes.insert(column + 1, pane);
            index(&spec, row, column + 1)
        };
        let mut specs = self.specs();
        specs[self.page] = spec;
        self.put(specs, self.page, focus);
    }

    fn name_page(&mut self, name: &str, new: bool) {
        if name.is_empty() {
            return;
        }
        let mut specs = self.specs();
        if specs.iter().any(|p| *p.name == *name) || (new && specs.len() >= PAGES) {
            return self.refuse_layout(english("there is such a page already"));
        }
        let here = self.page;
        if new {
            let panes = vec![(PaneSpec { kind: "overview", argument: "".into() }, 1)];
            let at = (here + 1).min(specs.len());
            specs.insert(at, PageSpec { name: name.into(), rows: vec![RowSpec { weight: 1, panes }] });
            self.put(specs, at, 0);
        } else {
            specs[here].name = name.into();
            let focus = self.pages[here].focus;
            self.put(specs, here, focus);
        }
    }
}

/// The next metric that begins with what is typed; typed in full, the one after it.
fn complete(field: &Field, scene: &Scene<'_>) -> Field {
    let typed = field.text();
    let mut names: Vec<&str> = scene.store.iter().map(|info| &*info.key.name).collect();
    names.sort_unstable();
    names.dedup();
    let after = names.iter().position(|n| *n == typed);
    let found = match after {
        Some(at) => names.get((at + 1) % names.len()),
        None => names.iter().find(|n| n.starts_with(typed)),
    };
    found.map_or_else(|| field.clone(), |name| Field::new(Purpose::Mark, name))
}

#[cfg(test)]
#[path = "layout_edit_tests.rs"]
mod tests;
