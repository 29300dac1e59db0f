"""What is wrong with a policy, in words: the key, the value, what is allowed, and where it was set."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, get_args

from pydantic import ValidationError

from pytest_mlmonitor.core.policy.places import ENV_PREFIX, PolicyError
from pytest_mlmonitor.core.policy.scopes import ONLY_OF_ARTIFACTS, place_of
from pytest_mlmonitor.core.policy.selectors import Selector
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.policy.sources.source_keys import Source
from pytest_mlmonitor.core.text.near import did_you_mean

LISTS = ("overrides", "accept")
"""Keys that are lists of tables, and stand in the file only."""

_MISSING = {
    "artifact": "which artifacts it is for",
    "check": "the name of the check whose findings are accepted",
    "until": "the last day on which it holds, at most 366 days ahead, e.g. until = 2026-12-31",
    "reason": "why",
}


def explain(sources: Sequence[tuple[str, Mapping[str, Any]]], problem: Mapping[str, Any]) -> str:
    """Return one problem of a validation in words.

    Args:
        sources: names of sources and what they say, the first goes before the others; that of the environment is empty.
        problem: one of pydantic's.
    """
    path = [str(part) for part in problem["loc"]]
    path = [part for part in path if path[0] != "contracts" or part not in ("files", "bound")]  # our own levels
    said = next(((name, values) for name, values in sources if _has(values, path)), None)
    origin = "the defaults" if said is None else said[0] or variable(path)
    whole = said is not None and path[0] == "freshness" and isinstance(said[1]["freshness"], str)
    key = "freshness" if whole else _dotted(problem["loc"] if path[0] in LISTS else path)
    if problem["type"] == "extra_forbidden":
        allowed = _allowed(path[:-1])
        hint = did_you_mean(path[-1], allowed)
        if path[-1] in Source.model_fields and len(path) == 1:
            hint += f"; a key of a source stands in a table of a name: [source.NAME], then {path[-1]} = …"
        if isinstance(problem["input"], Mapping) and len(path) == 2:
            inside = next(iter(problem["input"]), "…")
            hint += (
                f"; what holds for one artifact stands in [[tool.mlmonitor.overrides]]: artifact = {json.dumps(path[-1])}, "
                f"{path[0]}.{inside} = …"
            )
        value = "" if isinstance(problem["input"], Mapping) else f" = {problem['input']!r}"
        return f"unknown key {key}{value} in {origin}{hint}; allowed: {', '.join(allowed)}"
    if problem["type"] == "missing" and path[0] in LISTS:
        return f"{key} is missing in {origin}: {_MISSING.get(path[-1], 'it is required')}"
    words = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "dict_type":
        words = "expected a table"
    return f"{key} = {problem['input']!r} in {origin}: {words[0].lower()}{words[1:]}"


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
            raise PolicyError(
                f"{key} = {values[key]!r} in {name or variable([key])}: it holds for single artifacts and stands in "
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
        f"unknown key {'.'.join(path)} = {os.environ[name]!r} in {name}{did_you_mean(path[-1], known)}; "
        f"allowed: {', '.join(known)}"
    )


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
