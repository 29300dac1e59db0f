"""Files of metrics as DVC reads them: numbers in JSON, YAML or TOML, in objects of any depth."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.files.opening import Refused, read_bytes
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import quoted, safe, shown
from pytest_mlmonitor.tables.odcs.yaml import MAX_BYTES, NotYaml, parse_mapping

SUFFIXES = (".json", ".yaml", ".yml", ".toml")
_MAX_DEPTH = 20


def read_metrics(path: Path) -> tuple[dict[str, float], list[Finding]]:
    """Return the numbers of a file by their names, joined by dots, and what is wrong with it; numbers may be NaN.

    >>> read_metrics(Path("/nowhere/metrics.json"))[1][0].message
    'metrics.json does not exist'
    """
    try:
        data = _parsed(path)
    except (Refused, ValueError, RecursionError) as error:
        words = f"{path.name} {safe(str(error).splitlines()[0][:200] if str(error) else type(error).__name__)}"
        return {}, [Finding(Severity.ERROR, words, "numbers in JSON, YAML or TOML", None, "metrics", shown(path))]
    if not isinstance(data, dict):
        words = f"{path.name} holds {type(data).__name__}, no object of numbers"
        return {}, [Finding(Severity.ERROR, words, "an object of numbers", None, "metrics", shown(path))]
    found: dict[str, float] = {}
    problems = []
    for name, value in _numbers(data, ""):
        found[name] = value
        if not math.isfinite(value):
            column, word = f"metrics.{safe(name)}", "NaN" if math.isnan(value) else "infinite"
            words = f"{column} is {word}: expected a finite number"
            problems.append(Finding(Severity.ERROR, words, "a finite number", word, column, shown(path)))
    if not found:
        words = f"{path.name} holds no number"
        problems.append(
            Finding(Severity.ERROR, words, "an object of numbers", quoted(list(data)), "metrics", shown(path))
        )
    return found, problems


def _parsed(path: Path) -> Any:
    content = read_bytes(path, MAX_BYTES)
    if path.suffix in (".yaml", ".yml"):
        try:
            return parse_mapping(content)
        except NotYaml as error:
            raise ValueError(str(error)) from None
    if path.suffix == ".toml":
        import tomllib

        return tomllib.loads(content.decode("utf-8"))
    try:
        return json.loads(content)
    except ValueError as error:
        raise ValueError(f"is not JSON: {error}") from None


def _numbers(value: Mapping[str, Any], prefix: str, depth: int = 0) -> Iterator[tuple[str, float]]:
    for key, child in value.items():
        name = f"{prefix}{key}"
        if isinstance(child, dict) and depth < _MAX_DEPTH:
            yield from _numbers(child, f"{name}.", depth + 1)
        elif isinstance(child, int | float) and not isinstance(child, bool):
            try:
                yield name, float(child)
            except OverflowError:
                yield name, math.copysign(math.inf, child)
