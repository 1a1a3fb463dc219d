//! `blueshift sql`: statements in, rows on stdout, everything else on stderr.

use std::{
    fs,
    io::{self, BufWriter, Read, Write},
};

use blueshift_engine::{
    error::{Error, SqlState},
    session::{ResultColumn, StatementError, StatementResult},
};
use blueshift_sql::ScriptPart;

use crate::{
    args::{GlobalArgs, Input, SqlArgs},
    client::Client,
    commands::Failure,
    message,
    output::{self, Format, Printer, ResultSet},
};

/// Runs all statements in one session; stops at the first that fails.
pub fn run(global: &GlobalArgs, args: &SqlArgs) -> Result<(), Failure> {
    // Everything is read first: a missing file must not be noticed after half of the work.
    let scripts = args.inputs.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let parts: Vec<ScriptPart<'_>> = scripts.iter().flat_map(|script| blueshift_sql::split(script)).collect();
    let mut client = Client::open(global.config())?;
    let outcome = run_parts(global, args, &parts, &mut client);
    // Also after an error: what was committed before it stays.
    client.settle(global.quiet);
    outcome
}

fn run_parts(
    global: &GlobalArgs,
    args: &SqlArgs,
    parts: &[ScriptPart<'_>],
    client: &mut Client,
) -> Result<(), Failure> {
    let width = if args.format == Format::Table { output::terminal_width() } else { None };
    let mut printer = Printer::new(args.format, args.null.clone(), width);
    let mut out = BufWriter::new(io::stdout().lock());
    for (index, part) in parts.iter().enumerate() {
        let described = args.describe && index + 1 == parts.len();
        let outcome =
            if described { client.describe(part).map(Outcome::Columns) } else { client.run(part).map(Outcome::Result) };
        if !global.quiet {
            client.take_notices().iter().for_each(message::print_notice);
        }
        match outcome {
            Ok(Outcome::Columns(columns)) => printer.describe(&mut out, &columns)?,
            Ok(Outcome::Result(StatementResult::Rows { columns, batches, .. })) => {
                printer.print(&mut out, &ResultSet { columns, batches })?;
            }
            Ok(Outcome::Result(StatementResult::Done { tag })) if !global.quiet => eprintln!("{tag}"),
            Ok(Outcome::Result(StatementResult::Done { .. })) => {}
            Err(error) => {
                out.flush()?;
                return Err(Failure::Statement(StatementError { error, statement: index + 1 }));
            }
        }
        out.flush()?;
    }
    Ok(())
}

enum Outcome {
    Columns(Vec<ResultColumn>),
    Result(StatementResult),
}

fn read(input: &Input) -> Result<String, Error> {
    let (name, bytes) = match input {
        Input::Text(text) => return Ok(text.clone()),
        Input::File(path) => (format!("\"{}\"", path.display()), fs::read(path)),
        Input::Stdin => {
            let mut bytes = Vec::new();
            ("stdin".to_owned(), io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes))
        }
    };
    let bytes = bytes.map_err(|error| Error::io(format!("cannot read {name}"), error))?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Error::new(SqlState::CHARACTER_NOT_IN_REPERTOIRE, format!("{name} is not UTF-8 text, from byte {}", at + 1))
    })
}
