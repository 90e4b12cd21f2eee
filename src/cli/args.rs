//! The command line as a whole: what holds for every subcommand, and which there are.

use super::environment::Environment;
use super::{
    check, config, demo, detect, dispatch, doctor, environment, exit, fire, init, manual, marks, record, recording, replay, test, themes,
    watch,
};
use crate::config::{ConsoleTask, Overrides};
use crate::ui::Signs;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  bellwether                                        the local host, at once
  bellwether demo                                   four scenarios on live data, nothing needed
  bellwether watch -b localhost:9092 sensor_data    a topic nobody has described
  bellwether init -b localhost:9092 sensor_data > bellwether.toml
  bellwether check bellwether.toml
  bellwether --config bellwether.toml               the console as configured
  bellwether --headless | jq .                      the same without a screen, as JSON lines
  bellwether record -b localhost:9092 sensor_data -o night.jsonl
  bellwether replay night.jsonl                     the same night again, at any speed
  bellwether --wall                                 for a screen on the wall
  bellwether doctor                                 what works in this terminal, and how to mend the rest
  bellwether --screenshot host.svg                  a picture of the screen
  bellwether test cases/*.toml                      rules under test
  bellwether detect requests.csv --plot -o found    what is odd in a file, and why

Without --config, ./bellwether.toml is taken, else bellwether/bellwether.toml in
$XDG_CONFIG_HOME (or ~/.config), else the local host is shown.

Exit codes: 0 done, 1 something else went wrong, 2 configuration or arguments, 4 source.";

/// A terminal monitoring console: Kafka topics, the local host and HTTP endpoints.
#[derive(Debug, Parser)]
#[command(name = "bellwether", version, about, after_help = EXAMPLES, max_term_width = 100, disable_help_subcommand = true)]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) look: Look,
    #[command(flatten)]
    pub(super) console: Console,
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

/// What holds for every subcommand.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Look {
    /// The configuration's file
    #[arg(long, short = 'c', global = true, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// The theme: auto, dark, light, color-blind, high-contrast, ansi16, mono, or a file
    #[arg(long, global = true, value_name = "NAME")]
    pub(super) theme: Option<String>,
    /// Signs for states and charts
    #[arg(long, global = true, value_name = "KIND")]
    pub(super) signs: Option<SignsWord>,
    /// The wall: no keyboard, big digits, pages take turns and stay where something fires
    #[arg(long, global = true)]
    pub(super) wall: bool,
    /// No colours (also with the environment's NO_COLOR)
    #[arg(long, global = true)]
    pub(super) no_color: bool,
    /// Bytes a second the screen keeps to on a slow link, as 1.5kB/s; otherwise the link is measured
    #[arg(long, global = true, value_name = "RATE", value_parser = crate::ui::parse_budget)]
    pub(super) link_budget: Option<u32>,
    /// Nothing is changed from the screen: no acknowledging, marking, test alerts, faults or saving
    #[arg(long, global = true)]
    pub(super) read_only: bool,
}

/// Which signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum SignsWord {
    /// By the locale
    Auto,
    /// Geometric signs, blocks and braille
    Unicode,
    /// Plain ASCII
    Ascii,
}

impl Look {
    /// The overrides these make; subcommands add theirs.
    pub(super) fn overrides(&self, environment: &Environment) -> Overrides {
        Overrides {
            theme: self.theme.clone(),
            signs: match self.signs {
                Some(SignsWord::Auto) => Some(environment.auto_signs),
                Some(SignsWord::Unicode) => Some(Signs::Unicode),
                Some(SignsWord::Ascii) => Some(Signs::Ascii),
                None => None,
            },
            auto_signs: environment.auto_signs,
            language: environment.language,
            config_home: environment.config_home.clone(),
            wall: self.wall,
            no_color: self.no_color || environment.no_color,
            link_budget: self.link_budget,
            read_only: self.read_only,
            ..Overrides::default()
        }
    }
}

/// What holds where no subcommand is named.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Console {
    /// Without a screen: JSON lines on standard output
    #[arg(long)]
    pub(super) headless: bool,
    /// End at the end positions seen at the start, with totals
    #[arg(long)]
    pub(super) exit_at_end: bool,
    #[command(flatten)]
    pub(super) record: record::Also,
    #[command(flatten)]
    pub(super) shot: super::screenshot::LiveShot,
}

impl Console {
    fn task(self, look: &Look, environment: &Environment) -> ConsoleTask {
        ConsoleTask {
            config: look.config.clone().or_else(|| environment::find_config(environment)),
            overrides: Overrides { exit_at_end: self.exit_at_end, shot: self.shot.task(), ..look.overrides(environment) },
            headless: self.headless,
            record: self.record.to(),
        }
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Watch(watch::Watch),
    Demo(demo::Demo),
    Init(init::Init),
    Check(check::Check),
    Record(record::Record),
    Replay(replay::Replay),
    Detect(detect::Detect),
    Themes(themes::Themes),
    Test(test::Test),
    Recording(recording::Recording),
    Marks(marks::Marks),
    #[command(alias = "test-fire")]
    Fire(fire::Fire),
    Doctor(doctor::Doctor),
    Config(config::Config),
    Completions(manual::Completions),
    Man(manual::Man),
    Systemd(manual::Systemd),
}

/// Reads the arguments, does what they ask, and answers the exit code.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let environment = environment::read();
    exit::code(perform(cli, &environment))
}

fn perform(cli: Cli, environment: &Environment) -> anyhow::Result<()> {
    let Cli { look, console, command } = cli;
    let headless = console.headless;
    match command {
        None => dispatch::console(console.task(&look, environment)),
        Some(Command::Watch(args)) => dispatch::watch(args.task(&look, environment, headless)),
        Some(Command::Demo(args)) => dispatch::demo(args.task(&look, environment, headless)),
        Some(Command::Init(args)) => init::perform(&args.task(&look, environment)),
        Some(Command::Check(args)) => check::perform(&args, &look, environment),
        Some(Command::Record(args)) => dispatch::record(args.task(&look, environment)),
        Some(Command::Replay(args)) => dispatch::replay(args.task(&look, environment, headless)),
        Some(Command::Detect(args)) => detect::perform(args, &look, environment),
        Some(Command::Themes(args)) => themes::perform(&args, &look, environment),
        Some(Command::Recording(args)) => recording::perform(args, &look, environment),
        Some(Command::Marks(args)) => marks::perform(&args),
        Some(Command::Test(args)) => dispatch::test(&args.task(&look, environment)),
        Some(Command::Fire(args)) => dispatch::fire(args.task(&look, environment)),
        Some(Command::Doctor(args)) => dispatch::doctor(args.task(&look, environment)),
        Some(Command::Config(args)) => config::perform(&args, &look, environment),
        Some(Command::Completions(args)) => manual::completions(&args),
        Some(Command::Man(args)) => manual::man(&args),
        Some(Command::Systemd(args)) => manual::systemd(&args),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::topic;
    use crate::model::{Millis, Speed};
    use crate::source::From;
    use clap::CommandFactory;

    fn parse(line: &str) -> Cli {
        Cli::try_parse_from(line.split_whitespace()).unwrap_or_else(|e| panic!("{line}: {e}"))
    }

    fn refused(line: &str) -> String {
        Cli::try_parse_from(line.split_whitespace()).expect_err("must be refused").to_string()
    }

    #[test]
    fn the_definitions_hold_together_and_help_shows_examples() {
        Cli::command().debug_assert();
        let help = Cli::command().render_help().to_string();
        assert!(help.contains("bellwether watch -b localhost:9092 sensor_data"), "{help}");
        for command in Cli::command().get_subcommands_mut() {
            assert!(command.render_help().to_string().contains("Examples:"), "{}", command.get_name());
        }
    }

    #[test]
    fn watch_takes_all_that_a_client_needs() {
        let line = "bellwether watch --config x.toml -b a:1,b:2 -b c:3 -X security.protocol=ssl -X a.b=c=d --from -2h --headless --exit-at-end --record r.jsonl t ^u.* --theme light --no-color";
        let cli = parse(line);
        let Some(Command::Watch(watch)) = cli.command else { panic!("{line}") };
        let task = watch.task(&cli.look, &Environment::default(), false);
        assert_eq!(task.overrides.brokers, ["a:1", "b:2", "c:3"]);
        assert_eq!(task.overrides.topics, [topic("t"), topic("^u.*")]);
        assert_eq!(task.overrides.from, Some(From::Back(Millis::from_secs(7200))));
        assert_eq!(task.overrides.properties, [("security.protocol".to_owned(), "ssl".to_owned()), ("a.b".to_owned(), "c=d".to_owned())]);
        assert!(task.overrides.exit_at_end && task.headless && task.overrides.no_color);
        assert_eq!(
            (task.config, task.record.map(|to| (to.path, to.force)), task.overrides.theme.as_deref()),
            (Some("x.toml".into()), Some(("r.jsonl".into(), false)), Some("light"))
        );
    }

    #[test]
    fn the_other_subcommands_take_theirs() {
        let cli = parse("bellwether demo sensors --headless --seed 7 --for 30s");
        let Some(Command::Demo(demo)) = cli.command else { panic!("demo") };
        let task = demo.task(&cli.look, &Environment::default(), false);
        assert_eq!(
            (task.scenario.as_deref(), task.headless, task.seed, task.length),
            (Some("sensors"), true, 7, Some(Millis::from_secs(30)))
        );
        for (speed, meant) in [("max", Some(Speed::Max)), ("0.5", Some(Speed::Times(0.5)))] {
            let cli = parse(&format!("bellwether replay f.jsonl --speed {speed} --notify"));
            let Some(Command::Replay(replay)) = cli.command else { panic!("replay") };
            let task = replay.task(&cli.look, &Environment::default(), false);
            assert_eq!((task.speed, task.notify, task.file), (meant, true, "f.jsonl".into()));
        }
        assert!(matches!(parse("bellwether test-fire bell").command, Some(Command::Fire(_))));
        let cli = parse("bellwether --headless --exit-at-end --config x");
        let task = cli.console.task(&cli.look, &Environment::default());
        assert!(task.headless && task.overrides.exit_at_end && task.config == Some("x".into()));
    }

    #[test]
    fn slips_are_refused_with_a_word_on_what_is_meant() {
        for (line, word) in [
            ("bellwether wacth -b x t", "watch"),
            ("bellwether watch -b x", "TOPIC"),
            ("bellwether watch -b x t --from yesterday", "-15m"),
            ("bellwether watch -b x t -X novalue", "property=value"),
            ("bellwether demo shop", "ecommerce"),
            ("bellwether replay f --speed 5000", "1000"),
            ("bellwether demo --for 5", "30s"),
            ("bellwether record t", "--output"),
        ] {
            let said = refused(line);
            assert!(said.contains(word), "{line}: {said}");
        }
    }
}
