"""What all parts of the definitions of one project share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from pytest_mlmonitor.core.policy.load import load
from pytest_mlmonitor.core.policy.places import PolicyError, policy_file, project_around
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.integrations.dagster.category_outcomes import NotCheckedAs
from pytest_mlmonitor.integrations.dagster.judged_families import FamilyName
from pytest_mlmonitor.integrations.dagster.known_families import KnownFamily
from pytest_mlmonitor.integrations.suite_run import ProjectSuite

OUT = Path(".mlmonitor", "dagster")
"""Where a run writes, beside the policy file, where the policy has no ``out``."""


@dataclass(frozen=True)
class MonitoredProject:
    """A project that is watched.

    Attributes:
        name: what jobs, sensors and the op are called after.
        suite: what is run.
        families: those that have an asset, with its key.
        known: the same, with what is said of them.
        result_keys: keys of the six assets of the reference implementation, by name.
        gate: whether a red check keeps what lies downstream from running.
        not_checked: how a check looks in which nothing could be judged.
        report_url: where reports are served, None where they are files.
    """

    name: str
    suite: ProjectSuite
    families: dict[FamilyName, tuple[str, ...]]
    known: tuple[KnownFamily, ...]
    result_keys: dict[str, tuple[str, ...]]
    gate: bool = False
    not_checked: NotCheckedAs = "warn"
    report_url: str | None = None


def policy_of(project: Path) -> tuple[Settings, Path | None]:
    """Return the policy of a project, and the file that it is written in.

    Raises:
        PolicyError: it cannot be used.
    """
    around = project_around(project.resolve())
    file = policy_file(around) if around is not None else None
    return load(file), file


def policy_or_none(project: Path) -> tuple[Settings | None, Path | None]:
    """Return the policy; None where it cannot be used: a run says why, and everything else of the code location is loaded."""
    try:
        return policy_of(project)
    except PolicyError:
        return None, None


def with_out(suite: ProjectSuite, settings: Settings | None, file: Path | None) -> ProjectSuite:
    """Return a suite with the directory in which it writes: its own, the policy's, else one beside the policy file.

    It lies never in an artifact root; where it would, and without a policy file, it is a temporary one.
    """
    project = suite.project.resolve()
    if suite.out is not None:
        return replace(suite, project=project, out=project / suite.out)
    if settings is None or settings.out is not None or file is None:
        return replace(suite, project=project, out=settings.out if settings is not None else None)
    out = file.parent.resolve() / OUT
    roots = [Path(one).resolve() for one in settings.artifacts]
    inside = any(out.is_relative_to(root) for root in roots)
    return replace(suite, project=project, out=None if inside else out)
