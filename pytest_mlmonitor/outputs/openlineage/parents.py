"""Whoever started a run of the checks, as the parent of its events: a task of an orchestrator, or a job of a CI service.

Sources: ``OPENLINEAGE_PARENT_ID`` and ``OPENLINEAGE_ROOT_PARENT_ID`` as dbt's and Spark's integrations read them
(``namespace/job/run id``; Airflow's macro ``lineage_parent_id`` writes it), the variables that Airflow's operators set, what
Dagster Pipes hands to a process that it starts (``encode_param`` of ``dagster_pipes``), and :mod:`..ci.ci_services`.
"""

from __future__ import annotations

import base64
import json
import uuid
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.outputs.ci.ci_services import CI_SERVICES
from pytest_mlmonitor.outputs.openlineage.facets import facet
from pytest_mlmonitor.outputs.openlineage.nodes import in_name, in_namespace, run_id

_MOST = 1 << 20
"""Bytes of what Dagster Pipes hands over that are read."""

PARENT, ROOT = "OPENLINEAGE_PARENT_ID", "OPENLINEAGE_ROOT_PARENT_ID"


class NoParent(ValueError):
    """A variable names a parent in another form than it should; the message says which, and how."""


@dataclass(frozen=True)
class ParentRun:
    """The run that started this one.

    Attributes:
        namespace: of its job.
        job: its name.
        run_id: a UUID.
    """

    namespace: str
    job: str
    run_id: str

    def written(self) -> dict[str, Any]:
        """Return it as facets hold it."""
        return {"run": {"runId": self.run_id}, "job": {"namespace": self.namespace, "name": self.job}}


def parent_facet(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return the facet that names who started this process, empty where nobody says.

    Raises:
        NoParent: a variable says it in no form that is known.
    """
    parent = parent_of(environ)
    if parent is None:
        return {}
    root = _told(environ, ROOT)
    return facet("parent", **parent.written(), root=root.written() if root is not None else None)


def parent_of(environ: Mapping[str, str]) -> ParentRun | None:
    """Return who started this process: as somebody says in so many words, an orchestrator's task, or a job of a CI service.

    Raises:
        NoParent: a variable says it in no form that is known.
    """
    return _told(environ, PARENT) or _airflow(environ) or _dagster(environ) or _ci(environ)


def _told(environ: Mapping[str, str], name: str) -> ParentRun | None:
    text = environ.get(name, "").strip()
    if not text:
        return None
    namespace, _, rest = text.rpartition("/")[0].rpartition("/")
    identity = text.rpartition("/")[2]
    if not (namespace and rest and _is_uuid(identity)):
        raise NoParent(f"{name} is not NAMESPACE/JOB/UUID: the events of this run name no parent")
    return ParentRun(in_namespace(namespace), in_name(rest), identity.lower())


def _airflow(environ: Mapping[str, str]) -> ParentRun | None:
    dag, task, run = (environ.get(f"AIRFLOW_CTX_{name}", "") for name in ("DAG_ID", "TASK_ID", "DAG_RUN_ID"))
    if not (dag and task and run):
        return None
    attempt = environ.get("AIRFLOW_CTX_TRY_NUMBER", "")
    return ParentRun("airflow", in_name(f"{dag}.{task}"), run_id("airflow", dag, task, run, attempt))


def _dagster(environ: Mapping[str, str]) -> ParentRun | None:
    piped = _piped(environ.get("DAGSTER_PIPES_CONTEXT", ""))
    run = environ.get("DAGSTER_RUN_ID", "") or str(piped.get("run_id") or "")
    if not run:
        return None
    job = environ.get("DAGSTER_RUN_JOB_NAME", "") or str(piped.get("job_name") or "") or "run"
    return ParentRun("dagster", in_name(job), run.lower() if _is_uuid(run) else run_id("dagster", run))


def _piped(text: str) -> Mapping[str, Any]:
    """Return what Dagster Pipes says of the run that started a process: itself, or in the file that it names; empty without."""
    if not text:
        return {}
    try:
        said = json.loads(zlib.decompressobj().decompress(base64.b64decode(text), _MOST))
        if isinstance(said, dict) and isinstance(said.get("path"), str):
            with open(said["path"], "rb") as file:
                said = json.loads(file.read(_MOST))
    except (ValueError, OSError, zlib.error):
        return {}  # another version of Pipes writes it in another form: then nobody says who it was
    return said if isinstance(said, dict) else {}


def _ci(environ: Mapping[str, str]) -> ParentRun | None:
    for service in CI_SERVICES:
        where, job, attempt = (
            [environ[name] for name in names if environ.get(name)]
            for names in (service.place, service.job, service.attempt)
        )
        if attempt and service.started(environ):
            place = "/".join(part.strip("/") for part in where) or service.name
            name = ".".join(job) or service.name
            return ParentRun(in_namespace(place), in_name(name), run_id(service.name, place, safe(name), *attempt))
    return None


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False
