//! Where a project is built: dbt's `target`, handed in by the caller instead of a profile.

/// The target of a run; `profiles.yml` is not needed and not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The target's name (`dev`, `prod`, …).
    pub name: String,
    /// The database (`dev`).
    pub database: String,
    /// The default schema, dbt's `target.schema`.
    pub schema: String,
    /// The user.
    pub user: String,
    /// How many nodes run at a time.
    pub threads: usize,
}

impl Default for Target {
    fn default() -> Self {
        Target {
            name: "dev".to_owned(),
            database: "dev".to_owned(),
            schema: "public".to_owned(),
            user: "dev".to_owned(),
            threads: 4,
        }
    }
}
