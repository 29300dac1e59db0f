"""The copy: one drift of one file, from its arguments to what was done."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.core.text.versions import family
from pytest_mlmonitor.datasets.builtin import TABLE_CONTRACTS
from pytest_mlmonitor.inject.change import Change
from pytest_mlmonitor.inject.drift_kinds import KINDS, DriftKind, Injection
from pytest_mlmonitor.inject.features import categorical, covariate, missing_values
from pytest_mlmonitor.inject.file import Unwritable, metadata_of, write
from pytest_mlmonitor.inject.label_drift import concept, label_drift
from pytest_mlmonitor.inject.original import Original
from pytest_mlmonitor.inject.schema import schema_drift
from pytest_mlmonitor.inject.temporal import temporal
from pytest_mlmonitor.tables.contract.table import TableContract
from pytest_mlmonitor.tables.source.parquet import head_of, opened
from pytest_mlmonitor.tables.unreadable import Unreadable

_CHANGES: Mapping[DriftKind, Callable[[Original], Change]] = {
    "covariate": covariate,
    "label": label_drift,
    "concept": concept,
    "missing_values": missing_values,
    "schema": schema_drift,
    "categorical": categorical,
    "temporal": temporal,
}


def inject_drift(
    source: Path,
    target: Path,
    kind: DriftKind,
    *,
    intensity: float = 0.3,
    seed: int = 0,
    columns: Sequence[str] | None = None,
    label: str | None = None,
    entity: str | None = None,
    event_ts: str | None = None,
    contract: TableContract | None = None,
    force: bool = False,
) -> Injection:
    """Write a copy of a parquet dataset that has drifted in one way.

    ====================  ==============================================================================================
    kind                  what ``intensity`` is
    ====================  ==============================================================================================
    ``covariate``         numeric features move up by intensity × 2 standard deviations, within the contract's bounds
    ``label``             the share of negatives that become positive (other labels: of rows that move to the rarest class;
                          a continuous label moves like a feature)
    ``concept``           the share of rows among which labels are dealt anew, against the feature they follow most
                          closely; every column keeps its distribution
    ``missing_values``    the share of values that become null
    ``schema``            nothing: one column is renamed, one becomes a string
    ``categorical``       the share of values that become ``drift_…`` (strings) or one value never seen (integers)
    ``temporal``          the share of the time range by which the event time moves later; half as much becomes a gap
    ====================  ==============================================================================================

    Embedded build metadata are kept; figures among them that the drift changes are computed anew, so that the drift is the
    only fault. Where the target's name ends in a build timestamp, the embedded one becomes the same.

    Args:
        source: a parquet file; it is only read.
        target: the file to write; its directory is made.
        kind: which drift.
        intensity: how much, above 0 and at most 1.
        seed: the same seed makes the same file.
        columns: the columns to change; by default every feature that suits (concept: the feature that labels follow).
        label: the column of the label; by default that of the contract.
        entity: the column of the entity; likewise.
        event_ts: the column of the event time; likewise.
        contract: what bounds the values; by default the built-in one of the file's family, if there is one.
        force: whether an existing target is replaced.

    Raises:
        ValueError: the source is no sound parquet file, holds nothing that could drift so, or the target may not be
            written; the message names the file or the argument.
    """
    if kind not in KINDS:
        raise ValueError(f"kind {quoted(kind)} is unknown: expected one of {', '.join(KINDS)}")
    if not 0 < intensity <= 1:
        raise ValueError(f"intensity is {intensity!r}: expected a number above 0 and at most 1")
    if seed < 0:
        raise ValueError(f"seed is {seed!r}: expected an integer ≥ 0")
    if target.resolve() == source.resolve():
        raise ValueError(f"{target}: is the source, which is never changed")
    if os.path.lexists(target) and (not force or target.is_dir()):
        raise ValueError(f"{target}: exists")
    contract = contract or TABLE_CONTRACTS.get(family(source.stem)) or TABLE_CONTRACTS.get(family(target.stem))
    wanted = tuple(dict.fromkeys(columns or ()))
    given = [name for name in (label, entity, event_ts) if name]
    if contract is not None:
        label, entity, event_ts = label or contract.target, entity or contract.entity, event_ts or contract.event_ts
    try:
        with opened(source) as file:
            _refuse_odd(file, (*wanted, *given))
            names = file.schema_arrow.names
            label, entity, event_ts = (name if name in names else None for name in (label, entity, event_ts))
            found = Original(file, seed, intensity, wanted, label, entity, event_ts, contract)
            change = _CHANGES[kind](found)
            metadata = metadata_of(found, change, target)
            rows = write(found, change, metadata, target)
    except Unreadable as error:
        raise ValueError(f"{source}: {error}") from None
    except Unwritable as error:
        raise ValueError(f"{target}: cannot be written ({error})") from None
    except ValueError as error:
        raise ValueError(f"{source}: {error}") from None
    return Injection(kind, intensity, change.columns, rows, change.what)


def _refuse_odd(file: Any, named: Sequence[str]) -> None:
    head = head_of(file)
    if not head.rows:
        raise ValueError("holds no rows")
    for name in head.names:
        if head.names.count(name) > 1:
            raise ValueError(f"column {quoted(name)} occurs {head.names.count(name)} times")
    for name in named:
        if name not in head.names:
            raise ValueError(f"no column is called {quoted(name)}")
