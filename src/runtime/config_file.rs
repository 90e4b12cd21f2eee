//! The configuration's file, looked at now and then by a thread of its own: a file on a dead network drive holds up
//! nothing but itself.

use crate::config::{self, Diagnostics};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::SystemTime;

/// What tells one state of a file from another: when it was written, how long it is, and which file it is.
type Stamp = (Option<SystemTime>, u64, u64);

/// What was found.
pub(super) struct Found {
    /// It was asked for; else it was seen to have changed.
    pub asked: bool,
    /// The text.
    pub text: Result<String, Diagnostics>,
}

/// The file and its thread.
pub(super) struct ConfigFile {
    pub path: PathBuf,
    look: SyncSender<bool>,
    found: Receiver<Found>,
}

impl ConfigFile {
    /// Watches `path` from now on.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub(super) fn watch(path: PathBuf) -> std::io::Result<Self> {
        // One look that waits is enough: the next would find the same.
        let (look, asked) = sync_channel(1);
        let (give, found) = sync_channel(1);
        let file = path.clone();
        std::thread::Builder::new().name("configuration".into()).spawn(move || watch(&file, &asked, &give))?;
        Ok(Self { path, look, found })
    }

    /// Asks for a look. With `always` the text is answered whether the file has changed or not. `false`: a look is
    /// under way.
    pub(super) fn look(&self, always: bool) -> bool {
        self.look.try_send(always).is_ok()
    }

    /// What was found since.
    pub(super) fn found(&self) -> Option<Found> {
        self.found.try_recv().ok()
    }
}

fn watch(path: &Path, asked: &Receiver<bool>, found: &SyncSender<Found>) {
    let (mut taken, mut last) = (None, None);
    while let Ok(always) = asked.recv() {
        let now = stamp(path);
        // Two looks alike: nobody is writing it at this moment.
        let settled = last == now;
        last = now;
        if !always && (now.is_none() || now == taken || !settled) {
            continue;
        }
        taken = now;
        if found.send(Found { asked: always, text: config::read(path) }).is_err() {
            return;
        }
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    use std::os::unix::fs::MetadataExt as _;
    let meta = path.metadata().ok()?;
    Some((meta.modified().ok(), meta.len(), meta.ino()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn ask(file: &ConfigFile, always: bool) {
        // The thread takes what it is asked in its order: once the second fits, the first was taken.
        while !file.look(always) {
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_changed_file_is_answered_once_it_stands_still_and_an_asked_one_always() {
        let mut written = tempfile::NamedTempFile::new().unwrap();
        written.write_all(b"a = 1").unwrap();
        let file = ConfigFile::watch(written.path().to_owned()).unwrap();
        let mut texts = Vec::new();
        for always in [false, false, false, true] {
            ask(&file, always);
            if always {
                let found = file.found.recv().unwrap();
                texts.push((found.asked, found.text.unwrap()));
            } else if let Some(found) = file.found() {
                texts.push((found.asked, found.text.unwrap()));
            }
        }
        let asked = texts.iter().any(|(asked, _)| *asked) || file.found.recv().is_ok_and(|f| f.asked);
        assert!(asked && texts.iter().all(|(_, text)| text == "a = 1"), "{texts:?}");
    }
}
