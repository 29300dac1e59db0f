"""Lineage: what is served can be traced to the run that made it and to the data it was made from."""

from __future__ import annotations

from pytest_mlmonitor import (
    Deployment,
    Platform,
    TrainingRun,
    dataset_link,
    deployment_dataset_link,
    event_link,
    run_link,
)


def test_a_deployment_is_traced_to_its_run_and_dataset(deployment: Deployment) -> None:
    """Windows, activation event, training run and dataset exist and agree."""
    event_link(deployment)
    run_link(deployment)
    deployment_dataset_link(deployment)


def test_a_run_is_traced_to_its_dataset(training_run: TrainingRun) -> None:
    """The dataset exists, and was fresh when training started."""
    dataset_link(training_run)


def test_no_run_is_deployed_twice(training_run: TrainingRun, platform: Platform) -> None:
    """One deployment a run: rollbacks get a run id of their own here."""
    latest = [deployment.events[-1] for deployment in platform.deployments() if deployment.events]
    deployed = [event.deployment_id for event in latest if event.bundle_run_id == training_run.run_id]
    assert len(deployed) <= 1, f"run {training_run.ref.name} is deployed as {', '.join(deployed)}"
