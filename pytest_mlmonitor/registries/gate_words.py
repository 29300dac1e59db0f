"""What documents say of the gate that a version passed or did not, on the platform that trained it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pytest_mlmonitor.core.text.names import bare, quoted
from pytest_mlmonitor.registries.registry_words import REJECTED, flag

_PASSED = ("promote", "promote_flag", "should_promote", "promoted", "promotion_approved", "gate_passed", "passed_gate")
"""Keys of an entry or a report that are false where the gate said no."""

_GATES = ("promotion_gate", "gate", "promotion_check")
_JUDGED = ("validation", "quality_gate", "approval")
"""What may hold a verdict as a whole; other flags in it are of anything."""

_OVERALL = ("passed", "all_passed", "overall_passed", "promote", "approved", "ok")
_VERDICTS = (
    *("approval", "approval_status", "model_approval_status", "validation_status", "review_status", "gate_status"),
    *("decision", "outcome", "promotion_status", "promotion_decision", "status", "stage", "verdict"),
)


KEYS = (*_PASSED, *_GATES, *_JUDGED, *_OVERALL, *_VERDICTS)
"""All keys that are looked at."""


def rejection(entry: Mapping[str, Any]) -> str | None:
    """Return why a version did not pass its gate, None where nothing says that it did not.

    Args:
        entry: of a registry, or an evaluation report.
    """
    for said in _said(entry):
        reason = entry.get("reason")
        more = f": {quoted(reason, 160)}" if isinstance(reason, str) and reason.strip() else ""
        return f"{said}{more}"
    return None


def _said(entry: Mapping[str, Any]) -> Iterator[str]:
    told = [key for key in _PASSED if flag(entry.get(key)) is not None]
    yield from (f"{key} is false" for key in told if flag(entry[key]) is False)
    if flag(entry.get("rejected")):
        yield "rejected is true"
    for key in _VERDICTS:
        word = entry.get(key)
        if isinstance(word, str) and word.strip().lower() in REJECTED:
            yield f"{key} is {quoted(word, 40)}"
    for key in (*_GATES, *_JUDGED):
        gate = entry.get(key)
        if isinstance(gate, dict):
            yield from (f"{key}.{part}" for part in _of_gate(gate, told, whole=key in _JUDGED))


def _of_gate(gate: Mapping[str, Any], told: list[str], *, whole: bool) -> Iterator[str]:
    overall = [key for key in _OVERALL if flag(gate.get(key)) is not None]
    yield from (f"{key} is false" for key in overall if flag(gate[key]) is False)
    word = gate.get("outcome")
    if isinstance(word, str) and word.strip().lower() in REJECTED:
        yield f"outcome is {quoted(word, 40)}"
    if overall or told or whole:
        return  # what decided is said: single checks may be there to be looked at
    checks = gate.get("checks", gate)
    for name, check in (
        checks.items() if isinstance(checks, dict) else enumerate(checks if isinstance(checks, list) else ())
    ):
        passed = check.get("passed") if isinstance(check, dict) else check
        if passed is False:
            called = check.get("name") if isinstance(check, dict) and isinstance(check.get("name"), str) else name
            yield f"{bare(str(called), 60)} is false"
