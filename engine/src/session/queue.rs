//! The queue before queries start: so many slots, of which a query takes `wlm_query_slot_count`
//! ("Implementing workload management").
//!
//! There is one queue, as in Redshift's default configuration; `query_group` names a query in the
//! log. Slots are taken after table locks, and given back at the end of the statement, so that
//! nobody who holds a slot waits for somebody who needs one.

use std::sync::Arc;

use blueshift_sql::ast::Statement;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Session, parameter::Parameters};
use crate::error::{Error, Result, SqlState};

/// The parameter.
const SLOT_COUNT: &str = "wlm_query_slot_count";

/// The queue of an engine.
#[derive(Debug)]
pub(crate) struct QueryQueue {
    slots: Arc<Semaphore>,
    count: u32,
}

impl QueryQueue {
    /// A queue with so many slots.
    pub(crate) fn new(count: u32) -> Self {
        QueryQueue { slots: Arc::new(Semaphore::new(count as usize)), count }
    }

    async fn take(&self, slots: u32) -> Result<OwnedSemaphorePermit> {
        if slots > self.count {
            let message = format!("{SLOT_COUNT} is {slots}, and the queue has {} slots", self.count);
            return Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, message));
        }
        let permit = Arc::clone(&self.slots).acquire_many_owned(slots).await;
        permit.map_err(|_| Error::new(SqlState::ADMIN_SHUTDOWN, "the queue is closed"))
    }
}

impl Session {
    /// Waits for the slots of a statement; None for one that needs none.
    pub(crate) async fn take_slots(&self, statement: &Statement) -> Result<Option<OwnedSemaphorePermit>> {
        if !needs_slot(statement) {
            return Ok(None);
        }
        self.shared.queue.take(slots(&self.parameters)?).await.map(Some)
    }
}

fn slots(parameters: &Parameters) -> Result<u32> {
    let text = parameters.get(SLOT_COUNT).unwrap_or("1").trim();
    match text.parse() {
        Ok(slots @ 1..=50) => Ok(slots),
        _ => {
            let message = format!("{SLOT_COUNT} must be a number from 1 to 50, not \"{text}\"");
            Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, message))
        }
    }
}

/// Queries and what moves rows. VACUUM waits for table locks while it runs, and CALL for its own
/// statements: they take none.
fn needs_slot(statement: &Statement) -> bool {
    matches!(
        statement,
        Statement::Query(_)
            | Statement::Insert(_)
            | Statement::Update(_)
            | Statement::Delete(_)
            | Statement::Merge(_)
            | Statement::Copy(_)
            | Statement::Unload(_)
            | Statement::CreateTableAs(_)
            | Statement::CreateMaterializedView(_)
            | Statement::RefreshMaterializedView(_)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_takes_all_slots_is_alone() {
        let queue = QueryQueue::new(3);
        let (first, second) = (queue.take(1).await.unwrap(), queue.take(1).await.unwrap());
        let all = queue.take(3);
        tokio::pin!(all);
        assert!(futures::poll!(all.as_mut()).is_pending());
        drop((first, second));
        let all = all.await.unwrap();
        assert_eq!(queue.slots.available_permits(), 0);
        drop(all);
        assert_eq!(queue.take(4).await.unwrap_err().state(), SqlState::INVALID_PARAMETER_VALUE);
    }

    #[test]
    fn slots_are_a_small_number() {
        let mut parameters = Parameters::default();
        assert_eq!(slots(&parameters).unwrap(), 1);
        parameters.set(SLOT_COUNT, Some("5".to_owned())).unwrap();
        assert_eq!(slots(&parameters).unwrap(), 5);
        assert!(parameters.set(SLOT_COUNT, Some("0".to_owned())).is_err());
    }
}
