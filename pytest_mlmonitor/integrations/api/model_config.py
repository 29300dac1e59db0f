"""What the policy says of a model: thresholds with where each of them comes from, as they were in the last run."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from pytest_mlmonitor.core.kind import SECTIONS
from pytest_mlmonitor.core.policy.origins.policy_thresholds import threshold_of
from pytest_mlmonitor.core.policy.outlets.retrain_policy import RetrainPolicy
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.integrations.api.api_shape import ConfigAnswer, ConfigKey
from pytest_mlmonitor.integrations.api.last_run import RunDocument
from pytest_mlmonitor.integrations.api.model_answers import api_artifact, model_of
from pytest_mlmonitor.kinds import BUILT_IN

_RETRAIN = "retrain"
_WEBHOOK = "webhook"
"""Of ``retrain``: where something is sent is no threshold."""


def config_answer(document: RunDocument, name: str) -> ConfigAnswer:
    """Return the keys of the policy that hold for the artifacts of a model: what was set, and the defaults of the rest.

    Raises:
        HttpProblem: 404, there is no such model.
    """
    model = model_of(document, name)
    roles = {one["id"]: one["role"] for one in model["artifacts"] if one["id"] in document.artifacts}
    entries = {id_: document.artifacts[id_] for id_ in roles}
    keys: list[ConfigKey] = []
    set_for: dict[str, set[str]] = {}
    for one in model["policy"]:
        set_for.setdefault(one["key"], set()).update(one["artifacts"])
        keys.append({**_plain(one), "artifacts": None if set(one["artifacts"]) == set(roles) else one["artifacts"]})  # type: ignore[typeddict-item]
    for section, key, value in _defaults():
        meant = {id_ for id_, entry in entries.items() if section in _sections().get(entry["kind"], SECTIONS)}
        left = sorted(meant - set_for.get(key, set()) - set_for.get(section, set()))
        if left:
            keys.append(
                {
                    "key": key,
                    "value": value,
                    "default": value,
                    "origin": "default",
                    "file": None,
                    "line": None,
                    "artifacts": None if set(left) == set(roles) else left,
                }
            )
    keys += _of_retraining(document)
    return {
        "model": model["name"],
        "environment": document.results["environment"],
        "evaluated_at": document.results["evaluated_at"],
        "artifacts": [api_artifact(entries[id_], role) for id_, role in roles.items()],
        "keys": sorted(keys, key=lambda one: (one["key"], one["artifacts"] or [])),
    }


def _of_retraining(document: RunDocument) -> Iterator[ConfigKey]:
    """Yield what says when a model is to be trained again: the same for all."""
    run = document.results.get("run")
    said = {one["key"]: one for one in run["policy"]} if run is not None else {}
    if _RETRAIN in said:
        yield {**_plain(said[_RETRAIN]), "artifacts": None}  # type: ignore[typeddict-item]
        return
    for key in RetrainPolicy.model_fields:
        dotted = f"{_RETRAIN}.{key}"
        known = said.get(dotted)
        if known is not None:
            yield {**_plain(known), "artifacts": None}  # type: ignore[typeddict-item]
        elif key != _WEBHOOK:
            value = _value(dotted)
            yield {
                "key": dotted,
                "value": value,
                "default": value,
                "origin": "default",
                "file": None,
                "line": None,
                "artifacts": None,
            }


def _plain(entry: Any) -> dict[str, Any]:
    told = {name: entry[name] for name in ("key", "value", "default", "origin", "file", "line")}
    if entry["key"] in (*SECTIONS, _RETRAIN):  # said as a whole: it is switched off
        told |= {"value": "false", "default": "true"}
    return told


@cache
def _sections() -> dict[str, tuple[str, ...]]:
    """Return the sections of the policy that checks of a kind look at, by kind; a kind of somebody else looks at all."""
    return {kind.name: kind.sections for kind in BUILT_IN}


@cache
def _defaults() -> tuple[tuple[str, str, str | None], ...]:
    """Return section, dotted key and value of every default."""
    fields = ((section, type(getattr(_default_policy(), section)).model_fields) for section in SECTIONS)
    dotted = [(section, f"{section}.{key}") for section, keys in fields for key in keys]
    return tuple((section, key, _value(key)) for section, key in dotted)


@cache
def _default_policy() -> Settings:
    return Settings.model_construct()


def _value(key: str) -> str | None:
    found = threshold_of(key, _default_policy())
    return found.value if found is not None else None
