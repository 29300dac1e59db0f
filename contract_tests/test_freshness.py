"""Freshness beyond one age: what is served must not be trained on old data."""

from __future__ import annotations

from datetime import timedelta

from pytest_mlmonitor import Dataset, Deployment, Platform, TrainingRun, freshness


def test_every_dataset_is_fresh(dataset: Dataset) -> None:
    """Younger than ``freshness.max_age_seconds`` of the policy."""
    freshness(dataset)


def test_training_starts_within_the_hour(training_run: TrainingRun, platform: Platform) -> None:
    """Training follows the build of its dataset closely."""
    name, version = training_run.input_dataset_name, training_run.input_dataset_version
    dataset = platform.dataset(name or "", version or "")
    assert dataset is not None, f"run {training_run.ref.name}: no dataset {name} {version} under the artifact roots"
    assert training_run.started_at is not None, f"run {training_run.ref.name} has no started_at"
    assert dataset.built_at is not None, f"dataset {dataset.ref.name} has no built_at"
    waited = training_run.started_at - dataset.built_at
    assert waited < timedelta(hours=1), f"run {training_run.ref.name} started {waited} after its dataset was built"


def test_no_deployment_serves_a_model_older_than_a_month(deployment: Deployment, platform: Platform) -> None:
    """A model is retrained at least monthly."""
    assert deployment.events, f"{deployment} has no activation event"
    activation = deployment.events[0]
    age = platform.now - activation.bundle_created_at
    assert age < timedelta(days=30), f"{deployment}: its bundle is {age.days} days old"
