"""All failing checks of an artifact by name: the worst finding alone would hide what else is to be repaired."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pytest_mlmonitor.core.finding import headline
from pytest_mlmonitor.core.record import JudgedArtifact
from pytest_mlmonitor.core.result import VERDICTS, Verdict
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.core.text.words import count
from pytest_mlmonitor.links.superseded import BY

_WORDS: dict[Verdict, str] = {"error": "could not run", "failed": "failed", "warned": "warned"}


def words_of(judged: JudgedArtifact) -> str:
    """Return what is wrong in one line, safe to print: what could not run, then the worst finding; empty where all is fine."""
    found = headline(judged.worst) if judged.worst else ""
    if judged.verdict == "ok" and BY in found:
        return ""  # that an older version is old is no news; results.json has it
    if judged.unchecked and not found and judged.verdict == "ok":
        return f"not checked: {safe(judged.unchecked)}"
    crashed = judged.failing.get("error", ())
    if judged.verdict == "partial":
        left = f"{count(judged.left_out, 'check')} left out"
        return f"{left}; {found}" if found else left
    if not crashed:
        return found
    who = safe(crashed[0]) if len(crashed) == 1 else count(len(crashed), "check")
    return f"{who} could not run" + (f"; {found}" if found else f": {safe(judged.crash)}" if judged.crash else "")


def failing_checks(judged: JudgedArtifact) -> list[str]:
    """Return e.g. ``["2 failed: schema, rows", "1 warned: drift"]``, the worst first, safe to print; empty for none."""
    return [
        f"{len(names)} {_WORDS[verdict]}: {', '.join(map(safe, names))}" for verdict, names in judged.failing.items()
    ]


def failing_often(judged: Sequence[JudgedArtifact]) -> list[str]:
    """Return the failing checks of many artifacts and on how many of them each fails, the most frequent first.

    Empty where a single check fails on all of them: what they have in common has named it.

    Returns:
        e.g. ``["failed: schema (12), rows (3)", "warned: drift (12)"]``, safe to print.
    """
    often = {verdict: Counter(name for j in judged for name in j.failing.get(verdict, ())) for verdict in VERDICTS}
    if sum(map(len, often.values())) < 2:
        return []
    return [
        f"{_WORDS[verdict]}: {', '.join(f'{safe(name)} ({number:,})' for name, number in found.most_common())}"
        for verdict, found in often.items()
        if found
    ]
