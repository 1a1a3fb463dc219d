//! The report as one web page without anything from elsewhere: it can be mailed and kept.

use std::fmt::Write;

use blueshift_engine::pipeline::PipelineReport;

use super::summary::{self, Section};

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#222}\
table{border-collapse:collapse;margin:.5rem 0 2rem}th,td{padding:.25rem .75rem;border-bottom:1px solid #ddd;text-align:left}\
th{background:#f4f4f6}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}.bad{color:#b00020;font-weight:600}";

/// The page.
pub fn page(report: &PipelineReport) -> String {
    let verdict = if report.success() { "Pipeline run: success" } else { "Pipeline run: failed" };
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{verdict}</title>\
         <style>{STYLE}</style></head>\n<body><h1>{verdict}</h1>\n"
    );
    for line in summary::figures(report) {
        push(&mut page, format_args!("<p>{}</p>\n", escape(&line)));
    }
    summary::sections(report).iter().for_each(|section| push_section(&mut page, section));
    push_list(&mut page, "Failed", &failures(report));
    push_list(&mut page, "Notices", &report.notices);
    page.push_str("</body></html>\n");
    page
}

fn failures(report: &PipelineReport) -> Vec<String> {
    let failed = report.dbt.results.iter().filter(|result| result.status.is_failure());
    failed.map(|result| format!("{}: {}", result.name, result.message.as_deref().unwrap_or(""))).collect()
}

fn push_section(page: &mut String, section: &Section) {
    push(page, format_args!("<h2>{}</h2>\n<table><tr>", escape(section.title)));
    let class = |is_number: bool| if is_number { " class=\"n\"" } else { "" };
    for (name, is_number) in section.columns {
        push(page, format_args!("<th{}>{}</th>", class(*is_number), escape(name)));
    }
    page.push_str("</tr>\n");
    for row in &section.rows {
        page.push_str("<tr>");
        for (cell, (_, is_number)) in row.iter().zip(section.columns) {
            let class = if matches!(cell.as_str(), "FAILED" | "NO") { " class=\"bad\"" } else { class(*is_number) };
            push(page, format_args!("<td{class}>{}</td>", escape(cell)));
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</table>\n");
}

fn push_list(page: &mut String, title: &str, items: &[String]) {
    if items.is_empty() {
        return;
    }
    push(page, format_args!("<h2>{title}</h2>\n<ul>\n"));
    for item in items {
        push(page, format_args!("<li>{}</li>\n", escape(item)));
    }
    page.push_str("</ul>\n");
}

fn push(page: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = page.write_fmt(text);
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use blueshift_engine::pipeline::{Step, StepStatus};

    use super::*;

    #[test]
    fn the_page_shows_steps_and_escapes_names() {
        let report = PipelineReport {
            steps: vec![Step::new("<glue> & job", StepStatus::Failed, 1.0)],
            notices: vec!["a < b".to_owned()],
            ..PipelineReport::default()
        };
        let page = page(&report);
        assert!(page.contains("<td>&lt;glue&gt; &amp; job</td><td class=\"bad\">FAILED</td>"), "{page}");
        assert!(page.contains("Pipeline run: failed") && page.contains("<li>a &lt; b</li>"), "{page}");
    }
}
