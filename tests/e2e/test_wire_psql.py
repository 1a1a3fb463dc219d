"""psql's own commands against `blueshift serve`: what they list, and that none of their queries fails."""

import os
import pty
import select
import subprocess
import time

import pytest

from server import Served

SETUP = """
create schema ps;
create table ps.t (id int primary key, name varchar(20) default 'x' not null, n numeric(10,2)) distkey(id) sortkey(name);
create table ps.c (id int references ps.t(id), k int unique);
create view ps.v as select id, name from ps.t;
comment on table ps.t is 'hello';
create function ps.f(int) returns int stable as $$ select $1 $$ language sql;
create procedure ps.p(a int) as $$ begin null; end $$ language plpgsql;
insert into ps.t values (1, 'a', 1.5), (2, 'b', 2.5);
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    server = Served(tmp_path_factory.mktemp("psql") / "warehouse")
    server.psql("-c", SETUP)
    yield server
    assert server.running() and server.stop() == 0


def script(served, *lines, **options):
    return served.psql("-P", "pager=off", stdin="set search_path to ps, public;\n" + "\n".join(lines) + "\n", **options)


# `\dd` and `\gdesc` ask for what Redshift does not have: tableoid and VALUES.
COMMANDS = [
    r"\d", r"\d ps.t", r"\d+ ps.t", r"\d ps.c", r"\d+ ps.v", r"\dt+", r"\dn+", r"\df+ ps.*", r"\l+", r"\du+", r"\dp", r"\dv+",
    r"\ds", r"\di+", r"\dT", r"\dT+", r"\da", r"\db+", r"\dc", r"\dC", r"\dD", r"\ddp", r"\des", r"\deu", r"\dew", r"\dF", r"\dL+",
    r"\dm", r"\do", r"\dO", r"\drds", r"\dx", r"\dtS pg_cl*", r"\z ps.t", r"\sf ps.f", r"\sf ps.p", r"\sv ps.v", r"\dRp", r"\dy",
    r"\d ps.*", r"\dconfig", r"\dconfig search_path", r"\dn ps", r"\dt *.*",
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_psql(served, command):
    assert "ERROR" not in script(served, command).stderr


def test_a_table_is_described(served):
    text = script(served, r"\d+ ps.t", r"\d ps.c", r"\dt+", r"\di").stdout
    assert '"t_pkey" PRIMARY KEY, btree (id)' in text
    assert "character varying(20) |" in text and "not null" in text
    assert "REFERENCES" in text and "FOREIGN KEY (id)" in text
    assert "hello" in text and "c_k_key" in text


def test_results_are_shown_in_every_way(served):
    lines = [
        r"select id as a from ps.t where id = 1 \gset",
        r"\echo :a",
        r"select name, id, n from ps.t order by 1 \crosstabview",
        r"select 'select 40 + 2 as made' \gexec",
        r"\set FETCH_COUNT 1",
        "select id + 100 as fetched from ps.t order by 1;",
    ]
    done = script(served, *lines)
    assert not done.stderr.replace("WARNING", ""), done.stderr
    assert "\n1\n" in done.stdout and " 42" in done.stdout and "2.50" in done.stdout
    assert " 101" in done.stdout and " 102" in done.stdout


def test_copy_from_the_client_is_refused(served):
    done = script(served, r"copy ps.t from stdin;", check=False)
    assert "LOAD source is not supported" in done.stderr


def test_tab_completion(served):
    """Queries of psql's completion end in the names that they look for, and none fails."""
    target = f"host=127.0.0.1 port={served.port} dbname=dev user=awsuser"
    main, other = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "PAGER": "cat", "INPUTRC": "/dev/null"}
    process = subprocess.Popen(["psql", "-X", target], stdin=other, stdout=other, stderr=other, env=environment)
    os.close(other)

    def answer(keys, expected, patience=120):
        os.write(main, keys.encode())
        seen, end = "", time.time() + patience
        while expected not in seen and time.time() < end:
            if select.select([main], [], [], 0.2)[0]:
                seen += os.read(main, 65536).decode(errors="replace")
        assert expected in seen, seen
        os.write(main, b"\x15")

    answer("", "dev=")
    answer("select * from ps.\t\t", "ps.t")
    answer("select * from inf\t", "information_schema.")
    answer("alter table ps.t rename column na\t", "name")
    answer("drop view ps.\t", "ps.v")
    answer("set search_path to p\t\t", "ps")
    answer("grant select on ps.t to aws\t", "awsuser")
    os.write(main, b"\\q\n")
    process.wait(timeout=120)
    failed = served.psql("-At", "-c", "select querytxt from stl_query where aborted = 1 and querytxt like '%pg_catalog%'").stdout
    assert not failed.strip(), failed
