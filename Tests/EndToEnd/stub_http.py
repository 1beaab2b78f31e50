"""Carries requests to the tests' own IAM and its answers back, over connections that are kept open as AWS does."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Optional

from stub_faults import PATIENCE
from stub_query import Answer, Request


class Server(ThreadingHTTPServer):
    """A server on a free port of the loopback."""

    # Gives the answer to a request; `None` closes the connection instead.
    answer: Callable[[Request], Optional[Answer]]
    now: Callable[[], datetime]

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self._open: set[socket.socket] = set()
        self._changed = threading.Condition()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Answers until the block ends."""
        thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.shutdown()
            thread.join()
            for each in list(self._open):
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
            self.server_close()

    def settle(self) -> None:
        """Waits until nothing is left to do of what callers asked that are gone."""
        with socket.create_connection(("127.0.0.1", self.server_address[1])) as last:
            # It ends after all that came before it has begun.
            last.shutdown(socket.SHUT_WR)
            last.recv(1)
        with self._changed:
            assert self._changed.wait_for(lambda: not self._open, PATIENCE), "a caller isn't gone"

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remembers a connection."""
        with self._changed:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forgets a connection."""
        super().shutdown_request(request)
        with self._changed:
            self._open.discard(request)
            self._changed.notify_all()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says nothing of callers that are gone; who answers keeps other problems."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # An answer leaves in one piece.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: Server

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        answer = self.server.answer(Request(self.command, self.path, self.headers, body))
        if answer is None:
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    do_GET = do_POST = _answer

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Gives the server's time, not the machine's."""
        return super().date_time_string(self.server.now().timestamp())

    def log_message(self, format: str, *args: object) -> None:
        """Keeps the tests' output to what the tests say."""
