"""What hangs on a file that a mutant changes is asked anew, however deep its path lies in what is asked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.prove.unchanged_tables import UnchangedTables
from pytest_mlmonitor.tables.reader.isolated import IsolatedReader

TABLE, OTHER = Path("/lake/table.parquet"), Path("/lake/parts/0.parquet")


@dataclass(frozen=True)
class Reference:
    path: Path


@pytest.mark.parametrize(
    "held", [OTHER, [(OTHER,)], {"reference": OTHER}, frozenset({OTHER}), Reference(OTHER)], ids=repr
)
def test_a_changed_file_is_never_answered_from_memory(monkeypatch: pytest.MonkeyPatch, held: Any) -> None:
    asked: list[object] = []

    def call(_: object, function: str, path: object, *rest: object) -> list[str]:
        asked.append((function, path, *rest))
        return ["an answer"]

    monkeypatch.setattr(IsolatedReader, "call", call)
    reader = UnchangedTables(1 << 30)
    reader.call("scan", TABLE, held).append("changed by whoever got it")
    assert reader.call("scan", TABLE, held) == ["an answer"]
    assert len(asked) == 1
    for changed in (OTHER, TABLE, OTHER.parent):
        reader.changed = frozenset({changed})
        reader.call("scan", TABLE, held)
    assert len(asked) == 3, "what lies below a path that is asked for counts, not what lies above it"
