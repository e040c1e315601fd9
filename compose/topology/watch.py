"""Brings parts back that have ended by themselves, as a container's restart policy would."""
import time

from .problem import Problem

PAUSE = 1.0  # seconds between an end and the next launch


class Watch:
    def __init__(self, topology, tell=lambda text: None):
        self._topology = topology
        self._tell = tell
        self._noticed = {}  # part -> when its end was seen, on time.monotonic()
        self.restarts = {}  # part's name -> how often

    def look(self):
        """To be called a few times a second."""
        now = time.monotonic()
        for part in self._topology.parts():
            if part.is_running():
                self._noticed.pop(part, None)
            elif now - self._noticed.setdefault(part, now) >= PAUSE:
                del self._noticed[part]
                self.restarts[part.name] = self.restarts.get(part.name, 0) + 1
                self._tell(f"{part.name} has ended with exit code {part.process.returncode}: started again")
                try:
                    part.launch()
                except Problem as problem:
                    self._tell(str(problem))
