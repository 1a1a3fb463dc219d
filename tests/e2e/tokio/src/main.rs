//! `tokio-postgres` against `blueshift serve`: what the driver prepares, binds in binary, pipelines, cancels.
//! Each check panics with what it found; the last line says that all passed.

use std::{error::Error, time::Duration};

use futures_util::{StreamExt, TryStreamExt, future::try_join_all, pin_mut};
use tokio_postgres::{
    Client, NoTls, SimpleQueryMessage,
    error::SqlState,
    types::{ToSql, Type},
};

type Outcome = Result<(), Box<dyn Error>>;

/// A connection, and the name of its database.
async fn connect(port: &str) -> Result<Client, tokio_postgres::Error> {
    let settings = format!("host=127.0.0.1 port={port} user=awsuser dbname=dev application_name=tokio-postgres");
    let (client, connection) = tokio_postgres::connect(&settings, NoTls).await?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            eprintln!("connection: {error:?}");
        }
    });
    Ok(client)
}

#[tokio::main]
async fn main() -> Outcome {
    let port = std::env::args().nth(1).ok_or("the port is the argument")?;
    let client = connect(&port).await?;
    types(&client).await?;
    parameters(&client).await?;
    errors(&client).await?;
    portals(&port).await?;
    pipelining(&port).await?;
    transactions(&port).await?;
    cancel(&port).await?;
    copy_is_refused(&client).await?;
    println!("tokio-postgres: all passed");
    Ok(())
}

/// All results come in binary.
async fn types(client: &Client) -> Outcome {
    let sql = "select 1::smallint, 2::int, 3::bigint, 1.5::real, 2.5::float8, true, 'ä'::varchar(5), 'ab'::char(4), null::int";
    let statement = client.prepare(sql).await?;
    let types: Vec<&Type> = statement.columns().iter().map(|column| column.type_()).collect();
    let expected = [
        Type::INT2,
        Type::INT4,
        Type::INT8,
        Type::FLOAT4,
        Type::FLOAT8,
        Type::BOOL,
        Type::VARCHAR,
        Type::BPCHAR,
        Type::INT4,
    ];
    assert_eq!(types, expected.iter().collect::<Vec<_>>());
    let row = client.query_one(&statement, &[]).await?;
    assert_eq!((row.get::<_, i16>(0), row.get::<_, i32>(1), row.get::<_, i64>(2)), (1, 2, 3));
    assert_eq!((row.get::<_, f32>(3), row.get::<_, f64>(4), row.get::<_, bool>(5)), (1.5, 2.5, true));
    assert_eq!((row.get::<_, &str>(6), row.get::<_, &str>(7), row.get::<_, Option<i32>>(8)), ("ä", "ab  ", None));
    let row = client
        .query_one(
            "select date '2024-02-29', timestamp '2024-02-29 01:02:03', timestamptz '2024-02-29 01:02:03+00'",
            &[],
        )
        .await?;
    assert_eq!(row.get::<_, chrono::NaiveDate>(0).to_string(), "2024-02-29");
    assert_eq!(row.get::<_, chrono::NaiveDateTime>(1).to_string(), "2024-02-29 01:02:03");
    assert_eq!(row.get::<_, chrono::DateTime<chrono::Utc>>(2).to_rfc3339(), "2024-02-29T01:02:03+00:00");
    // A type that the driver does not know by number is looked up in pg_type.
    let statement = client.prepare("select json_parse('[1,2]')").await?;
    assert_eq!(statement.columns()[0].type_().name(), "super");
    Ok(())
}

/// Parameters go in binary, of the types that the server infers.
async fn parameters(client: &Client) -> Outcome {
    client
        .batch_execute("create temp table p (i int, b bigint, f float8, v varchar(20), d date, ts timestamp, o bool)")
        .await?;
    let insert = client.prepare("insert into p values ($1, $2, $3, $4, $5, $6, $7)").await?;
    let expected = [Type::INT4, Type::INT8, Type::FLOAT8, Type::VARCHAR, Type::DATE, Type::TIMESTAMP, Type::BOOL];
    assert_eq!(insert.params(), expected);
    let date = chrono::NaiveDate::from_ymd_opt(2024, 1, 2).ok_or("a date")?;
    let at = date.and_hms_micro_opt(3, 4, 5, 600_000).ok_or("a time")?;
    let values: [&(dyn ToSql + Sync); 7] = [&5_i32, &(1_i64 << 40), &1.5_f64, &"it's \\ ä", &date, &at, &true];
    assert_eq!(client.execute(&insert, &values).await?, 1);
    let none: Option<i32> = None;
    assert_eq!(client.execute("insert into p (i) values ($1)", &[&none]).await?, 1);
    let row = client.query_one("select * from p where i = $1 and v = $2", &[&5_i32, &"it's \\ ä"]).await?;
    assert_eq!((row.get::<_, i64>(1), row.get::<_, &str>(3)), (1 << 40, "it's \\ ä"));
    assert_eq!((row.get::<_, chrono::NaiveDate>(4), row.get::<_, chrono::NaiveDateTime>(5)), (date, at));
    let row = client.query_one("select $1::text || 'x', $2::int + 1", &[&"a", &41_i32]).await?;
    assert_eq!((row.get::<_, &str>(0), row.get::<_, i32>(1)), ("ax", 42));
    // A statement that is known by its types.
    let typed = client.prepare_typed("select $1 + 1", &[Type::INT8]).await?;
    assert_eq!(client.query_one(&typed, &[&41_i64]).await?.get::<_, i64>(0), 42);
    Ok(())
}

async fn errors(client: &Client) -> Outcome {
    for (sql, state) in [
        ("select * from nowhere", SqlState::UNDEFINED_TABLE),
        ("selekt", SqlState::SYNTAX_ERROR),
        ("select nope from p", SqlState::UNDEFINED_COLUMN),
        ("select 1 / (i - 5) from p", SqlState::DIVISION_BY_ZERO),
    ] {
        let error = client.query(sql, &[]).await.err().ok_or(sql)?;
        assert_eq!(error.code(), Some(&state), "{sql}: {error}");
    }
    assert_eq!(client.query_one("select 1", &[]).await?.get::<_, i32>(0), 1);
    let messages = client.simple_query("select 1 as a; select 'x' as b").await?;
    let values = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    assert_eq!(values.collect::<Vec<_>>(), ["1", "x"]);
    Ok(())
}

/// Rows in portions, and rows as a stream.
async fn portals(port: &str) -> Outcome {
    let mut client = connect(port).await?;
    client.batch_execute("create temp table n as select 1 as i union all select 2 union all select 3").await?;
    let transaction = client.transaction().await?;
    let portal = transaction.bind("select i from n order by i", &[]).await?;
    assert_eq!(transaction.query_portal(&portal, 2).await?.len(), 2);
    assert_eq!(transaction.query_portal(&portal, 2).await?.len(), 1);
    transaction.commit().await?;
    let stream = client.query_raw("select i from n where i > $1 order by i", [1_i32]).await?;
    pin_mut!(stream);
    let mut found = vec![];
    while let Some(row) = stream.next().await {
        found.push(row?.get::<_, i32>(0));
    }
    assert_eq!(found, [2, 3]);
    let all: Vec<_> = client.query_raw("select i from n", std::iter::empty::<i32>()).await?.try_collect().await?;
    assert_eq!(all.len(), 3);
    Ok(())
}

/// Requests that do not wait for each other are answered in order, and one that fails fails alone.
async fn pipelining(port: &str) -> Outcome {
    let client = connect(port).await?;
    let statement = client.prepare("select $1::int * 2").await?;
    let values: Vec<i32> = (0..50).collect();
    let answers =
        try_join_all(values.iter().map(|value| async { client.query_one(&statement, &[value]).await })).await?;
    let answers: Vec<i32> = answers.iter().map(|row| row.get(0)).collect();
    assert_eq!(answers, values.iter().map(|value| value * 2).collect::<Vec<_>>());
    let divide = client.prepare("select 10 / $1::int").await?;
    let (first, second, third) = tokio::join!(
        client.query_one(&divide, &[&2_i32]),
        client.query_one(&divide, &[&0_i32]),
        client.query_one(&divide, &[&5_i32])
    );
    assert_eq!((first?.get::<_, i32>(0), third?.get::<_, i32>(0)), (5, 2));
    assert_eq!(second.err().ok_or("10 / 0")?.code(), Some(&SqlState::DIVISION_BY_ZERO));
    Ok(())
}

async fn transactions(port: &str) -> Outcome {
    let (mut client, other) = (connect(port).await?, connect(port).await?);
    client.batch_execute("drop table if exists tokio_tx; create table tokio_tx (i int)").await?;
    let count = "select count(*) from tokio_tx";
    let transaction = client.transaction().await?;
    transaction.execute("insert into tokio_tx values ($1)", &[&1_i32]).await?;
    assert_eq!(other.query_one(count, &[]).await?.get::<_, i64>(0), 0);
    // Dropped: rolled back.
    drop(transaction);
    assert_eq!(client.query_one(count, &[]).await?.get::<_, i64>(0), 0);
    let transaction = client.transaction().await?;
    transaction.execute("insert into tokio_tx values ($1)", &[&2_i32]).await?;
    transaction.commit().await?;
    assert_eq!(other.query_one(count, &[]).await?.get::<_, i64>(0), 1);
    Ok(())
}

/// A cancel that comes before the statement does nothing, so it is repeated.
async fn cancel(port: &str) -> Outcome {
    let client = connect(port).await?;
    let token = client.cancel_token();
    let digits = "(select 0 as d union all select 1 union all select 2 union all select 3 union all select 4 union all select 5)";
    let tables: Vec<String> = (0..16).map(|table| format!("{digits} t{table}")).collect();
    let sum: Vec<String> = (0..16).map(|table| format!("t{table}.d")).collect();
    let sql = format!("select count(*) from {} where {} < 0", tables.join(", "), sum.join(" + "));
    let canceller = tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_millis(100)).await;
            token.cancel_query(NoTls).await.ok();
        }
    });
    let error = client.query(&sql, &[]).await.err().ok_or("the statement ended")?;
    canceller.abort();
    assert_eq!(error.code(), Some(&SqlState::QUERY_CANCELED), "{error}");
    Ok(())
}

async fn copy_is_refused(client: &Client) -> Outcome {
    let error = client.batch_execute("copy p from stdin").await.err().ok_or("COPY FROM STDIN")?;
    assert!(error.to_string().contains("db error"), "{error}");
    assert_eq!(client.query_one("select 1", &[]).await?.get::<_, i32>(0), 1);
    Ok(())
}
