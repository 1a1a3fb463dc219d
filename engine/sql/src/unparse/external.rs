//! Text of external schemas and tables.

use std::fmt::{self, Display, Formatter};

use super::{Commas, Parens, quote, quoted_after, sql_text, when};
use crate::ast::{
    AlterExternalSchema, CreateExternalSchema, CreateExternalTable, ExternalColumn, ExternalSource, ExternalType,
    IamRole, RowFormat, StorageFormat,
};

/// ` ('key' = 'value', …)`.
pub(super) fn properties(properties: &[(String, String)]) -> String {
    let pairs: Vec<String> =
        properties.iter().map(|(key, value)| format!("{} = {}", quote(key), quote(value))).collect();
    format!(" ({})", pairs.join(", "))
}

fn options(options: &[(String, String)]) -> String {
    options.iter().map(|(name, value)| format!(" {name} {}", quote(value))).collect()
}

impl Display for IamRole {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            IamRole::Default => f.write_str("IAM_ROLE default"),
            IamRole::Arn(arn) => write!(f, "IAM_ROLE {}", quote(arn)),
        }
    }
}

impl Display for ExternalSource {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ExternalSource::DataCatalog => "DATA CATALOG",
            ExternalSource::HiveMetastore => "HIVE METASTORE",
            ExternalSource::Postgres => "POSTGRES",
            ExternalSource::Mysql => "MYSQL",
            ExternalSource::Kinesis => "KINESIS",
            ExternalSource::Kafka => "KAFKA",
            ExternalSource::Msk => "MSK",
            ExternalSource::Redshift => "REDSHIFT",
        })
    }
}

impl Display for CreateExternalSchema {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let if_not_exists = when(self.if_not_exists, "IF NOT EXISTS ");
        write!(f, "CREATE EXTERNAL SCHEMA {if_not_exists}{} FROM {}", self.name, self.source)?;
        f.write_str(&quoted_after(" DATABASE ", self.database.as_ref()))?;
        f.write_str(&quoted_after(" SCHEMA ", self.schema.as_ref()))?;
        write!(f, "{}{}", super::After(" ", self.iam_role.as_ref()), options(&self.options))?;
        f.write_str(when(self.create_external_database, " CREATE EXTERNAL DATABASE IF NOT EXISTS"))
    }
}

impl Display for AlterExternalSchema {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let role = super::After(" ", self.iam_role.as_ref());
        write!(f, "ALTER EXTERNAL SCHEMA {}{role}{}", self.name, options(&self.options))
    }
}

impl Display for ExternalType {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            ExternalType::Unspecified => Ok(()),
            ExternalType::Scalar(data_type) => write!(f, "{data_type}"),
            ExternalType::Array(element) => write!(f, "array<{element}>"),
            ExternalType::Map(key, value) => write!(f, "map<{key}, {value}>"),
            ExternalType::Struct(fields) => {
                let fields: Vec<String> =
                    fields.iter().map(|field| format!("{}: {}", field.name, field.data_type)).collect();
                write!(f, "struct<{}>", fields.join(", "))
            }
        }
    }
}

impl Display for ExternalColumn {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.data_type {
            ExternalType::Unspecified => write!(f, "{}", self.name),
            _ => write!(f, "{} {}", self.name, self.data_type),
        }
    }
}

impl Display for RowFormat {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            RowFormat::Delimited { fields, lines } => {
                let fields = quoted_after(" FIELDS TERMINATED BY ", fields.as_ref());
                write!(f, "ROW FORMAT DELIMITED{fields}{}", quoted_after(" LINES TERMINATED BY ", lines.as_ref()))
            }
            RowFormat::Serde { class, properties: list } => {
                write!(f, "ROW FORMAT SERDE {}", quote(class))?;
                if list.is_empty() { Ok(()) } else { write!(f, " WITH SERDEPROPERTIES{}", properties(list)) }
            }
        }
    }
}

impl Display for StorageFormat {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            StorageFormat::Parquet => f.write_str("PARQUET"),
            StorageFormat::RcFile => f.write_str("RCFILE"),
            StorageFormat::SequenceFile => f.write_str("SEQUENCEFILE"),
            StorageFormat::TextFile => f.write_str("TEXTFILE"),
            StorageFormat::Orc => f.write_str("ORC"),
            StorageFormat::Avro => f.write_str("AVRO"),
            StorageFormat::Classes { input, output } => {
                write!(f, "INPUTFORMAT {} OUTPUTFORMAT {}", quote(input), quote(output))
            }
        }
    }
}

impl Display for CreateExternalTable {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let if_not_exists = when(self.if_not_exists, "IF NOT EXISTS ");
        write!(f, "CREATE EXTERNAL TABLE {if_not_exists}{}{}", self.name, Parens(&self.columns))?;
        if !self.partition_columns.is_empty() {
            write!(f, " PARTITIONED BY ({})", Commas(&self.partition_columns))?;
        }
        write!(f, "{}", super::After(" ", self.row_format.as_ref()))?;
        write!(f, "{}", super::After(" STORED AS ", self.stored_as.as_ref()))?;
        f.write_str(&quoted_after(" LOCATION ", self.location.as_ref()))?;
        if !self.properties.is_empty() {
            write!(f, " TABLE PROPERTIES{}", properties(&self.properties))?;
        }
        match &self.query {
            Some(query) => write!(f, " AS {}", sql_text(query.as_ref())),
            None => Ok(()),
        }
    }
}
