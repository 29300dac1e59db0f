"""Answers out of the store: alerts that fire, metrics of the last runs, and requests to train a model again."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NoReturn

from pytest_mlmonitor.core.open_store import open_store
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.store.database import Damage, Store, StoreUnusable, T, Transaction
from pytest_mlmonitor.core.store.decisions import KeptDecision, decide, free_from, waiting
from pytest_mlmonitor.core.store.kept_alerts import FIRING, kept_alerts
from pytest_mlmonitor.core.text.names import bare, safe
from pytest_mlmonitor.core.text.words import instant
from pytest_mlmonitor.integrations.api.api_shape import AlertsAnswer, FiringAlert, RetrainAnswer
from pytest_mlmonitor.integrations.api.http_problems import SOON, HttpProblem
from pytest_mlmonitor.outputs.alerts.alert import ALERT_SEVERITIES
from pytest_mlmonitor.outputs.alerts.alert_state import AlertState
from pytest_mlmonitor.outputs.alerts.groups.alert_groups import scope_of
from pytest_mlmonitor.outputs.alerts.stored_alerts import state_of
from pytest_mlmonitor.outputs.metrics.serve import StoredRuns, Unavailable
from pytest_mlmonitor.outputs.retraining.retrain_decision import as_json, forced_decision


class StoredAnswers:
    """What the store of a policy says; any number of threads may ask, one at a time.

    Args:
        settings: the policy.
        file: where it is written.
    """

    def __init__(self, settings: Settings, file: Path | None) -> None:
        self._settings = settings
        self._file = file
        self._lock = threading.Lock()
        self._runs = StoredRuns(lambda: open_store(settings, file))
        self.has_store = open_store(settings, file) is not None

    def alerts(self) -> AlertsAnswer:
        """Return the alerts that fire, the worst first.

        Raises:
            HttpProblem: 503, there is no store, or it cannot be used.
        """
        scope = scope_of(self._settings)

        def work(transaction: Transaction) -> list[AlertState]:
            return [state_of(one) for one in kept_alerts(transaction, scope).values() if one.state == FIRING]

        found = sorted(self._done(work), key=lambda one: (-ALERT_SEVERITIES.index(one.alert.severity), one.alert.key))
        return {
            "environment": self._settings.environment,
            "suite": self._settings.metrics.suite,
            "firing": len(found),
            "alerts": [_alert(one) for one in found],
        }

    def metrics(self) -> bytes:
        """Return the metrics of the last whole run of every suite, as ``serve-metrics`` serves them.

        Raises:
            HttpProblem: 503, there is no store, or it cannot be used, or no whole run is in it yet.
        """
        if not self.has_store:
            _no_store()
        try:
            text = self._runs.text()
        except Unavailable as error:
            raise HttpProblem(503, "store_unusable", str(error), {"Retry-After": str(SOON)}) from None
        if not text.strip():
            words = "no run that judged everything has ended yet with this store"
            raise HttpProblem(503, "no_metrics", words, {"Retry-After": str(SOON)})
        return text

    def request_training(self, model: str) -> RetrainAnswer:
        """Write down that a model is to be trained again: a decision that waits until somebody claims it, and nothing else.

        Args:
            model: that the last run names.

        Raises:
            HttpProblem: 403, the policy does not have it trained again; 409, a decision waits already; 429, another decision was
                made a moment ago; 503, there is no store, or it cannot be used.
        """
        policy, environment = self._settings.retrain, self._settings.environment
        if policy.off or policy.dry_run:
            key = "retrain = false" if policy.off else "retrain.dry_run = true"
            raise HttpProblem(403, "retraining_not_allowed", f"{key} in the policy: nothing is trained again")
        if not any(fnmatchcase(model, pattern) for pattern in policy.models):
            words = f"the model {bare(model, 80)} is none of retrain.models in the policy"
            raise HttpProblem(403, "retraining_not_allowed", words)
        now, cooldown = datetime.now(UTC), timedelta(seconds=policy.cooldown or 0.0)
        decision = forced_decision(model, environment, now)
        new = KeptDecision(decision["idempotency_key"], environment, decision["model"], as_json(decision), now)

        def work(transaction: Transaction) -> HttpProblem | None:
            older = waiting(transaction, environment, new.model)
            if older:
                return _waits(older[0])
            if decide(transaction, new, cooldown, policy.a_day):
                return None
            return _held(
                new.model, free_from(transaction, environment, new.model, cooldown, policy.a_day), now, cooldown
            )

        problem = self._done(work)
        if problem is not None:
            raise problem
        return {
            "model": new.model,
            "environment": environment,
            "state": "waiting",
            "key": new.key,
            "decided_at": instant(now),
            "decision": decision,
        }

    def _done(self, work: Callable[[Transaction], T]) -> T:
        """Return what ``work`` returns; a store that could not be used once is not asked again, so each time it is opened anew."""
        with self._lock:
            store: Store | None = open_store(self._settings, self._file, environ=os.environ)
            if store is None:
                _no_store()
            try:
                return store.transaction(work)
            except (StoreUnusable, Damage) as error:
                words = f"the store {store.name} cannot be used: {error}"
                raise HttpProblem(503, "store_unusable", words, {"Retry-After": str(SOON)}) from None
            finally:
                store.close()


def _alert(state: AlertState) -> FiringAlert:
    one = state.alert
    return {
        "key": safe(one.key),
        "kind": safe(one.kind),
        "artifact": safe(one.artifact),
        "check": safe(one.check),
        "category": safe(one.category),
        "severity": one.severity,
        "summary": safe(one.summary),
        "since": instant(one.since) if one.since is not None else None,
        "owner": safe(one.owner) if one.owner is not None else None,
        "runbook": safe(one.runbook) if one.runbook is not None else None,
        "action": safe(one.action) if one.action is not None else None,
        "versions": [safe(version) for version in one.versions],
        "evidence": [safe(nodeid) for nodeid in one.evidence],
    }


def _waits(kept: KeptDecision) -> HttpProblem:
    words = (
        f"{bare(kept.model, 80)} waits to be trained again already, since {instant(kept.decided_at)}: "
        f"mlmonitor retrain claim {bare(kept.model, 80)}"
    )
    return HttpProblem(409, "already_waiting", words, key=kept.key)


def _held(model: str, free: datetime | None, now: datetime, cooldown: timedelta) -> HttpProblem:
    """Return why a model may not have another decision now; after a damage of the store nobody knows, and the cooldown holds."""
    moment = free if free is not None and free > now else now + cooldown
    seconds = max(math.ceil((moment - now).total_seconds()), 1)
    words = (
        f"{bare(model, 80)} was decided to be trained again a while ago: the next decision may be made from {instant(moment)} on "
        "(retrain.cooldown, retrain.a_day)"
    )
    return HttpProblem(429, "cooldown", words, {"Retry-After": str(seconds)}, free_from=instant(moment))


def _no_store() -> NoReturn:
    raise HttpProblem(
        503,
        "no_store",
        "there is no store: alerts, metrics and decisions are kept beside a policy file, mlmonitor.toml or [tool.mlmonitor], and "
        "none is here or above: start serve-api in the directory of that file",
    )
