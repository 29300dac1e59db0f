"""Large tables, sampled evenly: every k-th row of all versions of a family, with metadata that are true of these rows."""

from __future__ import annotations

import math
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.artifact import ArtifactRef, NotChecked
from pytest_mlmonitor.core.text.words import size
from pytest_mlmonitor.datasets.views import Datasets
from pytest_mlmonitor.inject.mutants.material import Material
from pytest_mlmonitor.inject.mutants.mutant import FileContent
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.links.closure import Closure
from pytest_mlmonitor.links.in_force import Contracts
from pytest_mlmonitor.links.superseded import Superseded
from pytest_mlmonitor.tables.reader.client import TableReader

ROWS = 20_000
"""Rows of the newest version that are kept: faults of 1 % are 200 rows, and a table is judged in a tenth of a second."""

TABLE_BYTES = 512 << 20
"""A table that is larger is not read to be sampled, nor copied as it is."""


@dataclass
class SampledTables:
    """What is copied in the place of large tables.

    Attributes:
        files: of the sampled ones, by their original paths.
        left: files and directories of tables that are too large to be copied.
        reasons: of these, as (artifact, reason).
    """

    files: dict[Path, FileContent] = field(default_factory=dict)
    left: set[Path] = field(default_factory=set)
    reasons: list[tuple[str, str]] = field(default_factory=list)


def sampled_tables(platform: Platform, kept: Set[ArtifactRef]) -> SampledTables:
    """Return samples of the tables that are too large to be judged hundreds of times.

    All versions of a family keep the same share of their rows, so that their sizes compare as before. A table that other artifacts
    know by its bytes or its rows (a digest, predictions of its rows, foreign keys, a report that counts them) is not sampled.

    Args:
        platform: the original artifacts.
        kept: those that are copied.
    """
    superseded = platform.view(Superseded)
    done: set[ArtifactRef] = set()
    found = SampledTables()
    for dataset in platform.view(Datasets).all:
        if dataset.ref not in kept or dataset.ref in done or dataset.data_path is None:
            continue
        members = [one for one in superseded.versions(dataset) or [dataset] if one.ref in kept]
        done.update(one.ref for one in members)
        rows = max((_rows(platform, one) for one in members), default=0)
        if rows > ROWS:
            _sample(platform, members, math.ceil(rows / ROWS), found)
    return found


def _sample(platform: Platform, members: Sequence[Any], step: int, found: SampledTables) -> None:
    """Add the samples of a family, or of none of it: what is judged against one another is alike."""
    large = [one for one in members if _bytes(one.data_path) > TABLE_BYTES]
    files: dict[Path, FileContent] = {}
    reason: str | None = next((why for one in members if (why := _known_by_rows(platform, one)) is not None), None)
    if reason is None and not large:
        try:
            for one in members:
                material = Material(platform)  # its own: only one table is held at a time
                table = material.table(one)
                files.update(material.written(one, table.take(list(range(0, table.num_rows, step)))))
        except NotChecked as refused:
            reason, files = str(refused), {}
    found.files.update(files)
    for one in large:
        found.left.add(one.data_path)
        why = reason or "more than is read to be sampled"
        found.reasons.append(
            (f"{one.ref.kind} {one.ref.name}", f"too large to be copied ({size(_bytes(one.data_path))}): {why}")
        )


def _rows(platform: Platform, dataset: Any) -> int:
    try:
        return int(platform.view(TableReader).head(dataset.data_path).rows)
    except Exception:  # whatever it is, it is said of the copy
        return 0


def _known_by_rows(platform: Platform, dataset: Any) -> str | None:
    """Return why a table cannot be sampled: who knows it by its bytes or its rows; None where nobody does."""
    if dataset.digests:
        return "it is known by its digest"
    contracts = platform.view(Contracts)
    if any(table.relationships for one in platform.view(Datasets).all for table in contracts.tables(one)):
        return "contracts here have foreign keys"
    for edge in platform.view(Closure).to(dataset):
        if edge.link.digest is not None or edge.link.rows is not None:
            return f"{edge.source.ref.kind} {edge.source.ref.name} knows it by its bytes or the number of its rows"
    beside = (ref for ref, one in platform.artifacts if ref.root == dataset.ref.root and speaks_of_rows(one))
    return next((f"{ref.kind} {ref.name} speaks of its rows" for ref in beside), None)


def speaks_of_rows(artifact: Any) -> bool:
    """Return whether an artifact is about the rows of the dataset with its stamp, as a trainer writes it."""
    return hasattr(artifact, "stamp") or hasattr(artifact, "run_timestamp")


def _bytes(path: Path) -> int:
    if path.is_dir():
        return sum(one.stat().st_size for one in path.rglob("*") if one.is_file())
    return path.stat().st_size
