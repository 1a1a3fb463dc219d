//! Options of `COPY` and `UNLOAD` (pages copy-parameters-*, r_UNLOAD). `AS` before a value is always optional.

use sqlparser::tokenizer::Token;

use super::{Grammar, Parsed};
use crate::ast::{CompUpdate, CopyFormat, CopyOption};

impl Grammar<'_> {
    /// All options up to the end or to a word that is none (`JOB CREATE`).
    pub(super) fn copy_options(&mut self) -> Parsed<Vec<CopyOption>> {
        let mut options = Vec::new();
        while !self.at_end() && !self.are(&["job", "create"]) {
            options.push(self.copy_option()?);
        }
        Ok(options)
    }

    fn copy_option(&mut self) -> Parsed<CopyOption> {
        if let Some((word, flag)) = crate::ast::COPY_FLAGS.iter().find(|(word, _)| self.is(&word.to_lowercase())) {
            self.expect(&word.to_lowercase())?;
            return Ok(CopyOption::Flag(*flag));
        }
        self.eat("with");
        let Some(word) = self.eat_one_of(OPTION_WORDS) else { return Err(self.unexpected()) };
        if let Some(format) = self.copy_format(word)? {
            return Ok(CopyOption::Format(format));
        }
        if let Some(option) = self.copy_text_option(word)? {
            return Ok(option);
        }
        self.copy_other_option(word)
    }

    fn copy_format(&mut self, word: &'static str) -> Parsed<Option<CopyFormat>> {
        let word = if word == "format" {
            self.eat("as");
            match self.eat_one_of(FORMAT_WORDS) {
                Some(word) => word,
                None => return Err(self.unexpected()),
            }
        } else {
            word
        };
        Ok(Some(match word {
            "csv" => CopyFormat::Csv,
            "parquet" => CopyFormat::Parquet,
            "orc" => CopyFormat::Orc,
            "shapefile" => CopyFormat::Shapefile,
            "text" => CopyFormat::Text,
            "json" => CopyFormat::Json(self.optional_as_string()?),
            "avro" => CopyFormat::Avro(self.optional_as_string()?),
            _ => return Ok(None),
        }))
    }

    /// Options whose value is a text.
    fn copy_text_option(&mut self, word: &'static str) -> Parsed<Option<CopyOption>> {
        let wrap: fn(String) -> CopyOption = match word {
            "credentials" => CopyOption::Credentials,
            "access_key_id" => CopyOption::AccessKeyId,
            "secret_access_key" => CopyOption::SecretAccessKey,
            "session_token" | "token" => CopyOption::SessionToken,
            "delimiter" => CopyOption::Delimiter,
            "fixedwidth" => CopyOption::FixedWidth,
            "quote" => CopyOption::Quote,
            "null" => CopyOption::Null,
            "dateformat" => CopyOption::DateFormat,
            "timeformat" => CopyOption::TimeFormat,
            "encoding" => |text| CopyOption::Encoding(text.to_uppercase()),
            "region" => CopyOption::Region,
            "master_symmetric_key" => CopyOption::MasterSymmetricKey,
            "kms_key_id" => CopyOption::KmsKeyId,
            "extension" => CopyOption::Extension,
            _ => return Ok(None),
        };
        self.eat("as");
        Ok(Some(wrap(self.string_or_word()?)))
    }

    fn copy_other_option(&mut self, word: &'static str) -> Parsed<CopyOption> {
        self.eat("as");
        Ok(match word {
            "iam_role" => CopyOption::IamRole(self.iam_role()?),
            "acceptinvchars" => CopyOption::AcceptInvChars(self.optional_as_string()?),
            "ignoreheader" => CopyOption::IgnoreHeader(self.number_option()?),
            "maxerror" => CopyOption::MaxError(self.number_option()?),
            "readratio" => CopyOption::ReadRatio(self.number_option()?),
            "comprows" => CopyOption::CompRows(self.number_option()?),
            "compupdate" if self.eat("preset") => CopyOption::CompUpdate(CompUpdate::Preset),
            "compupdate" => {
                CopyOption::CompUpdate(if self.optional_switch()? { CompUpdate::On } else { CompUpdate::Off })
            }
            "statupdate" => CopyOption::StatUpdate(self.optional_switch()?),
            "parallel" => CopyOption::Parallel(self.optional_switch()?),
            "encrypted" => CopyOption::Encrypted(self.eat("auto")),
            "manifest" => CopyOption::Manifest(self.eat("verbose")),
            "ssh" => CopyOption::Ssh,
            "maxfilesize" => CopyOption::MaxFileSizeBytes(self.size_bytes()?),
            "rowgroupsize" => CopyOption::RowGroupSizeBytes(self.size_bytes()?),
            "partition" => {
                self.expect("by")?;
                let columns = self.paren_idents()?;
                CopyOption::PartitionBy { columns, include: self.eat("include") }
            }
            _ => {
                let auto = self.eat("auto");
                let tolerance = match self.token() {
                    Token::Number(digits, _) => Some(digits.clone()),
                    _ => None,
                };
                if tolerance.is_some() {
                    self.advance();
                }
                CopyOption::Simplify { auto, tolerance }
            }
        })
    }

    /// `[AS] 'text'`, or nothing.
    fn optional_as_string(&mut self) -> Parsed<Option<String>> {
        if self.is("as") && matches!(self.token_after(1), Token::SingleQuotedString(_)) {
            self.advance();
        }
        if self.is_string() { Ok(Some(self.string()?)) } else { Ok(None) }
    }

    /// A number, which may be written as a string.
    fn number_option(&mut self) -> Parsed<u64> {
        match self.token() {
            Token::SingleQuotedString(text) => match text.trim().parse() {
                Ok(value) => {
                    self.advance();
                    Ok(value)
                }
                Err(_) => Err(self.unexpected()),
            },
            _ => self.unsigned(),
        }
    }

    /// `ON`, `OFF`, `TRUE`, `FALSE`, or nothing for `ON`.
    fn optional_switch(&mut self) -> Parsed<bool> {
        match self.word() {
            Some("on" | "off" | "true" | "false") => self.switch(),
            _ => Ok(true),
        }
    }

    /// `n [MB|GB]`, megabytes by default; `n` may have a fraction.
    fn size_bytes(&mut self) -> Parsed<u64> {
        let Token::Number(digits, _) = self.token() else { return Err(self.unexpected()) };
        let Ok(amount) = digits.parse::<f64>() else { return Err(self.unexpected()) };
        self.advance();
        let megabytes = if self.eat("gb") { amount * 1024.0 } else { amount };
        self.eat("mb");
        Ok((megabytes * 1024.0 * 1024.0).round() as u64)
    }
}

const FORMAT_WORDS: &[&str] = &["csv", "parquet", "orc", "shapefile", "text", "json", "avro"];

const OPTION_WORDS: &[&str] = &[
    "format",
    "csv",
    "parquet",
    "orc",
    "shapefile",
    "json",
    "avro",
    "credentials",
    "access_key_id",
    "secret_access_key",
    "session_token",
    "token",
    "delimiter",
    "fixedwidth",
    "quote",
    "null",
    "dateformat",
    "timeformat",
    "encoding",
    "region",
    "master_symmetric_key",
    "kms_key_id",
    "extension",
    "iam_role",
    "acceptinvchars",
    "ignoreheader",
    "maxerror",
    "readratio",
    "comprows",
    "compupdate",
    "statupdate",
    "parallel",
    "encrypted",
    "manifest",
    "ssh",
    "maxfilesize",
    "rowgroupsize",
    "partition",
    "simplify",
];
