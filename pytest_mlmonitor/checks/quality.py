"""Dataset quality that is no contract: rates (specification 1.1 and 2.4)."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_mlmonitor.checking import NotChecked, check, profile_of
from pytest_mlmonitor.model import Dataset, Finding, Severity
from pytest_mlmonitor.names import shown
from pytest_mlmonitor.read.platform import of_artifact
from pytest_mlmonitor.settings import Settings


@check("dataset", category="quality")
def positive_rate(dataset: Dataset, settings: Settings) -> Iterator[Finding]:
    """The share of positives of a binary target lies within ``quality.positive_rate_min`` and ``_max``."""
    contract = of_artifact(dataset).contract_of(dataset)
    column = contract.column(dataset.target or "") if contract else None
    if column is None or column.values != (0, 1):
        raise NotChecked("no contract says that the target is binary")
    profile = profile_of(dataset)
    if column.name not in profile.mean:
        raise NotChecked(f"{column.name} has no values")
    rate = profile.mean[column.name]
    low, high = settings.quality.positive_rate_min, settings.quality.positive_rate_max
    if not low <= rate <= high:
        assert dataset.data_path is not None
        yield Finding(
            Severity.WARNING,
            f"{column.name}: {rate:.2%} of the rows are positive, expected {low:.0%} to {high:.0%}",
            f"{low:g}..{high:g}",
            f"{rate:.6f}",
            column.name,
            shown(dataset.data_path),
        )
