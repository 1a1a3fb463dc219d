"""Clients beside dbt, psql and JDBC: awswrangler, asyncpg, pgcli, and metadata through redshift_connector."""

import asyncio
import datetime
import decimal
import subprocess

import pytest

from server import Served


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    server = Served(tmp_path_factory.mktemp("clients") / "warehouse")
    yield server
    assert server.running() and server.stop() == 0


def test_awswrangler(served):
    import awswrangler
    import pandas

    redshift = awswrangler.redshift
    connection = served.redshift()
    frame = pandas.DataFrame({
        "id": [1, 2, 3], "name": ["a", "b\\c", None], "n": [1.5, 2.5, 3.5], "o": [True, False, True],
        "d": [datetime.date(2024, 1, day) for day in (1, 2, 3)], "m": [decimal.Decimal("1.25")] * 3,
    })  # fmt: skip
    place = {"con": connection, "schema": "public", "table": "aw"}
    for method in ("drop", "truncate", "delete", "cascade"):
        redshift.to_sql(frame, mode="overwrite", overwrite_method=method, **place)
    redshift.to_sql(frame, mode="append", use_column_names=True, **place)
    assert len(redshift.read_sql_table("aw", con=connection, schema="public")) == 6
    redshift.to_sql(frame, mode="overwrite", primary_keys=["id"], diststyle="KEY", distkey="id", sortstyle="COMPOUND",
                    sortkey=["id"], varchar_lengths={"name": 20}, **place)  # fmt: skip
    changed = frame.assign(n=[9.5, 2.5, 3.5], id=[1, 2, 4])
    redshift.to_sql(changed, mode="upsert", primary_keys=["id"], **place)
    read = redshift.read_sql_query("select * from public.aw where n < %s order by id", con=connection, params=[100])
    assert list(read["id"]) == [1, 2, 3, 4] and list(read["n"]) == [9.5, 2.5, 3.5, 3.5] and read["name"][1] == "b\\c"
    chunks = redshift.read_sql_query("select * from public.aw", con=connection, chunksize=3)
    assert [len(chunk) for chunk in chunks] == [3, 1]
    connection.close()


def test_asyncpg(served):
    import asyncpg

    settings = {"host": "127.0.0.1", "port": served.port, "user": "awsuser", "database": "dev", "ssl": False}
    columns = "i int, b bigint, n numeric(10,2), f float8, v varchar(20), d date, ts timestamp, tz timestamptz, o bool, t time"
    row = (1, 2**40, decimal.Decimal("1.25"), 1.5, "a\\b'c", datetime.date(2024, 1, 2), datetime.datetime(2024, 1, 2, 3, 4, 5),
           datetime.datetime(2024, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc), True, datetime.time(1, 2, 3))  # fmt: skip

    async def use():
        connection = await asyncpg.connect(**settings)
        await connection.execute(f"create table apg ({columns})")
        insert = "insert into apg values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        await connection.execute(insert, *row)
        await connection.executemany(insert, [row] * 50)
        assert tuple(await connection.fetchrow("select * from apg where i = $1 and v = $2", 1, row[4])) == row
        # executemany is one transaction.
        with pytest.raises(asyncpg.exceptions.DivisionByZeroError):
            await connection.executemany("insert into apg (i) values (10 / $1)", [(1,), (0,)])
        assert await connection.fetchval("select count(*) from apg") == 51
        async with connection.transaction():
            rows = [record async for record in connection.cursor("select * from apg", prefetch=10)]
        assert len(rows) == 51
        # What a pool does before it hands a connection out again.
        await connection.reset()
        await connection.close()
        async with asyncpg.create_pool(**settings, min_size=2, max_size=4) as pool:
            numbers = [pool.fetchval("select $1::int", number) for number in range(20)]
            assert sum(await asyncio.gather(*numbers)) == 190

    asyncio.run(use())


def test_pgcli(served):
    served.psql("-c", "create table pgcli_sees (id int)")
    command = ["pgcli", "-h", "127.0.0.1", "-p", str(served.port), "-U", "awsuser", "-w", "--less-chatty", "dev"]
    done = subprocess.run(command, input="\\dt\nselect 40 + 2;\n\\q\n", capture_output=True, text=True, timeout=120)
    assert "pgcli_sees" in done.stdout and "42" in done.stdout, done.stdout + done.stderr


METADATA = """
create schema meta;
create table meta.parent (id int primary key, name varchar(20) not null);
create table meta.child (id int, parent_id int references meta.parent (id));
create view meta.names as select name from meta.parent;
create procedure meta.p(a int, inout b varchar(10)) as $$ begin null; end $$ language plpgsql;
create function meta.f(int) returns int stable as $$ select $1 $$ language sql;
grant select on meta.parent to public;
"""


@pytest.fixture(scope="module")
def cursor(served):
    served.psql("-c", METADATA)
    connection = served.redshift()
    connection.autocommit = True
    yield connection.cursor()
    connection.close()


def names(cursor, rows, column):
    place = [description[0] for description in cursor.description].index(column)
    return [row[place] for row in rows]


def test_redshift_connector_reads_metadata_with_show(cursor):
    assert cursor.get_show_discovery_version() == 4
    assert ["dev"] in [list(row) for row in cursor.get_catalogs()]
    assert names(cursor, cursor.get_schemas(schema_pattern="met%"), "TABLE_SCHEM") == ["meta"]
    assert names(cursor, cursor.get_tables(schema_pattern="meta"), "TABLE_NAME") == ["child", "names", "parent"]
    assert names(cursor, cursor.get_tables(schema_pattern="meta", types=["VIEW"]), "TABLE_NAME") == ["names"]
    columns = cursor.get_columns(schema_pattern="meta", tablename_pattern="parent")
    assert names(cursor, columns, "COLUMN_NAME") == ["id", "name"]
    assert names(cursor, columns, "COLUMN_SIZE") == [10, 20]
    assert names(cursor, cursor.get_primary_keys(schema="meta", table="parent"), "COLUMN_NAME") == ["id"]
    assert names(cursor, cursor.get_primary_keys(table="parent"), "COLUMN_NAME") == ["id"]
    assert names(cursor, cursor.get_imported_keys(catalog="dev", schema="meta", table="child"), "PKTABLE_NAME") == ["parent"]
    assert names(cursor, cursor.get_exported_keys(catalog="dev", schema="meta", table="parent"), "FKCOLUMN_NAME") == ["parent_id"]
    assert names(cursor, cursor.get_procedures(schema_pattern="meta"), "PROCEDURE_NAME") == ["p"]
    assert names(cursor, cursor.get_functions(schema_pattern="meta"), "FUNCTION_NAME") == ["f"]
    assert "a" in names(cursor, cursor.get_procedure_columns(schema_pattern="meta"), "COLUMN_NAME")
    assert len(cursor.get_function_columns(schema_pattern="meta")) >= 1
    assert "SELECT" in names(cursor, cursor.get_table_privileges(schema_pattern="meta", table_name_pattern="parent"), "PRIVILEGE")
    cursor.get_column_privileges(catalog="dev", schema="meta", table="parent")
    assert "TABLE" in [row[0] for row in cursor.get_table_types()]
    cursor.get_type_info() if hasattr(cursor, "get_type_info") else None
