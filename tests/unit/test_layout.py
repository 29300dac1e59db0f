"""The size of rooms and modules, and the page that says what is in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.test_architecture import PACKAGE, PROJECT, contracts

MODULES = 12
LINES = 300

LONG = {
    "serving/fold/fold.py": "WindowFold is one idea: joinable and storable",
}
"""Modules that may be longer, and why."""

FULL = {"core": "the one path, a step a file", "plugin": "one concern of pytest a file"}
"""Rooms that may hold more modules, and why."""


def rooms() -> list[Path]:
    return sorted({path.parent for path in PACKAGE.rglob("*.py")})


def modules(room: Path) -> list[Path]:
    return [path for path in room.glob("*.py") if path.name != "__init__.py"]


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_modules_are_short_but_for_the_named_ones() -> None:
    long = {p.relative_to(PACKAGE).as_posix(): lines(p) for p in PACKAGE.rglob("*.py") if lines(p) > LINES}
    assert set(long) - set(LONG) == set(), f"longer than {LINES} lines: split it, or say in LONG why it is one idea"
    assert set(LONG) - set(long) == set(), "needs no exception any more: take it out of LONG"


def test_rooms_are_small_but_for_the_named_ones() -> None:
    full = {room.relative_to(PACKAGE).as_posix() for room in rooms() if len(modules(room)) > MODULES}
    assert full - set(FULL) == set(), f"more than {MODULES} modules: split it, or say in FULL why not"
    assert set(FULL) - full == set(), "needs no exception any more: take it out of FULL"


def test_tests_mirror_the_package() -> None:
    unit = PROJECT / "tests" / "unit"
    directories = {path.parent.relative_to(unit) for path in unit.rglob("*.py")}
    assert [str(d) for d in sorted(directories) if not (PACKAGE / d / "__init__.py").is_file()] == []


# The page.

PAGE = PROJECT / "docs" / "architecture.md"


def blocks() -> list[str]:
    return re.findall(r"```text\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def kinds() -> list[str]:
    """Return the rooms that are kinds: those on one line of the layers."""
    together = next(layer for layer in contracts()["rooms"]["layers"] if " : " in layer)
    return [name for name in re.findall(r"\w+", together) if name != "links" and (PACKAGE / name).is_dir()]


def documented() -> set[str]:
    """Return the rooms of the page's tree; ``<kind>/x`` is the one of every kind that has it."""
    found: set[str] = set()
    for line in blocks()[1].splitlines():
        for name in re.split(r"\s+", line.split("  ")[0].strip()):
            assert name.endswith("/"), f"{line!r} starts with no room"
            if not name.startswith("<kind>/"):
                assert (PACKAGE / name).is_dir(), name
                found.add(name)
                continue
            inner = [f"{kind}/{name.removeprefix('<kind>/')}" for kind in kinds()]
            there = {place for place in inner if (PACKAGE / place).is_dir()}
            assert there, name
            found |= there
    return found


def test_every_room_has_its_line_and_every_line_its_room() -> None:
    assert documented() == {f"{room.relative_to(PACKAGE)}/" for room in rooms() if room != PACKAGE}


def layers(text: str) -> Iterator[list[str]]:
    """Yield the names of each layer; ``:`` and ``|`` between names of one layer are the linter's business."""
    for layer in text.split(">"):
        yield re.findall(r"\w+", layer)


@pytest.mark.parametrize("contract", ["rooms", "kinds", "tables", "core"])
def test_the_order_of_the_page_is_the_one_that_is_enforced(contract: str) -> None:
    """A layer in brackets need not be there; one that is not there need not be on the page."""
    (line,) = [text for text in blocks()[2].splitlines() if text.startswith(f"{contract} ")]
    said = list(layers(line.split(None, 1)[1]))
    (container,) = contracts()[contract]["containers"]
    names = {path.stem for path in PROJECT.glob(f"{container.replace('.', '/')}/*")}
    enforced = []
    for layer in contracts()[contract]["layers"]:
        optional = set(re.findall(r"\((\w+)\)", layer))
        there = [name for name in re.findall(r"\w+", layer) if name in names or name not in optional]
        enforced += [there] if there else []
    assert said == enforced


def test_the_page_names_files_that_are_there() -> None:
    names = re.findall(r"`([\w./]+/[\w./]*)`", PAGE.read_text(encoding="utf-8"))
    assert names
    for name in names:
        assert (PACKAGE / name).exists() or (PROJECT / name).exists(), name
