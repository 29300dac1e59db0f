"""An exchange that is ended from outside says nothing that the server did not."""

from __future__ import annotations

import socket
import threading
import time

from pytest_mlmonitor.core.network.exchange import Exchange, address_of
from tests.unit.core.network.raw_server import RawServer, serving


def test_a_head_that_ends_where_the_exchange_was_ended_is_no_answer() -> None:
    said = threading.Event()

    def half_a_head(server: RawServer, connection: socket.socket) -> None:
        server.receive(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nDate: today\r\n")
        said.set()
        server.ended.wait(30)

    raised: list[BaseException] = []

    def made(exchange: Exchange) -> None:
        try:
            exchange.make()
        except OSError as error:
            raised.append(error)

    with serving(half_a_head) as server:
        exchange = Exchange("POST", address_of(server.url), b"{}", {}, time.monotonic() + 30, 1000)
        thread = threading.Thread(target=made, args=(exchange,))
        thread.start()
        assert said.wait(30)
        exchange.abandon()
        thread.join(30)
    assert exchange.status is None
    assert [type(error) for error in raised] == [TimeoutError]
