//! The parser's hands: peeking, taking and demanding tokens, and `sqlparser` for everything that is not ours.

use sqlparser::ast::{DataType, Expr, Ident, Query, Visit, VisitMut};
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, TokenWithSpan, Word};

use super::reserved::is_reserved;
use crate::ast::{DropBehavior, ObjectName};
use crate::{ParseError, ParserOptions};

/// Result of every grammar rule.
pub(crate) type Parsed<T> = Result<T, ParseError>;

/// Where each token stands: its bytes, and the line and column of its start.
pub(crate) struct Places {
    pub(crate) ranges: Vec<(usize, usize)>,
    pub(crate) starts: Vec<(u64, u64)>,
}

/// A walk over one statement's tokens.
pub(crate) struct Grammar<'a> {
    /// `sqlparser` over the same tokens; it holds the place we are at.
    pub(crate) sql: Parser<'a>,
    text: &'a str,
    ranges: Vec<(usize, usize)>,
    starts: Vec<(u64, u64)>,
    /// Nested statements (`EXPLAIN EXPLAIN …`) left.
    pub(crate) statements_left: usize,
    /// Of the `>>` token ahead, the first `>` has been taken.
    pub(crate) half_bracket_taken: bool,
    /// How the text was read, for texts within the text.
    pub(crate) options: ParserOptions,
}

impl<'a> Grammar<'a> {
    pub(crate) fn new(sql: Parser<'a>, text: &'a str, places: Places, options: ParserOptions) -> Self {
        let Places { ranges, starts } = places;
        let statements_left = STATEMENT_NESTING_MAX;
        Grammar { sql, text, ranges, starts, statements_left, half_bracket_taken: false, options }
    }

    // --- looking

    pub(crate) fn token(&self) -> &Token {
        &self.sql.peek_token_ref().token
    }

    pub(crate) fn token_after(&self, n: usize) -> &Token {
        &self.sql.peek_nth_token_ref(n).token
    }

    /// The unquoted word `n` tokens ahead; words are lower case already.
    pub(crate) fn word_after(&self, n: usize) -> Option<&str> {
        match self.token_after(n) {
            Token::Word(Word { value, quote_style: None, .. }) => Some(value),
            _ => None,
        }
    }

    pub(crate) fn word(&self) -> Option<&str> {
        self.word_after(0)
    }

    pub(crate) fn is(&self, word: &str) -> bool {
        self.word() == Some(word)
    }

    /// Whether the next tokens are these words.
    pub(crate) fn are(&self, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(n, word)| self.word_after(n) == Some(*word))
    }

    pub(crate) fn at_end(&self) -> bool {
        *self.token() == Token::EOF
    }

    pub(crate) fn is_string(&self) -> bool {
        matches!(self.token(), Token::SingleQuotedString(_))
    }

    // --- taking

    pub(crate) fn advance(&mut self) {
        if !self.at_end() {
            self.sql.advance_token();
        }
    }

    pub(crate) fn eat(&mut self, word: &str) -> bool {
        let found = self.is(word);
        if found {
            self.advance();
        }
        found
    }

    /// Takes the words when all of them come next.
    pub(crate) fn eat_all(&mut self, words: &[&str]) -> bool {
        let found = self.are(words);
        if found {
            words.iter().for_each(|_| self.advance());
        }
        found
    }

    /// Takes the first of `words` that comes next, and returns it.
    pub(crate) fn eat_one_of(&mut self, words: &[&'static str]) -> Option<&'static str> {
        words.iter().copied().find(|word| self.eat(word))
    }

    pub(crate) fn eat_token(&mut self, token: &Token) -> bool {
        let found = self.token() == token;
        if found {
            self.advance();
        }
        found
    }

    pub(crate) fn expect(&mut self, word: &str) -> Parsed<()> {
        if self.eat(word) { Ok(()) } else { Err(self.unexpected()) }
    }

    pub(crate) fn expect_all(&mut self, words: &[&str]) -> Parsed<()> {
        words.iter().try_for_each(|word| self.expect(word))
    }

    pub(crate) fn expect_token(&mut self, token: &Token) -> Parsed<()> {
        if self.eat_token(token) { Ok(()) } else { Err(self.unexpected()) }
    }

    pub(crate) fn expect_end(&mut self) -> Parsed<()> {
        if self.at_end() { Ok(()) } else { Err(self.unexpected()) }
    }

    // --- common pieces

    /// Any name; Redshift's reserved words must be quoted.
    pub(crate) fn ident(&mut self) -> Parsed<Ident> {
        match self.token() {
            Token::Word(word) if word.quote_style.is_some() || !is_reserved(&word.value) => self.any_ident(),
            _ => Err(self.unexpected()),
        }
    }

    /// Any word as a name, reserved or not.
    pub(crate) fn any_ident(&mut self) -> Parsed<Ident> {
        let TokenWithSpan { token, span } = self.sql.peek_token();
        let Token::Word(word) = token else { return Err(self.unexpected()) };
        self.advance();
        Ok(word.into_ident(span))
    }

    /// `name`, `schema.name` or `database.schema.name`. After a point any word is a name.
    pub(crate) fn object_name(&mut self) -> Parsed<ObjectName> {
        let mut parts = vec![self.ident()?];
        while self.eat_token(&Token::Period) {
            parts.push(self.any_ident()?);
        }
        Ok(ObjectName(parts))
    }

    pub(crate) fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.eat_token(&Token::Comma) {
            items.push(item(self)?);
        }
        Ok(items)
    }

    pub(crate) fn parenthesized<T>(&mut self, item: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.expect_token(&Token::LParen)?;
        let value = item(self)?;
        self.expect_token(&Token::RParen)?;
        Ok(value)
    }

    /// `(a, b)`.
    pub(crate) fn paren_idents(&mut self) -> Parsed<Vec<Ident>> {
        self.parenthesized(|g| g.list(Self::any_ident))
    }

    /// `(a, b)` or nothing.
    pub(crate) fn optional_paren_idents(&mut self) -> Parsed<Vec<Ident>> {
        if *self.token() == Token::LParen { self.paren_idents() } else { Ok(Vec::new()) }
    }

    pub(crate) fn object_names(&mut self) -> Parsed<Vec<ObjectName>> {
        self.list(Self::object_name)
    }

    pub(crate) fn string(&mut self) -> Parsed<String> {
        let Token::SingleQuotedString(text) = self.token() else { return Err(self.unexpected()) };
        let text = text.clone();
        self.advance();
        Ok(text)
    }

    /// A string literal, or a bare word or number in its place (option values are often written so).
    pub(crate) fn string_or_word(&mut self) -> Parsed<String> {
        let text = match self.token() {
            Token::SingleQuotedString(text) | Token::Number(text, _) => text.clone(),
            Token::Word(word) => word.value.clone(),
            _ => return Err(self.unexpected()),
        };
        self.advance();
        Ok(text)
    }

    pub(crate) fn unsigned(&mut self) -> Parsed<u64> {
        let Token::Number(digits, _) = self.token() else { return Err(self.unexpected()) };
        let Ok(value) = digits.parse() else { return Err(self.unexpected()) };
        self.advance();
        Ok(value)
    }

    pub(crate) fn signed(&mut self) -> Parsed<i64> {
        let negative = self.eat_token(&Token::Minus);
        if !negative {
            self.eat_token(&Token::Plus);
        }
        let Token::Number(digits, _) = self.token() else { return Err(self.unexpected()) };
        let signed = if negative { format!("-{digits}") } else { digits.clone() };
        let Ok(value) = signed.parse() else { return Err(self.unexpected()) };
        self.advance();
        Ok(value)
    }

    /// `ON`/`OFF`, `YES`/`NO`, `TRUE`/`FALSE`.
    pub(crate) fn switch(&mut self) -> Parsed<bool> {
        match self.eat_one_of(&["on", "yes", "true", "off", "no", "false"]) {
            Some(word) => Ok(matches!(word, "on" | "yes" | "true")),
            None => Err(self.unexpected()),
        }
    }

    pub(crate) fn if_exists(&mut self) -> bool {
        self.eat_all(&["if", "exists"])
    }

    pub(crate) fn if_not_exists(&mut self) -> bool {
        self.eat_all(&["if", "not", "exists"])
    }

    pub(crate) fn drop_behavior(&mut self) -> Option<DropBehavior> {
        match self.eat_one_of(&["cascade", "restrict"])? {
            "cascade" => Some(DropBehavior::Cascade),
            _ => Some(DropBehavior::Restrict),
        }
    }

    /// All remaining tokens as written, with the blanks between them normalised.
    pub(crate) fn rest(&mut self) -> String {
        let mut words: Vec<&str> = Vec::new();
        let mut last = None;
        while !self.at_end() {
            let range = self.range();
            // Parentheses put in by `token_rewrite` repeat their neighbour's place.
            if last != Some(range) {
                words.push(self.text.get(range.0..range.1).unwrap_or(""));
            }
            last = Some(range);
            self.sql.advance_token();
        }
        words.join(" ")
    }

    // --- sqlparser's part

    pub(crate) fn expr(&mut self) -> Parsed<Expr> {
        self.checked(Parser::parse_expr)
    }

    pub(crate) fn query(&mut self) -> Parsed<Box<Query>> {
        self.checked(Parser::parse_query)
    }

    pub(crate) fn data_type(&mut self) -> Parsed<DataType> {
        self.sqlparser(Parser::parse_data_type)
    }

    /// Runs a rule of `sqlparser`, and refuses what is not Redshift's.
    pub(crate) fn checked<T: Visit + VisitMut>(
        &mut self,
        rule: impl FnOnce(&mut Parser<'a>) -> Result<T, ParserError>,
    ) -> Parsed<T> {
        let mut node = self.sqlparser(rule)?;
        super::query::check(self, &node)?;
        super::query::normalize(&mut node);
        Ok(node)
    }

    /// Runs a rule of `sqlparser`.
    pub(crate) fn sqlparser<T>(&mut self, rule: impl FnOnce(&mut Parser<'a>) -> Result<T, ParserError>) -> Parsed<T> {
        rule(&mut self.sql).map_err(|error| self.convert(error))
    }

    /// Whether a query starts here, behind any number of parentheses.
    pub(crate) fn starts_query(&self) -> bool {
        let mut n = 0;
        while *self.token_after(n) == Token::LParen {
            n += 1;
        }
        matches!(self.word_after(n), Some("select" | "with")) || (n == 0 && self.is("values"))
    }

    // --- errors

    /// `syntax error` at the next token.
    pub(crate) fn unexpected(&self) -> ParseError {
        self.unexpected_at(self.sql.index())
    }

    /// An error with another message at the next token.
    pub(crate) fn error(&self, message: impl Into<String>) -> ParseError {
        ParseError::at(self.text, self.range().0, message)
    }

    /// `syntax error` at the token just taken.
    pub(crate) fn unexpected_last(&self) -> ParseError {
        self.unexpected_at(self.sql.index().saturating_sub(1))
    }

    /// The place of the next token, for [`Grammar::nested`].
    pub(crate) fn place(&self) -> usize {
        self.sql.index()
    }

    /// An error of a text within the text, reported at the token that holds it.
    pub(crate) fn nested(&self, place: usize, error: &ParseError) -> ParseError {
        let offset = self.ranges.get(place).map_or(self.text.len(), |range| range.0);
        let outer = ParseError::at(self.text, offset, error.message.clone());
        if error.limit { outer.into_limit() } else { outer }
    }

    fn unexpected_at(&self, token: usize) -> ParseError {
        match self.ranges.get(token) {
            Some(&(start, end)) => {
                let near = self.text.get(start..end).unwrap_or("");
                ParseError::at(self.text, start, format!("syntax error at or near \"{near}\""))
            }
            None => ParseError::at(self.text, self.text.len(), "syntax error at end of input"),
        }
    }

    fn range(&self) -> (usize, usize) {
        self.ranges.get(self.sql.index()).copied().unwrap_or((self.text.len(), self.text.len()))
    }

    /// `sqlparser`'s error in PostgreSQL's words. Its message ends with the place of the token it did not expect.
    fn convert(&self, error: ParserError) -> ParseError {
        let message = match error {
            ParserError::RecursionLimitExceeded => {
                return self.error("stack depth limit exceeded: the statement is nested too deeply").into_limit();
            }
            ParserError::ParserError(message) | ParserError::TokenizerError(message) => message,
        };
        if message.ends_with("found: EOF") {
            return self.unexpected_at(self.ranges.len());
        }
        match location(&message).map(|place| self.starts.binary_search(&place)) {
            Some(Ok(token)) => self.unexpected_at(token),
            _ => self.unexpected(),
        }
    }
}

/// How deep statements may contain each other.
const STATEMENT_NESTING_MAX: usize = 16;

/// The line and column at the end of one of `sqlparser`'s messages.
fn location(message: &str) -> Option<(u64, u64)> {
    let (_, place) = message.rsplit_once("at Line: ")?;
    let (line, column) = place.split_once(", Column: ")?;
    Some((line.trim().parse().ok()?, column.trim().parse().ok()?))
}
