// java Main NAME | --list | --stay: scenarios with pgjdbc as it comes; the server is named by the PG* environment.
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.Map;
import java.util.TreeMap;

public class Main {
    interface Scenario {
        void run() throws Exception;
    }

    public static void main(String[] arguments) throws Exception {
        Map<String, Scenario> scenarios = new TreeMap<>();
        Statements.addTo(scenarios);
        Sessions.addTo(scenarios);
        switch (arguments[0]) {
            case "--list" -> scenarios.keySet().forEach(System.out::println);
            case "--stay" -> {
                var names = new BufferedReader(new InputStreamReader(System.in));
                for (String name; (name = names.readLine()) != null;) {
                    System.out.println((passes(scenarios.get(name)) ? "passed " : "failed ") + name);
                }
            }
            default -> System.exit(passes(scenarios.get(arguments[0])) ? 0 : 1);
        }
    }

    private static boolean passes(Scenario scenario) {
        try {
            scenario.run();
            return true;
        } catch (Exception | AssertionError error) {
            error.printStackTrace(System.out);
            return false;
        }
    }
}
