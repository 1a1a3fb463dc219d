//! Words and calls that stand for a value of the session: they become literals before planning, so
//! that a plan holds nothing that changes (and can be shipped).
//!
//! SYSDATE is the start of the transaction, GETDATE() the start of the statement.

use blueshift_sql::ast::sql::{DataType, Expr, FunctionArguments, TimezoneInfo, TypedString, Value};
use chrono::{DateTime, NaiveDateTime, SubsecRound, TimeDelta, Utc};

use crate::functions::datetime::zone::Zone;

use super::SuperOptions;

/// Values of the session at the start of a statement.
#[derive(Debug, Clone)]
pub struct Constants {
    /// When the transaction began.
    pub transaction_start: DateTime<Utc>,
    /// When the statement began.
    pub statement_start: DateTime<Utc>,
    /// Current user.
    pub user: String,
    /// Its id.
    pub user_id: i64,
    /// Current database.
    pub database: String,
    /// First schema of the search path that exists.
    pub schema: Option<String>,
    /// Process id of the session.
    pub process_id: i32,
    /// What the session's parameters say about SUPER values.
    pub super_options: SuperOptions,
    /// The session's time zone.
    pub zone: Zone,
    /// Whether interval literals with months and days are refused.
    pub forbid_composite_intervals: bool,
}

impl Constants {
    /// Fixed values.
    #[cfg(test)]
    pub(crate) fn for_tests() -> Self {
        Constants {
            transaction_start: DateTime::UNIX_EPOCH,
            statement_start: DateTime::UNIX_EPOCH,
            user: "awsuser".to_owned(),
            user_id: 100,
            database: "dev".to_owned(),
            schema: Some("public".to_owned()),
            process_id: 1,
            super_options: SuperOptions::default(),
            zone: Zone::Fixed(0),
            forbid_composite_intervals: false,
        }
    }

    /// Replaces `expr` when it is such a word or call.
    pub fn replace(&self, expr: &mut Expr) {
        let replacement = match &*expr {
            Expr::Identifier(ident) if ident.quote_style.is_none() => self.word(&ident.value),
            Expr::Function(function) => {
                let name = function.name.to_string().to_lowercase();
                let no_arguments = match &function.args {
                    FunctionArguments::None => true,
                    FunctionArguments::List(list) => list.args.is_empty(),
                    FunctionArguments::Subquery(_) => false,
                };
                let name = name.strip_prefix("pg_catalog.").unwrap_or(&name);
                if no_arguments { self.word(name).or_else(|| self.call(name)) } else { None }
            }
            _ => None,
        };
        if let Some(replacement) = replacement {
            *expr = replacement;
        }
    }

    /// An instant on the clock of the session's zone.
    fn local(&self, at: &DateTime<Utc>) -> NaiveDateTime {
        let seconds = self.zone.offset_at(at.timestamp_micros());
        at.naive_utc() + TimeDelta::seconds(seconds.into())
    }

    /// `Thu Sep 19 22:53:50.333525 2013 UTC`
    fn time_of_day(&self) -> String {
        let zone = self.zone.abbreviation_at(self.statement_start.timestamp_micros());
        format!("{} {zone}", self.local(&self.statement_start).format("%a %b %d %H:%M:%S%.6f %Y"))
    }

    fn word(&self, word: &str) -> Option<Expr> {
        Some(match word {
            "sysdate" => timestamp(self.local(&self.transaction_start)),
            "current_date" => typed(DataType::Date, self.local(&self.statement_start).format("%Y-%m-%d").to_string()),
            "current_time" => typed(
                DataType::Time(None, TimezoneInfo::Tz),
                format!("{}+00", self.transaction_start.format("%H:%M:%S%.6f")),
            ),
            "localtime" => typed(
                DataType::Time(None, TimezoneInfo::None),
                self.local(&self.transaction_start).format("%H:%M:%S%.6f").to_string(),
            ),
            "localtimestamp" => timestamp(self.local(&self.transaction_start)),
            "current_timestamp" => typed(
                DataType::Timestamp(None, TimezoneInfo::Tz),
                format!("{}+00", self.transaction_start.format("%Y-%m-%d %H:%M:%S%.6f")),
            ),
            "current_user" | "session_user" | "user" => text(&self.user),
            "current_user_id" => Expr::value(Value::Number(self.user_id.to_string(), false)),
            _ => return None,
        })
    }

    fn call(&self, name: &str) -> Option<Expr> {
        Some(match name {
            // Without a fraction, as the documentation prints it.
            "getdate" => timestamp(self.local(&self.statement_start).trunc_subsecs(0)),
            "timeofday" => text(&self.time_of_day()),
            "now" => return self.word("current_timestamp"),
            "current_database" => text(&self.database),
            "current_schema" => match &self.schema {
                Some(schema) => text(schema),
                None => Expr::value(Value::Null),
            },
            "pg_backend_pid" => Expr::value(Value::Number(self.process_id.to_string(), false)),
            "version" => text(VERSION),
            // Databases with another collation cannot be made here.
            "db_collation" => text("case_sensitive"),
            _ => return None,
        })
    }
}

/// What `version()` says; clients read the two version numbers from it.
pub const VERSION: &str = concat!(
    "PostgreSQL 8.0.2 on x86_64-pc-linux-gnu, compiled by GCC, Redshift 1.0.77467 (blueshift ",
    env!("CARGO_PKG_VERSION"),
    ")"
);

fn timestamp(at: NaiveDateTime) -> Expr {
    typed(DataType::Timestamp(None, TimezoneInfo::None), at.format("%Y-%m-%d %H:%M:%S%.6f").to_string())
}

fn typed(data_type: DataType, value: String) -> Expr {
    Expr::TypedString(TypedString {
        data_type,
        value: Value::SingleQuotedString(value).into(),
        uses_odbc_syntax: false,
    })
}

fn text(value: &str) -> Expr {
    Expr::value(Value::SingleQuotedString(value.to_owned()))
}
