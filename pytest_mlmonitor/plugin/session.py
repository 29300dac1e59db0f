"""The active plugin: the policy, the platform of this run, and its items."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Set
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.check import Check
from pytest_mlmonitor.core.extensions import Extensions
from pytest_mlmonitor.core.files.walk import DiscoveryLimit
from pytest_mlmonitor.core.judge import NodeIds, chosen
from pytest_mlmonitor.core.memory.patience import SECONDS, Patience
from pytest_mlmonitor.core.open_store import open_store, outside, store_path
from pytest_mlmonitor.core.policy.load import load, overridden
from pytest_mlmonitor.core.policy.places import PolicyError, state_file
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.store.database import Store
from pytest_mlmonitor.core.under_way import Listener, listen
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.plugin.concealment import conceal_secrets
from pytest_mlmonitor.plugin.deselection import Deselection
from pytest_mlmonitor.plugin.evaluation_time import evaluation_time
from pytest_mlmonitor.plugin.fixtures import FIXTURES, artifact_fixtures, platform_key
from pytest_mlmonitor.plugin.garbage import GarbagePause
from pytest_mlmonitor.plugin.given_options import given
from pytest_mlmonitor.plugin.items import ArtifactNode, CheckItem, Nodes
from pytest_mlmonitor.plugin.junit_output import JunitOutput
from pytest_mlmonitor.plugin.last_word import at_the_end
from pytest_mlmonitor.plugin.narrowing import Narrowing, left_out
from pytest_mlmonitor.plugin.outcomes import Outcomes, subjects
from pytest_mlmonitor.plugin.progress_line import ScanProgress
from pytest_mlmonitor.plugin.remembered_tables import OUTPUT, RememberedTables
from pytest_mlmonitor.plugin.remote_copies import bring_copies_up_to_date
from pytest_mlmonitor.plugin.reporting import Recorder
from pytest_mlmonitor.plugin.run_plan import RunPlan, Selection
from pytest_mlmonitor.plugin.unselected import Unselected, Usual
from pytest_mlmonitor.plugin.written_reports import WrittenReports
from pytest_mlmonitor.tables.reader.isolated import IsolatedReader


def start(config: pytest.Config, plan: RunPlan) -> None:
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
    conceal_secrets(config, settings)
    if settings.out is not None and plan.holds(settings.out.resolve()):
        raise PolicyError(f"out = {settings.out} lies inside an artifact root, which is never written to")
    now = evaluation_time(config.getoption("mlmonitor_now"))
    for name in settings.plugins:
        _import_plugin(config, name)
    worker: dict[str, Any] | None = getattr(config, "workerinput", None)
    # Only the controller knows the command line; the roots of a policy without any are those of the option.
    narrowed, selection = left_out(config, plan) if worker is None else (worker["mlmonitor_narrowed"], [])
    if narrowed:  # a part never replaces the record of the whole: it is written where the command line says
        out = given(config).mlmonitor_out if worker is None else worker["mlmonitor_out"]
        settings = settings.model_copy(update={"out": Path(out).absolute() if out is not None else None})
    unselected = Unselected(config, Usual.of(config) if worker is None else Usual(*worker["mlmonitor_always"]))
    active = ActivePlugin(config, plan, settings, now, unselected)
    active.whole = not (narrowed or plan.passed_over)
    if worker is None and plan.automatic and plan.remotes:  # workers find there what was copied
        bring_copies_up_to_date(plan, settings, now, active.extensions, config)
    config.pluginmanager.register(active, "mlmonitor-active")
    config.pluginmanager.register(unselected, "mlmonitor-unselected")
    if plan.automatic:
        config.pluginmanager.register(GarbagePause(config), "mlmonitor-garbage")
        config.pluginmanager.register(active.deselection, "mlmonitor-deselection")
    config.pluginmanager.register(Outcomes(settings), "mlmonitor-outcomes")
    if worker is None:
        recorder = Recorder(config, plan, settings, now, active)
        record = recorder.record
        record.narrowed, record.selection = narrowed, selection
        record.policy_file = plan.policy
        record.overridden = overridden(
            overrides | ({"artifacts": plan.roots} if config.option.mlmonitor else {}), settings
        )
        config.pluginmanager.register(recorder, "mlmonitor-recorder")
        config.pluginmanager.register(recorder.failures, "mlmonitor-shown-failures")
        config.pluginmanager.register(recorder.failures.lines, "mlmonitor-failure-lines")
        config.pluginmanager.register(recorder.html, "mlmonitor-html")
        config.pluginmanager.register(JunitOutput(config), "mlmonitor-junit")
        config.pluginmanager.register(WrittenReports(recorder.files), "mlmonitor-written-reports")
        recorder.files.prepare(record)
        at_the_end(config, recorder.settle)


def _import_plugin(config: pytest.Config, name: str) -> None:
    try:
        config.pluginmanager.import_plugin(name)
    except (Exception, SystemExit) as error:
        cause = error.__cause__ or error
        raise PolicyError(f"plugins: {name!r} cannot be imported: {type(cause).__name__}: {cause}") from error


class ActivePlugin:
    """What runs in every process: reading and collection."""

    def __init__(
        self, config: pytest.Config, plan: RunPlan, settings: Settings, now: datetime, unselected: Unselected
    ) -> None:
        self.config = config
        self.plan = plan
        self.settings = settings
        self.now = now
        self.deselection = Deselection(config)
        self.extensions = Extensions(Platform.built_in, lambda hook: getattr(config.hook, hook)(config=config))
        self.unselected = unselected
        self.whole = True
        self._platform: Platform | None = None
        self._checks: list[Check] | None = None
        self._wanted: list[tuple[ArtifactRef, Any, list[Check]]] = []
        self._told_before: Listener | None = None

    @property
    def platform(self) -> Platform:
        """Every artifact below the roots, read on first use.

        Raises:
            pytest.UsageError: a root is too large, or a hook returned something unusable.
        """
        if self._platform is None:
            reader = IsolatedReader(self.settings.reader_memory_mib << 20)
            reader.progress = progress = ScanProgress(self.config)
            self.config.pluginmanager.register(progress, "mlmonitor-progress")
            self._told_before = listen(progress)
            added = self.extensions
            try:
                self._platform = Platform(
                    self.plan.roots,
                    self.settings,
                    self.now,
                    added.kinds,
                    reader=reader,
                    schemas=added.schemas,
                    state=self._state(),
                    patience=Patience(getattr(self.config, "workerinput", {}).get("mlmonitor_patience", SECONDS)),
                    full=bool(self.config.getoption("mlmonitor_full")),
                    by_clock=self.config.getoption("mlmonitor_now") is None,
                    adapters=added.adapters,
                    decoders=added.decoders,
                )
            except (DiscoveryLimit, PolicyError) as error:
                raise pytest.UsageError(f"mlmonitor: {error}") from None
            self._platform.whole = self.whole
            for kind in added.kinds:
                self.config.addinivalue_line("markers", f"{kind.name}: an automatic mlmonitor check of a {kind.name}")
            known = {name for name, _ in FIXTURES}
            named = [(kind.fixture, kind.name) for kind in added.kinds if kind.fixture and kind.fixture not in known]
            self.config.pluginmanager.register(artifact_fixtures(named), "mlmonitor-added-artifacts")
            self.config.stash[platform_key] = self._platform
        return self._platform

    def _state(self) -> Path | None:
        """Return the file of what is remembered between runs; never inside an artifact root."""
        settings = self.settings
        return outside("state", state_file(settings.state, self.plan.policy), settings.state, self.plan.roots)

    @cached_property
    def open_store(self) -> Callable[[Patience | None], Store | None]:
        """Opens what must not be lost between runs, with the patience of the run; None where the policy has none.

        Raises:
            PolicyError: the policy has it lie inside an artifact root.
        """
        if self.settings.store_env is None:
            store_path(self.settings, self.plan.policy, self.plan.roots)
        return lambda patience: open_store(self.settings, self.plan.policy, patience, roots=self.plan.roots)

    @property
    def checks(self) -> list[Check]:
        """The built-in checks and those of hooks, in order.

        Raises:
            pytest.UsageError: a hook returned something unusable, or the policy names a check that does not exist.
        """
        if self._checks is None:
            try:
                self._checks = self.extensions.checks(self.settings)
            except PolicyError as error:
                raise pytest.UsageError(f"mlmonitor: {error}") from None
        return self._checks

    @cached_property
    def subjects(self) -> dict[str, tuple[ArtifactRef, Check]]:
        """What every automatic item is about, by node id."""
        return self._by_id(self._wanted) if self.plan.automatic else {}

    def left_out(self, expected: Set[str], narrowed: bool) -> dict[str, ArtifactRef]:
        """Return the checks that are not among those that ran, less what the project never runs, by node id.

        Args:
            expected: node ids of what ran.
            narrowed: whether positional arguments are those of this command line, and not of the project.
        """
        every = self._by_id(chosen(self.platform, self.checks)) if narrowed else self.subjects
        usual = self.unselected.usual
        return {i: ref for i, (ref, _) in every.items() if i not in expected and i not in usual}

    def _by_id(self, subjects: Iterable[tuple[ArtifactRef, Any, list[Check]]]) -> dict[str, tuple[ArtifactRef, Check]]:
        ids = NodeIds(self.platform, self.config.rootpath)
        return {f"{ids.of(ref)}::{one.name}": (ref, one) for ref, _, checks in subjects for one in checks}

    def pytest_sessionstart(self) -> None:
        """Read everything now: fixtures need it while test modules are collected."""
        if self.plan.roots:
            self.platform.checks = self.checks
        if self.plan.automatic:
            self._choose()

    def pytest_plugin_registered(self, plugin: object) -> None:
        """Pass on who comes later (a hook that pytest replays, so its owner cannot be the one that registers again)."""
        self.deselection.met(plugin)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Tell the controller: under xdist only the workers know."""
        if hasattr(self.config, "workeroutput"):
            about = ((item.nodeid, subjects(item)) for item in session.items if not isinstance(item, CheckItem))
            self.config.workeroutput["mlmonitor_tests"] = {
                nodeid: [(ref.kind, str(ref.path), ref.name, str(ref.root)) for ref in refs]
                for nodeid, refs in about
                if refs
            }
            if self._platform is not None:
                self.config.workeroutput[OUTPUT] = RememberedTables.told(self._platform.answers)

    def pytest_unconfigure(self) -> None:
        """End the reader process."""
        listen(self._told_before)
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
            nodes = Nodes(collector, self.platform, self.deselection.kept)
            report.result = [*(nodes.of(*wanted) for wanted in self._wanted), *report.result]
        elif isinstance(collector, ArtifactNode):
            self.deselection.split(collector.session, report)
        return report

    def _select(self, narrowing: Narrowing) -> Iterator[tuple[ArtifactRef, Any, list[Check]]]:
        for ref, artifact, concerned in chosen(self.platform, self.checks):
            checks = narrowing.wanted(ref, concerned)
            if checks:
                yield ref, artifact, checks
        if self.plan.narrowed:  # who asks for an old version by its path gets its verdict
            yield from narrowing.of_older(chosen(self.platform, self.checks, older=True))

    def _choose(self) -> None:
        """Note what is to be checked, and refuse names that name nothing.

        Done before collection: under xdist a usage error of the workers would be lost.
        """
        narrowing = Narrowing(self.plan.narrowed, self.platform, self.config.rootpath, whole=self.whole)
        self._wanted = list(self._select(narrowing))
        for i, selection in enumerate(self.plan.narrowed):
            if i not in narrowing.matched:
                raise pytest.UsageError(f"mlmonitor: not found: {selection.text} ({self._why_not(selection)})")
        if self.plan.narrowed and not self.plan.passed_over:
            # Every root was read: whoever asks for what the policy itself says gets the verdict of a full run.
            below = (any(root in ref.path.parents for root in self.plan.roots) for ref, _, _ in self._wanted)
            self.platform.whole |= not all(below)

    def _why_not(self, selection: Selection) -> str:
        if selection.path in self.platform.unclaimed and not selection.parts:
            return "it belongs to no artifact: no contract or metadata speaks of it"
        return "no artifact or check of that name"
