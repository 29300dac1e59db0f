"""Checks, and the one place that runs them: it alone times, catches and decides.

A check is a named pure rule: a generator of findings over an artifact and its context (:class:`.context.Context`). It has two
faces. The automatic items go through :func:`run_check` and get a result; a person's own test calls the check with an artifact
and a failure raises :class:`ContractViolation`.
"""

from __future__ import annotations

import inspect
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from pytest_mlmonitor.core.acceptance import Acceptances, accepted, as_it_counts, refuse_switched_off
from pytest_mlmonitor.core.adapter import takes_two
from pytest_mlmonitor.core.artifact import Artifact, ArtifactRef, NotChecked, located
from pytest_mlmonitor.core.context import Context, context_of
from pytest_mlmonitor.core.finding import Finding, Severity, headline
from pytest_mlmonitor.core.kind import SECTION_OF_CATEGORY, SECTIONS, Kind
from pytest_mlmonitor.core.noting import note
from pytest_mlmonitor.core.policy.origins.policy_thresholds import thresholds_of
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.result import CATEGORIES, CheckResult, Status
from pytest_mlmonitor.core.said import ACTIONS, MAX_ACTION, Beside, Said

MAX_RAISED = 8
"""Findings that a failing test prints; the rest is in results.json."""

MAX_FINDINGS = 100
"""Findings kept of one check; how many more there were is said."""

Rule = Callable[..., Iterable[Said]]
"""A generator over (artifact, context); a rule whose second parameter is called ``settings`` gets the policy instead."""


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


def _always(_: Any) -> bool:
    return True


BY_CATEGORY = "by category"  # stands for the section of the policy that a check's category has


@dataclass(frozen=True)
class Check:
    """A named rule over artifacts of one kind.

    Attributes:
        name: stable; stands in node ids and ``severity.<check>``.
        kind: the artifact kind it judges.
        category: one of :data:`CATEGORIES`.
        rule: ``rule(artifact, context)`` yields findings, raises :class:`NotChecked`, or returns without a finding.
        reads_broken: whether it also judges artifacts that could not be read.
        applies: artifacts it makes sense for, asked with the artifact, or with artifact and context; others get no item at all.
        section: of the policy, which ``false`` switches it off with; None: never. By default that of its category.
        compares: whether it compares the artifact with another version: what it finds is not of the artifact's own rows alone.
        action: what to do where it fails: imperative, at most 60 characters, no full stop; by default that of its category.
    """

    name: str
    kind: str
    category: str
    rule: Rule
    reads_broken: bool = False
    applies: Callable[..., bool] = _always
    section: str | None = BY_CATEGORY
    compares: bool = False
    action: str = ""

    def __post_init__(self) -> None:
        if self.category not in CATEGORIES:
            raise ValueError(f"check {self.name}: category {self.category!r} is none of {', '.join(CATEGORIES)}")
        if len(self.action) > MAX_ACTION:
            raise ValueError(f"check {self.name}: action {self.action!r} has more than {MAX_ACTION} characters")
        if not self.action:
            object.__setattr__(self, "action", ACTIONS[self.category])
        if self.section == BY_CATEGORY:
            object.__setattr__(self, "section", SECTION_OF_CATEGORY.get(self.category))
        if self.section is not None and self.section not in SECTIONS:
            raise ValueError(f"check {self.name}: section {self.section!r} is none of {', '.join(SECTIONS)}")

    @cached_property
    def _takes_settings(self) -> bool:
        names = list(inspect.signature(self.rule).parameters)
        return len(names) > 1 and names[1] == "settings"

    @cached_property
    def _context_decides(self) -> bool:
        return takes_two(self.applies)

    def concerns(self, artifact: Any, context: Context) -> bool:
        """Return whether the check makes sense for ``artifact``; also where ``applies`` raises: the result says what."""
        try:
            return self._concerns(artifact, context)
        except Exception:
            return True

    def _concerns(self, artifact: Any, context: Context) -> bool:
        return bool(self.applies(artifact, context) if self._context_decides else self.applies(artifact))

    def judge(self, artifact: Any, context: Context) -> Iterable[Said]:
        """Return what the rule says of ``artifact``, as it says it; what ``applies`` or the rule raises is raised.

        Raises:
            TypeError: the rule returned something else than findings.
        """
        self._concerns(artifact, context)
        said = self.rule(artifact, context.settings if self._takes_settings else context)
        if said is None:
            return ()
        if isinstance(said, (str, bytes)) or not isinstance(said, Iterable):
            raise TypeError(f"the check {self.name} returned {said!r}: yield findings, or return a list of them")
        return said

    def __call__(
        self, artifact: Any, settings: Settings | Context | None = None, *, context: Context | None = None
    ) -> CheckResult:
        """Judge ``artifact`` in a person's own test.

        Warnings are returned (and shown by pytest as warned); a finding that fails under the policy raises.

        Args:
            artifact: what a fixture gave.
            settings: another policy than the run's, or another context.
            context: another context than that of the platform with which the artifact was read.

        Raises:
            TypeError: ``settings`` is neither, or ``artifact`` is of another kind.
            ContractViolation: a finding at or above the policy's ``fail_on``.
            NotChecked: there is nothing to compare with; pytest shows a skip.
            CheckError: the rule crashed.
        """
        __tracebackhide__ = True
        given = artifact.ref.kind if hasattr(artifact, "ref") else type(artifact).__name__
        if given != self.kind:
            raise TypeError(f"the check {self.name} judges a {self.kind}, not a {given}")
        known = _context(artifact, context, settings)
        result = run_check(self, artifact, known)
        note(result)
        if result.status == "error":
            raise CheckError(result)
        if result.status == "not_checked":
            raise NotChecked(result.reason)
        if known.settings.fails_run(result):
            raise ContractViolation(result)
        return result


def check(
    kind: str,
    *,
    category: str,
    name: str | None = None,
    reads_broken: bool = False,
    applies: Callable[..., bool] = _always,
    section: str | None = BY_CATEGORY,
    compares: bool = False,
    action: str = "",
) -> Callable[[Rule], Check]:
    """Turn a generator of findings into a :class:`Check` named after the function.

    Args:
        kind: the artifact kind it judges.
        category: one of :data:`CATEGORIES`.
        name: another name than the function's.
        reads_broken: whether it also judges artifacts that could not be read.
        applies: artifacts it makes sense for, asked with the artifact, or with artifact and context.
        section: of the policy, which ``false`` switches the check off with; by default that of its category.
        compares: whether it compares the artifact with another version.
        action: what to do where it fails: imperative, at most 60 characters, no full stop; by default that of its category.
    """

    def make(rule: Rule) -> Check:
        made = Check(name or rule.__name__, kind, category, rule, reads_broken, applies, section, compares, action)
        object.__setattr__(made, "__doc__", rule.__doc__)
        return made

    return make


def readable_check(kind: str) -> Check:
    """Return the check ``readable`` of a kind: its reader did not raise, and its bytes are a document."""

    def readable(artifact: Any, _: Context) -> Iterator[Finding]:
        if isinstance(artifact, Artifact):
            yield from artifact.unreadable or ()  # a class of somebody else may say None

    return Check("readable", kind, "contract", readable, reads_broken=True)


def checks_of(kind: Kind) -> list[Check]:
    """Return the checks of a kind, in the order in which their items run; of one without any that its reader did not raise."""
    return kind.all_of(Check, "checks", kind.topics) or [readable_check(kind.name)]


def run_check(
    made: Check, artifact: Any, context: Context | Settings | None = None, ref: ArtifactRef | None = None
) -> CheckResult:
    """Judge one artifact by one check; never raises.

    Args:
        made: the check.
        artifact: what its kind's reader returned.
        context: what the rule may ask; that of the platform with which the artifact was read by default, or this policy in it.
        ref: needed for artifacts of added kinds that carry none.
    """
    where = ref or artifact.ref
    started_at, start = datetime.now(UTC), time.perf_counter()
    findings: list[Finding] = []
    beside = Beside([], [], [])
    more = 0
    worst_left_out = Severity.INFO
    reason: str | None = None
    status: Status | None = None
    try:
        known = _context(artifact, None, context)
        refuse_switched_off(made.section, known)
        if isinstance(artifact, Artifact):
            artifact.refuse_unfit(reads_broken=made.reads_broken)
        for finding in made.judge(artifact, known):
            if beside.took(finding):
                continue
            if not isinstance(finding, Finding) or not isinstance(finding.severity, Severity):
                raise TypeError(f"the check {made.name} yielded {finding!r}, which is no finding or figure")
            if len(findings) < MAX_FINDINGS:
                findings.append(located(artifact, finding.as_text()))
            else:
                more += 1
                worst_left_out = max(worst_left_out, accepted(finding, made.name, known).severity)
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:  # also what ends a test of pytest, which is not imported here
        if isinstance(error, NotChecked) or type(error).__name__ == "Skipped":
            reason = str(error)
            if not any(finding.severity >= Severity.WARNING for finding in findings):
                status = "not_checked"
        else:
            reason, status = traceback.format_exc(), "error"
    if more:
        findings.append(Finding(worst_left_out, f"… and {more:,} more findings of this check"))
    try:
        findings = [as_it_counts(thresholds_of(finding, known.settings), made, artifact, known) for finding in findings]
        if known.settings.accept:
            known.view(Acceptances).note(where, made.name, findings, known.settings.accept)
    except Exception:
        reason, status = traceback.format_exc(), "error"
    findings.sort(key=lambda f: -f.severity)
    if status is None:
        status = "fail" if findings and findings[0].severity >= Severity.WARNING else "pass"
    elapsed = round(time.perf_counter() - start, 6)
    return CheckResult(
        made.name,
        made.category,
        where,
        status,
        tuple(findings),
        reason,
        elapsed,
        tuple(beside.figures),
        started_at,
        tuple(beside.measures),
        tuple(beside.pictures),
        made.action,
    )


def _context(artifact: Any, context: Context | None, settings: object) -> Context:
    if isinstance(settings, Context):
        context, settings = settings, None
    for given, wanted in ((settings, Settings), (context, Context)):
        if given is not None and not isinstance(given, wanted):
            raise TypeError(f"a check takes a policy or a context beside the artifact, not {type(given).__name__}")
    found = context or context_of(artifact)
    if isinstance(settings, Settings):
        found = replace(found, settings=found.platform.resolved(settings, artifact), policy=settings)
    return found
