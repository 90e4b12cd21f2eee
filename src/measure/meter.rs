//! The meter: all metrics of one stream, from accepted events to samples.
//!
//! An event is *late* when its time is before the watermark; it is folded nowhere. A window closes
//! when the watermark reaches its end, so an event in time always finds its window open, and a
//! closed window never changes. (Some windows of longer steps could still take a late event; then
//! a metric's value would depend on its neighbours' steps, and the counters would have no simple
//! meaning.) Counts of a step without events are 0 while their group was met lately, see
//! [`super::bank::ZEROS_GROUPED`]; means and the like have a gap there.
//!
//! Closed values come out ordered by the end of the window, its start, the metric and the labels.
//! The end comes first because it is what closes a window: so it makes no difference whether
//! closing happens after each event or after many.

use super::bank::{Bank, Column, Due};
use super::clock::EventClock;
use super::group::GroupTable;
use super::place::{Place, Slot};
use super::roster::{Found, Roster};
use super::spec::MetricSpec;
use crate::model::{EventRef, FieldId, LabelSet, Millis, Sample, Timestamp, Value};
use std::sync::Arc;

/// A condition on an event's fields, ready to be asked.
pub trait Condition: Send {
    /// Whether it holds.
    fn holds(&self, values: &[Value<'_>]) -> bool;
}

/// A metric whose fields and conditions are found.
pub struct MetricDef {
    /// Its definition.
    pub spec: MetricSpec,
    /// The field measured.
    pub field: Option<FieldId>,
    /// The fields that become labels, in the order of `spec.by`.
    pub by: Vec<FieldId>,
    /// Only events for which this holds.
    pub filter: Option<Box<dyn Condition>>,
    /// For a ratio: above the line.
    pub of: Option<Box<dyn Condition>>,
    /// For a ratio: below the line.
    pub to: Option<Box<dyn Condition>>,
}

/// Named limits of a meter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MeterLimits {
    /// Windows open at once, each metric's and group's counted.
    pub open_windows: usize,
    /// Partitions tracked.
    pub partitions: usize,
}

impl Default for MeterLimits {
    fn default() -> Self {
        Self { open_windows: 200_000, partitions: 10_000 }
    }
}

/// Windows with a sketch are so many times fewer than others: a full sketch takes up to 16 KiB,
/// another window 48 bytes.
const HEAVY_SHARE: usize = 16;

/// A value of a metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// The metric, by its place among the definitions.
    pub metric: u16,
    /// The group; see [`Meter::labels`].
    pub group: u32,
    /// The step's start, or the event's time where the metric is raw.
    pub at: Timestamp,
    /// The value; always finite.
    pub value: f64,
    /// What it weighs among the same metric's values of other groups: the numbers of a mean, the events below the line of a
    /// ratio, else 1.
    pub weight: f64,
}

/// Who shares a bank: table, condition, step, limit of series.
type BankKey = (usize, Option<usize>, Millis, usize);

pub(super) struct Stepped {
    pub(super) bank: Bank,
    pub(super) table: usize,
    pub(super) filter: Option<usize>,
    pub(super) roster: Roster,
}

/// A metric without a step: each event is a sample.
pub(super) struct Raw {
    pub(super) metric: u16,
    field: Option<FieldId>,
    table: usize,
    filter: Option<usize>,
    pub(super) roster: Roster,
}

/// Conditions of all metrics, the same one asked once per event.
#[derive(Default)]
pub(super) struct Conditions {
    all: Vec<Box<dyn Condition>>,
    /// The text each was made of, where that is known, to tell which are the same.
    pub(super) texts: Vec<Option<Arc<str>>>,
    answers: Vec<Option<bool>>,
}

impl Conditions {
    fn add(&mut self, text: Option<&Arc<str>>, condition: Option<Box<dyn Condition>>) -> Option<usize> {
        let condition = condition?;
        let same = text.and_then(|t| self.texts.iter().position(|known| known.as_ref() == Some(t)));
        Some(same.unwrap_or_else(|| {
            self.all.push(condition);
            self.texts.push(text.cloned());
            self.answers.push(None);
            self.all.len() - 1
        }))
    }

    #[inline]
    fn forget(&mut self) {
        self.answers.fill(None);
    }

    #[inline]
    fn holds(&mut self, condition: usize, values: &[Value<'_>]) -> bool {
        *self.answers[condition].get_or_insert_with(|| self.all[condition].holds(values))
    }
}

#[derive(Clone, Copy)]
enum Seat {
    Stepped(usize),
    Raw(usize),
}

/// All metrics of one stream.
pub struct Meter {
    pub(super) clock: EventClock,
    limits: MeterLimits,
    pub(super) conditions: Conditions,
    pub(super) tables: Vec<GroupTable>,
    found: Vec<Found>,
    pub(super) stepped: Vec<Stepped>,
    pub(super) raw: Vec<Raw>,
    /// Where each metric sits.
    seats: Vec<Seat>,
    due: Vec<Due>,
    /// Whether partitions that run ahead are held back.
    pub(super) holding: bool,
    pub(super) forced: u64,
    no_labels: LabelSet,
}

impl Meter {
    /// A meter of these metrics, of a stream with this lateness.
    pub fn new(defs: Vec<MetricDef>, lateness: Millis, limits: MeterLimits) -> Self {
        let mut conditions = Conditions::default();
        let mut tables: Vec<GroupTable> = Vec::new();
        let mut raw: Vec<Raw> = Vec::new();
        let mut banks: Vec<(BankKey, Vec<Column>)> = Vec::new();
        let mut seats = Vec::with_capacity(defs.len());
        for (metric, def) in defs.into_iter().enumerate() {
            let metric = metric as u16;
            let table = tables.iter().position(|t| t.by() == def.by).unwrap_or_else(|| {
                tables.push(GroupTable::new(def.by.clone(), def.spec.by.clone()));
                tables.len() - 1
            });
            let filter = conditions.add(def.spec.filter.as_ref(), def.filter);
            let Some(step) = def.spec.step else {
                seats.push(Seat::Raw(raw.len()));
                raw.push(Raw { metric, field: def.field, table, filter, roster: Roster::new(def.spec.max_series) });
                continue;
            };
            let pair = (conditions.add(def.spec.of.as_ref(), def.of), conditions.add(def.spec.to.as_ref(), def.to));
            let column = Column { metric, measure: def.spec.measure, field: def.field, pair };
            let key = (table, filter, step, def.spec.max_series);
            let bank = banks.iter().position(|(k, _)| *k == key).unwrap_or_else(|| {
                banks.push((key, Vec::new()));
                banks.len() - 1
            });
            banks[bank].1.push(column);
            seats.push(Seat::Stepped(bank));
        }
        let stepped = banks.into_iter().map(|((table, filter, step, limit), columns)| {
            let grouped = !tables[table].by().is_empty();
            Stepped { bank: Bank::new(step, columns, grouped), table, filter, roster: Roster::new(limit) }
        });
        let stepped = stepped.collect();
        Self {
            clock: EventClock::new(lateness, limits.partitions),
            limits,
            conditions,
            found: vec![Found::Unsought; tables.len()],
            tables,
            stepped,
            raw,
            seats,
            due: Vec::new(),
            holding: false,
            forced: 0,
            no_labels: LabelSet::none(),
        }
    }

    /// Folds an event; `false`: it is late, and folded nowhere. Raw metrics hand out their sample
    /// at once. Windows close in [`Meter::close`] only, except where the limit forces one.
    pub fn accept(&mut self, event: &EventRef<'_>, place: Place, out: &mut Vec<Measured>) -> bool {
        if !self.clock.heard(place.slot(), event.at) {
            return false;
        }
        self.found.fill(Found::Unsought);
        self.conditions.forget();
        let mut opened = false;
        for Stepped { bank, table, filter, roster } in &mut self.stepped {
            let (table, found) = (&mut self.tables[*table], &mut self.found[*table]);
            if filter.is_some_and(|f| !self.conditions.holds(f, event.values)) {
                if table.by().is_empty() && bank.counts_nothing() {
                    opened |= bank.window(0, event.at).is_some_and(|w| w.1);
                }
                continue;
            }
            seek(found, table, event);
            let group = roster.admit(found, table);
            if let Some((window, new)) = bank.window(group, event.at) {
                opened |= new;
                bank.fold(window, event, place, |condition| self.conditions.holds(condition, event.values));
            }
        }
        for Raw { metric, field, table, filter, roster } in &mut self.raw {
            if filter.is_some_and(|f| !self.conditions.holds(f, event.values)) {
                continue;
            }
            let Some(value) = field.map_or(Some(1.0), |f| event.get(f).number()) else { continue };
            let (table, found) = (&mut self.tables[*table], &mut self.found[*table]);
            seek(found, table, event);
            out.push(Measured { metric: *metric, group: roster.admit(found, table), at: event.at, value, weight: 1.0 });
        }
        if opened {
            self.bound(out);
        }
        true
    }

    /// Keeps the number of open windows within its limit.
    fn bound(&mut self, out: &mut Vec<Measured>) {
        let mut open = self.open_windows();
        self.holding |= open > self.limits.open_windows / 2;
        while open > self.limits.open_windows || self.heavy_windows() > self.limits.open_windows / HEAVY_SHARE {
            // The newest window alone may be over the limit of sketches; then it goes itself.
            let heavy_only = open <= self.limits.open_windows;
            let candidates = self.stepped.iter_mut().filter(|s| !heavy_only || s.bank.heavy_windows() > 0);
            let Some(oldest) = candidates.min_by_key(|s| s.bank.oldest_end().unwrap_or(i64::MAX)) else { break };
            let table = &mut self.tables[oldest.table];
            table.settle();
            let before = oldest.bank.open_windows();
            oldest.bank.close_oldest(table, &mut self.due);
            let closed = before - oldest.bank.open_windows();
            if closed == 0 {
                break;
            }
            self.forced += closed as u64;
            open -= closed;
        }
        if !self.due.is_empty() {
            self.hand_out(out);
        }
    }

    /// The watermark; `None` until every assigned partition was heard of or is idle.
    pub fn watermark(&self) -> Option<Timestamp> {
        self.clock.watermark()
    }

    /// A partition was assigned: the watermark waits for its first event.
    pub fn assigned(&mut self, slot: Slot) {
        self.clock.assigned(slot);
    }

    /// A partition stands at its end and is silent: the watermark does not wait for it.
    pub fn idle(&mut self, slot: Slot) {
        self.clock.idle(slot);
    }

    /// A partition is no longer read.
    pub fn revoked(&mut self, slot: Slot) {
        self.clock.revoked(slot);
    }

    /// The machine's clock moved on. Where all partitions are idle, event time runs on with it.
    pub fn tick(&mut self, now: Timestamp) {
        self.clock.tick(now);
    }

    /// Whether [`Meter::close`] would have something to do: cheap enough to ask after each event.
    #[inline]
    pub fn is_due(&self) -> bool {
        self.clock.watermark().is_some_and(|w| self.stepped.iter().any(|s| s.bank.is_due(w)))
    }

    /// Closes every window whose end the watermark has reached, in the order of their ends, their
    /// starts, the metrics and the labels.
    pub fn close(&mut self, out: &mut Vec<Measured>) {
        let Some(watermark) = self.clock.watermark() else { return };
        for Stepped { bank, table, .. } in &mut self.stepped {
            if bank.is_due(watermark) {
                self.tables[*table].settle();
                bank.close(watermark, &self.tables[*table], &mut self.due);
            }
        }
        self.hand_out(out);
    }

    /// Closes every window there is: the end of a run.
    pub fn close_all(&mut self, out: &mut Vec<Measured>) {
        self.close(out);
        let Some(newest) = self.clock.newest() else { return };
        for Stepped { bank, table, .. } in &mut self.stepped {
            self.tables[*table].settle();
            bank.close_begun(newest, &self.tables[*table], &mut self.due);
        }
        self.hand_out(out);
    }

    fn hand_out(&mut self, out: &mut Vec<Measured>) {
        self.holding &= self.open_windows() >= self.limits.open_windows / 4;
        self.due.sort_unstable_by_key(|d| d.order);
        out.extend(self.due.drain(..).map(|d| Measured {
            metric: d.order.2,
            group: d.group,
            at: Timestamp::from_millis(d.order.1),
            value: d.value,
            weight: d.weight,
        }));
    }

    /// The value of the newest open window of each metric's groups: it may still change.
    pub fn provisional(&self, each: &mut dyn FnMut(u16, u32, Sample)) {
        self.stepped.iter().for_each(|s| s.bank.provisional(each));
    }

    /// The labels of a metric's group.
    pub fn labels(&self, metric: u16, group: u32) -> &LabelSet {
        let table = match self.seats.get(metric as usize) {
            Some(&Seat::Stepped(i)) => self.stepped[i].table,
            Some(&Seat::Raw(i)) => self.raw[i].table,
            None => return &self.no_labels,
        };
        self.tables[table].labels(group).unwrap_or(&self.no_labels)
    }

    /// Events of a metric folded into `other`, because it has no room for more series.
    pub fn folded(&self, metric: u16) -> u64 {
        match self.seats.get(metric as usize) {
            Some(&Seat::Stepped(i)) => self.stepped[i].roster.folded(),
            Some(&Seat::Raw(i)) => self.raw[i].roster.folded(),
            None => 0,
        }
    }

    /// Windows open, each metric's and group's counted.
    pub fn open_windows(&self) -> usize {
        self.stepped.iter().map(|s| s.bank.open_windows()).sum()
    }

    fn heavy_windows(&self) -> usize {
        self.stepped.iter().map(|s| s.bank.heavy_windows()).sum()
    }

    /// Windows closed before their time, because there were too many.
    pub fn forced(&self) -> u64 {
        self.forced
    }

    /// Events in time that met a window closed by force; each metric with its own labels,
    /// condition or step counts for itself.
    pub fn shut_out(&self) -> u64 {
        self.stepped.iter().map(|s| s.bank.shut_out()).sum()
    }

    /// Events of partitions beyond the limit of partitions.
    pub fn untracked(&self) -> u64 {
        self.clock.untracked()
    }

    /// Partitions to be held back while catching up, those whose event time is far ahead of the
    /// watermark; all others may go on. None while open windows stay below half their limit; once
    /// above, until they are below a quarter.
    pub fn ahead(&self) -> Vec<Slot> {
        if self.holding { self.clock.ahead() } else { Vec::new() }
    }

    /// Bytes it holds.
    pub fn memory(&self) -> usize {
        let tables: usize = self.tables.iter().map(GroupTable::heap).sum();
        let stepped: usize = self.stepped.iter().map(|s| s.bank.heap() + s.roster.heap() + size_of::<Stepped>()).sum();
        let raw: usize = self.raw.iter().map(|r| r.roster.heap() + size_of::<Raw>()).sum();
        tables + stepped + raw + self.clock.heap() + self.due.capacity() * size_of::<Due>()
    }
}

/// Looks an event's group up, once for all metrics with the same labels.
#[inline]
fn seek(found: &mut Found, table: &mut GroupTable, event: &EventRef<'_>) {
    if *found == Found::Unsought {
        *found = table.find(event).map_or(Found::New, Found::Known);
    }
}
