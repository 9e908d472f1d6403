"""A carrier that says everything twice."""

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


class Doubling:
    """Listens at `path` and passes each request on to the client at `client` twice, both at once, and a third time
    afterwards; `replies` are all that came."""

    def __init__(self, client: Path, path: Path):
        self.client, self.path = client, path
        self.replies: list[list[bytes]] = []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self) -> "Doubling":
        return self

    def __exit__(self, *_) -> None:
        self.listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection, ThreadPoolExecutor(2) as pool:
                line = connection.makefile("rb").readline()
                replies = [*pool.map(self._ask, [line, line]), self._ask(line)]
                self.replies.append(replies)
                connection.sendall(replies[-1])

    def _ask(self, line: bytes) -> bytes:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.client))
            connection.sendall(line)
            return connection.makefile("rb").readline()
