//! Clusters told apart: a short label and a colour, so that production is never mistaken for something else.
//!
//! The label stands in the header and before the names of the cluster's topics; the colour only stresses it, so that
//! the two are told apart without colours too.

use super::palette::{Depth, Rgb};
use super::widgets::put_at;
use super::words::{clip, width};
use super::{Look, Role};
use crate::model::{Safe, SourceStatus};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use std::sync::Arc;

/// The colours a cluster may have, each with its word.
pub const COLOURS: [&str; 6] = ["red", "yellow", "green", "blue", "magenta", "cyan"];
/// The place of a cluster that has a label and no colour.
pub const NO_COLOUR: u8 = COLOURS.len() as u8;
/// Longest label that is shown, in columns: a word, `production`.
const LABEL: usize = 14;
/// The share of the header's width that labels may take: what is wrong, where one is and the time matter more.
const HEADER_SHARE: u16 = 3;

/// Each colour on a dark and on a light background, and among the sixteen: readable as text and behind text.
const SHADES: [(Rgb, Rgb, Color); 6] = [
    (Rgb(255, 107, 107), Rgb(176, 0, 32), Color::Red),
    (Rgb(240, 200, 64), Rgb(122, 92, 0), Color::Yellow),
    (Rgb(96, 208, 128), Rgb(0, 107, 45), Color::Green),
    (Rgb(106, 168, 255), Rgb(0, 71, 179), Color::Blue),
    (Rgb(224, 128, 224), Rgb(138, 0, 138), Color::Magenta),
    (Rgb(80, 208, 216), Rgb(0, 100, 112), Color::Cyan),
];

/// How a cluster is told from others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// The source's name.
    pub source: Arc<str>,
    /// What is written: `production`.
    pub label: Arc<str>,
    /// Its colour, an index of [`COLOURS`]; [`NO_COLOUR`] for none.
    pub colour: u8,
}

impl Cluster {
    fn shown(&self) -> String {
        clip(&Safe::label(&self.label).to_string(), LABEL, true)
    }
}

/// The styles of clusters for a theme on `background`.
pub fn styles(background: Rgb, depth: Depth) -> impl Iterator<Item = (Role, Style)> {
    let dark = background.contrast(Rgb(255, 255, 255)) > background.contrast(Rgb(0, 0, 0));
    let colour = move |(bright, deep, ansi): (Rgb, Rgb, Color)| match depth {
        Depth::Ansi => ansi,
        _ if dark => bright.at(depth),
        _ => deep.at(depth),
    };
    (0u8..).zip(SHADES).map(move |(i, shade)| (Role::Cluster(i), Style::new().fg(colour(shade)).add_modifier(Modifier::BOLD)))
}

/// The name of a source or topic with its cluster's label before it, and the role of both.
pub fn named(source: &SourceStatus, look: &Look<'_>) -> (String, Option<Role>) {
    let name = Safe::label(source.topic.as_deref().unwrap_or(&source.name)).to_string();
    match look.clusters.iter().find(|c| c.source == source.name) {
        Some(cluster) if cluster.label == source.name && source.topic.is_none() => (name, Some(Role::Cluster(cluster.colour))),
        Some(cluster) => (format!("{} {name}", cluster.shown()), Some(Role::Cluster(cluster.colour))),
        None => (name, None),
    }
}

/// Draws the labels at the left of the header; answers how many columns they took. Labels that find no room are
/// counted: `+2`.
pub fn render(area: Rect, buf: &mut Buffer, look: &Look<'_>) -> u16 {
    let room = usize::from(area.width / HEADER_SHARE);
    let (mut used, mut shown) = (0, 0);
    for cluster in look.clusters {
        let left = look.clusters.len() - shown;
        let text = format!(" {} ", cluster.shown());
        let more = if left > 1 { 4 } else { 0 };
        if used + width(&text) + more > room {
            let text = format!(" +{left} ");
            put_at(buf, area, (area.x + used as u16, area.y), &text, look.theme.style(Role::Text).add_modifier(Modifier::REVERSED));
            used += width(&text);
            break;
        }
        let style = look.theme.style(Role::Cluster(cluster.colour)).add_modifier(Modifier::BOLD | Modifier::REVERSED);
        put_at(buf, area, (area.x + used as u16, area.y), &text, style);
        used += width(&text);
        shown += 1;
    }
    used as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shade_can_be_read_on_its_background() {
        for (bright, deep, _) in SHADES {
            assert!(bright.contrast(Rgb(18, 18, 18)) > 4.5, "{bright:?}");
            assert!(deep.contrast(Rgb(250, 250, 250)) > 4.5, "{deep:?}");
        }
    }
}
