"""asyncpg with its defaults: named statements, binary results, Flush without Sync, its own reset query in pools."""
import asyncio
import io
import unittest

import asyncpg

from kit.case import DATABASE, PASSWORD, USER
from kit.route import HOST, DirectRoute, SessionRoute, TransactionRoute


class AsyncpgTests(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        # unittest asks for asyncio's debug mode, which then reports how slow it is itself.
        asyncio.get_running_loop().set_debug(False)

    @property
    def parameters(self):
        return {"host": HOST, "port": self.port, "user": USER, "password": PASSWORD, "database": DATABASE}

    async def connect(self, **more):
        connection = await asyncpg.connect(**self.parameters, **more)
        self.addAsyncCleanup(connection.close)
        return connection

    def table(self, name, columns):
        self.postgres.sql(f"DROP TABLE IF EXISTS {name}; CREATE TABLE {name} ({columns}); GRANT ALL ON {name} TO app",
                          database="app")  # fmt: skip

    async def test_query(self):
        connection = await self.connect()
        row = await connection.fetchrow("SELECT $1::text, $2::int, $3::text", "it's", 5, None)
        self.assertEqual(tuple(row), ("it's", 5, None))

    async def test_same_statement_many_times(self):
        connection = await self.connect()
        for number in range(30):
            self.assertEqual(await connection.fetchval("SELECT $1::int + 1", number), number + 1)

    async def test_more_statements_than_the_driver_keeps(self):
        connection = await self.connect(statement_cache_size=10)
        for turn in range(4):
            for number in range(25):
                self.assertEqual(await connection.fetchval(f"SELECT $1::int + {number}", turn), turn + number)

    async def test_columns_are_added_meanwhile(self):
        """The driver prepares anew when the server says that its plan is stale, which it knows by the error's routine."""
        self.table("growing", "a int")
        connections = [await self.connect() for _ in range(5)]
        for columns in range(2, 8):
            for connection in connections:
                await connection.fetch("SELECT * FROM growing")
            self.postgres.sql(f"ALTER TABLE growing ADD c{columns} int; TRUNCATE growing; INSERT INTO growing VALUES (1)",
                              database=DATABASE)  # fmt: skip
            for connection in connections:
                self.assertEqual(len((await connection.fetch("SELECT * FROM growing"))[0]), columns)

    async def test_several_clients_in_turn(self):
        connections = [await self.connect() for _ in range(5)]
        for turn in range(10):
            for number, connection in enumerate(connections):
                text = f"SELECT $1::int, 'of client {number % 2}'"
                row = await connection.fetchrow(text, turn)
                self.assertEqual(tuple(row), (turn, f"of client {number % 2}"))

    async def test_explicit_prepare(self):
        connection = await self.connect()
        statement = await connection.prepare("SELECT $1::int * $2::int AS product")
        self.assertEqual([attribute.name for attribute in statement.get_attributes()], ["product"])
        for number in range(10):
            self.assertEqual(await statement.fetchval(number, 3), number * 3)

    async def test_types_that_the_driver_looks_up(self):
        self.postgres.sql("DROP TYPE IF EXISTS mood; CREATE TYPE mood AS ENUM ('sad', 'happy')", database="app")
        connection = await self.connect()
        value = await connection.fetchval("SELECT ARRAY[$1::mood, 'sad']", "happy")
        self.assertEqual(value, ["happy", "sad"])

    async def test_transactions(self):
        self.table("transactions", "a int")
        connection = await self.connect()
        async with connection.transaction():
            await connection.execute("INSERT INTO transactions VALUES ($1)", 1)
            with self.assertRaises(asyncpg.DivisionByZeroError):
                async with connection.transaction():
                    await connection.execute("INSERT INTO transactions VALUES ($1)", 2)
                    await connection.fetchval("SELECT 1 / $1::int", 0)
            await connection.execute("INSERT INTO transactions VALUES ($1)", 3)
        self.assertEqual(await connection.fetchval("SELECT array_agg(a ORDER BY a) FROM transactions"), [1, 3])

    async def test_error_in_a_transaction(self):
        connection = await self.connect()
        transaction = connection.transaction()
        await transaction.start()
        with self.assertRaises(asyncpg.UndefinedColumnError):
            await connection.fetch("SELECT nothing")
        with self.assertRaises(asyncpg.InFailedSQLTransactionError):
            await connection.fetch("SELECT 1")
        await transaction.rollback()
        self.assertEqual(await connection.fetchval("SELECT 2"), 2)

    async def test_cursor(self):
        # Row-limited Execute: the portal is suspended and resumed.
        connection = await self.connect()
        async with connection.transaction():
            rows = [row[0] async for row in connection.cursor("SELECT generate_series(1, $1::int)", 230)]
        self.assertEqual(rows, list(range(1, 231)))

    async def test_executemany(self):
        self.table("many", "a int, b text")
        connection = await self.connect()
        await connection.executemany("INSERT INTO many VALUES ($1, $2)", [(n, f"text {n}") for n in range(5000)])
        self.assertEqual(await connection.fetchval("SELECT sum(a) FROM many"), 12497500)

    async def test_copy(self):
        self.table("copied", "a int, b text")
        connection = await self.connect()
        records = [(number, "x" * 100) for number in range(10000)]
        self.assertEqual(await connection.copy_records_to_table("copied", records=records), "COPY 10000")
        out = io.BytesIO()
        await connection.copy_from_query("SELECT a FROM copied WHERE a < $1 ORDER BY a", 3, output=out)
        self.assertEqual(out.getvalue(), b"0\n1\n2\n")

    async def test_timeout_cancels(self):
        connection = await self.connect()
        with self.assertRaises(asyncio.TimeoutError):
            await connection.fetchval("SELECT pg_sleep(64)", timeout=0.5)
        self.assertEqual(await connection.fetchval("SELECT 1"), 1)
        self.wait_until(lambda: not [row for row in self.postgres.backends(DATABASE) if row[1] == "active"])

    async def test_listener(self):
        heard = asyncio.get_running_loop().create_future()
        listener, speaker = await self.connect(), await self.connect()
        await listener.add_listener("news", lambda *event: heard.set_result(event[2:]))
        await speaker.execute("NOTIFY news, 'hello'")
        self.assertEqual(await asyncio.wait_for(heard, 30), ("news", "hello"))
        await listener.reset()

    async def test_changed_table(self):
        # Outside a transaction the driver prepares anew by itself.
        self.table("changed", "a int")
        connection = await self.connect()
        self.postgres.sql("INSERT INTO changed VALUES (1)", database="app")
        self.assertEqual(tuple(await connection.fetchrow("SELECT * FROM changed")), (1,))
        self.postgres.sql("ALTER TABLE changed ADD b int DEFAULT 2", database="app")
        self.assertEqual(tuple(await connection.fetchrow("SELECT * FROM changed")), (1, 2))

    async def test_pool(self):
        self.table("counter", "a int")
        self.postgres.sql("INSERT INTO counter VALUES (0)", database="app")

        async def work(pool):
            for _ in range(25):
                async with pool.acquire() as connection, connection.transaction():
                    await connection.execute("UPDATE counter SET a = a + $1", 1)

        with self.limited_servers():
            async with asyncpg.create_pool(**self.parameters, min_size=6, max_size=6) as pool:
                await asyncio.gather(*(work(pool) for _ in range(8)))
        self.assertEqual(self.postgres.value("SELECT a FROM counter", database="app"), 200)

    async def test_server_settings(self):
        connection = await self.connect(server_settings={"work_mem": "79MB", "application_name": "given"})
        self.assertEqual(await connection.fetchval("SHOW work_mem"), "79MB")
        self.assertEqual(await connection.fetchval("SHOW application_name"), "given")


class Direct(AsyncpgTests, DirectRoute):
    pass


class Transaction(AsyncpgTests, TransactionRoute):
    pass


class Session(AsyncpgTests, SessionRoute):
    pass


del AsyncpgTests  # a test case by its base class, but without a server

if __name__ == "__main__":
    unittest.main()
