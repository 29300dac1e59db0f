"""Findings gathered while millions of lines go by: alike ones are counted, so that memory does not grow with the fault."""

from __future__ import annotations

import os

from msgspec import Struct, field

from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.words import with_places

MAX_KINDS = 100
"""Different findings kept of one topic; of the others only their number and the worst severity."""

MAX_PLACES = 3


class FindingGroup(Struct, array_like=True):
    """The first finding of its kind by file and line, how many there are, and where the next few stand."""

    severity: int
    message: str
    expected: str | None
    actual: str | None
    column: str | None
    file: str
    line: int
    count: int = 1
    places: list[tuple[str, int]] = field(default_factory=list)

    def join(self, other: FindingGroup) -> None:
        """Count in findings of the same kind; which were met first does not matter."""
        places = sorted([(self.file, self.line), *self.places, (other.file, other.line), *other.places])
        if (other.file, other.line) < (self.file, self.line):
            self.message, self.actual = other.message, other.actual
        (self.file, self.line), *self.places = places[: MAX_PLACES + 1]
        self.count += other.count


class Evidence(Struct):
    """What was found of one topic; it can be stored and two of them can be joined, in any order."""

    kinds: dict[str, FindingGroup] = field(default_factory=dict)
    more: int = 0
    worst_of_more: int = int(Severity.INFO)
    last: str = ""
    """Key of the kind that stands last, once it was asked for; none while it may be another one."""

    def add(self, finding: Finding, file: str, line: int, *, alike: bool = True) -> None:
        """Count ``finding``; alike are those of one severity, column and expectation.

        Args:
            finding: without a location.
            file: relative to the tree.
            line: counted from 1; 0 for the file as a whole.
            alike: False for findings of which each is told by itself.
        """
        key = f"{finding.severity.value}\0{finding.column}\0{finding.expected}"
        if not alike:
            key += f"\0{file}\0{line}\0{finding.message}"
        severity, expected, actual = finding.severity.value, finding.expected, finding.actual
        self._count(key, FindingGroup(severity, finding.message, expected, actual, finding.column, file, line))

    def join(self, other: Evidence) -> None:
        """Add what was found elsewhere."""
        for key, kind in other.kinds.items():
            self._count(key, kind)
        self._count_more(other.more, other.worst_of_more)

    def findings(self, tree: str) -> tuple[Finding, ...]:
        """Return one finding a kind, by file and line.

        Args:
            tree: what the files are relative to, as it is shown to people, with a separator at its end.
        """
        if not self.kinds:
            return ()
        found = [
            Finding(
                Severity(kind.severity),
                with_places(kind.message, kind.count - 1, [_short_location(*place) for place in kind.places]),
                kind.expected,
                kind.actual,
                kind.column,
                place_in(tree, kind.file, kind.line),
            )
            # The key last: one line may break several rules, and which was met first does not matter here either.
            for _, kind in sorted(self.kinds.items(), key=lambda entry: (entry[1].file, entry[1].line, entry[0]))
        ]
        if self.more:
            found.append(Finding(Severity(self.worst_of_more), f"… and {self.more:,} more findings of this kind"))
        return tuple(found)

    def _count(self, key: str, kind: FindingGroup) -> None:
        known = self.kinds.get(key)
        if known is not None:
            known.join(kind)
        elif len(self.kinds) < MAX_KINDS:
            self.kinds[key] = kind
        else:
            # Those that stand first are kept, in whatever order they are met: a later run may meet an earlier file.
            if self.last not in self.kinds:
                self.last = max(self.kinds, key=lambda one: (self.kinds[one].file, self.kinds[one].line))
            last = self.kinds[self.last]
            if (kind.file, kind.line) < (last.file, last.line):
                del self.kinds[self.last]
                self.kinds[key], kind = kind, last
            self._count_more(kind.count, kind.severity)
            return
        self.last = ""

    def _count_more(self, number: int, severity: int) -> None:
        self.more += number
        if number:
            self.worst_of_more = max(self.worst_of_more, severity)


def place_in(tree: str, file: str, line: int) -> str:
    """Return where a record stands; a document has no lines of its own (0)."""
    return f"{tree}{file}:{line}" if line else f"{tree}{file}"


def file_and_line(location: str) -> tuple[str, int]:
    """Return the file and line of a place; line 0 where it names none.

    >>> file_and_line("metrics/f:7"), file_and_line("events.json")
    (('metrics/f', 7), ('events.json', 0))
    """
    file, _, line = location.rpartition(":")
    return (file, int(line)) if line.isdecimal() else (location, 0)


def _short_location(file: str, line: int) -> str:
    return f"{os.path.basename(file)}:{line}" if line else os.path.basename(file)
