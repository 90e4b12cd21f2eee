//! The console: panes and pages drawn from a scene, keys turned into requests.
//!
//! Nothing here reads a clock or touches the terminal; drawing changes nothing but scroll and selection.

mod app;
mod app_keys;
mod app_reload;
mod app_slot;
#[cfg(test)]
mod app_tests;
mod clusters;
mod cursor;
pub mod defaults;
mod field;
#[cfg(test)]
pub(crate) mod fixture;
pub mod format;
mod glyphs;
mod header;
mod health;
mod help;
mod keybar;
mod keymap;
mod layout;
mod layout_draw;
mod layout_edit;
mod messages;
mod palette;
mod pane;
pub mod panes;
mod scene;
#[cfg(test)]
mod screen_tests;
mod spec;
mod theme;
mod times;
mod wall;
pub mod widgets;
mod words;

pub use app::App;
pub use clusters::{COLOURS as CLUSTER_COLOURS, Cluster, NO_COLOUR};
pub use messages::Language;
pub use palette::{Depth, Rgb};
pub use pane::{Handled, Hint, Key, KeyCode, Kind, Look, Pane, Request};
pub use scene::{DetectorStatus, Mode, Process, Scene};
pub use spec::{PageSpec, PaneSpec, RowSpec, Signs, UiSpec};
pub use theme::{Role, Theme, ThemeError};
