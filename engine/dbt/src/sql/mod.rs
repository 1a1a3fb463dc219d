//! The little SQL text handling that dbt itself does: statements split at `;`, CTEs injected.

mod inject;
mod split;

pub use inject::inject_ctes;
pub use split::split_statements;
#[cfg(test)]
pub use split::strip_comments;
