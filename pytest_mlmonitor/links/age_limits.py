"""From which age a dataset is STALE, who says so (specification 2.2: its contract, the policy, or nobody), and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pytest_mlmonitor.core.context import Artifacts, Context
from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.policy.age_policy import FreshnessPolicy
from pytest_mlmonitor.core.text.names import bare
from pytest_mlmonitor.core.text.words import listing
from pytest_mlmonitor.datasets.build_time import BEHIND, BuildTime
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.links.in_force import Contracts, authority
from pytest_mlmonitor.links.superseded import FamilyKey, Superseded
from pytest_mlmonitor.tables.contract.table import ServiceLevel, TableContract

SIBLINGS = 3
"""How many versions without a date a message names."""

_NUMBER = re.compile("[0-9]+")


@dataclass(frozen=True)
class AgeLimit:
    """An age from which a dataset is STALE.

    Attributes:
        seconds: the age.
        severity: what follows.
        said: who says so.
        at_most: whether that age itself is still allowed, as in a contract's promise.
        keys: of the policy, where that says so.
        promise: of a contract, where one says so, with that contract.
    """

    seconds: float
    severity: Severity
    said: str
    at_most: bool = False
    keys: tuple[str, ...] = ()
    promise: tuple[TableContract, ServiceLevel] | None = None

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
        AgeLimit(
            level.seconds,
            level.severity,
            f"freshness of the contract {contract.source or contract.name}",
            True,
            promise=(contract, level),
        )
        for contract in authority(bounds)
        for level in contract.levels
        if level.promise == "freshness"
    ]
    # A contract that lies beside the data is part of what is judged: it excuses nothing that the project said.
    if found and (any(bound.trusted for bound in bounds) or not policy.said):
        return found
    if policy.said or built.declared:
        if policy.warn_after is not None:
            key = "freshness.warn_after"
            found.append(AgeLimit(policy.warn_after, Severity.WARNING, key, keys=(key,)))
        if policy.limit is not None:
            said = "freshness.error_after" if policy.error_after is not None else "freshness.max_age_seconds"
            found.append(AgeLimit(policy.limit, Severity.ERROR, "freshness.max_age_seconds", keys=(said,)))
    return found


def broken_limit(limits: Iterable[AgeLimit], built: BuildTime, age: float) -> tuple[Severity, AgeLimit] | None:
    """Return the broken limit that weighs most, with what follows from it; None where none is broken."""
    broken = [(limit.severity_of(built, age), limit) for limit in limits if limit.broken(age)]
    return max(broken, key=lambda pair: (pair[0], pair[1].severity, -pair[1].seconds), default=None)


class NumberedDirectories:
    """Artifacts of one name in directories that are called alike but for numbers: ``d26`` and ``d27``, ``build-7`` and ``build-8``.

    No such directory is a date, so each has a family of its own: only a person knows whether they hold versions.
    """

    def __init__(self, platform: Artifacts) -> None:
        self._families = platform.view(Superseded)
        self._alike: dict[FamilyKey, list[tuple[FamilyKey, Any, Any]]] = {}
        for family, newest, order in self._families.newest():
            self._alike.setdefault(_without_numbers(family), []).append((family, newest, order))

    def newer(self, artifact: Any) -> tuple[str, Any, Any] | None:
        """Return the newest of them, None where none is newer than the artifact's own family.

        Returns:
            The part of the artifact's own directory that differs, the newest artifact and what puts it in order.
        """
        own = self._families.family(artifact)
        alike = self._alike.get(_without_numbers(own), []) if own is not None else []
        mine = next((order for family, _, order in alike if family == own), None)
        others = [(order, one.ref, one, family) for family, one, order in alike if family != own]
        if own is None or mine is None or not others:
            return None
        order, _, newest, family = max(others, key=lambda entry: entry[:2])
        if order <= mine:
            return None
        return next(a for a, b in zip(own.directory, family.directory, strict=True) if a != b), newest, order


def way_out(artifact: Any, context: Context) -> str:
    """Return what to do about an old artifact beside which another may be newer, to be put behind a message.

    One beside it has no date; or one of the same name lies in a directory that is called alike but for a number.
    """
    superseded = context.link(Superseded)
    if context.settings.superseded == "full" or superseded.of(artifact) is not None:
        return ""
    undated = superseded.undated_beside(artifact)
    if undated:
        names = listing([bare(one.ref.name, 60) for one in undated], SIBLINGS)
        return f"; nothing says when {names} beside it was built: where that is newer, say so (built_at)"
    found = context.link(NumberedDirectories).newer(artifact)
    if found is None:
        return ""
    part, newest, order = found
    path = getattr(newest, "data_path", None) or newest.ref.path
    where = path.relative_to(newest.ref.root).as_posix() if path.is_relative_to(newest.ref.root) else newest.ref.name
    day = f" such as {order:%Y-%m-%d}" if isinstance(order, datetime) else ""
    return (
        f"; {bare(where, 80)} is newer, but {bare(part, 40)}/ is no date: where both are versions of one dataset, "
        f"call such directories by dates{day}"
    )


def _without_numbers(family: FamilyKey) -> FamilyKey:
    return replace(family, directory=tuple(_NUMBER.sub("#", part) for part in family.directory))
