//! The command palette: a line typed after `:`, what could complete it, and what it does.
//!
//! A new command is one entry in the table of `table`.

mod complete;
mod palette;
mod run;
mod score;
mod table;
#[cfg(test)]
mod tests;

pub use palette::Palette;
