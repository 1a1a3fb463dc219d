//! Which commits of others a transaction conflicts with.
//!
//! As Redshift's SNAPSHOT isolation, table by table: appends go together with appends and
//! deletes; two that delete from one table do not; who changes or drops a table has it for
//! himself. Redshift calls a conflict a serializable isolation violation, error 1023.

use super::snapshot::CatalogSnapshot;
use crate::{
    error::{Error, Result, SqlState},
    storage::catalog_store::{Action, CommittedChange, Object},
};

/// Checks a transaction's changes against what was committed since its base.
pub(super) fn validate(ours: &[CommittedChange], theirs: &[CommittedChange], base: &CatalogSnapshot) -> Result<()> {
    for other in theirs {
        if other.object == Object::Anything {
            return Err(Error::new(SqlState::SERIALIZATION_FAILURE, "1023")
                .with_detail("Another program changed the catalog while the transaction ran")
                .with_hint("Run the transaction again."));
        }
        let conflict = ours.iter().find(|c| c.object == other.object && !go_together(c.action, other.action));
        if let Some(change) = conflict {
            return Err(Error::serialization_failure(name(&change.object, base)));
        }
    }
    Ok(())
}

/// Whether `mine` may be committed after another transaction's `theirs`, on the same object.
fn go_together(mine: Action, theirs: Action) -> bool {
    use Action::{Alter, Append, Comment, Create, Delete, Drop};
    match (mine, theirs) {
        (_, Drop) => false,
        (Comment, _) | (_, Comment) => true,
        (Append, Append | Delete) | (Delete, Append) => true,
        (Append | Delete | Alter | Drop | Create, _) => false,
    }
}

fn name(object: &Object, base: &CatalogSnapshot) -> String {
    match object {
        Object::Relation(id) => base.relation_by_id(*id).map_or_else(|| id.to_string(), |r| r.name().to_owned()),
        Object::Schema(id) => base.schema_by_id(*id).map_or_else(|| id.to_string(), |s| s.name.clone()),
        Object::Record(kind, key) => format!("{kind} {key}"),
        Object::Anything => String::new(),
    }
}
