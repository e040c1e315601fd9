"""pgbench in all its modes: many clients at once, and the books must balance afterwards."""
import re
import unittest

from kit.case import DATABASE
from kit.route import DirectRoute, SessionRoute, TransactionRoute

CLIENTS, TRANSACTIONS = 8, 40

PIPELINE = """
\\set account random(1, 1000)
\\startpipeline
INSERT INTO pipelined VALUES (:client_id, 1);
UPDATE pgbench_accounts SET abalance = abalance WHERE aid = :account;
SELECT abalance FROM pgbench_accounts WHERE aid = :account;
SELECT count(*) FROM pipelined WHERE client = :client_id;
\\endpipeline
"""


class PgbenchTests:
    def pgbench(self, *arguments):
        """Runs CLIENTS clients to their end without a failed transaction."""
        command = ["pgbench", "-n", "-c", str(CLIENTS), "-j", "2", "-t", str(TRANSACTIONS), *arguments]
        with self.limited_servers():
            output = self.run_program(*command)
        total = CLIENTS * TRANSACTIONS
        self.assertIn(f"number of transactions actually processed: {total}/{total}", output)
        self.assertIn("number of failed transactions: 0 ", output)
        self.assertIsNone(re.search("error|aborted", output.replace("serialization failure", "")), output)

    def initialise(self):
        self.run_program("pgbench", "-i", "-q", "-s", "1")

    def balanced(self):
        return self.postgres.sql(
            "SELECT (SELECT sum(abalance) FROM pgbench_accounts), (SELECT sum(tbalance) FROM pgbench_tellers),"
            " (SELECT sum(bbalance) FROM pgbench_branches), (SELECT sum(delta) FROM pgbench_history),"
            " (SELECT count(*) FROM pgbench_history)",
            database=DATABASE,
        )[0]

    def test_each_protocol(self):
        self.initialise()
        for number, mode in enumerate(("simple", "extended", "prepared"), 1):
            with self.subTest(mode):
                self.pgbench("-M", mode)
                accounts, tellers, branches, history, count = self.balanced()
                self.assertEqual({accounts, tellers, branches}, {history})
                self.assertEqual(count, number * CLIENTS * TRANSACTIONS)

    def test_pipelines(self):
        self.initialise()
        self.postgres.sql("CREATE TABLE IF NOT EXISTS pipelined (client int, n int); TRUNCATE pipelined;"
                          "GRANT ALL ON pipelined TO app", database=DATABASE)  # fmt: skip
        for mode in ("extended", "prepared"):
            with self.subTest(mode):
                script = self.postgres.directory / "pipeline.sql"
                script.write_text(PIPELINE, encoding="ascii")
                self.pgbench("-M", mode, "-f", str(script))
        rows = self.postgres.sql("SELECT client, sum(n) FROM pipelined GROUP BY 1 ORDER BY 1", database=DATABASE)
        self.assertEqual(rows, [(client, 2 * TRANSACTIONS) for client in range(CLIENTS)])

    def test_reads_with_a_connection_for_each(self):
        self.initialise()
        self.pgbench("-S", "-C")


class Direct(PgbenchTests, DirectRoute):
    pass


class Transaction(PgbenchTests, TransactionRoute):
    pass


class Session(PgbenchTests, SessionRoute):
    pass


if __name__ == "__main__":
    unittest.main()
