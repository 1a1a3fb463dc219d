//! Finds the top-level blocks of a Jinja file: macros, tests, docs, materializations, snapshots.
//!
//! dbt reads macro files not as templates but as collections of blocks; text between them is
//! ignored. Each block becomes a template of its own, so this lexer only has to know comments, raw
//! sections, strings inside tags, and which end tag closes a block.

use std::path::Path;

use crate::{Error, Result};

/// One block with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// `macro`, `test`, `docs`, `materialization`, `snapshot`.
    pub tag: String,
    /// The text after the tag's word, e.g. `dim(x, y=1)`.
    pub header: String,
    /// What stands between the tags.
    pub body: String,
    /// The line of the opening tag, from 1.
    pub line: usize,
}

impl Block {
    /// The name: the header's first word.
    pub fn name(&self) -> &str {
        let end = self.header.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(self.header.len());
        &self.header[..end]
    }
}

const BLOCK_TAGS: [&str; 7] = ["macro", "test", "data_test", "docs", "materialization", "snapshot", "python_model"];

/// One `{% … %}` tag.
struct Tag<'a> {
    start: usize,
    end: usize,
    word: &'a str,
    rest: &'a str,
}

/// The blocks of a file, in their order.
pub fn top_level_blocks(source: &str, path: &Path) -> Result<Vec<Block>> {
    let mut blocks = Vec::new();
    let mut position = 0;
    while let Some(tag) = next_tag(source, position) {
        position = tag.end;
        if !BLOCK_TAGS.contains(&tag.word) {
            continue;
        }
        let line = line_at(source, tag.start);
        let end_word = format!("end{}", tag.word);
        let mut search = tag.end;
        let close = loop {
            match next_tag(source, search) {
                Some(candidate) if candidate.word == end_word => break candidate,
                Some(candidate) => search = candidate.end,
                None => {
                    let message = format!("`{{% {} {} %}}` is not closed by `{{% {end_word} %}}`", tag.word, tag.rest);
                    return Err(Error::parsing(message).at(path, Some(line)));
                }
            }
        };
        blocks.push(Block {
            tag: tag.word.to_owned(),
            header: tag.rest.to_owned(),
            body: source[tag.end..close.start].to_owned(),
            line,
        });
        position = close.end;
    }
    Ok(blocks)
}

/// The line of a byte offset, from 1.
pub fn line_at(source: &str, offset: usize) -> usize {
    source[..offset].matches('\n').count() + 1
}

/// The next `{% … %}` from `position` on, with comments, expressions and raw sections passed over.
fn next_tag(source: &str, mut position: usize) -> Option<Tag<'_>> {
    loop {
        let start = position + source[position..].find('{')?;
        let rest = &source[start..];
        if rest.starts_with("{#") {
            position = start + rest.find("#}").map_or(rest.len(), |end| end + 2);
        } else if rest.starts_with("{{") {
            position = start + skip_to(rest, "}}");
        } else if rest.starts_with("{%") {
            let end = start + skip_to(rest, "%}");
            let inner = source[start + 2..end].trim_end_matches("%}");
            let inner = inner.trim_matches(['-', '+']).trim();
            let word_end = inner.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(inner.len());
            let (word, tail) = inner.split_at(word_end);
            if word == "raw" {
                position = end_of_raw(source, end);
                continue;
            }
            return Some(Tag { start, end, word, rest: tail.trim() });
        } else {
            position = start + 1;
        }
    }
}

/// The offset after `close`, which does not count inside a string.
fn skip_to(text: &str, close: &str) -> usize {
    let mut quote = None;
    let mut escaped = false;
    for (offset, c) in text.char_indices().skip(2) {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(q) if c == q => quote = None,
            Some(_) => {}
            None if text[offset..].starts_with(close) => return offset + close.len(),
            None if c == '\'' || c == '"' => quote = Some(c),
            None => {}
        }
    }
    text.len()
}

/// The offset after the `{% endraw %}` that closes a raw section.
fn end_of_raw(source: &str, position: usize) -> usize {
    let mut at = position;
    while let Some(offset) = source[at..].find("{%") {
        let start = at + offset;
        let end = start + skip_to(&source[start..], "%}");
        if source[start + 2..end].trim_matches(['-', '+', ' ', '\n']).starts_with("endraw") {
            return end;
        }
        at = start + 2;
    }
    source.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_with_comments_strings_and_raw() {
        let source = "{# {% macro no() %} #}\n{% macro a(x='%}') -%}\n {{ '{% endmacro %}' }} {% raw %}{% endmacro %}{% endraw %}\n{%- endmacro %}\ntext\n{% test t(model) %}select 1{% endtest %}";
        let blocks = top_level_blocks(source, Path::new("m.sql")).unwrap();
        assert_eq!(blocks.len(), 2);
        assert_eq!((blocks[0].name(), blocks[0].line, blocks[0].header.as_str()), ("a", 2, "a(x='%}')"));
        assert!(blocks[0].body.contains("{% raw %}"));
        assert_eq!((blocks[1].tag.as_str(), blocks[1].name(), blocks[1].line), ("test", "t", 6));
    }

    #[test]
    fn an_open_block_is_an_error_with_its_line() {
        let error = top_level_blocks("\n{% macro a() %}", Path::new("m.sql")).unwrap_err();
        assert_eq!(error.location.unwrap().line, Some(2));
    }
}
