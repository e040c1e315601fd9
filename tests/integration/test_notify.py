"""LISTEN without a server of one's own: one connection listens for all, and what happens when it is lost or cannot be had.
What is told, and when, is in state_rows/channels.py."""
import re
import unittest

from kit import messages
from kit.case import DATABASE, USER, Case
from kit.rawclient import error_of

LISTENERS = "SELECT pid FROM pg_stat_activity WHERE application_name = 'pgweir listener' ORDER BY pid"


class Notify(Case):
    def setUp(self):
        super().setUp()
        self.proxy = self.pgweir(database={"pool": {"size": 2, "queue": {"max_wait": "5s"}}})

    def listeners(self):
        return [int(row[0]) for row in self.postgres.sql(LISTENERS)]

    def pins(self, proxy=None):
        return [row["pins"] for row in (proxy or self.proxy).show("CLIENTS") if row["pins"]]

    def listening(self, *channels, proxy=None):
        """A client that listens, and by now holds no server."""
        client = self.login(proxy or self.proxy)
        for channel in channels:
            client.query(f"LISTEN {channel}")
        self.wait_until(lambda: not self.pins(proxy), message="the hub to listen")
        return client

    def heard(self, client):
        message = client.receive()
        self.assertEqual(message.tag, "A")
        return message.notification

    def test_no_listener_before_somebody_listens(self):
        speaker = self.login(self.proxy)
        speaker.query("NOTIFY news")
        self.assertEqual(self.listeners(), [])
        self.listening("news")
        self.assertEqual(len(self.listeners()), 1)

    def test_many_who_listen_need_one_connection(self):
        clients = [self.listening("news", f"own_{number}") for number in range(20)]
        self.assertEqual(len(self.listeners()), 1)
        speaker = self.login(self.proxy)
        speaker.query("NOTIFY news, 'all'")
        for client in clients:
            self.assertEqual(self.heard(client), (speaker.pid, "news", "all"))
        for number, client in enumerate(clients):
            speaker.query(f"NOTIFY own_{number}, '{number}'")
            self.assertEqual(self.heard(client), (speaker.pid, f"own_{number}", str(number)))

    def test_several_listens_at_once(self):
        client = self.login(self.proxy)
        client.send(*(messages.query(f"LISTEN c{number}") for number in range(10)))
        for _ in range(10):
            client.until_ready()
        self.wait_until(lambda: not self.pins(), message="the hub to listen")
        for number in range(10):
            self.postgres.sql(f"NOTIFY c{number}, '{number}'", database=DATABASE)
            self.assertEqual(self.heard(client)[1:], (f"c{number}", str(number)))

    def test_each_of_several_answers_has_its_own(self):
        client = self.listening("news")
        client.send(messages.query("NOTIFY news, '1'"), messages.query("NOTIFY news, '2'"), messages.query("SELECT 1"))
        told = [client.until_ready() for _ in range(3)]
        self.assertEqual([[one.notification[2] for one in answer if one.tag == "A"] for answer in told], [["1"], ["2"], []])

    def test_it_comes_without_being_asked_for(self):
        client = self.listening("news")
        self.postgres.sql("NOTIFY news, 'from elsewhere'", database=DATABASE)
        self.assertEqual(self.heard(client)[1:], ("news", "from elsewhere"))

    def test_who_notifies_is_named_as_it_knows_itself(self):
        client, speaker = self.listening("news"), self.login(self.proxy)
        # The server that it listened on is tidied up behind its answer, and the speaker may be lent that one.
        self.wait_until(lambda: self.proxy.state()["in_use"] == 0, message="the listener to have left its server")
        speaker.query("NOTIFY news")
        self.assertEqual(self.heard(client)[0], speaker.pid)
        client.query("BEGIN")
        own = [one for one in client.query("NOTIFY news; COMMIT") if one.tag == "A"]
        self.assertEqual([one.notification[0] for one in own], [client.pid])

    def test_a_lost_listener_is_replaced_and_its_clients_are_told(self):
        clients = [self.listening("news"), self.listening("news", "sport")]
        (pid,) = self.listeners()
        self.postgres.sql("SELECT pg_terminate_backend(%s, 5000)", (pid,))
        for client in clients:
            warning = client.receive()
            self.assertEqual(warning.tag, "N")
            self.assertEqual((warning.fields["V"], warning.fields["C"]), ("WARNING", "01000"))
            self.assertIn("notifications may have been missed", warning.fields["M"])
        self.assertNotEqual(self.listeners(), [pid])
        speaker = self.login(self.proxy)
        speaker.query("NOTIFY news, 'again'; NOTIFY sport, 'too'")
        self.assertEqual(self.heard(clients[0])[1:], ("news", "again"))
        self.assertEqual(self.heard(clients[1])[1:], ("news", "again"))
        self.assertEqual(self.heard(clients[1])[1:], ("sport", "too"))

    def test_a_lost_listener_is_replaced_however_busy_its_clients_are(self):
        # Each answer of a client that listens asks for the listener: that must not put off its return.
        client = self.listening("news")
        (pid,) = self.listeners()
        self.postgres.sql("SELECT pg_terminate_backend(%s, 5000)", (pid,))
        self.wait_until(lambda: "N" in [one.tag for one in client.query("SELECT 1")], 10, "the warning")
        self.assertEqual(len(self.listeners()), 1)

    def test_a_reload_that_leads_elsewhere_takes_the_listener_along(self):
        client = self.listening("news")
        (pid,) = self.listeners()
        elsewhere = self.upstream().replace("127.0.0.1", "localhost")
        for upstream, moves in ((self.upstream(), False), (elsewhere, True)):
            self.proxy.write_config(self.config(databases={DATABASE: {"upstream": upstream, "pool": {"size": 3}}}))
            before = self.proxy.metric("pgweir_config_reloads_total", result="success")
            self.proxy.reload()
            self.wait_until(
                lambda: self.proxy.metric("pgweir_config_reloads_total", result="success") == before + 1,
                message="the reload")
            if not moves:
                self.assertEqual(self.listeners(), [pid])
        self.assertEqual(client.receive().tag, "N")
        self.assertNotEqual(self.listeners(), [pid])
        self.postgres.sql("NOTIFY news, 'after it'", database=DATABASE)
        self.assertEqual(self.heard(client)[1:], ("news", "after it"))

    def test_the_warning_waits_for_the_end_of_a_transaction(self):
        client = self.listening("news")
        client.hold_server()
        self.postgres.sql("SELECT pg_terminate_backend(%s, 5000)", (self.listeners()[0],))
        self.wait_until(lambda: self.proxy.log().count("listener_connected") == 2, message="the second listener")
        self.postgres.sql("NOTIFY news, 'meanwhile'", database=DATABASE)
        self.assertEqual([one.tag for one in client.query("SELECT 1")], ["T", "D", "C", "Z"])
        told = [one.tag for one in client.query("COMMIT")]
        self.assertEqual(sorted(told), ["A", "C", "N", "Z"])
        self.assertEqual(told[-1], "Z")

    def test_postgres_restarts(self):
        client = self.listening("news")
        self.postgres.restart()
        self.assertEqual(client.receive(timeout=60).tag, "N")
        self.postgres.sql("NOTIFY news, 'after'", database=DATABASE)
        self.assertEqual(self.heard(client)[1:], ("news", "after"))
        self.assertEqual(client.value("SELECT 'goes on'"), "goes on")

    def test_no_listener_to_be_had(self):
        # Then its own server listens, and nobody sees a difference but in the pins.
        self.postgres.sql(f"ALTER ROLE {USER} CONNECTION LIMIT 1")
        self.addCleanup(self.postgres.sql, f"ALTER ROLE {USER} CONNECTION LIMIT -1")
        client = self.login(self.proxy)
        client.query("LISTEN news")
        self.wait_until(lambda: "listener_failed" in self.proxy.log(), message="the refusal")
        self.assertEqual(self.pins(), ["listen"])
        self.postgres.sql("NOTIFY news, 'all the same'", database=DATABASE)
        self.assertEqual(self.heard(client)[1:], ("news", "all the same"))
        self.postgres.sql(f"ALTER ROLE {USER} CONNECTION LIMIT -1")
        # The next time its session is looked at the hub is asked again.
        self.wait_until(lambda: client.query("LISTEN news") and not self.pins(), message="the hub to listen")
        self.postgres.sql("NOTIFY news, 'by the hub'", database=DATABASE)
        self.assertEqual(self.heard(client)[1:], ("news", "by the hub"))

    def test_nothing_is_left_on_the_server(self):
        proxy = self.pgweir(database={"pool": {"size": 1}})
        client = self.listening("news", proxy=proxy)
        other = self.login(proxy)
        self.assertEqual(other.rows("SELECT * FROM pg_listening_channels()"), [])
        self.postgres.sql("NOTIFY news, 'not for the other'", database=DATABASE)
        self.assertEqual(self.heard(client)[1:], ("news", "not for the other"))
        self.assertEqual([one.tag for one in other.query("SELECT 1")], ["T", "D", "C", "Z"])
        client.hold_server()
        client.close()  # in a transaction, on a server that listens for it
        self.assertEqual(other.rows("SELECT * FROM pg_listening_channels()"), [])

    def test_the_listener_goes_when_nobody_needs_it_and_comes_for_the_next(self):
        self.postgres.sql(f"ALTER ROLE {USER} SET log_statement = 'all'")
        self.addCleanup(self.postgres.sql, f"ALTER ROLE {USER} RESET log_statement")
        self.listening("news").terminate()
        self.wait_until(lambda: self.listeners() == [], message="the listener to go")
        client = self.listening("news")
        # What it says first has to contain the channel of the turns, or it could miss the one of this client.
        (pid,) = self.listeners()
        said = re.findall(rf"\[{pid}\] .* statement: (.*)", self.postgres.log())
        self.assertEqual(said[0], 'LISTEN "news"; LISTEN "pgweir_turn"; ')
        self.postgres.sql("NOTIFY news, 'to the next'", database=DATABASE)
        self.assertEqual(self.heard(client)[1:], ("news", "to the next"))

    def test_without_gaps_while_it_moves_to_the_hub(self):
        # Numbered notifications come all the time, and many sessions begin to listen: each hears a run without a gap.
        speaker, sent = self.login(self.proxy), 0
        for _ in range(30):
            client = self.login(self.proxy)
            client.query("LISTEN numbers")
            for _ in range(20):
                sent += 1
                self.postgres_notify(speaker, sent)
            numbers = []
            while not numbers or numbers[-1] != sent:
                numbers.append(int(self.heard(client)[2]))
            self.assertEqual(numbers, list(range(sent - 19, sent + 1)))
            client.terminate()

    def postgres_notify(self, speaker, number):
        self.assertIsNone(error_of(speaker.query(f"NOTIFY numbers, '{number}'")))


if __name__ == "__main__":
    unittest.main()
