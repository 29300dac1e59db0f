"""The store that the policy names, for the plugin and every command."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_mlmonitor.core.open_store import open_store
from pytest_mlmonitor.core.policy.load import load
from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.store.database import StoreUnusable
from pytest_mlmonitor.core.store.postgres.postgres_store import PostgresStore
from pytest_mlmonitor.core.store.sqlite_store import SqliteStore


@pytest.fixture(autouse=True)
def _there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def policy(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "mlmonitor.toml"
    file.write_text(text)
    return file


def test_without_a_policy_file_there_is_none() -> None:
    assert open_store(load(), None, environ={}) is None


def test_by_default_it_is_a_file_beside_the_policy(tmp_path: Path) -> None:
    file = policy(tmp_path, "")
    store = open_store(load(file), file, environ={})
    assert isinstance(store, SqliteStore)
    assert store.path == tmp_path / ".mlmonitor" / "store.db"


def test_it_never_lies_in_a_root(tmp_path: Path) -> None:
    file = policy(tmp_path, 'artifacts = ["."]')
    assert open_store(load(file), file, environ={}) is None, "nobody asked for that place"
    assert open_store(load(policy(tmp_path, "")), file, environ={}, roots=[tmp_path]) is None
    file = policy(tmp_path, 'artifacts = ["."]\nstore = "kept.db"')
    with pytest.raises(PolicyError, match="never written to"):
        open_store(load(file), file, environ={})


def test_a_variable_names_a_database(tmp_path: Path) -> None:
    file = policy(tmp_path, 'store_env = "STORE_URL"\nstore = "kept.db"')
    store = open_store(load(file), file, environ={"STORE_URL": "postgresql://u:p@localhost/d"})
    assert isinstance(store, PostgresStore)
    assert store.name == "PostgreSQL (STORE_URL)"


@pytest.mark.parametrize("environ", [{}, {"STORE_URL": " "}, {"STORE_URL_FILE": "/nowhere"}])
def test_a_variable_that_is_not_set_is_said_and_no_file_is_used_instead(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    file = policy(tmp_path, 'store_env = "STORE_URL"')
    store = open_store(load(file), file, environ=environ)
    assert store is not None
    with pytest.raises(StoreUnusable, match=r"the variable STORE_URL is (not set|empty)"):
        store.transaction(lambda transaction: transaction.run("SELECT 1"))
    store.close()
    assert [one.name for one in tmp_path.iterdir()] == ["mlmonitor.toml"]
