"""psql, and with it libpq's synchronous interface."""
import signal
import subprocess
import unittest

from kit import processes
from kit.route import DirectRoute, SessionRoute, TransactionRoute


class PsqlTests:
    def psql(self, *commands, check=True, input=None):
        arguments = ["psql", "-X", "-At", "-v", "ON_ERROR_STOP=1"]
        for command in commands:
            arguments += ["-c", command]
        return self.run_program(*arguments, check=check, input=input)

    def test_query(self):
        self.assertEqual(self.psql("SELECT 1, 'two', NULL"), "1|two|\n")

    def test_statements_of_one_string_are_one_transaction(self):
        self.psql("CREATE TABLE one_string (a int)")
        output = self.psql("INSERT INTO one_string VALUES (1); SELECT 1/0", check=False)
        self.assertIn("division by zero", output)
        self.assertEqual(self.psql("SELECT count(*) FROM one_string"), "0\n")

    def test_script_with_a_transaction(self):
        script = "CREATE TABLE script (a int);\nBEGIN;\nINSERT INTO script VALUES (1);\nROLLBACK;\nBEGIN;\n" \
            "INSERT INTO script VALUES (2);\nCOMMIT;\nSELECT a FROM script;\n"  # fmt: skip
        self.assertTrue(self.psql(input=script).endswith("COMMIT\n2\n"))

    def test_error_inside_a_transaction(self):
        script = "\\set ON_ERROR_STOP 0\nBEGIN;\nSELECT nothing;\nSELECT 1;\nROLLBACK;\nSELECT 'after';\n"
        output = self.psql(input=script)
        self.assertIn('column "nothing" does not exist', output)
        self.assertIn("current transaction is aborted", output)
        self.assertTrue(output.endswith("ROLLBACK\nafter\n"), output)

    def test_error_rollback_uses_savepoints(self):
        script = "\\set ON_ERROR_STOP 0\n\\set ON_ERROR_ROLLBACK on\nBEGIN;\nCREATE TABLE savepoints (a int);\n" \
            "SELECT nothing;\nINSERT INTO savepoints VALUES (7);\nCOMMIT;\nTABLE savepoints;\n"  # fmt: skip
        self.assertTrue(self.psql(input=script).endswith("COMMIT\n7\n"))

    def test_describe_commands(self):
        self.psql("CREATE TABLE described (a int PRIMARY KEY, b text)")
        self.assertIn("a|integer||not null|", self.psql("\\d described"))
        self.assertIn("described_pkey|index", self.psql("\\di"))
        self.assertIn("described", self.psql("\\dt"))
        # Parse and Describe without Execute.
        self.assertEqual(self.psql(input="SELECT a, b FROM described \\gdesc\n"), "a|integer\nb|text\n")

    def test_copy_in_and_out(self):
        self.psql("CREATE TABLE copied (a int, b text)")
        rows = "".join(f"{number}\ttext {number}\n" for number in range(20000))
        self.psql(input=f"\\copy copied FROM STDIN\n{rows}\\.\n")
        self.assertEqual(self.psql("SELECT count(*), sum(a) FROM copied"), "20000|199990000\n")
        self.assertEqual(self.psql("COPY (SELECT a, b FROM copied ORDER BY a) TO STDOUT"), rows)

    def test_copy_with_an_error(self):
        self.psql("CREATE TABLE copy_error (a int)")
        output = self.psql(input="\\set ON_ERROR_STOP 0\n\\copy copy_error FROM STDIN\n1\nx\n\\.\nSELECT 'after';\n")
        self.assertIn("invalid input syntax for type integer", output)
        self.assertTrue(output.endswith("after\n"))

    def test_large_result(self):
        output = self.psql("SELECT repeat('x', 1000) FROM generate_series(1, 20000)")
        self.assertEqual(len(output), 20000 * 1001)

    def test_large_value(self):
        self.assertEqual(len(self.psql("SELECT repeat('x', 30000000)")), 30000001)

    def test_large_statement(self):
        text = "x" * 3_000_000
        self.assertEqual(self.psql(input=f"SELECT length('{text}');\n"), "3000000\n")

    def test_cursor_in_chunks(self):
        script = "\\set FETCH_COUNT 100\nSELECT g FROM generate_series(1, 1050) AS g;\n"
        self.assertEqual(len(self.psql(input=script).splitlines()), 1050)

    def test_session_state_stays_with_the_session(self):
        script = "SET work_mem = '77MB';\nCREATE TEMP TABLE mine AS SELECT 42 AS a;\n" \
            "PREPARE p AS SELECT a FROM mine;\nSHOW work_mem;\nEXECUTE p;\nSELECT pg_advisory_lock(5);\nSELECT pg_advisory_unlock(5);\n"  # fmt: skip
        output = self.psql(input=script).splitlines()
        self.assertEqual(output, ["SET", "SELECT 1", "PREPARE", "77MB", "42", "", "t"])
        self.assertNotEqual(self.psql("SHOW work_mem"), "77MB\n")
        self.assertIn("does not exist", self.psql("SELECT * FROM mine", check=False))

    def test_startup_options(self):
        url = "options='-c work_mem=78MB -c search_path=pg_catalog' application_name=given"
        output = self.run_program("psql", "-XAt", url, "-c", "SHOW work_mem", "-c", "SHOW search_path",
                                  "-c", "SHOW application_name")  # fmt: skip
        self.assertEqual(output, "78MB\npg_catalog\ngiven\n")
        self.assertNotEqual(self.psql("SHOW work_mem"), "78MB\n")

    def test_listen_and_notify(self):
        output = self.psql("LISTEN news", "NOTIFY news, 'hello'", "SELECT 1")
        self.assertIn('Asynchronous notification "news" with payload "hello" received', output)

    def test_wrong_password(self):
        url = "password=wrong"
        output = self.run_program("psql", "-XAt", url, "-c", "SELECT 1", check=False)
        self.assertIn("password authentication failed for user", output)

    def test_unknown_database(self):
        output = self.run_program("psql", "-XAt", "dbname=nowhere", "-c", "SELECT 1", check=False)
        self.assertIn('database "nowhere" does not exist', output)

    def test_cancel(self):
        process = processes.start(["psql", "-X", "-c", "SELECT pg_sleep(61)"], stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, env=self.environment)  # fmt: skip
        self.wait_for_statement("pg_sleep(61)")
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=30)
        processes.finish(process)
        self.assertIn("canceling statement due to user request", output)
        self.assertEqual(self.psql("SELECT 'after'"), "after\n")


class Direct(PsqlTests, DirectRoute):
    pass


class Transaction(PsqlTests, TransactionRoute):
    pass


class Session(PsqlTests, SessionRoute):
    pass


if __name__ == "__main__":
    unittest.main()
