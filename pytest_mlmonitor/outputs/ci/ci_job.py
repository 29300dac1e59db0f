"""The page of the CI job that a run is part of, by the variables that services set.

Sources, as of 2026: "Default environment variables" of GitHub Actions (Forgejo and Gitea set the same), "Predefined CI/CD
variables" of GitLab, "Predefined variables" of Azure Pipelines, "Using environment variables" of Jenkins, "Built-in environment
variables" of CircleCI, "Environment variables" of Buildkite, "Variables and secrets" of Bitbucket Pipelines, "Environment
Variables" of Travis CI and of Drone.
"""

from __future__ import annotations

from collections.abc import Mapping
from string import Template
from urllib.parse import urlsplit

_PAGES = (
    "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID",
    "$CI_JOB_URL",
    "$SYSTEM_COLLECTIONURI$SYSTEM_TEAMPROJECT/_build/results?buildId=$BUILD_BUILDID",
    "$CIRCLE_BUILD_URL",
    "$BUILDKITE_BUILD_URL",
    "$BITBUCKET_GIT_HTTP_ORIGIN/pipelines/results/$BITBUCKET_BUILD_NUMBER",
    "$TRAVIS_BUILD_WEB_URL",
    "$DRONE_BUILD_LINK",
    "$CI_PIPELINE_URL",
    "$BUILD_URL",
)


def job_url(environ: Mapping[str, str]) -> str | None:
    """Return the page of the job, None where no service says it; never one with a user or password in it.

    >>> job_url({"CI_JOB_URL": "https://gitlab.example/x/-/jobs/7"}), job_url({"BUILD_URL": "nightly"})
    ('https://gitlab.example/x/-/jobs/7', None)
    """
    said = {name: value.strip() for name, value in environ.items() if value.strip()}
    for page in _PAGES:
        try:
            url = Template(page).substitute(said)
        except KeyError:
            continue
        if _is_page(url):
            return url.replace(" ", "%20")
    return None


def _is_page(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc and url.isprintable()
