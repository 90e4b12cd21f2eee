//! `[[probe]]` and `[[scrape]]`: HTTP endpoints, what is asked of them and what is expected.

use super::Context;
use super::sources::{EVERY, GRACE, MISSED, stale_after};
use crate::config::section::{At, Section, number, type_of};
use crate::model::Millis;
use crate::source::{BodyChecks, HttpOptions, ProbeSpec, ScrapeSpec, SourceKind};
use toml::de::DeValue;

/// Shortest and longest time limit of a request.
const TIMEOUT: (Millis, Millis) = (Millis::new(10), Millis::from_secs(600));
/// Default interval of a probe.
const PROBE_EVERY: Millis = Millis::from_secs(10);
/// Default time limit of a probe.
const PROBE_TIMEOUT: Millis = Millis::from_secs(5);
/// Default interval of a scrape: Prometheus' own examples have it.
const SCRAPE_EVERY: Millis = Millis::from_secs(15);
/// Default time limit of a scrape: large exporters take seconds.
const SCRAPE_TIMEOUT: Millis = Millis::from_secs(10);
/// Most redirects followed: browsers give up after twenty, and health checks need one or two.
const FOLLOW_MAX: u64 = 10;
/// Series of a scrape where nothing is said: a node's exporter tells about a thousand.
const SERIES: usize = 2_000;
/// Most series of a scrape.
const SERIES_MAX: u64 = 100_000;
/// Methods a probe asks with.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
/// Headers that HTTP itself needs to be right.
const OWN_HEADERS: [&str; 4] = ["host", "connection", "content-length", "transfer-encoding"];

/// A probe.
pub(super) fn probe(cx: &Context<'_>, section: &Section<'_>) -> Option<(At<String>, SourceKind, Millis)> {
    let name = section.required("name", "\"shop\"");
    let url = section.required("url", "\"https://shop.example/health\"");
    let every = section.length("every", EVERY.0, EVERY.1).map_or(PROBE_EVERY, |l| l.value);
    let timeout = section.length("timeout", TIMEOUT.0, TIMEOUT.1).map_or(PROBE_TIMEOUT, |l| l.value);
    let expect = expect(section);
    let method = section.word("method", &METHODS).map_or("GET", |m| m.value).to_owned();
    let body = section.text("body");
    if let Some(body) = body.as_ref().filter(|_| matches!(method.as_str(), "GET" | "HEAD")) {
        cx.sink.error(&body.span, format!("body cannot be sent with {method}"), "add method = \"POST\"");
    }
    let follow = section.whole("follow", 0, FOLLOW_MAX).map_or(0, |f| f.value as u8);
    let (http, checks) = (http(cx, section), checks(cx, section));
    if method == "HEAD" && checks != BodyChecks::default() {
        cx.sink.error(&section.place("method"), "an answer to HEAD has no body to be checked", "leave method out");
    }
    let stale = stale_after(section, Millis::new(every.get() * MISSED + timeout.get() + GRACE.get()));
    section.finish();
    let (name, url) = (name?, checked_url(cx, url?));
    let body = body.map(|b| b.value);
    Some((name, SourceKind::Probe(ProbeSpec { url, every, timeout, expect, method, body, follow, http, checks }), stale))
}

/// A scrape.
pub(super) fn scrape(cx: &Context<'_>, section: &Section<'_>) -> Option<(At<String>, SourceKind, Millis)> {
    let name = section.required("name", "\"node\"");
    let url = section.required("url", "\"http://localhost:9100/metrics\"");
    let every = section.length("every", EVERY.0, EVERY.1).map_or(SCRAPE_EVERY, |l| l.value);
    let timeout = section.length("timeout", TIMEOUT.0, TIMEOUT.1).map_or(SCRAPE_TIMEOUT, |l| l.value);
    let (metrics, exclude) = (patterns(cx, section, "metrics"), patterns(cx, section, "exclude"));
    let raw_counters = section.word("counters", &["rate", "raw"]).is_some_and(|w| w.value == "raw");
    let buckets = section.flag("buckets").is_some_and(|f| f.value);
    let max_series = section.whole("max_series", 1, SERIES_MAX).map_or(SERIES, |n| n.value as usize);
    let http = http(cx, section);
    let stale = stale_after(section, Millis::new(every.get() * MISSED + timeout.get() + GRACE.get()));
    section.finish();
    let (name, url) = (name?, checked_url(cx, url?));
    let spec = ScrapeSpec { url, every, timeout, metrics, exclude, raw_counters, buckets, max_series, http };
    Some((name, SourceKind::Scrape(spec), stale))
}

/// Names of metrics, `*` for any signs.
fn patterns(cx: &Context<'_>, section: &Section<'_>, key: &'static str) -> Vec<String> {
    let mut out = Vec::new();
    for pattern in section.texts(key) {
        if pattern.value.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '.' | '*')) {
            out.push(pattern.value);
        } else {
            let message = format!("{:?} cannot be the name of a metric of Prometheus", pattern.value);
            cx.sink.error(&pattern.span, message, "write a name, with * for any signs: \"node_cpu_*\"");
        }
    }
    out
}

/// `headers`, `insecure`, `ca`.
fn http(cx: &Context<'_>, section: &Section<'_>) -> HttpOptions {
    let mut options = HttpOptions { insecure: section.flag("insecure").is_some_and(|f| f.value), ..HttpOptions::default() };
    if let Some(ca) = section.filled("ca") {
        if options.insecure {
            cx.sink.warn(&ca.span, "ca has no effect with insecure = true", "take one of them out");
        }
        options.ca = Some(ca.value.into());
    }
    for (name, node) in section.table("headers").map(|h| h.entries()).unwrap_or_default() {
        let Some(value) = node.get_ref().as_str() else {
            section.wrong_type(&format!("headers.{}", name.value), node, "a text", "put it in quotes");
            continue;
        };
        let fits = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        if name.value.is_empty() || !name.value.bytes().all(fits) {
            cx.sink.error(&name.span, format!("{:?} cannot be the name of a header", name.value), "");
        } else if OWN_HEADERS.contains(&name.value.to_ascii_lowercase().as_str()) {
            cx.sink.error(&name.span, format!("header {:?} is set by itself", name.value), "leave it out");
        } else if !value.chars().all(|c| c == '\t' || !c.is_control()) {
            cx.sink.error(&node.span(), format!("the value of header {:?} holds a control character", name.value), "");
        } else {
            options.headers.push((name.value, value.to_owned()));
        }
    }
    options
}

/// `contains`, `matches`, `json`.
fn checks(cx: &Context<'_>, section: &Section<'_>) -> BodyChecks {
    let contains = section.filled("contains").map(|t| t.value);
    let matches = section.filled("matches").filter(|t| cx.regex(t)).map(|t| t.value);
    let mut json = Vec::new();
    for (pointer, node) in section.table("json").map(|j| j.entries()).unwrap_or_default() {
        if !pointer.value.is_empty() && !pointer.value.starts_with('/') {
            let hint = format!("write \"/{}\" = …", pointer.value.replace('.', "/"));
            cx.sink.error(&pointer.span, format!("{:?} is no JSON pointer: it begins with /", pointer.value), hint);
            continue;
        }
        let wanted = match node.get_ref() {
            DeValue::String(text) => serde_json::Value::from(text.as_ref()),
            DeValue::Boolean(b) => serde_json::Value::from(*b),
            value @ (DeValue::Integer(_) | DeValue::Float(_)) => number(value).map_or(serde_json::Value::Null, serde_json::Value::from),
            other => {
                let message = format!("json.{:?} must be a text, a number, true or false, not {}", pointer.value, type_of(other));
                cx.sink.error(&node.span(), message, "");
                continue;
            }
        };
        json.push((pointer.value, wanted));
    }
    BodyChecks { contains, matches, json }
}

/// The URL, empty where it is none, which is reported.
fn checked_url(cx: &Context<'_>, url: At<String>) -> String {
    if url_ok(&url.value) {
        return url.value;
    }
    cx.sink.error(&url.span, format!("{:?} is no URL", url.value), "write http://host/path or https://host:port/path");
    String::new()
}

fn url_ok(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://")) else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
    let host = authority.rsplit('@').next().unwrap_or("");
    let port_ok = host.rsplit_once(':').is_none_or(|(h, p)| h.starts_with('[') && !h.ends_with(']') || p.parse::<u16>().is_ok());
    !host.is_empty() && !host.starts_with(':') && port_ok && !url.contains(char::is_whitespace) && !url.contains(char::is_control)
}

/// `expect = 200` or `expect = "200-399"`.
fn expect(section: &Section<'_>) -> (u16, u16) {
    const FINE: (u16, u16) = (200, 399);
    let Some(node) = section.raw("expect") else { return FINE };
    let hint = "write 200 or \"200-399\"";
    let range = match node.get_ref() {
        value @ DeValue::Integer(_) => number(value).map(|x| (x, x)),
        DeValue::String(text) => {
            let (low, high) = text.split_once('-').unwrap_or((text, text));
            low.trim().parse().ok().zip(high.trim().parse().ok())
        }
        _ => {
            section.wrong_type("expect", node, "a status code or a range of them", hint);
            return FINE;
        }
    };
    match range {
        Some((low, high)) if (100.0..=599.0).contains(&low) && (low..=599.0).contains(&high) => (low as u16, high as u16),
        _ => {
            section.sink().error(&node.span(), "expect is no status code from 100 to 599, nor a range of them", hint);
            FINE
        }
    }
}
