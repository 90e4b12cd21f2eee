//! Schemes of base16 and base24 as theme files: their sixteen or twenty-four colours take our roles, and are
//! moved away from the background until they can be read.
//!
//! Read line by line, not with a library for YAML: all that such a scheme holds is one `key: value` a line, and
//! what is not is told with its line.

use crate::ui::palette::Rgb;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Longest scheme: real ones have about a kilobyte.
const BYTES_MAX: usize = 64 * 1024;
/// The least contrast of text, of frames and series, and of text that is selected.
const LEAST: (f64, f64, f64) = (4.5, 3.0, 3.0);
/// Steps in which a colour is moved until it can be read.
const STEPS: u8 = 50;

/// The text of a theme file for the scheme in `yaml`.
///
/// # Errors
/// Says what is wrong, and in which line.
pub fn of_scheme(yaml: &str) -> Result<String, String> {
    let (name, colours) = read(yaml)?;
    let base = |n: u8| colours.get(&n).copied().ok_or_else(|| format!("base{n:02X} is missing: a scheme has base00 to base0F"));
    for n in 0..16 {
        base(n)?;
    }
    let or = |bright: u8, plain: u8| colours.get(&bright).copied().map_or_else(|| base(plain), Ok);
    let (ground, text) = (base(0)?, base(5)?);
    let text = mended(text, &[(ground, 7.0)]);
    let chosen = base(2)?;
    let selection = if text.contrast(chosen) >= LEAST.0 { chosen } else { ground.mixed(text, 0.15) };
    let raised = base(1)?;
    let raised = if text.contrast(raised) >= LEAST.0 { raised } else { ground.mixed(text, 0.08) };
    let read = |c: Rgb| mended(c, &[(ground, LEAST.0), (selection, LEAST.2)]);
    let seen = |c: Rgb| mended(c, &[(ground, LEAST.1)]);
    let on_bar = |c: Rgb| mended(c, &[(raised, LEAST.0)]);
    let mut out = String::new();
    let _ =
        writeln!(out, "# From the scheme {name}; colours were moved where they could not be read.\nbackground = \"{ground}\"\n\n[roles]");
    let roles = [
        ("text", text, "default", ""),
        ("dim", read(base(4)?.mixed(ground, 0.25)), "dark-gray", ""),
        ("frame", seen(base(3)?), "dark-gray", ""),
        ("accent", mended(base(12)?, &[(ground, LEAST.0), (selection, LEAST.2), (raised, LEAST.0)]), "light-cyan", ""),
        ("ok", read(base(4)?.mixed(ground, 0.25)), "default", ""),
        ("learning", read(base(13)?), "blue", ""),
        ("pending", read(or(0x13, 10)?), "yellow", ""),
        ("warning", read(base(9)?), "light-yellow", ", bold = true"),
        ("critical", read(or(0x12, 8)?), "light-red", ", bold = true"),
        ("stale", read(base(14)?), "magenta", ""),
        ("muted", read(base(4)?.mixed(ground, 0.25)), "dark-gray", ""),
        ("band", seen(base(3)?), "dark-gray", ""),
    ];
    for (role, colour, ansi, more) in roles {
        let _ = writeln!(out, "{role} = {{ fg = \"{colour}\", ansi = \"{ansi}\"{more} }}");
    }
    let _ = writeln!(out, "selection = {{ bg = \"{selection}\", ansi = \"default\", bold = true }}");
    for (role, colour) in [("header", text), ("bar", base(4)?)] {
        let _ = writeln!(out, "{role} = {{ fg = \"{}\", bg = \"{raised}\", ansi = \"default\" }}", on_bar(colour));
    }
    let series = [or(0x16, 13)?, base(9)?, or(0x14, 11)?, or(0x17, 14)?, or(0x13, 10)?, base(6)?];
    let series: Vec<String> = series.into_iter().map(|c| format!("\"{}\"", seen(c))).collect();
    let _ = writeln!(out, "\n[series]\ncolours = [{}]", series.join(", "));
    out.push_str("ansi = [\"light-cyan\", \"light-yellow\", \"light-green\", \"light-magenta\", \"yellow\", \"white\"]\n");
    Ok(out)
}

/// `colour`, moved towards white or black until its contrast with each background is reached, or it is as far as can be.
fn mended(colour: Rgb, least: &[(Rgb, f64)]) -> Rgb {
    // Away from the first: the others are shades of it, and only one way leads far enough.
    let light = least.first().is_some_and(|(background, _)| background.is_light());
    let towards = if light { Rgb(0, 0, 0) } else { Rgb(255, 255, 255) };
    let fits = |c: &Rgb| least.iter().all(|(background, least)| c.contrast(*background) >= *least);
    let steps = (0..=STEPS).map(|step| colour.mixed(towards, f64::from(step) / f64::from(STEPS)));
    steps.into_iter().find(fits).unwrap_or(towards)
}

/// The scheme's name and its colours by number.
fn read(yaml: &str) -> Result<(String, BTreeMap<u8, Rgb>), String> {
    if yaml.len() > BYTES_MAX {
        return Err(format!("{} bytes are too many for a scheme, at most {BYTES_MAX}", yaml.len()));
    }
    let (mut name, mut colours) = ("without a name".to_owned(), BTreeMap::new());
    for (number, line) in yaml.lines().enumerate() {
        let wrong = |what: String| format!("line {}: {what}", number + 1);
        let line = line.trim_start_matches('\u{feff}').trim();
        if line.is_empty() || line.starts_with('#') || line == "---" || line == "..." {
            continue;
        }
        let Some((key, value)) = line.split_once(':') else { return Err(wrong(format!("{line:.40?} is no `key: value`"))) };
        let (key, value) = (key.trim().trim_matches(['"', '\'']), scalar(value));
        if matches!(key, "scheme" | "name") {
            name = value.chars().filter(|c| !c.is_control()).take(60).collect();
        }
        let digits = key.strip_prefix("base").filter(|d| d.len() == 2);
        let Some(place) = digits.and_then(|d| u8::from_str_radix(d, 16).ok()).filter(|p| *p < 0x18) else { continue };
        let colour = Rgb::parse(&format!("#{}", value.trim_start_matches('#')));
        let colour = colour.ok_or_else(|| wrong(format!("{value:.40?} is no colour; {key} needs six hexadecimal digits")))?;
        if colours.insert(place, colour).is_some() {
            return Err(wrong(format!("{key} stands twice")));
        }
    }
    Ok((name, colours))
}

/// A value without its quotes, and without the comment behind it.
fn scalar(value: &str) -> &str {
    let value = value.trim();
    for quote in ['"', '\''] {
        if let Some((inside, _)) = value.strip_prefix(quote).and_then(|rest| rest.split_once(quote)) {
            return inside;
        }
    }
    value.split(" #").next().unwrap_or(value).trim()
}
