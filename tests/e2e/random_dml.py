"""Random changes of a table: INSERT, UPDATE, DELETE, MERGE. Each is a statement whose effect does not depend on the
order of rows, on a copy of a table that is compared afterwards."""

from random_expr import COLUMNS
from random_sql import Query, columns_of


class Change(Query):
    """Makes one statement that changes the table `w`."""

    def statement(self):
        return self.choice(self.insert, self.insert, self.update, self.update, self.delete, self.delete, self.merge)()

    def target(self):
        return columns_of("w", COLUMNS.items())

    def insert(self):
        names = [name for name in COLUMNS if self.chance(0.7)] or ["id"]
        listed = ", ".join(names)
        if self.chance(0.4):
            rows = ", ".join(
                "(" + ", ".join(self.choice("null", self.literal(COLUMNS[name])) for name in names) + ")"
                for _ in range(self.choice(1, 2, 5))
            )
            return f"insert into w ({listed}) values {rows}"
        source, scope = self.from_clause(0)
        values = ", ".join(self.value(scope, name) for name in names)
        return f"insert into w ({listed}) select {values} from {source}{self.where(scope, 1)}"

    def value(self, scope, name):
        """An expression that fits a column: text in 20 bytes, numbers in their range."""
        kind = COLUMNS[name]
        if kind == "text":
            return f"left({self.expr(scope, 'text', 2)}, 8)"
        if kind == "num":
            return f"cast(mod({self.expr(scope, 'num', 1)}, 1000) as numeric(10,2))"
        if kind == "int" and self.chance(0.3):
            return f"mod({self.expr(scope, 'bigint', 1)}, 1000)"
        return self.choice("null", *[self.expr(scope, kind, 2)] * 6)

    def assignments(self, scope):
        names = self.random.sample(["a", "b", "n", "s", "d", "ts", "f"], self.choice(1, 2, 3))
        return ", ".join(f"{name} = {self.value(scope, name)}" for name in names)

    def update(self):
        target = self.target()
        if self.chance(0.4):
            # One row of the other table at most: otherwise which one counts is open.
            scope = target + columns_of("u", COLUMNS.items())
            return (
                f"update w set {self.assignments(scope)} from u where w.id = u.id and {self.expr(scope, 'bool', 2)}"
            )
        return f"update w set {self.assignments(target)}{self.where(target, 1)}"

    def delete(self):
        target = self.target()
        if self.chance(0.4):
            scope = target + columns_of("u", COLUMNS.items())
            key = self.choice("id", "a")
            return f"delete from w using u where w.{key} = u.{key} and {self.expr(scope, 'bool', 2)}"
        return f"delete from w{self.where(target, 1)}"

    def merge(self):
        source = columns_of("u", COLUMNS.items())
        matched = self.choice("delete", f"update set {self.assignments(self.target() + source)}")
        names = ["id"] + self.random.sample(["a", "b", "n", "s", "d"], 3)
        values = ", ".join(self.choice("null", self.value(source, name), f"u.{name}") for name in names)
        condition = self.choice("w.id = u.id", "w.id = u.id + 20", "w.id = u.id and w.a > u.a")
        return (
            f"merge into w using u on {condition} when matched then {matched} "
            f"when not matched then insert ({', '.join(names)}) values ({values})"
        )

