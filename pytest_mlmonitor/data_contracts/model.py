"""A contract file as it was read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pytest_mlmonitor.core.artifact import Artifact


@dataclass(frozen=True, repr=False)
class ContractFile(Artifact):
    """A dataset contract that somebody wrote beside the data, or that the policy names (ODCS).

    Attributes:
        contract: what it says (:class:`.tables.contract.data_contract.DataContract`), None when it could not be read.
        declared: whether the policy names it; otherwise it speaks of the datasets of its own root only.
        bound_to: the dataset or family that the policy binds it to by name, or the artifacts of the override that names it; None
            for one that names its datasets itself.
    """

    contract: Any = None
    declared: bool = False
    bound_to: str | None = None
