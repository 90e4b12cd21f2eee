//! The store: all series by key and id, their limit, and who gives way.

use super::depth::{self, Depth};
use super::range;
use super::rollup::Level;
use super::series::{Bucket, SeriesInfo, SeriesSpec, StoreLimits};
use super::track::{Kept, Track};
use crate::model::{Band, LabelSet, Millis, Sample, SeriesId, SeriesKey, Timestamp};
use std::collections::BTreeMap;
use std::ops::Bound;

/// Series that have a sketch of the day, of at most 4 KiB for usual data; further ones answer from
/// their rollups. A sketch is begun when the raw ring no longer holds the day.
const DAYS: usize = 2_000;

/// Candidates for eviction found in one search: with many comings and goings the series are not
/// all searched each time.
const CANDIDATES: usize = 256;

/// Bytes of a series' names beside their text: counted pointers and places in the catalog.
const KEY_BYTES: usize = 128;

#[derive(Debug)]
struct Entry {
    info: SeriesInfo,
    track: Track,
    /// When it was last opened, pushed to or given a provisional value.
    touched: Timestamp,
}

/// All series.
///
/// An id is never reused. A series that gave way is not alive any more: nothing is kept for it,
/// its ranges are gaps, its info is a placeholder without a name, and none of these panics.
#[derive(Debug)]
pub struct Store {
    limits: StoreLimits,
    /// By id. Without evictions an id is its index; afterwards it is searched.
    #[expect(clippy::vec_box, reason = "an eviction moves all later ones; pointers move fast")]
    entries: Vec<Box<Entry>>,
    keys: BTreeMap<SeriesKey, SeriesId>,
    next: u32,
    /// The machine's clock, as far as it was told.
    now: Timestamp,
    /// The longest unheard of, the longest last.
    candidates: Vec<(Timestamp, SeriesId)>,
    days: usize,
    refused: u64,
    evicted: u64,
    outdated: u64,
    bytes: usize,
    gone: SeriesInfo,
    /// Series that the memory is shared among: as many as there are, or some more.
    sharing: usize,
    /// Bytes that hold all that is asked for of a series without a step, which has the most levels.
    enough: usize,
    /// Raw samples of a series when somebody was told last that they are fewer than asked for.
    told: usize,
}

impl Default for Store {
    fn default() -> Self {
        Self::new(StoreLimits::default())
    }
}

impl Store {
    /// An empty store.
    pub fn new(limits: StoreLimits) -> Self {
        let spec = SeriesSpec { unit: "".into(), step: None, watched: false };
        Self {
            limits,
            entries: Vec::new(),
            keys: BTreeMap::new(),
            next: 0,
            now: Timestamp::MIN,
            candidates: Vec::new(),
            days: 0,
            refused: 0,
            evicted: 0,
            outdated: 0,
            bytes: 0,
            gone: info(SeriesId(u32::MAX), &SeriesKey::new("", LabelSet::none()), &spec),
            sharing: 0,
            enough: depth::full(limits.raw, Level::ladder(0, limits.raw, limits.retention).iter().map(|l| l.full)),
            told: limits.raw,
        }
    }

    fn place(&self, id: SeriesId) -> Option<usize> {
        if self.entries.get(id.index()).is_some_and(|e| e.info.id == id) {
            return Some(id.index());
        }
        self.entries.binary_search_by_key(&id, |e| e.info.id).ok()
    }

    fn entry(&self, id: SeriesId) -> Option<&Entry> {
        self.place(id).map(|i| self.entries[i].as_ref())
    }

    /// The series of `key`, made where it is new; a known one becomes watched where `spec` says so.
    /// Where the limit of series is reached, the longest unheard unwatched series gives way; `None`
    /// where there is none such, and the refusal is counted.
    pub fn open(&mut self, key: &SeriesKey, spec: &SeriesSpec) -> Option<SeriesId> {
        if let Some(&id) = self.keys.get(key) {
            if let Some(i) = self.place(id) {
                self.entries[i].info.spec.watched |= spec.watched;
            }
            return Some(id);
        }
        if (self.entries.len() >= self.limits.series && !self.evict()) || self.next == u32::MAX {
            self.refused += 1;
            return None;
        }
        let id = SeriesId(self.next);
        self.next += 1;
        let mut entry = Entry { info: info(id, key, spec), track: Track::new(spec, &self.limits), touched: self.now };
        entry.track.fit(self.share());
        self.bytes += entry.heap();
        self.entries.push(Box::new(entry));
        self.keys.insert(key.clone(), id);
        self.share_out();
        Some(id)
    }

    /// Bytes that each series may take.
    fn share(&self) -> usize {
        self.limits.memory / self.sharing.max(1)
    }

    /// Shares the memory anew where there are more series than it was shared among, or less than half. Done some eight
    /// times while series double, so that opening one costs the same however many there are.
    fn share_out(&mut self) {
        let n = self.entries.len();
        if n <= self.sharing && n >= self.sharing / 2 {
            return;
        }
        let step = (n.next_power_of_two() / 8).max(1);
        let before = self.share();
        self.sharing = n.next_multiple_of(step).min(self.limits.series.max(n));
        let share = self.share();
        if share.min(before) >= self.enough {
            return;
        }
        for entry in &mut self.entries {
            entry.track.fit(share);
        }
        self.bytes = self.entries.iter().map(|e| e.heap()).sum();
    }

    /// Raw samples kept of each series, where all of them are fewer than asked for because they share the memory.
    pub fn shallow(&self) -> Option<usize> {
        if self.share() >= self.enough {
            return None;
        }
        let ladder = Level::ladder(0, self.limits.raw, self.limits.retention);
        let raw = Depth::of(self.share(), self.limits.raw, ladder.iter().map(|l| l.full)).raw(self.limits.raw);
        (raw < self.limits.raw).then_some(raw)
    }

    /// A sentence for the log when series have come to be kept to half of what was told last, or the first time to less
    /// than asked for.
    pub fn news(&mut self) -> Option<String> {
        let raw = self.shallow().filter(|&raw| self.told == self.limits.raw || raw <= self.told / 2)?;
        self.told = raw;
        let (series, mib, asked) = (self.entries.len(), self.limits.memory >> 20, self.limits.raw);
        let kept =
            format!("{series} series share {mib} MiB: {raw} raw samples of {asked} are kept of each, and finer roll-ups in proportion");
        Some(format!("{kept}; `[store] memory_mib` allows more"))
    }

    /// Lets the longest unheard unwatched series go. Says whether there was one.
    fn evict(&mut self) -> bool {
        for _ in 0..2 {
            while let Some((touched, id)) = self.candidates.pop() {
                // It may have been heard of since it was found.
                let Some(i) = self.place(id) else { continue };
                if self.entries[i].touched == touched && !self.entries[i].info.spec.watched {
                    let gone = self.entries.remove(i);
                    self.keys.remove(&gone.info.key);
                    self.bytes = self.bytes.saturating_sub(gone.heap());
                    self.days -= usize::from(gone.track.has_day());
                    self.evicted += 1;
                    return true;
                }
            }
            self.find_candidates();
        }
        false
    }

    /// Lets a series go for good: nothing measures it any more.
    pub fn remove(&mut self, id: SeriesId) {
        let Some(i) = self.place(id) else { return };
        let gone = self.entries.remove(i);
        self.keys.remove(&gone.info.key);
        self.bytes = self.bytes.saturating_sub(gone.heap());
        self.days -= usize::from(gone.track.has_day());
        self.share_out();
    }

    /// Says whether anything watches a series: only one that nothing watches gives way to others.
    pub fn watch(&mut self, id: SeriesId, watched: bool) {
        if let Some(i) = self.place(id) {
            self.entries[i].info.spec.watched = watched;
        }
    }

    fn find_candidates(&mut self) {
        let unwatched = self.entries.iter().filter(|e| !e.info.spec.watched);
        let mut found: Vec<_> = unwatched.map(|e| (e.touched, e.info.id)).collect();
        if found.len() > CANDIDATES {
            found.select_nth_unstable(CANDIDATES);
            found.truncate(CANDIDATES);
        }
        found.sort_unstable_by(|a, b| b.cmp(a));
        self.candidates = found;
    }

    /// Takes a sample. One that comes out of order is put where it belongs; samples of the same
    /// moment are all kept, in the order they came. `false`, and nothing is kept: the sample is
    /// older than the retention (counted), or the series gave way.
    pub fn push(&mut self, id: SeriesId, sample: Sample, now: Timestamp) -> bool {
        self.now = self.now.max(now);
        let Some(i) = self.place(id) else { return false };
        let entry = self.entries[i].as_mut();
        let before = entry.heap();
        entry.touched = self.now;
        entry.info.heard = self.now;
        let kept = entry.track.push(sample);
        if kept == Kept::No {
            self.outdated += 1;
            return false;
        }
        if let Kept::Outgrown(gone) = kept
            && self.days < DAYS
        {
            self.days += 1;
            entry.track.begin_day(gone);
        }
        entry.info.samples += 1;
        if entry.info.last.is_none_or(|last| last.at <= sample.at) {
            entry.info.last = Some(sample);
        }
        // Memory shrinks too: hours leave the sketch of the day.
        self.bytes = (self.bytes + entry.heap()).saturating_sub(before);
        true
    }

    /// Keeps the verdict on the sample pushed last: its band, and whether it was flagged. Several
    /// detectors may judge it; the last band stays, and so does any flag.
    pub fn judge(&mut self, id: SeriesId, band: Option<Band>, flagged: bool) {
        let Some(i) = self.place(id) else { return };
        let entry = self.entries[i].as_mut();
        let before = entry.heap();
        entry.track.judge(band, flagged);
        self.bytes = (self.bytes + entry.heap()).saturating_sub(before);
    }

    /// Sets the value of the open window.
    pub fn provisional(&mut self, id: SeriesId, sample: Option<Sample>) {
        let Some(i) = self.place(id) else { return };
        let entry = self.entries[i].as_mut();
        entry.info.provisional = sample;
        if sample.is_some() {
            entry.touched = self.now;
        }
    }

    /// Whether the series is there: it was opened and did not give way.
    pub fn alive(&self, id: SeriesId) -> bool {
        self.place(id).is_some()
    }

    /// What is known of `id`; a placeholder without a name for a series that gave way.
    pub fn info(&self, id: SeriesId) -> &SeriesInfo {
        self.entry(id).map_or(&self.gone, |e| &e.info)
    }

    /// All series, in the order of their birth.
    pub fn iter(&self) -> impl Iterator<Item = &SeriesInfo> {
        self.entries.iter().map(|e| &e.info)
    }

    /// How many series there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The series of `key`.
    pub fn find(&self, key: &SeriesKey) -> Option<SeriesId> {
        self.keys.get(key).copied()
    }

    /// All series of the metric `name`, by labels.
    pub fn of_metric<'a>(&'a self, name: &'a str) -> impl Iterator<Item = SeriesId> + 'a {
        // No labels come before any.
        let first = SeriesKey::new(name, LabelSet::none());
        let from = self.keys.range((Bound::Included(first), Bound::Unbounded));
        from.take_while(move |(k, _)| k.name.as_ref() == name).map(|(_, id)| *id)
    }

    /// `buckets` equal buckets from `from` (inclusive) to `to` (exclusive), from the finest
    /// resolution that reaches back to `from`; buckets without samples are gaps. Where buckets are
    /// narrower than that resolution, they share its samples by time. `out` is cleared first.
    pub fn range(&self, id: SeriesId, from: Timestamp, to: Timestamp, buckets: usize, out: &mut Vec<Bucket>) {
        match self.entry(id) {
            Some(entry) => range::fill(&entry.track, from, to, buckets, out),
            None => range::fill(&Track::new(&self.gone.spec, &self.limits), from, to, buckets, out),
        }
    }

    /// The resolution a range from `from` on is made of; `None`: raw samples.
    pub fn resolution(&self, id: SeriesId, from: Timestamp) -> Option<Millis> {
        let level = self.entry(id)?.track.level(from.as_millis())?;
        Some(Millis::new(level.width))
    }

    /// The last `n` raw samples, oldest first, each with whether it was flagged. `out` is cleared first.
    pub fn tail(&self, id: SeriesId, n: usize, out: &mut Vec<(Sample, bool)>) {
        out.clear();
        let Some(entry) = self.entry(id) else { return };
        let raw = &entry.track.raw;
        out.extend(raw.from(raw.len().saturating_sub(n)).map(|(p, _)| (p.sample(), p.flagged())));
    }

    /// Counts per bin over the last 24 hours of the series: (lower edge, upper edge, count), in
    /// order of value. At most `bins` bins. `out` is cleared first.
    pub fn histogram(&self, id: SeriesId, bins: usize, out: &mut Vec<(f64, f64, u64)>) {
        out.clear();
        if let Some(entry) = self.entry(id) {
            entry.track.day().histogram(bins, out);
        }
    }

    /// A percentile (0…100) over the last 24 hours, from the same values as the histogram.
    pub fn percentile(&self, id: SeriesId, p: f64) -> Option<f64> {
        self.entry(id)?.track.day().percentile(p)
    }

    /// Series refused because the limit was reached.
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// Series that gave way to others.
    pub fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Samples dropped because they were older than the retention.
    pub fn outdated(&self) -> u64 {
        self.outdated
    }

    /// Bytes held.
    pub fn memory(&self) -> usize {
        self.bytes + self.entries.capacity() * size_of::<Box<Entry>>() + self.candidates.capacity() * size_of::<(Timestamp, SeriesId)>()
    }
}

#[cfg(test)]
impl Store {
    /// Bytes of the series, as counted step by step.
    pub(super) fn held(&self) -> usize {
        self.bytes
    }

    /// The same, counted anew.
    pub(super) fn recount(&self) -> usize {
        self.entries.iter().map(|e| e.heap()).sum()
    }
}

impl Entry {
    fn heap(&self) -> usize {
        let key = &self.info.key;
        let text: usize = key.labels.iter().map(|(n, v)| n.len() + v.len() + KEY_BYTES / 2).sum();
        size_of::<Self>() + KEY_BYTES + key.name.len() + text + self.track.heap()
    }
}

fn info(id: SeriesId, key: &SeriesKey, spec: &SeriesSpec) -> SeriesInfo {
    SeriesInfo { id, key: key.clone(), spec: spec.clone(), last: None, provisional: None, heard: Timestamp::MIN, samples: 0 }
}
