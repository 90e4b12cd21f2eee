//! Which value follows which: surprise of a variable-order Markov model on coarse levels, joined with the range breakout.
//!
//! Values become one of four levels of the range learned at the start, or one of eight steps
//! beyond it; four such quantisers, each shifted by a quarter of a level, keep a value that
//! dithers on an edge from looking new. Each counts which level follows which two, and answers
//! with −ln of the share, falling back to shorter contexts where a longer one is rare. So what is
//! usual on the way up in the morning is odd at night, without any clock. A value beyond all seen
//! is told by how far beyond it is. The range is learned anew at each doubling of the first
//! samples, so that scores come early and get better, whatever the length of the series will be;
//! and again when the series has moved away from it. `auto` meets this.

use super::state::{count, floats, read_floats};
use crate::model::Band;
use crate::stats::log::ln;
use crate::stats::welford::noise_floor;
use serde_json::{Value, json};

/// Levels within the range. Three bits are the published choice; four levels in four phases do better.
const LEVELS: usize = 4;
/// Levels and the four steps beyond each end.
const SYMBOLS: usize = LEVELS + 8;
/// How many quantisers, each shifted by a part of a level.
const PHASES: usize = 4;
/// The weight of the shorter context, in samples: small, for a context seen once already tells much.
const BACK: f64 = 0.1;
/// The counts of a quantiser are halved when they reach this sum: half a year at a sample in five minutes.
const FULL: u32 = 40_000;
/// The range is learned first from this many samples, and anew at each doubling …
const FIRST: usize = 30;
/// … up to this many, after which the samples are no longer kept.
const LAST: usize = 960;
/// Beyond this many times the inner nine tenths, an early sample does not stretch the range: it would leave one level for all others.
const STRETCH: f64 = 20.0;
/// The share of late samples outside of the range, averaged over some thousand, that makes it learned anew.
const MOVED: f64 = 0.5;
const MOVING: f64 = 1.0 / 1000.0;
/// After this many samples the older half of the running range is forgotten.
const GENERATION: u64 = 20_000;
/// Spreads that a nat of surprise is like: 13.5 nats, where alone it serves best, weigh as five spreads do.
const SPREADS: f64 = 0.375;
/// A breakout by this share of the range counts one.
const BEYOND: f64 = 1.0 / 30.0;
/// A range of this few samples is but half known: what lies beyond it counts half.
const GROWING: f64 = 300.0;
/// The most a breakout counts: farther is no more certain.
const MOST: f64 = 10.0;
/// After this many samples a sequence counts seven tenths: contexts seen but once are little evidence.
const TRUST: f64 = 100.0;
/// A level that follows in at least one case of fifty is usual.
const LIKELY: f64 = 0.02;

type Row = [u16; SYMBOLS];

/// Level of a place in the range (0 to 1 inside) for one phase.
fn level(u: f64, phase: usize) -> usize {
    if (0.0..=1.0).contains(&u) {
        return ((LEVELS as f64 * u + phase as f64 / PHASES as f64) as usize).min(LEVELS - 1);
    }
    let (beyond, first) = if u > 1.0 { (u - 1.0, LEVELS) } else { (-u, LEVELS + 4) };
    first + usize::from(beyond > 0.25) + usize::from(beyond > 1.0) + usize::from(beyond > 4.0)
}

fn sum(row: &Row) -> f64 {
    f64::from(row.iter().map(|&n| u32::from(n)).sum::<u32>())
}

/// Counts of one quantiser. Of the 144 contexts of two most never occur: only those that do have a row.
#[derive(Clone, Debug)]
struct Table {
    single: Row,
    pairs: [Row; SYMBOLS],
    index: [u8; SYMBOLS * SYMBOLS],
    rows: Vec<Row>,
    /// The last level and the one before it.
    last: [u8; 2],
    /// How many of them there are.
    known: u8,
}

impl Table {
    fn new() -> Self {
        Self {
            single: [0; SYMBOLS],
            pairs: [[0; SYMBOLS]; SYMBOLS],
            index: [0; SYMBOLS * SYMBOLS],
            rows: Vec::new(),
            last: [0; 2],
            known: 0,
        }
    }

    fn context(&self) -> usize {
        usize::from(self.last[1]) * SYMBOLS + usize::from(self.last[0])
    }

    /// The row of the current context of two, where it has occurred.
    fn row(&self) -> Option<&Row> {
        self.rows.get(usize::from(self.index[self.context()]).checked_sub(1)?)
    }

    /// The share in which `symbol` is expected next.
    fn share(&self, symbol: usize) -> f64 {
        let back = |row: &Row, p: f64| (f64::from(row[symbol]) + BACK * p) / (sum(row) + BACK);
        let mut p = back(&self.single, 1.0 / (LEVELS as f64 + 2.0));
        if self.known >= 1 {
            p = back(&self.pairs[usize::from(self.last[0])], p);
        }
        if self.known >= 2 {
            p = self.row().map_or(p, |row| back(row, p));
        }
        p
    }

    fn learn(&mut self, symbol: usize) {
        self.single[symbol] += 1;
        if self.known >= 1 {
            self.pairs[usize::from(self.last[0])][symbol] += 1;
        }
        if self.known >= 2 {
            let context = self.context();
            if self.index[context] == 0 {
                self.rows.reserve_exact(usize::from(self.rows.len() == self.rows.capacity()) * 8);
                self.rows.push([0; SYMBOLS]);
                self.index[context] = self.rows.len() as u8;
            }
            self.rows[usize::from(self.index[context]) - 1][symbol] += 1;
        }
        self.last = [symbol as u8, self.last[0]];
        self.known = (self.known + 1).min(2);
        if sum(&self.single) >= f64::from(FULL) {
            let rows = self.rows.iter_mut().chain(&mut self.pairs).chain(std::iter::once(&mut self.single));
            rows.flatten().for_each(|n| *n /= 2);
        }
    }

    fn save(&self) -> Value {
        let rows = std::iter::once(&self.single).chain(&self.pairs).chain(&self.rows);
        json!({"counts": rows.flatten().collect::<Vec<_>>(), "index": self.index.to_vec(), "last": self.last, "known": self.known})
    }

    fn restore(state: &Value) -> Option<Self> {
        let numbers = |name: &str, most: u64| -> Option<Vec<u64>> {
            let list = state.get(name)?.as_array()?.iter();
            list.map(|n| n.as_u64().filter(|&n| n <= most)).collect()
        };
        let counts: Vec<u16> = numbers("counts", u64::from(u16::MAX))?.iter().map(|&n| n as u16).collect();
        let (counts, []) = counts.as_chunks::<SYMBOLS>() else { return None };
        let (fixed, rows) = counts.split_at_checked(1 + SYMBOLS)?;
        // One for each context that has occurred, named by its place in the index, which is a byte.
        if rows.len() > SYMBOLS * SYMBOLS {
            return None;
        }
        let mut table = Self::new();
        table.single = fixed[0];
        table.pairs.copy_from_slice(&fixed[1..]);
        table.rows.reserve_exact(rows.len().next_multiple_of(8));
        table.rows.extend_from_slice(rows);
        let index: Vec<u8> = numbers("index", rows.len().min(SYMBOLS * SYMBOLS) as u64)?.iter().map(|&n| n as u8).collect();
        table.index = index.try_into().ok()?;
        let last: Vec<u8> = numbers("last", SYMBOLS as u64 - 1)?.iter().map(|&n| n as u8).collect();
        table.last = last.try_into().ok()?;
        table.known = state.get("known")?.as_u64().filter(|&n| n <= 2)? as u8;
        (sum(&table.single) <= f64::from(FULL)).then_some(table)
    }
}

/// The range of values over the last one or two generations.
#[derive(Clone, Copy, Debug)]
struct Range {
    n: u64,
    now: [f64; 2],
    before: [f64; 2],
}

impl Range {
    const fn ends(&self) -> (f64, f64) {
        (self.now[0].min(self.before[0]), self.now[1].max(self.before[1]))
    }

    fn learn(&mut self, x: f64) {
        self.now = if self.n == 0 { [x; 2] } else { [self.now[0].min(x), self.now[1].max(x)] };
        if self.n == 0 {
            self.before = self.now;
        }
        self.n += 1;
        if self.n.is_multiple_of(GENERATION) {
            self.before = self.now;
            self.now = [x; 2];
        }
    }

    fn width(&self) -> f64 {
        let (low, high) = self.ends();
        (high - low).max(noise_floor(high))
    }
}

/// The model of one series.
#[derive(Clone, Debug)]
pub(super) struct Sequence {
    tables: Vec<Table>,
    low: f64,
    high: f64,
    early: Vec<f64>,
    settled: bool,
    /// Whether no range has rested on enough samples yet.
    first: bool,
    outside: f64,
    range: Range,
}

impl Sequence {
    pub(super) const fn new() -> Self {
        Self {
            tables: Vec::new(),
            low: 0.0,
            high: 0.0,
            early: Vec::new(),
            settled: false,
            first: true,
            outside: 0.0,
            range: Range { n: 0, now: [0.0; 2], before: [0.0; 2] },
        }
    }

    fn place(&self, x: f64) -> f64 {
        (x - self.low) / (self.high - self.low)
    }

    /// How surprising it is that `x` comes next, in spreads; 0 before there is a range.
    pub(super) fn surprise(&self, x: f64) -> f64 {
        if self.tables.is_empty() {
            return 0.0;
        }
        let u = self.place(x);
        // One logarithm of the product of four shares, none of which is below 10⁻¹⁰.
        let product: f64 = self.tables.iter().enumerate().map(|(phase, table)| table.share(level(u, phase))).product();
        -ln(product) / PHASES as f64 * SPREADS
    }

    /// How far `x` is beyond the range so far, in breakouts that count one.
    pub(super) fn breakout(&self, x: f64) -> f64 {
        let ((low, high), n) = (self.range.ends(), self.range.n as f64);
        let beyond = (x - high).max(low - x).max(0.0) / self.range.width();
        (beyond / BEYOND * n / (n + GROWING)).min(MOST)
    }

    /// How much it counts by the number of samples it rests on: 0 to 1.
    pub(super) fn trust(&self) -> f64 {
        let n = self.range.n as f64;
        (n / (n + TRUST)).sqrt()
    }

    /// Takes in one sample.
    pub(super) fn learn(&mut self, x: f64) {
        self.range.learn(x);
        self.count(x);
        if !self.settled {
            if self.early.len() == self.early.capacity() {
                self.early.reserve_exact(self.early.len().max(FIRST));
            }
            self.early.push(x);
            let n = self.early.len();
            // A range that only moved still serves until the new one rests on many samples.
            if n == LAST || (self.first && n.is_multiple_of(FIRST) && (n / FIRST).is_power_of_two()) {
                self.settle();
            }
        } else if self.outside > MOVED {
            self.settled = false;
        }
    }

    fn count(&mut self, x: f64) {
        if self.tables.is_empty() {
            return;
        }
        let u = self.place(x);
        for (phase, table) in self.tables.iter_mut().enumerate() {
            table.learn(level(u, phase));
        }
        self.outside += MOVING * (f64::from(u8::from(!(0.0..=1.0).contains(&u))) - self.outside);
    }

    /// Learns the range from the early samples, and counts them anew in it.
    fn settle(&mut self) {
        let mut sorted = self.early.clone();
        sorted.sort_by(f64::total_cmp);
        let n = sorted.len();
        let (least, most, inner) = (sorted[0], sorted[n - 1], sorted[n - 1 - n / 20] - sorted[n / 20]);
        let reach = if inner > 0.0 { STRETCH * inner } else { f64::INFINITY };
        self.low = least.max(sorted[n / 20] - reach);
        self.high = most.min(sorted[n - 1 - n / 20] + reach);
        self.high = self.high.max(self.low + noise_floor(self.low));
        self.tables = vec![Table::new(); PHASES];
        let early = std::mem::take(&mut self.early);
        for &x in &early {
            self.count(x);
        }
        self.outside = 0.0;
        self.settled = n >= LAST;
        self.first &= !self.settled;
        if !self.settled {
            self.early = early;
        }
    }

    /// What comes next follows nothing that was learned.
    pub(super) fn part(&mut self) {
        self.tables.iter_mut().for_each(|table| table.known = 0);
    }

    /// Learns the range anew from here on.
    pub(super) fn renew(&mut self) {
        (self.settled, self.first) = (false, true);
        self.early = Vec::new();
    }

    /// The range so far.
    pub(super) const fn range(&self) -> Band {
        let (low, high) = self.range.ends();
        Band { low, high }
    }

    /// Between which values the next sample usually lies, by what follows the last two.
    pub(super) fn likely(&self) -> Option<Band> {
        let table = self.tables.first()?;
        let usual = |&symbol: &usize| table.share(symbol) >= LIKELY;
        let (first, last) = ((0..LEVELS).find(usual)?, (0..LEVELS).rev().find(usual)?);
        let at = |level: usize| self.low + (self.high - self.low) * level as f64 / LEVELS as f64;
        Some(Band { low: at(first), high: at(last + 1) })
    }

    pub(super) fn save(&self) -> Value {
        let (now, before) = (self.range.now, self.range.before);
        json!({
            "tables": self.tables.iter().map(Table::save).collect::<Vec<_>>(),
            "range": floats([self.low, self.high, now[0], now[1], before[0], before[1], self.outside]),
            "n": self.range.n,
            "early": floats(self.early.iter().copied()),
            "settled": self.settled,
            "first": self.first,
        })
    }

    pub(super) fn restore(state: &Value) -> Option<Self> {
        let mut own = Self::new();
        own.tables = state.get("tables")?.as_array()?.iter().map(Table::restore).collect::<Option<_>>()?;
        let range = read_floats(state.get("range")?)?;
        let [low, high, a, b, c, d, outside] = range[..] else { return None };
        (own.low, own.high, own.outside) = (low, high, outside);
        own.range = Range { n: count(state.get("n")?)?, now: [a, b], before: [c, d] };
        own.early = read_floats(state.get("early")?).filter(|early| early.len() < LAST)?;
        own.settled = state.get("settled")?.as_bool()?;
        own.first = state.get("first")?.as_bool()?;
        let fits = own.tables.is_empty() || (own.tables.len() == PHASES && low < high);
        fits.then_some(own)
    }

    pub(super) fn memory(&self) -> usize {
        let rows: usize = self.tables.iter().map(|table| table.rows.capacity() * size_of::<Row>()).sum();
        self.tables.capacity() * size_of::<Table>() + rows + self.early.capacity() * size_of::<f64>()
    }
}

#[cfg(test)]
#[path = "auto_sequence_tests.rs"]
mod tests;
