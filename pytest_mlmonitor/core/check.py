"""Checks, and the one place that runs them: it alone times, catches and decides.

A check is a named pure rule: a generator of findings over an artifact and a policy. It has two faces. The automatic items
go through :func:`run_check` and get a result; a person's own test calls the check with an artifact and a failure raises
:class:`ContractViolation`.
"""

from __future__ import annotations

import math
import os
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

from pytest_mlmonitor.core.artifact import Artifact, ArtifactRef, Kind
from pytest_mlmonitor.core.finding import Figure, Finding, Severity
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.result import CATEGORIES, CheckResult, Status
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.core.text.words import with_places

MAX_RAISED = 8
"""Findings that a failing test prints; the rest is in results.json."""

MAX_FINDINGS = 100
"""Findings kept of one check; how many more there were is said."""

Rule = Callable[[Any, Settings], Iterable[Finding | Figure]]
"""A generator of findings; a :class:`Figure` that it yields goes to the metrics."""


class NotChecked(Exception):
    """Raised by a rule that has nothing to compare with; the message says why."""


class ContractViolation(AssertionError):
    """An artifact broke a check that must stop the test.

    Attributes:
        result: what was found.
    """

    def __init__(self, result: CheckResult) -> None:
        self.result = result
        super().__init__("\n".join(map(headline, result.findings[:MAX_RAISED])))


class CheckError(RuntimeError):
    """A check could not run: our fault or the environment's, never the artifact's; carries the traceback."""

    def __init__(self, result: CheckResult) -> None:
        self.result = result
        super().__init__(result.reason)


@dataclass(frozen=True)
class Check:
    """A named rule over artifacts of one kind.

    Attributes:
        name: stable; stands in node ids and ``severity.<check>``.
        kind: the artifact kind it judges.
        category: one of :data:`CATEGORIES`.
        rule: yields findings, raises :class:`NotChecked`, or returns without a finding.
        reads_broken: whether it also judges artifacts that could not be read.
        applies: artifacts it makes sense for; others get no item at all.
    """

    name: str
    kind: Kind
    category: str
    rule: Rule
    reads_broken: bool = False
    applies: Callable[[Any], bool] = lambda _: True

    def __post_init__(self) -> None:
        if self.category not in CATEGORIES:
            raise ValueError(f"check {self.name}: category {self.category!r} is none of {', '.join(CATEGORIES)}")

    def __call__(self, artifact: Any, settings: Settings | None = None) -> CheckResult:
        """Judge ``artifact`` in a person's own test.

        Warnings are returned (and shown by pytest as warned); a finding that fails under the policy raises.

        Raises:
            ContractViolation: a finding at or above the policy's ``fail_on``.
            NotChecked: there is nothing to compare with; pytest shows a skip.
            CheckError: the rule crashed.
        """
        __tracebackhide__ = True
        policy = settings or _policy_of(artifact)
        result = run_check(self, artifact, policy)
        noted = _noted.get()
        if noted is not None:
            noted.append(result)
        if result.status == "error":
            raise CheckError(result)
        if result.status == "not_checked":
            raise NotChecked(result.reason)
        if result.status == "fail" and policy.fails(result.severity or Severity.INFO):
            raise ContractViolation(result)
        return result


_noted: ContextVar[list[CheckResult] | None] = ContextVar("mlmonitor_noted", default=None)


@contextmanager
def noting() -> Iterator[list[CheckResult]]:
    """Collect the results of every check called inside the block."""
    results: list[CheckResult] = []
    token = _noted.set(results)
    try:
        yield results
    finally:
        _noted.reset(token)


def check(
    kind: Kind,
    *,
    category: str,
    name: str | None = None,
    reads_broken: bool = False,
    applies: Callable[[Any], bool] = lambda _: True,
) -> Callable[[Rule], Check]:
    """Turn a generator of findings into a :class:`Check` named after the function.

    Args:
        kind: the artifact kind it judges.
        category: one of :data:`CATEGORIES`.
        name: another name than the function's.
        reads_broken: whether it also judges artifacts that could not be read.
        applies: artifacts it makes sense for.
    """

    def make(rule: Rule) -> Check:
        made = Check(name or rule.__name__, kind, category, rule, reads_broken, applies)
        object.__setattr__(made, "__doc__", rule.__doc__)
        return made

    return make


def readable_check(kind: Kind) -> Check:
    """Return the check ``readable`` of an added kind: its reader did not raise."""

    def readable(artifact: Any, settings: Settings) -> Iterator[Finding]:
        del settings
        yield from getattr(artifact, "unreadable", ()) if isinstance(artifact, Artifact) else ()

    return Check("readable", kind, "contract", readable, reads_broken=True)


def run_check(made: Check, artifact: Any, settings: Settings, ref: ArtifactRef | None = None) -> CheckResult:
    """Judge one artifact by one check; never raises.

    Args:
        made: the check.
        artifact: what its kind's reader returned.
        settings: the policy; ``severity.<check>`` replaces the severity of its failing findings.
        ref: needed for artifacts of added kinds that carry none.
    """
    where = ref or artifact.ref
    start = time.perf_counter()
    findings: list[Finding] = []
    figures: list[Figure] = []
    more = 0
    worst_left_out = Severity.INFO
    reason: str | None = None
    status: Status | None = None
    try:
        if isinstance(artifact, Artifact) and not artifact.legible and not made.reads_broken:
            first = artifact.unreadable[0].message if artifact.unreadable else "its records break their contract"
            raise NotChecked(f"cannot be read: {first}")
        for finding in made.rule(artifact, settings) or ():
            if isinstance(finding, Figure):
                if math.isfinite(finding.value):
                    figures.append(finding)
            elif len(findings) < MAX_FINDINGS:
                findings.append(finding)
            else:
                more += 1
                worst_left_out = max(worst_left_out, finding.severity)
    except NotChecked as nothing:
        reason = str(nothing)
        if not any(finding.severity >= Severity.WARNING for finding in findings):
            status = "not_checked"
    except Exception:
        reason = traceback.format_exc()
        status = "error"
    if more:
        findings.append(Finding(worst_left_out, f"… and {more:,} more findings of this check"))
    findings = [_with_policy(finding, made.name, settings) for finding in findings]
    findings.sort(key=lambda f: -f.severity)
    if status is None:
        status = "fail" if findings and findings[0].severity >= Severity.WARNING else "pass"
    elapsed = time.perf_counter() - start
    return CheckResult(
        made.name, made.category, where, status, tuple(findings), reason, round(elapsed, 6), tuple(figures)
    )


def headline(finding: Finding) -> str:
    """Return the finding in one line that also says where it is."""
    message = safe(finding.message)
    place = os.path.basename(finding.location) if finding.location else ""
    if place and place not in message and place.rsplit(":", 1)[0] not in message:
        message = f"{message} [{safe(place)}]"
    return message


def grouped(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield one finding per (severity, column, expectation), with the places of the others: no flood of equal lines."""
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.severity, finding.column, finding.expected), []).append(finding)
    for alike in groups.values():
        first, others = alike[0], [f.location for f in alike[1:] if f.location]
        names = [os.path.basename(place) for place in others[:3]]
        yield replace(first, message=with_places(first.message, len(alike) - 1, names))


def _with_policy(finding: Finding, name: str, settings: Settings) -> Finding:
    wanted = settings.severity.get(name)
    if wanted is None or finding.severity < Severity.WARNING:
        return finding
    return replace(finding, severity=wanted)


def _policy_of(artifact: Any) -> Settings:
    policy = getattr(getattr(artifact, "platform", None), "settings", None)
    return policy if isinstance(policy, Settings) else Settings()
