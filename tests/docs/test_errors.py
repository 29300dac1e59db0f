"""errors.md names every exception class of the package once, and where it is raised."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from collections import defaultdict
from collections.abc import Iterator

import pytest_mlmonitor
from tests.docs.blocks import DOCS
from tests.unit.test_architecture import PACKAGE

PAGE = (DOCS / "errors.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `([\w.]+)` \| (.*?) \| (.*?) \|$", re.MULTILINE)


def classes() -> Iterator[str]:
    """Yield every exception class that is defined in the package, as ``module.Name`` below it."""
    for module in pkgutil.walk_packages(pytest_mlmonitor.__path__, "pytest_mlmonitor."):
        for name, value in vars(importlib.import_module(module.name)).items():
            if inspect.isclass(value) and issubclass(value, BaseException) and value.__module__ == module.name:
                yield f"{module.name.removeprefix('pytest_mlmonitor.')}.{name}"


def raised() -> dict[str, set[str]]:
    """Return the files that raise each class; a ``raise`` of a name is that of the module that it was imported from."""
    places: dict[str, set[str]] = defaultdict(set)
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_bytes())
        file = path.relative_to(PACKAGE).as_posix()
        here = file.removesuffix(".py").replace("/", ".")
        home = {node.name: here for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                home |= {alias.name: node.module.removeprefix("pytest_mlmonitor.") for alias in node.names}
        for node in ast.walk(tree):
            if isinstance(node, ast.Raise) and node.exc is not None:
                made = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
                if isinstance(made, ast.Name) and made.id in home:
                    places[f"{home[made.id]}.{made.id}"].add(file)
    return places


def test_every_class_has_one_row_and_every_row_a_class() -> None:
    assert sorted(name for name, _, _ in ROW.findall(PAGE)) == sorted(classes())


def test_every_class_is_raised_where_the_page_says() -> None:
    """A place is a file, or a room that ends in a slash; each is needed, and there is no other."""
    found = raised()
    for name, where, _ in ROW.findall(PAGE):
        places = tuple(re.findall(r"`([\w./]+)`", where))
        assert [file for file in found[name] if not file.startswith(places)] == [], f"{name} is raised elsewhere too"
        idle = [place for place in places if not any(file.startswith(place) for file in found[name])]
        assert idle == [], f"{name} is not raised there"


def test_every_row_says_what_to_do() -> None:
    assert [name for name, _, then in ROW.findall(PAGE) if len(then.split()) < 3] == []
