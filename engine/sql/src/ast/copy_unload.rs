//! `COPY`, `COPY JOB`, `UNLOAD`.
//!
//! Both commands are a long list of options in any order; each is one [`CopyOption`], so that the statement's meaning
//! (which options exclude each other, defaults) is checked where the statement runs.

use super::{IamRole, Ident, ObjectName, Query};

/// `COPY table [(columns)] FROM 'source' authorization options`.
#[derive(Debug, Clone, PartialEq)]
pub struct Copy {
    /// Target table.
    pub table: ObjectName,
    /// Target columns, or the shapefile/JSON column mapping; empty when not written.
    pub columns: Vec<Ident>,
    /// Source URI.
    pub source: String,
    /// Options in the order written.
    pub options: Vec<CopyOption>,
    /// `JOB CREATE name [AUTO ON|OFF]`.
    pub job: Option<CopyJobCreate>,
}

/// `JOB CREATE name [AUTO ON|OFF]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyJobCreate {
    /// Name of the job.
    pub name: Ident,
    /// `AUTO ON|OFF`.
    pub auto: Option<bool>,
}

/// `COPY JOB …` on an existing job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CopyJob {
    /// `COPY JOB DROP name`.
    Drop(Ident),
    /// `COPY JOB ALTER name AUTO ON|OFF`.
    Alter {
        /// Name.
        name: Ident,
        /// `AUTO ON`.
        auto: bool,
    },
    /// `COPY JOB RUN name`.
    Run(Ident),
    /// `COPY JOB LIST`.
    List,
    /// `COPY JOB SHOW name`.
    Show(Ident),
}

/// One option of `COPY` or `UNLOAD`.
#[derive(Debug, Clone, PartialEq)]
pub enum CopyOption {
    /// `IAM_ROLE default | 'arn'`.
    IamRole(IamRole),
    /// `[WITH] CREDENTIALS [AS] '…'`.
    Credentials(String),
    /// `ACCESS_KEY_ID '…'`.
    AccessKeyId(String),
    /// `SECRET_ACCESS_KEY '…'`.
    SecretAccessKey(String),
    /// `SESSION_TOKEN '…'`.
    SessionToken(String),
    /// `[FORMAT [AS]] format`.
    Format(CopyFormat),
    /// `DELIMITER [AS] 'c'`.
    Delimiter(String),
    /// `FIXEDWIDTH [AS] 'spec'`.
    FixedWidth(String),
    /// `QUOTE [AS] 'c'`.
    Quote(String),
    /// `NULL [AS] 'text'`.
    Null(String),
    /// `DATEFORMAT [AS] 'format' | 'auto'`.
    DateFormat(String),
    /// `TIMEFORMAT [AS] 'format' | 'auto' | 'epochsecs' | 'epochmillisecs'`.
    TimeFormat(String),
    /// `ENCODING [AS] name`, upper case.
    Encoding(String),
    /// `REGION [AS] 'name'`.
    Region(String),
    /// `ACCEPTINVCHARS [AS] ['c']`.
    AcceptInvChars(Option<String>),
    /// `IGNOREHEADER [AS] n`.
    IgnoreHeader(u64),
    /// `MAXERROR [AS] n`.
    MaxError(u64),
    /// `READRATIO n`.
    ReadRatio(u64),
    /// `COMPROWS n`.
    CompRows(u64),
    /// `COMPUPDATE [PRESET|ON|OFF]`.
    CompUpdate(CompUpdate),
    /// `STATUPDATE [ON|OFF]`.
    StatUpdate(bool),
    /// `MASTER_SYMMETRIC_KEY '…'`.
    MasterSymmetricKey(String),
    /// `KMS_KEY_ID '…'`.
    KmsKeyId(String),
    /// `ENCRYPTED [AUTO]`; `true` with `AUTO`.
    Encrypted(bool),
    /// `MANIFEST [VERBOSE]`; `true` with `VERBOSE`.
    Manifest(bool),
    /// `SSH`.
    Ssh,
    /// `EXTENSION 'name'`.
    Extension(String),
    /// `PARTITION BY (columns) [INCLUDE]`.
    PartitionBy {
        /// Columns.
        columns: Vec<Ident>,
        /// `INCLUDE`.
        include: bool,
    },
    /// `PARALLEL [ON|OFF]`.
    Parallel(bool),
    /// `MAXFILESIZE [AS] n [MB|GB]`, in bytes.
    MaxFileSizeBytes(u64),
    /// `ROWGROUPSIZE [AS] n [MB|GB]`, in bytes.
    RowGroupSizeBytes(u64),
    /// `SIMPLIFY [AUTO] [n]`.
    Simplify {
        /// `AUTO`.
        auto: bool,
        /// Tolerance as written.
        tolerance: Option<String>,
    },
    /// A word without a value.
    Flag(CopyFlag),
}

/// `FORMAT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CopyFormat {
    /// `CSV`.
    Csv,
    /// `PARQUET`.
    Parquet,
    /// `ORC`.
    Orc,
    /// `JSON ['auto' | 'auto ignorecase' | 'noshred' | 's3://paths']`.
    Json(Option<String>),
    /// `AVRO ['auto' | 'auto ignorecase' | 's3://paths']`.
    Avro(Option<String>),
    /// `SHAPEFILE`.
    Shapefile,
    /// `TEXT` (`FORMAT TEXT` of `UNLOAD`).
    Text,
}

/// `COMPUPDATE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the names are the grammar's words
pub enum CompUpdate {
    On,
    Off,
    Preset,
}

/// Options without a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the names are the grammar's words
pub enum CopyFlag {
    AcceptAnyDate,
    BlanksAsNull,
    EmptyAsNull,
    Escape,
    ExplicitIds,
    FillRecord,
    IgnoreAllErrors,
    IgnoreBlankLines,
    RemoveQuotes,
    RoundEc,
    TrimBlanks,
    TruncateColumns,
    NoLoad,
    SerializeToJson,
    Bzip2,
    Gzip,
    Lzop,
    Zstd,
    Header,
    AddQuotes,
    AllowOverwrite,
    CleanPath,
}

/// The words of the options without a value.
pub const COPY_FLAGS: &[(&str, CopyFlag)] = &[
    ("ACCEPTANYDATE", CopyFlag::AcceptAnyDate),
    ("BLANKSASNULL", CopyFlag::BlanksAsNull),
    ("EMPTYASNULL", CopyFlag::EmptyAsNull),
    ("ESCAPE", CopyFlag::Escape),
    ("EXPLICIT_IDS", CopyFlag::ExplicitIds),
    ("FILLRECORD", CopyFlag::FillRecord),
    ("IGNOREALLERRORS", CopyFlag::IgnoreAllErrors),
    ("IGNOREBLANKLINES", CopyFlag::IgnoreBlankLines),
    ("REMOVEQUOTES", CopyFlag::RemoveQuotes),
    ("ROUNDEC", CopyFlag::RoundEc),
    ("TRIMBLANKS", CopyFlag::TrimBlanks),
    ("TRUNCATECOLUMNS", CopyFlag::TruncateColumns),
    ("NOLOAD", CopyFlag::NoLoad),
    ("SERIALIZETOJSON", CopyFlag::SerializeToJson),
    ("BZIP2", CopyFlag::Bzip2),
    ("GZIP", CopyFlag::Gzip),
    ("LZOP", CopyFlag::Lzop),
    ("ZSTD", CopyFlag::Zstd),
    ("HEADER", CopyFlag::Header),
    ("ADDQUOTES", CopyFlag::AddQuotes),
    ("ALLOWOVERWRITE", CopyFlag::AllowOverwrite),
    ("CLEANPATH", CopyFlag::CleanPath),
];

/// `UNLOAD ('query') TO 'target' options`.
#[derive(Debug, Clone, PartialEq)]
pub struct Unload {
    /// The query's text, unquoted.
    pub query_text: String,
    /// The parsed query.
    pub query: Box<Query>,
    /// Target URI prefix.
    pub target: String,
    /// Options in the order written.
    pub options: Vec<CopyOption>,
}
