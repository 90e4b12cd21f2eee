//! The expression language of `where`, `of`, `when` and the filters on the screen.
//!
//! Why not a library's: names are field paths and series, a missing field must make a condition not
//! hold, and a condition is tried for every event, so it must not allocate.
//!
//! ```text
//! type == 'payment' and status in ['failed', 'declined'] and not (amount < 10)
//! abs(value - 50) > 5 or meta.site ~ '^plant-[ab]$'
//! system.filesystem.utilization{mountpoint="/"} > 0.9
//! ```

mod bound;
mod call;
mod error;
mod node;
mod parse;
#[cfg(test)]
mod tests;
mod token;
mod value;

pub use bound::Bound;
pub use call::{FUNCTIONS, Function};
pub use error::ExprError;
pub use parse::{Expr, parse};
