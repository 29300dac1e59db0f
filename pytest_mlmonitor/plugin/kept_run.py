"""What a run leaves in the store: written once, by the controller, when the run has come to its end."""

from __future__ import annotations

import time
from pathlib import Path

from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.record import RunRecord, StoreUse

_DAY = 86_400


class KeptRun:
    """Keeps a run where the policy has a store; a store that cannot be used is said, and fails nothing."""

    def __init__(self, path: Path | None, policy: Path | None, settings: Settings) -> None:
        """Keep runs in ``path``, nowhere without one.

        Args:
            path: of the store.
            policy: its file; artifacts are named from its directory, so that a project may move.
            settings: the policy.
        """
        self.path = path
        self._home = policy.parent if policy is not None else Path.cwd()
        self._retention_days = settings.store_retention_days

    def keep(self, record: RunRecord, platform: Artifacts) -> None:
        """Write a run, and note in its record what only the store knows.

        Args:
            record: of the run.
            platform: that it read.
        """
        if self.path is None:
            return
        from pytest_mlmonitor.core.store import counters
        from pytest_mlmonitor.core.store.database import StoreUnusable, Transaction
        from pytest_mlmonitor.core.store.sqlite_store import SqliteStore
        from pytest_mlmonitor.outputs.serving_metrics import PREDICTIONS_COUNTER, predictions_seen

        seen = predictions_seen(platform, self._home)
        today = int(time.time()) // _DAY
        store = SqliteStore(self.path, platform.memory.patience if platform.memory is not None else None)

        def work(transaction: Transaction) -> dict[tuple[str, ...], int]:
            counters.count(transaction, PREDICTIONS_COUNTER, seen, today)
            counters.close_gone(transaction, today - self._retention_days)
            return counters.totals(transaction, PREDICTIONS_COUNTER)

        problem = None
        try:
            record.predictions = store.transaction(work)
        except StoreUnusable as unusable:
            problem = str(unusable)
            record.predictions = {}  # a total that fell would be counted again when it is back
        finally:
            store.close()
        record.store = StoreUse(store.name, problem, store.notices)
