"""What a finding counts for in the end, and whether a check is asked at all: the policy's last word (specification 2 and 4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from pytest_mlmonitor.core.artifact import ArtifactRef, NotChecked
from pytest_mlmonitor.core.context import Artifacts, Context
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.policy.artifact_entries import Accept
from pytest_mlmonitor.core.policy.scopes import holds


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


def as_it_counts(finding: Finding, made: Any, artifact: Any, context: Context) -> Finding:
    """Return a finding of a check as it counts: by ``severity.<check>``, then as its kind adjusts it, then as it is accepted."""
    wanted = context.settings.severity.get(made.name)
    if wanted is not None and finding.severity >= Severity.WARNING:
        finding = replace(finding, severity=wanted)
    kind = context.platform.kinds.get(made.kind)
    for adjust in kind.adjustments() if kind is not None else ():
        finding = adjust(finding, made, artifact, context)
    return accepted(finding, made.name, context)


def refuse_switched_off(section: str | None, context: Context) -> None:
    """Raise ``NotChecked`` where the policy switches the section of a check off; it says who did."""
    if section is not None and getattr(context.settings, section).off:
        raise NotChecked(f"switched off: {section} = false in {context.settings.origins.get(section, 'the policy')}")
