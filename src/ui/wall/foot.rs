//! The lowest lines of the wall: whose turn it is, how old the page's data are, and the time, large enough to be missed when it stops.

use super::about::Subjects;
use super::digits::Size;
use crate::model::Millis;
use crate::ui::widgets::{put, put_right};
use crate::ui::words::{clip, width};
use crate::ui::{Look, Mode, Role, Scene, format, times};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// From this height of the screen on the clock is drawn in big digits.
const ROOM_FOR_CLOCK: (u16, u16) = (64, 20);
/// An age below this is called fresh: records come in bunches.
const FRESH: Millis = Millis::from_secs(10);

/// Rows the foot takes on a screen of `area`.
pub fn rows(area: Rect, look: &Look<'_>) -> u16 {
    if area.width < ROOM_FOR_CLOCK.0 || area.height < ROOM_FOR_CLOCK.1 {
        return 1;
    }
    match (look.ascii, area.height) {
        (true, ..30) => 1,
        (true, _) => 5,
        (false, ..40) => 3,
        (false, ..80) => 4,
        (false, _) => 7,
    }
}

/// Which page, and which of how many.
#[derive(Clone, Copy, Debug)]
pub struct Turn<'a> {
    /// Its name, safe to draw.
    pub name: &'a str,
    /// Its place, from one.
    pub place: usize,
    /// How many there are.
    pub of: usize,
    /// It stays because it fires.
    pub held: bool,
}

/// Draws the foot into `area`.
pub fn render(area: Rect, buf: &mut Buffer, turn: Turn<'_>, subjects: &Subjects<'_>, scene: &Scene<'_>, look: &Look<'_>) {
    let style = |role| look.theme.style(role);
    let clock = times::clock(scene.now, look.zone);
    let age = subjects.heard(scene).map(|at| Millis::new(scene.now.since(at).get().max(0)));
    let fresh = age.is_some_and(|age| age < FRESH);
    let shown = age.map_or_else(|| "?".to_owned(), big_age);
    let role = if fresh { Role::Dim } else { Role::Stale };
    let place = if turn.of > 1 { format!("{}  {}/{}", turn.name, turn.place, turn.of) } else { turn.name.to_owned() };
    let short = place.clone();
    let place = if turn.held && turn.of > 1 { format!("{place}  {}", look.language.say("stays")) } else { place };
    let size = Size::fitting(&[&clock], area.width / 2, area.height, look.ascii).filter(|_| area.height >= 3);
    let Some(size) = size else {
        let right = format!("{} {shown}  {clock}", look.language.say("data"));
        put_right(buf, area, 1, 0, &right, style(role));
        let room = usize::from(area.width).saturating_sub(width(&right) + 4);
        let place = if width(&place) <= room { place } else { short };
        put(buf, area, 1, 0, &clip(&place, room, look.ascii), style(Role::Dim));
        return;
    };
    let top = area.y + area.height - size.rows();
    let x = area.right().saturating_sub(size.columns(&clock) + 1);
    size.draw(&clock, area, buf, (x, top), style(Role::Dim), look.ascii);
    // The widest age keeps its place, so that the word before it does not move.
    let x = x.saturating_sub(size.columns("<10s") + 4);
    size.draw(&shown, area, buf, (x, top), style(role), look.ascii);
    let word = look.language.say("data");
    put(buf, area, x.saturating_sub(area.x + width(word) as u16 + 1), area.height - 1, word, style(role));
    let room = usize::from(x.saturating_sub(area.x + width(word) as u16 + 4));
    let lower = area.height - 1;
    put(buf, area, 1, lower, &clip(&place, room, look.ascii), style(Role::Dim));
    let rate: f64 = scene.sources.iter().filter(|s| s.topic.is_some()).map(|s| s.rate).sum();
    let mode = match scene.mode {
        Mode::Replay { .. } => look.language.say("replay").to_owned(),
        Mode::Live if rate > 0.0 => look.language.fill("{0} records a second", &[&format::si(coarse(rate))]),
        Mode::Live => String::new(),
    };
    put(buf, area, 1, lower - 1, &clip(&mode, room, look.ascii), style(Role::Dim));
}

/// A rate to two digits: what follows changes each second and says nothing.
fn coarse(rate: f64) -> f64 {
    let size = 10_f64.powf(rate.log10().floor() - 1.0);
    (rate / size).round() * size
}

/// An age in a few big characters: `<10s`, `41s`, `5m`, `3h`, `2d`.
fn big_age(age: Millis) -> String {
    match age.get() / 1_000 {
        i64::MIN..10 => "<10s".to_owned(),
        s @ 10..60 => format!("{s}s"),
        s @ 60..3_600 => format!("{}m", s / 60),
        s @ 3_600..86_400 => format!("{}h", s / 3_600),
        s => format!("{}d", s / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_short() {
        let texts: Vec<String> = [3, 41, 59, 61, 7_300, 200_000].map(|s| big_age(Millis::from_secs(s))).to_vec();
        assert_eq!(texts, ["<10s", "41s", "59s", "1m", "2h", "2d"]);
    }

    #[test]
    fn rates_keep_two_digits() {
        assert_eq!([coarse(1_834.2).round() as i64, coarse(57.3).round() as i64, coarse(4.26 * 10.0).round() as i64], [1_800, 57, 43]);
    }
}
