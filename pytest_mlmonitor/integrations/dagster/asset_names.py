"""What assets, checks and jobs are called: names out of artifacts made fit for Dagster."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence

from pytest_mlmonitor.integrations.dagster.judged_families import FamilyName

RESULT_ASSETS = (
    "validation_result",
    "freshness_result",
    "dataset_lineage",
    "training_lineage",
    "serving_metrics_raw",
    "serving_health_state",
)
"""What a run makes, called as by the reference implementation."""

SUITE, CONTRACT_TESTS, UNDECLARED = "suite", "contract_tests", "undeclared_artifacts"
"""Checks of ``validation_result``: the whole run; tests that people wrote; what has no asset of its own."""

_LONGEST = 80
_UNFIT = re.compile(r"[^A-Za-z0-9_.-]")


def key_parts(families: Iterable[FamilyName], prefix: Sequence[str]) -> dict[FamilyName, tuple[str, ...]]:
    """Return the parts of the asset key of every family, each another one: prefix, kind, name.

    Letters, digits, ``_``, ``.`` and ``-`` stay as they are; a name that holds others gets a short hash. So do all but the first
    of those that Dagster would take for one: to it ``a.b`` and ``a-b`` are the same.

    >>> key_parts([("dataset", "bike demand"), ("dataset", "rides")], ["ml"])[("dataset", "rides")]
    ('ml', 'dataset', 'rides')
    >>> key_parts([("dataset", "bike demand")], [])
    {('dataset', 'bike demand'): ('dataset', 'bike_demand_1fef57a2')}
    """
    found: dict[FamilyName, tuple[str, ...]] = {}
    taken: set[str] = set()
    for kind, name in sorted(set(families)):
        part = _UNFIT.sub("_", name)[:_LONGEST]
        hashed = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
        # of nothing but dots there would be no address in a browser
        if part != name or not part.strip(".") or _same_to_dagster(kind, part) in taken:
            part = f"{part}_{hashed[:8]}"
        if _same_to_dagster(kind, part) in taken:  # another one is called like that by itself
            part = f"{part}_{hashed}"
        taken.add(_same_to_dagster(kind, part))
        found[kind, name] = (*prefix, kind, part)
    return found


def _same_to_dagster(kind: str, part: str) -> str:
    return f"{kind}/{re.sub('[.-]', '_', part)}".lower()
