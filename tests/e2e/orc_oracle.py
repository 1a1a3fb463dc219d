#!/usr/bin/env python3
"""Reads ORC files that our writer made with pyarrow (ORC C++) and PySpark (ORC Java) and compares
every value with what was written.

    cargo run -p blueshift-orc --example orc_cases -- cases FOLDER
    python3 tests/e2e/orc_oracle.py FOLDER [pyarrow] [spark]

needs `pip install pyarrow pyspark` and Java 17. Spark also reads ranges of rows through pushed-down
filters, which seeks by the row index. Exit code 0 only if everything is equal.
"""

import decimal
import json
import pathlib
import sys

# The file with the years 1 to 9999 does not fit the nanoseconds in which pyarrow reads timestamps.
NOT_FOR_PYARROW = {"years_1_to_9999"}


def parse(kind, text):
    """The expected value in the form that both readers are brought into."""
    if text is None:
        return None
    if kind in ("integer", "date", "timestamp"):
        return int(text)
    if kind == "float":
        return float(text)
    if kind == "boolean":
        return text == "true"
    if kind == "decimal":
        return decimal.Decimal(text)
    return text


def expected_columns(path):
    expected = json.loads(path.with_suffix(".json").read_text())
    return {c["name"]: (c["type"], [parse(c["type"], v) for v in c["values"]]) for c in expected["columns"]}


def compare(where, columns, actual, rows=None):
    """Prints differences; returns how many columns differ."""
    bad = 0
    for name, (kind, values) in columns.items():
        if rows is not None:
            values = values[rows.start : rows.stop]
        found = actual[name]
        if found != values:
            bad += 1
            at = next((i for i, (f, v) in enumerate(zip(found, values)) if f != v), min(len(found), len(values)))
            print(f"DIFFERENT {where} {name} ({kind}): {len(found)} of {len(values)} values, first at {at}: "
                  f"{found[at:at + 3]!r} instead of {values[at:at + 3]!r}")
    return bad


def float32(name, values):
    """Spark and pyarrow widen floats; the expected text is the shortest that gives the same float."""
    import struct
    if name != "float":
        return values
    return [None if v is None else struct.unpack("f", struct.pack("f", v))[0] for v in values]


def with_pyarrow(paths):
    import pyarrow as pa
    from pyarrow import orc

    bad = files = 0
    for path in paths:
        if path.stem in NOT_FOR_PYARROW:
            continue
        columns = {n: (k, float32(n, v)) for n, (k, v) in expected_columns(path).items()}
        table = orc.ORCFile(path).read()
        actual = {}
        for name, (kind, _) in columns.items():
            column = table[name].combine_chunks()
            if kind == "date":
                column = column.cast(pa.int32())
            elif kind == "timestamp":
                column = column.cast(pa.timestamp("us")).cast(pa.int64())
            values = column.to_pylist()
            actual[name] = [None if v is None else v.hex() for v in values] if kind == "binary" else values
        bad += compare(f"pyarrow {path.name}", columns, actual)
        files += 1
    print(f"pyarrow {pa.__version__}: {files} files, {bad} columns differ")
    return bad


def with_spark(paths):
    from pyspark.sql import SparkSession, functions as f

    spark = (SparkSession.builder.master("local[2]").config("spark.sql.session.timeZone", "UTC")
             .config("spark.driver.extraJavaOptions", "-Duser.timezone=UTC").config("spark.ui.enabled", "false")
             .config("spark.sql.files.maxPartitionBytes", "1g").getOrCreate())
    spark.sparkContext.setLogLevel("ERROR")
    bad = reads = 0
    for path in paths:
        columns = {n: (k, float32(n, v)) for n, (k, v) in expected_columns(path).items()}
        count = len(next(iter(columns.values()))[1])
        ranges = [None]
        if "id" in columns and count > 20_000:
            ranges += [range(9_990, 10_010), range(20_000, 20_003), range(24_999, 25_001), range(34_566, 34_567),
                       range(0, 1), range(30_100, 30_200)]
        for rows in ranges:
            frame = spark.read.orc(str(path))
            if rows is not None:
                frame = frame.where((f.col("id") >= rows.start) & (f.col("id") < rows.stop))
            if "id" in columns:
                frame = frame.orderBy("id")
            forms = []
            for name, (kind, _) in columns.items():
                column = f.col(name)
                forms.append({"date": f.unix_date, "timestamp": lambda c: f.unix_micros(c.cast("timestamp")),
                              "binary": lambda c: f.lower(f.hex(c))}.get(kind, lambda c: c)(column).alias(name))
            found = frame.select(*forms).collect()
            actual = {name: [row[i] for row in found] for i, name in enumerate(columns)}
            bad += compare(f"spark {path.name} {rows or 'all'}", columns, actual, rows)
            reads += 1
    print(f"spark {spark.version}: {len(paths)} files, {reads} reads, {bad} columns differ")
    spark.stop()
    return bad


def main():
    folder, readers = pathlib.Path(sys.argv[1]), sys.argv[2:] or ["pyarrow", "spark"]
    paths = sorted(folder.glob("*.orc"))
    if not paths:
        sys.exit(f"no .orc files in {folder}")
    bad = sum({"pyarrow": with_pyarrow, "spark": with_spark}[reader](paths) for reader in readers)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
