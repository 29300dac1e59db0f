"""The narrowest name by which the policy knows an artifact and every later version of it."""

from __future__ import annotations

from typing import Any

from pytest_mlmonitor.core.artifact import UNKNOWN, Artifact, ArtifactRef
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.policy.selectors import Selector
from pytest_mlmonitor.core.text.globs import is_glob
from pytest_mlmonitor.core.text.versions import family


def narrowest(platform: Artifacts, ref: ArtifactRef, artifact: Any) -> str:
    """Return what an entry of the policy selects an artifact by: its family (a model of runs), else its name, else its kind.

    Args:
        platform: the artifacts.
        ref: of the artifact.
        artifact: it itself, None where it could not be read.
    """
    if isinstance(artifact, Artifact):
        kind, identity = platform.kinds[ref.kind], platform.identity(ref, artifact)
        called = (kind.called(artifact) or (None, None))[0]
        for name in (kind.family(artifact), called):
            text = f"{ref.kind}:{family(name)}" if name and name != UNKNOWN else ""
            # A name with an asterisk, or a stamp that is the name, would select others too.
            if text and not is_glob(family(name or "")) and Selector.parse(text).matches(identity):
                return text
    return f"{ref.kind}:*"
