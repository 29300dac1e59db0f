"""Prediction logs, and which predictions file came before another (specification 2.5: what a distribution is compared with)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.text.times import stamp_of
from pytest_mlmonitor.predictions.model import Predictions
from pytest_mlmonitor.predictions.prediction_log import PredictionLog, read_log
from pytest_mlmonitor.tables.reader.client import TableReader

_DIGITS = re.compile(r"[0-9]+")
Chain = dict[ArtifactRef, Predictions]
"""By a file's reference the file before it; nothing for the first ones."""


class Logs:
    """What is in prediction logs; each is read once a run."""

    def __init__(self, platform: Artifacts) -> None:
        self._columns = platform.view(TableReader).columns
        self._logs: dict[Path, PredictionLog] = {}

    def of(self, path: Path) -> PredictionLog:
        """Return what the sound entries of a log hold."""
        if path not in self._logs:
            self._logs[path] = read_log(path, self._columns)
        return self._logs[path]


class Order:
    """The order of all predictions files of a platform.

    Test predictions: by the stamp of their training, in the same directory if there is an earlier one, else anywhere under
    the roots. Logs: those of the same path but for its digits, by the latest time in them; by their paths, numbers read as
    numbers, when one of them has no time.
    """

    def __init__(self, platform: Artifacts) -> None:
        """Open nothing yet."""
        self._read = platform.view(Logs).of
        self._logs: dict[str, list[Predictions]] = {}
        self._chains: dict[str, Chain] = {}
        tests: list[Predictions] = []
        for one in platform.of_kind("predictions"):
            if one.log:
                self._logs.setdefault(_family(one), []).append(one)
            elif stamp_of(one.stamp) is not None:
                tests.append(one)
        self._tests = _chain(tests, lambda one: one.stamp)
        directories: dict[Path, list[Predictions]] = {}
        for one in tests:
            directories.setdefault(one.ref.path.parent, []).append(one)
        for alike in directories.values():
            self._tests |= _chain(alike, lambda one: one.stamp)

    def before(self, predictions: Predictions) -> Predictions | None:
        """Return the predictions file of the same kind that came before, None when there is none."""
        if not predictions.log:
            return self._tests.get(predictions.ref)
        name = _family(predictions)
        if name not in self._chains:
            self._chains[name] = self._chain_of_logs(self._logs.get(name, []))
        return self._chains[name].get(predictions.ref)

    def versions(self, predictions: Predictions) -> list[Predictions]:
        """Return the files that came before, the oldest first, and ``predictions``."""
        found = [predictions]
        while (earlier := self.before(found[-1])) is not None:
            found.append(earlier)
        return found[::-1]

    def moment(self, predictions: Predictions) -> datetime | None:
        """Return the time of a file: of its training, or the latest in a log; None where nothing says it."""
        return self._read(predictions.ref.path).latest if predictions.log else stamp_of(predictions.stamp)

    def _chain_of_logs(self, logs: list[Predictions]) -> Chain:
        if len(logs) < 2:
            return {}
        times = {log.ref: self._read(log.ref.path).latest for log in logs}
        return _chain(logs, (lambda log: times[log.ref]) if all(times.values()) else _read_order)


def _chain(found: list[Predictions], key: Callable[[Predictions], Any]) -> Chain:
    """Return what comes before what; files with one key follow the same one."""
    chain: Chain = {}
    last: Predictions | None = None
    for _, group in groupby(sorted(found, key=lambda one: (key(one), one.ref)), key):
        for one in (alike := list(group)):
            if last is not None:
                chain[one.ref] = last
        last = alike[-1]
    return chain


def _family(predictions: Predictions) -> str:
    return _DIGITS.sub("#", predictions.ref.path.relative_to(predictions.ref.root).with_suffix("").as_posix())


def _read_order(predictions: Predictions) -> tuple[list[int], str]:
    text = str(predictions.ref.path)
    return [int(digits) for digits in _DIGITS.findall(text)], text
