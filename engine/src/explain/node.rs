//! A step of a plan: its title, its estimates, the lines below it, its inputs.

/// Estimated effort: until the first row, and until the last.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Cost {
    /// Until the first row.
    pub start: f64,
    /// Until the last row.
    pub total: f64,
}

/// One step.
#[derive(Debug, Clone)]
pub struct Step {
    /// `XN Seq Scan on sales`
    pub title: String,
    /// Estimated effort.
    pub cost: Cost,
    /// Estimated rows.
    pub rows: f64,
    /// Bytes of a row.
    pub width: usize,
    /// `Filter: …` and the like.
    pub details: Vec<String>,
    /// The steps that it reads from.
    pub inputs: Vec<Step>,
}

impl Step {
    /// The text, a line each; indented as PostgreSQL does.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![];
        self.write(0, &mut lines);
        lines
    }

    fn write(&self, level: usize, lines: &mut Vec<String>) {
        let arrow = match level {
            0 => String::new(),
            level => format!("{}->  ", " ".repeat(6 * level - 4)),
        };
        lines.push(format!(
            "{arrow}{}  (cost={:.2}..{:.2} rows={:.0} width={})",
            self.title,
            self.cost.start,
            self.cost.total,
            self.rows.max(1.0).ceil(),
            self.width
        ));
        let indent = " ".repeat(6 * level + 2);
        lines.extend(self.details.iter().map(|detail| format!("{indent}{detail}")));
        for input in &self.inputs {
            input.write(level + 1, lines);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_indented_as_postgresql_does() {
        let step = |title: &str, details: &[&str], inputs: Vec<Step>| Step {
            title: title.to_owned(),
            cost: Cost { start: 0.0, total: 2.02 },
            rows: 202.0,
            width: 22,
            details: details.iter().map(|detail| (*detail).to_owned()).collect(),
            inputs,
        };
        let scan = step("XN Seq Scan on venue", &["Filter: (venueid > 1)"], vec![]);
        let join = step("XN Hash Join DS_DIST_NONE", &["Hash Cond: x"], vec![step("XN Hash", &[], vec![scan])]);
        assert_eq!(
            join.lines(),
            [
                "XN Hash Join DS_DIST_NONE  (cost=0.00..2.02 rows=202 width=22)",
                "  Hash Cond: x",
                "  ->  XN Hash  (cost=0.00..2.02 rows=202 width=22)",
                "        ->  XN Seq Scan on venue  (cost=0.00..2.02 rows=202 width=22)",
                "              Filter: (venueid > 1)",
            ]
        );
    }
}
