//! What a rule is. Checked by `config`.

use crate::model::Millis;
use std::sync::Arc;

/// How grave an alert is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Somebody should look soon.
    #[default]
    Warning,
    /// Somebody must look now.
    Critical,
}

impl Severity {
    /// The word the configuration, the log and the screen use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }

    /// The severity a word names.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Info, Self::Warning, Self::Critical].into_iter().find(|s| s.word() == word)
    }
}

/// The condition of a rule.
#[derive(Clone, Debug, PartialEq)]
pub enum When {
    /// A detector's verdicts on a metric: holds while the last sample is flagged.
    Detector(Arc<str>),
    /// A detector's verdicts on events: holds once `count` were flagged within `within`.
    Count {
        /// The detector.
        detector: Arc<str>,
        /// How many.
        count: u32,
        /// Within which time.
        within: Millis,
    },
    /// A detector's verdicts: holds while more than `share` of a key's last `last` observations are flagged.
    Share {
        /// The detector.
        detector: Arc<str>,
        /// The share, 0…1.
        share: f64,
        /// Of how many.
        last: u32,
    },
    /// An expression over metrics with the same labels: `trigger` starts it, `clear` ends it.
    Expression {
        /// Starts it.
        trigger: Arc<str>,
        /// Ends it; `None`: when `trigger` no longer holds.
        clear: Option<Arc<str>>,
    },
}

/// A rule's definition.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleSpec {
    /// Its name, for instance `PaymentFailures`.
    pub name: Arc<str>,
    /// Its condition.
    pub when: When,
    /// How long the condition must hold before it fires.
    pub hold_for: Millis,
    /// How long it goes on firing after the condition ended.
    pub keep_firing_for: Millis,
    /// For conditions on events: how long one holds after its last flag.
    pub hold: Millis,
    /// No observation for so long makes an active alert stale.
    pub stale_after: Millis,
    /// How grave.
    pub severity: Severity,
    /// Labels added to the alert's.
    pub labels: Vec<(Arc<str>, Arc<str>)>,
    /// Texts with `{value}`, `{expected}`, `{score}`, `{why}`, `{label.NAME}`.
    pub annotations: Vec<(Arc<str>, Arc<str>)>,
    /// Channels that are told.
    pub notify: Vec<Arc<str>>,
}

impl RuleSpec {
    /// Whether both fire at the same moments: all but how grave they are, what they say and whom they tell.
    pub fn same_condition(&self, other: &Self) -> bool {
        self.name == other.name
            && self.when == other.when
            && self.hold_for == other.hold_for
            && self.keep_firing_for == other.keep_firing_for
            && self.hold == other.hold
            && self.stale_after == other.stale_after
    }

    /// The detector it goes by; `None` for an expression.
    pub fn detector(&self) -> Option<&Arc<str>> {
        match &self.when {
            When::Detector(name) | When::Count { detector: name, .. } | When::Share { detector: name, .. } => Some(name),
            When::Expression { .. } => None,
        }
    }
}
