//! Text to tokens.
//!
//! `sqlparser`'s token type, but a lexer of our own: Redshift folds quoted identifiers, takes backslashes in `'…'` as
//! PostgreSQL 8 did, joins literals on following lines, and starts temporary tables with `#`, which is also the
//! exclusive-or operator. Blanks and comments leave no token. Everything here is a loop: no text makes it recurse.

mod quoted;
mod scanner;

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Location, Span, Token, TokenWithSpan};

use crate::{ParseError, ParserOptions};
pub(crate) use scanner::Scanner;

/// Tokens of one statement and where each stands in its text.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// The tokens, without blanks, comments or end marker.
    pub tokens: Vec<TokenWithSpan>,
    /// Byte range of each token.
    pub ranges: Vec<(usize, usize)>,
}

/// Splits a statement's text into tokens.
pub fn tokenize(text: &str, options: ParserOptions) -> Result<Tokens, ParseError> {
    let out = Tokens { tokens: vec![], ranges: vec![] };
    let mut lexer = Lexer { scanner: Scanner::new(text), options, out, attribute: None };
    let mut lines = LineCounter { text, offset: 0, line: 1, column: 1 };
    loop {
        lexer.scanner.skip_blanks()?;
        if lexer.scanner.at_end() {
            return Ok(lexer.out);
        }
        let start = lexer.scanner.offset();
        let token = lexer.token()?;
        let end = lexer.scanner.offset();
        let span = Span { start: lines.advance(start), end: lines.advance(end) };
        lexer.push(token, span, start, end);
    }
}

/// Turns growing byte offsets into lines and columns.
struct LineCounter<'a> {
    text: &'a str,
    offset: usize,
    line: u64,
    column: u64,
}

impl LineCounter<'_> {
    fn advance(&mut self, offset: usize) -> Location {
        for c in self.text[self.offset..offset].chars() {
            if c == '\n' {
                self.line += 1;
                self.column = 1;
            } else {
                self.column += 1;
            }
        }
        self.offset = offset;
        Location { line: self.line, column: self.column }
    }
}

struct Lexer<'a> {
    scanner: Scanner<'a>,
    options: ParserOptions,
    out: Tokens,
    /// The place of the last word that can only be an attribute.
    attribute: Option<usize>,
}

/// Operators, longest first where one starts with another.
const OPERATORS: &[(&str, Token)] = &[
    ("||/", Token::PGCubeRoot),
    ("||", Token::StringConcat),
    ("|/", Token::PGSquareRoot),
    ("|", Token::Pipe),
    ("!~~*", Token::ExclamationMarkDoubleTildeAsterisk),
    ("!~~", Token::ExclamationMarkDoubleTilde),
    ("!~*", Token::ExclamationMarkTildeAsterisk),
    ("!~", Token::ExclamationMarkTilde),
    ("!=", Token::Neq),
    ("!", Token::ExclamationMark),
    ("~~*", Token::DoubleTildeAsterisk),
    ("~~", Token::DoubleTilde),
    ("~*", Token::TildeAsterisk),
    ("~", Token::Tilde),
    ("<>", Token::Neq),
    ("<=", Token::LtEq),
    ("<<", Token::ShiftLeft),
    ("<", Token::Lt),
    (">=", Token::GtEq),
    (">>", Token::ShiftRight),
    (">", Token::Gt),
    ("=>", Token::RArrow),
    ("=", Token::Eq),
    ("::", Token::DoubleColon),
    (":=", Token::Assignment),
    (":", Token::Colon),
    ("+", Token::Plus),
    ("-", Token::Minus),
    ("*", Token::Mul),
    ("/", Token::Div),
    ("%", Token::Mod),
    ("^", Token::Caret),
    ("&", Token::Ampersand),
    ("@", Token::AtSign),
    ("(", Token::LParen),
    (")", Token::RParen),
    ("[", Token::LBracket),
    ("]", Token::RBracket),
    ("{", Token::LBrace),
    ("}", Token::RBrace),
    (",", Token::Comma),
    (";", Token::SemiColon),
    (".", Token::Period),
    ("?", Token::Question),
];

impl Lexer<'_> {
    /// The token at the scanner's place, which is neither blank nor the end.
    fn token(&mut self) -> Result<Token, ParseError> {
        let start = self.scanner.offset();
        let Some(c) = self.scanner.peek() else { return Ok(Token::EOF) };
        match c {
            '\'' => Ok(Token::SingleQuotedString(self.scanner.string_literal(start)?)),
            '"' => self.quoted_identifier(start),
            '$' => self.dollar(start),
            '#' => Ok(self.sharp()),
            '0'..='9' => Ok(Token::Number(self.scanner.number().to_string(), false)),
            '.' if self.scanner.peek_nth(1).is_some_and(|next| next.is_ascii_digit()) => {
                Ok(Token::Number(self.scanner.number().to_string(), false))
            }
            c if is_identifier_start(c) => self.word(start),
            _ => self.operator(start, c),
        }
    }

    fn word(&mut self, start: usize) -> Result<Token, ParseError> {
        let word = self.scanner.word();
        if self.scanner.peek() == Some('\'') {
            match word {
                "e" | "E" | "n" | "N" => {
                    return Ok(Token::SingleQuotedString(self.scanner.string_literal(start)?));
                }
                "x" | "X" => return Ok(Token::HexStringLiteral(self.scanner.string_literal(start)?)),
                _ => {}
            }
        }
        if self.at_attribute() {
            return Ok(Token::make_word(&cut(word), None));
        }
        Ok(Token::make_word(&cut(&word.to_ascii_lowercase()), None))
    }

    /// Whether the word that was just read is an attribute (`…].word`, `…].word.word`) that keeps its case.
    fn at_attribute(&mut self) -> bool {
        let count = self.out.tokens.len();
        let token = |back: usize| count.checked_sub(back).map(|at| &self.out.tokens[at].token);
        let follows = token(1) == Some(&Token::Period)
            && (token(2) == Some(&Token::RBracket) || (count >= 2 && self.attribute == Some(count - 2)));
        if follows {
            self.attribute = Some(count);
        }
        follows && self.options.case_sensitive_attributes
    }

    fn quoted_identifier(&mut self, start: usize) -> Result<Token, ParseError> {
        let mut name = self.scanner.quoted_identifier(start)?;
        if !self.at_attribute() && !self.options.case_sensitive_identifiers {
            name.make_ascii_lowercase();
        }
        Ok(Token::make_word(&cut(&name), Some('"')))
    }

    /// `$1`, `$$text$$` or `$tag$text$tag$`.
    fn dollar(&mut self, start: usize) -> Result<Token, ParseError> {
        if self.scanner.peek_nth(1).is_some_and(|c| c.is_ascii_digit()) {
            return Ok(Token::Placeholder(self.scanner.parameter().to_string()));
        }
        match self.scanner.dollar_quoted(start)? {
            Some(body) => Ok(Token::SingleQuotedString(body.to_string())),
            None => Err(self.scanner.error_near(start, start + 1)),
        }
    }

    /// `#` starts a temporary table's name, unless it follows an operand: then it is exclusive-or.
    fn sharp(&mut self) -> Token {
        let follows_operand = match self.out.tokens.last().map(|last| &last.token) {
            Some(Token::Word(word)) => word.keyword == Keyword::NoKeyword,
            Some(Token::Number(..) | Token::SingleQuotedString(_) | Token::RParen | Token::RBracket) => true,
            Some(Token::Placeholder(_)) => true,
            _ => false,
        };
        let starts_name = self.scanner.peek_nth(1).is_some_and(is_identifier_start);
        self.scanner.bump();
        if follows_operand || !starts_name {
            return Token::Sharp;
        }
        let name = format!("#{}", self.scanner.word().to_ascii_lowercase());
        Token::make_word(&cut(&name), None)
    }

    fn operator(&mut self, start: usize, c: char) -> Result<Token, ParseError> {
        let rest = self.scanner.rest();
        let Some((text, token)) = OPERATORS.iter().find(|(text, _)| rest.starts_with(text)) else {
            return Err(self.scanner.error_near(start, start + c.len_utf8()));
        };
        self.scanner.advance(text.len());
        Ok(token.clone())
    }

    fn push(&mut self, token: Token, span: Span, start: usize, end: usize) {
        self.out.tokens.push(TokenWithSpan { token, span });
        self.out.ranges.push((start, end));
    }
}

/// Whether an unquoted identifier can start with `c`.
pub(crate) fn is_identifier_start(c: char) -> bool {
    c == '_' || c.is_ascii_alphabetic() || !c.is_ascii()
}

/// Whether an unquoted identifier can contain `c`.
pub(crate) fn is_identifier_part(c: char) -> bool {
    is_identifier_start(c) || c == '$' || c.is_ascii_digit()
}

/// Cuts an identifier that is too long, as Redshift does.
fn cut(name: &str) -> String {
    if name.len() <= crate::limits::IDENTIFIER_BYTES_MAX {
        return name.to_string();
    }
    let mut end = crate::limits::IDENTIFIER_BYTES_MAX;
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name[..end].to_string()
}

#[cfg(test)]
mod tests;
