//! The commands: one entry each. Every action of the key table is a command as well, by its name, and needs no entry here.

use super::run;
use crate::ui::{App, Language, Request, Scene, Theme};

/// What came of a command: what the shell is asked for, or why it did nothing.
pub type Done = Result<Option<Request>, String>;

/// A command.
#[derive(Debug)]
pub struct CommandSpec {
    /// Its name, in lower case with hyphens; it wins over an action of the same name.
    pub name: &'static str,
    /// What stands behind it: `NAME`, `[FILE]` where it may be left out; empty: it takes nothing.
    pub argument: &'static str,
    /// What it does, a few words.
    pub summary: &'static str,
    /// What its argument may be, for completion; empty where that is not known.
    pub values: fn(&App, &Scene<'_>) -> Vec<String>,
    /// Does it, given what was typed behind it, without blanks around.
    pub run: fn(&mut App, &str, &Scene<'_>) -> Done,
}

/// Every command. A new one is one entry here.
pub const COMMANDS: &[CommandSpec] = &[
    CommandSpec { name: "page", argument: "NAME", summary: "show a page", values: run::page_names, run: App::command_page },
    CommandSpec {
        name: "pane",
        argument: "KIND[:WHAT]",
        summary: "open a pane over the page",
        values: run::pane_kinds,
        run: App::command_pane,
    },
    CommandSpec {
        name: "range",
        argument: "LENGTH",
        summary: "show so much time: 90s, 20m, 6h",
        values: run::ranges,
        run: App::command_range,
    },
    CommandSpec {
        name: "at",
        argument: "TIME",
        summary: "hold charts at a time, or go there: 03:09, -5m",
        values: none,
        run: App::command_at,
    },
    CommandSpec { name: "filter", argument: "[TEXT]", summary: "filter the list", values: run::filters, run: App::command_filter },
    CommandSpec { name: "mark", argument: "[TEXT]", summary: "set a mark with a note", values: none, run: App::command_mark },
    CommandSpec { name: "theme", argument: "NAME", summary: "change the colours", values: themes, run: App::command_theme },
    CommandSpec { name: "language", argument: "CODE", summary: "change the language", values: languages, run: App::command_language },
    CommandSpec { name: "signs", argument: "WORD", summary: "unicode or ascii signs", values: signs, run: App::command_signs },
    CommandSpec { name: "speed", argument: "TIMES", summary: "speed of a replay: 10, 0.5, max", values: none, run: App::command_speed },
    CommandSpec {
        name: "screenshot",
        argument: "[FILE]",
        summary: "keep a picture of the screen: .svg, .txt, .ansi",
        values: none,
        run: App::command_screenshot,
    },
    CommandSpec {
        name: "sensitivity",
        argument: "ALERTS",
        summary: "false alerts a week for the whole console: 1, 10, more, less, off",
        values: sensitivities,
        run: App::command_sensitivity,
    },
    CommandSpec { name: "reload", argument: "", summary: "take the configuration's file anew", values: none, run: App::command_reload },
    CommandSpec { name: "read-only", argument: "", summary: "change nothing from here on", values: none, run: App::command_read_only },
];

fn sensitivities(_: &App, _: &Scene<'_>) -> Vec<String> {
    ["1", "more", "less", "off"].map(str::to_owned).to_vec()
}

fn none(_: &App, _: &Scene<'_>) -> Vec<String> {
    Vec::new()
}

fn themes(_: &App, _: &Scene<'_>) -> Vec<String> {
    Theme::names().map(str::to_owned).collect()
}

fn languages(_: &App, _: &Scene<'_>) -> Vec<String> {
    Language::codes().map(str::to_owned).collect()
}

fn signs(_: &App, _: &Scene<'_>) -> Vec<String> {
    ["unicode", "ascii"].map(str::to_owned).to_vec()
}
