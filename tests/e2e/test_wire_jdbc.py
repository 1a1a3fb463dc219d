"""PostgreSQL's JDBC driver against `blueshift serve`: metadata, every type, batches, cursors, cancelling (Jdbc.java)."""

import pathlib
import subprocess

from server import Served

DRIVER = "/usr/share/java/postgresql.jar"


def test_jdbc(tmp_path):
    assert pathlib.Path(DRIVER).exists(), "install libpostgresql-jdbc-java"
    server = Served(tmp_path / "warehouse")
    program = pathlib.Path(__file__).parent / "Jdbc.java"
    command = ["java", "-cp", DRIVER, str(program), str(server.port)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.stdout.endswith("all passed\n"), done.stdout + done.stderr[-3000:]
    assert server.running() and server.stop() == 0
