"""A drifted copy of a dataset, made on purpose: the proof that a suite turns red when the data do.

Every kind of drift is a change of one row group at a time, drawn from generators that are seeded by (seed, row group,
column): the same call makes the same file, and reading some columns gives the same values as reading all.
"""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from pytest_mlmonitor.contracts.dataset import STAMP, family, parse_stamp
from pytest_mlmonitor.contracts.table import Column, TableContract
from pytest_mlmonitor.contracts.training_dataset import TABLE_CONTRACTS
from pytest_mlmonitor.files import Refused, open_regular
from pytest_mlmonitor.model import Dataset
from pytest_mlmonitor.names import quoted
from pytest_mlmonitor.outputs.files import publish
from pytest_mlmonitor.read.platform import Platform, of_artifact
from pytest_mlmonitor.scan.isolated import IsolatedReader
from pytest_mlmonitor.scan.parquet import head_of, opened
from pytest_mlmonitor.scan.unreadable import Unreadable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Kind = Literal["covariate", "label", "concept", "missing_values", "schema", "categorical", "temporal"]
KINDS: tuple[Kind, ...] = get_args(Kind)

DEVIATIONS = 2.0
"""A covariate shift of intensity 1 is two standard deviations. At the default of 0.3 a normal feature moves by 0.6 of
them: D = 2Φ(0.3) − 1 = 0.24 and PSI = 0.6² = 0.36, beyond the gates of specification 2.5 (0.1 and 0.2). One standard
deviation would give 0.12 and 0.09: no more than a warning."""

CATEGORIES = 32
"""An integer column with at most so many values is a category: hours, days of a month, flags."""

_STAMPED = re.compile(rf"(.*?)({STAMP.pattern})")
_UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_MAX_ALLOWED = 1000
"""A contract's integer range is looked through for a value never seen when it is at most so wide."""


@dataclass(frozen=True)
class Injection:
    """What was done to the copy.

    Attributes:
        kind: which drift.
        intensity: how much of it, over 0 to 1.
        columns: the columns whose values, names or types differ from the source.
        rows: rows in the copy.
        what: the same in a sentence.
    """

    kind: Kind
    intensity: float
    columns: tuple[str, ...]
    rows: int
    what: str


@dataclass(frozen=True)
class _Change:
    """A change of the file as a function of (table, row group, index of its first row) that takes any of its columns."""

    columns: tuple[str, ...]
    what: str
    apply: Callable[[Any, int, int], Any]
    drops_rows: bool = False
    keeps_names: bool = True


@dataclass(frozen=True)
class _Source:
    """The open source, and which of its columns is what."""

    file: Any
    seed: int
    intensity: float
    wanted: tuple[str, ...]
    label: str | None
    entity: str | None
    event_ts: str | None
    contract: TableContract | None

    @property
    def schema(self) -> Any:
        return self.file.schema_arrow

    def column(self, name: str) -> Any:
        """Return the values of a column, one array."""
        return self.file.read(columns=[name], use_threads=False).column(name).combine_chunks()

    def promised(self, name: str) -> Column:
        """Return what the contract says of a column, an empty promise where it says nothing."""
        return (self.contract.column(name) if self.contract else None) or Column(name)

    def features(self, suits: Callable[[str], bool], what: str) -> tuple[str, ...]:
        """Return the columns the caller named, or every feature that suits.

        Raises:
            ValueError: a column that was named does not suit, or no feature does.
        """
        for name in self.wanted:
            if not suits(name):
                raise ValueError(f"column {quoted(name)} is {self.schema.field(name).type}: expected {what}")
        keys = {self.label, self.entity, self.event_ts, *(self.contract.key if self.contract else ())}
        found = self.wanted or tuple(n for n in self.schema.names if n not in keys and suits(n))
        if not found:
            raise ValueError(f"no feature is {what}")
        return found

    def is_time(self, name: str) -> bool:
        import pyarrow as pa

        return bool(pa.types.is_temporal(self.schema.field(name).type))

    def is_number(self, name: str) -> bool:
        import pyarrow as pa

        kind = self.schema.field(name).type
        return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))

    def is_quantity(self, name: str) -> bool:
        """Return whether a column is a number that is not a category; a named column need only be a number."""
        return self.is_number(name) and (name in self.wanted or not self.is_category(name))

    def is_category(self, name: str) -> bool:
        import pyarrow as pa
        import pyarrow.compute as pc

        kind = self.schema.field(name).type
        kind = kind.value_type if pa.types.is_dictionary(kind) else kind
        if pa.types.is_integer(kind):
            return bool(pc.count_distinct(self.column(name)).as_py() <= CATEGORIES)
        return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_boolean(kind))

    def generator(self, name: str, group: int) -> np.random.Generator:
        """Return the random numbers of one column in one row group."""
        import numpy as np

        return np.random.default_rng([self.seed, group, self.schema.names.index(name)])


def inject_drift(
    source: Path,
    target: Path,
    kind: Kind,
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
            found = _Source(file, seed, intensity, wanted, label, entity, event_ts, contract)
            change = _CHANGES[kind](found)
            metadata = _metadata(found, change, target)
            rows = _write(found, change, metadata, target)
    except Unreadable as error:
        raise ValueError(f"{source}: {error}") from None
    except _Unwritable as error:
        raise ValueError(f"{target}: cannot be written ({error})") from None
    except ValueError as error:
        raise ValueError(f"{source}: {error}") from None
    return Injection(kind, intensity, change.columns, rows, change.what)


class _Unwritable(Exception):
    """The target cannot be written; the message says why."""


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


def drifted(
    dataset: Dataset,
    directory: Path,
    kind: Kind,
    *,
    intensity: float = 0.3,
    seed: int = 0,
    columns: Sequence[str] | None = None,
    reader: IsolatedReader | None = None,
) -> Dataset:
    """Return a drifted later version of ``dataset``, on a platform of its own whose only other artifact is the original.

    The original is copied to ``directory``; the drifted version beside it is built a little later, in time for the
    evaluation, so that the original is the previous version of its family and with that its reference.

    Args:
        dataset: a dataset in one parquet file, as a :class:`Platform` read it; its policy and evaluation time are used.
        directory: an empty or new directory.
        kind: see :func:`inject_drift`, as of the next three.
        intensity: how much.
        seed: the same seed makes the same file.
        columns: the columns to change.
        reader: the process that opens parquet files, for several platforms to share.

    Raises:
        ValueError: see :func:`inject_drift`; or the dataset has no build time, or more or less than one file.
    """
    platform = of_artifact(dataset)
    original, built_at = dataset.data_path, dataset.built_at
    if original is None or not original.is_file():
        raise ValueError(f"{dataset.ref.name}: has no parquet file of its own; a drifted copy is made of one")
    if built_at is None:
        raise ValueError(f"{dataset.ref.name}: built_at is missing, so that no version can be later")
    waited = (platform.now - built_at).total_seconds()
    later = (built_at + timedelta(seconds=min(max(waited // 2, 1), 60))).astimezone(UTC).replace(microsecond=0)
    stamp = later.strftime("%Y%m%d_%H%M%S")
    stamped = _STAMPED.fullmatch(original.stem)
    copy = directory / original.name
    target = directory / (f"{stamped.group(1)}{stamp}.parquet" if stamped else f"{original.stem}-drifted.parquet")
    directory.mkdir(parents=True, exist_ok=True)
    try:
        with open_regular(original) as source, open(copy, "xb") as out:
            shutil.copyfileobj(source, out)
    except Refused as refusal:
        raise ValueError(f"{original}: {refusal}") from None
    done = inject_drift(
        copy,
        target,
        kind,
        intensity=intensity,
        seed=seed,
        columns=columns,
        label=dataset.target,
        entity=dataset.entity,
        event_ts=dataset.event_ts,
        contract=platform.contract_of(dataset),
    )
    if dataset.sidecar is not None:
        name = target.stem if stamped and dataset.dataset_name == original.stem else dataset.dataset_name
        _sidecar(copy, dataset, path=copy.name)
        moment = later.isoformat()
        fields = {"dataset_name": name, "dataset_version": moment, "built_at": moment}
        _sidecar(target, dataset, path=target.name, row_count=done.rows, **fields)
    made = Platform([directory], platform.settings, platform.now, reader=reader)
    return next(d for _, d in made.artifacts if isinstance(d, Dataset) and d.data_path == target.resolve())


def _sidecar(data: Path, dataset: Dataset, **fields: object) -> None:
    document = json.dumps({**(dataset.document or {}), **fields}, indent=2)
    data.with_name(f"{data.stem}_dataset_metadata.json").write_text(document, encoding="utf-8")


# The kinds.


def _covariate(source: _Source) -> _Change:
    suited = source.features(source.is_quantity, "a number")
    steps = {name: step for name in suited if (step := _step(source, name))}
    if not steps:
        raise ValueError(f"{_listed(suited)}: every value is the same, there is no deviation to move by")
    apply = partial(_each, {name: _moving(source, name, step) for name, step in steps.items()})
    return _Change(tuple(steps), f"{_listed(tuple(steps))} moved up by {_by(source)}", apply)


def _label(source: _Source) -> _Change:
    import pyarrow.compute as pc

    name = _role(source, "label")
    if set(source.wanted) - {name}:
        raise ValueError(f"a label drift changes the label {name}, no other column: expected label, not columns")
    seen = pc.value_counts(pc.drop_null(source.column(name))).to_pylist()
    counts = {row["values"]: row["counts"] for row in seen}
    if len(counts) > CATEGORIES and source.is_number(name):
        moving = _moving(source, name, _step(source, name))
        return _Change((name,), f"{name} moved up by {_by(source)}", partial(_each, {name: moving}))
    if not counts:
        raise ValueError(f"{name}: has no values")
    is_bool = all(isinstance(value, bool) for value in counts)
    to = (is_bool or 1) if set(counts) <= {0, 1} else _rarest(counts)
    if not set(counts) - {to}:
        raise ValueError(f"{name}: every label is {to!r} already")
    what = f"{source.intensity:.0%} of the other labels became {to!r}"
    return _Change((name,), f"{name}: {what}", partial(_each, {name: _replacing(source, name, to)}))


def _concept(source: _Source) -> _Change:
    import numpy as np

    name = _role(source, "label")
    codes, present = _codes(source, name)
    anchors = source.features(source.is_number, "a number")
    strongest, anchor, usable = 0.0, "", present
    for feature in anchors[:1] if source.wanted else anchors:
        values, there = _floats(source.column(feature))
        both = there & present
        if both.sum() > 1 and np.ptp(values[both]) and np.ptp(codes[both]):
            r = float(np.corrcoef(values[both], codes[both])[0, 1])
            if not anchor or abs(r) > abs(strongest):
                strongest, anchor, usable = r, feature, both
    if not anchor:
        raise ValueError(f"{name} follows no feature: one of them has the same value throughout")
    rng = source.generator(name, 0)
    chosen = np.flatnonzero(_pick(usable, source.intensity, rng))
    values = _floats(source.column(anchor))[0][chosen] * (1 if strongest >= 0 else -1)
    # Where the feature spoke for the label most, the label is now least likely; ties in random order.
    ascending = chosen[np.lexsort((rng.random(len(chosen)), values))]
    descending = chosen[np.argsort(-codes[chosen], kind="stable")]
    origin = np.arange(len(codes))
    origin[ascending] = descending
    dealt = source.column(name).take(origin)

    def deal(column: Any, _group: int, first: int) -> Any:
        return dealt.slice(first, len(column))

    what = f"{name} turned against {anchor} (correlation {strongest:+.2f}) in {source.intensity:.0%} of the rows"
    return _Change((name,), what, partial(_each, {name: deal}))


def _missing_values(source: _Source) -> _Change:
    suited = source.features(lambda name: not source.is_time(name) or name in source.wanted, "no time")

    def blank(name: str, column: Any, group: int, _first: int) -> Any:
        mask = _pick(column.is_valid().to_numpy(zero_copy_only=False), source.intensity, source.generator(name, group))
        return _put(column, mask, None)

    what = f"{source.intensity:.0%} of the values of {_listed(suited)} became null"
    return _Change(suited, what, partial(_each, {name: partial(blank, name) for name in suited}))


def _schema(source: _Source) -> _Change:
    if source.wanted:
        renamed, retyped = source.wanted[0], source.wanted[1:]
        for name in retyped:
            if not source.is_number(name):
                raise ValueError(f"column {quoted(name)} is {source.schema.field(name).type}: expected a number")
    else:
        numbers = source.features(source.is_number, "a number")
        if len(numbers) < 2:
            raise ValueError("a schema drift needs two numeric features: one to rename, one to change the type of")
        rng = source.generator(numbers[0], 0)
        renamed, other = (numbers[int(i)] for i in rng.choice(len(numbers), 2, replace=False))
        retyped = (other,)
    new = f"{renamed}_v2"
    while new in source.schema.names:
        new += "_v2"

    def change(table: Any, _group: int, _first: int) -> Any:
        import pyarrow as pa

        for name in retyped:
            if name in table.column_names:
                at = table.column_names.index(name)
                table = table.set_column(at, pa.field(name, pa.string()), table.column(name).cast(pa.string()))
        return table.rename_columns([new if name == renamed else name for name in table.column_names])

    what = f"{renamed} is now called {new}"
    what += f", {_listed(retyped)} {'is' if len(retyped) == 1 else 'are'} now string" if retyped else ""
    return _Change((renamed, *retyped), what, change, keeps_names=False)


def _categorical(source: _Source) -> _Change:
    import pyarrow as pa

    suited = source.features(source.is_category, f"a category (strings, booleans, integers of ≤ {CATEGORIES} values)")
    changes, whats = {}, []
    for name in suited:
        kind = source.schema.field(name).type
        kind = kind.value_type if pa.types.is_dictionary(kind) else kind
        if pa.types.is_boolean(kind) or pa.types.is_integer(kind):
            to = _unseen(source, name)
            changes[name] = _replacing(source, name, to)
            whats.append(f"{name} = {to}")
        else:
            changes[name] = partial(_prefix, source, name)
            whats.append(f"{name} = drift_…")
    what = f"{source.intensity:.0%} of the values became {_listed(tuple(whats))}"
    return _Change(suited, what, partial(_each, changes))


def _temporal(source: _Source) -> _Change:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    times = source.wanted or (_role(source, "event_ts"),)
    for name in times:
        if not pa.types.is_timestamp(source.schema.field(name).type):
            raise ValueError(f"column {quoted(name)} is {source.schema.field(name).type}: expected a timestamp")
    clock = source.event_ts if source.event_ts in times else times[0]
    unit = _UNITS[source.schema.field(clock).type.unit]
    ends = pc.min_max(source.column(clock).cast(pa.int64())).as_py()
    low, high = ends["min"], ends["max"]
    if low is None or high - low < unit:
        raise ValueError(f"{clock}: holds no range of time to move by")
    later = math.ceil(source.intensity * (high - low) / unit)  # seconds
    gap = source.intensity / 2
    start = low + int((high - low) * source.generator(clock, 0).uniform(0.1, 0.9 - gap))
    end = start + int((high - low) * gap)

    def change(table: Any, _group: int, _first: int) -> Any:
        moments = table.column(clock).cast(pa.int64()).combine_chunks().fill_null(low).to_numpy(zero_copy_only=False)
        table = table.filter(pa.array((moments <= start) | (moments >= end)))
        for name in set(times) & set(table.column_names):
            field = table.schema.field(name)
            step = later * _UNITS[field.type.unit]
            column = table.column(name).cast(pa.int64()).combine_chunks()
            valid = column.is_valid().to_numpy(zero_copy_only=False)
            moved = np.minimum(column.fill_null(0).to_numpy(), np.iinfo(np.int64).max - step) + step
            table = table.set_column(
                table.column_names.index(name), field, pa.array(moved, pa.int64(), mask=~valid).cast(field.type)
            )
        return table

    what = f"{_listed(times)} moved {later:,} s later; a gap of {(end - start) // unit:,} s of {clock} holds no rows"
    return _Change(times, what, change, drops_rows=True)


_CHANGES: Mapping[Kind, Callable[[_Source], _Change]] = {
    "covariate": _covariate,
    "label": _label,
    "concept": _concept,
    "missing_values": _missing_values,
    "schema": _schema,
    "categorical": _categorical,
    "temporal": _temporal,
}


# Values.


def _each(changes: Mapping[str, Callable[[Any, int, int], Any]], table: Any, group: int, first: int) -> Any:
    """Return ``table`` with every column of ``changes`` that it has replaced."""
    for at, name in enumerate(table.column_names):
        if name in changes:
            column = changes[name](table.column(name).combine_chunks(), group, first)
            table = table.set_column(at, table.schema.field(at).with_nullable(True), column)
    return table


def _step(source: _Source, name: str) -> float:
    """Return by how much a number moves: whole for an integer, 0 for one that never varies."""
    import numpy as np
    import pyarrow as pa

    values, there = _floats(source.column(name))
    deviation = float(np.std(values[there])) if there.any() else 0.0
    step = source.intensity * DEVIATIONS * deviation
    if not math.isfinite(step):
        return 0.0
    return max(1, round(step)) if step and pa.types.is_integer(source.schema.field(name).type) else step


def _moving(source: _Source, name: str, step: float) -> Callable[[Any, int, int], Any]:
    import numpy as np
    import pyarrow as pa

    values, there = _floats(source.column(name))
    low, high = _bounds(
        source.promised(name), bool(there.any() and values[there].min() >= 0 and values[there].max() <= 1)
    )
    whole = pa.types.is_integer(source.schema.field(name).type)

    def move(column: Any, _group: int, _first: int) -> Any:
        valid = column.is_valid().to_numpy(zero_copy_only=False)
        numbers = column.fill_null(0).to_numpy(zero_copy_only=False)
        if whole:
            most = np.iinfo(numbers.dtype)
            moved = np.minimum(numbers, most.max - int(step)) + numbers.dtype.type(step)
            moved = np.clip(
                moved, max(math.ceil(max(low, most.min)), most.min), min(int(min(high, most.max)), most.max)
            )
        else:
            moved = np.clip(numbers + numbers.dtype.type(step), low, high)
        return pa.array(moved.astype(numbers.dtype), column.type, mask=~valid)

    return move


def _bounds(column: Column, share: bool) -> tuple[float, float]:
    """Return the least and the greatest value that the contract allows; a share stays within 0 and 1 without one."""
    numbers = [v for v in column.values or () if isinstance(v, int | float)]
    lows = [v for v in (column.minimum, min(numbers, default=None)) if isinstance(v, int | float)]
    highs = [v for v in (column.maximum, max(numbers, default=None)) if isinstance(v, int | float)]
    lows += [math.nextafter(column.above, math.inf)] if isinstance(column.above, int | float) else []
    highs += [math.nextafter(column.below, -math.inf)] if isinstance(column.below, int | float) else []
    if share and not lows and not highs:
        return 0.0, 1.0
    return max(lows, default=-math.inf), min(highs, default=math.inf)


def _replacing(source: _Source, name: str, to: object) -> Callable[[Any, int, int], Any]:
    import pyarrow.compute as pc

    def replace(column: Any, group: int, _first: int) -> Any:
        other = pc.fill_null(pc.not_equal(_plain(column), to), False).to_numpy(zero_copy_only=False)
        return _put(column, _pick(other, source.intensity, source.generator(name, group)), to)

    return replace


def _prefix(source: _Source, name: str, column: Any, group: int, _first: int) -> Any:
    """Return strings, some of which now begin with ``drift_``."""
    import pyarrow as pa
    import pyarrow.compute as pc

    plain = _plain(column)
    mask = _pick(plain.is_valid().to_numpy(zero_copy_only=False), source.intensity, source.generator(name, group))
    prefix = pa.scalar("drift_", plain.type)
    made = pc.if_else(pa.array(mask), pc.binary_join_element_wise(prefix, plain, pa.scalar("", plain.type)), plain)
    return made.dictionary_encode() if pa.types.is_dictionary(column.type) else made


def _put(column: Any, mask: NDArray[np.bool_], value: object) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    plain = _plain(column)
    made = pc.if_else(pa.array(mask), pa.scalar(value, plain.type), plain)
    return made.dictionary_encode() if pa.types.is_dictionary(column.type) else made


def _plain(column: Any) -> Any:
    import pyarrow as pa

    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def _pick(eligible: NDArray[np.bool_], share: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Return a mask of exactly the share of those eligible, rounded up: a small file drifts too."""
    import numpy as np

    rows = np.flatnonzero(eligible)
    mask = np.zeros(len(eligible), dtype=bool)
    mask[rng.choice(rows, math.ceil(share * len(rows)), replace=False)] = True
    return mask


def _floats(column: Any) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the numbers of a column, and where they are neither null, NaN nor infinite."""
    import numpy as np

    values = column.fill_null(0).to_numpy(zero_copy_only=False).astype(np.float64)
    return values, np.isfinite(values) & column.is_valid().to_numpy(zero_copy_only=False)


def _codes(source: _Source, name: str) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return a label as numbers in the order of its values, and where it has one."""
    import numpy as np

    if source.is_number(name):
        return _floats(source.column(name))
    values = _plain(source.column(name)).to_pylist()
    rank = {value: float(i) for i, value in enumerate(sorted({v for v in values if v is not None}))}
    return np.array([rank.get(v, 0.0) for v in values]), np.array([v is not None for v in values])


def _rarest(counts: Mapping[Any, int]) -> Any:
    return min(counts, key=lambda value: (counts[value], str(value)))


def _unseen(source: _Source, name: str) -> Any:
    """Return the rarest value that the contract allows, never seen if there is one; without a contract a new value."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column, promised = source.column(name), source.promised(name)
    counts = {row["values"]: row["counts"] for row in pc.value_counts(pc.drop_null(column)).to_pylist()}
    if not counts:
        raise ValueError(f"{name}: has no values")
    low, high = promised.minimum, promised.maximum
    if pa.types.is_boolean(column.type):
        allowed: Sequence[Any] = (False, True)
    elif promised.values is not None:
        allowed = promised.values
    elif isinstance(low, int) and isinstance(high, int) and high - low <= _MAX_ALLOWED:
        allowed = range(low, high + 1)
    else:
        allowed = (max(counts) + 1,)
    return _rarest({value: counts.get(value, 0) for value in allowed})


def _role(source: _Source, role: Literal["label", "event_ts"]) -> str:
    name: str | None = getattr(source, role)
    if name is None:
        raise ValueError(f"which column is the {role} is not known: name it ({role})")
    return name


def _by(source: _Source) -> str:
    return f"{source.intensity * DEVIATIONS:g} standard deviations"


def _listed(names: Sequence[str], most: int = 4) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


# The file.


def _changed(source: _Source, change: _Change, names: Sequence[str] | None) -> Iterator[Any]:
    """Yield the changed row groups, all columns or some."""
    first = 0
    for group in range(source.file.num_row_groups):
        table = source.file.read_row_group(group, columns=names, use_threads=False)
        table.validate(full=True)
        if table.num_rows:
            yield change.apply(table, group, first)
        first += table.num_rows


def _metadata(source: _Source, change: _Change, target: Path) -> dict[bytes, bytes]:
    """Return the schema metadata of the copy: the source's, with the figures that the change makes others."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kept = dict(source.schema.metadata or {})
    if not change.keeps_names:
        kept.pop(b"pandas", None)  # it says which columns there are
    stamped = _STAMPED.fullmatch(target.stem)
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
    parts = list(_changed(source, change, needed))
    whole = pa.concat_tables([part.replace_schema_metadata() for part in parts], promote_options="permissive")
    for key in stale:
        if key == "row_count":
            kept[b"row_count"] = str(whole.num_rows).encode()
            continue
        column = whole.column(roles[key])
        if key == "positive_rate":
            if (source.is_number(roles[key] or "")) and (mean := pc.mean(column).as_py()) is not None:
                kept[b"positive_rate"] = f"{mean:.4f}".encode()
        elif key == "station_count":
            kept[b"station_count"] = str(pc.count_distinct(column).as_py()).encode()
        elif (moment := pc.min_max(column)[key.rsplit("_", 1)[1]].as_py()) is not None:
            kept[key.encode()] = str(moment).encode()
    return kept


def _write(source: _Source, change: _Change, metadata: Mapping[bytes, bytes], target: Path) -> int:
    """Write the changed file, all or nothing, and return the number of its rows."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows, writer = 0, None
    with _unwritable():
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            for table in _changed(source, change, None):
                with _unwritable():
                    if writer is None:
                        schema = pa.schema(list(table.schema), dict(metadata) or None)
                        writer = pq.ParquetWriter(out, schema, write_page_checksum=True)
                    writer.write_table(pa.table(table.columns, schema=schema))
                rows += table.num_rows
            with _unwritable():
                if writer is not None:
                    writer.close()
                out.flush()
        with _unwritable():
            umask = os.umask(0)
            os.umask(umask)
            os.chmod(temporary, 0o666 & ~umask)  # mkstemp makes files that only we may read
            publish(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return rows


@contextmanager
def _unwritable() -> Iterator[None]:
    """Tell what goes wrong with the target from what goes wrong with the source."""
    try:
        yield
    except OSError as error:
        raise _Unwritable(error.strerror or str(error)) from None
