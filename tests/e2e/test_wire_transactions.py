"""Transactions that no BEGIN begins, and results that are sent while their query runs."""

import psycopg
import psycopg2
import pytest

from server import Served, error_fields


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    server = Served(tmp_path_factory.mktemp("transactions") / "warehouse")
    yield server
    assert server.running() and server.stop() == 0


@pytest.fixture
def table(served):
    served.psql("-c", "drop table if exists t", "-c", "create table t (i int)")

    def rows():
        return [int(line) for line in served.psql("-At", "-c", "select i from t order by i").stdout.split()]

    return rows


@pytest.mark.parametrize("script,left", [
    ("insert into t values (1); insert into t values (2)", [1, 2]),
    ("insert into t values (1); select 1/0; insert into t values (2)", []),
    ("insert into t values (1); selekt", []),
    ("insert into t values (1); commit; insert into t values (2); select 1/0", [1]),
    ("insert into t values (1); rollback; insert into t values (2)", [2]),
    ("begin; insert into t values (1); commit; insert into t values (2); select 1/0", [1]),
    ("insert into t values (1); begin; insert into t values (2); rollback", []),
    ("insert into t values (1); truncate t; insert into t values (2); select 1/0", []),
])  # fmt: skip
def test_statements_of_one_query_are_one_transaction(served, table, script, left):
    raw = served.raw()
    raw.query(script)
    raw.until("Z")
    raw.query("select 1")
    assert "E" not in raw.kinds()
    assert table() == left


def test_a_block_that_a_script_begins_goes_on(served, table):
    raw = served.raw()
    raw.query("insert into t values (1); begin; insert into t values (2)")
    assert raw.until("Z")[-1][1] == b"T"
    raw.query("rollback")
    assert raw.until("Z")[-1][1] == b"I"
    assert table() == []


def test_what_wants_to_be_alone_is_refused_in_a_script(served, table):
    raw = served.raw()
    for script in ("select 1; vacuum", "vacuum t; select 1", "select 1; create database other"):
        raw.query(script)
        fields = [error_fields(body) for kind, body in raw.until("Z") if kind == "E"]
        assert fields[0]["C"] == "25001" and "cannot run inside a multiple commands statement" in fields[0]["M"]
    raw.query("vacuum t")
    assert "E" not in raw.kinds()


def test_statements_up_to_sync_are_one_transaction(served, table):
    raw = served.raw()

    def run(sql):
        raw.parse("", sql)
        raw.bind()
        raw.execute()

    run("insert into t values (1)")
    run("insert into t values (2)")
    run("select 1/0")
    run("insert into t values (3)")
    raw.sync()
    assert raw.kinds().count("E") == 1
    assert table() == []
    run("insert into t values (4)")
    run("insert into t values (5)")
    raw.sync()
    assert raw.kinds() == "12C12CZ" and table() == [4, 5]
    # Between two messages others see nothing of it.
    run("insert into t values (6)")
    raw.send("H")
    assert raw.kinds("C") == "12C" and table() == [4, 5]
    raw.sync()
    assert raw.kinds() == "Z" and table() == [4, 5, 6]
    run("insert into t values (7)")
    raw.send("H")
    raw.until("C")
    raw.parse("", "select nothing from nowhere")
    raw.sync()
    assert raw.kinds() == "EZ" and table() == [4, 5, 6]


def test_an_error_before_execution_fails_the_block(served, table):
    for sql in ("selekt", "select nothing from nowhere", "select 1/0"):
        raw = served.raw()
        raw.query("begin")
        raw.until("Z")
        raw.query(sql)
        assert raw.until("Z")[-1][1] == b"E"
        raw.query("insert into t values (1)")
        assert error_fields(raw.until("E")[-1][1])["C"] == "25P02"
        raw.until("Z")
        raw.query("commit")
        raw.until("Z")
        raw.query("begin")
        raw.until("Z")
        raw.parse("", sql)
        raw.bind()
        raw.execute()
        raw.sync()
        assert raw.until("Z")[-1][1] == b"E"
    assert table() == []


def test_a_pipeline_of_psycopg(served, table):
    connection = served.psycopg(autocommit=True)
    with pytest.raises(psycopg.errors.DivisionByZero):
        with connection.pipeline():
            connection.execute("insert into t values (1)")
            connection.execute("select 1/0")
    assert table() == []
    with connection.pipeline():
        for number in range(10):
            connection.execute("insert into t values (%s)", [number])
    assert table() == list(range(10))
    connection.close()


DIGITS = "(" + " union all ".join(f"select {digit} as d" for digit in range(10)) + ")"


def series(digits):
    """A query of 10^digits numbers."""
    terms = " + ".join(f"a{place}.d::bigint * {10**place}" for place in range(digits))
    return f"select {terms} as i, 'some text that makes rows longer' as v from " + ", ".join(f"{DIGITS} a{place}" for place in range(digits))


def test_a_large_result_needs_no_memory_for_all_of_its_rows(served):
    raw = served.raw()
    raw.query("select 1")
    raw.until("Z")
    before = served.memory()
    raw.query(series(6))
    rows, most = 0, before
    while True:
        kind, body = raw.message()
        rows += kind == "D"
        if rows % 100_000 == 1:
            most = max(most, served.memory())
        if kind == "C":
            assert body == b"SELECT 1000000\0"
        if kind == "Z":
            break
    assert rows == 1_000_000
    assert most - before < 100 << 20, (before, most)


def test_the_first_rows_come_before_the_last_are_made(served):
    raw = served.raw()
    # Would take hours.
    raw.query(series(12))
    assert raw.kinds("D") == "TD"
    raw.socket.close()
    served.wait_for_statement("some text that makes", running=False)


def test_an_error_after_rows_fails_the_statement(served):
    connection = served.psycopg2()
    cursor = connection.cursor()
    with pytest.raises(psycopg2.Error):
        cursor.execute("select 10 / (i - 99999) from (" + series(5) + ") s order by i")
    connection.rollback()
    cursor.execute("select 1")
    assert cursor.fetchall() == [(1,)]
    connection.close()


def test_backslashes_in_values_survive(served):
    cursor = served.psycopg2().cursor()
    for text in ("a\\b", "\\", "\\'; drop table t; --", "it's \\\\ fine", "ä\\u0041"):
        cursor.execute("select %s", (text,))
        assert cursor.fetchall() == [(text,)]
    cursor = served.psycopg().cursor()
    for text in ("a\\b", "\\'; drop table t; --"):
        assert cursor.execute("select %s::varchar", (text,)).fetchone() == (text,)
