"""`blueshift serve` with real clients of Redshift, unchanged, and with what no client would send."""

import datetime
import decimal
import os
import random
import socket
import struct
import subprocess
import threading
import time

import psycopg2
import psycopg2.errors
import pytest
import redshift_connector

from server import PATIENCE_S, Raw, Served, error_fields, wait_until
from warehouse import BINARY, Warehouse


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    server = Served(tmp_path_factory.mktemp("wire") / "warehouse")
    yield server
    assert server.running(), server.log.read_text()
    assert server.stop() == 0


EVERY_TYPE = """
    select 1::smallint as si, 2 as i, 3::bigint as bi, -1234.50::numeric(10,2) as n, 1.5::real as r, 2.25::float8 as f,
           true as b, 'a'::char(3) as c, 'ä'::varchar(5) as v, date '2024-02-29' as d, time '01:02:03.5' as t,
           timestamp '2024-02-29 01:02:03.5' as ts, timestamptz '2024-02-29 01:02:03+02' as tz, null::int as z,
           to_varbyte('c3a4', 'hex') as vb
"""


# ---- redshift_connector: named statements, binary results ----


@pytest.mark.parametrize("version", [0, 1, 2])
def test_redshift_connector_reads_every_type(served, version):
    connection = served.redshift(client_protocol_version=version)
    assert connection._client_protocol_version == version
    cursor = connection.cursor()
    cursor.execute(EVERY_TYPE)
    utc = datetime.timezone.utc
    (row,) = cursor.fetchall()
    row[7] = row[7].rstrip()
    assert row == (
        [
            1, 2, 3, decimal.Decimal("-1234.50"), 1.5, 2.25, True, "a", "ä",
            datetime.date(2024, 2, 29), datetime.time(1, 2, 3, 500000), datetime.datetime(2024, 2, 29, 1, 2, 3, 500000),
            datetime.datetime(2024, 2, 28, 23, 2, 3, tzinfo=utc), None, "ä",
        ]
    )  # fmt: skip
    oids = [column[1] for column in cursor.description]
    assert oids == [21, 23, 20, 1700, 700, 701, 16, 1042, 1043, 1082, 1083, 1114, 1184, 23, 6551]
    connection.close()


def test_redshift_connector_parameters_of_every_type(served):
    connection = served.redshift()
    cursor = connection.cursor()
    cursor.execute(
        "create temp table p (i int, b bigint, n numeric(10,2), f float8, v varchar(20), d date, ts timestamp, o bool)"
    )
    # dbt binds numbers as NUMERIC into every numeric column, and text as "unknown".
    row = [decimal.Decimal(5), 2**40, decimal.Decimal("1.255"), 1.5, "it's", datetime.date(2024, 1, 2),
           datetime.datetime(2024, 1, 2, 3, 4, 5, 600000), True]  # fmt: skip
    cursor.execute(f"insert into p values ({', '.join(['%s'] * 8)})", row)
    assert cursor.rowcount == 1
    cursor.execute(f"insert into p values ({', '.join(['%s'] * 8)})", [None] * 8)
    cursor.execute("select * from p where i = %s and v = %s and d = %s and n > %s", (5, "it's", row[5], 1))
    assert cursor.fetchall() == ([5, 2**40, decimal.Decimal("1.26"), *row[3:]],)
    cursor.execute("update p set v = %s where i = %s", ("new", 5))
    assert cursor.rowcount == 1
    cursor.execute("select count(*) from p where v is null limit %s", (1,))
    assert cursor.fetchall() == ([1],)
    connection.close()


def test_an_error_leaves_redshift_connector_usable(served):
    connection = served.redshift()
    cursor = connection.cursor()
    for sql, state in [("select nope", "42703"), ("select * from nope", "42P01"), ("select 1/0", "22012"), ("selekt", "42601")]:
        with pytest.raises(redshift_connector.ProgrammingError) as error:
            cursor.execute(sql)
        assert error.value.args[0]["C"] == state and error.value.args[0]["M"]
        connection.rollback()
        cursor.execute("select 1")
        assert cursor.fetchall() == ([1],)
    connection.close()


def test_a_named_statement_outlives_the_swap_of_its_table(served):
    """What dbt does all the time: another session renames tables under a prepared statement."""
    reader, writer = served.redshift(), served.redshift()
    reader.autocommit = writer.autocommit = True
    make, read = writer.cursor(), reader.cursor()
    make.execute("create table swapped as select 1 as a")
    read.execute("select * from swapped")
    assert read.fetchall() == ([1],)
    for value in (2, 3):
        make.execute("begin")
        make.execute(f"create table swapped_tmp as select {value} as a")
        make.execute("alter table swapped rename to swapped_old")
        make.execute("alter table swapped_tmp rename to swapped")
        make.execute("commit")
        make.execute("drop table swapped_old cascade")
        read.execute("select * from swapped")
        assert read.fetchall() == ([value],)
    reader.close(), writer.close()


def test_show_explain_and_call_describe_their_columns(served):
    cursor = served.redshift().cursor()
    cursor.execute("show search_path")
    assert cursor.fetchall() == (["$user, public"],)
    cursor.execute("explain select 1")
    assert cursor.description[0][0].upper() == "QUERY PLAN" and cursor.fetchall()
    cursor.execute("create procedure doubled(n inout int, t out varchar) as $$ begin n := n * 2; t := 'x'; end $$ language plpgsql")
    cursor.execute("call doubled(21)")
    assert cursor.fetchall() == ([42, "x"],)
    cursor.execute("select 1 where 2 = any(%s)", ([1, 2],))
    assert cursor.fetchall() == ([1],)


# ---- libpq clients: simple queries ----


def test_psql_prints_results_tags_and_errors(served):
    done = served.psql("-At", "-c", "select 1, 'a|b', null, true", "-c", "create temp table t(a int)")
    assert done.stdout == "1|a|b||t\nCREATE TABLE\n"
    script = "create temp table t (a int);\ninsert into t values (1), (2);\nupdate t set a = a + 1;\ndelete from t where a = 2;\n"
    script += "select * from t;\nbegin;\nselect 1/0;\nselect 1;\nrollback;\nselect 'after';\n"
    done = served.psql("-At", stdin=script)
    assert done.stdout.split("\n")[:-1] == [
        "CREATE TABLE", "INSERT 0 2", "UPDATE 2", "DELETE 1", "3", "BEGIN", "ROLLBACK", "after",
    ]  # fmt: skip
    assert "division by zero" in done.stderr.lower()
    assert "current transaction is aborted" in done.stderr


def test_one_query_of_many_statements(served):
    cursor = served.psycopg2().cursor()
    cursor.execute("select 1 as a; select 2 as b; select 3 as c")
    assert (cursor.fetchall(), cursor.description[0].name) == ([(3,)], "c")


def test_psycopg2_reads_every_type(served):
    connection = served.psycopg2()
    cursor = connection.cursor()
    cursor.execute(EVERY_TYPE)
    (row,) = cursor.fetchall()
    assert row[:7] == (1, 2, 3, decimal.Decimal("-1234.50"), 1.5, 2.25, True) and row[8] == "ä"
    assert row[9:12] == (datetime.date(2024, 2, 29), datetime.time(1, 2, 3, 500000), datetime.datetime(2024, 2, 29, 1, 2, 3, 500000))
    assert (connection.server_version, connection.encoding) == (80002, "UTF8")
    assert [column.type_code for column in cursor.description][:5] == [21, 23, 20, 1700, 700]
    assert cursor.description[3].precision == 10 and cursor.description[3].scale == 2


def test_psycopg2_transactions_and_savepoint_free_errors(served):
    connection = served.psycopg2()
    cursor = connection.cursor()
    cursor.execute("create table pg2 (a int)")
    connection.rollback()
    with pytest.raises(psycopg2.errors.UndefinedTable):
        cursor.execute("select * from pg2")
    with pytest.raises(psycopg2.errors.InFailedSqlTransaction):
        cursor.execute("select 1")
    connection.rollback()
    cursor.execute("select 1")
    connection.close()


# ---- psycopg 3: parameters without declared types, binary results ----


@pytest.mark.parametrize("binary", [False, True])
def test_psycopg3_in_both_formats(served, binary):
    with served.psycopg(autocommit=True) as connection, connection.cursor(binary=binary) as cursor:
        cursor.execute(EVERY_TYPE)
        (row,) = cursor.fetchall()
        assert row[:7] == (1, 2, 3, decimal.Decimal("-1234.50"), 1.5, 2.25, True) and row[8] == "ä"
        assert row[9] == datetime.date(2024, 2, 29) and row[11] == datetime.datetime(2024, 2, 29, 1, 2, 3, 500000)
        cursor.execute("create temp table if not exists p3 (a int, n numeric(20,5), t varchar(10), ts timestamp)")
        at = datetime.datetime(2024, 5, 6, 7, 8, 9)
        for _ in range(7):  # from the fifth on it prepares
            cursor.execute("insert into p3 values (%s, %s, %s, %s)", (1, decimal.Decimal("12345678901234.5"), "x", at))
        cursor.execute("select distinct * from p3 where a = %s and n > %s and t = %s", (1, decimal.Decimal("1.5"), "x"))
        assert cursor.fetchall() == [(1, decimal.Decimal("12345678901234.50000"), "x", at)]
        cursor.execute("select %b::numeric(38,10), %b::bigint, %b::date", (decimal.Decimal("-0.0001"), -5, at.date()))
        assert cursor.fetchall() == [(decimal.Decimal("-0.0001000000"), -5, at.date())]


def test_psycopg3_server_side_cursor(served):
    with served.psycopg() as connection, connection.cursor(name="c") as cursor:
        cursor.itersize = 3
        cursor.execute("select a from (select 1 as a union all select 2 union all select 3 union all select 4) order by a")
        assert [row[0] for row in cursor] == [1, 2, 3, 4]


# ---- the protocol itself ----


def test_startup_accepts_every_parameter_and_tells_about_the_server(served):
    raw = Raw(served.port, startup=False)
    raw.startup(
        user="awsuser", database="dev", application_name="app", client_protocol_version="2", driver_version="D 1",
        os_version="O", plugin_name="p", idp_type="x", datestyle="ISO", timezone="UTC", extra_float_digits="2",
        options="-c search_path=a,b -c statement_timeout=60000", made_up="yes", client_encoding="'utf-8'",
    )  # fmt: skip
    messages = raw.until("Z")
    status = dict(body.rstrip(b"\0").decode().split("\0") for kind, body in messages if kind == "S")
    assert status["server_version"] == "8.0.2" and status["client_encoding"] == "UTF8"
    assert status["integer_datetimes"] == "on" and status["standard_conforming_strings"] == "off"
    assert status["DateStyle"].startswith("ISO") and status["TimeZone"] == "UTC" and status["application_name"] == "app"
    assert status["server_protocol_version"] == "2"
    (pid,) = struct.unpack("!i", next(body for kind, body in messages if kind == "K")[:4])
    raw.query("select pg_backend_pid(); show search_path")
    rows = [body for kind, body in raw.until("Z") if kind == "D"]
    assert rows[0][6:].decode() == str(pid) and rows[1][6:].replace(b" ", b"") == b"a,b"


@pytest.mark.parametrize("database,user,state", [("nope", "awsuser", "3D000"), ("dev", "", "28000")])
def test_startup_refuses_what_is_not_there(served, database, user, state):
    raw = Raw(served.port, startup=False)
    raw.startup(user=user, database=database)
    (_, body) = raw.until("E")[-1]
    assert error_fields(body)["C"] == state and error_fields(body)["S"] == "FATAL"
    assert raw.closed()


def test_one_ready_for_query_for_each_sync(served):
    raw = served.raw()
    raw.parse("a", "select 1 as one")
    raw.describe("S", "a")
    for _ in range(3):
        raw.sync()
    assert raw.kinds() + raw.kinds() + raw.kinds() == "1tTZZZ"
    # After DDL, Amazon's driver closes every statement before it has read the answer to the DDL.
    raw.parse("d", "create temp table rfq (a int)")
    raw.bind("", "d")
    raw.execute()
    raw.sync()
    for name in ("a", "d"):
        raw.send("C", b"S" + name.encode() + b"\0")
        raw.send("H")
        raw.sync()
    assert raw.kinds() + raw.kinds() + raw.kinds() == "12CZ3Z3Z"


def test_an_error_skips_to_sync(served):
    raw = served.raw()
    raw.parse("", "select nope")
    raw.bind()
    raw.execute()
    raw.query("select 'not answered'")
    raw.sync()
    assert raw.kinds() == "EZ"
    raw.query("select 1")
    assert raw.kinds() == "TDCZ"


def test_portals_stop_and_go_on(served):
    raw = served.raw()
    raw.query("begin")
    raw.until("Z")
    raw.parse("", "select 1 as a union all select 2 union all select 3")
    raw.bind("p")
    raw.describe("P", "p")
    raw.execute("p", 2)
    raw.execute("p", 2)
    raw.execute("p", 2)
    raw.sync()
    assert raw.kinds() == "12TDDsDCCZ"
    raw.execute("p")
    raw.sync()
    raw.query("commit")
    raw.until("Z")
    raw.until("Z")
    raw.execute("p")
    raw.sync()
    messages = raw.until("Z")
    assert messages[0][0] == "E" and error_fields(messages[0][1])["C"] == "34000"


def test_types_of_parameters_are_inferred(served):
    raw = served.raw()
    raw.query("create temp table inferred (a int, n numeric(10,2), d date, v varchar(5))")
    raw.until("Z")
    cases = [
        ("insert into inferred values ($1, $2, $3, $4)", [23, 1700, 1082, 1043]),
        ("insert into inferred (d, a) values ($1, $2)", [1082, 23]),
        ("select * from inferred where a = $1 and d > $2", [23, 1082]),
        ("update inferred set n = $1 where v = $2", [1700, 1043]),
        ("delete from inferred where a in ($1, $2)", [23, 23]),
        ("select $1", [25]),
        ("select $1::bigint + 1", [20]),
    ]
    for sql, expected in cases:
        raw.parse("", sql)
        raw.describe("S")
        raw.sync()
        messages = raw.until("Z")
        assert messages[1][0] == "t", (sql, error_fields(messages[1][1]) if messages[1][0] == "E" else messages)
        found = list(struct.unpack(f"!h{len(expected)}I", messages[1][1]))[1:]
        assert found == expected, sql


def test_binary_results_and_parameters(served):
    """As tokio-postgres speaks: prepare, describe, binary both ways."""
    raw = served.raw()
    raw.parse("b", "select $1::int4 + 1, $2::numeric(10,2), $3::date, $4::timestamp, $5::varchar, $6::bool", 23, 1700, 1082, 1114, 1043, 16)
    values = [
        struct.pack("!i", 41), struct.pack("!4h2h", 2, 0, 0, 2, 12, 3400), struct.pack("!i", 8825),
        struct.pack("!q", 1_000_000), "ä".encode(), b"\1",
    ]  # fmt: skip
    raw.bind("", "b", values, formats=[1], result_formats=[1])
    raw.execute()
    raw.sync()
    messages = raw.until("Z")
    assert [kind for kind, _ in messages] == ["1", "2", "D", "C", "Z"], [error_fields(b) for k, b in messages if k == "E"]
    body, fields = messages[2][1][2:], []
    while body:
        (length,) = struct.unpack("!i", body[:4])
        fields.append(body[4 : 4 + length])
        body = body[4 + length :]
    assert fields == [struct.pack("!i", 42), *values[1:]]


def test_an_array_whose_type_is_not_declared(served):
    """As node-postgres binds arrays: as text, to a statement that was described before."""
    raw = served.raw()
    raw.parse("", "select 1 where 2 = any($1)")
    raw.describe("S")
    for value in (b'{"1","2"}', b"{}", None):
        raw.bind("", "", [value])
        raw.execute()
    raw.sync()
    assert raw.kinds() == "1tT2DC2C2CZ", raw.errors


def test_bad_messages_are_errors_and_the_connection_goes_on(served):
    raw = served.raw()
    bad = [
        lambda: raw.bind("", "no such statement"),
        lambda: raw.describe("X", "nothing"),
        lambda: raw.execute("no such portal"),
        lambda: raw.send("B", b"\0\0\0\0\x7f\xff"),
        lambda: raw.send("P", b"x\0select 1\0\x7f\xff"),
        lambda: raw.parse("", "select 1; select 2"),
        lambda: raw.parse("", "create table x (a int default $1)"),
    ]
    for send in bad:
        send()
        raw.sync()
        assert raw.kinds() == "EZ"
    raw.send("Q", b"select '\xff'\0")
    assert raw.kinds() == "EZ"
    raw.send("F", b"\0\0\0\1")
    assert raw.kinds() == "EZ"
    raw.query("")
    assert raw.kinds() == "IZ"
    raw.query(" ; -- nothing\n;")
    assert raw.kinds() == "IZ"
    raw.query("select 1")
    assert raw.kinds() == "TDCZ"


# ---- cancel, terminate, timeouts ----

ENDLESS = "select count(*) from numbers a, numbers b, numbers c, numbers d, numbers e, numbers f, numbers g, numbers h where a.n + b.n + c.n + d.n + e.n + f.n + g.n + h.n < 0"


@pytest.fixture(scope="module")
def endless(served):
    make_numbers(served)
    return ENDLESS


def make_numbers(served):
    served.psql("-c", "drop table if exists numbers", "-c", "create table numbers as select 1 as n" + " union all select 1" * 49)


def running(served, sql, outcome, **options):
    """Runs a statement in a thread; returns the thread and the process id."""
    connection = served.psycopg2(**options)
    connection.autocommit = True
    cursor = connection.cursor()

    def work():
        try:
            cursor.execute(sql)
            outcome.append(None)
        except psycopg2.Error as error:
            outcome.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    served.wait_for_statement(sql)
    return thread, connection


def test_cancel_request(served, endless):
    outcome = []
    thread, connection = running(served, endless, outcome)
    connection.cancel()
    thread.join(PATIENCE_S)
    assert isinstance(outcome[0], psycopg2.errors.QueryCanceled) and outcome[0].pgcode == "57014"
    cursor = connection.cursor()
    cursor.execute("select 1")
    assert cursor.fetchall() == [(1,)]


@pytest.mark.parametrize("how,state", [
    ("select pg_cancel_backend({})", "57014"), ("cancel {} 'enough'", "57014"), ("select pg_terminate_backend({})", "57P01"),
])  # fmt: skip
def test_cancel_from_another_session(served, endless, how, state):
    victim = Raw(served.port, startup=False)
    victim.startup(user="awsuser", database="dev")
    (pid,) = struct.unpack("!i", next(body for kind, body in victim.until("Z") if kind == "K")[:4])
    victim.query(endless)
    served.wait_for_statement(endless)
    other = served.psycopg2()
    other.autocommit = True
    other.cursor().execute(how.format(pid))
    fields = error_fields(victim.until("E")[-1][1])
    assert fields["C"] == state
    if state == "57P01":
        assert fields["S"] == "FATAL" and victim.closed()
    else:
        assert victim.kinds() == "Z"


def test_describe_does_not_terminate(served):
    victim = served.psycopg2()
    raw = served.raw()
    raw.parse("", f"select pg_terminate_backend({victim.info.backend_pid})")
    raw.describe("S")
    raw.sync()
    raw.until("Z")
    victim.cursor().execute("select 1")


def test_an_idle_session_is_terminated_as_dbt_expects(served):
    victim, dbt = served.redshift(), served.redshift()
    cursor = victim.cursor()
    cursor.execute("select pg_backend_pid()")
    (pid,) = cursor.fetchone()
    killer = dbt.cursor()
    killer.execute(f"select pg_terminate_backend({pid})")
    with pytest.raises(Exception) as error:
        cursor.execute("select 1")
    assert "57P01" in str(error.value) or "terminat" in str(error.value) or "closed" in str(error.value) or "BrokenPipe" in str(error.value)


def test_statement_timeout(served, endless):
    connection = served.psycopg2(options="-c statement_timeout=300")
    with pytest.raises(psycopg2.errors.QueryCanceled):
        connection.cursor().execute(endless)


def test_a_client_that_goes_away_stops_its_statement(served, endless):
    raw = served.raw()
    raw.query(endless)
    served.wait_for_statement(endless)
    raw.socket.close()
    served.wait_for_statement(endless, running=False)


def test_temporary_tables_go_with_their_session(served):
    connection = served.psycopg2()
    connection.autocommit = True
    connection.cursor().execute("create temp table goes (a int)")
    connection.close()
    wait_until(lambda: served.value("select count(*) from svv_tables where table_name = 'goes'") == "0", "it is dropped")
    other = served.psycopg2()
    with pytest.raises(psycopg2.errors.UndefinedTable):
        other.cursor().execute("select * from goes")
    open_block = served.psycopg2()
    open_block.cursor().execute("create table never (a int)")
    pid = open_block.info.backend_pid
    open_block.close()
    gone = f"select count(*) from stv_sessions where process = {pid}"
    wait_until(lambda: served.value(gone) == "0", "the session ends")
    with pytest.raises(psycopg2.Error):
        other.cursor().execute("select * from never")


# ---- TLS and authentication ----


@pytest.fixture(scope="module")
def secured(tmp_path_factory):
    folder = tmp_path_factory.mktemp("secured") / "warehouse"
    Warehouse(folder).run("certs", "init")
    server = Served(folder)
    yield server, folder / "certs/ca.pem"
    assert server.stop() == 0


def test_tls_is_verified_by_libpq(secured):
    server, authority = secured
    for host in ("127.0.0.1", "localhost"):
        done = server.psql("-Atc", "select 1", "-c", "\\conninfo", host=host, sslmode="verify-full", sslrootcert=authority)
        assert done.stdout.startswith("1\n") and "SSL" in done.stdout
    done = server.psql("-c", "select 1", check=False, sslmode="verify-full", sslrootcert=BINARY)
    assert done.returncode != 0
    # Plain connections from this machine are still let in.
    assert server.psql("-Atc", "select 2", sslmode="disable").stdout == "2\n"


@pytest.mark.parametrize("sslmode", ["verify-ca", "verify-full"])
def test_tls_is_verified_by_redshift_connector(secured, sslmode):
    server, authority = secured
    script = (
        "import redshift_connector\n"
        f"connection = redshift_connector.connect(host='localhost', port={server.port}, database='dev', user='awsuser',"
        f" password='x', ssl=True, sslmode='{sslmode}')\n"
        "cursor = connection.cursor()\ncursor.execute('select 1')\nassert cursor.fetchall() == ([1],)\n"
    )
    env = {**os.environ, "SSL_CERT_FILE": str(authority)}
    done = subprocess.run(["python", "-c", script], env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    done = subprocess.run(["python", "-c", script], env={**os.environ}, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0 and "CERTIFICATE_VERIFY_FAILED" in done.stderr


def test_broken_tls_and_open_doors_stop_the_start(secured, tmp_path):
    server, authority = secured
    warehouse = Warehouse(tmp_path / "warehouse")
    for options, message in [
        (["--tls-cert", authority, "--tls-key", authority], "TLS cannot be used"),
        (["--tls-cert", authority, "--tls-key", tmp_path / "none"], "none"),
        (["--listen", "0.0.0.0:0"], "refusing to listen"),
        (["--listen", "0.0.0.0:0", "--auth", "md5"], "refusing to listen"),
    ]:
        done = warehouse.run("serve", *options, check=False)
        assert done.returncode == 1 and message in done.stderr, done.stderr
    done = Warehouse(server.folder).run("serve", check=False)
    assert done.returncode == 1 and f"process {server.process.pid}" in done.stderr


@pytest.mark.parametrize("auth", ["md5", "scram-sha-256"])
def test_passwords(tmp_path, auth):
    warehouse = Warehouse(tmp_path / "warehouse")
    warehouse.run("certs", "init")
    warehouse.run("sql", "-c", "create user ann password 'Secret123'", "-c", "create user bob password disable")
    warehouse.run("sql", "-c", "alter user awsuser password 'Master123'")
    server = Served(tmp_path / "warehouse", "--auth", auth)
    for options in ({"sslmode": "disable"}, {"sslmode": "require"}):
        cursor = server.psycopg2(user="ann", password="Secret123", **options).cursor()
        cursor.execute("select current_user")
        assert cursor.fetchall() == [("ann",)]
        server.psycopg(user="ann", password="Secret123", **options).close()
    if auth == "md5":  # redshift_connector's SCRAM stumbles over the end of the list of mechanisms
        server.redshift(user="awsuser", password="Master123").cursor().execute("select 1")
    for user, password in [("ann", "Wrong1234"), ("bob", "Secret123"), ("nobody", "Secret123")]:
        with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
            server.psycopg2(user=user, password=password, sslmode="disable")
    if auth == "md5":
        with pytest.raises(redshift_connector.InterfaceError):
            server.redshift(user="ann", password="Wrong1234")
    else:
        with pytest.raises(psycopg2.OperationalError):
            server.psycopg2(user="ann", password="Wrong1234", sslmode="disable")
    # Five failures in a row: even the right password has to wait.
    with pytest.raises(psycopg2.OperationalError):
        server.psycopg2(user="ann", password="Wrong1234", sslmode="disable")
    with pytest.raises(psycopg2.OperationalError, match="too many failed logins"):
        server.psycopg2(user="ann", password="Secret123", sslmode="disable")
    assert "Secret123" not in server.log.read_text()
    assert server.stop() == 0


# ---- what no client would send ----


def test_garbage_does_not_stop_the_server(served):
    random.seed(7)
    before = served.memory()
    hanging = []
    for attempt in range(150):
        client = socket.create_connection(("127.0.0.1", served.port), timeout=5)
        kind = attempt % 6
        if kind == 0:
            data = random.randbytes(random.randrange(1, 2000))
        elif kind == 1:  # a startup message of two gigabytes
            data = struct.pack("!i", 0x7FFFFFFF) + b"\0\3\0\0"
        elif kind == 2:  # TLS to a server without
            data = b"\x16\x03\x01\x02\x00" + random.randbytes(100)
        elif kind == 3:  # half a startup message, never finished
            data = struct.pack("!ii", 100, 3 << 16) + b"user\0"
        elif kind == 4:
            data = struct.pack("!iiii", 16, 80877102, random.randrange(1 << 30), 1)
        else:
            data = struct.pack("!i", 3)
        client.sendall(data)
        if kind == 3:
            hanging.append(client)
        else:
            client.close()
    for attempt in range(150):
        raw = served.raw()
        for _ in range(random.randrange(1, 6)):
            kind = random.choice("QPBDECHSFdcfpXYZ\0\xff")
            body = random.randbytes(random.randrange(0, 60))
            try:
                raw.socket.sendall(kind.encode("latin-1") + struct.pack("!i", len(body) + random.choice([4, 4, 4, 3, 5])) + body)
            except OSError:
                break
        raw.socket.close()
    cursor = served.psycopg2().cursor()
    cursor.execute("select 1")
    assert cursor.fetchall() == [(1,)]
    assert served.memory() - before < 50 << 20
    for client in hanging:
        client.close()


def test_a_length_of_a_gigabyte_is_refused_before_it_is_believed(served):
    before = served.memory()
    for kind in (b"Q", b"P", b"B", b"d"):
        raw = served.raw()
        raw.socket.sendall(kind + struct.pack("!i", 1 << 30) + b"x" * 1000)
        (_, body) = raw.until("E")[-1]
        assert error_fields(body)["C"] == "08P01" and error_fields(body)["S"] == "FATAL"
        assert raw.closed()
    assert served.memory() - before < 20 << 20


def test_a_statement_longer_than_16_mb_is_an_error(served):
    cursor = served.psycopg2().cursor()
    with pytest.raises(psycopg2.Error) as error:
        cursor.execute("select '" + "x" * (16 << 20) + "'")
    assert error.value.pgcode == "54000"


def test_connections_come_and_go_without_leaks(served):
    others = served.sessions()
    for _ in range(300):
        served.psycopg2().close()
    served.wait_for_sessions(others)
    before, files = served.memory(), served.files()
    for _ in range(1000):
        served.raw().send("X")
    served.wait_for_sessions(others)
    assert served.memory() - before < 30 << 20
    wait_until(lambda: served.files() <= files + 4, "descriptors are given back")


def test_many_idle_and_active_sessions(served):
    idle = [served.psycopg2() for _ in range(200)]
    results = []

    def work(number):
        connection = served.psycopg2()
        cursor = connection.cursor()
        for _ in range(5):
            cursor.execute("select count(*), %s from numbers", (number,))
            results.append(cursor.fetchall() == [(50, number)])
        connection.close()

    make_numbers(served)
    threads = [threading.Thread(target=work, args=(number,)) for number in range(32)]
    [thread.start() for thread in threads]
    [thread.join(PATIENCE_S) for thread in threads]
    assert len(results) == 160 and all(results)
    [connection.close() for connection in idle]


# ---- operations ----


def test_sigterm_ends_idle_sessions_and_lets_statements_finish(tmp_path):
    server = Served(tmp_path / "warehouse")
    idle, busy = server.psycopg2(), server.psycopg2()
    busy.autocommit = True
    busy.cursor().execute("create table kept (a int)")
    busy.cursor().execute("insert into kept values (1)")
    open_block = server.psycopg2()
    open_block.cursor().execute("insert into kept values (2)")
    assert server.stop() == 0
    with pytest.raises(psycopg2.Error):
        idle.cursor().execute("select 1")
    assert Warehouse(tmp_path / "warehouse").rows("select a from kept") == [["1"]]


def test_sql_works_beside_a_server(served):
    beside = Warehouse(served.folder)
    beside.run("sql", "-c", "create table beside as select 42 as answer")
    cursor = served.psycopg2().cursor()
    cursor.execute("select answer from beside")
    assert cursor.fetchall() == [(42,)]


def test_connection_limit(tmp_path):
    server = Served(tmp_path / "warehouse", "--max-connections", "2")
    first, second = server.psycopg2(), server.psycopg2()
    with pytest.raises(psycopg2.OperationalError, match="too many connections"):
        server.psycopg2()
    first.close(), second.close()

    def connects():
        try:
            server.psycopg2().close()
            return True
        except psycopg2.OperationalError:
            return False

    wait_until(connects, "there is room again")
    assert server.stop() == 0


def test_pgbench(served):
    served.psql("-c", "create table if not exists bench (a int, b varchar(10))", "-c", "insert into bench values (1, 'x'), (2, 'y')")
    script = served.folder.parent / "bench.sql"
    script.write_text("\\set a random(1, 2)\nselect b from bench where a = :a;\n")
    for mode in ("simple", "extended", "prepared"):
        done = subprocess.run(
            ["pgbench", "-n", "-M", mode, "-c", "4", "-t", "20", "-f", str(script), "-h", "127.0.0.1", "-p", str(served.port), "-U", "awsuser", "dev"],
            capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0 and "80/80" in done.stdout, done.stderr + done.stdout


def test_sqlalchemy_reflects(served):
    import sqlalchemy

    served.psql("-c", "create table reflected (a int not null primary key, b varchar(20), c numeric(10,2)) distkey(a) sortkey(b)")
    engine = sqlalchemy.create_engine(f"redshift+psycopg2://awsuser:x@127.0.0.1:{served.port}/dev", connect_args={"sslmode": "disable"})
    with engine.connect() as connection:
        assert connection.execute(sqlalchemy.text("select :x + 1"), {"x": 41}).scalar() == 42
        inspector = sqlalchemy.inspect(connection)
        assert "reflected" in inspector.get_table_names()
        columns = {column["name"]: column for column in inspector.get_columns("reflected")}
        assert list(columns) == ["a", "b", "c"] and columns["b"]["type"].length == 20 and not columns["a"]["nullable"]
        assert inspector.get_pk_constraint("reflected")["constrained_columns"] == ["a"]


def test_psql_describes(served):
    served.psql("-c", "drop table if exists described", "-c", "create table described (a int not null, b varchar(20))")
    for command in ("\\l", "\\dn", "\\dt", "\\dv", "\\du", "\\d described", "\\dp"):
        done = served.psql("-c", command)
        assert "ERROR" not in done.stderr, (command, done.stderr)
    assert "character varying(20)" in served.psql("-c", "\\d described").stdout
