"""The client process, `fedkseed client`, as a ClientApp reaches it: one line there, one line back."""

import json
import socket

# More than any reply has: 65,536 coefficients of 32 bits in Base64 are 350 KB.
REPLY_LIMIT = 1 << 22


def ask(path: str, request: dict) -> dict:
    """Send a request to the socket at `path` and return the reply, however long it takes."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            connection.connect(path)
        except OSError as error:
            raise ConnectionError(
                f"no client listens at '{path}' ({error.strerror}); start it by 'fedkseed client … "
                "--socket', as the same user"
            ) from error
        connection.sendall(json.dumps(request, separators=(",", ":")).encode() + b"\n")
        line = connection.makefile("rb").readline(REPLY_LIMIT)
    if not line.endswith(b"\n"):
        raise ConnectionError(f"the client at '{path}' ended before it had answered")
    return json.loads(line)
