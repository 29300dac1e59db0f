"""Writing the changed file: all or nothing, with the metadata that are true of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.files.atomic import atomically
from pytest_mlmonitor.core.text.times import STAMP, parse_stamp
from pytest_mlmonitor.inject.change import Change
from pytest_mlmonitor.inject.mutants.stored.embedded_figures import figures_of
from pytest_mlmonitor.inject.original import Original

STAMPED = re.compile(rf"(.*?)({STAMP.pattern})")


class Unwritable(Exception):
    """The target cannot be written; the message says why."""


def changed(source: Original, change: Change, names: Sequence[str] | None) -> Iterator[Any]:
    """Yield the changed row groups, all columns or some."""
    first = 0
    for group in range(source.file.num_row_groups):
        table = source.file.read_row_group(group, columns=names, use_threads=False)
        table.validate(full=True)
        if table.num_rows:
            yield change.apply(table, group, first)
        first += table.num_rows


def metadata_of(source: Original, change: Change, target: Path) -> dict[bytes, bytes]:
    """Return the schema metadata of the copy: the source's, with the figures that the change makes others."""
    import pyarrow as pa

    kept = dict(source.schema.metadata or {})
    if not change.keeps_names:
        kept.pop(b"pandas", None)  # it says which columns there are
    stamped = STAMPED.fullmatch(target.stem)
    if stamped and b"build_timestamp" in kept:
        try:
            parse_stamp(stamped.group(2))
            kept[b"build_timestamp"] = stamped.group(2).encode()
        except ValueError:
            pass  # digits, but no date
    roles = {"positive_rate": source.label, "station_count": source.entity}
    roles |= dict.fromkeys(("obs_ts_min", "obs_ts_max"), source.event_ts)
    stale = [k for k, name in roles.items() if k.encode() in kept and (change.drops_rows or name in change.columns)]
    if change.drops_rows and b"row_count" in kept:
        stale.append("row_count")
    if not stale or not change.keeps_names:
        return kept
    read = {roles[key] for key in stale if key in roles} | set(change.columns if change.drops_rows else ())
    needed = [name for name in source.schema.names if name in read]
    parts = list(changed(source, change, needed))
    whole = pa.concat_tables([part.replace_schema_metadata() for part in parts], promote_options="permissive")
    kept.update(figures_of(whole, {"label": source.label, "entity": source.entity, "event_ts": source.event_ts}, stale))
    return kept


def write(source: Original, change: Change, metadata: Mapping[bytes, bytes], target: Path) -> int:
    """Write the changed file, all or nothing, and return the number of its rows."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows, writer = 0, None
    with ExitStack() as stack:
        with _unwritable():
            out = stack.enter_context(atomically(target))
        for table in changed(source, change, None):
            with _unwritable():
                if writer is None:
                    schema = pa.schema(list(table.schema), dict(metadata) or None)
                    writer = pq.ParquetWriter(out, schema, write_page_checksum=True)
                    stack.callback(_close, writer)
                writer.write_table(pa.table(table.columns, schema=schema))
            rows += table.num_rows
        with _unwritable():
            if writer is not None:
                writer.close()
            stack.close()  # the target gets its name
    return rows


def _close(writer: Any) -> None:
    """Close a writer that is given up, while its file is open; left to itself it complains on stderr."""
    with suppress(OSError):
        writer.close()


@contextmanager
def _unwritable() -> Iterator[None]:
    """Tell what goes wrong with the target from what goes wrong with the source."""
    try:
        yield
    except OSError as error:
        raise Unwritable(error.strerror or str(error)) from None
