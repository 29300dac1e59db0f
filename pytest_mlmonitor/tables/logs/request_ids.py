"""Request ids that occur twice, among millions, in a few bytes each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.tables.logs.entry_values import is_missing
from pytest_mlmonitor.tables.logs.faults import Faults


class RequestIds:
    """The ids of a log: a hash of each, and its text in an Arrow array."""

    def __init__(self) -> None:
        """None was seen yet."""
        self._hashes: list[np.ndarray] = []
        self._numbers: list[np.ndarray] = []
        self._texts: list[Any] = []

    def add(self, values: Sequence[Any], numbers: Sequence[int]) -> None:
        """Take ids in, with the lines that they stand on."""
        import pyarrow as pa

        there = [(str(value), number) for value, number in zip(values, numbers, strict=True) if not is_missing(value)]
        if there:
            texts = [text for text, _ in there]
            self._hashes.append(np.fromiter(map(hash, texts), np.int64, len(texts)))
            self._numbers.append(np.asarray([number for _, number in there], np.int64))
            self._texts.append(pa.array(texts, pa.large_string()))

    def judge(self, faults: Faults) -> None:
        """Note every id that occurred before."""
        if not self._hashes:
            return
        hashes, numbers = np.concatenate(self._hashes), np.concatenate(self._numbers)
        order = np.argsort(hashes, kind="stable")
        ordered = hashes[order]
        again = np.flatnonzero(ordered[1:] == ordered[:-1]) + 1
        if not len(again):
            return
        starts = np.searchsorted(ordered, ordered[again], side="left")
        places = np.argsort(order[again], kind="stable")  # as they come in the file
        rows, firsts = order[again][places], order[starts][places]
        name = quoted(self._text(int(rows[0])))
        message = f"request_id {name} occurs again (first in entry {numbers[firsts[0]]})"
        faults.add(numbers[rows], "request_id", message, "request_id unique", name)

    def _text(self, row: int) -> str:
        for part in self._texts:
            if row < len(part):
                return str(part[row].as_py())
            row -= len(part)
        raise IndexError(row)
