"""`tokio-postgres`, a driver that speaks binary only: the program in `tokio/`, built here, against a server."""

import os
import pathlib
import subprocess

from server import PATIENCE_S, Served
from warehouse import ROOT

PROJECT = pathlib.Path(__file__).with_name("tokio")


def test_tokio_postgres(tmp_path):
    # Kept between runs; it is no part of the workspace, whose features it would change.
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "e2e-tokio"
    build = ["cargo", "build", "--locked", "--quiet", "--manifest-path", str(PROJECT / "Cargo.toml"), "--target-dir", str(target)]
    subprocess.run(build, check=True)
    server = Served(tmp_path / "warehouse")
    program = [str(target / "debug/tokio-postgres-client"), str(server.port)]
    done = subprocess.run(program, capture_output=True, text=True, timeout=2 * PATIENCE_S)
    assert done.returncode == 0 and "all passed" in done.stdout, done.stdout + done.stderr
    assert server.running() and server.stop() == 0
