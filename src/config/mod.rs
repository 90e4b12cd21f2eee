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
mod shot;
mod suggest;
mod task;
mod task_detect;
mod task_recording;
mod themes;

pub use defaults::HOST;
pub use diagnostic::{Diagnostic, Diagnostics, Level};
pub use edit::{EditError, edited, save};
pub use effective::{is_secret, join, topic_text, without_userinfo};
pub use file::{load_file, read};
pub use infer::{InferContext, SampleRecord, TopicSample, infer};
pub use load::{TEXT_LIMIT, load};
pub use loaded::{Loaded, StateSpec};
pub use origin::with_origins;
pub use overrides::{Overrides, parse_from, topic, write_from};
pub use reference::reference;
pub use shot::{SHOT_SIZE, SHOT_SIZE_MAX, ShotAt, ShotTask, parse_at, parse_size};
pub use task::{ConsoleTask, DemoTask, DoctorTask, FireTask, InitTask, RecordTask, RecordTo, ReplayTask, TestTask, WatchTask};
pub use task_detect::{DetectTask, detector_of};
pub use task_recording::{CutTask, FromLinesTask, MergeTask, RedactTask, ToLinesTask};
pub use themes::{theme_folder, theme_names, theme_text};
