"""A window that holds only what a declared source says: it is folded as every other, and knows what it lacks.

The fold adds and compares numbers, so what is absent is filled with what no rule can take offence at, and stands in ``absent``:
:func:`~pytest_mlmonitor.serving.window_rules.broken_rules` skips the rules of such fields, and nobody sees the filling.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from msgspec import UNSET

from pytest_mlmonitor.core.artifact import UNKNOWN
from pytest_mlmonitor.core.text.words import instant
from pytest_mlmonitor.records.compiled import compiled
from pytest_mlmonitor.serving.fold.fold import Window
from pytest_mlmonitor.serving.model import COUNTED, IDENTITY, LINKS, MEASURED, ServingWindow
from pytest_mlmonitor.serving.record import ServingWindowRecord

_NO_LINKS = (None,) * len(LINKS)
_TIMES = ("window_start", "window_end", "heartbeat_emitted_at")
_NAMES = tuple(ServingWindowRecord.model_fields)
_OPTIONAL = tuple(name for name, field in ServingWindowRecord.model_fields.items() if not field.is_required())
OPTIONAL_NAMES = frozenset(_OPTIONAL)


class DeclaredWindow(Window, gc=False):  # type: ignore[misc, call-arg]
    """A window as a source says it.

    Attributes:
        absent: the fields that it does not say.
        links: values of :data:`LINKS`.
    """

    absent: frozenset[str] = frozenset()
    links: tuple[str | None, ...] = _NO_LINKS


_FILLED: dict[str, Any] = {
    "schema_version": "v1",
    **dict.fromkeys(IDENTITY, UNKNOWN),
    **{name: 0 for name in COUNTED if name not in OPTIONAL_NAMES},
    **{name: 0.0 for name in MEASURED if name not in OPTIONAL_NAMES},
    **dict.fromkeys(_OPTIONAL, UNSET),
}
_SAID = frozenset((*IDENTITY, *COUNTED, *MEASURED))


def declared_window(values: Mapping[str, Any]) -> DeclaredWindow:
    """Return a window of the fields that are there.

    Args:
        values: by our field: ``deployment_id``, ``endpoint_name``, ``request_count``, ``failure_count`` and the three times at
            least; times are aware.
    """
    fields = {**_FILLED, **values}
    absent = _absent(tuple(values))
    if absent:
        if "rejected_count" in absent and "success_count" not in absent:
            left = fields["request_count"] - fields["success_count"] - fields["failure_count"]
            fields["rejected_count"] = max(left, 0)
        elif "success_count" in absent:
            left = fields["request_count"] - fields["failure_count"] - fields["rejected_count"]
            fields["success_count"] = max(left, 0)
        if "latency_p95_ms" in absent:
            fields["latency_p95_ms"] = fields["latency_p50_ms"]
        if "latency_p99_ms" in absent:
            fields["latency_p99_ms"] = fields["latency_p95_ms"]
    for name in _TIMES:
        fields[name] = _text_of(fields[name])
    links = _NO_LINKS if values.keys().isdisjoint(LINKS) else tuple(fields.pop(name, None) for name in LINKS)
    return DeclaredWindow(**fields, absent=absent, links=links)


def as_declared(values: dict[str, Any], record: Any) -> dict[str, Any]:
    """Return the fields of a window as people see them: of what no source says, None or ``unknown``.

    Args:
        values: of the record, the filling too.
        record: one of P5's as well as one that a source says.
    """
    if isinstance(record, DeclaredWindow):
        values.update((name, None) for name in record.absent if values.get(name) != UNKNOWN)
        values.update(zip(LINKS, record.links, strict=True))
        values["absent"] = record.absent
    return values


def record_of(window: ServingWindow) -> Any:
    """Return a window in the form in which it is folded."""
    if not window.absent:
        return compiled(ServingWindowRecord).made_of(window)
    said = {name: getattr(window, name) for name in (*_NAMES, *LINKS) if name not in window.absent}
    return declared_window({name: value for name, value in said.items() if value is not None})


@lru_cache(maxsize=1024)
def _absent(said: tuple[str, ...]) -> frozenset[str]:
    return _SAID.difference(said)


_text_of = lru_cache(maxsize=4096)(instant)
