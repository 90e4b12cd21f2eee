//! The console: panes and pages drawn from a scene, keys turned into requests.
//!
//! Nothing here reads a clock or touches the terminal; drawing changes nothing but scroll and selection.

mod app;
mod app_field;
mod app_find;
mod app_focus;
mod app_keys;
mod app_mouse;
mod app_reload;
mod app_slot;
#[cfg(test)]
mod app_tests;
mod bindings;
mod clusters;
mod command;
mod copy;
mod cursor;
pub mod defaults;
mod fault_words;
mod field;
mod filter;
#[cfg(test)]
pub(crate) mod fixture;
pub mod format;
mod glyphs;
mod header;
mod health;
mod help;
#[cfg(test)]
mod judging_tests;
mod keybar;
mod keymap;
mod keynames;
#[cfg(test)]
mod language_tests;
mod layout;
mod layout_draw;
mod layout_edit;
mod link;
#[cfg(test)]
mod matrix_tests;
mod messages;
mod palette;
mod pane;
pub mod panes;
mod recall;
mod scene;
#[cfg(test)]
mod screen_tests;
pub mod shot;
mod spec;
mod theme;
mod times;
mod wall;
pub mod widgets;
mod words;
#[cfg(test)]
mod work_tests;

pub use app::App;
pub use bindings::{ALWAYS_QUITS, ActionKeys, Bindings, actions, pane_keys};
pub use clusters::{COLOURS as CLUSTER_COLOURS, Cluster, NO_COLOUR};
pub use filter::FilterFault;
pub use keymap::When;
pub use keynames::{KeyError, SPELLING as KEY_SPELLING, key as key_named, shown as key_name};
pub use link::{LinkState, LinkView, parse_budget};
pub use messages::{Language, english};
pub use palette::{Depth, Rgb};
pub use pane::{Handled, Hint, Key, KeyCode, Kind, Look, Mouse, MouseKind, Pane, PaneCommand, Request};
pub use scene::{DetectorStatus, Mode, Process, Scene};
pub use spec::{PageSpec, PaneSpec, RowSpec, Signs, UiSpec};
pub use theme::{Role, RoleRow, Theme, ThemeError, is_light, of_scheme};
