//! Which levels of a series followed which, and which came at which hour: coarse, small, ageing.
//!
//! Numbers become symbols on four quantisers whose edges are shifted against each other, so that a
//! value which dithers across an edge of one does not look new to the others. Beyond the range
//! learned, symbols grow by powers of four: far outliers stay rare even where outliers are common.
//! For every context (none, the last symbol, the last two, the hour) it is counted how often it was
//! met and which symbols it was followed by, and how often of late something came that was new in
//! its context: where much is new, one more new thing is no news. The detector `novelty` meets it.

use super::log::ln;
use super::welford::noise_floor;

/// Quantisers, each shifted by a quarter of a level.
pub const PHASES: usize = 4;
/// Levels within the range: coarse on purpose, so that a few hundred observations have seen most transitions.
const LEVELS: usize = 4;
/// Symbols on each side beyond the range.
const FAR: usize = 4;
/// How far beyond the range, in widths of the range, the symbols on each side end; the last has no end.
const REACH: [f64; FAR - 1] = [0.25, 1.0, 4.0];
/// All symbols of a quantiser.
const SYMBOLS: usize = LEVELS + 2 * FAR;
/// Hours of a day, each a context.
const HOURS: usize = 24;
/// Where the contexts of one, of two symbols and of the hour begin; those of none are the first.
const ONE: usize = 1;
const TWO: usize = ONE + SYMBOLS;
const HOUR: usize = TWO + SYMBOLS * SYMBOLS;
/// All contexts of a quantiser.
const CONTEXTS: usize = HOUR + HOURS;
/// A context met fewer times tells nothing about what is usual after it.
const EXPERIENCED: u32 = 20;
/// Where the range is one value, levels are this share of it wide: a millionth is no change anybody looks at.
const ONE_VALUE: f64 = 1e-6;
/// The Laplace weight of what was never seen: how much of an observation it counts for. Between
/// 0.05 and 0.2 nothing depends on it.
const UNSEEN: f64 = 0.2;
/// Kinds of contexts: none, the last symbol, the last two, the hour.
const KINDS: usize = 4;
/// Observations over which it is known how often something new comes: three days of five minutes.
/// Between 300 and 3,000 little depends on it.
const HABIT: f64 = 1000.0;
/// What the habit counts beside the context: the chance of something new is that of the context, were
/// nothing known of others, and this much of the share of observations that were new in such
/// contexts. Between 0.1 and 1 nothing depends on it.
const BY_HABIT: f64 = 0.4;

/// What the first sight counts for, so that even what came just before a fading outlives it.
const FIRST: u8 = 2;

/// The symbols of one value on all quantisers.
pub type Symbols = [u8; PHASES];

/// A range learned, cut into levels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Levels {
    low: f64,
    high: f64,
}

impl Levels {
    /// Over the range from `low` to `high`, which may be one value.
    pub fn new(low: f64, high: f64) -> Self {
        if high - low > noise_floor(low.abs().max(high.abs())) {
            return Self { low, high };
        }
        let margin = (low.abs() * ONE_VALUE).max(noise_floor(low));
        Self { low: low - margin, high: high + margin }
    }

    /// With ends that [`Levels::ends`] gave.
    pub const fn from_ends(low: f64, high: f64) -> Self {
        Self { low, high }
    }

    /// Whether `symbol` is one of a quantiser's.
    pub const fn knows(symbol: u8) -> bool {
        (symbol as usize) < SYMBOLS
    }

    /// The ends.
    pub const fn ends(&self) -> (f64, f64) {
        (self.low, self.high)
    }

    /// Whether `x` lies within.
    pub fn holds(&self, x: f64) -> bool {
        x >= self.low && x <= self.high
    }

    /// Whether `other` reaches farther than `share` of this width beyond either end.
    pub fn outgrown(&self, other: &Self, share: f64) -> bool {
        let margin = share * (self.high - self.low);
        other.low <= self.low - margin || other.high >= self.high + margin
    }

    /// The width of a level.
    pub fn step(&self) -> f64 {
        (self.high - self.low) / LEVELS as f64
    }

    /// The symbols of `x`.
    pub fn symbols(&self, x: f64) -> Symbols {
        let u = (x - self.low) / (self.high - self.low);
        let beyond = |e: f64| REACH.iter().filter(|reach| e > **reach).count();
        if u > 1.0 {
            [(LEVELS + beyond(u - 1.0)) as u8; PHASES]
        } else if u < 0.0 {
            [(LEVELS + FAR + beyond(-u)) as u8; PHASES]
        } else {
            std::array::from_fn(|phase| {
                let shift = phase as f64 / PHASES as f64;
                ((LEVELS as f64 * u + shift) as usize).min(LEVELS - 1) as u8
            })
        }
    }

    /// From where to where a symbol of a quantiser reaches.
    fn span(&self, phase: usize, symbol: usize) -> (f64, f64) {
        let at = |u: f64| self.low + u * (self.high - self.low);
        let end = |far: usize| REACH.get(far).copied().unwrap_or(f64::INFINITY);
        let start = |far: usize| if far == 0 { 0.0 } else { REACH[far - 1] };
        if symbol >= LEVELS + FAR {
            let far = symbol - LEVELS - FAR;
            (at(-end(far)), at(-start(far)))
        } else if symbol >= LEVELS {
            let far = symbol - LEVELS;
            (at(1.0 + start(far)), at(1.0 + end(far)))
        } else {
            let edge = |k: usize| ((k as f64 - phase as f64 / PHASES as f64) / LEVELS as f64).clamp(0.0, 1.0);
            (at(edge(symbol)), if symbol == LEVELS - 1 { at(1.0) } else { at(edge(symbol + 1)) })
        }
    }
}

/// What came before an observation, and at which hour it came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// The symbols of the last and of the one before; `None` where the sequence had just begun or had a hole.
    pub last: Option<Symbols>,
    /// See `last`; never there without it.
    pub before: Option<Symbols>,
    /// The hour of the day; `None` where it does not count.
    pub hour: Option<u8>,
}

impl Context {
    /// The context after `symbols` came.
    pub fn followed(self, symbols: Symbols) -> Self {
        Self { last: Some(symbols), before: self.last, hour: self.hour }
    }

    fn one(&self, phase: usize) -> Option<usize> {
        self.last.map(|last| ONE + usize::from(last[phase]))
    }

    fn two(&self, phase: usize) -> Option<usize> {
        let (last, before) = (self.last?, self.before?);
        Some(TWO + usize::from(before[phase]) * SYMBOLS + usize::from(last[phase]))
    }

    fn hour(&self) -> Option<usize> {
        self.hour.map(|hour| HOUR + usize::from(hour).min(HOURS - 1))
    }

    /// The context of a kind, in the order of [`Transitions::fresh`]; `None` where there is none.
    fn of(&self, kind: usize, phase: usize) -> Option<usize> {
        match kind {
            0 => Some(0),
            1 => self.one(phase),
            2 => self.two(phase),
            _ => self.hour(),
        }
    }
}

/// How new an observation is, in nats: the logarithms of the chances that something new comes in the
/// contexts it stands in, by how often they were met without it and by how often others were new.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct News {
    /// As a sequence: its level, after the last, after the last two.
    pub sequence: f64,
    /// By the hour: its level, at this hour.
    pub hour: f64,
    /// Whether its level itself was never seen, on any quantiser.
    pub level: bool,
}

/// The memory of all quantisers.
#[derive(Clone, Debug, PartialEq)]
pub struct Transitions {
    /// How often each symbol came in each context, saturating: only whether it did matters, and for how long it is remembered.
    seen: Box<[u8]>,
    /// How often each context was met.
    met: Box<[u32]>,
    /// Of late observations, how many were new in their context of each kind, on each quantiser.
    fresh: [[f64; KINDS]; PHASES],
    /// How many late observations that is of.
    late: f64,
}

impl Default for Transitions {
    fn default() -> Self {
        Self {
            seen: vec![0; PHASES * CONTEXTS * SYMBOLS].into(),
            met: vec![0; PHASES * CONTEXTS].into(),
            fresh: [[0.0; KINDS]; PHASES],
            late: 0.0,
        }
    }
}

impl Transitions {
    /// How new `symbols` are in `context`.
    pub fn news(&self, symbols: Symbols, context: &Context) -> News {
        // The mean of logarithms is the logarithm of a product: at most twelve factors below 2e10 each.
        let (mut sequence, mut hour, mut level) = (1.0, 1.0, false);
        for (phase, &symbol) in symbols.iter().enumerate() {
            let [own, one, two, clock] = std::array::from_fn(|kind| {
                let Some(id) = context.of(kind, phase) else { return 1.0 };
                let at = phase * CONTEXTS + id;
                if self.seen[at * SYMBOLS + usize::from(symbol)] > 0 {
                    return 1.0;
                }
                let habit = (self.fresh[phase][kind] + UNSEEN) / (self.late + 1.0);
                (1.0 / (UNSEEN / (f64::from(self.met[at]) + UNSEEN) + BY_HABIT * habit)).max(1.0)
            });
            level |= own > 1.0;
            sequence *= own * one * two;
            hour *= own * clock;
        }
        let mean = |product: f64| ln(product) / PHASES as f64;
        News { sequence: mean(sequence), hour: mean(hour), level }
    }

    /// Takes `symbols` in `context` into the memory.
    pub fn learn(&mut self, symbols: Symbols, context: &Context) {
        self.late += 1.0 - self.late / HABIT;
        for (phase, &symbol) in symbols.iter().enumerate() {
            for kind in 0..KINDS {
                let fresh = &mut self.fresh[phase][kind];
                *fresh -= *fresh / HABIT;
                let Some(id) = context.of(kind, phase) else { continue };
                let at = phase * CONTEXTS + id;
                self.met[at] = self.met[at].saturating_add(1);
                let seen = &mut self.seen[at * SYMBOLS + usize::from(symbol)];
                *fresh += if *seen == 0 { 1.0 } else { 0.0 };
                *seen = seen.saturating_add(if *seen == 0 { FIRST } else { 1 });
            }
        }
    }

    /// Halves all counts: what was seen once and not again is forgotten the second time.
    pub fn fade(&mut self) {
        for seen in &mut self.seen {
            *seen /= 2;
        }
        for met in &mut self.met {
            *met /= 2;
        }
    }

    /// Where values were seen in `context`, by `levels`: within all contexts that were met often
    /// enough, as far as they agree.
    pub fn usual(&self, levels: &Levels, context: &Context) -> (f64, f64) {
        let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
        for phase in 0..PHASES {
            let ids = [Some(0), context.hour(), context.one(phase), context.two(phase)];
            for id in ids.into_iter().flatten() {
                let at = phase * CONTEXTS + id;
                if self.met[at] < EXPERIENCED {
                    continue;
                }
                let seen = &self.seen[at * SYMBOLS..(at + 1) * SYMBOLS];
                let spans = (0..SYMBOLS).filter(|&symbol| seen[symbol] > 0).map(|symbol| levels.span(phase, symbol));
                let (from, to) = spans.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), (from, to)| (l.min(from), h.max(to)));
                let (from, to) = (low.max(from), high.min(to));
                if from < to {
                    (low, high) = (from, to);
                }
            }
        }
        (low, high)
    }

    /// The counts as pairs of place and number, those of what was seen and those of contexts.
    pub fn save(&self) -> (Vec<u64>, Vec<u64>) {
        let pairs = |counts: &mut dyn Iterator<Item = u64>| {
            let filled = counts.enumerate().filter(|(_, count)| *count > 0);
            filled.flat_map(|(place, count)| [place as u64, count]).collect()
        };
        (pairs(&mut self.seen.iter().map(|&seen| seen.into())), pairs(&mut self.met.iter().map(|&met| met.into())))
    }

    /// How often something new comes: the number of late observations, then how many of them were new.
    pub fn habit(&self) -> Vec<f64> {
        std::iter::once(self.late).chain(self.fresh.as_flattened().iter().copied()).collect()
    }

    /// From what [`Transitions::save`] and [`Transitions::habit`] gave; `None` where it cannot have come from there.
    pub fn restore(seen: &[u64], met: &[u64], habit: &[f64]) -> Option<Self> {
        let mut all = Self::default();
        let (&late, fresh) = habit.split_first()?;
        let fits = fresh.len() == PHASES * KINDS && habit.iter().all(|n| (0.0..=HABIT).contains(n));
        if !fits {
            return None;
        }
        all.late = late;
        all.fresh.as_flattened_mut().copy_from_slice(fresh);
        for pair in seen.chunks(2) {
            let [place, count] = *pair else { return None };
            *all.seen.get_mut(usize::try_from(place).ok()?)? = count.try_into().ok()?;
        }
        for pair in met.chunks(2) {
            let [place, count] = *pair else { return None };
            *all.met.get_mut(usize::try_from(place).ok()?)? = count.try_into().ok()?;
        }
        Some(all)
    }

    /// Bytes it holds beyond itself.
    pub fn memory(&self) -> usize {
        self.seen.len() + self.met.len() * size_of::<u32>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_shifted_within_and_far_beyond_the_range() {
        let levels = Levels::new(0.0, 100.0);
        assert_eq!(levels.symbols(20.0), [0, 1, 1, 1]);
        assert_eq!(levels.symbols(100.0), [3; 4]);
        assert_eq!([110.0, 150.0, 300.0, 1e9].map(|x| levels.symbols(x)[0]), [4, 5, 6, 7]);
        assert_eq!([-10.0, -50.0, -300.0, -1e9].map(|x| levels.symbols(x)[0]), [8, 9, 10, 11]);
    }

    #[test]
    fn every_value_lies_in_the_span_of_its_symbol() {
        let levels = Levels::new(-3.0, 5.0);
        for i in -400..400 {
            let x = f64::from(i) * 0.25;
            for (phase, symbol) in levels.symbols(x).into_iter().enumerate() {
                let (from, to) = levels.span(phase, symbol.into());
                assert!(from <= x && x <= to, "{x} is not within {from}–{to}");
            }
        }
    }

    #[test]
    fn one_value_has_levels_too() {
        let levels = Levels::new(5.0, 5.0);
        assert!(levels.holds(5.0) && !levels.holds(5.1));
        assert!(Levels::new(0.0, 0.0).step() > 0.0);
    }

    #[test]
    fn news_counts_the_chances_passed() {
        let levels = Levels::new(0.0, 100.0);
        let (low, high) = (levels.symbols(5.0), levels.symbols(95.0));
        let mut memory = Transitions::default();
        let mut context = Context { hour: Some(3), ..Context::default() };
        for _ in 0..100 {
            memory.learn(low, &context);
            context = context.followed(low);
        }
        assert_eq!(memory.news(low, &context), News::default());
        let news = memory.news(high, &context);
        // 100, 99 and 98 chances by the three orders, each against a fifth of an observation; of each
        // kind the first was new, and of a hundred that is one.
        let chance = |met: f64, first: i32| 0.2 / (met + 0.2) + 0.4 * (0.999f64.powi(99 - first) + 0.2) / (memory.late + 1.0);
        let expected = -ln(chance(100.0, 0) * chance(99.0, 1) * chance(98.0, 2));
        assert!((news.sequence - expected).abs() < 1e-9, "{news:?}");
        assert!((news.hour + 2.0 * ln(chance(100.0, 0))).abs() < 1e-9 && news.level);
        let elsewhere = Context { hour: Some(4), ..context };
        assert!((memory.news(high, &elsewhere).hour + ln(chance(100.0, 0))).abs() < 1e-9);
        memory.learn(high, &context);
        assert_eq!(memory.news(high, &context), News::default());
        memory.fade();
        assert_eq!(memory.news(high, &context), News::default(), "seen once outlives one fading");
        memory.fade();
        assert!(memory.news(high, &context).sequence > 5.0, "but not two");
        assert_eq!(memory.news(low, &context), News::default());
    }

    #[test]
    fn where_much_is_new_one_more_is_no_news() {
        let levels = Levels::new(0.0, 100.0);
        let of = |restless: bool| {
            let (mut memory, mut random) = (Transitions::default(), crate::stats::random::Random::new(3));
            let mut context = Context::default();
            for i in 0..600 {
                // The second half of the restless one goes where it never was.
                let top = if restless && i >= 300 { 90.0 } else { 40.0 };
                let symbols = levels.symbols(top * random.unit());
                memory.learn(symbols, &context);
                context = context.followed(symbols);
            }
            memory.news(levels.symbols(400.0), &context).sequence
        };
        assert!(of(true) < of(false) - 1.0, "{} {}", of(true), of(false));
    }

    #[test]
    fn usual_is_where_all_contexts_agree() {
        let levels = Levels::new(0.0, 100.0);
        let mut memory = Transitions::default();
        for hour in [2, 14] {
            for _ in 0..50 {
                memory.learn(levels.symbols(if hour == 2 { 5.0 } else { 95.0 }), &Context { hour: Some(hour), ..Context::default() });
            }
        }
        let (low, high) = memory.usual(&levels, &Context::default());
        assert!(low <= 0.0 && high >= 100.0);
        let (low, high) = memory.usual(&levels, &Context { hour: Some(2), ..Context::default() });
        assert!((low, high) == (0.0, 6.25), "{low}–{high}");
    }

    #[test]
    fn a_memory_comes_back_whole() {
        let levels = Levels::new(0.0, 1.0);
        let mut memory = Transitions::default();
        let mut context = Context::default();
        for i in 0..500u32 {
            let symbols = levels.symbols(f64::from(i * 37 % 113) / 100.0);
            memory.learn(symbols, &context);
            context = context.followed(symbols);
        }
        let ((seen, met), habit) = (memory.save(), memory.habit());
        assert_eq!(Transitions::restore(&seen, &met, &habit), Some(memory));
        for bad in [&[1][..], &[u64::MAX, 1], &[0, 256]] {
            assert_eq!(Transitions::restore(bad, &[], &habit), None);
        }
        assert_eq!(Transitions::restore(&[], &[], &habit[1..]), None);
        assert_eq!(Transitions::restore(&[], &[], &vec![f64::NAN; habit.len()]), None);
    }
}
