//! Text in a terminal: how wide it is, how it is cut into lines that fit.

use unicode_width::UnicodeWidthChar;

/// Distance of tab stops.
const TAB_COLUMNS: usize = 8;

/// One line of a cell.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// What is shown.
    pub(super) text: String,
    /// Columns it takes.
    pub(super) width: usize,
    /// What comes after it.
    pub(super) end: End,
}

/// Why a line of a cell ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The value ends here.
    Value,
    /// The value has a line break here.
    Newline,
    /// The column is not wide enough.
    Wrap,
}

impl End {
    /// psql's mark in the margin.
    pub(super) fn mark(self) -> char {
        match self {
            End::Value => ' ',
            End::Newline => '+',
            End::Wrap => '.',
        }
    }
}

/// The columns that the widest line of `text` takes.
pub(super) fn width(text: &str) -> usize {
    if text.is_ascii() && !text.bytes().any(|byte| byte.is_ascii_control()) {
        return text.len();
    }
    lines(text, usize::MAX).iter().map(|line| line.width).max().unwrap_or(0)
}

/// Cuts `text` into lines of at most `width_max` columns, between words where that is possible.
/// Control characters are shown, not sent: a value must not be able to steer the terminal.
pub(super) fn lines(text: &str, width_max: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut pieces = text.split('\n').peekable();
    while let Some(piece) = pieces.next() {
        wrap(&visible(piece), width_max.max(1), &mut lines);
        if let (Some(last), Some(_)) = (lines.last_mut(), pieces.peek()) {
            last.end = End::Newline;
        }
    }
    lines
}

/// Spells out control characters and expands tabs.
fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut column = 0;
    for letter in text.chars() {
        match letter {
            '\t' => {
                let blanks = TAB_COLUMNS - column % TAB_COLUMNS;
                shown.extend(std::iter::repeat_n(' ', blanks));
                column += blanks;
                continue;
            }
            '\r' => shown.push_str("\\r"),
            control if control.is_control() => shown.push_str(&format!("\\x{:02X}", u32::from(control))),
            other => shown.push(other),
        }
        column += letter.width().unwrap_or(4);
    }
    shown
}

fn wrap(text: &str, width_max: usize, lines: &mut Vec<Line>) {
    let (mut start, mut width) = (0, 0);
    // Where the line could be cut between words: byte offset after the blank, columns up to there.
    let mut word_end = None;
    for (at, letter) in text.char_indices() {
        let letter_width = letter.width().unwrap_or(0);
        if width + letter_width > width_max && at > start {
            let (cut, cut_width) = word_end.take().unwrap_or((at, width));
            lines.push(Line { text: text[start..cut].to_owned(), width: cut_width, end: End::Wrap });
            start = cut;
            width -= cut_width;
        }
        width += letter_width;
        if letter == ' ' {
            word_end = Some((at + 1, width));
        }
    }
    lines.push(Line { text: text[start..].to_owned(), width, end: End::Value });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, width: usize) -> Vec<(String, char)> {
        lines(text, width).into_iter().map(|line| (line.text, line.end.mark())).collect()
    }

    #[test]
    fn lines_break_between_words_and_inside_long_ones() {
        let expected = [("one two ", '.'), ("threefou", '.'), ("r", ' ')].map(|(text, mark)| (text.to_owned(), mark));
        assert_eq!(shown("one two threefour", 8), expected);
        assert_eq!(shown("a\nb", 8), [("a".to_owned(), '+'), ("b".to_owned(), ' ')]);
        assert_eq!(shown("", 8), [(String::new(), ' ')]);
    }

    #[test]
    fn wide_letters_and_control_characters_are_measured() {
        assert_eq!(width("桜の歌"), 6);
        assert_eq!(width("São"), 3);
        assert_eq!(width("a\tb"), 9);
        assert_eq!(shown("\u{1b}[2J", 20), [("\\x1B[2J".to_owned(), ' ')]);
        for line in lines("桜の歌 and more 桜", 4) {
            assert!(line.width <= 4, "{line:?}");
        }
    }
}
