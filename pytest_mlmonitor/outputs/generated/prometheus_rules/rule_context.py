"""What rules are made from: the policy, the checks that there are, and how often runs are made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from pytest_mlmonitor.core.check import Check
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.outputs.generated.prometheus_rules.alert_rules import RuleSeverity, severity_of
from pytest_mlmonitor.outputs.metrics.series import label_of


@dataclass(frozen=True)
class RuleContext:
    """What a rule may depend on.

    Attributes:
        settings: the policy.
        checks: every check that a run of it has.
        interval: seconds between two runs.
    """

    settings: Settings
    checks: Sequence[Check]
    interval: float

    @cached_property
    def by_category(self) -> dict[str, tuple[str, ...]]:
        """The names of checks by category."""
        found: dict[str, set[str]] = {}
        for check in self.checks:
            found.setdefault(check.category, set()).add(check.name)
        return {category: tuple(sorted(names)) for category, names in found.items()}

    @property
    def suite(self) -> str | None:
        """The suite whose series are asked, None for those of every suite."""
        suite = self.settings.metrics.suite
        return label_of(suite) if suite is not None else None

    @property
    def environment(self) -> str | None:
        """The environment whose series are asked, None for those of every environment: the policy names none."""
        return self.settings.environment if self.settings.origin("environment") != "default" else None

    def names(self, category: str, *kinds: str, but: Iterable[str] = ()) -> tuple[str, ...]:
        """Return the names of a category's checks, of some kinds or of all."""
        left_out = set(but)
        return tuple(
            sorted(
                {
                    check.name
                    for check in self.checks
                    if check.category == category and (not kinds or check.kind in kinds) and check.name not in left_out
                }
            )
        )

    def severity(self, checks: Iterable[str], default: RuleSeverity) -> RuleSeverity | None:
        """Return the severity of a rule about checks, None where the policy makes information of what they find."""
        return severity_of(self.settings, checks, default)
