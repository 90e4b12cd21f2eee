//! What did not come: kinds that want it are asked every second, in the event time that data could have reached.
//!
//! Event time goes with the data, and with the machine's clock while there are none: so a console that reads back
//! an hour misses nothing that is still to be read, and a producer that died is missed all the same. A window's
//! sample bears the time of its begin and comes after its end, and so the series of a metric is asked for a moment
//! one step ago.

use super::court::{Case, Court};
use super::effect::Effect;
use super::judge::{Attached, Hooks, Judge, watches};
use super::keyed::Keyed;
use super::kinds;
use super::post::{Lesson, Post};
use super::silence::{Found, Ground, Who};
use super::stream::Stream;
use crate::alert::{Form, Observed, Origin, Rules};
use crate::detect::{DetectorOn, DetectorSpec, Sees};
use crate::model::{Anomaly, Detector, LabelSet, Millis, Observation, Scored, SeriesId, SeriesKey, Subject, Timestamp, Verdict};
use crate::store::Store;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// Detectors asked in one second. With more, each is asked only every second or third second: an answer takes some
/// hundred nanoseconds, and 20,000 of them a few thousandths of a second.
const ASKED: usize = 20_000;
/// Streams are silent after so long, and event time goes on with the machine's clock. Partitions count as idle after
/// the same time.
const SILENT: Millis = Millis::from_secs(5);
/// Seconds have no other name here: what is told of a silence is its length.
pub(super) const SECONDS: &str = "s";

/// Where the samples of a metric come from: its stream and the length of its windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Home {
    pub stream: u16,
    pub step: Millis,
}

/// How far data could have come: on the machine's clock, and in the event time of each stream.
pub(super) struct Reached {
    pub now: Timestamp,
    pub streams: Vec<Option<Timestamp>>,
}

impl Reached {
    /// The moment a metric of this home is asked for; readings have the machine's own clock.
    fn of(&self, home: Option<Home>) -> Option<Timestamp> {
        let Some(home) = home else { return Some(self.now) };
        let reached = self.streams.get(usize::from(home.stream)).copied().flatten();
        reached.map(|at| at - home.step)
    }

    /// The same for samples of windows of this length, by where they come from.
    pub fn of_ground(&self, ground: Ground, step: Millis) -> Option<Timestamp> {
        match ground {
            Ground::Stream(stream) => self.of(Some(Home { stream, step })),
            Ground::Source(_) => self.of(None),
        }
    }
}

/// How far the data of a stream could have come by `now`. `None`: nothing was heard, or not yet of all partitions.
pub(super) fn reached(stream: &Stream, now: Timestamp) -> Option<Timestamp> {
    if stream.newest == Timestamp::MIN {
        return None;
    }
    let silence = now.since(stream.heard);
    let watermark = stream.meter.watermark();
    if silence <= SILENT {
        return watermark;
    }
    let flown = stream.newest - stream.spec.lateness + silence;
    Some(watermark.map_or(flown, |w| w.max(flown)))
}

/// A detector over a series that is asked.
struct Asked {
    id: SeriesId,
    /// Its place among what is attached to the series.
    place: u8,
    /// The detector's place in the plan.
    index: u16,
    home: Option<Home>,
    ground: Ground,
}

/// A detector that all series of its metric share, as such: what it misses is none of the series at hand.
struct Whole {
    running: u32,
    post: Post,
    subject: Subject,
    name: Arc<str>,
    home: Option<Home>,
}

/// All detectors over series that are asked for what is missing.
#[derive(Default)]
pub(super) struct Ticks {
    asked: Vec<Asked>,
    wholes: BTreeMap<u16, Whole>,
    round: usize,
    /// The source whose readings are being taken.
    pub reading: u16,
    /// Which source measures a series that has no stream.
    measured: BTreeMap<SeriesId, u16>,
}

impl Ticks {
    /// Forgets all, before they are taken up anew.
    pub fn clear(&mut self) {
        self.asked.clear();
        self.wholes.clear();
    }

    /// The series of one ground, each once for a detector, with the length of its windows.
    pub fn of_ground(&self, ground: Ground, index: u16) -> impl Iterator<Item = (SeriesId, Millis)> {
        let asked = self.asked.iter().filter(move |a| a.ground == ground && a.index == index);
        asked.map(|a| (a.id, a.home.map_or(Millis::ZERO, |home| home.step)))
    }

    /// The series of a detector, with where they come from.
    pub fn grounds_of(&self, index: u16) -> impl Iterator<Item = (SeriesId, Ground)> {
        self.asked.iter().filter(move |a| a.index == index).map(|a| (a.id, a.ground))
    }

    /// A person accepts what a shared detector found missing. Answers which it is.
    pub fn accept(&mut self, index: u16, subject: &Subject, rules: &Rules) -> Option<u32> {
        let whole = self.wholes.get_mut(&index).filter(|whole| whole.subject == *subject)?;
        whole.post.accept(rules);
        Some(whole.running)
    }
}

impl Judge {
    /// Takes a detector up that was attached to a series, where its kind wants to be asked.
    pub(super) fn ask(&mut self, id: SeriesId, key: &SeriesKey, place: usize, index: usize, (running, own): (u32, bool)) {
        let spec = &self.detectors[index];
        let Some(kind) = kinds::kind(spec.kind).filter(|k| k.ticks) else { return };
        let home = self.homes.get(&key.name).copied();
        if kind.sees != Sees::Category {
            if own {
                let ground = match home {
                    Some(home) => Ground::Stream(home.stream),
                    None => Ground::Source(*self.ticks.measured.entry(id).or_insert(self.ticks.reading)),
                };
                self.ticks.asked.push(Asked { id, place: place as u8, index: index as u16, home, ground });
            }
        } else if !self.ticks.wholes.contains_key(&(index as u16)) {
            let DetectorOn::Metric(name) = &spec.on else { return };
            let subject = Subject::Series(SeriesKey { name: Arc::clone(name), labels: LabelSet::none() });
            let post = Post::new(watches(&mut self.court.rules, spec, &subject, Origin::Series(id), &Arc::from("")));
            self.ticks.wholes.insert(index as u16, Whole { running, post, subject, name: Arc::clone(name), home });
        }
    }

    /// A second has passed: asks detectors over series for what is missing.
    pub fn ask_series(&mut self, reached: &Reached, store: &Store, effects: &mut VecDeque<Effect>) {
        let turns = self.ticks.asked.len().div_ceil(ASKED).max(1);
        self.ticks.round = (self.ticks.round + 1) % turns;
        for asked in self.ticks.asked.iter().skip(self.ticks.round).step_by(turns) {
            let Some(Some(hooks)) = self.hooks.get_mut(asked.id.index()) else { continue };
            let Hooks { attached, .. } = hooks.as_mut();
            let Some(Attached { index, running, post, .. }) = attached.get_mut(usize::from(asked.place)) else { continue };
            if std::mem::take(&mut post.fresh) {
                continue;
            }
            // Nothing is missing while what is known already is read back.
            let Some(at) = reached.of(asked.home).filter(|at| !post.held && !post.is_known(*at)) else { continue };
            let detector = self.running[*running as usize].detector.as_mut();
            let when = self.silences.asked_at(asked.ground, at, post.until());
            let verdict = detector.missing(when);
            if is_flagged(verdict.as_ref()) && !post.absent {
                self.silences.found.push(Found { ground: asked.ground, index: *index, who: Who::Series(asked.id) });
                continue;
            }
            let (spec, info) = (&self.detectors[usize::from(*index)], store.info(asked.id));
            let missed = Missed { spec, name: &info.key.name, series: Some(asked.id), at, asked: when, now: reached.now };
            self.court.miss(post, detector, verdict, &missed, || Subject::Series(info.key.clone()), effects);
        }
        for (index, whole) in &mut self.ticks.wholes {
            let Some(at) = reached.of(whole.home) else { continue };
            let detector = self.running[whole.running as usize].detector.as_mut();
            let verdict = detector.missing(at);
            let missed =
                Missed { spec: &self.detectors[usize::from(*index)], name: &whole.name, series: None, at, asked: at, now: reached.now };
            self.court.miss(&mut whole.post, detector, verdict, &missed, || whole.subject.clone(), effects);
        }
        self.court.close(effects);
    }

    /// A second has passed: asks the detectors over events of a stream for what is missing.
    pub fn ask_events(&mut self, stream: &mut Stream, place: u16, reached: &Reached, effects: &mut VecDeque<Effect>) {
        let heard = reached.streams[usize::from(place)];
        // A stream that never was heard of has no event time; then it is silent by the machine's clock.
        let at = if stream.newest == Timestamp::MIN { Some(reached.now) } else { heard };
        for keyed in stream.keyed.iter_mut().filter(|k| k.kind.ticks) {
            let (spec, rules, memory) = (&self.detectors[usize::from(keyed.index)], &mut self.court.rules, &mut self.memory);
            keyed.begin(&stream.spec.name, |subject, detector| {
                let watches = watches(rules, spec, subject, Origin::Stream(place), &Arc::from(""));
                Post::of(watches, memory.revive(spec, subject, detector))
            });
            let Keyed { index: keyed_index, keys, round, fields, kind, .. } = keyed;
            let turns = keys.len().div_ceil(ASKED).max(1);
            *round = (*round + 1) % turns;
            for (key, state) in keys.iter_mut().enumerate().skip(*round).step_by(turns) {
                // Names that come say nothing of one that does not.
                if std::mem::take(&mut state.post.fresh) && kind.sees != Sees::Category {
                    continue;
                }
                let (Some(at), detector) = (at.filter(|at| !state.post.held && !state.post.is_known(*at)), state.detector.as_mut()) else {
                    continue;
                };
                let ground = Ground::Stream(place);
                let asked = self.silences.asked_at(ground, at, state.post.until());
                let verdict = detector.missing(asked);
                if kind.sees != Sees::Category && is_flagged(verdict.as_ref()) && !state.post.absent && state.post.until() != Timestamp::MIN
                {
                    self.silences.found.push(Found { ground, index: *keyed_index, who: Who::Key(key as u32) });
                    continue;
                }
                let name = match fields.numbers.first() {
                    Some(field) => stream.schema.path(*field),
                    None => &stream.spec.name,
                };
                let missed = Missed { spec, name, series: None, at, asked, now: reached.now };
                self.court.miss(&mut state.post, detector, verdict, &missed, || state.subject.clone(), effects);
            }
        }
        self.court.close(effects);
    }
}

/// What a detector was asked for.
pub(super) struct Missed<'a> {
    pub spec: &'a DetectorSpec,
    pub name: &'a str,
    pub series: Option<SeriesId>,
    /// The moment, in event time.
    pub at: Timestamp,
    /// The moment the detector was asked for: an outage of the source is left out.
    pub asked: Timestamp,
    /// The machine's clock.
    pub now: Timestamp,
}

fn is_flagged(verdict: Option<&Verdict>) -> bool {
    matches!(verdict, Some(Verdict::Scored(scored)) if scored.flagged)
}

impl Missed<'_> {
    /// What it says is how long nothing came; of a name, which.
    fn anomaly(&self, silence: f64, detector: &dyn Detector, subject: Subject, scored: &Scored) -> Anomaly {
        if kinds::kind(self.spec.kind).is_none_or(|k| k.sees != Sees::Category) {
            return self.anomaly_of(silence, subject, scored);
        }
        let (spec, name, series, at, seen) = (self.spec, self.name, self.series, self.at, Observation::Category(detector.missed()));
        Case { spec, subject, series, name, unit: &Arc::from(""), at, seen, dims: &[], contributions: Vec::new(), scored }.anomaly()
    }

    /// Of a silence of so many seconds.
    pub fn anomaly_of(&self, silence: f64, subject: Subject, scored: &Scored) -> Anomaly {
        let (spec, name, series, at, silence) = (self.spec, self.name, self.series, self.at, [silence]);
        let (seen, unit) = (Observation::Numbers(&silence), Arc::from(SECONDS));
        Case { spec, subject, series, name, unit: &unit, at, seen, dims: &[], contributions: Vec::new(), scored }.anomaly()
    }
}

impl Court {
    /// Takes the answer of a detector that was asked for what is missing. What goes on missing is one anomaly.
    pub fn miss(
        &mut self,
        post: &mut Post,
        detector: &mut dyn Detector,
        verdict: Option<Verdict>,
        missed: &Missed<'_>,
        subject: impl FnOnce() -> Subject,
        effects: &mut VecDeque<Effect>,
    ) {
        let at = missed.at;
        let silence = post.silence(missed.asked);
        let scored = match verdict {
            Some(Verdict::Scored(scored)) if scored.flagged => scored,
            Some(Verdict::Learning { .. }) => return,
            // Nothing is missing, or nothing is missing any more.
            Some(Verdict::Scored(_)) | None if !post.absent => return,
            Some(Verdict::Scored(_)) | None => {
                post.absent = false;
                return self.calm(post, Observed { at, flagged: false, value: silence, score: 0.0, expected: None, form: None });
            }
        };
        post.watches.iter().for_each(|watch| self.rules.told(*watch, missed.now));
        let anomaly = missed.anomaly(silence, &*detector, subject(), &scored);
        let (value, score, expected) = (anomaly.value, scored.score, scored.expected);
        let seen = Observed {
            at,
            flagged: true,
            value,
            score,
            expected,
            form: Some(Form { pattern: anomaly.pattern, since: anomaly.baseline.since }),
        };
        if post.absent {
            self.anomalies.prolong(&missed.spec.name, &anomaly.subject, at);
            self.tell(post, seen, &anomaly.why, &anomaly.contributions);
        } else {
            post.absent = true;
            self.flag(post, seen, anomaly, effects);
        }
        if post.lesson(&self.rules, true, at, missed.spec.accept_after) == Lesson::Accept {
            detector.accept();
        }
    }
}
