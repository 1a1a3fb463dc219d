//! Parentheses that Redshift does not demand and `sqlparser` does, put in before parsing.
//!
//! - `FROM t, UNPIVOT t.object AS value AT name` (object unpivoting of SUPER values): `sqlparser` has no such table
//!   factor. It becomes a call, `unpivot(t.object) AS value AT name`, which the engine knows by its name.
//! - `SELECT * EXCLUDE a, b FROM t`: without parentheses `sqlparser` would exclude `a` and select `b`.
//!
//! - `OBJECT_TRANSFORM(input KEEP path, … SET path, value, …)` becomes a call with commas only, in which the number of
//!   paths to keep follows the input: `object_transform(input, 1, path, path, value)`.
//!
//! And two more spellings: `BINARY VARYING` becomes `VARBINARY`, and `TRIM(BOTH FROM text)` goes without its `FROM`.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan, Word};

use super::is_reserved;
use crate::lexer::Tokens;

/// Puts the parentheses in.
pub(super) fn rewrite(tokens: &mut Tokens) {
    varbinary(tokens);
    trim_from(tokens);
    object_transform(tokens);
    let mut found = Vec::new();
    for (at, token) in tokens.tokens.iter().enumerate() {
        let Token::Word(Word { value, quote_style: None, .. }) = &token.token else { continue };
        match value.as_str() {
            "unpivot" => found.extend(unpivot_expression(&tokens.tokens, at)),
            "exclude" => found.extend(exclude_list(&tokens.tokens, at)),
            _ => {}
        }
    }
    if !found.is_empty() {
        insert_parentheses(tokens, &found);
    }
}

/// `BINARY VARYING` (reserved: always a type) as the one word that `sqlparser` knows.
fn varbinary(tokens: &mut Tokens) {
    let word = |tokens: &Tokens, at: usize, text: &str| matches!(tokens.tokens.get(at).map(|token| &token.token), Some(Token::Word(word)) if word.value == text && word.quote_style.is_none());
    let mut at = 0;
    while at + 1 < tokens.tokens.len() {
        if word(tokens, at, "binary") && word(tokens, at + 1, "varying") {
            tokens.tokens[at].token = Token::make_word("varbinary", None);
            tokens.tokens.remove(at + 1);
            tokens.ranges[at].1 = tokens.ranges.remove(at + 1).1;
        }
        at += 1;
    }
}

/// `TRIM([BOTH | LEADING | TRAILING] FROM text)`, which names no characters, as `TRIM([…] text)`.
fn trim_from(tokens: &mut Tokens) {
    let is = |tokens: &Tokens, at: usize, words: &[&str]| matches!(tokens.tokens.get(at).map(|token| &token.token), Some(Token::Word(word)) if word.quote_style.is_none() && words.contains(&word.value.as_str()));
    let mut at = 0;
    while at + 2 < tokens.tokens.len() {
        if is(tokens, at, &["trim"]) && tokens.tokens[at + 1].token == Token::LParen {
            let side = usize::from(is(tokens, at + 2, &["both", "leading", "trailing"]));
            if is(tokens, at + 2 + side, &["from"]) {
                tokens.tokens.remove(at + 2 + side);
                tokens.ranges.remove(at + 2 + side);
            }
        }
        at += 1;
    }
}

/// `KEEP` and `SET` of OBJECT_TRANSFORM as commas.
fn object_transform(tokens: &mut Tokens) {
    let is_word = |token: &Token, text: &str| matches!(token, Token::Word(Word { value, quote_style: None, .. }) if value == text);
    let mut at = 0;
    while at + 1 < tokens.tokens.len() {
        let starts =
            is_word(&tokens.tokens[at].token, "object_transform") && tokens.tokens[at + 1].token == Token::LParen;
        at += 1;
        if !starts {
            continue;
        }
        let Some(call) = TransformCall::at(tokens, at) else { continue };
        // From the back, so that places stay what they are.
        match (call.keep, call.set) {
            (Some(keep), set) => {
                if let Some(set) = set {
                    replace(tokens, set, &[Token::Comma]);
                }
                let count = Token::Number(call.kept.to_string(), false);
                replace(tokens, keep, &[Token::Comma, count, Token::Comma]);
            }
            (None, Some(set)) => {
                replace(tokens, set, &[Token::Comma, Token::Number("0".to_owned(), false), Token::Comma]);
            }
            (None, None) if call.commas == 0 => {
                let end = tokens.tokens[call.end].token.clone();
                replace(tokens, call.end, &[Token::Comma, Token::Number("0".to_owned(), false), end]);
            }
            (None, None) => {}
        }
    }
}

/// The places of the words in a call of OBJECT_TRANSFORM.
struct TransformCall {
    keep: Option<usize>,
    set: Option<usize>,
    /// How many paths follow KEEP.
    kept: usize,
    commas: usize,
    /// The closing parenthesis.
    end: usize,
}

impl TransformCall {
    /// The call whose opening parenthesis is at `open`.
    fn at(tokens: &Tokens, open: usize) -> Option<Self> {
        let mut call = TransformCall { keep: None, set: None, kept: 0, commas: 0, end: open };
        let mut depth = 0usize;
        for (at, token) in tokens.tokens.iter().enumerate().skip(open) {
            match &token.token {
                Token::LParen | Token::LBracket => depth += 1,
                Token::RParen if depth == 1 => {
                    call.end = at;
                    return Some(call);
                }
                Token::RParen | Token::RBracket => depth = depth.checked_sub(1)?,
                Token::Comma if depth == 1 => {
                    call.commas += 1;
                    call.kept += usize::from(call.keep.is_some() && call.set.is_none());
                }
                Token::Word(Word { value, quote_style: None, .. }) if depth == 1 && ends_operand(tokens, at) => {
                    if value == "keep" && call.keep.is_none() && call.set.is_none() {
                        call.keep = Some(at);
                        call.kept = 1;
                    } else if value == "set" && call.set.is_none() {
                        call.set = Some(at);
                    }
                }
                _ => {}
            }
        }
        None
    }
}

/// Whether what stands before `at` ends an expression.
fn ends_operand(tokens: &Tokens, at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| tokens.tokens.get(before));
    before.is_some_and(|token| !matches!(token.token, Token::LParen | Token::Comma | Token::Period))
}

/// Puts other tokens in the place of one.
fn replace(tokens: &mut Tokens, at: usize, with: &[Token]) {
    let (span, range) = (tokens.tokens[at].span, tokens.ranges[at]);
    let with = with.iter().map(|token| TokenWithSpan { token: token.clone(), span });
    let count = with.len();
    tokens.tokens.splice(at..=at, with);
    tokens.ranges.splice(at..=at, std::iter::repeat_n(range, count));
}

/// Inserts `(` before and `)` after each range; the ranges are in order and apart.
fn insert_parentheses(tokens: &mut Tokens, found: &[(usize, usize)]) {
    let old = std::mem::replace(tokens, Tokens { tokens: Vec::new(), ranges: Vec::new() });
    let mut found = found.iter().peekable();
    let count = old.tokens.len();
    for (at, (token, range)) in old.tokens.into_iter().zip(old.ranges).enumerate() {
        let (span, last) = (token.span, range);
        let push = |tokens: &mut Tokens, token| {
            tokens.tokens.push(TokenWithSpan { token, span });
            tokens.ranges.push(last);
        };
        if found.peek().is_some_and(|(_, end)| *end == at) {
            push(tokens, Token::RParen);
            found.next();
        }
        if found.peek().is_some_and(|(start, _)| *start == at) {
            push(tokens, Token::LParen);
        }
        push(tokens, token.token);
        if at + 1 == count && found.peek().is_some_and(|(_, end)| *end == count) {
            push(tokens, Token::RParen);
        }
    }
}

/// The path or call after an object unpivot's `UNPIVOT` at `at`: its first token and the token after it.
fn unpivot_expression(tokens: &[TokenWithSpan], at: usize) -> Option<(usize, usize)> {
    let begins_factor = match &tokens.get(at.checked_sub(1)?)?.token {
        Token::Comma => true,
        Token::Word(Word { keyword, quote_style: None, .. }) => matches!(keyword, Keyword::FROM | Keyword::JOIN),
        _ => false,
    };
    if !begins_factor || !matches!(tokens.get(at + 1)?.token, Token::Word(_)) {
        return None;
    }
    let mut depth = 0usize;
    let mut after_point = false;
    for (end, token) in tokens.iter().enumerate().skip(at + 2) {
        match &token.token {
            Token::LParen | Token::LBracket => depth += 1,
            Token::RParen | Token::RBracket if depth > 0 => depth -= 1,
            Token::Period if depth == 0 => {
                after_point = true;
                continue;
            }
            Token::Word(_) if after_point => {}
            _ if depth == 0 => return Some((at + 1, end)),
            _ => {}
        }
        after_point = false;
    }
    (depth == 0).then_some((at + 1, tokens.len()))
}

/// The names after an `EXCLUDE` at `at`, when they are two or more and end the select list.
fn exclude_list(tokens: &[TokenWithSpan], at: usize) -> Option<(usize, usize)> {
    let ends_item = match &tokens.get(at.checked_sub(1)?)?.token {
        Token::Mul | Token::RParen | Token::RBracket | Token::Number(..) | Token::SingleQuotedString(_) => true,
        Token::Word(word) => is_name(word),
        _ => false,
    };
    let is_name_at =
        |at: usize| matches!(tokens.get(at).map(|token| &token.token), Some(Token::Word(word)) if is_name(word));
    if !ends_item || !is_name_at(at + 1) {
        return None;
    }
    let mut end = at + 2;
    while tokens.get(end).is_some_and(|token| token.token == Token::Comma) && is_name_at(end + 1) {
        end += 2;
    }
    let ends_list = match tokens.get(end).map(|token| &token.token) {
        None | Some(Token::RParen | Token::SemiColon) => true,
        Some(Token::Word(word)) => !is_name(word),
        Some(_) => false,
    };
    (ends_list && end > at + 2).then_some((at + 1, end))
}

fn is_name(word: &Word) -> bool {
    word.quote_style.is_some() || !is_reserved(&word.value)
}
