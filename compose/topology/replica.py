"""One replica of app/tasks under uvicorn."""
from .ports import HOST
from .server import ROOT, HttpServer, clean_environment

PYTHON = "/usr/bin/python3"  # Debian's: its libraries are Debian packages
TASKS = ROOT / "app" / "tasks"


class Replica(HttpServer):
    """All that it is told is the database's URL."""

    health_path = "/healthz"

    def __init__(self, children, directory, name, port, database_url):
        super().__init__(children, directory, name, port)
        self._database_url = database_url

    def launch(self):
        self._run([PYTHON, "-m", "uvicorn", "tasks.main:app", "--host", HOST, "--port", str(self.port),
                   "--no-access-log", "--log-level", "warning"], env=tasks_environment(self._database_url))  # fmt: skip


def tasks_environment(database_url):
    return clean_environment(DATABASE_URL=database_url, PYTHONPATH=str(TASKS), PYTHONDONTWRITEBYTECODE="1")
