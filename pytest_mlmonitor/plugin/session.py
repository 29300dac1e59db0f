"""The active plugin: the platform of this run, its items, and the guard of the exit code."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor import settings as policies
from pytest_mlmonitor.checking import Check, CheckError, ContractViolation, NotChecked, headline, noting, readable_check
from pytest_mlmonitor.checks import built_in
from pytest_mlmonitor.contracts.record import parse_timestamp
from pytest_mlmonitor.discover import DiscoveryLimit
from pytest_mlmonitor.model import Artifact, ArtifactRef, CheckResult, Finding, Severity
from pytest_mlmonitor.names import safe
from pytest_mlmonitor.plugin.fixtures import platform_key
from pytest_mlmonitor.plugin.items import ArtifactNode, CheckItem, selected
from pytest_mlmonitor.plugin.progress import ScanProgress
from pytest_mlmonitor.plugin.reporting import Recorder
from pytest_mlmonitor.plugin.trust import Plan
from pytest_mlmonitor.policy import PolicyError, state_file
from pytest_mlmonitor.read.platform import KINDS, ArtifactKind, Platform

_noted = pytest.StashKey[list[CheckResult]]()


def start(config: pytest.Config, plan: Plan) -> None:
    """Read the policy and register the active plugin.

    Raises:
        PolicyError: the policy is wrong.
    """
    overrides: dict[str, Any] = {}
    for option, key in (("mlmonitor_out", "out"), ("mlmonitor_fail_on", "fail_on")):
        value = config.getoption(option)
        if value is not None:
            overrides[key] = Path(value).absolute() if key == "out" else value
    settings = policies.load(plan.policy, overrides=overrides)
    if settings.out is not None and plan.holds(settings.out.resolve()):
        raise PolicyError(f"out = {settings.out} lies inside an artifact root, which is never written to")
    now = _evaluation_time(config.getoption("mlmonitor_now"))
    active = ActivePlugin(config, plan, settings, now)
    config.pluginmanager.register(active, "mlmonitor-active")
    if not hasattr(config, "workerinput"):
        recorder = Recorder(config, plan, settings, now, active)
        config.pluginmanager.register(recorder, "mlmonitor-recorder")
        recorder.prepare_outputs()


def _evaluation_time(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        return parse_timestamp(text)
    except ValueError as error:
        raise PolicyError(f"--mlmonitor-now {error}; expected e.g. 2026-04-07T10:06:00Z") from None


class ActivePlugin:
    """What runs in every process: reading, collection, and turning checks into pytest outcomes."""

    def __init__(self, config: pytest.Config, plan: Plan, settings: policies.Settings, now: datetime) -> None:
        self.config = config
        self.plan = plan
        self.settings = settings
        self.now = now
        self._platform: Platform | None = None
        self._checks: list[Check] | None = None
        self._kinds: list[ArtifactKind] | None = None

    @property
    def platform(self) -> Platform:
        """Every artifact below the roots, read on first use.

        Raises:
            pytest.UsageError: a root is too large, or a hook returned something unusable.
        """
        if self._platform is None:
            try:
                self._platform = Platform(
                    self.plan.roots,
                    self.settings,
                    self.now,
                    self.kinds,
                    schemas=self._schemas(),
                    state=self._state(),
                )
            except (DiscoveryLimit, PolicyError) as error:
                raise pytest.UsageError(f"mlmonitor: {error}") from None
            self._platform.reader.progress = ScanProgress(self.config)
            self.config.stash[platform_key] = self._platform
        return self._platform

    def _schemas(self) -> dict[str, object]:
        """Return the pandera schemas that hooks bind to datasets."""
        bound: dict[str, object] = {}
        for added in self.config.hook.pytest_mlmonitor_contracts(config=self.config):
            for name, schema in (added or {}).items():
                if name in bound:
                    raise PolicyError(f"pytest_mlmonitor_contracts: two schemas are bound to {name}")
                bound[name] = schema
        return bound

    def _state(self) -> Path | None:
        """Return the directory of what is remembered between runs; never inside an artifact root."""
        file = state_file(self.settings.state, self.plan.policy)
        if file is None or not self.plan.holds(file.resolve()):
            return file.parent if file is not None else None
        if self.settings.state is None:
            return None
        raise PolicyError(f"state = {file} lies inside an artifact root, which is never written to")

    @property
    def checks(self) -> list[Check]:
        """The built-in checks and those of hooks, in order.

        Raises:
            pytest.UsageError: two checks of one kind share a name, or the policy names a check that does not exist.
        """
        if self._checks is None:
            found = [*built_in(), *(readable_check(kind.name) for kind in self.kinds)]
            known = {*KINDS, *(kind.name for kind in self.kinds)}
            for added in self.config.hook.pytest_mlmonitor_checks(config=self.config):
                found += added or []
            taken: set[tuple[str, str]] = set()
            for check in found:
                if not isinstance(check, Check):
                    raise pytest.UsageError(f"mlmonitor: pytest_mlmonitor_checks returned {check!r}, which is no Check")
                if check.kind not in known:
                    raise pytest.UsageError(
                        f"mlmonitor: the check {check.name} is of the kind {check.kind}, which there is not; "
                        f"kinds: {', '.join(sorted(known))}"
                    )
                if (check.kind, check.name) in taken:
                    raise pytest.UsageError(f"mlmonitor: two checks of {check.kind} are called {check.name}")
                taken.add((check.kind, check.name))
            try:
                policies.check_names(self.settings, {check.name for check in found}, self.plan.policy)
            except PolicyError as error:
                raise pytest.UsageError(f"mlmonitor: {error}") from None
            self._checks = found
        return self._checks

    @property
    def kinds(self) -> list[ArtifactKind]:
        """The kinds that hooks add.

        Raises:
            pytest.UsageError: something is no kind, or two kinds share a name.
        """
        if self._kinds is None:
            found: list[ArtifactKind] = []
            for added in self.config.hook.pytest_mlmonitor_kinds(config=self.config):
                found += added or []
            taken = set(KINDS)
            for kind in found:
                if not isinstance(kind, ArtifactKind):
                    raise pytest.UsageError(
                        f"mlmonitor: pytest_mlmonitor_kinds returned {kind!r}, which is no ArtifactKind"
                    )
                if kind.name in taken:
                    raise pytest.UsageError(
                        f"mlmonitor: there is a kind called {kind.name} already; choose another name"
                    )
                taken.add(kind.name)
                self.config.addinivalue_line("markers", f"{kind.name}: an automatic mlmonitor check of a {kind.name}")
            self._kinds = found
        return self._kinds

    def pytest_sessionstart(self) -> None:
        """Read everything now: fixtures need it while test modules are collected."""
        if self.plan.roots:
            _ = self.platform, self.checks
        if self.plan.automatic:
            self._refuse_unknown_names()

    def pytest_unconfigure(self) -> None:
        """End the reader process."""
        if self._platform is not None:
            self._platform.close()

    @pytest.hookimpl(tryfirst=True)
    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """Keep pytest out of artifact roots, whatever lies in them."""
        return True if self.plan.holds(collection_path.resolve()) else None

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Put the artifacts beside what pytest found in the arguments that were left to it."""
        report = yield
        if isinstance(collector, pytest.Session) and self.plan.automatic and report.passed:
            # Never through pytest's own file collection: that imports Python on its way.
            report.result = [*self._nodes(collector), *report.result]
        return report

    def _nodes(self, session: pytest.Session) -> Iterator[ArtifactNode]:
        for ref, artifact, checks in self._selected(set()):
            yield ArtifactNode.of(session, ref, artifact, checks, self.settings)

    def _selected(self, matched: set[int]) -> Iterator[tuple[ArtifactRef, Any, list[Check]]]:
        by_kind: dict[str, list[Check]] = {}
        for check in self.checks:
            by_kind.setdefault(check.kind, []).append(check)
        for ref, artifact in self.platform.artifacts:
            checks = selected(self.plan.narrowed, ref, by_kind.get(ref.kind, []), artifact, matched)
            if checks:
                yield ref, artifact, checks

    def _refuse_unknown_names(self) -> None:
        """Done before collection: under xdist a usage error of the workers would be lost."""
        matched: set[int] = set()
        for _ in self._selected(matched):
            pass
        for i, selection in enumerate(self.plan.narrowed):
            if i not in matched:
                raise pytest.UsageError(f"mlmonitor: not found: {selection.text} (no artifact or check of that name)")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Note which checks a person's own test called; one that had nothing to compare with is a skip."""
        if isinstance(item, CheckItem):
            return (yield)
        with noting() as results:
            item.stash[_noted] = results
            try:
                return (yield)
            except NotChecked as reason:
                # The test's own place: not this line of ours.
                raise pytest.skip.Exception(f"not checked: {safe(str(reason))}", _use_item_location=True) from None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Put results on the report as plain JSON, so that they cross process borders."""
        report = yield
        if isinstance(item, CheckItem):
            results = [item.result] if call.when == "call" and item.result is not None else []
        elif call.when == "call" or report.outcome != "passed":
            results = _results_of_test(item, call, report, self.settings)
        else:
            results = []
        if results:
            report.mlmonitor = [result.to_dict() for result in results]  # type: ignore[attr-defined]
            findings = [f for r in results for f in r.findings]
            if report.passed and findings:
                report.sections.append(("mlmonitor", "\n".join(f"{f.severity.word}: {headline(f)}" for f in findings)))
            worst = max((f.severity for r in results if r.status == "fail" for f in r.findings), default=None)
            report.mlmonitor_warned = report.passed and worst is not None  # type: ignore[attr-defined]
        return report


def _results_of_test(
    item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport, settings: policies.Settings
) -> list[CheckResult]:
    """Return what a person's own test said of an artifact: its checks' results, or its own outcome."""
    noted: list[CheckResult] = item.stash.get(_noted, []) if report.when == "call" else []
    results = list(noted)
    if report.passed:  # a violation that did not fail the test was expected by it (pytest.raises)
        results = [r for r in results if r.status != "error" and not _fails(r, settings)]
    artifacts: Sequence[Artifact] = [
        value for value in getattr(item, "funcargs", {}).values() if isinstance(value, Artifact)
    ]
    error = call.excinfo.value if call.excinfo is not None else None
    if not artifacts or isinstance(error, ContractViolation | CheckError):
        return results
    if results and (report.outcome == "passed" or any(r.status == "not_checked" for r in results)):
        return results
    name = getattr(item, "originalname", None) or item.name
    status = {"passed": "pass", "failed": "fail", "skipped": "not_checked"}[report.outcome]
    findings: tuple[Finding, ...] = ()
    reason: str | None = None
    if report.outcome == "failed":
        if isinstance(error, AssertionError | pytest.fail.Exception):
            first = (str(error).strip() or type(error).__name__).splitlines()[0]
            findings = (
                Finding(Severity.ERROR, first, location=f"{report.location[0]}:{(report.location[1] or 0) + 1}"),
            )
        else:
            status, reason = "error", report.longreprtext
    elif report.outcome == "skipped":
        reason = str(error)
    return [
        *results,
        *(
            CheckResult(name, "contract", a.ref, status, findings, reason, round(call.duration, 6))  # type: ignore[arg-type]
            for a in artifacts
        ),
    ]


def _fails(result: CheckResult, settings: policies.Settings) -> bool:
    return result.status == "fail" and settings.fails(result.severity or Severity.INFO)
