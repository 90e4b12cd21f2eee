//! The console: panes and pages drawn from a scene, keys turned into requests.
//!
//! Nothing here reads a clock or touches the terminal; drawing changes nothing but scroll and selection.

pub mod format;
mod palette;
mod app;
mod app_keys;
mod app_slot;
#[cfg(test)]
mod app_tests;
mod cursor;
pub mod defaults;
mod draw;
mod field;
#[cfg(test)]
pub(crate) mod fixture;
mod header;
mod health;
mod help;
mod keybar;
mod keymap;
mod layout;
mod pane;
pub mod panes;
mod scene;
mod spark;
mod spec;
mod theme;
pub mod widgets;

pub use palette::{Depth, Rgb};
pub use app::App;
pub use pane::{Handled, Hint, Key, KeyCode, Kind, Look, Pane, Request};
pub use scene::{DetectorStatus, Mode, Process, Scene};
pub use spec::{PageSpec, PaneSpec, RowSpec, Signs, UiSpec};
pub use theme::{Role, Theme, ThemeError};
