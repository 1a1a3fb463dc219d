//! Values that system views and functions tell about a session.

/// Who and where a session is.
#[derive(Debug, Clone)]
pub struct SessionInfo {
    /// Process id, unique within the process that opened the warehouse.
    pub process_id: i32,
    /// Current user.
    pub user: String,
    /// Connected database.
    pub database: String,
}
