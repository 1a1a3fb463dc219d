//! The SQL reference of functions, made from the constants that define them: `engine/FUNCTIONS.md`.

use std::{collections::BTreeMap, fmt::Write};

use super::{definition::Documentation, documentation};

/// Families in the order of the page, with their headings.
const FAMILIES: [(&str, &str); 13] = [
    ("aggregate", "Aggregate functions"),
    ("window", "Window functions"),
    ("conditional", "Conditional expressions"),
    ("datetime", "Date and time functions"),
    ("format", "Formatting functions"),
    ("string", "String functions"),
    ("math", "Mathematical functions"),
    ("hash", "Hash functions"),
    ("json", "JSON functions"),
    ("super", "SUPER functions"),
    ("varbyte", "VARBYTE functions"),
    ("hll", "HyperLogLog functions"),
    ("", "Other functions"),
];

/// The page as Markdown.
pub fn page() -> String {
    let mut families: BTreeMap<usize, Vec<&Documentation>> = BTreeMap::new();
    for function in documentation() {
        let family = FAMILIES.iter().position(|(name, _)| *name == function.category).unwrap_or(FAMILIES.len() - 1);
        families.entry(family).or_default().push(function);
    }
    let mut page = String::from(
        "# SQL functions\n\nMade from the functions' own documentation by `BLUESHIFT_BLESS=1 cargo test --workspace \
         --test slt`.\n",
    );
    for (family, mut functions) in families {
        functions.sort_by_key(|function| function.name);
        let _ = write!(page, "\n## {}\n", FAMILIES[family].1);
        for function in functions {
            write_function(&mut page, function);
        }
    }
    page
}

fn write_function(page: &mut String, function: &Documentation) {
    // Writing to a String cannot fail.
    let _ = write!(page, "\n### {}\n\n{}\n", function.name.to_uppercase(), function.description);
    if !function.aliases.is_empty() {
        let names: Vec<String> = function.aliases.iter().map(|alias| alias.to_uppercase()).collect();
        let _ = write!(page, "\nAlso called {}.\n", names.join(", "));
    }
    if !function.arguments.is_empty() {
        page.push('\n');
        for (name, meaning) in function.arguments {
            let _ = writeln!(page, "- `{name}`: {meaning}");
        }
    }
    let _ = write!(page, "\n```sql\n{}\n```\n", function.example);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_is_on_the_page() {
        let page = page();
        for function in documentation() {
            assert!(page.contains(&format!("### {}\n", function.name.to_uppercase())), "{}", function.name);
        }
    }
}
