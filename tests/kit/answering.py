"""Something that is not what is expected where something listens."""
import contextlib
import socket
import threading


@contextlib.contextmanager
def answering(listener, answer, *, closes=True):
    """As long as the block lasts, each connection to this listening socket is answered with these bytes, once it has
    said something, and closed. Closes the socket."""
    with listener, contextlib.ExitStack() as open_ones:

        def serve():
            with contextlib.suppress(OSError):  # the listener has been shut down
                while True:
                    connection = open_ones.enter_context(listener.accept()[0])
                    connection.recv(65536)
                    connection.sendall(answer)
                    if closes:
                        connection.close()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
