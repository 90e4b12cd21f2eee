//! Configuration: reading, checking, inferring one from live data.
//!
//! [`load`] answers a configuration that every room can take without asking, or every fault at
//! once. [`infer()`] writes a configuration from the first records of topics nobody has described.

pub mod case;
mod check;
mod defaults;
mod diagnostic;
mod edit;
mod effective;
mod file;
mod infer;
mod load;
mod loaded;
mod names;
mod origin;
mod overrides;
mod reference;
mod registry;
mod section;
mod suggest;
mod task;
mod task_recording;

pub use defaults::HOST;
pub use diagnostic::{Diagnostic, Diagnostics, Level};
pub use edit::{EditError, edited, save};
pub use effective::{is_secret, join, topic_text, without_userinfo};
pub use file::{load_file, read};
pub use infer::{InferContext, SampleRecord, TopicSample, infer};
pub use load::{TEXT_LIMIT, load};
pub use loaded::Loaded;
pub use origin::with_origins;
pub use overrides::{Overrides, parse_from, topic};
pub use reference::reference;
pub use task::{ConsoleTask, DemoTask, FireTask, InitTask, RecordTask, RecordTo, ReplayTask, TestTask, WatchTask};
pub use task_recording::{CutTask, FromLinesTask, MergeTask, RedactTask, ToLinesTask};
