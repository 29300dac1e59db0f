"""What a run leaves in the store: written once, by the controller, when the run has come to its end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.memory.patience import Patience
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.record import RunRecord, StoreUse, last_line, worst_of
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.core.text.names import safe

if TYPE_CHECKING:
    from pytest_mlmonitor.core.store.database import Store
    from pytest_mlmonitor.core.store.run_history import KeptArtifact

_MESSAGE = 300
"""Characters of a message that are kept."""


class KeptRun:
    """Keeps a run where the policy has a store; a store that cannot be used is said, and fails nothing."""

    def __init__(
        self, opened: Callable[[Patience | None], Store | None], policy: Path | None, settings: Settings
    ) -> None:
        """Keep runs in the store, nowhere without one.

        Args:
            opened: opens the store of the policy; None where it has none.
            policy: its file; artifacts are named from its directory, so that a project may move.
            settings: the policy.
        """
        self.store: Store | None = None
        self._opened = opened
        self.home = (policy.parent if policy is not None else Path.cwd()).resolve()
        self._retention = timedelta(days=settings.store_retention_days)

    def keep(self, record: RunRecord, platform: Artifacts, *, complete: bool) -> None:
        """Write a run, and note in its record what only the store knows.

        Args:
            record: of the run.
            platform: that it read.
            complete: whether it came to its end.
        """
        store = self.store = self._opened(platform.memory.patience if platform.memory is not None else None)
        if store is None:
            return
        from pytest_mlmonitor.core.store.database import StoreUnusable, Transaction
        from pytest_mlmonitor.core.store.kept.family_history import forget_families
        from pytest_mlmonitor.core.store.run_history import KeptResult, PastRun, forget_runs, keep_run
        from pytest_mlmonitor.links.families.artifact_places import ArtifactPlaces
        from pytest_mlmonitor.links.families.ongoing_places import ongoing_places
        from pytest_mlmonitor.outputs.metrics.families.counter_families import seen_in
        from pytest_mlmonitor.outputs.metrics.kept_metrics import keep_counters, suite_of
        from pytest_mlmonitor.outputs.run_details.histories import Histories, kept_histories

        clock = datetime.now(UTC)
        verdicts = {judged.ref: judged.verdict for judged in record.artifacts()}
        names = {ref: self._named(ref) for ref in verdicts}
        results = [
            KeptResult(names[result.ref], result.check, result.status, _severity(result), _message(result))
            for _, result in record.results
        ]
        seen = seen_in(record, platform, self.home)
        declared = [(self.home / path).resolve() for path in platform.settings.artifacts]
        places = ongoing_places(platform, ArtifactPlaces(platform, self.home, declared), verdicts)
        suite, whole = suite_of(platform.settings), complete and not record.narrowed
        run = PastRun(
            clock,
            record.evaluated_at,
            record.duration_seconds,
            record.environment,
            record.exit_status,
            complete,
            record.narrowed,
            record.counts(),
        )

        def work(transaction: Transaction) -> Histories:
            keep_run(transaction, run, {names[ref]: verdict for ref, verdict in verdicts.items()}, results)
            forget_runs(transaction, clock - self._retention)
            found = kept_histories(transaction, record, places, verdicts, suite, clock, whole=whole)
            forget_families(transaction, clock - self._retention)
            keep_counters(transaction, record, seen, platform.settings, clock, complete=complete)
            return found

        problem = None
        try:
            said = store.transaction(work)
            record.histories, record.check_histories, record.run_points = said.artifacts, said.checks, said.runs
        except StoreUnusable as unusable:
            problem = str(unusable)
            record.counters = {}  # a total that fell would be counted again when it is back
        record.store = StoreUse(store.name, problem, store.notices)

    def _named(self, ref: ArtifactRef) -> KeptArtifact:
        from pytest_mlmonitor.core.store.run_history import KeptArtifact

        path = ref.path.relative_to(self.home) if ref.path.is_relative_to(self.home) else ref.path
        return KeptArtifact(ref.kind, safe(str(path)), safe(ref.name))


def _severity(result: CheckResult) -> str:
    return result.severity.word if result.severity is not None else ""


def _message(result: CheckResult) -> str:
    said = worst_of(result).message if result.findings else last_line(result.reason)
    return safe(said)[:_MESSAGE]
