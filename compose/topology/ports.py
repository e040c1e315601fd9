"""Ports on loopback."""
import random
import socket

from .problem import Problem

HOST = "127.0.0.1"


def can_listen(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port():
    """Below the range from which the kernel takes the local ports of outgoing connections."""
    for _ in range(1000):
        if can_listen(port := random.randint(15000, 31999)):
            return port
    raise Problem(f"no free port on {HOST}")
