//! The pages shown where the configuration names none, and those every screen has besides its own.

use super::messages::english;
use super::{PageSpec, PaneSpec, RowSpec};
use std::sync::Arc;

/// Charts on the page of metrics: more are too small to read, and the list of series has them all.
const CHARTS_MAX: usize = 6;

/// Pages for what there is: the overview first, then charts of the metrics, then the standard pages.
///
/// `metrics` are the names of the configured metrics; the host's own are on the host pane.
pub fn pages(has_host: bool, metrics: &[Arc<str>], has_streams: bool) -> Vec<PageSpec> {
    if has_host && !has_streams && metrics.is_empty() {
        // Only the host: its pane is what one wants to see at once; the overview above says what is wrong.
        let first = page("overview", vec![row(2, vec![pane("overview", "", 1)]), row(5, vec![pane("host", "", 1)])]);
        return with_standard(vec![first], has_host, has_streams);
    }
    let mut all = Vec::new();
    if !metrics.is_empty() {
        let shown: Vec<PaneSpec> = metrics.iter().take(CHARTS_MAX).map(|m| spec("chart", m)).collect();
        let mut rows: Vec<RowSpec> = shown.chunks(2).map(|two| row(2, two.iter().map(|p| (p.clone(), 1)).collect())).collect();
        rows.push(row(2, vec![pane("series", "", 1)]));
        all.push(page("metrics", rows));
    }
    with_standard(all, has_host, has_streams)
}

/// The overview alone.
pub fn overview() -> PageSpec {
    page("overview", vec![row(1, vec![pane("overview", "", 1)])])
}

/// `pages` with those every screen has, where they are not there yet: overview first, then alerts, host, sources, log last.
pub fn with_standard(mut pages: Vec<PageSpec>, has_host: bool, has_streams: bool) -> Vec<PageSpec> {
    if !shows(&pages, "overview") {
        let mut first = overview();
        if has_streams {
            first.rows[0].weight = 3;
            first.rows.push(row(1, vec![pane("anomalies", "", 1)]));
        }
        pages.insert(0, first);
    }
    let alone = |kind: &'static str| page(kind, vec![row(1, vec![pane(kind, "", 1)])]);
    let mut standard = vec![page("alerts", vec![row(1, vec![pane("alerts", "", 1)]), row(1, vec![pane("anomalies", "", 1)])])];
    standard.extend(has_host.then(|| alone("host")));
    standard.extend([alone("sources"), alone("log")]);
    for page in standard {
        // A page of the same name is the configuration's own.
        if !pages.iter().any(|p| p.name == page.name) {
            pages.push(page);
        }
    }
    pages
}

/// The word of a page that is as it is made here, to be said in a language; a page of the configuration has only its name.
pub fn word(page: &PageSpec) -> Option<&'static str> {
    let kinds: Vec<&str> = page.panes().map(|pane| pane.kind).collect();
    let word = match (&*page.name, &kinds[..]) {
        ("metrics", [charts @ .., "series"]) if charts.iter().all(|kind| *kind == "chart") => return Some(english("metrics")),
        ("overview", ["overview"] | ["overview", "anomalies" | "host"]) => english("overview"),
        ("alerts", ["alerts", "anomalies"]) => english("alerts"),
        ("host", ["host"]) => english("host"),
        ("sources", ["sources"]) => english("sources"),
        ("log", ["log"]) => english("log"),
        _ => return None,
    };
    page.panes().all(|pane| pane.argument.is_empty()).then_some(word)
}

fn shows(pages: &[PageSpec], kind: &str) -> bool {
    pages.iter().flat_map(|page| &page.rows).flat_map(|row| &row.panes).any(|(pane, _)| pane.kind == kind)
}

fn page(name: &str, rows: Vec<RowSpec>) -> PageSpec {
    PageSpec { name: name.into(), rows }
}

fn row(weight: u16, panes: Vec<(PaneSpec, u16)>) -> RowSpec {
    RowSpec { weight, panes }
}

fn pane(kind: &'static str, argument: &str, share: u16) -> (PaneSpec, u16) {
    (spec(kind, argument), share)
}

fn spec(kind: &'static str, argument: &str) -> PaneSpec {
    PaneSpec { kind, argument: argument.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(pages: &[PageSpec]) -> Vec<&str> {
        pages.iter().map(|p| p.name.as_ref()).collect()
    }

    #[test]
    fn a_host_alone_is_shown_at_once() {
        let pages = pages(true, &[], false);
        assert_eq!(names(&pages), ["overview", "alerts", "host", "sources", "log"]);
        assert_eq!(pages[0].rows[1].panes[0].0.kind, "host");
    }

    #[test]
    fn metrics_have_charts_and_streams_their_anomalies() {
        let metrics: Vec<Arc<str>> = (0..9).map(|i| format!("m{i}").into()).collect();
        let pages = pages(true, &metrics, true);
        assert_eq!(names(&pages), ["overview", "metrics", "alerts", "host", "sources", "log"]);
        let charts = pages[1].rows.iter().flat_map(|r| &r.panes).filter(|(p, _)| p.kind == "chart").count();
        assert_eq!(charts, CHARTS_MAX);
    }

    #[test]
    fn only_pages_made_here_have_a_word() {
        let mut all = pages(true, &["m".into()], true);
        assert_eq!(all.iter().filter_map(word).collect::<Vec<_>>(), names(&all));
        assert_eq!(word(&pages(true, &[], false)[0]), Some("overview"));
        all[2].rows.pop();
        assert_eq!(word(&all[2]), None, "somebody's own alerts");
    }

    #[test]
    fn configured_pages_stay_and_nothing_stands_twice() {
        let own = page("alerts", vec![row(1, vec![pane("chart", "m", 1)])]);
        let all = with_standard(vec![own.clone()], false, true);
        assert_eq!(names(&all), ["overview", "alerts", "sources", "log"]);
        assert_eq!(all[1], own);
        assert_eq!(with_standard(all.clone(), false, true), all);
    }
}
