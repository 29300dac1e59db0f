"""Child processes of ours: which module they run, and with which environment."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.child import LITTLE_SPACE, ONE_THREAD, start_child

CODE = "import json, os, sys; print(json.dumps([sys.argv[1:], sys.stdin.read(), dict(os.environ), sys.path]))"


@pytest.fixture(autouse=True)
def _without(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ONE_THREAD | LITTLE_SPACE:
        monkeypatch.delenv(name, raising=False)


def _said(place: Path, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    place.mkdir()
    (place / "tells.py").write_text(CODE, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(place))
    told, _ = start_child("tells", "one", "two", stdin=subprocess.PIPE).communicate(b"in")
    said: list[Any] = json.loads(told)
    return said


def test_it_runs_the_module_with_its_words_and_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _said(tmp_path / "a", monkeypatch)[:2] == [["one", "two"], "in"]


def test_blas_gets_one_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = _said(tmp_path / "a", monkeypatch)[2]
    assert {name: environment.get(name) for name in ONE_THREAD} == dict.fromkeys(ONE_THREAD, "1")
    assert not set(ONE_THREAD) & set(os.environ)
    assert {name: environment.get(name) for name in LITTLE_SPACE} == LITTLE_SPACE


@pytest.mark.parametrize("name", sorted(ONE_THREAD | LITTLE_SPACE))
def test_what_the_user_set_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "3")
    assert _said(tmp_path / "a", monkeypatch)[2][name] == "3"


def test_the_current_directory_is_not_imported_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit(9)", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert str(tmp_path) not in _said(tmp_path / "a", monkeypatch)[3]
