//! What the screen shows: pages of rows of panes. Checked by `config`.

use super::{Bindings, Language};
use crate::model::Millis;
use std::sync::Arc;

/// A pane on a page, written `kind` or `kind:argument`, for instance `chart:cpu{cpu="0"}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaneSpec {
    /// The kind, an entry of the registry of panes.
    pub kind: &'static str,
    /// What it shows: a metric, a series, a stream; empty: all.
    pub argument: Arc<str>,
}

/// Panes side by side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowSpec {
    /// Share of the page's height, against the other rows.
    pub weight: u16,
    /// Panes from left to right, each with its share of the width.
    pub panes: Vec<(PaneSpec, u16)>,
}

/// A page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageSpec {
    /// Its name, shown in the header.
    pub name: Arc<str>,
    /// Rows from top to bottom.
    pub rows: Vec<RowSpec>,
}

impl PaneSpec {
    /// As it is written.
    pub fn text(&self) -> String {
        if self.argument.is_empty() { self.kind.to_owned() } else { format!("{}:{}", self.kind, self.argument) }
    }
}

impl PageSpec {
    /// Its panes, row by row.
    pub fn panes(&self) -> impl Iterator<Item = &PaneSpec> {
        self.rows.iter().flat_map(|row| row.panes.iter().map(|(pane, _)| pane))
    }
}

/// Which signs are used for states and charts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Signs {
    /// Geometric signs, blocks and braille.
    #[default]
    Unicode,
    /// Plain ASCII, where geometric signs are of ambiguous width or not there.
    Ascii,
}

/// How the screen looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UiSpec {
    /// The theme's name.
    pub theme: Arc<str>,
    /// Signs.
    pub signs: Signs,
    /// No colours at all (`NO_COLOR`).
    pub no_color: bool,
    /// IANA time zone of clocks and axes; `None`: the system's.
    pub time_zone: Option<Arc<str>>,
    /// The language of the console's own words.
    pub language: Language,
    /// Bytes a second to keep to; `None`: as many as the terminal takes.
    pub link_budget: Option<u32>,
    /// Keys that stand in place of those of the table.
    pub keys: Bindings,
    /// The mouse is listened to.
    pub mouse: bool,
    /// Nothing can be changed from the screen: no alert acknowledged, no mark set, no fault injected, nothing saved.
    pub read_only: bool,
    /// Clusters with a label of their own.
    pub clusters: Vec<super::Cluster>,
    /// The wall: pages take turns of this length, without a keyboard. `None`: the ordinary console.
    pub wall: Option<Millis>,
    /// Pages in order.
    pub pages: Vec<PageSpec>,
}

impl Default for UiSpec {
    /// Nothing that anybody chose, and no colours.
    fn default() -> Self {
        Self {
            theme: "dark".into(),
            signs: Signs::default(),
            no_color: true,
            time_zone: None,
            language: Language::default(),
            keys: Bindings::default(),
            mouse: true,
            link_budget: None,
            read_only: false,
            clusters: Vec::new(),
            wall: None,
            pages: Vec::new(),
        }
    }
}
