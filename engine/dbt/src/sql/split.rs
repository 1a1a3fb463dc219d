//! Splits a text into statements at top-level semicolons, as dbt does before it sends anything.

/// The statements of a text, without their semicolons; comment-only pieces are left out.
pub fn split_statements(text: &str) -> Vec<&str> {
    let mut statements = Vec::new();
    let mut start = 0;
    for (offset, length, kind) in pieces(text) {
        if kind == Piece::Semicolon {
            statements.push(&text[start..offset]);
            start = offset + length;
        }
    }
    statements.push(&text[start..]);
    statements.into_iter().map(str::trim).filter(|statement| !strip_comments(statement).trim().is_empty()).collect()
}

/// The text without comments (each replaced by a blank).
pub fn strip_comments(text: &str) -> String {
    let mut stripped = String::with_capacity(text.len());
    for (offset, length, kind) in pieces(text) {
        match kind {
            Piece::Comment => stripped.push(' '),
            _ => stripped.push_str(&text[offset..offset + length]),
        }
    }
    stripped
}

/// What a piece of SQL text is, as far as splitting cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece {
    /// Anything else, one character or word at a time.
    Text,
    /// A quoted string or name.
    Quoted,
    /// A comment.
    Comment,
    /// A semicolon outside of quotes and comments.
    Semicolon,
}

/// The pieces of a text: offset, length, kind.
pub(super) fn pieces(text: &str) -> Vec<(usize, usize, Piece)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let (length, kind) = if rest.starts_with("--") {
            (rest.find('\n').unwrap_or(rest.len()), Piece::Comment)
        } else if rest.starts_with("/*") {
            (block_comment(rest), Piece::Comment)
        } else if c == '\'' || c == '"' {
            (quoted(rest, c), Piece::Quoted)
        } else if c == '$' {
            match dollar_quoted(rest) {
                Some(length) => (length, Piece::Quoted),
                None => (1, Piece::Text),
            }
        } else if c == ';' {
            (1, Piece::Semicolon)
        } else if c.is_alphanumeric() || c == '_' {
            // A `$` inside a name does not open a dollar-quoted string.
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '$').unwrap_or(rest.len());
            (end, Piece::Text)
        } else {
            (c.len_utf8(), Piece::Text)
        };
        found.push((at, length, kind));
        at += length;
    }
    found
}

fn block_comment(text: &str) -> usize {
    let mut depth = 0usize;
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (offset, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            // Redshift takes a backslash in a string as an escape.
            '\\' if quote == '\'' => escaped = true,
            // A doubled quote closes one string and opens the next: same effect.
            c if c == quote => return offset + 1,
            _ => {}
        }
    }
    text.len()
}

fn dollar_quoted(text: &str) -> Option<usize> {
    let tag_end = text[1..].find('$')? + 2;
    let tag = &text[..tag_end];
    let inner = &tag[1..tag.len() - 1];
    if !inner.chars().all(|c| c.is_alphanumeric() || c == '_') || inner.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    Some(text[tag_end..].find(tag).map_or(text.len(), |end| tag_end + end + tag.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_outside_quotes_and_comments() {
        let text = "select ';' -- a;b\n; /* ; */ comment on table x is $a$ ; $a$;\n -- only a comment\n;";
        assert_eq!(split_statements(text), ["select ';' -- a;b", "/* ; */ comment on table x is $a$ ; $a$"]);
    }

    #[test]
    fn parameters_are_no_dollar_quotes() {
        assert_eq!(split_statements("select $1; select $2"), ["select $1", "select $2"]);
        assert_eq!(split_statements("select 'it''s; \\'; ok'; x"), ["select 'it''s; \\'; ok'", "x"]);
    }
}
