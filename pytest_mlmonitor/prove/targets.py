"""Which artifacts mutants are made of: the newest version of each family, as a fault would arrive with the next build."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pytest_mlmonitor.core.artifact import Artifact, ArtifactRef
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.policy.selectors import Selector
from pytest_mlmonitor.core.text.words import count
from pytest_mlmonitor.prove.newest_artifacts import FAMILIES, older_versions


def targets(
    platform: Artifacts, wanted: Sequence[Selector] = ()
) -> tuple[list[tuple[ArtifactRef, Any]], list[tuple[str, str]]]:
    """Return the artifacts that mutants are made of, and what is left out, with the reason.

    Args:
        platform: the sound artifacts.
        wanted: which; all without any.
    """
    older = older_versions(platform)
    found: list[tuple[ArtifactRef, Any]] = []
    left: list[tuple[str, str]] = []
    more: dict[str, int] = {}
    held: dict[str, int] = {}
    for ref, artifact in platform.artifacts:
        if not platform.kinds[ref.kind].data or not isinstance(artifact, Artifact):
            continue
        if ref in older or not platform.judges(ref):
            continue
        if wanted and not any(one.matches(platform.identity(ref, artifact)) for one in wanted):
            continue
        if not getattr(artifact, "legible", True):
            left.append((f"{ref.kind} {ref.name}", "cannot be read as it is"))
            continue
        held[ref.kind] = held.get(ref.kind, 0) + 1
        if held[ref.kind] > FAMILIES:
            more[ref.kind] = more.get(ref.kind, 0) + 1
            continue
        found.append((ref, artifact))
    left += [
        (f"--artifact {one.text}", "matches nothing here")
        for one in wanted
        if not any(one.matches(platform.identity(ref, artifact)) for ref, artifact in platform.artifacts)
    ]
    for kind, number in more.items():
        noun = kind.replace("_", " ")
        left.append(
            (count(number, f"further {noun}"), f"beyond the first {FAMILIES}: name them with --artifact {kind}:NAME")
        )
    return found, left
