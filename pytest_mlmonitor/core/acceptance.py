"""Findings for which somebody takes the responsibility: ``[[tool.mlmonitor.accept]]`` (specification 4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.context import Artifacts, Context
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.policy.scopes import holds
from pytest_mlmonitor.core.policy.settings import Accept


class Acceptances:
    """Which accept rules of a run excused what, as far as checks ran in this process.

    Attributes:
        used: numbers of the rules that excused a finding.
        judged: the artifacts and checks that ran.
    """

    def __init__(self, platform: Artifacts) -> None:
        self._number = {id(rule): i for i, rule in enumerate(platform.settings.accept)}
        self.used: set[int] = set()
        self.judged: set[tuple[ArtifactRef, str]] = set()

    def note(self, ref: ArtifactRef, check: str, findings: Iterable[Finding], rules: Iterable[Accept]) -> None:
        """Note that a check ran; ``rules`` are those for the artifact, the run's own or somebody else's."""
        own = [(self._number[id(rule)], rule) for rule in rules if id(rule) in self._number]
        if own:
            self.judged.add((ref, check))
        excused = [finding for finding in findings if finding.accepted is not None]
        self.used.update(i for i, rule in own if any(rule.excuses(check, finding.column) for finding in excused))


def rule_for(finding: Finding, check: str, context: Context) -> Accept | None:
    """Return the accept rule that is for a finding, also one whose last day is over; None without.

    What was accepted once counts as no error in the history of a dataset, for ever (specification 2.5).
    """
    return next((rule for rule in context.settings.accept if rule.excuses(check, finding.column)), None)


def accepted(finding: Finding, check: str, context: Context) -> Finding:
    """Return a finding as information that says so where a rule accepts it that still holds."""
    if finding.severity < Severity.WARNING:
        return finding
    for rule in context.settings.accept:
        if rule.excuses(check, finding.column) and holds(rule, context.now):
            message = f"{finding.message}; accepted until {rule.until}: {rule.reason}"
            reason = f"{rule.reason} (until {rule.until})"
            return replace(finding, severity=Severity.INFO, message=message, accepted=reason)
    return finding
