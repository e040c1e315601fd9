"""Ports on loopback."""
import random
import socket

from .problem import Problem

HOST = "127.0.0.1"
# Below the range from which the kernel takes the local ports of outgoing connections: one of those could otherwise
# sit on the chosen port when the server gets to bind it.
FIRST, LAST = 15000, 31999

_held = {}


def can_listen(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port():
    """A port that nobody listens on, and that no other process is given by this function while this one lives."""
    for _ in range(1000):
        port = random.randint(FIRST, LAST)
        if port in _held or not (lock := _lock(port)):
            continue
        if can_listen(port):
            _held[port] = lock
            return port
        lock.close()
    raise Problem(f"no free port on {HOST}")


def _lock(port):
    """Held as long as the process lives: a name among the abstract sockets, which leaves no file behind."""
    lock = socket.socket(socket.AF_UNIX)
    try:
        lock.bind(f"\0pgweir-port-{port}")
    except OSError:
        lock.close()
        return None
    return lock
