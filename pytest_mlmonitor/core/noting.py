"""Collecting what checks say that a person's own test calls: a failing one raises, and its result is kept all the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from pytest_mlmonitor.core.result import CheckResult

_noted: ContextVar[list[CheckResult] | None] = ContextVar("mlmonitor_noted", default=None)


@contextmanager
def noting() -> Iterator[list[CheckResult]]:
    """Collect the results of every check called inside the block."""
    results: list[CheckResult] = []
    token = _noted.set(results)
    try:
        yield results
    finally:
        _noted.reset(token)


def note(result: CheckResult) -> None:
    """Add a result to those that are collected, where anybody does."""
    noted = _noted.get()
    if noted is not None:
        noted.append(result)
