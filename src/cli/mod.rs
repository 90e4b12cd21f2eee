//! Arguments and subcommands: one file each. [`run`] is all of the program.

mod args;
mod check;
mod config;
mod demo;
mod dispatch;
mod environment;
mod exit;
mod fire;
mod init;
mod kafka;
mod manual;
mod record;
mod recording;
mod replay;
mod test;
mod watch;

pub use args::run;
