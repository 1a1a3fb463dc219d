"""What the end-to-end tests share: running the program, reading its results, hashing its gold tables."""

import csv
import hashlib
import io
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("BLUESHIFT", str(ROOT / "target/debug/blueshift"))
PROJECT = ROOT / "data/chinook"


class Warehouse:
    """A warehouse folder and the program that works on it."""

    def __init__(self, folder, *options, env=None):
        self.folder = pathlib.Path(folder)
        self.options = list(options)
        self.env = {**os.environ, **(env or {})}

    def command(self, *arguments):
        return [BINARY, "--warehouse", str(self.folder), *self.options, *map(str, arguments)]

    def run(self, *arguments, check=True, stdin=None):
        done = subprocess.run(
            self.command(*arguments), capture_output=True, text=True, env=self.env, input=stdin, timeout=600
        )
        if check and done.returncode != 0:
            raise AssertionError(f"{arguments} exited with {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
        return done

    def start(self, *arguments):
        return subprocess.Popen(
            self.command(*arguments), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=self.env
        )

    def pipeline(self, source, *arguments, check=True):
        return self.run("run-pipeline", PROJECT, "--source", source, *arguments, check=check)

    def rows(self, sql):
        """The rows of a query, without its header."""
        return list(csv.reader(io.StringIO(self.run("sql", "--format", "csv", "-c", sql).stdout)))[1:]

    def value(self, sql):
        return self.rows(sql)[0][0]

    def gold(self):
        """A hash of the rows of every gold table, whatever their order."""
        tables = "select table_name from information_schema.tables where table_schema = 'gold' order by 1"
        hashes = {}
        for (table,) in self.rows(tables):
            rows = sorted(map(tuple, self.rows(f"select * from gold.{table}")))
            hashes[table] = (len(rows), hashlib.sha256(repr(rows).encode()).hexdigest())
        assert len(hashes) >= 20, f"only {sorted(hashes)} in gold"
        return hashes


def generate(folder, scale=1, seed=7, dirty=0.0):
    subprocess.run(
        [BINARY, "--quiet", "generate", "--scale", str(scale), "--seed", str(seed), "--dirty", str(dirty), str(folder)],
        check=True,
        capture_output=True,
    )
    return pathlib.Path(folder)


def raw_rows(source, table):
    """All raw rows of a table, as Python's csv module reads them."""
    rows = []
    for path in sorted((pathlib.Path(source) / table).rglob("*.csv")):
        with open(path, newline="", encoding="utf-8") as file:
            rows.extend(csv.DictReader(file))
    return rows


def duckdb_rows(folder, sql):
    """The rows of a query as DuckDB reads the same warehouse, in a process of its own."""
    script = pathlib.Path(__file__).with_name("duckdb_reads.py")
    done = subprocess.run([sys.executable, str(script), str(folder), sql], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return list(csv.reader(io.StringIO(done.stdout)))[1:]
