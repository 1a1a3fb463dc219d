"""Random expressions in the dialect that PostgreSQL and Redshift share, or that each can say in its own words.

Everything is typed, so that a query is wrong only when an engine is. What the two answer differently is not
generated; the list below says what and why. Numbers are compared by value: PostgreSQL's decimals carry a scale of
their own each.

| id | not generated | because |
|---|---|---|
| D1 | avg of decimals | the argument's scale; PostgreSQL: many digits |
| D2 | division of decimals | other scale rules |
| D3 | strings with blanks at the end | comparison ignores them |
| D4 | floats, but rounded | other digits are printed |
| D5 | OVER (ORDER BY …) of aggregates without a frame | an error |
| D6 | extract(epoch, second, …) | PostgreSQL: NUMERIC with a fraction |
| D7 | INTERSECT ALL, EXCEPT ALL, FILTER, DISTINCT ON, LATERAL, arrays | rejected |
| D8 | date - interval as a date, timestamps minus timestamps | other result types |
| D9 | uncorrelated names hidden by lateral aliases | Redshift lets a select item use an earlier one |
| D10 | FULL JOIN on anything but equality of columns | PostgreSQL cannot |
| D11 | ranges of frames, GROUPS | rejected |
| D12 | dateadd of years to February 29 | goes on to March 1 |
| D13 | empty strings in LISTAGG | left out |
| D14 | quantified comparisons but = ANY, <> ALL | rejected |
"""

import random
import re

COLUMNS = {"id": "int", "a": "int", "b": "bigint", "n": "num", "s": "text", "d": "date", "ts": "ts", "f": "bool"}
WORDS = ["", "a", "ab", "b", "abc", "Ab", "zeta", "eta", "42", "%", "_x", "été", "a b", "omega-7", "ZZ"]
TYPES = ["int", "bigint", "num", "text", "date", "ts", "bool"]
VALUES = TYPES[:6]
UNITS = ("year", "quarter", "month", "week", "day", "hour", "minute")
VARIANT = re.compile("\x01([^\x01\x02\x03]*)\x02([^\x01\x02\x03]*)\x03")


def both(postgres, redshift):
    """Text that each engine has its own words for."""
    return f"\x01{postgres}\x02{redshift}\x03"


def spoken(text, redshift):
    """The words of one engine."""
    group = r"\2" if redshift else r"\1"
    while "\x01" in text:
        text = VARIANT.sub(group, text)
    return text


class Expressions:
    """Makes typed expressions. A scope is a list of (text, type)."""

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

    def expr(self, scope, kind, depth=3):
        columns = [text for text, of in scope if of == kind]
        if depth <= 0 or self.chance(0.3):
            return self.random.choice(columns) if columns and self.chance(0.75) else self.literal(kind)
        return getattr(self, kind)(scope, depth - 1)

    def literal(self, kind):
        number = self.random.randint(-9, 30)
        if self.chance(0.04):
            name = {"num": "numeric(10,2)", "text": "varchar(20)", "ts": "timestamp", "bool": "boolean"}.get(kind, kind)
            return f"cast(null as {name})"
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
        other = self.choice(*VALUES)

        def part():
            return self.expr(scope, kind, depth)

        def key():
            return self.expr(scope, other, depth - 1)

        def decode():
            value, first, second, found, third = key(), key(), key(), part(), part()
            equal = f"({value} = {first} or ({value} is null and {first} is null))"
            again = f"({value} = {second} or ({value} is null and {second} is null))"
            otherwise = part()
            return both(
                f"case when {equal} then {found} when {again} then {third} else {otherwise} end",
                f"decode({value}, {first}, {found}, {second}, {third}, {otherwise})",
            )

        def nvl2():
            value, some, none = key(), part(), part()
            return both(f"case when {value} is not null then {some} else {none} end", f"nvl2({value}, {some}, {none})")

        return self.choice(
            lambda: f"case when {self.expr(scope, 'bool', depth)} then {part()} else {part()} end",
            lambda: f"case when {self.expr(scope, 'bool', depth)} then {part()} end",
            lambda: f"case when {self.expr(scope, 'bool', depth)} then {part()} "
            f"when {self.expr(scope, 'bool', depth)} then null else {part()} end",
            lambda: f"case {key()} when {key()} then {part()} when {key()} then {part()} else {part()} end",
            lambda: f"coalesce({part()}, {part()})",
            lambda: f"coalesce({part()}, {part()}, {part()})",
            lambda: f"nullif({part()}, {part()})",
            decode,
            nvl2,
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
        def of(kind):
            return self.expr(scope, kind, depth)

        def days():
            first, second = of("date"), of("date")
            return both(f"({second} - {first})", f"datediff(day, {first}, {second})::int")

        def months():
            first, second = of("date"), of("date")
            count = (
                f"((extract(year from {second}) - extract(year from {first})) * 12 "
                f"+ extract(month from {second}) - extract(month from {first}))::int"
            )
            return both(count, f"datediff({self.choice('month', 'mon')}, {first}, {second})::int")

        def part_of():
            field = self.choice("year", "month", "day", "dow", "doy", "quarter", "week", "hour", "minute")
            kind = "ts" if field in ("hour", "minute") else self.choice("date", "ts")
            if self.chance(0.5):
                return f"cast(extract({field} from {of(kind)}) as int)"
            return f"cast(date_part('{field}', {of(kind)}) as int)"

        return self.choice(
            lambda: self.arithmetic(scope, "int", depth),
            lambda: f"({of('int')} * {self.random.randint(-3, 3)})",
            lambda: f"({of('int')} / {self.choice(1, 2, 3, -4)})",
            lambda: f"({of('int')} % {self.choice(2, 3, 7)})",
            lambda: f"mod({of('int')}, {self.choice(2, 5, -3)})",
            lambda: f"length({of('text')})",
            lambda: f"{self.choice('char_length', 'octet_length')}({of('text')})",
            lambda: f"strpos({of('text')}, {of('text')})",
            lambda: f"position({of('text')} in {of('text')})",
            lambda: f"ascii({of('text')} || 'q')",
            part_of,
            lambda: f"({of('date')} - {of('date')})",
            lambda: f"cast(round({of('num')}) as int)",
            lambda: f"cast({self.choice('floor', 'ceil', 'ceiling', 'trunc')}({of('num')}) as int)",
            lambda: f"sign({of('int')})::int",
            lambda: f"({of('int')} {self.choice('&', '|', '#')} {of('int')})",
            lambda: f"cast(case when {of('bool')} then '7' else '-12' end as int)",
            lambda: f"cast({of('bool')} as int)",
            days,
            months,
        )()

    def bigint(self, scope, depth):
        return self.choice(
            lambda: self.arithmetic(scope, "bigint", depth),
            lambda: f"cast({self.expr(scope, 'int', depth)} as bigint)",
            lambda: f"({self.expr(scope, 'bigint', depth)} / {self.choice(2, 3, 10)})",
            lambda: f"({self.expr(scope, 'bigint', depth)} % {self.choice(2, 3, 1000)})",
            lambda: f"({self.expr(scope, 'bigint', depth)} + {self.expr(scope, 'int', depth)})",
        )()

    def num(self, scope, depth):
        return self.choice(
            lambda: self.arithmetic(scope, "num", depth),
            lambda: f"round({self.expr(scope, 'num', depth)}, {self.random.randint(0, 2)})::numeric(12,2)",
            lambda: f"trunc({self.expr(scope, 'num', depth)}, 1)::numeric(12,2)",
            lambda: f"cast({self.expr(scope, 'int', depth)} as numeric(10,2))",
            lambda: f"({self.expr(scope, 'num', depth)} * {self.expr(scope, 'int', 0)})",
            lambda: f"({self.expr(scope, 'num', depth)} {self.choice('+', '-')} {self.expr(scope, 'int', depth)})",
            lambda: f"coalesce({self.expr(scope, 'num', depth)}, {self.expr(scope, 'int', depth)})",
            lambda: f"mod({self.expr(scope, 'num', depth)}, 3)",
            lambda: f"cast(cast({self.expr(scope, 'num', 0)} as varchar(20)) as numeric(12,2))",
        )()

    def text(self, scope, depth):
        def part():
            return self.expr(scope, "text", depth)

        return self.choice(
            lambda: f"upper({part()})",
            lambda: f"lower({part()})",
            lambda: f"({part()} || 'k')",
            lambda: f"({part()} || {part()})",
            lambda: f"(substring({part()}, {self.random.randint(1, 4)}, {self.random.randint(0, 4)}) || '.')",
            lambda: f"(substring({part()} from {self.random.randint(-1, 4)} for {self.random.randint(1, 4)}) || '.')",
            lambda: f"({self.choice('left', 'right')}({part()}, {self.random.randint(0, 4)}) || '.')",
            lambda: f"replace({part()}, 'a', 'xy')",
            lambda: f"translate({part()}, 'abe', 'xy')",
            lambda: f"({self.choice('lpad', 'rpad')}({part()}, {self.random.randint(0, 9)}, '*') || '.')",
            lambda: f"reverse('|' || {part()})",
            lambda: f"repeat({part()} || '-', {self.random.randint(0, 3)})",
            lambda: f"{self.choice('ltrim', 'rtrim', 'btrim')}({part()} || 'z', '{self.choice('az', 'b', 'z')}')",
            lambda: f"trim(both 'a' from {part()} || 'a')",
            lambda: f"md5({part()})",
            lambda: f"split_part({part()}, 'a', {self.random.randint(1, 3)})",
            lambda: f"cast({self.expr(scope, self.choice('int', 'bigint', 'date'), depth)} as varchar(40))",
            lambda: f"to_char({self.expr(scope, self.choice('date', 'ts'), depth)}, "
            f"'{self.choice('YYYY-MM-DD HH24:MI', 'DD.MM.YY', 'Mon DDD', 'Q IW ID')}')",
            lambda: f"to_char({self.expr(scope, self.choice('int', 'num'), depth)}, "
            f"'{self.choice('FM999999990.00', 'S00000', '999999999D9')}')",
            lambda: f"case when {self.expr(scope, 'bool', depth)} then 'yes' else 'no' end",
            lambda: f"chr({self.random.randint(65, 90)})::varchar(4)",
            lambda: self.conditional(scope, "text", depth),
        )()

    def date(self, scope, depth):
        def last_day():
            day = self.expr(scope, "date", depth)
            month = f"date_trunc('month', cast({day} as timestamp))"
            return both(f"cast({month} + interval '1 month' - interval '1 day' as date)", f"last_day({day})")

        def moved():
            day, count = self.expr(scope, "date", depth), self.random.randint(-30, 30)
            unit = self.choice("day", "week", "month")
            return both(
                f"cast({day} + {count} * interval '1 {unit}' as date)", f"cast(dateadd({unit}, {count}, {day}) as date)"
            )

        return self.choice(
            lambda: f"({self.expr(scope, 'date', depth)} {self.choice('+', '-')} {self.random.randint(0, 400)})",
            lambda: f"cast({self.expr(scope, 'ts', depth)} as date)",
            lambda: f"cast(to_char({self.expr(scope, 'date', depth)}, 'YYYY-MM-DD') as date)",
            lambda: f"to_date(to_char({self.expr(scope, 'date', depth)}, 'YYYYMMDD'), 'YYYYMMDD')",
            lambda: f"{self.choice('greatest', 'least')}({self.expr(scope, 'date', depth)}, {self.expr(scope, 'date', depth)})",
            lambda: self.conditional(scope, "date", depth),
            last_day,
            moved,
        )()

    def ts(self, scope, depth):
        unit = self.choice(*UNITS)

        def moved():
            time, count = self.expr(scope, "ts", depth), self.random.randint(-30, 30)
            unit = self.choice(*UNITS[1:])
            return both(
                f"({time} + {count} * interval '{'3 month' if unit == 'quarter' else '1 ' + unit}')",
                f"dateadd({unit}, {count}, {time})",
            )

        return self.choice(
            lambda: f"date_trunc('{unit}', {self.expr(scope, 'ts', depth)})",
            lambda: f"({self.expr(scope, 'ts', depth)} + interval '{self.random.randint(1, 40)} days')",
            lambda: f"({self.expr(scope, 'ts', depth)} - interval '{self.random.randint(1, 9)} hours')",
            lambda: f"({self.expr(scope, 'ts', depth)} + interval '{self.choice('1 month', '1 year 2 months')}')",
            lambda: f"cast({self.expr(scope, 'date', depth)} as timestamp)",
            lambda: f"cast(to_char({self.expr(scope, 'ts', depth)}, 'YYYY-MM-DD HH24:MI:SS') as timestamp)",
            lambda: f"{self.choice('greatest', 'least')}({self.expr(scope, 'ts', depth)}, {self.expr(scope, 'ts', depth)})",
            lambda: self.conditional(scope, "ts", depth),
            moved,
        )()

    def bool(self, scope, depth):
        kind = self.choice(*VALUES)

        def part():
            return self.expr(scope, kind, depth)

        def numbers():
            left, right = self.choice(("int", "num"), ("int", "bigint"), ("bigint", "num"), ("date", "ts"))
            return f"({self.expr(scope, left, depth)} {self.choice('=', '<', '>=', '<>')} {self.expr(scope, right, depth)})"

        return self.choice(
            lambda: f"({part()} {self.choice('=', '<>', '!=', '<', '<=', '>', '>=')} {part()})",
            lambda: f"({part()} {self.choice('=', '<', '>=')} {part()})",
            lambda: f"({part()} {self.choice('between', 'not between')} {part()} and {part()})",
            lambda: f"({part()} {self.choice('in', 'not in')} ({part()}, {part()}, {self.literal(kind)}))",
            lambda: f"({part()} {self.choice('in', 'not in')} ({self.literal(kind)}, null))",
            lambda: f"({part()} is {self.choice('', 'not ')}null)",
            lambda: f"({self.expr(scope, 'text', depth)} {self.choice('like', 'not like', 'ilike')} "
            f"'{self.choice('a%', '%b%', '_', '%a_', 'Z%', '')}')",
            lambda: f"({self.expr(scope, 'text', depth)} {self.choice('~', '!~')} '{self.choice('^a', 'b$', '[0-9]', 'a|z')}')",
            lambda: f"({self.expr(scope, 'text', depth)} {self.choice('similar to', 'not similar to')} '{self.choice('(a|b)%', '[a-z]+', '%e_a')}')",
            lambda: f"(not {self.expr(scope, 'bool', depth)})",
            lambda: f"({self.expr(scope, 'bool', depth)} {self.choice('and', 'or')} {self.expr(scope, 'bool', depth)})",
            lambda: f"(({self.expr(scope, 'bool', depth)} or {self.expr(scope, 'bool', depth)}) and {self.expr(scope, 'bool', depth)})",
            numbers,
            lambda: self.conditional(scope, "bool", depth),
        )()
