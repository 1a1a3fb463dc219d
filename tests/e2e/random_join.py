"""Random queries that join up to six tables of very different sizes: what the search for an order must not change."""

import random

SIZES = [1, 4, 15, 40, 120, 300]
COLUMNS = ["id", "k1", "k2", "v"]


def tables(seed):
    """Statements that make the tables: keys of few and of many values, NULLs among them."""
    rng = random.Random(seed)

    def maybe(value):
        return "null" if rng.random() < 0.1 else str(value)

    for number, size in enumerate(SIZES):
        few, some = max(2, size // 10), max(2, size // 2)
        yield f"create table t{number} (id int, k1 int, k2 bigint, v int, s varchar(10), n numeric(8, 2))"
        rows = (
            [str(row), maybe(rng.randrange(few)), maybe(rng.randrange(some)), maybe(rng.randrange(20)),
             maybe(repr(rng.choice(["a", "b", "c", "dd", "e"]))), maybe(round(rng.random() * 10, 2))]
            for row in range(size)
        )  # fmt: skip
        yield f"insert into t{number} values " + ", ".join(f"({', '.join(row)})" for row in rows)


class Query:
    """One query; `str` is its text."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.names = [f"x{number}" for number in range(self.rng.randint(2, 6))]
        self.where = []
        self.text = self.select(self.joined())

    def __str__(self):
        return self.text

    def table(self):
        return f"t{self.rng.randrange(len(SIZES))}"

    def column(self, name=None):
        return f"{name or self.rng.choice(self.names)}.{self.rng.choice(COLUMNS)}"

    def source(self):
        """A table, or a subquery with the same columns."""
        kind = self.rng.random()
        if kind < 0.15:
            columns = "k1, max(id) as id, count(*) as v, min(k2) as k2, max(s) as s, sum(n) as n"
            return f"(select {columns} from {self.table()} group by k1)"
        if kind < 0.25:
            small = f"t{self.rng.randrange(3)}"
            return f"(select a.id, b.k1, a.k2, b.v, a.s, b.n from {self.table()} a join {small} b on a.k1 = b.k1)"
        if kind < 0.3:
            return f"(select * from {self.table()} where v < {self.rng.randrange(20)})"
        return self.table()

    def scalar(self, names):
        column = self.column(self.rng.choice(names))
        kind = self.rng.random()
        if kind < 0.7:
            return column
        if kind < 0.8:
            return f"({column} + {self.rng.randint(0, 3)})"
        if kind < 0.9:
            return f"coalesce({column}, {self.rng.randint(0, 5)})"
        return f"({column} + {self.column(self.rng.choice(names))})"

    def condition(self, name, before):
        """What connects a table with those before it."""
        kind = self.rng.random()
        other = self.rng.choice(before)
        if kind < 0.75:
            return f"{self.scalar([name])} = {self.scalar(before)}"
        if kind < 0.82:
            return f"{name}.s = {other}.s"
        if kind < 0.9:
            return f"{self.scalar([name])} {self.rng.choice(['<', '<=', '<>', '>'])} {self.scalar(before)}"
        if kind < 0.95:
            return f"({self.column(name)} = {self.column(other)} or {self.column(name)} = {self.column(other)})"
        return f"{self.column(name)} = {self.rng.randint(0, 10)}"

    def joined(self):
        text, crossed = f"{self.source()} {self.names[0]}", True
        for number, name in enumerate(self.names[1:], 1):
            before, kind = self.names[:number], self.rng.random()
            if kind < 0.35 and crossed:
                text += f" cross join {self.source()} {name}"
                self.where += [self.condition(name, before) for _ in range(self.rng.choice([1, 1, 2]))]
                continue
            crossed = False
            if kind < 0.85:
                conditions = [self.condition(name, before) for _ in range(self.rng.choice([1, 1, 2]))]
                text += f" join {self.source()} {name} on {' and '.join(conditions)}"
            else:
                text += f" left join {self.source()} {name} on {self.scalar([name])} = {self.scalar(before)}"
        return text

    def filter(self):
        kind, rng = self.rng.random(), self.rng
        if kind < 0.3:
            return f"{self.scalar(self.names)} {rng.choice(['<', '>', '=', '<='])} {rng.randint(0, 20)}"
        if kind < 0.45:
            return f"{self.scalar(self.names)} = {self.scalar(self.names)}"
        if kind < 0.7:
            negated, column = rng.choice(["", "not "]), rng.choice(COLUMNS)
            known = f" and {column} is not null" if rng.random() < 0.7 else ""
            where = f"v > {rng.randrange(20)}{known}"
            return f"{self.column()} {negated}in (select {column} from {self.table()} where {where})"
        if kind < 0.8:
            inner = f"select 1 from {self.table()} q where q.k1 = {self.column()} and q.v < {rng.randint(1, 15)}"
            return f"{rng.choice(['exists', 'not exists'])} ({inner})"
        if kind < 0.9:
            return f"{self.column()} > (select max(k1) - 1 from {self.table()})"
        return f"{rng.choice(self.names)}.s is not null"

    def select(self, joined):
        self.where += [self.filter() for _ in range(self.rng.choice([0, 1, 1, 2, 3]))]
        rest = joined + (f" where {' and '.join(self.where)}" if self.where else "")
        name, kind = self.rng.choice(self.names), self.rng.random()
        aggregates = f"count(*), sum({self.column()}), min({name}.s), max({self.column()})"
        if kind < 0.5:
            return f"select {aggregates} from {rest}"
        if kind < 0.8:
            return f"select {self.column()} as c, {aggregates} from {rest} group by 1"
        columns = ", ".join(f"{self.column()} as c{number}" for number in range(3))
        return f"select distinct {columns} from {rest}"
