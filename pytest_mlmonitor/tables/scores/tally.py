"""Counting how right and how sure predictions were, batch after batch: nothing is kept of a row.

Labels, predicted classes and scores come as float64 arrays, NaN where a value is missing; classes that are text come as codes
of one :class:`Vocabulary`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pytest_mlmonitor.tables.arrays.comparable import floats
from pytest_mlmonitor.tables.arrays.vectors import Floats
from pytest_mlmonitor.tables.families import NUMERIC, family_of
from pytest_mlmonitor.tables.scores.class_names import class_name
from pytest_mlmonitor.tables.scores.scores import BINS, MAX_CLASSES, Bin, ScoreKind, Scores
from pytest_mlmonitor.tables.source.source import source
from pytest_mlmonitor.tables.unreadable import Unreadable

if TYPE_CHECKING:
    import pyarrow as pa


EDGES = np.arange(1, BINS) / BINS
"""Inner edges; a score on one belongs to the bin below it, zero to the first."""

SMALLEST = float(np.finfo(np.float64).eps)
"""Where ``sklearn.metrics.log_loss`` clips the probabilities that it takes the logarithm of."""


def scores_of(path: Path, label: str, predicted: str, score: str) -> Scores:
    """Judge a file that holds the labels itself, in one pass.

    Args:
        path: the parquet file.
        label: column of what came true …
        predicted: … of the class predicted …
        score: … and of the probability of class 1.

    Raises:
        Unreadable: it is no sound parquet file or lacks a column.
    """
    names = [label, predicted, score]
    with source(path) as table:
        present(table.schema, names)
        tally = Tally(has_text(table.schema.field(name).type for name in names[:2]))
        for batch in table.batches(names):
            tally.add(tally.values(batch.column(0)), tally.values(batch.column(1)), numbers(batch.column(2)))
    return tally.scores(of_positive=True)


class Vocabulary:
    """Codes of classes that are text, the same for labels and predictions."""

    def __init__(self) -> None:
        """Know no class yet."""
        self.names: list[str] = []
        self._codes: dict[str, int] = {}

    def learn(self, names: Iterable[str]) -> None:
        """Give codes to classes, in their order."""
        for name in names:
            self._codes.setdefault(name, len(self.names))
            self.names.append(name)

    def code(self, name: str) -> float:
        """Return the code of a class, one that no value has when it did not occur."""
        return float(self._codes.get(name, -1))

    def codes(self, array: pa.Array | pa.ChunkedArray) -> Floats:
        """Return a code for every value, NaN for null and for blank text.

        Raises:
            Unreadable: there are too many different ones to be classes.
        """
        import pyarrow.compute as pc

        array = decoded(array)
        distinct = array.unique()
        found = []
        for value in distinct.to_pylist():
            absent = value is None or (isinstance(value, float) and math.isnan(value))
            name = "" if absent else class_name(value)
            if name and name not in self._codes:
                self._codes[name] = len(self.names)
                self.names.append(name)
                if len(self.names) > 2 * MAX_CLASSES:
                    raise Unreadable(f"holds more than {MAX_CLASSES:,} classes")
            found.append(float(self._codes[name]) if name else np.nan)
        index = pc.index_in(array, value_set=distinct)
        return np.asarray(found, np.float64)[plain(index).astype(np.int64)] if len(array) else np.zeros(0)


class Tally:
    """Counts of labelled predictions.

    What a score means shows only in the end (see :meth:`scores`), so it is counted in every meaning: as the probability of
    class 1, as the confidence in the predicted class, and as the confidence that follows from that probability.
    """

    def __init__(self, text: bool) -> None:
        """Count nothing yet; with ``text`` labels and classes go through one vocabulary."""
        self.vocabulary = Vocabulary() if text else None
        self._rows = self._labelled = self._scored = 0
        self._cells: Counter[tuple[float, float]] | None = Counter()
        self._squared, self._fourth = 0.0, 0.0  # of numbers
        self._contrary = self._unsure = self._impossible = 0
        self._log_loss = 0.0
        self._positive, self._chosen, self._folded = _Reliability(), _Reliability(), _Reliability()

    def values(self, array: Any) -> Floats:
        """Return labels or predicted classes as :meth:`add` takes them."""
        return numbers(array) if self.vocabulary is None else self.vocabulary.codes(array)

    def add(self, label: Floats, predicted: Floats, score: Floats) -> None:
        """Count rows: arrays of one length."""
        self._rows += len(label)
        there = np.isfinite(label) & np.isfinite(predicted)
        label, predicted, score = label[there], predicted[there], score[there]
        self._labelled += len(label)
        self._count(label, predicted)
        if self.vocabulary is None:
            with np.errstate(over="ignore"):
                squares = (predicted - label) ** 2
                self._squared += float(squares.sum())
                self._fourth += float((squares**2).sum())
        sure = (score >= 0) & (score <= 1)
        label, predicted, score = label[sure], predicted[sure], score[sure]
        positive, chosen = label == self._code_of("1"), predicted == self._code_of("1")
        self._scored += len(score)
        known = chosen | (predicted == self._code_of("0"))
        self._contrary += int(np.count_nonzero(((score >= 0.5) != chosen) & known))
        self._unsure += int(np.count_nonzero(score < 0.5))
        self._positive.add(score, positive)
        self._folded.add(np.where(chosen, score, 1 - score), label == predicted)
        self._chosen.add(score, label == predicted)
        likely = np.where(positive, score, 1 - score)
        self._impossible += int(np.count_nonzero(likely == 0))
        self._log_loss -= float(np.log(np.clip(likely, SMALLEST, 1 - SMALLEST)).sum())

    def scores(self, *, of_positive: bool | None = None) -> Scores:
        """Return what was counted.

        Args:
            of_positive: whether a score is the probability of class 1; without it the values say so. Of classes 0 and 1 they
                are, where ``predicted == (score >= 0.5)`` holds in every row; where that does not hold and none is below
                one half, they are confidences in the predicted class; otherwise another threshold was used on the
                probability of class 1. Of other classes a score is always the confidence in the predicted one.
        """
        cells = self._named()
        kind = self._kind(cells)
        if of_positive is None:
            of_positive = not self._contrary or bool(self._unsure)
        of_positive = of_positive and kind == "binary"
        judged = self._positive if of_positive else self._chosen
        return Scores(
            self._rows,
            self._labelled,
            kind,
            tuple(sorted((label, predicted, rows) for (label, predicted), rows in cells.items())),
            self._scored,
            of_positive,
            judged.bins() if self._scored and kind != "numbers" else (),
            self._squared if kind == "numbers" else judged.squared,
            self._fourth if kind == "numbers" else judged.fourth,
            self._log_loss if of_positive else None,
            self._impossible,
            float((self._folded if of_positive else judged).sums.sum()),
            self._folded.bins() if self._scored and of_positive else (),
        )

    def _count(self, label: Floats, predicted: Floats) -> None:
        if self._cells is None or not len(label):
            return
        if self.vocabulary is None and (np.any(label % 1) or np.any(predicted % 1)):
            self._cells = None  # numbers, not classes
            return
        if np.all((label == 0) | (label == 1)) and np.all((predicted == 0) | (predicted == 1)):
            # hardly any file holds other classes
            for cell, rows in enumerate(np.bincount((2 * label + predicted).astype(np.int64), minlength=4)):
                self._cells[float(cell // 2), float(cell % 2)] += int(rows)
        else:
            pairs, counts = np.unique(label + 1j * predicted, return_counts=True)
            for pair, rows in zip(pairs.tolist(), counts.tolist(), strict=True):
                self._cells[pair.real, pair.imag] += rows
        if len({value for cell in self._cells for value in cell}) > 2 * MAX_CLASSES:
            self._cells = None

    def _named(self) -> dict[tuple[str, str], int]:
        def name(value: float) -> str:
            return class_name(value) if self.vocabulary is None else self.vocabulary.names[int(value)]

        return {(name(a), name(b)): rows for (a, b), rows in (self._cells or {}).items() if rows}

    def _kind(self, cells: dict[tuple[str, str], int]) -> ScoreKind:
        if self._cells is None:
            return "numbers"
        both, predicted = {"0", "1"}, {cell[1] for cell in cells}
        # A class that no label ever is makes its predictions wrong, and the model no other one.
        return "binary" if {cell[0] for cell in cells} <= both and (predicted & both or not predicted) else "classes"

    def _code_of(self, name: str) -> float:
        return float(name) if self.vocabulary is None else self.vocabulary.code(name)


class _Reliability:
    """Scores against what came true, by bin."""

    def __init__(self) -> None:
        self.rows = np.zeros(BINS, np.int64)
        self.sums, self.true = np.zeros(BINS), np.zeros(BINS)
        self.squared = self.fourth = 0.0

    def add(self, score: Floats, true: npt.NDArray[np.bool_]) -> None:
        index = np.searchsorted(EDGES, score, side="left")
        self.rows += np.bincount(index, minlength=BINS)
        self.sums += np.bincount(index, score, BINS)
        self.true += np.bincount(index, true, BINS)
        squares = (score - true) ** 2
        self.squared += float(squares.sum())
        self.fourth += float((squares**2).sum())

    def bins(self) -> tuple[Bin, ...]:
        return tuple(zip(self.rows.tolist(), self.sums.tolist(), self.true.tolist(), strict=True))


def has_text(types: Iterable[Any]) -> bool:
    """Return whether a column holds text: then all labels and classes are compared as text."""
    return any(family_of(str(type_)) == "text" for type_ in types)


def decoded(array: pa.Array | pa.ChunkedArray) -> Any:
    """Return a column without a dictionary, and text in a form that Arrow can search, of which views are none."""
    import pyarrow as pa

    if pa.types.is_dictionary(array.type):
        array = array.cast(array.type.value_type)
    return array.cast(pa.large_string()) if pa.types.is_string_view(array.type) else array


def numbers(array: pa.Array | pa.ChunkedArray) -> Floats:
    """Return a column of numbers or truth values as the nearest float64, NaN for null.

    Raises:
        Unreadable: it holds neither.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    type_ = array.type
    if pa.types.is_null(type_):
        return np.full(len(array), np.nan)
    if not pa.types.is_boolean(type_) and family_of(str(type_)) not in NUMERIC:
        raise Unreadable(f"holds {type_} where a number is needed")
    chunks = array.chunks if isinstance(array, pa.ChunkedArray) else [array]
    return plain(pc.fill_null(pa.chunked_array(map(floats, chunks), pa.float64()), np.nan))


def plain(array: pa.Array | pa.ChunkedArray) -> npt.NDArray[Any]:
    """Return a column without nulls as a numpy array."""
    found = array.to_numpy() if hasattr(array, "chunks") else array.to_numpy(zero_copy_only=False)
    return np.asarray(found)


def present(schema: pa.Schema, names: Iterable[str]) -> None:
    """Refuse a table that lacks one of the columns, or has it twice.

    Raises:
        Unreadable: naming it.
    """
    for name in names:
        found = schema.names.count(name)
        if found != 1:
            raise Unreadable(f"has {'no' if not found else 'more than one'} column {name}")
