// What the scenarios share: connections, and rows and errors to compare.
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Properties;

class Database {
    interface Work {
        void run() throws SQLException;
    }

    // With nothing but its address, user and password; settings are pairs of the driver's properties.
    static Connection connect(String... settings) throws SQLException {
        var properties = new Properties();
        properties.setProperty("user", System.getenv("PGUSER"));
        properties.setProperty("password", System.getenv("PGPASSWORD"));
        for (int i = 0; i < settings.length; i += 2) {
            properties.setProperty(settings[i], settings[i + 1]);
        }
        String url = "jdbc:postgresql://%s:%s/%s";
        return DriverManager.getConnection(
                url.formatted(System.getenv("PGHOST"), System.getenv("PGPORT"), System.getenv("PGDATABASE")),
                properties);
    }

    static void same(Object got, Object wanted) {
        if (!Objects.equals(got, wanted)) {
            throw new AssertionError("got " + got + ", wanted " + wanted);
        }
    }

    static void execute(Connection connection, String... texts) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String text : texts) {
                statement.execute(text);
            }
        }
    }

    // The first column of each row.
    static List<Object> column(ResultSet rows) throws SQLException {
        List<Object> values = new ArrayList<>();
        while (rows.next()) {
            values.add(rows.getObject(1));
        }
        rows.close();
        return values;
    }

    // The only value that the query has.
    static Object value(Connection connection, String query) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            return only(column(statement.executeQuery(query)));
        }
    }

    static Object value(PreparedStatement statement, Object... parameters) throws SQLException {
        for (int i = 0; i < parameters.length; ++i) {
            statement.setObject(i + 1, parameters[i]);
        }
        return only(column(statement.executeQuery()));
    }

    private static Object only(List<Object> values) {
        same(values.size(), 1);
        return values.get(0);
    }

    // The SQLSTATE with which this fails; null: it does not.
    static String state(Work work) {
        try {
            work.run();
            return null;
        } catch (SQLException error) {
            return error.getSQLState();
        }
    }

    // Until the server runs a statement that contains the text; asked on a connection of its own.
    static void waitFor(String text) throws SQLException {
        try (Connection watcher = connect();
                PreparedStatement statement = watcher.prepareStatement(
                        "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND position(? IN query) > 0"
                                + " AND pid <> pg_backend_pid()")) {
            long end = System.nanoTime() + 30_000_000_000L;
            while (value(statement, text).equals(0L)) {
                if (System.nanoTime() > end) {
                    throw new AssertionError("nobody runs " + text);
                }
            }
        }
    }
}
