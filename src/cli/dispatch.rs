//! Where the command line hands over to the shell: one line per subcommand.

use super::exit::Told;
use crate::config::{
    ConsoleTask, DemoTask, DetectTask, DoctorTask, FireTask, InitTask, RecordTask, ReplayTask, TestTask, TopicSample, WatchTask,
};
use crate::runtime;

/// An exit code other than zero is an end that has been explained already.
fn told(code: anyhow::Result<u8>) -> anyhow::Result<()> {
    match code? {
        0 => Ok(()),
        code => Err(Told::with(code).into()),
    }
}

/// The console.
pub(super) fn console(task: ConsoleTask) -> anyhow::Result<()> {
    told(runtime::console(task))
}

/// Topics, described or not.
pub(super) fn watch(task: WatchTask) -> anyhow::Result<()> {
    told(runtime::watch(task))
}

/// Live data without anything else.
pub(super) fn demo(task: DemoTask) -> anyhow::Result<()> {
    told(runtime::demo(task))
}

/// A recording in the making.
pub(super) fn record(task: RecordTask) -> anyhow::Result<()> {
    told(runtime::record(task))
}

/// A recording.
pub(super) fn replay(task: ReplayTask) -> anyhow::Result<()> {
    told(runtime::replay(task))
}

/// Rules under test.
pub(super) fn test(task: &TestTask) -> anyhow::Result<()> {
    told(runtime::test(task))
}

/// A detector over files.
pub(super) fn detect(task: &DetectTask) -> anyhow::Result<()> {
    told(runtime::detect(task))
}

/// A test notification.
pub(super) fn fire(task: FireTask) -> anyhow::Result<()> {
    told(runtime::fire(task))
}

/// What works here.
pub(super) fn doctor(task: DoctorTask) -> anyhow::Result<()> {
    told(runtime::doctor(task))
}

/// The first records of topics.
pub(super) fn sample(task: &InitTask) -> anyhow::Result<Vec<TopicSample>> {
    runtime::sample(task)
}
