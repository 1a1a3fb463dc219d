"""The main job from raw CSV to tested gold tables, as a user runs it."""

import decimal
import os
import pathlib
import random
import shutil
import signal
import subprocess
import time

import pytest

from warehouse import PROJECT, ROOT, Warehouse, duckdb_rows, generate, raw_rows

CHINOOK = pathlib.Path(os.environ.get("BLUESHIFT_CHINOOK", ROOT.parent / "shared/chinook"))
KILLS = int(os.environ.get("BLUESHIFT_KILLS", "6"))


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    """A clean source, and a warehouse built from it in one run."""
    folder = tmp_path_factory.mktemp("clean")
    source = generate(folder / "raw")
    warehouse = Warehouse(folder / "warehouse")
    warehouse.pipeline(source)
    return source, warehouse


def test_totals_are_those_of_the_raw_data(clean):
    source, warehouse = clean
    lines = raw_rows(source, "InvoiceLine")
    revenue = sum(decimal.Decimal(line["UnitPrice"]) * int(line["Quantity"]) for line in lines)
    invoices = {line["InvoiceId"] for line in lines}
    found = warehouse.rows("select count(distinct invoice_id), count(*), sum(total_revenue) from gold.fact_invoice")
    assert found == [[str(len(invoices)), str(len(lines)), str(revenue)]]


def test_second_run_reads_nothing_and_changes_nothing(clean):
    source, warehouse = clean
    before = warehouse.gold()
    done = warehouse.pipeline(source)
    assert "nothing new" in done.stdout + done.stderr
    assert warehouse.gold() == before
    assert warehouse.value("select max(delivery_id) from bronze.invoice") == "1"


def test_deliveries_one_by_one_end_as_one_run(clean, tmp_path):
    source, whole = clean
    drops = tmp_path / "drops"
    shutil.copytree(source, drops)
    lines = {t: (source / t / f"{t}.csv").read_text().splitlines(keepends=True) for t in ("Invoice", "InvoiceLine")}
    warehouse = Warehouse(tmp_path / "warehouse")
    parts = 4
    for part in range(parts):
        for table, text in lines.items():
            (drops / table / f"{table}.csv").unlink(missing_ok=True)
            body = text[1:]
            cut = body[len(body) * part // parts : len(body) * (part + 1) // parts]
            (drops / table / f"delivery-{part}.csv").write_text(text[0] + "".join(cut))
        warehouse.pipeline(drops)
        assert warehouse.value("select max(delivery_id) from bronze.invoice") == str(part + 1)
    assert warehouse.gold() == whole.gold()


def test_changed_object_replaces_its_old_rows(clean, tmp_path):
    source, _ = clean
    changed = tmp_path / "raw"
    shutil.copytree(source, changed)
    warehouse = Warehouse(tmp_path / "warehouse")
    warehouse.pipeline(changed)
    path = changed / "InvoiceLine" / "InvoiceLine.csv"
    text = path.read_text().splitlines(keepends=True)
    path.write_text("".join(text[:-100]))
    warehouse.pipeline(changed)
    fresh = Warehouse(tmp_path / "fresh")
    fresh.pipeline(changed)
    assert warehouse.gold() == fresh.gold()


def test_killed_at_any_moment_and_run_again(clean, tmp_path):
    source, whole = clean
    expected = whole.gold()
    started = time.monotonic()
    Warehouse(tmp_path / "timed").pipeline(source)
    duration = time.monotonic() - started
    generator = random.Random(1)
    for round_number in range(KILLS):
        warehouse = Warehouse(tmp_path / f"killed-{round_number}")
        process = warehouse.start("run-pipeline", PROJECT, "--source", source)
        time.sleep(generator.uniform(0.02, duration))
        process.send_signal(signal.SIGKILL)
        process.wait()
        warehouse.pipeline(source)
        assert warehouse.gold() == expected, f"round {round_number}"
        shutil.rmtree(warehouse.folder)


def test_dirty_sample_adds_up(tmp_path):
    warehouse = Warehouse(tmp_path / "warehouse")
    warehouse.run("run-pipeline", PROJECT)
    audit = warehouse.rows("select table_name, bronze_rows, kept, duplicates, rejected from silver.row_audit order by 1")
    assert len(audit) == 11
    for table, bronze, kept, duplicates, rejected in audit:
        assert int(bronze) == int(kept) + int(duplicates) + int(rejected), table
        assert warehouse.value(f"select count(*) from bronze.{table.replace('_', '')}") == bronze, table
    assert sum(int(row[3]) for row in audit) > 0, "the sample has duplicates"
    assert sum(int(row[4]) for row in audit) > 0, "the sample has rows to reject"


def test_duckdb_reads_the_same_gold(clean):
    _, warehouse = clean
    for sql in (
        "select count(*), sum(total_revenue) from gold.fact_invoice",
        "select genre_id, name from gold.dim_genre order by 1",
        "select customer_id, sum(total_revenue) from gold.fact_invoice group by 1 order by 1",
    ):
        assert duckdb_rows(warehouse.folder, sql) == warehouse.rows(sql)


def test_dbt_parses_the_project(tmp_path):
    project = tmp_path / "chinook"
    shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns("raw", "target"))
    shutil.copy(project / "profiles.example.yml", project / "profiles.yml")
    done = subprocess.run(
        ["dbt", "parse", "--no-partial-parse", "--project-dir", project, "--profiles-dir", project],
        capture_output=True,
        text=True,
        env={**os.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "0", "DO_NOT_TRACK": "1", "REDSHIFT_PASSWORD": "x",
             "REDSHIFT_HOST": "localhost", "REDSHIFT_USER": "x"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stdout.upper().replace("WARNINGS", ""), done.stdout


def test_real_chinook(tmp_path):
    assert CHINOOK.is_dir(), f"set BLUESHIFT_CHINOOK to the folder of the real Chinook CSV (not {CHINOOK})"
    full = Warehouse(tmp_path / "full")
    full.pipeline(CHINOOK / "full")
    totals = "select count(distinct invoice_id), count(*), sum(total_revenue) from gold.fact_invoice"
    assert full.rows(totals) == [["412", "2240", "2328.60"]]
    source = tmp_path / "raw"
    warehouse = Warehouse(tmp_path / "drops")
    for drop in sorted((CHINOOK / "drops").iterdir()):
        for path in drop.rglob("*.csv"):
            target = source / path.parent.name / f"{drop.name}.csv"
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
        warehouse.pipeline(source)
    assert warehouse.gold() == full.gold()


@pytest.mark.parametrize(
    "name, make, expected",
    [
        ("missing", lambda folder: None, "does not exist"),
        ("empty", lambda folder: folder.mkdir(), "no "),
        ("binary", lambda folder: write(folder / "Genre/Genre.csv", os.urandom(4096)), "Genre"),
    ],
)
def test_bad_sources_leave_the_warehouse_as_it_was(clean, tmp_path, name, make, expected):
    _, warehouse = clean
    before = warehouse.gold()
    source = tmp_path / name
    make(source)
    done = warehouse.pipeline(source, check=False)
    assert done.returncode == 1
    assert "ERROR" in done.stderr and expected.lower() in done.stderr.lower(), done.stderr
    assert "SQLSTATE" in done.stderr
    assert warehouse.gold() == before


def test_header_only_and_unknown_tables(clean, tmp_path):
    source, _ = clean
    odd = tmp_path / "raw"
    shutil.copytree(source, odd)
    write(odd / "Promotion/Promotion.csv", b"PromotionId,Name\n1,Spring\n")
    write(odd / "Genre/empty.csv", b"GenreId,Name\n")
    warehouse = Warehouse(tmp_path / "warehouse")
    done = warehouse.pipeline(odd)
    assert "promotion" in done.stdout + done.stderr
    assert warehouse.rows("select promotionid, name from bronze.promotion") == [["1", "Spring"]]


def test_missing_tables_are_named_once(clean, tmp_path):
    source, _ = clean
    few = tmp_path / "raw"
    shutil.copytree(source / "Genre", few / "Genre")
    done = Warehouse(tmp_path / "warehouse").pipeline(few, check=False)
    assert done.returncode == 1
    (notice,) = [line for line in (done.stdout + done.stderr).splitlines() if "without any raw data" in line]
    assert "album" in notice and "track" in notice and "genre" not in notice


def test_automatic_refreshes_end_before_the_program(tmp_path):
    warehouse = Warehouse(tmp_path / "warehouse")
    warehouse.run("sql", "-c", "create table t (a int); create materialized view m auto refresh yes as select a from t")
    warehouse.run("sql", "-c", "insert into t values (1); select 1 / 0", check=False)
    assert warehouse.rows("select count(*) from m") == [["1"]]
    warehouse.run(stdin="insert into t values (2);\n")
    assert warehouse.rows("select count(*) from m") == [["2"]]


def test_a_line_of_100_megabytes_is_rejected_and_the_rest_loaded(clean, tmp_path):
    source, _ = clean
    odd = tmp_path / "raw"
    shutil.copytree(source, odd)
    write(odd / "Genre/big.csv", b"GenreId,Name\n98,before\n99," + b"x" * 100_000_000 + b"\n100,after\n")
    warehouse = Warehouse(tmp_path / "warehouse")
    warehouse.pipeline(odd)
    assert warehouse.rows("select genreid from bronze.genre where genreid > 90 order by 1") == [["98"], ["100"]]
    rejects = b"".join(path.read_bytes() for path in (warehouse.folder / "lake/rejects/genre").rglob("*.csv"))
    assert b"Genre/big.csv,3," in rejects and len(rejects) < 1_000_000


def test_a_full_disk_is_a_clean_error(clean, tmp_path):
    """Needs the right to mount (root); the same warehouse goes on when there is room again."""
    source, whole = clean
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", disk], check=True)
    try:
        warehouse = Warehouse(disk / "warehouse")
        done = warehouse.pipeline(source, check=False)
        assert done.returncode == 1
        assert "No space left on device" in done.stderr, done.stderr
        subprocess.run(["mount", "-o", "remount,size=400m", disk], check=True)
        warehouse.pipeline(source)
        assert warehouse.gold() == whole.gold()
    finally:
        subprocess.run(["umount", disk], check=True)


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
