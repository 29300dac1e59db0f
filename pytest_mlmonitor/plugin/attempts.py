"""Which reports count: of what ran several times the last attempt, of what ran in several processes the worst."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.result import VERDICTS, CheckResult

_FINAL = ("passed", "failed", "skipped")
"""Outcomes of pytest; any other (``rerun``) is that of an attempt after which another follows."""


class Attempts:
    """Gathers the results that reports carry, once per node id, check and artifact.

    pytest-rerunfailures reports every attempt from its setup on, and a crashed worker's item again from another worker.
    ``--dist each`` runs everything in every process.
    """

    def __init__(self) -> None:
        self._results: dict[tuple[str, str], list[CheckResult]] = {}
        self._superseded: set[tuple[str, str]] = set()

    def add(self, report: pytest.TestReport, results: Sequence[CheckResult]) -> None:
        """Take what a report carries."""
        attempt = (report.nodeid, _process(report))
        if report.when == "setup":
            self._results.pop(attempt, None)
            self._superseded.discard(attempt)
        if report.outcome not in _FINAL:
            self._superseded.add(attempt)
        if results:
            self._results.setdefault(attempt, []).extend(results)

    def results(self) -> list[tuple[str, CheckResult]]:
        """Return (node id, result), each node id, check and artifact once."""
        found: dict[tuple[str, str, ArtifactRef], CheckResult] = {}
        for attempt, results in self._results.items():
            if attempt in self._superseded:
                continue
            for result in results:
                key = (attempt[0], result.check, result.ref)
                known = found.get(key)
                if known is None or _rank(result) < _rank(known):
                    found[key] = result
        return [(nodeid, result) for (nodeid, *_), result in found.items()]


def _process(report: pytest.TestReport) -> str:
    """Return which process ran it: empty without xdist."""
    gateway = getattr(getattr(report, "node", None), "gateway", None)
    return getattr(gateway, "id", "")


def _rank(result: CheckResult) -> tuple[int, int, bool]:
    """Return a key that is least for what is worst; what was checked goes before what was not."""
    return (VERDICTS.index(result.verdict), -(result.severity or 0), result.status == "not_checked")
