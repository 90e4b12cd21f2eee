//! `[ui]`, `[[page]]`, `[store]` and `[limits]`: what the screen shows, and how much is kept.

use super::Context;
use crate::config::names::declare;
use crate::config::registry::{self, PaneKind};
use crate::config::section::{At, Section};
use crate::config::suggest;
use crate::config::theme_text;
use crate::engine::Limits;
use crate::model::Millis;
use crate::ui::{Language, PageSpec, PaneSpec, RowSpec, Signs, UiSpec, parse_budget};
use std::collections::BTreeSet;
use std::sync::Arc;
use toml::de::DeValue;

/// Theme where none is named.
const THEME: &str = "auto";
/// Most pages: each has a number, and nobody pages through more.
const PAGES: usize = 50;
/// Most rows of a page and panes of a row: more are too small on any screen.
const CELLS: usize = 20;
/// Shortest and longest retention.
const RETENTION: (Millis, Millis) = (Millis::from_secs(60), Millis::from_secs(31 * 86_400));

/// How long the wall shows a page: at least, unless stated, at most.
const ROTATE: (Millis, Millis, Millis) = (Millis::from_secs(2), Millis::from_secs(20), Millis::from_secs(3_600));

/// How the screen looks; the pages are empty where the file has none.
pub(in crate::config) fn screen(cx: &Context<'_>, root: &Section<'_>) -> UiSpec {
    let ui = root.table("ui");
    let mut spec = UiSpec {
        theme: THEME.into(),
        signs: cx.overrides.auto_signs,
        no_color: cx.overrides.no_color,
        time_zone: None,
        language: cx.overrides.language,
        link_budget: None,
        keys: super::keys(cx, root),
        mouse: true,
        read_only: cx.overrides.read_only,
        clusters: cx.clusters.clone(),
        wall: cx.overrides.wall.then_some(ROTATE.1),
        pages: Vec::new(),
    };
    if let Some(section) = &ui {
        look(cx, section, &mut spec);
        section.finish();
    }
    if let Some(theme) = &cx.overrides.theme {
        if let Err((what, hint)) = theme_text(theme, cx.overrides.config_home.as_deref()) {
            cx.sink.error_outside(format!("--theme: {what}"), hint);
        }
        spec.theme = theme.as_str().into();
    }
    if let Some(signs) = cx.overrides.signs {
        spec.signs = signs;
    }
    spec.link_budget = cx.overrides.link_budget.or(spec.link_budget);
    spec.pages = pages(cx, root);
    spec
}

fn look(cx: &Context<'_>, section: &Section<'_>, spec: &mut UiSpec) {
    if let Some(theme) = section.filled("theme") {
        if let Err((what, hint)) = theme_text(&theme.value, cx.overrides.config_home.as_deref()) {
            cx.sink.error(&theme.span, what, hint);
        }
        spec.theme = theme.value.as_str().into();
    }
    match section.word("signs", &["auto", "unicode", "ascii"]).map(|w| w.value) {
        Some("unicode") => spec.signs = Signs::Unicode,
        Some("ascii") => spec.signs = Signs::Ascii,
        _ => {}
    }
    let codes: Vec<&'static str> = std::iter::once("auto").chain(Language::codes()).collect();
    if let Some(language) = section.word("language", &codes).and_then(|word| Language::named(word.value)) {
        spec.language = language;
    }
    if let Some(budget) = section.filled("link_budget") {
        match parse_budget(&budget.value) {
            Ok(rate) => spec.link_budget = Some(rate),
            Err(what) => cx.sink.error(&budget.span, what, "leave it out, and the link is measured"),
        }
    }
    if let Some(mouse) = section.flag("mouse") {
        spec.mouse = mouse.value;
    }
    spec.read_only |= section.flag("read_only").is_some_and(|flag| flag.value);
    let rotate = section.length("rotate", ROTATE.0, ROTATE.2).map_or(ROTATE.1, |length| length.value);
    if section.flag("wall").is_some_and(|wall| wall.value) || cx.overrides.wall {
        spec.wall = Some(rotate);
    }
    if let Some(zone) = section.filled("time_zone") {
        if jiff::tz::TimeZone::get(&zone.value).is_err() {
            let hint = "write an IANA name: \"Asia/Shanghai\", \"Europe/Berlin\", \"UTC\"";
            cx.sink.error(&zone.span, format!("no time zone is called {:?}", zone.value), hint);
        }
        spec.time_zone = Some(zone.value.as_str().into());
    }
}

fn pages(cx: &Context<'_>, root: &Section<'_>) -> Vec<PageSpec> {
    let (mut out, mut taken) = (Vec::new(), BTreeSet::new());
    for section in root.tables("page") {
        let name = section.required("name", "\"sales\"");
        let rows = rows(cx, &section);
        section.finish();
        let Some(name) = name else { continue };
        if declare("page", &name, !taken.insert(name.value.clone()), cx.sink) && out.len() < PAGES {
            out.push(PageSpec { name: name.value.as_str().into(), rows });
        }
    }
    out
}

fn rows(cx: &Context<'_>, section: &Section<'_>) -> Vec<RowSpec> {
    let example = "write rows = [[\"chart:orders\", \"anomalies\"], [\"alerts\"]]";
    let Some(node) = section.raw("rows") else {
        let _ = (section.has("heights"), section.has("widths"));
        cx.sink.error(&section.span, "[[page]] has no rows", example);
        return Vec::new();
    };
    let DeValue::Array(items) = node.get_ref() else {
        section.wrong_type("rows", node, "a list of rows", example);
        return Vec::new();
    };
    if items.is_empty() || items.len() > CELLS {
        cx.sink.error(&node.span(), format!("a page has from 1 to {CELLS} rows, not {}", items.len()), example);
    }
    let weights = heights(cx, section, items.len());
    let mut rows: Vec<RowSpec> = Vec::new();
    for (nth, item) in items.iter().enumerate() {
        let DeValue::Array(cells) = item.get_ref() else {
            section.wrong_type("each row", item, "a list of panes", example);
            continue;
        };
        if cells.is_empty() || cells.len() > CELLS {
            cx.sink.error(&item.span(), format!("a row has from 1 to {CELLS} panes, not {}", cells.len()), example);
        }
        let mut panes = Vec::new();
        for cell in cells {
            let Some(text) = cell.get_ref().as_str() else {
                section.wrong_type("each pane", cell, "a text", "put it in quotes");
                continue;
            };
            panes.extend(pane(cx, &At { value: text.to_owned(), span: cell.span() }).map(|p| (p, 1)));
        }
        rows.push(RowSpec { weight: weights.get(nth).copied().unwrap_or(1), panes });
    }
    widths(cx, section, &mut rows);
    rows
}

fn heights(cx: &Context<'_>, section: &Section<'_>, rows: usize) -> Vec<u16> {
    let Some(node) = section.raw("heights") else { return Vec::new() };
    let hint = "write one whole number from 1 to 100 for each row: heights = [2, 1]";
    let list = node.get_ref().as_array().map(|items| {
        items
            .iter()
            .map(|i| i.get_ref().as_integer().and_then(|x| x.as_str().parse::<u16>().ok()).filter(|x| (1..=100).contains(x)))
            .collect::<Vec<_>>()
    });
    match list {
        Some(list) if list.len() == rows && list.iter().all(Option::is_some) => list.into_iter().flatten().collect(),
        Some(list) if list.len() != rows => {
            cx.sink.error(&node.span(), format!("there are {} heights for {rows} rows", list.len()), hint);
            Vec::new()
        }
        _ => {
            cx.sink.error(&node.span(), "heights must be whole numbers from 1 to 100", hint);
            Vec::new()
        }
    }
}

/// `widths = [[2, 1], [1]]`: the panes' shares of their rows.
fn widths(cx: &Context<'_>, section: &Section<'_>, rows: &mut [RowSpec]) {
    let Some(node) = section.raw("widths") else { return };
    let hint = "write a list for each row with one whole number from 1 to 100 for each pane: widths = [[2, 1], [1]]";
    let share = |item: &toml::Spanned<DeValue<'_>>| {
        let number = item.get_ref().as_integer().and_then(|x| x.as_str().parse::<u16>().ok());
        number.filter(|x| (1..=100).contains(x))
    };
    let shares =
        |row: &toml::Spanned<DeValue<'_>>| row.get_ref().as_array().and_then(|row| row.iter().map(share).collect::<Option<Vec<_>>>());
    let lists = node.get_ref().as_array().and_then(|items| items.iter().map(shares).collect::<Option<Vec<_>>>());
    let Some(lists) = lists else {
        return cx.sink.error(&node.span(), "widths must be lists of whole numbers from 1 to 100", hint);
    };
    let counts = |lens: Vec<usize>| lens.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let panes: Vec<usize> = rows.iter().map(|row| row.panes.len()).collect();
    let given: Vec<usize> = lists.iter().map(Vec::len).collect();
    if given != panes {
        let message = format!("there are widths for rows of {} panes, and rows of {} panes", counts(given), counts(panes));
        return cx.sink.error(&node.span(), message, hint);
    }
    for (row, list) in rows.iter_mut().zip(lists) {
        row.panes.iter_mut().zip(list).for_each(|((_, share), width)| *share = width);
    }
}

fn pane(cx: &Context<'_>, text: &At<String>) -> Option<PaneSpec> {
    let (word, argument) = text.value.split_once(':').unwrap_or((&text.value, ""));
    let kinds = registry::panes();
    let Some(kind) = kinds.iter().find(|k| k.name == word) else {
        let span = cx.inside(text, 0, word.len());
        cx.sink.error(&span, format!("no pane is called {word:?}"), suggest::hint(word, kinds.iter().map(|k| k.name)));
        return None;
    };
    if !argument.is_empty() {
        check_argument(cx, text, *kind, argument);
    }
    Some(PaneSpec { kind: kind.name, argument: Arc::from(argument.trim()) })
}

fn check_argument(cx: &Context<'_>, text: &At<String>, kind: PaneKind, argument: &str) {
    let start = text.value.len() - argument.len();
    let span = |part: &str| cx.inside(text, start + (part.as_ptr() as usize - argument.as_ptr() as usize), part.len());
    if kind.argument.is_empty() {
        cx.sink.error(&span(argument), format!("pane {:?} takes no argument", kind.name), format!("write {:?}", kind.name));
        return;
    }
    match kind.name {
        "chart" | "series" | "histogram" | "multiples" | "heatmap" | "top" => {
            for part in split_series(without_options(argument)) {
                let metric = part.split('{').next().unwrap_or("").trim();
                if !metric.is_empty() && !cx.names.matches_metric(metric) {
                    cx.sink.error(&span(part), format!("no metric is called {metric:?}"), cx.names.metric_hint(metric));
                }
            }
        }
        "anomalies" => {
            let known = || cx.names.detectors.keys().chain(cx.names.streams.keys()).map(String::as_str).chain(cx.names.all_metrics());
            if !known().any(|n| n == argument) {
                let message = format!("no detector, stream or metric is called {argument:?}");
                cx.sink.error(&span(argument), message, suggest::hint(argument, known()));
            }
        }
        "alerts" => {
            for rule in argument.split(',').map(str::trim).filter(|rule| !cx.names.rules.contains(*rule)) {
                let hint = suggest::hint(rule, cx.names.rules.iter().map(String::as_str));
                cx.sink.error(&span(rule), format!("no rule is called {rule:?}"), hint);
            }
        }
        _ => {}
    }
}

/// What is named, without the options behind it: `sensor_value last=100 each`.
fn without_options(argument: &str) -> &str {
    let mut rest = argument.trim_end();
    while let Some((head, tail)) = rest.rsplit_once(char::is_whitespace)
        && (tail == "each" || tail.strip_prefix("last=").is_some_and(|n| n.parse::<u32>().is_ok()))
    {
        rest = head.trim_end();
    }
    rest
}

/// Parts between commas that stand outside of braces.
fn split_series(argument: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0usize, 0);
    for (at, c) in argument.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(argument[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(argument[start..].trim());
    parts
}

/// Fewest and most false alerts a week: one in twenty years is never, and a hundred thousand nobody reads.
const FALSE_ALERTS: (f64, f64) = (0.001, 100_000.0);

/// `[store]`, `[limits]` and `[sensitivity]`.
pub(in crate::config) fn limits(root: &Section<'_>) -> Limits {
    let mut limits = Limits::default();
    if let Some(section) = root.table("store") {
        let whole = |key, max, usual: usize| section.whole(key, 1, max).map_or(usual, |n| n.value as usize);
        limits.store.series = whole("series", 10_000_000, limits.store.series);
        limits.store.raw = whole("raw", 1_000_000, limits.store.raw);
        limits.store.memory = whole("memory_mib", 1 << 24, limits.store.memory >> 20) << 20;
        if let Some(retention) = section.length("retention", RETENTION.0, RETENTION.1) {
            limits.store.retention = retention.value;
        }
        section.finish();
    }
    if let Some(section) = root.table("limits") {
        let whole = |key, max, usual: usize| section.whole(key, 1, max).map_or(usual, |n| n.value as usize);
        limits.open_windows = whole("open_windows", 100_000_000, limits.open_windows);
        limits.anomalies = whole("anomalies", 1_000_000, limits.anomalies);
        limits.partitions = whole("partitions", 1_000_000, limits.partitions);
        section.finish();
    }
    if let Some(section) = root.table("sensitivity") {
        limits.false_alerts = section.number("false_alerts_per_week", FALSE_ALERTS.0, FALSE_ALERTS.1).map(|n| n.value);
        section.finish();
    }
    limits
}
