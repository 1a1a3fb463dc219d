"""Random queries in the common dialect: blueshift answers as PostgreSQL 15 does.

BLUESHIFT_RANDOM_QUERIES sets how many; BLUESHIFT_RANDOM_SEED where to begin. A failure prints the seed.
"""

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

from random_sql import Query, setup
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


def answer(connection, sql):
    """Rows as text, or the error."""
    with connection.cursor() as cursor:
        try:
            cursor.execute(sql)
            return [tuple(None if value is None else str(value) for value in row) for row in cursor.fetchall()], None
        except psycopg2.Error as error:
            return None, f"{error.pgcode}: {error}"


def test_random_queries_equal_postgresql(postgres, blueshift):
    # A query that multiplies its rows is given up. PostgreSQL has no FULL JOIN on constants (0A000).
    for statement in ["set statement_timeout to 10000", *setup(random.Random(5))]:
        for connection in (postgres, blueshift):
            with connection.cursor() as cursor:
                cursor.execute(statement)
    differences, compared, errors = [], 0, 0
    for seed in range(FIRST, FIRST + COUNT):
        sql = Query(seed).query()
        expected, refused = answer(postgres, sql)
        actual, error = answer(blueshift, sql)
        if refused and error:
            errors += 1
            continue
        if refused and refused.startswith(("57014", "0A000")):
            continue
        ordered = " order by 1" in sql.rsplit(")", 1)[-1]
        if expected is not None and actual is not None:
            compared += 1
            same = expected == actual if ordered else sorted(map(repr, expected)) == sorted(map(repr, actual))
        else:
            same = False
        if not same:
            differences.append(
                f"seed {seed}\n{sql}\nPostgreSQL: {refused or expected[:5]}\nblueshift: {error or actual[:5]}"
            )
    print(f"{compared} random queries equal, {errors} errors in both, {len(differences)} differ")
    assert not differences, "\n\n".join(differences[:20]) + f"\n{len(differences)} of {COUNT} differ"
    assert compared > COUNT * 0.8
