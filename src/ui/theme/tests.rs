//! Themes: all load, all can be read, none needs colour vision, and schemes of others become ours.

use super::file::{File, rgb};
use super::role::{ROLES, SERIES_COLOURS};
use super::{Role, THEMES, Theme, is_light, of_scheme};
use crate::ui::palette::{Depth, Rgb};
use crate::ui::shot::PictureKind;
use proptest::prelude::*;

fn files() -> Vec<(&'static str, File)> {
    THEMES.iter().map(|(name, text)| (*name, File::parse(text).unwrap())).collect()
}

#[test]
fn every_file_in_themes_is_registered() {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/themes");
    let mut found: Vec<String> =
        std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned()).collect();
    found.sort();
    assert_eq!(found, Theme::names().collect::<Vec<_>>());
}

#[test]
fn every_theme_loads_at_every_depth() {
    for (name, file) in files() {
        for depth in [Depth::True, Depth::Palette, Depth::Ansi, Depth::Mono] {
            let theme = Theme::load(name, depth, false).unwrap();
            assert!(theme.styles.len() >= ROLES.len(), "{name}");
            let painted = file.background.is_some() && matches!(depth, Depth::True | Depth::Palette);
            assert_eq!(theme.base().bg.is_some(), painted, "{name} {depth:?}");
        }
    }
    let wrong = Theme::load("solarized", Depth::True, false).unwrap_err();
    let known = "ansi16, color-blind, dark, high-contrast, light, mono";
    assert_eq!(wrong.to_string(), format!("no theme is called \"solarized\"; there are {known}"));
}

/// What cannot be read in `file`, as sentences.
fn unreadable(name: &str, file: &File) -> Vec<String> {
    let Some(screen) = file.background.as_deref().map(|b| rgb(b).unwrap()) else { return Vec::new() };
    let of = |colour: &str| rgb(colour).unwrap();
    let selection = of(file.roles["selection"].bg.as_deref().unwrap());
    let text = file.roles["text"].fg.as_deref().unwrap();
    let most = if name == "high-contrast" { 7.0 } else { 4.5 };
    let mut faults = Vec::new();
    let mut need = |what: &str, fg: Rgb, bg: Rgb, least: f64| {
        if fg.contrast(bg) < least {
            faults.push(format!("{name}: {what} {fg} on {bg} has {:.2}, needs {least}", fg.contrast(bg)));
        }
    };
    for (word, entry) in &file.roles {
        let quiet = matches!(word.as_str(), "frame" | "band");
        let fg = of(entry.fg.as_deref().unwrap_or(text));
        need(word, fg, entry.bg.as_deref().map_or(screen, of), if quiet { 3.0 } else { most });
        if !quiet && entry.bg.is_none() {
            // Rows are selected whatever they show; there everything is bold, for which three is enough.
            need(&format!("{word}, selected,"), fg, selection, 3.0);
        }
    }
    need("text, selected,", of(text), selection, most);
    // Keys stand in the accent's colour on the bar.
    need("keys", of(file.roles["accent"].fg.as_deref().unwrap()), of(file.roles["bar"].bg.as_deref().unwrap()), 4.5);
    for colour in &file.series.colours {
        need("series", of(colour), screen, 3.0);
    }
    faults
}

#[test]
fn everything_can_be_read_against_its_background() {
    let faults: Vec<String> = files().iter().flat_map(|(name, file)| unreadable(name, file)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// What each kind of dichromacy makes of linear red, green and blue (Machado, Oliveira and Fernandes 2009); first, none of them.
const VISIONS: [(&str, [[f64; 3]; 3]); 4] = [
    ("trichromacy", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
    ("protanopia", [[0.152_286, 1.052_583, -0.204_868], [0.114_503, 0.786_281, 0.099_216], [-0.003_882, -0.048_116, 1.051_998]]),
    ("deuteranopia", [[0.367_322, 0.860_646, -0.227_968], [0.280_085, 0.672_501, 0.047_413], [-0.011_820, 0.042_940, 0.968_881]]),
    ("tritanopia", [[1.255_528, -0.076_749, -0.178_779], [-0.078_411, 0.930_809, 0.147_602], [0.004_733, 0.691_367, 0.303_900]]),
];

/// A colour in CIELAB, as somebody with this vision sees it.
fn lab(colour: Rgb, vision: &[[f64; 3]; 3]) -> [f64; 3] {
    let linear = [colour.0, colour.1, colour.2].map(|c| {
        let c = f64::from(c) / 255.0;
        if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    });
    let times = |row: &[f64; 3], v: &[f64; 3]| row.iter().zip(v).map(|(a, b)| a * b).sum::<f64>();
    let seen = [0, 1, 2].map(|i| times(&vision[i], &linear).clamp(0.0, 1.0));
    let xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]].map(|row| times(&row, &seen));
    let f = |t: f64| if t > 0.008_856 { t.cbrt() } else { 7.787 * t + 16.0 / 116.0 };
    let [x, y, z] = [f(xyz[0] / 0.950_47), f(xyz[1]), f(xyz[2] / 1.088_83)];
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

fn distance(a: Rgb, b: Rgb, vision: &[[f64; 3]; 3]) -> f64 {
    lab(a, vision).iter().zip(lab(b, vision)).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

/// The two nearest of `colours` in any of the visions, and how near they are.
fn nearest(colours: &[Rgb], visions: &[(&str, [[f64; 3]; 3])]) -> (f64, String) {
    let mut out = (f64::MAX, String::new());
    for (name, vision) in visions {
        for (i, a) in colours.iter().enumerate() {
            for b in &colours[i + 1..] {
                let d = distance(*a, *b, vision);
                if d < out.0 {
                    out = (d, format!("{a} and {b} with {name}"));
                }
            }
        }
    }
    out
}

#[test]
fn series_can_be_told_apart() {
    for (name, file) in files() {
        let colours: Vec<Rgb> = file.series.colours.iter().map(|c| rgb(c).unwrap()).collect();
        let (d, which) = nearest(&colours, &VISIONS[..1]);
        assert!(d >= 20.0, "{name}: {which} are {d:.1} apart");
    }
}

#[test]
fn the_color_blind_theme_needs_no_colour_vision() {
    let (_, file) = files().into_iter().find(|(name, _)| *name == "color-blind").unwrap();
    let states = ["ok", "learning", "pending", "warning", "critical", "stale"];
    let states: Vec<Rgb> = states.iter().map(|s| rgb(file.roles[*s].fg.as_deref().unwrap()).unwrap()).collect();
    let series: Vec<Rgb> = file.series.colours.iter().map(|c| rgb(c).unwrap()).collect();
    // Two units are just seen side by side; signs of a cell apart need several times that.
    for (what, colours, least) in [("states", states, 15.0), ("series", series, 25.0)] {
        let (d, which) = nearest(&colours, &VISIONS);
        assert!(d >= least, "{what}: {which} are {d:.1} apart");
    }
}

#[test]
fn no_color_means_no_colour_at_all() {
    let themes = Theme::names().map(|name| Theme::load(name, Depth::True, true).unwrap());
    let mono = ["mono", "dark"].map(|name| Theme::load(name, if name == "dark" { Depth::Mono } else { Depth::True }, false).unwrap());
    for theme in themes.chain(mono) {
        let roles = ROLES.iter().map(|(_, r)| *r).chain((0..9).map(Role::Series));
        for style in roles.map(|r| theme.style(r)).chain([theme.base()]) {
            assert_eq!((style.fg, style.bg), (None, None), "{}", theme.name);
        }
        assert_ne!(theme.style(Role::Critical), theme.style(Role::Warning), "{}", theme.name);
        assert_ne!(theme.style(Role::Selection), theme.style(Role::Text), "{}", theme.name);
    }
}

#[test]
fn a_broken_file_says_what_is_wrong() {
    let said = |text: &str| Theme::read("x", text, Depth::True, false).unwrap_err().to_string();
    let dark = Theme::text("dark").unwrap();
    assert_eq!(said(&dark.replace("#d0d0d0", "grey")), "theme \"x\": \"grey\" is no colour; write #rrggbb");
    assert_eq!(said(&dark.replace("muted ", "mute ")), "theme \"x\": role \"muted\" is missing");
    assert!(said("background = 5").starts_with("theme \"x\": line 1: "));
}

#[test]
fn a_theme_follows_the_background_only_where_nobody_chose() {
    let dark = Theme::following(false, Depth::Palette, false);
    assert!(dark.fitting(Rgb(30, 30, 30)).is_none());
    let light = dark.fitting(Rgb(0xfd, 0xf6, 0xe3)).unwrap();
    assert_eq!((light.name.as_str(), light.fitting(Rgb(0, 0, 0)).unwrap().name.as_str()), ("light", "dark"));
    assert!(dark.other("dark").unwrap().fitting(Rgb(255, 255, 255)).is_none());
    assert!(dark.other("mono").unwrap().other("auto").unwrap().follows());
    for (value, light) in [
        ("15;0", Some(false)),
        ("0;default;15", Some(true)),
        ("0;7", Some(true)),
        ("15;default", None),
        ("", None),
        ("7;8", Some(false)),
        ("1;99", None),
    ] {
        assert_eq!(is_light(value), light, "{value}");
    }
}

/// A scheme in the older, flat form.
const FLAT: &str = r#"scheme: "Default Dark" # by somebody
author: "Chris Kempson"
base00: "181818"
base01: "282828"
base02: "383838"
base03: "585858"
base04: "b8b8b8"
base05: "d8d8d8"
base06: "e8e8e8"
base07: "f8f8f8"
base08: "ab4642"
base09: "dc9656"
base0A: "f7ca88"
base0B: "a1b56c"
base0C: "86c1b9"
base0D: "7cafc2"
base0E: "ba8baf"
base0F: "a16946"
"#;

#[test]
fn schemes_become_themes_that_can_be_read() {
    let nested = FLAT.lines().map(|l| l.replace("base", "  base").replace(": \"", ": '#").replace('"', "'")).collect::<Vec<_>>();
    let nested = format!("---\nsystem: base24\npalette:\n{}\n  base12: '#ff0000'\n", nested[2..].join("\n"));
    // Solarized light is known for little contrast.
    let light = "base00: fdf6e3\nbase01: eee8d5\nbase02: 93a1a1\nbase03: 839496\nbase04: 657b83\nbase05: 586e75\nbase06: 073642\nbase07: 002b36\nbase08: dc322f\nbase09: cb4b16\nbase0A: b58900\nbase0B: 859900\nbase0C: 2aa198\nbase0D: 268bd2\nbase0E: 6c71c4\nbase0F: d33682\n";
    for yaml in [FLAT, &nested, light] {
        let text = of_scheme(yaml).unwrap();
        let file = File::parse(&text).unwrap();
        assert_eq!(unreadable("scheme", &file), Vec::<String>::new(), "{text}");
        assert!(Theme::read("scheme", &text, Depth::True, false).is_ok());
    }
    assert!(of_scheme(FLAT).unwrap().contains("background = \"#181818\""));
}

#[test]
fn a_wrong_scheme_is_told_with_its_line() {
    for (yaml, said) in [
        (FLAT.replace("base03: \"585858\"", "base03: \"58585\""), "line 6: \"58585\" is no colour; base03 needs six hexadecimal digits"),
        (FLAT.replace("base04", "base03"), "line 7: base03 stands twice"),
        (FLAT.replace("base0F", "base9"), "base0F is missing: a scheme has base00 to base0F"),
        ("- a\n- b".to_owned(), "line 1: \"- a\" is no `key: value`"),
        ("x".repeat(70_000), "70000 bytes are too many for a scheme, at most 65536"),
        (String::new(), "base00 is missing: a scheme has base00 to base0F"),
    ] {
        assert_eq!(of_scheme(&yaml).unwrap_err(), said);
    }
}

#[test]
fn a_sample_shows_every_state_by_word_and_sign() {
    for name in Theme::names() {
        let theme = Theme::load(name, Depth::True, false).unwrap();
        let text = theme.preview(false, PictureKind::Text);
        for word in ["◆  payments failing", "◐  queue length", "series 6", "q quit"] {
            assert!(text.contains(word), "{name}: {text}");
        }
        assert!(theme.preview(true, PictureKind::Text).is_ascii());
        assert!(theme.swatch(PictureKind::Ansi).contains('◆'), "{name}");
    }
    assert_eq!(Theme::rows(Theme::text("dark").unwrap()).unwrap().len(), ROLES.len() + usize::from(SERIES_COLOURS));
}

proptest! {
    #[test]
    fn any_scheme_of_colours_can_be_read_and_any_text_is_borne(colours in proptest::array::uniform16(0u32..0x100_0000), text in "\\PC{0,80}") {
        let yaml = colours.iter().enumerate().map(|(i, c)| format!("base{i:02X}: \"{c:06x}\"")).collect::<Vec<_>>().join("\n");
        let file = File::parse(&of_scheme(&yaml).unwrap()).unwrap();
        let screen = rgb(file.background.as_deref().unwrap()).unwrap();
        for word in ["text", "dim", "warning", "critical"] {
            let fg = rgb(file.roles[word].fg.as_deref().unwrap()).unwrap();
            prop_assert!(fg.contrast(screen) >= 4.4, "{} {} on {}", word, fg, screen);
        }
        prop_assert!(of_scheme(&text).is_err());
    }
}
