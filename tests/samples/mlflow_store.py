"""The samples of MLflow as a test needs them: a copy that it may break."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

SAMPLES = Path(__file__).parent / "mlflow"
NOW = "2026-11-29T08:00:00Z"
"""The morning after the samples were made."""


def file_store(target: Path) -> Path:
    """Copy the file store to ``target``, which is returned without links."""
    shutil.copytree(SAMPLES / "mlruns", target)
    return target.resolve()


def database(target: Path) -> Path:
    """Make the database at ``target``, which is returned without links."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(target)) as connection:
        connection.executescript((SAMPLES / "tracking.sql").read_text(encoding="utf-8"))
    return target.resolve()


def change(target: Path, *statements: str) -> None:
    """Run statements on a database."""
    with closing(sqlite3.connect(target)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def run_called(store: Path, name: str) -> Path:
    """Return the directory of the run of that name in a file store."""
    return next(path.parent for path in store.glob("*/*/meta.yaml") if f"run_name: {name}\n" in path.read_text())


def edit(path: Path, old: str, new: str) -> None:
    """Replace a text that is there in a file."""
    text = path.read_text(encoding="utf-8")
    assert old in text, text
    path.write_text(text.replace(old, new), encoding="utf-8")
