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
    /// An array: inside of `ANY (…)` a query of its elements, elsewhere `array(…)`.
    List(Vec<ParameterValue>),
}

/// Puts `values` in the places of parameters.
pub(super) fn substitute(tokens: &mut Tokens, values: &[ParameterValue]) {
    if values.is_empty() {
        return;
    }
    let old = std::mem::replace(tokens, Tokens { tokens: Vec::new(), ranges: Vec::new() });
    tokens.tokens.reserve(old.tokens.len());
    tokens.ranges.reserve(old.tokens.len());
    for (at, (token, range)) in old.tokens.iter().zip(&old.ranges).enumerate() {
        let span = token.span;
        let mut push = |token| {
            tokens.tokens.push(TokenWithSpan { token, span });
            tokens.ranges.push(*range);
        };
        match value_of(&token.token, values) {
            None | Some(ParameterValue::Open) => push(token.token.clone()),
            Some(ParameterValue::List(elements)) if quantified(&old.tokens, at) => query(elements, &mut push),
            // No array, or none yet.
            Some(value @ (ParameterValue::Null | ParameterValue::Typed(None, ..))) if quantified(&old.tokens, at) => {
                query(std::slice::from_ref(value), &mut push);
            }
            // An array in text form whose type was not declared.
            Some(ParameterValue::Text(text)) if quantified(&old.tokens, at) => match array_elements(text) {
                Some(elements) => query(&elements, &mut push),
                None => literal(&ParameterValue::Text(text.clone()), &mut push),
            },
            Some(value) => literal(value, &mut push),
        }
    }
}

/// Whether the token at `at` is all that stands in the parentheses of ANY, SOME or ALL.
fn quantified(tokens: &[TokenWithSpan], at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).and_then(|at| tokens.get(at)).map(|token| &token.token);
    let quantifier =
        matches!(before(2), Some(Token::Word(word)) if matches!(word.value.as_str(), "any" | "some" | "all"));
    let closed = tokens.get(at + 1).is_some_and(|token| token.token == Token::RParen);
    quantifier && closed && before(1) == Some(&Token::LParen)
}

/// `SELECT a UNION ALL SELECT b …`
fn query(elements: &[ParameterValue], push: &mut impl FnMut(Token)) {
    let word = |text: &str, push: &mut dyn FnMut(Token)| push(Token::make_word(text, None));
    if elements.is_empty() {
        ["select", "null", "where", "false"].iter().for_each(|text| word(text, push));
    }
    for (index, element) in elements.iter().enumerate() {
        if index > 0 {
            word("union", push);
            word("all", push);
        }
        word("select", push);
        literal(element, push);
    }
}

/// The elements of an array in text form, `{1,"two",NULL}`; None for a text that is none or has dimensions.
pub fn array_elements(text: &str) -> Option<Vec<ParameterValue>> {
    let inner = text.trim().strip_prefix('{')?.strip_suffix('}')?;
    let mut elements = Vec::new();
    let mut chars = inner.chars().peekable();
    while chars.peek().is_some() {
        let mut element = String::new();
        let mut quoted = false;
        while let Some(c) = chars.next_if(|c| *c != ',') {
            match c {
                '"' => quoted = true,
                '{' | '}' => return None,
                '\\' => element.extend(chars.next()),
                c => element.push(c),
            }
            if c == '"' {
                loop {
                    match chars.next()? {
                        '"' => break,
                        '\\' => element.push(chars.next()?),
                        c => element.push(c),
                    }
                }
            }
        }
        elements.push(if !quoted && element.eq_ignore_ascii_case("null") {
            ParameterValue::Null
        } else {
            ParameterValue::Text(element)
        });
        // A comma at the end promises one more, which would be empty: no array.
        if chars.next().is_some() && chars.peek().is_none() {
            return None;
        }
    }
    Some(elements)
}

fn value_of<'v>(token: &Token, values: &'v [ParameterValue]) -> Option<&'v ParameterValue> {
    let Token::Placeholder(text) = token else { return None };
    let number: usize = text.strip_prefix('$')?.parse().ok()?;
    values.get(number.checked_sub(1)?)
}

fn literal(value: &ParameterValue, push: &mut dyn FnMut(Token)) {
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
        ParameterValue::List(elements) => {
            word("array", push);
            push(Token::LParen);
            for (index, element) in elements.iter().enumerate() {
                if index > 0 {
                    push(Token::Comma);
                }
                literal(element, push);
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
            ("select 1 = any($1)", vec![ParameterValue::Null], "SELECT 1 = ANY(SELECT NULL)"),
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
    fn arrays_are_queries_of_their_elements() {
        let number = |text: &str| ParameterValue::Number(text.to_owned());
        let sql = "select a from t where a = any($1)";
        let list = ParameterValue::List(vec![number("1"), number("2")]);
        let expected = "SELECT a FROM t WHERE a = ANY(SELECT 1 UNION ALL SELECT 2)";
        assert_eq!(bound(sql, &[list]).0, expected);
        let text = ParameterValue::Text(r#"{x,"a,\"b",NULL}"#.to_owned());
        let expected = r#"SELECT a FROM t WHERE a = ANY(SELECT 'x' UNION ALL SELECT 'a,"b' UNION ALL SELECT NULL)"#;
        assert_eq!(bound(sql, &[text]).0, expected);
        let none = ParameterValue::List(vec![]);
        assert_eq!(bound(sql, &[none]).0, "SELECT a FROM t WHERE a = ANY(SELECT NULL WHERE false)");
        for wrong in ["", "1", "{1", "{{1}}", "{\"x}", "{1,}"] {
            assert_eq!(array_elements(wrong), None, "{wrong}");
        }
        assert_eq!(array_elements("{}"), Some(vec![]));
    }

    #[test]
    fn parameters_without_value_stay() {
        assert_eq!(bound("select $1, $2", &[ParameterValue::Open]), ("SELECT $1, $2".to_owned(), 2));
    }
}
