"""Files that may not grow and descriptors that run out: clean errors, and no row lost or half there.

Unlike the faults of tests/storage these also hit SQLite's own files.
"""

import re
import resource
import subprocess

import pytest

from warehouse import Warehouse

ROWS = 1000
SETUP = (
    "create table digit (d int); insert into digit values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);"
    " create table t (n int, x varchar(32)); create table log (n int)"
)
# One transaction over two tables.
LOAD = (
    "begin; insert into t select a.d + 10 * b.d + 100 * c.d, md5((a.d + 10 * b.d + 100 * c.d + {n})::varchar)"
    " from digit a, digit b, digit c; delete from t where n = -1; insert into log values ({n}); commit"
)
COUNTS = "select (select count(*) from t), (select count(distinct n) from t), count(*) from log"
STATES = {"53100", "58030", "53200", "53000", "53400"}


def run_limited(warehouse, sql, limit, value):
    """Runs a script with a limit of the operating system; the SQLSTATE of its error, None when it succeeded."""
    done = subprocess.run(
        warehouse.command("sql", "-c", sql),
        capture_output=True,
        text=True,
        timeout=300,
        # Python ignores SIGXFSZ, and so shall the child: then writes fail instead.
        restore_signals=False,
        preexec_fn=lambda: resource.setrlimit(limit, (value, value)),
    )
    assert "panicked" not in done.stderr, done.stderr
    if done.returncode == 0:
        return None
    assert done.returncode == 1, f"exit code {done.returncode}\n{done.stderr}"
    found = re.search(r"SQLSTATE:\s*(\w{5})", done.stderr)
    assert found, f"no SQLSTATE: {done.stderr}"
    return found.group(1)


@pytest.mark.parametrize(
    "name, limit, values",
    [
        # From less than the catalog's header to more than everything needs.
        ("size", resource.RLIMIT_FSIZE, [0, 512, 4096, 16 << 10, 32 << 10, 64 << 10, 128 << 10, 256 << 10, 64 << 20]),
        ("descriptors", resource.RLIMIT_NOFILE, [*range(3, 40, 3), 256]),
    ],
)
def test_limits_are_clean_errors(tmp_path, name, limit, values):
    warehouse = Warehouse(tmp_path / "warehouse")
    warehouse.run("sql", "-c", SETUP)
    loads = 0
    states = []
    for n, value in enumerate(values):
        # With too few descriptors the program may not even start: then it says so by a signal or its loader.
        try:
            state = run_limited(warehouse, LOAD.format(n=n), limit, value)
        except AssertionError:
            if name == "descriptors" and value < 12:
                state = "not started"
            else:
                raise
        states.append((value, state))
        assert state in STATES or state in (None, "not started"), states
        rows, distinct, log = map(int, warehouse.rows(COUNTS)[0])
        # The log tells whether the load is there, and an acknowledged one must be.
        assert rows == log * ROWS and distinct == (ROWS if log else 0), states
        assert log in ({loads + 1} if state is None else {loads, loads + 1}), states
        loads = log
    print(states)
    assert states[-1][1] is None and states[0][1] is not None
    verified = warehouse.run("verify")
    assert verified.returncode == 0
