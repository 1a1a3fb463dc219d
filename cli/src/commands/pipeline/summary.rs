//! The report of a run as tables: steps, tests, what became of the raw rows, the two figures.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use blueshift_dbt::{NodeResult, Status};
use blueshift_engine::pipeline::{PipelineReport, Step, StepStatus};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use indicatif::{HumanBytes, HumanCount};

/// A table of the report.
pub struct Section {
    /// What it shows.
    pub title: &'static str,
    /// Names of the columns; the ones with true hold numbers.
    pub columns: &'static [(&'static str, bool)],
    /// The cells, as texts.
    pub rows: Vec<Vec<String>>,
}

/// Prints the tables on stdout.
pub fn print(report: &PipelineReport) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for section in sections(report) {
        writeln!(out, "{}\n{}\n", section.title, render(&section))?;
    }
    for figure in figures(report) {
        writeln!(out, "{figure}")?;
    }
    out.flush()
}

/// Prints on stderr what failed, and why.
pub fn print_failures(report: &PipelineReport) {
    for result in report.dbt.results.iter().filter(|result| result.status.is_failure()) {
        let message = result.message.as_deref().unwrap_or("no message");
        eprintln!(
            "{}: {} {} ({}): {message}",
            result.status.as_str().to_uppercase(),
            result.resource_type,
            result.name,
            result.original_file_path.display()
        );
    }
}

/// All tables that have rows.
pub fn sections(report: &PipelineReport) -> Vec<Section> {
    let all = [steps(report), tests(report), audit(report)];
    all.into_iter().filter(|section| !section.rows.is_empty()).collect()
}

/// Storage and time, ORC against CSV, and the time of the whole run; a line each.
pub fn figures(report: &PipelineReport) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(figures) = &report.figures {
        if let Some(percent) = figures.storage_percent() {
            let (orc, csv) = (HumanBytes(figures.orc_bytes), HumanBytes(figures.csv_bytes));
            lines.push(format!("Storage: {orc} of ORC for {csv} of CSV ({percent:+.1}%)"));
        }
        if let (Some(orc), Some(csv), Some(percent)) =
            (figures.build_from_orc_seconds, figures.build_from_csv_seconds, figures.time_percent())
        {
            lines.push(format!("Silver and gold: {orc:.2} s from ORC, {csv:.2} s from CSV ({percent:+.1}%)"));
        }
    }
    lines.push(format!("{} in {:.2} s", if report.success() { "Done" } else { "FAILED" }, report.seconds));
    lines
}

fn render(section: &Section) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(section.columns.iter().map(|(name, _)| *name));
    table.add_rows(&section.rows);
    for (column, (_, is_number)) in table.column_iter_mut().zip(section.columns) {
        if *is_number {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn steps(report: &PipelineReport) -> Section {
    let mut rows: Vec<Vec<String>> = report.steps.iter().map(step).collect();
    rows.extend(layers(report));
    Section {
        title: "Steps",
        columns: &[
            ("Step", false),
            ("Status", false),
            ("Rows in", true),
            ("Rows out", true),
            ("Rejects", true),
            ("Files", true),
            ("Read", true),
            ("Written", true),
            ("Seconds", true),
            ("", false),
        ],
        rows,
    }
}

fn step(step: &Step) -> Vec<String> {
    let count = |number: Option<u64>| number.map_or_else(String::new, |number| HumanCount(number).to_string());
    let bytes = |number: Option<u64>| number.map_or_else(String::new, |number| HumanBytes(number).to_string());
    let status = match step.status {
        StepStatus::Ok => "ok",
        StepStatus::Nothing => "nothing to do",
        StepStatus::Failed => "FAILED",
    };
    vec![
        step.name.clone(),
        status.to_owned(),
        count(step.rows_in),
        count(step.rows_out),
        count(step.rejects),
        count(step.files),
        bytes(step.bytes_in),
        bytes(step.bytes_out),
        format!("{:.2}", step.seconds),
        step.note.clone(),
    ]
}

/// One line per schema that dbt built: models and seeds together.
fn layers(report: &PipelineReport) -> Vec<Vec<String>> {
    let mut layers: BTreeMap<String, Vec<&NodeResult>> = BTreeMap::new();
    for result in &report.dbt.results {
        if let Some(schema) = result.relation_name.as_deref().and_then(schema_of) {
            layers.entry(schema).or_default().push(result);
        }
    }
    layers
        .into_iter()
        .map(|(schema, results)| {
            let built = results.iter().filter(|result| result.status == Status::Success).count();
            let rows: u64 = results.iter().filter_map(|result| result.rows_affected).sum();
            let seconds: f64 = results.iter().map(|result| result.execution_time).sum();
            let status = match results.iter().any(|result| result.status.is_failure()) {
                true => "FAILED",
                false if built < results.len() => "skipped",
                false => "ok",
            };
            vec![
                format!("  {schema}"),
                status.to_owned(),
                String::new(),
                HumanCount(rows).to_string(),
                String::new(),
                String::new(),
                String::new(),
                String::new(),
                format!("{seconds:.2}"),
                format!("{built} of {} relations", results.len()),
            ]
        })
        .collect()
}

/// The schema in `"dev"."gold"."dim_track"`.
fn schema_of(relation: &str) -> Option<String> {
    let mut parts = relation.rsplit('.').map(|part| part.trim_matches('"'));
    parts.next();
    parts.next().map(str::to_owned)
}

/// Kinds of generic tests, as their names begin.
const TEST_KINDS: &[&str] = &["not_null", "unique", "relationships", "accepted_values"];

fn tests(report: &PipelineReport) -> Section {
    let mut kinds: BTreeMap<&str, Vec<&NodeResult>> = BTreeMap::new();
    for test in report.tests() {
        let bare = test.name.strip_prefix("source_").unwrap_or(&test.name);
        let kind = TEST_KINDS.iter().find(|kind| bare.starts_with(**kind)).unwrap_or(&"other");
        kinds.entry(kind).or_default().push(test);
    }
    let rows = kinds
        .into_iter()
        .map(|(kind, results)| {
            let count = |status| results.iter().filter(|result| result.status == status).count().to_string();
            let seconds: f64 = results.iter().map(|result| result.execution_time).sum();
            vec![
                kind.to_owned(),
                results.len().to_string(),
                count(Status::Pass),
                count(Status::Warn),
                count(Status::Fail),
                count(Status::Error),
                count(Status::Skipped),
                format!("{seconds:.2}"),
            ]
        })
        .collect();
    Section {
        title: "Tests",
        columns: &[
            ("Test", false),
            ("Number", true),
            ("Passed", true),
            ("Warned", true),
            ("Failed", true),
            ("Errors", true),
            ("Skipped", true),
            ("Seconds", true),
        ],
        rows,
    }
}

fn audit(report: &PipelineReport) -> Section {
    let rows = report
        .audit
        .iter()
        .map(|row| {
            let counts = [row.raw, row.rejected_by_job, row.kept, row.duplicates, row.rejected];
            let mut cells = vec![row.table.clone()];
            cells.extend(counts.map(|count| HumanCount(count).to_string()));
            cells.push(if row.adds_up() { "yes" } else { "NO" }.to_owned());
            cells
        })
        .collect();
    Section {
        title: "Raw rows and what became of them",
        columns: &[
            ("Table", false),
            ("Raw", true),
            ("Malformed", true),
            ("Kept", true),
            ("Duplicates", true),
            ("Rejected", true),
            ("Adds up", false),
        ],
        rows,
    }
}

#[cfg(test)]
mod tests_of_summary {
    use super::*;

    #[test]
    fn relations_name_their_schema() {
        assert_eq!(schema_of("\"dev\".\"gold\".\"dim_track\"").as_deref(), Some("gold"));
        assert_eq!(schema_of("dim_track"), None);
    }

    #[test]
    fn steps_become_rows() {
        let mut glue = Step::new("glue job", StepStatus::Ok, 1.5);
        glue.rows_out = Some(2_240);
        glue.bytes_in = Some(2_048);
        let report = PipelineReport { steps: vec![glue], seconds: 2.0, ..PipelineReport::default() };
        let sections = sections(&report);
        assert_eq!(sections.len(), 1);
        let text = render(&sections[0]).to_string();
        assert!(text.contains("2,240") && text.contains("2.00 KiB") && text.contains("1.50"), "{text}");
        assert_eq!(figures(&report), ["Done in 2.00 s"]);
    }
}
