//! The order of many series, worst first, which holds for a while: what jumps each second cannot be read. Met by
//! small multiples and the heatmap.

use super::series::Seen;
use super::target::{self, Target};
use crate::model::{Millis, Safe, SeriesId, Timestamp};
use crate::ui::filter::Filter;
use crate::ui::{FilterFault, Language, Role, Scene, times};

/// Most series put in order: beyond it a page is not what one looks for them with.
pub const SERIES_MAX: usize = 2_000;
/// How long an order holds while no state changes.
const HOLD: Millis = Millis::from_secs(30);

/// What they are ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum By {
    /// By state, the worst first, then by the last value, the highest first.
    #[default]
    State,
    /// By the last value, the highest first.
    Value,
    /// By labels.
    Name,
}

impl By {
    /// The next one, for the key.
    pub const fn next(self) -> Self {
        match self {
            Self::State => Self::Value,
            Self::Value => Self::Name,
            Self::Name => Self::State,
        }
    }

    /// Its words.
    pub fn words(self, language: Language) -> &'static str {
        match self {
            Self::State => language.say("by state"),
            Self::Value => language.say("by value"),
            Self::Name => language.say("by name"),
        }
    }
}

/// Series in their order.
#[derive(Debug, Default)]
pub struct Ranked {
    /// What they are ordered by.
    pub by: By,
    filter: Filter,
    list: Vec<SeriesId>,
    /// The moment and the number of series it was looked at last.
    looked: Option<(Timestamp, usize)>,
    /// When it was put in order, and what stood where then.
    sorted: Option<(Timestamp, Vec<(SeriesId, u8)>)>,
}

impl Ranked {
    /// The series of `target` in their order, put in order anew where something changed or some time has passed.
    pub fn list(&mut self, scene: &Scene<'_>, target: &Target) -> &[SeriesId] {
        let look = (scene.now, scene.store.len());
        if self.looked != Some(look) {
            self.looked = Some(look);
            self.update(scene, target);
        }
        &self.list
    }

    /// Those put in order last.
    pub fn last(&self) -> &[SeriesId] {
        &self.list
    }

    /// Orders by the next thing.
    pub fn turn(&mut self) {
        self.by = self.by.next();
        self.forget();
    }

    /// Leaves out what does not hold `text`.
    pub fn filter(&mut self, text: &str) {
        self.filter = Filter::new(text);
        self.forget();
    }

    /// What is left out, as typed.
    pub fn filtered(&self) -> &Filter {
        &self.filter
    }

    /// What is wrong with the filter for the series of `target`.
    pub fn fault(&self, scene: &Scene<'_>, target: &Target) -> Option<FilterFault> {
        self.filter.fault(Seen::all(scene, &target.series(scene.store)))
    }

    /// The head of a pane of them: the metric, the filter, how many in which order.
    pub fn title(&self, scene: &Scene<'_>, target: &Target) -> String {
        let count = self.list.len().to_string();
        let filter = if self.filter.is_empty() { String::new() } else { format!("  /{}", Safe::label(self.filter.text())) };
        let words = scene.language.fill("{0} series, {1}", &[&count, self.by.words(scene.language)]);
        format!("{}{filter}  {words}", Safe::label(&target.text))
    }

    /// How old the newest value of all is.
    pub fn status(&self, scene: &Scene<'_>) -> String {
        let ages = self.list.iter().filter_map(|id| target::age(scene.store.info(*id), scene.now));
        ages.min().map_or_else(String::new, |age| scene.language.fill("{0} ago", &[&times::age_in(age, scene.language)]))
    }

    /// The role of a frame about them: that of the worst.
    pub fn state(&self, scene: &Scene<'_>) -> Role {
        let worst = self.list.iter().map(|id| target::standing(scene, *id)).max_by_key(|r| target::rank(*r));
        target::frame(worst.unwrap_or(Role::Frame))
    }

    fn forget(&mut self) {
        self.looked = None;
        self.sorted = None;
    }

    fn update(&mut self, scene: &Scene<'_>, target: &Target) {
        let info = |id: SeriesId| scene.store.info(id);
        let mut ids = target.series(scene.store);
        // There is one scale, so there is one unit: that of the first.
        if let Some(first) = ids.first().copied() {
            ids.retain(|id| info(*id).spec.unit == info(first).spec.unit);
        }
        if !self.filter.is_empty() {
            let holds = self.filter.test(Seen::all(scene, &ids));
            ids.retain(|id| holds.passes(&Seen(info(*id), scene)));
        }
        ids.truncate(SERIES_MAX);
        let ranks: Vec<(SeriesId, u8)> = ids.iter().map(|id| (*id, target::rank(target::standing(scene, *id)))).collect();
        let holds = self.sorted.as_ref().is_some_and(|(at, before)| *before == ranks && scene.now.since(*at).get().abs() < HOLD.get());
        if holds {
            return;
        }
        let value = |id: SeriesId| info(id).last.map_or(f64::NEG_INFINITY, |s| s.value);
        let mut order = ranks.clone();
        // Sorting is stable: what is equal stays in the order of labels.
        match self.by {
            By::State => order.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| value(b.0).total_cmp(&value(a.0)))),
            By::Value => order.sort_by(|a, b| value(b.0).total_cmp(&value(a.0))),
            By::Name => {}
        }
        self.list = order.into_iter().map(|(id, _)| id).collect();
        self.sorted = Some((scene.now, ranks));
    }
}

#[cfg(test)]
mod tests {
    use super::super::stage::{NOW, Stage};
    use super::*;

    #[test]
    fn the_worst_stands_first_and_the_order_holds_until_a_state_changes() {
        let mut stage = Stage::new();
        for (name, value, odd) in [("a", 1.0, false), ("b", 9.0, false), ("c", 2.0, true)] {
            stage.fill("x", &[("k", name)], "", 10, |_| Some((value, odd)));
        }
        let target = Target::parse("x");
        let mut ranked = Ranked::default();
        let names = |ranked: &mut Ranked, stage: &Stage| -> String {
            ranked.list(&stage.scene(), &target).iter().map(|id| target::label_text(&stage.store.info(*id).key)).collect()
        };
        assert_eq!(names(&mut ranked, &stage), "cba");
        stage.now = NOW + Millis::from_secs(1);
        stage.push("x", &[("k", "a")], "", stage.now, 99.0, None, false);
        assert_eq!(names(&mut ranked, &stage), "cba", "a value alone moves nothing at once");
        stage.now = NOW + Millis::from_secs(2);
        stage.push("x", &[("k", "c")], "", stage.now, 2.0, None, false);
        assert_eq!(names(&mut ranked, &stage), "abc");
        ranked.turn();
        ranked.turn();
        assert_eq!((ranked.by, names(&mut ranked, &stage).as_str()), (By::Name, "abc"));
        ranked.filter("K=\"B");
        assert_eq!(names(&mut ranked, &stage), "b");
        ranked.filter("value > 50 and k in ['a', 'b']");
        assert_eq!(names(&mut ranked, &stage), "a");
        ranked.filter("vaule > 50");
        assert_eq!(names(&mut ranked, &stage), "abc", "a wrong one leaves nothing out");
        assert!(ranked.fault(&stage.scene(), &target).is_some_and(|f| f.message.contains("did you mean value?")));
    }
}
