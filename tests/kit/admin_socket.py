"""Test cases about the console's own socket."""
import shutil
import socket
import subprocess

from kit import pgweir, processes
from kit.case import Case
from kit.pgweir import CONSOLE_USER
from kit.postgres import clean_environment
from kit.rawclient import RawClient

PORT = 5  # as PostgreSQL's clients read it in the name of the file


class UnixClient(RawClient):
    """A raw client of a socket's file."""

    def __init__(self, path):
        self._buffer = bytearray()
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(30)
        self.socket.connect(str(path))
        self.parameters = {}
        self.pid = self.key = None


class AdminSocketCase(Case):
    def setUp(self):
        super().setUp()
        self.directory = processes.temporary_directory("admin")
        self.addCleanup(shutil.rmtree, self.directory, True)
        self.socket = self.directory / f".s.PGSQL.{PORT}"

    def serving(self, *, admin=None, **options):
        return self.pgweir(admin={"socket": str(self.socket)} | (admin or {}), **options)

    def client(self):
        """Connected to the socket; closed when the test ends."""
        client = UnixClient(self.socket)
        self.addCleanup(client.close)
        return client

    def console(self, user="whoever", database="pgweir"):
        client = self.client()
        client.startup(user, database)
        return client

    def show(self, *arguments, environment=None):
        """(exit code, standard output, standard error) of `pgweir show`."""
        done = pgweir.run("show", *arguments, environment=environment)
        return done.returncode, done.stdout, done.stderr

    def ask(self, *arguments):
        return self.show(*arguments, "--socket", str(self.socket))

    def assert_shows(self, *arguments, **options):
        code, output, errors = self.show(*arguments, **options)
        self.assertEqual((code, errors), (0, ""), arguments)
        return output

    def assert_fails(self, code, reason, *arguments, environment=None):
        """One line of what is wrong, and nothing on standard output."""
        done, output, errors = self.show(*arguments, environment=environment)
        self.assertEqual((done, output), (code, ""), errors)
        self.assertRegex(errors, rf"^pgweir: [^\n]*(?:{reason})[^\n]*\n$")

    def psql(self, command, host=None, port=PORT, name=CONSOLE_USER, **options):
        return subprocess.run(["psql", "-X", "--csv", "-h", host or str(self.directory), "-p", str(port), "-U", name,
                               "-c", command, "pgweir"],
                              env=clean_environment(), capture_output=True, text=True, check=False, **options)  # fmt: skip
