//! A Markdown summary of series for a ticket or a chat: title, time, values, what fires and why. Met by panes that copy.
//!
//! Names and sentences come from data: what Markdown would read as a command is written with a backslash, so that a
//! label can be no link, no picture and no heading where it is pasted.

use super::chart_data::Cell;
use super::{reading, target};
use crate::alert::{Alert, AlertState};
use crate::model::{Anomaly, Safe, SeriesId, Subject, Timestamp};
use crate::ui::{Role, Scene, format, times};
use jiff::tz::TimeZone;
use std::fmt::Write as _;

/// Most series in a summary: more are a list nobody reads in a chat.
const SERIES: usize = 40;
/// Most alerts, and most anomalies.
const FINDINGS: usize = 12;

/// What a summary is about.
pub struct Summary<'a> {
    /// The machine.
    pub scene: &'a Scene<'a>,
    /// The zone of its times.
    pub zone: &'a TimeZone,
    /// Its heading: not safe yet.
    pub title: &'a str,
    /// The time it covers; `None`: now only.
    pub span: Option<(Timestamp, Timestamp)>,
    /// The moment that is read, where there is one.
    pub at: Option<Cell>,
}

/// Text that Markdown shows as it is.
pub fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in Safe::message(text).as_str().chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '~' | '!' | '@' | '&' | '$') {
            out.push('\\');
        }
        out.push(c);
    }
    // What looks like an address would be made a link.
    out.replace("://", "\\://")
}

/// A name as code: nothing in it is read as Markdown, also no address. A bar would end a table's cell.
pub fn code(text: &str) -> String {
    let bare: String = Safe::label(text).as_str().chars().map(|c| if c == '`' { '\'' } else { c }).collect();
    format!("`{}`", bare.replace('|', "\\|"))
}

impl Summary<'_> {
    /// The summary of the series `ids`.
    pub fn of(&self, ids: &[SeriesId]) -> String {
        let mut out = self.heading();
        self.table(ids, &mut out);
        let keys: Vec<_> = ids.iter().map(|id| &self.scene.store.info(*id).key).collect();
        let about = |a: &&Alert| matches!(&a.subject, Subject::Series(key) if keys.contains(&key));
        self.alerts(self.scene.alerts.active().filter(about), &mut out);
        let within = |at: Timestamp| self.span.is_none_or(|(from, to)| from <= at && at < to);
        let odd = |a: &&Anomaly| a.series.is_some_and(|id| ids.contains(&id)) && within(a.last_at);
        self.anomalies(self.scene.anomalies.iter().rev().filter(odd), &mut out);
        out
    }

    /// The title and the time.
    pub fn heading(&self) -> String {
        let clock = |at| times::exact(at, self.zone).chars().take(19).collect::<String>();
        let zone = times::offset(self.scene.now, self.zone);
        let time = match self.span {
            Some((from, to)) => format!("{} – {} {zone}", clock(from), clock(to.min(self.scene.now.max(from)))),
            None => format!("{} {zone}", clock(self.scene.now)),
        };
        format!("**{}**  \n{time}\n", code(self.title))
    }

    fn table(&self, ids: &[SeriesId], out: &mut String) {
        let language = self.scene.language;
        let (series, expected, state) = (language.say("series"), language.say("expected"), language.say("state"));
        let read = self.at.map_or_else(String::new, |cell| format!(" {} |", times::clock(cell.from, self.zone)));
        let line = if self.at.is_some() { "---:|" } else { "" };
        let (last, mean, low, high) = (language.say("last"), language.say("mean"), language.say("min"), language.say("max"));
        // Writing into a string does not fail.
        let _ = write!(
            out,
            "\n| {series} |{read} {last} | {mean} | {low} | {high} | {expected} | {state} |\n|---|{line}---:|---:|---:|---:|---|---|\n"
        );
        for id in ids.iter().take(SERIES) {
            self.row(*id, out);
        }
        if ids.len() > SERIES {
            let _ = writeln!(out, "\n{}", language.fill("and {0} more", &[&(ids.len() - SERIES).to_string()]));
        }
    }

    fn row(&self, id: SeriesId, out: &mut String) {
        let info = self.scene.store.info(id);
        let unit = &info.spec.unit;
        let mut bucket = Vec::with_capacity(1);
        let (from, to) = self.span.unwrap_or((self.scene.now, self.scene.now));
        self.scene.store.range(id, from, to, 1, &mut bucket);
        let seen = bucket.first().filter(|b| b.count > 0);
        let figure = |x: Option<f64>| x.map_or_else(|| "–".to_owned(), |x| format::exact(x, unit));
        let read =
            self.at.map_or_else(String::new, |cell| format!(" {} |", figure(reading::read(self.scene, id, cell).map(|r| r.bucket.last))));
        let (last, mean) = (figure(info.last.map(|s| s.value)), figure(seen.and_then(crate::store::Bucket::mean)));
        let (low, high) = (figure(seen.map(|b| b.min)), figure(seen.map(|b| b.max)));
        let band = format::band(target::judged(self.scene.store, id).0, unit);
        let state = self.word(target::standing(self.scene, id));
        let name = code(&info.key.to_string());
        let _ = writeln!(out, "| {name} |{read} {last} | {mean} | {low} | {high} | {} | {state} |", escape(&band));
    }

    fn word(&self, role: Role) -> &'static str {
        let language = self.scene.language;
        match role {
            Role::Critical => language.say("critical"),
            Role::Warning => language.say("odd"),
            Role::Pending => language.say("pending"),
            Role::Stale => language.say("no new data"),
            _ => language.say("ok"),
        }
    }

    /// Adds a line for each alert.
    pub fn alerts<'b>(&self, list: impl Iterator<Item = &'b Alert>, out: &mut String) {
        let mut more = 0_usize;
        for (i, alert) in list.filter(|a| a.state != AlertState::Inactive).enumerate() {
            if i == 0 {
                out.push('\n');
            }
            if i >= FINDINGS {
                more += 1;
                continue;
            }
            let since = times::since(alert.since, self.scene.now, self.zone);
            let (rule, subject) = (code(&alert.rule), code(&alert.subject.to_string()));
            let language = self.scene.language;
            let (state, severity) = (language.say(alert.state.word()), language.say(alert.severity.word()));
            let since = self.scene.language.fill("since {0}", &[&since]);
            let _ = writeln!(out, "- **{rule}** {subject}: {state} ({severity}), {since}. {}", escape(&alert.why));
        }
        self.more(more, out);
    }

    /// Adds a line for each anomaly.
    pub fn anomalies<'b>(&self, list: impl Iterator<Item = &'b Anomaly>, out: &mut String) {
        let mut more = 0_usize;
        for (i, odd) in list.enumerate() {
            if i == 0 {
                out.push('\n');
            }
            if i >= FINDINGS {
                more += 1;
                continue;
            }
            let value = format::exact(odd.value, &odd.unit);
            let at = times::moment(odd.at, self.scene.now, self.zone);
            let _ = writeln!(out, "- {at} {}: {value}. {}", code(&odd.detector), escape(&odd.why));
        }
        self.more(more, out);
    }

    fn more(&self, more: usize, out: &mut String) {
        if more > 0 {
            let _ = writeln!(out, "- {}", self.scene.language.fill("and {0} more", &[&more.to_string()]));
        }
    }
}
