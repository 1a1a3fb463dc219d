//! LIKE with an ESCAPE of its own, and SIMILAR TO (pages r_patternmatching_condition_like,
//! pattern-matching-conditions-similar-to).
//!
//! The executor's LIKE knows the backslash only, so the pattern is written anew with it. Its
//! SIMILAR TO is a plain regular expression, so ours is a function.

use blueshift_sql::ast::sql::{Expr, UnaryOperator, Value, ValueWithSpan};

use super::function_call::call;
use crate::error::{Error, Result};

/// Rewrites `expr` when it is such a condition.
///
/// Errors: 0A000 for ESCAPE with a pattern that is no literal, 22019 for an escape of several characters.
pub fn rewrite(expr: &mut Expr) -> Result<()> {
    match expr {
        Expr::Like { pattern, escape_char, .. } | Expr::ILike { pattern, escape_char, .. } => {
            like_with_backslash(pattern, escape_char)
        }
        Expr::SimilarTo { negated, expr: value, pattern, escape_char } => {
            let negated = *negated;
            let mut arguments = vec![take(value), take(pattern)];
            arguments.extend(escape_char.take().map(Expr::Value));
            let similar = call("similar to", arguments);
            *expr = match negated {
                true => Expr::UnaryOp { op: UnaryOperator::Not, expr: Box::new(similar) },
                false => similar,
            };
            Ok(())
        }
        _ => Ok(()),
    }
}

fn like_with_backslash(pattern: &mut Expr, escape: &mut Option<ValueWithSpan>) -> Result<()> {
    let Some(written) = escape.take() else { return Ok(()) };
    let Value::SingleQuotedString(text) = &written.value else {
        return Err(Error::not_supported("an ESCAPE that is no string literal"));
    };
    let mut characters = text.chars();
    let escape = match (characters.next(), characters.next()) {
        (Some('\\'), None) => return Ok(()),
        (escape, None) => escape,
        (_, Some(_)) => return Err(Error::invalid_escape()),
    };
    match pattern {
        Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(pattern), .. }) => {
            *pattern = with_backslash(pattern, escape);
            Ok(())
        }
        _ => Err(Error::not_supported("LIKE with ESCAPE and a pattern that is no string literal")),
    }
}

/// The same pattern with the backslash as its escape; None: nothing escapes.
fn with_backslash(pattern: &str, escape: Option<char>) -> String {
    let mut result = String::with_capacity(pattern.len() + 2);
    let mut escaped = false;
    for character in pattern.chars() {
        if !escaped && Some(character) == escape {
            escaped = true;
            continue;
        }
        if character == '\\' || (escaped && matches!(character, '%' | '_')) {
            result.push('\\');
        }
        result.push(character);
        escaped = false;
    }
    result
}

fn take(expr: &mut Box<Expr>) -> Expr {
    std::mem::replace(&mut **expr, Expr::value(Value::Null))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_written_with_backslash() {
        for (pattern, escape, expected) in [
            ("start^_%", Some('^'), "start\\_%"),
            ("a^^b", Some('^'), "a^b"),
            ("a^bc", Some('^'), "abc"),
            ("a\\b%", Some('^'), "a\\\\b%"),
            ("a%%b", Some('%'), "a\\%b"),
            ("a\\_", None, "a\\\\_"),
        ] {
            assert_eq!(with_backslash(pattern, escape), expected, "{pattern}");
        }
    }
}
