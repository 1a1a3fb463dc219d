//! External schemas and tables (Spectrum).

use super::{DataType, Ident, ObjectName, Query};

/// `CREATE EXTERNAL SCHEMA [IF NOT EXISTS] name FROM source options`.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateExternalSchema {
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// Name.
    pub name: ObjectName,
    /// `FROM …`.
    pub source: ExternalSource,
    /// `DATABASE 'name'`.
    pub database: Option<String>,
    /// `SCHEMA 'name'`.
    pub schema: Option<String>,
    /// `CREATE EXTERNAL DATABASE IF NOT EXISTS`.
    pub create_external_database: bool,
    /// `IAM_ROLE`.
    pub iam_role: Option<IamRole>,
    /// Other options in their order: upper-case name (`REGION`, `CATALOG_ROLE`, `CATALOG_ID`, `URI`, `PORT`,
    /// `SECRET_ARN`, `CLUSTER_ARN`, `AUTHENTICATION`, `AUTHENTICATION_ARN`) and value.
    pub options: Vec<(String, String)>,
}

/// Where an external schema's tables are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the names are the grammar's words
pub enum ExternalSource {
    DataCatalog,
    HiveMetastore,
    Postgres,
    Mysql,
    Kinesis,
    Kafka,
    Msk,
    Redshift,
}

/// `IAM_ROLE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IamRole {
    /// `default`.
    Default,
    /// An ARN, a comma-separated chain of ARNs, or `SESSION`.
    Arn(String),
}

/// `ALTER EXTERNAL SCHEMA name …`.
#[derive(Debug, Clone, PartialEq)]
pub struct AlterExternalSchema {
    /// Name.
    pub name: ObjectName,
    /// `IAM_ROLE`.
    pub iam_role: Option<IamRole>,
    /// Other options as in [`CreateExternalSchema::options`].
    pub options: Vec<(String, String)>,
}

/// `CREATE EXTERNAL TABLE name (…) …`.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateExternalTable {
    /// `IF NOT EXISTS` (not in Redshift's grammar; recorded).
    pub if_not_exists: bool,
    /// Name.
    pub name: ObjectName,
    /// Columns; empty with `AS`.
    pub columns: Vec<ExternalColumn>,
    /// `PARTITIONED BY`; with `AS` the types are [`ExternalType::Unspecified`].
    pub partition_columns: Vec<ExternalColumn>,
    /// `ROW FORMAT`.
    pub row_format: Option<RowFormat>,
    /// `STORED AS`.
    pub stored_as: Option<StorageFormat>,
    /// `LOCATION`.
    pub location: Option<String>,
    /// `TABLE PROPERTIES`.
    pub properties: Vec<(String, String)>,
    /// `AS query`.
    pub query: Option<Box<Query>>,
}

/// A column of an external table.
#[derive(Debug, Clone, PartialEq)]
pub struct ExternalColumn {
    /// Name.
    pub name: Ident,
    /// Type.
    pub data_type: ExternalType,
}

/// The type of an external column, which may be nested.
#[derive(Debug, Clone, PartialEq)]
pub enum ExternalType {
    /// No type written (`PARTITIONED BY` of `CREATE EXTERNAL TABLE AS`).
    Unspecified,
    /// A scalar type.
    Scalar(DataType),
    /// `struct<name: type, …>`.
    Struct(Vec<ExternalColumn>),
    /// `array<type>`.
    Array(Box<ExternalType>),
    /// `map<key, value>`.
    Map(Box<ExternalType>, Box<ExternalType>),
}

/// `ROW FORMAT`.
#[derive(Debug, Clone, PartialEq)]
pub enum RowFormat {
    /// `DELIMITED [FIELDS TERMINATED BY 'c'] [LINES TERMINATED BY 'c']`.
    Delimited {
        /// `FIELDS TERMINATED BY`.
        fields: Option<String>,
        /// `LINES TERMINATED BY`.
        lines: Option<String>,
    },
    /// `SERDE 'class' [WITH SERDEPROPERTIES (…)]`.
    Serde {
        /// Class name.
        class: String,
        /// `SERDEPROPERTIES`.
        properties: Vec<(String, String)>,
    },
}

/// `STORED AS`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // the names are the grammar's words
pub enum StorageFormat {
    Parquet,
    RcFile,
    SequenceFile,
    TextFile,
    Orc,
    Avro,
    /// `INPUTFORMAT 'class' OUTPUTFORMAT 'class'`.
    Classes {
        input: String,
        output: String,
    },
}
