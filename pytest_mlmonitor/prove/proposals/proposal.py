"""A line that notices a mutant, and how several of them are put in force together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import ValidationError

from pytest_mlmonitor.core.policy.artifact_entries import Override
from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.inject.mutants.mutant import FileContent
from pytest_mlmonitor.prove.proposals.contract_target import ContractTarget
from pytest_mlmonitor.tables.odcs.written.contract_line import ContractLine

T = TypeVar("T")


@dataclass(frozen=True)
class Proposal:
    """Lines of a contract (ODCS, YAML) or of the policy (TOML), ready to paste.

    Attributes:
        into: what they are lines of.
        place: where they go: ``contracts/orders.odcs.yaml, schema orders, property amount``, or a section of the policy.
        text: the lines.
        target: the contract that they are lines of, None for the policy.
        lines: the same as the contract takes them; none where the contract as it would be written is all that is needed.
        override: the same as an entry of ``[[tool.mlmonitor.overrides]]``.
    """

    into: Literal["contract", "policy"]
    place: str
    text: str
    target: ContractTarget | None = field(default=None, compare=False, repr=False)
    lines: tuple[ContractLine, ...] = field(default=(), compare=False, repr=False)
    override: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Return what a person pastes, as plain JSON values."""
        return {"into": self.into, "place": self.place, "text": self.text}


def in_force(
    proposals: Sequence[Proposal], settings: Settings, directory: Path
) -> tuple[Settings, dict[Path, FileContent]]:
    """Return the policy in which proposals hold, all of them, and the files of the workbench that change for it.

    Args:
        proposals: what is to hold.
        settings: the policy in which they do not.
        directory: where contracts may be written.

    Raises:
        CannotAmend: a contract's text cannot take a line.
        PolicyError: a key of the policy does not take a value.
    """
    changes: dict[Path, FileContent] = {}
    targets = distinct(one.target for one in proposals if one.target is not None)
    for number, target in enumerate(targets):
        lines = distinct(line for one in proposals if one.target == target for line in one.lines)
        settings, changed = target.in_force(lines, settings, directory / str(number))
        changes.update(changed)
    entries = distinct(one.override for one in proposals if one.override is not None)
    if entries:
        try:
            overrides = (*settings.overrides, *map(Override.model_validate, entries))
        except ValidationError as error:
            raise PolicyError(str(error)) from None
        settings = settings.model_copy(update={"overrides": overrides}).written_in(settings.file, settings.origins)
    return settings, changes


def distinct(values: Iterable[T]) -> list[T]:
    """Return values without repetitions, in order; a line may hold what has no hash."""
    found: list[T] = []
    found.extend(value for value in values if value not in found)
    return found
