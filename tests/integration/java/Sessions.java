// What a session is and holds: settings, transactions, notifications, cancelling.
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.postgresql.PGConnection;
import org.postgresql.jdbc.PgStatement;
import org.postgresql.largeobject.LargeObject;

class Sessions extends Database {
    static void addTo(Map<String, Main.Scenario> scenarios) {
        scenarios.put("startup", Sessions::startup);
        scenarios.put("read_only_and_isolation", Sessions::readOnlyAndIsolation);
        scenarios.put("transactions", Sessions::transactions);
        scenarios.put("errors", Sessions::errors);
        scenarios.put("autosave", Sessions::autosave);
        scenarios.put("notifications", Sessions::notifications);
        scenarios.put("cancel", Sessions::cancel);
        scenarios.put("query_timeout", Sessions::queryTimeout);
        scenarios.put("is_valid", Sessions::isValid);
        scenarios.put("large_object", Sessions::largeObject);
        scenarios.put("three_clients", Sessions::threeClients);
        scenarios.put("threads", Sessions::threads);
    }

    private static void startup() throws Exception {
        try (Connection one = connect("ApplicationName", "given", "currentSchema", "pg_catalog,public",
                     "options", "-c work_mem=7MB -c statement_timeout=12345");
                Connection two = connect()) {
            for (int turn = 0; turn < 7; ++turn) {
                same(value(one, "SHOW application_name"), "given");
                same(value(two, "SHOW application_name"), "PostgreSQL JDBC Driver");
                same(value(one, "SHOW search_path"), "pg_catalog,public");
                same(value(two, "SHOW statement_timeout"), "0");
                same(value(one, "SHOW statement_timeout"), "12345ms");
                same(value(one, "SHOW work_mem"), "7MB");
                same(value(one, "SHOW TimeZone"), "America/Lima");
                same(value(two, "SHOW extra_float_digits"), "3");
                same(value(two, "SHOW work_mem"), "4MB");
                same(value(two, "SHOW search_path"), "\"$user\", public");
            }
            one.setClientInfo("ApplicationName", "changed");
            same(value(two, "SHOW application_name"), "PostgreSQL JDBC Driver");
            same(value(one, "SHOW application_name"), "changed");
            same(one.getClientInfo("ApplicationName"), "changed");
        }
    }

    private static void readOnlyAndIsolation() throws Exception {
        for (String mode : List.of("transaction", "always")) {
            try (Connection one = connect("readOnlyMode", mode); Connection two = connect()) {
                execute(one, "DROP TABLE IF EXISTS java_read_only", "CREATE TABLE java_read_only (a int)");
                one.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
                for (int turn = 0; turn < 8; ++turn) {
                    one.setAutoCommit(turn % 4 < 2);
                    two.setAutoCommit(turn % 4 >= 2);
                    one.setReadOnly(turn % 2 == 0);
                    // By default the driver only says it when it begins a transaction.
                    boolean readOnly = one.isReadOnly() && (mode.equals("always") || !one.getAutoCommit());
                    same(value(two, "SHOW transaction_isolation"), "read committed");
                    same(value(one, "SHOW transaction_isolation"), "serializable");
                    same(value(one, "SHOW transaction_read_only"), readOnly ? "on" : "off");
                    same(value(two, "SHOW transaction_read_only"), "off");
                    String insert = "INSERT INTO java_read_only VALUES (1)";
                    same(state(() -> execute(one, insert)), readOnly ? "25006" : null);
                    same(state(() -> execute(two, insert)), null);
                    for (Connection connection : List.of(one, two)) {
                        if (!connection.getAutoCommit()) {
                            connection.rollback();
                        }
                    }
                }
                one.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
                same(one.getTransactionIsolation(), Connection.TRANSACTION_REPEATABLE_READ);
                same(two.getTransactionIsolation(), Connection.TRANSACTION_READ_COMMITTED);
                one.setSchema("pg_catalog");
                same(two.getSchema(), "public");
                same(one.getSchema(), "pg_catalog");
            }
        }
    }

    private static void transactions() throws Exception {
        try (Connection connection = connect()) {
            execute(connection, "DROP TABLE IF EXISTS java_transactions", "CREATE TABLE java_transactions (a int)");
            connection.setAutoCommit(false);
            execute(connection, "INSERT INTO java_transactions VALUES (1)");
            connection.commit();
            execute(connection, "INSERT INTO java_transactions VALUES (2)");
            connection.rollback();
            execute(connection, "INSERT INTO java_transactions VALUES (3)");
            Savepoint savepoint = connection.setSavepoint();
            execute(connection, "INSERT INTO java_transactions VALUES (4)");
            connection.rollback(savepoint);
            Savepoint named = connection.setSavepoint("it's \"one\"");
            execute(connection, "INSERT INTO java_transactions VALUES (5)");
            connection.releaseSavepoint(named);
            connection.setAutoCommit(true); // commits
            try (Statement statement = connection.createStatement()) {
                same(column(statement.executeQuery("SELECT a FROM java_transactions ORDER BY a")), List.of(1, 3, 5));
            }
        }
    }

    private static void errors() throws Exception {
        try (Connection connection = connect()) {
            connection.setAutoCommit(false);
            for (int turn = 0; turn < 8; ++turn) {
                try (PreparedStatement statement = connection.prepareStatement("SELECT 6 / ?::int")) {
                    same(value(statement, 2), 3);
                    same(state(() -> value(statement, 0)), "22012");
                    same(state(() -> value(statement, 2)), "25P02");
                    connection.rollback();
                    same(value(statement, 3), 2);
                }
                same(state(() -> execute(connection, "SELECT nothing")), "42703");
                if (turn % 2 == 0) {
                    connection.rollback();
                } else {
                    connection.commit(); // it is a rollback, of which the driver says nothing
                }
            }
            same(value(connection, "SELECT 1"), 1);
            connection.rollback();
        }
    }

    private static void autosave() throws Exception {
        try (Connection connection = connect("autosave", "always")) {
            execute(connection, "DROP TABLE IF EXISTS java_autosave", "CREATE TABLE java_autosave (a int UNIQUE)");
            connection.setAutoCommit(false);
            try (PreparedStatement insert = connection.prepareStatement("INSERT INTO java_autosave VALUES (?)")) {
                for (int turn = 0; turn < 20; ++turn) {
                    insert.setInt(1, turn / 2);
                    same(state(insert::executeUpdate), turn % 2 == 0 ? null : "23505");
                }
            }
            connection.commit();
            same(value(connection, "SELECT count(*) FROM java_autosave"), 10L);
            connection.rollback();
        }
    }

    private static void notifications() throws Exception {
        try (Connection listener = connect(); Connection speaker = connect()) {
            execute(listener, "LISTEN java_news");
            PGConnection ears = listener.unwrap(PGConnection.class);
            for (int turn = 0; turn < 7; ++turn) {
                execute(speaker, "NOTIFY java_news, 'turn " + turn + "'");
                var heard = ears.getNotifications(30_000);
                same(heard.length, 1);
                same(heard[0].getName(), "java_news");
                same(heard[0].getParameter(), "turn " + turn);
            }
            // From itself it hears with the answer.
            execute(listener, "NOTIFY java_news, 'mine'");
            var mine = ears.getNotifications();
            same(mine.length, 1);
            same(mine[0].getPID(), ears.getBackendPID());
            execute(listener, "UNLISTEN *");
            execute(listener, "NOTIFY java_news, 'nobody hears'");
            var nothing = ears.getNotifications();
            same(nothing == null ? 0 : nothing.length, 0);
        }
    }

    private static void cancel() throws Exception {
        var threads = Executors.newCachedThreadPool();
        try (Connection connection = connect(); Statement statement = connection.createStatement()) {
            for (int turn = 0; turn < 3; ++turn) {
                boolean inTransaction = turn == 1;
                connection.setAutoCommit(!inTransaction);
                String text = "SELECT pg_sleep(60), 'java " + turn + "'";
                Future<String> failed = threads.submit(() -> state(() -> statement.executeQuery(text)));
                waitFor(text);
                statement.cancel();
                same(failed.get(), "57014");
                if (inTransaction) {
                    same(state(() -> statement.executeQuery("SELECT 1")), "25P02");
                    connection.rollback();
                }
                same(value(connection, "SELECT 1"), 1);
                if (inTransaction) {
                    connection.rollback();
                }
            }
        } finally {
            threads.shutdown();
        }
    }

    private static void queryTimeout() throws Exception {
        try (Connection connection = connect(); Statement statement = connection.createStatement()) {
            statement.unwrap(PgStatement.class).setQueryTimeoutMs(200);
            for (int turn = 0; turn < 3; ++turn) {
                same(state(() -> statement.executeQuery("SELECT pg_sleep(60)")), "57014");
                same(column(statement.executeQuery("SELECT 1")), List.of(1));
            }
        }
    }

    private static void isValid() throws Exception {
        try (Connection connection = connect()) {
            for (int turn = 0; turn < 7; ++turn) {
                same(connection.isValid(5), true);
            }
            connection.setAutoCommit(false);
            same(value(connection, "SELECT 1"), 1);
            same(connection.isValid(5), true);
            same(state(() -> execute(connection, "SELECT nothing")), "42703");
            same(connection.isValid(5), true);
            connection.rollback();
            connection.close();
            same(connection.isValid(5), false);
        }
    }

    // By the function call of the protocol.
    private static void largeObject() throws Exception {
        try (Connection connection = connect()) {
            connection.setAutoCommit(false);
            var manager = connection.unwrap(PGConnection.class).getLargeObjectAPI();
            long oid = manager.createLO();
            LargeObject object = manager.open(oid);
            object.write("large".getBytes());
            object.seek(0);
            same(new String(object.read(5)), "large");
            object.close();
            connection.commit();
            manager.delete(oid);
            connection.commit();
        }
    }

    private static void threeClients() throws Exception {
        try (Connection one = connect("ApplicationName", "client 0");
                Connection two = connect("ApplicationName", "client 1");
                Connection three = connect("ApplicationName", "client 2")) {
            List<PreparedStatement> statements = new ArrayList<>();
            for (Connection client : List.of(one, two, three)) {
                statements.add(client.prepareStatement("SELECT ?::int || current_setting('application_name')"));
            }
            for (int turn = 0; turn < 20; ++turn) {
                for (int number = 0; number < 3; ++number) {
                    same(value(statements.get(number), turn), turn + "client " + number);
                }
            }
        }
    }

    private static void threads() throws Exception {
        try (Connection connection = connect()) {
            execute(connection, "DROP TABLE IF EXISTS java_threads",
                    "CREATE TABLE java_threads AS SELECT 1 AS id, 0 AS amount");
            var threads = Executors.newCachedThreadPool();
            List<Future<?>> done = new ArrayList<>();
            for (int number = 0; number < 5; ++number) {
                done.add(threads.submit(() -> {
                    add(20);
                    return null;
                }));
            }
            threads.shutdown();
            for (Future<?> one : done) {
                one.get();
            }
            same(value(connection, "SELECT amount FROM java_threads"), 100);
        }
    }

    private static void add(int times) throws SQLException {
        try (Connection connection = connect();
                PreparedStatement lock = connection.prepareStatement(
                        "SELECT amount FROM java_threads WHERE id = ? FOR UPDATE");
                PreparedStatement update = connection.prepareStatement(
                        "UPDATE java_threads SET amount = ? WHERE id = ?")) {
            connection.setAutoCommit(false);
            for (int turn = 0; turn < times; ++turn) {
                update.setInt(1, (int) value(lock, 1) + 1);
                update.setInt(2, 1);
                same(update.executeUpdate(), 1);
                connection.commit();
            }
        }
    }
}
