//! Values in the places of `$1` … `$n`: of the extended query protocol, and of EXECUTE.
//!
//! A parameter's token is replaced by those of a literal before the statement is parsed. So a value
//! may stand wherever a literal may, and is never read as SQL.

use sqlparser::tokenizer::{Token, TokenWithSpan};

use crate::lexer::Tokens;

/// A value for a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParameterValue {
    /// Stays what it is: `$n`.
    Open,
    /// `NULL`.
    Null,
    /// A string literal, whose type comes from where it stands.
    Text(String),
    /// A number without sign, as written.
    Number(String),
    /// `true` or `false`.
    Boolean(bool),
    /// `CAST('text' AS type)`; NULL when there is no text. The type is in Redshift's words,
    /// e.g. `numeric(5,2)` or `double precision`.
    Typed(Option<String>, &'static str, Option<(u8, u8)>),
    /// `function('text')`.
    Call(&'static str, String),
}

/// Puts `values` in the places of parameters.
pub(super) fn substitute(tokens: &mut Tokens, values: &[ParameterValue]) {
    if values.is_empty() {
        return;
    }
    let old = std::mem::replace(tokens, Tokens { tokens: Vec::new(), ranges: Vec::new() });
    tokens.tokens.reserve(old.tokens.len());
    tokens.ranges.reserve(old.tokens.len());
    for (token, range) in old.tokens.into_iter().zip(old.ranges) {
        let span = token.span;
        let mut push = |token| {
            tokens.tokens.push(TokenWithSpan { token, span });
            tokens.ranges.push(range);
        };
        match value_of(&token.token, values) {
            None | Some(ParameterValue::Open) => push(token.token),
            Some(value) => literal(value, &mut push),
        }
    }
}

fn value_of<'v>(token: &Token, values: &'v [ParameterValue]) -> Option<&'v ParameterValue> {
    let Token::Placeholder(text) = token else { return None };
    let number: usize = text.strip_prefix('$')?.parse().ok()?;
    values.get(number.checked_sub(1)?)
}

fn literal(value: &ParameterValue, push: &mut impl FnMut(Token)) {
    let word = |text: &str, push: &mut dyn FnMut(Token)| push(Token::make_word(text, None));
    match value {
        ParameterValue::Open => {}
        ParameterValue::Null => word("null", push),
        ParameterValue::Text(text) => push(Token::SingleQuotedString(text.clone())),
        ParameterValue::Number(text) => push(Token::Number(text.clone(), false)),
        ParameterValue::Boolean(value) => word(if *value { "true" } else { "false" }, push),
        ParameterValue::Typed(text, type_name, size) => {
            word("cast", push);
            push(Token::LParen);
            match text {
                Some(text) => push(Token::SingleQuotedString(text.clone())),
                None => word("null", push),
            }
            word("as", push);
            type_name.split(' ').for_each(|part| word(part, push));
            if let Some((precision, scale)) = size {
                push(Token::LParen);
                push(Token::Number(precision.to_string(), false));
                push(Token::Comma);
                push(Token::Number(scale.to_string(), false));
                push(Token::RParen);
            }
            push(Token::RParen);
        }
        ParameterValue::Call(function, text) => {
            word(function, push);
            push(Token::LParen);
            push(Token::SingleQuotedString(text.clone()));
            push(Token::RParen);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ParserOptions, parse_statement_with_values};

    fn bound(sql: &str, values: &[ParameterValue]) -> (String, usize) {
        let parsed = parse_statement_with_values(sql, ParserOptions::default(), values).unwrap();
        (parsed.statement.to_string(), parsed.parameters)
    }

    #[test]
    fn values_stand_where_literals_may() {
        let text = |text: &str| ParameterValue::Text(text.to_owned());
        let number = |text: &str| ParameterValue::Number(text.to_owned());
        let typed = |text: &str, name| ParameterValue::Typed(Some(text.to_owned()), name, None);
        for (sql, values, expected) in [
            ("select $2, $1", vec![text("it's"), number("5")], "SELECT 5, 'it''s'"),
            ("select a from t limit $1", vec![number("3")], "SELECT a FROM t LIMIT 3"),
            ("select $1", vec![text("'; drop table t; --")], "SELECT '''; drop table t; --'"),
            ("select $1::int", vec![ParameterValue::Null], "SELECT NULL::INT"),
            ("select '$1', $1", vec![ParameterValue::Boolean(true)], "SELECT '$1', true"),
            ("select $1", vec![typed("1", "double precision")], "SELECT CAST('1' AS DOUBLE PRECISION)"),
            (
                "select $1",
                vec![ParameterValue::Typed(Some("1.50".to_owned()), "numeric", Some((3, 2)))],
                "SELECT CAST('1.50' AS NUMERIC(3,2))",
            ),
        ] {
            assert_eq!(bound(sql, &values), (expected.to_owned(), 0), "{sql}");
        }
    }

    #[test]
    fn parameters_without_value_stay() {
        assert_eq!(bound("select $1, $2", &[ParameterValue::Open]), ("SELECT $1, $2".to_owned(), 2));
    }
}
