"""``definitions(project)``: everything that Dagster needs to watch a project."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.integrations.dagster.asset_names import RESULT_ASSETS, key_parts
from pytest_mlmonitor.integrations.dagster.category_outcomes import NotCheckedAs
from pytest_mlmonitor.integrations.dagster.known_families import KnownFamily, known_families
from pytest_mlmonitor.integrations.dagster.monitored_project import MonitoredProject, policy_or_none, with_out
from pytest_mlmonitor.integrations.dagster.monitoring_run import check_specs, family_specs, monitoring_assets
from pytest_mlmonitor.integrations.dagster.sensors.artifact_sensor import artifact_sensor
from pytest_mlmonitor.integrations.dagster.sensors.retrain_sensor import RetrainConfig, retrain_sensor
from pytest_mlmonitor.integrations.suite_run import ProjectSuite

if TYPE_CHECKING:
    from pytest_mlmonitor.integrations.dagster.sensors.retrain_sensor import RetrainJob

RETRY = dg.RetryPolicy(max_retries=1, delay=30)
"""Of a run that was killed or could not write; what another attempt cannot change is not retried."""


def definitions(
    project: str | os.PathLike[str] | ProjectSuite,
    *,
    gate: bool = False,
    cron: str = "17 * * * *",
    name: str = "p6",
    key_prefix: str | Sequence[str] = (),
    group_name: str = "mlmonitor",
    not_checked: NotCheckedAs = "warn",
    report_url: str | None = None,
    retry_policy: dg.RetryPolicy | None = RETRY,
    retrain_job: RetrainJob | None = None,
    retrain_config: RetrainConfig | None = None,
    sensor_seconds: int = 300,
    running: bool = False,
) -> dg.Definitions:
    """Return the definitions that watch a project: assets, checks, job, schedule and sensors.

    Args:
        project: the directory of the policy; or what is run in detail: further words for pytest, a time limit, another interpreter.
        gate: whether a check that fails with an error ends the run and keeps what lies downstream from running.
        cron: when the job runs, UTC.
        name: what job (``NAME_monitoring_job``), schedule, sensors and op are called after: another one for a second project.
        key_prefix: goes before the keys of all assets: one part, or several.
        group_name: of all assets.
        not_checked: how a check looks in which nothing could be judged: a warning, or passed with the words "not checked".
        report_url: where the report of the last run is served; its file by default.
        retry_policy: of a run that was killed or could not write its outputs.
        retrain_job: trains models; it is run for every decision to train one again. Nothing is taken without it.
        retrain_config: makes the configuration of that run of a decision (docs/retraining.md).
        sensor_seconds: between two looks of the sensors.
        running: whether schedule and sensors run as soon as this is loaded; else they are switched on in Dagster.

    Raises:
        NotADirectoryError: there is no such project.
    """
    given = project if isinstance(project, ProjectSuite) else ProjectSuite(Path(project))
    if not given.project.is_dir():
        raise NotADirectoryError(f"{given.project}: is no directory: expected that of the policy")
    settings, file = policy_or_none(given.project)
    suite = with_out(given, settings, file)
    known = _known(f"pytest_mlmonitor/{name}/{suite.project}", suite.out, settings)
    prefix = (key_prefix,) if isinstance(key_prefix, str) else tuple(key_prefix)
    monitored = MonitoredProject(
        name,
        suite,
        key_parts((one.family for one in known), prefix),
        tuple(known),
        {one: (*prefix, one) for one in RESULT_ASSETS},
        gate,
        not_checked,
        report_url,
    )
    assets = monitoring_assets(monitored, group_name, retry_policy)
    checks = dg.AssetSelection.checks(*(spec.key for spec in check_specs(monitored)))
    job = dg.define_asset_job(
        f"{name}_monitoring_job",
        dg.AssetSelection.assets(*map(dg.AssetKey, monitored.result_keys.values())) | checks,
        description=f"Runs the suite of {suite.project} once, and says what it found.",
    )
    schedule = dg.ScheduleDefinition(
        name=f"{name}_monitoring_schedule",
        job=job,
        cron_schedule=cron,
        default_status=dg.DefaultScheduleStatus.RUNNING if running else dg.DefaultScheduleStatus.STOPPED,
    )
    status = dg.DefaultSensorStatus.RUNNING if running else dg.DefaultSensorStatus.STOPPED
    sensors = [artifact_sensor(f"{name}_artifacts_sensor", suite.project, job, sensor_seconds, status)]
    if retrain_job is not None:
        sensor_name = f"{name}_retrain_sensor"
        sensors.append(retrain_sensor(sensor_name, suite.project, retrain_job, retrain_config, sensor_seconds, status))
    return dg.Definitions(
        assets=[*family_specs(monitored, group_name), assets], jobs=[job], schedules=[schedule], sensors=sensors
    )


def _known(key: str, out: Path | None, settings: Settings | None) -> list[KnownFamily]:
    """Return the families that are known; in a process of a run what was known when the code location was loaded.

    A run that ends in between changes what is known, and the steps of another must have the assets with which it was planned.
    """
    try:
        from dagster._core.definitions.definitions_load_context import DefinitionsLoadContext, DefinitionsLoadType
    except ImportError:  # it is no public name: without it a run that is overtaken may fail
        return known_families(out, settings)
    context = DefinitionsLoadContext.get()
    if context.load_type is DefinitionsLoadType.RECONSTRUCTION and key in context.reconstruction_metadata:
        told = json.loads(context.reconstruction_metadata[key])
        return [replace(KnownFamily(**one), categories=tuple(one["categories"])) for one in told]
    known = known_families(out, settings)
    context.add_to_pending_reconstruction_metadata(key, json.dumps([asdict(one) for one in known]))
    return known
