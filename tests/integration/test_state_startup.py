"""What a client asks for when it connects holds in transaction mode as it does directly."""
import psycopg2

from kit.case import DATABASE
from kit.rawclient import ServerError
from kit.route import DirectRoute, TransactionRoute


class StartupTests:
    """What PostgreSQL itself does with startup parameters is the oracle."""

    def connect(self, **options):
        connection = psycopg2.connect(**self.parameters, **options)
        connection.autocommit = True
        self.addCleanup(connection.close)
        return connection

    def value(self, connection, sql):
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchone()[0]

    def execute(self, connection, sql):
        with connection.cursor() as cursor:
            cursor.execute(sql)

    SETTINGS = {"application_name": "billing", "timezone": "Asia/Tokyo", "IntervalStyle": "iso_8601",
                "search_path": "pg_catalog, public", "statement_timeout": "77777ms", "work_mem": "1234kB"}  # fmt: skip

    def given(self):
        options = " ".join(f"-c {name}={value.replace(', ', ',')}" for name, value in self.SETTINGS.items()
                           if name != "application_name")  # fmt: skip
        return self.connect(application_name="billing", options=options)

    def shown(self, connection):
        return {name: self.value(connection, f"SHOW {name}") for name in self.SETTINGS}

    def test_startup_settings(self):
        one, other = self.given(), self.connect(application_name="other")
        plain = self.shown(other)
        self.assertEqual(self.shown(one)["timezone"], "Asia/Tokyo")
        for _ in range(3):
            self.assertEqual(self.shown(one)["statement_timeout"], "77777ms")
            self.assertEqual(self.shown(one)["search_path"], "pg_catalog,public")
            self.assertEqual(self.shown(one)["application_name"], "billing")
            self.assertEqual(self.shown(other), plain)

    def test_reset_all_is_back_to_startup(self):
        for command in ("RESET ALL", "DISCARD ALL"):
            with self.subTest(command):
                connection = self.given()
                before = self.shown(connection)
                for name, value in (("application_name", "x"), ("timezone", "UTC"), ("work_mem", "9MB"),
                                    ("search_path", "public")):  # fmt: skip
                    self.execute(connection, f"SET {name} TO '{value}'")
                self.execute(connection, command)
                self.assertEqual(self.shown(connection), before)
                self.assertEqual(connection.get_parameter_status("TimeZone"), "Asia/Tokyo")
                self.assertEqual(connection.get_parameter_status("application_name"), "billing")

    def test_the_name_of_an_application_is_its_own(self):
        options = "-c work_mem=5MB -c statement_timeout=77s"
        self.connect(application_name="billing", options=options)
        for name, wanted in (("reports", "reports"), (None, ""), ("billing", "billing")):
            connection = self.connect(options=options, **({"application_name": name} if name else {}))
            self.assertEqual(connection.get_parameter_status("application_name"), wanted)
            self.assertEqual(self.value(connection, "SHOW application_name"), wanted)

    def test_reset_of_one_is_back_to_startup(self):
        connection = self.given()
        for command in ("RESET TimeZone", "SET TimeZone TO DEFAULT", "SET TIME ZONE LOCAL", "SET TIME ZONE DEFAULT"):
            with self.subTest(command):
                self.execute(connection, "SET TimeZone TO 'UTC'")
                self.execute(connection, command)
                self.assertEqual(self.value(connection, "SHOW TimeZone"), "Asia/Tokyo")
                self.assertEqual(connection.get_parameter_status("TimeZone"), "Asia/Tokyo")
        self.execute(connection, "SET search_path TO DEFAULT")
        self.assertEqual(self.value(connection, "SHOW search_path"), "pg_catalog,public")

    def test_rolled_back_set(self):
        connection = self.given()
        self.execute(connection, "BEGIN; SET TimeZone TO 'UTC'; SET application_name TO 'x'")
        self.execute(connection, "ROLLBACK")
        self.assertEqual(self.value(connection, "SHOW TimeZone"), "Asia/Tokyo")
        self.execute(connection, "BEGIN; SAVEPOINT s; SET TimeZone TO 'UTC'; ROLLBACK TO s; COMMIT")
        self.assertEqual(self.value(connection, "SHOW TimeZone"), "Asia/Tokyo")
        self.assertEqual(connection.get_parameter_status("application_name"), "billing")

    def test_set_local(self):
        connection = self.connect()
        self.execute(connection, "BEGIN; SET LOCAL TimeZone TO 'Asia/Tokyo'; SET LOCAL work_mem TO '5MB'")
        self.assertEqual(self.value(connection, "SHOW work_mem"), "5MB")
        self.execute(connection, "COMMIT")
        self.assertNotEqual(self.value(connection, "SHOW TimeZone"), "Asia/Tokyo")
        self.assertEqual(self.value(connection, "SHOW work_mem"), "4MB")

    def test_client_encoding(self):
        latin, utf8 = self.connect(client_encoding="LATIN1"), self.connect(client_encoding="UTF8")
        for _ in range(3):
            self.assertEqual(self.value(latin, "SELECT 'é', pg_sleep(0)"), "é")
            self.assertEqual(self.value(utf8, "SELECT '€', pg_sleep(0)"), "€")
            self.assertEqual(self.value(latin, "SHOW client_encoding"), "LATIN1")

    def test_refused_startup_settings(self):
        for options, sqlstate in (("-c work_mem=nonsense", "22023"), ("-c no_such_setting=1", "42704"),
                                  ("-c shared_buffers=1GB", "55P02"), ("-c log_statement=all", "42501")):  # fmt: skip
            with self.subTest(options):
                client = self.raw(self.port)
                with self.assertRaises(ServerError) as refused:
                    client.startup("app", DATABASE, self.parameters["password"], options=options)
                self.assertEqual(refused.exception.sqlstate, sqlstate)
                self.assertEqual(refused.exception.fields["S"], "FATAL")

    def test_first_login_of_its_kind_meets_a_server_that_cannot_serve_it(self):
        """A custom setting cannot be taken from a server: the client, which is not greeted yet, gets another one."""
        self.connect(options="-c app.tenant=7")
        one = self.connect(options="-c app.tenant=8")
        self.assertEqual(self.value(one, "SELECT current_setting('app.tenant')"), "8")
        other = self.connect(options="-c work_mem=4321kB")
        self.assertEqual(self.value(other, "SELECT current_setting('work_mem')"), "4321kB")

    def test_custom_setting(self):
        one, other = self.connect(options="-c app.tenant=7"), self.connect()
        self.assertEqual(self.value(one, "SELECT current_setting('app.tenant', true)"), "7")
        self.assertIn(self.value(other, "SELECT current_setting('app.tenant', true)"), (None, ""))

    def test_order_of_many_sets(self):
        # Reported settings change all the time on two clients in turn; each sees its own.
        clients = [self.connect() for _ in range(3)]
        for turn in range(6):
            for number, client in enumerate(clients):
                self.execute(client, f"SET application_name TO 'client {number} turn {turn}'")
            for number, client in enumerate(clients):
                self.assertEqual(self.value(client, "SHOW application_name"), f"client {number} turn {turn}")


class Direct(StartupTests, DirectRoute):
    pass


class Transaction(StartupTests, TransactionRoute):
    pass
