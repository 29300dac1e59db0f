"""From which age a dataset is STALE, and who says so: its contract, the policy, or nobody (specification 2.2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.policy.age_policy import FreshnessPolicy
from pytest_mlmonitor.datasets.build_time import BEHIND, BuildTime
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.links.in_force import Contracts, authority


@dataclass(frozen=True)
class AgeLimit:
    """An age from which a dataset is STALE.

    Attributes:
        seconds: the age.
        severity: what follows.
        said: who says so.
        at_most: whether that age itself is still allowed, as in a contract's promise.
    """

    seconds: float
    severity: Severity
    said: str
    at_most: bool = False

    def broken(self, age: float) -> bool:
        """Return whether a dataset of ``age`` seconds is STALE."""
        return age > self.seconds if self.at_most else age >= self.seconds

    def severity_of(self, built: BuildTime, age: float) -> Severity:
        """Return what follows where the limit is broken: without a zone no more than a warning until it is so in every zone."""
        sure = built.zoned or self.broken(age - BEHIND.total_seconds())
        return self.severity if sure else min(self.severity, Severity.WARNING)

    def __str__(self) -> str:
        return f"age {'≤' if self.at_most else '<'} {self.seconds:g} s ({self.said})"


def age_limits(dataset: Dataset, built: BuildTime, policy: FreshnessPolicy, contracts: Contracts) -> list[AgeLimit]:
    """Return the limits of a dataset's age: the contract's, else the policy's.

    Nobody sets one where only a name, a partition or a log says when it was built: there the default of the policy does not
    hold. What is no older than its data is no older than a contract promises of them: its ``freshness`` is a limit here too.

    Args:
        dataset: the dataset.
        built: when it was built.
        policy: the limits that hold for it.
        contracts: those in force.
    """
    bounds = contracts.of(dataset)
    found = [
        AgeLimit(level.seconds, level.severity, f"freshness of the contract {contract.source or contract.name}", True)
        for contract in authority(bounds)
        for level in contract.levels
        if level.promise == "freshness"
    ]
    # A contract that lies beside the data is part of what is judged: it excuses nothing that the project said.
    if found and (any(bound.trusted for bound in bounds) or not policy.said):
        return found
    if policy.said or built.declared:
        if policy.warn_after is not None:
            found.append(AgeLimit(policy.warn_after, Severity.WARNING, "freshness.warn_after"))
        if policy.limit is not None:
            found.append(AgeLimit(policy.limit, Severity.ERROR, "freshness.max_age_seconds"))
    return found


def broken_limit(limits: Iterable[AgeLimit], built: BuildTime, age: float) -> tuple[Severity, AgeLimit] | None:
    """Return the broken limit that weighs most, with what follows from it; None where none is broken."""
    broken = [(limit.severity_of(built, age), limit) for limit in limits if limit.broken(age)]
    return max(broken, key=lambda pair: (pair[0], pair[1].severity, -pair[1].seconds), default=None)
