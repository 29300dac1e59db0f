"""A real PostgreSQL server, started on loopback and ended by the test that asks for it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

PASSWORD = "pw-canary/4711@x"  # noqa: S105
"""Of the server's user, with what must be encoded in a URL."""

_ENCODED = "pw-canary%2F4711%40x"


def _program(name: str) -> str:
    found = shutil.which(name) or next(
        (str(one) for one in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)), None
    )
    if found is None:
        if os.environ.get("REQUIRE_SERVICES"):
            pytest.fail(f"{name} of PostgreSQL is not installed, but REQUIRE_SERVICES is set")
        pytest.skip(f"{name} of PostgreSQL is not installed")
    return found


def _as_its_user() -> dict[str, object]:
    """Return how to start its programs, which refuse to run as root."""
    return {"user": "postgres", "group": "postgres", "extra_groups": []} if os.getuid() == 0 else {}


class PostgresServer:
    """A server that a test starts and stops."""

    def __init__(self, place: Path, encoding: str = "UTF8") -> None:
        self.place = place
        self._process: subprocess.Popen[bytes] | None = None
        self._schemas = 0
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            self.port = taken.getsockname()[1]
        (place / "password").write_text(PASSWORD)
        if os.getuid() == 0:
            for path in (place, place / "password"):
                shutil.chown(path, "postgres", "postgres")
        subprocess.run(
            [
                *(_program("initdb"), "-D", str(place / "data"), "-U", "monitor", "-A", "scram-sha-256", "-N"),
                *("--pwfile", str(place / "password"), "-E", encoding, "--locale=C"),
            ],
            check=True,
            capture_output=True,
            cwd=place,
            **_as_its_user(),  # type: ignore[call-overload]
        )

    def url(self, database: str = "postgres", **options: str) -> str:
        """Return the URL of a database."""
        more = "&".join(f"{name}={value}" for name, value in options.items())
        return f"postgresql://monitor:{_ENCODED}@127.0.0.1:{self.port}/{database}" + (f"?{more}" if more else "")

    def new_url(self) -> str:
        """Return the URL of a schema that nobody has used."""
        self._schemas += 1
        name = f"s{self._schemas}"
        self.execute(f"CREATE SCHEMA {name}")
        return self.url(options=f"-csearch_path%3D{name}")

    def execute(self, sql: str) -> list[tuple[object, ...]]:
        """Run one statement as an administrator."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []

    def start(self, settings: Mapping[str, str] = {}) -> None:
        """Start it, and return when it answers."""
        command = [_program("postgres"), "-D", str(self.place / "data"), "-p", str(self.port), "-k", str(self.place)]
        given = {"listen_addresses": "127.0.0.1", "fsync": "off", "lc_messages": "C", **settings}
        for name, value in given.items():
            command += ["-c", f"{name}={value}"]
        with open(self.place / "log", "ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=self.place,
                stdout=log,
                stderr=log,
                **_as_its_user(),  # type: ignore[call-overload]
            )
        deadline = time.monotonic() + 60
        while True:
            try:
                psycopg.connect(self.url(), connect_timeout=2).close()
            except psycopg.OperationalError as error:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError((self.place / "log").read_text()) from error
                time.sleep(0.05)
            else:
                return

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it: by SIGINT (others are disconnected), SIGQUIT (as if it crashed), and return when it is gone."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(how)
            process.wait(60)


@contextmanager
def postgres(encoding: str = "UTF8") -> Iterator[PostgresServer]:
    """Yield a server that runs."""
    pytest.importorskip("psycopg")
    place = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    try:
        server = PostgresServer(place, encoding)
        server.start()
        try:
            yield server
        finally:
            server.stop(signal.SIGQUIT)
    finally:
        shutil.rmtree(place, ignore_errors=True)
