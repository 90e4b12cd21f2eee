//! `bellwether completions`, `man` and `systemd`: what an installation needs beside the binary, made by it.

use super::args::Cli;
use super::exit;
use crate::ui::Theme;
use clap::builder::PossibleValuesParser;
use clap::{Args, CommandFactory};
use clap_complete::Shell;
use std::io::{self, Write};

const COMPLETIONS: &str = "\
Examples:
  bellwether completions bash > ~/.local/share/bash-completion/completions/bellwether
  bellwether completions zsh > ~/.zfunc/_bellwether          (with ~/.zfunc in $fpath)
  bellwether completions fish > ~/.config/fish/completions/bellwether.fish";

const MAN: &str = "\
Examples:
  bellwether man > ~/.local/share/man/man1/bellwether.1
  bellwether man replay | man -l -";

/// Print completions for a shell
#[derive(Clone, Debug, Args)]
#[command(after_help = COMPLETIONS)]
pub(super) struct Completions {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

/// Print the manual page
#[derive(Clone, Debug, Args)]
#[command(after_help = MAN)]
pub(super) struct Man {
    /// A subcommand's page instead
    #[arg(value_name = "SUBCOMMAND")]
    command: Option<String>,
}

/// The unit file with its places for the program and the configuration.
const UNIT: &str = include_str!("bellwether.service");

const UNITS: &str = "\
Examples:
  bellwether systemd | sudo tee /etc/systemd/system/bellwether.service
  bellwether systemd /srv/shop/bellwether.toml --program /opt/bellwether";

/// Print a systemd unit that runs it without a screen
#[derive(Clone, Debug, Args)]
#[command(after_help = UNITS)]
pub(super) struct Systemd {
    /// The configuration the unit names
    #[arg(value_name = "FILE", default_value = "/etc/bellwether/bellwether.toml")]
    file: String,
    /// The program the unit names; this one where none is given
    #[arg(long, value_name = "PATH")]
    program: Option<String>,
}

/// Prints the unit.
pub(super) fn systemd(args: &Systemd) -> anyhow::Result<()> {
    let here = || std::env::current_exe().map_or_else(|_| "/usr/local/bin/bellwether".to_owned(), |path| path.display().to_string());
    let program = args.program.clone().unwrap_or_else(here);
    exit::quiet(io::stdout().lock().write_all(unit(&program, &args.file).as_bytes()))
}

/// Blanks would end a word of the unit, and a percent sign begins one of its names.
fn unit(program: &str, config: &str) -> String {
    let word = |text: &str| {
        let text = text.replace('%', "%%").replace('\\', "\\\\").replace('"', "\\\"");
        if text.contains(char::is_whitespace) { format!("\"{text}\"") } else { text }
    };
    UNIT.replace("{program}", &word(program)).replace("{config}", &word(config))
}

/// The command line with the names that may stand where a name or a file is taken: a shell offers them.
fn completed() -> clap::Command {
    let themes: Vec<&'static str> = std::iter::once("auto").chain(Theme::names()).collect();
    let named = |command: clap::Command, subcommand: &str, argument: &'static str, names: &[&'static str]| {
        let names = names.to_vec();
        command.mut_subcommand(subcommand, |c| c.mut_arg(argument, |a| a.value_parser(PossibleValuesParser::new(names))))
    };
    let command = Cli::command().mut_arg("theme", |a| a.value_parser(PossibleValuesParser::new(themes.clone())));
    let command = named(command, "fire", "channel", &["bell", "desktop", "terminal"]);
    command.mut_subcommand("themes", |c| named(named(c, "show", "name", &themes), "preview", "name", &themes))
}

/// Prints completions.
pub(super) fn completions(args: &Completions) -> anyhow::Result<()> {
    let mut out = Vec::new();
    clap_complete::generate(args.shell, &mut completed(), "bellwether", &mut out);
    exit::quiet(io::stdout().lock().write_all(&out))
}

/// Prints a manual page.
pub(super) fn man(args: &Man) -> anyhow::Result<()> {
    exit::quiet(io::stdout().lock().write_all(&page(args.command.as_deref())?))
}

fn page(name: Option<&str>) -> anyhow::Result<Vec<u8>> {
    let mut whole = Cli::command();
    whole.build();
    let man = match name {
        None => clap_mangen::Man::new(whole),
        Some(name) => {
            let found = whole.find_subcommand(name).cloned().ok_or_else(|| anyhow::anyhow!("there is no subcommand {name:?}"))?;
            clap_mangen::Man::new(found).title(format!("bellwether-{name}"))
        }
    };
    let mut out = Vec::new();
    man.render(&mut out)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_names_program_and_configuration() {
        let text = unit("/usr/bin/bellwether", "/etc/my rules/100%.toml");
        assert!(text.contains("\nExecStart=/usr/bin/bellwether --config \"/etc/my rules/100%%.toml\" --headless\n"), "{text}");
        assert!(!text.contains('{'), "{text}");
    }

    #[test]
    fn completions_and_pages_know_every_subcommand() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::Elvish, Shell::PowerShell] {
            let mut out = Vec::new();
            clap_complete::generate(shell, &mut completed(), "bellwether", &mut out);
            let text = String::from_utf8(out).unwrap();
            assert!(shell == Shell::Elvish || shell == Shell::PowerShell || text.contains("color-blind"), "{shell}");
            assert!(text.contains("replay") && text.contains("--theme") | text.contains("-l theme"), "{shell}");
        }
        let whole = String::from_utf8(page(None).unwrap()).unwrap();
        assert!(whole.starts_with(".ie") && whole.contains("bellwether\\-replay"), "{whole}");
        assert!(String::from_utf8(page(Some("replay")).unwrap()).unwrap().contains("recording"));
        assert_eq!(page(Some("rewind")).unwrap_err().to_string(), "there is no subcommand \"rewind\"");
    }
}
