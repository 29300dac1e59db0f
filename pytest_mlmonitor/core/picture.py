"""What a report draws: numbers of a check that are seen at one look and read in no sentence."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Picture:
    """The numbers of one picture.

    Attributes:
        kind: which one: ``age``, ``distributions``, ``serving``, ``reliability``, ``confusion``, ``gate``.
        data: plain JSON values, all numbers finite.
    """

    kind: str
    data: Mapping[str, Any]

    def refuse_unfit(self) -> None:
        """Refuse what cannot be written.

        Raises:
            TypeError: a value is no plain JSON value.
            ValueError: a number is not finite.
        """
        json.dumps(dict(self.data), allow_nan=False)
