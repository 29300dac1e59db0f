"""Something is posted by a deadline, whatever the server does, and nothing of a secret is said."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from pytest_mlmonitor.core.network.deadlines import TooLate, at_once, done_by
from pytest_mlmonitor.core.network.posting import PostError, post
from tests.unit.core.network.raw_server import (
    RawServer,
    answers,
    breaks_off,
    certificate,
    drips,
    says,
    serving,
    silent,
)

PATH = "/services/T0SECRET1/B0SECRET2/kQ9canary-path-key?token=canary-query"
SECRETS = ("T0SECRET1", "B0SECRET2", "kQ9canary-path-key", "canary-query", "canary-bearer", "services")
SHORT = 0.4


def soon(seconds: float = 4.0) -> float:
    return time.monotonic() + seconds


def failure(url: str, seconds: float = 4.0, **options: object) -> PostError:
    with pytest.raises(PostError) as caught:
        post(url, b'{"a": 1}', deadline=soon(seconds), headers={"Authorization": "Bearer canary-bearer"}, **options)  # type: ignore[arg-type]
    told = str(caught.value)
    assert not [secret for secret in SECRETS if secret in told], told
    assert caught.value.__cause__ is None
    return caught.value


def test_what_is_taken_is_answered() -> None:
    with serving(answers("202 Accepted", '{"status": "success"}')) as server:
        answer = post(
            server.url + PATH, b'{"a": 1}', headers={"Content-Type": "application/json"}, deadline=soon(), method="PUT"
        )
    assert (answer.status, answer.body) == (202, b'{"status": "success"}')
    (request,) = server.requests
    head, _, body = request.partition(b"\r\n\r\n")
    assert head.startswith(f"PUT {PATH} HTTP/1.1\r\n".encode())
    assert f"Host: 127.0.0.1:{server.port}".encode() in head
    assert b"Content-Type: application/json" in head
    assert body == b'{"a": 1}'


def test_user_and_password_of_the_url_become_a_header() -> None:
    with serving(answers("200 OK")) as server:
        post(server.url.replace("//", "//me:p%40ss@"), b"", deadline=soon())
    assert b"Authorization: Basic bWU6cEBzcw==" in server.requests[0]


@pytest.mark.parametrize(
    ("first", "attempts"),
    [
        (answers("429 Too Many Requests", headers="Retry-After: 0\r\n"), 2),
        (answers("503 Unavailable"), 2),
        (answers("500 Oh"), 2),
        (breaks_off, 2),
        (says(b"SSH-2.0-OpenSSH_9\r\n"), 2),
        (says(b"\x00\xff\x00garbage"), 2),
    ],
    ids=["429", "503", "500", "broken", "ssh", "garbage"],
)
def test_what_another_attempt_cures_is_attempted_again(
    first: Callable[[RawServer, socket.socket], None], attempts: int
) -> None:
    with serving(first, answers("200 OK")) as server:
        assert post(server.url, b"x", deadline=soon()).status == 200
    assert server.requests[-1].endswith(b"x")


def test_attempts_end_and_say_how_many_there_were() -> None:
    with serving(answers("503 Unavailable", "out of order")) as server:
        error = failure(server.url + PATH)
    assert str(error) == f"127.0.0.1:{server.port} answers 503: out of order (3 attempts)"
    assert (error.status, len(server.requests)) == (503, 3)


@pytest.mark.parametrize("status", ["400 Bad", "401 No", "403 No", "404 No", "410 Gone", "413 Much", "422 No"])
def test_what_no_attempt_cures_is_not_attempted_again(status: str) -> None:
    with serving(answers(status, "invalid_payload")) as server:
        error = failure(server.url + PATH)
    assert str(error) == f"127.0.0.1:{server.port} answers {status[:3]}: invalid_payload"
    assert len(server.requests) == 1


def test_the_time_that_a_server_asks_to_wait_is_waited() -> None:
    with serving(answers("429 Slow", headers="Retry-After: 1\r\n"), answers("200 OK")) as server:
        began = time.monotonic()
        post(server.url, b"", deadline=soon(20))
    assert time.monotonic() - began >= 1


def test_a_date_may_be_asked_for() -> None:
    then = format_datetime(datetime.now(UTC) + timedelta(seconds=-5), usegmt=True)
    with serving(answers("503 Later", headers=f"Retry-After: {then}\r\n"), answers("200 OK")) as server:
        assert post(server.url, b"", deadline=soon()).status == 200


@pytest.mark.parametrize("asked", ["3600", "9" * 5000, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_whoever_asks_to_wait_past_the_deadline_is_not_waited_for(asked: str) -> None:
    with serving(answers("429 Slow", headers=f"Retry-After: {asked}\r\n")) as server:
        error = failure(server.url)
    assert re.search(r"answers 429, and asks to wait \d+ s$", str(error))
    assert len(server.requests) == 1


@pytest.mark.parametrize("asked", ["-1", "soon", "1e99", "nan", "Fri, 99 Foo 2026", "\xb2"])
def test_an_odd_time_to_wait_is_none(asked: str) -> None:
    with serving(answers("429 Slow", headers=f"Retry-After: {asked}\r\n"), answers("200 OK")) as server:
        assert post(server.url, b"", deadline=soon()).status == 200


@pytest.mark.parametrize(
    "behaviour",
    [
        silent,
        drips(b"X"),
        drips(b"a: b\r\n", b"HTTP/1.1 200 OK\r\n"),
        drips(b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["silent", "status", "headers", "continue"],
)
def test_nothing_outlives_the_deadline(behaviour: Callable[[RawServer, socket.socket], None]) -> None:
    with serving(behaviour) as server:
        error = failure(server.url + PATH, SHORT)
        assert re.fullmatch(rf"127\.0\.0\.1:{server.port} does not answer within 0\.[34] s", str(error))
        assert not server.ended.is_set()


def test_a_body_that_never_ends_hides_no_status() -> None:
    with serving(drips(b"o", b"HTTP/1.1 200 OK\r\n\r\nok")) as server:
        answer = post(server.url, b"", deadline=soon(SHORT))
    assert answer.status == 200
    assert answer.body.startswith(b"ok")


@pytest.mark.parametrize(
    "rest",
    [
        b"Content-Length: 100\r\n\r\nok",
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nok",
        b"Transfer-Encoding: chunked\r\n\r\nx",
    ],
    ids=["length", "chunk", "no chunk"],
)
def test_a_body_that_is_cut_short_hides_no_status(rest: bytes) -> None:
    with serving(says(b"HTTP/1.1 200 OK\r\n" + rest)) as server:
        assert post(server.url, b"", deadline=soon()).body in (b"ok", b"")
    assert len(server.requests) == 1


def test_of_a_huge_answer_only_the_beginning_is_read() -> None:
    with serving(says(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 10_000_000)) as server:
        assert len(post(server.url, b"", deadline=soon(20)).body) < 200_000


def test_a_name_that_nobody_resolves_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *given, **options: over.wait())
    error = failure("http://nowhere.example" + PATH, SHORT)
    over.set()
    assert str(error).startswith("nowhere.example does not answer within 0.")


def test_an_address_that_is_silent_leaves_time_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(answers("200 OK")) as server, socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        fillers = []
        for _ in range(4):  # connections that nobody accepts: the next one gets no answer
            fillers.append(socket.socket())
            fillers[-1].setblocking(False)
            fillers[-1].connect_ex(full.getsockname())
        places = [full.getsockname(), ("127.0.0.1", server.port)]
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", place) for place in places]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *given, **options: found)
        assert post("http://two.example", b"", deadline=soon(3)).status == 200
        for one in fillers:
            one.close()


def test_nobody_there_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    assert str(failure(f"http://127.0.0.1:{port}{PATH}")) == f"127.0.0.1:{port}: Connection refused (3 attempts)"


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
def test_no_redirect_is_followed(status: str) -> None:
    with serving(answers("200 OK")) as other:
        with serving(answers(status, headers=f"Location: {other.url}{PATH}\r\n")) as server:
            error = failure(server.url + PATH)
        assert str(error) == f"127.0.0.1:{server.port} answers {status[:3]}, a redirect, and none is followed"
        assert not other.requests


def test_an_answer_that_repeats_the_request_gives_no_secret_away() -> None:
    repeats = f"no such path {PATH}, nor canary-bearer, nor T0SECRET1 alone, key canary-body"
    with serving(answers("400 Bad", repeats)) as server:
        error = failure(server.url + PATH, secrets=["canary-body"])
    assert "canary" not in str(error)
    assert "nor *** alone" in str(error)


def test_what_a_server_says_moves_no_cursor() -> None:
    with serving(answers("400 Bad", "\x1b[31mred\n::error::\u202e" + "x" * 1000)) as server:
        told = str(failure(server.url))
    assert "\x1b" not in told
    assert "\n" not in told
    assert len(told) < 300


@pytest.mark.parametrize(
    "url",
    [
        "",
        "canary-path-key",
        "ftp://host/canary",
        "http://",
        "http:///canary",
        "http://host:99999/canary",
        "http://host:x/canary",
        "http://[::1/canary",
        "http://ho st/canary",
        "http://host/can ary",
        "http://host/canary\r\nX-Evil: 1",
        "http://host/canäry",
        f"http://{'a' * 300}.example/canary",
        "http://a..example/canary",
        "file:///etc/passwd",
    ],
)
def test_what_is_no_url_is_refused_without_a_word_of_it(url: str) -> None:
    error = failure(url)
    assert "canary" not in str(error)
    assert "its URL" in str(error)


def test_a_secret_with_a_line_break_is_not_sent_and_not_said() -> None:
    with serving(answers("200 OK")) as server:
        with pytest.raises(PostError, match="the value of X-Key has a character that no header holds") as caught:
            post(server.url, b"", headers={"X-Key": "canary\r\nX-Evil: 1"}, deadline=soon())
        assert "canary" not in str(caught.value)
        assert not server.requests


def test_no_time_is_said() -> None:
    with serving(answers("200 OK")) as server:
        assert "does not answer within 0.0 s" in str(failure(server.url, -1))


def test_proxies_are_those_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(answers("200 OK")) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.replace("//", "//me:canary-proxy@"))
        monkeypatch.setenv("https_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "")
        assert post("http://service.example/a", b"x", deadline=soon()).status == 200
        assert proxy.requests[0].startswith(b"POST http://service.example/a HTTP/1.1\r\n")
        assert b"Proxy-Authorization: Basic " in proxy.requests[0]
        with pytest.raises(PostError):
            post("https://service.example/a", b"x", deadline=soon(SHORT))
        assert proxy.requests[1].startswith(b"CONNECT service.example:443 HTTP/1.1\r\n")
        assert b"canary" not in proxy.requests[1]
        with serving(answers("200 OK")) as server:
            post(server.url, b"x", deadline=soon())
            assert server.requests
            post(f"http://localhost:{server.port}", b"x", deadline=soon())
            assert len(server.requests) == 2
        assert len(proxy.requests) == 2


@pytest.mark.parametrize("listed", ["service.example", ".example", "*", "10.0.0.0/8"])
def test_hosts_without_proxy_are_those_of_the_environment(monkeypatch: pytest.MonkeyPatch, listed: str) -> None:
    from pytest_mlmonitor.core.network.exchange import address_of, proxy_of

    monkeypatch.setenv("http_proxy", "proxy.example:3128")
    monkeypatch.setenv("no_proxy", listed)
    host = "10.1.2.3" if "/" in listed else "service.example"
    assert proxy_of(address_of(f"http://{host}/")) is None
    assert listed == "*" or proxy_of(address_of("http://other.test/")) is not None


def test_a_proxy_that_repeats_its_password_gives_it_away_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "")
    repeats = "not me:canary-proxy, nor canary-proxy, nor bWU6Y2FuYXJ5LXByb3h5"
    with serving(answers("407 Who", repeats)) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.replace("//", "//me:canary-proxy@"))
        error = failure("http://service.example/a")
    assert str(error) == "service.example answers 407: not ***, nor ***, nor ***"


def test_a_proxy_of_another_kind_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "socks5://me:canary@127.0.0.1:1")
    error = failure("http://service.example/")
    assert str(error) == "service.example: the proxy that the environment names is none of HTTP"


def test_a_certificate_is_held_against_those_that_are_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = certificate(tmp_path)
    with serving(answers("200 OK"), tls=place) as server:
        error = failure(server.url + PATH)
        assert str(error) == f"127.0.0.1:{server.port}: its certificate is not trusted: self-signed certificate"
        assert not server.requests
        monkeypatch.setenv("SSL_CERT_FILE", str(place / "cert.pem"))
        assert post(server.url, b"x", deadline=soon()).status == 200
        named = server.url.replace("127.0.0.1", "localhost")
        assert "its certificate is not trusted: Hostname mismatch" in str(failure(named + PATH))


def test_tls_goes_through_a_proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(place / "cert.pem"))

    def tunnels(proxy: RawServer, connection: socket.socket) -> None:
        proxy.receive(connection)
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with socket.create_connection(("127.0.0.1", server.port)) as on:
            back = threading.Thread(target=pumped, args=(on, connection), daemon=True)
            back.start()
            pumped(connection, on)

    def pumped(source: socket.socket, to: socket.socket) -> None:
        while data := source.recv(65_536):
            to.sendall(data)

    with serving(answers("200 OK", "through"), tls=place) as server, serving(tunnels) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "")
        monkeypatch.setattr("pytest_mlmonitor.core.network.exchange.is_loopback", lambda host: False)
        assert post(server.url + PATH, b"x", deadline=soon()).body == b"through"
    assert b"canary" not in proxy.requests[0]
    with serving(answers("407 Who")) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        assert "the proxy refuses, with status 407" in str(failure("https://10.9.9.9" + PATH))


@pytest.mark.parametrize(
    "behaviour",
    [
        silent,
        drips(b"\x16\x03\x03\x40\x00" + b"x" * 0x4000, first=True),
        says(b"no TLS at all", first=True),
    ],
    ids=["silent", "drip", "other"],
)
def test_a_server_that_speaks_no_tls_is_given_up(behaviour: Callable[[RawServer, socket.socket], None]) -> None:
    with serving(behaviour) as server:
        error = failure(server.url.replace("http", "https") + PATH, SHORT)
    assert re.search(r"does not answer within 0\.\d s|no TLS: WRONG_VERSION_NUMBER", str(error))


def test_several_posts_at_once_take_as_long_as_one() -> None:
    with serving(silent) as dead, serving(answers("200 OK")) as alive:
        deadline = soon(SHORT)
        places = [dead, alive, dead, alive]
        results = at_once([lambda one=one: post(one.url, b"", deadline=deadline) for one in places], deadline + 0.5)  # type: ignore[misc]
    assert [isinstance(one, PostError) for one in results] == [True, False, True, False]


def test_work_that_hangs_is_left_to_itself() -> None:
    over = threading.Event()
    with pytest.raises(TooLate):
        done_by(soon(0.1), over.wait)
    over.set()
    with pytest.raises(ZeroDivisionError):
        done_by(soon(), lambda: 1 // 0)
    assert done_by(soon(), lambda: 1) == 1
