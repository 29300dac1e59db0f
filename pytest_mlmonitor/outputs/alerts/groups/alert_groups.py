"""From the record of a run to what alerts are decided by: one group a family of artifacts and check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.core.text.redaction import redacted
from pytest_mlmonitor.links.families.artifact_places import ArtifactPlaces
from pytest_mlmonitor.links.families.superseded_findings import SupersededFindings, counts_although_superseded
from pytest_mlmonitor.outputs.alerts.alert import Alert, AlertSeverity
from pytest_mlmonitor.outputs.alerts.alert_words import counting, summary_of
from pytest_mlmonitor.outputs.alerts.groups.empty_platform import DATA_FOUND, PLATFORM, nothing_found_alert
from pytest_mlmonitor.outputs.alerts.groups.judged_run import (
    MEMBER_STATUSES,
    AlertGroup,
    JudgedMember,
    JudgedRun,
    MemberStatus,
)
from pytest_mlmonitor.serving.history import history_as_read
from pytest_mlmonitor.serving.kind import DEPLOYMENT
from pytest_mlmonitor.serving.model import Deployment
from pytest_mlmonitor.serving.seen.retirement import EXCUSED, Retirement

EVIDENCE = 20
"""Node ids and versions that an alert names; the report has all of them."""

_SEVERITIES: dict[Severity, AlertSeverity] = {
    Severity.WARNING: "warning",
    Severity.ERROR: "error",
    Severity.CRITICAL: "critical",
}
_STATUSES: dict[str, MemberStatus] = {"error": "crashed", "not_checked": "unchecked", "pass": "passing"}


class AlertGroups:
    """What a run says, family by family and check by check.

    Args:
        record: of the run.
        platform: that it read.
        home: directory of the policy, resolved.
        whole: whether the run came to its end and judged everything.
        report_url: link to its report.
        secrets: values that no alert may hold.
    """

    def __init__(
        self,
        record: RunRecord,
        platform: Artifacts,
        home: Path,
        *,
        whole: bool = True,
        report_url: str | None = None,
        secrets: Sequence[str] = (),
    ) -> None:
        self._record = record
        self._platform = platform
        self._whole = whole
        self._report_url = report_url
        self._secrets = tuple(secrets)
        declared = [(home / path).resolve() for path in platform.settings.artifacts]
        self._places = ArtifactPlaces(platform, home, declared)
        self._versions = SupersededFindings(platform)
        self._by_ref: dict[ArtifactRef, Any] = dict(platform.artifacts)
        self._deployments: dict[ArtifactRef, Deployment] = {
            one.ref: one for one in platform.of_kind(DEPLOYMENT.name, broken=True)
        }

    def judged(self) -> JudgedRun:
        """Return the run as alerts are decided by it."""
        results: dict[ArtifactRef, dict[str, list[tuple[str, CheckResult]]]] = {}
        for nodeid, result in self._record.results:
            results.setdefault(result.ref, {}).setdefault(result.check, []).append((nodeid, result))
        scope = scope_of(self._platform.settings)
        members: dict[tuple[str, str], JudgedMember] = {}
        groups: dict[tuple[str, str], list[JudgedMember]] = {}
        for ref, by_check in results.items():
            place, newer = self._places.of(ref), self._versions.newer_than(ref)
            beyond = self._places.of(newer) if newer is not None else None
            family = redacted(f"{scope}:{self._places.family(ref)}", self._secrets)
            for check, found in by_check.items():
                member = members[check, place] = self._member(ref, place, beyond, found)
                if member.newer is None:
                    groups.setdefault((family, check), []).append(member)
        called = {check: safe(check) for _, check in groups}
        made = {
            (key := f"{family}:{called[check]}"): AlertGroup(key, check, found)
            for (family, check), found in groups.items()
        }
        empty = self._whole and not (results and self._platform.judges_data())
        if self._whole:
            heard = any(group.failing for group in made.values())  # a source that finds nothing is an alert of its own
            status: MemberStatus = "passing" if not empty else "unchecked" if heard else "failing"
            member = members[DATA_FOUND, PLATFORM] = JudgedMember(PLATFORM, status)
            key = redacted(f"{scope}:{PLATFORM}:{DATA_FOUND}", self._secrets)
            made[key] = AlertGroup(key, DATA_FOUND, [member])
        return JudgedRun(made, members, self._newer, self._gone, self._whole, empty)

    def alert_of(self, group: AlertGroup) -> Alert:
        """Return the alert of a group that has failing members."""
        failing = sorted(group.failing, key=lambda member: (-_worst(member), member.place))
        found = counting([one for member in failing for _, result in member.results for one in result.findings])
        first = failing[0]
        if first.ref is None:
            return self._without_secrets(nothing_found_alert(group.key, self._platform, self._record, self._report_url))
        severity: AlertSeverity = _SEVERITIES[Severity(_worst(first))]
        results = [(nodeid, result) for member in failing for nodeid, result in member.results]
        telling = [pair for pair in results if pair[1].status in ("fail", "error")]
        action = self._action(group, failing) if severity != "warning" else None
        settings = self._platform.settings_of(first.ref, self._by_ref.get(first.ref))
        alert = Alert(
            key=group.key,
            kind=first.ref.kind,
            artifact=self._called(first.ref),
            check=group.check,
            category=telling[0][1].category,
            severity="emergency" if action is not None else severity,
            state="firing",
            summary=summary_of(failing, found),
            environment=self._environment(first.ref),
            evidence=tuple(dict.fromkeys(nodeid for nodeid, _ in telling))[:EVIDENCE],
            versions=tuple(self._version(member.ref) for member in failing if member.ref is not None)[:EVIDENCE],
            owner=settings.owner,
            runbook=settings.runbook,
            report_url=self._report_url,
            action=action,
            trace_id=self._record.trace_id,
        )
        return self._without_secrets(alert)

    def _without_secrets(self, alert: Alert) -> Alert:
        """Return an alert as it may leave the tool: what came out of an artifact may hold anything."""
        texts = {name: value for name, value in vars(alert).items() if isinstance(value, str)}
        lists = {name: value for name, value in vars(alert).items() if isinstance(value, tuple)}
        clean: dict[str, Any] = {name: redacted(text, self._secrets) for name, text in texts.items()}
        clean |= {name: tuple(redacted(text, self._secrets) for text in found) for name, found in lists.items()}
        return replace(alert, **clean)

    # -- one artifact -----------------------------------------------------------------------------------------------

    def _member(
        self, ref: ArtifactRef, place: str, newer: str | None, results: list[tuple[str, CheckResult]]
    ) -> JudgedMember:
        status = _status([result for _, result in results])
        if newer is not None:
            ahead = [pair for pair in results if any(map(counts_although_superseded, pair[1].findings))]
            if not ahead:
                return JudgedMember(place, status, "", newer, ref, results)
            status, results = "failing", ahead  # what is of a time to come no newer version makes right
        if status in ("failing", "crashed"):
            return JudgedMember(place, status, "", None, ref, results)
        told = [one for _, result in results for one in result.findings]
        ended = self._retired(ref, results[0][1].category)
        if ended == "" and any(one.severity == Severity.INFO for one in told):
            status = "unchecked"  # it is being drained: neither sound nor gone
        elif ended:
            status = "passing"
        elif accepted := next((one.accepted for one in told if one.accepted), None):
            ended = f"accepted: {safe(accepted)}"
        elif any(one.severity == Severity.INFO for one in told) and self._is_information(ref, results[0][1].check):
            ended = f"information by the policy: severity.{safe(results[0][1].check)} = 'info'"
        return JudgedMember(place, status, ended or "", None, ref, results)

    def _is_information(self, ref: ArtifactRef, check: str) -> bool:
        """Return whether the policy makes information of whatever a check finds."""
        return self._platform.settings_of(ref, self._by_ref.get(ref)).severity.get(check) == Severity.INFO

    def _retired(self, ref: ArtifactRef, category: str) -> str | None:
        """Return why a deployment's findings do not count any more; empty while it is drained, None where they count."""
        deployment = self._deployments.get(ref)
        if deployment is None or category not in EXCUSED:
            return None
        policy = self._platform.settings_of(ref, deployment).serving
        standing = self._platform.view(Retirement).standing(deployment, policy)
        if standing.excuse is None:
            return None
        return "" if standing.role == "draining" else safe(standing.excuse)

    # -- what lies at a place ---------------------------------------------------------------------------------------

    @cached_property
    def _refs(self) -> dict[str, ArtifactRef]:
        return {self._places.of(ref): ref for ref in self._by_ref}

    def _newer(self, place: str) -> str | None:
        ref = self._refs.get(place)
        newer = self._versions.newer_than(ref) if ref is not None else None
        return self._places.of(newer) if newer is not None else None

    def _gone(self, place: str) -> bool:
        return place not in self._refs and self._places.is_below_walked(place)

    # -- what is said of it -----------------------------------------------------------------------------------------

    def _called(self, ref: ArtifactRef) -> str:
        artifact = self._by_ref.get(ref)
        families = self._places.superseded
        family = families.family(artifact) if families is not None and hasattr(artifact, "ref") else None
        return safe(family.name if family is not None else ref.name)

    def _version(self, ref: ArtifactRef) -> str:
        kind, artifact = self._platform.kinds.get(ref.kind), self._by_ref.get(ref)
        said = kind.called(artifact) if kind is not None and artifact is not None else None
        return safe(said[1] if said is not None and said[1] is not None else ref.name)

    def _environment(self, ref: ArtifactRef) -> str:
        deployment = self._deployments.get(ref)
        first = history_as_read(deployment).first if deployment is not None else None
        return safe(first.environment if first is not None else self._record.environment)

    def _action(self, group: AlertGroup, failing: Sequence[JudgedMember]) -> str | None:
        """Return what the policy asks somebody to do, None where it asks for nothing."""
        wanted = [one for one in self._platform.settings.alerts.emergency if one.check == group.check]
        for member in failing if wanted else ():
            assert member.ref is not None
            identity = self._platform.identity(member.ref, self._by_ref.get(member.ref))
            if _worst(member) >= Severity.ERROR:
                for request in wanted:
                    if request.artifact.matches(identity):
                        return request.action
        return None


def scope_of(settings: Settings) -> str:
    """Return whose alerts those of a policy are: of another environment or suite they are others."""
    suite = settings.metrics.suite
    return safe(settings.environment if suite is None else f"{suite}@{settings.environment}")


def _status(results: Sequence[CheckResult]) -> MemberStatus:
    if len(results) == 1:
        return _STATUSES.get(results[0].status, "failing")
    return min((_STATUSES.get(result.status, "failing") for result in results), key=MEMBER_STATUSES.index)


def _worst(member: JudgedMember) -> Severity:
    """Return how bad it is; that a check could not judge is an error."""
    found = max((result.severity or Severity.INFO for _, result in member.results), default=Severity.INFO)
    return max(found, Severity.ERROR) if member.status == "crashed" else max(found, Severity.WARNING)
