"""TPC-H (22 queries) and TPC-DS (99) give the same answers here and in DuckDB.

DuckDB's extensions generate the data and know the queries. The data goes through Parquet files below an
S3 root, external tables and CREATE TABLE AS. In the gate the scale is small; the whole thing at scale 1:

    BLUESHIFT=target/release/blueshift python tests/e2e/test_tpc.py --scale 1 [--keep DIR] [--timeout SECONDS]
        [tpch|tpcds] [NUMBER…]

`--keep` keeps the data of both for the next run; `--timeout` bounds a query (300 s unless told).

Where Redshift's dialect means something else than DuckDB's, the text is changed for both (`CHANGES`): an
average of integers is an integer in Redshift, and so is a quotient.
"""

import csv
import io
import math
import pathlib
import re
import sys
import tempfile
import time

import duckdb
import pytest

from warehouse import Warehouse

SUITES = {"tpch": ("dbgen", "tpch_queries"), "tpcds": ("dsdgen", "tpcds_queries")}

# DuckDB's spelling → one that both understand, for all queries. Each must keep the meaning.
SPELLING = [
    # A quotient and an average of integers keep their fraction in DuckDB.
    (r"\bavg\((ss_quantity|cs_quantity|ws_quantity|inv_quantity_on_hand|cd_dep_count|cd_dep_employed_count|cd_dep_college_count)\)", r"avg(\1::double precision)"),
]
CHANGES = {
    ("tpcds", 27): [(r"avg\(agg1\)", "avg(agg1::double precision)")],
    # A quotient of NUMERICs has few digits: ranks by it have more ties.
    ("tpcds", 36): [(r"\*1\.0000\)", "::double precision)")],
    # An average of NUMERICs has the scale of its argument (page r_AVG): ranks by it have ties.
    ("tpcds", 44): [(r"avg\(ss_net_profit\)", "avg(ss_net_profit::double precision)")],
}


def extension(name):
    package = __import__(f"duckdb_extension_{name}")
    files = list(pathlib.Path(package.__file__).parent.rglob("*.duckdb_extension"))
    assert len(files) == 1, files
    return files[0]


class Suite:
    """Data and queries of one benchmark, in DuckDB and in a warehouse."""

    def __init__(self, name, scale, folder, timeout=300):
        generate, queries = SUITES[name]
        self.name = name
        self.timeout = timeout
        folder.mkdir(parents=True, exist_ok=True)
        self.duckdb = duckdb.connect(folder / f"{name}.duckdb")
        self.duckdb.execute(f"load '{extension(name)}'")
        if not self.duckdb.execute("show tables").fetchall():
            self.duckdb.execute(f"call {generate}(sf={scale})")
        self.duckdb.execute("set default_null_order = 'nulls_last_on_asc_first_on_desc'")
        self.queries = dict(self.duckdb.execute(f"select query_nr, query from {queries}()").fetchall())
        self.root = folder / "s3"
        self.warehouse = Warehouse(folder / f"warehouse-{name}", "--s3-root", str(self.root))

    def load(self):
        statements = [
            "create external schema lake from data catalog database 'tpc' iam_role default "
            "create external database if not exists"
        ]
        for (table,) in self.duckdb.execute("show tables").fetchall():
            folder = self.root / "tpc" / self.name / table
            folder.mkdir(parents=True, exist_ok=True)
            self.duckdb.execute(f"copy {table} to '{folder}/part-0.parquet' (format parquet)")
            columns = self.duckdb.execute(f"describe {table}").fetchall()
            described = ", ".join(f"{column[0]} {redshift_type(column[1])}" for column in columns)
            statements.append(
                f"create external table lake.{table} ({described}) stored as parquet "
                f"location 's3://tpc/{self.name}/{table}/'"
            )
            statements.append(f"create table {table} as select * from lake.{table}")
        statements.append("analyze")
        script = pathlib.Path(self.root) / f"{self.name}.sql"
        script.write_text(";\n".join(statements))
        self.warehouse.run("sql", "-q", "-f", script)

    def text(self, number):
        text = self.queries[number].strip().rstrip(";")
        for pattern, replacement in SPELLING + CHANGES.get((self.name, number), []):
            text = re.sub(pattern, replacement, text, flags=re.IGNORECASE)
        return text

    def compare(self, number):
        """The seconds here and in DuckDB; an AssertionError when the answers differ."""
        text = self.text(number)
        start = time.time()
        expected = [[cell(value) for value in row] for row in self.duckdb.execute(text).fetchall()]
        theirs = time.time() - start
        start = time.time()
        limited = f"set statement_timeout to {self.timeout * 1000}; {text}"
        done = self.warehouse.run("sql", "--format", "csv", "--null", "\\N", "-q", "-c", limited, check=False)
        ours = time.time() - start
        assert done.returncode == 0, done.stderr.strip()
        found = list(csv.reader(io.StringIO(done.stdout)))[1:]
        assert len(found) == len(expected), f"{len(found)} rows, and DuckDB has {len(expected)}"
        if not all(map(same_row, found, expected)):
            for left, right in zip(sorted(found, key=sort_key), sorted(expected, key=sort_key)):
                assert same_row(left, right), f"{left}\n{right}"
        return ours, theirs


def redshift_type(name):
    name = name.lower()
    return {"varchar": "varchar(1000)", "double": "double precision", "hugeint": "bigint"}.get(name, name)


def cell(value):
    if value is None:
        return "\\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    return str(value)


def number(text):
    try:
        return float(text)
    except ValueError:
        return None


def same_row(left, right):
    return len(left) == len(right) and all(map(same, left, right))


def same(left, right):
    """Equal, or equal numbers but for the digits that a NUMERIC average or quotient does not have."""
    if left.rstrip() == right.rstrip():
        return True
    a, b = number(left), number(right)
    return a is not None and b is not None and math.isclose(a, b, rel_tol=1e-4, abs_tol=0.0101)


def sort_key(row):
    return [(f"{number(text):.0f}" if number(text) is not None else text.rstrip()) for text in row]


@pytest.mark.parametrize(("name", "scale"), [("tpch", 0.01), ("tpcds", 0.01)])
def test_answers_equal_duckdb(name, scale, tmp_path):
    suite = Suite(name, scale, tmp_path)
    suite.load()
    failures = run(suite, sorted(suite.queries))
    assert not failures, "\n".join(failures)


def run(suite, numbers):
    failures = []
    for query in numbers:
        try:
            ours, theirs = suite.compare(query)
            print(f"{suite.name} {query}: equal, {ours:.2f} s here, {theirs:.2f} s in DuckDB", flush=True)
        except AssertionError as error:
            failures.append(f"{suite.name} {query}: {error}")
            print(failures[-1], flush=True)
    return failures


def main(arguments):
    scale, keep, timeout, names, numbers = 1.0, None, 300, [], []
    arguments = iter(arguments)
    for argument in arguments:
        match argument:
            case "--scale":
                scale = float(next(arguments))
            case "--keep":
                keep = next(arguments)
            case "--timeout":
                timeout = int(next(arguments))
            case _ if argument in SUITES:
                names.append(argument)
            case _:
                numbers.append(int(argument))
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(keep or temporary)
        failed = 0
        for name in names or list(SUITES):
            suite = Suite(name, scale, folder, timeout)
            if not suite.warehouse.folder.exists():
                suite.load()
            failed += len(run(suite, numbers or sorted(suite.queries)))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
