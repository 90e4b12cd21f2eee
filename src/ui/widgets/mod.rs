//! Drawing only: shapes out of cells. No widget knows a pane or a clock; all bear any area.
//!
//! Text goes through [`put`] alone, which lets nothing unsafe pass, so that a widget cannot forget it.

mod bars;
mod columns;
mod crosshair;
mod gauge;
mod ramp;
mod scale;
mod sparkline;
mod table;
mod text;
mod timeaxis;
mod timeplot;
mod trace;

pub use bars::{Bar, bars};
pub use columns::{Share, shares};
pub use crosshair::{Parts, beside, crosshair, marks, stretch};
pub use gauge::gauge;
pub use ramp::{LEVELS, Ramp};
pub use scale::Scale;
pub use sparkline::{Spark, sparkline};
pub use table::{Align, Column, Field, Table, TableStyle, Window};
pub use text::{Pen, padded, put, put_at, put_parts, put_right};
pub use timeaxis::{Grid, Times};
pub use timeplot::{Line, Plot, PlotArea, Shape, ascii_line};
