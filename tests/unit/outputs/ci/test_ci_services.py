"""What a CI service says of a process: whose job it is, where its page is, and which commit is judged."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.core.record_details import CiLink
from pytest_mlmonitor.outputs.ci.ci_job import ci_link, job_url
from pytest_mlmonitor.outputs.ci.ci_services import CI_SERVICES, ORCHESTRATORS, ci_service, first_of
from pytest_mlmonitor.outputs.openlineage.parents import parent_of
from pytest_mlmonitor.outputs.tracing.ci_attributes import ci_attributes

GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "acme/bikes",
    "GITHUB_WORKFLOW": "nightly",
    "GITHUB_JOB": "monitor",
    "GITHUB_RUN_ID": "17",
    "GITHUB_RUN_NUMBER": "3",
    "GITHUB_SHA": "4f2c91e0" * 5,
    "GITHUB_REF_NAME": "main",
}
GITLAB = {
    "GITLAB_CI": "true",
    "CI_PROJECT_URL": "https://gitlab.example/acme/bikes",
    "CI_PROJECT_PATH": "acme/bikes",
    "CI_PIPELINE_ID": "5",
    "CI_JOB_NAME": "monitor",
    "CI_JOB_ID": "7",
    "CI_JOB_URL": "https://gitlab.example/acme/bikes/-/jobs/7",
    "CI_COMMIT_SHA": "ab" * 20,
    "CI_COMMIT_REF_NAME": "feature/x",
}
AZURE = {
    "TF_BUILD": "True",
    "SYSTEM_COLLECTIONURI": "https://dev.azure.com/acme/",
    "SYSTEM_TEAMPROJECT": "our bikes",
    "BUILD_DEFINITIONNAME": "nightly",
    "BUILD_BUILDNUMBER": "20260426.1",
    "BUILD_BUILDID": "9",
    "BUILD_SOURCEVERSION": "cd" * 20,
    "BUILD_SOURCEBRANCHNAME": "main",
}
CIRCLE = {
    "CIRCLECI": "true",
    "CIRCLE_PROJECT_REPONAME": "bikes",
    "CIRCLE_WORKFLOW_ID": "w",
    "CIRCLE_JOB": "monitor",
    "CIRCLE_BUILD_NUM": "3",
    "CIRCLE_BUILD_URL": "https://circleci.com/gh/acme/bikes/3",
}
BUILDKITE = {
    "BUILDKITE": "true",
    "BUILDKITE_PIPELINE_SLUG": "bikes",
    "BUILDKITE_BUILD_ID": "b",
    "BUILDKITE_BUILD_NUMBER": "8",
    "BUILDKITE_BUILD_URL": "https://buildkite.com/acme/bikes/builds/8",
}
BITBUCKET = {
    "BITBUCKET_BUILD_NUMBER": "4",
    "BITBUCKET_REPO_FULL_NAME": "acme/bikes",
    "BITBUCKET_GIT_HTTP_ORIGIN": "https://bitbucket.org/acme/bikes",
    "BITBUCKET_COMMIT": "ef" * 20,
}
TRAVIS = {
    "TRAVIS": "true",
    "TRAVIS_BUILD_ID": "1",
    "TRAVIS_REPO_SLUG": "acme/bikes",
    "TRAVIS_BUILD_NUMBER": "12",
    "TRAVIS_BUILD_WEB_URL": "https://app.travis-ci.com/acme/bikes/builds/1",
    "TRAVIS_JOB_ID": "2",
}
DRONE = {
    "DRONE": "true",
    "DRONE_REPO": "acme/bikes",
    "DRONE_BUILD_NUMBER": "6",
    "DRONE_BUILD_LINK": "https://drone.example/acme/bikes/6",
}
JENKINS = {
    "JENKINS_URL": "https://ci.acme/",
    "JOB_NAME": "bikes",
    "BUILD_NUMBER": "7",
    "BUILD_URL": "https://ci.acme/job/bikes/7/",
}
AIRFLOW = {
    "AIRFLOW_CTX_DAG_ID": "drift",
    "AIRFLOW_CTX_TASK_ID": "check",
    "AIRFLOW_CTX_DAG_RUN_ID": "scheduled__2026-04-26",
}
DAGSTER = {"DAGSTER_RUN_ID": "r1", "DAGSTER_RUN_JOB_NAME": "gate"}

EVERY_SERVICE = [
    (GITHUB, "GitHub Actions", "nightly #3", "https://github.com/acme/bikes/actions/runs/17"),
    (GITLAB, "GitLab CI", "monitor #7", "https://gitlab.example/acme/bikes/-/jobs/7"),
    (
        AZURE,
        "Azure Pipelines",
        "nightly #20260426.1",
        "https://dev.azure.com/acme/our%20bikes/_build/results?buildId=9",
    ),
    (CIRCLE, "CircleCI", "monitor #3", "https://circleci.com/gh/acme/bikes/3"),
    (BUILDKITE, "Buildkite", "bikes #8", "https://buildkite.com/acme/bikes/builds/8"),
    (BITBUCKET, "Bitbucket Pipelines", "pipeline #4", "https://bitbucket.org/acme/bikes/pipelines/results/4"),
    (TRAVIS, "Travis CI", "build #12", "https://app.travis-ci.com/acme/bikes/builds/1"),
    (DRONE, "Drone", "build #6", "https://drone.example/acme/bikes/6"),
    (JENKINS, "Jenkins", "bikes #7", "https://ci.acme/job/bikes/7/"),
    (AIRFLOW, "Airflow", "drift.check, scheduled__2026-04-26", None),
    (DAGSTER, "Dagster", "gate, run r1", None),
]


@pytest.mark.parametrize(("environ", "title", "label", "url"), EVERY_SERVICE, ids=[one[1] for one in EVERY_SERVICE])
def test_everybody_who_asks_is_told_of_the_same_job(environ: dict[str, str], title: str, label: str, url: str) -> None:
    assert ci_link(environ) == CiLink(title, label, url)
    assert job_url(environ) == url
    attributes = ci_attributes(environ)
    assert {"cicd.pipeline.run.id", "cicd.pipeline.name"} <= attributes.keys()
    assert parent_of(environ) is not None


def test_every_service_of_the_table_is_tried() -> None:
    assert len(EVERY_SERVICE) == len(CI_SERVICES) + len(ORCHESTRATORS)


@pytest.mark.parametrize(
    ("variables", "whose"),
    [
        ({"GITHUB_ACTIONS": "true"}, "github"),
        ({"TF_BUILD": "True"}, "azure"),
        ({"GITLAB_CI": "true"}, "gitlab"),
        ({"CI": "true"}, None),
        ({"GITHUB_ACTIONS": ""}, None),
        ({"GITHUB_ACTIONS": "false"}, None),
        ({"TF_BUILD": " 0 "}, None),
    ],
)
def test_a_service_is_known_by_its_own_variable(variables: dict[str, str], whose: str | None) -> None:
    found = ci_service(variables)
    assert (found.name if found is not None else None) == whose


def test_a_service_that_says_little_is_named_all_the_same() -> None:
    assert ci_link({"CIRCLECI": "true"}) == CiLink("CircleCI", "CircleCI", None)
    assert ci_link({"CI": "true"}) is None


@pytest.mark.parametrize(
    ("environ", "commit", "branch", "page"),
    [
        (GITHUB, "4f2c91e0" * 5, "main", f"https://github.com/acme/bikes/commit/{'4f2c91e0' * 5}"),
        (
            GITHUB | {"GITHUB_HEAD_REF": "fix"},
            "4f2c91e0" * 5,
            "fix",
            f"https://github.com/acme/bikes/commit/{'4f2c91e0' * 5}",
        ),
        (GITLAB, "ab" * 20, "feature/x", f"https://gitlab.example/acme/bikes/-/commit/{'ab' * 20}"),
        (AZURE, "cd" * 20, "main", ""),
        (BITBUCKET, "ef" * 20, "", f"https://bitbucket.org/acme/bikes/commits/{'ef' * 20}"),
    ],
)
def test_the_commit_that_is_judged(environ: dict[str, str], commit: str, branch: str, page: str) -> None:
    service = ci_service(environ)
    assert service is not None
    assert first_of(service.commit, environ) == commit
    assert first_of(service.branch, environ) == branch
    assert first_of(service.commit_page, environ) == page


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://me:secret@ci.example/7",
        "https://ci.example/\n7",
        "https://ci.example/\u202e7",
        "//ci.example/7",
        "https://[x",
        "https:///7",
    ],
)
def test_what_is_no_page_is_no_link(url: str) -> None:
    assert job_url({"CI_JOB_URL": url}) is None
    assert ci_link({**GITLAB, "CI_JOB_URL": url, "CI_PIPELINE_URL": url}) == CiLink("GitLab CI", "monitor #7", None)


def test_the_page_of_the_pipeline_stands_in_for_one_of_the_job_that_is_none() -> None:
    said = {**GITLAB, "CI_JOB_URL": "x", "CI_PIPELINE_URL": "https://gitlab.example/p/5"}
    assert job_url(said) == ci_link(said).url == "https://gitlab.example/p/5"  # type: ignore[union-attr]


@given(st.dictionaries(st.sampled_from(sorted(GITHUB | GITLAB | JENKINS | AZURE)), st.text(max_size=300)))
def test_whatever_the_variables_hold_a_link_is_short_and_of_the_web(environ: dict[str, str]) -> None:
    found = ci_link(environ)
    for url in (job_url(environ), found.url if found is not None else None):
        assert url is None or (
            url.startswith(("http://", "https://")) and url.isprintable() and "@" not in url.split("/")[2]
        )
    assert found is None or len(found.label) <= 120
