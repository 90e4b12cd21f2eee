//! The members of a group, each with its own level: they come and go, and only so many are known.
//!
//! `peers` and `vote` meet it.

use super::state::{count, floats, read_floats};
use crate::stats::steady::Steady;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Characters of a member's name that tell it from others; longer ones are told apart by their begin.
const NAME_MOST: usize = 256;

/// Moments that a member's course of late rests on: enough that single values say little.
const COURSE: f64 = 30.0;
/// Deviations by which one value moves that course at most, as a part of [`COURSE`].
const COURSE_CLIP: f64 = 10.0;
/// Moments that a member's home rests on: ten times those of its level, which moves with a slow drift.
const HOME: f64 = 3_000.0;
/// Moments before it is known how far a course usually strays from home: it does so slowly, and so many hold some ten ways.
const HOME_LEAST: u32 = 300;
/// A course strays by no less than this share of the deviation of single values, as the mean of so many by chance does.
const STRAYS: f64 = 0.2;

/// Where a member has been of late, against where it is at home.
pub(super) struct Course {
    /// How far it is from home now.
    pub(super) astray: f64,
    /// How far it usually strays.
    pub(super) usual: f64,
    pub(super) home: f64,
}

/// One member.
struct Member {
    steady: Steady,
    /// The mean of late, and the number of values in it.
    course: (f64, u32),
    home: Steady,
    /// The moment it was last there.
    last: u64,
}

/// All members known.
pub(super) struct Members {
    limit: usize,
    moments: u64,
    by_name: BTreeMap<Box<str>, Member>,
}

impl Members {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit: limit.max(1), moments: 0, by_name: BTreeMap::new() }
    }

    /// Moments learned.
    pub(super) fn moments(&self) -> u64 {
        self.moments
    }

    /// What is usual of a member.
    pub(super) fn get(&self, name: &str) -> Option<&Steady> {
        self.by_name.get(cut(name)).map(|member| &member.steady)
    }

    /// Moves a member's course by a value that is `scale` exact.
    pub(super) fn steer(&mut self, name: &str, x: f64, scale: f64) {
        let Some(member) = self.by_name.get_mut(cut(name)) else { return };
        let (course, n) = (member.course.0, member.course.1.saturating_add(1));
        let (step, reach) = (x - course, COURSE_CLIP * scale);
        let step = if n == 1 { step } else { step.clamp(-reach, reach) };
        member.course = (course + step / f64::from(n).min(COURSE), n);
    }

    /// How far a member is from home; `None` while its home is not known.
    pub(super) fn course(&self, name: &str) -> Option<Course> {
        let member = self.by_name.get(cut(name)).filter(|member| member.home.count() >= HOME_LEAST)?;
        let usual = member.home.spread().max(STRAYS * member.steady.spread());
        Some(Course { astray: member.course.0 - member.home.level(), usual, home: member.home.level() })
    }

    /// Takes the courses of those present for usual.
    pub(super) fn settle<'a>(&mut self, names: impl Iterator<Item = &'a str>) {
        for name in names {
            if let Some(member) = self.by_name.get_mut(cut(name)).filter(|member| member.course.1 > 0) {
                member.home.follow(member.course.0, HOME);
            }
        }
    }

    /// Takes in one moment.
    pub(super) fn push<'a>(&mut self, moment: impl Iterator<Item = (&'a str, f64)>, window: f64) {
        self.moments += 1;
        for (name, x) in moment {
            let name = cut(name);
            if let Some(member) = self.by_name.get_mut(name) {
                member.steady.push(x, window);
                member.last = self.moments;
            } else if self.makes_room() {
                let mut steady = Steady::default();
                steady.push(x, window);
                self.by_name.insert(name.into(), Member { steady, course: (0.0, 0), home: Steady::default(), last: self.moments });
            }
        }
    }

    /// Whether there is room for one more, once the one not seen for longest is forgotten; none where all are here now.
    fn makes_room(&mut self) -> bool {
        if self.by_name.len() < self.limit {
            return true;
        }
        let oldest = self.by_name.iter().min_by_key(|(_, member)| member.last).filter(|(_, member)| member.last < self.moments);
        let Some(name) = oldest.map(|(name, _)| name.clone()) else { return false };
        self.by_name.remove(&name).is_some()
    }

    /// What comes next is usual, whatever it is.
    pub(super) fn accept(&mut self) {
        for member in self.by_name.values_mut() {
            member.steady.accept();
            member.home.accept();
        }
    }

    pub(super) fn memory(&self) -> usize {
        // A tree's nodes are half full at worst.
        self.by_name.keys().map(|name| 2 * size_of::<(Box<str>, Member)>() + name.len()).sum()
    }

    pub(super) fn save(&self) -> Value {
        let one = |(name, member): (&str, &Member)| {
            let ([n, wild], [level, spread]) = member.steady.save();
            let ([at_home, _], [home, strays]) = member.home.save();
            let (course, courses) = member.course;
            json!([name, member.last, [n, wild, at_home, courses], floats([level, spread, home, strays, course])])
        };
        json!({"moments": self.moments, "each": self.by_name.iter().map(|(name, member)| (&**name, member)).map(one).collect::<Vec<_>>()})
    }

    /// What [`Members::save`] gave, within the present limit; `None` where it cannot have come from there.
    pub(super) fn restored(&self, state: &Value) -> Option<Self> {
        let mut again = Self::new(self.limit);
        again.moments = count(state.get("moments")?)?;
        for one in state.get("each")?.as_array()? {
            let [name, last, counts, numbers] = one.as_array()?.as_slice() else { return None };
            let [level, spread, home, strays, course] = read_floats(numbers)?[..] else { return None };
            let [n, wild, at_home, courses] = serde_json::from_value::<[u32; 4]>(counts.clone()).ok()?;
            let steady = Steady::restore([n, wild], [level, spread])?;
            let home = Steady::restore([at_home, 0], [home, strays])?;
            let member = Member { steady, course: (course, courses), home, last: last.as_u64()? };
            again.by_name.insert(name.as_str()?.into(), member).is_none().then_some(())?;
            course.is_finite().then_some(())?;
        }
        (again.by_name.len() <= self.limit).then_some(again)
    }
}

fn cut(name: &str) -> &str {
    name.char_indices().nth(NAME_MOST).map_or(name, |(end, _)| &name[..end])
}

/// Weights as shares of 1, the largest first; those without weight are left out.
pub(super) fn shares(weights: impl Iterator<Item = (usize, f64)>) -> Vec<(usize, f64)> {
    let mut list: Vec<(usize, f64)> = weights.filter(|(_, weight)| *weight > 0.0 && weight.is_finite()).collect();
    let all: f64 = list.iter().map(|(_, weight)| weight / list.len() as f64).sum();
    let n = list.len() as f64;
    for (_, weight) in &mut list {
        *weight = *weight / n / all;
    }
    list.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    list
}
