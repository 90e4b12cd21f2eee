//! One run of `detect`: all faults of what was asked first, then file after file, then the sums.

use super::columns::{self, Columns, Wanted};
use super::inputs::{self, Form, Source};
use super::judge::{Judge, Judged, Totals, What};
use super::output::Output;
use super::sketch::Sketch;
use super::table::{Table, TableError};
use super::{plot, recording, row};
use crate::config::{DetectTask, Diagnostics, detector_of};
use crate::detect::{Kind, Params, Sees};
use crate::model::SeriesKey;
use crate::model::number::{number, rounded};
use std::fmt::Write as _;
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};

/// The kind that makes no sense over anything but scores.
const VOTE: &str = "vote";
/// Exit code where arguments or files are wrong.
const WRONG: u8 = 2;

/// What is done to every file.
pub(super) struct Run<'t> {
    pub task: &'t DetectTask,
    pub kind: &'static Kind,
    pub params: Params,
    /// The kind that scores each column, where `kind` judges scores.
    pub of: Option<&'static Kind>,
    pub totals: Totals,
    pub files: u64,
}

/// Runs a detector over files. Answers with the exit code.
///
/// # Errors
/// Faults of the arguments, of the files, of what is written.
pub fn detect(task: &DetectTask) -> anyhow::Result<u8> {
    let (kind, params) = detector_of(&task.kind, &task.params)?;
    let of = scored_by(task, kind)?;
    let output = task.output.as_deref();
    let found = inputs::find(&task.inputs, output);
    let checked = found.and_then(|sources| check(task, kind, &sources).map(|()| sources));
    let sources = match checked {
        Ok(sources) => sources,
        Err(faults) => {
            for fault in faults {
                write!(io::stderr().lock(), "{fault}")?;
            }
            return Ok(WRONG);
        }
    };
    let mut run = Run { task, kind, params, of, totals: Totals::default(), files: 0 };
    for source in &sources {
        match source.form {
            Form::Csv => run.csv(source)?,
            Form::Recording => recording::run(&mut run, source)?,
        }
    }
    run.tell()?;
    Ok(0)
}

/// The kind that scores the columns for one that judges groups: as asked for; a vote is over scores in any case.
fn scored_by(task: &DetectTask, kind: &Kind) -> Result<Option<&'static Kind>, Diagnostics> {
    let Some(name) = task.of.as_deref().or((kind.name == VOTE).then_some(DetectTask::KIND)) else { return Ok(None) };
    let of = detector_of(name, &[])?.0;
    let (message, hint) = match (kind.sees, of.sees) {
        (Sees::Group, Sees::Numbers) => return Ok(Some(of)),
        (Sees::Group, _) => (format!("{name} does not score single columns"), "name a kind that judges numbers: --of sigma"),
        _ => (
            format!("{} does not judge the scores of another kind", kind.name),
            "leave out --of; kinds that judge groups, as vote, take it",
        ),
    };
    Err(Diagnostics::of_file("bellwether detect", message, hint))
}

/// What is wrong with any of the files, before the first is written.
fn check(task: &DetectTask, kind: &Kind, sources: &[Source]) -> Result<(), Vec<Diagnostics>> {
    let argument = |message: &str, hint: &str| Diagnostics::of_file("bellwether detect", message, hint);
    let mut faults = Vec::new();
    let folder = task.inputs.iter().any(|input| input.is_dir());
    if task.output.is_none() && (sources.len() > 1 || folder) {
        faults.push(argument("several files need a folder for their results", "add -o DIR"));
    }
    if task.output.is_none() && task.plot {
        faults.push(argument("--plot needs a folder for the picture", "add -o DIR"));
    }
    if kind.sees == Sees::Category && task.values.len() > 1 {
        faults.push(argument(&format!("{} judges one column, and --value names {}", kind.name, task.values.len()), "name one"));
    }
    for source in sources {
        let fault = match source.form {
            _ if source.path == Path::new("-") => Ok(()),
            Form::Csv => open(&source.path).and_then(|table| begin(table, &source.path, task, kind)).map(|_| ()),
            Form::Recording => recording::check(task, kind, &source.path),
        };
        let result = task.output.as_ref().map(|folder| folder.join(&source.place));
        if result.is_some_and(|result| inputs::same(&result, &source.path)) {
            let message = "its result would take its place";
            faults.push(Diagnostics::of_file(&source.path.display().to_string(), message, "choose another folder with -o"));
        }
        faults.extend(fault.err());
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

fn open(path: &Path) -> Result<Table, Diagnostics> {
    let input: io::Result<Box<dyn Read>> = if path == Path::new("-") {
        Ok(Box::new(io::stdin()))
    } else {
        #[expect(clippy::disallowed_methods, reason = "the shell reads the files it is named")]
        std::fs::File::open(path).map(|file| Box::new(file) as Box<dyn Read>)
    };
    input.and_then(Table::new).map_err(|error| fault(path, &TableError::Io(error)))
}

fn fault(path: &Path, error: &TableError) -> Diagnostics {
    Diagnostics::of_file(&path.display().to_string(), error.to_string(), "")
}

/// Reads the header and finds the columns. The table then stands at the first row, `false`: there is none.
fn begin(mut table: Table, path: &Path, task: &DetectTask, kind: &Kind) -> Result<(Table, Columns, bool), Diagnostics> {
    let shown = path.display().to_string();
    if !table.next().map_err(|error| fault(path, &error))? {
        return Err(Diagnostics::of_file(&shown, "is empty", "the first line names the columns, for instance timestamp,value"));
    }
    let header = table.texts();
    let more = table.next().map_err(|error| fault(path, &error))?;
    let first = more.then(|| table.texts());
    let wanted = Wanted { time: task.time.as_deref(), values: &task.values, sees: kind.sees };
    let columns =
        columns::find(&header, first.as_deref(), wanted).map_err(|(message, hint)| Diagnostics::of_file(&shown, message, hint))?;
    Ok((table, columns, more))
}

impl Run<'_> {
    fn csv(&mut self, source: &Source) -> anyhow::Result<()> {
        let (mut table, columns, mut more) = begin(open(&source.path)?, &source.path, self.task, self.kind)?;
        let name = source.place.file_stem().map_or_else(|| "value".to_owned(), |stem| stem.to_string_lossy().into_owned());
        let mut results = Results::begin(self, Some(&source.place), &name, Judge::subject(&name), columns.names)?;
        while more {
            let time = table.field(columns.time).unwrap_or_default();
            results.take(time, |nth| table.field(columns.values[nth]))?;
            more = table.next().map_err(|error| fault(&source.path, &error))?;
        }
        let totals = results.finish()?;
        self.totals.add(&totals);
        self.files += 1;
        Ok(())
    }

    /// The sums, on standard error.
    fn tell(&self) -> io::Result<()> {
        let (totals, count) = (&self.totals, |n: u64| number(n as f64));
        let mut line =
            format!("{}: {} files, {} rows, {} flagged", self.kind.name, count(self.files), count(totals.rows), count(totals.flagged));
        for (n, word) in [(totals.learning, "while learning"), (totals.unread, "could not be read")] {
            if n > 0 {
                // Writing into text does not fail.
                let _ = write!(line, ", {} {word}", count(n));
            }
        }
        let nanos = rounded(totals.nanos(), 2);
        writeln!(io::stderr().lock(), "{line}; {nanos} ns a point, at most {} bytes a detector", count(totals.memory as u64))
    }
}

/// The results of one series on their way out.
pub(super) struct Results<'r> {
    judge: Judge<'r>,
    output: Output,
    line: Vec<u8>,
    picture: Option<(PathBuf, String, Sketch)>,
    kind: &'static Kind,
}

impl<'r> Results<'r> {
    /// Begins the result at `place` below the output's folder, or on standard output.
    pub(super) fn begin(
        run: &'r Run<'_>,
        place: Option<&Path>,
        name: &str,
        subject: SeriesKey,
        columns: Vec<String>,
    ) -> anyhow::Result<Self> {
        let path = run.task.output.as_ref().zip(place).map(|(folder, place)| folder.join(place));
        let mut output = path.as_ref().map_or_else(|| Ok(Output::stdout()), |path| Output::file(path))?;
        output.write(row::HEADER)?;
        let judge = Judge::new(&What { kind: run.kind, params: &run.params, of: run.of }, subject, columns);
        let picture = path.filter(|_| run.task.plot).map(|path| (path.with_extension("svg"), name.to_owned(), Sketch::default()));
        Ok(Self { judge, output, line: Vec::new(), picture, kind: run.kind })
    }

    /// Takes a row.
    pub(super) fn take<'f>(&mut self, time: &[u8], value: impl Fn(usize) -> Option<&'f [u8]>) -> io::Result<()> {
        if self.judge.take(time, value) { self.settle() } else { Ok(()) }
    }

    fn settle(&mut self) -> io::Result<()> {
        let Self { judge, output, line, picture, .. } = self;
        judge.settle(|judged: &Judged<'_>| {
            line.clear();
            row::write(line, judged.time, judged.value, judged.scored, judged.reason);
            if let Some((_, _, sketch)) = picture {
                sketch.add(judged.at, judged.x, judged.scored);
            }
            output.write(line)
        })
    }

    /// Writes what is left, and the picture.
    pub(super) fn finish(mut self) -> anyhow::Result<Totals> {
        self.settle()?;
        self.output.finish()?;
        if let Some((path, name, sketch)) = self.picture {
            let mut picture = Output::file(&path)?;
            picture.write(plot::draw(&name, self.kind.name, &sketch, &self.judge.totals).as_bytes())?;
            picture.finish()?;
        }
        Ok(self.judge.totals)
    }
}
