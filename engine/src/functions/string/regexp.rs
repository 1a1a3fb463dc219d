//! Regular expressions in Redshift's two dialects: POSIX (by the crate `regex`, which runs in linear
//! time) and, with parameter `p`, PCRE with look-around (by `fancy-regex`, whose backtracking has a
//! limit and then fails).

use std::collections::HashMap;

use arrow::array::StringViewArray;

use crate::{
    error::{Error, Result, SqlState},
    functions::arguments::{Call, Values},
};

/// The greatest size of a compiled pattern in bytes.
const PATTERN_BYTES_MAX: usize = 10 << 20;
/// How often a pattern may step back at one place.
const BACKTRACKS_MAX: usize = 1_000_000;

/// What the `parameters` argument asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Parameters {
    /// `i`: ignore case
    pub ignore_case: bool,
    /// `p`: Perl's dialect
    pub perl: bool,
    /// `e`: the first group is meant, not the whole match
    pub group: bool,
}

impl Parameters {
    /// Reads the letters `c`, `i`, `p` and `e`.
    pub fn parse(letters: &str) -> Result<Parameters> {
        let mut parameters = Parameters::default();
        for letter in letters.chars() {
            match letter {
                'c' => parameters.ignore_case = false,
                'i' => parameters.ignore_case = true,
                'p' => parameters.perl = true,
                'e' => parameters.group = true,
                other => {
                    let message = format!("invalid regular expression parameter \"{other}\"");
                    return Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, message));
                }
            }
        }
        Ok(parameters)
    }
}

/// A compiled pattern.
#[derive(Debug)]
pub enum Pattern {
    /// POSIX
    Posix(regex::Regex),
    /// PCRE
    Perl(Box<fancy_regex::Regex>),
}

/// One match: byte ranges of the whole and of each group.
pub type Match = Vec<Option<(usize, usize)>>;

impl Pattern {
    /// Compiles a pattern.
    pub fn compile(pattern: &str, parameters: Parameters) -> Result<Pattern> {
        let invalid = |why: String| {
            Error::new(SqlState("2201B"), format!("invalid regular expression: {pattern}")).with_detail(why)
        };
        if parameters.perl {
            let pattern = if parameters.ignore_case { format!("(?i:{pattern})") } else { pattern.to_string() };
            let compiled = fancy_regex::RegexBuilder::new(&pattern)
                .backtrack_limit(BACKTRACKS_MAX)
                .delegate_size_limit(PATTERN_BYTES_MAX)
                .build()
                .map_err(|error| invalid(error.to_string()))?;
            return Ok(Pattern::Perl(Box::new(compiled)));
        }
        // in POSIX a point is any character, a newline too
        let compiled = regex::RegexBuilder::new(pattern)
            .case_insensitive(parameters.ignore_case)
            .dot_matches_new_line(true)
            .size_limit(PATTERN_BYTES_MAX)
            .build()
            .map_err(|error| invalid(error.to_string()))?;
        Ok(Pattern::Posix(compiled))
    }

    /// Calls `visit` with each match, from left to right, until it answers false.
    pub fn each(&self, text: &str, mut visit: impl FnMut(Match) -> bool) -> Result<()> {
        match self {
            Pattern::Posix(regex) => {
                for found in regex.captures_iter(text) {
                    if !visit(found.iter().map(|group| group.map(|group| (group.start(), group.end()))).collect()) {
                        break;
                    }
                }
            }
            Pattern::Perl(regex) => {
                for found in regex.captures_iter(text) {
                    let found = found.map_err(|error| {
                        Error::new(SqlState::PROGRAM_LIMIT_EXCEEDED, "regular expression is too complex")
                            .with_detail(error.to_string())
                    })?;
                    if !visit(found.iter().map(|group| group.map(|group| (group.start(), group.end()))).collect()) {
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    /// The n-th match from 1, if there is one.
    pub fn nth(&self, text: &str, occurrence: i64) -> Result<Option<Match>> {
        let mut count = 0;
        let mut result = None;
        self.each(text, |found| {
            count += 1;
            if count == occurrence {
                result = Some(found);
            }
            count < occurrence
        })?;
        Ok(result)
    }
}

/// The pattern argument of a call: each different pattern is compiled once.
#[derive(Debug)]
pub struct Patterns {
    texts: Values<StringViewArray>,
    parameters: Parameters,
    compiled: HashMap<String, Pattern>,
}

impl Patterns {
    /// The patterns of argument `pattern`, with the constant parameters of argument `parameters`.
    /// None if the parameters are NULL.
    pub fn new(call: &Call, pattern: usize, parameters: usize) -> Result<Option<Patterns>> {
        let parameters = if call.count() > parameters {
            match call.constant_text(parameters)? {
                Some(letters) => Parameters::parse(&letters)?,
                None => return Ok(None),
            }
        } else {
            Parameters::default()
        };
        Ok(Some(Patterns { texts: call.text(pattern)?, parameters, compiled: HashMap::new() }))
    }

    /// The parameters.
    pub fn parameters(&self) -> Parameters {
        self.parameters
    }

    /// The pattern in a row; None for NULL.
    pub fn get(&mut self, row: usize) -> Result<Option<&Pattern>> {
        let Some(text) = self.texts.get(row) else { return Ok(None) };
        if !self.compiled.contains_key(text) {
            let pattern = Pattern::compile(text, self.parameters)?;
            self.compiled.insert(text.to_string(), pattern);
        }
        Ok(self.compiled.get(text))
    }
}

/// The byte at which a search from a character position (from 1; less counts as 1) begins. None if
/// the position lies behind the text.
pub fn search_start(text: &str, position: i64) -> Option<usize> {
    if position <= 1 {
        return Some(0);
    }
    let skipped = usize::try_from(position - 1).ok()?;
    text.char_indices().nth(skipped).map(|(at, _)| at)
}

/// An optional integer argument, with its default.
pub fn optional_int(call: &Call, index: usize, default: i64) -> Result<impl Fn(usize) -> Option<i64>> {
    let values = if call.count() > index { Some(call.int(index)?) } else { None };
    Ok(move |row| values.as_ref().map_or(Some(default), |values| values.get(row)))
}
