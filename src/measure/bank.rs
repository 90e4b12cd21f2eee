//! Banks: the open windows of metrics that share their labels, condition and step.
//!
//! Metrics that differ only in field and measure look their group and window up together. Each
//! group has a short queue of open windows, in order of time; accumulators lie in one list, so
//! that opening a window allocates nothing.

use super::group::GroupTable;
use super::part::{Part, counts_nothing_as_zero, is_heavy};
use super::place::Place;
use super::spec::Measure;
use crate::model::{EventRef, FieldId, Millis, Sample, Timestamp};
use std::collections::VecDeque;

/// How many steps after its last event a group still counts 0, where counts have no events. Later
/// its series have a gap, for the group may be gone for good.
pub const ZEROS_GROUPED: i64 = 60;

/// The same for a metric without labels, which has but one series and no reason to end; still
/// bounded, for a jump in event time must not make millions of zeros.
pub const ZEROS_SINGLE: i64 = 3_600;

/// Before any window; far from the ends, so that differences do not overflow.
const NEVER: i64 = i64::MIN / 4;
/// Long before that: a group that had no window yet has no zeros either.
const LONG_AGO: i64 = i64::MIN / 2;

/// One metric of a bank.
#[derive(Debug)]
pub struct Column {
    /// Its index among the stream's metrics.
    pub metric: u16,
    /// What is made of the values.
    pub measure: Measure,
    /// The field measured.
    pub field: Option<FieldId>,
    /// The conditions of a ratio, as indices; `None` holds always.
    pub pair: (Option<usize>, Option<usize>),
}

/// A closed value on its way out, with all that orders it.
#[derive(Clone, Copy, Debug)]
pub struct Due {
    /// End of the window, then its start, the metric, and the group's place by labels.
    pub order: (i64, i64, u16, u32),
    /// The group.
    pub group: u32,
    /// The value.
    pub value: f64,
    /// What it weighs among others.
    pub weight: f64,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    index: i64,
    place: u32,
}

#[derive(Clone, Debug)]
pub(super) struct Lane {
    /// Whether it stands in the list of lanes to look at when windows close.
    warm: bool,
    /// The last closed window that had events.
    last_full: i64,
    open: VecDeque<Open>,
}

/// Open windows of metrics with the same labels, condition and step.
#[derive(Debug)]
pub struct Bank {
    pub(super) step: i64,
    pub(super) columns: Vec<Column>,
    /// Steps without events for which zeros are given; 0 where no metric counts.
    pub(super) zeros: i64,
    pub(super) lanes: Vec<Lane>,
    pub(super) warm: Vec<u32>,
    pub(super) parts: Vec<Part>,
    pub(super) free: Vec<u32>,
    pub(super) open: usize,
    /// Windows before this one are closed for good.
    pub(super) next: i64,
    /// The watermark from which there is something to close.
    pub(super) next_end: i64,
    /// Start, end and index of the window met last.
    pub(super) recent: (i64, i64, i64),
    /// Events that met a window closed by force.
    pub(super) shut_out: u64,
}

impl Bank {
    /// A bank of `columns` with this step.
    pub fn new(step: Millis, columns: Vec<Column>, grouped: bool) -> Self {
        let counts = columns.iter().any(|c| counts_nothing_as_zero(c.measure));
        let zeros = if grouped { ZEROS_GROUPED } else { ZEROS_SINGLE };
        Self {
            step: step.get().max(1),
            columns,
            zeros: if counts { zeros } else { 0 },
            lanes: Vec::new(),
            warm: Vec::new(),
            parts: Vec::new(),
            free: Vec::new(),
            open: 0,
            next: NEVER,
            next_end: i64::MIN,
            recent: (0, 0, 0),
            shut_out: 0,
        }
    }

    /// Windows open, each metric's counted.
    pub fn open_windows(&self) -> usize {
        self.open * self.columns.len()
    }

    /// Open windows that hold a sketch.
    pub fn heavy_windows(&self) -> usize {
        self.open * self.columns.iter().filter(|c| is_heavy(c.measure)).count()
    }

    /// Events that met a window closed by force.
    pub fn shut_out(&self) -> u64 {
        self.shut_out
    }

    /// Whether an ungrouped count is to hear of events that its condition shuts out, so that it
    /// counts 0 from the stream's first event on.
    pub fn counts_nothing(&self) -> bool {
        self.zeros > 0
    }

    #[inline]
    fn index_of(&mut self, at: Timestamp) -> i64 {
        let at = at.as_millis();
        let (start, end, index) = self.recent;
        if at >= start && at < end {
            return index;
        }
        let index = at.div_euclid(self.step);
        let start = index.saturating_mul(self.step);
        self.recent = (start, start.saturating_add(self.step), index);
        index
    }

    /// The place of the window of `group` at `at`, opened where it is new. `None` for a window
    /// that was closed by force. Says also whether it was opened.
    #[inline]
    pub fn window(&mut self, group: u32, at: Timestamp) -> Option<(u32, bool)> {
        let index = self.index_of(at);
        if index < self.next {
            self.shut_out += 1;
            return None;
        }
        if let Some(lane) = self.lanes.get(group as usize)
            && let Some(newest) = lane.open.back()
            && newest.index == index
        {
            return Some((newest.place, false));
        }
        Some(self.find_or_open(group, index))
    }

    fn find_or_open(&mut self, group: u32, index: i64) -> (u32, bool) {
        if self.lanes.len() <= group as usize {
            self.lanes.resize(group as usize + 1, Lane { warm: false, last_full: LONG_AGO, open: VecDeque::new() });
        }
        let lane = &mut self.lanes[group as usize];
        let at = lane.open.partition_point(|o| o.index < index);
        if let Some(found) = lane.open.get(at).filter(|o| o.index == index) {
            return (found.place, false);
        }
        let stride = self.columns.len();
        let place = self.free.pop().unwrap_or_else(|| {
            self.parts.resize(self.parts.len() + stride, Part::Empty);
            (self.parts.len() / stride - 1) as u32
        });
        for (part, column) in self.parts[place as usize * stride..].iter_mut().zip(&self.columns) {
            *part = Part::new(column.measure);
        }
        lane.open.insert(at, Open { index, place });
        if !lane.warm {
            lane.warm = true;
            self.warm.push(group);
        }
        self.open += 1;
        (place, true)
    }

    /// Folds an event into a window. `holds` says whether a condition of a ratio holds.
    #[inline]
    pub fn fold(&mut self, window: u32, event: &EventRef<'_>, place: Place, mut holds: impl FnMut(usize) -> bool) {
        let first = window as usize * self.columns.len();
        for (part, column) in self.parts[first..].iter_mut().zip(&self.columns) {
            let mut side = |condition: Option<usize>| condition.is_none_or(&mut holds);
            let pair = if matches!(column.measure, Measure::Ratio) { (side(column.pair.0), side(column.pair.1)) } else { (true, true) };
            part.fold(column.measure, event, column.field, place, pair);
        }
    }

    /// Whether a watermark closes anything that was not closed before.
    #[inline]
    pub fn is_due(&self, watermark: Timestamp) -> bool {
        watermark.as_millis() >= self.next_end
    }

    /// Closes every window that ends at or before `watermark`.
    pub fn close(&mut self, watermark: Timestamp, table: &GroupTable, out: &mut Vec<Due>) {
        self.close_before(watermark.as_millis().div_euclid(self.step), table, out);
    }

    /// Closes every window that began at or before `newest`: the end of a run.
    pub fn close_begun(&mut self, newest: Timestamp, table: &GroupTable, out: &mut Vec<Due>) {
        self.close_before(newest.as_millis().div_euclid(self.step) + 1, table, out);
    }

    /// Closes the oldest window of all groups, to make room.
    pub fn close_oldest(&mut self, table: &GroupTable, out: &mut Vec<Due>) {
        if let Some(oldest) = self.oldest() {
            self.close_before(oldest + 1, table, out);
        }
    }

    /// The end of the oldest open window.
    pub fn oldest_end(&self) -> Option<i64> {
        self.oldest().map(|index| (index + 1).saturating_mul(self.step))
    }

    fn oldest(&self) -> Option<i64> {
        self.warm.iter().filter_map(|&g| self.lanes[g as usize].open.front().map(|o| o.index)).min()
    }

    fn close_before(&mut self, end: i64, table: &GroupTable, out: &mut Vec<Due>) {
        if end <= self.next {
            return;
        }
        let mut step = self.next;
        while let Some(index) = self.soonest(step).filter(|&index| index < end) {
            let mut i = 0;
            while let Some(&group) = self.warm.get(i) {
                if self.close_one(group, index, table.rank(group), out) {
                    i += 1;
                } else {
                    self.lanes[group as usize].warm = false;
                    self.warm.swap_remove(i);
                }
            }
            step = index + 1;
        }
        self.next = end;
        self.next_end = (end + 1).saturating_mul(self.step);
        if self.open == 0 && self.parts.len() > self.columns.len() * self.lanes.len() * 4 {
            // The memory of a time of catching up is given back.
            self.parts = Vec::new();
            self.free = Vec::new();
        }
    }

    /// The first window from `from` on for which any group has something to say.
    fn soonest(&self, from: i64) -> Option<i64> {
        let of_lane = |lane: &Lane| {
            if from - lane.last_full <= self.zeros { Some(from) } else { lane.open.front().map(|o| o.index) }
        };
        self.warm.iter().filter_map(|&g| of_lane(&self.lanes[g as usize])).min()
    }

    /// Closes the window `index` of one group. Says whether the group may have more to say.
    fn close_one(&mut self, group: u32, index: i64, rank: u32, out: &mut Vec<Due>) -> bool {
        let stride = self.columns.len();
        let start = index.saturating_mul(self.step);
        let end = start.saturating_add(self.step);
        let lane = &mut self.lanes[group as usize];
        if let Some(open) = lane.open.pop_front_if(|o| o.index == index) {
            lane.last_full = index;
            let first = open.place as usize * stride;
            for (part, column) in self.parts[first..first + stride].iter_mut().zip(&self.columns) {
                if let Some(value) = part.value(column.measure, Millis::new(self.step)) {
                    out.push(Due { order: (end, start, column.metric, rank), group, value, weight: part.weight() });
                }
                *part = Part::Empty;
            }
            self.free.push(open.place);
            self.open -= 1;
        } else if index - lane.last_full <= self.zeros {
            for column in self.columns.iter().filter(|c| counts_nothing_as_zero(c.measure)) {
                out.push(Due { order: (end, start, column.metric, rank), group, value: 0.0, weight: 1.0 });
            }
        }
        !lane.open.is_empty() || index - lane.last_full < self.zeros
    }

    /// The value of the newest open window of each group, as it stands.
    pub fn provisional(&self, each: &mut dyn FnMut(u16, u32, Sample)) {
        for &group in &self.warm {
            let Some(open) = self.lanes[group as usize].open.back() else { continue };
            let at = Timestamp::from_millis(open.index.saturating_mul(self.step));
            let first = open.place as usize * self.columns.len();
            for (part, column) in self.parts[first..].iter().zip(&self.columns) {
                if let Some(value) = part.value(column.measure, Millis::new(self.step)) {
                    each(column.metric, group, Sample { at, value });
                }
            }
        }
    }

    /// Bytes it holds.
    pub fn heap(&self) -> usize {
        let lanes: usize = self.lanes.iter().map(|l| size_of::<Lane>() + l.open.capacity() * size_of::<Open>()).sum();
        let parts: usize = self.parts.iter().map(Part::heap).sum();
        lanes + parts + self.parts.capacity() * size_of::<Part>() + (self.warm.capacity() + self.free.capacity()) * size_of::<u32>()
    }
}
