"""Server connections that end after each byte of a reply: never a success that is none, and everybody goes on."""
import unittest

from kit import messages
from kit.case import DATABASE, Case
from kit.chaos import Chaos
from kit.rawclient import ConnectionClosed, RawClient, error_of

SELECT = "SELECT n, repeat('word', n) FROM generate_series(1, 3) n"
EXTENDED = [messages.parse("", SELECT) + messages.bind() + messages.describe_portal() + messages.execute() +
            messages.sync()]  # fmt: skip
COPY_IN = [messages.query("COPY cut FROM STDIN") + messages.copy_data("1\n") + messages.copy_data("2\n") +
           messages.copy_done()]  # fmt: skip


class CutReplies(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.postgres.sql("CREATE TABLE cut (n int); GRANT ALL ON cut TO app", database=DATABASE)
        cls.admin = cls.postgres.connect(DATABASE)
        cls.addClassCleanup(cls.admin.close)
        cls.chaos = Chaos(cls.postgres.port)
        cls.addClassCleanup(cls.chaos.close)
        # A size of one: what is cut is the connection that moved last. One more client would show what is left behind.
        cls.proxy = cls.class_pgweir(databases={DATABASE: {"upstream": cls.upstream(cls.chaos.port),
                                                           "pool": {"size": 1}}})  # fmt: skip

    def setUp(self):
        super().setUp()
        self.addCleanup(self.proxy.assert_at_rest)
        self.addCleanup(self.chaos.passes)
        self.bystander = self.login(self.proxy)

    def count(self):
        with self.admin.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM cut")
            return cursor.fetchone()[0]

    def client(self):
        client = RawClient(self.proxy.port)
        client.startup("app", DATABASE)
        return client

    def converse(self, client, batches):
        """The messages that answer each batch, and whether the connection was closed, and what was cut of a message.
        Ends, as a client would, with an error outside of a transaction block."""
        answers = []
        for batch in batches:
            client.send(batch)
            answers.append([])
            try:
                while not answers[-1] or answers[-1][-1].tag != "Z":
                    answers[-1].append(client.receive())
            except ConnectionClosed as end:
                return answers, True, end.rest
            if error_of(answers[-1]) and answers[-1][-1].status == "I":
                break
        return answers, False, b""

    def at_each_byte(self, batches, check, hard=False, step=1):
        """Cuts the reply after each number of bytes short of all, and has check(answers, closed) look at what came."""
        whole, replies = self.whole_reply(batches)
        self.assertGreater(replies, 0)
        outcomes = {"relayed": 0, "told": 0, "closed": 0}
        for cut in range(0, replies, step):
            # A byte after `cut` more is not passed, and the connection ends.
            self.bystander.query("SELECT 1")  # there is a server, which has nothing left to say
            if self.count():
                self.admin.cursor().execute("TRUNCATE cut")
            client = self.client()
            limit = self.chaos.passed["to_client"] + cut
            if cut == 0:
                limit += 1  # a limit of nothing would come true with the byte that came before
            setattr(self.chaos.to_client, "reset_after" if hard else "cut_after", limit)
            try:
                answers, closed, rest = self.converse(client, batches)
                self.chaos.passes()
                with self.subTest(cut=cut, of=replies):
                    self.assert_honest(whole, answers, closed, rest)
                    check(answers, closed)
                    outcomes["closed" if closed else "told" if self.errors(answers) else "relayed"] += 1
                    if not closed:
                        self.assertEqual(client.value("SELECT 'goes on'"), "goes on")
                self.assertEqual(self.bystander.value("SELECT 'unharmed'"), "unharmed")
            finally:
                self.chaos.passes()
                client.close()
        self.proxy.assert_at_rest()
        return outcomes

    def whole_reply(self, batches):
        """What an uncut conversation gives: its messages, and how many bytes PostgreSQL sends."""
        with self.client() as client:
            self.bystander.query("SELECT 1")
            before = self.chaos.passed["to_client"]
            answers, closed, _ = self.converse(client, batches)
            self.assertFalse(closed)
            self.assertEqual(self.errors(answers), [])
            return answers, self.chaos.passed["to_client"] - before

    @staticmethod
    def errors(answers):
        return [error for answer in answers if (error := error_of(answer))]

    def assert_honest(self, whole, answers, closed, rest):
        """What came is what PostgreSQL said so far, then one error; a batch that ends without is whole."""
        for expected, answer in zip(whole, answers):
            relayed = [message for message in answer if message.tag not in "EZN"]
            self.assertEqual([message.tag for message in relayed],
                             [message.tag for message in expected if message.tag != "Z"][: len(relayed)])
            self.assertLessEqual([message.tag for message in answer].count("E"), 1)
            if error_of(answer):
                break  # what follows is answered by a failed transaction
            if answer and answer[-1].tag == "Z":
                self.assertEqual([(message.tag, message.body) for message in answer],
                                 [(message.tag, message.body) for message in expected])  # fmt: skip
            else:
                self.assertTrue(closed, answer)
        if closed and not self.errors(answers):
            self.assertTrue(rest, "closed without a word, and not in the middle of a message")

    def check_read(self, answers, _):
        for error in self.errors(answers):
            self.assertEqual(error.sqlstate, "08006")

    # What is cut

    def test_extended_query(self):
        self.assertGreater(self.at_each_byte(EXTENDED, self.check_read)["told"], 50)

    def test_extended_query_reset(self):
        self.assertGreater(self.at_each_byte(EXTENDED, self.check_read, hard=True, step=5)["told"], 10)

    def test_transaction(self):
        batches = [messages.query(sql) for sql in ("BEGIN", "INSERT INTO cut VALUES (1)", "COMMIT")]
        seen = set()

        def check(answers, closed):
            final = answers[2] if len(answers) == 3 else []
            commands = [message.command for message in final if message.tag == "C"]
            error = error_of(final)
            # A transaction fails with its first statement, and not with BEGIN.
            self.assertIsNone(error_of(answers[0]))
            if len(answers) > 1 and error_of(answers[1]):
                seen.add("insert")
                self.assertEqual(error_of(answers[1]).sqlstate, "08006")
                self.assertEqual((commands, error), (["ROLLBACK"], None))
                self.assertEqual(self.count(), 0)
            elif error:
                seen.add("commit")
                # Right behind the INSERT's reply it may have been lost before the COMMIT: then nothing is in doubt.
                if error.sqlstate != "08007":
                    self.assertEqual((commands, self.count()), ([], 0))
            elif commands:
                seen.add("acknowledged")
                self.assertEqual((commands, self.count()), (["COMMIT"], 1))
            else:
                self.assertTrue(closed)

        self.at_each_byte(batches, check)
        self.assertGreaterEqual(seen, {"insert", "commit"})

    def test_copy_out(self):
        copy = [messages.query(f"COPY ({SELECT}) TO STDOUT")]
        self.assertGreater(self.at_each_byte(copy, self.check_read)["told"], 20)

    def test_copy_in(self):
        def check(answers, closed):
            done = [message for message in answers[0] if message.tag == "C"]
            if done:
                self.assertEqual(self.count(), 2)
            elif not closed:
                self.assertIn(error_of(answers[0]).sqlstate, ("08006", "08007"))
            self.assertIn(self.count(), (0, 2))

        self.assertGreater(self.at_each_byte(COPY_IN, check)["told"], 5)

    # Lost while nothing is under way: the client has to hear of it before it believes its work to be done

    def assert_commit_is_an_error(self, *commit):
        with self.client() as client:
            self.assertEqual(client.query("BEGIN")[-1].status, "T")
            self.assertEqual(client.query("INSERT INTO cut VALUES (1)")[-1].status, "T")
            self.chaos.cut()
            self.wait_until(lambda: self.servers() == 0)
            client.send(*commit)
            received = client.until_ready()
            self.assertIsNotNone(error_of(received), f"COMMIT succeeds, and nothing is committed: {received}")
            self.assertEqual(received[-1].status, "I")
            self.assertEqual(client.value("SELECT count(*) FROM cut"), "0")

    def test_lost_before_commit(self):
        self.assert_commit_is_an_error(messages.query("COMMIT"))

    def test_lost_before_commit_of_the_extended_protocol(self):
        self.assert_commit_is_an_error(messages.parse("", "COMMIT"), messages.bind(), messages.execute(),
                                       messages.sync())  # fmt: skip


if __name__ == "__main__":
    unittest.main()
