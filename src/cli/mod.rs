//! Arguments and subcommands: one file each. [`run`] is all of the program.

mod args;
mod check;
mod config;
mod demo;
mod detect;
mod detect_list;
mod dispatch;
mod doctor;
mod environment;
mod exit;
mod fire;
mod init;
mod kafka;
mod manual;
mod marks;
mod record;
mod recording;
mod replay;
mod screenshot;
mod test;
mod themes;
mod watch;

pub use args::run;
