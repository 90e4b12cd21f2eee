//! A person says that what was found is usual from now on.

use super::judge::Judge;
use super::machine::Engine;
use crate::model::Subject;
use crate::store::Store;

impl Engine {
    /// Lets the detector that found an anomaly take it for usual. One whose row is gone changes nothing.
    pub(super) fn accept(&mut self, id: u64) {
        let Some(row) = self.judge.court.anomalies.get(id) else { return };
        let (name, subject) = (row.detector.clone(), row.subject.clone());
        self.judge.accept_silence(&name, &subject);
        if let Subject::Series(_) = subject {
            return self.judge.accept(&name, &subject, &self.store);
        }
        let rules = &self.judge.court.rules;
        let keyed = self.streams.iter_mut().flat_map(|s| &mut s.keyed).filter(|k| k.spec.name == name);
        for state in keyed.flat_map(|k| &mut k.keys).filter(|state| state.subject == subject) {
            state.detector.accept();
            state.post.accept(rules);
        }
    }
}

impl Judge {
    /// The same for a series, or a group of series.
    fn accept(&mut self, name: &str, subject: &Subject, store: &Store) {
        let Subject::Series(key) = subject else { return };
        let (rules, specs) = (&self.court.rules, &self.detectors);
        if let Some(Some(hooks)) = store.find(key).and_then(|id| self.hooks.get_mut(id.index())) {
            for attached in hooks.attached.iter_mut().filter(|a| *specs[usize::from(a.index)].name == *name) {
                self.running[attached.running as usize].detector.accept();
                attached.post.accept(rules);
            }
        }
        let group = |g: &&mut super::groups::Group| *specs[usize::from(g.index)].name == *name && g.subject == *subject;
        if let Some(group) = self.groups.list.iter_mut().find(group) {
            group.detector.accept();
            group.post.accept(rules);
        }
        let missed = specs.iter().position(|d| *d.name == *name);
        if let Some(running) = missed.and_then(|index| self.ticks.accept(index as u16, subject, rules)) {
            self.running[running as usize].detector.accept();
        }
    }
}
