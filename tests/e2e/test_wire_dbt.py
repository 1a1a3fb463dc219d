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

    def __init__(self, folder, port):
        self.project = pathlib.Path(folder) / "project"
        shutil.copytree(PROJECT, self.project, ignore=shutil.ignore_patterns("raw", "target", "logs"))
        (self.project / "profiles.yml").write_text(PROFILES.format(port=port))

    def __call__(self, *arguments, check=True):
        env = {**os.environ, "DBT_PROFILES_DIR": str(self.project), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
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
