//! Which commits of others a transaction conflicts with.
//!
//! As Redshift's SNAPSHOT isolation: appends go together with everything but DROP; two that delete
//! from one table go together when they touched different segments; who changes or drops a table
//! has it for himself. Redshift calls a conflict a serializable isolation violation, error 1023.

use super::snapshot::CatalogSnapshot;
use crate::{
    error::{Error, Result, SqlState},
    storage::catalog_store::{Action, ChangeSet, CommitView, CommittedChange, Object},
};

/// Checks a transaction's changes against what was committed since its base.
pub(super) fn validate(
    ours: &[CommittedChange],
    changes: &ChangeSet,
    view: &dyn CommitView,
    base: &CatalogSnapshot,
) -> Result<()> {
    for other in view.committed_since(base.id())? {
        if other.object == Object::Anything {
            return Err(Error::new(SqlState::SERIALIZATION_FAILURE, "1023")
                .with_detail("Another program changed the catalog while the transaction ran")
                .with_hint("Run the transaction again."));
        }
        for mine in ours.iter().filter(|c| c.object == other.object) {
            let together = match go_together(mine.action, other.action) {
                Verdict::Together => true,
                Verdict::Apart => false,
                Verdict::BySegment => segments_are_untouched(changes, &mine.object, view)?,
            };
            if !together {
                return Err(Error::serialization_failure(name(&mine.object, base)));
            }
        }
    }
    Ok(())
}

enum Verdict {
    Together,
    Apart,
    /// When the segments that lost rows are different ones.
    BySegment,
}

/// Whether `mine` may be committed after another transaction's `theirs`, on the same object.
///
/// Rows that were written or deleted under the definition before an ALTER mean the same after it:
/// columns are known by id, and a file without a column shows the column's initial default.
fn go_together(mine: Action, theirs: Action) -> Verdict {
    use Action::{Alter, Append, Comment, Create, Delete, Drop, Rewrite};
    match (mine, theirs) {
        (_, Drop) => Verdict::Apart,
        (Comment, _) | (_, Comment) => Verdict::Together,
        (Append, Append | Delete | Alter | Rewrite) | (Delete | Rewrite, Append | Alter) => Verdict::Together,
        (Alter | Drop, Rewrite) => Verdict::Together,
        (Delete | Rewrite, Delete | Rewrite) => Verdict::BySegment,
        (Append | Delete | Alter | Drop | Create | Rewrite, _) => Verdict::Apart,
    }
}

fn segments_are_untouched(changes: &ChangeSet, object: &Object, view: &dyn CommitView) -> Result<bool> {
    let is_it = |id| *object == Object::Relation(id);
    let change = changes.tables.iter().find(|c| c.before.as_ref().or(c.after.as_ref()).is_some_and(|t| is_it(t.id)));
    change.map_or(Ok(false), |change| view.segments_are_untouched(change))
}

fn name(object: &Object, base: &CatalogSnapshot) -> String {
    match object {
        Object::Relation(id) => base.relation_by_id(*id).map_or_else(|| id.to_string(), |r| r.name().to_owned()),
        Object::Schema(id) => base.schema_by_id(*id).map_or_else(|| id.to_string(), |s| s.name.clone()),
        Object::Record(kind, key) => format!("{kind} {key}"),
        Object::Anything => String::new(),
    }
}
