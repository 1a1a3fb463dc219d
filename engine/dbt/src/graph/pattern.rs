//! Shell patterns as Python's `fnmatch` knows them: `*`, `?`, `[a-z]`, `[!a]`.

/// Whether a text matches a pattern as a whole.
pub fn matches(text: &str, pattern: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let pattern: Vec<char> = pattern.chars().collect();
    match_from(&text, &pattern)
}

/// Whether a text holds one of a pattern's special characters.
pub fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '[', ']'])
}

fn match_from(text: &[char], pattern: &[char]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some(('*', rest)) => (0..=text.len()).any(|skip| match_from(&text[skip..], rest)),
        Some(('?', rest)) => text.split_first().is_some_and(|(_, text)| match_from(text, rest)),
        Some(('[', rest)) => match class(rest) {
            Some((members, negated, after)) => {
                text.split_first().is_some_and(|(c, text)| in_class(*c, members) != negated && match_from(text, after))
            }
            None => text.split_first().is_some_and(|(c, text)| *c == '[' && match_from(text, rest)),
        },
        Some((c, rest)) => text.split_first().is_some_and(|(first, text)| first == c && match_from(text, rest)),
    }
}

/// The members of a class, whether it is negated, and what follows.
fn class(pattern: &[char]) -> Option<(&[char], bool, &[char])> {
    let negated = pattern.first() == Some(&'!');
    let start = usize::from(negated);
    let end = start + 1 + pattern.get(start + 1..)?.iter().position(|c| *c == ']')?;
    Some((&pattern[start..end], negated, &pattern[end + 1..]))
}

fn in_class(c: char, members: &[char]) -> bool {
    let mut at = 0;
    while at < members.len() {
        if members.get(at + 1) == Some(&'-') && at + 2 < members.len() {
            if (members[at]..=members[at + 2]).contains(&c) {
                return true;
            }
            at += 3;
        } else {
            if members[at] == c {
                return true;
            }
            at += 1;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns() {
        assert!(matches("dim_track", "dim_*"));
        assert!(matches("dim_track", "*_t[a-r]ack"));
        assert!(!matches("dim_track", "dim_?"));
        assert!(matches("dim_x", "dim_[!a]"));
        assert!(!matches("dim_x", "DIM_x"));
    }
}
