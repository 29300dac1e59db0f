"""Tests that failed and stand in no result, as they say nothing of an artifact: out of ``junit.xml``, which lies beside it."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.outputs.results_shape import Results

_COARSE = 2.0
"""Seconds by which file systems round the times of files."""


def failed_elsewhere(out: Path, results: Results, since: float) -> list[str] | None:
    """Return the tests that failed without a word in the results, as ``module::function``; None where nothing says which.

    Args:
        out: where the run wrote; pytest wrote ``junit.xml`` there a moment ago.
        results: of that run.
        since: when it was started, seconds since 1970: an older file is of another run.
    """
    file = out / "junit.xml"
    try:
        if file.stat().st_mtime < since - _COARSE:
            return None
        document = ET.parse(file)  # noqa: S314 (written by our own child)
    except (OSError, ET.ParseError):
        return None
    known = {_spelt(one["nodeid"]) for one in results["results"]}
    found: dict[str, None] = {}
    for case in document.iter("testcase"):
        broken = any(case.find(tag) is not None for tag in ("failure", "error"))
        is_check = any(p.get("name") == "mlmonitor.check" for p in case.iter("property"))
        name = f"{case.get('classname', '')}::{case.get('name', '')}"
        if broken and not is_check and name not in known:
            found[safe(name)] = None
    return list(found)


def _spelt(nodeid: str) -> str:
    """Return a node id as junit.xml writes it.

    >>> _spelt("contracts/test_own.py::TestIt::test_one[a]")
    'contracts.test_own.TestIt::test_one[a]'
    """
    place, _, bracket = nodeid.partition("[")
    *classes, name = place.split("::")
    path = ".".join([classes[0].removesuffix(".py").replace("/", "."), *classes[1:]]) if classes else ""
    return f"{path}::{name}" + (f"[{bracket}" if bracket else "")
