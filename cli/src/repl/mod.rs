//! The interactive session: reads lines, runs statements as they are complete, shows their results.
//!
//! On a terminal, lines come from rustyline, with history and completion; otherwise from stdin as
//! they are, so that a script with backslash commands can be piped in. Either way a failed
//! statement does not end the session.

mod catalog;
mod complete;
mod input;
mod meta;

use std::{
    cell::RefCell,
    fs,
    io::{self, BufRead, IsTerminal, Write},
    path::PathBuf,
    rc::Rc,
    time::Instant,
};

use blueshift_engine::{
    error::{Error, Result, SqlState},
    session::StatementResult,
};
use blueshift_sql::ScriptPart;
use complete::{Names, SqlHelper};
use input::Inside;
use meta::{Meta, Shown};
use rustyline::{CompletionType, Config, Editor, error::ReadlineError, history::DefaultHistory};

use crate::{
    args::GlobalArgs,
    client::Client,
    commands::Failure,
    message,
    output::{self, Format, Printer, ResultSet},
};

/// So many statements are remembered.
const HISTORY_MAX: usize = 5_000;
/// Files that include each other may go so deep.
const INCLUDE_DEPTH_MAX: usize = 16;

/// Runs the session until it is left.
pub fn run(global: &GlobalArgs) -> Result<(), Failure> {
    let client = Client::open(global.config())?;
    client.cancel_on_interrupt()?;
    let mut repl = Repl {
        client,
        typed: String::new(),
        expanded: false,
        timing: false,
        quiet: global.quiet,
        failed: false,
        depth: 0,
        names: Rc::default(),
        names_are_old: true,
    };
    let outcome = repl.run_all(global);
    repl.client.settle(global.quiet);
    outcome
}

fn banner(global: &GlobalArgs) -> String {
    format!(
        "blueshift {}, a local Amazon Redshift. Warehouse: {}\nStatements end with a semicolon. \\? for help, \\q to quit.\n",
        env!("CARGO_PKG_VERSION"),
        global.warehouse.display()
    )
}

fn println_stderr(text: &str) {
    eprintln!("{text}");
}

/// Whether the session goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    Continue,
    Quit,
}

struct Repl {
    client: Client,
    /// Lines of a statement without its end.
    typed: String,
    expanded: bool,
    timing: bool,
    quiet: bool,
    /// Whether any statement failed.
    failed: bool,
    /// How many files include each other.
    depth: usize,
    names: Rc<RefCell<Names>>,
    /// Whether completion has to ask for names again.
    names_are_old: bool,
}

impl Repl {
    /// Reads statements until the end.
    fn run_all(&mut self, global: &GlobalArgs) -> Result<(), Failure> {
        if io::stdin().is_terminal() {
            if !global.quiet {
                println_stderr(&banner(global));
            }
            self.interactive()
        } else {
            let mut lines = io::stdin().lock().lines();
            while let Some(line) = lines.next().transpose().map_err(|error| Error::io("cannot read stdin", error))? {
                if self.feed(&line)? == Flow::Quit {
                    break;
                }
            }
            self.run_rest()?;
            if self.failed { Err(Failure::Reported) } else { Ok(()) }
        }
    }

    fn interactive(&mut self) -> Result<(), Failure> {
        let readline =
            |error: ReadlineError| Failure::Error(Error::io("cannot read the terminal", io::Error::other(error)));
        let config = Config::builder()
            .completion_type(CompletionType::List)
            .history_ignore_space(true)
            .max_history_size(HISTORY_MAX)
            .map_err(readline)?
            .build();
        let mut editor: Editor<SqlHelper, DefaultHistory> = Editor::with_config(config).map_err(readline)?;
        editor.set_helper(Some(SqlHelper::new(Rc::clone(&self.names))));
        let history = history_file();
        if let Some(path) = &history {
            // The first session has no history yet.
            let _ = editor.load_history(path);
        }
        loop {
            self.refresh_names();
            match editor.readline(&self.prompt()) {
                Ok(text) => {
                    let entry = format!("{}{text}", self.typed);
                    let flow = self.feed_lines(&text)?;
                    // A statement is remembered whole, when its last line is there.
                    if self.typed.is_empty() && !entry.trim().is_empty() {
                        // Only a lack of memory makes this fail; the session goes on.
                        let _ = editor.add_history_entry(entry);
                    }
                    if flow == Flow::Quit {
                        break;
                    }
                }
                Err(ReadlineError::Interrupted) => self.typed.clear(),
                Err(ReadlineError::Eof) => break,
                Err(error) => return Err(readline(error)),
            }
        }
        if let Some(path) = &history
            && let Err(error) = editor.save_history(path)
        {
            eprintln!("WARNING: cannot save the history to {}: {error}", path.display());
        }
        Ok(())
    }

    fn prompt(&self) -> String {
        let mark = input::statement_end(&self.typed).err().unwrap_or(Inside::Nothing).mark();
        let block = if self.client.in_transaction_block() { "*" } else { "" };
        format!("{}{mark}{block}# ", self.client.database())
    }

    /// Takes what was typed, or pasted: that may be many lines at once.
    fn feed_lines(&mut self, text: &str) -> Result<Flow, Failure> {
        for line in text.split('\n') {
            if self.feed(line)? == Flow::Quit {
                return Ok(Flow::Quit);
            }
        }
        Ok(Flow::Continue)
    }

    /// Takes one line: a command, or the next piece of a statement. Statements are run as they are complete.
    fn feed(&mut self, line: &str) -> Result<Flow, Failure> {
        if line.trim_start().starts_with('\\') && !self.is_inside_quotes() {
            return self.run_meta(line);
        }
        if self.typed.is_empty() && matches!(line.trim(), "exit" | "quit") {
            return Ok(Flow::Quit);
        }
        self.typed.push_str(line);
        self.typed.push('\n');
        // Only a semicolon can end a statement: a long one is not scanned again for every line of it.
        if line.contains(';') {
            while let Ok(end) = input::statement_end(&self.typed) {
                let rest = self.typed.split_off(end);
                let statement = std::mem::replace(&mut self.typed, rest);
                self.run_statements(&statement)?;
            }
        }
        if self.typed.trim().is_empty() {
            self.typed.clear();
        }
        Ok(Flow::Continue)
    }

    fn is_inside_quotes(&self) -> bool {
        let inside = input::statement_end(&self.typed).err();
        matches!(inside, Some(Inside::Text | Inside::Name | Inside::DollarQuote | Inside::Comment))
    }

    /// Runs what is left at the end of the input without its semicolon.
    fn run_rest(&mut self) -> Result<(), Failure> {
        let rest = std::mem::take(&mut self.typed);
        self.run_statements(&rest)
    }

    fn run_statements(&mut self, text: &str) -> Result<(), Failure> {
        for part in blueshift_sql::split(text) {
            self.run_statement(&part)?;
        }
        Ok(())
    }

    fn run_statement(&mut self, part: &ScriptPart<'_>) -> Result<(), Failure> {
        let start = Instant::now();
        let result = self.client.run(part);
        let elapsed = start.elapsed();
        self.client.take_notices().iter().for_each(message::print_notice);
        match result {
            Ok(StatementResult::Rows { columns, batches, .. }) => self.show(&ResultSet { columns, batches })?,
            Ok(StatementResult::Done { tag }) => {
                self.names_are_old = true;
                if !self.quiet {
                    println_stderr(&tag);
                }
            }
            Err(error) => self.report(&error, part.text),
        }
        if self.timing {
            println_stderr(&format!("Time: {:.3} ms", elapsed.as_secs_f64() * 1_000.0));
        }
        Ok(())
    }

    /// Shows an error; the session goes on.
    fn report(&mut self, error: &Error, statement: &str) {
        self.failed = true;
        if error.state() == SqlState::QUERY_CANCELED && io::stdin().is_terminal() {
            // The terminal showed `^C` where the cursor was.
            eprintln!();
        }
        // If stderr is gone there is nobody to tell.
        let _ = message::write_error_at(&mut io::stderr().lock(), error, statement);
    }

    fn show(&self, set: &ResultSet) -> Result<(), Failure> {
        let format = if self.expanded { Format::Expanded } else { Format::Table };
        let mut out = io::BufWriter::new(io::stdout().lock());
        Printer::new(format, String::new(), output::terminal_width()).print(&mut out, set)?;
        writeln!(out)?;
        Ok(out.flush()?)
    }

    fn run_meta(&mut self, line: &str) -> Result<Flow, Failure> {
        let outcome = match meta::parse(line) {
            Ok(Meta::Quit) => return Ok(Flow::Quit),
            Ok(Meta::Include(file)) => return self.include(&file),
            Ok(command) => self.run_simple_meta(&command),
            Err(error) => Err(error),
        };
        match outcome {
            Ok(shown) => {
                for (heading, set) in shown {
                    writeln!(io::stdout(), "{heading}")?;
                    self.show(&set)?;
                }
            }
            Err(error) => self.report(&error, line),
        }
        Ok(Flow::Continue)
    }

    fn run_simple_meta(&mut self, command: &Meta) -> Result<Vec<Shown>> {
        let client = &mut self.client;
        let mut query = |sql: &str| client.query(sql).map(|(_, batches)| batches);
        match command {
            Meta::List(kinds, pattern) => return meta::list(&mut query, *kinds, pattern.as_deref()),
            Meta::Describe(name) => {
                return meta::describe(&mut query, name).or_else(|error| self.describe_system(name).ok_or(error));
            }
            Meta::Schemas => return meta::schemas(&mut query),
            Meta::Help => print_text(&meta::help())?,
            Meta::Print => print_text(&self.typed)?,
            Meta::Reset => self.typed.clear(),
            Meta::Expanded(wanted) => {
                self.expanded = wanted.unwrap_or(!self.expanded);
                println_stderr(&format!("Expanded display is {}.", on_off(self.expanded)));
            }
            Meta::Timing(wanted) => {
                self.timing = wanted.unwrap_or(!self.timing);
                println_stderr(&format!("Timing is {}.", on_off(self.timing)));
            }
            // These end or nest the loop: the caller's.
            Meta::Include(_) | Meta::Quit => {}
        }
        Ok(vec![])
    }

    /// System views are in no list: they are described as a query sees them.
    fn describe_system(&mut self, name: &str) -> Option<Vec<Shown>> {
        let quoted: Vec<String> =
            name.split('.').map(|part| format!("\"{}\"", part.to_lowercase().replace('"', ""))).collect();
        let statement = format!("select * from {}", quoted.join("."));
        let columns = self.client.describe(&ScriptPart::whole(&statement)).ok()?;
        meta::system_view(name, columns).ok()
    }

    fn include(&mut self, file: &str) -> Result<Flow, Failure> {
        if self.depth == INCLUDE_DEPTH_MAX {
            let error = Error::new(
                SqlState::PROGRAM_LIMIT_EXCEEDED,
                format!("files include each other more than {INCLUDE_DEPTH_MAX} deep"),
            );
            self.report(&error, "");
            return Ok(Flow::Continue);
        }
        let script = match fs::read_to_string(file) {
            Ok(script) => script,
            Err(error) => {
                self.report(&Error::io(format!("cannot read \"{file}\""), error), "");
                return Ok(Flow::Continue);
            }
        };
        let outer = std::mem::take(&mut self.typed);
        self.depth += 1;
        // `\q` in a file ends the file, as in psql.
        let _ = self.feed_lines(&script)?;
        self.run_rest()?;
        self.depth -= 1;
        self.typed = outer;
        Ok(Flow::Continue)
    }

    /// Asks a session of its own, so that the user's transaction does not notice.
    fn refresh_names(&mut self) {
        if !std::mem::take(&mut self.names_are_old) {
            return;
        }
        let mut session = self.client.side_session();
        let mut query = |sql: &str| self.client.query_on(&mut session, sql).map(|(_, batches)| batches);
        // Completion is a convenience: without its names the session goes on.
        let Ok(schemas) = catalog::schemas(&mut query) else { return };
        let Ok(relations) = catalog::relations(&mut query) else { return };
        let Ok(columns) = catalog::column_names(&mut query) else { return };
        *self.names.borrow_mut() = Names {
            schemas: schemas.into_iter().map(|schema| schema.name).collect(),
            relations: relations.into_iter().map(|relation| (relation.schema, relation.name)).collect(),
            columns,
        };
    }
}

fn print_text(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).map_err(|error| Error::io("cannot write", error))
}

fn on_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

/// `BLUESHIFT_HISTORY`, else a file in the home folder; None without one.
fn history_file() -> Option<PathBuf> {
    let named = std::env::var_os("BLUESHIFT_HISTORY").map(PathBuf::from);
    named.or_else(|| std::env::home_dir().map(|home| home.join(".blueshift_history")))
}
