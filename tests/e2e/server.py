"""A served warehouse for the wire tests: starts `blueshift serve` on a free port, waits for it, stops it."""

import itertools
import os
import pathlib
import re
import signal
import socket
import struct
import subprocess
import time

from warehouse import BINARY

NUMBERS = itertools.count()


# No test needs a fast machine: so long may anything take that is waited for.
PATIENCE_S = 120


def wait_until(condition, what):
    """Waits until `condition()` holds and returns what it gave."""
    deadline = time.monotonic() + PATIENCE_S
    while not (found := condition()):
        assert time.monotonic() < deadline, f"{what}: not within {PATIENCE_S} seconds"
        time.sleep(0.02)
    return found


class Served:
    """A running server, on a port that the system chose."""

    def __init__(self, folder, *options):
        self.folder = pathlib.Path(folder)
        self.log = self.folder.parent / f"serve-{next(NUMBERS)}.log"
        command = [BINARY, "--warehouse", str(self.folder), "serve", "--listen", "127.0.0.1:0", *options]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=open(self.log, "w"))
        self.port = int(wait_until(self.listening, "the server listens").group(1))

    def listening(self):
        text = self.log.read_text()
        assert self.process.poll() is None, text
        return re.search(r"serves .* on 127\.0\.0\.1:(\d+)\n", text)

    def stop(self, sig=signal.SIGTERM, timeout=PATIENCE_S):
        self.process.send_signal(sig)
        return self.process.wait(timeout=timeout)

    def running(self):
        return self.process.poll() is None

    def memory(self):
        """Resident bytes."""
        pages = pathlib.Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGESIZE")

    def value(self, sql):
        """The one value of a query, as text."""
        return self.psql("-At", "-c", sql).stdout.strip()

    def wait_for_statement(self, part, running=True):
        """Waits until a statement with that part runs, or none does."""
        text = part.replace("'", "''")
        sql = f"select count(*) from stv_recents where status = 'Running' and strpos(query, '{text}') > 0 and pid <> pg_backend_pid()"
        wait_until(lambda: (self.value(sql) != "0") == running, f"{part} {'runs' if running else 'has ended'}")

    def sessions(self):
        """How many there are beside the one that asks."""
        return int(self.value("select count(*) from stv_sessions where process <> pg_backend_pid()"))

    def wait_for_sessions(self, count):
        """Waits until only so many sessions are left."""
        wait_until(lambda: self.sessions() <= count, f"{count} sessions are left")

    def files(self):
        """How many descriptors it has open."""
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    # ---- clients ----

    def redshift(self, **options):
        import redshift_connector

        settings = {"user": "awsuser", "password": "none", "ssl": False, **options}
        return redshift_connector.connect(host="127.0.0.1", port=self.port, database="dev", **settings)

    def psycopg2(self, **options):
        import psycopg2

        settings = {"user": "awsuser", **options}
        return psycopg2.connect(host="127.0.0.1", port=self.port, dbname="dev", **settings)

    def psycopg(self, **options):
        import psycopg

        settings = {"user": "awsuser", **options}
        return psycopg.connect(host="127.0.0.1", port=self.port, dbname="dev", **settings)

    def psql(self, *arguments, stdin=None, check=True, **settings):
        target = {"host": "127.0.0.1", "port": self.port, "dbname": "dev", "user": "awsuser", **settings}
        command = ["psql", "-X", " ".join(f"{key}={value}" for key, value in target.items()), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, input=stdin, timeout=PATIENCE_S)
        assert not check or done.returncode == 0, done.stderr
        return done

    def raw(self):
        return Raw(self.port)


class Raw:
    """The protocol by hand: for what no client would send."""

    def __init__(self, port, startup=True):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        self.buffer = b""
        self.errors = []
        if startup:
            self.startup(user="awsuser", database="dev")
            self.until("Z")

    def startup(self, version=3 << 16, **parameters):
        body = struct.pack("!i", version)
        for name, value in parameters.items():
            body += name.encode() + b"\0" + value.encode() + b"\0"
        self.socket.sendall(struct.pack("!i", len(body) + 5) + body + b"\0")

    def send(self, kind, body=b""):
        self.socket.sendall(kind.encode() + struct.pack("!i", len(body) + 4) + body)

    def read(self, count):
        while len(self.buffer) < count:
            try:
                data = self.socket.recv(65536)
            except TimeoutError as error:
                raise TimeoutError(f"nothing more comes; errors so far: {self.errors}") from error
            if not data:
                raise EOFError(f"the server has closed the connection; errors so far: {self.errors}")
            self.buffer += data
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def message(self):
        kind = self.read(1).decode()
        (length,) = struct.unpack("!i", self.read(4))
        body = self.read(length - 4)
        if kind == "E":
            self.errors.append(error_fields(body))
        return kind, body

    def until(self, last):
        """Messages up to the first of that kind. Until ReadyForQuery there may be an error; else it is a failure."""
        messages = []
        while not messages or messages[-1][0] != last:
            messages.append(self.message())
            assert last in "EZ" or messages[-1][0] != "E", f"{self.errors[-1]} instead of {last}"
        return messages

    def kinds(self, last="Z"):
        return "".join(kind for kind, _ in self.until(last))

    def parse(self, name, sql, *types):
        oids = b"".join(struct.pack("!I", oid) for oid in types)
        self.send("P", name.encode() + b"\0" + sql.encode() + b"\0" + struct.pack("!h", len(types)) + oids)

    def bind(self, portal="", statement="", values=(), formats=(), result_formats=()):
        body = portal.encode() + b"\0" + statement.encode() + b"\0"
        body += struct.pack("!h", len(formats)) + b"".join(struct.pack("!h", code) for code in formats)
        body += struct.pack("!h", len(values))
        for value in values:
            body += struct.pack("!i", -1) if value is None else struct.pack("!i", len(value)) + value
        body += struct.pack("!h", len(result_formats)) + b"".join(struct.pack("!h", code) for code in result_formats)
        self.send("B", body)

    def describe(self, kind, name=""):
        self.send("D", kind.encode() + name.encode() + b"\0")

    def execute(self, portal="", rows=0):
        self.send("E", portal.encode() + b"\0" + struct.pack("!i", rows))

    def sync(self):
        self.send("S")

    def query(self, sql):
        self.send("Q", sql.encode() + b"\0")

    def closed(self):
        """Whether the server closes the connection now."""
        try:
            while True:
                self.message()
        except (EOFError, ConnectionError):
            return True
        except TimeoutError:
            return False


def error_fields(body):
    """The fields of an ErrorResponse."""
    parts = body.rstrip(b"\0").split(b"\0")
    return {part[:1].decode(): part[1:].decode() for part in parts}
