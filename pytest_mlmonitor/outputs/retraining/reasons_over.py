"""Whether the reasons of a decision are gone, so that it is taken back before anybody trains for nothing."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.policy.outlets.retrain_policy import RetrainPolicy
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.links.superseded import Superseded
from pytest_mlmonitor.outputs.retraining.model_metrics import ModelMetrics
from pytest_mlmonitor.outputs.retraining.training_reasons import CRITICAL, MEASURED, family_of


class ReasonsOver:
    """Which reasons of earlier runs are over by what this run says: the check passes on what is newest of the family now.

    What is absent, superseded, could not be judged or not be run says nothing, and no reason is over by it; nor by a run as of an
    earlier time.
    """

    def __init__(self, record: RunRecord, platform: Artifacts, policy: RetrainPolicy) -> None:
        self._record = record
        self._platform = platform
        self._policy = policy
        self._results: dict[tuple[str, str], list[CheckResult]] = {}
        for _, result in record.results:
            self._results.setdefault((result.ref.kind, safe(result.check)), []).append(result)
        self._metrics: ModelMetrics | None = None

    def is_over(self, told: str) -> bool:
        """Return whether every reason of a decision is over.

        Args:
            told: the decision as JSON.
        """
        try:
            decision = json.loads(told)
            reasons = list(decision["reasons"])
            whole = bool(reasons) and not decision["more_reasons"]
            whole = whole and datetime.fromisoformat(decision["evaluated_at"]) <= self._record.evaluated_at
            return whole and all(self._is_over(one, decision["model"]) for one in reasons)
        except (KeyError, TypeError, ValueError):
            return False

    def _is_over(self, reason: Any, model: str) -> bool:
        if reason["kind"] == MEASURED:
            return self._holds(model, reason["check"])
        found = self._results.get((reason["kind"], reason["check"]), ())
        statuses = [self._passes(one) for one in found if self._is_of(one, reason["family"])]
        return bool(statuses) and all(statuses)

    def _is_of(self, result: CheckResult, family: str) -> bool:
        """Return whether a result is about the newest of a family."""
        try:
            artifact = self._platform.artifact(result.ref)
        except KeyError:
            return False
        same = safe(family_of(self._platform, artifact)) == family
        return same and self._platform.view(Superseded).newer(artifact) is None

    @staticmethod
    def _passes(result: CheckResult) -> bool:
        mild = result.status == "fail" and (result.severity or Severity.INFO) < Severity.ERROR
        return result.status == "pass" or mild

    def _holds(self, model: str, limit: str) -> bool:
        """Return whether a limit of the policy is known to hold for a model."""
        if self._metrics is None:
            self._metrics = ModelMetrics(self._record, self._platform, self._policy)
        measured = self._metrics.of(model)
        if measured is None:
            return False
        if limit == CRITICAL:
            return not self._policy.is_beyond(measured[0], self._policy.critical)
        share = self._metrics.drift_share(model)
        drifted = share is None or share[0] >= self._policy.drift_share
        return not self._policy.is_beyond(measured[0], self._policy.warning) or not drifted
