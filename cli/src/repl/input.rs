//! Where a statement ends while it is typed: line by line, outside of quotes, comments and dollar
//! quotes. The parser splits whole scripts the same way (`blueshift_sql::split`), but says nothing
//! of a statement that is not finished; the prompt has to.

/// What the text typed so far is inside of; the prompt shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inside {
    /// Nothing: no statement has begun.
    Nothing,
    /// A statement without its semicolon.
    Statement,
    /// Parentheses.
    Parentheses,
    /// A text in single quotes.
    Text,
    /// A name in double quotes.
    Name,
    /// A dollar quote.
    DollarQuote,
    /// A comment between `/*` and `*/`.
    Comment,
}

impl Inside {
    /// psql's mark in the prompt.
    pub fn mark(self) -> char {
        match self {
            Inside::Nothing => '=',
            Inside::Statement => '-',
            Inside::Parentheses => '(',
            Inside::Text => '\'',
            Inside::Name => '"',
            Inside::DollarQuote => '$',
            Inside::Comment => '*',
        }
    }
}

/// Looks for the end of the first statement: Ok with the offset behind its semicolon, Err with what it ends inside of.
pub fn statement_end(text: &str) -> Result<usize, Inside> {
    let mut scan = Scan { text, at: 0 };
    let (mut begun, mut depth) = (false, 0_usize);
    while let Some(letter) = scan.peek() {
        let start = scan.at;
        scan.at += letter.len_utf8();
        match letter {
            ';' if depth == 0 => return Ok(scan.at),
            _ if letter.is_whitespace() => continue,
            '-' if scan.rest().starts_with('-') => {
                scan.skip_past("\n", Inside::Nothing).ok();
                continue;
            }
            '/' if scan.rest().starts_with('*') => {
                scan.skip_comment()?;
                continue;
            }
            '\'' => scan.skip_quoted('\'', true, Inside::Text)?,
            '"' => scan.skip_quoted('"', false, Inside::Name)?,
            '$' => scan.skip_dollar_quote(start)?,
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if is_word(letter) => scan.skip_word(),
            _ => {}
        }
        begun = true;
    }
    Err(match (begun, depth) {
        (false, _) => Inside::Nothing,
        (true, 0) => Inside::Statement,
        (true, _) => Inside::Parentheses,
    })
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
}

impl Scan<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip_past(&mut self, end: &str, inside: Inside) -> Result<(), Inside> {
        match self.rest().find(end) {
            Some(found) => {
                self.at += found + end.len();
                Ok(())
            }
            None => {
                self.at = self.text.len();
                Err(inside)
            }
        }
    }

    /// Behind the opening quote: past the closing one. Doubled quotes belong to the text.
    fn skip_quoted(&mut self, quote: char, backslash_escapes: bool, inside: Inside) -> Result<(), Inside> {
        while let Some(letter) = self.peek() {
            self.at += letter.len_utf8();
            if letter == '\\' && backslash_escapes {
                self.at += self.peek().map_or(0, char::len_utf8);
            } else if letter == quote {
                if self.peek() != Some(quote) {
                    return Ok(());
                }
                self.at += quote.len_utf8();
            }
        }
        Err(inside)
    }

    /// Comments nest.
    fn skip_comment(&mut self) -> Result<(), Inside> {
        let mut depth = 1;
        self.at += 1;
        while depth > 0 {
            let Some(found) = self.rest().find(['*', '/']) else { return Err(Inside::Comment) };
            self.at += found;
            let step = match self.rest() {
                rest if rest.starts_with("*/") => -1,
                rest if rest.starts_with("/*") => 1,
                _ => 0,
            };
            depth += step;
            self.at += if step == 0 { 1 } else { 2 };
        }
        Ok(())
    }

    /// Behind a dollar sign: past the dollar quote that it may open.
    fn skip_dollar_quote(&mut self, start: usize) -> Result<(), Inside> {
        let Some(end) = self.rest().find('$') else { return Ok(()) };
        let tag = &self.rest()[..end];
        let is_tag = tag.chars().all(is_word) && !tag.starts_with(|first: char| first.is_ascii_digit());
        if !is_tag {
            return Ok(());
        }
        self.at += end + 1;
        let closing = self.text[start..self.at].to_owned();
        self.skip_past(&closing, Inside::DollarQuote)
    }

    /// A dollar sign inside a word opens no quote.
    fn skip_word(&mut self) {
        while let Some(letter) = self.peek().filter(|&letter| is_word(letter) || letter == '$') {
            self.at += letter.len_utf8();
        }
    }
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_end_at_their_semicolon() {
        for (text, expected) in [
            ("select 1;", "select 1;"),
            ("select ';';", "select ';';"),
            (r"select 'it\';s'; x", r"select 'it\';s';"),
            ("select 'it'';s'; x", "select 'it'';s';"),
            ("select \"a;b\" -- ;\n; x", "select \"a;b\" -- ;\n;"),
            ("/* ; /* ; */ ; */ select 1; x", "/* ; /* ; */ ; */ select 1;"),
            ("do $x$ a; $$ b; $x$; c", "do $x$ a; $$ b; $x$;"),
            ("select a$b; c$d", "select a$b;"),
            ("select $1; b", "select $1;"),
            ("select 'é;';", "select 'é;';"),
        ] {
            assert_eq!(statement_end(text).map(|end| &text[..end]), Ok(expected), "{text}");
        }
    }

    #[test]
    fn unfinished_statements_say_what_they_are_inside_of() {
        for (text, expected) in [
            ("", Inside::Nothing),
            ("  \n -- only a comment", Inside::Nothing),
            ("select 1", Inside::Statement),
            ("select (1", Inside::Parentheses),
            ("select (';')\n -- ;", Inside::Statement),
            ("select 'it''s", Inside::Text),
            ("select 'a\\'", Inside::Text),
            ("select \"a;", Inside::Name),
            ("do $$ a;", Inside::DollarQuote),
            ("select /* ;", Inside::Comment),
        ] {
            assert_eq!(statement_end(text), Err(expected), "{text}");
        }
    }
}
