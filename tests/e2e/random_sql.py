"""Random queries in the dialect that PostgreSQL and Redshift share.

Everything is typed, so that a query is wrong only when an engine is. What the two answer differently is not
generated; the list below says what and why.

| id | not generated | because |
|---|---|---|
| D1 | avg of integers, of decimals | a truncated BIGINT, the argument's scale; PostgreSQL: NUMERIC with many digits |
| D2 | division of decimals | other scale rules |
| D3 | strings with blanks at the end | comparison ignores them |
| D4 | floats | other digits are printed |
| D5 | OVER (ORDER BY …) of aggregates without a frame | an error |
| D6 | extract(epoch, second, …) | PostgreSQL: NUMERIC with a fraction |
| D7 | INTERSECT ALL, EXCEPT ALL, FILTER, DISTINCT ON, LATERAL, arrays | rejected |
| D8 | date - interval as a date, timestamps minus timestamps | other result types |
| D9 | uncorrelated names hidden by lateral aliases | Redshift lets a select item use an earlier one |
"""

import random

TABLES = {
    "t": {"id": "int", "a": "int", "b": "bigint", "n": "num", "s": "text", "d": "date", "ts": "ts", "f": "bool"},
    "u": {"id": "int", "a": "int", "b": "bigint", "n": "num", "s": "text", "d": "date", "ts": "ts", "f": "bool"},
    "e": {"id": "int", "a": "int", "b": "bigint", "n": "num", "s": "text", "d": "date", "ts": "ts", "f": "bool"},
}
COLUMNS = "id int, a int, b bigint, n numeric(10,2), s varchar(20), d date, ts timestamp, f boolean"
ROWS = {"t": 120, "u": 60, "e": 0}
WORDS = ["", "a", "ab", "b", "abc", "Ab", "zeta", "eta", "42", "%", "_x", "été", "a b", "omega-7", "ZZ"]
TYPES = ["int", "bigint", "num", "text", "date", "ts", "bool"]


def setup(generator):
    """Statements that make and fill the tables."""
    for table, count in ROWS.items():
        yield f"create table {table} ({COLUMNS})"
        for start in range(0, count, 40):
            rows = ", ".join(row(generator, number) for number in range(start, min(start + 40, count)))
            yield f"insert into {table} values {rows}"


def row(generator, number):
    def maybe(value):
        return "null" if generator.random() < 0.15 else value

    values = [
        str(number),
        maybe(str(generator.randint(-5, 20))),
        maybe(str(generator.choice([0, 1, -1, 7, 12, 3_000_000_000, -9_000_000_000, generator.randint(0, 99)]))),
        maybe(f"{generator.randint(-5000, 5000) / 100:.2f}"),
        maybe("'" + generator.choice(WORDS) + "'"),
        maybe(f"date '20{generator.randint(18, 22)}-{generator.randint(1, 12):02}-{generator.randint(1, 28):02}'"),
        maybe(
            f"timestamp '20{generator.randint(18, 22)}-{generator.randint(1, 12):02}-{generator.randint(1, 28):02} "
            f"{generator.randint(0, 23):02}:{generator.randint(0, 59):02}:{generator.randint(0, 59):02}'"
        ),
        maybe(generator.choice(["true", "false"])),
    ]
    return "(" + ", ".join(values) + ")"


class Query:
    """Makes one query from a seed."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.aliases = 0

    def choice(self, *options):
        return self.random.choice(options)

    def chance(self, share):
        return self.random.random() < share

    def alias(self):
        self.aliases += 1
        return f"x{self.aliases}"

    # ---- expressions: scope is a list of (text, type) ----

    def expr(self, scope, kind, depth=3):
        columns = [text for text, of in scope if of == kind]
        if depth == 0 or self.chance(0.3):
            return self.random.choice(columns) if columns and self.chance(0.75) else self.literal(kind)
        return getattr(self, kind)(scope, depth - 1)

    def literal(self, kind):
        number = self.random.randint(-9, 30)
        return {
            "int": str(number) if number >= 0 else f"({number})",
            "bigint": f"cast({self.random.choice([0, 5, 12, 4_000_000_000])} as bigint)",
            "num": f"cast({number}.{self.random.randint(10, 99)} as numeric(10,2))",
            "text": "cast('" + self.random.choice(WORDS) + "' as varchar(20))",
            "date": f"date '2020-{self.random.randint(1, 12):02}-{self.random.randint(1, 28):02}'",
            "ts": f"timestamp '2020-{self.random.randint(1, 12):02}-15 {self.random.randint(0, 23):02}:30:00'",
            "bool": self.choice("true", "false"),
        }[kind]

    def conditional(self, scope, kind, depth):
        def part():
            return self.expr(scope, kind, depth)

        return self.choice(
            lambda: f"case when {self.expr(scope, 'bool', depth)} then {part()} else {part()} end",
            lambda: f"case when {self.expr(scope, 'bool', depth)} then {part()} end",
            lambda: f"coalesce({part()}, {part()})",
            lambda: f"nullif({part()}, {part()})",
        )()

    def arithmetic(self, scope, kind, depth):
        def part():
            return self.expr(scope, kind, depth)

        return self.choice(
            lambda: f"({part()} {self.choice('+', '-')} {part()})",
            lambda: f"abs({part()})",
            lambda: f"(- {part()})",
            lambda: f"greatest({part()}, {part()})",
            lambda: f"least({part()}, {part()}, {part()})",
            lambda: self.conditional(scope, kind, depth),
        )()

    def int(self, scope, depth):
        return self.choice(
            lambda: self.arithmetic(scope, "int", depth),
            lambda: f"({self.expr(scope, 'int', depth)} * {self.random.randint(-3, 3)})",
            lambda: f"({self.expr(scope, 'int', depth)} / {self.choice(1, 2, 3, -4)})",
            lambda: f"({self.expr(scope, 'int', depth)} % {self.choice(2, 3, 7)})",
            lambda: f"length({self.expr(scope, 'text', depth)})",
            lambda: f"strpos({self.expr(scope, 'text', depth)}, {self.expr(scope, 'text', depth)})",
            lambda: f"cast(extract({self.choice('year', 'month', 'day', 'dow', 'doy', 'quarter', 'week')} from "
            f"{self.expr(scope, self.choice('date', 'ts'), depth)}) as int)",
            lambda: f"({self.expr(scope, 'date', depth)} - {self.expr(scope, 'date', depth)})",
            lambda: f"cast(round({self.expr(scope, 'num', depth)}) as int)",
            lambda: f"sign({self.expr(scope, 'int', depth)})::int",
        )()

    def bigint(self, scope, depth):
        return self.choice(
            lambda: self.arithmetic(scope, "bigint", depth),
            lambda: f"cast({self.expr(scope, 'int', depth)} as bigint)",
            lambda: f"({self.expr(scope, 'bigint', depth)} / {self.choice(2, 3, 10)})",
        )()

    def num(self, scope, depth):
        return self.choice(
            lambda: self.arithmetic(scope, "num", depth),
            lambda: f"round({self.expr(scope, 'num', depth)}, {self.random.randint(0, 2)})::numeric(12,2)",
            lambda: f"trunc({self.expr(scope, 'num', depth)}, 1)::numeric(12,2)",
            lambda: f"cast({self.expr(scope, 'int', depth)} as numeric(10,2))",
            lambda: f"({self.expr(scope, 'num', depth)} * {self.expr(scope, 'int', 0)})",
        )()

    def text(self, scope, depth):
        def part():
            return self.expr(scope, "text", depth)

        return self.choice(
            lambda: f"upper({part()})",
            lambda: f"lower({part()})",
            lambda: f"({part()} || 'k')",
            lambda: f"(substring({part()}, {self.random.randint(1, 4)}, {self.random.randint(0, 4)}) || '.')",
            lambda: f"(left({part()}, {self.random.randint(0, 4)}) || '.')",
            lambda: f"replace({part()}, 'a', 'xy')",
            lambda: f"(lpad({part()}, {self.random.randint(0, 9)}, '*') || '.')",
            lambda: f"reverse('|' || {part()})",
            lambda: f"md5({part()})",
            lambda: f"split_part({part()}, 'a', {self.random.randint(1, 3)})",
            lambda: f"cast({self.expr(scope, 'int', depth)} as varchar(20))",
            lambda: f"to_char({self.expr(scope, self.choice('date', 'ts'), depth)}, 'YYYY-MM-DD HH24:MI')",
            lambda: self.conditional(scope, "text", depth),
        )()

    def date(self, scope, depth):
        return self.choice(
            lambda: f"({self.expr(scope, 'date', depth)} {self.choice('+', '-')} {self.random.randint(0, 400)})",
            lambda: f"cast({self.expr(scope, 'ts', depth)} as date)",
            lambda: self.conditional(scope, "date", depth),
        )()

    def ts(self, scope, depth):
        unit = self.choice("year", "quarter", "month", "week", "day", "hour", "minute")
        return self.choice(
            lambda: f"date_trunc('{unit}', {self.expr(scope, 'ts', depth)})",
            lambda: f"({self.expr(scope, 'ts', depth)} + interval '{self.random.randint(1, 40)} days')",
            lambda: f"({self.expr(scope, 'ts', depth)} - interval '{self.random.randint(1, 9)} hours')",
            lambda: f"cast({self.expr(scope, 'date', depth)} as timestamp)",
            lambda: self.conditional(scope, "ts", depth),
        )()

    def bool(self, scope, depth):
        kind = self.choice(*TYPES[:6])

        def part():
            return self.expr(scope, kind, depth)

        return self.choice(
            lambda: f"({part()} {self.choice('=', '<>', '<', '<=', '>', '>=')} {part()})",
            lambda: f"({part()} {self.choice('=', '<', '>=')} {part()})",
            lambda: f"({part()} between {part()} and {part()})",
            lambda: f"({part()} {self.choice('in', 'not in')} ({part()}, {part()}, {self.literal(kind)}))",
            lambda: f"({part()} is {self.choice('', 'not ')}null)",
            lambda: f"({self.expr(scope, 'text', depth)} {self.choice('like', 'not like', 'ilike')} "
            f"'{self.choice('a%', '%b%', '_', '%a_', 'Z%', '')}')",
            lambda: f"(not {self.expr(scope, 'bool', depth)})",
            lambda: f"({self.expr(scope, 'bool', depth)} {self.choice('and', 'or')} {self.expr(scope, 'bool', depth)})",
        )()

    # ---- relations ----

    def relation(self, depth):
        """Text for FROM, and its columns."""
        name = self.alias()
        if depth > 0 and self.chance(0.3):
            query, columns = self.select(depth - 1)
            return f"({query}) as {name}", [(f"{name}.{column}", kind) for column, kind in columns]
        table = self.random.choice(["t", "t", "u", "u", "e"])
        return f"{table} as {name}", [(f"{name}.{column}", kind) for column, kind in TABLES[table].items()]

    def from_clause(self, depth):
        text, scope = self.relation(depth)
        for _ in range(self.choice(0, 0, 1, 1, 2)):
            other, columns = self.relation(depth)
            join = self.choice("join", "left join", "right join", "full join", "cross join")
            if join == "cross join" and len(scope) < 9:
                text += f" cross join {other}"
            else:
                join = "join" if join == "cross join" else join
                kind = self.choice("int", "int", "text", "date")
                left = [name for name, of in scope if of == kind] or [self.literal(kind)]
                right = [name for name, of in columns if of == kind] or [self.literal(kind)]
                text += f" {join} {other} on {self.random.choice(left)} = {self.random.choice(right)}"
            scope = scope + columns
        return text, scope

    def where(self, scope, depth):
        """A WHERE clause, or nothing."""
        if self.chance(0.35):
            return ""
        condition = self.expr(scope, "bool")
        if depth > 0 and self.chance(0.5):
            condition = f"{condition} {self.choice('and', 'or')} {self.subquery(scope, depth - 1)}"
        return f" where {condition}"

    def subquery(self, scope, depth):
        name = self.alias()
        table = self.choice("t", "u")
        inner = [(f"{name}.{column}", kind) for column, kind in TABLES[table].items()]
        outer = [text for text, kind in scope if kind == "int"] or ["1"]
        column = self.random.choice(outer)
        return self.choice(
            lambda: f"{self.choice('', 'not ')}exists (select 1 from {table} as {name} where {name}.a = {column} "
            f"and {self.expr(inner, 'bool', 2)})",
            lambda: f"{column} {self.choice('in', 'not in')} (select {name}.a from {table} as {name} "
            f"where {self.expr(inner, 'bool', 2)})",
            lambda: f"{column} {self.choice('<', '=', '>=')} (select {self.choice('min', 'max', 'count')}({name}.a) "
            f"from {table} as {name} where {self.expr(inner, 'bool', 2)})",
            lambda: f"{column} > (select max({name}.a) from {table} as {name} where {name}.id = {column})",
        )()

    def aggregate(self, scope):
        kind = self.choice(*TYPES[:6])
        value = self.expr(scope, kind, 2)
        number = self.expr(scope, "int", 2)
        decimal = self.expr(scope, "num", 1)
        return self.choice(
            ("count(*)", "bigint"),
            (f"count({value})", "bigint"),
            (f"count(distinct {value})", "bigint"),
            (f"min({value})", kind),
            (f"max({value})", kind),
            (f"sum({number})", "bigint"),
            (f"sum(distinct {number})", "bigint"),
            (f"cast(sum({decimal}) as numeric(14,2))", "num"),
            (f"bool_or({self.expr(scope, 'bool', 1)})", "bool"),
            (f"bool_and({self.expr(scope, 'bool', 1)})", "bool"),
        )

    def window(self, scope):
        partition = self.expr(scope, self.choice("int", "text", "bool"), 1)
        keys = [text for text, kind in scope if kind == "int"] or ["1"]
        # A total order among equals is not to be had; ties only where the answer does not depend on them.
        order = ", ".join(text for text, _ in scope)
        frame = self.choice(
            "rows between unbounded preceding and current row",
            "rows between 2 preceding and 1 following",
            "rows between current row and unbounded following",
        )
        value = self.expr(scope, "int", 1)
        return self.choice(
            (f"row_number() over (partition by {partition} order by {order})", "bigint"),
            (f"rank() over (partition by {partition} order by {self.random.choice(keys)})", "bigint"),
            (f"dense_rank() over (order by {self.random.choice(keys)} desc)", "bigint"),
            (f"sum({value}) over (partition by {partition})", "bigint"),
            (f"count(*) over (partition by {partition})", "bigint"),
            (f"sum({value}) over (partition by {partition} order by {order} {frame})", "bigint"),
            (f"min({value}) over (order by {order} {frame})", "int"),
            (f"lag({value}) over (partition by {partition} order by {order})", "int"),
            (f"lead({value}, 2) over (order by {order})", "int"),
            (f"first_value({value}) over (partition by {partition} order by {order} {frame})", "int"),
        )

    def select(self, depth):
        """A query, and its columns."""
        text, scope = self.from_clause(depth)
        where = self.where(scope, depth)
        form = self.random.random()
        if form < 0.3:
            kinds = [self.choice(*TYPES) for _ in range(self.choice(0, 1, 1, 2))]
            keys = [self.expr(scope, kind, 1) for kind in kinds]
            items = list(zip(keys, kinds)) + [self.aggregate(scope) for _ in range(self.choice(1, 2, 3))]
            tail = ""
            if keys:
                # Ordinals: a key that is a literal is no position by accident.
                ordinals = ", ".join(str(index + 1) for index in range(len(keys)))
                tail = f" group by {ordinals}"
            if self.chance(0.3):
                tail += f" having {self.choice('count(*) > 1', 'min(1) = 1', 'count(*) < 50')}"
        elif form < 0.45 and len(scope) <= 16:
            items = [(self.expr(scope, kind, 1), kind) for kind in ("int", "text")] + [self.window(scope)]
            tail = ""
        else:
            kinds = [self.choice(*TYPES) for _ in range(self.choice(1, 2, 3, 4))]
            items = [(self.expr(scope, kind), kind) for kind in kinds]
            tail = ""
        columns = [(f"c{index}", kind) for index, (_, kind) in enumerate(items)]
        listed = ", ".join(f"{item} as c{index}" for index, (item, _) in enumerate(items))
        distinct = "distinct " if not tail and self.chance(0.15) else ""
        return f"select {distinct}{listed} from {text}{where}{tail}", columns

    def query(self):
        """A whole statement. The order of its rows is open unless it ends in ORDER BY of all columns."""
        text, columns = self.select(2)
        if self.chance(0.2):
            kinds = [kind for _, kind in columns]
            other, scope = self.from_clause(0)
            items = ", ".join(f"{self.expr(scope, kind, 2)} as c{index}" for index, kind in enumerate(kinds))
            operator = self.choice("union all", "union", "intersect", "except")
            text = f"{text} {operator} select {items} from {other}"
        if self.chance(0.15):
            text = f"with q as ({text}) select * from q where {self.expr([(f'q.{n}', k) for n, k in columns], 'bool', 2)}"
        ordinals = ", ".join(f"{index + 1}{self.choice('', ' desc', ' asc')}" for index in range(len(columns)))
        if self.chance(0.4):
            text += f" order by {ordinals}"
            if self.chance(0.5):
                text += f" limit {self.random.randint(0, 12)}"
            if self.chance(0.3):
                text += f" offset {self.random.randint(0, 5)}"
        return text
