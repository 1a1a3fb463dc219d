//! Tokens to [`Statement`]: dispatch on the first words, one file per group of commands.

mod comment;
mod copy;
mod copy_options;
mod create;
mod cursor;
mod dml;
mod external;
mod grammar;
mod grant;
mod maintenance;
mod parameter;
mod policy;
mod query;
mod recorded;
mod reserved;
mod routine;
mod schema;
mod session;
mod sharing;
mod show;
mod table;
mod table_alter;
mod table_parts;
mod token_rewrite;
mod transaction;
mod user;
mod view;

use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token;

use crate::ast::{DataType, Expr, Query, Statement};
use crate::dialect::RedshiftDialect;
use crate::lexer::{Tokens, tokenize};
use crate::limits::{self, STATEMENT_BYTES_MAX};
use crate::{ParseError, ScriptPart};
use grammar::Places;
pub(crate) use grammar::{Grammar, Parsed};
pub use parameter::{ParameterValue, array_elements};
pub use reserved::is_reserved;
pub(crate) use transaction::isolation_words;

/// How to read identifiers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ParserOptions {
    /// `enable_case_sensitive_identifier`: quoted identifiers keep their case.
    pub case_sensitive_identifiers: bool,
    /// `enable_case_sensitive_super_attribute`: attributes after a subscript keep their case. (Those of other paths
    /// can only be told from columns by who knows the relations.)
    pub case_sensitive_attributes: bool,
}

/// A statement with its place in the text it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct ParsedStatement {
    /// The tree.
    pub statement: Statement,
    /// The statement's text, without its semicolon.
    pub text: String,
    /// Byte offset of the text in the script.
    pub offset: usize,
    /// Number of `$n` parameters (the highest n).
    pub parameters: usize,
}

/// Parses all statements of a script; fails when any of them does not parse.
pub fn parse_script(text: &str) -> Result<Vec<ParsedStatement>, ParseError> {
    crate::split(text).iter().map(|part| parse_statement(part, ParserOptions::default())).collect()
}

/// Parses one statement of a script. Positions in errors count from the start of the script.
pub fn parse_statement(part: &ScriptPart<'_>, options: ParserOptions) -> Result<ParsedStatement, ParseError> {
    let (statement, parameters) =
        parse_text(part.text, options, |grammar| grammar.statement()).map_err(|error| error.in_script(part))?;
    Ok(ParsedStatement { statement, text: part.text.to_string(), offset: part.offset, parameters })
}

/// Parses one statement anew with values in the places of its `$n` parameters; `values[0]` is `$1`.
/// Parameters beyond `values` stay.
pub fn parse_statement_with_values(
    text: &str,
    options: ParserOptions,
    values: &[ParameterValue],
) -> Result<ParsedStatement, ParseError> {
    let (statement, parameters) = parse_text_with(text, options, values, |grammar| grammar.statement())?;
    Ok(ParsedStatement { statement, text: text.to_string(), offset: 0, parameters })
}

/// Parses one query, e.g. a stored view definition.
pub fn parse_query(text: &str, options: ParserOptions) -> Result<Box<Query>, ParseError> {
    Ok(parse_text(text, options, |grammar| grammar.query())?.0)
}

/// Parses one expression, e.g. a stored column default.
pub fn parse_expression(text: &str, options: ParserOptions) -> Result<Expr, ParseError> {
    Ok(parse_text(text, options, |grammar| grammar.expr())?.0)
}

/// Parses one data type, e.g. of a variable or of a stored argument.
pub fn parse_data_type(text: &str, options: ParserOptions) -> Result<DataType, ParseError> {
    Ok(parse_text(text, options, |grammar| grammar.data_type())?.0)
}

/// Runs one rule over the whole text, and returns its value and the highest parameter number.
fn parse_text<T>(
    text: &str,
    options: ParserOptions,
    rule: impl FnOnce(&mut Grammar<'_>) -> Parsed<T>,
) -> Result<(T, usize), ParseError> {
    parse_text_with(text, options, &[], rule)
}

fn parse_text_with<T>(
    text: &str,
    options: ParserOptions,
    values: &[ParameterValue],
    rule: impl FnOnce(&mut Grammar<'_>) -> Parsed<T>,
) -> Result<(T, usize), ParseError> {
    if text.len() > STATEMENT_BYTES_MAX {
        return Err(
            ParseError::at(text, 0, format!("statement is longer than {STATEMENT_BYTES_MAX} bytes")).into_limit()
        );
    }
    let mut tokens = tokenize(text, options)?;
    limits::check(&tokens).map_err(|(at, limit)| {
        let offset = tokens.ranges.get(at).map_or(0, |range| range.0);
        ParseError::at(text, offset, format!("stack depth limit exceeded: {limit}")).into_limit()
    })?;
    token_rewrite::rewrite(&mut tokens);
    parameter::substitute(&mut tokens, values);
    let parameters = highest_parameter(&tokens);
    let dialect = RedshiftDialect::new(tokens.tokens.len());
    let starts = tokens.tokens.iter().map(|token| (token.span.start.line, token.span.start.column)).collect();
    let parser = Parser::new(&dialect).with_recursion_limit(RECURSION_MAX).with_tokens_with_locations(tokens.tokens);
    let mut grammar = Grammar::new(parser, text, Places { ranges: tokens.ranges, starts }, options);
    let value = rule(&mut grammar)?;
    grammar.expect_end()?;
    Ok((value, parameters))
}

/// `sqlparser`'s own depth limit; larger than what [`limits::check`] lets through.
const RECURSION_MAX: usize = limits::DEPTH_MAX;

fn highest_parameter(tokens: &Tokens) -> usize {
    let numbers = tokens.tokens.iter().filter_map(|token| match &token.token {
        Token::Placeholder(text) => text.strip_prefix('$')?.parse::<usize>().ok(),
        _ => None,
    });
    numbers.max().unwrap_or(0)
}

impl Grammar<'_> {
    /// Any statement.
    pub(crate) fn statement(&mut self) -> Parsed<Statement> {
        let Some(left) = self.statements_left.checked_sub(1) else {
            return Err(self.error("stack depth limit exceeded: the statement is nested too deeply").into_limit());
        };
        self.statements_left = left;
        let statement = self.statement_by_first_word();
        self.statements_left = left + 1;
        statement
    }

    fn statement_by_first_word(&mut self) -> Parsed<Statement> {
        let Some(word) = self.word().map(str::to_string) else {
            return if self.starts_query() { self.query_statement() } else { Err(self.unexpected()) };
        };
        match word.as_str() {
            "select" | "with" | "values" => self.query_statement(),
            "explain" => self.explain(),
            "insert" => self.insert(None),
            "update" => self.update(None),
            "delete" => self.delete(None),
            "merge" => self.merge(),
            "truncate" => self.truncate(),
            "copy" => self.copy(),
            "unload" => self.unload(),
            "create" => self.create(),
            "alter" => self.alter(),
            "drop" => self.drop(),
            "comment" => self.comment(),
            "refresh" => self.refresh(),
            "use" => self.use_database(),
            "begin" | "start" => self.begin(),
            "commit" | "end" | "rollback" | "abort" => self.finish_transaction(&word),
            "lock" => self.lock(),
            "set" => self.set_statement(),
            "reset" => self.reset_statement(),
            "show" => self.show(),
            "analyze" | "analyse" => self.analyze(),
            "vacuum" => self.vacuum(),
            "cancel" => self.cancel(),
            "declare" => self.declare(),
            "fetch" => self.fetch(),
            "close" => self.close(),
            "prepare" => self.prepare(),
            "execute" => self.execute(),
            "deallocate" => self.deallocate(),
            "call" => self.call(),
            "grant" | "revoke" => Ok(Statement::Grant(self.grant()?)),
            "attach" | "detach" => self.attach_policy(),
            "desc" => self.desc_datashare(),
            _ => Err(self.unexpected()),
        }
    }
}
