//! A ramp of eight levels, from little to much: colours between the background and that of a series, or shades where
//! there are none. Each level has a sign of its own beside its colour, so that a picture as text still shows it.

use super::text::dot;
use crate::ui::{Depth, Look, Rgb, Role};
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Style};

/// Levels: as many as the eye tells apart, and few enough that most cells stay what they are.
pub const LEVELS: usize = 8;
/// How far the lowest level is from the background: what is little must differ from nothing.
const LOWEST: f64 = 0.16;
/// Signs of the levels: shades, and plain characters.
const SHADES: [char; LEVELS] = ['░', '░', '▒', '▒', '▓', '▓', '█', '█'];
const PLAIN: [char; LEVELS] = ['.', ':', '-', '=', '+', '*', '#', '@'];
/// How far beyond its edges a level holds on, in levels.
const SLACK: f64 = 0.4;
/// The least contrast a mark upon a level needs to be seen.
const CONTRAST: f64 = 2.5;

/// The ramp of a theme.
#[derive(Clone, Debug)]
pub struct Ramp {
    styles: [Style; LEVELS],
    signs: [char; LEVELS],
    mark: Style,
}

impl Ramp {
    /// The ramp to draw with: up to the colour of `role`.
    pub fn new(role: Role, look: &Look<'_>) -> Self {
        let (theme, signs) = (look.theme, if look.ascii { PLAIN } else { SHADES });
        let part = |colour: Option<Color>| colour.and_then(Rgb::of);
        let mark = theme.style(Role::Warning);
        let mut ramp = Self { styles: [theme.style(role); LEVELS], signs, mark };
        let (Some(from), Some(to)) = (part(theme.base().bg), part(theme.style(role).fg)) else { return ramp };
        for (i, style) in ramp.styles.iter_mut().enumerate() {
            let share = LOWEST + (1.0 - LOWEST) * i as f64 / (LEVELS - 1) as f64;
            // An entry of the palette at any depth: a picture of many cells is written half as long.
            let colour = mix(from, to, share).at(Depth::Palette);
            // With characters the sign says the level; a ground of its own would hide it.
            *style = if look.ascii { Style::new().fg(colour) } else { Style::new().fg(colour).bg(colour) };
        }
        ramp
    }

    /// The level of a share of the scale after a cell of level `before`: what lies about the edge of two levels stays
    /// where it was, so that noise is not a pattern of its own, and costs nothing to draw.
    pub fn follow(share: f64, before: Option<usize>) -> usize {
        let level = Self::level(share);
        let Some(before) = before else { return level };
        let at = share * LEVELS as f64;
        let near = (before as f64 - SLACK..=before as f64 + 1.0 + SLACK).contains(&at);
        if near { before } else { level }
    }

    /// The level of a share of the scale, 0…1.
    pub fn level(share: f64) -> usize {
        ((share * LEVELS as f64) as usize).min(LEVELS - 1)
    }

    /// Draws a level into a cell.
    pub fn draw(&self, level: usize, x: u16, y: u16, buf: &mut Buffer) {
        let level = level.min(LEVELS - 1);
        dot(buf, x, y, self.signs[level], self.styles[level]);
    }

    /// Draws a level that is odd: the sign of a warning upon its colour, where it can be seen there.
    pub fn draw_odd(&self, level: usize, ascii: bool, x: u16, y: u16, buf: &mut Buffer) {
        let ground = self.styles[level.min(LEVELS - 1)].bg;
        let parts = (ground.and_then(Rgb::of), self.mark.fg.and_then(Rgb::of));
        let seen = matches!(parts, (Some(ground), Some(mark)) if ground.contrast(mark) >= CONTRAST);
        let style = ground.filter(|_| seen).map_or(self.mark, |ground| self.mark.bg(ground));
        dot(buf, x, y, if ascii { '!' } else { '●' }, style);
    }
}

fn mix(from: Rgb, to: Rgb, share: f64) -> Rgb {
    let part = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * share).round() as u8;
    Rgb(part(from.0, to.0), part(from.1, to.1), part(from.2, to.2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::{Language, Theme};
    use ratatui::layout::Rect;

    fn drawn(theme: &Theme, ascii: bool) -> (String, Vec<Option<Color>>) {
        let zone = jiff::tz::TimeZone::UTC;
        let look = Look {
            theme,
            ascii,
            zone: &zone,
            range: crate::model::Millis::ZERO,
            until: None,
            focused: false,
            language: Language::English,
            clusters: &[],
        };
        let ramp = Ramp::new(Role::Series(0), &look);
        let mut buf = Buffer::empty(Rect::new(0, 0, LEVELS as u16, 1));
        (0..LEVELS).for_each(|i| ramp.draw(i, i as u16, 0, &mut buf));
        (buf.content().iter().map(ratatui::buffer::Cell::symbol).collect(), buf.content().iter().map(|c| c.style().fg).collect())
    }

    #[test]
    fn every_level_differs_by_colour_or_by_sign() {
        for name in Theme::names() {
            for depth in [Depth::True, Depth::Palette] {
                let theme = Theme::load(name, depth, false).unwrap();
                // On the terminal's own background the signs say the level.
                if theme.base().bg.is_none() {
                    continue;
                }
                let (_, mut colours) = drawn(&theme, false);
                colours.dedup();
                assert!(colours.len() >= 6, "{name} {depth:?}: {colours:?}");
                let ground = Rgb::of(theme.base().bg.unwrap()).unwrap();
                let contrast: Vec<f64> = colours.iter().map(|c| Rgb::of(c.unwrap()).unwrap().contrast(ground)).collect();
                assert!(contrast.windows(2).all(|w| w[0] < w[1] + 0.05) && contrast[0] > 1.05, "{name} {depth:?}: {contrast:?}");
            }
        }
        assert_eq!(drawn(&Theme::plain(), true).0, ".:-=+*#@");
        assert_eq!(drawn(&Theme::plain(), false).0, "░░▒▒▓▓██");
    }

    #[test]
    fn any_share_has_a_level() {
        assert_eq!(
            [(0.13, None), (0.13, Some(0)), (0.2, Some(0)), (0.9, Some(7)), (0.5, Some(7))].map(|(s, b)| Ramp::follow(s, b)),
            [1, 0, 1, 7, 4]
        );
        assert_eq!([0.0, 0.124, 0.125, 0.99, 1.0, f64::NAN, -1.0, 9.0].map(Ramp::level), [0, 0, 1, 7, 7, 0, 0, 7]);
    }
}
