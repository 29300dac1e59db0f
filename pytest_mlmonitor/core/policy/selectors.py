"""``artifact = "[kind:]NAME[@VERSION]"``: which artifacts an entry of the policy is for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pytest_mlmonitor.core.text.globs import is_glob, matcher
from pytest_mlmonitor.core.text.stamps import dated
from pytest_mlmonitor.core.text.times import parse_timestamp

FORM = '"[kind:]NAME[@VERSION]", e.g. "weather", "dataset:bike*" or "weather@2026-11-25"'

_KIND = re.compile(r"([A-Za-z_][A-Za-z0-9_]*):(.*)", re.DOTALL)


@dataclass(frozen=True)
class ArtifactNames:
    """By what the policy knows an artifact.

    Attributes:
        kind: its kind.
        names: what it, its family and its file are called.
        version: as written, None where it has none.
        source: the declared source that found it, None without.
    """

    kind: str
    names: tuple[str, ...]
    version: str | None = None
    source: str | None = None


@dataclass(frozen=True)
class Selector:
    """Which artifacts an entry is for: names and versions are patterns; versions that are times also compare as instants.

    Attributes:
        text: as it is written.
        kind: the kind before the first colon, None for every kind.
        whole: the text after it, a name that may itself hold an ``@``.
        name: the text up to the last ``@``.
        version: the text after it, None without.
    """

    text: str
    kind: str | None
    whole: str
    name: str
    version: str | None

    @classmethod
    def parse(cls, text: str) -> Selector:
        """Return what a text selects.

        Raises:
            ValueError: it names nothing.

        >>> Selector.parse("dataset:bike*@2026-11-25").kind, Selector.parse("bike*@2026-11-25").version
        ('dataset', '2026-11-25')
        """
        match = _KIND.fullmatch(text)
        kind, whole = match.groups() if match else (None, text)
        name, at, version = whole.rpartition("@")
        if not at:
            name, version = whole, ""
        if not name.strip() or (at and not version.strip()):
            raise ValueError(f"expected {FORM}")
        return cls(text, kind, whole, name, version or None)

    def matches(self, identity: ArtifactNames) -> bool:
        """Return whether an artifact is meant."""
        if self.kind is not None and self.kind != identity.kind:
            return False
        if any(map(matcher(self.whole), identity.names)):
            return True
        if self.version is None or identity.version is None or not any(map(matcher(self.name), identity.names)):
            return False
        return _same_version(self.version, identity.version)


class Selectors:
    """Many selectors, asked together: names are looked up, patterns are tried once a name."""

    def __init__(self, selectors: Sequence[Selector]) -> None:
        self._selectors = selectors
        self._exact: dict[str, list[int]] = {}
        self._globs: list[tuple[int, Callable[[str], object]]] = []
        for i, selector in enumerate(selectors):
            for form in dict.fromkeys((selector.whole, selector.name)):
                if is_glob(form):
                    self._globs.append((i, matcher(form)))
                else:
                    self._exact.setdefault(form, []).append(i)
        self._known: dict[str, frozenset[int]] = {}

    def matching(self, identity: ArtifactNames) -> tuple[int, ...]:
        """Return the numbers of the selectors that mean an artifact, in order."""
        named = frozenset[int]().union(*map(self._candidates, identity.names))
        return tuple(i for i in sorted(named) if self._selectors[i].matches(identity))

    def _candidates(self, name: str) -> frozenset[int]:
        if name not in self._known:
            found = [i for i, matches in self._globs if matches(name)]
            self._known[name] = frozenset([*self._exact.get(name, ()), *found])
        return self._known[name]


def distinct(names: Iterable[str | None]) -> tuple[str, ...]:
    """Return the names that are any, each once, in order."""
    return tuple(dict.fromkeys(name for name in names if name))


def _same_version(wanted: str, version: str) -> bool:
    if matcher(wanted)(version):
        return True
    moment = _moment(version)
    if moment is None:
        return False
    if is_glob(wanted):  # also as we write instants: Z, and T between day and time
        return bool(matcher(wanted)(moment.isoformat().replace("+00:00", "Z")))
    return _moment(wanted) == moment


def _moment(text: str) -> datetime | None:
    try:
        return parse_timestamp(text, naive_is_utc=True)
    except ValueError:
        found = dated(text)
        exact = found.stamp is not None and not found.family and found.stamp.precision in ("day", "hour", "time")
        return found.stamp.moment if found.stamp is not None and exact else None
