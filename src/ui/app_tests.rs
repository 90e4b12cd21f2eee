//! Dialogues with the whole screen.

use super::fixture::{Fixture, app, draw, press, type_text};

#[test]
fn look() {
    for (w, h) in [(40, 12), (80, 24), (120, 30), (160, 48)] {
        for (name, f) in [
            ("empty", Fixture::empty()),
            ("quiet", Fixture::quiet()),
            ("trouble", Fixture::trouble()),
            ("replay", Fixture::replay()),
            ("flooded", Fixture::flooded()),
        ] {
            let mut a = app(false);
            println!("== {name} {w}x{h}\n{}", draw(&mut a, &f.scene(), w, h));
        }
    }
    let f = Fixture::trouble();
    let mut a = app(true);
    println!("ascii\n{}", draw(&mut a, &f.scene(), 100, 30));
    press(&mut a, &f.scene(), "3");
    println!("alerts\n{}", draw(&mut a, &f.scene(), 120, 30));
    press(&mut a, &f.scene(), "Enter");
    println!("alert\n{}", draw(&mut a, &f.scene(), 120, 30));
    press(&mut a, &f.scene(), "Esc Tab j j j Enter");
    println!("anomaly\n{}", draw(&mut a, &f.scene(), 80, 30));
    press(&mut a, &f.scene(), "?");
    println!("help\n{}", draw(&mut a, &f.scene(), 80, 30));
    press(&mut a, &f.scene(), "? 6 /");
    type_text(&mut a, &f.scene(), "kaf");
    println!("log\n{}", draw(&mut a, &f.scene(), 80, 10));
}
