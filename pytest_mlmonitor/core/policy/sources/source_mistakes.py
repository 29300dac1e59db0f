"""What is wrong with a declared source, in words: the key, the value, what is allowed, and where it was set."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from pytest_mlmonitor.core.policy.artifact_entries import ForArtifacts
from pytest_mlmonitor.core.policy.mistakes import variable
from pytest_mlmonitor.core.policy.origins.toml_lines import line_of_key
from pytest_mlmonitor.core.policy.outlets.secret_inputs import shown_input
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.policy.sources.shipped_presets import shipped
from pytest_mlmonitor.core.policy.sources.source_keys import SOURCE_KINDS, Source
from pytest_mlmonitor.core.text.names import bare
from pytest_mlmonitor.core.text.near import did_you_mean, near

_OF_KINDS = {
    "chunk": ("dataset", "predictions"),
    "rows": ("training_run", "deployment", "predictions", "model_registry"),
    "where": ("training_run", "deployment", "predictions", "model_registry"),
    "metrics": ("training_run", "model_registry"),
    "records": ("deployment",),
    "window": ("deployment",),
    "cumulative": ("deployment",),
    "entity": ("dataset", "predictions"),
    "event_ts": ("dataset", "predictions"),
    "target": ("dataset", "predictions"),
    "contract": ("dataset", "predictions"),
    "freshness": ("dataset", "training_run", "predictions", "model_registry"),
    "quality": ("dataset", "deployment", "predictions"),
    "drift": ("dataset", "deployment", "predictions"),
    "serving": ("deployment",),
    "performance": ("training_run", "predictions"),
    "promotion": ("training_run", "model_registry"),
}
"""Keys that not every kind has: which have them."""

_FAR = {
    "time_field": "event_ts",
    "timestamp_field": "event_ts",
    "loaded_at_field": "built_at",
    "filepath": "path",
    "location": "path",
    "glob": "path",
    "pattern": "path",
    "include": "path",
    "exclude_path": "exclude",
    "filter": "where",
    "labels": "constants",
    "const": "constants",
    "mapping": "fields",
    "columns": "fields",
    "type": "kind",
    "tz": "timezone",
    "max_age": "freshness",
    "max_age_seconds": "freshness",
    "error_after": "freshness",
    "warn_after": "freshness",
    "label": "target",
    "family": "name",
    "interval": "window",
}
"""What other tools call our keys."""


_EXAMPLES = {"fields": 'OURS = "theirs"', "constants": 'OURS = "value"', "severity": 'CHECK = "warning"'}
_FIELD = re.compile(r"fields\.[a-z0-9_.]+")


@dataclass(frozen=True)
class Layer:
    """One place that says keys of a source: the policy file, a preset, variables.

    Attributes:
        table: its name in the file: ``source.silver``, ``preset.daily``.
        keys: as they are written.
        file: where it stands, None for what stands in no file of the project.
        variables: the source whose variables they are, None for a file's or a preset's.
    """

    table: str
    keys: Mapping[str, Any]
    file: Path | None
    variables: str | None = None

    def place(self, path: Sequence[str]) -> str:
        """Return where a key is set: ``mlmonitor.toml:12``, a variable, a preset."""
        if self.variables is not None:
            return variable(["source", self.variables, *path])
        if self.file is None:
            return (
                f"the preset {self.table.removeprefix('preset.')}" if self.table.startswith("preset.") else "the policy"
            )
        try:
            text = self.file.read_text(encoding="utf-8")
        except (OSError, ValueError):
            return str(self.file)
        whole = [*self.table.split("."), *path]
        line = line_of_key(text, ["tool", "mlmonitor", *whole]) or line_of_key(text, whole)
        return f"{self.file}:{line}" if line is not None else str(self.file)

    def says(self, path: Sequence[str]) -> bool:
        """Return whether a key, or what stands in its place, is said here."""
        values: Any = self.keys
        for part in path:
            if not isinstance(values, Mapping):
                return True
            if part not in values:
                return False
            values = values[part]
        return True


def unknown_keys(layers: Sequence[Layer], kind: object) -> list[str]:
    """Return what is wrong with the names of keys, a sentence each.

    Args:
        layers: who says what, the widest first.
        kind: of the source, as it is written; None where a preset does not say.
    """
    allowed = allowed_keys(kind if kind in SOURCE_KINDS else None)
    return [
        _unknown(layer, key, str(kind), allowed)
        for layer in layers
        for key in layer.keys
        if key not in allowed or (key == "preset" and layer.table.startswith("preset."))
    ]


def explained(name: str, layers: Sequence[Layer], error: ValidationError) -> list[str]:
    """Return what is wrong with the values of a source, a sentence each; unknown keys of its tables first."""
    problems = sorted(error.errors(), key=lambda problem: problem["type"] != "extra_forbidden")
    return [_explained(name, layers, problem) for problem in problems]


def allowed_keys(kind: object) -> list[str]:
    """Return the keys that a source of a kind may have, those of every source first; None for any kind."""
    mine = [key for key in Source.model_fields if kind is None or kind in _OF_KINDS.get(key, (kind,))]
    artifact = [key for key in mine if key in ForArtifacts.model_fields]
    return [*(key for key in mine if key not in artifact), *artifact]


def _unknown(layer: Layer, key: str, kind: str, allowed: Sequence[str]) -> str:
    place = layer.place([key])
    said = f"{layer.table}.{bare(key)} = {shown_input([key], layer.keys[key], known=False)} in {place}"
    if key in _OF_KINDS:
        return f"{said}: {key} is no key of a {kind}, only of {', '.join(_OF_KINDS[key])} (key kind); allowed: {', '.join(allowed)}"
    if key == "preset":
        return f"{said}: a preset builds on no other; list both in the source: preset = [{layer.keys[key]!r}, …]"
    hint = did_you_mean(key, allowed)
    if key in _FAR and _FAR[key] in allowed:
        hint = f"; did you mean {_FAR[key]}?"
    elif key in Settings.model_fields:
        hint = f"; {key} holds for the whole policy: it stands above the first [table] of the file"
    elif isinstance(layer.keys[key], Mapping) and "path" in layer.keys[key]:
        hint = f"; a NAME has no dot: write [{layer.table}_{key}]"
    return f"unknown key {said}{hint}; allowed: {', '.join(allowed)}"


def without_path(name: str, layers: Sequence[Layer], merged: Mapping[str, Any]) -> list[str]:
    """Return that a source says no path, nothing where it does."""
    if "path" in merged:
        return []
    own = next(layer for layer in layers if layer.table == f"source.{name}")
    words = (
        f"source.{name}.path is missing in {own.place([])}: where its files lie below the root, "
        'e.g. path = "silver/{name}/dt={version:%Y-%m-%d}/*.parquet"'
    )
    shadowing = [layer.table for layer in layers if layer.table.removeprefix("preset.") in shipped() and layer.file]
    if shadowing:
        words += f"; {shadowing[0]} of this file stands in the place of the one that is shipped: give it another name"
    if merged and set(merged) <= set(ForArtifacts.model_fields):
        words += (
            f'; settings of artifacts that are found without a source stand in [[overrides]] with artifact = "{name}"'
        )
    return [words]


def _explained(name: str, layers: Sequence[Layer], problem: Mapping[str, Any]) -> str:
    path = [str(part) for part in problem["loc"]]
    words = problem["msg"].removeprefix("Value error, ")
    if not path and (of_field := _FIELD.match(words)) is not None:
        path = of_field[0].split(".", 1)  # what is wrong with two keys together stands where the first of them does
    said = next((layer for layer in reversed(layers) if layer.says(path)), layers[-1])
    key = ".".join([f"source.{name}" if not said.table.startswith("preset.") else said.table, *path])
    place = said.place(path)
    if problem["type"] == "extra_forbidden":
        allowed = sorted(_section(path[:-1]).model_fields)
        hint = did_you_mean(path[-1], allowed)
        value = shown_input(path, problem["input"], known=False)
        return f"unknown key {key} = {value} in {place}{hint}; allowed: {', '.join(allowed)}"
    words = f"{words[0].lower()}{words[1:]}"
    if problem["type"] == "dict_type":
        words = f"expected a table, such as {path[-1]}.{_EXAMPLES.get(path[-1], 'KEY = ...')}"
    if problem["type"] == "literal_error":
        known = [one.strip("'") for one in re.findall(r"'[^']*'", problem["ctx"]["expected"])]
        found = near(str(problem["input"]), known, 1)
        words = f"{f'did you mean {found[0]}? ' if found else ''}allowed: {', '.join(known)}"
    if not path:
        return f"{key} in {place}: {words}"
    return f"{key} = {_written(said.keys, path, problem['input'])!r} in {place}: {words}"


def _written(keys: Mapping[str, Any], path: Sequence[str], otherwise: object) -> object:
    """Return a value as it is written, whatever was made of it on the way."""
    values: Any = keys
    for part in path:
        if not isinstance(values, Mapping) or part not in values:
            return values if isinstance(values, str) else otherwise
        values = values[part]
    return values


def _section(path: Sequence[str]) -> Any:
    section: Any = Source
    for part in path:
        if part in section.model_fields:
            section = next(_models(section.model_fields[part].annotation), section)
    return section


def _models(annotation: Any) -> Iterator[Any]:
    if hasattr(annotation, "model_fields"):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)
