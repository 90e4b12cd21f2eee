//! Rules exchanged while they run: what still holds keeps its life, its alert and its id; the rest ends with a reason.

use super::keep::waits_under;
use super::rules::{Rules, Watch, WatchId};
use super::{AlertBook, Origin, RuleSpec, Transition};
use crate::model::{Subject, Timestamp};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Where a watch goes on: its rule's new place and its origin; or why it ends.
pub type Fate = Result<(u16, Origin), Arc<str>>;

/// Where watches stand after an exchange, by where they stood before.
#[derive(Debug, Default)]
pub struct Moved(Vec<Option<WatchId>>);

impl Moved {
    /// The new place of a watch; `None`: it has ended.
    pub fn of(&self, id: WatchId) -> Option<WatchId> {
        self.0.get(id.0 as usize).copied().flatten()
    }
}

impl Rules {
    /// Takes `specs` in place of the present rules. `fate` is asked what becomes of each watch.
    pub fn exchange(
        &mut self,
        specs: Vec<RuleSpec>,
        now: Timestamp,
        mut fate: impl FnMut(&RuleSpec, &Subject, Origin) -> Fate,
        book: &mut AlertBook,
        out: &mut Vec<Transition>,
    ) -> Moved {
        let mut fates = Vec::with_capacity(self.watches.len());
        for place in 0..self.watches.len() {
            let watch = &self.watches[place];
            let decided = fate(&self.specs[watch.rule as usize], &watch.subject, watch.origin);
            if let Err(reason) = &decided {
                self.dismiss(WatchId(place as u32), reason, now, book, out);
            }
            fates.push(decided.ok());
        }
        self.specs = specs;
        let (mut kept, mut ids) = (Vec::new(), Vec::with_capacity(fates.len()));
        for (mut watch, fate) in std::mem::take(&mut self.watches).into_iter().zip(fates) {
            ids.push(fate.map(|(rule, origin)| {
                (watch.rule, watch.origin) = (rule, origin);
                kept.push(watch);
                WatchId(kept.len() as u32 - 1)
            }));
        }
        self.watches = kept;
        let active: BTreeSet<WatchId> = self.active.iter().filter_map(|id| ids[id.0 as usize]).collect();
        self.active = active;
        let kept = self.watches.iter().enumerate().filter(|(_, watch)| watch.origin == Origin::Kept);
        let place = |watch: &Watch| (watch.rule, waits_under(&self.specs[usize::from(watch.rule)], &watch.subject));
        self.waiting = kept.map(|(id, watch)| (place(watch), WatchId(id as u32))).collect();
        self.known.clear();
        self.refresh(book);
        Moved(ids)
    }

    /// The watch of `rule` among `ids`.
    pub fn among(&self, ids: &[WatchId], rule: u16) -> Option<WatchId> {
        ids.iter().copied().find(|id| self.watches[id.0 as usize].rule == rule)
    }

    /// Alerts whose subject has not come since the restart end.
    pub(super) fn give_up(&mut self, now: Timestamp, book: &mut AlertBook, out: &mut Vec<Transition>) {
        for id in std::mem::take(&mut self.waiting).into_values() {
            self.dismiss(id, &"nothing of it has come since the restart".into(), now, book, out);
        }
    }

    fn dismiss(&mut self, id: WatchId, reason: &Arc<str>, now: Timestamp, book: &mut AlertBook, out: &mut Vec<Transition>) {
        let watch = &mut self.watches[id.0 as usize];
        if let Some(step) = watch.life.end(now) {
            watch.why = Arc::clone(reason);
            self.step(id, step, book, out);
        }
    }

    /// What is said of active alerts, to whom, and how grave they are, follows the rules as they are now.
    fn refresh(&self, book: &mut AlertBook) {
        for id in &self.active {
            let number = self.watches[id.0 as usize].alert;
            let Some(alert) = book.get_mut(number) else { continue };
            let told = self.alert(*id, alert.state, alert.since, alert.acknowledged.clone());
            (alert.severity, alert.labels, alert.annotations, alert.notify) = (told.severity, told.labels, told.annotations, told.notify);
        }
        book.sort();
    }
}
