"""Who started a run of the checks."""

from __future__ import annotations

import base64
import json
import uuid
import zlib
from pathlib import Path

import pytest

from pytest_mlmonitor.outputs.openlineage.parents import NoParent, parent_facet, parent_of

RUN = "0190e7c0-7a3c-7d4e-8f00-2a2b3c4d5e6f"
GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "acme/bikes",
    "GITHUB_WORKFLOW": "nightly checks",
    "GITHUB_JOB": "monitor",
    "GITHUB_RUN_ID": "17",
    "GITHUB_RUN_ATTEMPT": "1",
}
AIRFLOW = {
    "AIRFLOW_CTX_DAG_ID": "drift",
    "AIRFLOW_CTX_TASK_ID": "check",
    "AIRFLOW_CTX_DAG_RUN_ID": "scheduled__2026-04-26",
    "AIRFLOW_CTX_TRY_NUMBER": "1",
}


@pytest.mark.parametrize(
    ("environ", "namespace", "job"),
    [
        (GITHUB, "https://github.com/acme/bikes", "nightly checks.monitor"),
        (
            {
                "GITLAB_CI": "true",
                "CI_SERVER_URL": "https://gitlab.com",
                "CI_PROJECT_PATH": "acme/bikes",
                "CI_JOB_NAME": "monitor",
                "CI_JOB_ID": "5",
            },
            "https://gitlab.com/acme/bikes",
            "monitor",
        ),
        (
            {"JENKINS_URL": "https://ci.acme/", "JOB_NAME": "bikes/main", "BUILD_NUMBER": "7"},
            "https://ci.acme",
            "bikes/main",
        ),
        (
            {
                "TF_BUILD": "True",
                "SYSTEM_COLLECTIONURI": "https://dev.azure.com/acme/",
                "SYSTEM_TEAMPROJECT": "bikes",
                "BUILD_DEFINITIONNAME": "nightly",
                "SYSTEM_JOBNAME": "monitor",
                "BUILD_BUILDID": "9",
            },
            "https://dev.azure.com/acme/bikes",
            "nightly.monitor",
        ),
        (
            {
                "CIRCLECI": "true",
                "CIRCLE_PROJECT_USERNAME": "acme",
                "CIRCLE_PROJECT_REPONAME": "bikes",
                "CIRCLE_JOB": "monitor",
                "CIRCLE_BUILD_NUM": "3",
            },
            "acme/bikes",
            "monitor",
        ),
        (
            {
                "BUILDKITE": "true",
                "BUILDKITE_ORGANIZATION_SLUG": "acme",
                "BUILDKITE_PIPELINE_SLUG": "bikes",
                "BUILDKITE_LABEL": "monitor",
                "BUILDKITE_JOB_ID": "j",
            },
            "acme/bikes",
            "monitor",
        ),
        (
            {
                "BITBUCKET_BUILD_NUMBER": "4",
                "BITBUCKET_REPO_FULL_NAME": "acme/bikes",
                "BITBUCKET_PIPELINE_UUID": "{p}",
            },
            "acme/bikes",
            "{p}",
        ),
        (AIRFLOW, "airflow", "drift.check"),
        ({"DAGSTER_RUN_ID": RUN, "DAGSTER_RUN_JOB_NAME": "gate"}, "dagster", "gate"),
        ({"OPENLINEAGE_PARENT_ID": f"my/space/dag.task/{RUN}", **GITHUB, **AIRFLOW}, "my/space", "dag.task"),
        (AIRFLOW | GITHUB, "airflow", "drift.check"),
    ],
    ids=[
        "github",
        "gitlab",
        "jenkins",
        "azure",
        "circleci",
        "buildkite",
        "bitbucket",
        "airflow",
        "dagster",
        "told",
        "nearest",
    ],
)
def test_whoever_started_it_is_the_parent(environ: dict[str, str], namespace: str, job: str) -> None:
    parent = parent_of(environ)
    assert parent is not None
    assert (parent.namespace, parent.job) == (namespace, job)
    assert str(uuid.UUID(parent.run_id)) == parent.run_id
    assert parent_of(environ) == parent


def test_an_id_that_is_told_is_taken_over() -> None:
    assert parent_of({"OPENLINEAGE_PARENT_ID": f"n/j/{RUN.upper()}"}).run_id == RUN  # type: ignore[union-attr]
    assert parent_of({"DAGSTER_RUN_ID": RUN}).run_id == RUN  # type: ignore[union-attr]
    facet = parent_facet({"OPENLINEAGE_PARENT_ID": f"n/j/{RUN}", "OPENLINEAGE_ROOT_PARENT_ID": f"n/root/{RUN}"})[
        "parent"
    ]
    assert facet["run"] == {"runId": RUN} and facet["root"]["job"] == {"namespace": "n", "name": "root"}


@pytest.mark.parametrize("name", ["GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT", "GITHUB_REPOSITORY", "GITHUB_JOB"])
def test_another_attempt_is_another_parent(name: str) -> None:
    assert parent_of(GITHUB).run_id != parent_of(GITHUB | {name: "2"}).run_id  # type: ignore[union-attr]


def piped(said: object) -> str:
    """Return a parameter as ``dagster_pipes.encode_param`` writes it."""
    return base64.b64encode(zlib.compress(json.dumps(said).encode())).decode()


def test_what_dagster_pipes_hands_over_is_taken_also_from_a_file(tmp_path: Path) -> None:
    said = {"run_id": RUN, "job_name": "gate", "extras": {}}
    file = tmp_path / "context"
    file.write_text(json.dumps(said), encoding="utf-8")
    for handed in (said, {"path": str(file)}):
        parent = parent_of({"DAGSTER_PIPES_CONTEXT": piped(handed)})
        assert parent is not None and (parent.namespace, parent.job, parent.run_id) == ("dagster", "gate", RUN)
    for broken in ("x", piped([1]), piped({"path": str(tmp_path / "none")}), piped({"path": str(tmp_path)}), piped({})):
        assert parent_of({"DAGSTER_PIPES_CONTEXT": broken}) is None


@pytest.mark.parametrize("environ", [{}, {"GITHUB_ACTIONS": "false"}, {"CI": "true"}, {"JENKINS_URL": "https://x"}])
def test_nobody_is_no_parent(environ: dict[str, str]) -> None:
    assert parent_facet(environ) == {}


@pytest.mark.parametrize("text", ["x", "n/j/not-a-uuid", f"/{RUN}", f"j/{RUN}", RUN])
def test_what_is_told_in_no_known_form_is_refused(text: str) -> None:
    with pytest.raises(NoParent, match="OPENLINEAGE_PARENT_ID is not NAMESPACE/JOB/UUID"):
        parent_of({"OPENLINEAGE_PARENT_ID": text})
