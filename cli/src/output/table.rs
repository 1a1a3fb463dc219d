//! Aligned columns as psql prints them: numbers to the right, names centred, a footer with the
//! number of rows. On a terminal, wide text is wrapped; what cannot be made to fit that way is
//! shown expanded.

use std::io::{self, Write};

use arrow::array::Array;
use blueshift_engine::session::ResultColumn;

use super::{
    ResultSet, expanded,
    layout::{self, End, Line},
    read_value,
};

/// Columns of text are not made narrower than this.
const WIDTH_MIN: usize = 8;

/// Writes the table and its footer.
pub(super) fn write(out: &mut dyn Write, set: &ResultSet, null: &str, width_max: Option<usize>) -> io::Result<()> {
    let mut widths = natural_widths(set, null)?;
    if let Some(width_max) = width_max
        && !shrink(&mut widths, set, width_max)
    {
        return expanded::write(out, set, null, Some(width_max));
    }
    write_header(out, set, &widths)?;
    let mut text = String::new();
    for (batch, row) in set.rows() {
        let mut cells = Vec::with_capacity(widths.len());
        for (array, width) in batch.columns().iter().zip(&widths) {
            read_value(array, row, null, &mut text)?;
            cells.push((layout::lines(&text, *width), array.data_type().is_numeric()));
        }
        write_cells(out, &cells, &widths)?;
    }
    write_footer(out, set.row_count())
}

/// The footer that psql prints.
pub(super) fn write_footer(out: &mut dyn Write, rows: usize) -> io::Result<()> {
    writeln!(out, "({rows} row{})", if rows == 1 { "" } else { "s" })
}

fn natural_widths(set: &ResultSet, null: &str) -> io::Result<Vec<usize>> {
    let mut widths: Vec<usize> = set.columns.iter().map(|column| layout::width(&column.name)).collect();
    let mut text = String::new();
    for batch in &set.batches {
        for (array, width) in batch.columns().iter().zip(&mut widths) {
            for row in 0..array.len() {
                read_value(array, row, null, &mut text)?;
                *width = (*width).max(layout::width(&text));
            }
        }
    }
    Ok(widths)
}

/// A blank on both sides of each column and a bar between two.
fn total_width(widths: &[usize]) -> usize {
    widths.iter().map(|width| width + 3).sum::<usize>().saturating_sub(1)
}

/// Narrows the widest columns of text until the table fits; false when it cannot.
fn shrink(widths: &mut [usize], set: &ResultSet, width_max: usize) -> bool {
    while total_width(widths) > width_max {
        let widest = set.columns.iter().zip(widths.iter_mut()).filter(|(column, _)| !column.data_type.is_numeric());
        match widest.map(|(_, width)| width).max_by_key(|width| **width) {
            Some(width) if *width > WIDTH_MIN => *width -= 1,
            _ => return false,
        }
    }
    true
}

fn write_header(out: &mut dyn Write, set: &ResultSet, widths: &[usize]) -> io::Result<()> {
    let centred = |(column, &width): (&ResultColumn, &usize)| {
        let mut lines = layout::lines(&column.name, width);
        for line in &mut lines {
            let left = (width - line.width) / 2;
            line.text.insert_str(0, &" ".repeat(left));
            line.width += left;
        }
        (lines, false)
    };
    let cells: Vec<_> = set.columns.iter().zip(widths).map(centred).collect();
    write_cells(out, &cells, widths)?;
    let rules: Vec<String> = widths.iter().map(|width| "-".repeat(width + 2)).collect();
    writeln!(out, "{}", rules.join("+"))
}

/// Writes one row: as many lines as its highest cell has. Numbers (true) go to the right.
fn write_cells(out: &mut dyn Write, cells: &[(Vec<Line>, bool)], widths: &[usize]) -> io::Result<()> {
    let height = cells.iter().map(|(lines, _)| lines.len()).max().unwrap_or(1);
    let mut row = String::new();
    for number in 0..height {
        row.clear();
        for (index, ((lines, right), width)) in cells.iter().zip(widths).enumerate() {
            row.push_str(if index == 0 { " " } else { "| " });
            let (text, text_width, end) =
                lines.get(number).map_or(("", 0, End::Value), |line| (line.text.as_str(), line.width, line.end));
            let blanks = " ".repeat(width.saturating_sub(text_width));
            if *right {
                row.push_str(&blanks);
                row.push_str(text);
            } else {
                row.push_str(text);
                row.push_str(&blanks);
            }
            row.push(end.mark());
        }
        writeln!(out, "{}", row.trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Int32Array, StringViewArray};

    use super::super::{
        Format,
        tests::{printed, sample, set},
    };

    #[test]
    fn tables_look_like_psql() {
        let expected = concat!(
            " id |       name       | price  | share | sold\n",
            "----+------------------+--------+-------+------\n",
            "  1 | São \"João\", live |   0.99 |   0.5 | t\n",
            " 20 |                  |        |   NaN | f\n",
            "    | a               +| -12.34 |       |\n",
            "    | b                |        |       |\n",
            "(3 rows)\n",
        );
        assert_eq!(printed(Format::Table, "", None, &[sample()]), expected);
    }

    #[test]
    fn wide_text_wraps_to_the_terminal() {
        let wide = || {
            set(vec![
                ("id", "integer", Arc::new(Int32Array::from(vec![7]))),
                ("text", "text", Arc::new(StringViewArray::from(vec!["the quick brown fox jumps over the lazy dog"]))),
            ])
        };
        let text = printed(Format::Table, "", Some(30), &[wide()]);
        assert!(text.lines().all(|line| line.len() <= 30), "{text}");
        assert_eq!(text.lines().count(), 5, "{text}");
        assert!(text.contains("  7 | the quick brown fox    .\n    | jumps over the lazy dog\n"), "{text}");
        // Too narrow for any wrapping: expanded.
        assert!(printed(Format::Table, "", Some(12), &[wide()]).starts_with("-[ RECORD 1 ]"));
    }

    #[test]
    fn one_row_and_no_row() {
        let one = set(vec![("n", "integer", Arc::new(Int32Array::from(vec![1])))]);
        assert_eq!(printed(Format::Table, "", None, &[one]), " n\n---\n 1\n(1 row)\n");
        let none = set(vec![("n", "integer", Arc::new(Int32Array::from(Vec::<i32>::new())))]);
        assert_eq!(printed(Format::Table, "", None, &[none]), " n\n---\n(0 rows)\n");
    }
}
