//! Data types by their Redshift names, as far as dbt compares and prints them.

use std::fmt;

/// A type's name and its numbers: `character varying(20)`, `numeric(17,9)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataType {
    /// The canonical name without the numbers.
    pub base: String,
    /// The numbers in parentheses.
    pub arguments: Vec<u32>,
}

impl DataType {
    /// The type of a text; aliases (`varchar`, `int4`, `decimal`, …) become Redshift's own names.
    pub fn parse(text: &str) -> Self {
        let text = text.trim().to_lowercase();
        let (name, rest) = text.split_once('(').map_or((text.as_str(), ""), |(name, rest)| (name, rest));
        let (numbers, suffix) = rest.split_once(')').unwrap_or((rest, ""));
        let name = format!("{} {}", name.trim(), suffix.trim());
        let mut arguments: Vec<u32> = numbers.split(',').filter_map(|number| number.trim().parse().ok()).collect();
        let base = match name.trim() {
            "varchar" | "nvarchar" | "character varying" => {
                if numbers.trim() == "max" {
                    arguments = vec![65_535];
                }
                "character varying"
            }
            "text" => {
                arguments = vec![256];
                "character varying"
            }
            "char" | "character" | "nchar" | "bpchar" => "character",
            "int" | "int4" | "integer" => "integer",
            "int2" | "smallint" => "smallint",
            "int8" | "bigint" => "bigint",
            "decimal" | "numeric" => "numeric",
            "float4" | "real" => "real",
            "float" | "float8" | "double precision" | "double" => "double precision",
            "bool" | "boolean" => "boolean",
            "timestamp" | "timestamp without time zone" => "timestamp without time zone",
            "timestamptz" | "timestamp with time zone" => "timestamp with time zone",
            "time" | "time without time zone" => "time without time zone",
            "timetz" | "time with time zone" => "time with time zone",
            other => other,
        };
        match (base, arguments.as_slice()) {
            ("character varying", []) => arguments = vec![256],
            ("character", []) => arguments = vec![1],
            ("numeric", []) => arguments = vec![18, 0],
            ("numeric", [precision]) => arguments = vec![*precision, 0],
            _ => {}
        }
        DataType { base: base.to_owned(), arguments }
    }

    /// Whether it is a character type.
    pub fn is_string(&self) -> bool {
        self.base.starts_with("character")
    }

    /// Whether it is an integer type.
    pub fn is_integer(&self) -> bool {
        matches!(self.base.as_str(), "smallint" | "integer" | "bigint")
    }

    /// Whether it is a decimal.
    pub fn is_numeric(&self) -> bool {
        self.base == "numeric"
    }

    /// Whether it is a float.
    pub fn is_float(&self) -> bool {
        matches!(self.base.as_str(), "real" | "double precision")
    }

    /// The length of a character type.
    pub fn char_size(&self) -> Option<u32> {
        if self.is_string() { self.arguments.first().copied() } else { None }
    }
}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.base)?;
        if !self.arguments.is_empty() {
            let numbers: Vec<String> = self.arguments.iter().map(u32::to_string).collect();
            write!(f, "({})", numbers.join(","))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_and_defaults() {
        for (text, canonical) in [
            ("VARCHAR(20)", "character varying(20)"),
            ("varchar", "character varying(256)"),
            ("text", "character varying(256)"),
            ("varchar(max)", "character varying(65535)"),
            ("decimal(10, 2)", "numeric(10,2)"),
            ("numeric", "numeric(18,0)"),
            ("int", "integer"),
            ("timestamp", "timestamp without time zone"),
            ("double precision", "double precision"),
            ("super", "super"),
        ] {
            assert_eq!(DataType::parse(text).to_string(), canonical);
        }
    }
}
