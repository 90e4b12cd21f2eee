//! One series, key or group as the knob knows it: the hour at hand, how high its scores usually go, and what it was told off for.
//!
//! A score of one series says little beside that of another: of steady noise the highest of an hour is always alike, a series that
//! is nothing but rare jumps has no measure of its own, and its score is as high as scores go. So a score counts by how far it
//! exceeds what is usual for its own series, and scores of all series are then of one sort.

use crate::model::{Millis, Timestamp};

/// The time of which the highest score counts.
pub(super) const HOUR: Millis = Millis::from_secs(3_600);
/// Hours that tell what is usual: two days, so that each hour of the day is among them twice.
const WINDOW: usize = 48;
/// What is usual is the third highest of them: two troubles in two days do not hide a third.
const RANK: usize = 3;
/// Hours after which a series has a usual level of its own: a day, so that it has its daily course in it.
const MATURE: usize = 24;
/// Exceedances fade by half in so many hours of event time: two weeks. What happened each week is remembered then, and a series
/// that was mended is heard again after a month or so.
const FORGIVEN: f64 = 336.0;
/// An instance may exceed so many times, and so many standard deviations, what its share of the budget is before more of the same is no news.
const OFTEN: f64 = 3.0;

/// What is usual of an instance: the third highest of its last hours, in odds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Usual {
    pub top: f64,
}

impl Usual {
    /// It, as far as it is not below what nobody would call odd.
    pub fn at_least(self, least: f64) -> Self {
        Self { top: self.top.max(least) }
    }

    /// How many times what is usual odds are.
    pub fn times(self, odds: f64) -> f64 {
        odds / self.top.max(f64::MIN_POSITIVE)
    }

    /// The odds that are so many times what is usual.
    pub fn odds(self, times: f64) -> f64 {
        self.top * times
    }
}

/// Trouble in each hour for half a day is no trouble any more but what is usual: a series of rare jumps has some in every hour.
const LASTING: u32 = 12;

/// The hour it is in.
#[derive(Clone, Copy, Debug)]
struct Hour {
    start: Timestamp,
    highest: f64,
    /// The highest as multiples of what was usual then.
    times: f64,
    /// Something was flagged in it.
    flagged: bool,
    /// It was beyond the threshold, flagged or not.
    beyond: bool,
    /// Hours before it without a break that had trouble: one more of it is not another false alert.
    in_row: u32,
}

/// What an hour that is over was.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Over {
    /// Which it was, since the epoch.
    pub hour: i64,
    /// Its highest odds, as a multiple of what was usual; `None` where that is not known, or where it says nothing of others.
    pub times: Option<f64>,
    /// What is usual now, if that is known.
    pub usual: Option<Usual>,
}

/// One instance.
#[derive(Clone, Debug, Default)]
pub(super) struct Own {
    hour: Option<Hour>,
    /// The highest odds of the last hours.
    last: Vec<f32>,
    next: u8,
    usual: Usual,
    /// How often it was beyond the threshold of late, the highest of these, and when that was worked out.
    often: f64,
    highest: f64,
    faded: Timestamp,
}

impl Own {
    /// Whether it was judged before.
    pub fn begun(&self) -> bool {
        self.hour.is_some()
    }

    /// Whether it has a usual level.
    fn mature(&self) -> bool {
        self.last.len() >= MATURE
    }

    /// What is usual of it, `others` where that is not known yet; nothing below `least`, in odds, is odd.
    pub fn usual(&self, others: impl FnOnce() -> Usual, least: f64) -> Usual {
        if self.mature() { self.usual } else { others() }.at_least(least)
    }

    /// Whether `odds` beyond the threshold are news of an instance whose share of the budget is `share` a week.
    pub fn news(&self, odds: f64, share: f64) -> bool {
        // Of two weeks, which is what is remembered of it for half and more.
        let expected = share * FORGIVEN / 168.0 / std::f64::consts::LN_2;
        self.often < OFTEN + expected + OFTEN * expected.sqrt() || odds > self.highest
    }

    /// Takes a judgement into the hour; answers the hour before where this begins one. What comes late counts for the hour at hand.
    pub fn note(&mut self, at: Timestamp, (odds, times): (f64, f64), (beyond, flagged): (bool, bool)) -> Option<Over> {
        let start = at.floor_to(HOUR);
        if let Some(now) = self.hour.as_mut().filter(|now| start <= now.start) {
            now.highest = now.highest.max(odds);
            now.times = now.times.max(times);
            now.flagged |= flagged;
            now.beyond |= beyond;
            return None;
        }
        let before = self.hour;
        let in_row = before.filter(|b| b.beyond && start.since(b.start) <= HOUR).map_or(0, |b| b.in_row.saturating_add(1));
        let over = before.map(|before| self.close(before));
        self.hour = Some(Hour { start, highest: odds, times, flagged, beyond, in_row });
        over
    }

    fn close(&mut self, hour: Hour) -> Over {
        let lasts = hour.beyond && hour.in_row > 0;
        // What goes on for ever is how the series is.
        let known = lasts && hour.in_row < LASTING;
        let held = hour.beyond && !hour.flagged;
        let times = (self.mature() && !lasts && !held).then_some(hour.times);
        let gone = hour.start.since(self.faded).as_secs_f64() / HOUR.as_secs_f64();
        if self.often > 0.0 && gone > 0.0 {
            self.often *= (-gone / FORGIVEN).exp2();
        }
        self.faded = hour.start;
        if self.often < 0.5 {
            self.highest = 0.0;
        }
        if hour.beyond && !known {
            self.often += 1.0;
            self.highest = self.highest.max(hour.highest);
        }
        if !known {
            self.push(hour.highest);
        }
        Over { hour: hour.start.as_millis().div_euclid(HOUR.get()), times, usual: self.mature().then_some(self.usual) }
    }

    fn push(&mut self, odds: f64) {
        let odds = odds as f32;
        if self.last.len() < WINDOW {
            self.last.push(odds);
        } else {
            self.last[usize::from(self.next)] = odds;
            self.next = (self.next + 1) % WINDOW as u8;
        }
        let mut sorted = [0.0_f32; WINDOW];
        let sorted = &mut sorted[..self.last.len()];
        sorted.copy_from_slice(&self.last);
        sorted.sort_unstable_by(f32::total_cmp);
        self.usual = Usual { top: sorted.get(sorted.len().saturating_sub(RANK)).map_or(0.0, |odds| f64::from(*odds)) };
    }
}
