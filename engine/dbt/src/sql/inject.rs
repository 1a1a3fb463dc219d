//! Puts the CTEs of ephemeral models in front of a query, as dbt's compiler does.
//!
//! A query that has its own `with` gets them in front of its first CTE; any other query gets a new
//! `with`. `with recursive` keeps its word in front.

use super::split::{Piece, pieces};

/// The query with `ctes` (name, SQL) in front; the SQL is put into parentheses.
pub fn inject_ctes(sql: &str, ctes: &[(String, String)]) -> String {
    if ctes.is_empty() {
        return sql.to_owned();
    }
    let list: Vec<String> = ctes.iter().map(|(name, sql)| format!(" {name} as (\n{sql}\n)")).collect();
    let list = list.join(", ");
    match end_of_with(sql) {
        Some(end) => format!("{}{list}, {}", &sql[..end], sql[end..].trim_start()),
        None => {
            let start = first_word(sql).map_or(0, |(offset, _)| offset);
            format!("{}with{list} {}", &sql[..start], &sql[start..])
        }
    }
}

/// The first word that is no comment: offset and length.
fn first_word(sql: &str) -> Option<(usize, usize)> {
    pieces(sql)
        .into_iter()
        .find(|(offset, length, kind)| *kind != Piece::Comment && !sql[*offset..offset + length].trim().is_empty())
        .map(|(offset, length, _)| (offset, length))
}

/// The offset after `with` or `with recursive`, if the query starts with it.
fn end_of_with(sql: &str) -> Option<usize> {
    let (offset, length) = first_word(sql)?;
    if !sql[offset..offset + length].eq_ignore_ascii_case("with") {
        return None;
    }
    let end = offset + length;
    match first_word(&sql[end..]) {
        Some((at, length)) if sql[end + at..end + at + length].eq_ignore_ascii_case("recursive") => {
            Some(end + at + length)
        }
        _ => Some(end),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cte() -> Vec<(String, String)> {
        vec![("__dbt__cte__a".to_owned(), "select 1 as x".to_owned())]
    }

    #[test]
    fn before_a_plain_query() {
        assert_eq!(
            inject_ctes("-- note\nselect * from __dbt__cte__a", &cte()),
            "-- note\nwith __dbt__cte__a as (\nselect 1 as x\n) select * from __dbt__cte__a"
        );
    }

    #[test]
    fn in_front_of_other_ctes() {
        assert_eq!(
            inject_ctes("WITH b as (select 2) select * from b", &cte()),
            "WITH __dbt__cte__a as (\nselect 1 as x\n), b as (select 2) select * from b"
        );
    }
}
