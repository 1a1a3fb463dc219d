//! Trees back to text.
//!
//! `sqlparser` prints string literals without escaping backslashes, which Redshift reads as escapes. Whoever turns a
//! part of its tree into text uses [`sql_text`], never `to_string`.

use std::fmt::{self, Display};
use std::ops::ControlFlow;

use sqlparser::ast::{Value, ValueWithSpan, VisitMut, VisitorMut};

/// A `sqlparser` node as Redshift SQL.
pub fn sql_text<T: Display + Clone + VisitMut>(node: &T) -> String {
    let mut node = node.clone();
    let _ = node.visit(&mut DoubleBackslashes);
    node.to_string()
}

struct DoubleBackslashes;

impl VisitorMut for DoubleBackslashes {
    type Break = ();

    fn pre_visit_value(&mut self, value: &mut ValueWithSpan) -> ControlFlow<()> {
        if let Value::SingleQuotedString(text) = &mut value.value
            && text.contains('\\')
        {
            *text = text.replace('\\', "\\\\");
        }
        ControlFlow::Continue(())
    }
}

/// A string literal.
pub fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// Several things with `, ` between them.
#[allow(dead_code)]
pub(crate) struct Commas<'a, T>(pub(crate) &'a [T]);

impl<T: Display> Display for Commas<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, item) in self.0.iter().enumerate() {
            write!(f, "{}{item}", if n > 0 { ", " } else { "" })?;
        }
        Ok(())
    }
}
