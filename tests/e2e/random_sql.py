"""Random queries over three tables: joins, subqueries, groups, windows, set operations, CTEs. What expressions they
hold, and what is not generated, stands in random_expr."""

from random_expr import COLUMNS, TYPES, VALUES, WORDS, Expressions, both

ROWS = {"t": 120, "u": 60, "e": 0}
TABLES = {table: COLUMNS for table in ROWS}
DEFINITION = "id int, a int, b bigint, n numeric(10,2), s varchar(20), d date, ts timestamp, f boolean"


def setup(generator):
    """Statements that make and fill the tables."""
    for table, count in ROWS.items():
        yield f"create table {table} ({DEFINITION})"
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


def columns_of(name, columns):
    return [(f"{name}.{column}", kind) for column, kind in columns]


class Query(Expressions):
    """Makes one query from a seed."""

    def __init__(self, seed):
        super().__init__(seed)
        self.named = []

    # ---- relations ----

    def relation(self, depth):
        """Text for FROM, and its columns."""
        name = self.alias()
        if self.named and self.chance(0.5):
            query, columns = self.random.choice(self.named)
            return f"{query} as {name}", columns_of(name, columns)
        if depth > 0 and self.chance(0.3):
            query, columns = self.select(depth - 1)
            if self.chance(0.2):
                # A limit is a set when all columns order.
                query += f" order by {self.ordinals(len(columns))} limit {self.random.randint(1, 30)}"
            elif self.chance(0.2):
                query = self.combined(query, columns)
            return f"({query}) as {name}", columns_of(name, columns)
        table = self.random.choice(["t", "t", "u", "u", "e"])
        return f"{table} as {name}", columns_of(name, TABLES[table].items())

    def from_clause(self, depth):
        text, scope = self.relation(depth)
        for _ in range(self.choice(0, 0, 1, 1, 2)):
            other, columns = self.relation(depth)
            join = self.choice("join", "left join", "right join", "full join", "cross join", ",")
            if join in ("cross join", ",") and len(scope) < 9:
                text += f"{'' if join == ',' else ' '}{join} {other}"
                if join == ",":
                    scope = scope + columns
                    break
            else:
                join = "join" if join in ("cross join", ",") else join
                kind = self.choice("int", "int", "text", "date", "bigint")
                left = [name for name, of in scope if of == kind] or [self.literal(kind)]
                right = [name for name, of in columns if of == kind] or [self.literal(kind)]
                text += f" {join} {other} on {self.random.choice(left)} = {self.random.choice(right)}"
                if join != "full join" and self.chance(0.4):
                    text += f" and {self.expr(self.choice(scope, columns, scope + columns), 'bool', 2)}"
            scope = scope + columns
        return text, scope

    def where(self, scope, depth):
        """A WHERE clause, or nothing."""
        if self.chance(0.35):
            return ""
        condition = self.expr(scope, "bool")
        if depth > 0 and self.chance(0.5):
            condition = f"{condition} {self.choice('and', 'and', 'or')} {self.subquery(scope, depth - 1)}"
        elif self.chance(0.2):
            condition = f"{condition} is {self.choice('true', 'not true', 'false', 'not false', 'unknown')}"
        return f" where {condition}"

    # ---- subqueries ----

    def inner(self):
        """A table of a subquery: text for FROM, its name, its columns."""
        name, table = self.alias(), self.choice("t", "u", "u", "e")
        return f"{table} as {name}", name, columns_of(name, TABLES[table].items())

    def subquery(self, scope, depth):
        """A condition that holds a subquery."""
        source, name, inner = self.inner()
        outer = [text for text, kind in scope if kind == "int"] or ["1"]
        column, another = self.random.choice(outer), self.random.choice(outer)
        condition = self.expr(inner, "bool", 2)
        if depth > 0 and self.chance(0.3):
            condition = f"{condition} and {self.subquery(inner, depth - 1)}"

        def pair():
            dates = [text for text, kind in scope if kind == "date"] or ["date '2020-01-01'"]
            left = f"({column}, {self.random.choice(dates)})"
            return f"{left} in (select {name}.a, {name}.d from {source} where {condition})"

        return self.choice(
            lambda: f"{self.choice('', 'not ')}exists (select 1 from {source} where {name}.a = {column} and {condition})",
            lambda: f"{self.choice('', 'not ')}exists (select * from {source} where {condition})",
            lambda: f"{column} {self.choice('in', 'not in')} (select {name}.a from {source} where {condition})",
            lambda: f"{self.expr(scope, 'int', 2)} in (select {self.expr(inner, 'int', 2)} from {source} where {condition})",
            lambda: f"{column} in (select {name}.id from {source} where {name}.a = {another} and {condition})",
            lambda: f"{column} {self.choice('<', '=', '>=')} (select {self.choice('min', 'max', 'count')}({name}.a) "
            f"from {source} where {condition})",
            lambda: f"{column} not in (select {name}.a from {source} where {name}.id = {another} and {condition})",
            lambda: f"{self.choice('', 'not ')}exists (select count(*) from {source} where {name}.a = {column} "
            f"having {self.choice('count(*) > 0', f'min({name}.id) > 5', f'sum({name}.a) is null')})",
            lambda: f"{column} {self.choice('in', 'not in')} (select {self.choice('count(*)', f'max({name}.id)')} "
            f"from {source} where {name}.a = {another} and {condition})",
            lambda: f"{column} > (select max({name}.a) from {source} where {name}.id = {column})",
            lambda: f"{column} = (select {self.choice('count(*)', f'sum({name}.a)', f'min({name}.id)')} from {source} "
            f"where {name}.a = {another} and {condition})",
            lambda: f"{column} {self.choice('= any', '= some', '<> all')} (select {name}.a from {source} where {condition})",
            pair,
        )()

    def scalar(self, scope, kind):
        """A subquery in the place of a value."""
        source, name, inner = self.inner()
        outer = [text for text, of in scope if of == "int"] or ["1"]
        value = self.expr(inner, kind, 1)
        where = self.choice(
            f" where {name}.a = {self.random.choice(outer)}",
            f" where {name}.id = {self.random.choice(outer)} and {self.expr(inner, 'bool', 2)}",
            f" where {self.expr(inner, 'bool', 2)}",
        )
        if self.chance(0.3):
            # The tables' ids are unique.
            return f"(select {value} from {source} where {name}.id = {self.random.choice(outer)})"
        return f"(select {self.choice('min', 'max')}({value}) from {source}{where})"

    # ---- aggregates and windows ----

    def aggregate(self, scope):
        kind = self.choice(*VALUES)
        value = self.expr(scope, kind, 2)
        number = self.expr(scope, "int", 2)
        decimal = self.expr(scope, "num", 1)
        # Aggregates that sort must share their order.
        columns = [text for text, of in scope if of == "text"]
        text = f"({columns[0]} || '.')" if columns else "cast('x' as varchar(20))"
        distinct = self.choice("", "distinct ")
        return self.choice(
            ("count(*)", "bigint"),
            (f"count({value})", "bigint"),
            (f"count(distinct {value})", "bigint"),
            (f"min({value})", kind),
            (f"max({value})", kind),
            (f"sum({number})", "bigint"),
            (f"sum(distinct {number})", "bigint"),
            (f"cast(sum({distinct}{decimal}) as numeric(14,2))", "num"),
            (f"cast(sum({self.expr(scope, 'bigint', 0)}) as bigint)", "bigint"),
            (f"sum(case when {self.expr(scope, 'bool', 1)} then 1 else 0 end)", "bigint"),
            (f"bool_or({self.expr(scope, 'bool', 1)})", "bool"),
            (f"bool_and({self.expr(scope, 'bool', 1)})", "bool"),
            (both(f"trunc(avg({number}))::bigint", f"avg({number})"), "bigint"),
            (both(f"trunc(avg(distinct {number}))::bigint", f"avg(distinct {number})"), "bigint"),
            (
                both(
                    f"string_agg({text}, ',' order by {text})",
                    f"listagg({text}, ',') within group (order by {text})",
                ),
                "text",
            ),
            (f"cast({self.choice('stddev', 'var_samp', 'stddev_pop', 'var_pop')}({number}) as numeric(20,3))", "num"),
        )

    def window(self, scope, grouped=False):
        partition = self.expr(scope, self.choice("int", "text", "bool"), 0 if grouped else 1)
        keys = [text for text, kind in scope if kind == "int"] or ["1"]
        # A total order among equals is not to be had; ties only where the answer does not depend on them.
        order = ", ".join(f"{text}{self.choice('', '', ' desc', ' asc nulls first')}" for text, _ in scope) or "1"
        frame = self.choice(
            "rows between unbounded preceding and current row",
            "rows between 2 preceding and 1 following",
            "rows between current row and unbounded following",
            "rows between unbounded preceding and unbounded following",
            "rows between 3 preceding and 1 preceding",
            "rows 2 preceding",
            "rows unbounded preceding",
        )
        kind = self.choice("int", "int", "text", "num", "date")
        value = self.expr(scope, kind, 0 if grouped else 1)
        number = self.expr(scope, "int", 0 if grouped else 1)
        over = f"over (partition by {partition} order by {order})"
        framed = f"over (partition by {partition} order by {order} {frame})"
        return self.choice(
            (f"row_number() {over}", "bigint"),
            (f"rank() over (partition by {partition} order by {self.random.choice(keys)})", "bigint"),
            (f"dense_rank() over (order by {self.random.choice(keys)} desc)", "bigint"),
            (f"ntile({self.random.randint(1, 5)}) {over}", "bigint"),
            (f"cast(percent_rank() over (order by {self.random.choice(keys)}) as numeric(12,6))", "num"),
            (f"cast(cume_dist() over (partition by {partition} order by {self.random.choice(keys)}) as numeric(12,6))", "num"),
            (f"sum({number}) over (partition by {partition})", "bigint"),
            (f"count({value}) over (partition by {partition})", "bigint"),
            (f"{self.choice('min', 'max')}({value}) over (partition by {partition})", kind),
            (f"sum({number}) {framed}", "bigint"),
            (f"count(*) {framed}", "bigint"),
            (f"{self.choice('min', 'max')}({value}) over (order by {order} {frame})", kind),
            (f"lag({value}) {over}", kind),
            (f"lead({value}, 2) over (order by {order})", kind),
            (f"{self.choice('first_value', 'last_value')}({value}) {framed}", kind),
            (f"nth_value({value}, {self.random.randint(1, 3)}) {framed}", kind),
            (both(f"trunc(avg({number}) {framed})::bigint", f"avg({number}) {framed}"), "bigint"),
        )

    # ---- queries ----

    def ordinals(self, count):
        direction = ("", "", " desc", " asc", " nulls first", " desc nulls last")
        return ", ".join(f"{index + 1}{self.choice(*direction)}" for index in range(count))

    def grouped(self, scope):
        """Items and tail of a query with groups."""
        kinds = [self.choice(*TYPES) for _ in range(self.choice(0, 1, 1, 2, 3))]
        keys = [self.expr(scope, kind, 1) for kind in kinds]
        items = [self.aggregate(scope) for _ in range(self.choice(1, 2, 3))]
        tail = ""
        if not keys:
            return items, f" having {self.choice('count(*) > 1', 'min(1) = 1')}" if self.chance(0.3) else ""
        form = self.random.random()
        columns = [(text, kind) for text, kind in zip(keys, kinds) if text.startswith("x") and "(" not in text]
        if form < 0.25 and len(columns) == len(keys) and len(set(keys)) == len(keys):
            listed = ", ".join(keys)
            sets = [f"rollup ({listed})", f"cube ({listed})", f"grouping sets (({listed}), ({keys[0]}), ())"]
            tail = f" group by {self.random.choice(sets)}"
            items.append((f"grouping({keys[0]})", "int"))
        elif form < 0.5 and len(columns) == len(keys):
            tail = f" group by {', '.join(keys)}"
            if self.chance(0.4):
                items.append(self.window(columns, grouped=True))
            elif self.chance(0.3):
                items.append(("sum(count(*)) over ()", "num"))
        else:
            # Ordinals: a key that is a literal is no position by accident.
            tail = f" group by {', '.join(str(index + 1) for index in range(len(keys)))}"
        if self.chance(0.3):
            condition = self.aggregate(scope)
            tail += " having " + self.choice("count(*) > 1", "min(1) = 1", "count(*) < 50", f"{condition[0]} is not null")
        return list(zip(keys, kinds)) + items, tail

    def select(self, depth):
        """A query, and its columns."""
        text, scope = self.from_clause(depth)
        where = self.where(scope, depth)
        form = self.random.random()
        tail = ""
        if form < 0.3:
            items, tail = self.grouped(scope)
        elif form < 0.45 and len(scope) <= 16:
            items = [(self.expr(scope, kind, 1), kind) for kind in ("int", "text")] + [self.window(scope)]
        else:
            kinds = [self.choice(*TYPES) for _ in range(self.choice(1, 2, 3, 4))]
            items = [(self.expr(scope, kind), kind) for kind in kinds]
            if depth > 0 and self.chance(0.15):
                kind = self.choice(*VALUES)
                items.append((self.scalar(scope, kind), kind))
        columns = [(f"c{index}", kind) for index, (_, kind) in enumerate(items)]
        listed = ", ".join(f"{item} as c{index}" for index, (item, _) in enumerate(items))
        distinct = "distinct " if not tail and self.chance(0.15) else ""
        return f"select {distinct}{listed} from {text}{where}{tail}", columns

    def combined(self, text, columns):
        """A set operation of a query with another of the same types, or of types that meet."""
        other, scope = self.from_clause(0)
        close = {"int": ("int", "bigint"), "bigint": ("int", "bigint", "num"), "num": ("num", "int")}
        kinds = [self.choice(*close.get(kind, (kind,))) for _, kind in columns]
        items = ", ".join(f"{self.expr(scope, kind, 2)} as c{index}" for index, kind in enumerate(kinds))
        operator = self.choice("union all", "union", "intersect", "except")
        return f"{text} {operator} select {items} from {other}"

    def query(self):
        """A whole statement. The order of its rows is open unless it ends in ORDER BY of all columns."""
        prefix = ""
        if self.chance(0.2):
            for _ in range(self.choice(1, 1, 2)):
                query, columns = self.select(1)
                name = f"w{len(self.named)}"
                prefix += f"{', ' if prefix else 'with '}{name} as ({query})"
                self.named.append((name, columns))
            prefix += " "
        text, columns = self.select(2)
        if self.chance(0.2):
            text = self.combined(text, columns)
            if self.chance(0.2):
                text = self.combined(text, columns)
        if not prefix and self.chance(0.15):
            scope = columns_of("q", columns)
            text = f"with q as ({text}) select * from q where {self.expr(scope, 'bool', 2)}"
        text = prefix + text
        if self.chance(0.4):
            text += f" order by {self.ordinals(len(columns))}"
            if self.chance(0.5):
                text += f" limit {self.random.randint(0, 12)}"
            if self.chance(0.3):
                text += f" offset {self.random.randint(0, 5)}"
        return text
