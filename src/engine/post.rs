//! How one detector stands with one subject: what watches it, how far it has learned, and whether trouble holds
//! its learning back.
//!
//! Flagged observations are not learned while an alert over them fires or waits to: a rule with `for` would else
//! never ring, as its detector takes the trouble for usual meanwhile. That is bounded. After `accept_after`, or when
//! a person says so, the detector is told to take the trouble for usual, and learns on. A rule with an expression over
//! the same series holds learning back as one over the detector does.

use crate::alert::{Rules, WatchId};
use crate::model::{Millis, Timestamp, Verdict};

/// How far a detector has learned.
#[derive(Clone, Copy, Debug)]
pub(super) struct Progress {
    /// Observations seen.
    pub seen: u64,
    /// Observations needed.
    pub needed: u64,
    /// The first and the last of those that were watched, and how many these were: they tell the usual interval.
    first: Timestamp,
    last: Timestamp,
    count: u32,
}

impl Progress {
    /// How long learning goes on, by the usual interval so far.
    pub fn left(&self) -> Option<Millis> {
        let steps = i64::from(self.count).saturating_sub(1);
        let span = self.last.since(self.first).get();
        let missing = i64::try_from(self.needed.saturating_sub(self.seen)).ok()?;
        (steps > 0 && span > 0).then(|| Millis::new((span / steps).max(1).saturating_mul(missing)))
    }
}

/// How trouble stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Trouble {
    /// There is none.
    #[default]
    None,
    /// It holds learning back since this moment of event time.
    Since(Timestamp),
    /// It was accepted, and is learned until it is over.
    Accepted,
}

/// What becomes of an observation after it was judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lesson {
    /// It is learned.
    Learn,
    /// It is not.
    Skip,
    /// The detector is told to accept the trouble, and then it is learned.
    Accept,
}

/// One detector's standing with one subject.
#[derive(Debug)]
pub(super) struct Post {
    /// The rules' watches.
    pub watches: Vec<WatchId>,
    /// Watches of rules with an expression over the same series: they are told nothing, and hold learning back all the same.
    pub beside: Vec<WatchId>,
    /// While it learns.
    progress: Option<Box<Progress>>,
    trouble: Trouble,
    /// Something was found missing, and has not come since.
    pub absent: bool,
    /// It is missing together with others: their cohort is told of, see `silence`.
    pub held: bool,
    /// An observation came since it was last asked for what is missing.
    pub fresh: bool,
    /// Event time of the last observation since the start.
    last: Timestamp,
    /// Before the first: when it was first asked for what is missing.
    asked: Timestamp,
    /// Up to here the detector knows all: what comes once more is passed over.
    known: Timestamp,
}

impl Default for Post {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl Post {
    pub fn new(watches: Vec<WatchId>) -> Self {
        Self {
            watches,
            beside: Vec::new(),
            progress: None,
            trouble: Trouble::None,
            absent: false,
            held: false,
            fresh: false,
            last: Timestamp::MIN,
            asked: Timestamp::MIN,
            known: Timestamp::MIN,
        }
    }

    /// Of a detector that knows all up to `until`.
    pub fn of(watches: Vec<WatchId>, until: Timestamp) -> Self {
        Self { known: until, ..Self::new(watches) }
    }

    /// The detector knows all up to `until`, which is [`Timestamp::MIN`] where it knows nothing.
    pub fn knows(&mut self, until: Timestamp) {
        self.known = self.known.max(until);
    }

    /// Event time of the last observation, also of those before the start.
    pub fn until(&self) -> Timestamp {
        self.last.max(self.known)
    }

    /// For how long nothing has come at `at`, in seconds. Before the start nobody looked.
    pub fn silence(&mut self, at: Timestamp) -> f64 {
        if self.last == Timestamp::MIN && self.asked == Timestamp::MIN {
            self.asked = at;
        }
        at.since(self.last.max(self.asked)).as_secs_f64().max(0.0)
    }

    /// Whether an observation at `at` was learned before the start.
    #[inline]
    pub fn is_known(&self, at: Timestamp) -> bool {
        at <= self.known
    }

    /// While it learns.
    pub fn progress(&self) -> Option<&Progress> {
        self.progress.as_deref()
    }

    /// Takes note of the answer to an observation; answers the time since the one before, nought where there was none.
    pub fn note(&mut self, verdict: &Verdict, at: Timestamp) -> Millis {
        self.fresh = true;
        let before = self.until();
        let step = if before == Timestamp::MIN { Millis::ZERO } else { at.since(before).max(Millis::ZERO) };
        self.last = self.last.max(at);
        match verdict {
            Verdict::Scored(_) => self.progress = None,
            Verdict::Learning { seen, needed } => {
                let (seen, needed) = (*seen, *needed);
                match &mut self.progress {
                    Some(p) => {
                        let last = p.last.max(at);
                        (p.seen, p.needed, p.last, p.count) = (seen, needed, last, p.count.saturating_add(1));
                    }
                    None => self.progress = Some(Box::new(Progress { seen, needed, first: at, last: at, count: 1 })),
                }
            }
        }
        step
    }

    /// Whether an alert over it fires or waits to.
    fn troubled(&self, rules: &Rules) -> bool {
        self.watches.iter().chain(&self.beside).any(|w| rules.troubled(*w))
    }

    /// What becomes of an observation that the rules have heard of.
    pub fn lesson(&mut self, rules: &Rules, flagged: bool, at: Timestamp, patience: Millis) -> Lesson {
        if !flagged && self.trouble == Trouble::None {
            return Lesson::Learn;
        }
        if !self.troubled(rules) {
            self.trouble = Trouble::None;
            return Lesson::Learn;
        }
        match self.trouble {
            Trouble::Accepted => return Lesson::Learn,
            Trouble::None => self.trouble = Trouble::Since(at),
            Trouble::Since(since) if patience > Millis::ZERO && at.since(since) >= patience => {
                self.trouble = Trouble::Accepted;
                return Lesson::Accept;
            }
            Trouble::Since(_) => {}
        }
        if flagged { Lesson::Skip } else { Lesson::Learn }
    }

    /// A person accepts the trouble.
    pub fn accept(&mut self, rules: &Rules) {
        if self.troubled(rules) {
            self.trouble = Trouble::Accepted;
        }
    }

    /// The same standing with other watches, and no rules beside it yet.
    pub fn with(&self, watches: Vec<WatchId>) -> Self {
        Self { watches, beside: Vec::new(), progress: self.progress.clone(), ..*self }
    }
}
