"""A client that costs next to nothing: requests are bytes made beforehand, connections stay open."""

import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterable

HEADERS = "Host: 127.0.0.1\r\nX-Forwarded-Proto: https\r\nAccept: */*\r\n"


def request(method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
    """The bytes of one request; an underscore in a header's name stands for a hyphen."""
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    if body:
        lines += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"{method} {path} HTTP/1.1\r\n{HEADERS}{lines}\r\n".encode() + body


class Connection:
    """One kept-alive connection; made again where the server closed it between two requests."""

    def __init__(self, port: int):
        self.port, self.socket = port, None

    def send(self, data: bytes) -> tuple[int, bytes, bytes]:
        """(status, head, body) of the answer."""
        if self.socket is not None:
            try:
                return self._exchange(data)
            except ConnectionError:
                self.close()
        self.socket = socket.create_connection(("127.0.0.1", self.port), 60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._exchange(data)

    def close(self) -> None:
        if self.socket is not None:
            self.socket.close()
            self.socket = None

    def _exchange(self, data: bytes) -> tuple[int, bytes, bytes]:
        self.socket.sendall(data)
        buffer = b""
        while (end := buffer.find(b"\r\n\r\n")) < 0:
            buffer += self._receive()
        head, body = buffer[:end], buffer[end + 4 :]
        length = _length(head)
        while len(body) < length:
            body += self._receive()
        if b"connection: close" in head.lower():
            self.close()
        return int(head[9:12]), head, body

    def _receive(self) -> bytes:
        piece = self.socket.recv(65536)
        if not piece:
            raise ConnectionResetError("the server closed the connection")
        return piece


def _length(head: bytes) -> int:
    for one in head.lower().split(b"\r\n"):
        if one.startswith(b"content-length:"):
            return int(one[15:])
    return 0


class Clients:
    """One client for each of `letters`, each with its own connection, sending its requests at the same time."""

    def __init__(self, port: int, letters: list[Iterable[bytes]], expect: int):
        self.letters, self.expect = letters, expect
        self.connections = [Connection(port) for _ in letters]

    def rate(self, seconds: float) -> tuple[float, int]:
        """(answers a second, answers) while all clients send without a pause for `seconds`."""
        until = time.perf_counter() + seconds
        return self._all(lambda: time.perf_counter() < until)

    def rate_of_all(self) -> float:
        """Answers a second until every letter is answered."""
        return self._all(lambda: True)[0]

    def _all(self, go_on: Callable[[], bool]) -> tuple[float, int]:
        counts, errors = [], []

        def work(connection: Connection, letters: Iterable[bytes]) -> None:
            count = 0
            for letter in itertools.takewhile(lambda _: go_on(), letters):
                status, _, body = connection.send(letter)
                if status != self.expect:
                    errors.append((status, body[:300]))
                    return
                count += 1
            counts.append(count)

        began = time.perf_counter()
        pairs = zip(self.connections, self.letters, strict=True)
        threads = [threading.Thread(target=work, args=pair) for pair in pairs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if errors:
            raise RuntimeError(f"a client was answered {errors[0]}")
        return sum(counts) / (time.perf_counter() - began), sum(counts)
