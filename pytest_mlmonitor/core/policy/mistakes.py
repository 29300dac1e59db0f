"""What is wrong with a policy, in words: the key, the value, what is allowed, and where it was set."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, get_args

from pydantic import ValidationError

from pytest_mlmonitor.core.kind import SECTIONS
from pytest_mlmonitor.core.policy.outlets.secret_inputs import OUTLETS, shown_input
from pytest_mlmonitor.core.policy.places import ENV_PREFIX, PolicyError
from pytest_mlmonitor.core.policy.scopes import ONLY_OF_ARTIFACTS, place_of
from pytest_mlmonitor.core.policy.selectors import Selector
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.policy.sources.source_keys import Source
from pytest_mlmonitor.core.text.near import did_you_mean

LISTS = ("overrides", "accept")
"""Keys that are lists of tables, and stand in the file only."""

_MISSING = {
    ("overrides", "artifact"): "which artifacts it is for",
    ("accept", "artifact"): "which artifacts it is for",
    ("accept", "check"): "the name of the check whose findings are accepted",
    ("accept", "until"): "the last day on which it holds, at most 366 days ahead, e.g. until = 2026-12-31",
    ("accept", "reason"): "why",
}


def explain(sources: Sequence[tuple[str, Mapping[str, Any]]], problem: Mapping[str, Any]) -> str:
    """Return one problem of a validation in words.

    Args:
        sources: names of sources and what they say, the first goes before the others; that of the environment is empty.
        problem: one of pydantic's.
    """
    loc = problem["loc"]
    loc = [part for part in loc if loc[0] != "contracts" or part not in ("files", "bound")]  # our own levels
    path = [str(part) for part in loc]
    said = next(((name, values) for name, values in sources if _has(values, path)), None)
    origin = "the defaults" if said is None else said[0] or variable(path)
    whole = said is not None and path[0] == "freshness" and isinstance(said[1]["freshness"], str)
    key = "freshness" if whole else _dotted(loc if path[0] in (*LISTS, *OUTLETS) else path)
    if problem["type"] == "extra_forbidden":
        allowed = _allowed(path[:-1])
        hint = did_you_mean(path[-1], allowed)
        hint = _named_by(f"{path[-1]}_env", allowed) or hint
        if path[-1] in Source.model_fields and len(path) == 1:
            hint += f"; a key of a source stands in a table of a name: [source.NAME], then {path[-1]} = …"
        if isinstance(problem["input"], Mapping) and len(path) == 2 and path[0] in SECTIONS:
            inside = next(iter(problem["input"]), "…")
            hint += (
                f"; what holds for one artifact stands in [[tool.mlmonitor.overrides]]: artifact = {json.dumps(path[-1])}, "
                f"{path[0]}.{inside} = …"
            )
        value = (
            "" if isinstance(problem["input"], Mapping) else f" = {shown_input(path, problem['input'], known=False)}"
        )
        return f"unknown key {key}{value} in {origin}{hint}; allowed: {', '.join(allowed)}"
    if problem["type"] == "missing":
        return f"{key} is missing in {origin}: {_MISSING.get((path[0], path[-1]), 'it is required')}"
    words = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "literal_error" and isinstance(problem["input"], str):
        words += did_you_mean(problem["input"], re.findall(r"'(\w+)'", words))
    if problem["type"] == "dict_type":
        words = "expected a table"
    value = shown_input(path, problem["input"], known=not _is_section(path))
    return f"{key} = {value} in {origin}: {words[0].lower()}{words[1:]}"


def in_order(error: ValidationError) -> list[Mapping[str, Any]]:
    """Return the problems of a validation, unknown keys first: a misspelt key is why another one is missing."""
    return sorted(error.errors(), key=lambda problem: problem["type"] != "extra_forbidden")


def refuse_of_artifacts(values: Mapping[str, Any], name: str) -> None:
    """Refuse keys of single artifacts at the top, and lists of tables that do not come out of a file.

    Raises:
        PolicyError: names the key, the value and where it was set.
    """
    for key in ONLY_OF_ARTIFACTS:
        if key in values:
            hint = "; did you mean contracts?" if key == "contract" else ""
            place, value = name or variable([key]), shown_input([key], values[key], known=True)
            raise PolicyError(
                f"{key} = {value} in {place}: it holds for single artifacts and stands in "
                f"[[tool.mlmonitor.overrides]]{hint}"
            )


def unknown_in_environment(path: Sequence[str], name: str, allowed: Iterable[str]) -> PolicyError:
    """Return the error of a variable that names no key."""
    if path[0] in LISTS:
        return PolicyError(
            f"{'.'.join(path)} in {name}: [[tool.mlmonitor.{path[0]}]] stands in the policy file, no variable sets it"
        )
    known = sorted(key for key in allowed if len(path) > 1 or key not in (*ONLY_OF_ARTIFACTS, *LISTS))
    return PolicyError(
        f"unknown key {'.'.join(path)} = {shown_input(path, os.environ[name], known=False)} in {name}"
        f"{_named_by(f'{path[-1]}_env', known) or did_you_mean(path[-1], known)}; allowed: {', '.join(known)}"
    )


def refuse_unreachable(settings: Settings) -> None:
    """Refuse a route to a sender, and a part of one, that could never send: an alert would be lost on the day of the first one.

    Raises:
        PolicyError: names the key, where it stands, and the key that is missing.
    """
    alerts = settings.alerts
    for severity in type(alerts.routes).model_fields:
        for name in getattr(alerts.routes, severity) or ():
            section = getattr(alerts, name)
            needed = _NEEDED[name]
            if not section.off and not any(getattr(section, key) for key in needed):
                key = f"alerts.routes.{severity}"
                raise PolicyError(
                    f"{key} names {name} in {settings.origin(key)}, and nothing says where that is: "
                    f"expected {' or '.join(f'alerts.{name}.{one}' for one in needed)}"
                )
    for key, other in _TOGETHER.items():
        if _at(settings, key) and not _at(settings, other):
            raise PolicyError(f"{key} in {settings.origin(key)} does nothing without {other}: set it, too")


_NEEDED = {
    "alertmanager": ("url", "url_env"),
    "slack": ("url_env",),
    "pagerduty": ("routing_key_env",),
    "teams": ("url_env",),
    "discord": ("url_env",),
    "webhook": ("url", "url_env"),
    "smtp": ("host",),
    "apprise": ("urls_env",),
}
"""By sender, the keys one of which says where it is."""

_TOGETHER = {
    "alerts.smtp.host": "alerts.smtp.to",
    "alerts.smtp.to": "alerts.smtp.host",
    "alerts.smtp.user_env": "alerts.smtp.password_env",
    "alerts.smtp.password_env": "alerts.smtp.user_env",
    "metrics.push_user_env": "metrics.push_password_env",
    "metrics.push_password_env": "metrics.push_user_env",
}
"""Keys that do nothing without another."""


def _at(settings: Settings, key: str) -> object:
    found: Any = settings
    for part in key.split("."):
        found = getattr(found, part)
    return found


def check_names(settings: Settings, checks: Iterable[str], kinds: Iterable[str] | None = None) -> None:
    """Refuse what names a check or a kind that there is not: ``severity.<check>``, ``check`` and ``artifact``.

    Args:
        settings: the policy of a run.
        checks: names of checks.
        kinds: names of kinds, None to pass over them.

    Raises:
        PolicyError: naming the key, the value, where it was set, what is near and what there is.
    """
    names, known = sorted(set(checks)), sorted(kinds or ())
    for check, severity in settings.severity.items():
        if check not in names:
            raise _no_check(f"severity.{check} = {severity.word!r}", settings.origin(f"severity.{check}"), check, names)
    for name, source in settings.source.items():
        for check, severity in source.severity.items():
            if check not in names:
                key = f"source.{name}.severity.{check}"
                raise _no_check(f"{key} = {severity.word!r}", settings.origin(key), check, names)
    for i, override in enumerate(settings.overrides):
        place = place_of(settings, i)
        _refuse_kind(override.artifact, place, known)
        for check, severity in override.severity.items():
            if check not in names:
                raise _no_check(f"severity.{check} = {severity.word!r}", place, check, names)
    for i, rule in enumerate(settings.accept):
        place = place_of(settings, i, "accept")
        _refuse_kind(rule.artifact, place, known)
        if rule.check not in names:
            raise _no_check(f"check = {rule.check!r}", place, rule.check, names)


def _named_by(key: str, allowed: Iterable[str]) -> str:
    return f": the secret never stands here, {key} names the variable that holds it" if key in allowed else ""


def variable(path: Sequence[str]) -> str:
    """Return the variable that sets a key."""
    for n in range(len(path), 0, -1):
        name = ENV_PREFIX + "__".join(path[:n]).upper()
        if name in os.environ:
            return name
    return "the environment"


def _no_check(said: str, origin: str, check: str, names: Sequence[str]) -> PolicyError:
    origin = "the policy" if origin == "default" else origin
    hint = did_you_mean(check, names)
    return PolicyError(f"{said} in {origin}: there is no check of that name{hint}; allowed: {', '.join(names)}")


def _refuse_kind(selector: Selector, place: str, kinds: Sequence[str]) -> None:
    if selector.kind is not None and kinds and selector.kind not in kinds:
        raise PolicyError(
            f"artifact = {selector.text!r} in {place}: there is no kind {selector.kind!r}"
            f"{did_you_mean(selector.kind, kinds)}; allowed before the first colon: {', '.join(kinds)} "
            f"(for a name that holds a colon: KIND:{selector.text})"
        )


def _dotted(path: Iterable[Any]) -> str:
    words = ""
    for part in path:
        words += f"[{part}]" if isinstance(part, int) else f".{part}" if words else str(part)
    return words


def _allowed(path: Sequence[str]) -> list[str]:
    section: Any = Settings
    for part in path:
        if not part.isdecimal():
            section = _model(section.model_fields[part].annotation)
    if section is not Settings:
        return sorted(section.model_fields)
    return [*sorted({*section.model_fields} - {*ONLY_OF_ARTIFACTS, *LISTS}), *LISTS]


def _is_section(path: Sequence[str]) -> bool:
    """Return whether a key is a whole section: what stands in its place may be anything."""
    section: Any = Settings
    for part in path:
        field = getattr(section, "model_fields", {}).get(part)
        section = field.annotation if field is not None else None
    return hasattr(section, "model_fields")


def _model(annotation: Any) -> Any:
    """Return the model in an annotation such as ``tuple[Accept, ...]``."""
    if hasattr(annotation, "model_fields"):
        return annotation
    return next((found for arg in get_args(annotation) if (found := _model(arg)) is not None), None)


def _has(values: Any, path: Sequence[str]) -> bool:
    for part in path:
        if not isinstance(values, Mapping):
            return True  # a scalar stands where a section belongs, or an element of a list is wrong
        if part not in values:
            return False
        values = values[part]
    return True
