"""Every example in a docstring of the package shows what really comes out."""

from __future__ import annotations

import doctest
import importlib
import inspect

import pytest

from tests.unit.test_architecture import PACKAGE, PROJECT

MODULES = [
    ".".join(path.relative_to(PROJECT).with_suffix("").parts)
    for path in sorted(PACKAGE.rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
]
TEXT = [f"pytest_mlmonitor.core.text.{name}" for name in ("names", "times", "versions", "hours.weekly", "words")]


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_true(name: str) -> None:
    module = importlib.import_module(name)
    tests = [test for test in doctest.DocTestFinder(exclude_empty=True).find(module) if test.examples]
    assert tests, "its examples stand where nobody finds them"
    said: list[str] = []
    for test in tests:
        doctest.DocTestRunner(verbose=False).run(test, out=said.append)
    assert said == [], "".join(said)


@pytest.mark.parametrize("name", TEXT)
def test_every_function_of_text_has_an_example(name: str) -> None:
    module = importlib.import_module(name)
    without = [
        found.__name__
        for found in vars(module).values()
        if inspect.isfunction(inspect.unwrap(found)) and found.__module__ == name and not found.__name__.startswith("_")
        if ">>> " not in (found.__doc__ or "")
    ]
    assert without == []
