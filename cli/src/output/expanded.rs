//! One line per value, as psql shows records after `\x`.

use std::io::{self, Write};

use super::{ResultSet, layout, read_value, table};

/// Values are not wrapped into less than this.
const WIDTH_MIN: usize = 10;

/// Writes the records.
pub(super) fn write(out: &mut dyn Write, set: &ResultSet, null: &str, width_max: Option<usize>) -> io::Result<()> {
    if set.row_count() == 0 {
        return table::write_footer(out, 0);
    }
    let names: Vec<String> =
        set.columns.iter().map(|column| layout::lines(&column.name, usize::MAX).remove(0).text).collect();
    let name_width = names.iter().map(|name| layout::width(name)).max().unwrap_or(0);
    let room = width_max.map_or(usize::MAX, |width| width.saturating_sub(name_width + 4).max(WIDTH_MIN));
    let value_width = widest_value(set, null)?.min(room);
    let mut text = String::new();
    for (number, (batch, row)) in set.rows().enumerate() {
        writeln!(out, "{}", heading(number + 1, name_width, value_width))?;
        for (name, array) in names.iter().zip(batch.columns()) {
            read_value(array, row, null, &mut text)?;
            let blanks = " ".repeat(name_width - layout::width(name));
            let mut label = format!("{name}{blanks}");
            for line in layout::lines(&text, room) {
                let padded = match line.end {
                    layout::End::Value => line.text,
                    end => format!("{}{}{}", line.text, " ".repeat(value_width.saturating_sub(line.width)), end.mark()),
                };
                writeln!(out, "{}", format!("{label} | {padded}").trim_end())?;
                label = " ".repeat(name_width);
            }
        }
    }
    Ok(())
}

fn widest_value(set: &ResultSet, null: &str) -> io::Result<usize> {
    let mut text = String::new();
    let mut widest = 0;
    for (batch, row) in set.rows() {
        for array in batch.columns() {
            read_value(array, row, null, &mut text)?;
            widest = widest.max(layout::width(&text));
        }
    }
    Ok(widest)
}

/// `-[ RECORD 1 ]-+-----`, the cross where the bars are.
fn heading(number: usize, name_width: usize, value_width: usize) -> String {
    let mut line = format!("-[ RECORD {number} ]");
    let total = name_width + 3 + value_width;
    while line.len() < total {
        line.push(if line.len() == name_width + 1 { '+' } else { '-' });
    }
    line
}

#[cfg(test)]
mod tests {
    use super::super::{
        Format,
        tests::{printed, sample},
    };

    #[test]
    fn records_look_like_psql() {
        let expected = concat!(
            "-[ RECORD 1 ]-----------\n",
            "id    | 1\n",
            "name  | São \"João\", live\n",
            "price | 0.99\n",
            "share | 0.5\n",
            "sold  | t\n",
            "-[ RECORD 2 ]-----------\n",
            "id    | 20\n",
            "name  | -\n",
            "price | -\n",
            "share | NaN\n",
            "sold  | f\n",
            "-[ RECORD 3 ]-----------\n",
            "id    | -\n",
            "name  | a               +\n",
            "      | b\n",
            "price | -12.34\n",
            "share | -\n",
            "sold  | -\n",
        );
        assert_eq!(printed(Format::Expanded, "-", None, &[sample()]), expected);
    }
}
