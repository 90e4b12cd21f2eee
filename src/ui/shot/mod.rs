//! Pictures of the screen: a drawn buffer as SVG, as text, or as text with colours.
//!
//! Pure: the same buffer gives the same bytes. Files are written by the shell.

mod ansi;
mod cells;
mod picture;
mod shapes;
mod svg;
mod take;
mod text;

pub use cells::Ground;
pub use picture::{Picture, PictureKind};
