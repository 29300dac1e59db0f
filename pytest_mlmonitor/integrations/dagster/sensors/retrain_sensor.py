"""A sensor that starts a job of yours for every decision to train a model again, exactly once."""

# No "from __future__ import annotations": Dagster looks at the annotation of context itself.
import json
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from pytest_mlmonitor.core.open_store import open_store
from pytest_mlmonitor.core.policy.outlets.secret_values import secret_values
from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.store.database import Store, Transaction
from pytest_mlmonitor.core.store.decisions import KeptDecision, give_back, take, waiting
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.core.text.redaction import conceal
from pytest_mlmonitor.integrations.dagster.monitored_project import policy_of

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

    RetrainJob = str | dg.JobDefinition | UnresolvedAssetJobDefinition
_MOST = 100
"""Decisions of one look: Dagster gives it a minute, and what was taken by one that is ended too late would be lost."""

RetrainConfig = Callable[[Mapping[str, Any]], Mapping[str, Any]]


def retrain_sensor(
    name: str,
    project: Path,
    job: "RetrainJob",
    config: RetrainConfig | None,
    seconds: int,
    status: dg.DefaultSensorStatus,
) -> dg.SensorDefinition:
    """Return a sensor that takes decisions out of the store: of all that ask, schedulers and commands, one gets each.

    Args:
        name: of the sensor.
        project: whose policy says the store.
        job: that trains, or its name.
        config: makes the run's configuration of a decision.
        seconds: between two looks.
        status: whether it looks from the beginning.
    """
    target: dict[str, Any] = {"job_name": job} if isinstance(job, str) else {"job": job}

    @dg.sensor(name=name, minimum_interval_seconds=seconds, default_status=status, description=_DESCRIPTION, **target)
    def decisions(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        store, environment = _opened(project)
        try:
            taken = store.transaction(partial(_taken, environment=environment, now=datetime.now(UTC)))
            if not taken:
                return dg.SkipReason("no decision to train a model again waits")
            requests: dict[str, dg.RunRequest] = {}
            errors: list[Exception] = []
            try:
                for one in taken:
                    try:
                        requests[one.key] = _request(one, config)
                    except Exception as error:
                        errors.append(error)
                        context.log.exception(f"no run can be made to train {safe(one.model)} again: it waits on")
            except BaseException:
                requests = {}
                raise
            finally:
                store.transaction(partial(_given_back, taken=[one for one in taken if one.key not in requests]))
        finally:
            store.close()
        if not requests:
            raise errors[0]
        for key, request in requests.items():
            context.log.info(f"took the decision {key} to train {request.tags['mlmonitor/model']} again")
        return dg.SensorResult(list(requests.values()))

    return decisions


_DESCRIPTION = (
    "Takes decisions to train a model again, and asks for a run for each. Trying it by hand (Test sensor) takes what waits, too: "
    "mlmonitor retrain list shows it, mlmonitor retrain claim MODEL --force claims it again."
)


def _opened(project: Path) -> tuple[Store, str]:
    settings, file = policy_of(project)
    conceal(secret_values(settings, os.environ))
    store = open_store(settings, file)
    if store is None:
        raise PolicyError(
            f"there is no store, which keeps decisions: it lies beside a policy file, and {project} has none "
            "(mlmonitor.toml, or [tool.mlmonitor] in pyproject.toml)"
        )
    return store, settings.environment


def _taken(transaction: Transaction, environment: str, now: datetime) -> list[KeptDecision]:
    models = islice(dict.fromkeys(one.model for one in waiting(transaction, environment)), _MOST)
    taken = (take(transaction, environment, model, now) for model in models)
    return [one for one in taken if one is not None]


def _given_back(transaction: Transaction, taken: list[KeptDecision]) -> None:
    for one in taken:
        give_back(transaction, one.key)


def _request(taken: KeptDecision, config: RetrainConfig | None) -> dg.RunRequest:
    decision: dict[str, Any] = json.loads(taken.told)
    reasons = ", ".join(dict.fromkeys(str(one["category"]) for one in decision["reasons"]))
    tags = {
        "mlmonitor/model": taken.model,
        "mlmonitor/decision": taken.key,
        "mlmonitor/reasons": reasons,
        "mlmonitor/dataset": decision["dataset_name"],
        "mlmonitor/dataset_version": decision["dataset_version"],
    }
    told = {name: safe(str(value)) for name, value in tags.items() if value}
    return dg.RunRequest(run_key=taken.key, run_config=config(decision) if config is not None else None, tags=told)
