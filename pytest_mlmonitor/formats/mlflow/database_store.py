"""MLflow's store in an SQLite database: which tables and columns it takes, and what they say."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import quoted, safe, shown
from pytest_mlmonitor.formats.mlflow.store_values import is_no_moment, moment, rows_of, source_of, text
from pytest_mlmonitor.formats.mlflow.tracked import (
    CONTEXT,
    DELETED,
    DELETED_VERSION,
    TAGS,
    RegisteredModel,
    RegisteredVersion,
    TrackedInput,
    TrackedRun,
    TrackingStore,
)
from pytest_mlmonitor.formats.mlflow.tracking_database import FAILURES, NoDatabase, opened, said_of_database

MAX_RUNS = 20_000
"""The newest so many are read."""

_MARKS = frozenset({"runs", "experiments", "metrics"})
"""Tables that every version of MLflow has made."""

_COLUMNS = {
    "experiments": ("experiment_id", "name", "lifecycle_stage"),
    "runs": (
        "run_uuid",
        "name",
        "experiment_id",
        "status",
        "start_time",
        "end_time",
        "lifecycle_stage",
        "artifact_uri",
    ),
    "latest_metrics": ("run_uuid", "key", "value", "is_nan"),
    "tags": ("run_uuid", "key", "value"),
    "inputs": ("input_uuid", "source_type", "source_id", "destination_type", "destination_id"),
    "input_tags": ("input_uuid", "name", "value"),
    "datasets": ("dataset_uuid", "name", "digest", "dataset_source", "dataset_profile"),
    "logged_models": ("source_run_id", "name", "lifecycle_stage"),
    "registered_models": ("name",),
    "model_versions": (
        *("name", "version", "current_stage", "run_id", "source", "status"),
        *("creation_time", "last_updated_time"),
    ),
    "model_version_tags": ("name", "version", "key", "value"),
    "registered_model_aliases": ("name", "alias", "version"),
}
"""What is read, by table; a registry may be kept in a database of its own, without the tables of runs."""

_LATER = frozenset(
    {
        *("inputs", "input_tags", "datasets", "logged_models", "model_version_tags", "registered_model_aliases"),
        *("latest_metrics", "registered_models", "model_versions"),
    }
)
"""Tables that came with later versions of MLflow: that they are not there is no fault."""

_NEEDED = {
    "runs": ("run_uuid", "status"),
    "latest_metrics": ("run_uuid", "key", "value"),
    "tags": ("run_uuid", "key", "value"),
    "datasets": ("dataset_uuid",),
    "registered_models": ("name",),
    "model_versions": ("name", "version"),
    "model_version_tags": ("name", "version", "key"),
    "registered_model_aliases": ("name", "alias", "version"),
}
"""Without these nothing can be said of a row."""

_INFINITE = 1.7976931348623157e308
"""What MLflow writes for infinity, which the column cannot hold."""


def read_database(path: Path) -> TrackingStore | None:
    """Read the store in a database; None for one of something else. Never raises on bad data.

    Raises:
        NoDatabase: it cannot be read; the message follows its name.
        DamagedStore: likewise, and it is MLflow's.
    """
    with opened(path) as connection:
        tables = _Tables(connection)
        if not (tables.columns.keys() >= _MARKS or {"registered_models", "model_versions"} <= tables.columns.keys()):
            return None
        try:
            experiments = {str(one): (text(name), stage) for one, name, stage in tables.rows("experiments")}
            runs = _runs(path, tables, experiments)
            models = tuple(_models(path, tables))
            return TrackingStore(path, tuple(runs), models, tuple(_missing(path, tables, len(runs))), database=True)
        except FAILURES as error:
            raise DamagedStore(said_of_database(error)) from None


class DamagedStore(NoDatabase):
    """A database has the tables of MLflow, and they cannot be read."""


@dataclass
class _Tables:
    """The tables of a database that are read, in the order of the columns that are asked for; NULL for those that are not there.

    Attributes:
        columns: that are there, by table.
        missing: columns that are not, by table.
    """

    connection: sqlite3.Connection
    columns: dict[str, frozenset[str]] = field(default_factory=dict)
    missing: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        found = self.connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        there = {name for (name,) in found}
        for table in there & (_COLUMNS.keys() | _MARKS):
            said = self.connection.execute("SELECT name FROM pragma_table_info(?)", (table,))
            self.columns[table] = frozenset(name for (name,) in said)
        for table, wanted in _COLUMNS.items():
            if table in self.columns:
                self.missing[table] = [name for name in wanted if name not in self.columns[table]]

    def has(self, table: str) -> bool:
        """Return whether a table is there with all that tells its rows apart."""
        return table in self.columns and self.columns[table].issuperset(_NEEDED.get(table, ()))

    def rows(self, table: str, more: str = "", values: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a table; none of one that is not there, or lacks what tells its rows apart."""
        if not self.has(table):
            return
        there = self.columns[table]
        names = ", ".join(f'"{name}"' if name in there else f'NULL AS "{name}"' for name in _COLUMNS[table])
        # Only names of ours stand in the statement.
        yield from self.connection.execute(f'SELECT {names} FROM "{table}" {more}', values)  # noqa: S608


def _missing(path: Path, tables: _Tables, runs: int) -> Iterator[Finding]:
    if runs == MAX_RUNS:
        words = f"{path.name} holds {MAX_RUNS:,} runs or more: the newest of them are read, and links to older ones may dangle"
        yield Finding(Severity.WARNING, words, f"at most {MAX_RUNS:,} runs", None, None, shown(path))
    lost = [name for name in _COLUMNS if name not in tables.columns and name not in _LATER]
    wrong = [f"{table}.{name}" for table, names in tables.missing.items() for name in names]
    if lost or wrong:
        version = _revision(tables.connection)
        said = f" (its schema is of revision {quoted(version, 20)})" if version is not None else ""
        named = ", ".join([*(f"the table {name}" for name in lost), *wrong])
        words = f"{path.name} is of a version of MLflow that is not known{said}: without {named}, what they say is not checked"
        # Of a tracking store whose runs cannot be had nothing at all is judged.
        blind = not tables.has("runs") and not _MARKS.isdisjoint(tables.columns)
        severity = Severity.ERROR if blind else Severity.WARNING
        yield Finding(severity, words, "the tables of MLflow 1.0 to 3", named, None, shown(path))


def _revision(connection: sqlite3.Connection) -> str | None:
    try:
        found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except FAILURES:
        return None
    return text(found[0]) if found else None


def _runs(path: Path, tables: _Tables, experiments: Mapping[str, tuple[str | None, object]]) -> list[TrackedRun]:
    newest = "ORDER BY start_time DESC" if "start_time" in tables.columns.get("runs", ()) else ""
    rows = list(tables.rows("runs", f"{newest} LIMIT ?", (MAX_RUNS,)))
    known = {row[0] for row in rows}
    metrics: dict[str, dict[str, float]] = {}
    for run_id, key, value, is_nan in _latest(tables):
        if run_id in known and isinstance(key, str):
            metrics.setdefault(run_id, {})[key] = _value(value, is_nan)
    tags: dict[str, dict[str, str]] = {}
    for run_id, key, value in tables.rows("tags", f"WHERE key IN ({', '.join('?' * len(TAGS))})", TAGS):
        if run_id in known and isinstance(value, str):
            tags.setdefault(run_id, {})[key] = value
    inputs = _inputs(path, tables)
    logged: dict[str, list[str]] = {}
    for run_id, name, stage in tables.rows("logged_models"):
        if isinstance(run_id, str) and isinstance(name, str) and stage != DELETED:
            logged.setdefault(run_id, []).append(name)
    found = []
    for row in rows:
        run_id, name, experiment, status, started, ended, stage, uri = row
        called, stage_of_experiment = experiments.get(str(experiment), (None, None))
        if not isinstance(run_id, str) or not run_id.strip():
            continue
        problems = [
            Finding(
                Severity.ERROR,
                f"{field_name} is {quoted(value)}: expected milliseconds since 1970",
                "milliseconds since 1970",
                quoted(value),
                field_name,
                shown(path),
            )
            for field_name, value in (("start_time", started), ("end_time", ended))
            if is_no_moment(value)
        ]
        found.append(
            TrackedRun(
                run_id=run_id,
                path=path,
                name=text(name) or tags.get(run_id, {}).get("mlflow.runName"),
                experiment=called or text(experiment),
                status=text(status),
                deleted=DELETED in (stage, stage_of_experiment),
                started=moment(started),
                ended=moment(ended),
                metrics=metrics.get(run_id, {}),
                tags=tags.get(run_id, {}),
                artifact_uri=text(uri),
                inputs=tuple(inputs.get(run_id, ())),
                models=tuple(logged.get(run_id, ())),
                meta=dict(zip(_COLUMNS["runs"], row, strict=True)),
                problems=tuple(problems),
            )
        )
    return found


def _latest(tables: _Tables) -> Iterator[tuple[Any, ...]]:
    """Yield the last value of each metric; before MLflow 1.2 there is only the table of all of them."""
    if tables.has("latest_metrics"):
        yield from tables.rows("latest_metrics")
    elif tables.columns.get("metrics", frozenset()) >= {"run_uuid", "key", "value", "timestamp"}:
        nan = "is_nan" if "is_nan" in tables.columns["metrics"] else "0"
        order = "step, timestamp, value" if "step" in tables.columns["metrics"] else "timestamp, value"
        yield from tables.connection.execute(f"SELECT run_uuid, key, value, {nan} FROM metrics ORDER BY {order}")  # noqa: S608


def _value(value: object, is_nan: object) -> float:
    if is_nan or not isinstance(value, int | float):
        return math.nan
    if abs(value) >= _INFINITE:
        return math.copysign(math.inf, value)
    return float(value)


def _inputs(path: Path, tables: _Tables) -> dict[str, list[TrackedInput]]:
    datasets = {row[0]: row[1:] for row in tables.rows("datasets")}
    contexts = {
        one: text(value) for one, _, value in tables.rows("input_tags", "WHERE name = ?", (CONTEXT,)) if one is not None
    }
    found: dict[str, list[TrackedInput]] = {}
    for one, source_type, source, target_type, run_id in tables.rows("inputs"):
        if source_type == "DATASET" and target_type == "RUN" and source in datasets:
            name, digest, written, profile = datasets[source]
            found.setdefault(run_id, []).append(
                TrackedInput(
                    text(name), text(digest), source_of(written), rows_of(profile), contexts.get(one), shown(path)
                )
            )
    return found


def _models(path: Path, tables: _Tables) -> Iterator[RegisteredModel]:
    tags: dict[tuple[Any, Any], dict[str, str]] = {}
    for name, version, key, value in tables.rows("model_version_tags"):
        if isinstance(key, str) and isinstance(value, str):
            tags.setdefault((name, version), {})[key] = value
    versions: dict[str, list[RegisteredVersion]] = {
        text(name) or "": [] for (name,) in tables.rows("registered_models")
    }
    for name, version, stage, run_id, source, status, created, changed in tables.rows("model_versions"):
        number = text(version)
        if number is None or stage == DELETED_VERSION:
            continue
        versions.setdefault(text(name) or "", []).append(
            RegisteredVersion(
                model=text(name) or "",
                version=number,
                stage=text(stage),
                run_id=text(run_id),
                source=text(source),
                status=text(status),
                created=moment(created),
                changed=moment(changed),
                tags=tags.get((name, version), {}),
                location=shown(path),
            )
        )
    aliases: dict[str, dict[str, str]] = {}
    for name, alias, version in tables.rows("registered_model_aliases"):
        aliases.setdefault(text(name) or "", {})[safe(str(alias))] = text(version) or ""
    for name, held in versions.items():
        held.sort(key=lambda one: (len(one.version), one.version))
        yield RegisteredModel(name, path, tuple(held), aliases.get(name, {}))
