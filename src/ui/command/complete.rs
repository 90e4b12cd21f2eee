//! What could complete a command that is being typed: commands, actions, pages, panes, series, and what an argument may be.

use super::score::score;
use super::table::{COMMANDS, CommandSpec};
use crate::ui::{App, Kind, Mode, Scene, keymap, panes};

/// Completions kept: more are not looked through.
const KEPT: usize = 200;
/// Series looked at: a hundred thousand would be felt at every key.
const SERIES_LOOKED_AT: usize = 5_000;

/// A completion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The whole line with it.
    pub text: String,
    /// What it is: a summary, or its keys.
    pub note: String,
    /// Something must still be typed behind it.
    pub more: bool,
}

impl Item {
    fn new(text: impl Into<String>, note: impl Into<String>) -> Self {
        Self { text: text.into(), note: note.into(), more: false }
    }
}

/// Completions of `line`, the best first; all that can be said at all where it is empty, without the series.
pub(super) fn items(line: &str, app: &App, scene: &Scene<'_>) -> Vec<Item> {
    if let Some(("pane", what)) = line.split_once(' ')
        && let Some((kind, rest)) = what.trim_start().split_once(':')
    {
        let items = arguments(kind, scene).into_iter().map(|what| (what.clone(), Item::new(format!("pane {kind}:{what}"), "")));
        return best(rest, items);
    }
    if let Some((word, rest)) = line.split_once(' ')
        && let Some(values) = values(word, app, scene)
    {
        let items = values.into_iter().map(|value| (value.clone(), Item::new(format!("{word} {value}"), "")));
        return best(rest.trim_start(), items);
    }
    if let Some((word, rest)) = line.split_once(':')
        && panes::kind(word).is_some()
    {
        let items = arguments(word, scene).into_iter().map(|what| (what.clone(), Item::new(format!("{word}:{what}"), "")));
        return best(rest, items);
    }
    let mut all = everything(app, scene);
    if !line.is_empty() {
        all.extend(series(scene).map(|key| Item::new(format!("chart:{key}"), app.language.say("chart of a series"))));
    }
    best(line, all.into_iter().map(|item| (item.text.clone(), item)))
}

/// What may stand behind a word; `None` where it is none that takes something.
fn values(word: &str, app: &App, scene: &Scene<'_>) -> Option<Vec<String>> {
    if let Some(command) = COMMANDS.iter().find(|c| c.name == word) {
        return Some((command.values)(app, scene));
    }
    let own = app.shown_slot()?.pane.commands().iter().find(|c| c.name == word)?;
    Some(own.values.iter().map(|v| (*v).to_owned()).collect())
}

/// Commands, the focused pane's own, actions, pages, panes: all but the series.
fn everything(app: &App, scene: &Scene<'_>) -> Vec<Item> {
    let say = |text| app.language.say(text);
    let mut all: Vec<Item> = COMMANDS.iter().map(|c| command(c, say(c.summary))).collect();
    if let Some(slot) = app.shown_slot() {
        let own = |c: &crate::ui::PaneCommand| Item { text: c.name.to_owned(), note: say(c.summary).to_owned(), more: false };
        all.extend(slot.pane.commands().iter().map(own));
    }
    all.extend(actions(app, scene));
    let pages = app.pages.iter().map(|page| match app.page_title(page) {
        title if title == page.name => Item::new(format!("page {}", page.name), say("page")),
        title => Item::new(format!("page {}", page.name), format!("{} {title}", say("page"))),
    });
    all.extend(pages);
    all.extend(panes::PANES.iter().map(|kind| pane(kind, say(kind.summary))));
    all
}

/// A kind of pane; one that shows nothing without its argument asks for it.
fn pane(kind: &Kind, summary: &str) -> Item {
    let more = !kind.argument.is_empty() && !["none: all", "nothing for all"].iter().any(|words| kind.argument.contains(words));
    Item { text: if more { format!("{}:", kind.name) } else { kind.name.to_owned() }, note: summary.to_owned(), more }
}

fn command(spec: &CommandSpec, summary: &str) -> Item {
    let more = !spec.argument.is_empty() && !spec.argument.starts_with('[');
    let note = if spec.argument.is_empty() { summary.to_owned() } else { format!("{}  {summary}", spec.argument) };
    Item { text: spec.name.to_owned(), note, more }
}

/// Actions of the key table that hold now, with their keys.
fn actions(app: &App, scene: &Scene<'_>) -> Vec<Item> {
    let replay = matches!(scene.mode, Mode::Replay { .. });
    let holds = keymap::GLOBAL.iter().filter(|b| b.when.holds(replay, scene.can_inject));
    let mut seen: Vec<&str> = COMMANDS.iter().map(|c| c.name).collect();
    let mut out = Vec::new();
    for action in holds.flat_map(|b| b.actions) {
        let page = matches!(action, keymap::Action::Page(_) | keymap::Action::Command);
        if !page && !seen.contains(&action.name()) {
            seen.push(action.name());
            let keys = app.keymap.keys_of(*action);
            out.push(Item::new(action.name(), if keys.is_empty() { keys } else { app.language.fill("key {0}", &[&keys]) }));
        }
    }
    out
}

/// What a pane may be opened with: rules for alerts, detectors and metrics for anomalies, else metrics and series.
fn arguments(kind: &str, scene: &Scene<'_>) -> Vec<String> {
    let mut out: Vec<String> = match kind {
        "alerts" => scene.alerts.recent().map(|t| &t.alert).chain(scene.alerts.active()).map(|a| a.rule.to_string()).collect(),
        "anomalies" => scene.anomalies.iter().map(|a| a.detector.to_string()).collect(),
        _ => Vec::new(),
    };
    if kind != "alerts" {
        out.extend(scene.store.iter().take(SERIES_LOOKED_AT).map(|info| info.key.name.to_string()));
    }
    out.sort();
    out.dedup();
    if !matches!(kind, "alerts" | "anomalies") {
        out.extend(series(scene));
    }
    let mut seen = std::collections::BTreeSet::new();
    out.retain(|text| seen.insert(text.clone()));
    out
}

fn series<'a>(scene: &Scene<'a>) -> impl Iterator<Item = String> + use<'a> {
    scene.store.iter().take(SERIES_LOOKED_AT).map(|info| info.key.to_string())
}

/// Those that fit, the best first; those that fit alike in the order they came in.
fn best(query: &str, items: impl Iterator<Item = (String, Item)>) -> Vec<Item> {
    let query = query.to_lowercase();
    let mut found: Vec<(u32, Item)> = items.filter_map(|(text, item)| Some((score(&query, &text)?, item))).collect();
    found.sort_by_key(|(score, _)| *score);
    found.truncate(KEPT);
    found.into_iter().map(|(_, item)| item).collect()
}
