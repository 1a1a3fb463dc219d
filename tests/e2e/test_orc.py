"""Other programs read the ORC files that the writer makes."""

import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).parent


def test_pyarrow_reads_every_type_and_codec(tmp_path):
    """`orc_cases` is built with the tests, beside the program under test."""
    cases = pathlib.Path(os.environ["BLUESHIFT"]).parent / "examples" / "orc_cases"
    subprocess.run([cases, "cases", tmp_path], check=True)
    done = subprocess.run(
        [sys.executable, HERE / "orc_oracle.py", tmp_path, "pyarrow"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
