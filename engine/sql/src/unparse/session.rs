//! Text of transaction, session, upkeep and cursor statements.

use std::fmt::{self, Display, Formatter};

use super::{After, Commas, Parens, quote, quoted_after, sql_text, texts, when};
use crate::ast::{
    Analyze, AnalyzeCompression, Begin, Cancel, Close, Deallocate, DeclareCursor, Execute, Explain, Fetch, Lock,
    ParameterValue, Prepare, Reset, Set, SetSessionAuthorization, SetTransaction, SetValue, Show, ShowFilter,
    TransactionModes, Vacuum, VacuumMode,
};
use crate::parser::isolation_words;

impl Display for Explain {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "EXPLAIN {}{}", when(self.verbose, "VERBOSE "), self.statement)
    }
}

/// Each mode with a blank in front.
impl Display for TransactionModes {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(isolation) = self.isolation {
            write!(f, " ISOLATION LEVEL {}", isolation_words(isolation))?;
        }
        f.write_str(self.read_only.map_or("", |read_only| if read_only { " READ ONLY" } else { " READ WRITE" }))
    }
}

impl Display for Begin {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "BEGIN{}", self.modes)
    }
}

impl Display for Lock {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "LOCK TABLE {}", Commas(&self.tables))?;
        self.mode.as_ref().map_or(Ok(()), |mode| write!(f, " IN {mode} MODE"))
    }
}

impl Display for ParameterValue {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            ParameterValue::Word(word) => write!(f, "{word}"),
            ParameterValue::String(text) => f.write_str(&quote(text)),
            ParameterValue::Number(text) | ParameterValue::Interval(text) => f.write_str(text),
        }
    }
}

impl Display for Set {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "SET {}", when(self.local, "LOCAL "))?;
        match &self.value {
            SetValue::Values(values)
                if self.name == "timezone" && matches!(values[..], [ParameterValue::Interval(_)]) =>
            {
                write!(f, "TIME ZONE {}", Commas(values))
            }
            SetValue::Values(values) => write!(f, "{} TO {}", parameter(&self.name), Commas(values)),
            SetValue::Default => write!(f, "{} TO DEFAULT", parameter(&self.name)),
        }
    }
}

/// A parameter's name; parts that are not plain words are quoted.
fn parameter(name: &str) -> String {
    let plain = |part: &str| {
        part.chars().all(crate::lexer::is_identifier_part)
            && !part.starts_with(|c: char| !crate::lexer::is_identifier_start(c))
    };
    let parts = name.split('.').map(|part| match plain(part) && !part.is_empty() && part != "local" {
        true => part.to_string(),
        false => format!("\"{}\"", part.replace('"', "\"\"")),
    });
    parts.collect::<Vec<_>>().join(".")
}

impl Display for Reset {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "RESET {}", parameter(name)),
            None => f.write_str("RESET ALL"),
        }
    }
}

impl Display for SetSessionAuthorization {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "SET {}SESSION AUTHORIZATION ", when(self.local, "LOCAL "))?;
        match &self.user {
            Some(user) => f.write_str(&quote(user)),
            None => f.write_str("DEFAULT"),
        }
    }
}

impl Display for SetTransaction {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "SET {}TRANSACTION{}", when(self.session, "SESSION CHARACTERISTICS AS "), self.modes)
    }
}

impl Display for ShowFilter {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&quoted_after(" LIKE ", self.like.as_ref()))?;
        write!(f, "{}", After(" LIMIT ", self.limit.as_ref()))
    }
}

impl Display for Show {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let routine = |procedure: bool| if procedure { "PROCEDURE" } else { "FUNCTION" };
        f.write_str("SHOW ")?;
        match self {
            Show::All => f.write_str("ALL"),
            Show::Parameter(name) => f.write_str(&parameter(name)),
            Show::Table(name) => write!(f, "TABLE {name}"),
            Show::View(name) => write!(f, "VIEW {name}"),
            Show::ExternalTable { name, partition } => {
                write!(f, "EXTERNAL TABLE {name}{}", when(*partition, " PARTITION"))
            }
            Show::Routine { procedure, name, arguments } => {
                write!(f, "{} {name}{}", routine(*procedure), super::routine::optional_list(arguments.as_deref()))
            }
            Show::Model(name) => write!(f, "MODEL {name}"),
            Show::Models => f.write_str("MODEL ALL"),
            Show::Databases { from, filter } => write!(f, "DATABASES{}{filter}", After(" FROM ", from.as_ref())),
            Show::Schemas { database, filter } => write!(f, "SCHEMAS FROM DATABASE {database}{filter}"),
            Show::Tables { schema, filter } => write!(f, "TABLES FROM SCHEMA {schema}{filter}"),
            Show::Columns { table, filter } => write!(f, "COLUMNS FROM TABLE {table}{filter}"),
            Show::Routines { procedures, schema, filter } => {
                write!(f, "{}S FROM SCHEMA {schema}{filter}", routine(*procedures))
            }
            Show::RoutineParameters { procedure, name, arguments, filter } => {
                write!(f, "PARAMETERS OF {} {name} ({}){filter}", routine(*procedure), Commas(arguments))
            }
            Show::Datashares(filter) => write!(f, "DATASHARES{filter}"),
            Show::Other { kind, rest } if rest.is_empty() => f.write_str(kind),
            Show::Other { kind, rest } => write!(f, "{kind} {rest}"),
        }
    }
}

impl Display for Analyze {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "ANALYZE{}{}", when(self.verbose, " VERBOSE"), After(" ", self.table.as_ref()))?;
        let columns =
            self.predicate_columns.map_or("", |only| if only { " PREDICATE COLUMNS" } else { " ALL COLUMNS" });
        write!(f, "{}{columns}", Parens(&self.columns))
    }
}

impl Display for AnalyzeCompression {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "ANALYZE COMPRESSION{}{}", After(" ", self.table.as_ref()), Parens(&self.columns))?;
        write!(f, "{}", After(" COMPROWS ", self.comp_rows.as_ref()))
    }
}

impl Display for Vacuum {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self.mode {
            VacuumMode::Full => "VACUUM FULL",
            VacuumMode::SortOnly => "VACUUM SORT ONLY",
            VacuumMode::DeleteOnly => "VACUUM DELETE ONLY",
            VacuumMode::Reindex => "VACUUM REINDEX",
            VacuumMode::Recluster => "VACUUM RECLUSTER",
        })?;
        write!(f, "{}", After(" ", self.table.as_ref()))?;
        if let Some(percent) = self.threshold_percent {
            write!(f, " TO {percent} PERCENT")?;
        }
        f.write_str(when(self.boost, " BOOST"))
    }
}

impl Display for Cancel {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "CANCEL {}{}", self.process, quoted_after(" ", self.message.as_ref()))
    }
}

impl Display for DeclareCursor {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "DECLARE {} CURSOR FOR {}", self.name, sql_text(self.query.as_ref()))
    }
}

impl Display for Fetch {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.count {
            Some(count) => write!(f, "FETCH FORWARD {count} FROM {}", self.cursor),
            None => write!(f, "FETCH ALL FROM {}", self.cursor),
        }
    }
}

impl Display for Close {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.cursor {
            Some(cursor) => write!(f, "CLOSE {cursor}"),
            None => f.write_str("CLOSE ALL"),
        }
    }
}

impl Display for Prepare {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "PREPARE {}{} AS {}", self.name, Parens(&self.types), self.statement)
    }
}

impl Display for Execute {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "EXECUTE {}{}", self.name, Parens(&texts(&self.values)))
    }
}

impl Display for Deallocate {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "DEALLOCATE PREPARE {name}"),
            None => f.write_str("DEALLOCATE ALL"),
        }
    }
}
