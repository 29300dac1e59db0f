"""SageMaker's captures found without declaration, by the mark in the first line: all files of one variant are one log.

Layout: ``<endpoint>/<variant>/yyyy/mm/dd/hh/<uuid>.jsonl``; files that lie otherwise are one log a directory.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pytest_mlmonitor.core.adapter import Adapter, Mark, Reading
from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.policy.sources.source_keys import Source
from pytest_mlmonitor.core.sources.sourced import Sourced
from pytest_mlmonitor.formats.capture import SAGEMAKER, is_capture
from pytest_mlmonitor.predictions.model import DeclaredLog, Predictions

_HOUR = re.compile(r"[0-9]{4}/[0-9]{2}/[0-9]{2}/[0-9]{2}")

MOST = 5_000
"""Directories of files of lines that are looked into."""


def read(ref: ArtifactRef, reading: Reading) -> Predictions | None:
    """Return the captures of the variant whose newest file is ``ref.path``; None where they are something else."""
    if not is_capture(ref.path):
        return None
    files = tuple(sorted({ref.path, *_groups(reading).get(_home(ref.path, ref.root), ())}))
    reading.discovery.take(files)
    home = _home(ref.path, ref.root)
    endpoint = ".".join(home.parts[-2:]) if home != ref.path.parent else ref.path.parent.name
    named = ArtifactRef(ref.kind, ref.path, endpoint, ref.root)
    source = Source(kind="predictions", path=("*",), format=SAGEMAKER.name)
    return Predictions(
        named,
        data_path=ref.path,
        log=True,
        declared=DeclaredLog(Sourced(SAGEMAKER.name, source, named, endpoint, files=files)),
    )


def _late(reading: Reading) -> Iterator[Mark]:
    """Yield the newest file of every variant, and of every other directory whose files are captures."""
    return (Mark(newest) for newest in _newest(reading) if is_capture(newest))


def _newest(reading: Reading) -> Iterator[Path]:
    return (max(files) for files in list(_groups(reading).values())[:MOST])


def _groups(reading: Reading) -> dict[Path, list[Path]]:
    found: dict[Path, list[Path]] = {}
    discovery = reading.discovery
    for path in discovery.files:
        if path.suffix == ".jsonl" and path in discovery.regular and path not in discovery.claimed:
            found.setdefault(_home(path, discovery.root), []).append(path)
    return found


def _home(path: Path, root: Path) -> Path:
    """Return the directory of the variant that a file is of, else its own."""
    hour = path.parent
    above = hour.parents[3] if len(hour.parents) > 3 else hour
    if above.is_relative_to(root) and _HOUR.fullmatch(hour.relative_to(above).as_posix()):
        return above
    return hour


SAGEMAKER_CAPTURE = Adapter("predictions", "sagemaker_capture", read, looks_into=_newest, late=_late)
