"""A store of each kind: what one does, the other does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pytest_mlmonitor.core.store.database import Store
from pytest_mlmonitor.core.store.postgres.postgres_store import PostgresStore
from pytest_mlmonitor.core.store.sqlite_store import SqliteStore
from tests.services.postgres_server import PostgresServer, postgres


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A server that all tests of this process share, each with a schema of its own."""
    with postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty store is: a path or a URL, as another process can be told it."""
    if request.param == "sqlite":
        return str(tmp_path / "store.db")
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return server.new_url()


@pytest.fixture
def new_place(place: str, request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Makes further places of the same kind."""
    if not place.startswith("postgresql:"):
        numbers = iter(range(10_000))
        return lambda: str(tmp_path / f"store{next(numbers)}.db")
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return server.new_url


@pytest.fixture
def store(place: str) -> Iterator[Store]:
    """An empty store."""
    with_name = store_at(place)
    yield with_name
    with_name.close()


def store_at(place: str) -> Store:
    """Return the store at a place."""
    return PostgresStore(place, "STORE_URL") if place.startswith("postgresql:") else SqliteStore(Path(place))
