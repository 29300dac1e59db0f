"""Prediction logs, and which predictions file came before another (specification 2.5: what a distribution is compared with)."""

from __future__ import annotations

import re
import weakref
from collections.abc import Callable
from datetime import datetime
from itertools import groupby
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.text.times import microseconds_of, stamp_of
from pytest_mlmonitor.predictions.anchors import ROTATED
from pytest_mlmonitor.predictions.model import Predictions
from pytest_mlmonitor.predictions.record import LOG_FIELDS, REQUIRED, UNJUDGED
from pytest_mlmonitor.predictions.rewritten_logs import NOT_PREDICTED, as_written, form_of, rewritten
from pytest_mlmonitor.tables.logs.form import GatheredLog, LogForm
from pytest_mlmonitor.tables.logs.mapped_log import RewrittenLog
from pytest_mlmonitor.tables.reader.client import TableReader
from pytest_mlmonitor.tables.unreadable import Unreadable

_DIGITS = re.compile(r"[0-9]+")
_ENDING = re.compile(rf"\.(?:jsonl|ndjson|parquet){ROTATED}$")
Chain = dict[ArtifactRef, Predictions]
"""By a file's reference the file before it; nothing for the first ones."""


class Logs:
    """What is in prediction logs; each is read once a run, and its newest features are a table for as long as this lasts."""

    def __init__(self, platform: Artifacts) -> None:
        self._reader = platform.view(TableReader)
        self._decoders = tuple(getattr(platform, "decoders", ()))
        self._now = microseconds_of(platform.now)
        self._skew = int(platform.settings.clock_skew_seconds * 10**6)
        self._directory: Path | None = None
        self._rewritten: dict[ArtifactRef, RewrittenLog] = {}
        self._logs: dict[ArtifactRef, GatheredLog | Unreadable] = {}

    def of(self, predictions: Predictions) -> GatheredLog:
        """Return what the sound entries of a log hold.

        Raises:
            Unreadable: it cannot be opened, or is no log at all.
        """
        ref = predictions.ref
        if ref not in self._logs:
            window = self._place() / f"{len(self._logs)}.parquet"
            try:
                path, form = self.place(predictions)
                log = self._reader.log(path, form, window, self._now, self._skew)
                declared = predictions.declared
                self._logs[ref] = log if declared is None else as_written(log, self._rewritten[ref], declared)
            except Unreadable as error:
                self._logs[ref] = error
        found = self._logs[ref]
        if isinstance(found, Unreadable):
            raise found
        return found

    def was_read(self, predictions: Predictions) -> bool:
        """Return whether a log is known already, so that to ask for it costs nothing."""
        return predictions.ref in self._logs

    def place(self, predictions: Predictions) -> tuple[Path, LogForm]:
        """Return the file that the entries of a log are read from, and the names of its fields.

        Raises:
            Unreadable: it cannot be opened.
        """
        declared, ref = predictions.declared, predictions.ref
        if declared is None:
            unjudged = {**UNJUDGED, "predicted_class": NOT_PREDICTED} if predictions.features_only else UNJUDGED
            return ref.path, LogForm(REQUIRED, LOG_FIELDS, unjudged)
        if ref not in self._rewritten:
            path = self._place() / f"log-{len(self._rewritten)}.jsonl"
            self._rewritten[ref] = rewritten(declared, self._reader, self._decoders, path)
        return self._rewritten[ref].path, form_of(self._rewritten[ref])

    def refusal(self, predictions: Predictions) -> str | None:
        """Return why a log cannot be read, None for one that can; follows its name."""
        try:
            self.of(predictions)
        except Unreadable as error:
            return error.reason
        return None

    def latest(self, predictions: Predictions) -> datetime | None:
        """Return the latest time in a log, None where it has none or cannot be read."""
        try:
            return self.of(predictions).latest
        except Unreadable:
            return None

    def _place(self) -> Path:
        if self._directory is None:
            self._directory = Path(mkdtemp(prefix="mlmonitor-"))
            weakref.finalize(self, rmtree, self._directory, ignore_errors=True)
        return self._directory


class Order:
    """The order of all predictions files of a platform.

    Test predictions: by the stamp of their training, in the same directory if there is an earlier one, else anywhere under
    the roots. Logs: those of the same path but for its digits, by the latest time in them; by their paths, numbers read as
    numbers, when one of them has no time.
    """

    def __init__(self, platform: Artifacts) -> None:
        """Open nothing yet."""
        self._latest = platform.view(Logs).latest
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
        return self._latest(predictions) if predictions.log else stamp_of(predictions.stamp)

    def _chain_of_logs(self, logs: list[Predictions]) -> Chain:
        if len(logs) < 2:
            return {}
        times = {log.ref: self._latest(log) for log in logs}
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
    if predictions.declared is not None:
        sourced = predictions.declared.sourced
        return f"{sourced.name}:{sourced.family}"
    path = predictions.ref.path.relative_to(predictions.ref.root).as_posix()
    return _DIGITS.sub("#", _ENDING.sub("", path))


def _read_order(predictions: Predictions) -> tuple[list[int], str]:
    text = str(predictions.ref.path)
    return [int(digits) for digits in _DIGITS.findall(text)], text
