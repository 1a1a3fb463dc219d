//! Statements that have ended: STL_QUERY, SVL_QLOG, SYS_QUERY_HISTORY, STL_WLM_QUERY, STL_ERROR.

use std::sync::Arc;

use super::{
    super::{context::SystemContext, declared::Filled, value::Value},
    session::{Running, cut, may_see, running, user_id},
};
use crate::{error::Result, session::FinishedQuery};

/// What sort of statement one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryKind {
    /// SELECT, DML, COPY, UNLOAD, CREATE TABLE AS: in STL_QUERY.
    Query,
    /// Definitions: in STL_DDLTEXT.
    Ddl,
    /// Everything else: in STL_UTILITYTEXT.
    Utility,
}

/// The words of a statement behind its leading comments.
fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    let mut rest = text.trim_start();
    loop {
        if let Some(comment) = rest.strip_prefix("--") {
            rest = comment.split_once('\n').map_or("", |(_, after)| after).trim_start();
        } else if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.split_once("*/").map_or("", |(_, after)| after).trim_start();
        } else {
            break;
        }
    }
    let words = rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    words.take(64).map(str::to_uppercase)
}

/// What sort of statement a text is.
pub fn kind(query: &FinishedQuery) -> QueryKind {
    let words: Vec<String> = words(&query.text).collect();
    let first = words.first().map_or("", String::as_str);
    match first {
        "SELECT" | "WITH" | "INSERT" | "UPDATE" | "DELETE" | "MERGE" | "COPY" | "UNLOAD" | "FETCH" => QueryKind::Query,
        "CREATE" if words.iter().any(|word| word == "SELECT") && words.iter().take(4).any(|word| word == "TABLE") => {
            QueryKind::Query
        }
        "CREATE" | "ALTER" | "DROP" | "COMMENT" | "GRANT" | "REVOKE" | "TRUNCATE" => QueryKind::Ddl,
        _ => QueryKind::Utility,
    }
}

/// `query_type` of SYS_QUERY_HISTORY.
fn query_type(query: &FinishedQuery) -> &'static str {
    match words(&query.text).next().as_deref() {
        Some("SELECT" | "WITH" | "FETCH") => "SELECT",
        Some("INSERT") => "INSERT",
        Some("UPDATE") => "UPDATE",
        Some("DELETE") => "DELETE",
        Some("MERGE") => "MERGE",
        Some("COPY") => "COPY",
        Some("UNLOAD") => "UNLOAD",
        Some("CALL") => "CALL",
        Some(
            "SET" | "RESET" | "SHOW" | "BEGIN" | "START" | "COMMIT" | "END" | "ROLLBACK" | "ABORT" | "VACUUM"
            | "ANALYZE" | "EXPLAIN" | "DECLARE" | "CLOSE" | "CANCEL",
        ) => "UTILITY",
        // CREATE TABLE AS tells how many rows it stored.
        Some("CREATE") if query.command == "SELECT" => "CTAS",
        Some("CREATE" | "ALTER" | "DROP" | "COMMENT" | "GRANT" | "REVOKE" | "TRUNCATE") => "DDL",
        _ => "OTHER",
    }
}

/// The statements that the session may see, oldest first.
pub fn finished(context: &SystemContext) -> Vec<Arc<FinishedQuery>> {
    let all = context.bind.registry.finished_queries().into_iter();
    all.filter(|query| may_see(context, &query.user)).collect()
}

fn queries(context: &SystemContext) -> Result<Vec<Arc<FinishedQuery>>> {
    Ok(finished(context).into_iter().filter(|query| kind(query) == QueryKind::Query).collect())
}

fn micros(query: &FinishedQuery) -> i64 {
    (query.ended - query.started).num_microseconds().unwrap_or(0)
}

fn aborted<'a>(query: &FinishedQuery) -> Value<'a> {
    i64::from(query.error.is_some()).into()
}

pub const STL_QUERY: Filled<Arc<FinishedQuery>> = Filled {
    name: "stl_query",
    items: queries,
    values: &[
        ("userid", |context, q| user_id(context, &q.user)),
        ("query", |_, q| q.query_id.into()),
        ("label", |_, q| (&q.label).into()),
        ("xid", |_, q| q.transaction_id.into()),
        ("pid", |_, q| q.process_id.into()),
        ("database", |_, q| (&q.database).into()),
        ("querytxt", |_, q| cut(&q.text, 4_000)),
        ("starttime", |_, q| q.started.into()),
        ("endtime", |_, q| q.ended.into()),
        ("aborted", |_, q| aborted(q)),
        ("insert_pristine", |_, _| 0_i64.into()),
        ("concurrency_scaling_status", |_, _| 0_i64.into()),
    ],
};

pub const SVL_QLOG: Filled<Arc<FinishedQuery>> = Filled {
    name: "svl_qlog",
    items: queries,
    values: &[
        ("userid", |context, q| user_id(context, &q.user)),
        ("query", |_, q| q.query_id.into()),
        ("xid", |_, q| q.transaction_id.into()),
        ("pid", |_, q| q.process_id.into()),
        ("starttime", |_, q| q.started.into()),
        ("endtime", |_, q| q.ended.into()),
        ("elapsed", |_, q| micros(q).into()),
        ("aborted", |_, q| aborted(q)),
        ("label", |_, q| (&q.label).into()),
        ("substring", |_, q| cut(&q.text, 60)),
        ("concurrency_scaling_status_txt", |_, _| "0 - Ran on the main cluster".into()),
    ],
};

pub const STL_WLM_QUERY: Filled<Arc<FinishedQuery>> = Filled {
    name: "stl_wlm_query",
    items: queries,
    values: &[
        ("userid", |context, q| user_id(context, &q.user)),
        ("xid", |_, q| q.transaction_id.into()),
        ("task", |_, q| q.query_id.into()),
        ("query", |_, q| q.query_id.into()),
        ("service_class", |_, _| 100_i64.into()),
        ("slot_count", |_, _| 1_i64.into()),
        ("service_class_start_time", |_, q| q.started.into()),
        ("queue_start_time", |_, q| q.started.into()),
        ("queue_end_time", |_, q| q.started.into()),
        ("total_queue_time", |_, _| 0_i64.into()),
        ("exec_start_time", |_, q| q.started.into()),
        ("exec_end_time", |_, q| q.ended.into()),
        ("total_exec_time", |_, q| micros(q).into()),
        ("service_class_end_time", |_, q| q.ended.into()),
        ("final_state", |_, _| "Completed".into()),
        ("query_priority", |_, _| "Normal".into()),
        ("service_class_name", |_, _| "Default queue".into()),
    ],
};

/// STL_ERROR: only errors of the system itself, not those of statements.
pub const STL_ERROR: Filled<Arc<FinishedQuery>> = Filled {
    name: "stl_error",
    items: |context| {
        let internal =
            |query: &Arc<FinishedQuery>| query.error.as_ref().is_some_and(|(state, _)| state.starts_with("XX"));
        Ok(finished(context).into_iter().filter(internal).collect())
    },
    values: &[
        ("userid", |context, q| user_id(context, &q.user)),
        ("process", |_, _| "blueshift".into()),
        ("recordtime", |_, q| q.ended.into()),
        ("pid", |_, q| q.process_id.into()),
        ("errcode", |_, _| 0_i64.into()),
        ("error", |_, q| q.error.as_ref().map(|(_, message)| message).into()),
    ],
};

/// A statement of SYS_QUERY_HISTORY: running or ended.
pub enum History {
    /// It is running.
    Running(Running),
    /// It has ended.
    Done(Arc<FinishedQuery>),
}

/// Its value for either.
macro_rules! either {
    ($running:pat => $now:expr, $done:pat => $then:expr) => {
        |_, h| match h {
            History::Running($running) => $now.into(),
            History::Done($done) => $then.into(),
        }
    };
}

pub const SYS_QUERY_HISTORY: Filled<History> = Filled {
    name: "sys_query_history",
    items: |context| {
        let mut all: Vec<History> = finished(context).into_iter().map(History::Done).collect();
        all.extend(running(context).into_iter().map(History::Running));
        Ok(all)
    },
    values: &[
        ("user_id", |context, h| match h {
            History::Running((session, _)) => user_id(context, &session.user),
            History::Done(query) => user_id(context, &query.user),
        }),
        ("query_id", either!((_, query) => query.query_id, query => query.query_id)),
        ("query_label", either!(_ => "default", query => &query.label)),
        ("transaction_id", either!((session, _) => session.activity().transaction_id, query => query.transaction_id)),
        ("session_id", either!((session, _) => session.process_id, query => query.process_id)),
        ("database_name", either!((session, _) => &session.database, query => &query.database)),
        ("query_type", either!(_ => Value::Null, query => query_type(query))),
        ("status", |_, h| {
            (match h {
                History::Running(_) => "running",
                History::Done(query) => match &query.error {
                    None => "success",
                    Some(("57014" | "57P01", _)) => "canceled",
                    Some(_) => "failed",
                },
            })
            .into()
        }),
        ("result_cache_hit", |_, _| false.into()),
        ("start_time", either!((_, query) => query.started, query => query.started)),
        ("end_time", either!(_ => Value::Null, query => query.ended)),
        (
            "elapsed_time",
            either!((_, query) => (chrono::Utc::now() - query.started).num_microseconds(), query => micros(query)),
        ),
        ("queue_time", |_, _| 0_i64.into()),
        (
            "execution_time",
            either!((_, query) => (chrono::Utc::now() - query.started).num_microseconds(), query => micros(query)),
        ),
        ("error_message", either!(_ => Value::Null, query => query.error.as_ref().map(|(_, message)| message))),
        ("returned_rows", either!(_ => 0_i64, query => if query_type(query) == "SELECT" { query.rows } else { 0 })),
        ("returned_bytes", |_, _| 0_i64.into()),
        ("query_text", |_, h| match h {
            History::Running((_, query)) => cut(&query.text, 4_000),
            History::Done(query) => cut(&query.text, 4_000),
        }),
        ("redshift_version", |_, _| crate::rewrite::VERSION.into()),
        ("compute_type", |_, _| "primary".into()),
        ("compile_time", |_, _| 0_i64.into()),
        ("planning_time", |_, _| 0_i64.into()),
        ("lock_wait_time", |_, _| 0_i64.into()),
        ("service_class_id", |_, _| 100_i64.into()),
        ("service_class_name", |_, _| "Default queue".into()),
        ("query_priority", |_, _| "Normal".into()),
    ],
};

/// SYS_QUERY_DETAIL: the steps of statements are not recorded; of those that changed rows the step
/// that stored them is known.
pub const SYS_QUERY_DETAIL: Filled<Arc<FinishedQuery>> = Filled {
    name: "sys_query_detail",
    items: |context| {
        let stores = |query: &Arc<FinishedQuery>| {
            query.error.is_none()
                && matches!(query_type(query), "INSERT" | "UPDATE" | "DELETE" | "MERGE" | "COPY" | "CTAS")
        };
        Ok(finished(context).into_iter().filter(stores).collect())
    },
    values: &[
        ("user_id", |context, q| user_id(context, &q.user)),
        ("query_id", |_, q| q.query_id.into()),
        ("child_query_sequence", |_, _| 1_i64.into()),
        ("stream_id", |_, _| 0_i64.into()),
        ("segment_id", |_, _| 0_i64.into()),
        ("step_id", |_, _| 0_i64.into()),
        ("step_name", |_, q| (if query_type(q) == "DELETE" { "delete" } else { "insert" }).into()),
        ("table_id", |context, q| target(context, q).map(|target| target.oid).into()),
        ("table_name", |context, q| {
            let target = target(context, q);
            target.map(|target| format!("{}.{}.{}", context.database(), target.schema, target.name)).into()
        }),
        ("is_rrscan", |_, _| "f".into()),
        ("start_time", |_, q| q.started.into()),
        ("end_time", |_, q| q.ended.into()),
        ("duration", |_, q| micros(q).into()),
        ("output_rows", |_, q| q.rows.into()),
        ("is_active", |_, _| "f".into()),
        ("metrics_level", |_, _| "step".into()),
    ],
};

/// The table that a statement changed, by its name in the text, as it is known today.
fn target<'c>(context: &'c SystemContext, query: &FinishedQuery) -> Option<&'c Arc<super::super::item::RelationItem>> {
    let parsed = blueshift_sql::parse_script(&query.text).ok()?;
    let name = super::target_name(&parsed.first()?.statement)?;
    let (schema, table) = (name.schema().map(str::to_owned), name.name().to_owned());
    context.relations().iter().find(|relation| {
        relation.name == table
            && match &schema {
                Some(schema) => &*relation.schema == schema,
                None => context.visible_schemas().contains(&&*relation.schema),
            }
    })
}
