"""One way to talk to PostgreSQL through several drivers. Every session is in autocommit mode, and says BEGIN itself.

    execute(sql, *parameters)   its rows as tuples; `%s` stands for a parameter
    script(sql)                 several statements in one message, by the simple protocol
    copy_note(owner, text)      one row of `note` by COPY FROM STDIN
    close()

What goes wrong is a Problem.
"""
import asyncio
import contextlib
import re

import asyncpg
import psycopg
import psycopg2

from kit import messages
from kit.rawclient import ConnectionClosed, RawClient, ServerError, error_of, rows_of

HOST = "127.0.0.1"
TIMEOUT = 30  # seconds
# A statement that ends with an error of these classes has done nothing: PostgreSQL's own, and what waited in vain for a
# server. All others (08 connection exception, 57P0x shutdown) may have come behind the commit.
DID_NOTHING = ("0A", "22", "23", "25", "2D", "34", "40001", "40P01", "42", "53", "54", "55", "57014")


class Problem(Exception):
    """`lost`: the connection is of no use any more. `in_doubt`: what was asked may have been done all the same."""

    def __init__(self, error, sqlstate, lost):
        super().__init__(f"{sqlstate}: {error}")
        self.lost = lost or sqlstate is None
        self.in_doubt = self.lost or not sqlstate.startswith(DID_NOTHING)


def numbered(sql):
    """`$1`, `$2`, ... instead of each `%s`."""
    numbers = iter(range(1, 100))
    return re.sub("%s", lambda _: f"${next(numbers)}", sql)


class Psycopg2Session:
    """The simple protocol, with parameters written into the text."""

    driver = "psycopg2"

    def __init__(self, port, user, database):
        with self._problems():
            self._connection = psycopg2.connect(host=HOST, port=port, user=user, dbname=database,
                                                connect_timeout=TIMEOUT)  # fmt: skip
            self._connection.autocommit = True

    @contextlib.contextmanager
    def _problems(self):
        try:
            yield
        except psycopg2.Error as error:
            connection = getattr(self, "_connection", None)
            raise Problem(error, error.pgcode, connection is None or connection.closed) from error

    def execute(self, sql, *parameters):
        with self._problems(), self._connection.cursor() as cursor:
            cursor.execute(sql, parameters or None)
            return cursor.fetchall() if cursor.description else []

    script = execute

    def copy_note(self, owner, text):
        with self._problems(), self._connection.cursor() as cursor:
            cursor.copy_expert("COPY note FROM STDIN", _Once(f"{owner}\t{text}\n"))

    def close(self):
        self._connection.close()


class _Once:
    """A file that is read to its end at once."""

    def __init__(self, text):
        self._text = text

    def read(self, _=-1):
        text, self._text = self._text, ""
        return text


class Psycopg3Session:
    """The extended protocol, and named statements from the third execution on."""

    driver = "psycopg"

    def __init__(self, port, user, database):
        with self._problems():
            self._connection = psycopg.connect(host=HOST, port=port, user=user, dbname=database, autocommit=True,
                                               prepare_threshold=2, connect_timeout=TIMEOUT)  # fmt: skip

    @contextlib.contextmanager
    def _problems(self):
        try:
            yield
        except psycopg.Error as error:
            connection = getattr(self, "_connection", None)
            raise Problem(error, error.sqlstate, connection is None or connection.closed) from error
        except ValueError as error:
            # What psycopg 3.1 makes of a server that was lost between ParseComplete and ReadyForQuery.
            raise Problem(error, None, lost=True) from error

    def execute(self, sql, *parameters):
        with self._problems():
            cursor = self._connection.execute(sql, parameters or None)
            return cursor.fetchall() if cursor.description else []

    script = execute

    def copy_note(self, owner, text):
        with self._problems(), self._connection.cursor() as cursor:
            with cursor.copy("COPY note FROM STDIN") as copy:
                copy.write_row((owner, text))

    def close(self):
        self._connection.close()


class AsyncpgSession:
    """The extended protocol, binary, with a named statement for each text. It has a loop of its own."""

    driver = "asyncpg"

    def __init__(self, port, user, database):
        self._connection = None
        self._loop = asyncio.new_event_loop()
        try:
            self._connection = self._run(asyncpg.connect(host=HOST, port=port, user=user, database=database))
        except Problem:
            self._loop.close()
            raise

    def _run(self, what):
        try:
            return self._loop.run_until_complete(asyncio.wait_for(what, TIMEOUT))
        except asyncpg.PostgresError as error:
            raise Problem(error, error.sqlstate, self._is_lost()) from error
        except (asyncpg.InterfaceError, asyncpg.InternalClientError, asyncio.TimeoutError, OSError) as error:
            # The second is how it says that the server said goodbye when nothing had been asked.
            raise Problem(error, None, lost=True) from error

    def _is_lost(self):
        return self._connection is None or self._connection.is_closed()

    def execute(self, sql, *parameters):
        return [tuple(record) for record in self._run(self._connection.fetch(numbered(sql), *parameters))]

    def script(self, sql):
        self._run(self._connection.execute(sql))
        return []

    def copy_note(self, owner, text):
        self._run(self._connection.copy_records_to_table("note", records=[(owner, text)]))

    def close(self):
        self._connection.terminate()
        # The transport closes in a later turn of the loop.
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()


class RawSession:
    """The protocol itself: simple queries without parameters, unnamed statements with some, and pipelines."""

    driver = "raw"

    def __init__(self, port, user, database):
        with self._problems():
            self._client = RawClient(port)
            self._client.startup(user, database)

    @contextlib.contextmanager
    def _problems(self):
        try:
            yield
        except ServerError as error:
            raise Problem(error, error.sqlstate, error.fields.get("S") == "FATAL") from error
        except (ConnectionClosed, OSError) as error:
            raise Problem(error, None, lost=True) from error

    def execute(self, sql, *parameters):
        with self._problems():
            self._client.send(self._request(sql, parameters))
            return self._rows(self._client.until_ready(TIMEOUT))

    script = execute

    def pipelined(self, *requests):
        """The rows of several (sql, *parameters) that are sent at once, each a transaction of its own."""
        self.send(*requests)
        with self._problems():
            answers = [self._client.until_ready(TIMEOUT) for _ in requests]
            return [self._rows(answer) for answer in answers]

    def send(self, *requests):
        """Nobody waits for what they come to, but answer() may."""
        with self._problems():
            self._client.send(*(self._request(sql, parameters) for sql, *parameters in requests))

    def answer(self):
        with self._problems():
            return self._rows(self._client.until_ready(TIMEOUT))

    def copy_note(self, owner, text):
        with self._problems():
            self._client.send(messages.query("COPY note FROM STDIN"))
            started = self._client.receive(TIMEOUT)
            if started.tag == "E":
                self._client.until_ready(TIMEOUT)
                raise ServerError(started)
            self._client.send(messages.copy_data(f"{owner}\t{text}\n"), messages.copy_done())
            self._rows(self._client.until_ready(TIMEOUT))

    @staticmethod
    def _request(sql, parameters):
        if not parameters:
            return messages.query(sql)
        return b"".join([messages.parse("", numbered(sql)), messages.bind("", "", [str(value) for value in parameters]),
                         messages.execute(), messages.sync()])  # fmt: skip

    @staticmethod
    def _rows(received):
        if error_of(received):
            raise ServerError(error_of(received))
        return [tuple(int(value) if value.isdigit() else value for value in row) for row in rows_of(received)]

    def is_answered(self):
        """Something of the answer is there: PostgreSQL sends one that is short in one piece."""
        try:
            return not self._client.is_silent(0.001)
        except OSError:
            return False  # nobody reads it any more

    def vanish(self):
        """As a client that is killed."""
        self._client.close()

    def close(self):
        self._client.terminate()


DRIVERS = (Psycopg2Session, Psycopg3Session, AsyncpgSession, RawSession)
