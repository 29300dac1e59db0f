"""The store that the policy names: one place for the plugin and every command."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from pytest_mlmonitor.core.memory.patience import Patience
from pytest_mlmonitor.core.policy.outlets.secret_values import secret, why_missing
from pytest_mlmonitor.core.policy.places import PolicyError, store_file
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.store.database import Store, StoreUnusable, T, Transaction


def open_store(
    settings: Settings,
    file_of_policy: Path | None,
    patience: Patience | None = None,
    environ: Mapping[str, str] = os.environ,
    roots: Iterable[Path] = (),
) -> Store | None:
    """Return the store: PostgreSQL where the policy has ``store_env``, else a file; None where the policy has none.

    Nothing is opened, made or connected before the first transaction. A store that cannot be had, because its variable is not set,
    is one whose transactions say so.

    Args:
        settings: the policy.
        file_of_policy: where it is written.
        patience: how long to wait in all for whoever else has the store; five seconds by default.
        environ: variables.
        roots: of artifacts beside those that the policy declares; absolute, without links.

    Raises:
        PolicyError: the policy has it lie inside an artifact root.
    """
    variable = settings.store_env
    if variable is not None:
        url = secret(variable, environ)
        if url is None:
            return MissingStore(f"PostgreSQL ({variable})", f"the variable {variable} {why_missing(variable, environ)}")
        from pytest_mlmonitor.core.store.postgres.postgres_store import PostgresStore

        return PostgresStore(url, variable, patience)
    path = store_path(settings, file_of_policy, [*roots, *_declared(settings)])
    if path is None:
        return None
    from pytest_mlmonitor.core.store.sqlite_store import SqliteStore

    return SqliteStore(path, patience)


def store_path(settings: Settings, file_of_policy: Path | None, roots: Iterable[Path]) -> Path | None:
    """Return where the store's file is, None where the policy has none; never inside an artifact root.

    Raises:
        PolicyError: the policy says so.
    """
    asked = settings.store or settings.state
    return outside("store", store_file(settings.store, settings.state, file_of_policy), asked, roots)


def outside(key: str, file: Path | None, asked: Path | None, roots: Iterable[Path]) -> Path | None:
    """Return the place of a file that we write, None where it lies inside an artifact root and nobody asked for it.

    Raises:
        PolicyError: somebody did.
    """
    if file is None or not any(file.resolve().is_relative_to(root) for root in roots):
        return file
    if asked is None:
        return None
    raise PolicyError(f"{key} = {file} lies inside an artifact root, which is never written to")


def _declared(settings: Settings) -> list[Path]:
    return [Path(one).resolve() for one in settings.artifacts]


class MissingStore:
    """A store that cannot be had.

    Attributes:
        name: as it is shown to people.
        notices: none.
        problem: why it cannot be had.
    """

    def __init__(self, name: str, problem: str) -> None:
        self.name = name
        self.notices: list[str] = []
        self.problem = problem

    def transaction(self, work: Callable[[Transaction], T]) -> T:  # noqa: ARG002
        """Raise ``StoreUnusable``.

        Raises:
            StoreUnusable: always.
        """
        raise StoreUnusable(self.problem)

    def close(self) -> None:
        """Close nothing."""
