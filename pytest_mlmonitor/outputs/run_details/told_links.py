"""Links that others tell as well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeVar

T = TypeVar("T")

_DATA: Final = "trained_on"


def untold(links: Mapping[tuple[T, T, str], Literal["ok", "broken"]]) -> list[tuple[T, T, str]]:
    """Return the links without the sound ones from data to what serves a run that was trained on this data: the run tells them.

    Args:
        links: the state of each link, by what something was made from, what was made of it, and its role.
    """
    between: dict[T, set[T]] = {}
    for source, target, role in links:
        if role != _DATA:
            between.setdefault(target, set()).add(source)
    return [
        (source, target, role)
        for (source, target, role), state in links.items()
        if state == "broken"
        or role != _DATA
        or all((source, run, _DATA) not in links for run in between.get(target, ()))
    ]
