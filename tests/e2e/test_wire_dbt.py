"""dbt-redshift, unchanged, against `blueshift serve`: the Chinook project ends as the native run of it does."""

import json
import os
import pathlib
import shutil
import subprocess

import pytest

from server import Served
from warehouse import PROJECT, Warehouse, generate

PROFILES = """
chinook:
  target: blueshift
  outputs:
    blueshift:
      {{type: redshift, host: localhost, port: {port}, user: dev, password: dev, dbname: dev, schema: public,
        sslmode: disable, threads: 4}}
"""


class Dbt:
    """A copy of the project whose profile points at a server."""

    def __init__(self, folder, port, programs=""):
        self.programs = programs
        self.project = pathlib.Path(folder) / "project"
        shutil.copytree(PROJECT, self.project, ignore=shutil.ignore_patterns("raw", "target", "logs"))
        (self.project / "profiles.yml").write_text(PROFILES.format(port=port))

    def __call__(self, *arguments, check=True):
        env = {**os.environ, "DBT_PROFILES_DIR": str(self.project), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
        env["PATH"] = f"{self.programs}:{env['PATH']}"
        done = subprocess.run(["dbt", *arguments], cwd=self.project, env=env, capture_output=True, text=True, timeout=600)
        assert not check or done.returncode == 0, done.stdout[-5000:] + done.stderr[-1000:]
        return done.stdout

    def results(self):
        """Status by node of the last run."""
        run = json.loads((self.project / "target/run_results.json").read_text())
        return {result["unique_id"]: (result["status"], result["failures"]) for result in run["results"]}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Two warehouses from the same dirty raw data: one built natively, one by dbt over the wire."""
    folder = tmp_path_factory.mktemp("dbt")
    source = generate(folder / "raw", dirty=0.02)
    native, wire = Warehouse(folder / "native"), Warehouse(folder / "wire")
    native.pipeline(source)
    shutil.copytree(native.folder, wire.folder)
    wire.run("sql", "-c", "drop schema gold cascade", "-c", "drop schema silver cascade")
    server = Served(wire.folder)
    dbt = Dbt(folder, server.port)
    dbt("build")
    yield native, wire, dbt
    assert server.running(), server.log.read_text()[-3000:]
    assert server.stop() == 0


def test_build_ends_in_the_same_gold_tables(built):
    native, wire, _ = built
    assert wire.gold() == native.gold()


def test_build_has_the_same_results(built):
    native, _, dbt = built
    run = json.loads((native.folder / "target/run_results.json").read_text())
    expected = {result["unique_id"]: result["status"] for result in run["results"]}
    found = {node: status for node, (status, _) in dbt.results().items()}
    assert {node: status for node, status in found.items() if node.startswith("test.")} == {
        node: status for node, status in expected.items() if node.startswith("test.")
    }


def test_everything_else_runs(built):
    _, _, dbt = built
    assert "All checks passed" in dbt("debug")
    for command in (["seed"], ["run"], ["test"], ["run", "--full-refresh", "--select", "silver"], ["source", "freshness"]):
        dbt(*command)
    assert "genre_id" in dbt("show", "--select", "dim_genre", "--limit", "3")
    dbt("docs", "generate")
    catalog = json.loads((dbt.project / "target/catalog.json").read_text())
    assert "model.chinook.fact_invoice" in catalog["nodes"] and not catalog["errors"]


def test_snapshots_and_retry(built):
    _, wire, dbt = built
    (dbt.project / "snapshots").mkdir(exist_ok=True)
    (dbt.project / "snapshots/genre.sql").write_text(
        "{% snapshot genre_history %}{{ config(target_schema='snapshots', unique_key='genre_id', strategy='check',"
        " check_cols=['name']) }} select genre_id, name from {{ ref('dim_genre') }} {% endsnapshot %}"
    )
    dbt("snapshot")
    rows = int(wire.value("select count(*) from snapshots.genre_history"))
    wire.run("sql", "-c", "update gold.dim_genre set name = 'New name' where genre_id = 1")
    dbt("snapshot")
    assert int(wire.value("select count(*) from snapshots.genre_history")) == rows + 1
    assert wire.value("select count(*) from snapshots.genre_history where dbt_valid_to is null") == str(rows)
    model = dbt.project / "models/gold/broken.sql"
    model.write_text("select 1/0 as a")
    dbt("run", "--select", "broken", check=False)
    model.write_text("select 1 as a")
    dbt("retry")
    assert wire.value("select a from gold.broken") == "1"


MICROBATCH = """
{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='at', batch_size='day',
          begin=modules.datetime.datetime(2024, 1, 1), unique_key='id') }}
select * from {{ ref('events') }}
"""
EVENTS = """
{{ config(materialized='table', event_time='at') }}
{% for day in [1, 2, 3] %}select {{ day }} as id, timestamp '2024-01-0{{ day }} 10:00:00' as at{{ '' if loop.last else ' union all ' }}{% endfor %}
"""
VIEW = """
{{ config(materialized='materialized_view', sort=['day'], auto_refresh=false) }}
select date_trunc('day', at) as day, count(*) as events from {{ ref('events') }} group by 1
"""


@pytest.mark.parametrize("newest", [False, True])
def test_microbatches_and_materialized_views(tmp_path, newest):
    """With both versions of dbt: two runs each, so that the second finds what the first made."""
    programs = os.environ.get("BLUESHIFT_NEWEST_DBT", "") if newest else ""
    assert not newest or (pathlib.Path(programs) / "dbt").exists(), "requirements-newest.txt is not installed"
    server = Served(tmp_path / "warehouse")
    dbt = Dbt(tmp_path, server.port, programs)
    folder = dbt.project / "models/batches"
    folder.mkdir()
    for name, text in (("events", EVENTS), ("batched", MICROBATCH), ("daily", VIEW)):
        (folder / f"{name}.sql").write_text(text)
    window = ["--select", "batches", "--event-time-start", "2024-01-01", "--event-time-end", "2024-01-04"]
    for _ in range(2):
        dbt("run", *window)
        assert served_value(server, "select count(*) from batched") == "3"
        assert served_value(server, "select count(*) from daily") == "3"
    server.psql("-c", "insert into events values (9, '2024-01-02 11:00:00')")
    dbt("run", "--select", "batched", "daily", "--event-time-start", "2024-01-02", "--event-time-end", "2024-01-03")
    assert served_value(server, "select count(*) from batched") == "4"
    assert served_value(server, "select events from daily where day = '2024-01-02'") == "2"
    dbt("docs", "generate", "--select", "batches")
    assert server.running() and server.stop() == 0


def served_value(server, sql):
    return server.psql("-At", "-c", sql).stdout.strip()
