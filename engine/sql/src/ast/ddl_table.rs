//! `CREATE TABLE`, `CREATE TABLE AS`, `ALTER TABLE`, `DROP`.

use super::{
    ColumnDefinition, DataType, DistStyle, DropBehavior, Encoding, Expr, Ident, ObjectName, Query, SortKey,
    StorageFormat, TableAttributes, TableConstraint,
};

/// `CREATE [TEMP] TABLE [IF NOT EXISTS] name (…) attributes`.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateTable {
    /// `TEMP`, `TEMPORARY`, `LOCAL TEMP`, or a name that starts with `#`.
    pub temporary: bool,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// Name.
    pub name: ObjectName,
    /// Columns, constraints and `LIKE` clauses in their order.
    pub elements: Vec<TableElement>,
    /// Table attributes.
    pub attributes: TableAttributes,
}

/// One element in the parentheses of `CREATE TABLE`.
#[derive(Debug, Clone, PartialEq)]
pub enum TableElement {
    /// A column.
    Column(Box<ColumnDefinition>),
    /// A table constraint.
    Constraint(TableConstraint),
    /// `LIKE table [INCLUDING|EXCLUDING DEFAULTS]`.
    Like {
        /// Parent table.
        table: ObjectName,
        /// `INCLUDING DEFAULTS`.
        including_defaults: bool,
    },
}

/// `CREATE [TEMP] TABLE name [(columns)] attributes AS query`.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateTableAs {
    /// `TEMP`, `TEMPORARY`, `LOCAL TEMP`, or a name that starts with `#`.
    pub temporary: bool,
    /// `IF NOT EXISTS` (not in Redshift's grammar; recorded so that the error can name it).
    pub if_not_exists: bool,
    /// Name.
    pub name: ObjectName,
    /// Column names; empty when not written.
    pub columns: Vec<Ident>,
    /// Table attributes.
    pub attributes: TableAttributes,
    /// The query.
    pub query: Box<Query>,
}

/// `ALTER TABLE name action [, action …]`.
#[derive(Debug, Clone, PartialEq)]
pub struct AlterTable {
    /// The table (or view: Redshift renames views with `ALTER TABLE`).
    pub name: ObjectName,
    /// Usually one; several only for `ALTER COLUMN … ENCODE`, `ALTER DISTKEY`, `ALTER SORTKEY` and the like.
    pub actions: Vec<AlterTableAction>,
}

/// One action of `ALTER TABLE`.
#[derive(Debug, Clone, PartialEq)]
pub enum AlterTableAction {
    /// `ADD [COLUMN] definition`.
    AddColumn {
        /// `IF NOT EXISTS`.
        if_not_exists: bool,
        /// The column.
        column: Box<ColumnDefinition>,
    },
    /// `DROP [COLUMN] name [RESTRICT|CASCADE]`.
    DropColumn {
        /// `IF EXISTS`.
        if_exists: bool,
        /// The column.
        name: Ident,
        /// `RESTRICT` or `CASCADE`.
        behavior: Option<DropBehavior>,
    },
    /// `RENAME TO name`.
    RenameTo(Ident),
    /// `RENAME [COLUMN] name TO new_name`.
    RenameColumn {
        /// Old name.
        name: Ident,
        /// New name.
        new_name: Ident,
    },
    /// `OWNER TO user`.
    OwnerTo(Ident),
    /// `ALTER [COLUMN] name TYPE type`.
    AlterColumnType {
        /// The column.
        name: Ident,
        /// New type.
        data_type: DataType,
    },
    /// `ALTER [COLUMN] name ENCODE encoding`.
    AlterColumnEncode {
        /// The column.
        name: Ident,
        /// New encoding.
        encoding: Encoding,
    },
    /// `ALTER ENCODE AUTO`.
    AlterEncodeAuto,
    /// `ALTER DISTKEY column`.
    AlterDistKey(Ident),
    /// `ALTER DISTSTYLE style [DISTKEY column]`.
    AlterDistStyle {
        /// New style.
        style: DistStyle,
        /// New key of `DISTSTYLE KEY`.
        dist_key: Option<Ident>,
    },
    /// `ALTER [COMPOUND] SORTKEY (…)`, `ALTER SORTKEY AUTO|NONE`.
    AlterSortKey(SortKey),
    /// `ADD constraint`.
    AddConstraint(TableConstraint),
    /// `DROP CONSTRAINT name [RESTRICT|CASCADE]`.
    DropConstraint {
        /// The constraint.
        name: Ident,
        /// `RESTRICT` or `CASCADE`.
        behavior: Option<DropBehavior>,
    },
    /// `ROW LEVEL SECURITY ON|OFF [CONJUNCTION TYPE AND|OR] [FOR DATASHARES]`.
    RowLevelSecurity {
        /// `ON`.
        on: bool,
        /// `CONJUNCTION TYPE`: `true` is `OR`.
        conjunction_or: Option<bool>,
        /// `FOR DATASHARES`.
        for_datashares: bool,
    },
    /// `MASKING ON|OFF FOR DATASHARES`.
    Masking {
        /// `ON`.
        on: bool,
        /// `FOR DATASHARES`.
        for_datashares: bool,
    },
    /// `APPEND FROM source [IGNOREEXTRA|FILLTARGET]`.
    AppendFrom {
        /// Source table.
        source: ObjectName,
        /// `IGNOREEXTRA`.
        ignore_extra: bool,
        /// `FILLTARGET`.
        fill_target: bool,
    },
    /// `ADD [IF NOT EXISTS] PARTITION (…) LOCATION '…' …`.
    AddPartitions {
        /// `IF NOT EXISTS`.
        if_not_exists: bool,
        /// The partitions.
        partitions: Vec<PartitionLocation>,
    },
    /// `DROP [IF EXISTS] PARTITION (…)`.
    DropPartition {
        /// `IF EXISTS`.
        if_exists: bool,
        /// Key values.
        values: Vec<PartitionValue>,
    },
    /// `[PARTITION (…)] SET LOCATION '…'`.
    SetLocation {
        /// The partition; empty for the whole table.
        partition: Vec<PartitionValue>,
        /// New location.
        location: String,
    },
    /// `SET FILE FORMAT format`.
    SetFileFormat(StorageFormat),
    /// `SET TABLE PROPERTIES ('key' = 'value', …)`.
    SetTableProperties(Vec<(String, String)>),
}

/// `column = value` of a partition.
#[derive(Debug, Clone, PartialEq)]
pub struct PartitionValue {
    /// Partition column.
    pub column: Ident,
    /// Its value.
    pub value: Expr,
}

/// `PARTITION (…) LOCATION '…'`.
#[derive(Debug, Clone, PartialEq)]
pub struct PartitionLocation {
    /// Key values.
    pub values: Vec<PartitionValue>,
    /// Where its files are.
    pub location: String,
}

/// `DROP kind [IF EXISTS] names [CASCADE|RESTRICT]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Drop {
    /// What is dropped.
    pub kind: DropKind,
    /// `IF EXISTS`.
    pub if_exists: bool,
    /// Names.
    pub names: Vec<ObjectName>,
    /// `CASCADE` or `RESTRICT` (`FORCE` of `DROP ROLE` is `Cascade`).
    pub behavior: Option<DropBehavior>,
}

/// What `DROP` drops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the names are the commands' words
pub enum DropKind {
    Table,
    View,
    MaterializedView,
    ExternalView,
    Database,
    User,
    Group,
    Role,
    Library,
    Model,
    Datashare,
    RlsPolicy,
    MaskingPolicy,
    IdentityProvider,
    Template,
}
