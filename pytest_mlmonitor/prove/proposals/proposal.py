"""A line that would notice a mutant, and how it is put in force to prove it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pytest_mlmonitor.core.policy.settings import Settings


@dataclass(frozen=True)
class Proposal:
    """Lines of a contract (ODCS, YAML) or of the policy (TOML), ready to paste.

    Attributes:
        into: what they are lines of.
        place: where they go: ``contracts/orders.odcs.yaml, schema orders, property amount``, or a section of the policy.
        text: the lines.
        in_force: returns the policy in which they hold, given the one in which they do not and an empty directory for files.
    """

    into: Literal["contract", "policy"]
    place: str
    text: str
    in_force: Callable[[Settings, Path], Settings] = field(compare=False, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Return what a person pastes, as plain JSON values."""
        return {"into": self.into, "place": self.place, "text": self.text}
