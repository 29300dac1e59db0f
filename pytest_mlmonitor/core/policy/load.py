"""Reading the policy: file, environment and command line, and what is wrong with a value."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import EnvSettingsSource, SettingsError

from pytest_mlmonitor.core.policy.age_policy import ONE_LIMIT, freshness_keys
from pytest_mlmonitor.core.policy.mistakes import (
    LISTS,
    explain,
    in_order,
    refuse_of_artifacts,
    refuse_unreachable,
    unknown_in_environment,
    variable,
)
from pytest_mlmonitor.core.policy.outlets.secret_values import FILE_SUFFIX, secret_names
from pytest_mlmonitor.core.policy.places import ENV_PREFIX, PolicyError, policy_table, roots_of_environment
from pytest_mlmonitor.core.policy.settings import ContractsPolicy, Settings
from pytest_mlmonitor.core.policy.sources.declared_sources import declared_sources
from pytest_mlmonitor.core.policy.sources.merging import leaves, over

ONLY_IN_FILE = ("preset", "rebase")
"""Keys, beside the lists of tables, that no variable sets."""


def load(file: Path | None = None, overrides: Mapping[str, Any] | None = None) -> Settings:
    """Return the policy from ``file``, then the environment, then ``overrides`` (the command line).

    Raises:
        PolicyError: an unknown key or a bad value anywhere.
    """
    table = policy_table(file) if file else {}
    environment = _environment(_named_variables(table))
    declared = declared_sources(table, environment.pop("source", {}), file)
    table = {key: value for key, value in table.items() if key != "source"}
    command_line = dict(overrides or {})
    sources = [("the command line", command_line), ("", environment), (str(file), table)]
    for name, values in sources:
        refuse_of_artifacts(values, name)
    try:
        merged = Settings(**over(over(table, environment), command_line), source=declared.sources)
    except ValidationError as error:
        raise PolicyError("; ".join(explain(sources, problem) for problem in in_order(error))) from None
    settings = merged.written_in(file, {**_origins(sources), **declared.origins})
    refuse_unreachable(settings)
    return settings


def _origins(sources: Sequence[tuple[str, Mapping[str, Any]]]) -> dict[str, str]:
    """Return who set which dotted keys, the sources being those of :func:`explain`."""
    found: dict[str, str] = {}
    for name, values in reversed(sources):
        told = dict(values)
        if "freshness" in told:
            told["freshness"] = freshness_keys(told["freshness"])
        for path in leaves({key: value for key, value in told.items() if key not in LISTS}):
            origin = name or variable(path)
            found[path[0]] = origin
            found[".".join(path)] = origin
            if path[0] == "freshness" and path[-1] in ONE_LIMIT:
                found.update((f"freshness.{key}", origin) for key in ONE_LIMIT)
    return found


def overridden(command_line: Mapping[str, Any], settings: Settings) -> dict[str, str]:
    """Return the dotted keys that the environment or the command line sets, with who does; never a value.

    Args:
        command_line: what it sets.
        settings: the policy; variables that it names hold secrets, and no keys of it.

    Raises:
        PolicyError: an unknown key or a bad value in the environment.
    """
    found = {".".join(path): variable(path) for path in leaves(_environment(secret_names(settings).values()))}
    return found | {".".join(path): "the command line" for path in leaves(command_line)}


def _named_variables(values: object) -> Iterator[str]:
    """Yield the variables that a policy names as holders of secrets: many a project gives all of its own one prefix, ours."""
    if isinstance(values, Mapping):
        for key, value in values.items():
            if str(key).endswith("_env") and isinstance(value, str):
                yield value
            else:
                yield from _named_variables(value)
    elif isinstance(values, list | tuple):
        for value in values:
            yield from _named_variables(value)


def _environment(named: Iterable[str]) -> dict[str, Any]:
    """Return the policy in ``MLMONITOR_*`` variables; pydantic-settings passes over names it does not know.

    Args:
        named: variables that hold secrets which the policy names.
    """
    held = {*named, *(os.environ[name] for name in os.environ if name.startswith(ENV_PREFIX) and name.endswith("_ENV"))}
    held |= {f"{name}{FILE_SUFFIX}" for name in held}
    for name in sorted(os.environ):
        if name.startswith(ENV_PREFIX) and os.environ[name] and name not in held:
            path = name.removeprefix(ENV_PREFIX).lower().split("__")
            section: Any = Settings
            if path[0] == "source":
                continue
            if path[0] in ONLY_IN_FILE:
                raise PolicyError(
                    f"{'.'.join(path)} in {name}: {path[0]} stands in the policy file, no variable sets it"
                )
            for i, key in enumerate(path):
                if key not in section.model_fields or path[0] in LISTS:
                    raise unknown_in_environment(path, name, section.model_fields)
                section = section.model_fields[key].annotation
                if not hasattr(section, "model_fields") or section is ContractsPolicy:  # a variable holds paths only
                    if i + 1 < len(path) and get_origin(section) is not dict:
                        raise PolicyError(f"unknown key {'.'.join(path)} in {name}: {key} has no keys below it")
                    break
    try:
        of_settings = _Variables(Settings)
        whole = f"{ENV_PREFIX}source".lower()  # sources are read below: their keys are no JSON
        of_settings.env_vars = {
            key: value
            for key, value in of_settings.env_vars.items()
            if key.lower() != whole
            and not key.lower().startswith(f"{whole}__")
            and key.lower() not in {name.lower() for name in held}
        }
        values: dict[str, Any] = of_settings()
    except SettingsError as error:
        raise PolicyError(f"{error} in the environment") from None
    if sources := _of_sources():
        values["source"] = sources
    freshness = values.get("freshness")
    if isinstance(freshness, str) and freshness.startswith("{"):  # a section as JSON, which no duration is
        values["freshness"] = _json("freshness", freshness)
    elif freshness in ("true", "false"):
        values["freshness"] = freshness == "true"
    if "artifacts" in values:
        values["artifacts"] = roots_of_environment(os.environ)
    for key in ("out", "state", "store"):
        if key in values and not (key == "store" and "://" in values[key]):
            values[key] = os.path.abspath(values[key])
    if "contracts" in values:
        values["contracts"] = [os.path.abspath(p) for p in str(values["contracts"]).split(os.pathsep) if p]
    return values


class _Variables(EnvSettingsSource):
    """Sections and lists in variables: as JSON, or as the validators of the policy take them, which say what they expect."""

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        try:
            return super().decode_complex_value(field_name, field, value)
        except ValueError:
            return value


def _of_sources() -> dict[str, dict[str, Any]]:
    """Return what ``MLMONITOR_SOURCE__NAME__KEY`` says, by name of the source."""
    found: dict[str, dict[str, Any]] = {}
    for variable_name in sorted(os.environ):
        path = variable_name.removeprefix(ENV_PREFIX).lower().split("__")
        text = os.environ[variable_name]
        if not variable_name.startswith(ENV_PREFIX) or path[0] != "source" or not text:
            continue
        if len(path) < 3 or not all(path):
            raise PolicyError(
                f"unknown key {'.'.join(path)} in {variable_name}: expected {ENV_PREFIX}SOURCE__NAME__KEY"
            )
        keys = found.setdefault(path[1], {})
        for key in path[2:-1]:
            inner = keys.setdefault(key, {})
            if not isinstance(inner, dict):
                raise PolicyError(f"{'.'.join(path)} in {variable_name}: {key} is set as a whole by another variable")
            keys = inner
        keys[path[-1]] = _plain(text)
    return found


def _plain(text: str) -> Any:
    """Return what a variable of a source says: true and false stand for themselves, and a table may be written as JSON."""
    if text in ("true", "false"):
        return text == "true"
    try:
        return json.loads(text) if text.startswith(("{", "[")) else text
    except ValueError:
        return text


def _json(key: str, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise PolicyError(f"{key} = {text!r} in {variable([key])}: {error}") from None
