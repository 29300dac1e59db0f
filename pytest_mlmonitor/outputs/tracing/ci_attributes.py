"""The pipeline that a run is part of, by OpenTelemetry's names, out of the variables that CI services and orchestrators set.

Sources: "CICD attributes" of OpenTelemetry's semantic conventions 1.38, and each service's page of predefined variables.
"""

from __future__ import annotations

from collections.abc import Mapping
from string import Template

_PIPELINES: tuple[dict[str, tuple[str, ...]], ...] = (
    {
        "cicd.pipeline.run.id": ("$GITHUB_RUN_ID",),
        "cicd.pipeline.name": ("$GITHUB_WORKFLOW",),
        "cicd.pipeline.run.url.full": ("$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID",),
        "cicd.pipeline.task.name": ("$GITHUB_JOB",),
    },
    {
        "cicd.pipeline.run.id": ("$CI_PIPELINE_ID",),
        "cicd.pipeline.name": ("$CI_PIPELINE_NAME", "$CI_PROJECT_PATH"),
        "cicd.pipeline.run.url.full": ("$CI_PIPELINE_URL",),
        "cicd.pipeline.task.name": ("$CI_JOB_NAME",),
        "cicd.pipeline.task.run.id": ("$CI_JOB_ID",),
        "cicd.pipeline.task.run.url.full": ("$CI_JOB_URL",),
    },
    {
        "cicd.pipeline.run.id": ("$BUILD_BUILDID",),
        "cicd.pipeline.name": ("$BUILD_DEFINITIONNAME",),
        "cicd.pipeline.run.url.full": (
            "$SYSTEM_COLLECTIONURI$SYSTEM_TEAMPROJECT/_build/results?buildId=$BUILD_BUILDID",
        ),
        "cicd.pipeline.task.name": ("$SYSTEM_JOBNAME",),
        "cicd.pipeline.task.run.id": ("$SYSTEM_JOBID",),
    },
    {
        "cicd.pipeline.run.id": ("$CIRCLE_WORKFLOW_ID",),
        "cicd.pipeline.name": ("$CIRCLE_PROJECT_REPONAME",),
        "cicd.pipeline.run.url.full": ("$CIRCLE_BUILD_URL",),
        "cicd.pipeline.task.name": ("$CIRCLE_JOB",),
        "cicd.pipeline.task.run.id": ("$CIRCLE_BUILD_NUM",),
    },
    {
        "cicd.pipeline.run.id": ("$BUILDKITE_BUILD_ID",),
        "cicd.pipeline.name": ("$BUILDKITE_PIPELINE_SLUG",),
        "cicd.pipeline.run.url.full": ("$BUILDKITE_BUILD_URL",),
        "cicd.pipeline.task.name": ("$BUILDKITE_LABEL",),
        "cicd.pipeline.task.run.id": ("$BUILDKITE_JOB_ID",),
    },
    {
        "cicd.pipeline.run.id": ("$BITBUCKET_BUILD_NUMBER",),
        "cicd.pipeline.name": ("$BITBUCKET_REPO_FULL_NAME",),
        "cicd.pipeline.run.url.full": ("$BITBUCKET_GIT_HTTP_ORIGIN/pipelines/results/$BITBUCKET_BUILD_NUMBER",),
        "cicd.pipeline.task.run.id": ("$BITBUCKET_STEP_UUID",),
    },
    {
        "cicd.pipeline.run.id": ("$BUILD_NUMBER",),
        "cicd.pipeline.name": ("$JOB_NAME",),
        "cicd.pipeline.run.url.full": ("$BUILD_URL",),
        "cicd.pipeline.task.name": ("$STAGE_NAME",),
    },
    {
        "cicd.pipeline.run.id": ("$AIRFLOW_CTX_DAG_RUN_ID",),
        "cicd.pipeline.name": ("$AIRFLOW_CTX_DAG_ID",),
        "cicd.pipeline.task.name": ("$AIRFLOW_CTX_TASK_ID",),
    },
    {
        "cicd.pipeline.run.id": ("$DAGSTER_RUN_ID",),
        "cicd.pipeline.name": ("$DAGSTER_RUN_JOB_NAME",),
    },
)
"""By service: the names, and what they are made of, the first that is all set; run and name tell whose variables these are."""


def ci_attributes(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what is known of the pipeline; that this task of one tests is known of every run.

    >>> ci_attributes({"CI_PIPELINE_ID": "7", "CI_PROJECT_PATH": "me/x"})["cicd.pipeline.name"]
    'me/x'
    """
    said = {name: value for name, value in environ.items() if value}
    for names in _PIPELINES:
        found = {name: value for name, forms in names.items() if (value := _first(forms, said))}
        if "cicd.pipeline.run.id" in found and "cicd.pipeline.name" in found:
            return {"cicd.pipeline.task.type": "test", **found}
    return {"cicd.pipeline.task.type": "test"}


def _first(forms: tuple[str, ...], said: Mapping[str, str]) -> str:
    for form in forms:
        try:
            return Template(form).substitute(said)
        except KeyError:
            continue
    return ""
