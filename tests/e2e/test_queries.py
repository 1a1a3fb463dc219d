"""The benchmark's queries give the same results here and in DuckDB, which reads the same files."""

import subprocess
import sys

from warehouse import BINARY, ROOT, Warehouse, generate


def test_analytics_queries_equal_duckdb(tmp_path):
    warehouse = Warehouse(tmp_path / "warehouse")
    warehouse.pipeline(generate(tmp_path / "raw", scale=5, dirty=0.02))
    command = [ROOT / "benches/against.py", "--binary", BINARY, "--warehouse", warehouse.folder]
    done = subprocess.run(
        [sys.executable, *map(str, command), "--engines", "blueshift,duckdb", "--compare-only"],
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    queries = list((ROOT / "benches/queries").glob("*.sql"))
    assert len(queries) >= 16 and done.stdout.count(": equal, ") == len(queries)
