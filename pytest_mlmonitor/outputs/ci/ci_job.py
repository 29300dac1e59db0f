"""The CI job that a run is part of: its page, its name for people, and what it says of the commit that is judged."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from pytest_mlmonitor.core.record_details import CiLink
from pytest_mlmonitor.outputs.ci.ci_services import CI_SERVICES, ORCHESTRATORS, all_of, ci_service, first_of

_LABEL = 120
"""Characters of a label: whoever names a workflow may write what they like."""


def job_url(environ: Mapping[str, str]) -> str | None:
    """Return the page of the job, None where no service says it; never one with a user or password in it.

    >>> job_url({"CI_JOB_URL": "https://gitlab.example/x/-/jobs/7"}), job_url({"BUILD_URL": "nightly"})
    ('https://gitlab.example/x/-/jobs/7', None)
    """
    pages = (page for service in CI_SERVICES for page in all_of(service.page, environ))
    return next((url for page in pages if (url := web_page(page)) is not None), None)


def ci_link(environ: Mapping[str, str]) -> CiLink | None:
    """Return the job of a CI service, or the task of an orchestrator, that a run is; None where nobody says so.

    >>> ci_link({"GITLAB_CI": "true", "CI_JOB_NAME": "monitor", "CI_JOB_ID": "7", "CI_JOB_URL": "javascript:alert(1)"})
    CiLink(service='GitLab CI', label='monitor #7', url=None)
    """
    service = ci_service(environ) or next((one for one in ORCHESTRATORS if one.started(environ)), None)
    if service is None:
        return None
    pages = (web_page(page) for page in all_of(service.page, environ))
    label = first_of(service.label, environ) or service.title
    return CiLink(service.title, label[:_LABEL], next((url for url in pages if url is not None), None))


def web_page(text: str) -> str | None:
    """Return an address of http(s) as a link may hold it; None for anything else, and for one with a user in it."""
    try:
        parts = urlsplit(text)
        plain = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return None
    return text.replace(" ", "%20") if plain and text.isprintable() else None
