// Statements, named and unnamed, cursors, batches and COPY.
import java.io.StringReader;
import java.io.StringWriter;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.LongStream;
import org.postgresql.PGConnection;
import org.postgresql.PGStatement;

class Statements extends Database {
    static void addTo(Map<String, Main.Scenario> scenarios) {
        scenarios.put("query", Statements::query);
        scenarios.put("prepared", Statements::prepared);
        scenarios.put("prepared_transactions", Statements::preparedTransactions);
        scenarios.put("same_name", Statements::sameName);
        scenarios.put("many_statements", Statements::manyStatements);
        scenarios.put("types", Statements::types);
        scenarios.put("altered_table", Statements::alteredTable);
        scenarios.put("deallocated", Statements::deallocated);
        scenarios.put("fetch_size", Statements::fetchSize);
        scenarios.put("batches", Statements::batches);
        scenarios.put("copy", Statements::copy);
    }

    private static void query() throws Exception {
        try (Connection connection = connect(); Statement statement = connection.createStatement()) {
            same(value(connection, "SELECT 'it''s'"), "it's");
            same(statement.execute("SELECT 1; SELECT 2"), true);
            same(column(statement.getResultSet()), List.of(1));
            same(statement.getMoreResults(), true);
            same(column(statement.getResultSet()), List.of(2));
            same(connection.getMetaData().getTables(null, "pg_catalog", "pg_class", null).next(), true);
            same(connection.getMetaData().getMaxColumnNameLength(), 63);
        }
    }

    // From the fifth execution on it is S_1, and what it answers is binary.
    private static void prepared() throws Exception {
        try (Connection connection = connect();
                PreparedStatement statement = connection.prepareStatement("SELECT ?::int + 1")) {
            for (int turn = 0; turn < 20; ++turn) {
                same(value(statement, turn), turn + 1);
                same(statement.unwrap(PGStatement.class).isUseServerPrepare(), turn >= 3); // of the next one
            }
        }
    }

    // BEGIN and COMMIT get names as well.
    private static void preparedTransactions() throws Exception {
        try (Connection one = connect(); Connection two = connect();
                PreparedStatement first = one.prepareStatement("SELECT ?::int");
                PreparedStatement second = two.prepareStatement("SELECT ?::text")) {
            one.setAutoCommit(false);
            two.setAutoCommit(false);
            for (int turn = 0; turn < 20; ++turn) {
                same(value(first, turn), turn);
                same(value(second, "x" + turn), "x" + turn);
                one.commit();
                if (turn % 2 == 0) {
                    two.rollback();
                }
            }
            two.commit();
        }
    }

    private static void sameName() throws Exception {
        try (Connection one = connect("prepareThreshold", "1"); Connection two = connect("prepareThreshold", "1");
                PreparedStatement first = one.prepareStatement("SELECT 'one' || ?::int");
                PreparedStatement second = two.prepareStatement("SELECT ?::int * 2")) {
            for (int turn = 0; turn < 10; ++turn) {
                same(value(first, turn), "one" + turn);
                same(value(second, turn), turn * 2);
            }
        }
    }

    // More than the driver keeps: it closes the oldest, in the same write as what comes next.
    private static void manyStatements() throws Exception {
        try (Connection connection = connect("preparedStatementCacheQueries", "8")) {
            for (int turn = 0; turn < 20; ++turn) {
                for (int number = 0; number < 12; ++number) {
                    String query = "SELECT ? + " + number;
                    try (PreparedStatement statement = connection.prepareStatement(query)) {
                        for (int again = 0; again < 6; ++again) {
                            same(value(statement, turn), turn + number);
                        }
                    }
                }
            }
        }
    }

    private static void types() throws Exception {
        try (Connection connection = connect();
                PreparedStatement statement = connection.prepareStatement(
                        "SELECT ?::uuid, ?::date, ?::numeric, ?::int[], ?::bytea, ?::timestamptz")) {
            var uuid = UUID.fromString("00112233-4455-6677-8899-aabbccddeeff");
            for (int turn = 0; turn < 8; ++turn) {
                statement.setObject(1, uuid);
                statement.setObject(2, LocalDate.of(2001, 2, 3));
                statement.setBigDecimal(3, new java.math.BigDecimal("1.50"));
                statement.setArray(4, connection.createArrayOf("int4", new Integer[] {1, turn}));
                statement.setBytes(5, new byte[] {0, 1, (byte) 255});
                statement.setTimestamp(6, new java.sql.Timestamp(turn * 1000L));
                try (ResultSet row = statement.executeQuery()) {
                    same(row.next(), true);
                    same(row.getObject(1), uuid);
                    same(row.getObject(2, LocalDate.class), LocalDate.of(2001, 2, 3));
                    same(row.getBigDecimal(3).toString(), "1.50");
                    same(List.of((Integer[]) row.getArray(4).getArray()), List.of(1, turn));
                    same(row.getBytes(5)[2], (byte) 255);
                    same(row.getTimestamp(6).getTime(), turn * 1000L);
                }
            }
        }
    }

    // Outside of a transaction the driver prepares anew by itself when it is told that the result has changed.
    private static void alteredTable() throws Exception {
        try (Connection connection = connect(); Connection other = connect()) {
            execute(other, "DROP TABLE IF EXISTS java_altered", "CREATE TABLE java_altered AS SELECT 1 AS a");
            try (PreparedStatement statement = connection.prepareStatement("SELECT * FROM java_altered")) {
                for (int turn = 0; turn < 8; ++turn) {
                    same(value(statement), 1);
                }
                execute(other, "ALTER TABLE java_altered ADD b text DEFAULT 'new'");
                try (ResultSet row = statement.executeQuery()) {
                    same(row.getMetaData().getColumnCount(), 2);
                    same(row.next(), true);
                    same(row.getString(2), "new");
                }
                connection.setAutoCommit(false);
                execute(other, "ALTER TABLE java_altered ADD c int");
                same(state(statement::executeQuery), "0A000");
                same(state(statement::executeQuery), "25P02");
                connection.rollback();
            }
        }
        try (Connection connection = connect("autosave", "conservative"); Connection other = connect();
                PreparedStatement statement = connection.prepareStatement("SELECT * FROM java_altered")) {
            connection.setAutoCommit(false);
            for (int turn = 0; turn < 8; ++turn) {
                same(value(statement), 1);
            }
            connection.commit();
            execute(other, "ALTER TABLE java_altered ADD d int");
            same(value(statement), 1);
            connection.commit();
        }
    }

    // The driver sees these in what it is given, and prepares anew.
    private static void deallocated() throws Exception {
        try (Connection connection = connect();
                PreparedStatement statement = connection.prepareStatement("SELECT current_setting('search_path')")) {
            for (String text : List.of("DEALLOCATE ALL", "DISCARD ALL", "SET search_path = pg_catalog")) {
                for (int turn = 0; turn < 8; ++turn) {
                    same(value(statement), "\"$user\", public");
                }
                execute(connection, text);
            }
            same(value(statement), "pg_catalog");
        }
    }

    // A portal that is read in parts, each behind a Sync, while others work on the connection and beside it.
    private static void fetchSize() throws Exception {
        try (Connection connection = connect(); Connection other = connect()) {
            connection.setAutoCommit(false);
            for (int turn = 0; turn < 7; ++turn) {
                try (PreparedStatement statement = connection.prepareStatement("SELECT generate_series(1, ?::bigint)");
                        PreparedStatement second = connection.prepareStatement("SELECT generate_series(1, 9)")) {
                    statement.setFetchSize(10);
                    second.setFetchSize(2);
                    statement.setLong(1, 95);
                    ResultSet rows = statement.executeQuery();
                    ResultSet others = second.executeQuery();
                    long sum = 0;
                    for (int count = 0; rows.next(); ++count) {
                        sum += rows.getLong(1);
                        if (count % 10 == 0 && others.next()) {
                            same(others.getInt(1), count / 10 + 1);
                            same(value(other, "SELECT 5"), 5);
                            same(value(connection, "SELECT 6"), 6);
                        }
                    }
                    same(sum, LongStream.rangeClosed(1, 95).sum());
                }
                connection.commit();
            }
            try (Statement statement = connection.createStatement()) {
                statement.setFetchSize(3);
                ResultSet rows = statement.executeQuery("SELECT generate_series(1, 50)");
                same(rows.next(), true);
                connection.commit();
                same(state(() -> column(rows)), "34000");
            }
            connection.rollback();
        }
    }

    private static void batches() throws Exception {
        for (String rewrite : List.of("false", "true")) {
            try (Connection connection = connect("reWriteBatchedInserts", rewrite);
                    Statement statement = connection.createStatement()) {
                execute(connection, "DROP TABLE IF EXISTS java_batches",
                        "CREATE TABLE java_batches (id serial, a int UNIQUE)");
                String insert = "INSERT INTO java_batches (a) VALUES (?)";
                try (PreparedStatement many = connection.prepareStatement(insert, Statement.RETURN_GENERATED_KEYS)) {
                    for (int number = 0; number < 500; ++number) {
                        many.setInt(1, number);
                        many.addBatch();
                    }
                    same(many.executeBatch().length, 500);
                    same(column(many.getGeneratedKeys()).size(), 500);
                    many.setInt(1, 1000);
                    many.addBatch();
                    many.setInt(1, 3);
                    many.addBatch();
                    same(state(many::executeBatch), "23505");
                }
                // A batch is one transaction, up to the Sync that the driver sends to keep buffers from filling.
                same(value(connection, "SELECT count(*) FROM java_batches"), 500L);
                statement.addBatch("UPDATE java_batches SET a = a + 10000");
                statement.addBatch("DELETE FROM java_batches WHERE a < 10100");
                same(statement.executeBatch()[1], 100);
            }
        }
    }

    private static void copy() throws Exception {
        try (Connection connection = connect()) {
            execute(connection, "DROP TABLE IF EXISTS java_copy", "CREATE TABLE java_copy (a int, b text)");
            var manager = connection.unwrap(PGConnection.class).getCopyAPI();
            var lines = new StringBuilder();
            for (int number = 0; number < 5000; ++number) {
                lines.append(number).append("\trow ").append(number).append('\n');
            }
            same(manager.copyIn("COPY java_copy FROM STDIN", new StringReader(lines.toString())), 5000L);
            var read = new StringWriter();
            same(manager.copyOut("COPY java_copy TO STDOUT", read), 5000L);
            same(read.toString(), lines.toString());
            same(state(() -> {
                try {
                    manager.copyIn("COPY java_copy FROM STDIN", new StringReader("1\tb\nx\tb\n"));
                } catch (java.io.IOException error) {
                    throw new AssertionError(error);
                }
            }), "22P02");
            var cancelled = manager.copyIn("COPY java_copy FROM STDIN");
            cancelled.writeToCopy("7\tx\n".getBytes(), 0, 4);
            cancelled.cancelCopy();
            same(value(connection, "SELECT count(*) FROM java_copy"), 5000L);
        }
    }
}
