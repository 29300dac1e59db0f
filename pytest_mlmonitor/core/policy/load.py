"""Reading the policy: file, environment and command line, and what is wrong with a value."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, cast, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo

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
from pytest_mlmonitor.core.policy.section import AsWritten, Section
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
    """Return the policy in ``MLMONITOR_*`` variables.

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
    told = {key: text for key, text in os.environ.items() if text and _may_set(key, {name.lower() for name in held})}
    values = _plain_keys(told)
    if values is None:
        values = _taken_apart(told)
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


def _may_set(name: str, held: Collection[str]) -> bool:
    """Return whether a variable sets keys; sources are read by themselves, since their keys are no JSON."""
    key = name.lower()
    source = f"{ENV_PREFIX}source".lower()
    return (
        key.startswith(ENV_PREFIX.lower()) and key not in held and key != source and not key.startswith(f"{source}__")
    )


def _plain_keys(variables: Mapping[str, str]) -> dict[str, Any] | None:
    """Return what variables set that hold one text, number or path each; None where any of them says more than that."""
    found: dict[str, Any] = {}
    for name, text in variables.items():
        first, *rest = name.removeprefix(ENV_PREFIX).lower().split("__")
        field = Settings.model_fields.get(first)
        if name != name.upper() or field is None or len(rest) > 1:
            return None
        if not rest:
            if first in found or not _is_plain(field):
                return None
            found[first] = text
            continue
        section = field.annotation
        inner = (
            section.model_fields.get(rest[0]) if isinstance(section, type) and issubclass(section, Section) else None
        )
        keys = found.setdefault(first, {})
        if inner is None or not _is_plain(inner) or not isinstance(keys, dict):
            return None
        keys[rest[0]] = text
    return {key: found[key] for key in Settings.model_fields if key in found}


def _is_plain(field: FieldInfo) -> bool:
    kind = field.annotation
    kinds = get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)
    plain = (str, int, float, bool, Path, type(None))
    return AsWritten in field.metadata or all(one in plain or get_origin(one) is Literal for one in kinds)


def _taken_apart(variables: Mapping[str, str]) -> dict[str, Any]:
    """Return what variables set, of which some hold sections and lists: as JSON, or as validators of the policy take them.

    Raises:
        PolicyError: a value cannot be taken apart.
    """
    from pydantic_settings import EnvSettingsSource, SettingsError  # 0.1 s, in a run of 0.6 s

    class Variables(EnvSettingsSource):
        def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
            if field and AsWritten in field.metadata:
                return value
            try:
                return super().decode_complex_value(field_name, field, value)
            except ValueError:
                return value

    try:
        of_settings = Variables(
            cast("Any", Settings), env_prefix=ENV_PREFIX, env_nested_delimiter="__", env_ignore_empty=True
        )
        of_settings.env_vars = {name.lower(): text for name, text in variables.items()}
        return of_settings()
    except SettingsError as error:
        raise PolicyError(f"{error} in the environment") from None


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
