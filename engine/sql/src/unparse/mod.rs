//! Trees back to text.
//!
//! `sqlparser` prints string literals without escaping backslashes, which Redshift reads as escapes, and takes two
//! quotes in a row for an escaped one. Whoever turns a part of its tree into text uses [`sql_text`], never `to_string`.
//! Our own statements implement `Display`; what they print parses to the same tree.

mod copy_unload;
mod dml;
mod external;
mod routine;
mod schema;
mod security;
mod session;
mod sharing;
mod statement;
mod table;
mod view;

use std::fmt::{self, Display};
use std::ops::ControlFlow;

use crate::ast::{DropBehavior, ObjectName};
use crate::limits::on_deep_stack;
use sqlparser::ast::{Value, ValueWithSpan, Visit, VisitMut, Visitor, VisitorMut};

/// A `sqlparser` node as Redshift SQL.
pub fn sql_text<T: Display + Clone + Visit + VisitMut>(node: &T) -> String {
    if node.visit(&mut FindEscapes).is_continue() {
        return node.to_string();
    }
    on_deep_stack(|| {
        let mut node = node.clone();
        let _ = VisitMut::visit(&mut node, &mut Escape);
        node.to_string()
    })
}

/// Stops at a string that needs escaping.
struct FindEscapes;

impl Visitor for FindEscapes {
    type Break = ();

    fn pre_visit_value(&mut self, value: &ValueWithSpan) -> ControlFlow<()> {
        match &value.value {
            Value::SingleQuotedString(text) if needs_escapes(text) => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }
}

/// What is doubled is printed as it is.
struct Escape;

impl VisitorMut for Escape {
    type Break = ();

    fn pre_visit_value(&mut self, value: &mut ValueWithSpan) -> ControlFlow<()> {
        if let Value::SingleQuotedString(text) = &mut value.value
            && needs_escapes(text)
        {
            *text = text.replace('\\', "\\\\").replace('\'', "''");
        }
        ControlFlow::Continue(())
    }
}

fn needs_escapes(text: &str) -> bool {
    text.contains(['\\', '\''])
}

/// A string literal.
pub fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// Several things with `, ` between them.
pub(crate) struct Commas<'a, T>(pub(crate) &'a [T]);

impl<T: Display> Display for Commas<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, item) in self.0.iter().enumerate() {
            write!(f, "{}{item}", if n > 0 { ", " } else { "" })?;
        }
        Ok(())
    }
}

/// ` (a, b)`, or nothing for an empty list.
pub(crate) struct Parens<'a, T>(pub(crate) &'a [T]);

impl<T: Display> Display for Parens<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(f, " ({})", Commas(self.0)) }
    }
}

/// `word` when `condition` holds, otherwise nothing.
pub(crate) fn when(condition: bool, word: &'static str) -> &'static str {
    if condition { word } else { "" }
}

/// `before` and the value, or nothing.
pub(crate) struct After<'a, T>(pub(crate) &'static str, pub(crate) Option<&'a T>);

impl<T: Display> Display for After<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1 {
            Some(value) => write!(f, "{}{value}", self.0),
            None => Ok(()),
        }
    }
}

/// The texts of `sqlparser` nodes.
pub(crate) fn texts<T: Display + Clone + Visit + VisitMut>(nodes: &[T]) -> Vec<String> {
    nodes.iter().map(sql_text).collect()
}

/// `before 'text'`, or nothing.
pub(crate) fn quoted_after(before: &str, text: Option<&String>) -> String {
    text.map_or_else(String::new, |text| format!("{before}{}", quote(text)))
}

/// ` CASCADE`, ` RESTRICT` or nothing.
pub(crate) fn behavior(behavior: Option<DropBehavior>) -> &'static str {
    match behavior {
        Some(DropBehavior::Cascade) => " CASCADE",
        Some(DropBehavior::Restrict) => " RESTRICT",
        None => "",
    }
}

impl Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, part) in self.0.iter().enumerate() {
            write!(f, "{}{part}", when(n > 0, "."))?;
        }
        Ok(())
    }
}
