//! The command line: what can be given, and the help that teaches it.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use blueshift_engine::{Config, storage::slice::BUCKETS as SLICE_BUCKETS};
use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::output::Format;

/// States can be kept for a hundred years.
const RETENTION_SECONDS_MAX: u64 = 100 * 366 * 24 * 60 * 60;

const EXAMPLES: &str = "\
Examples:
  blueshift run-pipeline                  raw CSV to tested gold tables, on the sample data
  blueshift sql -c \"select * from gold.top_genres limit 5\"
  blueshift                               the same interactively; \\? shows the commands
  blueshift serve                         the same for psql, dbt and other clients of Redshift
  blueshift generate --scale 100 raw/     make more raw data
  blueshift run-pipeline --source raw/    and run the warehouse on it

Results go to stdout, everything else to stderr. Exit code: 0 success, 1 a statement, test or step
failed, 2 wrong usage.";

const SQL_EXAMPLES: &str = "\
Examples:
  blueshift sql -c \"select count(*) from gold.fact_invoice\"
  blueshift sql -f report.sql --format csv > report.csv
  echo \"select 1; select 2\" | blueshift sql --format ndjson
  blueshift sql --describe -c \"select sum(total_revenue) from gold.fact_invoice\"

All statements run in one session, in the order given; the first error stops the run. Tags such as
INSERT 0 3 and errors go to stderr, an error as lines: ERROR, DETAIL, HINT, SQLSTATE, STATEMENT.";

const PIPELINE_EXAMPLES: &str = "\
Examples:
  blueshift run-pipeline                               data/chinook with its own raw data
  blueshift run-pipeline --source ../my/raw            raw CSV laid out as RAW/<Table>/*.csv
  blueshift run-pipeline --source s3://bucket/prefix   keys and region as usual for AWS
  blueshift run-pipeline --select fact_invoice+        one model and what is built from it
  blueshift run-pipeline --full-refresh                convert and build everything again

A second run converts only objects that are new or changed. A run that is killed leaves the
warehouse as it was; run it again.";

const CHECK_EXAMPLES: &str = "\
Examples:
  blueshift check migration.sql                        one script
  blueshift check sql/                                 every .sql file below a folder
  blueshift check data/chinook                         a dbt project: the folder of dbt_project.yml

A line for each finding: FILE:LINE: error|warning|note: what it is. Errors fail on Redshift, warnings
behave otherwise there, notes could not be checked because a relation is not known. Scripts are tried
in a warehouse that is thrown away; models are planned against --warehouse when it exists.";

const SERVE_EXAMPLES: &str = "\
Examples:
  blueshift serve                                      on 127.0.0.1:5439, for this machine only
  psql \"host=127.0.0.1 port=5439 dbname=dev\"
  blueshift certs init && blueshift serve              with TLS
  blueshift serve --listen 0.0.0.0:5439 --auth scram-sha-256

Without --auth, everybody on this machine is let in. Beyond this machine the server only listens
with TLS and --auth md5 or scram-sha-256. Ctrl-C or SIGTERM stops it: running statements get ten
seconds to finish.";

const CERTS_EXAMPLES: &str = "\
Examples:
  blueshift certs init                                 for localhost, 127.0.0.1 and ::1
  blueshift certs init --name warehouse.local          and another name of this machine";

const GENERATE_EXAMPLES: &str = "\
Examples:
  blueshift generate raw/                              as large as the real Chinook, clean
  blueshift generate --scale 1000 --dirty 0.02 raw/    2.2 million invoice lines, 2% dirty
  blueshift generate --seed 7 raw/                     other data; same seed, same bytes";

/// A local Amazon Redshift: its SQL, its catalog and its data pipeline, offline, on one machine.
#[derive(Debug, Parser)]
#[command(name = "blueshift", version, after_help = EXAMPLES, disable_help_subcommand = true)]
pub struct Cli {
    /// What every command knows.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// The command; none: the REPL.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub struct GlobalArgs {
    /// Folder of the warehouse; created when missing
    #[arg(long, global = true, env = "BLUESHIFT_WAREHOUSE", value_name = "DIR", default_value = "./warehouse")]
    pub warehouse: PathBuf,
    /// Find s3://bucket/key as DIR/bucket/key instead of asking S3
    #[arg(long, global = true, env = "BLUESHIFT_S3_ROOT", value_name = "DIR")]
    pub s3_root: Option<PathBuf>,
    /// Worker threads [default: all cores]
    #[arg(long, global = true, value_name = "N", value_parser = parse_threads)]
    pub threads: Option<usize>,
    /// Memory for queries and jobs, as 512MB or 4GB; beyond it they spill to disk
    #[arg(long, global = true, value_name = "SIZE", value_parser = parse_size)]
    pub memory_limit: Option<usize>,
    /// Keep earlier states so long after they were replaced, as 90min, 12h or 7d [default: 24h]
    #[arg(long, global = true, value_name = "TIME", value_parser = parse_duration)]
    pub retention: Option<Duration>,
    /// Slices that system views and EXPLAIN tell of, a divisor of 192 [default: 2]
    #[arg(long, global = true, value_name = "N", value_parser = parse_slices)]
    pub slices: Option<usize>,
    /// Print results and errors only
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Print more of what happens
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub verbose: bool,
}

impl GlobalArgs {
    /// The engine's settings.
    pub fn config(&self) -> Config {
        let mut config = Config::new(&self.warehouse);
        config.s3_root.clone_from(&self.s3_root);
        config.threads = self.threads.unwrap_or(config.threads);
        config.memory_limit_bytes = self.memory_limit.unwrap_or(config.memory_limit_bytes);
        config.retention = self.retention.unwrap_or(config.retention);
        config.slices = self.slices.unwrap_or(config.slices);
        config
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run SQL statements and print their results
    #[command(after_help = SQL_EXAMPLES)]
    Sql(SqlArgs),
    /// Run the warehouse: raw CSV to ORC, bronze, dbt models, tests
    #[command(after_help = PIPELINE_EXAMPLES)]
    RunPipeline(PipelineArgs),
    /// Report what of SQL scripts or a dbt project would fail or differ on a real Redshift
    #[command(after_help = CHECK_EXAMPLES)]
    Check(CheckArgs),
    /// Serve the warehouse to clients of Redshift: psql, dbt, JDBC, Python
    #[command(after_help = SERVE_EXAMPLES)]
    Serve(ServeArgs),
    /// Make certificates for TLS
    Certs(CertsArgs),
    /// Make raw CSV in the shape of Chinook, at any scale, clean or dirty
    #[command(after_help = GENERATE_EXAMPLES)]
    Generate(GenerateArgs),
    /// Check the whole warehouse: the catalog, and every file's existence, length, checksum and rows
    Verify,
    /// Copy the whole warehouse to a new folder, consistently, while it is in use
    Snapshot(CopyArgs),
    /// Make the warehouse (--warehouse, a new folder) of a copy
    Restore(CopyArgs),
}

/// Arguments of `sql`.
#[derive(Debug, Args)]
pub struct SqlArgs {
    /// Statements to run; may be repeated
    #[arg(short, long, value_name = "SQL", allow_hyphen_values = true)]
    pub command: Vec<String>,
    /// File with statements, - for stdin; may be repeated. Without -c and -f, stdin is read
    #[arg(short, long, value_name = "FILE")]
    pub file: Vec<PathBuf>,
    /// How rows are printed: table, csv, tsv, json, ndjson or expanded
    #[arg(long, value_enum, default_value_t, hide_possible_values = true)]
    pub format: Format,
    /// What stands for NULL
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub null: String,
    /// Instead of running the last statement, print its columns: a line `name,type` each
    #[arg(long)]
    pub describe: bool,
    /// -c and -f in the order given.
    #[arg(skip)]
    pub inputs: Vec<Input>,
}

/// Where statements come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// The text itself.
    Text(String),
    /// A file.
    File(PathBuf),
    /// Standard input.
    Stdin,
}

/// Arguments of `run-pipeline`.
#[derive(Debug, Args)]
pub struct PipelineArgs {
    /// dbt project to run
    #[arg(value_name = "PROJECT_DIR", default_value = "data/chinook")]
    pub project: PathBuf,
    /// Where the raw CSV is, a folder or s3://bucket/prefix, instead of what the project says
    #[arg(long, value_name = "URL")]
    pub source: Option<String>,
    /// Convert every object and build every model again
    #[arg(long)]
    pub full_refresh: bool,
    /// Models to build, as dbt selects them: name, +name, name+, tag:x, path; may be repeated
    #[arg(long, value_name = "SELECTOR")]
    pub select: Vec<String>,
    /// Stay and run again whenever new objects arrive
    #[arg(long)]
    pub watch: bool,
    /// Build silver and gold once more from CSV and compare the time [default: after the first build of small data]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub compare_csv: Option<bool>,
    /// Write a report of the run as a web page
    #[arg(long, value_name = "FILE.html")]
    pub report: Option<PathBuf>,
}

/// Arguments of `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// SQL files, folders of SQL files, dbt projects
    #[arg(value_name = "FILE|FOLDER", required = true)]
    pub paths: Vec<PathBuf>,
}

/// Arguments of `serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Address and port
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:5439")]
    pub listen: SocketAddr,
    /// How users prove who they are: trust, md5 or scram-sha-256
    #[arg(long, value_enum, default_value_t, hide_possible_values = true)]
    pub auth: Auth,
    /// Certificate for TLS, PEM [default: that of `blueshift certs init`, when there is one]
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// Its private key, PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// Connections at a time
    #[arg(long, value_name = "N", default_value_t = 500)]
    pub max_connections: usize,
    /// End sessions that wait longer than this for their next statement
    #[arg(long, value_name = "SECONDS")]
    pub idle_timeout: Option<u64>,
}

/// How users prove who they are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Auth {
    /// They need not.
    #[default]
    Trust,
    /// MD5 with a salt: the one that every driver speaks.
    Md5,
    /// SCRAM-SHA-256.
    #[value(name = "scram-sha-256")]
    ScramSha256,
}

/// Arguments of `certs`.
#[derive(Debug, Args)]
pub struct CertsArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: CertsCommand,
}

/// The commands of `certs`.
#[derive(Debug, Subcommand)]
pub enum CertsCommand {
    /// Make a certificate authority and a server certificate in WAREHOUSE/certs
    #[command(after_help = CERTS_EXAMPLES)]
    Init {
        /// Another name or address of this machine; may be repeated
        #[arg(long, value_name = "NAME")]
        name: Vec<String>,
        /// Replace certificates that are there
        #[arg(long)]
        force: bool,
    },
}

/// Arguments of `generate`.
#[derive(Debug, Args)]
pub struct GenerateArgs {
    /// Folder for the tables' folders; created when missing
    #[arg(value_name = "OUT_DIR")]
    pub out_dir: PathBuf,
    /// Size: 1 is about the real Chinook with 2,240 invoice lines
    #[arg(long, value_name = "N", default_value_t = 1.0)]
    pub scale: f64,
    /// Another seed gives other data
    #[arg(long, value_name = "S", default_value_t = 42)]
    pub seed: u64,
    /// Share of dirty rows, 0 to 1
    #[arg(long, value_name = "RATE", default_value_t = 0.0)]
    pub dirty: f64,
}

/// Arguments of `snapshot` and `restore`.
#[derive(Debug, Args)]
pub struct CopyArgs {
    /// Folder of the copy
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

/// Reads the command line; on wrong usage prints why and ends the process with code 2.
pub fn parse() -> Cli {
    let matches = Cli::command().get_matches();
    match from_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    }
}

fn from_matches(matches: &ArgMatches) -> Result<Cli, clap::Error> {
    let mut cli = Cli::from_arg_matches(matches)?;
    if let (Some(Command::Sql(sql)), Some(matches)) = (&mut cli.command, matches.subcommand_matches("sql")) {
        sql.inputs = inputs(sql, matches);
    }
    Ok(cli)
}

/// -c and -f in the order in which they stand on the command line; stdin when there is neither.
fn inputs(sql: &SqlArgs, matches: &ArgMatches) -> Vec<Input> {
    let indices = |name| matches.indices_of(name).into_iter().flatten();
    let texts = indices("command").zip(sql.command.iter().cloned().map(Input::Text));
    let files = indices("file").zip(sql.file.iter().map(|path| match path.to_str() {
        Some("-") => Input::Stdin,
        _ => Input::File(path.clone()),
    }));
    let mut inputs: Vec<(usize, Input)> = texts.chain(files).collect();
    inputs.sort_by_key(|(index, _)| *index);
    if inputs.is_empty() { vec![Input::Stdin] } else { inputs.into_iter().map(|(_, input)| input).collect() }
}

fn parse_threads(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("must be a number from 1".to_owned()),
        Ok(threads) => Ok(threads),
    }
}

/// Reads `1073741824`, `512MB`, `1.5GiB`. Units are powers of 1024, as for Redshift's own settings.
fn parse_size(text: &str) -> Result<usize, String> {
    let wrong = || "must be a size such as 512MB or 4GB".to_owned();
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let factor: f64 = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "" | "b" => 1.0,
        "k" | "kb" | "kib" => 1024.0,
        "m" | "mb" | "mib" => 1024.0 * 1024.0,
        "g" | "gb" | "gib" => 1024.0 * 1024.0 * 1024.0,
        "t" | "tb" | "tib" => 1024.0 * 1024.0 * 1024.0 * 1024.0,
        _ => return Err(wrong()),
    };
    let number: f64 = digits.trim().parse().map_err(|_| wrong())?;
    let bytes = number * factor;
    if bytes.is_finite() && bytes >= 1.0 && bytes < usize::MAX as f64 { Ok(bytes as usize) } else { Err(wrong()) }
}

/// Reads `90min`, `12h`, `7d`.
fn parse_duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let wrong = || "must be a time such as 90min, 12h or 7d".to_owned();
    let seconds: u64 = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "s" => 1,
        "m" | "min" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        _ => return Err(wrong()),
    };
    let number: u64 = digits.trim().parse().map_err(|_| wrong())?;
    number.checked_mul(seconds).filter(|s| *s <= RETENTION_SECONDS_MAX).map(Duration::from_secs).ok_or_else(wrong)
}

fn parse_slices(text: &str) -> Result<usize, String> {
    let slices = text.parse().ok().filter(|n| *n >= 1 && SLICE_BUCKETS.is_multiple_of(*n));
    slices.ok_or_else(|| format!("must be a divisor of {SLICE_BUCKETS}, such as 2, 4, 6 or 32"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_line(line: &str) -> Result<Cli, clap::Error> {
        from_matches(&Cli::command().try_get_matches_from(line.split_whitespace())?)
    }

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn times_and_slices() {
        assert_eq!(parse_duration("90min"), Ok(Duration::from_secs(5400)));
        assert_eq!(parse_duration("7d"), Ok(Duration::from_secs(604_800)));
        assert!(["", "7", "d", "-1h", "1.5h", "99999999999999999d"].iter().all(|text| parse_duration(text).is_err()));
        assert_eq!(parse_slices("6"), Ok(6));
        assert!(["0", "5", "193", "x"].iter().all(|text| parse_slices(text).is_err()));
    }

    #[test]
    fn inputs_keep_their_order() {
        let cli = parse_line("blueshift sql -f a.sql -c one -c two -f - -q").unwrap();
        let Some(Command::Sql(sql)) = cli.command else { panic!("not sql") };
        let text = |text: &str| Input::Text(text.to_owned());
        assert_eq!(sql.inputs, [Input::File("a.sql".into()), text("one"), text("two"), Input::Stdin]);
        assert!(cli.global.quiet);
        let Some(Command::Sql(sql)) = parse_line("blueshift sql").unwrap().command else { panic!("not sql") };
        assert_eq!(sql.inputs, [Input::Stdin]);
        // A statement may begin with a comment.
        let line = ["blueshift", "sql", "-c", "-- one\nselect 1", "-q"];
        let cli = from_matches(&Cli::command().try_get_matches_from(line).unwrap()).unwrap();
        let Some(Command::Sql(sql)) = cli.command else { panic!("not sql") };
        assert_eq!((sql.inputs, cli.global.quiet), (vec![text("-- one\nselect 1")], true));
    }

    #[test]
    fn sizes_are_read() {
        assert_eq!(parse_size("512MB"), Ok(512 << 20));
        assert_eq!(parse_size("1.5g"), Ok(3 << 29));
        assert_eq!(parse_size("1000"), Ok(1000));
        for wrong in ["", "GB", "-1GB", "1XB", "0", "nan", "1e400"] {
            assert!(parse_size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn wrong_usage_is_code_two() {
        for line in ["blueshift nothing", "blueshift sql --format xml", "blueshift generate", "blueshift --threads 0"] {
            assert_eq!(parse_line(line).unwrap_err().exit_code(), 2, "{line}");
        }
    }
}
