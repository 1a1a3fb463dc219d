"""Raw data in S3: a real S3 server (moto), and a folder that stands for S3."""

import shutil

import boto3
import pytest
import requests
from moto.server import ThreadedMotoServer

from warehouse import Warehouse, generate

SECRET = "wJalrXUtnFEMI-not-a-real-secret"
BRONZE = (
    "select count(*), count(distinct invoicelineid), min(_source_object), max(_source_object), max(delivery_id)"
    " from bronze.invoiceline"
)


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    return generate(tmp_path_factory.mktemp("s3") / "raw")


@pytest.fixture
def s3():
    server = ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://127.0.0.1:{port}"
    requests.post(f"{endpoint}/moto-api/reset", timeout=10).raise_for_status()
    env = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": "eu-west-1",
    }
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id="AKIAEXAMPLE",
        aws_secret_access_key=SECRET,
        region_name="eu-west-1",
    )
    client.create_bucket(Bucket="raw", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    yield client, env
    server.stop()


def upload(client, folder, prefix="chinook"):
    for path in sorted(folder.rglob("*.csv")):
        client.upload_file(str(path), "raw", f"{prefix}/{path.relative_to(folder).as_posix()}")


def test_a_bucket_is_loaded_once_and_then_only_what_changed(raw, s3, tmp_path):
    client, env = s3
    upload(client, raw)
    local = Warehouse(tmp_path / "local")
    local.pipeline(raw)
    warehouse = Warehouse(tmp_path / "warehouse", env=env)
    warehouse.pipeline("s3://raw/chinook")
    assert warehouse.gold() == local.gold()
    assert warehouse.rows(BRONZE) == local.rows(BRONZE)

    again = warehouse.pipeline("s3://raw/chinook/")
    assert "nothing new" in again.stdout + again.stderr

    # Uploading the same bytes again changes the time, but not the ETag.
    upload(client, raw)
    again = warehouse.pipeline("s3://raw/chinook")
    assert "nothing new" in again.stdout + again.stderr

    lines = (raw / "InvoiceLine" / "InvoiceLine.csv").read_text().splitlines(keepends=True)
    client.put_object(Bucket="raw", Key="chinook/InvoiceLine/more.csv", Body="".join(lines[:11]).encode())
    warehouse.pipeline("s3://raw/chinook")
    rows, distinct, first, last, delivery = warehouse.rows(BRONZE)[0]
    assert (int(rows), int(distinct)) == (len(lines) - 1 + 10, len(lines) - 1)
    assert (first, last, delivery) == ("InvoiceLine/InvoiceLine.csv", "InvoiceLine/more.csv", "2")


def test_errors_are_clear_and_tell_no_secret(s3, tmp_path):
    client, env = s3
    cases = [
        ("s3://raw/nothing-here", env, "no CSV"),
        ("s3://no-such-bucket/x", env, "no-such-bucket"),
        ("s3://raw/x", {**env, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "s3://raw/x"),
        (f"s3://AKIAEXAMPLE:{SECRET}@raw/x", env, "credentials"),
    ]
    for source, env, wanted in cases:
        done = Warehouse(tmp_path / "warehouse", env=env).pipeline(source, check=False)
        text = done.stdout + done.stderr
        assert done.returncode != 0, source
        assert wanted in text and "ERROR" in text.upper(), text
        assert SECRET not in text, "a secret was printed"


def test_a_folder_stands_for_s3(raw, tmp_path):
    root = tmp_path / "s3"
    shutil.copytree(raw, root / "raw" / "chinook")
    warehouse = Warehouse(tmp_path / "warehouse", "--s3-root", str(root))
    warehouse.pipeline("s3://raw/chinook")
    local = Warehouse(tmp_path / "local")
    local.pipeline(raw)
    assert warehouse.gold() == local.gold()
