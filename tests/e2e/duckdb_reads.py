#!/usr/bin/env python3
"""Reads a warehouse with DuckDB and prints a query's rows as CSV.

    duckdb_reads.py WAREHOUSE [QUERY]

The warehouse's catalog is attached read only as database `w`, whose schema `public` is current:
`select * from gold.dim_genre`. Without a query the tables and their row counts are printed.
An independent reader of the same files: what it sees is what is really there.

Needs duckdb==1.5.5, duckdb-extension-ducklake==1.5.5 and duckdb-extension-sqlite-scanner==1.5.5
from PyPI, and no network. Must run in a process of its own, because two copies of SQLite in one
process break each other's locks.
"""

import csv
import glob
import importlib.util
import os
import sys

import duckdb


def extensions():
    for package in ("duckdb_extension_sqlite_scanner", "duckdb_extension_ducklake"):
        spec = importlib.util.find_spec(package)
        if spec is None:
            sys.exit(f"missing the Python package {package.replace('_', '-')}")
        for folder in spec.submodule_search_locations:
            yield from glob.glob(os.path.join(folder, "**", "*.duckdb_extension"), recursive=True)


def connect(warehouse):
    connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    for path in extensions():
        connection.execute(f"LOAD '{path}'")
    catalog = os.path.join(os.path.abspath(warehouse), "catalog.sqlite").replace("'", "''")
    connection.execute(f"ATTACH 'ducklake:sqlite:{catalog}' AS w (READ_ONLY)")
    connection.execute("USE w.public")
    return connection


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    connection = connect(sys.argv[1])
    if len(sys.argv) == 3:
        # DuckDB's own text forms; going through Python objects would change some.
        connection.execute(f"COPY ({sys.argv[2]}) TO '/dev/stdout' (FORMAT csv, HEADER)")
        return
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(["schema", "table", "rows"])
    tables = connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = 'w' order by 1, 2"
    ).fetchall()
    for schema, table in tables:
        quoted = ".".join('"' + name.replace('"', '""') + '"' for name in ("w", schema, table))
        out.writerow([schema, table, connection.execute(f"select count(*) from {quoted}").fetchone()[0]])


if __name__ == "__main__":
    main()
