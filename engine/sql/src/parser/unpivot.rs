//! `FROM t, UNPIVOT t.object AS value AT name` (object unpivoting of SUPER values).
//!
//! `sqlparser` has no such table factor. The tokens `unpivot expression` become those of a call,
//! `unpivot(expression) AS value AT name`: a table function with an `AT` alias, which the engine knows by its name.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan, Word};

use crate::lexer::Tokens;

fn keyword(token: Option<&TokenWithSpan>) -> Option<Keyword> {
    match token.map(|token| &token.token) {
        Some(Token::Word(Word { keyword, quote_style: None, .. })) => Some(*keyword),
        _ => None,
    }
}

/// Puts parentheses around the expressions of all object unpivots.
pub(crate) fn rewrite(tokens: &mut Tokens) {
    let found: Vec<(usize, usize)> =
        (1..tokens.tokens.len()).filter_map(|at| expression_of(&tokens.tokens, at)).collect();
    for (start, end) in found.into_iter().rev() {
        insert(tokens, end, Token::RParen);
        insert(tokens, start, Token::LParen);
    }
}

fn insert(tokens: &mut Tokens, at: usize, token: Token) {
    let (Some(next), Some(&range)) = (tokens.tokens.get(at), tokens.ranges.get(at)) else { return };
    let span = next.span;
    tokens.tokens.insert(at, TokenWithSpan { token, span });
    tokens.ranges.insert(at, range);
}

/// First token and token after the expression, when `at` is an object unpivot.
fn expression_of(tokens: &[TokenWithSpan], at: usize) -> Option<(usize, usize)> {
    if keyword(tokens.get(at)) != Some(Keyword::UNPIVOT) {
        return None;
    }
    let before = tokens.get(at - 1)?;
    let begins_factor =
        before.token == Token::Comma || matches!(keyword(Some(before)), Some(Keyword::FROM | Keyword::JOIN));
    let first = tokens.get(at + 1)?;
    if !begins_factor || first.token == Token::LParen {
        return None;
    }
    let mut depth = 0usize;
    for (end, token) in tokens.iter().enumerate().skip(at + 1) {
        match &token.token {
            Token::LParen | Token::LBracket => depth += 1,
            Token::RParen | Token::RBracket => depth = depth.checked_sub(1)?,
            Token::Comma if depth == 0 => return None,
            Token::Word(word) if depth == 0 && word.keyword == Keyword::AS => return Some((at + 1, end)),
            _ => {}
        }
    }
    None
}
