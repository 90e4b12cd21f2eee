//! Signs that must join or stand alike in every font, as paths: blocks, braille, lines of boxes, the signs of states.
//!
//! A font draws these with gaps, or does not have them at all; a path of its own is the same everywhere.

use std::fmt::Write;

/// Width of a cell. With a letter's usual share of 0.6 it is exactly that of a letter of [`super::svg`]'s size.
pub(super) const WIDTH: f64 = 9.0;
/// Height of a cell: twice the width, as terminals have it.
pub(super) const HEIGHT: f64 = 18.0;
/// The middle of a cell, on which thin lines run: half a pixel off, so that a line of one pixel fills one.
const MIDDLE: (f64, f64) = (4.5, 9.5);
/// Half the width of a triangle or a diamond, and the radius of a circle.
const RADIUS: f64 = 3.4;

/// Paths in one colour.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Shapes {
    /// Filled.
    pub fill: String,
    /// Drawn as thin lines.
    pub line: String,
    /// Drawn as thick lines with round ends; without a length they are dots.
    pub dots: String,
    /// Where the last thin level line ended, to go on from there.
    end: Option<(f64, f64)>,
}

/// How much of its background a shade leaves.
pub(super) fn shade(c: char) -> Option<f64> {
    match c {
        '░' => Some(0.75),
        '▒' => Some(0.5),
        '▓' => Some(0.25),
        _ => None,
    }
}

impl Shapes {
    /// Draws `c` into the cell whose corner is at (`x`, `y`). `false`: it is no such sign.
    pub(super) fn draw(&mut self, c: char, x: f64, y: f64) -> bool {
        match c {
            '▀'..='▟' => self.block(c, x, y),
            '⠀'..='⣿' => self.braille(c, x, y),
            '─'..='╿' => return self.lines(c, x, y),
            _ => return self.sign(c, x + WIDTH / 2.0, y + MIDDLE.1),
        }
        true
    }

    /// A line under or through a cell.
    pub(super) fn rule(&mut self, x: f64, y: f64, width: f64) {
        self.level(x, y, width);
    }

    fn rect(&mut self, x: f64, y: f64, width: f64, height: f64) {
        let _ = write!(self.fill, "M{} {}h{}v{}h-{}z", Short(x), Short(y), Short(width), Short(height), Short(width));
    }

    #[expect(clippy::many_single_char_names, reason = "a character, its place and its size, as in the formulas")]
    fn block(&mut self, c: char, x: f64, y: f64) {
        let (w, h) = (WIDTH, HEIGHT);
        let n = f64::from(u32::from(c) - 0x2580);
        match c {
            '▀' => self.rect(x, y, w, h / 2.0),
            '▁'..='█' => self.rect(x, y + h - h * n / 8.0, w, h * n / 8.0),
            '▉'..='▏' => self.rect(x, y, w * (16.0 - n) / 8.0, h),
            '▐' => self.rect(x + w / 2.0, y, w / 2.0, h),
            '░'..='▓' => self.rect(x, y, w, h),
            '▔' => self.rect(x, y, w, h / 8.0),
            '▕' => self.rect(x + w * 7.0 / 8.0, y, w / 8.0, h),
            _ => {
                // Upper left, upper right, lower left, lower right, one bit each.
                let quarters = [0b0010, 0b0001, 0b1000, 0b1011, 0b1001, 0b1110, 0b1101, 0b0100, 0b0110, 0b0111];
                let set = quarters.get(n as usize - 0x16).copied().unwrap_or(0);
                for (bit, dx, dy) in [(8, 0.0, 0.0), (4, 0.5, 0.0), (2, 0.0, 0.5), (1, 0.5, 0.5)] {
                    if set & bit != 0 {
                        self.rect(x + w * dx, y + h * dy, w / 2.0, h / 2.0);
                    }
                }
            }
        }
    }

    fn braille(&mut self, c: char, x: f64, y: f64) {
        let set = u32::from(c) - 0x2800;
        // Dots are numbered down the left column, then down the right; the fourth row came later.
        let places = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)];
        for (bit, (column, row)) in places.into_iter().enumerate() {
            if set & (1 << bit) != 0 {
                let (dx, dy) = (WIDTH * (0.25 + 0.5 * f64::from(column)), HEIGHT * (0.125 + 0.25 * f64::from(row)));
                let _ = write!(self.dots, "M{} {}h0", Short(x + dx), Short(y + dy));
            }
        }
    }

    /// A thin level line, which goes on where the last one ended.
    fn level(&mut self, x: f64, y: f64, width: f64) {
        let near = |a: f64, b: f64| (a - b).abs() < 1e-6;
        if !self.end.is_some_and(|(ex, ey)| near(ex, x) && near(ey, y)) {
            let _ = write!(self.line, "M{} {}", Short(x), Short(y));
        }
        let _ = write!(self.line, "h{}", Short(width));
        self.end = Some((x + width, y));
    }

    fn upright(&mut self, x: f64, y: f64, height: f64) {
        let _ = write!(self.line, "M{} {}v{}", Short(x), Short(y), Short(height));
        self.end = None;
    }

    /// Lines of boxes. Double ones are left to the font: nothing here draws them.
    fn lines(&mut self, c: char, x: f64, y: f64) -> bool {
        let (cx, cy) = (x + MIDDLE.0, y + MIDDLE.1);
        let (right, below) = (WIDTH - MIDDLE.0, HEIGHT - MIDDLE.1);
        // Which arms there are: left, right, up, down; 1 is thin, 2 thick.
        let arms: [u8; 4] = match c {
            '─' => [1, 1, 0, 0],
            '━' => [2, 2, 0, 0],
            '│' => [0, 0, 1, 1],
            '┃' => [0, 0, 2, 2],
            '┌' => [0, 1, 0, 1],
            '┐' => [1, 0, 0, 1],
            '└' => [0, 1, 1, 0],
            '┘' => [1, 0, 1, 0],
            '├' => [0, 1, 1, 1],
            '┤' => [1, 0, 1, 1],
            '┬' => [1, 1, 0, 1],
            '┴' => [1, 1, 1, 0],
            '┼' => [1, 1, 1, 1],
            '╴' => [1, 0, 0, 0],
            '╵' => [0, 0, 1, 0],
            '╶' => [0, 1, 0, 0],
            '╷' => [0, 0, 0, 1],
            '╸' => [2, 0, 0, 0],
            '╹' => [0, 0, 2, 0],
            '╺' => [0, 2, 0, 0],
            '╻' => [0, 0, 0, 2],
            '╭'..='╰' => {
                self.corner(c, x, y);
                return true;
            }
            '┄' | '┈' | '╌' | '┆' | '┊' | '╎' => {
                self.dashes(c, x, y);
                return true;
            }
            _ => return false,
        };
        match (arms[0], arms[1]) {
            (1, 1) => self.level(x, cy, WIDTH),
            (left, other) => {
                let thick = |weight| weight == 2;
                for (weight, from, width) in [(left, x, MIDDLE.0), (other, cx, right)] {
                    if thick(weight) {
                        self.rect(from, cy - 1.0, width, 2.0);
                    } else if weight == 1 {
                        self.level(from, cy, width);
                    }
                }
            }
        }
        for (weight, from, height) in [(arms[2], y, MIDDLE.1), (arms[3], cy, below)] {
            if weight == 2 {
                self.rect(cx - 1.0, from, 2.0, height);
            } else if weight == 1 {
                self.upright(cx, from, height);
            }
        }
        true
    }

    fn corner(&mut self, c: char, x: f64, y: f64) {
        let (cx, cy) = (x + MIDDLE.0, y + MIDDLE.1);
        let (side, bend) = if matches!(c, '╭' | '╰') { (x + WIDTH, cx) } else { (x, cx) };
        let (turn, end) = if matches!(c, '╭' | '╮') { (cy + MIDDLE.0, y + HEIGHT) } else { (cy - MIDDLE.0, y) };
        let (side, cy, bend, turn, end) = (Short(side), Short(cy), Short(bend), Short(turn), Short(end));
        let _ = write!(self.line, "M{side} {cy}Q{bend} {cy} {bend} {turn}V{end}");
        self.end = None;
    }

    fn dashes(&mut self, c: char, x: f64, y: f64) {
        let n = match c {
            '╌' | '╎' => 2,
            '┄' | '┆' => 3,
            _ => 4,
        };
        for i in 0..n {
            let part = |whole: f64| (whole * (f64::from(i) + 0.2) / f64::from(n), whole * 0.6 / f64::from(n));
            if matches!(c, '╌' | '┄' | '┈') {
                let (at, length) = part(WIDTH);
                self.level(x + at, y + MIDDLE.1, length);
            } else {
                let (at, length) = part(HEIGHT);
                self.upright(x + MIDDLE.0, y + at, length);
            }
        }
    }

    /// The signs of states and of directions, around the middle of a cell.
    fn sign(&mut self, c: char, cx: f64, cy: f64) -> bool {
        let (r, s) = (RADIUS, RADIUS * 0.8);
        match c {
            '●' => circle(&mut self.fill, cx, cy, r),
            '○' => circle(&mut self.line, cx, cy, r - 0.2),
            '◌' => {
                for (dx, dy) in [(1.0, 0.0), (0.7, 0.7), (0.0, 1.0), (-0.7, 0.7), (-1.0, 0.0), (-0.7, -0.7), (0.0, -1.0), (0.7, -0.7)] {
                    circle(&mut self.fill, cx + dx * r, cy + dy * r, 0.65);
                }
            }
            '◐' => {
                circle(&mut self.line, cx, cy, r - 0.2);
                let (x, top, r2) = (Short(cx), Short(cy - r), Short(r));
                let _ = write!(self.fill, "M{x} {top}a{r2} {r2} 0 0 0 0 {}z", Short(r * 2.0));
            }
            '◆' => polygon(&mut self.fill, &[(cx, cy - r - 0.8), (cx + r + 0.6, cy), (cx, cy + r + 0.8), (cx - r - 0.6, cy)]),
            '◇' => polygon(&mut self.line, &[(cx, cy - r - 0.3), (cx + r, cy), (cx, cy + r + 0.3), (cx - r, cy)]),
            '■' => self.rect(cx - r, cy - r, r * 2.0, r * 2.0),
            '▲' => polygon(&mut self.fill, &[(cx, cy - r - 0.5), (cx + r + 0.5, cy + r), (cx - r - 0.5, cy + r)]),
            '▼' => polygon(&mut self.fill, &[(cx, cy + r + 0.5), (cx + r + 0.5, cy - r), (cx - r - 0.5, cy - r)]),
            '▴' => polygon(&mut self.fill, &[(cx, cy - s), (cx + s, cy + s), (cx - s, cy + s)]),
            '▾' => polygon(&mut self.fill, &[(cx, cy + s), (cx + s, cy - s), (cx - s, cy - s)]),
            '▶' | '▸' => polygon(&mut self.fill, &[(cx + s, cy), (cx - s, cy - s), (cx - s, cy + s)]),
            '◀' | '◂' => polygon(&mut self.fill, &[(cx - s, cy), (cx + s, cy - s), (cx + s, cy + s)]),
            _ => return false,
        }
        self.end = None;
        true
    }
}

fn circle(out: &mut String, cx: f64, cy: f64, radius: f64) {
    let (x, y, r, d) = (Short(cx - radius), Short(cy), Short(radius), Short(radius * 2.0));
    let _ = write!(out, "M{x} {y}a{r} {r} 0 1 0 {d} 0a{r} {r} 0 1 0 -{d} 0z");
}

fn polygon(out: &mut String, corners: &[(f64, f64)]) {
    for (i, (x, y)) in corners.iter().enumerate() {
        let _ = write!(out, "{}{} {}", if i == 0 { 'M' } else { 'L' }, Short(*x), Short(*y));
    }
    out.push('z');
}

/// A number with at most two digits after the point, and none that say nothing.
pub(super) struct Short(pub f64);

impl std::fmt::Display for Short {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = format!("{:.2}", self.0);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(text: &str) -> Shapes {
        let mut shapes = Shapes::default();
        for (i, c) in text.chars().enumerate() {
            assert!(shapes.draw(c, i as f64 * WIDTH, 0.0), "{c}");
        }
        shapes
    }

    #[test]
    fn blocks_join_without_a_gap() {
        assert_eq!(drawn("▄█").fill, "M0 9h9v9h-9zM9 0h9v18h-9z");
        assert_eq!(drawn("▌▐").fill, "M0 0h4.5v18h-4.5zM13.5 0h4.5v18h-4.5z");
        assert_eq!(drawn("▚").fill, "M0 0h4.5v9h-4.5zM4.5 9h4.5v9h-4.5z");
        assert_eq!(drawn("▙").fill.matches('M').count(), 3);
    }

    #[test]
    fn a_level_line_is_one_stroke() {
        assert_eq!(drawn("───").line, "M0 9.5h9h9h9");
        assert_eq!(drawn("╭─┤").line, "M9 9.5Q4.5 9.5 4.5 14V18M9 9.5h9h4.5M22.5 0v9.5M22.5 9.5v8.5");
    }

    #[test]
    fn every_dot_of_braille_has_its_place() {
        assert_eq!(drawn("⠁⡀").dots, "M2.25 2.25h0M11.25 15.75h0");
        assert_eq!(drawn("⣿").dots.matches('M').count(), 8);
        assert_eq!(drawn("⠀"), Shapes::default());
    }

    #[test]
    fn letters_are_left_to_the_font() {
        let mut shapes = Shapes::default();
        for c in ['a', '支', '→', '═', '╬', '…'] {
            assert!(!shapes.draw(c, 0.0, 0.0), "{c}");
        }
        assert_eq!(shapes, Shapes::default());
        assert!(!drawn("○●◐◌◆").fill.is_empty());
    }
}
