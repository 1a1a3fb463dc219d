//! Named limits of the parser, and the check of a statement's tokens against them.
//!
//! A tree as deep as its text is long would overflow the stack of whoever walks, clones or drops it, so depth is
//! bounded before a tree is built. `AND` and `OR` chains do not count: they become balanced trees. Parsing, printing,
//! comparing and dropping an accepted tree are safe on 2 MB of stack; `sqlparser`'s `Clone` is not, it wants up to
//! 5 MB in a debug build: clone on a thread with at least 8 MB, or in [`on_deep_stack`].

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, Word};

use crate::lexer::Tokens;

/// Longest statement in bytes (Redshift: 16 MB).
pub const STATEMENT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Deepest nesting of parentheses and brackets.
pub const NESTING_MAX: usize = 128;

/// Deepest tree, in kilobytes of stack that cloning it takes in a debug build (measured: see the weights).
pub const DEPTH_MAX: usize = 4_600;

/// Weight of one operator in a chain (`a + b + c …`). Measured 1.1; the rest is for those who plan the expression.
const OPERATOR_WEIGHT: usize = 4;
/// Weight of one pair of parentheses, as of a function call.
const PARENTHESES_WEIGHT: usize = 5;
/// Weight of one `SELECT`.
const SELECT_WEIGHT: usize = 22;
/// Weight of one `UNION`, `EXCEPT`, `INTERSECT`, `MINUS`.
const SET_OPERATOR_WEIGHT: usize = 18;
/// Weight of one open `CASE`.
const CASE_WEIGHT: usize = 4;

/// Longest identifier in bytes; longer ones are cut, as Redshift does.
pub const IDENTIFIER_BYTES_MAX: usize = 127;

/// Deepest nesting of `((SELECT`, over which `sqlparser` backtracks exponentially.
const DOUBLE_PARENTHESES_MAX: usize = 10;

/// Most operators in a row (`- - - a`): each is a pair of parentheses when it is printed.
const OPERATORS_IN_A_ROW_MAX: usize = 64;

/// Runs `work` with room for a tree of any accepted depth.
pub fn on_deep_stack<T>(work: impl FnOnce() -> T) -> T {
    const KB: usize = 1024;
    stacker::maybe_grow(2 * DEPTH_MAX * KB, 4 * DEPTH_MAX * KB, work)
}

/// One open parenthesis.
#[derive(Default)]
struct Level {
    /// Operators since the last separator.
    chain: usize,
    /// Deepest tree seen before, within this parenthesis.
    deepest: usize,
    /// Deepest closed child of the current operand chain.
    child: usize,
    /// The next `AND` belongs to `BETWEEN`.
    between: bool,
    /// Set operators of this level.
    set_operators: usize,
    /// `CASE`s that are still open.
    cases: usize,
    /// A `SELECT` has been seen.
    select: bool,
    /// This parenthesis is the inner one of `((SELECT`.
    double: bool,
}

impl Level {
    fn depth(&self) -> usize {
        let select = if self.select { SELECT_WEIGHT } else { 0 };
        self.operands() + self.set_operators * SET_OPERATOR_WEIGHT + self.cases * CASE_WEIGHT + select
    }

    fn operands(&self) -> usize {
        self.deepest.max(self.chain * OPERATOR_WEIGHT + self.child)
    }

    fn end_chain(&mut self) {
        self.deepest = self.operands();
        self.chain = 0;
        self.child = 0;
        self.between = false;
    }
}

/// The first token beyond a limit and the limit's name.
pub(crate) fn check(tokens: &Tokens) -> Result<(), (usize, &'static str)> {
    let mut levels = vec![Level::default()];
    let mut doubles = 0;
    let mut operators = 0;
    for (at, token) in tokens.tokens.iter().enumerate() {
        operators = if matches!(token.token, Token::Plus | Token::Minus | Token::Tilde) { operators + 1 } else { 0 };
        if operators > OPERATORS_IN_A_ROW_MAX {
            return Err((at, "the expression is too complex"));
        }
        match &token.token {
            Token::LParen | Token::LBracket | Token::LBrace => {
                levels.push(Level::default());
                if levels.len() > NESTING_MAX {
                    return Err((at, "parentheses are nested too deeply"));
                }
            }
            Token::RParen | Token::RBracket | Token::RBrace if levels.len() > 1 => {
                let Some(closed) = levels.pop() else { continue };
                doubles -= usize::from(closed.double);
                if let Some(level) = levels.last_mut() {
                    level.child = level.child.max(closed.depth() + PARENTHESES_WEIGHT);
                }
            }
            other => {
                let doubled = opens_double(tokens, at);
                let Some(level) = levels.last_mut() else { continue };
                if doubled && !level.double {
                    level.double = true;
                    doubles += 1;
                }
                count(level, other);
            }
        }
        if levels.last().is_some_and(|level| level.depth() > DEPTH_MAX) {
            return Err((at, "the expression is too complex"));
        }
        if doubles > DOUBLE_PARENTHESES_MAX {
            return Err((at, "parentheses are nested too deeply"));
        }
    }
    Ok(())
}

fn opens_double(tokens: &Tokens, at: usize) -> bool {
    let Some(before) = at.checked_sub(2).and_then(|from| tokens.tokens.get(from..at)) else { return false };
    before.iter().all(|token| token.token == Token::LParen)
}

/// Counts what makes a tree deeper, and starts again at what separates expressions.
fn count(level: &mut Level, token: &Token) {
    match token {
        Token::Comma | Token::SemiColon => level.end_chain(),
        Token::Word(Word { keyword, quote_style: None, value }) => match keyword {
            Keyword::BETWEEN => {
                level.chain += 1;
                level.between = true;
            }
            Keyword::AND if level.between => level.between = false,
            Keyword::AND | Keyword::OR => level.end_chain(),
            Keyword::UNION | Keyword::EXCEPT | Keyword::INTERSECT | Keyword::MINUS => {
                level.end_chain();
                level.set_operators += 1;
            }
            Keyword::CASE => level.cases += 1,
            Keyword::END => level.cases = level.cases.saturating_sub(1),
            Keyword::SELECT => {
                level.end_chain();
                level.select = true;
            }
            Keyword::FROM | Keyword::WHERE | Keyword::GROUP | Keyword::HAVING | Keyword::ORDER => {
                level.end_chain();
            }
            Keyword::ON | Keyword::WHEN | Keyword::THEN | Keyword::ELSE | Keyword::SET | Keyword::VALUES => {
                level.end_chain();
            }
            Keyword::NOT | Keyword::IS | Keyword::IN | Keyword::LIKE | Keyword::ILIKE | Keyword::SIMILAR => {
                level.chain += 1;
            }
            Keyword::AT | Keyword::COLLATE | Keyword::OPERATOR | Keyword::OVERLAPS | Keyword::PRIOR => level.chain += 1,
            Keyword::EXPLAIN | Keyword::PREPARE => level.chain += 1,
            _ if value == "isnull" || value == "notnull" || value == "approximate" => level.chain += 1,
            _ => {}
        },
        Token::Number(..) | Token::SingleQuotedString(_) | Token::Period | Token::Placeholder(_) | Token::Word(_) => {}
        // All others are operators.
        _ => level.chain += 1,
    }
}
