//! Cuts the text of an expression into tokens.

use super::error::ExprError;

/// The signs of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Match,
    NoMatch,
    And,
    Or,
    Not,
    In,
    Plus,
    Minus,
    Times,
    Over,
    Rest,
    Open,
    Close,
    OpenList,
    CloseList,
    Comma,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Sign(Sign),
    Number(f64),
    Text(String),
    True,
    False,
    Null,
    /// A field path or a series, as it will be resolved.
    Name(String),
    End,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub kind: Kind,
    pub at: usize,
    pub len: usize,
}

/// Cuts `text` into tokens; the last is `End`.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, ExprError> {
    let mut list = Vec::new();
    let mut cutter = Cutter { text, at: 0 };
    loop {
        cutter.skip_space();
        let at = cutter.at;
        let kind = cutter.next()?;
        let end = kind == Kind::End;
        list.push(Token { kind, at, len: cutter.at - at });
        if end {
            return Ok(list);
        }
    }
}

struct Cutter<'t> {
    text: &'t str,
    at: usize,
}

/// Signs, longest first.
const SIGNS: [(&str, Sign); 21] = [
    ("==", Sign::Eq),
    ("!=", Sign::Ne),
    ("<=", Sign::Le),
    (">=", Sign::Ge),
    ("!~", Sign::NoMatch),
    ("&&", Sign::And),
    ("||", Sign::Or),
    ("<", Sign::Lt),
    (">", Sign::Gt),
    ("~", Sign::Match),
    ("!", Sign::Not),
    ("+", Sign::Plus),
    ("-", Sign::Minus),
    ("*", Sign::Times),
    ("/", Sign::Over),
    ("%", Sign::Rest),
    ("(", Sign::Open),
    (")", Sign::Close),
    ("[", Sign::OpenList),
    ("]", Sign::CloseList),
    (",", Sign::Comma),
];

impl<'t> Cutter<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip_space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn next(&mut self) -> Result<Kind, ExprError> {
        let Some(c) = self.peek() else { return Ok(Kind::End) };
        match c {
            '0'..='9' => return self.number(),
            '.' if self.rest()[1..].starts_with(|c: char| c.is_ascii_digit()) => return self.number(),
            '\'' => return self.quoted('\'').map(Kind::Text),
            '"' => {
                let start = self.at;
                let text = self.quoted('"')?;
                // A quoted name is one that goes on: "a b".c
                if !self.rest().starts_with(['.', '[']) {
                    return Ok(Kind::Text(text));
                }
                self.at = start;
                return self.name();
            }
            '`' | '@' => return self.name(),
            c if starts_name(c) => return self.name(),
            _ => {}
        }
        if let Some((sign, kind)) = SIGNS.iter().find(|(sign, _)| self.rest().starts_with(sign)) {
            self.at += sign.len();
            return Ok(Kind::Sign(*kind));
        }
        let hint = match c {
            '=' => Some("write == to compare"),
            '&' => Some("write and"),
            '|' => Some("write or"),
            _ => None,
        };
        let error = ExprError::new(self.at, c.len_utf8(), format!("unexpected {c:?}"));
        Err(hint.map_or(error.clone(), |h| error.hint(h)))
    }

    fn number(&mut self) -> Result<Kind, ExprError> {
        let rest = self.rest();
        let bytes = rest.as_bytes();
        let mut len = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
        if matches!(bytes.get(len), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(len + 1), Some(b'+' | b'-')));
            let digits = bytes[len + 1 + sign..].iter().take_while(|b| b.is_ascii_digit()).count();
            if digits > 0 {
                len += 1 + sign + digits;
            }
        }
        let text = &rest[..len];
        let number = text.parse::<f64>().ok().filter(|x| x.is_finite());
        let number = number.ok_or_else(|| ExprError::new(self.at, len, format!("{text} is no number")))?;
        if let Some(word) = bytes.get(len).filter(|b| b.is_ascii_alphabetic() || **b == b'_') {
            let error = ExprError::new(self.at, len + 1, format!("a number followed by {:?}", char::from(*word)));
            return Err(error.hint("numbers have no units here; names that begin with a digit stand in `backticks`"));
        }
        self.at += len;
        Ok(Kind::Number(number))
    }

    /// The text between quotes; a backslash takes the next character as it is (`\n` and `\t` as usual).
    fn quoted(&mut self, quote: char) -> Result<String, ExprError> {
        let mut out = String::new();
        let mut chars = self.rest().char_indices().skip(1);
        while let Some((i, c)) = chars.next() {
            match c {
                c if c == quote => {
                    self.at += i + c.len_utf8();
                    return Ok(out);
                }
                '\\' => match chars.next() {
                    Some((_, 'n')) => out.push('\n'),
                    Some((_, 't')) => out.push('\t'),
                    Some((_, c)) if c == quote || c == '\\' => out.push(c),
                    // Regular expressions are full of backslashes: `\d` stays as it is.
                    Some((_, c)) => out.extend(['\\', c]),
                    None => break,
                },
                c => out.push(c),
            }
        }
        Err(ExprError::new(self.at, self.text.len() - self.at, "a quote that is not closed"))
    }

    /// A word of the language, a field path or a series with its labels.
    fn name(&mut self) -> Result<Kind, ExprError> {
        let start = self.at;
        let header = self.rest().starts_with("@header.");
        self.at += usize::from(self.peek() == Some('@'));
        loop {
            match self.peek() {
                Some('"') => {
                    self.quoted('"')?;
                }
                Some('`') => {
                    self.quoted('`')?;
                }
                Some(c) if goes_on(c) || (header && c == '-') => {
                    let rest = self.rest();
                    self.at += rest.find(|c| !(goes_on(c) || (header && c == '-'))).unwrap_or(rest.len());
                }
                _ => {}
            }
            // `in[1]` is a list of one, not a place in an array called `in`.
            while self.peek() == Some('[') && !matches!(&self.text[start..self.at], "in" | "IN") && self.index() {}
            if self.peek() != Some('.') {
                break;
            }
            self.at += 1;
            if !self.peek().is_some_and(|c| goes_on(c) || c == '"' || c == '`') {
                return Err(ExprError::new(self.at, 0, "expected a name after the dot"));
            }
        }
        let text = &self.text[start..self.at];
        if self.peek() == Some('{') {
            return self.labels(text);
        }
        Ok(match text {
            "and" | "AND" => Kind::Sign(Sign::And),
            "or" | "OR" => Kind::Sign(Sign::Or),
            "not" | "NOT" => Kind::Sign(Sign::Not),
            "in" | "IN" => Kind::Sign(Sign::In),
            "true" | "TRUE" => Kind::True,
            "false" | "FALSE" => Kind::False,
            "null" | "NULL" => Kind::Null,
            name => Kind::Name(name.to_owned()),
        })
    }

    /// Goes behind `[12]`; anything else in brackets is no place in an array.
    fn index(&mut self) -> bool {
        let rest = &self.rest()[1..];
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let is_index = digits > 0 && rest[digits..].starts_with(']');
        if is_index {
            self.at += digits + 2;
        }
        is_index
    }

    /// The labels behind a metric's name, written as series are shown: sorted, without spaces.
    fn labels(&mut self, name: &str) -> Result<Kind, ExprError> {
        let open = self.at;
        let mut labels: Vec<(&str, String)> = Vec::new();
        self.at += 1;
        loop {
            self.skip_space();
            if self.peek() == Some('}') {
                self.at += 1;
                break;
            }
            let rest = self.rest();
            let len = rest.find(|c| !goes_on(c) && c != '.').unwrap_or(rest.len());
            self.at += len;
            self.skip_space();
            let equals = self.rest().starts_with('=');
            self.at += usize::from(equals);
            self.skip_space();
            let quote = self.peek().filter(|c| matches!(c, '"' | '\''));
            let (Some(quote), true, true) = (quote, equals, len > 0) else {
                let error = ExprError::new(open, self.at - open, "labels that cannot be read");
                return Err(error.hint(format!("write {name}{{label=\"value\"}}")));
            };
            labels.push((&rest[..len], self.quoted(quote)?));
            self.skip_space();
            if self.peek() == Some(',') {
                self.at += 1;
            }
        }
        if labels.is_empty() {
            return Ok(Kind::Name(name.to_owned()));
        }
        labels.sort();
        let shown = labels.iter().map(|(n, v)| format!("{n}=\"{}\"", v.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")));
        Ok(Kind::Name(format!("{name}{{{}}}", shown.collect::<Vec<_>>().join(","))))
    }
}

fn starts_name(c: char) -> bool {
    c.is_alphabetic() || c == '_' || c == '$'
}

fn goes_on(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}
