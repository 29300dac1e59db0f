"""The fast half of a JSON-lines contract: a msgspec decoder made out of the pydantic one.

There is one definition, the pydantic record. What is compiled from it accepts a line only where pydantic would accept it
without a word, and says nothing of the others: those go to pydantic, which has the words. Being stricter costs time, never
a verdict; being laxer would be a silent pass, so property tests hold the two against each other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from itertools import repeat
from operator import attrgetter
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import msgspec
from msgspec import UNSET, Meta, UnsetType

from pytest_mlmonitor.core.text.times import parse_timestamp
from pytest_mlmonitor.core.text.words import instant
from pytest_mlmonitor.records.contract import INT64_MAX, Count, NonBlank, NonNegative, Record, Timestamp

_TYPES: tuple[tuple[Any, Any], ...] = (
    (NonBlank, Annotated[str, Meta(min_length=1)]),
    (Count, Annotated[int, Meta(ge=0, le=INT64_MAX)]),
    (NonNegative, Annotated[float, Meta(ge=0)]),
    (Timestamp, Annotated[str, Meta(min_length=16)]),
)

_QUOTE = b'"'
_ONE_UTC = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{6})?Z"
"""The two forms that upstream writes, ``…:00Z`` and ``…:00.123456Z``."""

_UTC = re.compile(_ONE_UTC)
_ALL_UTC = re.compile(rf"{_ONE_UTC}(?:\n{_ONE_UTC})*")

MAX_MOMENTS = 10_000


class Undecided(Exception):
    """The compiled contract does not vouch for a line; the pydantic one decides."""


class CompiledRecord:
    """The decoder of one flat record whose fields are texts, timestamps, counts, numbers and fixed words.

    Attributes:
        struct: one instance a line; texts and numbers under the contract's names, timestamps as text.
        names: the fields of the contract, in order.
        texts: returns the values of the texts that must not be blank, which :meth:`decode` leaves to the caller.
        timestamps: names of the fields that hold timestamps.
    """

    def __init__(self, model: type[Record]) -> None:
        """Compile ``model``.

        Raises:
            TypeError: it has a field of a type that there is no compiled form of.
        """
        hints = get_type_hints(model, include_extras=True)
        self.names = tuple(model.model_fields)
        self.timestamps = tuple(name for name in self.names if hints[name] == Timestamp)
        required: list[Any] = []
        optional: list[Any] = []
        strings = 0
        for name in self.names:
            inner, may_be_absent = _without_none(hints[name])
            compiled = _compiled(inner, name)
            if may_be_absent:
                optional.append((name, compiled | None | UnsetType, UNSET))
            else:
                required.append((name, compiled))
                strings += _is_text(compiled)
        # gc=False: nothing in a record can refer back to it, and a collector that walks millions of them costs seconds.
        self.struct: type[Any] = msgspec.defstruct(model.__name__, [*required, *optional], gc=False)
        self.texts: Callable[[Any], tuple[str, ...]] = attrgetter(
            *(name for name in self.names if hints[name] == NonBlank)
        )
        # The class is no field: with it the getter returns a tuple, however few optional fields there are.
        self._optional: Callable[[Any], tuple[Any, ...]] = attrgetter("__class__", *(name for name, *_ in optional))
        self._optional_count = len(optional)
        self._quotes = 2 * (len(required) + strings)
        self._times: Callable[[Any], tuple[Any, ...]] = attrgetter("__class__", *self.timestamps)
        self._moment = Moments()
        decoder = msgspec.json.Decoder(self.struct)
        self._decode: Callable[[bytes], Any] = decoder.decode
        self._decode_lines: Callable[[bytes], list[Any]] = decoder.decode_lines

    def decode(self, line: bytes) -> Any:
        """Return the record on a line, but for blank texts and the form of timestamps.

        Raises:
            Undecided: the line is not exactly one record of the contract, with nothing twice and nothing more.
        """
        try:
            record = self._decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise Undecided from None
        # Without a backslash every quote delimits. Decoding found all known fields; a key that is there twice, or is not in
        # the contract, adds two quotes and nothing takes any away.
        values = self._optional(record)
        present = self._optional_count - values.count(UNSET)
        expected = self._quotes + 2 * present
        if line.count(_QUOTE) != expected:
            texts = [value for value in values if isinstance(value, str)]
            if line.count(_QUOTE) != expected + 2 * len(texts) or not all(text.strip() for text in texts):
                raise Undecided
        if b"\\" in line:
            raise Undecided
        return record

    def sound(self, line: bytes) -> Any | None:
        """Return the record on a line that keeps the whole contract, None where pydantic must decide."""
        try:
            record = self.decode(line)
            for text in self._times(record)[1:]:
                self._moment(text)
        except (Undecided, ValueError):
            return None
        return record if all(text.strip() for text in self.texts(record)) else None

    def made_of(self, record: Any) -> Any:
        """Return a sound record of pydantic, or anything with its fields, in the compiled form."""
        fields = {
            name: instant(value) if name in self.timestamps else UNSET if value is None else value
            for name in self.names
            for value in (getattr(record, name),)
        }
        return self.struct(**fields)

    def values(self, record: Any) -> dict[str, Any]:
        """Return the fields of a sound record that are there, timestamps as instants."""
        fields = {name: value for name in self.names if (value := getattr(record, name)) is not UNSET}
        for name in self.timestamps:
            fields[name] = parse_instant(fields[name])
        return fields

    def decode_all(self, data: bytes) -> list[Any] | None:
        """Return the records of a whole file, None where one of its lines must be looked at by itself.

        The same as :meth:`decode` for every line, with one look at the bytes for all of them.
        """
        lines = data.count(b"\n")
        # Every line begins and ends as an object does. Objects are flat (a key inside another object would be counted below)
        # and no string holds a newline, so each line holds at least one; as many objects as lines are one a line.
        whole = data.startswith(b"{") and data.endswith(b"}\n") and data.count(b"}\n{") == lines - 1
        if not whole or b"\\" in data:
            return None
        try:
            records = self._decode_lines(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        absent = sum(map(tuple.count, map(self._optional, records), repeat(UNSET)))
        # A line can have quotes too many (see decode) and none can have too few: the sum is right where every line is.
        expected = lines * (self._quotes + 2 * self._optional_count) - 2 * absent
        return records if len(records) == lines and data.count(_QUOTE) == expected else None


@cache
def compiled(model: type[Record]) -> CompiledRecord:
    """Return the compiled form of a contract; it is made once a process."""
    return CompiledRecord(model)


class Moments:
    """Timestamps by their text: the windows of a minute share theirs, so most are parsed once for many lines."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._known: dict[str, datetime] = {}

    def __call__(self, text: str) -> datetime:
        """Return the UTC instant that ``text`` says, as :func:`~pytest_mlmonitor.core.text.times.parse_timestamp` does.

        Raises:
            ValueError: it is no timestamp, or has no zone.
        """
        moment = self._known.get(text)
        if moment is None:
            if len(self._known) >= MAX_MOMENTS:
                self._known.clear()
            moment = self._known[text] = parse_instant(text)
        return moment


def parse_instants(texts: Sequence[str]) -> list[datetime]:
    """Return what :func:`parse_instant` returns of each text, sooner where upstream wrote all of them.

    Raises:
        ValueError: one of them is no timestamp, or has no zone.
    """
    if _ALL_UTC.fullmatch("\n".join(texts)):
        return list(map(datetime.fromisoformat, texts))
    return list(map(parse_instant, texts))


def parse_instant(text: str) -> datetime:
    """Return what ``parse_timestamp`` returns, sooner for the two forms that upstream writes.

    Raises:
        ValueError: it is no timestamp, or has no zone.
    """
    return datetime.fromisoformat(text) if _UTC.fullmatch(text) else parse_timestamp(text)


def _without_none(hint: Any) -> tuple[Any, bool]:
    options = get_args(hint)
    if type(None) in options:
        (inner,) = (option for option in options if option is not type(None))
        return inner, True
    return hint, False


def _compiled(hint: Any, name: str) -> Any:
    for ours, theirs in _TYPES:
        if hint == ours:
            return theirs
    inner = get_args(hint)[0] if get_origin(hint) is Annotated else hint
    if get_origin(inner) is Literal:
        return inner
    raise TypeError(f"{name}: no compiled form of {hint}")


def _is_text(compiled_type: Any) -> bool:
    inner = get_args(compiled_type)[0] if get_origin(compiled_type) is Annotated else compiled_type
    return inner is str or (get_origin(inner) is Literal and all(isinstance(word, str) for word in get_args(inner)))
