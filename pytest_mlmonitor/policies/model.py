"""The policy file among the artifacts."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_mlmonitor.core.artifact import Artifact


@dataclass(frozen=True, repr=False)
class PolicyFile(Artifact):
    """The file that holds the policy of the run, where it speaks of single artifacts; what it says is ``context.settings``."""
