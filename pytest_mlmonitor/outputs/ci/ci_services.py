"""The CI services and orchestrators that are known, and the variables by which each says what a process is part of: one table.

Sources, as of 2026: "Default environment variables" of GitHub Actions (Forgejo and Gitea set the same), "Predefined CI/CD
variables" of GitLab, "Predefined variables" of Azure Pipelines, "Built-in environment variables" of CircleCI, "Environment
variables" of Buildkite, "Variables and secrets" of Bitbucket Pipelines, "Environment Variables" of Travis CI and of Drone, "Using
environment variables" of Jenkins and of its Git plugin; the variables that Airflow's operators and Dagster's launchers set.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from string import Template

Forms = tuple[str, ...]
"""Texts with ``$VARIABLE`` in them, the first of which counts of which every variable is set."""


@dataclass(frozen=True)
class CiService:
    """By which variables a service says what started a process.

    Attributes:
        name: of the service; ids of runs are made of it.
        title: the same for people.
        mark: the variable that says that it is this service.
        place: variables that name the project, joined by ``/``.
        job: variables that name the job, joined by ``.``.
        attempt: variables that tell one attempt of the job from every other.
        pipeline: names of OpenTelemetry by what they are made of ("CICD attributes", semantic conventions 1.38).
        page: of the job.
        label: of the job, in words.
        commit: that is judged.
        branch: likewise.
        commit_page: where it is seen.
        checkout: the variable that says where the repository lies.
    """

    name: str
    title: str
    mark: str
    place: tuple[str, ...] = ()
    job: tuple[str, ...] = ()
    attempt: tuple[str, ...] = ()
    pipeline: Mapping[str, Forms] | None = None
    page: Forms = ()
    label: Forms = ()
    commit: Forms = ()
    branch: Forms = ()
    commit_page: Forms = ()
    checkout: str | None = None

    def started(self, environ: Mapping[str, str]) -> bool:
        """Return whether it says that a process is a job of its own."""
        return environ.get(self.mark, "").strip().lower() not in ("", "false", "0")


def _pipeline(run: Forms, name: Forms, url: Forms = (), task: Forms = (), **more: Forms) -> dict[str, Forms]:
    """Return OpenTelemetry's names: of the run of the pipeline, and of the task in it (``run_id``, ``run_url``)."""
    named = {"run.id": run, "name": name, "run.url.full": url, "task.name": task}
    named |= {"task.run.id": more.get("run_id", ()), "task.run.url.full": more.get("run_url", ())}
    return {f"cicd.pipeline.{key}": forms for key, forms in named.items() if forms}


_GITHUB_PAGE = ("$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID",)
_AZURE_PAGE = ("$SYSTEM_COLLECTIONURI$SYSTEM_TEAMPROJECT/_build/results?buildId=$BUILD_BUILDID",)
_BITBUCKET_PAGE = ("$BITBUCKET_GIT_HTTP_ORIGIN/pipelines/results/$BITBUCKET_BUILD_NUMBER",)

CI_SERVICES = (
    CiService(
        "github",
        "GitHub Actions",
        "GITHUB_ACTIONS",
        ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY"),
        ("GITHUB_WORKFLOW", "GITHUB_JOB"),
        ("GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT"),
        _pipeline(("$GITHUB_RUN_ID",), ("$GITHUB_WORKFLOW",), _GITHUB_PAGE, ("$GITHUB_JOB",)),
        _GITHUB_PAGE,
        ("$GITHUB_WORKFLOW #$GITHUB_RUN_NUMBER", "run $GITHUB_RUN_ID"),
        ("$GITHUB_SHA",),
        ("$GITHUB_HEAD_REF", "$GITHUB_REF_NAME"),
        ("$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/commit/$GITHUB_SHA",),
        "GITHUB_WORKSPACE",
    ),
    CiService(
        "gitlab",
        "GitLab CI",
        "GITLAB_CI",
        ("CI_SERVER_URL", "CI_PROJECT_PATH"),
        ("CI_JOB_NAME",),
        ("CI_JOB_ID",),
        _pipeline(
            ("$CI_PIPELINE_ID",),
            ("$CI_PIPELINE_NAME", "$CI_PROJECT_PATH"),
            ("$CI_PIPELINE_URL",),
            ("$CI_JOB_NAME",),
            run_id=("$CI_JOB_ID",),
            run_url=("$CI_JOB_URL",),
        ),
        ("$CI_JOB_URL", "$CI_PIPELINE_URL"),
        ("$CI_JOB_NAME #$CI_JOB_ID", "job $CI_JOB_ID"),
        ("$CI_COMMIT_SHA",),
        ("$CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "$CI_COMMIT_REF_NAME"),
        ("$CI_PROJECT_URL/-/commit/$CI_COMMIT_SHA",),
        "CI_PROJECT_DIR",
    ),
    CiService(
        "azure",
        "Azure Pipelines",
        "TF_BUILD",
        ("SYSTEM_COLLECTIONURI", "SYSTEM_TEAMPROJECT"),
        ("BUILD_DEFINITIONNAME", "SYSTEM_JOBNAME"),
        ("BUILD_BUILDID", "SYSTEM_JOBID", "SYSTEM_JOBATTEMPT"),
        _pipeline(
            ("$BUILD_BUILDID",),
            ("$BUILD_DEFINITIONNAME",),
            _AZURE_PAGE,
            ("$SYSTEM_JOBNAME",),
            run_id=("$SYSTEM_JOBID",),
        ),
        _AZURE_PAGE,
        ("$BUILD_DEFINITIONNAME #$BUILD_BUILDNUMBER", "build $BUILD_BUILDID"),
        ("$BUILD_SOURCEVERSION",),
        ("$BUILD_SOURCEBRANCHNAME",),
        ("$BUILD_REPOSITORY_URI/commit/$BUILD_SOURCEVERSION",),
        "BUILD_SOURCESDIRECTORY",
    ),
    CiService(
        "circleci",
        "CircleCI",
        "CIRCLECI",
        ("CIRCLE_PROJECT_USERNAME", "CIRCLE_PROJECT_REPONAME"),
        ("CIRCLE_JOB",),
        ("CIRCLE_WORKFLOW_ID", "CIRCLE_BUILD_NUM"),
        _pipeline(
            ("$CIRCLE_WORKFLOW_ID",),
            ("$CIRCLE_PROJECT_REPONAME",),
            ("$CIRCLE_BUILD_URL",),
            ("$CIRCLE_JOB",),
            run_id=("$CIRCLE_BUILD_NUM",),
        ),
        ("$CIRCLE_BUILD_URL",),
        ("$CIRCLE_JOB #$CIRCLE_BUILD_NUM", "job $CIRCLE_BUILD_NUM"),
        ("$CIRCLE_SHA1",),
        ("$CIRCLE_BRANCH",),
    ),
    CiService(
        "buildkite",
        "Buildkite",
        "BUILDKITE",
        ("BUILDKITE_ORGANIZATION_SLUG", "BUILDKITE_PIPELINE_SLUG"),
        ("BUILDKITE_STEP_KEY", "BUILDKITE_LABEL"),
        ("BUILDKITE_BUILD_ID", "BUILDKITE_JOB_ID"),
        _pipeline(
            ("$BUILDKITE_BUILD_ID",),
            ("$BUILDKITE_PIPELINE_SLUG",),
            ("$BUILDKITE_BUILD_URL",),
            ("$BUILDKITE_LABEL",),
            run_id=("$BUILDKITE_JOB_ID",),
        ),
        ("$BUILDKITE_BUILD_URL",),
        ("$BUILDKITE_PIPELINE_SLUG #$BUILDKITE_BUILD_NUMBER", "build $BUILDKITE_BUILD_ID"),
        ("$BUILDKITE_COMMIT",),
        ("$BUILDKITE_BRANCH",),
    ),
    CiService(
        "bitbucket",
        "Bitbucket Pipelines",
        "BITBUCKET_BUILD_NUMBER",
        ("BITBUCKET_REPO_FULL_NAME",),
        ("BITBUCKET_PIPELINE_UUID",),
        ("BITBUCKET_BUILD_NUMBER", "BITBUCKET_STEP_UUID"),
        _pipeline(
            ("$BITBUCKET_BUILD_NUMBER",),
            ("$BITBUCKET_REPO_FULL_NAME",),
            _BITBUCKET_PAGE,
            run_id=("$BITBUCKET_STEP_UUID",),
        ),
        _BITBUCKET_PAGE,
        ("pipeline #$BITBUCKET_BUILD_NUMBER",),
        ("$BITBUCKET_COMMIT",),
        ("$BITBUCKET_BRANCH",),
        ("$BITBUCKET_GIT_HTTP_ORIGIN/commits/$BITBUCKET_COMMIT",),
    ),
    CiService(
        "travis",
        "Travis CI",
        "TRAVIS",
        ("TRAVIS_REPO_SLUG",),
        ("TRAVIS_JOB_NAME",),
        ("TRAVIS_JOB_ID",),
        _pipeline(
            ("$TRAVIS_BUILD_ID",), ("$TRAVIS_REPO_SLUG",), ("$TRAVIS_BUILD_WEB_URL",), run_id=("$TRAVIS_JOB_ID",)
        ),
        ("$TRAVIS_BUILD_WEB_URL",),
        ("build #$TRAVIS_BUILD_NUMBER",),
        ("$TRAVIS_COMMIT",),
        ("$TRAVIS_PULL_REQUEST_BRANCH", "$TRAVIS_BRANCH"),
    ),
    CiService(
        "drone",
        "Drone",
        "DRONE",
        ("DRONE_REPO",),
        ("DRONE_STAGE_NAME", "DRONE_STEP_NAME"),
        ("DRONE_BUILD_NUMBER", "DRONE_STEP_NUMBER"),
        _pipeline(("$DRONE_BUILD_NUMBER",), ("$DRONE_REPO",), ("$DRONE_BUILD_LINK",), ("$DRONE_STEP_NAME",)),
        ("$DRONE_BUILD_LINK",),
        ("build #$DRONE_BUILD_NUMBER",),
        ("$DRONE_COMMIT_SHA",),
        ("$DRONE_SOURCE_BRANCH", "$DRONE_BRANCH"),
        ("$DRONE_COMMIT_LINK",),
    ),
    CiService(
        "jenkins",
        "Jenkins",
        "JENKINS_URL",
        ("JENKINS_URL",),
        ("JOB_NAME",),
        ("BUILD_NUMBER",),
        _pipeline(("$BUILD_NUMBER",), ("$JOB_NAME",), ("$BUILD_URL",), ("$STAGE_NAME",)),
        ("$BUILD_URL",),
        ("$JOB_NAME #$BUILD_NUMBER",),
        ("$GIT_COMMIT",),
        ("$CHANGE_BRANCH", "$BRANCH_NAME", "$GIT_BRANCH"),
    ),
)
"""In the order in which they are asked: that of Jenkins has the commonest names."""

ORCHESTRATORS = (
    CiService(
        "airflow",
        "Airflow",
        "AIRFLOW_CTX_DAG_RUN_ID",
        pipeline=_pipeline(("$AIRFLOW_CTX_DAG_RUN_ID",), ("$AIRFLOW_CTX_DAG_ID",), task=("$AIRFLOW_CTX_TASK_ID",)),
        label=("$AIRFLOW_CTX_DAG_ID.$AIRFLOW_CTX_TASK_ID, $AIRFLOW_CTX_DAG_RUN_ID",),
    ),
    CiService(
        "dagster",
        "Dagster",
        "DAGSTER_RUN_ID",
        pipeline=_pipeline(("$DAGSTER_RUN_ID",), ("$DAGSTER_RUN_JOB_NAME",)),
        label=("$DAGSTER_RUN_JOB_NAME, run $DAGSTER_RUN_ID", "run $DAGSTER_RUN_ID"),
    ),
)
"""What starts a process as a step of something larger, and is no CI service."""


def ci_service(environ: Mapping[str, str]) -> CiService | None:
    """Return whose job a process is, None where no service says that it is its own.

    >>> ci_service({"GITLAB_CI": "true"}).title, ci_service({"CI": "true"})
    ('GitLab CI', None)
    """
    return next((service for service in CI_SERVICES if service.started(environ)), None)


def first_of(forms: Forms, environ: Mapping[str, str]) -> str:
    """Return what the first of some forms says all of whose variables are set; empty without one.

    >>> first_of(("$A/$B", "$B"), {"A": "", "B": "b"})
    'b'
    """
    return next(all_of(forms, environ), "")


def all_of(forms: Forms, environ: Mapping[str, str]) -> Iterator[str]:
    """Yield what those of some forms say all of whose variables are set, in order."""
    for form in forms:
        template = Template(form)
        said = {name: environ.get(name, "").strip() for name in template.get_identifiers()}
        if all(said.values()):
            yield template.substitute(said)
