//! `--screenshot` and what goes with it: a picture of the screen, where no terminal is needed.

use crate::config::{SHOT_SIZE, ShotAt, ShotTask, parse_at, parse_size};
use crate::model::Millis;
use crate::ui::shot::PictureKind;
use clap::Args;
use std::path::PathBuf;

/// A picture of a page, live or of a recording.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Picture")]
pub(super) struct Screenshot {
    /// Write a picture of the screen instead of showing it: .svg, .txt, .ansi; - is text on standard output
    #[arg(id = "screenshot", long, value_name = "FILE", value_parser = file)]
    output: Option<(PathBuf, PictureKind)>,
    /// Columns and rows of the picture [default: 120x36]
    #[arg(long, value_name = "CxR", value_parser = parse_size, requires = "screenshot")]
    size: Option<(u16, u16)>,
    /// The page in the picture, by name or number
    #[arg(long, value_name = "PAGE", requires = "screenshot")]
    page: Option<String>,
    /// With the frame of a window around the picture
    #[arg(long, requires = "screenshot")]
    frame: bool,
}

impl Screenshot {
    /// What is asked for, if anything is.
    pub(super) fn task(self, at: Option<ShotAt>, after: Option<Millis>) -> Option<Box<ShotTask>> {
        let Self { output, size, page, frame } = self;
        let (file, kind) = output?;
        let size = size.unwrap_or(SHOT_SIZE);
        Some(Box::new(ShotTask { file, kind, size, page, at: at.unwrap_or_default(), after, framed: frame }))
    }
}

/// A picture of what happens now.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct LiveShot {
    #[command(flatten)]
    what: Screenshot,
    /// When the picture is taken, counted from the start [default: 3 s after the first data]
    #[arg(long, value_name = "DURATION", value_parser = super::kafka::length, requires = "screenshot", help_heading = "Picture")]
    after: Option<Millis>,
}

impl LiveShot {
    /// What is asked for, if anything is.
    pub(super) fn task(self) -> Option<Box<ShotTask>> {
        self.what.task(None, self.after)
    }
}

/// A picture of a moment of a recording.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct ReplayShot {
    #[command(flatten)]
    what: Screenshot,
    /// The moment in the picture: end, +12m, 03:12, 2026-01-31T03:12:00Z [default: end]
    #[arg(long, value_name = "TIME", value_parser = parse_at, requires = "screenshot", help_heading = "Picture")]
    at: Option<ShotAt>,
}

impl ReplayShot {
    /// What is asked for, if anything is.
    pub(super) fn task(self) -> Option<Box<ShotTask>> {
        self.what.task(self.at, None)
    }
}

fn file(text: &str) -> Result<(PathBuf, PictureKind), String> {
    Ok((PathBuf::from(text), PictureKind::of_file(text)?))
}
