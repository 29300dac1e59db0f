"""Reading the policy: file, environment and command line, and what is wrong with a value."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_origin

from pydantic import ValidationError
from pydantic_settings import EnvSettingsSource, SettingsError

from pytest_mlmonitor.core.kind import SECTIONS
from pytest_mlmonitor.core.policy.age_policy import ONE_LIMIT, freshness_keys, limits_below
from pytest_mlmonitor.core.policy.mistakes import (
    LISTS,
    explain,
    in_order,
    refuse_of_artifacts,
    unknown_in_environment,
    variable,
)
from pytest_mlmonitor.core.policy.places import ENV_PREFIX, PolicyError, policy_table, roots_of_environment
from pytest_mlmonitor.core.policy.settings import ContractsPolicy, Settings


def load(file: Path | None = None, overrides: Mapping[str, Any] | None = None) -> Settings:
    """Return the policy from ``file``, then the environment, then ``overrides`` (the command line).

    Raises:
        PolicyError: an unknown key or a bad value anywhere.
    """
    table = policy_table(file) if file else {}
    environment = _environment()
    command_line = dict(overrides or {})
    sources = [("the command line", command_line), ("", environment), (str(file), table)]
    for name, values in sources:
        refuse_of_artifacts(values, name)
    try:
        merged = Settings(**over(over(table, environment), command_line))
    except ValidationError as error:
        raise PolicyError("; ".join(explain(sources, problem) for problem in in_order(error))) from None
    return merged.written_in(file, _origins(sources))


def _origins(sources: Sequence[tuple[str, Mapping[str, Any]]]) -> dict[str, str]:
    """Return who set which dotted keys, the sources being those of :func:`explain`."""
    found: dict[str, str] = {}
    for name, values in reversed(sources):
        told = dict(values)
        if "freshness" in told:
            told["freshness"] = freshness_keys(told["freshness"])
        for path in _leaves({key: value for key, value in told.items() if key not in LISTS}):
            origin = name or variable(path)
            found[path[0]] = origin
            found[".".join(path)] = origin
            if path[0] == "freshness" and path[-1] in ONE_LIMIT:
                found.update((f"freshness.{key}", origin) for key in ONE_LIMIT)
    return found


def over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return the policy of two sources as they are written, key by key; ``above`` goes before ``below``.

    >>> over({"freshness": "26h", "environment": "test"}, {"freshness": {"warn_after": "12h"}})
    {'freshness': {'error_after': '26h', 'warn_after': '12h'}, 'environment': 'test'}
    """
    sources = [dict(below), dict(above)]
    for source in sources:
        if "freshness" in source:
            source["freshness"] = freshness_keys(source["freshness"])
    sections = [source.get("freshness") for source in sources]
    if isinstance(sections[0], Mapping) and isinstance(sections[1], Mapping):
        sources[0]["freshness"] = limits_below(sections[0], sections[1])
    for (
        name
    ) in SECTIONS:  # who says anything of a section that is switched off below switches it on, and keeps its keys
        if isinstance(sources[0].get(name), bool) and isinstance(sources[1].get(name), Mapping):
            del sources[0][name]
        elif sources[1].get(name) is True and isinstance(sources[0].get(name), Mapping):
            del sources[1][name]
    return _merged(*sources)


def overridden(command_line: Mapping[str, Any]) -> dict[str, str]:
    """Return the dotted keys that the environment or the command line sets, with who does; never a value.

    Raises:
        PolicyError: an unknown key or a bad value in the environment.
    """
    found = {".".join(path): variable(path) for path in _leaves(_environment())}
    return found | {".".join(path): "the command line" for path in _leaves(command_line)}


def _environment() -> dict[str, Any]:
    """Return the policy in ``MLMONITOR_*`` variables; pydantic-settings passes over names it does not know."""
    for name in sorted(os.environ):
        if name.startswith(ENV_PREFIX) and os.environ[name]:
            path = name.removeprefix(ENV_PREFIX).lower().split("__")
            section: Any = Settings
            for i, key in enumerate(path):
                if key not in section.model_fields or path[0] in LISTS:
                    raise unknown_in_environment(path, name, section.model_fields)
                section = section.model_fields[key].annotation
                if not hasattr(section, "model_fields") or section is ContractsPolicy:  # a variable holds paths only
                    if i + 1 < len(path) and get_origin(section) is not dict:
                        raise PolicyError(f"unknown key {'.'.join(path)} in {name}: {key} has no keys below it")
                    break
    try:
        values: dict[str, Any] = EnvSettingsSource(Settings)()
    except SettingsError as error:
        raise PolicyError(f"{error} in the environment") from None
    freshness = values.get("freshness")
    if isinstance(freshness, str) and freshness.startswith("{"):  # a section as JSON, which no duration is
        values["freshness"] = _json("freshness", freshness)
    elif freshness in ("true", "false"):
        values["freshness"] = freshness == "true"
    if "artifacts" in values:
        values["artifacts"] = roots_of_environment(os.environ)
    for key in ("out", "state", "store"):
        if key in values:
            values[key] = os.path.abspath(values[key])
    if "contracts" in values:
        values["contracts"] = [os.path.abspath(p) for p in str(values["contracts"]).split(os.pathsep) if p]
    return values


def _json(key: str, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise PolicyError(f"{key} = {text!r} in {variable([key])}: {error}") from None


def _leaves(values: Mapping[str, Any]) -> Iterator[list[str]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from ([key, *path] for path in _leaves(value))
        else:
            yield [key]


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        if isinstance(value, Mapping) and isinstance(merged.get(key), Mapping):
            merged[key] = _merged(merged[key], value)
        elif not (isinstance(value, Mapping) and key in merged):  # a scalar where a section belongs stays wrong
            merged[key] = value
    return merged
