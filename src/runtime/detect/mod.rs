//! `bellwether detect`: any kind of detector over files and recordings, one row out for each row in.
//!
//! Files are read and written row by row, so that their size does not matter; a detector sees a row
//! only after the rows before it, as in the console.

mod columns;
mod inputs;
mod judge;
mod output;
mod plot;
mod recording;
mod row;
mod run;
mod scale;
mod sketch;
mod table;
mod time;

pub use run::detect;
