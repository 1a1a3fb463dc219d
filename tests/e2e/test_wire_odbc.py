"""PostgreSQL's ODBC driver, as BI tools use it: catalog functions, prepared statements, values of all types."""

import datetime
import decimal
import pathlib

import pyodbc
import pytest

from server import Served

SETUP = """
create schema od;
create table od.parent (a int, b int, name varchar(20) default 'x' not null, n numeric(10,2), primary key (a, b));
create table od.child (x int, y int, foreign key (x, y) references od.parent (a, b));
create view od.names as select name from od.parent;
create procedure od.p(a int) as $$ begin null; end $$ language plpgsql;
create function od.f(int) returns int stable as $$ select $1 $$ language sql;
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    server = Served(tmp_path_factory.mktemp("odbc") / "warehouse")
    server.psql("-c", SETUP)
    yield server
    assert server.running() and server.stop() == 0


@pytest.fixture(scope="module", params=["UseServerSidePrepare=1", "UseServerSidePrepare=0"])
def connection(served, request):
    (driver,) = pathlib.Path("/usr/lib").glob("*/odbc/psqlodbcw.so")
    target = f"Driver={driver};Server=127.0.0.1;Port={served.port};Database=dev;Uid=awsuser;SSLmode=disable;"
    # Redshift has no savepoints: an error is not to be undone alone.
    target += f"Protocol=7.4-1;{request.param}"
    connection = pyodbc.connect(target, autocommit=True)
    yield connection
    connection.close()


@pytest.fixture
def cursor(connection):
    with connection.cursor() as cursor:
        yield cursor


def column(rows, name):
    return [getattr(row, name) for row in rows.fetchall()]


def test_catalog_functions(cursor):
    assert sorted(column(cursor.tables(schema="od"), "table_name")) == ["child", "names", "parent"]
    assert column(cursor.tables(schema="od", tableType="VIEW"), "table_name") == ["names"]
    assert column(cursor.tables(catalog="%", schema="", table=""), "table_cat") == ["dev"]
    assert column(cursor.columns(schema="od", table="parent"), "type_name") == ["int4", "int4", "varchar", "numeric"]
    assert column(cursor.columns(schema="od", table="parent"), "column_size") == [10, 10, 20, 10]
    assert column(cursor.primaryKeys(schema="od", table="parent"), "column_name") == ["a", "b"]
    assert "parent_pkey" in column(cursor.statistics(schema="od", table="parent"), "index_name")
    assert sorted(column(cursor.procedures(schema="od"), "procedure_name")) == ["f", "p"]
    assert "int8" in column(cursor.getTypeInfo(), "type_name")
    # The driver looks for foreign keys among the triggers that PostgreSQL 8.0 had for them, and Redshift has none.
    assert cursor.foreignKeys(schema="od", table="parent").fetchall() == []
    assert cursor.rowIdColumns(schema="od", table="parent").fetchall() == []


def test_values_of_all_types(cursor):
    row = cursor.execute(
        "select 1::smallint, 2, 3::bigint, 1.25::numeric(10,2), 1.5::float8, 'ä'::varchar(5), date '2024-01-02',"
        " timestamp '2024-01-02 03:04:05.5', time '10:00', null::int, json_parse('[1]')"
    ).fetchone()
    assert tuple(row) == (
        1, 2, 3, decimal.Decimal("1.25"), 1.5, "ä", datetime.date(2024, 1, 2),
        datetime.datetime(2024, 1, 2, 3, 4, 5, 500000), datetime.time(10), None, "[1]",
    )  # fmt: skip


def test_prepared_statements(cursor):
    """The driver gives a name again after DEALLOCATE has freed it."""
    cursor.execute("create temp table odbc_t (i int, v varchar(20), d date)")
    for number in range(3):
        cursor.execute("insert into odbc_t values (?, ?, ?)", (number, "it's \\ ä", datetime.date(2024, 1, 2)))
        assert cursor.rowcount == 1
    cursor.executemany("insert into odbc_t (i, v) values (?, ?)", [(7, "b"), (8, None)])
    assert [row.i for row in cursor.execute("select i from odbc_t where i > ? order by i", (1,))] == [2, 7, 8]
    assert cursor.execute("update odbc_t set v = ? where i = ?", ("new", 7)).rowcount == 1
    rows = cursor.execute("select v from odbc_t where i in (?, ?) order by i", (0, 7))
    assert [row.v for row in rows] == ["it's \\ ä", "new"]
    with pytest.raises(pyodbc.ProgrammingError, match="42P01"):
        cursor.execute("select * from nowhere where i = ?", (1,))
    assert cursor.execute("select count(*) from odbc_t").fetchone()[0] == 5


def test_a_transaction_rolls_back(connection):
    connection.autocommit = False
    try:
        connection.execute("create table od.never (i int)")
        connection.execute("insert into od.never values (?)", (1,))
        connection.rollback()
        with pytest.raises(pyodbc.ProgrammingError):
            connection.execute("select * from od.never")
        connection.rollback()
    finally:
        connection.autocommit = True
