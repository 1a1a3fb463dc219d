//! SVV_TRANSACTIONS, SVV_QUERY_INFLIGHT.

use super::super::{
    context::SystemContext,
    declared::Filled,
    log::session::{self, may_see},
    oid,
};
use crate::transaction::{LockInfo, TransactionInfo};

/// A transaction and one of its locks; without a lock, the transaction itself.
pub type Locked = (TransactionInfo, Option<LockInfo>);

/// The transactions that the session may see, each with its locks.
pub fn transactions(context: &SystemContext) -> Vec<Locked> {
    let mut all = vec![];
    for transaction in context.bind.warehouse.running_transactions() {
        if transaction.owner.process_id == 0 || !may_see(context, &transaction.owner.user) {
            continue;
        }
        all.extend(transaction.locks.iter().map(|lock| (transaction.clone(), Some(lock.clone()))));
        all.push((transaction, None));
    }
    all
}

/// SVV_TRANSACTIONS: open transactions and their locks
pub const SVV_TRANSACTIONS: Filled<Locked> = Filled {
    name: "svv_transactions",
    items: |context| Ok(transactions(context)),
    values: &[
        ("txn_owner", |_, t| (&t.0.owner.user).into()),
        ("txn_db", |_, t| (&t.0.owner.database).into()),
        ("xid", |_, t| t.0.owner.transaction_id.into()),
        ("pid", |_, t| t.0.owner.process_id.into()),
        ("txn_start", |_, t| t.0.started.into()),
        ("lock_mode", |_, t| t.1.as_ref().map_or("ExclusiveLock", |lock| lock.mode.name()).into()),
        ("lockable_object_type", |_, t| (if t.1.is_some() { "relation" } else { "transactionid" }).into()),
        ("relation", |_, t| t.1.as_ref().map(|lock| oid::relation(lock.table)).into()),
        ("granted", |_, t| t.1.as_ref().is_none_or(|lock| lock.granted).into()),
    ],
};

/// SVV_QUERY_INFLIGHT: running queries
pub const SVV_QUERY_INFLIGHT: Filled<session::Running> = Filled {
    name: "svv_query_inflight",
    items: |context| Ok(session::running(context)),
    values: &[
        ("userid", |context, q| session::user_id(context, &q.0.user)),
        ("slice", |_, _| 0_i64.into()),
        ("query", |_, q| q.1.query_id.into()),
        ("pid", |_, q| q.0.process_id.into()),
        ("starttime", |_, q| q.1.started.into()),
        ("suspended", |_, _| 0_i64.into()),
        ("text", |_, q| session::cut(&q.1.text, 100)),
        ("sequence", |_, _| 0_i64.into()),
    ],
};
