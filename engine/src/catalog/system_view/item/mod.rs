//! What the rows of system views are about.

/// Columns of relations.
pub mod column;
/// Constraints.
pub mod constraint;
/// Users, groups, roles.
pub mod principal;
/// Tables, views and their like.
pub mod relation;
/// Functions and procedures.
pub mod routine;
/// Schemas.
pub mod schema;

pub use column::ColumnItem;
pub use constraint::ConstraintItem;
pub use principal::Principal;
pub use relation::{RelationItem, RelationKind};
pub use routine::RoutineItem;
pub use schema::SchemaItem;
