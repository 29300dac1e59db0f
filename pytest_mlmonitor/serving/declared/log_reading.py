"""The log that a declared source found, folded into the deployments that its records name (specification 8)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.decoder import Decoder, Undecoded
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.sources.sourced import Sourced
from pytest_mlmonitor.core.text.names import quoted, shown
from pytest_mlmonitor.core.text.words import count
from pytest_mlmonitor.records.references.artifact_fields import ArtifactFields
from pytest_mlmonitor.records.references.field_map import FieldMap
from pytest_mlmonitor.serving.declared.declared_fold import fold_windows
from pytest_mlmonitor.serving.declared.deployment_fields import MAPPED, REQUIRED
from pytest_mlmonitor.serving.declared.request_windows import RequestWindows
from pytest_mlmonitor.serving.declared.running_totals import RunningTotals
from pytest_mlmonitor.serving.declared.timed_files import Timed, far_time, in_time
from pytest_mlmonitor.serving.fold.declared_window import declared_window
from pytest_mlmonitor.serving.fold.evidence import place_in
from pytest_mlmonitor.serving.fold.fold import Terms, WindowFold
from pytest_mlmonitor.serving.fold.window_lines import UNATTRIBUTED
from pytest_mlmonitor.serving.history import as_window
from pytest_mlmonitor.serving.model import ServingWindow

UNEVEN = 0.05
"""Share of a window's length by which the clock of a writer may be early or late: times of timers are never exact."""

ENOUGH = 20
"""Latencies that are all below a millisecond, where nobody said that they are milliseconds: a service that is asked over a network
does not answer so fast."""


class LogReading:
    """Reads the files of one log as often as somebody asks.

    Attributes:
        of_requests: whether a record is a request.
        seconds: how long a window is: as the source says, else as the first record with an end does, else a minute.
        folds: by deployment, once it was folded.
    """

    def __init__(
        self,
        sourced: Sourced,
        decoder: Callable[[Path], Decoder | None],
        documents: Mapping[Path, Any],
        environment: str,
    ) -> None:
        """Open nothing yet.

        Args:
            sourced: what the source found.
            decoder: what reads a file, None where nothing does.
            documents: those that its ``metadata`` names.
            environment: of the run, for windows that name none.
        """
        self._sourced, self._source, self._decoder = sourced, sourced.source, decoder
        self._documents = documents
        self._map = FieldMap(self._source, MAPPED, sourced.name)
        self._caught = {"environment": environment, **self._of_path(sourced)}
        self.of_requests = self._source.records == "requests"
        self._root = sourced.ref.root
        self._names = [path.relative_to(self._root).as_posix() for path in sourced.files]
        self.folds: dict[str, WindowFold] = {}
        self._totals = RunningTotals()
        self._slowest: dict[str, tuple[float, int]] = {}
        self._unitless = [
            name
            for name, found in self._map.references.items()
            if MAPPED[name] == "milliseconds" and found[0].unit is None
        ]
        self._times = [name for name in self._map.references if MAPPED[name] == "time"]
        self.seconds = self._length()

    @property
    def unmapped(self) -> list[str]:
        """The required fields that the source does not map at all."""
        known = {*self._map.references, *self._map.constants, *self._caught}
        return [name for name in REQUIRED[self._source.records] if name not in known]

    def fold(self, terms: Callable[[str], Terms]) -> None:
        """Fold every window.

        Args:
            terms: of a deployment, by its id.
        """
        self.folds = {}
        self._slowest.clear()
        windows = self._windows(tell=True)
        self._fold(windows, terms, self.folds)
        late = {name for name, fold in self.folds.items() if fold.late}
        if late:  # not in order of time: their windows are held, and sorted
            again: dict[str, WindowFold] = {name: WindowFold() for name in late}
            for name in late:
                for topic in ("unreadable", "violations"):
                    setattr(again[name], topic, getattr(self.folds[name], topic))
            self._fold(self._windows(tell=False, only=late), terms, again)
            self.folds |= again
        for name, finding in self._totals.mixed(self._sourced.name):  # differences of them are of nothing
            fold, self.folds[name] = self.folds[name], WindowFold()
            self.folds[name].violations, self.folds[name].unreadable = fold.violations, fold.unreadable
            self._note("violations", name, finding, 0, 0)

    def windows_of(self, deployment_id: str) -> tuple[ServingWindow, ...]:
        """Return the windows of one deployment, without duplicates, in order of time: for people, who ask for them."""
        found: dict[Any, ServingWindow] = {}
        tree = f"{shown(self._root)}{os.sep}"
        for one in self._windows(tell=False, only={deployment_id}):
            window = as_window(declared_window(one.values), place_in(tree, self._names[one.file], one.line))
            found.setdefault(window.key, window)
        return tuple(sorted(found.values(), key=lambda window: window.window_start))

    # -- records ------------------------------------------------------------------------------------------------------

    def _fields(self) -> ArtifactFields:
        caught = dict(self._sourced.caught)
        if self._sourced.version is not None:
            caught["version"] = self._sourced.version
        return self._map.of(caught, self._documents)

    def _of_path(self, sourced: Sourced) -> dict[str, Any]:
        """Return the fields that the path caught, where nothing else says them."""
        said = {*self._map.references, *self._map.constants}
        found = {name: one for name, one in sourced.caught.items() if name in MAPPED and name not in said}
        return {
            name: one.value if MAPPED[name] == "time" and one.end is not None else one.text
            for name, one in found.items()
        }

    def _length(self) -> float:
        if "window" in self._source.model_fields_set or self.of_requests or "window_end" not in self._map.references:
            return self._source.window or 60.0
        fields, lengths = self._fields(), []
        for path in self._sourced.files:
            for record in self._records(path):
                if isinstance(record, Undecoded) or not fields.keeps(record.values):
                    continue
                values = fields.record(record.values).values
                if "window_start" in values and "window_end" in values:
                    lengths.append(round((values["window_end"] - values["window_start"]).total_seconds(), 3))
                if len(lengths) == 20:
                    break
            if lengths:
                break
        whole = [length for length in lengths if length > 0]
        return max(set(whole), key=whole.count) if whole else self._source.window or 60.0

    def _records(self, path: Path) -> Iterator[Any]:
        decoder = self._decoder(path)
        if decoder is None:
            yield Undecoded("has a suffix that no decoder reads: say format", expected='format = "jsonl", "json", …')
            return
        yield from decoder.records(path, self._source.rows)

    def _windows(self, *, tell: bool, only: Set[str] | None = None) -> Iterator[Timed]:
        """Yield the windows of all files, with everything that they say; ``tell`` notes what is wrong with them.

        Those of some deployments ``only`` are held and sorted: totals that are not in order are no totals.
        """
        fields = self._fields()
        notes = self._note if tell else _quiet

        def read(number: int, path: Path) -> Iterator[Timed]:
            return self._timed(number, path, fields, notes)

        def peek(number: int, path: Path) -> Iterator[Timed]:
            return self._timed(number, path, self._fields(), _quiet)

        if self.of_requests:
            found = self._of_requests(
                (one for i, path in enumerate(self._sourced.files) for one in read(i, path)), notes
            )
        else:
            records = in_time(self._sourced.files, read, peek)
            found = self._whole(records if only is None else iter(self._sorted(records, only)))
        yield from found
        if tell:
            self._tell_of_fields(fields)

    def _sorted(self, records: Iterator[Timed], only: Set[str]) -> list[Timed]:
        held = [one for one in records if one.values["deployment_id"] in only]
        held.sort(key=lambda one: (one.at, self._names[one.file].split("/"), one.line))
        return held

    def _timed(
        self, number: int, path: Path, fields: ArtifactFields, note: Callable[[str, str, Finding, int, int], None]
    ) -> Iterator[Timed]:
        clock = "time" if self.of_requests else "window_start"
        required, name = REQUIRED[self._source.records], path.name
        default, named = self._sourced.family, "deployment_id" in self._map.references
        if named and "deployment_id" not in self._caught:
            required = (*required, "deployment_id")
        for record in self._records(path):
            line = _line(record.place)
            if isinstance(record, Undecoded):
                note("unreadable", UNATTRIBUTED, record.finding(path), number, line)
                continue
            if not fields.keeps(record.values):
                continue
            found = fields.record(record.values)
            values = {**self._caught, **found.values}
            owner = values.get("deployment_id", UNATTRIBUTED) if named else values.setdefault("deployment_id", default)
            values.setdefault("endpoint_name", default)
            unfit = False
            for finding in found.findings:
                note("violations", owner, finding, number, line)
                unfit = unfit or finding.column in required
            lacking = [one for one in required if one not in values]
            if lacking:
                if not unfit:
                    message = f"{name}{record.place} has no {' and no '.join(lacking)}: expected it in every record"
                    one = Finding(Severity.ERROR, message, "a value in every record", "absent", ", ".join(lacking))
                    note("violations", owner, one, number, line)
                continue
            if (far := far_time(values, self._times)) is not None:
                note("violations", owner, far, number, line)
                continue
            for field in self._unitless:
                if (latency := values.get(field)) is not None:
                    most, seen = self._slowest.get(field, (0.0, 0))
                    self._slowest[field] = (latency if latency > most else most, seen + 1)
            yield Timed(values[clock], number, values, line)

    def _of_requests(
        self, records: Iterator[Timed], note: Callable[[str, str, Finding, int, int], None]
    ) -> Iterator[Timed]:
        windows = RequestWindows(self.seconds)
        for record in records:
            if not windows.add(record):
                status = quoted(record.values["status"], 40)
                message = f"status {status} says neither success nor failure: expected an HTTP or gRPC status, or a word for it"
                finding = Finding(Severity.ERROR, message, "a status whose outcome is known", status, "status")
                note("violations", record.values["deployment_id"], finding, record.file, record.line)
        yield from windows.windows()

    def _whole(self, records: Iterator[Timed]) -> Iterator[Timed]:
        """Yield windows with an end and a heartbeat; of running totals with what was counted in each."""
        length = timedelta(seconds=self.seconds)
        totals = self._totals = RunningTotals()
        for record in records:
            values = record.values
            if "window_end" not in values:
                values["window_end"] = record.at + length
                values.setdefault("heartbeat_emitted_at", record.at)
            else:
                values.setdefault("heartbeat_emitted_at", values["window_end"])
            if not self._source.cumulative:
                yield record
            elif (counted := totals.counted((values["deployment_id"], values["endpoint_name"]), values)) is not None:
                yield record._replace(values=counted)

    def _fold(self, windows: Iterator[Timed], terms: Callable[[str], Terms], folds: dict[str, WindowFold]) -> None:
        uneven = timedelta(seconds=self.seconds * UNEVEN)
        fold_windows(windows, terms, folds, self._names, uneven, said_end="window_end" in self._map.references)

    # -- what is wrong ------------------------------------------------------------------------------------------------

    def _note(self, topic: str, owner: str, finding: Finding, number: int, line: int) -> None:
        fold = self.folds.get(owner)
        if fold is None:
            fold = self.folds[owner] = WindowFold()
        evidence = getattr(fold, topic)
        evidence.add(replace(finding, location=None), self._names[number], line, alike=topic == "violations")

    def _tell_of_fields(self, fields: ArtifactFields) -> None:
        """Note what no record had, and how many of them ``where`` kept."""
        last = len(self._names) - 1
        for finding in fields.lacking():
            self._note("violations", UNATTRIBUTED, finding, last, 0)
        for field, (most, seen) in self._slowest.items():
            if 0 < most < 1 and seen >= ENOUGH:
                theirs = self._map.references[field][0].text
                message = (
                    f"source.{self._sourced.name}: {field} is at most {most:g} ms in {count(seen, 'record')}: seconds? say its "
                    f'unit, fields.{field} = "{theirs} in s" (or in ms)'
                )
                unitless = Finding(Severity.WARNING, message, "a unit", f"{most:g}", field)
                self._note("violations", UNATTRIBUTED, unitless, last, 0)
        if fields.dropped and fields.kept:
            whole = fields.kept + fields.dropped
            message = f"where keeps {fields.kept:,} of {count(whole, 'record')}"
            self._note("violations", UNATTRIBUTED, Finding(Severity.INFO, message, column="where"), last, 0)


def _line(place: str) -> int:
    return int(place[1:]) if place.startswith(":") else 0


def _quiet(*_: Any) -> None:
    return None
