//! The words of panes in other languages: those that stand in no `say` are known too, headings fit into their columns,
//! and panes can be read in Chinese and Russian.

use super::screens::{normal, topic};
use super::stage::Stage;
use super::{PANES, rejects, series, sources, top};
use crate::alert::{AlertState, Severity};
use crate::decode::RejectClass;
use crate::model::{LinkState, Pattern};
use crate::ui::widgets::Column;
use crate::ui::{Hint, Language, words};
use std::fmt::Write as _;

const OTHERS: [Language; 2] = [Language::Chinese, Language::Russian];

/// The words model types have for themselves: they come to `say` by a call, so that no search for literals finds them.
fn state_words() -> Vec<&'static str> {
    let alerts = [AlertState::Inactive, AlertState::Pending, AlertState::Firing, AlertState::Stale, AlertState::Resolved];
    let severities = [Severity::Info, Severity::Warning, Severity::Critical];
    let links =
        [LinkState::Connecting, LinkState::Up, LinkState::Down, LinkState::Unknown, LinkState::Denied, LinkState::Gap, LinkState::Ended];
    let patterns = [
        Pattern::Spike,
        Pattern::Dip,
        Pattern::LevelShift,
        Pattern::Drift,
        Pattern::FlatLine,
        Pattern::Missing,
        Pattern::Combination,
        Pattern::NewValue,
        Pattern::VarianceChange,
        Pattern::SeasonalBreak,
        Pattern::Shape,
    ];
    let mut all: Vec<&str> = alerts.map(AlertState::word).to_vec();
    all.extend(severities.map(Severity::word));
    all.extend(links.map(LinkState::word));
    all.extend(patterns.map(Pattern::word));
    all.extend(RejectClass::ALL.map(RejectClass::word));
    all
}

fn columns() -> impl Iterator<Item = &'static Column> {
    [series::COLUMNS.as_slice(), &sources::COLUMNS, &rejects::COLUMNS, &top::COLUMNS].into_iter().flatten()
}

#[test]
fn words_of_states_headings_and_keys_are_known_in_every_language() {
    let hints: Vec<&Hint> = PANES.iter().flat_map(|kind| (kind.build)("").hints()).collect();
    let heads = columns().map(|column| column.title).filter(|title| !title.is_empty());
    let all = state_words().into_iter().chain(heads).chain(hints.iter().map(|hint| hint.action));
    let missing: Vec<&str> = all.filter(|word| OTHERS.iter().any(|language| language.say(word) == *word)).collect();
    assert_eq!(missing, Vec::<&str>::new());
}

#[test]
fn headings_fit_into_their_columns_with_the_mark_of_the_order() {
    // Two tables can be sorted: their headings carry a sign.
    for (columns, mark) in [(series::COLUMNS.as_slice(), 1), (&top::COLUMNS, 1), (&sources::COLUMNS, 0), (&rejects::COLUMNS, 0)] {
        for column in columns.iter().filter(|column| !column.title.is_empty()) {
            for language in OTHERS {
                let title = language.say(column.title);
                assert!(words::width(title) + mark <= usize::from(column.width), "{title}");
            }
        }
    }
}

#[test]
fn state_words_fit_into_the_sources_table() {
    for language in OTHERS {
        let room = usize::from(sources::COLUMNS[1].width);
        for state in
            [LinkState::Connecting, LinkState::Up, LinkState::Down, LinkState::Unknown, LinkState::Denied, LinkState::Gap, LinkState::Ended]
        {
            assert!(words::width(language.say(state.word())) <= room, "{}", language.say(state.word()));
        }
    }
}

#[test]
fn panes_can_be_read_in_other_languages() {
    for (code, language) in [("zh", Language::Chinese), ("ru", Language::Russian)] {
        let mut stage = Stage { language, ..normal() };
        stage.sources.push(topic("quiet_data", LinkState::Unknown, "", 1));
        let mut out = String::new();
        for (kind, argument, (width, height)) in [
            ("chart", "failure_ratio", (78, 16)),
            ("chart", "room.temperature last=100", (100, 12)),
            ("series", "", (110, 16)),
            ("top", "failure_ratio", (100, 8)),
            ("heatmap", "failure_ratio", (90, 10)),
            ("histogram", "room.temperature", (78, 12)),
            ("host", "", (110, 20)),
            ("sources", "", (110, 10)),
            ("log", "", (60, 3)),
            ("marks", "", (60, 3)),
            ("anomalies", "", (60, 3)),
            ("alerts", "", (60, 3)),
            ("overview", "", (78, 16)),
        ] {
            let mut pane = (super::kind(kind).unwrap().build)(argument);
            out.push_str(&stage.draw(pane.as_mut(), width, height));
            let _ = write!(out, "\n({})\n\n", pane.note());
        }
        let mut rejects = rejects::Rejects::new(&stage.scene());
        let _ = writeln!(out, "[{}]", rejects.title(&stage.scene()));
        out.push_str(&stage.draw_with(100, 12, |area, buf, scene, look| rejects.render(area, buf, scene, look)));
        insta::assert_snapshot!(format!("spoken_{code}"), out);
    }
}
