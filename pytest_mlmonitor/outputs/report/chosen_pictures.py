"""Which pictures go into the page: every one would be most of the file, and few are ever looked at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pytest_mlmonitor.outputs.report.check_letters import Answers

MAX_FINE: Final = 100
"""Artifacts without a failure whose pictures are drawn, the first of the page."""

MAX_WRONG: Final = 1_000
"""Artifacts with a failure whose pictures are drawn: of platforms on which nearly everything fails."""

DIGITS: Final = 6
"""Significant digits of a number in a picture: far below a pixel."""


class Pictures:
    """Takes the pictures of one artifact after the other, as long as there is room.

    Attributes:
        left_out: artifacts that have pictures for which there was none.
    """

    def __init__(self) -> None:
        self.left_out = 0
        self._room = {True: MAX_FINE, False: MAX_WRONG}

    def of(self, answers: Answers, *, fine: bool) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Return the results of an artifact with their pictures, and the pictures of checks that passed.

        Args:
            answers: what was said of it; pictures of its noted results are taken out.
            fine: whether it is of those of which only the first are drawn.
        """
        results = [result for _, result in answers.noted]
        if not answers.drawn and not any("pictures" in result for result in results):
            return results, []
        if not self._room[fine]:
            self.left_out += 1
            return [{key: value for key, value in result.items() if key != "pictures"} for result in results], []
        self._room[fine] -= 1
        drawn = [
            result | {"pictures": [shortened(one) for one in result["pictures"]]} if "pictures" in result else result
            for result in results
        ]
        return drawn, [{"check": check, **shortened(one)} for check, several in answers.drawn for one in several]


def shortened(value: Any) -> Any:
    """Return plain JSON values with numbers of so many digits; moments and counts keep their whole part.

    >>> shortened({"psi": 0.12345678, "at": [1785552000.25, None]})
    {'psi': 0.123457, 'at': [1785552000, None]}
    """
    if isinstance(value, float):
        if abs(value) >= 10**DIGITS:
            return round(value) if abs(value) < 2**53 else value
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, list | tuple):
        return [shortened(one) for one in value]
    if isinstance(value, Mapping):
        return {key: shortened(one) for key, one in value.items()}
    return value
