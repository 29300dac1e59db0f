"""Where an expectation comes from: whoever wants another one must find it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

OriginWord = Literal["default", "file", "environment", "option", "contract"]


@dataclass(frozen=True)
class ThresholdOrigin:
    """One value that a finding was measured against, and who set it.

    Attributes:
        origin: the default, the policy's file, a variable, the command line, or a contract.
        key: dotted policy key, or what the contract calls it: ``schema.amount.minimum``.
        value: as it is written.
        default: what holds where nobody says anything; None where there is no default.
        file: that says it; the variable or the option where none does; None for a default.
        line: in the file, from 1; None where it is not known.
    """

    origin: OriginWord
    key: str
    value: str
    default: str | None = None
    file: str | None = None
    line: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ThresholdOrigin:
        """Rebuild it from :meth:`to_dict`."""
        return cls(**data)
