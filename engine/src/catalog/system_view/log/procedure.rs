//! Procedures that were called and what they raised: SVL_STORED_PROC_CALL, SVL_STORED_PROC_MESSAGES,
//! SYS_PROCEDURE_CALL, SYS_PROCEDURE_MESSAGES ("Logging stored procedures" of the guide).

use std::sync::Arc;

use super::{
    super::{context::SystemContext, declared::Filled, value::Value, view::ValueOf},
    session::{cut, may_see, user_id},
};
use crate::session::{EventKind, LoggedEvent};

/// The events that the session may see, oldest first.
pub fn events(context: &SystemContext, wanted: impl Fn(&EventKind) -> bool) -> Vec<Arc<LoggedEvent>> {
    let all = context.bind.registry.events().into_iter();
    all.filter(|event| wanted(&event.kind) && may_see(context, &event.origin.session_user)).collect()
}

fn calls(context: &SystemContext) -> Vec<Arc<LoggedEvent>> {
    events(context, |kind| matches!(kind, EventKind::Call { .. }))
}

fn messages(context: &SystemContext) -> Vec<Arc<LoggedEvent>> {
    events(context, |kind| matches!(kind, EventKind::Message { .. }))
}

/// The text of the CALL, up to so many bytes.
fn text(event: &LoggedEvent, bytes: usize) -> Value<'_> {
    match &event.kind {
        EventKind::Call { text, .. } | EventKind::Message { text, .. } => cut(text, bytes),
        _ => Value::Null,
    }
}

fn aborted<'a>(event: &LoggedEvent) -> Value<'a> {
    match &event.kind {
        EventKind::Call { aborted, .. } => i64::from(*aborted).into(),
        _ => 0_i64.into(),
    }
}

fn from_call<'a>(event: &LoggedEvent) -> Value<'a> {
    match &event.kind {
        EventKind::Call { from_call, .. } => (*from_call).into(),
        _ => Value::Null,
    }
}

fn level(event: &LoggedEvent) -> &'static str {
    match &event.kind {
        EventKind::Message { level, .. } => level,
        _ => "",
    }
}

fn message(event: &LoggedEvent) -> Value<'_> {
    match &event.kind {
        EventKind::Message { message, .. } => message.into(),
        _ => Value::Null,
    }
}

fn line<'a>(event: &LoggedEvent) -> Value<'a> {
    match &event.kind {
        EventKind::Message { line, .. } => (*line).into(),
        _ => Value::Null,
    }
}

/// The number of a level, as SVL_STORED_PROC_MESSAGES documents them.
fn level_number<'a>(event: &LoggedEvent) -> Value<'a> {
    let number: i64 = match level(event) {
        "LOG" => 20,
        "INFO" => 30,
        "NOTICE" => 40,
        "WARNING" => 50,
        _ => 60,
    };
    number.into()
}

type Values = &'static [(&'static str, ValueOf<Arc<LoggedEvent>>)];

const SVL_CALL_VALUES: Values = &[
    ("userid", |context, e| user_id(context, &e.origin.user)),
    ("session_userid", |context, e| user_id(context, &e.origin.session_user)),
    ("query", |_, e| e.origin.query_id.into()),
    ("label", |_, e| (&e.origin.label).into()),
    ("xid", |_, e| e.origin.transaction_id.into()),
    ("pid", |_, e| e.origin.process_id.into()),
    ("database", |_, e| (&e.origin.database).into()),
    ("querytxt", |_, e| text(e, 4_000)),
    ("starttime", |_, e| e.started.into()),
    ("endtime", |_, e| e.ended.into()),
    ("aborted", |_, e| aborted(e)),
    ("from_sp_call", |_, e| from_call(e)),
];

pub const SVL_STORED_PROC_CALL: Filled<Arc<LoggedEvent>> =
    Filled { name: "svl_stored_proc_call", items: |context| Ok(calls(context)), values: SVL_CALL_VALUES };

pub const SYS_PROCEDURE_CALL: Filled<Arc<LoggedEvent>> = Filled {
    name: "sys_procedure_call",
    items: |context| Ok(calls(context)),
    values: &[
        ("user_id", |context, e| user_id(context, &e.origin.user)),
        ("session_user_id", |context, e| user_id(context, &e.origin.session_user)),
        ("query_id", |_, e| e.origin.query_id.into()),
        ("query_label", |_, e| (&e.origin.label).into()),
        ("transaction_id", |_, e| e.origin.transaction_id.into()),
        ("session_id", |_, e| e.origin.process_id.into()),
        ("database_name", |_, e| (&e.origin.database).into()),
        ("query_text", |_, e| text(e, 4_000)),
        ("start_time", |_, e| e.started.into()),
        ("end_time", |_, e| e.ended.into()),
        ("duration", |_, e| (e.ended - e.started).num_microseconds().into()),
        ("aborted", |_, e| aborted(e)),
        ("from_sp_call", |_, e| from_call(e)),
    ],
};

pub const SVL_STORED_PROC_MESSAGES: Filled<Arc<LoggedEvent>> = Filled {
    name: "svl_stored_proc_messages",
    items: |context| Ok(messages(context)),
    values: &[
        ("userid", |context, e| user_id(context, &e.origin.user)),
        ("session_userid", |context, e| user_id(context, &e.origin.session_user)),
        ("pid", |_, e| e.origin.process_id.into()),
        ("xid", |_, e| e.origin.transaction_id.into()),
        ("query", |_, e| e.origin.query_id.into()),
        ("recordtime", |_, e| e.started.into()),
        ("loglevel", |_, e| level_number(e)),
        ("loglevel_text", |_, e| level(e).into()),
        ("message", |_, e| message(e)),
        ("linenum", |_, e| line(e)),
        ("querytxt", |_, e| text(e, 500)),
        ("label", |_, e| (&e.origin.label).into()),
        ("aborted", |_, e| aborted(e)),
        ("message_xid", |_, e| e.origin.transaction_id.into()),
    ],
};

pub const SYS_PROCEDURE_MESSAGES: Filled<Arc<LoggedEvent>> = Filled {
    name: "sys_procedure_messages",
    items: |context| Ok(messages(context)),
    values: &[
        ("user_id", |context, e| user_id(context, &e.origin.user)),
        ("session_user_id", |context, e| user_id(context, &e.origin.session_user)),
        ("query_id", |_, e| e.origin.query_id.into()),
        ("query_label", |_, e| (&e.origin.label).into()),
        ("transaction_id", |_, e| e.origin.transaction_id.into()),
        ("session_id", |_, e| e.origin.process_id.into()),
        ("record_time", |_, e| e.started.into()),
        ("log_level", |_, e| level(e).into()),
        ("message", |_, e| message(e)),
        ("line_number", |_, e| line(e)),
    ],
};
