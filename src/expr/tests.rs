//! The language as a whole: what holds for which event, and what is said of mistakes.

use super::{Bound, ExprError, FUNCTIONS, parse};
use crate::model::{FieldId, Value};
use proptest::prelude::*;

const NAMES: [&str; 10] =
    ["type", "amount", "status", "ok", "gone", "meta.rssi", "\"a b\".c", "@key", "readings[0].v", "@header.content-type"];

fn values() -> [Value<'static>; 10] {
    [
        Value::Text("payment"),
        Value::Number(250.0),
        Value::Text("failed"),
        Value::Bool(true),
        Value::Missing,
        Value::Number(-60.0),
        Value::Text("17"),
        Value::Text("user-17"),
        Value::Number(0.0),
        Value::Text("text/plain"),
    ]
}

fn bind(text: &str) -> Result<Bound, ExprError> {
    parse(text)?.bind(&mut |name| NAMES.iter().position(|n| *n == name).map(|i| FieldId(i as u16)))
}

fn holds(text: &str) -> bool {
    bind(text).unwrap_or_else(|e| panic!("{text}: {e}")).holds(&values())
}

#[test]
fn conditions_hold_as_they_read() {
    for text in [
        "type == 'payment'",
        "type == \"payment\" and status != 'ok'",
        "amount > 100 && amount <= 250 || false",
        "not (amount < 100)",
        "!(amount < 100)",
        "status in ['failed', 'declined']",
        "status in['failed']",
        "amount in[250]",
        "status not in ['ok']",
        "type ~ '^pay'",
        "@key ~ '^user-\\d+$'",
        "type !~ 'refund'",
        "abs(meta.rssi) > 50",
        "amount * 2 + 1 == 501",
        "2 + 3 * 4 == 14 and (2 + 3) * 4 == 20 and 7 % 4 == 3 and -2 - -3 == 1 and 10 - 4 - 3 == 3",
        "\"a b\".c == 17",
        "\"a b\".c > 9",
        "ok",
        "ok == true and ok == 'true' and ok == 1",
        "readings[0].v == 0 and not readings[0].v",
        "gone == null and amount != null and null == gone",
        "exists(amount) and not exists(gone)",
        "gone > 5 or amount > 5",
        "not (gone > 5 and amount < 5)",
        "amount != 'x'",
        "min(amount, gone, 3) == 3 and max(amount, 3) == 250",
        "lower('ÄB') == 'äb' and upper(type) == 'PAYMENT' and len('支付') == 2",
        "contains(type, 'ay') and starts_with(type, 'p') and ends_with(type, 't')",
        "round(2.5) == 3 and floor(-0.5) == -1 and ceil(0.2) == 1 and sqrt(9) == 3 and log(1) == 0",
        "1e3 == 1000 and .5 == 0.5",
        "'10' < '9' and 10 > 9",
        "@header.content-type == 'text/plain'",
        "NOT false AND TRUE",
    ] {
        assert!(holds(text), "{text}");
    }
}

#[test]
fn what_is_missing_or_unlike_does_not_hold() {
    for text in [
        "gone",
        "gone == 5",
        "gone != 5",
        "not (gone == 5)",
        "gone in [1]",
        "gone not in [1]",
        "gone ~ ''",
        "gone !~ ''",
        "gone + 1 > 0",
        "gone > 5 and amount > 5",
        "gone > 5 or amount < 5",
        "type > 5",
        "not (type > 5)",
        "type == 5",
        "amount / 0 > 0",
        "log(0) < 0",
        "sqrt(-1) != 1",
        "type",
        "contains(gone, 'x')",
    ] {
        assert!(!holds(text), "{text}");
    }
}

#[test]
fn numbers_and_texts_come_out() {
    let value = |text: &str| bind(text).unwrap().eval(&values()) == Value::Number(500.0);
    assert!(value("amount * 2") && value("amount + '250'"));
    let bound = bind("amount / 4").unwrap();
    assert_eq!(bound.number(&values()), Some(62.5));
    assert_eq!(bind("gone * 2").unwrap().number(&values()), None);
    assert_eq!(bind("amount > 5").unwrap().eval(&values()), Value::Bool(true));
    assert_eq!(bind("type").unwrap().eval(&values()), Value::Text("payment"));
    assert_eq!(bind("upper(type)").unwrap().eval(&values()), Value::Missing);
    assert_eq!(bind("upper(type)").unwrap().text(&values()).as_deref(), Some("PAYMENT"));
    assert_eq!(bind("amount").unwrap().text(&values()).as_deref(), Some("250"));
}

#[test]
fn names_are_field_paths_and_series() {
    let names = |text: &str| parse(text).unwrap().names();
    assert_eq!(names("a.b > 1 and c[0][12].d == a.b"), ["a.b", "c[0][12].d"]);
    assert_eq!(names("system.cpu.load_average.1m > 4"), ["system.cpu.load_average.1m"]);
    assert_eq!(names("system.filesystem.utilization{mountpoint=\"/\"} > 0.9"), ["system.filesystem.utilization{mountpoint=\"/\"}"]);
    assert_eq!(names("fails{ region = 'E\"U', a=\"x\" , } / all{} > 1"), ["fails{a=\"x\",region=\"E\\\"U\"}", "all"]);
    assert_eq!(names("`user-id` == 1 and \"a b\".c == \"text\""), ["`user-id`", "\"a b\".c"]);
    assert_eq!(names("@key == 'x' and 支付.金额 > 1"), ["@key", "支付.金额"]);
    assert_eq!(names("a-b"), ["a", "b"]);
    assert!(names("1 > 2").is_empty());
}

#[test]
fn mistakes_are_named_with_their_place() {
    let said = |text: &str| {
        let e = bind(text).unwrap_err();
        format!("{}+{} {}{}", e.at, e.len, e.message, e.hint.map_or(String::new(), |h| format!(" ({h})")))
    };
    insta::assert_snapshot!(said("amount = 5"), @"7+1 unexpected '=' (write == to compare)");
    insta::assert_snapshot!(said("amount >"), @"8+0 ends where a value is expected");
    insta::assert_snapshot!(said(""), @"0+0 ends where a value is expected");
    insta::assert_snapshot!(said("amount 5"), @"7+1 expected an operator (texts stand in 'quotes'; names with spaces or dashes in `backticks`)");
    insta::assert_snapshot!(said("(amount > 5"), @"11+0 expected an operator or )");
    insta::assert_snapshot!(said("amount > 5)"), @"10+1 expected an operator");
    insta::assert_snapshot!(said("1 < amount < 3"), @"11+1 a comparison of a comparison (join the two with and)");
    insta::assert_snapshot!(said("status == 'x"), @"10+2 a quote that is not closed");
    insta::assert_snapshot!(said("type ~ '('"), @"7+3 no regular expression: unclosed group");
    insta::assert_snapshot!(said("type ~ status"), @"7+6 expected a regular expression in quotes");
    insta::assert_snapshot!(said("median(amount) > 1"), @"0+6 unknown function `median` (there are abs, min, max, round, floor, ceil, sqrt, log, lower, upper, len, contains, starts_with, ends_with, exists)");
    insta::assert_snapshot!(said("abs(1, 2)"), @"0+3 2 arguments for `abs` (write abs(x))");
    insta::assert_snapshot!(said("amount > 5m"), @"9+2 a number followed by 'm' (numbers have no units here; names that begin with a digit stand in `backticks`)");
    insta::assert_snapshot!(said("nothing > 5"), @"0+7 unknown name `nothing`");
    insta::assert_snapshot!(said("a. > 5"), @"2+0 expected a name after the dot");
    insta::assert_snapshot!(said("a{b} > 5"), @r#"1+2 labels that cannot be read (write a{label="value"})"#);
    insta::assert_snapshot!(said("status in 'x'"), @"10+3 expected a list in square brackets");
}

#[test]
fn length_depth_and_patterns_have_limits() {
    assert!(parse(&"x".repeat(5_000)).is_err());
    for deep in ["(".repeat(2_000), "not ".repeat(1_000), "-".repeat(4_000), "abs(".repeat(1_000), "1+".repeat(2_000) + "1"] {
        assert!(parse(&deep).is_err_and(|e| e.message.contains("deeper")), "{}", &deep[..8]);
    }
    assert!(parse(&("a == 1 or ".repeat(90) + "b")).is_ok());
    assert!(parse("a ~ '\\pL{1000}{1000}'").is_err());
    assert!(parse(&format!("a ~ '{}'", "(".repeat(3_000))).is_err());
    let pattern = bind("type ~ '(a*)*b'").unwrap();
    let long = "a".repeat(100_000);
    let mut values = values();
    values[0] = Value::Text(&long);
    assert!(!pattern.holds(&values));
}

#[test]
fn every_function_is_documented_and_callable() {
    for f in FUNCTIONS {
        assert!(f.usage.starts_with(f.name) && !f.summary.is_empty());
        let arguments = vec!["amount"; f.arguments.0].join(", ");
        assert!(bind(&format!("{}({arguments})", f.name)).is_ok(), "{}", f.name);
    }
}

proptest! {
    #[test]
    fn any_text_is_answered(text in any::<String>()) {
        if let Err(e) = bind(&text) {
            prop_assert!(e.at + e.len <= text.len() && text.is_char_boundary(e.at) && text.is_char_boundary(e.at + e.len));
        }
    }

    #[test]
    fn any_row_of_tokens_is_answered(words in proptest::collection::vec(proptest::sample::select(vec![
        "amount", "type", "gone", "\"a b\".c", "5", "'x'", "(", ")", "[", "]", "{", "}", ",", ".", "==", "!=", "<", ">=", "~", "!~", "and", "or",
        "not", "in", "-", "+", "*", "/", "%", "null", "true", "abs(", "min(", "exists(", "a{b=\"c\"}", "`", "\"", "@key", "é", "[0]",
    ]), 0..24), spaced in any::<bool>()) {
        let text = words.join(if spaced { " " } else { "" });
        match bind(&text) {
            Err(e) => prop_assert!(e.at + e.len <= text.len(), "{}", text),
            Ok(bound) => {
                let values = values();
                prop_assert_eq!(bound.holds(&values), bound.holds(&values));
                if let Value::Number(x) = bound.eval(&values) {
                    prop_assert!(x.is_finite());
                }
            }
        }
    }

    #[test]
    fn arithmetic_agrees_with_the_machine(a in -1e6..1e6f64, b in -1e6..1e6f64) {
        let bound = bind("(amount - meta.rssi) * 2 < amount + 1").unwrap();
        let mut values = values();
        values[1] = Value::Number(a);
        values[5] = Value::Number(b);
        prop_assert_eq!(bound.holds(&values), (a - b) * 2.0 < a + 1.0);
    }
}
