"""Where two documents differ: tables and columns by name, rules and promises by what they are of, all else by its key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pytest_mlmonitor.tables.odcs.yaml import KeyPath


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()
"""Stands for a value that one of the two documents has not."""

_WHOLE = frozenset(("enum", "arguments", "implementation", "examples", "validValues", "missingValues", "mustBeBetween"))
"""Values that are one thing, whatever they are made of."""

_IDENTITIES: dict[str, tuple[tuple[str, ...], ...]] = {
    "schema": (("physicalName",), ("name",)),
    "properties": (("physicalName",), ("name",)),
    "slaProperties": (("property", "element"), ("property",)),
    "quality": (("name",), ("id",), ("type", "metric", "rule", "engine"), ("type",)),
    "customProperties": (("property",),),
    "servers": (("server",), ("id",)),
    "support": (("channel",), ("id",)),
    "roles": (("role",), ("id",)),
    "members": (("username",), ("id",)),
    "team": (("username",), ("id",)),
}
"""By what the entries of a list are known, the surest first; of other lists by their number."""


@dataclass(frozen=True)
class Difference:
    """One part in which two documents differ.

    Attributes:
        label: the part for a person: ``orders.amount.description``.
        old, new: the value on either side, or ``MISSING``.
        old_path, new_path: the place in either document; of an entry that a list has not, behind its last one.
    """

    label: str
    old: Any
    new: Any
    old_path: KeyPath
    new_path: KeyPath

    def alone(self, old: Mapping[str, Any]) -> dict[str, Any]:
        """Return the older document with this one difference."""
        changed: dict[str, Any] = _with(old, self.old_path, self.new)
        return changed

    def undone(self, new: Mapping[str, Any]) -> dict[str, Any]:
        """Return the newer document without this difference."""
        changed: dict[str, Any] = _with(new, self.new_path, self.old)
        return changed


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    """Yield every part in which two documents differ, less their version, which whoever compares them says anyway."""
    for key in dict.fromkeys((*old, *new)):
        if key != "version":
            label = "" if key == "schema" else key
            yield from _walk(label, (key,), (key,), old.get(key, MISSING), new.get(key, MISSING))


def _walk(label: str, old_path: KeyPath, new_path: KeyPath, old: Any, new: Any) -> Iterator[Difference]:
    if _same(old, new):
        return
    last = old_path[-1]
    kinds = {type(value) for value in (old, new) if value is not MISSING}
    if kinds == {dict} and last not in _WHOLE and not (isinstance(last, int) and MISSING in (old, new)):
        one, other = _mapping(old), _mapping(new)
        for part in dict.fromkeys((*one, *other)):
            below = f"{label}.{part}" if label and part != "properties" else label or part
            values = one.get(part, MISSING), other.get(part, MISSING)
            yield from _walk(below, (*old_path, part), (*new_path, part), *values)
        if one or other:
            return
    if kinds == {list} and last not in _WHOLE:
        before, after = _list(old), _list(new)
        if (before or after) and all(isinstance(item, dict) for item in (*before, *after)):
            yield from _entries(label, str(last), old_path, new_path, before, after)
            return
    yield Difference(label or str(last), old, new, old_path, new_path)


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _entries(
    label: str, key: str, old_path: KeyPath, new_path: KeyPath, old: list[Any], new: list[Any]
) -> Iterator[Difference]:
    partners = _paired(key, old, new)
    for i, item in enumerate(old):
        j = partners.get(i, len(new))
        other = new[j] if j < len(new) else MISSING
        yield from _walk(_called(label, key, item, i), (*old_path, i), (*new_path, j), item, other)
    taken = set(partners.values())
    for j, item in enumerate(new):
        if j not in taken:
            yield from _walk(_called(label, key, item, j), (*old_path, len(old)), (*new_path, j), MISSING, item)


def _called(label: str, key: str, item: Mapping[str, Any], number: int) -> str:
    name = item.get("name") or item.get("property") or item.get("physicalName") or item.get("metric")
    if key in ("schema", "properties"):
        return ".".join(part for part in (label, str(name or number)) if part)
    return f"{label}[{name if isinstance(name, str) else number}]"


def _paired(key: str, old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]) -> dict[int, int]:
    """Return which entry of ``new`` an entry of ``old`` is, by their positions: equal ones first, then by what names them."""
    partners: dict[int, int] = {}
    free = list(range(len(new)))
    for i, item in enumerate(old):
        j = next((j for j in free if _same(item, new[j])), None)
        if j is not None:
            partners[i] = j
            free.remove(j)
    for identity in _IDENTITIES.get(key, ()):
        for i, item in enumerate(old):
            if i in partners:
                continue
            names = _names(key, item, identity)
            j = next((j for j in free if names & _names(key, new[j], identity)), None)
            if j is not None:
                partners[i] = j
                free.remove(j)
    if key not in _IDENTITIES:  # in their order
        partners |= dict(zip((i for i in range(len(old)) if i not in partners), free, strict=False))
    return partners


def _names(key: str, item: Mapping[str, Any], identity: tuple[str, ...]) -> set[str]:
    """Return what an entry is known by; a table or column by either of its names, as where contracts are compared."""
    if key in ("schema", "properties"):
        return {name for name in (item.get("physicalName"), item.get("name")) if isinstance(name, str)}
    found = [item.get(part) for part in identity]
    return {repr(found)} if any(value is not None for value in found) else set()


def _same(one: Any, other: Any) -> bool:
    """Return whether two values are written alike; 1, 1.0 and true are three."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(value, other[key]) for key, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return repr(one) == repr(other)


def _with(container: Any, place: KeyPath, value: Any) -> Any:
    """Return ``container`` with ``value`` at ``place``; only what lies on the way there is copied."""
    part, rest = place[0], place[1:]
    if isinstance(part, int):
        items = list(container) if isinstance(container, list) else []
        there = items[part] if part < len(items) else None
        changed = _with(there, rest, value) if rest else value
        if part < len(items):
            items[part : part + 1] = [] if changed is MISSING else [changed]
        elif changed is not MISSING:
            items.append(changed)
        return items
    mapping = dict(container) if isinstance(container, dict) else {}
    changed = _with(mapping.get(part), rest, value) if rest else value
    if changed is MISSING:
        mapping.pop(part, None)
    else:
        mapping[part] = changed
    return mapping
