"""Reading the policy: file, environment and command line, and what is wrong with a value."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import EnvSettingsSource, SettingsError

from pytest_mlmonitor.core.policy.places import ENV_PREFIX, PolicyError, policy_table, roots_of_environment
from pytest_mlmonitor.core.policy.settings import ContractsPolicy, Settings, freshness_keys, limits_below


def load(file: Path | None = None, overrides: Mapping[str, Any] | None = None) -> Settings:
    """Return the policy from ``file``, then the environment, then ``overrides`` (the command line).

    Raises:
        PolicyError: an unknown key or a bad value anywhere.
    """
    table = policy_table(file) if file else {}
    environment = _environment()
    command_line = dict(overrides or {})
    try:
        return Settings(**over(over(table, environment), command_line)).written_in(file)
    except ValidationError as error:
        sources = [("the command line", command_line), ("", environment), (str(file), table)]
        raise PolicyError("; ".join(_explain(sources, problem) for problem in error.errors())) from None


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
    return _merged(*sources)


def overridden(command_line: Mapping[str, Any]) -> dict[str, str]:
    """Return the dotted keys that the environment or the command line sets, with who does; never a value.

    Raises:
        PolicyError: an unknown key or a bad value in the environment.
    """
    found = {".".join(path): _variable(path) for path in _leaves(_environment())}
    return found | {".".join(path): "the command line" for path in _leaves(command_line)}


def check_names(settings: Settings, known: Iterable[str], file: Path | None = None) -> None:
    """Refuse a ``severity.<check>`` that names no check.

    Args:
        settings: the policy.
        known: names of checks.
        file: where the policy is written.

    Raises:
        PolicyError: naming the key and the checks there are.
    """
    names = sorted(set(known))
    for name, severity in settings.severity.items():
        if name not in names:
            variable = _variable(["severity", name])
            origin = variable if variable in os.environ else str(file) if file else "the policy"
            raise PolicyError(
                f"severity.{name} = {severity.word!r} in {origin}: there is no check of that name; "
                f"allowed: {', '.join(names)}"
            )


def _environment() -> dict[str, Any]:
    """Return the policy in ``MLMONITOR_*`` variables; pydantic-settings passes over names it does not know."""
    for name in sorted(os.environ):
        if name.startswith(ENV_PREFIX) and os.environ[name]:
            path = name.removeprefix(ENV_PREFIX).lower().split("__")
            section: Any = Settings
            for i, key in enumerate(path):
                if key not in section.model_fields:
                    allowed = ", ".join(sorted(section.model_fields))
                    raise PolicyError(
                        f"unknown key {'.'.join(path)} = {os.environ[name]!r} in {name}; allowed: {allowed}"
                    )
                section = section.model_fields[key].annotation
                if not hasattr(section, "model_fields") or section is ContractsPolicy:  # a variable holds paths only
                    if i + 1 < len(path) and key != "severity":
                        raise PolicyError(f"unknown key {'.'.join(path)} in {name}: {key} has no keys below it")
                    break
    try:
        values: dict[str, Any] = EnvSettingsSource(Settings)()
    except SettingsError as error:
        raise PolicyError(f"{error} in the environment") from None
    freshness = values.get("freshness")
    if isinstance(freshness, str) and freshness.startswith("{"):  # a section as JSON, which no duration is
        values["freshness"] = _json("freshness", freshness)
    if "artifacts" in values:
        values["artifacts"] = roots_of_environment(os.environ)
    for key in ("out", "state"):
        if key in values:
            values[key] = os.path.abspath(values[key])
    if "contracts" in values:
        values["contracts"] = [os.path.abspath(p) for p in str(values["contracts"]).split(os.pathsep) if p]
    return values


def _json(key: str, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise PolicyError(f"{key} = {text!r} in {_variable([key])}: {error}") from None


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


def _explain(sources: Sequence[tuple[str, Mapping[str, Any]]], problem: Mapping[str, Any]) -> str:
    path = [str(part) for part in problem["loc"]]
    path = [part for part in path if path[0] != "contracts" or part not in ("files", "bound")]  # our own levels
    said = next(((name, values) for name, values in sources if _has(values, path)), None)
    origin = "the defaults" if said is None else said[0] or _variable(path)
    whole = said is not None and path[0] == "freshness" and isinstance(said[1]["freshness"], str)
    key = "freshness" if whole else ".".join(path)
    if problem["type"] == "extra_forbidden":
        section: Any = Settings
        for part in path[:-1]:
            section = section.model_fields[part].annotation
        allowed = ", ".join(sorted(section.model_fields))
        return f"unknown key {key} = {problem['input']!r} in {origin}; allowed: {allowed}"
    words = problem["msg"].removeprefix("Value error, ")
    return f"{key} = {problem['input']!r} in {origin}: {words[0].lower()}{words[1:]}"


def _has(values: Any, path: Sequence[str]) -> bool:
    for part in path:
        if not isinstance(values, Mapping):
            return True  # a scalar stands where a section belongs, or an element of a list is wrong
        if part not in values:
            return False
        values = values[part]
    return True


def _variable(path: Sequence[str]) -> str:
    for n in range(len(path), 0, -1):
        name = ENV_PREFIX + "__".join(path[:n]).upper()
        if name in os.environ:
            return name
    return "the environment"
