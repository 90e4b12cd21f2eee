//! How much of each series is kept where many series share the memory.
//!
//! A limit for each series alone says nothing about a hundred thousand of them. So the store has one
//! limit in bytes, of which each series has an equal share. Up to some twenty-five thousand series the
//! default share holds all that was asked for; with more of them, raw samples and the finer roll-ups
//! reach less far back, all in the same proportion, and the coarsest still reaches as far as the
//! retention. What a range is made of is chosen as ever: the finest that reaches back to its begin.

use super::near::Near;
use super::rollup::Slot;
use super::track::Point;

/// Bytes of a raw sample and of a slot, each with its band: any series may come to be judged.
const RAW: usize = size_of::<Point>() + size_of::<Near>();
const SLOT: usize = size_of::<Slot>() + size_of::<Near>();
/// Bytes of a series besides: its key, its names and the heads of its rings.
const BESIDES: usize = 1_024;
/// Raw samples and slots that are kept whatever the share: less than a glance would draw nothing.
const LEAST: usize = 16;

/// Raw samples and finer slots give way to this part of what was asked for before the coarsest slots do: by default
/// to some fifty samples, a minute of seconds.
const LAST_PART: usize = 20;

/// How much of what was asked for is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Depth {
    /// Raw samples and finer slots: so many bytes of so many.
    fine: (usize, usize),
    /// The same of the coarsest slots.
    coarse: (usize, usize),
}

/// `full` in the proportion of `part` to `whole`.
fn scaled(full: usize, (part, whole): (usize, usize)) -> usize {
    if part >= whole { full } else { (full as u128 * part as u128 / whole.max(1) as u128) as usize }.max(LEAST.min(full))
}

/// Bytes of a judged series that keeps `raw` samples and levels with so many slots.
pub fn full(raw: usize, levels: impl Iterator<Item = usize>) -> usize {
    levels.fold(BESIDES.saturating_add(raw.saturating_mul(RAW)), |sum, slots| sum.saturating_add(slots.saturating_mul(SLOT)))
}

impl Depth {
    /// What `share` bytes hold of `raw` samples and of levels with so many slots, the finest first.
    pub fn of(share: usize, raw: usize, levels: impl ExactSizeIterator<Item = usize> + Clone) -> Self {
        let bytes = |slots: usize| slots.saturating_mul(SLOT);
        let coarsest = bytes(levels.clone().last().unwrap_or(0));
        let finer_levels = levels.len().saturating_sub(1);
        let finer: usize = levels.take(finer_levels).map(bytes).sum();
        let fine = raw.saturating_mul(RAW).saturating_add(finer);
        let room = share.saturating_sub(BESIDES);
        // The coarsest gives way last, but not to the last of the others.
        let least = fine / LAST_PART;
        let coarse = coarsest.min(room.saturating_sub(least));
        Self { fine: ((room - coarse).min(fine), fine), coarse: (coarse, coarsest) }
    }

    /// Raw samples kept, of `full`.
    pub fn raw(self, full: usize) -> usize {
        scaled(full, self.fine)
    }

    /// Slots of a level that is not the coarsest, of `full`.
    pub fn finer(self, full: usize) -> usize {
        scaled(full, self.fine)
    }

    /// Slots of the coarsest level, of `full`.
    pub fn last(self, full: usize) -> usize {
        scaled(full, self.coarse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(share: usize) -> (usize, usize, usize) {
        let depth = Depth::of(share, 1_024, [360, 360, 145].into_iter());
        (depth.raw(1_024), depth.finer(360), depth.last(145))
    }

    #[test]
    fn the_finer_gives_way_first() {
        let bytes = |(raw, finer, last): (usize, usize, usize)| BESIDES + RAW * raw + SLOT * (2 * finer + last);
        assert_eq!(kept(100_000), (1_024, 360, 145));
        assert_eq!(kept(usize::MAX), (1_024, 360, 145));
        for share in (6_000..80_000).step_by(997) {
            let now = kept(share);
            assert!(bytes(now) <= share, "{share}: {now:?}");
            assert!(now.2 == 145 || now.0 <= 1_024 / LAST_PART, "{share}: {now:?}");
        }
        let (raw, finer, last) = kept(22_000);
        assert!(raw > 180 && finer > 60 && last == 145, "{raw} {finer} {last}");
        assert_eq!(kept(0), (16, 16, 16));
        assert_eq!(Depth::of(0, 3, [5].into_iter()).raw(3), 3);
    }
}
