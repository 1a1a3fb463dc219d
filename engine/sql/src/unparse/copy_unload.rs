//! Text of `COPY` and `UNLOAD`.

use std::fmt::{self, Display, Formatter};

use super::{Parens, quote, quoted_after, when};
use crate::ast::{COPY_FLAGS, CompUpdate, Copy, CopyFlag, CopyFormat, CopyJob, CopyOption, Unload};

impl Display for CopyFlag {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(COPY_FLAGS.iter().find(|(_, flag)| flag == self).map_or("", |(word, _)| word))
    }
}

impl Display for CopyFormat {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            CopyFormat::Csv => f.write_str("CSV"),
            CopyFormat::Parquet => f.write_str("PARQUET"),
            CopyFormat::Orc => f.write_str("ORC"),
            CopyFormat::Shapefile => f.write_str("SHAPEFILE"),
            CopyFormat::Text => f.write_str("TEXT"),
            CopyFormat::Json(argument) => write!(f, "JSON{}", quoted_after(" ", argument.as_ref())),
            CopyFormat::Avro(argument) => write!(f, "AVRO{}", quoted_after(" ", argument.as_ref())),
        }
    }
}

/// Sizes are whole bytes; a fraction of a megabyte has at most 20 binary places, which decimal digits give exactly.
fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes as f64 / (1024.0 * 1024.0))
}

fn switch(on: bool) -> &'static str {
    if on { "ON" } else { "OFF" }
}

impl Display for CopyOption {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::IamRole(role) => write!(f, "{role}"),
            Self::Credentials(text) => write!(f, "CREDENTIALS {}", quote(text)),
            Self::AccessKeyId(text) => write!(f, "ACCESS_KEY_ID {}", quote(text)),
            Self::SecretAccessKey(text) => write!(f, "SECRET_ACCESS_KEY {}", quote(text)),
            Self::SessionToken(text) => write!(f, "SESSION_TOKEN {}", quote(text)),
            Self::Format(format) => write!(f, "FORMAT AS {format}"),
            Self::Delimiter(text) => write!(f, "DELIMITER {}", quote(text)),
            Self::FixedWidth(text) => write!(f, "FIXEDWIDTH {}", quote(text)),
            Self::Quote(text) => write!(f, "QUOTE AS {}", quote(text)),
            Self::Null(text) => write!(f, "NULL AS {}", quote(text)),
            Self::DateFormat(text) => write!(f, "DATEFORMAT {}", quote(text)),
            Self::TimeFormat(text) => write!(f, "TIMEFORMAT {}", quote(text)),
            Self::Encoding(text) => write!(f, "ENCODING {}", quote(text)),
            Self::Region(text) => write!(f, "REGION {}", quote(text)),
            Self::MasterSymmetricKey(text) => write!(f, "MASTER_SYMMETRIC_KEY {}", quote(text)),
            Self::KmsKeyId(text) => write!(f, "KMS_KEY_ID {}", quote(text)),
            Self::Extension(text) => write!(f, "EXTENSION {}", quote(text)),
            Self::AcceptInvChars(text) => write!(f, "ACCEPTINVCHARS{}", quoted_after(" ", text.as_ref())),
            other => other.fmt_other(f),
        }
    }
}

impl CopyOption {
    /// Options whose value is not a text.
    fn fmt_other(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::IgnoreHeader(lines) => write!(f, "IGNOREHEADER {lines}"),
            Self::MaxError(errors) => write!(f, "MAXERROR {errors}"),
            Self::ReadRatio(ratio) => write!(f, "READRATIO {ratio}"),
            Self::CompRows(rows) => write!(f, "COMPROWS {rows}"),
            Self::CompUpdate(CompUpdate::On) => f.write_str("COMPUPDATE ON"),
            Self::CompUpdate(CompUpdate::Off) => f.write_str("COMPUPDATE OFF"),
            Self::CompUpdate(CompUpdate::Preset) => f.write_str("COMPUPDATE PRESET"),
            Self::StatUpdate(on) => write!(f, "STATUPDATE {}", switch(*on)),
            Self::Encrypted(auto) => write!(f, "ENCRYPTED{}", when(*auto, " AUTO")),
            Self::Manifest(verbose) => write!(f, "MANIFEST{}", when(*verbose, " VERBOSE")),
            Self::Ssh => f.write_str("SSH"),
            Self::PartitionBy { columns, include } => {
                write!(f, "PARTITION BY{}{}", Parens(columns), when(*include, " INCLUDE"))
            }
            Self::Parallel(on) => write!(f, "PARALLEL {}", switch(*on)),
            Self::MaxFileSizeBytes(bytes) => write!(f, "MAXFILESIZE {}", megabytes(*bytes)),
            Self::RowGroupSizeBytes(bytes) => write!(f, "ROWGROUPSIZE {}", megabytes(*bytes)),
            Self::Simplify { auto, tolerance } => {
                write!(f, "SIMPLIFY{}{}", when(*auto, " AUTO"), super::After(" ", tolerance.as_ref()))
            }
            Self::Flag(flag) => write!(f, "{flag}"),
            _ => Ok(()),
        }
    }
}

impl Display for Copy {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "COPY {}{} FROM {}", self.table, Parens(&self.columns), quote(&self.source))?;
        self.options.iter().try_for_each(|option| write!(f, " {option}"))?;
        match &self.job {
            Some(job) => {
                let auto = job.auto.map_or("", |on| if on { " AUTO ON" } else { " AUTO OFF" });
                write!(f, " JOB CREATE {}{auto}", job.name)
            }
            None => Ok(()),
        }
    }
}

impl Display for CopyJob {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            CopyJob::Drop(name) => write!(f, "COPY JOB DROP {name}"),
            CopyJob::Alter { name, auto } => write!(f, "COPY JOB ALTER {name} AUTO {}", switch(*auto)),
            CopyJob::Run(name) => write!(f, "COPY JOB RUN {name}"),
            CopyJob::List => f.write_str("COPY JOB LIST"),
            CopyJob::Show(name) => write!(f, "COPY JOB SHOW {name}"),
        }
    }
}

impl Display for Unload {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "UNLOAD ({}) TO {}", quote(&self.query_text), quote(&self.target))?;
        self.options.iter().try_for_each(|option| write!(f, " {option}"))
    }
}
