//! Tests of the keys: whatever bytes come, and however they are cut, they mean what a person typed or nothing.

use super::*;
use proptest::prelude::*;

fn typed(bytes: &[u8]) -> Vec<Typed> {
    let (mut keys, mut found) = (Keys::new(), Vec::new());
    keys.take(bytes, &mut found);
    while keys.patience().is_some() {
        keys.silence(&mut found);
    }
    found
}

fn control(c: char) -> Typed {
    Typed::Key(Key { code: KeyCode::Char(c), ctrl: true, alt: false })
}

#[test]
fn keys_arrive_as_pressed() {
    let letters: Vec<Typed> = "aQé漢😀".chars().map(|c| key(KeyCode::Char(c))).collect();
    assert_eq!(typed("aQé漢😀".as_bytes()), letters);
    assert_eq!(typed(b"\r\t\x7f\x08"), [KeyCode::Enter, KeyCode::Tab, KeyCode::Backspace, KeyCode::Backspace].map(key));
    assert_eq!(typed(b"\x03\x1a\x0c\x00"), [control('c'), control('z'), control('l'), control(' ')]);
    let arrows = [KeyCode::Up, KeyCode::Down, KeyCode::Right, KeyCode::Left, KeyCode::Home, KeyCode::End].map(key);
    assert_eq!(typed(b"\x1b[A\x1b[B\x1b[C\x1b[D\x1b[H\x1b[F"), arrows);
    assert_eq!(typed(b"\x1bOA\x1bOB\x1bOC\x1bOD\x1bOH\x1bOF"), arrows);
    assert_eq!(typed(b"\x1b[5~\x1b[6~\x1b[3~\x1b[Z"), [KeyCode::PageUp, KeyCode::PageDown, KeyCode::Delete, KeyCode::BackTab].map(key));
    assert_eq!(typed(b"\x1bOP\x1b[15~\x1b[24~"), [KeyCode::F(1), KeyCode::F(5), KeyCode::F(12)].map(key));
    assert_eq!(typed(b"\x1b[1;5C"), [Typed::Key(Key { code: KeyCode::Right, ctrl: true, alt: false })]);
    assert_eq!(typed(b"\x1bq"), [alt('q')]);
}

#[test]
fn escape_alone_is_a_key_after_a_moment() {
    let (mut keys, mut found) = (Keys::new(), Vec::new());
    keys.take(b"\x1b", &mut found);
    assert_eq!((found.len(), keys.patience()), (0, Some(ESCAPE_ALONE)));
    keys.silence(&mut found);
    assert_eq!((found.as_slice(), keys.patience()), ([key(KeyCode::Esc)].as_slice(), None));
    assert_eq!(typed(b"\x1b\x1b"), [key(KeyCode::Esc), key(KeyCode::Esc)]);
    // An arrow whose bytes come one by one is one key.
    found.clear();
    for byte in b"\x1b[A" {
        keys.take(&[*byte], &mut found);
    }
    assert_eq!(found, [key(KeyCode::Up)]);
}

#[test]
fn answers_and_reports_press_nothing() {
    for answer in [
        b"\x1b]11;rgb:1e1e/1e1e\x1b\\".as_slice(),
        b"\x1b]11;rgb:+e1e/1e1e/1e1e\x1b\\",
        b"\x1b]10;rgb:ffff/ffff/ffff\x07",
        b"\x1b[12;40R\x1b[1;1R",
        b"\x1b[?62;22c\x1b[>41;380;0c",
        b"\x1bP>|xterm(388)\x1b\\",
        b"\x1bP1+r544e=787465726d\x1b\\",
        b"\x1b[?2026;2$y",
        b"\x1b[?0u",
        b"\x1b[8;50;200t",
        b"\x1b[I\x1b[O",
        b"\x1b[<1;10;10M\x1b[<2;10;10m\x1b[<35;1;1M\x1b[<66;1;1M",
        b"\x1b[<0;0;10M\x1b[<0;1M\x1b[<0;1;1;1M\x1b[<;;M\x1b[<99999999999;1;1M\x1b[<-1;1;1M\x1b[<0;1;1~",
        b"\x1b[Mq q",
        b"\x1b_Gi=1;OK\x1b\\",
    ] {
        assert_eq!(typed(answer), [], "{}", answer.escape_ascii());
        let followed = [answer, b"x"].concat();
        assert_eq!(typed(&followed), [key(KeyCode::Char('x'))], "{}", answer.escape_ascii());
    }
}

#[test]
fn the_background_is_told() {
    for (answer, colour) in [
        (b"\x1b]11;rgb:1e1e/ffff/0000\x1b\\".as_slice(), Rgb(30, 255, 0)),
        (b"\x1b]11;rgb:f/8/0\x07", Rgb(255, 136, 0)),
        (b"\x1b]11;rgba:ffff/ffff/ffff/ffff\x1b\\", Rgb(255, 255, 255)),
    ] {
        assert_eq!(typed(answer), [Typed::Background(colour)], "{}", answer.escape_ascii());
    }
}

#[test]
fn the_left_button_and_the_wheel_are_known() {
    let at = |column, row, kind| Typed::Mouse(Mouse { column, row, kind });
    assert_eq!(
        typed(b"\x1b[<0;10;3M\x1b[<32;11;3M\x1b[<0;11;3m\x1b[<64;1;1M\x1b[<65;300;200M\x1b[<20;5;5M"),
        [
            at(9, 2, MouseKind::Press),
            at(10, 2, MouseKind::Drag),
            at(10, 2, MouseKind::Release),
            at(0, 0, MouseKind::WheelUp),
            at(299, 199, MouseKind::WheelDown),
            at(4, 4, MouseKind::Press),
        ]
    );
    // One that is cut off presses nothing, and neither does its rest once it was given up.
    let (mut keys, mut found) = (Keys::new(), Vec::new());
    keys.take(b"\x1b[<0;10;", &mut found);
    assert_eq!(keys.patience(), Some(CUT_OFF));
    keys.take(b"3M", &mut found);
    assert_eq!(found, [at(9, 2, MouseKind::Press)]);
}

#[test]
fn broken_text_is_dropped_and_what_follows_is_not() {
    for broken in [b"\xff".as_slice(), b"\xc3", b"\xe6\xbc", b"\xf0\x9f\x98", b"\x80\x80", b"\xc0\xaf", b"\xed\xa0\x80"] {
        assert_eq!(typed(&[broken, b"x"].concat()), [key(KeyCode::Char('x'))], "{}", broken.escape_ascii());
    }
}

#[test]
fn a_paste_is_one_event_whatever_it_holds() {
    let pasted = |text: &str| typed(format!("\x1b[200~{text}\x1b[201~q").as_bytes());
    assert_eq!(pasted("q\x1b[A\x03 漢"), [Typed::Paste("q\x1b[A\x03 漢".into()), key(KeyCode::Char('q'))]);
    assert_eq!(pasted("\x1b\x1b[20"), [Typed::Paste("\x1b\x1b[20".into()), key(KeyCode::Char('q'))]);
    let Typed::Paste(kept) = &pasted(&"q".repeat(1 << 20))[0] else { panic!("a paste") };
    assert_eq!(kept.len(), PASTE_KEPT);
}

#[test]
fn a_paste_that_never_ends_is_given_up() {
    let (mut keys, mut found) = (Keys::new(), Vec::new());
    keys.take(b"\x1b[200~abc", &mut found);
    assert_eq!(keys.patience(), Some(CUT_OFF));
    keys.silence(&mut found);
    keys.take(b"q", &mut found);
    assert_eq!(found, [Typed::Paste("abc".into()), key(KeyCode::Char('q'))]);
}

proptest! {
    #[test]
    fn any_bytes_in_any_pieces_mean_the_same(bytes in proptest::collection::vec(any::<u8>(), 0..200), cut in 1usize..20) {
        let (mut keys, mut found) = (Keys::new(), Vec::new());
        for piece in bytes.chunks(cut) {
            keys.take(piece, &mut found);
        }
        keys.silence(&mut found);
        let (mut at_once, mut whole) = (Keys::new(), Vec::new());
        at_once.take(&bytes, &mut whole);
        at_once.silence(&mut whole);
        prop_assert_eq!(&found, &whole);
        prop_assert_eq!(keys.patience(), None);
        // After a moment's silence every key works again.
        found.clear();
        keys.take(b"q", &mut found);
        prop_assert_eq!(found, vec![key(KeyCode::Char('q'))]);
    }
}
