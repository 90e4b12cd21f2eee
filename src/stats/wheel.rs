//! The slots of a season: what is usual at each part of a round, as it departs from the level.
//!
//! A slot learns once in each round, from the mean of its visit, so that a thousand numbers of one bad
//! hour weigh as one. Between the middles of slots the centre runs straight, so that a morning's
//! ramp is no staircase. The seasonal baseline meets it.

use super::period::phase;
use super::welford::LARGEST;

/// Slots of a day: a quarter of an hour each.
const OF_DAY: usize = 96;
/// Slots of a week: an hour each.
const OF_WEEK: usize = 168;
/// Most slots that may be asked for: 24 KiB.
pub const MOST: usize = 1024;
/// Share that the newest round has in a slot that saw many: a season changes over some ten rounds.
const RATE: f64 = 0.1;
/// With fewer rounds, a slot asks its neighbours.
const YOUNG: u32 = 3;
/// What its own rounds weigh against those of a neighbour.
const OWN: f64 = 4.0;
/// Rounds' worth of trust that the spread of all slots has in the spread of one.
const SHARED: f64 = 3.0;
/// Mean absolute deviation to standard deviation, of a normal distribution.
const OF_MEAN: f64 = 1.253_314_137;

/// One part of a round.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Slot {
    /// Its usual distance from the level.
    pub centre: f64,
    /// The standard deviation around that.
    pub spread: f64,
    /// In how many rounds it was seen.
    pub rounds: u32,
}

/// A round of slots.
#[derive(Clone, Debug)]
pub struct Wheel {
    period: i64,
    slots: Vec<Slot>,
    /// The visit that is going on: its slot and its round.
    open: usize,
    round: i64,
    n: u64,
    sum: f64,
    apart: f64,
}

impl Wheel {
    /// An empty one; at least one slot.
    pub fn new(period: i64, slots: usize) -> Self {
        let slots = vec![Slot::default(); slots.clamp(1, MOST)];
        Self { period: period.max(1), slots, open: 0, round: i64::MIN, n: 0, sum: 0.0, apart: 0.0 }
    }

    /// How many slots a round of `period` milliseconds has unless stated.
    pub fn usual(period: i64) -> usize {
        if period > 2 * 86_400_000 { OF_WEEK } else { OF_DAY }
    }

    /// The length of a round in milliseconds.
    pub fn period(&self) -> i64 {
        self.period
    }

    /// Sets every slot by the place of its middle in the round.
    pub fn fill(&mut self, of: impl Fn(f64) -> Slot) {
        let n = self.slots.len() as f64;
        for (i, slot) in self.slots.iter_mut().enumerate() {
            *slot = of((i as f64 + 0.5) / n);
        }
    }

    /// What is usual at a place of the round, where anything is known; `all` is the spread of all slots.
    pub fn slot(&self, turn: f64, all: f64) -> Option<Slot> {
        let n = self.slots.len();
        let place = (turn * n as f64 - 0.5).rem_euclid(n as f64);
        let (a, share) = (place as usize % n, place.fract());
        let here = self.aged(((turn * n as f64) as usize).min(n - 1), all)?;
        let (before, after) = (self.aged(a, all)?, self.aged((a + 1) % n, all)?);
        Some(Slot { centre: before.centre * (1.0 - share) + after.centre * share, ..here })
    }

    /// Whether nothing was ever learned at a place of the round: neighbours may say something of it, it itself cannot.
    pub fn is_blank(&self, turn: f64) -> bool {
        let n = self.slots.len();
        self.slots[((turn * n as f64) as usize).min(n - 1)].rounds == 0
    }

    /// A slot, with the help of its neighbours while it is young.
    fn aged(&self, i: usize, all: f64) -> Option<Slot> {
        let own = self.slots[i];
        let mut found = own;
        if own.rounds < YOUNG {
            let n = self.slots.len();
            let near = [(i, OWN), ((i + 1) % n, 1.0), ((i + n - 1) % n, 1.0), ((i + 2) % n, 0.5), ((i + n - 2) % n, 0.5)];
            let (mut sum, mut weight) = (0.0, 0.0);
            for (j, w) in near {
                let w = w * f64::from(self.slots[j].rounds);
                sum += w * self.slots[j].centre;
                weight += w;
                found.rounds = found.rounds.max(self.slots[j].rounds.min(1));
            }
            if weight <= 0.0 {
                return None;
            }
            found.centre = sum / weight;
        }
        // Few rounds say little of the spread, and their centre is itself a guess.
        let rounds = f64::from(own.rounds);
        let trust = rounds / (rounds + SHARED);
        found.spread = (trust * own.spread + (1.0 - trust) * all) * (1.0 + 1.0 / (rounds + 1.0)).sqrt();
        Some(found)
    }

    /// The lowest and the highest of what is usual within `reach` milliseconds around a place, `k` deviations wide.
    pub fn around(&self, turn: f64, reach: i64, k: f64, all: f64) -> (f64, f64) {
        let n = self.slots.len();
        let steps = (reach as f64 / self.period as f64 * n as f64).ceil() as usize;
        let here = ((turn * n as f64) as usize).min(n - 1);
        let near = (0..=2 * steps.min(n / 4)).map(|step| (here + n + step - steps.min(n / 4)) % n);
        self.span(near, k, all)
    }

    /// The lowest and the highest of what is usual at any time.
    pub fn ends(&self, k: f64, all: f64) -> (f64, f64) {
        self.span(0..self.slots.len(), k, all)
    }

    fn span(&self, places: impl Iterator<Item = usize>, k: f64, all: f64) -> (f64, f64) {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for slot in places.map(|i| &self.slots[i]).filter(|slot| slot.rounds > 0) {
            let spread = f64::midpoint(slot.spread, all);
            low = low.min(slot.centre - k * spread);
            high = high.max(slot.centre + k * spread);
        }
        (low, high)
    }

    /// Takes in how far a number was from what is expected; a visit is learned when the next begins.
    pub fn push(&mut self, at: i64, rest: f64) {
        let n = self.slots.len();
        let slot = ((phase(at, self.period) * n as f64) as usize).min(n - 1);
        let round = at.div_euclid(self.period);
        if slot != self.open || round != self.round {
            self.close();
            (self.open, self.round) = (slot, round);
        }
        self.n += 1;
        self.sum += rest;
        self.apart += rest.abs();
    }

    fn close(&mut self) {
        if self.n == 0 {
            return;
        }
        let n = self.n as f64;
        let (mean, apart) = (self.sum / n, OF_MEAN * self.apart / n);
        let slot = &mut self.slots[self.open];
        let rate = (1.0 / f64::from(slot.rounds.saturating_add(1))).max(RATE);
        slot.centre = (slot.centre + rate * mean).clamp(-LARGEST, LARGEST);
        // The first visit knows its centre and nothing of how far rounds lie apart.
        slot.spread = if slot.rounds == 0 { 0.0 } else { slot.spread + rate * (apart - slot.spread) };
        slot.rounds = slot.rounds.saturating_add(1);
        (self.n, self.sum, self.apart) = (0, 0.0, 0.0);
    }

    /// Takes the mean of the slots out of them and gives it: it belongs to the level.
    pub fn balance(&mut self) -> f64 {
        let (sum, n) = self.slots.iter().filter(|slot| slot.rounds > 0).fold((0.0, 0.0), |(sum, n), slot| (sum + slot.centre, n + 1.0));
        let mean = if n > 0.0 { sum / n } else { 0.0 };
        self.slots.iter_mut().filter(|slot| slot.rounds > 0).for_each(|slot| slot.centre -= mean);
        mean
    }

    /// After a long absence what was learned still stands, but the next rounds weigh as if it were young.
    pub fn fade(&mut self) {
        self.slots.iter_mut().for_each(|slot| slot.rounds = slot.rounds.min(2));
    }

    /// Bytes on the heap.
    pub fn memory(&self) -> usize {
        self.slots.capacity() * size_of::<Slot>()
    }

    /// All it knows: whole numbers and finite ones.
    pub fn save(&self) -> (Vec<i64>, Vec<f64>) {
        let whole = [self.period, self.open as i64, self.round, self.n as i64];
        let numbers = [self.sum, self.apart].into_iter().chain(self.slots.iter().flat_map(|slot| [slot.centre, slot.spread]));
        (whole.into_iter().chain(self.slots.iter().map(|slot| i64::from(slot.rounds))).collect(), numbers.collect())
    }

    /// What [`Wheel::save`] gave; `None` where it cannot have come from there.
    pub fn restore(whole: &[i64], numbers: &[f64]) -> Option<Self> {
        let [period, open, round, n, rounds @ ..] = whole else { return None };
        let [sum, apart, slots @ ..] = numbers else { return None };
        let (open, n) = (usize::try_from(*open).ok()?, u64::try_from(*n).ok()?);
        let fits = *period > 0 && open < rounds.len() && rounds.len() <= MOST && slots.len() == 2 * rounds.len();
        let slot = |(pair, rounds): (&[f64], &i64)| Some(Slot { centre: pair[0], spread: pair[1], rounds: u32::try_from(*rounds).ok()? });
        let slots = slots.chunks_exact(2).zip(rounds).map(slot).collect::<Option<_>>().filter(|_| fits)?;
        Some(Self { period: *period, slots, open, round: *round, n, sum: *sum, apart: *apart })
    }
}
