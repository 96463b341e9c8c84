"""One answer, byte for byte: what a server sends, and whether it sends it at all."""

import dataclasses
import socket
import urllib.parse


@dataclasses.dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]  # names in lower case
    body: bytes
    size: int  # in bytes, head included


def fetch(url: str, timeout_s: float = 5.0) -> Answer:
    """Raises OSError where there is no answer, ValueError where it has no Content-Length."""
    parts = urllib.parse.urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    request = f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nAccept: application/json\r\n\r\n"
    with socket.create_connection((parts.hostname, parts.port or 80), timeout_s) as connection:
        connection.sendall(request.encode())
        received = b""
        while b"\r\n\r\n" not in received:
            received += _some(connection)
        head, _, body = received.partition(b"\r\n\r\n")
        status_line, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if "content-length" not in headers:
            raise ValueError(f"{url}: no Content-Length in {status_line}")
        length = int(headers["content-length"])
        while len(body) < length:
            body += _some(connection)
    return Answer(int(status_line.split()[1]), headers, body[:length], len(head) + 4 + length)


def is_served(url: str) -> bool:
    try:
        return fetch(url).status == 200
    except (OSError, ValueError):
        return False


def _some(connection: socket.socket) -> bytes:
    part = connection.recv(65_536)
    if not part:
        raise ConnectionError("closed in the middle of an answer")
    return part
