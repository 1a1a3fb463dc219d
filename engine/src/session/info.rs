//! Values that system views and functions tell about a session.

/// Who and where a session is.
#[derive(Debug, Clone)]
pub struct SessionInfo {
    /// Process id, unique within the process that opened the warehouse.
    pub process_id: i32,
    /// Current user: whose privileges count.
    pub user: String,
    /// The user that logged in.
    pub session_user: String,
    /// The user to whom the warehouse belongs: a superuser that is always there.
    pub owner: String,
    /// Connected database.
    pub database: String,
}
