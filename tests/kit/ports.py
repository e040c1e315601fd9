"""Free TCP ports on the loopback interface, also when several test runs choose at once."""
import fcntl
import os
import random
import socket
import tempfile

# Below the range from which the kernel takes the local ports of outgoing connections: one of those could otherwise
# sit on the chosen port when the server gets to bind it.
FIRST, LAST = 15000, 31999

_held = {}


def free_port():
    """A port that nobody listens on and no other run is given while this process lives."""
    locks = os.path.join(tempfile.gettempdir(), f"pgweir-ports-{os.getuid()}")
    os.makedirs(locks, exist_ok=True)
    while True:
        port = random.randint(FIRST, LAST)
        if port in _held:
            continue
        lock = open(os.path.join(locks, str(port)), "w", encoding="ascii")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(("127.0.0.1", port))
        except OSError:
            lock.close()
            continue
        _held[port] = lock
        return port
