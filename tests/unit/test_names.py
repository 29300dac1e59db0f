"""One word, one thing: no two public classes of the package share a name, and modules are called after what they hold."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.unit.test_architecture import PACKAGE

SHARED_CLASSES = {
    "Platform": "people's platform is the core's with the built-in kinds",
    "NonNegative": "pydantic constraints: a policy's with the library's words, a record's with ours",
    "Share": "pydantic constraints, likewise",
}
"""Names of classes and types that occur twice, and why."""

SHARED_MODULES = {
    "anchors": "one inner name a kind",
    "kind": "one inner name a kind; the core's is the class of the rows",
    "model": "one inner name a kind",
    "record": "one inner name a kind: its contract; the core's is the record of a run",
    "views": "one inner name a kind",
}
"""Names of modules that occur twice, rooms of topics (checks, adapters) not counted, and why."""

TOPICS = ("checks", "adapters")
"""Rooms whose modules are called after a topic or a format, so that every kind may have its own."""


def types(path: Path) -> Iterator[str]:
    """Yield the public classes and named types of a module."""
    for node in ast.parse(path.read_bytes()).body:
        if isinstance(node, ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (name.id for name in node.targets if isinstance(name, ast.Name) and named_like_a_type(name.id))


def named_like_a_type(name: str) -> bool:
    return name[0].isupper() and not name.isupper()


def shared(names: dict[str, set[str]]) -> dict[str, list[str]]:
    return {name: sorted(places) for name, places in names.items() if len(places) > 1}


def test_no_two_public_classes_share_a_name() -> None:
    found: dict[str, set[str]] = defaultdict(set)
    for path in PACKAGE.rglob("*.py"):
        for name in types(path):
            if not name.startswith("_"):
                found[name].add(path.relative_to(PACKAGE).as_posix())
    twice = shared(found)
    assert {name: places for name, places in twice.items() if name not in SHARED_CLASSES} == {}
    assert set(SHARED_CLASSES) - set(twice) == set(), "needs no exception any more: take it out"


def test_only_the_core_has_a_kind() -> None:
    """Private names count here: it once named six things."""
    homes = [p.relative_to(PACKAGE).as_posix() for p in PACKAGE.rglob("*.py") if {"Kind", "_Kind"} & set(types(p))]
    assert homes == ["core/kind.py"]


def test_no_two_modules_share_a_name() -> None:
    found: dict[str, set[str]] = defaultdict(set)
    for path in PACKAGE.rglob("*.py"):
        if path.name != "__init__.py" and path.parent.name not in TOPICS:
            found[path.stem].add(path.relative_to(PACKAGE).as_posix())
    twice = shared(found)
    assert {name: places for name, places in twice.items() if name not in SHARED_MODULES} == {}
    assert set(SHARED_MODULES) - set(twice) == set(), "needs no exception any more: take it out"
