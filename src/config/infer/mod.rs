//! A first configuration from the first records of topics nobody has described.
//!
//! Records are read (`shape`), their fields counted (`field`), a time, numbers and labels chosen
//! (`pick`), and a commented configuration written (`write`) that the loader takes without a word.
//! The same records give the same text.

mod alike;
mod field;
mod formats;
#[cfg(test)]
mod formats_tests;
mod judges;
mod pick;
mod sample;
mod shape;
#[cfg(test)]
mod tests;
mod told;
mod words;
mod write;

pub use sample::{InferContext, SampleRecord, TopicSample};
pub use write::infer;
