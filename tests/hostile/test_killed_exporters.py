"""What is decided and told with the store and a file: killed in between, the next run finishes it, and does nothing twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pytest_mlmonitor.core.policy.load import load
from pytest_mlmonitor.core.record import ExportReport
from pytest_mlmonitor.core.store.sqlite_store import SqliteStore
from pytest_mlmonitor.outputs.alerts.alert_export import export_alerts
from pytest_mlmonitor.outputs.export import ExportContext, ExportOptions
from pytest_mlmonitor.outputs.retraining.retrain_export import export_retraining

from .test_killed_writers import Judged, judged, killed_everywhere, whole_lines

__all__ = ["judged"]

LATER = "later"
CLOCK = datetime(2026, 4, 28, 14, 1, tzinfo=UTC)


def exporting(
    judged: Judged,
    export: Callable[[ExportContext], Iterable[ExportReport]],
) -> Callable[[Path], None]:
    """Return what lets an exporter tell of a run into a directory, with a store beside it."""
    record, platform = judged

    def work(place: Path) -> None:
        (place / "out").mkdir(exist_ok=True)
        store = SqliteStore(place / "store" / "store.db")
        # Two minutes later nobody waits any more for a run that was killed.
        clock = CLOCK + timedelta(minutes=2) if (place / LATER).exists() else CLOCK
        with closing(store):
            context = ExportContext(
                record, platform, load(), store, place / "out", place, ExportOptions(), {}, clock, complete=True
            )
            problems = [one.problem for one in export(context) if one.problem is not None]
        assert problems == []

    return work


def rows(place: Path, table: str, column: str) -> list[str]:
    store = SqliteStore(place / "store" / "store.db")
    with closing(store):
        found = store.transaction(lambda transaction: transaction.run(f"SELECT {column} FROM {table}"))  # noqa: S608
    assert store.notices == []
    return sorted(value for (value,) in found)


def keys_of(files: Iterable[Path]) -> list[str]:
    return sorted(json.loads(path.read_text())["idempotency_key"] for path in files)


def test_decisions_to_train_again(tmp_path: Path, judged: Judged) -> None:
    def after(place: Path) -> None:
        kept = rows(place, "decision", "key")
        assert set(keys_of((place / "out").rglob("[!.]*.json"))) <= set(kept), "no file without a decision"

    def again(place: Path) -> None:
        kept = rows(place, "decision", "key")
        assert len(kept) == 1
        assert keys_of((place / "out").rglob("[!.]*.json")) == kept

    (tmp_path / "before").mkdir()
    with closing(SqliteStore(tmp_path / "before" / "store" / "store.db")) as store:
        store.transaction(lambda transaction: None)
    killed_everywhere(tmp_path, exporting(judged, export_retraining), after, again)


def told(place: Path) -> list[tuple[str, str]]:
    """Return the keys and states of what stands in the outbox."""
    found, torn = whole_lines(place / "out" / "alerts.ndjson")
    assert torn <= 1
    return sorted((one["key"], one["state"]) for one in found if isinstance(one, dict))


def test_alerts(tmp_path: Path, judged: Judged) -> None:
    """Nothing is lost; what the dead run had told, and nobody had time to note, is told a second time."""
    (tmp_path / "reference").mkdir()
    exporting(judged, export_alerts)(tmp_path / "reference")
    expected = told(tmp_path / "reference")
    assert len(expected) >= 2
    before: list[tuple[str, str]] = []

    def after(place: Path) -> None:
        (place / LATER).touch()
        before[:] = told(place)
        assert set(before) <= set(expected)

    def again(place: Path) -> None:
        found = told(place)
        assert set(found) == set(expected)
        assert len(found) <= len(expected) + len(before)

    (tmp_path / "before").mkdir()
    with closing(SqliteStore(tmp_path / "before" / "store" / "store.db")) as store:
        store.transaction(lambda transaction: None)
    killed_everywhere(tmp_path, exporting(judged, export_alerts), after, again)
