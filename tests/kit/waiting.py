"""Waiting for a condition instead of for a while."""
import time

# Generous, since it is only ever reached by a failure: sanitizer builds on a busy machine are slow.
DEFAULT_TIMEOUT = 30.0


def wait_until(condition, timeout=DEFAULT_TIMEOUT, message="the condition", interval=0.01):
    """Returns the first true value of condition(), or raises TimeoutError. An exception in it ends the wait."""
    deadline = time.monotonic() + timeout
    while True:
        if value := condition():
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {timeout:g} s for {message() if callable(message) else message}")
        time.sleep(interval)
