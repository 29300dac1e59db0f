"""Alerts as the store keeps them: JSON that a later program can read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from pytest_mlmonitor.core.store.database import Damage
from pytest_mlmonitor.core.store.kept_alerts import KeptAlert
from pytest_mlmonitor.core.text.words import instant
from pytest_mlmonitor.outputs.alerts.alert import Alert
from pytest_mlmonitor.outputs.alerts.alert_state import AlertState
from pytest_mlmonitor.outputs.alerts.delivery import Delivery

_LISTS = ("evidence", "versions")
_TIMES = ("since", "fired_at", "claimed_at")


def kept_form(state: AlertState) -> KeptAlert:
    """Return what is kept of an alert, as the store keeps it."""
    told = {
        "alert": _plain(state.alert),
        "holders": list(state.holders),
        "deliveries": {name: _plain(known) for name, known in state.deliveries.items()},
        "missed_since": instant(state.missed_since) if state.missed_since is not None else None,
    }
    alert = state.alert
    text = json.dumps(told, ensure_ascii=True, allow_nan=False)
    return KeptAlert(alert.key, alert.state, alert.severity, alert.since or state.seen_at, state.seen_at, text)


def state_of(kept: KeptAlert) -> AlertState:
    """Return what is kept of an alert.

    Raises:
        Damage: what the store has is none.
    """
    try:
        told = json.loads(kept.told)
        missed = told.get("missed_since")
        return AlertState(
            Alert(**_fields(Alert, told["alert"])),
            tuple(told["holders"]),
            kept.seen_at,
            {name: Delivery(**_fields(Delivery, known)) for name, known in told["deliveries"].items()},
            datetime.fromisoformat(missed) if missed is not None else None,
        )
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise Damage(f"an alert is {kept.told[:80]!r} ({type(error).__name__})") from None


def _plain(value: Any) -> dict[str, Any]:
    found = dict(vars(value))  # ``asdict`` copies deeply, and takes ten times as long
    found.update({name: instant(found[name]) for name in _TIMES if found.get(name) is not None})
    found.update({name: list(found[name]) for name in _LISTS if name in found})
    return found


def _fields(cls: Any, said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a class takes of a document: a newer program may have written more."""
    found = {field.name: said[field.name] for field in fields(cls) if field.name in said}
    found.update({name: datetime.fromisoformat(found[name]) for name in _TIMES if found.get(name) is not None})
    found.update({name: tuple(found[name]) for name in _LISTS if name in found})
    return found
