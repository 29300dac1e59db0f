"""What might notice a fault, before anybody has tried whether it does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pytest_mlmonitor.tables.odcs.written.contract_line import ContractLine


@dataclass(frozen=True)
class Candidate:
    """Lines that a person would write against some faults.

    Attributes:
        faults: the faults that they are meant against, by name.
        lines: of a contract.
        override: keys of the policy for the artifact, by section: ``{"quality": {"row_count_change": 0.2}}``.
        column: the column that they are about, None for the whole artifact.
    """

    faults: frozenset[str]
    lines: tuple[ContractLine, ...] = ()
    override: Mapping[str, Any] | None = None
    column: str | None = None
