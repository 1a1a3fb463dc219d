//! Datashares.

use super::{Ident, ObjectName};

/// `CREATE DATASHARE name [[SET] PUBLICACCESSIBLE …] [MANAGEDBY ADX]`, `ALTER DATASHARE name …`.
#[derive(Debug, Clone, PartialEq)]
pub struct Datashare {
    /// Name.
    pub name: Ident,
    /// What to do.
    pub action: DatashareAction,
}

/// What a datashare statement does.
#[derive(Debug, Clone, PartialEq)]
pub enum DatashareAction {
    /// `CREATE DATASHARE`.
    Create {
        /// `PUBLICACCESSIBLE`.
        public: Option<bool>,
        /// `MANAGEDBY ADX`.
        managed_by_adx: bool,
    },
    /// `ADD | REMOVE {TABLE|SCHEMA|FUNCTION} names`, `ALL {TABLES|FUNCTIONS} IN SCHEMA names`.
    Objects {
        /// `ADD`, not `REMOVE`.
        add: bool,
        /// `TABLE`, `SCHEMA`, `FUNCTION`, `ALL TABLES IN SCHEMA`, `ALL FUNCTIONS IN SCHEMA`.
        kind: String,
        /// Names, with argument types for functions.
        names: Vec<(ObjectName, Option<Vec<super::RoutineArgument>>)>,
    },
    /// `SET PUBLICACCESSIBLE TRUE|FALSE`.
    SetPublic(bool),
    /// `SET INCLUDENEW TRUE|FALSE FOR SCHEMA name`.
    SetIncludeNew {
        /// Value.
        on: bool,
        /// Schema.
        schema: ObjectName,
    },
}

/// `DESC DATASHARE name [OF [ACCOUNT 'id'] NAMESPACE 'guid']`.
#[derive(Debug, Clone, PartialEq)]
pub struct DescDatashare {
    /// Name.
    pub name: Ident,
    /// `ACCOUNT`.
    pub account: Option<String>,
    /// `NAMESPACE`.
    pub namespace: Option<String>,
}
