"""The active plugin: the policy, the platform of this run, and its items."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.check import Check, readable_check
from pytest_mlmonitor.core.discover import DiscoveryLimit
from pytest_mlmonitor.core.policy.load import check_names, load
from pytest_mlmonitor.core.policy.places import PolicyError, state_file
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.text.times import parse_timestamp
from pytest_mlmonitor.kinds import built_in
from pytest_mlmonitor.links.platform import KINDS, ArtifactKind, Platform
from pytest_mlmonitor.plugin.deselection import Deselection
from pytest_mlmonitor.plugin.fixtures import platform_key
from pytest_mlmonitor.plugin.garbage import GarbagePause
from pytest_mlmonitor.plugin.items import ArtifactNode, Nodes
from pytest_mlmonitor.plugin.narrowing import Narrowing
from pytest_mlmonitor.plugin.outcomes import Outcomes
from pytest_mlmonitor.plugin.progress import ScanProgress
from pytest_mlmonitor.plugin.reporting import Recorder
from pytest_mlmonitor.plugin.trust import Plan

EARLIEST_YEAR = 1970
"""Of an evaluation time: nothing was monitored before, and looking back from year 1 leaves the calendar."""


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
    settings = load(plan.policy, overrides=overrides)
    if settings.out is not None and plan.holds(settings.out.resolve()):
        raise PolicyError(f"out = {settings.out} lies inside an artifact root, which is never written to")
    now = _evaluation_time(config.getoption("mlmonitor_now"))
    active = ActivePlugin(config, plan, settings, now)
    config.pluginmanager.register(active, "mlmonitor-active")
    if plan.automatic:
        config.pluginmanager.register(GarbagePause(config), "mlmonitor-garbage")
        config.pluginmanager.register(active.deselection, "mlmonitor-deselection")
    config.pluginmanager.register(Outcomes(settings), "mlmonitor-outcomes")
    if not hasattr(config, "workerinput"):
        recorder = Recorder(config, plan, settings, now, active)
        config.pluginmanager.register(recorder, "mlmonitor-recorder")
        config.pluginmanager.register(recorder.repeats, "mlmonitor-repeats")
        recorder.prepare_outputs()


def _evaluation_time(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        now = parse_timestamp(text)
    except ValueError as error:
        raise PolicyError(f"--mlmonitor-now {error}; expected e.g. 2026-04-07T10:06:00Z") from None
    if now.year < EARLIEST_YEAR:
        raise PolicyError(f"--mlmonitor-now {text} lies before {EARLIEST_YEAR}; expected e.g. 2026-04-07T10:06:00Z")
    return now


class ActivePlugin:
    """What runs in every process: reading and collection."""

    def __init__(self, config: pytest.Config, plan: Plan, settings: Settings, now: datetime) -> None:
        self.config = config
        self.plan = plan
        self.settings = settings
        self.now = now
        self.deselection = Deselection(config)
        self._platform: Platform | None = None
        self._checks: list[Check] | None = None
        self._kinds: list[ArtifactKind] | None = None
        self._wanted: list[tuple[ArtifactRef, Any, list[Check]]] = []

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
                    full=bool(self.config.getoption("mlmonitor_full")),
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
        """Return the file of what is remembered between runs; never inside an artifact root."""
        file = state_file(self.settings.state, self.plan.policy)
        if file is None or not self.plan.holds(file.resolve()):
            return file
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
                check_names(self.settings, {check.name for check in found}, self.plan.policy)
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
            self._choose()

    def pytest_plugin_registered(self, plugin: object) -> None:
        """Pass on who comes later (a hook that pytest replays, so its owner cannot be the one that registers again)."""
        self.deselection.met(plugin)

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
            nodes = Nodes(collector, self.settings, self.deselection.kept)
            report.result = [*(nodes.of(*wanted) for wanted in self._wanted), *report.result]
        elif isinstance(collector, ArtifactNode):
            self.deselection.split(collector.session, report)
        return report

    def _select(self, narrowing: Narrowing) -> Iterator[tuple[ArtifactRef, Any, list[Check]]]:
        by_kind: dict[str, list[Check]] = {}
        for check in self.checks:
            by_kind.setdefault(check.kind, []).append(check)
        for ref, artifact in self.platform.artifacts:
            sensible = [check for check in by_kind.get(ref.kind, ()) if check.applies(artifact)]
            checks = narrowing.wanted(ref, sensible)
            if checks:
                yield ref, artifact, checks

    def _choose(self) -> None:
        """Note what is to be checked, and refuse names that name nothing.

        Done before collection: under xdist a usage error of the workers would be lost.
        """
        narrowing = Narrowing(self.plan.narrowed)
        self._wanted = list(self._select(narrowing))
        for i, selection in enumerate(self.plan.narrowed):
            if i not in narrowing.matched:
                raise pytest.UsageError(f"mlmonitor: not found: {selection.text} (no artifact or check of that name)")
