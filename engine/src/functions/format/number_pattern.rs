//! Numeric patterns (page r_Numeric_formating): `9,999.99`, `S999D99`, `RN` and the like.

use crate::{
    error::{Error, Result, SqlState},
    functions::number,
};

/// Where the sign goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    /// A blank or minus in front of the first digit.
    Slot,
    /// `S`: plus or minus next to the number.
    Anchored,
    /// `PR`: angle brackets around a negative number.
    Brackets,
    /// `MI`, `SG`: where the pattern has it; no slot.
    Placed,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// `9` or `0` (true)
    Digit(bool),
    /// `.` or `D`
    Point,
    /// `,` or `G`
    Group,
    /// `S`
    Sign,
    /// `SG`
    PlusMinus,
    /// `MI`
    Minus,
    /// `PL`
    Plus,
    /// `PR`
    Brackets,
    /// `L` or `$`
    Currency,
    /// `TH`, in lower case if true
    Ordinal(bool),
    /// Anything else.
    Literal(char),
}

/// A numeric pattern.
#[derive(Clone, Debug)]
pub struct Pattern {
    parts: Vec<Part>,
    /// `RN`: Roman numerals, in lower case if true.
    roman: Option<bool>,
    /// `FM`: no blanks, no zeros at the end.
    fill: bool,
    sign: Sign,
    /// Digits before the point.
    whole: usize,
    /// Digits behind the point.
    fraction: usize,
}

/// `st`, `nd`, `rd` or `th`.
pub fn ordinal(number: i64) -> &'static str {
    match (number.unsigned_abs() % 10, number.unsigned_abs() % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    }
}

#[rustfmt::skip]
const WORDS: &[(&str, Part)] = &[
    ("SG", Part::PlusMinus), ("S", Part::Sign), ("MI", Part::Minus), ("PL", Part::Plus), ("PR", Part::Brackets),
    ("L", Part::Currency), ("$", Part::Currency), ("D", Part::Point), (".", Part::Point), ("G", Part::Group),
    (",", Part::Group), ("9", Part::Digit(false)), ("0", Part::Digit(true)),
];

impl Pattern {
    /// Reads a pattern.
    pub fn parse(pattern: &str) -> Result<Pattern> {
        let mut read = Pattern { parts: Vec::new(), roman: None, fill: false, sign: Sign::Slot, whole: 0, fraction: 0 };
        let mut rest = pattern;
        let mut behind_point = false;
        while !rest.is_empty() {
            let starts = |name: &str| rest.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
            if starts("FM") {
                read.fill = true;
                rest = &rest[2..];
                continue;
            }
            if starts("RN") {
                read.roman = Some(rest.starts_with('r'));
                rest = &rest[2..];
                continue;
            }
            if starts("TH") {
                read.parts.push(Part::Ordinal(rest.starts_with('t')));
                rest = &rest[2..];
                continue;
            }
            if starts("EEEE") || starts("V") {
                return Err(Error::not_supported(format!("number format {pattern}")));
            }
            if let Some(quoted) = rest.strip_prefix('"') {
                let (literal, after) = quoted.split_once('"').unwrap_or((quoted, ""));
                read.parts.extend(literal.chars().map(Part::Literal));
                rest = after;
                continue;
            }
            let Some((name, part)) = WORDS.iter().find(|(name, _)| starts(name)) else {
                let literal = rest.chars().next().unwrap_or(' ');
                read.parts.push(Part::Literal(literal));
                rest = &rest[literal.len_utf8()..];
                continue;
            };
            rest = &rest[name.len()..];
            match part {
                Part::Point if behind_point => {
                    return Err(Error::new(SqlState::SYNTAX_ERROR, "multiple decimal points"));
                }
                Part::Point => behind_point = true,
                Part::Digit(_) if behind_point => read.fraction += 1,
                Part::Digit(_) => read.whole += 1,
                Part::Sign => read.sign = Sign::Anchored,
                Part::Brackets => read.sign = Sign::Brackets,
                Part::PlusMinus | Part::Minus => read.sign = Sign::Placed,
                _ => {}
            }
            read.parts.push(part.clone());
        }
        if read.whole + read.fraction > usize::from(number::PRECISION_MAX) {
            return Err(Error::new(SqlState::SYNTAX_ERROR, format!("too many digits in number format {pattern}")));
        }
        Ok(read)
    }

    /// How many digits the pattern has behind the point.
    pub fn fraction_digits(&self) -> usize {
        self.fraction
    }

    /// How many digits the pattern has before the point.
    pub fn whole_digits(&self) -> usize {
        self.whole
    }

    /// The scale at which a value is rounded before it is written.
    pub fn scale(&self) -> i8 {
        if self.roman.is_some() { 0 } else { self.fraction as i8 }
    }

    /// Appends a value, unscaled at the pattern's scale.
    pub fn write(&self, out: &mut String, value: i128) {
        if let Some(lower) = self.roman {
            return write_roman(out, value, lower, self.fill);
        }
        let negative = value < 0;
        let digits = format!("{:0width$}", value.unsigned_abs(), width = self.fraction + 1);
        let (whole, fraction) = digits.split_at(digits.len() - self.fraction);
        let whole = if whole == "0" && self.fraction > 0 { "" } else { whole };
        let overflow = whole.len() > self.whole;
        // Nothing with `FM` is still a nought: `0.`
        let nothing = self.fill && whole.is_empty() && self.whole > 0 && fraction.bytes().all(|digit| digit == b'0');
        let whole = if nothing { "0" } else { whole };
        Writer { pattern: self, out, negative, whole, fraction, overflow, value }.run();
    }
}

/// The state while a number is written.
struct Writer<'a> {
    pattern: &'a Pattern,
    out: &'a mut String,
    negative: bool,
    whole: &'a str,
    fraction: &'a str,
    overflow: bool,
    value: i128,
}

impl Writer<'_> {
    fn run(mut self) {
        let fill = self.pattern.fill;
        // the first place at which something is written: a digit of the value or a forced zero
        let digit_places = self.pattern.parts.iter().take_while(|part| **part != Part::Point);
        let forced = digit_places
            .filter(|part| matches!(part, Part::Digit(_)))
            .position(|part| *part == Part::Digit(true))
            .unwrap_or(self.pattern.whole);
        let natural = if self.overflow { 0 } else { self.pattern.whole - self.whole.len() };
        let first = forced.min(natural);
        let mut place = 0;
        let mut fraction_place = 0;
        let mut behind_point = false;
        let mut sign_written = false;
        let kept = if fill && !self.overflow { self.kept_fraction() } else { self.pattern.fraction };
        for (index, part) in self.pattern.parts.clone().iter().enumerate() {
            let starts = (matches!(part, Part::Digit(_)) && place == first) || *part == Part::Point;
            if starts && !behind_point && !sign_written {
                sign_written = true;
                self.leading_sign(index);
            }
            match part {
                Part::Digit(_) if behind_point => {
                    if fraction_place < kept {
                        self.out.push(if self.overflow { '#' } else { self.fraction_digit(fraction_place) });
                    }
                    fraction_place += 1;
                }
                Part::Digit(_) => {
                    if place >= first {
                        self.out.push(self.whole_digit(place, natural));
                    } else if !fill {
                        self.out.push(' ');
                    }
                    place += 1;
                }
                Part::Point => {
                    behind_point = true;
                    self.out.push('.');
                }
                Part::Group if place > first => self.out.push(','),
                Part::Group if !fill => self.out.push(' '),
                Part::Group => {}
                Part::Currency => self.out.push('$'),
                Part::PlusMinus => self.out.push(if self.negative { '-' } else { '+' }),
                Part::Minus if self.negative => self.out.push('-'),
                Part::Plus if !self.negative => self.out.push('+'),
                Part::Minus | Part::Plus if !fill => self.out.push(' '),
                Part::Minus | Part::Plus => {}
                Part::Ordinal(lower) if !self.negative && !self.overflow && self.pattern.fraction == 0 => {
                    let suffix = ordinal((self.value % 100) as i64);
                    self.out.push_str(&if *lower { suffix.to_string() } else { suffix.to_ascii_uppercase() });
                }
                Part::Ordinal(_) => {}
                Part::Sign if self.sign_is_last(index) => self.out.push(if self.negative { '-' } else { '+' }),
                Part::Sign => {}
                Part::Brackets if self.negative => self.out.push('>'),
                Part::Brackets if !fill => self.out.push(' '),
                Part::Brackets => {}
                Part::Literal(literal) => self.out.push(*literal),
            }
        }
    }

    /// Whether the `S` at a place stands behind the digits.
    fn sign_is_last(&self, index: usize) -> bool {
        self.pattern.parts[..index].iter().any(|part| matches!(part, Part::Digit(_)))
    }

    fn leading_sign(&mut self, index: usize) {
        let leading_s = self.pattern.parts[..index].contains(&Part::Sign);
        let blank = !self.pattern.fill;
        let sign = match self.pattern.sign {
            Sign::Anchored if leading_s => Some(if self.negative { '-' } else { '+' }),
            Sign::Anchored | Sign::Placed => None,
            Sign::Brackets if self.negative => Some('<'),
            Sign::Slot if self.negative => Some('-'),
            Sign::Brackets | Sign::Slot => blank.then_some(' '),
        };
        self.out.extend(sign);
    }

    fn whole_digit(&self, place: usize, natural: usize) -> char {
        if self.overflow {
            return '#';
        }
        place.checked_sub(natural).and_then(|at| self.whole.chars().nth(at)).unwrap_or('0')
    }

    fn fraction_digit(&self, place: usize) -> char {
        self.fraction.chars().nth(place).unwrap_or('0')
    }

    /// How many digits behind the point stay when zeros at the end go; a `0` of the pattern stays.
    fn kept_fraction(&self) -> usize {
        let behind = self.pattern.parts.iter().skip_while(|part| **part != Part::Point);
        let forced = behind.filter(|part| matches!(part, Part::Digit(_))).enumerate();
        let forced = forced.filter(|(_, part)| **part == Part::Digit(true)).map(|(place, _)| place + 1).last();
        self.fraction.trim_end_matches('0').len().max(forced.unwrap_or(0))
    }
}

/// Roman numerals from 1 to 3999, 15 wide; else `#`.
fn write_roman(out: &mut String, value: i128, lower: bool, fill: bool) {
    const WIDTH: usize = 15;
    const NUMERALS: [(i128, &str); 13] = [
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    let mut roman = String::new();
    if (1..4000).contains(&value) {
        let mut rest = value;
        for (worth, numeral) in NUMERALS {
            while rest >= worth {
                roman.push_str(numeral);
                rest -= worth;
            }
        }
    } else {
        roman = "#".repeat(WIDTH);
    }
    let roman = if lower { roman.to_ascii_lowercase() } else { roman };
    if !fill {
        out.extend(std::iter::repeat_n(' ', WIDTH.saturating_sub(roman.len())));
    }
    out.push_str(&roman);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str, pattern: &str) -> String {
        let pattern = Pattern::parse(pattern).unwrap();
        let mut out = String::new();
        pattern.write(&mut out, number::parse_decimal(text, pattern.scale()).unwrap());
        out
    }

    #[test]
    fn documented_results() {
        for (value, pattern, expected) in [
            ("125.8", "999.99", "125.80"),
            ("125.8", "999D99", "125.80"),
            ("125.8", "0999D99", "0125.80"),
            ("125.8", "999D99SG", "125.80+"),
            ("125.8", "PL999D99", "+ 125.80"),
            ("-125.88", "S999D99L", "-125.88$"),
            ("1125.8", "9,999.99", "1,125.80"),
            ("482", "999th", "482nd"),
            ("-125.8", "999D99S", "125.80-"),
            ("-125.88", "$S999D99", "$-125.88"),
            ("-125.88", "$999D99PR", "$<125.88>"),
            ("125", "RN", "CXXV"),
            ("618.80", "rn", "dcxix"),
            ("64.60", "rn", "lxv"),
            ("297.50", "rn", "ccxcviii"),
            ("502.35", "rn", "dii"),
        ] {
            assert_eq!(written(value, pattern).trim(), expected, "{value} as {pattern}");
        }
    }

    #[test]
    fn blanks_zeros_and_overflow() {
        for (value, pattern, expected) in [
            ("5", "999", "   5"),
            ("-5", "999", "  -5"),
            ("0", "999", "   0"),
            ("0.1", "99.99", "   .10"),
            ("0.1", "90.99", "  0.10"),
            ("12", "FM0000", "0012"),
            ("12.50", "FM999.99", "12.5"),
            ("12.00", "FM999.09", "12.0"),
            ("12", "FM999.99", "12."),
            ("0", "FM9.99", "0."),
            ("5", "\"no \"9", "no  5"),
            ("1234", "999", " ###"),
            ("12", "9,999", "    12"),
            ("-5", "9MI", "5-"),
            ("5", "9MI", "5 "),
        ] {
            assert_eq!(written(value, pattern), expected, "{value} as {pattern}");
        }
        assert!(Pattern::parse("9.9.9").is_err());
        assert!(Pattern::parse("9EEEE").is_err());
    }
}
