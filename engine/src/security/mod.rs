//! Users, groups, roles, ownership and privileges ("Managing database security" of the guide).
//!
//! Everything is a record of the catalog, so it is versioned and part of transactions. Objects and
//! users are named by their ids, which outlive renames. The user to whom the warehouse belongs is a
//! superuser that is always there; what has no recorded owner is its.
//!
//! Enforced are privileges on relations (also by columns), schemas, procedures and functions, and
//! ownership. Views read with their owner's privileges.

/// Whether a user may do something.
mod access;
/// What new objects of a user grant by themselves.
pub mod default_privilege;
/// Users, groups and roles.
pub mod principal;
/// Grants on objects, and owners.
pub mod privilege;

pub use access::{
    Access, current_user_id, may_maintain, memberships, require_execute, require_owner, require_superuser,
    require_system, user_id,
};
pub(crate) use access::{denied, must_own};
pub use principal::{Group, Role, User, groups, roles, user, user_name, users};
pub use privilege::{Grant, Grantee, Object, Privilege, all_grants, grants, own_new};
