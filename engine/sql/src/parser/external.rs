//! External schemas and tables.

use sqlparser::tokenizer::Token;

use super::{Grammar, Parsed};
use crate::ast::{
    AlterExternalSchema, CreateExternalSchema, CreateExternalTable, ExternalColumn, ExternalSource, ExternalType,
    IamRole, RowFormat, Statement, StorageFormat,
};

impl Grammar<'_> {
    /// After `CREATE EXTERNAL SCHEMA`.
    pub(super) fn create_external_schema(&mut self) -> Parsed<Statement> {
        let if_not_exists = self.if_not_exists();
        let name = self.object_name()?;
        self.eat("from");
        let Some((words, source)) = EXTERNAL_SOURCES.iter().find(|(words, _)| self.are(words)) else {
            return Err(self.unexpected());
        };
        self.expect_all(words)?;
        let mut schema = CreateExternalSchema {
            if_not_exists,
            name,
            source: *source,
            database: None,
            schema: None,
            create_external_database: false,
            iam_role: None,
            options: Vec::new(),
        };
        while !self.at_end() {
            if self.eat("database") {
                schema.database = Some(self.string_or_word()?);
            } else if self.eat("schema") {
                schema.schema = Some(self.string_or_word()?);
            } else if self.eat_all(&["create", "external", "database", "if", "not", "exists"]) {
                schema.create_external_database = true;
            } else if self.eat("iam_role") {
                schema.iam_role = Some(self.iam_role()?);
            } else {
                schema.options.push(self.external_option()?);
            }
        }
        Ok(Statement::CreateExternalSchema(schema))
    }

    fn external_option(&mut self) -> Parsed<(String, String)> {
        match self.eat_one_of(EXTERNAL_OPTIONS) {
            Some(word) => Ok((word.to_uppercase(), self.string_or_word()?)),
            None => Err(self.unexpected()),
        }
    }

    /// `default`, `'default'`, `'SESSION'` or `'arn[,arn]'`.
    pub(super) fn iam_role(&mut self) -> Parsed<IamRole> {
        if self.eat("default") {
            return Ok(IamRole::Default);
        }
        let arn = self.string()?;
        Ok(if arn.eq_ignore_ascii_case("default") { IamRole::Default } else { IamRole::Arn(arn) })
    }

    /// After `ALTER EXTERNAL SCHEMA`.
    pub(super) fn alter_external_schema(&mut self) -> Parsed<Statement> {
        let name = self.object_name()?;
        let (mut iam_role, mut options) = (None, Vec::new());
        while !self.at_end() {
            if self.eat("iam_role") {
                iam_role = Some(self.iam_role()?);
            } else {
                options.push(self.external_option()?);
            }
        }
        Ok(Statement::AlterExternalSchema(AlterExternalSchema { name, iam_role, options }))
    }

    /// After `CREATE EXTERNAL TABLE`.
    pub(super) fn create_external_table(&mut self) -> Parsed<Statement> {
        let mut table = CreateExternalTable {
            if_not_exists: self.if_not_exists(),
            name: self.object_name()?,
            columns: Vec::new(),
            partition_columns: Vec::new(),
            row_format: None,
            stored_as: None,
            location: None,
            properties: Vec::new(),
            query: None,
        };
        if *self.token() == Token::LParen {
            table.columns = self.parenthesized(|g| g.list(|g| g.external_column(0)))?;
        }
        while !self.at_end() && !self.is("as") {
            if self.eat_all(&["partitioned", "by"]) {
                table.partition_columns = self.parenthesized(|g| g.list(|g| g.external_column(0)))?;
            } else if self.eat_all(&["row", "format"]) {
                table.row_format = Some(self.row_format()?);
            } else if self.eat_all(&["stored", "as"]) {
                table.stored_as = Some(self.storage_format()?);
            } else if self.eat("location") {
                table.location = Some(self.string()?);
            } else if self.eat_all(&["table", "properties"]) || self.eat("tblproperties") {
                table.properties = self.properties()?;
            } else {
                return Err(self.unexpected());
            }
        }
        if self.eat("as") {
            table.query = Some(self.query()?);
        }
        Ok(Statement::CreateExternalTable(table))
    }

    /// `name type`, or `name: type` within a struct; the type may be missing.
    fn external_column(&mut self, depth: usize) -> Parsed<ExternalColumn> {
        let name = self.any_ident()?;
        self.eat_token(&Token::Colon);
        let data_type = match self.token() {
            Token::Word(_) => self.external_type(depth)?,
            _ => ExternalType::Unspecified,
        };
        Ok(ExternalColumn { name, data_type })
    }

    fn external_type(&mut self, depth: usize) -> Parsed<ExternalType> {
        if depth > TYPE_NESTING_MAX {
            return Err(self.error("stack depth limit exceeded: the type is nested too deeply").into_limit());
        }
        if *self.token_after(1) != Token::Lt {
            return Ok(ExternalType::Scalar(self.data_type()?));
        }
        let Some(word) = self.eat_one_of(&["struct", "array", "map"]) else { return Err(self.unexpected()) };
        self.expect_token(&Token::Lt)?;
        let nested = match word {
            "struct" => ExternalType::Struct(self.list(|g| g.external_column(depth + 1))?),
            "array" => ExternalType::Array(Box::new(self.external_type(depth + 1)?)),
            _ => {
                let key = self.external_type(depth + 1)?;
                self.expect_token(&Token::Comma)?;
                ExternalType::Map(Box::new(key), Box::new(self.external_type(depth + 1)?))
            }
        };
        self.close_angle_bracket()?;
        Ok(nested)
    }

    /// `>`; the first half of `>>` leaves the other half.
    fn close_angle_bracket(&mut self) -> Parsed<()> {
        if self.eat_token(&Token::Gt) {
            return Ok(());
        }
        if *self.token() != Token::ShiftRight {
            return Err(self.unexpected());
        }
        if self.half_bracket_taken {
            self.advance();
        }
        self.half_bracket_taken = !self.half_bracket_taken;
        Ok(())
    }

    fn row_format(&mut self) -> Parsed<RowFormat> {
        if self.eat("serde") {
            let class = self.string()?;
            let properties = if self.eat_all(&["with", "serdeproperties"]) { self.properties()? } else { Vec::new() };
            return Ok(RowFormat::Serde { class, properties });
        }
        self.expect("delimited")?;
        let (mut fields, mut lines) = (None, None);
        loop {
            if self.eat_all(&["fields", "terminated", "by"]) {
                fields = Some(self.string()?);
            } else if self.eat_all(&["lines", "terminated", "by"]) {
                lines = Some(self.string()?);
            } else {
                return Ok(RowFormat::Delimited { fields, lines });
            }
        }
    }

    pub(super) fn storage_format(&mut self) -> Parsed<StorageFormat> {
        let Some(word) = self.eat_one_of(STORAGE_WORDS) else { return Err(self.unexpected()) };
        Ok(match word {
            "parquet" => StorageFormat::Parquet,
            "rcfile" => StorageFormat::RcFile,
            "sequencefile" => StorageFormat::SequenceFile,
            "textfile" => StorageFormat::TextFile,
            "orc" => StorageFormat::Orc,
            "avro" => StorageFormat::Avro,
            _ => {
                let input = self.string()?;
                self.expect("outputformat")?;
                StorageFormat::Classes { input, output: self.string()? }
            }
        })
    }

    /// `('key' = 'value', …)`.
    pub(super) fn properties(&mut self) -> Parsed<Vec<(String, String)>> {
        self.parenthesized(|g| {
            g.list(|g| {
                let key = g.string()?;
                g.expect_token(&Token::Eq)?;
                Ok((key, g.string_or_word()?))
            })
        })
    }
}

const TYPE_NESTING_MAX: usize = 100;

const STORAGE_WORDS: &[&str] = &["parquet", "rcfile", "sequencefile", "textfile", "orc", "avro", "inputformat"];

const EXTERNAL_SOURCES: &[(&[&str], ExternalSource)] = &[
    (&["data", "catalog"], ExternalSource::DataCatalog),
    (&["hive", "metastore"], ExternalSource::HiveMetastore),
    (&["postgres"], ExternalSource::Postgres),
    (&["mysql"], ExternalSource::Mysql),
    (&["kinesis"], ExternalSource::Kinesis),
    (&["kafka"], ExternalSource::Kafka),
    (&["msk"], ExternalSource::Msk),
    (&["redshift"], ExternalSource::Redshift),
];

const EXTERNAL_OPTIONS: &[&str] = &[
    "region",
    "catalog_role",
    "catalog_id",
    "uri",
    "port",
    "secret_arn",
    "cluster_arn",
    "authentication",
    "authentication_arn",
];
