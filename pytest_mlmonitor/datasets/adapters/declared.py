"""Reading a dataset that a declared source found (specification 8)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pytest_mlmonitor.core.adapter import Adapter, Reading
from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.editing import EditedFiles, Editing
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.sources.sourced import Sourced
from pytest_mlmonitor.core.text.names import quoted, shown
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.datasets.sourced.chunks import chunks_of
from pytest_mlmonitor.datasets.sourced.embedded_builds import with_embedded
from pytest_mlmonitor.datasets.sourced.readiness import markers, readiness
from pytest_mlmonitor.datasets.sourced.source_times import SourceTimes
from pytest_mlmonitor.datasets.sourced.table_place import TABLE_FORMATS, table_place
from pytest_mlmonitor.datasets.sourced.told_fields import SourceDocuments, Told, told
from pytest_mlmonitor.datasets.sourced.version_order import order_of, spellings, version_text
from pytest_mlmonitor.tables.reader.client import TableReader
from pytest_mlmonitor.tables.source.hive import SUFFIXES


def read(ref: ArtifactRef) -> Dataset:
    """Return a dataset of which nothing but its place is known: only sources find such."""
    return Dataset(ref, path=str(ref.path), data_path=ref.path, described=False)


def from_source(sourced: Sourced, reading: Reading) -> Iterator[Dataset]:
    """Yield the dataset that a source found; of a table that grows (``chunk``) one for each of its newest spans of time."""
    reader = reading.view(TableReader)
    said = told(sourced, reading.view(SourceDocuments))
    dataset = _dataset(sourced, said)
    no_table = _no_table(sourced)
    if no_table is not None:
        yield replace(dataset, unreadable=(no_table,))
        return
    settings = reading.platform.settings_of(sourced.ref, dataset)
    times = SourceTimes(sourced, reader)
    reading.discovery.claimed.update(reading.discovery.regular.intersection(markers(times)))
    ready = readiness(times, _limit(settings), reading.now)
    if ready.pending is not None:
        yield replace(dataset, pending=ready.pending, built=times.by_path())
        return
    place = table_place(sourced, ready.files)
    built, wrong = times.built(place, said.values.get("built_at"), said.ends.get("built_at"), ready.dates)
    dataset = replace(
        dataset,
        data_path=place,
        built=built,
        built_at=built.start if built is not None else None,
        violations=(*dataset.violations, *ready.findings, *wrong),
    )
    if sourced.source.chunk is None:
        yield with_embedded(dataset, reader)
    else:
        yield from chunks_of(dataset, sourced, reader, settings, reading.now)


def _dataset(sourced: Sourced, said: Told) -> Dataset:
    """Return a dataset by its names and what documents say."""
    values = said.values
    digest = values.get("digest", ())
    return Dataset(
        ref=sourced.ref,
        violations=said.findings,
        dataset_name=sourced.family,
        dataset_version=values.get("dataset_version") or version_text(sourced.version),
        path=str(sourced.ref.path),
        row_count=values.get("row_count"),
        feature_count=values.get("feature_count"),
        target=sourced.source.target or values.get("target"),
        entity=sourced.source.entity or values.get("entity"),
        event_ts=sourced.source.event_ts or values.get("event_ts"),
        schema_version=values.get("schema_version"),
        document=said.document,
        described=bool(said.mapped),
        digests=(digest,) if isinstance(digest, str) else tuple(digest),
        commit=values.get("commit"),
        order=order_of(sourced.version),
        versions=spellings(sourced.version),
        mapped=said.mapped,
        told_at=said.location if said.mapped else None,
        source=sourced.name,
    )


def _limit(settings: Settings) -> float | None:
    """Return the age from which a dataset is STALE, where somebody set one."""
    freshness = settings.freshness
    if freshness.off or not freshness.said:
        return None
    return freshness.limit if freshness.limit is not None else freshness.warn_after


def _no_table(sourced: Sourced) -> Finding | None:
    """Return why what a source found cannot be read as a table, None where it may be one."""
    form, name = sourced.source.format, sourced.ref.path.name
    if form is not None and form not in TABLE_FORMATS:
        words = f'format = "{form}" is no format of tables'
    elif form is None and not name.lower().endswith(SUFFIXES) and not sourced.ref.path.is_dir():
        words = f"{quoted(name)} is no table that is read"
    else:
        return None
    message = (
        f"source.{sourced.name}: {words}: expected {', '.join(TABLE_FORMATS)}; rows in JSON lines or CSV are no table: "
        'write them as parquet, or say kind = "predictions" where they are a log of predictions'
    )
    return Finding(Severity.ERROR, message, ", ".join(TABLE_FORMATS), quoted(name), "format", shown(sourced.ref.path))


def _edit(dataset: Dataset, editing: Editing) -> EditedFiles:
    from pytest_mlmonitor.datasets.edited.edited_sourced import edited_sourced

    return edited_sourced(dataset, editing)


DECLARED = Adapter("dataset", "declared", read, from_source=from_source, edit=_edit)
