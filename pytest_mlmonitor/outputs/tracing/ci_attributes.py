"""The pipeline that a run is part of, by OpenTelemetry's names: what CI services and orchestrators say of it."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_mlmonitor.outputs.ci.ci_services import CI_SERVICES, ORCHESTRATORS, first_of


def ci_attributes(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what is known of the pipeline; that this task of one tests is known of every run.

    Run and name of a pipeline tell whose variables these are.

    >>> ci_attributes({"CI_PIPELINE_ID": "7", "CI_PROJECT_PATH": "me/x"})["cicd.pipeline.name"]
    'me/x'
    """
    for service in (*CI_SERVICES, *ORCHESTRATORS):
        names = (service.pipeline or {}).items()
        found = {name: value for name, forms in names if (value := first_of(forms, environ))}
        if "cicd.pipeline.run.id" in found and "cicd.pipeline.name" in found:
            return {"cicd.pipeline.task.type": "test", **found}
    return {"cicd.pipeline.task.type": "test"}
