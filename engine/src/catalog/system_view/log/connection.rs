//! Connections: STL_CONNECTION_LOG, SYS_CONNECTION_LOG, STL_SESSIONS.

use std::sync::Arc;

use super::{
    super::{context::SystemContext, declared::Filled, value::Value},
    session::{may_see, user_id},
};
use crate::{
    error::Result,
    session::{ConnectionEvent, ConnectionEventKind},
};

fn events(context: &SystemContext) -> Result<Vec<Arc<ConnectionEvent>>> {
    let events = context.bind.registry.connection_events().into_iter();
    Ok(events.filter(|event| may_see(context, &event.user)).collect())
}

/// SYS_CONNECTION_LOG and STL_CONNECTION_LOG differ in names only.
macro_rules! connection_values {
    ($time:literal, $host:literal, $port:literal, $pid:literal, $database:literal, $user:literal, $method:literal,
     $ssl_version:literal, $ssl_cipher:literal, $os:literal, $driver:literal) => {
        &[
            ("event", |_, e| e.kind.name().into()),
            ($time, |_, e| e.at.into()),
            ($host, |_, e| (&e.client.remote_host).into()),
            ($port, |_, e| e.client.remote_port.to_string().into()),
            ($pid, |_, e| e.process_id.into()),
            ($database, |_, e| (&e.database).into()),
            ($user, |_, e| (&e.user).into()),
            ($method, |_, e| e.client.authentication.into()),
            ("duration", |_, e| e.duration_micros.min(i64::from(i32::MAX)).into()),
            ($ssl_version, |_, e| (&e.client.tls).into()),
            ($ssl_cipher, |_, _| "".into()),
            ("mtu", |_, _| 0_i64.into()),
            ("application_name", |_, e| (&e.client.application_name).into()),
            ("protocol_version", |_, e| e.client.protocol_version.trim().parse::<i32>().unwrap_or(0).into()),
            ($driver, |_, e| (&e.client.driver_version).into()),
            ($os, |_, e| (&e.client.os_version).into()),
        ]
    };
}

pub const SYS_CONNECTION_LOG: Filled<Arc<ConnectionEvent>> = Filled {
    name: "sys_connection_log",
    items: events,
    values: connection_values!(
        "record_time",
        "remote_host",
        "remote_port",
        "session_id",
        "database_name",
        "user_name",
        "auth_method",
        "ssl_version",
        "ssl_cipher",
        "os_version",
        "driver_version"
    ),
};

pub const STL_CONNECTION_LOG: Filled<Arc<ConnectionEvent>> = Filled {
    name: "stl_connection_log",
    items: events,
    values: connection_values!(
        "recordtime",
        "remotehost",
        "remoteport",
        "pid",
        "dbname",
        "username",
        "authmethod",
        "sslversion",
        "sslcipher",
        "os_version",
        "driver_version"
    ),
};

pub const STL_SESSIONS: Filled<Arc<ConnectionEvent>> = Filled {
    name: "stl_sessions",
    items: |context| {
        let ended = |event: &Arc<ConnectionEvent>| event.kind == ConnectionEventKind::DisconnectingSession;
        Ok(events(context)?.into_iter().filter(ended).collect())
    },
    values: &[
        ("userid", |context, e| user_id(context, &e.user)),
        ("starttime", |_, e| Value::Integer(e.at.timestamp_micros() - e.duration_micros)),
        ("endtime", |_, e| e.at.into()),
        ("process", |_, e| e.process_id.into()),
        ("user_name", |_, e| (&e.user).into()),
        ("db_name", |_, e| (&e.database).into()),
        ("timeout_sec", |_, _| 0_i64.into()),
    ],
};
