"""A sensor that starts a run when what lies below the roots changed."""

# No "from __future__ import annotations": Dagster looks at the annotation of context itself.
import hashlib
import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from pytest_mlmonitor.core.discover import discover
from pytest_mlmonitor.core.policy.places import is_url
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.sources.source_plan import plans_of
from pytest_mlmonitor.core.text.words import count
from pytest_mlmonitor.integrations.dagster.monitored_project import policy_of
from pytest_mlmonitor.kinds import BUILT_IN, extensions

if TYPE_CHECKING:  # no public name of Dagster's
    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

_UNDER_WAY = (
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
)


def artifact_sensor(
    name: str,
    project: Path,
    job: "UnresolvedAssetJobDefinition",
    seconds: int,
    status: dg.DefaultSensorStatus,
) -> dg.SensorDefinition:
    """Return a sensor that asks for one run where files below the roots are new, gone or written again.

    Args:
        name: of the sensor.
        project: whose policy says the roots.
        job: that is run.
        seconds: between two looks.
        status: whether it looks from the beginning.
    """

    @dg.sensor(name=name, job=job, minimum_interval_seconds=seconds, default_status=status, description=_DESCRIPTION)
    def new_artifacts(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        settings, _ = policy_of(project)
        roots = [Path(one) for one in settings.artifacts if not is_url(str(one))]
        if not roots:
            return dg.SkipReason("no root of the policy is a directory here: the schedule looks at the others")
        found, files = fingerprint(settings, roots)
        before, number = _seen(context.cursor)
        if before == found:
            return dg.SkipReason(f"nothing is new: {count(files, 'file')} as before")
        filters = dg.RunsFilter(job_name=job.name, statuses=list(_UNDER_WAY))
        under_way = context.instance.get_runs(filters, limit=1)
        if under_way:
            return dg.SkipReason(
                f"something is new, and run {under_way[0].run_id} is under way: looking again after it"
            )
        number += 1
        request = dg.RunRequest(run_key=f"{name}-{number}-{found[:12]}", tags={"mlmonitor/why": "new artifacts"})
        return dg.SensorResult([request], cursor=json.dumps({"fingerprint": found, "number": number}))

    return new_artifacts


_DESCRIPTION = (
    "Runs the suite when files below the roots are new, gone or written again. Serving windows and events, which grow all day, "
    "are left to the schedule."
)


def _seen(cursor: str | None) -> tuple[str, int]:
    """Return the fingerprint of the last look, and the number of the last run; a cursor that is none of ours is a first look."""
    try:
        told = json.loads(cursor or "")
        return str(told["fingerprint"]), int(told["number"])
    except (ValueError, LookupError, TypeError):
        return "", int(time.time())


def fingerprint(settings: Settings, roots: list[Path]) -> tuple[str, int]:
    """Return what tells the files below roots from others, and how many there are; nothing is opened.

    Records of serving trees are not among them: they are appended to all the time.

    Args:
        settings: the policy; its sources say which further files are records.
        roots: directories; what is none holds nothing.

    Raises:
        DiscoveryLimit: a root is too large to walk.
        PolicyError: the policy cannot be used.
    """
    added = extensions(settings)
    kinds = {kind.name: kind for kind in (*BUILT_IN, *added.kinds)}
    adapters = [*added.adapters, *(adapter for kind in kinds.values() for adapter in kind.adapters)]
    outer = sorted({root.resolve() for root in roots if root.is_dir()})
    digest, files = hashlib.sha256(), 0
    for root in outer:
        discovery = discover(root, adapters, outer, plans_of(settings, kinds))
        for path in discovery.files:
            try:
                status = os.lstat(path)
            except FileNotFoundError:  # it went between our listing and our looking
                continue
            digest.update(
                f"{os.fspath(path)}\0{status.st_size}\0{status.st_mtime_ns}\0".encode("utf-8", "surrogatepass")
            )
            files += 1
    return digest.hexdigest(), files
