//! Which columns of a file hold the time and what is judged: as asked for, else by their names, else
//! by what stands in the first row.

use super::time::moment;
use crate::detect::Sees;

/// Names a column of times usually has, the likeliest first.
const TIMES: [&str; 8] = ["timestamp", "time", "@timestamp", "ts", "datetime", "date", "ds", "at"];
/// Names a column of values usually has.
const VALUES: [&str; 4] = ["value", "val", "y", "v"];
/// How alike a mistyped column must be to one that is there (Jaro–Winkler) to be proposed.
const ALIKE: f64 = 0.8;
/// Columns listed in a fault; nobody reads more.
const LISTED: usize = 20;

/// The columns by their places, and what the judged ones are called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Columns {
    pub time: usize,
    pub values: Vec<usize>,
    pub names: Vec<String>,
}

/// What was asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    pub time: Option<&'a str>,
    pub values: &'a [String],
    pub sees: Sees,
}

/// Finds them.
///
/// # Errors
/// What is missing, and a hint with the columns there are.
pub(super) fn find(header: &[String], first: Option<&[String]>, wanted: Wanted<'_>) -> Result<Columns, (String, String)> {
    if header.iter().all(|name| name.parse::<f64>().is_ok() || moment(name).is_some()) {
        let hint = "write the names of the columns into the first line, for instance timestamp,value";
        return Err(("there is no header: the first line holds values".to_owned(), hint.to_owned()));
    }
    let cell = |nth: usize| first.and_then(|row| row.get(nth)).map_or("", String::as_str);
    let named = |names: &[&str]| names.iter().find_map(|name| header.iter().position(|column| column.eq_ignore_ascii_case(name)));
    let all = || 0..header.len();
    let time = match wanted.time {
        Some(name) => place(header, name, "--time")?,
        None => named(&TIMES)
            .or_else(|| all().find(|nth| cell(*nth).parse::<f64>().is_err() && moment(cell(*nth)).is_some()))
            .ok_or_else(|| ("no column looks like a time".to_owned(), format!("name it with --time COLUMN; {}", there_are(header))))?,
    };
    let others = || all().filter(|nth| *nth != time);
    let number = |nth: &usize| cell(*nth).parse::<f64>().is_ok_and(f64::is_finite);
    let values: Vec<usize> = if !wanted.values.is_empty() {
        wanted.values.iter().map(|name| place(header, name, "--value")).collect::<Result<_, _>>()?
    } else if wanted.sees == Sees::Group {
        others().filter(number).collect()
    } else {
        let usual = named(&VALUES).filter(|nth| *nth != time);
        let fits = |nth: &usize| first.is_none() || wanted.sees == Sees::Category || number(nth);
        usual.or_else(|| others().find(fits)).into_iter().collect()
    };
    if values.is_empty() {
        return Err(("no column looks like a value".to_owned(), format!("name it with --value COLUMN; {}", there_are(header))));
    }
    let names = values.iter().map(|nth| header[*nth].clone()).collect();
    Ok(Columns { time, values, names })
}

fn place(header: &[String], name: &str, option: &str) -> Result<usize, (String, String)> {
    let found =
        header.iter().position(|column| column == name).or_else(|| header.iter().position(|column| column.eq_ignore_ascii_case(name)));
    found.ok_or_else(|| {
        let alike = header.iter().map(|column| (strsim::jaro_winkler(&column.to_lowercase(), &name.to_lowercase()), column));
        let near = alike.filter(|(likeness, _)| *likeness >= ALIKE).max_by(|a, b| a.0.total_cmp(&b.0));
        let meant = near.map(|(_, column)| format!("did you mean {column:?}? ")).unwrap_or_default();
        (format!("{option}: there is no column {name:?}"), format!("{meant}{}", there_are(header)))
    })
}

fn there_are(header: &[String]) -> String {
    let more = if header.len() > LISTED { ", …" } else { "" };
    format!("the columns are {}{more}", header.iter().take(LISTED).map(String::as_str).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(header: &str, first: &str, time: Option<&str>, values: &[&str], sees: Sees) -> Result<(usize, Vec<usize>), String> {
        let cut = |line: &str| line.split(',').map(str::to_owned).collect::<Vec<_>>();
        let values: Vec<String> = values.iter().map(|name| (*name).to_owned()).collect();
        let wanted = Wanted { time, values: &values, sees };
        find(&cut(header), (!first.is_empty()).then(|| cut(first)).as_deref(), wanted)
            .map(|columns| (columns.time, columns.values))
            .map_err(|(message, hint)| format!("{message}; {hint}"))
    }

    #[test]
    fn columns_are_found_by_name_or_by_what_they_hold() {
        let number = Sees::Numbers;
        assert_eq!(found("timestamp,value", "2014-04-01 00:00:00,20.0", None, &[], number), Ok((0, vec![1])));
        assert_eq!(found("timestamp,value", "", None, &[], number), Ok((0, vec![1])));
        assert_eq!(found("host,when,load", "a,2014-04-01 00:00:00,20.0", None, &[], number), Ok((1, vec![2])));
        assert_eq!(found("a,Time,b", "1,2,3", None, &["b", "A"], number), Ok((1, vec![2, 0])));
        assert_eq!(found("time,a,b,c", "5,1,x,3", None, &[], Sees::Group), Ok((0, vec![1, 3])));
        assert_eq!(found("time,state", "5,ready", None, &[], Sees::Category), Ok((0, vec![1])));
    }

    #[test]
    fn what_is_missing_is_told_with_what_there_is() {
        let number = Sees::Numbers;
        insta::assert_snapshot!(found("timestamp,valeu", "0,1", None, &["value"], number).unwrap_err(), @r#"--value: there is no column "value"; did you mean "valeu"? the columns are timestamp, valeu"#);
        insta::assert_snapshot!(found("a,b", "x,1", None, &[], number).unwrap_err(), @"no column looks like a time; name it with --time COLUMN; the columns are a, b");
        insta::assert_snapshot!(found("time,b", "0,x", None, &[], number).unwrap_err(), @"no column looks like a value; name it with --value COLUMN; the columns are time, b");
        insta::assert_snapshot!(found("2014-04-01 00:00:00,20.0", "0,x", None, &[], number).unwrap_err(), @"there is no header: the first line holds values; write the names of the columns into the first line, for instance timestamp,value");
    }
}
