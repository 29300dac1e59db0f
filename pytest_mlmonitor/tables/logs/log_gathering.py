"""A prediction log read in one pass: what its entries hold by day, what cannot be right, and the features of the newest ones.

Eight bytes a value are held of what every entry has (time, class, confidence, label, version), of features only the newest ones.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pytest_mlmonitor.core.text.times import EPOCH
from pytest_mlmonitor.tables.arrays.vectors import Floats, Times
from pytest_mlmonitor.tables.logs import entry_rules as rules
from pytest_mlmonitor.tables.logs.entry_values import (
    NO_TIME,
    RowFlags,
    TextCodes,
    alone,
    classes,
    is_missing,
    members,
    picked,
    times,
)
from pytest_mlmonitor.tables.logs.faults import Faults
from pytest_mlmonitor.tables.logs.feature_window import SPAN, FeatureWindow
from pytest_mlmonitor.tables.logs.form import DAY, GatheredLog, LabelledEntries, LogForm, LogPeriod
from pytest_mlmonitor.tables.logs.log_entries import MAX_FIELDS, Batch, batches
from pytest_mlmonitor.tables.logs.periods import LabelledRows, as_codes, labelled
from pytest_mlmonitor.tables.logs.probabilities import Probabilities, as_object, meant
from pytest_mlmonitor.tables.logs.request_ids import RequestIds
from pytest_mlmonitor.tables.scores.class_names import class_name
from pytest_mlmonitor.tables.unreadable import Unreadable

DAY_US = 86_400 * 10**6
"""Microseconds of a day."""

MAX_CLASSES = 5_000
"""More numbers that are predicted are no classes."""

PROBABILITY = re.compile(r"(?:probability|probabilities|proba|prob)(?:_class)?_")
"""How the name of a column begins that holds the probability of the class after it."""


def gather(path: Path, form: LogForm, window: str, now: int, skew: int) -> GatheredLog:
    """Return what is in a log; entries that cannot be read are left out, and named.

    Args:
        path: the file.
        form: the names that fields go by.
        window: where the features of the newest entries are written, a parquet file.
        now: the evaluation time, microseconds since 1970.
        skew: by how much a time may lie ahead of it, microseconds.

    Raises:
        Unreadable: it cannot be opened, or is no log at all.
    """
    return _Gathering(path, form, now, skew).whole(Path(window))


class _Gathering:
    def __init__(self, path: Path, form: LogForm, now: int, skew: int) -> None:
        self._path, self._form = path, form
        self._clock = rules.Clock(now, skew)
        self._faults = Faults()
        self._required, self._ids, self._probabilities = rules.Required(form), RequestIds(), Probabilities()
        self._names: dict[str, str] = {}
        self._fields: set[str] = set()
        self._probabilities_name: str | None = None
        self._said, self._versions = TextCodes(), TextCodes()
        apart = form.apart.union(*form.names.values())
        self._window = FeatureWindow(form.names["features"], apart, alone=form.nested)
        self._rows = 0
        self._parts: dict[str, list[npt.NDArray[np.generic]]] = {}

    def whole(self, window: Path) -> GatheredLog:
        for batch in batches(self._path):
            for refused in batch.refused:
                self._faults.note(refused.number, refused.finding)
            if batch.numbers:
                self._add(batch)
        if not self._rows:
            message = f"{self._path.name} holds no prediction"
            self._faults.add([0], None, message, "at least one", "none")
            return GatheredLog(self._path, faults=self._faults.all())
        features, window_rows = self._window.write(window)
        return self._found(features, window if features else None, window_rows)

    def _add(self, batch: Batch) -> None:
        self._rows += len(batch.numbers)
        if len(self._fields) < MAX_FIELDS:
            self._fields |= batch.columns.keys()
        picks = {field: picked(batch, names) for field, names in self._form.names.items()}
        for field, (name, _) in picks.items():
            if name is not None:
                self._names.setdefault(field, name)
        predicted = alone(picks["predicted_class"][1])
        _, probabilities = picks["probabilities"]
        name, sure = picks["confidence"]
        first = next((value for value in sure if not is_missing(value)), None)
        if isinstance(members(first), dict | list):  # probabilities, under that name
            picks["probabilities"], name = (name, sure), None
            probabilities, sure = sure, [None] * len(sure)
            self._names.pop("confidence", None)
        likeliest = self._of_probabilities(batch, picks["probabilities"][0], probabilities, predicted)
        if name is None and likeliest is not None:
            name, sure = self._probabilities_name, likeliest
            self._names.setdefault("confidence", str(name))
        there = {}
        for field in self._form.required:
            label, values = picks[field] if field != "confidence" else (name, sure)
            there[field] = self._required.add(field, label, values, batch)
        self._ids.add(picks["request_id"][1], batch.numbers)
        confidence = rules.confidences(sure, there["confidence"], batch, self._faults)
        if picks["latency"][0] is not None:
            rules.latencies(picks["latency"][0], picks["latency"][1], batch, self._faults)
        when, come = self._times(batch)
        numeric, coded = classes(predicted, self._said)
        true, true_coded = classes(picks["label"][1], self._said)
        versions = [
            self._versions.code(class_name(v)) if is_there else -1
            for v, is_there in zip(picks["model_version"][1], there["model_version"], strict=True)
        ]
        self._window.add(batch, when, come & (when != NO_TIME) if (when != NO_TIME).any() else come)
        for field, part in {
            "time": when,
            "come": come,
            "predicted": numeric,
            "predicted_text": coded,
            "confidence": confidence,
            "label": true,
            "label_text": true_coded,
            "version": np.asarray(versions, np.int32),
        }.items():
            self._parts.setdefault(field, []).append(part)

    def _of_probabilities(
        self, batch: Batch, name: str | None, values: list[object], predicted: list[object]
    ) -> list[float] | None:
        if name is None:
            prefixes = {m.group() for column in batch.columns if (m := PROBABILITY.match(column)) is not None}
            name, values = as_object(batch, sorted(prefixes, key=len, reverse=True))
        if name is None:
            return None
        self._probabilities_name = self._probabilities_name or name
        return self._probabilities.add(name, values, predicted, batch, self._faults)

    def _times(self, batch: Batch) -> tuple[Times, RowFlags]:
        when, come = np.full(len(batch.numbers), NO_TIME, np.int64), np.ones(len(batch.numbers), np.bool_)
        for name in self._form.names["time"]:
            values = batch.columns.get(name)
            if values is None:
                continue
            found, naive = times(values)
            come &= self._clock.judge(name, values, found, naive, batch, self._faults)
            when = np.where(when == NO_TIME, found, when)
        return when, come

    def _found(self, features: tuple[str, ...], window: Path | None, window_rows: int) -> GatheredLog:
        held = {field: np.concatenate(parts) for field, parts in self._parts.items()}
        self._parts.clear()
        when, come = held["time"].astype(np.int64, copy=False), held["come"].astype(np.bool_, copy=False)
        numeric, coded = held["predicted"].astype(np.float64, copy=False), held["predicted_text"]
        confidence = held["confidence"].astype(np.float64, copy=False)
        texts = bool((coded >= 0).any())
        known = numeric[np.isfinite(numeric)]
        continuous = not texts and bool(np.any(known % 1))
        self._judge(continuous, has_score=bool(np.isfinite(confidence).any()))
        day = np.where((when == NO_TIME) | ~come, -1, when // DAY_US)
        name, of_positive = self._names.get("confidence"), False
        if name not in (None, self._probabilities_name) and not continuous:
            # texts count as numbers below 0, a number of their own each
            chosen = np.where(coded < 0, numeric, -1.0 - coded)
            confidence, of_positive = meant(chosen, confidence, named=name in self._form.sure)
        held["confidence"] = confidence
        timed = (when != NO_TIME) & come
        newest = timed & (when > when[timed].max() - SPAN) if timed.any() else np.ones(len(when), np.bool_)
        versions = held["version"].astype(np.int32, copy=False)
        periods = list(self._by_day(day, numeric, coded, confidence, continuous))
        return GatheredLog(
            self._path,
            self._rows,
            tuple(one for one in periods if one.start is not None),
            next((one for one in periods if one.start is None), LogPeriod()),
            continuous,
            of_positive,
            _moment(when[timed].min()) if timed.any() else None,
            _moment(when[timed].max()) if timed.any() else None,
            dict(self._names),
            frozenset(self._fields),
            self._latest(versions),
            self._latest(versions[newest]),
            self._window.nested,
            features,
            window,
            window_rows,
            self._labels(held, day, of_positive),
            self._faults.all(),
        )

    def _judge(self, continuous: bool, *, has_score: bool) -> None:
        spared = {"confidence": continuous, "predicted_class": has_score}
        self._required.judge(self._faults, self._rows, spared=lambda field: spared.get(field, False))
        self._ids.judge(self._faults)
        if self._probabilities_name is not None and not continuous:
            column = self._names.get("predicted_class", "predicted_class")
            self._probabilities.judge(self._probabilities_name, column, self._faults)

    def _by_day(
        self,
        day: Times,
        numeric: Floats,
        coded: npt.NDArray[np.generic],
        confidence: Floats,
        continuous: bool,
    ) -> Iterator[LogPeriod]:
        order = np.argsort(day, kind="stable")
        ordered = day[order]
        starts = np.flatnonzero(np.diff(ordered, prepend=ordered[0] - 1))
        for rows in np.split(order, starts[1:]):
            start = None if day[rows[0]] < 0 else EPOCH + timedelta(days=int(day[rows[0]]))
            found = numeric[rows]
            values = found[np.isfinite(found)]
            sure = confidence[rows]
            yield LogPeriod(
                start,
                None if start is None else start + DAY,
                len(rows),
                Counter() if continuous else self._counts(values, coded[rows].astype(np.int64)),
                array("d", values.tobytes() if continuous else b""),
                array("d", sure[np.isfinite(sure)].tobytes()),
            )

    def _counts(self, values: Floats, coded: Times) -> Counter[str]:
        found: Counter[str] = Counter()
        numbers, counts = np.unique(values, return_counts=True)
        for value, count in zip(numbers[:MAX_CLASSES].tolist(), counts[:MAX_CLASSES].tolist(), strict=True):
            found[class_name(value)] += count
        codes, counts = np.unique(coded[coded >= 0], return_counts=True)
        for code, count in zip(codes.tolist(), counts.tolist(), strict=True):
            found[self._said.names[code]] += count
        return found

    def _latest(self, versions: npt.NDArray[np.int32]) -> tuple[str, ...]:
        """Return the versions that are named, the one that was named last first."""
        codes, first = np.unique(versions[::-1], return_index=True)
        order = np.argsort(first)
        return tuple(self._versions.names[code] for code in codes[order].tolist() if code >= 0)

    def _labels(
        self, held: dict[str, npt.NDArray[np.generic]], day: Times, of_positive: bool
    ) -> LabelledEntries | None:
        if "label" not in self._names:
            return None
        label, predicted = (held[name].astype(np.float64, copy=False) for name in ("label", "predicted"))
        coded = [held[name].astype(np.int32, copy=False) for name in ("label_text", "predicted_text")]
        score = held["confidence"].astype(np.float64, copy=False)
        names: dict[str, int] | None = None
        if any((one >= 0).any() for one in coded):
            names = {}
            try:
                label, predicted = (
                    as_codes(one, codes, self._said.names, names)
                    for one, codes in zip((label, predicted), coded, strict=True)
                )
            except Unreadable:
                return None
        outcomes = LabelledRows(label, predicted, score, None if names is None else list(names))
        return labelled(self._names["label"], outcomes, day, self._clock.now // DAY_US, of_positive)


def _moment(microseconds: float) -> datetime:
    return EPOCH + timedelta(microseconds=int(microseconds))
