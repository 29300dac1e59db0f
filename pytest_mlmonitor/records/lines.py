"""The lines of JSONL files, each judged alone by its contract.

Decide fast, explain on failure: the compiled contract takes the lines that are sound; what it refuses is parsed again, and
pydantic says why. A bad line becomes findings and never hides its neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.records.compiled import Undecided, compiled
from pytest_mlmonitor.records.contract import Record, validate
from pytest_mlmonitor.records.strict_json import NotAnObject, non_finite_findings, parse_object

MAX_BAD_LINES = 1000
"""After so many bad lines a file is no JSONL file of its contract: the rest of it is not read."""


class Line(NamedTuple):
    """One line that is not blank.

    Attributes:
        number: counted from 1.
        text: the line, without its end.
        record: in the compiled form, None where the line breaks its contract.
        refusal: why it is no JSON object.
        violations: what its fields violate; a record may have some too, of severity warning.
        data: the object, where one was looked at slowly.
    """

    number: int
    text: bytes
    record: Any | None
    refusal: Finding | None = None
    violations: Sequence[Finding] = ()
    data: Mapping[str, Any] | None = None


class Examined(NamedTuple):
    """What looking slowly says of a line: as in :class:`Line`, but the record is pydantic's."""

    record: Any | None
    refusal: Finding | None = None
    violations: Sequence[Finding] = ()
    data: Mapping[str, Any] | None = None


def numbered(data: bytes, after: int = 0) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that are not blank and their numbers.

    Only a newline ends a line: U+2028 and its like may stand inside a JSON string.

    Args:
        data: of a file, from the beginning of a line on.
        after: number of the line before it.
    """
    for number, line in enumerate(data.split(b"\n"), after + 1):
        if line and not line.isspace():
            yield number, line


def look(line: bytes, model: type[Record], number: int, place: str) -> Line:
    """Judge one line by its contract, fast where it is sound.

    Args:
        line: without its end.
        model: the contract.
        number: of the line.
        place: the file, as it is named in messages.
    """
    record = compiled(model).sound(line)
    return _explained(line, model, number, place) if record is None else Line(number, line, record)


def _explained(line: bytes, model: type[Record], number: int, place: str) -> Line:
    found = examine(line, model, f"{place}:{number}")
    record = None if found.record is None else compiled(model).made_of(found.record)
    return Line(number, line, record, found.refusal, found.violations, found.data)


def examine(line: bytes, model: type[Record], place: str) -> Examined:
    """Judge a line by its contract, slowly.

    Args:
        line: without its end.
        model: the contract.
        place: ``file:line``, as it is named in messages.
    """
    try:
        parsed = parse_object(line)
    except NotAnObject as error:
        message = f"{place} {error}"
        refusal = Finding(Severity.ERROR, message, "one JSON object on the line", error.actual, error.column)
        return Examined(None, refusal)
    record, findings = validate(model, parsed, lambda _: "")
    findings += non_finite_findings(parsed, tuple(findings), lambda _: "")
    return Examined(record, None, findings, parsed)


class LineReading:
    """One file on its way through the contract of its lines.

    Attributes:
        number: of the last line that was looked at, blank ones included.
        bad: lines so far that break the contract.
    """

    def __init__(self, model: type[Record], place: str, number: int = 0, bad: int = 0) -> None:
        """Begin, or go on where an earlier run ended.

        Args:
            model: the contract.
            place: the file, as it is named in messages.
            number: lines that were read before.
            bad: how many of them were bad.
        """
        self.number, self.bad = number, bad
        self._model, self._place = model, place

    @property
    def given_up(self) -> bool:
        """Whether there are so many bad lines that the rest of the file is not read."""
        return self.bad > MAX_BAD_LINES

    def lines(self, lines: Iterable[bytes], take: Callable[[Any, int], bool] | None = None) -> Iterator[Line]:
        """Yield the next lines of the file that are not blank, until there are too many bad ones.

        Args:
            lines: without their ends.
            take: takes what the compiled contract decoded and its number, and says whether all its texts and timestamps
                are sound; what it took is not yielded. For whoever looks at them anyway: twice costs a third more.
        """
        judge, decode = look if take is None else _explained, compiled(self._model).decode
        for text in lines:
            self.number += 1
            if take is not None:
                try:
                    if take(decode(text), self.number):
                        continue
                except Undecided:
                    pass
            if text and not text.isspace():
                line = judge(text, self._model, self.number, self._place)
                self.bad += line.record is None
                yield line
                if self.given_up:
                    return

    def too_many(self) -> Finding:
        """Return the finding that the rest of the file is not read."""
        message = f"{self._place} has more than {MAX_BAD_LINES:,} bad lines; it is not read beyond line {self.number:,}"
        return Finding(Severity.ERROR, message, "JSONL records")
