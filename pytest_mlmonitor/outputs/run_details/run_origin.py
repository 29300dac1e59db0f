"""Where a run comes from: the project, its commit, the job of a CI service, the command, and what the policy says."""

from __future__ import annotations

import re
import shlex
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib import metadata
from pathlib import Path

from pytest_mlmonitor.core.policy.age_policy import ONE_LIMIT
from pytest_mlmonitor.core.policy.origins.policy_thresholds import threshold_of
from pytest_mlmonitor.core.policy.outlets.secret_inputs import is_secret_address, shown_input
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.record_details import RunOrigin
from pytest_mlmonitor.core.text.redaction import CONCEALED, concealed
from pytest_mlmonitor.core.threshold_origin import ThresholdOrigin
from pytest_mlmonitor.outputs.ci.ci_job import ci_link, web_page
from pytest_mlmonitor.outputs.ci.ci_services import ci_service, first_of
from pytest_mlmonitor.outputs.run_details.git_checkout import git_checkout

PACKAGES = ("pytest", "pytest-mlmonitor", "pyarrow", "duckdb", "pandera")
"""Whose versions tell what judged, beside Python's."""

_NAME = 100
_BRANCH = 255
_COMMAND = 2000
_VALUE = 300
_KEYS = 500
"""Most characters of each, and most keys: whoever writes a policy may write what they like."""

_TOLD = {"artifacts", "environment"}
"""Keys that a run tells by itself."""

_COMMIT = re.compile(r"[0-9a-f]{7,64}")


def run_origin(
    settings: Settings, home: Path, roots: Sequence[str], words: Sequence[str], environ: Mapping[str, str]
) -> RunOrigin:
    """Return where a run comes from.

    Args:
        settings: the policy.
        home: directory of the policy.
        roots: as the user wrote them.
        words: that pytest was called with.
        environ: variables of the process.
    """
    commit, page, branch = _commit(home, environ)
    return RunOrigin(
        _project(settings.file, home),
        commit,
        page,
        branch,
        ci_link(environ),
        command_line(words),
        [*roots],
        versions(),
        list(policy_keys(settings)),
    )


def _project(file: Path | None, home: Path) -> str:
    name: object = None
    if file is not None and file.name == "pyproject.toml":
        try:
            name = tomllib.loads(file.read_text(encoding="utf-8")).get("project", {}).get("name")
        except (OSError, ValueError, AttributeError):
            name = None  # the policy was read: whatever else is wrong with the file is not for us to say
    return (name if isinstance(name, str) and name else home.name)[:_NAME]


def _commit(home: Path, environ: Mapping[str, str]) -> tuple[str | None, str | None, str | None]:
    """Return the commit, its page and the branch: as git has them; where it has none, as a CI service says."""
    checkout, service = git_checkout(home), ci_service(environ)
    said, page, branch = (
        (first_of(forms, environ) for forms in (service.commit, service.commit_page, service.branch))
        if service is not None
        else ("", "", "")
    )
    commit = checkout.commit if checkout is not None else None
    if commit is None and checkout is None and _COMMIT.fullmatch(said):
        commit = said
    own = checkout.branch if checkout is not None else None
    if commit is None or commit != said:  # another repository than the one that the job is of
        return commit, checkout.commit_page if checkout is not None else None, own
    known = web_page(page) or (checkout.commit_page if checkout is not None else None)
    return commit, known, own or branch.removeprefix("refs/heads/")[:_BRANCH] or None


def command_line(words: Sequence[str]) -> str:
    """Return the command that pytest was called with, secrets concealed.

    >>> command_line(["artifacts", "-k", "not slow", "--api-token", "x1", "--index=https://me:pw@h/"])
    "pytest artifacts -k 'not slow' --api-token '***' '--index=***'"
    """
    return shlex.join(["pytest", *map(concealed, _words(words))])[:_COMMAND]


def _words(words: Sequence[str]) -> Iterator[str]:
    secret = False
    for word in map(str, words):
        option, equals, value = word.partition("=")
        named = option.lstrip("-").replace("-", "_") if word.startswith("-") else ""
        if secret and not named:
            yield CONCEALED
        elif equals and named:
            yield f"{option}={CONCEALED if _is_secret(named, value) else value}"
        else:
            yield CONCEALED if _is_secret("word", word) else word
        secret = bool(named) and not equals and _is_secret(named, "")


def _is_secret(name: str, value: str) -> bool:
    return shown_input([name], value, known=True) == CONCEALED or is_secret_address(value)


@cache
def versions() -> dict[str, str]:
    """Return the versions of what judges, by name."""
    found = {"python": ".".join(map(str, sys.version_info[:3]))}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def policy_keys(settings: Settings) -> Iterator[ThresholdOrigin]:
    """Yield the keys of a policy that are not the default; of secrets only the names of their variables."""
    above = {
        ".".join(parts[:i]) for parts in (key.split(".") for key in settings.origins) for i in range(1, len(parts))
    }
    for key in sorted(settings.origins.keys() - above - _TOLD)[:_KEYS]:
        section, _, last = key.rpartition(".")
        found = threshold_of(key, settings)
        if found is None or found.value == found.default:
            continue
        if last in ONE_LIMIT[1:] and f"{section}.{ONE_LIMIT[0]}" in settings.origins:
            continue  # one limit under two names
        secret = not last.endswith("_env") and _is_secret(last, found.value)
        yield replace(found, value=CONCEALED if secret else concealed(found.value)[:_VALUE])
