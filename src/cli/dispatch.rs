//! Where the command line hands over to the shell: one line per subcommand.

use crate::config::{ConsoleTask, DemoTask, FireTask, InitTask, RecordTask, ReplayTask, TopicSample, WatchTask};

/// PLACEHOLDER until the shell is there.
fn not_built<T>(what: &str) -> anyhow::Result<T> {
    anyhow::bail!("{what}: the shell is not joined to the command line")
}

/// The console.
pub(super) fn console(task: ConsoleTask) -> anyhow::Result<()> {
    not_built(&format!("console of {:?}", task.config))
}

/// Topics, described or not.
pub(super) fn watch(task: WatchTask) -> anyhow::Result<()> {
    not_built(&format!("watch {:?}", task.overrides.topics))
}

/// Live data without anything else.
pub(super) fn demo(task: DemoTask) -> anyhow::Result<()> {
    not_built(&format!("demo {:?}", task.scenario))
}

/// A recording in the making.
pub(super) fn record(task: RecordTask) -> anyhow::Result<()> {
    not_built(&format!("record into {}", task.output.display()))
}

/// A recording.
pub(super) fn replay(task: ReplayTask) -> anyhow::Result<()> {
    not_built(&format!("replay {}", task.file.display()))
}

/// A test notification.
pub(super) fn fire(task: FireTask) -> anyhow::Result<()> {
    not_built(&format!("fire {:?}", task.channel))
}

/// The first records of topics.
pub(super) fn sample(task: &InitTask) -> anyhow::Result<Vec<TopicSample>> {
    not_built(&format!("init {:?}", task.overrides.topics))
}
