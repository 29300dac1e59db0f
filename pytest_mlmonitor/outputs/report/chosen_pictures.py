"""Which pictures go into the page: every one would be most of the file, and few are ever looked at."""

from __future__ import annotations

from typing import Any, Final

from pytest_mlmonitor.outputs.report.check_letters import Answers

MAX_FINE: Final = 100
"""Artifacts of which pictures of checks that passed are drawn, the first of the page."""

MAX_WRONG: Final = 1_000
"""Artifacts of which pictures of checks that did not pass are drawn: on some platforms nearly everything fails."""

LARGE: Final = 10**6
"""From here on a number of a picture has its whole part; below it six significant digits. Both are far below a pixel."""


class Pictures:
    """Takes the pictures of one artifact after the other, as long as there is room.

    Attributes:
        left_out: artifacts that have pictures for which there was none.
    """

    def __init__(self) -> None:
        self.left_out = 0
        self._room = {"noted": MAX_WRONG, "passed": MAX_FINE}

    def of(self, answers: Answers) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Return the noted results of an artifact with their pictures, and the pictures of its checks that passed."""
        results = [result for _, result in answers.noted]
        left_out = False
        if any("pictures" in result for result in results):
            left_out = not self._take("noted")
            results = [self._result(result, left_out) for result in results]
        drawn: list[dict[str, Any]] = []
        if answers.drawn and self._take("passed"):
            drawn = [{"check": check, **shortened(one)} for check, several in answers.drawn for one in several]
        self.left_out += left_out or len(drawn) < len(answers.drawn)
        return results, drawn

    def _take(self, sort: str) -> bool:
        self._room[sort] -= 1
        return self._room[sort] >= 0

    @staticmethod
    def _result(result: dict[str, Any], left_out: bool) -> dict[str, Any]:
        if "pictures" not in result:
            return result
        if left_out:
            return {key: value for key, value in result.items() if key != "pictures"}
        return result | {"pictures": shortened(result["pictures"])}


def shortened(value: Any) -> Any:
    """Return plain JSON values with shorter numbers.

    >>> shortened({"psi": 0.12345678, "at": [1785552000.25, None]})
    {'psi': 0.123457, 'at': [1785552000, None]}
    """
    sort = type(value)
    if sort is float:
        return _short(value)
    if sort is list or sort is tuple:
        return [_short(one) if type(one) is float else shortened(one) for one in value]
    if sort is dict:
        return {key: shortened(one) for key, one in value.items()}
    return value


def _short(value: float) -> int | float:
    if -LARGE < value < LARGE:
        return float(f"{value:.6g}")
    return round(value) if abs(value) < 2**53 else value
