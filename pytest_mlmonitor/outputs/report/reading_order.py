"""The order in which artifacts are read: worst first, and where several fail, first those that no other one explains."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pytest_mlmonitor.core.result import VERDICTS
from pytest_mlmonitor.outputs.report.check_letters import AllAnswers
from pytest_mlmonitor.outputs.results_shape import Results

FAILED: Final = ("error", "failed")
MAX_AFTER: Final = 8
"""Failed artifacts upstream that are named of one."""


@dataclass(frozen=True)
class PageOrder:
    """Where artifacts stand on the page.

    Attributes:
        places: their places in the document, in the order of the page.
        position: place in the document to place on the page.
        after: of failed artifacts, the nearest failed ones upstream, by places in the document.
        edges: [from, to, role, 1 for broken, check, reason]; from and to are places on the page. Edges to what is no artifact
            of the run are left out.
    """

    places: list[int]
    position: dict[int, int]
    after: dict[int, list[int]]
    edges: list[list[Any]]


def placed(document: Results, answers: AllAnswers) -> PageOrder:
    """Return the order of a document: by verdict, then roots first, then by how far beyond the limit, then as in the document."""
    whole: Mapping[str, Any] = document
    artifacts = whole["artifacts"]
    place_of: dict[str, int] = {}
    for at, one in enumerate(artifacts):
        place_of.setdefault(one.get("id") or "", at)
    edges = [
        (place_of[edge["from"]], place_of[edge["to"]], edge)
        for edge in whole.get("edges") or ()
        if edge["from"] in place_of and edge["to"] in place_of
    ]
    after = _failed_upstream([one["verdict"] in FAILED for one in artifacts], [(a, b) for a, b, _ in edges])

    def key(at: int) -> tuple[Any, ...]:
        one = artifacts[at]
        verdict = len(VERDICTS) - 1.5 if _unjudged(one, answers, at) else VERDICTS.index(one["verdict"])
        worst = one.get("worst") or {}
        # What is beyond a limit of 0 has no ratio, and is as far beyond it as can be.
        ratio = worst.get("ratio") if not worst or one["verdict"] == "ok" else worst.get("ratio") or math.inf
        critical = any(result.get("severity") == "critical" for _, result in answers.of[at].noted)
        return (verdict, at in after, not critical, -ratio if ratio is not None else 0.0, at)

    places = sorted(range(len(artifacts)), key=key)
    position = {at: here for here, at in enumerate(places)}
    return PageOrder(
        places,
        position,
        after,
        [
            [
                position[a],
                position[b],
                e.get("role") or "",
                int(e.get("state") == "broken"),
                e.get("check") or "",
                e.get("reason") or "",
            ]
            for a, b, e in edges
        ],
    )


def _unjudged(entry: Mapping[str, Any], answers: AllAnswers, at: int) -> bool:
    return entry["verdict"] == "ok" and answers.of[at].nothing_checked


def _failed_upstream(failed: list[bool], edges: list[tuple[int, int]]) -> dict[int, list[int]]:
    """Return of each failed artifact the nearest failed ones upstream of it; those that have none are not in it.

    What is known of a source is handed down until nothing new arrives: linear in the edges, also where they go round.
    """
    downstream: dict[int, list[int]] = {}
    for source, target in edges:
        downstream.setdefault(source, []).append(target)
    nearest: dict[int, set[int]] = {}
    waiting = sorted(downstream)
    while waiting:
        source = waiting.pop()
        told = {source} if failed[source] else nearest.get(source, set())
        for target in downstream.get(source, ()):
            known = nearest.setdefault(target, set())
            new = sorted(told - known - {target})[: MAX_AFTER - len(known)]
            if new:
                known.update(new)
                if not failed[target]:
                    waiting.append(target)
    return {at: sorted(known) for at, known in sorted(nearest.items()) if failed[at] and known}
