//! What commands do.

use super::score::nearest;
use super::table::{COMMANDS, Done};
use crate::model::Millis;
use crate::ui::keymap::{self, Action};
use crate::ui::{App, Language, Mode, Request, Scene, Theme, ThemeError, panes};

/// Lengths of time proposed.
const RANGES: [&str; 8] = ["1m", "5m", "15m", "30m", "1h", "3h", "6h", "24h"];
/// Fewest and most false alerts a week that can be asked for.
const ALERTS: (f64, f64) = (0.001, 100_000.0);
/// Shortest and longest time a chart shows: two samples, and what is kept at most.
const RANGE: (Millis, Millis) = (Millis::from_secs(2), Millis::from_secs(31 * 86_400));

pub(super) fn page_names(app: &App, _: &Scene<'_>) -> Vec<String> {
    app.page_names().map(str::to_owned).collect()
}

pub(super) fn pane_kinds(_: &App, _: &Scene<'_>) -> Vec<String> {
    panes::PANES.iter().map(|kind| kind.name.to_owned()).collect()
}

pub(super) fn ranges(_: &App, _: &Scene<'_>) -> Vec<String> {
    RANGES.map(str::to_owned).to_vec()
}

pub(super) fn filters(app: &App, _: &Scene<'_>) -> Vec<String> {
    app.filters.lines().map(str::to_owned).collect()
}

impl App {
    /// Does what a typed line says: a command, an action, what the focused pane knows, a page, or a pane to be opened.
    pub(in crate::ui) fn run_command(&mut self, line: &str, scene: &Scene<'_>) -> Done {
        let line = line.trim().trim_start_matches(':').trim();
        let (word, rest) = line.split_once(char::is_whitespace).map_or((line, ""), |(word, rest)| (word, rest.trim()));
        if word.is_empty() {
            return Ok(None);
        }
        if let Some(command) = COMMANDS.iter().find(|c| c.name == word) {
            return (command.run)(self, rest, scene);
        }
        if let Some(action) = Self::action_named(word, scene).filter(|_| rest.is_empty()) {
            return Ok(self.act(action, scene));
        }
        if let Some(done) = self.pane_command(word, rest, scene) {
            return done;
        }
        let page = self.page_names().position(|name| name == line);
        if let Some(place) = page {
            return Ok(self.act(Action::Page(place), scene));
        }
        if panes::kind(line.split(':').next().unwrap_or(line)).is_some() {
            return self.command_pane(line, scene);
        }
        self.shortened(word, rest, scene)
    }

    /// The one command or action that begins with `word`, or a proposal.
    fn shortened(&mut self, word: &str, rest: &str, scene: &Scene<'_>) -> Done {
        let actions = Self::action_names(scene);
        let mut all: Vec<&'static str> = COMMANDS.iter().map(|c| c.name).chain(actions).collect();
        all.sort_unstable();
        all.dedup();
        let mut begin = all.iter().filter(|name| name.starts_with(word));
        if all.contains(&word) {
            // An action whose name is written in full, and something behind it.
            return Err(self.language.fill("{0} takes nothing behind it", &[word]));
        }
        if let (Some(only), None) = (begin.next(), begin.next()) {
            return self.run_command(&format!("{only} {rest}"), scene);
        }
        let pages: Vec<String> = self.page_names().map(str::to_owned).collect();
        let known = all.iter().copied().chain(pages.iter().map(String::as_str)).chain(panes::PANES.iter().map(|k| k.name));
        let word_shown = crate::model::Safe::label(word);
        Err(match nearest(word, known) {
            Some(near) => self.language.fill("no command {0}; did you mean {1}?", &[word_shown.as_str(), near]),
            None => self.language.fill("no command {0}; Tab lists them", &[word_shown.as_str()]),
        })
    }

    fn action_names(scene: &Scene<'_>) -> impl Iterator<Item = &'static str> + use<> {
        let (replay, inject) = (matches!(scene.mode, Mode::Replay { .. }), scene.can_inject);
        keymap::GLOBAL.iter().filter(move |b| b.when.holds(replay, inject)).flat_map(|b| b.actions).map(|a| a.name())
    }

    fn action_named(name: &str, scene: &Scene<'_>) -> Option<Action> {
        let (replay, inject) = (matches!(scene.mode, Mode::Replay { .. }), scene.can_inject);
        let holds = keymap::GLOBAL.iter().filter(|b| b.when.holds(replay, inject));
        holds.flat_map(|b| b.actions).find(|a| a.name() == name).copied()
    }

    fn pane_command(&mut self, word: &str, rest: &str, scene: &Scene<'_>) -> Option<Done> {
        let slot = self.focused()?;
        slot.pane.commands().iter().find(|c| c.name == word)?;
        match slot.pane.command(word, rest, scene) {
            Ok(handled) => Some(Ok(self.handled(handled, scene).flatten())),
            Err(message) => Some(Err(message)),
        }
    }

    pub(super) fn command_page(&mut self, name: &str, scene: &Scene<'_>) -> Done {
        let titled = || self.pages.iter().position(|page| self.page_title(page) == name);
        let found = self.page_names().position(|page| page == name).or_else(titled).or_else(|| name.parse::<usize>().ok()?.checked_sub(1));
        if let Some(place) = found {
            return Ok(self.act(Action::Page(place), scene));
        }
        let near = nearest(name, self.page_names()).map(str::to_owned);
        let name = crate::model::Safe::label(name);
        Err(match near {
            Some(near) => self.language.fill("no page {0}; did you mean {1}?", &[name.as_str(), &near]),
            None => self.language.fill("no page {0}", &[name.as_str()]),
        })
    }

    pub(super) fn command_pane(&mut self, what: &str, _: &Scene<'_>) -> Done {
        let kind = what.split(':').next().unwrap_or(what);
        if panes::kind(kind).is_none() {
            let known = panes::PANES.iter().map(|k| k.name).collect::<Vec<_>>().join(", ");
            return Err(self.language.fill("no pane {0}; there are {1}", &[crate::model::Safe::label(kind).as_str(), &known]));
        }
        self.open(what);
        Ok(None)
    }

    pub(super) fn command_range(&mut self, length: &str, _: &Scene<'_>) -> Done {
        match Millis::parse(length) {
            Ok(length) if length >= RANGE.0 && length <= RANGE.1 => {
                self.show_length(length);
                Ok(None)
            }
            _ => Err(self.language.fill("no length of time: {0}; write 90s, 20m, 6h", &[crate::model::Safe::label(length).as_str()])),
        }
    }

    pub(super) fn command_at(&mut self, time: &str, scene: &Scene<'_>) -> Done {
        let found = self.moment(time, scene);
        if found.is_none() {
            return Err(crate::ui::app_field::no_time(time, self.language));
        }
        Ok(found.and_then(|request| self.go_to_moment(request, scene)))
    }

    #[expect(clippy::unnecessary_wraps, reason = "all commands have one shape")]
    pub(super) fn command_filter(&mut self, text: &str, scene: &Scene<'_>) -> Done {
        if text.is_empty() {
            return Ok(self.act(Action::Filter, scene));
        }
        self.set_filter(text);
        Ok(None)
    }

    #[expect(clippy::unnecessary_wraps, reason = "all commands have one shape")]
    pub(super) fn command_mark(&mut self, text: &str, scene: &Scene<'_>) -> Done {
        if text.is_empty() {
            return Ok(self.act(Action::Mark, scene));
        }
        Ok(Some(self.set_mark(text)))
    }

    pub(super) fn command_theme(&mut self, name: &str, _: &Scene<'_>) -> Done {
        self.theme = Theme::load(name, self.depth, self.no_color).map_err(|error| match error {
            ThemeError::Unknown { name, known } => {
                let name = format!("\"{}\"", crate::model::Safe::label(&name));
                self.language.fill("no theme is called {0}; there are {1}", &[&name, &known])
            }
            broken @ ThemeError::Broken { .. } => crate::model::Safe::message(&broken.to_string()).to_string(),
        })?;
        Ok(None)
    }

    pub(super) fn command_language(&mut self, code: &str, _: &Scene<'_>) -> Done {
        let known = || Language::codes().collect::<Vec<_>>().join(", ");
        let found = Language::named(code);
        self.language = found
            .ok_or_else(|| self.language.fill("no language {0}; there are {1}", &[crate::model::Safe::label(code).as_str(), &known()]))?;
        Ok(None)
    }

    pub(super) fn command_signs(&mut self, word: &str, _: &Scene<'_>) -> Done {
        self.ascii = match word {
            "ascii" => true,
            "unicode" => false,
            _ => return Err(self.language.say("write unicode or ascii").to_owned()),
        };
        Ok(None)
    }

    pub(super) fn command_speed(&mut self, times: &str, scene: &Scene<'_>) -> Done {
        if !matches!(scene.mode, Mode::Replay { .. }) {
            return Err(self.language.say("only a replay has a speed").to_owned());
        }
        let speed = if times == "max" { Some(f64::INFINITY) } else { times.parse().ok().filter(|x: &f64| *x > 0.0 && x.is_finite()) };
        speed.map(|x| Some(Request::ReplaySpeed(x))).ok_or_else(|| self.language.say("write a number, or max").to_owned())
    }

    #[expect(clippy::unnecessary_wraps, clippy::unused_self, reason = "all commands have one shape")]
    pub(super) fn command_screenshot(&mut self, file: &str, _: &Scene<'_>) -> Done {
        Ok(Some(Request::Screenshot((!file.is_empty()).then(|| file.to_owned()))))
    }

    /// False alerts a week; `more` and `less` go by a factor of two from what is set.
    pub(super) fn command_sensitivity(&mut self, word: &str, scene: &Scene<'_>) -> Done {
        let now = scene.false_alerts.unwrap_or(1.0);
        let weekly = match word {
            "off" => None,
            "more" => Some(now * 2.0),
            "less" => Some(now / 2.0),
            number => number.parse().ok().filter(|n: &f64| n.is_finite()),
        };
        let weekly = weekly.map(|n| n.clamp(ALERTS.0, ALERTS.1));
        if weekly.is_none() && word != "off" {
            return Err(self.language.say("write how many false alerts a week you bear: 1, 0.5, more, less, or off").to_owned());
        }
        self.notice = Some(match weekly {
            Some(n) => self.language.fill("false alerts a week: about {0} at most", &[&crate::ui::format::value(n, "")]),
            None => self.language.say("each detector judges by its kind's own threshold").to_owned(),
        });
        Ok(Some(Request::Sensitivity(weekly.map(|n| (n * 1_000.0).round() as u64))))
    }

    #[expect(clippy::unnecessary_wraps, clippy::unused_self, reason = "all commands have one shape")]
    pub(super) fn command_reload(&mut self, _: &str, _: &Scene<'_>) -> Done {
        Ok(Some(Request::Reload))
    }

    #[expect(clippy::unnecessary_wraps, reason = "all commands have one shape")]
    pub(super) fn command_read_only(&mut self, _: &str, _: &Scene<'_>) -> Done {
        (self.read_only, self.read_only_here) = (true, true);
        self.notice = Some(self.language.say("read-only from here on; only a new start changes that").to_owned());
        Ok(None)
    }
}
