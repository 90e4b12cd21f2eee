//! `bellwether fire`: a test notification, to see that a channel reaches its receiver.

use super::args::Look;
use super::environment::{self, Environment};
use crate::config::FireTask;
use clap::Args;

const EXAMPLES: &str = "\
Examples:
  bellwether fire bell
  bellwether fire desktop
  bellwether fire terminal                          through SSH, tmux and screen
  bellwether fire pager --config bellwether.toml";

/// Send a test notification through a channel
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Fire {
    /// The channel: bell, desktop, terminal, or one of the configuration
    #[arg(value_name = "CHANNEL")]
    channel: String,
}

impl Fire {
    pub(super) fn task(self, look: &Look, environment: &Environment) -> FireTask {
        FireTask { channel: self.channel, config: look.config.clone().or_else(|| environment::find_config(environment)) }
    }
}
