"""What people can rely on stands in a file that somebody has looked at; the names are lazy, and whole for tools."""

from __future__ import annotations

import ast
import difflib
from pathlib import Path

import pytest

import pytest_mlmonitor
from tests.unit.public_api import FILE, rendered

STUB = Path(pytest_mlmonitor.__file__).with_suffix(".pyi")


def test_nothing_changed_that_people_rely_on() -> None:
    before, now = FILE.read_text(encoding="utf-8"), rendered()
    lines = difflib.unified_diff(before.splitlines(), now.splitlines(), FILE.name, "today", lineterm="", n=0)
    assert now == before, "meant? then run: python -m tests.unit.public_api\n" + "\n".join(lines)


def test_dir_and_star_have_every_public_name() -> None:
    assert set(pytest_mlmonitor.__all__) <= set(dir(pytest_mlmonitor))
    assert len(set(pytest_mlmonitor.__all__)) == len(pytest_mlmonitor.__all__)
    names: dict[str, object] = {}
    exec("from pytest_mlmonitor import *", names)  # noqa: S102 (a star is no statement of a function)
    assert set(pytest_mlmonitor.__all__) <= set(names)


def test_the_stub_has_one_form_that_both_its_readers_understand() -> None:
    """Type checkers re-export ``name as name`` only; at run time a line of another form would be lost."""
    read = ast.parse(STUB.read_text(encoding="utf-8"))
    imports = [node for node in read.body if isinstance(node, ast.ImportFrom)]
    names = [alias for node in imports for alias in node.names]
    assert all(len(node.names) == 1 and node.lineno == node.end_lineno for node in imports)
    assert all(alias.asname == alias.name for alias in names)
    assert ["__version__", *(alias.name for alias in names)] == pytest_mlmonitor.__all__


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    for name in ("nothing", "__wrapped__", "_private"):
        with pytest.raises(AttributeError, match=name):
            getattr(pytest_mlmonitor, name)
