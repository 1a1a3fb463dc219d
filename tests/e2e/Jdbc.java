// PostgreSQL's JDBC driver against `blueshift serve`: java -cp postgresql.jar Jdbc.java PORT
// Prints the name of each test that passed; the first that fails ends the program with an exception.

import java.math.BigDecimal;
import java.sql.*;
import java.time.*;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;

public class Jdbc {
    static int port;

    interface Test { void run() throws Exception; }

    interface Body { void run() throws SQLException; }

    public static void main(String[] arguments) throws Exception {
        port = Integer.parseInt(arguments[0]);
        try (Connection connection = connect(""); Statement statement = connection.createStatement()) {
            for (String sql : List.of(
                    "create schema jdbc",
                    "create table jdbc.parent (id int primary key, name varchar(20) not null, at timestamp default getdate())",
                    "comment on table jdbc.parent is 'A table'",
                    "create table jdbc.pair (a int, b int, v numeric(12,3), primary key (b, a))",
                    "create table jdbc.child (id int, parent_id int references jdbc.parent (id), a int, b int,"
                        + " foreign key (b, a) references jdbc.pair (b, a))",
                    "create view jdbc.names as select name from jdbc.parent",
                    "create procedure jdbc.twice(inout n int) as $$ begin n := n * 2; end $$ language plpgsql",
                    "create function jdbc.plus(int, int) returns int stable as $$ select $1 + $2 $$ language sql"))
                statement.execute(sql);
        }
        Map<String, Test> tests = new LinkedHashMap<>();
        tests.put("server", Jdbc::server);
        tests.put("schemas", Jdbc::schemas);
        tests.put("tables", Jdbc::tables);
        tests.put("columns", Jdbc::columns);
        tests.put("keys", Jdbc::keys);
        tests.put("otherMetadata", Jdbc::otherMetadata);
        for (String mode : List.of("extended", "simple", "extendedForPrepared", "extendedCacheEverything"))
            tests.put("everyType " + mode, () -> everyType("preferQueryMode=" + mode));
        tests.put("everyType binary", () -> everyType("prepareThreshold=1"));
        tests.put("resultMetadata", Jdbc::resultMetadata);
        tests.put("batch", () -> batch(""));
        tests.put("batch rewritten", () -> batch("reWriteBatchedInserts=true"));
        tests.put("fetchSize", Jdbc::fetchSize);
        tests.put("cancel", Jdbc::cancel);
        tests.put("timeout", Jdbc::timeout);
        tests.put("transactions", Jdbc::transactions);
        tests.put("manyStatements", Jdbc::manyStatements);
        tests.put("call", Jdbc::call);
        tests.put("swappedTable", Jdbc::swappedTable);
        for (var test : tests.entrySet()) {
            test.getValue().run();
            System.out.println(test.getKey());
        }
        System.out.println("all passed");
    }

    static Connection connect(String options) throws SQLException {
        return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + port + "/dev?" + options, "awsuser", "none");
    }

    static void same(Object expected, Object found) {
        if (!Objects.equals(expected, found))
            throw new AssertionError("expected " + expected + ", found " + found);
    }

    static void fails(String state, Body body) {
        try {
            body.run();
        } catch (SQLException error) {
            if (!error.getSQLState().equals(state))
                throw new AssertionError("expected " + state + ", found " + error.getSQLState() + " " + error.getMessage());
            return;
        }
        throw new AssertionError("no error, expected " + state);
    }

    /** Chosen columns of all rows. */
    static List<List<Object>> rows(ResultSet set, String... names) throws SQLException {
        List<List<Object>> rows = new ArrayList<>();
        while (set.next()) {
            List<Object> row = new ArrayList<>();
            for (String name : names) row.add(set.getObject(name));
            rows.add(row);
        }
        set.close();
        return rows;
    }

    static List<Object> column(ResultSet set, String name) throws SQLException {
        return new ArrayList<>(rows(set, name).stream().map(row -> row.get(0)).toList());
    }

    static void server() throws SQLException {
        try (Connection connection = connect("")) {
            DatabaseMetaData data = connection.getMetaData();
            same("PostgreSQL", data.getDatabaseProductName());
            same("8.0.2", data.getDatabaseProductVersion());
            same(true, connection.isValid(100));
            same("dev", connection.getCatalog());
            same("public", connection.getSchema());
            connection.setSchema("jdbc");
            same("jdbc", connection.getSchema());
        }
    }

    static void schemas() throws SQLException {
        try (Connection connection = connect("")) {
            DatabaseMetaData data = connection.getMetaData();
            List<Object> schemas = column(data.getSchemas(), "TABLE_SCHEM");
            same(true, schemas.containsAll(List.of("information_schema", "jdbc", "pg_catalog", "public")));
            same(List.of("jdbc"), column(data.getSchemas(null, "jdb%"), "TABLE_SCHEM"));
            same(true, column(data.getCatalogs(), "TABLE_CAT").contains("dev"));
        }
    }

    static void tables() throws SQLException {
        try (Connection connection = connect("")) {
            DatabaseMetaData data = connection.getMetaData();
            same(List.of(Arrays.asList("child", "TABLE", null), Arrays.asList("pair", "TABLE", null),
                         Arrays.asList("parent", "TABLE", "A table"), Arrays.asList("names", "VIEW", null)),
                 rows(data.getTables(null, "jdbc", "%", new String[] {"TABLE", "VIEW"}), "TABLE_NAME", "TABLE_TYPE", "REMARKS"));
            same(true, column(data.getTables(null, "pg_catalog", "pg_cl%", null), "TABLE_NAME").contains("pg_class"));
            same(true, column(data.getTables(null, null, null, null), "TABLE_NAME").contains("parent"));
            same(true, column(data.getTableTypes(), "TABLE_TYPE").contains("TABLE"));
        }
    }

    static void columns() throws SQLException {
        try (Connection connection = connect("")) {
            DatabaseMetaData data = connection.getMetaData();
            same(List.of(List.of("id", Types.INTEGER, "int4", 10, 0, 1), List.of("name", Types.VARCHAR, "varchar", 20, 0, 2),
                         List.of("at", Types.TIMESTAMP, "timestamp", 29, 6, 3)),
                 rows(data.getColumns(null, "jdbc", "parent", "%"),
                      "COLUMN_NAME", "DATA_TYPE", "TYPE_NAME", "COLUMN_SIZE", "DECIMAL_DIGITS", "ORDINAL_POSITION"));
            same(List.of(List.of("NO"), List.of("NO"), List.of("YES")), rows(data.getColumns(null, "jdbc", "parent", null), "IS_NULLABLE"));
            same(List.of(List.of(12, 3)), rows(data.getColumns(null, "jdbc", "pair", "v"), "COLUMN_SIZE", "DECIMAL_DIGITS"));
        }
    }

    static void keys() throws SQLException {
        try (Connection connection = connect("")) {
            DatabaseMetaData data = connection.getMetaData();
            same(List.of(List.of("id", 1, "parent_pkey")), rows(data.getPrimaryKeys(null, "jdbc", "parent"), "COLUMN_NAME", "KEY_SEQ", "PK_NAME"));
            List<List<Object>> pair = rows(data.getPrimaryKeys(null, "jdbc", "pair"), "COLUMN_NAME", "KEY_SEQ");
            same(Set.of(List.of("b", 1), List.of("a", 2)), Set.copyOf(pair));
            same(List.of(), rows(data.getPrimaryKeys(null, "jdbc", "child"), "COLUMN_NAME"));
            List<List<Object>> imported = rows(data.getImportedKeys(null, "jdbc", "child"),
                "PKTABLE_NAME", "PKCOLUMN_NAME", "FKTABLE_NAME", "FKCOLUMN_NAME", "KEY_SEQ");
            Set<List<Object>> expected = Set.of(List.of("parent", "id", "child", "parent_id", 1),
                List.of("pair", "b", "child", "b", 1), List.of("pair", "a", "child", "a", 2));
            same(expected, Set.copyOf(imported));
            same(List.of(List.of("child", "parent_id")), rows(data.getExportedKeys(null, "jdbc", "parent"), "FKTABLE_NAME", "FKCOLUMN_NAME"));
            same(1, rows(data.getCrossReference(null, "jdbc", "parent", null, "jdbc", "child"), "FK_NAME").size());
            same(List.of(List.of("parent_pkey", "id", false)),
                 rows(data.getIndexInfo(null, "jdbc", "parent", true, false), "INDEX_NAME", "COLUMN_NAME", "NON_UNIQUE"));
            same(List.of("id"), column(data.getBestRowIdentifier(null, "jdbc", "parent", DatabaseMetaData.bestRowSession, true), "COLUMN_NAME"));
        }
    }

    static void otherMetadata() throws SQLException {
        try (Connection connection = connect("")) {
            DatabaseMetaData data = connection.getMetaData();
            List<Object> types = column(data.getTypeInfo(), "TYPE_NAME");
            same(true, types.containsAll(List.of("int2", "int4", "int8", "numeric", "float8", "bool", "varchar", "date", "timestamp")));
            same(List.of("plus"), column(data.getFunctions(null, "jdbc", "pl%"), "FUNCTION_NAME"));
            same(true, column(data.getProcedures(null, "jdbc", null), "PROCEDURE_NAME").contains("twice"));
            rows(data.getProcedureColumns(null, "jdbc", "twice", null), "COLUMN_NAME");
            rows(data.getFunctionColumns(null, "jdbc", "plus", null), "COLUMN_NAME");
            rows(data.getTablePrivileges(null, "jdbc", "parent"), "PRIVILEGE");
            rows(data.getColumnPrivileges(null, "jdbc", "parent", null), "PRIVILEGE");
            rows(data.getVersionColumns(null, "jdbc", "parent"), "COLUMN_NAME");
            rows(data.getUDTs(null, "jdbc", null, null), "TYPE_NAME");
            rows(data.getClientInfoProperties(), "NAME");
            same(true, data.getMaxColumnNameLength() > 0);
            same(true, data.getSQLKeywords() != null);
        }
    }

    static void everyType(String options) throws SQLException {
        try (Connection connection = connect(options); Statement statement = connection.createStatement()) {
            statement.execute("create temp table every (i2 smallint, i4 int, i8 bigint, n numeric(10,2), f4 real, f8 float8, o bool,"
                + " c char(3), v varchar(20), d date, t time, ts timestamp, tz timestamptz)");
            OffsetDateTime instant = OffsetDateTime.of(2024, 2, 29, 1, 2, 3, 500_000_000, ZoneOffset.UTC);
            // In simple mode the driver does not escape backslashes, nor give ::numeric decimals.
            boolean simple = options.endsWith("=simple");
            String text = simple ? "it's ä" : "it's \\ ä";
            Object[] values = {(short) -2, 3, 1L << 40, new BigDecimal("-12.50"), 1.5f, 2.25, true, "abc", text,
                LocalDate.of(2024, 2, 29), LocalTime.of(1, 2, 3, 500_000_000), LocalDateTime.of(2024, 2, 29, 1, 2, 3, 500_000_000), instant};
            int[] kinds = {Types.SMALLINT, Types.INTEGER, Types.BIGINT, Types.NUMERIC, Types.REAL, Types.DOUBLE, Types.BOOLEAN,
                Types.CHAR, Types.VARCHAR, Types.DATE, Types.TIME, Types.TIMESTAMP, Types.TIMESTAMP_WITH_TIMEZONE};
            try (PreparedStatement insert = connection.prepareStatement("insert into every values (?,?,?,?,?,?,?,?,?,?,?,?,?)")) {
                for (int run = 0; run < 7; run++) {
                    for (int index = 0; index < values.length; index++) insert.setObject(index + 1, values[index]);
                    same(1, insert.executeUpdate());
                }
                for (int index = 0; index < values.length; index++) insert.setNull(index + 1, kinds[index]);
                same(1, insert.executeUpdate());
                insert.setShort(1, (short) 1);
                insert.setInt(2, 1);
                insert.setLong(3, 1);
                insert.setBigDecimal(4, new BigDecimal("1.255"));
                insert.setFloat(5, 1);
                insert.setDouble(6, 1);
                insert.setBoolean(7, false);
                insert.setString(8, "x");
                insert.setString(9, "y");
                insert.setDate(10, java.sql.Date.valueOf("2024-01-01"));
                insert.setTime(11, Time.valueOf("12:00:00"));
                insert.setTimestamp(12, Timestamp.valueOf("2024-01-01 12:00:00"));
                insert.setTimestamp(13, Timestamp.from(Instant.EPOCH));
                same(1, insert.executeUpdate());
            }
            try (PreparedStatement query = connection.prepareStatement(
                    "select * from every where i4 = ? and v = ? and n <= ? and d = ? and ts = ? and o = ?")) {
                for (int run = 0; run < 7; run++) {
                    query.setInt(1, 3);
                    query.setString(2, text);
                    query.setBigDecimal(3, new BigDecimal("-12.00"));
                    query.setObject(4, values[9]);
                    query.setObject(5, values[11]);
                    query.setBoolean(6, true);
                    ResultSet set = query.executeQuery();
                    int count = 0;
                    while (set.next()) {
                        count++;
                        same((short) -2, set.getShort(1));
                        same(3, set.getInt(2));
                        same(1L << 40, set.getLong(3));
                        if (!simple) same(values[3], set.getBigDecimal(4));
                        same(1.5f, set.getFloat(5));
                        same(2.25, set.getDouble(6));
                        same(true, set.getBoolean(7));
                        same("abc", set.getString(8));
                        same(values[8], set.getString(9));
                        same(values[9], set.getObject(10, LocalDate.class));
                        same(values[10], set.getObject(11, LocalTime.class));
                        same(values[11], set.getObject(12, LocalDateTime.class));
                        same(instant, set.getObject(13, OffsetDateTime.class));
                    }
                    same(7, count);
                }
            }
        }
    }

    static void resultMetadata() throws SQLException {
        try (Connection connection = connect("")) {
            ResultSetMetaData data = connection.createStatement().executeQuery(
                "select 1 as i, 1.25::numeric(10,2) as n, 'a'::varchar(7) as v, 'a'::char(3) as c, getdate() as ts").getMetaData();
            same(List.of(Types.INTEGER, Types.NUMERIC, Types.VARCHAR, Types.CHAR, Types.TIMESTAMP),
                 List.of(data.getColumnType(1), data.getColumnType(2), data.getColumnType(3), data.getColumnType(4), data.getColumnType(5)));
            same(List.of(10, 2, 7, 3), List.of(data.getPrecision(2), data.getScale(2), data.getPrecision(3), data.getPrecision(4)));
            same("n", data.getColumnLabel(2));
            ParameterMetaData parameters = connection.prepareStatement("select id from jdbc.parent where id = ? and name = ?").getParameterMetaData();
            same(List.of(Types.INTEGER, Types.VARCHAR), List.of(parameters.getParameterType(1), parameters.getParameterType(2)));
        }
    }

    static void batch(String options) throws SQLException {
        try (Connection connection = connect(options); Statement statement = connection.createStatement()) {
            statement.execute("create temp table b (i int, v varchar(10))");
            try (PreparedStatement insert = connection.prepareStatement("insert into b values (?, ?)")) {
                for (int row = 0; row < 500; row++) {
                    insert.setInt(1, row);
                    insert.setString(2, "v" + row);
                    insert.addBatch();
                }
                same(500, insert.executeBatch().length);
            }
            // A batch is one transaction: nothing of one that fails is left.
            try (PreparedStatement insert = connection.prepareStatement("insert into b values (10 / ?, 'bad')")) {
                for (int divisor : new int[] {1, 2, 0, 5}) {
                    insert.setInt(1, divisor);
                    insert.addBatch();
                }
                fails("22012", insert::executeBatch);
            }
            try (ResultSet set = statement.executeQuery("select count(*), sum(i), max(v) from b")) {
                set.next();
                same(List.of(500, 124750L, "v99"), List.of(set.getInt(1), set.getLong(2), set.getString(3)));
            }
        }
    }

    static void fetchSize() throws SQLException {
        try (Connection connection = connect("")) {
            connection.setAutoCommit(false);
            Statement statement = connection.createStatement();
            statement.execute("create temp table f as with d as (" + DIGITS + ") select a.d * 1000 + b.d * 100 + c.d * 10 + e.d + 1 as i"
                + " from d a, d b, d c, d e where a.d * 1000 + b.d * 100 + c.d * 10 + e.d < 2500");
            statement.setFetchSize(100);
            int count = 0;
            try (ResultSet set = statement.executeQuery("select i from f order by i")) {
                while (set.next()) same(++count, set.getInt(1));
            }
            same(2500, count);
            // Other statements run while a result is half read.
            ResultSet set = statement.executeQuery("select i from f order by i");
            for (int row = 1; row <= 150; row++) set.next();
            ResultSet other = connection.createStatement().executeQuery("select count(*) from f");
            other.next();
            same(2500, other.getInt(1));
            set.next();
            same(151, set.getInt(1));
            connection.commit();
        }
    }

    static final String DIGITS = "select 0 as d union all select 1 union all select 2 union all select 3 union all select 4"
        + " union all select 5 union all select 6 union all select 7 union all select 8 union all select 9";

    static final String ENDLESS = "with d as (" + DIGITS + ") select count(*) from d a, d b, d c, d e, d f, d g, d h, d i, d j, d k, d l, d m"
        + " where a.d + b.d + c.d + e.d + f.d + g.d + h.d + i.d + j.d + k.d + l.d + m.d <> 7";

    static void cancel() throws Exception {
        try (Connection connection = connect(""); Statement statement = connection.createStatement()) {
            ExecutorService executor = Executors.newSingleThreadExecutor();
            // Again and again: a cancel that comes before the statement does nothing.
            AtomicBoolean ended = new AtomicBoolean();
            Future<?> canceller = executor.submit(() -> {
                while (!ended.get()) {
                    Thread.sleep(100);
                    statement.cancel();
                }
                return null;
            });
            fails("57014", () -> statement.executeQuery(ENDLESS));
            ended.set(true);
            canceller.get();
            executor.shutdown();
            same(true, connection.isValid(5));
        }
    }

    static void timeout() throws SQLException {
        try (Connection connection = connect(""); Statement statement = connection.createStatement()) {
            statement.setQueryTimeout(1);
            fails("57014", () -> statement.executeQuery(ENDLESS));
        }
    }

    static void transactions() throws SQLException {
        try (Connection connection = connect(""); Connection other = connect("")) {
            connection.createStatement().execute("create table jdbc.tx (i int)");
            connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
            connection.setAutoCommit(false);
            Statement statement = connection.createStatement();
            statement.executeUpdate("insert into jdbc.tx values (1)");
            same(0, count(other));
            connection.rollback();
            same(0, count(connection));
            statement.executeUpdate("insert into jdbc.tx values (2)");
            connection.commit();
            same(1, count(other));
            fails("42601", () -> statement.execute("selekt"));
            fails("25P02", () -> statement.execute("select 1"));
            connection.rollback();
            fails("42P01", () -> connection.prepareStatement("select * from nowhere").executeQuery());
            fails("25P02", () -> statement.execute("select 1"));
            connection.rollback();
            same(1, count(connection));
            connection.rollback();
            connection.setReadOnly(true);
            fails("25006", () -> statement.executeUpdate("insert into jdbc.tx values (3)"));
            connection.rollback();
        }
    }

    static int count(Connection connection) throws SQLException {
        try (ResultSet set = connection.createStatement().executeQuery("select count(*) from jdbc.tx")) {
            set.next();
            return set.getInt(1);
        }
    }

    static void manyStatements() throws SQLException {
        try (Connection connection = connect(""); Statement statement = connection.createStatement()) {
            same(true, statement.execute("select 1 as a; create temp table m (i int); insert into m values (1), (2); select 2 as b"));
            ResultSet set = statement.getResultSet();
            set.next();
            same(1, set.getInt(1));
            same(false, statement.getMoreResults());
            same(false, statement.getMoreResults());
            same(2, statement.getUpdateCount());
            same(true, statement.getMoreResults());
            set = statement.getResultSet();
            set.next();
            same(2, set.getInt("b"));
            // All or nothing.
            fails("22012", () -> statement.execute("insert into m values (3); select 1 / 0"));
            set = statement.executeQuery("select count(*) from m");
            set.next();
            same(2, set.getInt(1));
        }
    }

    static void call() throws SQLException {
        try (Connection connection = connect("")) {
            try (PreparedStatement call = connection.prepareStatement("call jdbc.twice(?)")) {
                call.setInt(1, 21);
                ResultSet set = call.executeQuery();
                set.next();
                same(42, set.getInt(1));
            }
        }
    }

    static void swappedTable() throws SQLException {
        try (Connection connection = connect("prepareThreshold=1"); Connection other = connect("")) {
            other.createStatement().execute("create table jdbc.swapped as select 1 as a");
            PreparedStatement query = connection.prepareStatement("select * from jdbc.swapped");
            for (int value = 1; value <= 3; value++) {
                ResultSet set = query.executeQuery();
                set.next();
                same(value, set.getInt(1));
                other.createStatement().execute("create table jdbc.swapped_tmp as select " + (value + 1)
                    + " as a; alter table jdbc.swapped rename to swapped_old; alter table jdbc.swapped_tmp rename to swapped; drop table jdbc.swapped_old");
            }
        }
    }
}
