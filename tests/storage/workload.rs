//! The steps that faults are put into: each is one transaction, and together they do everything
//! that writes: tables, rows, both kinds of delete, swaps, columns, views, temporary tables.

/// Ten rows with a number `d`.
pub const DIGITS: &str = "create table digit (d int);
    insert into digit values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)";

/// 1,000 rows, more than `rewrite_below_bytes`, so that deletes become delete files.
const BIG: &str =
    "create table big as select a.d + 10 * b.d + 100 * c.d as id, md5((a.d + 10 * b.d + 100 * c.d)::varchar) as x,
        md5((7 + a.d + 10 * b.d + 100 * c.d)::varchar) as y from digit a, digit b, digit c";

/// Each step is one transaction.
pub const STEPS: [&str; 23] = [
    "create table t (id int not null, name varchar(20), v decimal(10, 2))",
    "insert into t values (1, 'one', 1.5), (2, 'two', null), (3, '', 3.25), (4, null, -4), (5, 'five', 5)",
    BIG,
    "create table u (id int, t_id int)",
    "begin; insert into u select d, 1 + d / 2 from digit; update t set v = v + 1 where id < 3;
        delete from t where id = 4; insert into t values (6, 'six', 6); commit",
    // A delete file, and one that replaces it.
    "delete from big where id % 100 = 7",
    "begin; delete from big where id between 500 and 520; insert into big values (-1, 'a', 'b'); commit",
    "update big set x = 'changed' where id < 30",
    // More than 30% of a segment: it is rewritten.
    "delete from big where id % 2 = 1",
    "delete from big where id in (8, 10, 12)",
    "vacuum delete only big to 100 percent",
    "analyze t",
    // As dbt replaces a table.
    "begin; create table t__tmp as select id, name, v * 2 as v from t; alter table t rename to t__backup;
        alter table t__tmp rename to t; drop table t__backup; commit",
    "alter table u add column note varchar(10) default 'none'",
    "begin; insert into u values (100, 1, 'new'); delete from u where id = 3; commit",
    "alter table u rename column note to remark",
    "create view w as select t.id, u.remark from t join u on u.t_id = t.id",
    "merge into t using u on t.id = u.id when matched then update set name = 'merged'
        when not matched then insert values (u.id, 'from u', 0)",
    "begin; create temp table mine as select * from t; insert into t select id + 1000, name, v from mine; commit",
    "create schema s",
    "begin; create table s.t2 (a bigint identity(1, 1), b varchar(5)); insert into s.t2 (b) values ('x'), ('y');
        comment on table s.t2 is 'two'; commit",
    "begin; drop view w; alter table u drop column t_id; commit",
    "begin; drop table big; delete from t; insert into t values (7, 'last', 7); commit",
];
