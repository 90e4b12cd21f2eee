//! A configuration taken up while the console runs: checked first, refused with a banner when it is wrong.
//!
//! Met by whoever edits the file, asks for `:reload` or sends SIGHUP to a run without a screen. Sources keep their ids,
//! because queues, recordings and the machine know them by these; a new one gets the next.

use super::clock;
use super::config_file::{ConfigFile, Found};
use super::driver::{Feed, Session};
use super::past::Past;
use super::reach;
use super::start;
use crate::config::{self, Diagnostics, Loaded, Overrides};
use crate::engine::Plan;
use crate::model::SourceId;
use crate::ui::{Language, PageSpec, english};
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// The file is looked at with a tick, if the last look was so long ago: less than a tick, so that no tick comes too early
/// for it. A change is taken up two looks later, when nobody writes it any more.
const LOOK_EVERY: Duration = Duration::from_millis(750);

/// Where a layout is saved when there is no file yet: the one the next start looks for.
const NEW_FILE: &str = "bellwether.toml";
/// What is said where there is nothing to reload.
const NO_FILE: &str = english("there is no configuration file to reload");

/// The configuration as it runs.
pub(super) struct Reloader {
    /// Its file; `None`: there is none, or it is a replay.
    pub file: Option<ConfigFile>,
    /// How messages call it.
    pub shown: String,
    overrides: Overrides,
    /// The text that runs, or was refused last.
    pub text: String,
    /// All sources there have been, by id.
    names: Vec<Arc<str>>,
    /// The same at the start: a replay goes back there.
    first: Vec<Arc<str>>,
    pub loaded: Loaded,
    /// Why a reload would lose something.
    hindrance: &'static str,
    next: Instant,
    /// The file could not be read: what is found next is taken up, changed or not.
    unread: bool,
    /// Somebody asked for a reload while a look was under way.
    wanted: bool,
    /// A new file was offered to save a layout in.
    offered: bool,
    /// Standard output was a terminal at the start: SIGHUP may mean that it is gone.
    terminal: bool,
}

impl Reloader {
    /// The configuration `loaded` from `text`, which is that of `path`.
    pub(super) fn new(path: Option<PathBuf>, text: &str, shown: &str, overrides: &Overrides, loaded: &Loaded) -> Self {
        let names: Vec<Arc<str>> = loaded.plan.sources.iter().map(|s| Arc::clone(&s.name)).collect();
        let path = path.filter(|p| p.as_os_str() != "-" && !overrides.exit_at_end);
        let file = path.and_then(|p| ConfigFile::watch(p).map_err(|e| tracing::error!("the configuration is not watched: {e}")).ok());
        let hindrance = if loaded.missing.is_empty() { "" } else { "topics are read that no file describes" };
        Self {
            file,
            shown: shown.to_owned(),
            overrides: overrides.clone(),
            text: text.to_owned(),
            first: names.clone(),
            names,
            loaded: loaded.clone(),
            hindrance,
            next: clock::instant(),
            unread: false,
            wanted: false,
            offered: false,
            terminal: std::io::stdout().is_terminal(),
        }
    }

    /// Topics were taken up that the file does not describe.
    pub(super) fn taken_up(&mut self) {
        self.hindrance = "topics were taken up that no file describes";
    }

    /// Writes `pages` into the file. Answers its name, and whether it leads to these pages exactly.
    fn save(&mut self, pages: &[PageSpec]) -> Result<(String, bool), String> {
        let usual = &self.loaded.ui.pages;
        let (text, checked) = config::edited(&self.text, pages, usual, &self.shown, &self.overrides).map_err(|e| e.to_string())?;
        let path = self.file.as_ref().map_or_else(|| PathBuf::from(NEW_FILE), |file| file.path.clone());
        config::save(&path, self.file.is_some().then_some(&*self.text), &text).map_err(|e| e.to_string())?;
        // The watcher will find this very text, and leave it.
        self.text = text;
        let same = checked.ui.pages == pages;
        self.loaded.ui = checked.ui;
        let shown = path.display().to_string();
        if self.file.is_none() {
            self.shown.clone_from(&shown);
            // What was inferred is described there now.
            self.hindrance = "";
            self.file = ConfigFile::watch(path).map_err(|e| tracing::error!("the configuration is not watched: {e}")).ok();
        }
        Ok((shown, same))
    }

    /// What was inferred is the configuration from now on.
    pub(super) fn inferred(&mut self, text: &str, loaded: &Loaded) {
        text.clone_into(&mut self.text);
        self.loaded = loaded.clone();
    }

    /// The replay begins anew.
    pub(super) fn rewind(&mut self) {
        self.names.clone_from(&self.first);
    }

    /// A configuration a recording was reloaded with, for runs without a session.
    ///
    /// # Errors
    /// Its faults.
    pub(super) fn recorded(&mut self, text: &str) -> Result<Plan, String> {
        self.load(text, "(recording)").map(|loaded| loaded.plan).map_err(|faults| faults.summary().0)
    }

    /// Reads and checks a text; its sources get the ids they have.
    fn load(&mut self, text: &str, shown: &str) -> Result<Loaded, Diagnostics> {
        let mut loaded = config::load(text, shown, &self.overrides)?;
        if !loaded.missing.is_empty() {
            return Err(Diagnostics::of_file(shown, "topics of the command line are described no more", ""));
        }
        for (spec, plan) in loaded.sources.iter_mut().zip(&mut loaded.plan.sources) {
            let place = self.names.iter().position(|name| *name == spec.name).unwrap_or_else(|| {
                self.names.push(Arc::clone(&spec.name));
                self.names.len() - 1
            });
            (spec.id, plan.id) = (SourceId(place as u16), SourceId(place as u16));
        }
        Ok(loaded)
    }
}

impl Session {
    /// Whether SIGHUP asks for a reload: without a screen, with a file, and while the terminal is not gone.
    pub(super) fn reloads_on_hangup(&self) -> bool {
        let reload = self.reload.as_ref().filter(|r| self.console.is_none() && r.file.is_some());
        reload.is_some_and(|r| !r.terminal || std::io::stdout().is_terminal())
    }

    /// Somebody asks for the file to be taken up, changed or not.
    pub(super) fn ask_reload(&mut self) {
        let Some(reload) = self.reload.as_mut().filter(|reload| reload.file.is_some()) else {
            return self.tell(NO_FILE);
        };
        // A look may be under way: then the next one is for this.
        reload.wanted = !reload.file.as_ref().is_some_and(|file| file.look(true));
    }

    /// Looks at the file now and then, and takes up what was found.
    pub(super) fn look_at_configuration(&mut self) {
        let Some(reload) = &mut self.reload else { return };
        let Some(file) = &reload.file else { return };
        let found = file.found();
        if clock::instant() >= reload.next {
            reload.next = clock::instant() + LOOK_EVERY;
            reload.wanted &= !file.look(reload.wanted);
        }
        match found {
            Some(Found { text: Ok(text), asked }) if text == reload.text && !asked && !reload.unread => {}
            Some(Found { text: Ok(text), .. }) => {
                reload.unread = false;
                self.take_up_text(text);
            }
            Some(Found { text: Err(faults), .. }) => {
                reload.unread = true;
                self.refuse(&faults);
            }
            None => {}
        }
    }

    fn take_up_text(&mut self, text: String) {
        let Some(reload) = &mut self.reload else { return };
        let (shown, hindrance) = (reload.shown.clone(), reload.hindrance);
        reload.text.clone_from(&text);
        if !hindrance.is_empty() {
            return self.refuse(&Diagnostics::of_file(&shown, format!("cannot be taken up while it runs: {hindrance}"), "start anew"));
        }
        let names = reload.names.clone();
        let done = reload.load(&text, &shown).and_then(|loaded| {
            let names = reload.names.clone();
            let fault = |faults: Vec<String>| Diagnostics::of_file(&shown, faults.join("; "), "");
            self.pump.reconfigure(loaded.plan.clone(), &loaded.text, &names).map(|waiting| (loaded, waiting)).map_err(fault)
        });
        match done {
            Ok((loaded, waiting)) => self.taken(loaded, &waiting),
            Err(faults) => {
                if let Some(reload) = &mut self.reload {
                    reload.names = names;
                }
                self.refuse(&faults);
            }
        }
    }

    /// The machine has the new plan: sources, channels and the screen follow.
    fn taken(&mut self, loaded: Loaded, waiting: &[String]) {
        for line in loaded.warnings.to_string().lines() {
            tracing::warn!("{line}");
        }
        // The log is English; the screen has a language.
        let mut told = [Language::English, loaded.ui.language].map(|language| (language, differences(&self.plan, &loaded.plan, language)));
        if let Feed::Live(live) = &mut self.feed {
            live.reaches = reach::of(&loaded, None);
            self.pump.past.iter_mut().for_each(Past::anew);
            let (begun, ended) = live.exchange(&loaded.sources);
            for (language, told) in &mut told {
                let list = |text: &'static str, names: &[Arc<str>]| (!names.is_empty()).then(|| language.fill(text, &[&names.join(", ")]));
                told.extend(list(english("started {0}"), &begun));
                told.extend(list(english("stopped {0}"), &ended));
            }
            self.pump.flows.clone_from(&live.flows);
            if let Some(notifier) = &mut self.pump.notifier {
                live.on(|| notifier.exchange(&loaded.channels));
            }
        }
        self.plan = self.pump.engine.plan().clone();
        if self.later.is_some() && self.reload.as_ref().is_some_and(|r| r.loaded.sources != loaded.sources) {
            tracing::warn!("topics that come later are no longer taken up: the sources have changed");
            self.later = None;
        }
        if let Some(later) = &mut self.later {
            later.reloaded(loaded.clone());
        }
        if self.reload.as_ref().is_some_and(|reload| reload.loaded.ui != loaded.ui) {
            for (language, told) in &mut told {
                told.push(language.say("screen changed").to_owned());
            }
        }
        let [logged, shown] = told.map(|(language, mut told)| {
            told.extend(waiting.iter().cloned());
            let told = if told.is_empty() { language.say("nothing of it has changed").to_owned() } else { told.join("; ") };
            language.fill("configuration reloaded: {0}", &[&told])
        });
        tracing::info!("{logged}");
        if let Some(console) = &mut self.console {
            let (theme, zone) = (start::theme(&loaded), start::zone(&loaded));
            let old = self.reload.as_ref().map_or(&loaded.ui, |reload| &reload.loaded.ui);
            console.exchange(&loaded.ui, old, theme, zone);
            console.app.banner(None);
            console.app.tell(shown);
            console.want_now();
        }
        if let Some(reload) = &mut self.reload {
            reload.loaded = loaded;
        }
    }

    /// The old configuration goes on; what is wrong with the new one stays on the screen until it is mended.
    fn refuse(&mut self, faults: &Diagnostics) {
        for line in faults.to_string().lines() {
            tracing::error!("{line}");
        }
        let (first, more) = faults.summary();
        tracing::error!("configuration refused, the old one goes on: {first}");
        if let Some(console) = &mut self.console {
            let language = console.app.language();
            let text = match more {
                0 => language.fill("config refused: {0}", &[&first]),
                n => language.fill("config refused: {0} (and {1} more)", &[&first, &n.to_string()]),
            };
            console.app.banner(Some(text));
            console.want_now();
        }
    }

    /// A reload that was recorded: the machine does it again.
    pub(super) fn replay_reload(&mut self, config: &str) {
        let Some(reload) = &mut self.reload else {
            tracing::info!("a reload of the recording is left out: another configuration was asked for");
            return;
        };
        let loaded = reload.load(config, "(recording)");
        let names = reload.names.clone();
        let done = loaded.map_err(|faults| faults.summary().0).and_then(|loaded| {
            if let Some(console) = &mut self.console {
                console.app.add_pages(&loaded.ui);
            }
            self.pump.reconfigure(loaded.plan, config, &names).map_err(|faults| faults.join("; "))
        });
        match done {
            Ok(_) => tracing::info!("configuration reloaded, as recorded"),
            Err(error) => tracing::error!("a recorded reload cannot be done again: {error}"),
        }
    }

    /// Writes changed pages into the configuration's file, or into a new one where there is none.
    pub(super) fn save_layout(&mut self, pages: &[PageSpec]) {
        let Some(reload) = self.reload.as_mut().filter(|_| matches!(self.feed, Feed::Live(_))) else {
            return self.tell(english("a layout cannot be saved here: there is no configuration of its own"));
        };
        if reload.file.is_none() && !std::mem::replace(&mut reload.offered, true) {
            return self.tell(english("there is no configuration file; s again writes bellwether.toml in this folder"));
        }
        let saved = reload.save(pages);
        let Some(console) = &mut self.console else { return };
        let language = console.app.language();
        match saved {
            Ok((path, true)) => console.app.layout_saved(language.fill("layout saved to {0}", &[&path])),
            Ok((path, false)) => {
                let text = language.fill("layout saved to {0}; pages that every screen has come back at the next start", &[&path]);
                console.app.layout_saved(text);
            }
            Err(error) => {
                tracing::error!("the layout was not saved: {error}");
                console.app.tell(language.fill("not saved: {0}", &[&error]));
            }
        }
        console.want_now();
    }

    /// Says something where keys are shown, or in the log where there is no screen.
    pub(super) fn tell(&mut self, text: &'static str) {
        let Some(console) = &mut self.console else { return tracing::warn!("{text}") };
        let text = console.app.language().say(text).to_owned();
        console.app.tell(text);
        console.want_now();
    }
}

/// What is new, gone or changed between two plans, in words.
fn differences(old: &Plan, new: &Plan, language: Language) -> Vec<String> {
    let mut told = Vec::new();
    told.extend(difference(english("streams {0}"), language, &old.streams, &new.streams, |s| &s.name));
    told.extend(difference(english("metrics {0}"), language, &old.metrics, &new.metrics, |m| &m.name));
    told.extend(difference(english("detectors {0}"), language, &old.detectors, &new.detectors, |d| &d.name));
    told.extend(difference(english("rules {0}"), language, &old.rules, &new.rules, |r| &r.name));
    told
}

fn difference<T: PartialEq>(what: &'static str, language: Language, old: &[T], new: &[T], name: fn(&T) -> &Arc<str>) -> Option<String> {
    let named = |list: &[T], one: &T| list.iter().any(|other| name(other) == name(one));
    let added = new.iter().filter(|one| !named(old, one)).count();
    let gone = old.iter().filter(|one| !named(new, one)).count();
    let changed = new.iter().filter(|one| named(old, one) && !old.contains(one)).count();
    let parts = [(added, english("{0} new")), (changed, english("{0} changed")), (gone, english("{0} gone"))];
    let parts: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, text)| language.fill(text, &[&n.to_string()])).collect();
    (!parts.is_empty()).then(|| language.fill(what, &[&parts.join(", ")]))
}
