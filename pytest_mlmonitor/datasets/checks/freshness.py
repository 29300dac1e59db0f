"""Freshness of datasets (specification 2.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.words import duration, instant
from pytest_mlmonitor.datasets.model import Dataset, place_of


@dataclass(frozen=True)
class Freshness:
    """Age of a dataset at the evaluation time.

    ``status`` is FRESH iff age < threshold, STALE from the threshold on, FUTURE when it was built more than the clock
    skew ahead. ``freshness_seconds`` is rounded to 0.1 s.
    """

    dataset_name: str | None
    dataset_version: str | None
    freshness_seconds: float
    status: str

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON of specification 2.2."""
        return asdict(self)


def compute_freshness(
    dataset: Dataset, now: datetime, threshold_seconds: float, clock_skew_seconds: float
) -> Freshness:
    """Return the freshness of ``dataset`` at ``now``.

    Raises:
        NotChecked: ``built_at`` is missing or no timestamp.
    """
    if dataset.built_at is None:
        raise NotChecked("built_at is missing or no timestamp")
    age = (now - dataset.built_at).total_seconds()
    status = "FRESH" if age < threshold_seconds else "STALE"
    if age < -clock_skew_seconds:
        status = "FUTURE"
    return Freshness(dataset.dataset_name, dataset.dataset_version, round(age, 1), status)


@check("dataset", category="freshness", applies=lambda dataset: dataset.described)
def freshness(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """The dataset was built less than ``freshness.max_age_seconds`` ago, and not in the future."""
    now = context.now
    allowed = context.settings.freshness.max_age_seconds
    found = compute_freshness(dataset, now, allowed, context.settings.clock_skew_seconds)
    age, built_at = found.freshness_seconds, dataset.built_at
    assert built_at is not None
    column = "built_at" if dataset.sidecar else "schema metadata build_timestamp"
    if found.status == "STALE":
        yield Finding(
            Severity.ERROR,
            f"STALE: built {duration(age)} ago, allowed {duration(allowed)}",
            f"age < {allowed:g} s (freshness.max_age_seconds)",
            f"{age} s, {column} {instant(built_at)}",
            column,
            place_of(dataset),
        )
    elif age < 0:
        ahead = found.status == "FUTURE"
        yield Finding(
            Severity.ERROR if ahead else Severity.INFO,
            f"{'FUTURE: ' if ahead else ''}{column} {instant(built_at)} lies {duration(age)} ahead of the evaluation time",
            f"at most {context.settings.clock_skew_seconds:g} s ahead (clock_skew_seconds)",
            f"{-age} s ahead of {instant(now)}",
            column,
            place_of(dataset),
        )
