"""Random queries and changes in the common dialect: blueshift answers as PostgreSQL 15 does.

BLUESHIFT_RANDOM_QUERIES sets how many (and a quarter as many changes); BLUESHIFT_RANDOM_SEED where to begin. A
failure prints the seed.
"""

import decimal
import glob
import os
import pathlib
import pwd
import random
import shutil
import socket
import subprocess
import time

import psycopg2
import pytest

from random_dml import Change
from random_expr import spoken
from random_sql import DEFINITION, Query, setup
from warehouse import Warehouse

COUNT = int(os.environ.get("BLUESHIFT_RANDOM_QUERIES", "400"))
FIRST = int(os.environ.get("BLUESHIFT_RANDOM_SEED", "1"))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def connect(port, **options):
    """A connection, waiting for the server to come up."""
    for attempt in range(100):
        try:
            connection = psycopg2.connect(host="127.0.0.1", port=port, **options)
            connection.autocommit = True
            return connection
        except psycopg2.OperationalError:
            if attempt == 99:
                raise
            time.sleep(0.1)


@pytest.fixture(scope="module")
def postgres(tmp_path_factory):
    programs = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
    assert programs, "PostgreSQL's server is not installed (Debian: apt-get install postgresql)"
    folder = pathlib.Path(tmp_path_factory.mktemp("postgres"))
    user = {}
    if os.geteuid() == 0:
        account = pwd.getpwnam("postgres")
        user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        for path in [folder, *folder.parents]:
            if path == pathlib.Path("/tmp"):
                break
            path.chmod(0o755)
        shutil.chown(folder, "postgres", "postgres")
    subprocess.run(
        [f"{programs[-1]}/initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--lc-collate=C", "--lc-ctype=C.UTF-8"],
        check=True, capture_output=True, **user,
    )
    port = free_port()
    server = subprocess.Popen(
        [f"{programs[-1]}/postgres", "-D", folder / "data", "-p", str(port), "-k", str(folder), "-h", "127.0.0.1",
         "-c", "fsync=off"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **user,
    )
    connection = connect(port, user="postgres", dbname="postgres")
    yield connection
    connection.close()
    server.terminate()
    server.wait()


@pytest.fixture(scope="module")
def blueshift(tmp_path_factory):
    port = free_port()
    server = Warehouse(tmp_path_factory.mktemp("blueshift") / "w").start("serve", "--listen", f"127.0.0.1:{port}")
    connection = connect(port, user="awsuser", dbname="dev")
    yield connection
    connection.close()
    server.terminate()
    server.wait()


def shown(value):
    """A value as text; numbers by what they are worth."""
    if isinstance(value, (int, decimal.Decimal)) and not isinstance(value, bool):
        number = format(decimal.Decimal(value).normalize(), "f")
        return "0" if number == "-0" else number
    return None if value is None else str(value)


def run(connection, sql):
    """Rows as text, or their number where there are none, or the error."""
    with connection.cursor() as cursor:
        try:
            cursor.execute(sql)
            if cursor.description is None:
                return cursor.rowcount, None
            return [tuple(shown(value) for value in row) for row in cursor.fetchall()], None
        except psycopg2.Error as error:
            return None, f"{error.pgcode}: {error}"


@pytest.fixture(scope="module")
def engines(postgres, blueshift):
    # A query that multiplies its rows is given up.
    for statement in ["set statement_timeout to 10000", *setup(random.Random(5))]:
        for connection in (postgres, blueshift):
            assert run(connection, statement)[1] is None
    return postgres, blueshift


class Comparison:
    """What came of comparing."""

    def __init__(self):
        self.equal, self.errors, self.differences = 0, 0, []

    def add(self, seed, sql, expected, actual, ordered=True):
        (rows, refused), (ours, error) = expected, actual
        # PostgreSQL has no FULL JOIN on constants (0A000); what takes too long is given up (57014).
        slow = (error or "").startswith("57014")
        if slow or refused and (error or refused.startswith(("57014", "0A000"))):
            self.errors += 1
            return
        if rows is not None and ours is not None:
            if not ordered:
                rows, ours = sorted(map(repr, rows)), sorted(map(repr, ours))
            if rows == ours:
                self.equal += 1
                return
        self.differences.append(f"seed {seed}\n{sql}\nPostgreSQL: {refused or short(rows)}\nblueshift: {error or short(ours)}")

    def check(self, count, what):
        print(f"{self.equal} random {what} equal, {self.errors} errors in both, {len(self.differences)} differ")
        assert not self.differences, "\n\n".join(self.differences[:20]) + f"\n{len(self.differences)} of {count} differ"
        assert self.equal > count * 0.8


def short(answer):
    return answer[:5] if isinstance(answer, list) else answer


def test_random_queries_equal_postgresql(engines):
    postgres, blueshift = engines
    comparison = Comparison()
    for seed in range(FIRST, FIRST + COUNT):
        sql = Query(seed).query()
        ours = spoken(sql, redshift=True)
        ordered = " order by 1" in ours.rsplit(")", 1)[-1]
        comparison.add(seed, ours, run(postgres, spoken(sql, redshift=False)), run(blueshift, ours), ordered)
    comparison.check(COUNT, "queries")


def test_random_changes_equal_postgresql(engines):
    postgres, blueshift = engines
    comparison = Comparison()
    count = max(COUNT // 4, 1)
    for connection in (postgres, blueshift):
        assert run(connection, f"create table w ({DEFINITION})")[1] is None
    for seed in range(FIRST, FIRST + count):
        sql = Change(seed).statement()
        answers = []
        for redshift, connection in ((False, postgres), (True, blueshift)):
            for statement in ("delete from w", "insert into w select * from t where id < 60"):
                assert run(connection, statement)[1] is None
            changed, error = run(connection, spoken(sql, redshift))
            # Redshift's tag of MERGE has no number.
            changed = None if sql.startswith("merge") else changed
            rows, _ = run(connection, "select * from w order by 1, 2, 3, 4, 5, 6, 7, 8")
            answers.append((None if error else (changed, rows), error))
        comparison.add(seed, spoken(sql, redshift=True), *answers)
    comparison.check(count, "changes")
