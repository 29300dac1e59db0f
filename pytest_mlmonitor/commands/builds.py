"""Which builds the paths of a command are, and what the dataset that they are builds of is called. By names alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from pytest_mlmonitor.core.text.levels import stamp_of_path
from pytest_mlmonitor.core.text.stamps import dated
from pytest_mlmonitor.core.text.versions import family
from pytest_mlmonitor.tables.contract.meant import without_endings
from pytest_mlmonitor.tables.source.directories import is_table_directory
from pytest_mlmonitor.tables.source.hive import SUFFIXES, is_partition

_SAYS_NOTHING = re.compile(
    r"(?i)(?:part|parts|data|file|files|table|chunk|batch|shard|block|output|out|result|results|export|dump|snapshot|latest"
    r"|current|version|metadata|tmp|temp|v|build|builds|run|day|daily|c[0-9]{3}|[0-9a-f]{8,}|[0-9]+|[-_. ])+"
)
_UUID = re.compile(r"(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def builds_of(paths: Sequence[Path]) -> list[Path]:
    """Return the builds that lie at ``paths``, oldest first where all of them are dated, else in the order given.

    A directory whose tables are called by dates (``orders/2026-11-27.parquet``, ``orders/20261127/``) is as many builds; any
    other one is one table.
    """
    found = [build for path in paths for build in _below(path)]
    stamps = [stamp_of_path(list(path.resolve().with_name(without_endings(path.name)).parts)) for path in found]
    moments = [stamp.moment if stamp is not None else None for stamp in stamps]
    if all(moment is not None for moment in moments):
        order = sorted(range(len(found)), key=lambda i: (moments[i], str(found[i])))
        return [found[i] for i in order]
    return found


def _below(path: Path) -> Iterator[Path]:
    if not path.is_dir() or path.is_symlink() or is_table_directory(path):
        yield path
        return
    entries = sorted(entry for entry in path.iterdir() if entry.name[:1] not in "._" and _may_be_data(entry))
    apart = len(entries) > 1 or any(entry.is_dir() for entry in entries)
    if entries and apart and all(_is_dated(entry) for entry in entries):
        for entry in entries:
            yield from _below(entry)
    else:
        yield path


def _may_be_data(entry: Path) -> bool:
    return entry.name.endswith(SUFFIXES) or (entry.is_dir() and not entry.is_symlink() and not is_partition(entry.name))


def _is_dated(entry: Path) -> bool:
    name = without_endings(entry.name)
    return dated(name).stamp is not None or (entry.is_dir() and name.isdigit())


def name_of(builds: Sequence[Path]) -> tuple[str, list[str]]:
    """Return what the dataset is called, and the other names that its builds would give it.

    >>> name_of([Path("/lake/orders/dt=2026-11-27/part-0.parquet")]), name_of([Path("/lake/bikes_20261127.parquet")])
    (('orders', []), ('bikes', []))
    """
    names = list(dict.fromkeys(_name(build.resolve()) for build in builds))
    if len(names) == 1:
        return names[0], []
    above = {build.resolve().parent for build in builds}
    shared = _name(above.pop()) if len(above) == 1 else names[0]
    return shared, names


def _name(path: Path) -> str:
    """Return the first name from the inside out that is no date, no partition, and more than a number of a part."""
    for level in (path, *path.parents):
        own = without_endings(level.name)
        found = family(own) if dated(own).family else ""
        bare = _UUID.sub("", found).strip("-_. ")
        if bare and not is_partition(level.name) and not _SAYS_NOTHING.fullmatch(bare):
            return found
    return without_endings(path.name) or "dataset"
