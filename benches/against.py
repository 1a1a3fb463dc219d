#!/usr/bin/env python3
"""Runs the analytics queries on blueshift and on other engines: results first, then times.

    against.py [--binary FILE] [--warehouse DIR | --scale N] [--runs N] [--threads N]
               [--engines NAME,NAME…] [--compare-only] [QUERY…]

Engines:
  blueshift   the program, one session that stays open (default target/release/blueshift)
  duckdb      DuckDB on the same Parquet files, through the warehouse's DuckLake catalog
  native      DuckDB on a copy of the gold tables in its own format, in memory
  redshift    a real Redshift, when REDSHIFT_URL is set: redshift://user:password@host:port/database
              (?sslmode=disable for a server without TLS). Its schema `gold` has to hold the same data:
              build it there with dbt from the same raw data.

QUERY: names in queries/, or their beginnings (q03); default all. Without --warehouse, data of --scale
(default 1) is generated and run through the pipeline in a folder that is removed afterwards.

Every query first has to give equal results on all engines: rows in order, texts and numbers equal,
only columns of type double precision may differ by 1 in 10^9. Then the queries are timed: a warm-up,
then --runs rounds (default 5), engines interleaved. Printed are medians of the wall time in
milliseconds and, where it can be measured, the CPU time of all threads. blueshift's time ends when it
has the rows, the others' when they are Python values: results are kept small. Exit code: 0 all equal, 1 a difference or an error, 2 wrong usage.

Needs duckdb==1.5.5, duckdb-extension-ducklake==1.5.5, duckdb-extension-sqlite-scanner==1.5.5 and,
for redshift, redshift-connector from PyPI. CPU times need Linux.
"""

import argparse
import csv
import io
import math
import os
import pathlib
import queue
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from decimal import Decimal, InvalidOperation

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

# What DuckDB spells differently: pattern, replacement. The queries are written to need little.
DUCKDB_SPELLING = [
    (r"(?i)\bdateadd\('(\w+)', *(-?\d+), *", r"date_add(interval '\2 \1', "),
    (r"(?i)\bnvl\(", "coalesce("),
]
DOUBLE_TOLERANCE = 1e-9
# A query may take so long, in seconds.
PATIENCE = 600


class QueryFailed(Exception):
    pass


def wrong_usage(message):
    print(f"against.py: {message}", file=sys.stderr)
    raise SystemExit(2)


class Blueshift:
    """The program: `sql` for results, a session of the interactive program for times."""

    name = "blueshift"

    def __init__(self, binary, warehouse, threads):
        self.command = [str(binary), "--warehouse", str(warehouse), "--threads", str(threads), "--quiet"]
        self.process = None

    def rows(self, sql):
        """The columns' types, and the rows as texts; NULL is None."""
        null = "\N{EMPTY SET}"
        # A line `name,type` each; a type may have commas, our names have none.
        types = [line.partition(",")[2] for line in self.sql(sql, "--describe").splitlines()]
        rows = list(csv.reader(io.StringIO(self.sql(sql, "--format", "csv", "--null", null))))[1:]
        return types, [[None if cell == null else cell for cell in row] for row in rows]

    def sql(self, sql, *options):
        done = subprocess.run(
            [*self.command, "sql", *options], input=sql, capture_output=True, text=True, timeout=PATIENCE
        )
        if done.returncode != 0:
            raise QueryFailed(done.stderr.strip())
        return done.stdout

    def time(self, sql):
        """Milliseconds of a run, as the program measures them; and of CPU."""
        if self.process is None:
            self.start()
        before = thread_cpu_ms(self.process.pid)
        self.process.stdin.write(sql.strip() + ";\n")
        self.process.stdin.flush()
        lines = []
        while True:
            line = self.messages.get(timeout=PATIENCE)
            if line is None:
                raise QueryFailed("the program ended: " + " ".join(lines))
            if match := re.match(r"Time: ([\d.]+) ms", line):
                break
            lines.append(line.strip())
        if lines:
            raise QueryFailed(" ".join(lines))
        after = thread_cpu_ms(self.process.pid)
        return float(match[1]), None if None in (before, after) else max(after - before, 0.0)

    def start(self):
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        self.messages = queue.Queue()
        threading.Thread(target=self.listen, daemon=True).start()
        self.process.stdin.write("\\timing on\nset enable_result_cache_for_session to off;\n")
        self.process.stdin.flush()
        while not (line := self.messages.get(timeout=PATIENCE) or "Time:").startswith("Time:"):
            if line.startswith("ERROR"):
                raise QueryFailed(line)

    def listen(self):
        for line in self.process.stderr:
            self.messages.put(line)
        self.messages.put(None)

    def close(self):
        if self.process is not None:
            self.process.stdin.close()
            self.process.wait(timeout=60)


class DuckDB:
    """DuckDB in this process; blueshift is another one, as their copies of SQLite demand."""

    def __init__(self, warehouse, threads, native):
        import duckdb_reads

        self.name = "native" if native else "duckdb"
        self.connection = duckdb_reads.connect(str(warehouse))
        self.connection.execute(f"SET threads = {threads}")
        self.connection.execute("SET default_null_order = 'nulls_last_on_asc_first_on_desc'")
        if native:
            self.copy()

    def copy(self):
        self.connection.execute("ATTACH ':memory:' AS native")
        self.connection.execute("CREATE SCHEMA native.gold")
        tables = self.connection.execute(
            "select table_name from duckdb_tables() where database_name = 'w' and schema_name = 'gold'"
        ).fetchall()
        for (table,) in tables:
            self.connection.execute(f'CREATE TABLE native.gold."{table}" AS FROM w.gold."{table}"')
        self.connection.execute("USE native.gold")

    def rows(self, sql):
        sql = self.translated(sql)
        kinds = [kind.lower() for (_, kind, *_) in self.connection.execute(f"DESCRIBE {sql}").fetchall()]
        kinds = ["double precision" if kind == "double" else kind for kind in kinds]
        found = self.connection.execute(sql).fetchall()
        return kinds, [[text(cell) for cell in row] for row in found]

    def time(self, sql):
        sql = self.translated(sql)
        wall, cpu = time.perf_counter(), time.process_time()
        self.connection.execute(sql).fetchall()
        return (time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000

    def translated(self, sql):
        for pattern, replacement in DUCKDB_SPELLING:
            sql = re.sub(pattern, replacement, sql)
        return sql

    def close(self):
        self.connection.close()


class Redshift:
    """A real Redshift, or what speaks its protocol."""

    name = "redshift"

    def __init__(self, url):
        import redshift_connector

        parts = urllib.parse.urlsplit(url)
        options = dict(urllib.parse.parse_qsl(parts.query))
        unquote = urllib.parse.unquote
        try:
            self.connection = redshift_connector.connect(
                host=parts.hostname,
                port=parts.port or 5439,
                database=unquote(parts.path.lstrip("/")) or "dev",
                user=unquote(parts.username or ""),
                password=unquote(parts.password or ""),
                ssl=options.get("sslmode") != "disable",
            )
        except Exception as error:
            # The driver's message may quote what it was given.
            raise SystemExit(f"cannot connect to the server of REDSHIFT_URL ({type(error).__name__})") from None
        self.connection.autocommit = True
        self.run("set enable_result_cache_for_session to off")

    def run(self, sql):
        cursor = self.connection.cursor()
        cursor.execute(sql)
        return cursor

    def rows(self, sql):
        try:
            cursor = self.run(sql)
        except Exception as error:
            raise QueryFailed(str(error)) from None
        # 700 and 701: real and double precision in pg_type.
        kinds = ["double precision" if column[1] in (700, 701) else "" for column in cursor.description]
        return kinds, [[text(cell) for cell in row] for row in cursor.fetchall()]

    def time(self, sql):
        wall = time.perf_counter()
        self.run(sql).fetchall()
        return (time.perf_counter() - wall) * 1000, None

    def close(self):
        self.connection.close()


def text(value):
    """A Python value as both engines print it; numbers are compared by value later."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, float):
        return repr(value)
    return str(value)


def thread_cpu_ms(pid):
    """CPU time of a process's living threads; None where the system does not tell."""
    total = 0
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/schedstat") as file:
                total += int(file.read().split()[0])
    except OSError:
        return None
    return total / 1e6


def difference(expected, found):
    """What differs first between two results, or None."""
    (kinds, rows), (other_kinds, other_rows) = expected, found
    if len(kinds) != len(other_kinds):
        return f"{len(kinds)} columns against {len(other_kinds)}"
    for number, (row, other) in enumerate(zip(rows, other_rows), 1):
        for column, (left, right) in enumerate(zip(row, other)):
            if not equal(left, right, {kinds[column], other_kinds[column]}):
                return f"row {number}, column {column + 1}: {left!r} against {right!r}"
    if len(rows) != len(other_rows):
        return f"{len(rows)} rows against {len(other_rows)}"
    return None


def equal(left, right, kinds):
    if left == right:
        return True
    if left is None or right is None or any(kind.startswith(("char", "varchar")) for kind in kinds):
        return False
    try:
        if "double precision" in kinds:
            return math.isclose(float(left), float(right), rel_tol=DOUBLE_TOLERANCE, abs_tol=DOUBLE_TOLERANCE)
        # Engines print 0 and 0.00 for the same number.
        return Decimal(left) == Decimal(right)
    except (InvalidOperation, ValueError):
        return False


def compare(engines, queries):
    """Runs every query once on every engine; the names of those that are equal on all, and what went wrong."""
    good, problems = [], 0
    for name, sql in queries.items():
        results, wrong = {}, []
        for engine in engines:
            try:
                results[engine.name] = engine.rows(sql)
            except Exception as error:
                wrong.append(f"{engine.name}: {error}")
        if results:
            (first, expected), *others = results.items()
            for other, found in others:
                if reason := difference(expected, found):
                    wrong.append(f"{first} and {other}: {reason}")
            if not expected[1]:
                wrong.append(f"{first}: no rows")
        if wrong:
            problems += 1
            print(f"{name}: DIFFERENT", *("    " + line for line in wrong), sep="\n")
        else:
            good.append(name)
            print(f"{name}: equal, {len(expected[1])} rows")
    return good, problems


def measure(engines, queries, runs):
    """Medians of wall and CPU times by query and engine; the first round only warms up."""
    times = {(name, engine.name): [] for name in queries for engine in engines}
    for round_number in range(runs + 1):
        for name, sql in queries.items():
            for engine in engines:
                taken = engine.time(sql)
                if round_number > 0:
                    times[name, engine.name].append(taken)
    medians = {}
    for key, taken in times.items():
        walls, cpus = zip(*taken)
        medians[key] = (statistics.median(walls), None if None in cpus else statistics.median(cpus))
    return medians


def print_times(medians, engines, queries):
    first, others = engines[0].name, [engine.name for engine in engines[1:]]
    header = ["query"]
    for engine in engines:
        header += [f"{engine.name} ms", "cpu ms"]
    header += [f"{first}/{other}" for other in others]
    lines, ratios = [], {other: [] for other in others}
    for name in queries:
        line = [name]
        for engine in engines:
            wall, cpu = medians[name, engine.name]
            line += [f"{wall:.1f}", "-" if cpu is None else f"{cpu:.1f}"]
        for other in others:
            ratio = medians[name, first][0] / max(medians[name, other][0], 1e-6)
            ratios[other].append(ratio)
            line.append(f"{ratio:.2f}")
        lines.append(line)
    mean = ["geometric mean"] + [""] * (2 * len(engines))
    mean += [f"{statistics.geometric_mean(ratios[other]):.2f}" for other in others]
    widths = [max(len(line[i]) for line in [header, *lines, mean]) for i in range(len(header))]
    for line in [header, *lines, mean]:
        print("  ".join(cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(line, widths))))


def build(binary, folder, scale):
    """A warehouse with gold tables from generated data."""
    raw, warehouse = folder / "raw", folder / "warehouse"
    for arguments in (
        ["generate", "--scale", str(scale), raw],
        ["--warehouse", warehouse, "run-pipeline", ROOT / "data" / "chinook", "--source", raw],
    ):
        done = subprocess.run([binary, "--quiet", *arguments], capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{arguments[0]} failed\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return warehouse


def read_queries(wanted):
    queries = {path.stem: path.read_text() for path in sorted((HERE / "queries").glob("*.sql"))}
    if unknown := [name for name in wanted if not any(query.startswith(name) for query in queries)]:
        wrong_usage(f"no such query: {', '.join(unknown)}")
    return {name: sql for name, sql in queries.items() if not wanted or any(map(name.startswith, wanted))}


def open_engines(arguments, warehouse):
    makers = {
        "blueshift": lambda: Blueshift(arguments.binary, warehouse, arguments.threads),
        "duckdb": lambda: DuckDB(warehouse, arguments.threads, native=False),
        "native": lambda: DuckDB(warehouse, arguments.threads, native=True),
        "redshift": lambda: Redshift(os.environ["REDSHIFT_URL"]),
    }
    names = arguments.engines.split(",") if arguments.engines else ["blueshift", "duckdb", "native"]
    if not arguments.engines and os.environ.get("REDSHIFT_URL"):
        names.append("redshift")
    for name in names:
        if name not in makers:
            wrong_usage(f"no such engine: {name}")
        if name == "redshift" and not os.environ.get("REDSHIFT_URL"):
            wrong_usage("engine redshift needs REDSHIFT_URL")
    return [makers[name]() for name in names]


def read_arguments():
    parser = argparse.ArgumentParser(usage=__doc__, add_help=True)
    parser.add_argument("--binary", type=pathlib.Path, default=ROOT / "target/release/blueshift")
    parser.add_argument("--warehouse", type=pathlib.Path)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--engines")
    parser.add_argument("--compare-only", action="store_true")
    parser.add_argument("queries", nargs="*", metavar="QUERY")
    arguments = parser.parse_args()
    if arguments.runs < 1 or arguments.threads < 1:
        parser.error("--runs and --threads start at 1")
    if not arguments.binary.is_file():
        parser.error(f"{arguments.binary} does not exist: build it, or name one with --binary")
    return arguments


def main():
    arguments = read_arguments()
    queries = read_queries(arguments.queries)
    with tempfile.TemporaryDirectory(prefix="blueshift-bench-") as folder:
        warehouse = arguments.warehouse or build(arguments.binary, pathlib.Path(folder), arguments.scale)
        engines = open_engines(arguments, warehouse)
        good, problems = compare(engines, queries)
        if good and not arguments.compare_only:
            print()
            equal_ones = {name: queries[name] for name in good}
            print_times(measure(engines, equal_ones, arguments.runs), engines, equal_ones)
        for engine in engines:
            engine.close()
    if problems:
        print(f"\n{problems} of {len(queries)} queries differ or fail; they were not timed.", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
