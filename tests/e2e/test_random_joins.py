"""Joins in whatever order the planner finds give the rows that DuckDB finds.

`BLUESHIFT_RANDOM_QUERIES=N` asks for more queries, `BLUESHIFT_RANDOM_SEED=N` for others.
"""

import os
import threading

import duckdb
import pytest

import random_join
from server import Served

QUERIES = int(os.environ.get("BLUESHIFT_RANDOM_QUERIES", "120")) // 2
SEED = int(os.environ.get("BLUESHIFT_RANDOM_SEED", "1"))
# What takes DuckDB longer is left out.
SECONDS_MAX = 3


def answer(rows):
    def cell(value):
        return value if value is None or isinstance(value, str) else float(value)

    return sorted(([cell(value) for value in row] for row in rows), key=lambda row: [(v is None, str(v)) for v in row])


def expected(duck, query):
    """DuckDB's rows; None when it would take too long."""
    timer = threading.Timer(SECONDS_MAX, duck.interrupt)
    timer.start()
    try:
        return answer(duck.execute(query).fetchall())
    except duckdb.InterruptException:
        return None
    finally:
        timer.cancel()


@pytest.mark.parametrize("analyzed", [False, True])
def test_random_joins_equal_duckdb(tmp_path, analyzed):
    seed = 2 * SEED + analyzed
    server = Served(tmp_path / "warehouse")
    duck = duckdb.connect()
    with server.psycopg(autocommit=True) as connection:
        for statement in random_join.tables(seed):
            connection.execute(statement)
            duck.execute(statement)
        if analyzed:
            connection.execute("analyze")
        compared = 0
        for number in range(QUERIES):
            query = str(random_join.Query(seed * 1_000_003 + number))
            rows = expected(duck, query)
            if rows is not None:
                assert answer(connection.execute(query).fetchall()) == rows, f"{query}\nseed {seed}, query {number}"
                compared += 1
    assert compared > QUERIES // 2
    assert server.running() and server.stop() == 0
