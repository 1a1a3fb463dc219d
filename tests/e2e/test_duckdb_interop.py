"""DuckDB, in a process of its own, reads every table as it is, as it was, and while we write."""

import json
import pathlib
import subprocess
import sys

import pytest

from warehouse import Warehouse, duckdb_rows

# Rows that do not compress: their segment is large enough for delete files.
BIG_ROWS = 40_000
DIGITS = "create table digit (d int); insert into digit values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)"
BIG = f"""create table big as select n as id, md5(n::varchar) as x, md5((n + 7)::varchar) as y from (
    select a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d as n
    from digit a, digit b, digit c, digit e, digit f) as numbers where n < {BIG_ROWS}"""

STEPS = [
    "create table t (id int not null, name varchar(20), price decimal(10, 2), day date, at timestamp, big bigint)",
    "insert into t values (1, 'one', 1.50, '2024-02-29', '2024-02-29 12:34:56', 9007199254740993),"
    " (2, null, null, null, null, null), (3, 'drei', -0.01, '1969-12-31', '1969-12-31 23:59:59', -1)",
    "delete from big where id % 1000 = 7",
    "delete from big where id between 100 and 120",
    "update big set x = 'changed' where id in (1, 2, 30000)",
    "alter table t rename column name to label",
    "alter table t add column note varchar(10) default 'new'",
    "insert into t values (4, 'vier', 4, '2000-01-01', '2000-01-01 00:00:00', 4, 'four')",
    "delete from t where id = 1",
    "alter table t rename to renamed",
    "alter table renamed drop column big",
    "begin; create table fresh as select id, label from renamed; alter table renamed rename to previous;"
    " alter table fresh rename to renamed; drop table previous; commit",
    "create schema s; create table s.t (a int); insert into s.t values (1), (2); delete from s.t where a = 2",
    "truncate s.t",
    "create table encoded (a int encode az64, b bigint encode delta32k, c smallint encode mostly8, d numeric(18, 2) encode az64,"
    " e date encode delta, f timestamp encode az64, g varchar(20) encode text255, h varchar(20) encode lzo,"
    " i char(3) encode raw, j varchar(20) encode runlength) interleaved sortkey (a, e)",
    "insert into encoded values (1, -9223372036854775808, -1, 1.25, '1969-12-31', '1969-12-31 23:59:59', 'x', 'y', 'abc', null),"
    " (null, 9223372036854775807, null, -0.01, null, '2024-02-29 12:34:56', '', 'y', null, 'a'), (-5, 0, 7, null, '9999-12-31', null, null, null, 'zzz', 'a')",
    "delete from encoded where a = 1",
]

TABLES = "select table_schema, table_name from information_schema.tables where table_schema in ('public', 's')"


def contents(rows_of):
    """The rows of every table, by name."""
    tables = [".".join(names) for names in rows_of(TABLES)]
    return {table: sorted(rows_of(f"select * from {table}")) for table in tables}


@pytest.fixture
def warehouse(tmp_path):
    warehouse = Warehouse(tmp_path / "warehouse")
    warehouse.run("sql", "-c", DIGITS)
    warehouse.run("sql", "-c", BIG)
    return warehouse


def test_every_state_as_it_is_and_as_it_was(warehouse):
    def theirs(sql):
        return duckdb_rows(warehouse.folder, sql)

    states = {}
    for step in STEPS:
        warehouse.run("sql", "-c", step)
        ours = contents(warehouse.rows)
        duckdb_tables = "select schema_name, table_name from duckdb_tables() where database_name = 'w'"
        assert sorted(map(tuple, theirs(duckdb_tables))) == sorted(tuple(name.split(".")) for name in ours), step
        for table, rows in ours.items():
            if table.endswith(".big"):
                sums = "select count(*), sum(id), min(x), max(y), sum(length(x)) from big"
                assert theirs(sums) == warehouse.rows(sums), step
            else:
                assert sorted(theirs(f"select * from {table}")) == rows, f"{table} after {step}"
        latest = int(theirs("select max(snapshot_id) from ducklake_snapshots('w')")[0][0])
        states[latest] = {table: rows for table, rows in ours.items() if not table.endswith(".big")}
        states[latest]["big"] = theirs("select count(*), sum(id) from big")
    assert len(states) == len(STEPS)
    for version, state in states.items():
        for table, rows in state.items():
            select = "count(*), sum(id)" if table == "big" else "*"
            found = theirs(f"select {select} from {table} at (version => {version})")
            assert sorted(found) == sorted(rows), f"{table} in state {version}"


WATCHER = """
import json, pathlib, sys
sys.path.insert(0, sys.argv[1])
from duckdb_reads import connect
stop = pathlib.Path(sys.argv[3])
connection = connect(sys.argv[2])
reads = states = 0
last = None
while True:
    done = stop.exists()
    connection.execute("begin")
    row = connection.execute(
        "select (select sum(amount) from debit) + (select sum(amount) from credit), (select count(*) from big),"
        " (select count(distinct id) from big), (select count(*) from swapped), (select min(n) from swapped),"
        " (select max(n) from swapped), (select count(*) from debit)").fetchone()
    connection.execute("commit")
    reads += 1
    states += row != last
    last = row
    sum_, count, distinct, rows, low, high, debits = row
    if (sum_, count, distinct, rows) != (0, %d, %d, 1000) or low != high:
        sys.exit(f"read {reads}: {row}")
    if done:
        break
print(json.dumps({"reads": reads, "states": states, "debits": debits}))
"""


def test_consistent_states_while_we_write(warehouse, tmp_path):
    transactions = 40
    script = [
        "create table debit (amount int); create table credit (amount int); insert into debit values (0);"
        " insert into credit values (0);",
        "create table swapped as select 0 as n from digit a, digit b, digit c;",
    ]
    warehouse.run("sql", "-c", "\n".join(script))
    writes = []
    for n in range(1, transactions + 1):
        writes.append(
            f"begin; insert into debit values (-{n}); insert into credit values ({n});"
            # As many rows go as come.
            f" delete from big where id between {n * 100} and {n * 100 + 9};"
            f" insert into big select {n * 100} + d, 'again', 'again' from digit; commit;"
        )
        if n % 4 == 0:
            writes.append(
                f"begin; create table swapped__tmp as select {n} as n from digit a, digit b, digit c;"
                " alter table swapped rename to swapped__old; alter table swapped__tmp rename to swapped;"
                " drop table swapped__old; commit;"
            )
    file = tmp_path / "writes.sql"
    file.write_text("\n".join(writes))
    stop = tmp_path / "stop"
    watcher = subprocess.Popen(
        [sys.executable, "-c", WATCHER % (BIG_ROWS, BIG_ROWS), pathlib.Path(__file__).parent, warehouse.folder, stop],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        warehouse.run("sql", "-f", file)
    finally:
        stop.touch()
    out, errors = watcher.communicate(timeout=120)
    assert watcher.returncode == 0, errors
    seen = json.loads(out)
    print(f"{seen['reads']} reads, {seen['states']} states")
    # The last read came after the last write.
    assert seen["reads"] >= 1 and seen["debits"] == transactions + 1
