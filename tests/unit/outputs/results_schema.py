"""The JSON Schema of results.json, made of the types that the writer is checked against.

python -m tests.unit.outputs.results_schema     writes docs/results.schema.json anew; look at the difference before you commit it
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from pytest_mlmonitor.outputs.results_shape import Results

FILE = Path(__file__).parents[3] / "docs" / "results.schema.json"

TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}

UNDERSTOOD = {
    "$schema",
    "$ref",
    "$defs",
    "title",
    "description",
    "type",
    "properties",
    "additionalProperties",
    "required",
    "items",
    "anyOf",
    "enum",
}
"""Keywords that :func:`problems` looks at, or may pass over; another one fails, so that nothing is promised and not tested."""


def rendered() -> str:
    """Return the text of the schema."""
    made = msgspec.json.schema(Results)
    named = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "results.json of pytest_mlmonitor, version 2",
    }
    return json.dumps(named | made, indent=1) + "\n"


@cache
def schema() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def problems(value: Any, part: dict[str, Any] | None = None, place: str = "$") -> Iterator[str]:
    """Yield what the schema in docs/ has against a value; of JSON Schema as much as that schema uses.

    ``additionalProperties`` says of what type values of free keys are, and forbids none: within version 2 keys are added.
    """
    whole = schema()
    part = whole if part is None else part
    assert set(part) <= UNDERSTOOD, f"{place}: {set(part) - UNDERSTOOD} is not looked at"
    if "$ref" in part:
        yield from problems(value, whole["$defs"][part["$ref"].removeprefix("#/$defs/")], place)
    if "anyOf" in part and all([*problems(value, one, place)] for one in part["anyOf"]):
        yield f"{place}: {value!r} is none of {part['anyOf']}"
    if "enum" in part and value not in part["enum"]:
        yield f"{place}: {value!r} is none of {part['enum']}"
    if "type" in part and (
        not isinstance(value, TYPES[part["type"]]) or (type(value) is bool) != (part["type"] == "boolean")
    ):
        yield f"{place}: {value!r} is no {part['type']}"
    elif isinstance(value, dict):
        yield from (f"{place}: {name} is missing" for name in part.get("required", ()) if name not in value)
        for name, inner in part.get("properties", {}).items():
            if name in value:
                yield from problems(value[name], inner, f"{place}.{name}")
        for name in set(value) - set(part.get("properties", ())):
            yield from problems(value[name], part.get("additionalProperties", {}), f"{place}.{name}")
    elif isinstance(value, list) and "items" in part:
        for i, inner in enumerate(value):
            yield from problems(inner, part["items"], f"{place}[{i}]")


def keys() -> set[str]:
    """Return every key that the schema names, as ``results[].findings[].column``."""
    return set(_keys(schema(), ""))


def _keys(part: dict[str, Any], place: str) -> Iterator[str]:
    if "$ref" in part:
        yield from _keys(schema()["$defs"][part["$ref"].removeprefix("#/$defs/")], place)
    for one in part.get("anyOf", ()):
        yield from _keys(one, place)
    for name, inner in part.get("properties", {}).items():
        yield f"{place}{name}"
        yield from _keys(inner, f"{place}{name}.")
    if "items" in part:
        yield from _keys(part["items"], f"{place.removesuffix('.')}[].")


if __name__ == "__main__":
    FILE.write_text(rendered(), encoding="utf-8")
