"""A decoder makes plain records of the bytes of a file; it knows no kind, and its input is data that nobody vouches for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import quoted, shown


class DecodedRecord(NamedTuple):
    """One record of a file.

    Attributes:
        values: what it holds, as JSON would say it. NaN and infinities are kept: what a field may hold is its kind's business.
        place: what follows the file's name to say where it stands: ``:12`` for a line, ``[3]`` for an item of a list, or nothing.
    """

    values: Mapping[str, Any]
    place: str = ""


class Undecoded(NamedTuple):
    """Something in a file that is no record.

    Attributes:
        words: why, in words that follow the file's name and its place.
        place: as of a record.
        expected: what should be there.
        severity: a warning for what somebody may still be writing.
    """

    words: str
    place: str = ""
    expected: str = "a record"
    severity: Severity = Severity.ERROR

    def finding(self, path: Path) -> Finding:
        """Return it as the finding of a file."""
        return Finding(
            self.severity,
            f"{path.name}{self.place} {self.words}",
            self.expected,
            None,
            None,
            f"{shown(path)}{self.place}",
        )


Decoding = Iterator[DecodedRecord | Undecoded]


@dataclass(frozen=True)
class Decoder:
    """How the files of one format are read: ``format = "its-name"`` of a declared source, or a file's suffix, asks for it.

    ``Decoder("avro", (".avro",), read)`` is a whole decoder of one's own: ``read(path)`` yields a mapping for each record, and
    raises where the file is none of its format.

    Attributes:
        name: as ``format`` says it.
        suffixes: of files that it reads unless ``format`` says otherwise; rotation and ``.gz`` behind them are seen through.
        read: ``read(path)``: yields mappings, or :class:`DecodedRecord` and :class:`Undecoded`, which say where they stand.
        rows: whether a file is a document that may hold its records in a list (``rows`` of the source).
        edit: ``edit(path, rows, change)``: the bytes of a file in which records are others; ``change`` returns the record as it
            shall be, itself where it stays as it is, None where it shall not be there. None: no mutants are made of such files.
    """

    name: str
    suffixes: tuple[str, ...]
    read: Callable[[Path], Iterable[Any]]
    rows: bool = False
    edit: Callable[[Path, str | None, Callable[[Any], Any]], bytes] | None = None

    def __post_init__(self) -> None:
        if isinstance(self.suffixes, str):
            raise TypeError(f"the suffixes of {self.name} are a text; write suffixes=({self.suffixes!r},)")

    def records(self, path: Path, rows: str | None = None) -> Decoding:
        """Yield the records of a file; never raises on bad data.

        Args:
            path: a regular file.
            rows: dotted path of the list of records in a document; None: the top level, a list or one record.
        """
        found = self._read(path)
        return _in_lists(found, rows) if self.rows else found

    def _read(self, path: Path) -> Decoding:
        try:
            for number, one in enumerate(self.read(path), 1):
                if isinstance(one, DecodedRecord | Undecoded):
                    yield one
                elif isinstance(one, Mapping):
                    yield DecodedRecord(one, f"[{number}]")
                else:
                    yield Undecoded(f"is {type(one).__name__}: the decoder {self.name} expects mappings", f"[{number}]")
        except Exception as error:  # a decoder of somebody's own, at bytes of somebody else's
            yield Undecoded(
                f"is not read by the decoder {self.name}: {type(error).__name__}: {quoted(str(error), 200)}",
                expected=f"a file of the format {self.name}",
            )


def _in_lists(found: Decoding, rows: str | None) -> Decoding:
    """Yield the items of lists that documents hold; an :class:`Undecoded` goes through."""
    for one in found:
        if isinstance(one, Undecoded):
            yield one
            continue
        value: Any = one.values
        if rows is None:
            value = value.get("", value) if len(value) == 1 else value
        else:
            value, missing = _at(value, rows)
            if missing is not None:
                yield Undecoded(missing, one.place, f"a list at {rows}")
                continue
        if isinstance(value, list):
            for i, item in enumerate(value):
                if isinstance(item, Mapping):
                    yield DecodedRecord(item, f"[{i}]")
                else:
                    yield Undecoded("is no object", f"[{i}]", "an object in the list of records")
        elif isinstance(value, Mapping):
            yield DecodedRecord(value, one.place)
        else:
            where = "" if rows is None else f" at {rows}"
            yield Undecoded(f"holds neither a list nor an object{where}", one.place, "a list of records, or one record")


def _at(value: Any, path: str) -> tuple[Any, str | None]:
    """Return what stands at a dotted path, and why nothing does; a key that holds dots goes first."""
    if isinstance(value, Mapping) and path in value:
        return value[path], None
    for part in path.split("."):
        if not isinstance(value, Mapping) or part not in value:
            there = (
                f"; it has {', '.join(quoted(key, 40) for key in list(value)[:10])}"
                if isinstance(value, Mapping)
                else ""
            )
            return None, f"has no list at rows = {quoted(path, 80)}{there}"
        value = value[part]
    return value, None
