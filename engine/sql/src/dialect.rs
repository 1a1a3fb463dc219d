//! Redshift's expressions for `sqlparser`: its PostgreSQL grammar with Redshift's differences.
//!
//! The dialect presents itself as PostgreSQL (`^` is power, `|/`, `||/`, `@`, bare `CURRENT_USER`), answers the
//! feature questions as Redshift would, and takes over where a token starts or joins an expression in another way.

use std::any::TypeId;
use std::cell::Cell;

use sqlparser::ast::{BinaryOperator, Expr, UnaryOperator};
use sqlparser::dialect::{Dialect, PostgreSqlDialect, Precedence};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, Word};

use crate::lexer;
use crate::limits::on_deep_stack;
use crate::parser::is_reserved;

/// Redshift's dialect, for one statement.
#[derive(Debug)]
pub(crate) struct RedshiftDialect {
    /// How many more expression starts may be tried; backtracking over nonsense could try exponentially many.
    starts_left: Cell<usize>,
}

const STARTS_PER_TOKEN_MAX: usize = 64;
const CARET_PRECEDENCE: u8 = 100;
const OPERATOR_PRECEDENCE: u8 = 70;

impl RedshiftDialect {
    /// The dialect for a statement of `tokens` tokens.
    pub(crate) fn new(tokens: usize) -> Self {
        RedshiftDialect { starts_left: Cell::new((tokens + 64) * STARTS_PER_TOKEN_MAX) }
    }
}

fn is_word(token: &Token, text: &str) -> bool {
    matches!(token, Token::Word(Word { value, quote_style: None, .. }) if value == text)
}

/// A prefix operator. `- -1` becomes `-(-1)`: printed without the brackets, it would start a comment.
fn unary(parser: &mut Parser, op: UnaryOperator, precedence: u8) -> Result<Expr, ParserError> {
    parser.advance_token();
    let operand = match parser.parse_subexpr(precedence)? {
        inner @ Expr::UnaryOp { op: repeated, .. } if repeated == op => Expr::Nested(Box::new(inner)),
        other => other,
    };
    Ok(Expr::UnaryOp { op, expr: Box::new(operand) })
}

/// Reserved words are no aliases, except after `AS`.
fn may_be_alias(explicit: bool, keyword: &Keyword) -> bool {
    explicit || *keyword == Keyword::NoKeyword || !is_reserved(&format!("{keyword:?}").to_ascii_lowercase())
}

/// Whether a reserved word stands where an expression should. With a parenthesis behind it, most can be functions.
fn cannot_start(token: &Token, call: bool) -> bool {
    let Token::Word(Word { value, quote_style: None, .. }) = token else { return false };
    CLAUSE_WORDS.contains(&value.as_str()) || (!call && is_reserved(value) && !VALUE_WORDS.contains(&value.as_str()))
}

/// Words that never start an expression.
const CLAUSE_WORDS: &[&str] = &[
    "and",
    "as",
    "asc",
    "between",
    "create",
    "cross",
    "desc",
    "else",
    "end",
    "except",
    "for",
    "from",
    "full",
    "grant",
    "group",
    "having",
    "ilike",
    "in",
    "inner",
    "intersect",
    "into",
    "is",
    "join",
    "like",
    "limit",
    "minus",
    "natural",
    "offset",
    "on",
    "or",
    "order",
    "outer",
    "select",
    "similar",
    "then",
    "to",
    "union",
    "using",
    "when",
    "where",
];

/// Reserved words that do.
const VALUE_WORDS: &[&str] = &[
    "all",
    "any",
    "array",
    "binary",
    "case",
    "cast",
    "current_date",
    "current_time",
    "current_timestamp",
    "current_user",
    "current_user_id",
    "default",
    "distinct",
    "false",
    "interval",
    "localtime",
    "localtimestamp",
    "not",
    "null",
    "oid",
    "session_user",
    "some",
    "sysdate",
    "timestamp",
    "true",
    "user",
];

/// `APPROXIMATE COUNT(DISTINCT x)`: a function call with a word in front.
fn approximate(parser: &mut Parser) -> Result<Expr, ParserError> {
    let token = parser.next_token();
    let Token::Word(word) = token.token else { return parser.expected("APPROXIMATE", token) };
    let prefix = word.into_ident(token.span);
    Ok(Expr::Prefixed { prefix, value: Box::new(parser.parse_prefix()?) })
}

/// `ARRAY(a, b)` builds a SUPER array; PostgreSQL knows only `ARRAY(query)`.
fn array_function(parser: &mut Parser) -> Result<Expr, ParserError> {
    let name = parser.parse_object_name(false)?;
    parser.parse_function(name)
}

impl Dialect for RedshiftDialect {
    fn dialect(&self) -> TypeId {
        TypeId::of::<PostgreSqlDialect>()
    }

    fn parse_prefix(&self, parser: &mut Parser) -> Option<Result<Expr, ParserError>> {
        let Some(left) = self.starts_left.get().checked_sub(1) else {
            return Some(Err(ParserError::RecursionLimitExceeded));
        };
        self.starts_left.set(left);
        let [first, second, third] = parser.peek_tokens_ref();
        if cannot_start(&first.token, second.token == Token::LParen) {
            return Some(parser.expected_ref("an expression", first));
        }
        match &first.token {
            // A sign binds tighter than `^`, other prefix operators looser than `+`.
            Token::Minus => Some(unary(parser, UnaryOperator::Minus, CARET_PRECEDENCE)),
            Token::Plus => Some(unary(parser, UnaryOperator::Plus, CARET_PRECEDENCE)),
            Token::Tilde => Some(unary(parser, UnaryOperator::BitwiseNot, OPERATOR_PRECEDENCE)),
            Token::AtSign => Some(unary(parser, UnaryOperator::PGAbs, OPERATOR_PRECEDENCE)),
            Token::PGSquareRoot => Some(unary(parser, UnaryOperator::PGSquareRoot, OPERATOR_PRECEDENCE)),
            Token::PGCubeRoot => Some(unary(parser, UnaryOperator::PGCubeRoot, OPERATOR_PRECEDENCE)),
            token if is_word(token, "approximate") && matches!(second.token, Token::Word(_)) => {
                (third.token == Token::LParen).then(|| approximate(parser))
            }
            Token::Word(Word { keyword: Keyword::ARRAY, .. }) if second.token == Token::LParen => {
                let query = is_word(&third.token, "select") || is_word(&third.token, "with");
                (!query).then(|| array_function(parser))
            }
            _ => None,
        }
    }

    fn get_next_precedence(&self, parser: &Parser) -> Option<Result<u8, ParserError>> {
        let token = &parser.peek_token_ref().token;
        if is_word(token, "isnull") || is_word(token, "notnull") {
            return Some(Ok(self.prec_value(Precedence::Is)));
        }
        match token {
            // `DEFAULT 1 NOT NULL`: two column attributes, never an operator.
            Token::Word(Word { keyword: Keyword::NOT, .. }) if is_word(&parser.peek_nth_token_ref(1).token, "null") => {
                Some(Ok(self.prec_unknown()))
            }
            Token::Sharp | Token::Tilde | Token::ExclamationMarkTilde => Some(Ok(OPERATOR_PRECEDENCE)),
            // Not an operator of Redshift: let the caller complain.
            Token::Question | Token::ExclamationMark | Token::Assignment | Token::RArrow => {
                Some(Ok(self.prec_unknown()))
            }
            _ => PostgreSqlDialect {}.get_next_precedence(parser),
        }
    }

    fn parse_infix(&self, parser: &mut Parser, expr: &Expr, precedence: u8) -> Option<Result<Expr, ParserError>> {
        let token = &parser.peek_token_ref().token;
        if is_word(token, "isnull") {
            parser.advance_token();
            return Some(Ok(Expr::IsNull(Box::new(on_deep_stack(|| expr.clone())))));
        }
        if is_word(token, "notnull") {
            parser.advance_token();
            return Some(Ok(Expr::IsNotNull(Box::new(on_deep_stack(|| expr.clone())))));
        }
        let op = match token {
            Token::Word(Word { keyword: Keyword::OR, .. }) => BinaryOperator::Or,
            Token::Word(Word { keyword: Keyword::AND, .. }) => BinaryOperator::And,
            _ => return None,
        };
        let second = parser.peek_nth_token_ref(1);
        let quantified = ["any", "all", "some"].iter().any(|word| is_word(&second.token, word));
        (!quantified).then(|| parse_chain(parser, on_deep_stack(|| expr.clone()), &op, precedence))
    }

    fn prec_value(&self, precedence: Precedence) -> u8 {
        PostgreSqlDialect {}.prec_value(precedence)
    }

    fn identifier_quote_style(&self, _identifier: &str) -> Option<char> {
        Some('"')
    }

    fn is_identifier_start(&self, ch: char) -> bool {
        lexer::is_identifier_start(ch)
    }

    fn is_identifier_part(&self, ch: char) -> bool {
        lexer::is_identifier_part(ch)
    }

    fn is_reserved_for_identifier(&self, kw: Keyword) -> bool {
        // The page query-super iterates over a relation of this name.
        if kw == Keyword::ARRAY {
            return false;
        }
        PostgreSqlDialect {}.is_reserved_for_identifier(kw) || is_reserved(&format!("{kw:?}").to_ascii_lowercase())
    }

    fn supports_string_literal_backslash_escape(&self) -> bool {
        true
    }

    fn is_select_item_alias(&self, explicit: bool, kw: &Keyword, parser: &mut Parser) -> bool {
        may_be_alias(explicit, kw) && PostgreSqlDialect {}.is_select_item_alias(explicit, kw, parser)
    }

    fn is_table_factor_alias(&self, explicit: bool, kw: &Keyword, parser: &mut Parser) -> bool {
        may_be_alias(explicit, kw) && PostgreSqlDialect {}.is_table_factor_alias(explicit, kw, parser)
    }

    fn supports_filter_during_aggregation(&self) -> bool {
        true
    }

    fn supports_group_by_expr(&self) -> bool {
        true
    }

    fn supports_outer_join_operator(&self) -> bool {
        true
    }

    fn supports_connect_by(&self) -> bool {
        true
    }

    fn convert_type_before_value(&self) -> bool {
        true
    }

    fn supports_top_before_distinct(&self) -> bool {
        true
    }

    fn supports_partiql(&self) -> bool {
        true
    }

    fn supports_select_wildcard_exclude(&self) -> bool {
        true
    }

    fn supports_select_exclude(&self) -> bool {
        true
    }

    fn supports_window_function_null_treatment_arg(&self) -> bool {
        true
    }

    fn supports_bitwise_shift_operators(&self) -> bool {
        true
    }

    fn allow_extract_custom(&self) -> bool {
        true
    }

    fn allow_extract_single_quotes(&self) -> bool {
        true
    }

    fn supports_extract_comma_syntax(&self) -> bool {
        true
    }

    /// Read, so that the error about `int[]` can name the type.
    fn supports_array_typedef_with_brackets(&self) -> bool {
        true
    }

    fn supports_interval_options(&self) -> bool {
        true
    }

    fn supports_comma_separated_trim(&self) -> bool {
        true
    }

    fn supports_nested_comments(&self) -> bool {
        true
    }
}

/// `a OR b OR c …` (or `AND`) as a tree of logarithmic depth: generated filters can have thousands of terms.
fn parse_chain(parser: &mut Parser, first: Expr, op: &BinaryOperator, precedence: u8) -> Result<Expr, ParserError> {
    let keyword = if *op == BinaryOperator::And { Keyword::AND } else { Keyword::OR };
    let mut terms = vec![first];
    while parser.parse_keyword(keyword) {
        terms.push(parser.parse_subexpr(precedence)?);
    }
    while terms.len() > 1 {
        let mut pairs = terms.into_iter();
        let mut merged = Vec::new();
        while let Some(left) = pairs.next() {
            merged.push(match pairs.next() {
                Some(right) => Expr::BinaryOp { left: Box::new(left), op: op.clone(), right: Box::new(right) },
                None => left,
            });
        }
        terms = merged;
    }
    terms.pop().ok_or(ParserError::RecursionLimitExceeded)
}
