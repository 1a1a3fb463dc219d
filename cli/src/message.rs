//! Errors and notices on stderr, in the lines that the command line promises.

use std::io::{self, Write};

use blueshift_engine::{error::Error, session::Notice};

/// Writes `ERROR: …`, `DETAIL: …`, `HINT: …`, `SQLSTATE: …` and `STATEMENT: …`, a line each.
pub fn write_error(out: &mut dyn Write, error: &Error, statement: Option<usize>) -> io::Result<()> {
    writeln!(out, "ERROR: {}", one_line(error.message()))?;
    if let Some(detail) = error.detail() {
        writeln!(out, "DETAIL: {}", one_line(detail))?;
    }
    if let Some(hint) = error.hint() {
        writeln!(out, "HINT: {}", one_line(hint))?;
    }
    writeln!(out, "SQLSTATE: {}", error.state())?;
    match statement {
        Some(number) => writeln!(out, "STATEMENT: {number}"),
        None => Ok(()),
    }
}

/// The same on stderr. If stderr is gone there is nobody to tell.
pub fn print_error(error: &Error, statement: Option<usize>) {
    let _ = write_error(&mut io::stderr().lock(), error, statement);
}

/// Writes an error as psql shows it to a person: with the line of the statement and a mark below the place.
pub fn write_error_at(out: &mut dyn Write, error: &Error, statement: &str) -> io::Result<()> {
    writeln!(out, "ERROR:  {}", error.message())?;
    if let Some((number, line, column)) = error.position().and_then(|position| place(statement, position)) {
        let label = format!("LINE {number}: ");
        writeln!(out, "{label}{line}")?;
        writeln!(out, "{}^", " ".repeat(label.len() + column))?;
    }
    if let Some(detail) = error.detail() {
        writeln!(out, "DETAIL:  {detail}")?;
    }
    if let Some(hint) = error.hint() {
        writeln!(out, "HINT:  {hint}")?;
    }
    writeln!(out, "SQLSTATE:  {}", error.state())
}

/// Line number, line and column (from 0) of a character position (from 1).
fn place(statement: &str, position: usize) -> Option<(usize, &str, usize)> {
    let mut left = position.checked_sub(1)?;
    for (index, line) in statement.split('\n').enumerate() {
        let length = line.chars().count();
        if left <= length {
            return Some((index + 1, line, left));
        }
        left -= length + 1;
    }
    None
}

/// Prints a notice on stderr.
pub fn print_notice(notice: &Notice) {
    eprintln!("{}: {}", notice.severity, one_line(&notice.message));
}

fn one_line(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use blueshift_engine::error::SqlState;

    use super::*;

    #[test]
    fn errors_are_lines() {
        let error = Error::division_by_zero().with_detail("row 1:\n  x = 0").with_hint("use NULLIF");
        let mut out = Vec::new();
        write_error(&mut out, &error, Some(3)).unwrap();
        let expected =
            "ERROR: division by zero\nDETAIL: row 1: x = 0\nHINT: use NULLIF\nSQLSTATE: 22012\nSTATEMENT: 3\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn the_place_of_an_error_is_marked() {
        let error = Error::new(SqlState::SYNTAX_ERROR, "syntax error at or near \"form\"").with_position(12);
        let mut out = Vec::new();
        write_error_at(&mut out, &error, "select *\n  form t").unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("LINE 2:   form t\n          ^\n"), "{text}");
    }
}
